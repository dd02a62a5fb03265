# SPDX-License-Identifier: GPL-2.0-or-later
"""Gateways that are held, with many calls: only a few calls wait for a dead gateway, one
call tries it, and it is used again when it works. A flood removes no gateway from the
table. If one server dies, no call of the other one fails. And the weights of dispatcher.
`make check-masses` makes all calls, `make check` a part of them."""

import asyncio
import collections
import os
import re
import signal
import time

import pytest

from peers import Gateway
from scenario import SILENT, Peer, Stage, filled, reply
import test_gateways
from test_hold import ANSWERS, ROUTE, answered, entries, hop, place, run, serving
from test_hold_peers import play

ALL = os.environ.get("MASSES") == "all"

# -- a dead gateway, then a good one -----------------------------------------------------

A_SECOND = 20
# seconds to wait for the dead one, and to hold it; calls
INVITING, HOLD_TIME, CALLS = (2.0, 30, 1000) if ALL else (0.4, 2, 100)
SLACK = 0.3                    # seconds, for a tick of tm and a slow machine
HELD_AT = 2 / A_SECOND + INVITING      # the gateway is held when the third call fails; until then all calls wait
LOAD_ROUTE = ROUTE.replace("400ms", f"{INVITING * 1000:.0f}ms")


async def load(stage, calls):
    """[(start of a call, peers that got its INVITE, seconds until its answer)]. The messages
    are read after the end of all calls, because reading them would delay the peers."""
    caller = await stage.caller()

    async def one():
        call, seconds = await place(stage, caller, hangup_after=0)
        await asyncio.wait_for(call.ended.wait(), 10)
        assert call.codes[-1] == 200, call.codes
        return call.invite.call_id, seconds

    placed, first = [], time.monotonic()
    for n in range(calls):
        placed.append((time.monotonic() - first, asyncio.ensure_future(one())))
        await asyncio.sleep(max(0, first + (n + 1) / A_SECOND - time.monotonic()))
    ended = [(began, *await call) for began, call in placed]
    ways = collections.defaultdict(str)
    for e in stage.trace:
        if e.is_a("INVITE") and e.peer in "ab" and not e.sent and not e.repeated:
            ways[e.message.call_id] += e.peer
    return [(began, ways[call_id], seconds) for began, call_id, seconds in ended]


def median(values):
    return sorted(values)[len(values) // 2]


async def time_of_the_good_one_alone():
    async with Stage({"b": ANSWERS}, serving('if (failover("sip:1@{b}")) exit;')) as stage:
        return median([seconds for _, _, seconds in await load(stage, 40)])


def trials_until(seconds):
    """The times of the trials: after the hold time, and then after twice that time."""
    found, at, hold = [], HELD_AT, HOLD_TIME
    while at + hold < seconds:
        at += hold
        found.append(at)
        at += INVITING
        hold *= 2
    return found


@pytest.mark.alone("what is under way until the third failure")
def test_a_load_of_calls_through_a_dead_gateway():
    async def test():
        alone = await time_of_the_good_one_alone()
        hold = (("hold_after", 3), ("hold_time", HOLD_TIME))
        async with Stage({"a": SILENT, "b": ANSWERS}, serving(LOAD_ROUTE, hold),
                         memory_mb=64) as stage:
            calls = await load(stage, CALLS)
        waited = [began for began, way, _ in calls if way == "ab"]
        early = [began for began in waited if began <= HELD_AT + SLACK]
        late = waited[len(early):]
        others = median([seconds for _, way, seconds in calls if way == "b"])
        print(f"{len(calls)} calls: {len(early)} waited until it was held at {HELD_AT:.1f} s, then "
              f"those at {[round(began, 1) for began in late]} s; median of the others "
              f"{others * 1000:.1f} ms, of the good one alone {alone * 1000:.1f} ms")
        assert 3 <= len(early) <= 3 + A_SECOND * (INVITING + SLACK)
        assert len(late) == len(trials_until(CALLS / A_SECOND - SLACK)), late
        for began, trial in zip(late, trials_until(CALLS / A_SECOND)):
            assert trial - SLACK <= began <= trial + 4 * SLACK, late
        assert others < alone + 0.01
    run(test)


@pytest.mark.heavy("20 calls a second that wait")
def test_switched_off_each_call_waits_for_the_dead_one():
    async def test():
        async with Stage({"a": SILENT, "b": ANSWERS}, serving(LOAD_ROUTE, ()),
                         memory_mb=64) as stage:
            calls = await load(stage, CALLS)
        print(f"{sum(way == 'ab' for _, way, _ in calls)} of {CALLS} calls waited")
        assert {way for _, way, _ in calls} == {"ab"}
        assert min(seconds for _, _, seconds in calls) > INVITING - 0.1
    run(test)


@pytest.mark.heavy("50 calls at once")
def test_one_call_tries_it_and_the_others_pass_over_it():
    async def test():
        hold = (("hold_after", 1), ("hold_time", 1))
        route = ROUTE.replace("400ms", "1500ms")     # b answers 50 calls within this time
        async with Stage({"a": SILENT, "b": ANSWERS}, serving(route, hold)) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            await asyncio.sleep(1.1)
            ways = await asyncio.gather(*(answered(stage, caller) for _ in range(50)))
            assert sorted(way for way, _ in ways) == ["ab"] + ["b"] * 49
            print("1 of 50 calls tried it")
            assert (await answered(stage, caller))[0] == "b"
            state = (await entries(stage))[hop(stage.names, "a")]
            assert state["state"] == "held"
            await asyncio.sleep(1.2)
            assert (await answered(stage, caller))[0] == "b"     # twice as long
            await asyncio.sleep(1.0)
            assert (await answered(stage, caller))[0] == "ab"
    run(test)


class Dead(Gateway):
    """Sends nothing while is_dead is true."""
    is_dead = True

    def on_request(self, message, link, repeated):
        if not self.is_dead:
            super().on_request(message, link, repeated)


@pytest.mark.heavy("a call every 50 ms")
def test_a_probe_finds_a_gateway_that_works_again():
    async def test():
        hold = (("hold_after", 1), ("hold_probe", 2))
        dead = Peer(made_by=lambda name, trace: Dead(name, [ANSWERS], trace))
        async with Stage({"a": dead, "b": ANSWERS}, serving(hold=hold)) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            await asyncio.sleep(1)                   # its first probe got no answer
            stage.gateways["a"].is_dead = False
            began = time.monotonic()
            while (await answered(stage, caller))[0] != "a":
                assert time.monotonic() - began < 3
                await asyncio.sleep(0.05)
            print(f"used again after {time.monotonic() - began:.1f} s")
            assert (await entries(stage))[hop(stage.names, "a")]["state"] == "up"
    run(test)


# -- a flood ---------------------------------------------------------------------------

# calls to ten hosts each: more hosts than the table can have
FLOOD, LAPS = (600, 8) if ALL else (480, 3)




async def flood(stage, caller, laps):
    """Calls to hosts that the caller chooses; each refuses the connection at once."""
    for first in range(0, FLOOD, 40):
        calls = [caller.call(filled("sip:100@{proxy}", stage.names), hangup_after=0,
                             headers=[("X-Gate", f"127.{laps}.{n // 250}.{n % 250}")])
                 for n in range(first, first + 40)]
        await asyncio.wait_for(asyncio.gather(*(c.final for c in calls)), 30)
        assert {c.codes[-1] for c in calls} == {200}


@pytest.mark.long(20)
@pytest.mark.heavy("480 calls of ten destinations each")
def test_a_flood_of_hosts_removes_none_that_is_held():
    async def test():
        hosts = " ".join(f"sip:1@$var(g):{port}/TCP" for port in range(1, 11))
        route = ('if ($hdr(X-Gate) != $null) { $var(g) = $hdr(X-Gate);'
                 f' failover("{hosts} sip:1@{{b}}"); exit; }}\n' + ROUTE)
        hold = (("hold_after", 1), ("hold_time", 600))
        async with Stage({"a": SILENT, "b": ANSWERS}, serving(route, hold),
                         memory_mb=64) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            used = []
            for lap in range(1, LAPS + 1):
                await flood(stage, caller, lap)
                text = await stage.rpc("failover.destinations", "1", "1")
                # a host that refuses is held after its first failure, and stays in the table
                assert int(re.search(r"next_hops: (\d+)", text)[1]) == 4096
                assert (await answered(stage, caller))[0] == "b"
                await stage.drained()
                used.append(await asyncio.to_thread(stage.server.shm_used))
            print(f"{LAPS * FLOOD * 10} hosts and ports, 4096 next hops, shared memory {used}")
            assert max(used) - min(used) < 20000, used
    run(test)


# -- several servers -------------------------------------------------------------------

KILLED = 2000 if ALL else 600      # calls, 200 a second


@pytest.mark.heavy("200 calls a second")
def test_a_server_that_is_killed_costs_the_other_no_call():
    """There are 200 calls a second, and kill -9 comes in the middle."""
    async def test(site):
        calls = []
        for number in range(KILLED):
            calls.append(site.callers[0].call("sip:100@127.0.0.1:5060", hangup_after=0))
            if number == KILLED // 2:
                os.killpg(site.servers[1].process.pid, signal.SIGKILL)
            await asyncio.sleep(1 / 200)
        await asyncio.wait_for(asyncio.gather(*(call.ended.wait() for call in calls)), 30)
        assert {call.codes[-1] for call in calls} == {200}
        print(f"{len(calls)} of {len(calls)} calls answered, a server killed amid them")
        await site.rpc(0, "failover.hold", "udp:192.0.2.1:5060")
    play(test, 2, a=[reply(503)])


# -- dispatcher ------------------------------------------------------------------------

WEIGHTS = {"a": 50, "b": 30, "c": 20}


@pytest.mark.heavy("250 calls a second")
def test_relative_weights_over_1000_calls():
    async def test():
        gateways = "".join(f"1 sip:{{{name}}} 0 0 rweight={weight}\n"
                           for name, weight in WEIGHTS.items())
        route = 'if (failover("ds:1/11", "attempts=1")) exit;'
        async with Stage({name: [reply(480)] for name in WEIGHTS},
                         test_gateways.serving(route, gateways), memory_mb=64) as stage:
            caller = await stage.caller()
            calls = []
            for _ in range(1000):
                calls.append(caller.call(filled("sip:100@{proxy}", stage.names)))
                await asyncio.sleep(1 / 250)
            await asyncio.wait_for(asyncio.gather(*(call.final for call in calls)), 30)
            got = collections.Counter(
                e.peer for e in stage.trace
                if e.is_a("INVITE") and e.peer in WEIGHTS and not e.sent and not e.repeated)
            assert sum(got.values()) == 1000
            print("of 1000 calls:", dict(sorted(got.items())), "of weights", WEIGHTS)
            for name, weight in WEIGHTS.items():
                assert abs(got[name] - 10 * weight) <= 30, got
    run(test)
