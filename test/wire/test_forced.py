# SPDX-License-Identifier: GPL-2.0-or-later
"""Races and failures inside the server that no peer can cause; shim.c forces them. For
example, the retransmission of an INVITE cannot be sent, or an answer comes in the instant
in which its timer ends."""

import asyncio
import errno

import pytest

import kamailio
import ladder
from shim import HELD, forced
from scenario import (IGNORES_CANCEL, SILENT, Judge, Scenario, Stage, When, at, filled, later, reply,
                      on_cancel, soon, when, when_sent)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
RETRANSMITTED = 0.5            # retr_timer1 of tm, at most a tick early


def second_invite(peer, ms=0):
    """The second INVITE to a peer cannot be sent."""
    return f"send:INVITE:{{{peer}_port}}:2:{ms}:{errno.EPERM}"


# -- a retransmission that fails -----------------------------------------------------

def unsent(title, route, **more):
    return Scenario(f"the INVITE cannot be sent again: {title}", route=route,
        environment=forced(second_invite("a")),
        **{"logged": {HELD.format("INVITE"): 1}, **more})


def by_the_failure(seconds=RETRANSMITTED, since="start"):
    return When(since, seconds)


FAILS = [
    unsent("it answers while the next one is tried", 'failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [reply(200, after=0.8)], "b": SILENT},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", by_the_failure())],
        caller=[100, 200], final_from="a", final_at=when_sent()),
    unsent("it answers while the next one rings", 'failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [reply(200, after=0.9)], "b": [reply(180)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", by_the_failure())], cancelled=["b"],
        caller=[100, 180, 200], final_from="a", final_at=when_sent()),
    unsent("the only destination: 503", 'failover("sip:100@{a}")',
        peers={"a": SILENT}, attempts=[("a", "UDP", at(0))], caller=[100, 503],
        final_at=by_the_failure()),
    unsent("the only destination, and the reply is written out",
        'failover("sip:100@{a}", "reply=480 Gone")', peers={"a": SILENT},
        attempts=[("a", "UDP", at(0))], caller=[100, 480], final_at=by_the_failure()),
    unsent("the next one is tried at once, whatever the pattern",
        'failover("sip:100@{a} sip:101@{b}", "pattern.response=486")',
        peers={"a": SILENT, "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", by_the_failure())],
        caller=[100, 180, 200]),
]

# -- an answer in the instant of its timer ----------------------------------------------

# A worker has told failover of the answer, and then takes the lock of tm. It is delayed
# between the two, and the timer process gets the lock first.
INSTANT = "log:1:300:transaction_found_-_T:"
INSTANT_OF_THIRD = "log:3:500:transaction_found_-_T:"


def instant(title, route, **more):
    return Scenario(f"a 200 in the instant of timer.inviting: {title}", route=route,
        globals="debug=3", environment=forced(INSTANT),
        **{"logged": {HELD.format("transaction found - T:"): 1},
           "caller": [100, 200], "final_from": "a", **more})


SWALLOWED = [
    instant("it is not swallowed, and no other destination is tried",
        'failover("sip:100@{a} sip:101@{b}", "timer.inviting=1")',
        peers={"a": [reply(200, after=0.85)], "b": [reply(486)]},
        attempts=[("a", "UDP", at(0))], final_at=at(1.15)),
    instant("of the only destination",
        'failover("sip:100@{a}", "timer.inviting=1")',
        peers={"a": [reply(200, after=0.85)]}, attempts=[("a", "UDP", at(0))],
        final_at=at(1.15)),
    instant("over TCP", 'failover("sip:100@{a}/TCP sip:101@{b}", "timer.inviting=1")',
        peers={"a": [reply(200, after=0.85)], "b": [reply(486)]},
        attempts=[("a", "TCP", at(0))], final_at=at(1.15)),
    instant("the instant of timer.total",
        'failover("sip:100@{a} sip:101@{b}", "timer.total=1")',
        peers={"a": [reply(200, after=0.85)], "b": [reply(486)]},
        attempts=[("a", "UDP", at(0))], final_at=at(1.15)),
]


# -- a CANCEL in the instant of a first 180 -------------------------------------------

# A worker has told failover of the 180, and has seen no CANCEL. It is delayed before it
# notes the 180 itself, so the caller's CANCEL finds a branch that has not rung.
NOTES = "code=180"


def unnoted(title, list, provisional=9, **more):
    return Scenario(f"the caller gives up in the instant of a first 180: {title}",
        route=f'failover("{list}", "timer.inviting=9; timer.provisional={provisional}")',
        globals="debug=3", environment=forced(f"log:1:300:{NOTES}"),
        **{"logged": {HELD.format(NOTES): 1},
           "caller": [100, 180, 487], "within": 4, **more})


UNNOTED = [
    scenario for over in ("UDP", "TCP") for scenario in (
        unnoted(f"of the only destination, {over}", f"sip:100@{{a}}/{over}",
            peers={"a": [reply(180, after=0.1)]}, attempts=[("a", over, at(0))],
            cancel=when("a", 180, 0.1), cancelled_after={"a": 0.4}),
        unnoted(f"of the second destination, {over}", f"sip:100@{{a}} sip:101@{{b}}/{over}",
            peers={"a": [reply(503)], "b": [reply(180, after=0.1)]},
            attempts=[("a", "UDP", at(0)), ("b", over, soon())],
            cancel=when("b", 180, 0.1), cancelled_after={"b": 0.4}),
        unnoted(f"who ignores its CANCEL, {over}", f"sip:100@{{a}}/{over}", 2,
            peers={"a": [reply(180, after=0.1), IGNORES_CANCEL]},
            attempts=[("a", over, at(0))], cancel=when("a", 180, 0.1),
            cancelled_after={"a": 0.4}))
]


# -- while the next attempt is being made -----------------------------------------------

# A process handles a failed destination and makes the next attempt, without the lock.
# Meanwhile the failed branch looks pending to tm.
SLOW = "slow.example"


def being_made(title, rule, hold, **more):
    return Scenario(f"while the next attempt is being made: {title}",
        environment=forced(*rule.split()), **{"logged": {HELD.format(hold): 1}, **more})


def after_its_invite(title, list, **more):
    """The process is delayed after the INVITE to b was sent."""
    return being_made(title, "sent:INVITE:{b_port}:1:400", "INVITE",
        route='t_on_branch("EACH"); '
              f'if (failover("{list}", "timer.provisional=1")) exit;',
        extra="branch_route[EACH] { $var(x) = 1; }", **more)


def during_a_lookup(title, over="UDP", ms=1200, **more):
    """The look-up of the next destination takes this time. a was given up, and does not end
    within the half second that it has."""
    return being_made(f"{title}, {over}", f"name:{SLOW}:{ms}:1", SLOW,
        route=f'failover("sip:100@{{a}}/{over} sip:101@{SLOW}:{{b_port}}", '
              '"timer.provisional=1")', globals="dns_try_naptr=no", **more)


def in_hand(title, **more):
    """a was given up. While a worker handles its late 200, the INVITE to b cannot be
    sent."""
    return being_made(title, f"name:{SLOW}:1200:0 {INSTANT_OF_THIRD}", SLOW,
        route=f'failover("sip:100@{{a}} sip:101@{SLOW}:5060", "timer.provisional=1")',
        globals="debug=3\ndns_try_naptr=no\ndns_try_ipv6=no", **more)


BEING_MADE = [
    after_its_invite("the caller gives up, and the next one has rung",
        "sip:100@{a} sip:101@{b}",
        peers={"a": [reply(180), reply(503, after=0.1)], "b": [reply(180, after=0.1)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 180, 180, 487], cancel=when("b", 180, 0.1), cancelled=["b"]),
    *(during_a_lookup(f"a late {code} of the one before", over, ms,
        peers={"a": [reply(180), on_cancel(then=code, after=0.8)],
               "b": [reply(180), reply(200, after=0.2)]},
        attempts=[("a", over, at(0)), ("b", "UDP", at(1.5 + ms / 1000))],
        cancelled=["a"], caller=[100, 180, 180, 200])
      for over, ms in (("UDP", 1200), ("TCP", 700)) for code in (487, 486)),
    in_hand("a late 200 is in hand, and nothing else is left",
        peers={"a": [reply(180), on_cancel(then=200, after=1.55)]},
        attempts=[("a", "UDP", at(0))], cancelled=["a"], caller=[100, 180, 200],
        final_from="a", repeats_2xx=True),
    during_a_lookup("a late 200 of the one before",
        peers={"a": [reply(180), on_cancel(then=200, after=0.8)], "b": [reply(180)]},
        attempts=[("a", "UDP", at(0))], cancelled=["a"],
        caller=[100, 180, 200], final_from="a"),
]


@pytest.mark.parametrize("scenario", [*FAILS, *SWALLOWED, *UNNOTED, *BEING_MADE], ids=lambda s: s.title)
def test_forced(outcome):
    outcome.check()


# -- a failed retransmission and a final reply at once -----------------------------------

async def while_it_fails(code, at_seconds, second):
    """The retransmission to a takes 300 ms and fails while its reply comes in.
    @return (Judge, faults, code of a call made afterwards)"""
    scenario = Scenario("",
        route='if ($rU == "next" && failover("sip:102@{c}")) exit; '
              f'if (failover("{second}", "timer.inviting=3")) exit;',
        peers={"a": [reply(code, after=at_seconds)], "b": [reply(486)],
               "c": RINGS_AND_ANSWERS},
        attempts=[], caller=[], environment=forced(second_invite("a", 300)))
    async with Stage(scenario.peers, scenario.config) as stage:
        caller = await stage.caller()
        call = caller.call(filled("sip:9555@{proxy}", stage.names), hangup_after=0.1)
        await asyncio.wait([call.final], timeout=5)
        left = await stage.drained()
        trace = [e for e in stage.trace]
        after = caller.call(filled("sip:next@{proxy}", stage.names), hangup_after=0)
        await asyncio.wait([after.final], timeout=5)
        faults = await asyncio.to_thread(stage.server.stop)
        if left:
            faults.append(f"tm still holds {left} transaction(s)")
        if HELD.format("INVITE") not in stage.server.log():
            faults.append("the shim did not come to hold the INVITE")
        of_call = type(stage.trace)()
        of_call.entries = [e for e in trace if e.message.call_id == call.invite.call_id]
        return (Judge(scenario, stage.names, of_call, call), faults,
                after.codes[-1:] if after.final.done() else None)


WAYS = [(code, at_seconds, second) for code in (404, 603, 200) for at_seconds in (0.55, 0.65)
        for second in ("sip:100@{a}", "sip:100@{a} sip:101@{b}")]


@pytest.fixture(scope="module")
def retransmissions():
    """Run all of them at the same time, each with its server: {way: result}."""
    async def play():
        return dict(zip(WAYS, await asyncio.gather(*(while_it_fails(*way) for way in WAYS))))
    return asyncio.run(play())


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "{}-{}-{}".format(
    *way[:2], "one of two" if "{b}" in way[2] else "the only one"))
def test_a_final_reply_while_a_retransmission_fails(retransmissions, way):
    """The timer process of tm and a worker each have a lock that the other one needs. The
    caller gets one final reply, and the server goes on."""
    judge, faults, after = retransmissions[way]
    problems = [*judge.demands(), *faults]
    assert not problems, "\n".join([*problems, ladder.draw(
        judge.trace, ["caller", "kamailio", "a", "b"], start=judge.call.started)])
    assert judge.finals, f"no final reply: {judge.call.codes}"
    assert after == [200], f"a call made afterwards: {after}"


# -- the transaction ends while a timer process works without the lock ----------------------

ENDS = """failure_route[F] {
    xlog("L_ERR", "failure_route begins\n");
    usleep("1600000");
    xlog("L_ERR", "failure_route ends\n");
}"""


async def released(scenario):
    async with Stage(scenario.peers, scenario.config) as stage:
        caller = await stage.caller()
        call = caller.call(filled(scenario.uri, stage.names))
        await asyncio.sleep(1.25)
        call.cancel()
        await asyncio.wait_for(call.ended.wait(), 5)
        left = await stage.drained(15)
        return call.codes, left, stage.server.log()


def test_the_transaction_exists_as_long_as_tm_uses_it():
    """A timer process of tm has no reference to the transaction. While it looks up the next
    name, the caller gives up, so the transaction has ended when failure_route runs."""
    codes, left, log = asyncio.run(released(Scenario("",
        route=f't_on_failure("F"); if (failover("sip:100@{{a}} sip:101@{SLOW}:5060",'
              ' "timer.inviting=1")) exit;',
        globals="debug=3\ndns_try_naptr=no\ndns_try_ipv6=no", extra=ENDS,
        modparams=(("tm", "wt_timer", 1000),), modules=("cfgutils", "failover"),
        environment=forced(f"name:{SLOW}:1500:0"), peers={"a": SILENT}, attempts=[],
        caller=[])))
    assert codes == [100, 487] and left == 0
    assert "failure_route ends" in log
    assert "freeing transaction" not in log[log.index("failure_route begins"):
                                            log.index("failure_route ends")]
