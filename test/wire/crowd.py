# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes many calls through one server. Each call is checked when it is over, and then
forgotten, so that memory does not grow with their number. This is for races that need
thousands of calls to happen."""

import asyncio
import time

from lag import Lag, Stalls
from peers import Trace
from scenario import Judge, Scenario, Stage

GRACE = 1.0                    # seconds after the end of a call in which more messages may come
WAITS = 15.0                   # seconds for the end of the last call


class ByCall(Trace):
    """Keeps the messages of each call separately."""

    def __init__(self):
        super().__init__()
        self.calls = {}

    def add(self, entry):
        self.calls.setdefault(entry.message.call_id, Trace()).entries.append(entry)


class Crowd:
    """The calls of a stage whose trace is a ByCall. `complain` returns the problems of a
    call from its Judge; it may count in `notes`."""

    def __init__(self, stage, stalls, complain, scenario):
        self.stage, self.stalls = stage, stalls
        self.complain, self.scenario = complain, scenario
        self.problems, self.notes, self._judging = [], {}, []

    def note(self, what):
        self.notes[what] = self.notes.get(what, 0) + 1

    def follow(self, call, kind=None):
        """Check this call when it is over."""
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
        """Wait until every call was checked."""
        await asyncio.gather(*self._judging)

    def assert_good(self):
        assert not self.problems, "\n".join(
            [f"{len(self.problems)} complaints", *self.problems[:20]])


def demanded(crowd, judge):
    """The problems of a call: what every call must fulfil (scenario.Judge), and its end."""
    yield from judge.demands()
    if not judge.finals:
        yield "no final reply"


async def play(peers, config, users, calls, a_second, complain=demanded, over="UDP",
               hangup_after=0, begun=None, headers_of=None, memory_mb=64, **scenario):
    """Make this number of calls at a steady rate, to the users in turn. `begun(caller,
    call, number)` is called for each; `headers_of(number)` gives its additional headers.
    Raises AssertionError if tm keeps a transaction or the server logs a fault.
    @return the Crowd, and how long the machine delayed this process"""
    async with Stage(peers, config, trace=ByCall(), memory_mb=memory_mb) as stage, \
            Stalls().watched(stage.trace) as stalls:
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
