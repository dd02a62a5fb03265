# SPDX-License-Identifier: GPL-2.0-or-later
"""The sum rule of the statistics, exactly, after a mixed load: calls that are answered,
at once, later and late, that fail, are redirected, given up, under reloads and with a
failure_route that may relay elsewhere."""

import asyncio

from mixed import KINDS, config_of, make_calls, peers_of, results_of
from scenario import Stage, filled
from test_operators import assert_sums_up, statistics

CALLS, A_SECOND, RELOADS = 2000, 250, 20
PLAN = "[Rule unused]\n[Matching Patterns]\nX-Never = .\n[Deploy Patterns]\nTo = sip:1@127.0.0.1\n"
ROUTES = """
failure_route[F] {
    if ($T_reply_code == 404) { $du = $null; $ru = "sip:elsewhere@127.0.0.1:9"; }
}
"""


def outcome_of(kind):
    """The statistic that a call of a kind counts for."""
    ends = KINDS[kind].ends
    if ends == 487:
        return "cancelled"
    if kind == "unmatched":
        return "rejected"
    if isinstance(ends, int):
        return "exhausted"
    first = KINDS[kind].list.split()[0]
    return "answered_first" if "{" + ends + "}" in first else "answered_later"


def test_the_sum_after_a_mixed_load():
    kinds = list(KINDS)
    found = {}

    async def reload(stage):
        for _ in range(RELOADS):
            await asyncio.sleep(CALLS / A_SECOND / RELOADS)
            await stage.rpc("failover.reload")

    def config(names):
        made = config_of(kinds, extra=ROUTES, files={"plan": PLAN},
                         modparams=(("failover", "dialplan", "@DIR@/plan"),))(names)
        made.route = 't_on_failure("F");\n' + made.route
        return made

    async def run():
        async with Stage(peers_of(kinds), config, memory_mb=128) as stage:
            reloading = asyncio.ensure_future(reload(stage))
            made = await make_calls(stage, kinds, CALLS, A_SECOND)
            await reloading
            assert await stage.drained(40) == 0
            found.update(await asyncio.to_thread(statistics, stage.server))
            problems = [p for r in results_of(stage.trace, made) for p in r.problems()]
            assert not problems, problems[:10]
            return made

    made = asyncio.run(run())
    assert_sums_up(found)
    expected = {}
    for kind, _ in made:
        expected[outcome_of(kind)] = expected.get(outcome_of(kind), 0) + 1
    assert found["calls"] == CALLS and found["active"] == 0
    assert {name: found[name] for name in expected} == expected
    assert found["late_answers"] > 0 and found["redirected"] > 0
