# SPDX-License-Identifier: GPL-2.0-or-later
"""event_route[failover:attempt] and [failover:ended], and the same for KEMI."""

import asyncio
import pathlib

import pytest

import kamailio
from scenario import NOBODY, SILENT, Scenario, Stage, at, filled, later, reply, soon, when
from test_kemi import SCRIPT as LUA

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
NUMBERED = """
event_route[failover:attempt] {
    append_hf("X-Attempt: $failover(attempt) $ru\\r\\n");
    remove_hf("X-From-Caller");
}
"""
ENDED = """
event_route[failover:ended] {
    xlog("L_NOTICE", "ended: $rm $rU $failover(outcome) after $failover(attempt), $ci\\n");
}
"""
COMES = (("X-From-Caller", "1"),)


def numbered(number, uri):
    return {"X-Attempt": [f"{number} {uri}"], "X-From-Caller": []}


HEADERS = [
    Scenario("a header of one attempt is in that one only",
        route='append_hf("X-Script: 1\\r\\n"); '
              'if (failover("sip:100@{a} sip:101@{b}/TCP sip:102@{c}")) exit;',
        extra=NUMBERED, headers=COMES,
        peers={"a": [reply(503)], "b": [reply(503)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "TCP", soon()), ("c", "UDP", soon())],
        carries={1: {**numbered(1, "sip:100@{a}"), "X-Script": ["1"]},
                 2: {**numbered(2, "sip:101@{b}"), "X-Script": ["1"]},
                 3: {**numbered(3, "sip:102@{c}"), "X-Script": ["1"]}},
        caller=[100, 180, 200]),
    Scenario("also if the previous attempt could not be sent",
        route='if (failover("sip:100@{a}/TCP sip:101@no.such.host.invalid sip:102@{b}")) exit;',
        extra=NUMBERED, headers=COMES, peers={"a": NOBODY, "b": [reply(503)]},
        attempts=[("b", "UDP", at(0))], carries={1: numbered(3, "sip:102@{b}")},
        caller=[100, 500]),
    Scenario("also if the attempt between could not be sent",
        route='if (failover("sip:100@{a} sip:101@{b}/TCP sip:102@{c}")) exit;',
        extra=NUMBERED, headers=COMES,
        peers={"a": [reply(486)], "b": NOBODY, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("c", "UDP", soon())],
        carries={1: numbered(1, "sip:100@{a}"), 2: numbered(3, "sip:102@{c}")},
        caller=[100, 180, 200]),
    Scenario("the R-URI and the next hop of one attempt are changed",
        route='if (failover("sip:100@{a} sip:101@{b}")) exit;',
        extra='event_route[failover:attempt] { if ($failover(attempt) == 2) '
              '{ $ru = "sip:999@example.org"; $du = "sip:{c}"; } }',
        peers={"a": [reply(486)], "b": SILENT, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"), ("c", "UDP", soon(), "sip:999@example.org")],
        caller=[100, 180, 200]),
    Scenario("a branch_route runs too, after it",
        route='t_on_branch("B"); if (failover("sip:100@{a} sip:101@{b}")) exit;',
        extra=NUMBERED + 'branch_route[B] { append_hf("X-Branch: 1\\r\\n"); }', headers=COMES,
        peers={"a": [reply(486)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        carries={1: {**numbered(1, "sip:100@{a}"), "X-Branch": ["1"]},
                 2: {**numbered(2, "sip:101@{b}"), "X-Branch": ["1"]}},
        caller=[100, 180, 200]),
]

SEES_END = {"modparams": (("failover", "attempt_log_level", 1),)}


def drops(what, title, peers, attempts, caller, where="event", **more):
    route = "event_route[failover:attempt]" if where == "event" else "branch_route[B]"
    return Scenario(f"drop in {where}_route: {title}",
        route=('t_on_branch("B"); ' if where == "branch" else "")
        + 'if (failover("sip:100@{a} sip:101@{b} sip:102@{c}", "timer.inviting=1")) exit;',
        extra=f"{route} {{ if ({what}) drop; }}" + ENDED, peers=peers, attempts=attempts,
        caller=caller, **SEES_END, **more)


DROPS = [scenario for where in ("event", "branch") for scenario in (
    drops('$rU == "100"', "the first", {"a": SILENT, "b": [reply(486)], "c": RINGS_AND_ANSWERS},
          [("b", "UDP", at(0)), ("c", "UDP", soon())], [100, 180, 200], where,
          logged={"attempt=1 destination=sip:101@": 1, "reason=first": 1,
                  "attempts=2": 1, "answered after 2,": 1}),
    drops('$rU == "101"', "one between", {"a": SILENT, "b": SILENT, "c": RINGS_AND_ANSWERS},
          [("a", "UDP", at(0)), ("c", "UDP", later(1))], [100, 180, 200], where,
          logged={"attempt=2 destination=sip:102@{c} transport=UDP reason=inviting": 1,
                  "attempts=2": 1}),
    drops('$rU != "100"', "all after a reply", {"a": [reply(486)], "b": SILENT, "c": SILENT},
          [("a", "UDP", at(0))], [100, 486], where,
          logged={"exhausted after 1,": 1, "code=486 attempts=1": 1}),
    drops('$rU != "100"', "all after silence", {"a": SILENT, "b": SILENT, "c": SILENT},
          [("a", "UDP", at(0))], [100, 408], where, logged={"exhausted after 1,": 1}),
    drops('$rU != ""', "all of them", {"a": SILENT, "b": SILENT, "c": SILENT}, [],
          [100, 503], where, logged={"exhausted after <null>,": 1, "attempts=0": 1}),
)]


def ends(title, route, peers, attempts, caller, says, **more):
    return Scenario(f"failover:ended: {title}", route=route, extra=ENDED, peers=peers,
                    attempts=attempts, caller=caller, logged={"ended: INVITE": 1, says: 1},
                    **more)


ENDS = [
    ends("answered", 'failover("sip:100@{a}")', {"a": RINGS_AND_ANSWERS}, [("a", "UDP", at(0))],
         [100, 180, 200], "ended: INVITE 9555 answered after 1"),
    ends("exhausted", 'failover("sip:100@{a} sip:1@{b}")', {"a": [reply(503)], "b": [reply(486)]},
         [("a", "UDP", at(0)), ("b", "UDP", soon())], [100, 486],
         "ended: INVITE 9555 exhausted after 2"),
    ends("rejected", 'failover("sip:100@{a}", "pattern.response=5..")', {"a": [reply(486)]},
         [("a", "UDP", at(0))], [100, 486], "ended: INVITE 9555 rejected after 1"),
    ends("cancelled", 'failover("sip:100@{a}")', {"a": [reply(180)]}, [("a", "UDP", at(0))],
         [100, 180, 487], "ended: INVITE 9555 cancelled after 1",
         cancel=when("caller", 180, 0.2), cancelled=["a"]),
    ends("nothing could be sent", 'failover("sip:100@{a}/TCP")', {"a": NOBODY}, [],
         [100, 503], "ended: INVITE 9555 exhausted after 1"),
    ends("the plan replies", "failover()", {"a": SILENT}, [], [403],
         "ended: INVITE 9555 rejected after <null>",
         plan="[Deploy Patterns]\n$action = 403 No\n"),
    Scenario("failover:ended: once, when the caller has his reply, after failure_route",
        route='t_on_failure("F"); if (failover("sip:100@{a}")) exit;',
        extra=ENDED + 'failure_route[F] { $du = $null; $ru = "sip:1@{b}"; t_relay(); }',
        peers={"a": [reply(486)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200],
        logged={"ended: INVITE": 1, "ended: INVITE 9555 exhausted after 1": 1}),
    ends("late, over TCP", 'failover("sip:100@{a}/TCP sip:1@{b}", "timer.inviting=1")',
         {"a": [reply(200, after=1.3)], "b": [reply(180)]},
         [("a", "TCP", at(0)), ("b", "UDP", later(1))], [100, 180, 200],
         "ended: INVITE 9555 answered after 1", cancelled=["b"]),
]

# -- KEMI ----------------------------------------------------------------------------------

CALL = 'failover_with("sip:100@{a} sip:101@{b} sip:102@{c}", "timer.inviting=1")'
LUA_EVENTS = LUA.replace("@CALL@", f"""
    if KSR.failover.{CALL} > 0 then return 1 end
    KSR.sl.sl_send_reply(500, "Refused")""") + """
function ksr_failover_event(name)
    if name == "failover:attempt" then
        if KSR.pv.get("$rU") == "100" then KSR.x.drop() return 1 end
        KSR.hdr.append("X-Attempt: " .. KSR.pv.get("$failover(attempt)") .. "\\r\\n")
    else
        KSR.notice(name .. ": " .. KSR.pv.get("$failover(outcome)") .. " by "
                   .. KSR.pv.get("$failover(destination)") .. "\\n")
    end
    return 1
end
"""
def sees(where):
    """A line of the log with the pseudo-variables of the call."""
    names = ("attempt", "destination", "code", "outcome")
    values = " .. ' ' .. ".join(f"tostring(KSR.pv.get('$failover({n})'))" for n in names)
    return f"KSR.notice('{where}: ' .. {values} .. '\\n')"


LUA_ROUTES = LUA.replace("@CALL@", f"""
    KSR.tm.t_on_branch("ksr_branch")
    KSR.tm.t_on_reply("ksr_onreply")
    KSR.tm.t_on_failure("ksr_failure")
    if KSR.failover.{CALL} > 0 then {sees("request")} end""") + "".join(
        f"function ksr_{where}() {sees(where)} return 1 end\n"
        for where in ("branch", "onreply", "failure"))
SEEN = Scenario("KEMI in Lua: $failover() in each route",
    script='cfgengine "lua"', files={"script.lua": LUA_ROUTES}, modules=("app_lua", "failover"),
    modparams=(("app_lua", "load", "@DIR@/script.lua"),),
    peers={"a": [reply(503)], "b": [reply(486)], "c": [reply(480, after=0.1)]},
    attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
    caller=[100, 480], logged={
        "branch: 1 sip:100@{a}/UDP nil nil": 1, "branch: 2 sip:101@{b}/UDP 503 nil": 1,
        "branch: 3 sip:102@{c}/UDP 486 nil": 1, "request: 1 sip:100@{a}/UDP nil nil": 1,
        "onreply: 3 sip:102@{c}/UDP 486 nil": 1,
        "failure: 3 sip:102@{c}/UDP 480 exhausted": 1})
PYTHON_EVENTS = f"""
import KSR as KSR

def mod_init():
    return kamailio()

class kamailio:
    def child_init(self, rank):
        return 0

    def ksr_request_route(self, msg):
        if KSR.is_method("CANCEL"):
            if KSR.tm.t_check_trans() > 0:
                KSR.tm.t_relay()
            return 1
        if KSR.siputils.has_totag() > 0:
            if KSR.rr.loose_route() > 0:
                KSR.tm.t_relay()
            elif KSR.is_method("ACK") and KSR.tm.t_check_trans() > 0:
                KSR.tm.t_relay()
            return 1
        if KSR.is_method("OPTIONS"):
            KSR.sl.sl_send_reply(200, "OK")
            return 1
        if not KSR.is_method("INVITE"):
            return 1
        KSR.rr.record_route()
        if KSR.failover.{CALL} > 0:
            return 1
        KSR.sl.sl_send_reply(500, "Refused")
        return 1

    def ksr_reply_route(self, msg):
        return 1

    def ksr_onsend_route(self, msg):
        return 1

    def ksr_failover_event(self, msg, name):
        if name == "failover:attempt":
            if KSR.pv.get("$rU") == "100":
                KSR.set_drop()
                return 1
            KSR.hdr.append("X-Attempt: %d\\r\\n" % KSR.pv.get("$failover(attempt)"))
        else:
            KSR.notice(name + ": " + KSR.pv.get("$failover(outcome)") + " by "
                       + KSR.pv.get("$failover(destination)") + "\\n")
        return 1
"""
JAVASCRIPT_EVENTS = f"""
function ksr_request_route() {{
    if (KSR.is_method("CANCEL")) {{
        if (KSR.tm.t_check_trans() > 0) KSR.tm.t_relay();
        return 1;
    }}
    if (KSR.siputils.has_totag() > 0) {{
        if (KSR.rr.loose_route() > 0) KSR.tm.t_relay();
        else if (KSR.is_method("ACK") && KSR.tm.t_check_trans() > 0) KSR.tm.t_relay();
        return 1;
    }}
    if (KSR.is_method("OPTIONS")) {{
        KSR.sl.sl_send_reply(200, "OK");
        return 1;
    }}
    if (!KSR.is_method("INVITE")) return 1;
    KSR.rr.record_route();
    if (KSR.failover.{CALL} > 0) return 1;
    KSR.sl.sl_send_reply(500, "Refused");
    return 1;
}}
function ksr_failover_event(name) {{
    if (name == "failover:attempt") {{
        if (KSR.pv.get("$rU") == "100") {{ KSR.x.drop(); return 1; }}
        KSR.hdr.append("X-Attempt: " + KSR.pv.get("$failover(attempt)") + "\\r\\n");
    }} else {{
        KSR.notice(name + ": " + KSR.pv.get("$failover(outcome)") + " by "
                   + KSR.pv.get("$failover(destination)") + "\\n");
    }}
    return 1;
}}
"""


def kemi(language, module, file, text):
    engine = {"app_python3": "python", "app_lua": "lua", "app_jsdt": "jsdt"}[module]
    return Scenario(f"KEMI in {language}: the first is dropped, a header for each, the end",
        script=f'cfgengine "{engine}"', files={file: text}, modules=(module, "failover"),
        modparams=((module, "load", f"@DIR@/{file}"),
                   ("failover", "event_callback", "ksr_failover_event")),
        peers={"a": SILENT, "b": [reply(486)], "c": RINGS_AND_ANSWERS},
        attempts=[("b", "UDP", at(0)), ("c", "UDP", soon())],
        carries={1: {"X-Attempt": ["1"]}, 2: {"X-Attempt": ["2"]}}, caller=[100, 180, 200],
        logged={"failover:ended: answered by sip:102@{c}/UDP": 1})


ENGINES = [e for e in (("Lua", "app_lua", "script.lua", LUA_EVENTS),
                       ("Python", "app_python3", "script.py", PYTHON_EVENTS),
                       ("JavaScript", "app_jsdt", "script.js", JAVASCRIPT_EVENTS))
           if any((pathlib.Path(folder) / f"{e[1]}.so").exists()
                  for folder in kamailio.module_dirs().split(":"))]


def test_the_engines_of_the_tests_are_there():
    assert {"app_lua", "app_python3"} <= {module for _, module, _, _ in ENGINES}


@pytest.mark.parametrize("scenario", [*HEADERS, *DROPS, *ENDS, SEEN, *(kemi(*e) for e in ENGINES)],
                         ids=lambda s: s.title)
def test_event_route(outcome):
    outcome.check()


SLOW_S = 0.4


def test_the_caller_gets_100_before_the_first_event():
    """t_relay() sends it too, before a branch_route runs."""
    async def run():
        def config(names):
            return kamailio.Config(
                filled('if (failover("sip:1@{a}")) exit;', names),
                modules=("cfgutils", "failover"),
                extra='event_route[failover:attempt] { '
                      f'usleep("{SLOW_S * 1e6:.0f}"); }}',
                modparams=(("tm", "auto_inv_100_reason", "being looked for"),))

        async with Stage({"a": RINGS_AND_ANSWERS}, config) as stage:
            caller = await stage.caller()
            call = caller.call(filled("sip:9555@{proxy}", stage.names), hangup_after=0)
            await asyncio.wait_for(call.ended.wait(), 5)
            trying, = stage.trace.of(caller.name, 100)
            invite = stage.trace.of("a", "INVITE")[0]
            assert trying.time < invite.time - SLOW_S / 2
            assert b" 100 being looked for" in trying.raw

    asyncio.run(run())


def test_a_caller_who_cannot_be_reached_also_ends_the_call():
    """The caller's connection is closed, and nobody listens at its address. tm cannot send
    the final reply, and does not report that."""
    async def run():
        def config(names):
            return kamailio.Config(
                filled('if (failover("sip:1@{a}")) exit;', names), extra=ENDED,
                modparams=(("failover", "attempt_log_level", 1),))

        async with Stage({"a": [reply(486, after=0.6)]}, config) as stage:
            caller = await stage.caller("TCP")
            caller.call(filled("sip:9555@{proxy}", stage.names))
            await asyncio.sleep(0.3)
            await caller.close()
            await asyncio.sleep(2.5)
            log = stage.server.log()
            stats = await stage.rpc("failover.stats")
            assert await stage.drained() == 0
            assert "exhausted: 1" in stats and "active: 0" in stats
            assert log.count("event=call ") == log.count("ended: INVITE") == 1, log
            assert stage.server.log().count("ended: INVITE") == 1

    asyncio.run(run())
