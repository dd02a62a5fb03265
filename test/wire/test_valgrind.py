# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls of every kind through a server under valgrind."""

import asyncio
import re

import pytest

import kamailio
import mixed
from scenario import Stage

SLOWNESS = 8                   # seconds for valgrind at the start and the end
ROUNDS = 3
# valgrind's count for one process: errors, and leaks as separate errors
BLOCK = re.compile(r"^==\d+== (?=\S)(.+(?:\n==\d+==  .*)+)", re.M)


class Valgrind(kamailio.Server):
    """A server under valgrind; every process writes a report."""
    stop_again = 5.0               # it ends slowly, and must not be ended earlier

    def arguments(self, *more):
        return ["valgrind", "--leak-check=full", "--show-leak-kinds=definite,indirect",
                "--errors-for-leak-kinds=definite", "--num-callers=30",
                f"--log-file={self.directory}/valgrind.%p", *super().arguments(*more)]

    def reports(self):
        return [path.read_text(errors="replace")
                for path in self.directory.glob("valgrind.*")]


def of_ours(reports, sources):
    """The blocks of the report that name a source of failover."""
    named = re.compile(r"\((?:" + "|".join(map(re.escape, sources)) + r"):\d+\)"
                       r"|failover\.so")
    return [block for report in reports for block in BLOCK.findall(report)
            if named.search(block)]


@pytest.mark.long(20)
@pytest.mark.heavy("valgrind takes a core")
@pytest.mark.parametrize("script", ["", mixed.EVENTS], ids=["calls", "calls and events"])
def test_valgrind_finds_no_error_of_ours(monkeypatch, script):
    for limit in ("START_LIMIT", "STOP_LIMIT"):
        monkeypatch.setattr(kamailio, limit, SLOWNESS * getattr(kamailio, limit))

    async def run():
        kinds = list(mixed.KINDS)
        async with Stage(mixed.peers_of(kinds), mixed.config_of(kinds, extra=script), memory_mb=64,
                         server_class=Valgrind) as stage:
            made = await mixed.make_calls(stage, kinds, ROUNDS * len(kinds), 10)
            await stage.rpc("failover.calls")
            await stage.rpc("failover.stats")
            left = await stage.drained(30)
            faults = await asyncio.to_thread(stage.server.stop)
            return (mixed.results_of(stage.trace, made), left, faults,
                    stage.server.reports())

    results, left, faults, reports = asyncio.run(run())
    assert len(reports) > 5 and all("ERROR SUMMARY" in r for r in reports), \
        f"{len(reports)} reports"
    errors = of_ours(reports, [p.name for p in kamailio.SOURCES])
    assert not errors, "\n\n".join(sorted(set(errors)))
    assert not left and not faults, faults
    # valgrind is slow and moves times, so only the end of each call is checked; a
    # destination that is late may have been given up
    problems = [p for r in results for p in r.problems() if "ended with" in p
                or "no final reply" in p or "is not" in p]
    late = [p for p in problems if "ended with SIP/2.0 408" in p]
    problems = [p for p in problems if p not in late or len(late) > len(results) // 10]
    assert not problems, "\n".join(problems)
