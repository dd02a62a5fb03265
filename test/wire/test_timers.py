# SPDX-License-Identifier: GPL-2.0-or-later
"""How exact the timers are, in 20 calls that run at the same time.

The clock of tm has 16 ticks a second, and a timer may end one tick early. Each call may
differ by this tick, by 100 ms, and by the delay of any process by the machine."""

import asyncio

import pytest

import kamailio
from lag import Lag
from shim import forced
from scenario import (IGNORES_CANCEL, SILENT, Stage, attempts_of, filled, on_cancel,
                      reply)

CALLS = 20
STAGGER = 0.0131               # spreads the calls over the ticks of the clock
EARLY, LATE = 0.0625, 0.100
INVITING, PROVISIONAL = 1.3, 0.9
HOP = 0.600                    # from a CANCEL to the next INVITE, at most
CANCEL_WAIT = 0.500            # the same if the CANCEL gets no answer
SETTINGS = "timer.inviting=1300ms; timer.provisional=900ms"


async def calls_through(first, transport):
    """Make CALLS calls; their first destination does `first`, and their second one is busy.
    Return [(Call, [Attempt, Attempt])], and how long the machine delayed this process."""
    def config(names):
        return kamailio.Config(route=filled(
            f'if (failover("sip:100@{{a}}/{transport} sip:101@{{b}}/{transport}",'
            f' "{SETTINGS}")) exit;', names))

    async with Stage({"a": first, "b": [reply(486)]}, config) as stage:
        caller = await stage.caller(transport)
        calls = []
        with Lag() as lag:
            for _ in range(CALLS):
                calls.append(caller.call(filled("sip:9555@{proxy}", stage.names)))
                await asyncio.sleep(STAGGER)
            await asyncio.wait_for(asyncio.gather(*(c.final for c in calls)), 10)
        faults = stage.server.faults()
        assert not faults, faults
        return [(call, attempts_of(
            [e for e in stage.trace if e.message.call_id == call.invite.call_id],
            ("a", "b"))) for call in calls], lag.worst


def assert_within(what, seconds, expected, lag, early=EARLY, late=LATE):
    """Check that every duration is within the limits; the message shows all of them. The
    machine cannot make an event early, so its delay does not move the lower limit."""
    least = expected - early - (lag if early else 0)
    outside = [s for s in seconds if not least <= s <= expected + late + lag]
    shown = " ".join(f"{s:.3f}" for s in sorted(seconds))
    assert not outside, (f"{what}: expected {expected:.3f} s, got {shown}, "
                         f"while the machine held us up for {lag:.3f} s")


def both_attempts(results):
    """The attempts of every call; each call must have exactly two."""
    for call, attempts in results:
        assert [a.entry.peer for a in attempts] == ["a", "b"], call.codes
        assert call.final.result().status == 486
    return [attempts for _, attempts in results]


@pytest.mark.timed("how exact timers are")
@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_inviting(transport):
    """A silent destination is left after timer.inviting, without a CANCEL."""
    results, lag = asyncio.run(calls_through(SILENT, transport))
    pairs = both_attempts(results)
    assert_within("INVITE to INVITE",
                  [b.entry.time - a.entry.time for a, b in pairs], INVITING, lag)
    assert not any(a.cancel for a, _ in pairs)


@pytest.mark.timed("how exact timers are")
@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_provisional(transport):
    """A ringing destination is CANCELled when timer.provisional, from its first 1xx, ends.
    The next INVITE is sent at once after its 487."""
    first = [reply(100, after=0.05), reply(180, after=0.4), on_cancel(after=0.05)]
    results, lag = asyncio.run(calls_through(first, transport))
    pairs = both_attempts(results)
    assert_within("first 1xx to CANCEL",
                  [a.cancel.time - a.first_1xx for a, _ in pairs], PROVISIONAL, lag)
    assert_within("487 to next INVITE",
                  [b.entry.time - a.final.time for a, b in pairs], 0, lag, early=0)


@pytest.mark.timed("how exact timers are")
@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_ignored_cancel(transport):
    """A destination that ignores its CANCEL delays the call by 500 ms more."""
    first = [reply(180, after=0.05), IGNORES_CANCEL]
    results, lag = asyncio.run(calls_through(first, transport))
    pairs = both_attempts(results)
    assert_within("first 1xx to CANCEL",
                  [a.cancel.time - a.first_1xx for a, _ in pairs], PROVISIONAL, lag)
    assert_within("CANCEL to next INVITE",
                  [b.entry.time - a.cancel.time for a, b in pairs],
                  CANCEL_WAIT, lag, late=HOP - CANCEL_WAIT)


# -- retransmissions --------------------------------------------------------------------

AGAIN = {                      # what changes tm's timers; modules, branches
    "nothing": ("", ""),
    "t_set_fr() in branch_route": ('t_on_branch("SETS"); ', ""),
    "a slow connection of the script's other branch": (
        'append_branch("sip:109@{b};transport=tcp"); ', "connect:{b_port}:1:300:0"),
}


async def invites_to_a_silent_one(arm, rule):
    def config(names):
        return kamailio.Config(filled(
            arm + 'if (failover("sip:100@{a} sip:102@{c}", "timer.inviting=3")) exit;', names),
            modules=("corex", "failover"), environment=forced(filled(rule, names)),
            extra='branch_route[SETS] { t_set_fr("0", "9000"); }')

    async with Stage({"a": SILENT, "b": SILENT, "c": [reply(486)]}, config) as stage:
        caller = await stage.caller()
        call = caller.call(f"sip:9555@{stage.names['proxy']}")
        await asyncio.wait_for(call.ended.wait(), 6)
        return stage.trace.of("a", "INVITE")


@pytest.mark.parametrize("how", AGAIN)
def test_an_invite_is_sent_again_until_its_time_is_over(how):
    """Over UDP it is sent at 0, 0.5 and 1.5 s (RFC 3261 section 17.1.1.2), even if a route or
    module changes the timers of tm meanwhile."""
    assert len(asyncio.run(invites_to_a_silent_one(*AGAIN[how]))) == 3


# -- several calls at the same time -----------------------------------------------------

SLOW = 1.5                     # seconds until the next attempt has been made
QUICK_PROVISIONAL = 0.6


async def one_call_beside_a_slow_one():
    """A gateway refuses one call over TCP without any 1xx. The next attempt takes long, as
    during a look-up of a name, and the timer of another call ends in that time. Return the
    attempts of that call, and how long the machine delayed this process."""
    def config(names):
        return kamailio.Config(filled("""
            if ($rU == "slow") {
                t_on_branch("SLOW");
                if (failover("sip:100@{a}/TCP sip:101@{b}")) exit;
            }
            if (failover("sip:102@{c} sip:103@{d}", "timer.provisional=600ms")) exit;
            """, names), modules=("cfgutils", "corex", "failover"),
            extra='branch_route[SLOW] { if ($rU == "101") usleep("1500000"); }')

    told = {"a": [reply(503)], "b": [reply(486)],
            "c": [reply(180), on_cancel(after=0.05)], "d": [reply(486)]}
    async with Stage(told, config) as stage:
        caller = await stage.caller()
        with Lag() as lag:
            call = caller.call(filled("sip:quick@{proxy}", stage.names))
            slow = caller.call(filled("sip:slow@{proxy}", stage.names))
            await asyncio.wait_for(asyncio.gather(call.final, slow.final), 10)
        faults = stage.server.faults()
        assert not faults, faults
        sent = [e for e in stage.trace if e.message.call_id == slow.invite.call_id]
        before, behind = attempts_of(sent, ("a", "b"))
        assert behind.entry.time - before.entry.time > SLOW - 0.1, "it was not slow"
        return attempts_of([e for e in stage.trace if e.message.call_id
                            == call.invite.call_id], ("c", "d")), lag.worst


@pytest.mark.timed("how exact timers are")
def test_a_slow_call_does_not_delay_another_call():
    (ringing, _), lag = asyncio.run(one_call_beside_a_slow_one())
    assert_within("first 1xx to CANCEL", [ringing.cancel.time - ringing.first_1xx],
                  QUICK_PROVISIONAL, lag)


# -- a first 1xx in the instant in which timer.total is over ---------------------------

TOTAL = 1.0
OFFSETS = [round(0.93 + 0.004 * n, 3) for n in range(40)]     # over two ticks and more
END = 0.600                    # from timer.total to the caller's final reply


async def calls_that_ring_at_the_end(order):
    """Make calls that begin at the same time, each with its own destination, which rings at
    one of OFFSETS. Return [(Call, Attempt, [time of a 408])], and how long the machine
    delayed this process."""
    names = [f"g{n}" for n in range(len(OFFSETS))]
    told = {name: [reply(180, after=offset), *order]
            for name, offset in zip(names, OFFSETS)}

    def config(places):
        return kamailio.Config("\n".join(filled(
            f'if ($rU == "{n}" && failover("sip:1@{{{n}}}",'
            f' "timer.total=1; timer.provisional=3")) exit;', places) for n in names))

    async with Stage(told, config, memory_mb=64) as stage:
        caller = await stage.caller()
        calls = []
        with Lag() as lag:
            for name in names:
                calls.append(caller.call(f"sip:{name}@{stage.names['proxy']}"))
                await asyncio.sleep(STAGGER)
            await asyncio.wait([asyncio.ensure_future(c.ended.wait()) for c in calls],
                               timeout=6)
            await asyncio.sleep(0.5)
        faults = await asyncio.to_thread(stage.server.stop)
        assert not faults, faults
        return [(call, attempts_of([e for e in stage.trace if e.message.call_id
                                    == call.invite.call_id], names)[0],
                 [e.time for e in stage.trace.of("caller", 408, sent=False)
                  if e.message.call_id == call.invite.call_id])
                for call in calls], lag.worst


@pytest.mark.timed("how exact timers are")
@pytest.mark.parametrize("order", [(), (IGNORES_CANCEL,)], ids=["ends", "ignores the CANCEL"])
def test_a_first_180_in_the_instant_of_the_total(order):
    """In either order, the destination that rings gets its CANCEL at once, and the caller
    gets a 408; timer.provisional, 3 s, does not matter."""
    results, lag = asyncio.run(calls_that_ring_at_the_end(order))
    assert [call.codes[-1] for call, _, _ in results] == [408] * len(OFFSETS)
    assert all(attempt.cancel for _, attempt, _ in results)
    assert_within("the end to CANCEL", [
        attempt.cancel.time - max(attempt.first_1xx, call.started + TOTAL)
        for call, attempt, _ in results], 0, lag, late=0.2)
    assert_within("timer.total to 408", [
        ends[0] - call.started - TOTAL for call, _, ends in results], 0, lag, late=END + LATE)
    rang_before = {attempt.first_1xx < ends[0] for _, attempt, ends in results}
    assert rang_before == {True, False}, "the instant was not met"
