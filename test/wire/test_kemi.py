# SPDX-License-Identifier: GPL-2.0-or-later
"""The three functions for KEMI in a Lua script. Each test is a scenario."""

import pytest

from scenario import SILENT, Scenario, at, later, reply, soon

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]

# The usual script, in Lua. @CALL@ is run for an initial INVITE. A retransmission of the
# INVITE reaches @CALL@ too, because nothing before it checks for one.
SCRIPT = """
function ksr_request_route()
    if KSR.is_method("CANCEL") then
        if KSR.tm.t_check_trans() > 0 then KSR.tm.t_relay() end
        return 1
    end
    if KSR.siputils.has_totag() > 0 then
        if KSR.rr.loose_route() > 0 then
            KSR.tm.t_relay()
        elseif KSR.is_method("ACK") and KSR.tm.t_check_trans() > 0 then
            KSR.tm.t_relay()
        end
        return 1
    end
    if KSR.is_method("OPTIONS") then
        KSR.sl.sl_send_reply(200, "OK")
        return 1
    end
    if not KSR.is_method("INVITE") then return 1 end
    KSR.rr.record_route()
    @CALL@
    return 1
end
"""
OR_REFUSED = """
    KSR.notice("failover returned " .. rc .. "\\n")
    if rc < 0 then KSR.sl.sl_send_reply(500, "Refused") end
"""


def lua(title, call, **more):
    """A scenario with a script in Lua; `call` sets rc, unless `more` says otherwise."""
    script = SCRIPT.replace("@CALL@", call + OR_REFUSED)
    return Scenario(title, script='cfgengine "lua"', files={"script.lua": script},
                    modules=("app_lua", "failover"),
                    modparams=(("app_lua", "load", "@DIR@/script.lua"),
                               *more.pop("modparams", ())), **more)


FIVE_TIMES = """
    local rc
    for i = 1, 5 do
        rc = KSR.failover.@FUNCTION@
        KSR.notice("call " .. i .. " returned " .. rc .. "\\n")
    end
"""


def five_times(function):
    return FIVE_TIMES.replace("@FUNCTION@", function)


SCENARIOS = [
    lua("failover() goes by the plan", "local rc = KSR.failover.failover()",
        plan="[Deploy Patterns]\nTo = sip:100@{a}\n$session = failover sip:101@{b}/TCP\n",
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"), ("b", "TCP", soon(), "sip:101@{b}")],
        caller=[100, 180, 200], logged={"failover returned 1": 1}),

    lua("failover_to() takes a list",
        'local rc = KSR.failover.failover_to("sip:100@{a} sip:{b}/TCP")',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"), ("b", "TCP", soon(), "sip:100@{b}")],
        caller=[100, 180, 200], logged={"failover returned 1": 1}),

    lua("failover_with() takes a list and settings",
        'local rc = KSR.failover.failover_with("sip:100@{a}{inviting=500ms} sip:101@{b} '
        'sip:102@{c}", "timer.inviting=1; pattern.response=503")',
        peers={"a": SILENT, "b": SILENT, "c": [reply(486)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(0.5)), ("c", "UDP", later(1))],
        caller=[100, 486], final_from="c"),

    lua("a dollar is a dollar: text from Lua is not searched for pseudo-variables",
        'local rc = KSR.failover.failover_to("sip:$rU@{a}")',
        peers={"a": RINGS_AND_ANSWERS}, attempts=[("a", "UDP", at(0), "sip:$rU@{a}")],
        caller=[100, 180, 200]),

    lua("failover_to(): a bad list is -2, told once a minute with its position",
        five_times('failover_to("sip:100@{a} sip:101@{b}/TPC")'),
        peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS}, attempts=[],
        caller=[500], logged={"returned -2": 6, "/TPC": 1, "event=refused": 1}),

    lua("failover_to(): every error of a list is logged, with its column",
        five_times('failover_to("sip:100@gw/TPC http://x sip:1@h:0")'), peers={},
        attempts=[], caller=[500],
        logged={"returned -2": 6, " column=12 ": 1, " column=16 ": 1, " column=33 ": 1,
                "event=refused": 3}),

    lua("failover_to(): an empty list is -2",
        'local rc = KSR.failover.failover_to("")', peers={}, attempts=[], caller=[500],
        logged={"failover returned -2": 1, "event=refused": 1}),

    lua("failover_to(): two different bad lists are told each",
        five_times('failover_to("sip:10" .. (i % 2) .. "@{a}/TPC")'),
        peers={"a": RINGS_AND_ANSWERS}, attempts=[], caller=[500],
        logged={"returned -2": 6, "event=refused": 2}),

    lua("failover_with(): bad settings are -2, told once a minute with their position",
        five_times('failover_with("sip:100@{a}", "attempts=2; timer.inviting=soon")'),
        peers={"a": RINGS_AND_ANSWERS}, attempts=[], caller=[500],
        logged={"returned -2": 6, ' column=28 why="[soon] is no duration': 1,
                "event=refused": 1}),

    lua("failover() without a plan is -2", "local rc = KSR.failover.failover()",
        peers={}, attempts=[], caller=[500], logged={"failover returned -2": 1}),

    lua("a bad list first, then a good one: the call is taken",
        'local rc = KSR.failover.failover_to("sip:100@{a}/TPC")\n'
        'if rc == -2 then rc = KSR.failover.failover_to("sip:101@{a}") end',
        peers={"a": RINGS_AND_ANSWERS}, attempts=[("a", "UDP", at(0), "sip:101@{a}")],
        caller=[100, 180, 200], logged={"failover returned 1": 1}),

    lua("a second call in one transaction is -2 and changes nothing",
        'local rc = KSR.failover.failover_to("sip:100@{a}")\n'
        'KSR.notice("second " .. KSR.failover.failover_to("sip:101@{b}") .. "\\n")',
        peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], caller=[100, 180, 200],
        logged={"failover returned 1": 1, "second -2": 1}),

    lua("a retransmission is 0, and nothing more is sent",
        'local rc = KSR.failover.failover_to("sip:100@{a} sip:101@{b}")',
        peers={"a": [reply(180), reply(503, after=0.8)],
               "b": [reply(180), reply(200, after=0.6)]},
        resent=(0.4, 1.2), attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 180, 180, 200],
        logged={"failover returned 1": 1, "failover returned 0": 2}),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.title)
def test_kemi(outcome):
    outcome.check()
