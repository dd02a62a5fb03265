# SPDX-License-Identifier: GPL-2.0-or-later
"""failover() after a suspension that began in request_route (specification, section 3). It
works there as t_relay() does: with the module async, several suspensions one after the
other, t_continue() of tmx, and the module tsilo."""

import asyncio
import os

import pytest

import kamailio
from scenario import (SILENT, Scenario, Stage, at, attempts_of, filled, later, on_cancel,
                      reply, soon, when)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
ALL = 'failover("sip:1@{a} sip:2@{b} sip:3@{c}"%s)'
# the call goes on in another process, or in a timer process a second later (async_route
# could be up to a second early or late)
TASK, TIMER = 'async_task_route("GOES_ON")', 'async_ms_route("GOES_ON", "1000")'
WAYS = {"a task": (TASK, 0), "a timer": (TIMER, 1)}


def goes_on(call, more=""):
    return f"""route[GOES_ON] {{
        {more}
        $var(rc) = 0;
        if ({call}) exit;
        xlog("L_NOTICE", "failover returned $rc\\n");
        t_reply("500", "Failover Refused");
    }}"""


def suspended(title, how=TASK, settings="", call=None, more="", before="", also="", **told):
    tail = f', "{settings}"' if settings else ""
    return Scenario(f"suspended: {title}",
        route=before + how + "; exit;",
        extra=goes_on(call or ALL % tail, more) + also,
        modules=("corex", "async", "failover"), globals="async_workers=2",
        modparams=(("async", "ms_timer", 10),),
        **{"peers": {}, "within": 12.0, **told})


def trio(**peers):
    return {**{name: SILENT for name in "abc"}, **peers}


CHANGED = {"X-Before": ["yes"], "X-Behind": ["yes"]}
FAILURE = """failure_route[FAILED] {
    xlog("L_NOTICE", "failure_route: $T_reply_code, $failover(outcome)\\n");
    t_reply("480", "Gone");
}"""

SCENARIOS = [
    *(suspended(f"{name}: the second answers", how,
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS, "c": SILENT},
        attempts=[("a", "UDP", at(wait), "sip:1@{a}"), ("b", "UDP", soon(), "sip:2@{b}")],
        caller=[100, 180, 200], logged={"failover returned": 0})
      for name, (how, wait) in WAYS.items()),

    suspended("by the dial plan", call="failover()",
        plan="[Deploy Patterns]\nTo = sip:1@{a}\n$session = failover sip:2@{b}/TCP\nX-Plan = yes\n",
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "TCP", soon())], caller=[100, 180, 200],
        carries={1: {"X-Plan": ["yes"]}, 2: {"X-Plan": ["yes"]}}),

    suspended("silence, then one that rings too long", TIMER,
        settings="timer.inviting=500ms; timer.provisional=1",
        peers={"a": SILENT, "b": [reply(180), on_cancel()], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(1)), ("b", "UDP", later(0.5)), ("c", "UDP", later(1))],
        caller=[100, 180, 180, 200], cancelled=["b"]),

    suspended("what the script has changed before and after it is in every attempt",
        before='append_hf("X-Before: yes\\r\\n"); ', more='append_hf("X-Behind: yes\\r\\n");',
        peers={"a": [reply(503)], "b": [reply(486)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
        caller=[100, 180, 200], carries={n: CHANGED for n in (1, 2, 3)}),

    suspended("what the script has changed only after it is in every attempt",
        more='append_hf("X-Behind: yes\\r\\n"); remove_hf("X-Gone");',
        headers=[("X-Gone", "1")], peers=trio(a=[reply(503)], b=RINGS_AND_ANSWERS),
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200],
        carries={n: {"X-Behind": ["yes"], "X-Gone": []} for n in (1, 2)}),

    suspended("twice", more="""if ($avp(again) == $null) {
            $avp(again) = 1; async_task_route("GOES_ON"); exit;
        }""", peers=trio(a=[reply(503)], b=RINGS_AND_ANSWERS),
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200]),

    suspended("all fail: one final reply, and failure_route runs once",
        before='t_on_failure("FAILED"); ', also=FAILURE,
        peers={"a": [reply(503)], "b": [reply(486)], "c": [reply(404)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
        caller=[100, 480], logged={"failure_route: 404, exhausted": 1}),

    suspended("all fail, reply = best: the suspension is none of the replies",
        settings="reply=best", peers={"a": [reply(486)], "b": [reply(503)], "c": [reply(503)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
        caller=[100, 486], final_from="a"),

    suspended("none can be sent: one final reply",
        call='failover("sip:1@no.invalid sip:2@no.invalid")', attempts=[], caller=[100, 503]),

    suspended("none can be sent: failure_route runs once", before='t_on_failure("FAILED"); ',
        also=FAILURE, call='failover("sip:1@no.invalid sip:2@no.invalid")',
        attempts=[], caller=[100, 480], logged={"failure_route: 503, exhausted": 1}),

    suspended("the caller gives up while it is suspended", TIMER,
        cancel=when("caller", 100, 0.3), peers=trio(), attempts=[], caller=[100, 487]),

    suspended("the caller gives up while the second rings", TIMER,
        cancel=when("b", 180, 0.2), peers=trio(a=[reply(503)], b=[reply(180), on_cancel()]),
        attempts=[("a", "UDP", at(1)), ("b", "UDP", soon())], caller=[100, 180, 487],
        cancelled=["b"]),

    suspended("a late answer of the first is the call's", TIMER,
        settings="timer.provisional=1; timer.inviting=3",
        peers=trio(a=[reply(180), on_cancel(then=200, after=0.9)], b=[reply(180), on_cancel()]),
        attempts=[("a", "UDP", at(1)), ("b", "UDP", later(1.5))], caller=[100, 180, 180, 200],
        cancelled=["a", "b"], final_from="a"),

    suspended("a redirect is followed",
        peers=trio(a=[reply(302, contacts=("<sip:9@{b}>",))], b=RINGS_AND_ANSWERS),
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon(), "sip:9@{b}")],
        caller=[100, 180, 200]),

    suspended("$action answers", call="failover()",
        plan="[Deploy Patterns]\n$action = 433 Not You\n", attempts=[], caller=[100, 433]),

    suspended("no rule matches: -1", call="failover()",
        plan="[Matching Patterns]\nX-None = .\n[Deploy Patterns]\n$action = 433\n",
        attempts=[], caller=[100, 500], logged={"failover returned -1": 1}),

    suspended("a second failover() is -2 and changes nothing",
        more='failover("sip:1@{a}"); failover("sip:2@{b}"); '
             'xlog("L_NOTICE", "second $rc\\n"); exit;',
        peers=trio(a=RINGS_AND_ANSWERS), attempts=[("a", "UDP", at(0))],
        caller=[100, 180, 200], logged={"second -2": 1}),

    suspended("branches that the script appends go with the first",
        more='append_branch("sip:9@{c}"); ', call='failover("sip:1@{a} sip:2@{b}")',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS, "c": [reply(503, after=0.1)]},
        attempts=[("a", "UDP", at(0)), ("c", "UDP", at(0), "sip:9@{c}"), ("b", "UDP", None)],
        caller=[100, 180, 200]),

    # a suspension in failure_route is another case
    suspended("in failure_route it stays -2", before='t_on_failure("FAILED"); $du = "sip:{c}"; t_relay(); exit; ',
        also="""failure_route[FAILED] { async_task_route("GOES_ON"); }""",
        peers=trio(c=[reply(503)]), attempts=[("c", "UDP", at(0))], caller=[100, 500],
        logged={"failover returned -2": 1}),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.title)
def test_suspended(outcome):
    outcome.check()


# -- continued by another request or program -----------------------------------------------

def peers_for_two():
    return {"a": [reply(503)], "b": RINGS_AND_ANSWERS}


async def outcome_of(stage, release):
    """The code that the caller of a suspended call gets after `release` has let it go on, and
    the peers that were tried."""
    caller = await stage.caller()
    call = caller.call(filled("sip:9555@{proxy}", stage.names), hangup_after=0)
    await asyncio.sleep(0.3)
    assert call.codes == [100], call.codes
    await release(stage, caller)
    await asyncio.wait_for(call.final, 5)
    tried = [a.entry.peer for a in attempts_of(stage.trace, stage.gateways)]
    assert await stage.drained() == 0
    return call.codes, tried


def suspended_by(route, extra, modules, modparams=()):
    def config(names):
        return kamailio.Config(filled(route, names), modules=(*modules, "failover"),
            modparams=modparams, extra=filled(goes_on('failover("sip:1@{a} sip:2@{b}")')
                                              + extra, names))
    return config


TMX = suspended_by("""
    if ($rU == "release") {
        $var(i) = $sht(held=>i); $var(l) = $sht(held=>l);
        t_continue("$var(i)", "$var(l)", "GOES_ON");
        sl_send_reply("480", "Released"); exit;
    }
    t_newtran(); $sht(held=>i) = $T(id_index); $sht(held=>l) = $T(id_label);
    t_suspend(); exit;""", "", ("htable",), (("htable", "htable", "held=>size=4"),))


def test_another_request_lets_it_go_on():
    async def release(stage, caller):
        caller.call(filled("sip:release@{proxy}", stage.names))

    async def run():
        async with Stage(peers_for_two(), TMX) as stage:
            return await outcome_of(stage, release)

    assert asyncio.run(run()) == ([100, 180, 200], ["a", "b"])


def has_module(name):
    return any(os.path.exists(f"{path}/{name}.so") for path in kamailio.module_dirs().split(":"))


@pytest.mark.skipif(not has_module("evapi"), reason="evapi is not installed")
def test_an_application_beside_evapi_lets_it_go_on():
    port = kamailio.Port()
    config = suspended_by('evapi_async_relay("$T(id_index):$T(id_label)"); exit;', """
        event_route[evapi:connection-new] { evapi_relay("ready"); }
        event_route[evapi:message-received] {
            $var(i) = $(evapi(msg){s.select,0,:}{s.int}); $var(l) = $(evapi(msg){s.select,1,:}{s.int});
            t_continue("$var(i)", "$var(l)", "GOES_ON");
        }""", ("evapi",), (("evapi", "bind_addr", f"127.0.0.1:{port.number}"),))

    async def run():
        async with Stage(peers_for_two(), config) as stage:
            reader, writer = await asyncio.open_connection("127.0.0.1", port.number)

            async def netstring():
                return await asyncio.wait_for(reader.readuntil(b","), 5)

            async def release(*_):
                writer.write(await netstring())
                await writer.drain()

            # until evapi has taken the connection, it tells it nothing
            assert await netstring() == b"5:ready,"
            found = await outcome_of(stage, release)
            writer.close()
            return found

    try:
        assert asyncio.run(run()) == ([100, 180, 200], ["a", "b"])
    finally:
        port.close()
