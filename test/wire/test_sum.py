# SPDX-License-Identifier: GPL-2.0-or-later
"""The sum rule of the statistics is exact after a mixed load. Calls are answered at once,
by a later attempt or late, or they fail, are redirected or are given up, during reloads,
and with a failure_route that relays elsewhere, replies or tries again. `make check-masses`
makes 2000 calls, `make check` a part of them."""

import asyncio
import os

import pytest

from mixed import KINDS, config_of, make_calls, peers_of, results_of
from scenario import Stage
from test_operators import assert_sums_up, json_lines, statistics

ALL = os.environ.get("MASSES") == "all"
CALLS, A_SECOND, RELOADS = (2000, 250, 20) if ALL else (350, 175, 5)
PLAN = "[Rule unused]\n[Matching Patterns]\nX-Never = .\n[Deploy Patterns]\nTo = sip:1@127.0.0.1\n"


def outcome_of(kind):
    """The statistic for a call of this kind: how failover ended it. A failure_route that runs
    after that does not change it."""
    ends = KINDS[kind].ends
    if kind == "unmatched":
        return "rejected"
    if KINDS[kind].on_failure:
        return "exhausted"
    if isinstance(ends, int):
        return "cancelled" if ends == 487 else "exhausted"
    first = KINDS[kind].list.split()[0]
    return "answered_first" if "{" + ends + "}" in first else "answered_later"


def count(names):
    counted = {}
    for name in names:
        counted[name] = counted.get(name, 0) + 1
    return counted


async def reload(stage):
    for _ in range(RELOADS):
        await asyncio.sleep(CALLS / A_SECOND / RELOADS)
        await stage.rpc("failover.reload")


async def play(kinds, config):
    """Make the calls; return them with the statistics and the log of the server."""
    async with Stage(peers_of(kinds), config, memory_mb=128) as stage:
        reloading = asyncio.ensure_future(reload(stage))
        made = await make_calls(stage, kinds, CALLS, A_SECOND)
        await reloading
        assert await stage.drained(40) == 0
        found = await asyncio.to_thread(statistics, stage.server)
        problems = [p for r in results_of(stage.trace, made) for p in r.problems()]
        assert not problems, problems[:10]
        return made, found, json_lines(stage.server.log())


@pytest.mark.long(18)
def test_the_sum_after_a_mixed_load():
    kinds = list(KINDS)
    made, found, lines = asyncio.run(play(kinds, config_of(
        kinds, files={"plan": PLAN}, modparams=(
            ("failover", "dialplan", "@DIR@/plan"), ("failover", "attempt_log_level", 1),
            ("failover", "log_format", "json")))))
    assert_sums_up(found)
    expected = count(outcome_of(kind) for kind, _ in made)
    assert found["calls"] == CALLS and found["active"] == 0
    assert {name: found[name] for name in expected} == expected
    assert found["late_answers"] > 0 and found["redirected"] > 0
    ends = [line for line in lines if line["event"] == "call"]
    attempts = [line for line in lines if line["event"] == "attempt"]
    assert sorted(e["call_id"] for e in ends) == sorted(c.invite.call_id for _, c in made)
    assert sum(e["attempts"] for e in ends) == found["attempts"]
    assert count(e["outcome"] for e in ends) == count(
        outcome_of(kind).split("_")[0] for kind, _ in made)
    # each attempt has a line; a late answer is one more line for its attempt
    assert len(attempts) - found["attempts"] in range(found["late_answers"] + 1)
