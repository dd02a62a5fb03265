# SPDX-License-Identifier: GPL-2.0-or-later
"""After a destination that stayed silent, tm's timer process makes the next attempt. With
async_workers in kamailio.cfg, a worker looks its name up before; the timers of other calls
do not wait for that, and whatever happens to the call meanwhile happens at once."""

import asyncio

import pytest

import kamailio
from lag import Lag
from shim import forced
from scenario import (IGNORES_CANCEL, SILENT, Scenario, Stage, When, at, attempts_of, filled,
                      on_cancel, reply, when)

NAME, OTHER = "one.slow.test", "two.slow.test"
SLOW, SLOW_MS = 2.0, 2000      # what a look-up takes
INVITING = 0.5                 # when it begins
TICKS = 0.25                   # of tm's clock until the attempt is made
WORKERS = "async_workers=2\nuse_dns_cache=on\ndns_try_naptr=no\ndns_try_ipv6=no\n"
ANSWERS = [reply(180), reply(200, after=0.1)]


def looked_up(ms=SLOW_MS, found=1, name=NAME):
    return f"name:{name}:{ms}:{found}"


# -- others -----------------------------------------------------------------------------

PROVISIONAL = 1.5


async def beside(calls, workers):
    """So many calls whose next destination has a slow name, beside one that rings and one
    whose INVITE is lost: ([(Call, its messages)], INVITEs that are lost, lag)."""
    def config(names):
        return kamailio.Config(filled(f"""
            if ($rU == "rings") {{
                if (failover("sip:102@{{c}}", "timer.provisional=1500ms")) exit;
            }}
            if ($rU == "lost") {{
                if (failover("sip:103@{{d}}", "timer.inviting=3")) exit;
            }}
            if (failover("sip:100@{{a}} sip:101@{NAME}:{{b_port}}",
                "timer.inviting=500ms")) exit;""", names),
            globals=WORKERS.replace("async_workers=2", f"async_workers={workers}"),
            environment=forced(looked_up()))

    told = {"a": SILENT, "b": ANSWERS, "c": [reply(180), on_cancel(after=0.05)], "d": SILENT}
    async with Stage(told, config) as stage:
        caller = await stage.caller()
        with Lag() as lag:
            made = [caller.call(filled(f"sip:{user}@{{proxy}}", stage.names), hangup_after=0.1)
                    for user in ("rings", "lost", *("slow",) * calls)]
            await asyncio.wait_for(asyncio.gather(*(c.final for c in made)), 10)
            await asyncio.sleep(0.3)
        left = await stage.drained(10)
        faults = await asyncio.to_thread(stage.server.stop)
        assert not faults and not left, (faults, left)
        return [(call, [e for e in stage.trace if e.message.call_id == call.invite.call_id])
                for call in made], stage.trace.of("d", "INVITE"), lag.worst


@pytest.mark.timed("how exact timers are")
@pytest.mark.parametrize("calls", [1, 3])
def test_the_timers_of_other_calls_do_not_wait(calls):
    made, sent_to_d, lag = asyncio.run(beside(calls, 2))
    (_, of_ringing), _, *slow = made
    (ringing,) = attempts_of(of_ringing, ("c",))
    late = ringing.cancel.time - ringing.first_1xx - PROVISIONAL
    assert abs(late) < 0.1625 + lag, f"CANCELled {late:.3f} s late, lag {lag:.3f} s"
    first, *again = [e.time for e in sent_to_d]
    assert all(abs(time - first - due) < 0.1625 + lag for time, due in zip(again, (0.5, 1.5))), \
        [time - first for time in again]
    for call, trace in slow:
        first, second = attempts_of(trace, ("a", "b"))
        waited = second.entry.time - first.entry.time
        assert call.codes[-1] == 200, call.codes
        assert INVITING + SLOW - 0.1 <= waited <= INVITING + SLOW + TICKS + 0.1 + lag, waited


# -- the call itself ----------------------------------------------------------------------

def during(title, settings="timer.inviting=500ms", list=f"sip:100@{{a}} sip:101@{NAME}:{{b_port}}",
           rules=(looked_up(),), arm="", **more):
    return Scenario(f"while the name is looked up: {title}", **{
        "route": f'{arm}if (failover("{list}", "{settings}")) exit;', "globals": WORKERS,
        "environment": forced(*rules), "attempts": [("a", "UDP", at(0))],
        "peers": {"a": SILENT, "b": ANSWERS}, **more})


def went_on(seconds=INVITING + SLOW, over="UDP"):
    return [("a", over, at(0)), ("b", "UDP", When("start", seconds, late=TICKS))]


AT_ONCE = 0.2
DURING = [
    during("nothing happens", attempts=went_on(), caller=[100, 180, 200]),
    during("nothing happens, over TCP", list=f"sip:100@{{a}}/TCP sip:101@{NAME}:{{b_port}}",
        attempts=went_on(over="TCP"), caller=[100, 180, 200]),
    during("the one before has rung, and ignores its CANCEL", "timer.provisional=500ms",
        peers={"a": [reply(180), IGNORES_CANCEL], "b": ANSWERS}, cancelled=["a"],
        attempts=went_on(SLOW + 1.0), caller=[100, 180, 180, 200]),
    during("the caller gives up", cancel=when("caller", 100, 1.5), caller=[100, 487],
        final_at=When("start", 1.5, late=AT_ONCE)),
    during("there is no such host, and the script has a failure_route",
        rules=(looked_up(found=0),), arm='t_on_failure("F"); ',
        extra='failure_route[F] { xlog("L_NOTICE", "failed with $T_reply_code\\n"); }',
        caller=[100, 503], logged={"failed with 503": 1},
        final_at=When("start", INVITING + SLOW, late=TICKS)),
    during("a late 200 of the silent one",
        peers={"a": [reply(200, after=1.5)], "b": ANSWERS}, caller=[100, 200],
        final_from="a", final_at=When("start", 1.5, late=AT_ONCE)),
    during("a late 180 and 486 of the silent one",
        peers={"a": [reply(180, after=1.0), reply(486, after=1.5)], "b": ANSWERS},
        attempts=went_on(), caller=[100, 180, 200], cancelled=["a"]),
    during("timer.total ends", "timer.inviting=500ms; timer.total=1", caller=[100, 408],
        final_at=at(1)),
    during("there is no such host, and nothing else", rules=(looked_up(found=0),),
        caller=[100, 503], final_at=When("start", INVITING + SLOW, late=TICKS)),
    during("there is no such host, and another one", rules=(looked_up(found=0),),
        list=f"sip:100@{{a}} sip:109@{NAME}:5060 sip:101@{{b}}",
        attempts=went_on(), caller=[100, 180, 200]),
    during("there is no such host twice", rules=(looked_up(500, 0), looked_up(500, 0, OTHER)),
        list=f"sip:100@{{a}} sip:109@{NAME}:5060 sip:109@{OTHER}:5060 sip:101@{{b}}",
        attempts=[("a", "UDP", at(0)), ("b", "UDP", When("start", 1.5, late=2 * TICKS))],
        caller=[100, 180, 200]),
    during("no branch can be spared", globals=WORKERS + "max_branches=2\n",
        attempts=went_on(), caller=[100, 180, 200]),
    during("the script drops the late 200 of the silent one",
        peers={"a": [reply(200, after=1.5)], "b": ANSWERS}, repeats_2xx=True, discarded=["a"],
        attempts=went_on(), caller=[100, 180, 200], final_from="b", keeps=True,
        extra="reply_route { if ($rs == 200 && $sp == {a_port}) { t_check_trans(); drop; } }"),
]


@pytest.mark.parametrize("scenario", DURING, ids=lambda s: s.title)
def test_during(outcome):
    outcome.check()


async def cancelled_by_an_operator():
    scenario = during("", caller=[])
    async with Stage(scenario.peers, scenario.config) as stage:
        call = await stage.cancelled_call(scenario.uri, after=1.2, within=1)
        left = await stage.drained(10)
        return call.codes, left, len(stage.trace.of("b", "INVITE"))


def test_an_operator_cancels_the_call():
    assert asyncio.run(cancelled_by_an_operator()) == ([100, 487], 0, 0)
