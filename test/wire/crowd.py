# SPDX-License-Identifier: GPL-2.0-or-later
"""Many calls through one server, each judged and forgotten when it is over, so that
their number costs no memory. For races that take thousands of calls to be met."""

import asyncio
import time

from lag import Lag, Stalls
from peers import Trace
from scenario import Judge, Scenario, Stage

GRACE = 1.0                    # seconds behind its end, in which more may come of a call
WAITS = 15.0                   # for the end of the last call


class ByCall(Trace):
    """The record of each call by itself."""

    def __init__(self):
        super().__init__()
        self.calls = {}

    def add(self, entry):
        self.calls.setdefault(entry.message.call_id, Trace()).entries.append(entry)


class Crowd:
    """The calls of a stage whose trace is a ByCall. `complain` gives what is wrong
    with a call, of its Judge; `notes` is for whatever it wants to count."""

    def __init__(self, stage, stalls, complain, scenario):
        self.stage, self.stalls = stage, stalls
        self.complain, self.scenario = complain, scenario
        self.problems, self.notes, self._judging = [], {}, []

    def note(self, what):
        self.notes[what] = self.notes.get(what, 0) + 1

    def follow(self, call, kind=None):
        """Judge this call when it is over."""
        call.kind = kind
        self._judging.append(asyncio.ensure_future(self._judge(call)))
        if len(self._judging) > 500:
            self._judging = [j for j in self._judging if not j.done()]

    async def _judge(self, call):
        try:
            await asyncio.wait_for(call.ended.wait(), WAITS)
        except asyncio.TimeoutError:
            self._complain(call, "it never ended")
        await asyncio.sleep(GRACE)
        trace = self.stage.trace.calls.pop(call.invite.call_id, Trace())
        judge = Judge(self.scenario, self.stage.names, trace, call)
        judge.stalls = self.stalls
        for problem in self.complain(self, judge):
            self._complain(call, problem)

    def _complain(self, call, problem):
        self.problems.append(f"{call.kind or ''} {call.invite.call_id} {call.codes}, "
                             f"{time.monotonic() - call.started:.1f} s ago: {problem}")

    async def over(self):
        """Wait until every call was judged."""
        await asyncio.gather(*self._judging)

    def assert_good(self):
        assert not self.problems, "\n".join(
            [f"{len(self.problems)} complaints", *self.problems[:20]])


def demanded(crowd, judge):
    """What is demanded of every call (scenario.Judge), and that it ended."""
    yield from judge.demands()
    if not judge.finals:
        yield "no final reply"


async def play(peers, config, users, calls, a_second, complain=demanded, over="UDP",
               hangup_after=0, begun=None, headers_of=None, memory_mb=64, **scenario):
    """So many calls at a steady rate, to the users in turn. `begun(caller, call,
    number)` is told of each, `headers_of(number)` gives it further headers.
    @return the Crowd, AssertionError if tm keeps anything or the server complains,
    and how long the machine held us up"""
    async with Stage(peers, config, trace=ByCall(), memory_mb=memory_mb) as stage, \
            Stalls().watched() as stalls:
        crowd = Crowd(stage, stalls, complain, Scenario("", peers, [], [], **scenario))
        callers = [await stage.caller(transport) for transport in over.split()]
        due = time.monotonic()
        with Lag() as lag:
            for number in range(calls):
                user, caller = users[number % len(users)], callers[number % len(callers)]
                call = caller.call(f"sip:{user}@{stage.names['proxy']}",
                                   headers_of(number) if headers_of else (),
                                   hangup_after=hangup_after)
                crowd.follow(call, user)
                if begun:
                    begun(caller, call, number)
                await caller.keeps_up()
                due = max(due + 1 / a_second, time.monotonic())
                await asyncio.sleep(due - time.monotonic())
            await crowd.over()
        left = await stage.drained(40)
        if left:
            crowd.problems.insert(0, f"tm still holds {left} transaction(s)")
        crowd.problems += stage.server.faults() + stage.trace.faults
        crowd.log = stage.server.log()
        crowd.lag = lag.worst
        return crowd
