# SPDX-License-Identifier: GPL-2.0-or-later
"""The state of next hops that is kept across calls: a dead gateway delays a few calls, not
every one."""

import asyncio
import re
import time

import pytest

import kamailio
from scenario import SILENT, Stage, filled, reply

ANSWERS = [reply(200)]
ROUTE = 'if (failover("sip:1@{a}{inviting=400ms} sip:1@{b}")) exit;'


def serving(route=ROUTE, hold=(("hold_after", 3),), **more):
    """The function that makes the configuration of a server."""
    return lambda names: kamailio.Config(
        filled(route, names),
        modparams=tuple(("failover", name, value) for name, value in hold), **more)


async def place(stage, caller, **more):
    call = caller.call(filled("sip:100@{proxy}", stage.names), **more)
    began = time.monotonic()
    await asyncio.wait_for(call.final, 10)
    return call, time.monotonic() - began


async def answered(stage, caller):
    """One answered call: (the peers that got its INVITE, seconds until the answer)."""
    call, seconds = await place(stage, caller, hangup_after=0)
    await asyncio.wait_for(call.ended.wait(), 10)
    assert call.codes[-1] == 200, call.codes
    return "".join(e.peer for e in stage.trace
                   if e.message.call_id == call.invite.call_id and e.is_a("INVITE")
                   and e.peer != "caller" and not e.sent and not e.repeated), seconds


def hop(names, which):
    return "udp:" + names[which]


async def entries(stage):
    """The entries of failover.destinations, by next hop."""
    text = await stage.rpc("failover.destinations")
    found = {}
    for block in re.split(r"(?=next_hop: )", text)[1:]:
        fields = dict(re.findall(r"(\w+): (.*)", block))
        found[fields["next_hop"]] = fields
    return found


async def logged(stage, text):
    """Whether the log has the text within a second."""
    end = time.monotonic() + 1
    while text not in stage.server.log():
        assert time.monotonic() < end, (text, stage.server.log())
        await asyncio.sleep(0.05)


def run(test):
    asyncio.run(test())


@pytest.mark.timed("how soon a call passes over")
def test_a_dead_gateway_is_passed_over_after_three_calls():
    async def test():
        async with Stage({"a": SILENT, "b": ANSWERS}, serving()) as stage:
            caller = await stage.caller()
            ways = [await answered(stage, caller) for _ in range(6)]
            assert [way for way, _ in ways] == ["ab", "ab", "ab", "b", "b", "b"]
            assert max(seconds for _, seconds in ways[3:]) < 0.2
            seen = await entries(stage)
            dead, good = seen[hop(stage.names, "a")], seen[hop(stage.names, "b")]
            assert (dead["state"], dead["timeouts"], dead["attempts"]) == ("held", "3", "3")
            assert (good["state"], good["answered"]) == ("up", "6")
            await logged(stage, f"next hop [{hop(stage.names, 'a')}] is held for 30 s")
            text = await stage.rpc("stats.get_statistics", "failover:")
            assert "failover:held = 1" in text and "failover:holds = 1" in text, text
            assert "failover:passed_over = 3" in text, text
    run(test)


def test_nothing_is_remembered_unless_it_is_switched_on():
    async def test():
        async with Stage({"a": SILENT, "b": ANSWERS}, serving(hold=())) as stage:
            caller = await stage.caller()
            ways = [await answered(stage, caller) for _ in range(5)]
            assert [way for way, _ in ways] == ["ab"] * 5
            assert not await entries(stage)
            with pytest.raises(kamailio.RpcError, match="hold_after"):
                await stage.rpc("failover.hold", hop(stage.names, "a"))
            await stage.rpc("cfg.set_now_int", "failover", "hold_after", "1")
            assert (await answered(stage, caller))[0] == "ab"
            assert (await answered(stage, caller))[0] == "b"
    run(test)


def test_it_comes_back_with_the_first_trial():
    async def test():
        hold = (("hold_after", 1), ("hold_time", 1))
        async with Stage({"a": [reply(503)], "b": ANSWERS}, serving(hold=hold)) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            assert (await answered(stage, caller))[0] == "b"
            stage.gateways["a"].scripts = (ANSWERS,)
            await asyncio.sleep(1.1)
            assert (await answered(stage, caller))[0] == "a"
            assert (await entries(stage))[hop(stage.names, "a")]["state"] == "up"
            await logged(stage, "is released")
    run(test)


def test_probes():
    """Gateway a replies 503 to a call, and 200 to OPTIONS."""
    async def test():
        hold = (("hold_after", 1), ("hold_probe", 1))
        async with Stage({"a": [reply(503)], "b": ANSWERS}, serving(hold=hold)) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            began = time.monotonic()
            while (await entries(stage))[hop(stage.names, "a")]["state"] != "up":
                assert time.monotonic() - began < 3
                await asyncio.sleep(0.1)
            assert any(e.is_a("OPTIONS") for e in stage.trace if e.peer == "a")
    run(test)


def test_probes_that_the_script_drops_leave_no_memory_behind():
    """tm itself does not release the message that was dropped, some 420 bytes (uac.c,
    t_uac_prepare())."""
    async def test():
        hold = (("hold_after", 1), ("hold_probe", 1))
        refusing = " ".join(f"sip:1@127.0.0.1:{port}/TCP" for port in range(1, 11))
        extra = 'event_route[tm:local-request] { xlog("L_NOTICE", "dropped\\n"); drop; }'
        async with Stage({"b": ANSWERS}, serving(
                f'if (failover("{refusing} sip:1@{{b}}")) exit;', hold, extra=extra)) as stage:
            await answered(stage, await stage.caller())
            await stage.drained()
            used, dropped = [], []
            for _ in range(2):
                used.append(await asyncio.to_thread(stage.server.shm_used))
                dropped.append(stage.server.log().count("dropped"))
                await asyncio.sleep(3)
            assert dropped[1] - dropped[0] >= 20
            assert (used[1] - used[0]) / (dropped[1] - dropped[0]) < 700, (used, dropped)
    run(test)


def test_no_call_is_refused_when_all_are_held():
    async def test():
        hold = (("hold_after", 1),)
        async with Stage({"a": [reply(503)], "b": [reply(503)]},
                         serving(hold=hold)) as stage:
            caller = await stage.caller()
            for _ in range(3):
                call, _ = await place(stage, caller)
                assert [e.peer for e in stage.trace
                        if e.message.call_id == call.invite.call_id
                        and e.is_a("INVITE") and e.peer != "caller" and not e.sent
                        and not e.repeated] == ["a", "b"]
    run(test)


RETRY = [("999999", True), ("abc", False), ("0", False), ("7", True),
         ("7 (we are busy);duration=3", True), ("", False), ("12x", False)]


@pytest.mark.parametrize("value, holds", RETRY)
def test_retry_after(value, holds):
    async def test():
        hold = (("hold_after", 3), ("hold_max", 100))
        script = [reply(503, headers=[("Retry-After", value)])]
        async with Stage({"a": script, "b": ANSWERS}, serving(hold=hold)) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            assert (await answered(stage, caller))[0] == ("b" if holds else "ab")
            seen = (await entries(stage))[hop(stage.names, "a")]
            assert seen["state"] == ("held" if holds else "up")
            if value == "999999":
                await logged(stage, "is held for 100 s")
    run(test)


def test_the_first_retry_after_with_a_value_counts():
    async def test():
        script = [reply(503, headers=[("Retry-After", "abc"), ("Retry-After", "9")])]
        async with Stage({"a": script, "b": ANSWERS}, serving()) as stage:
            caller = await stage.caller()
            await answered(stage, caller)
            await logged(stage, "is held for 9 s")
    run(test)


def test_cancel_during_a_trial_leaves_the_trial_to_the_next_call():
    async def test():
        hold = (("hold_after", 1), ("hold_time", 1))
        route = 'if (failover("sip:1@{a} sip:1@{b}", "timer.inviting=2")) exit;'
        async with Stage({"a": SILENT, "b": ANSWERS}, serving(route, hold)) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            await asyncio.sleep(1.1)
            call = caller.call(filled("sip:100@{proxy}", stage.names))
            await asyncio.sleep(0.3)
            assert (await entries(stage))[hop(stage.names, "a")]["state"] == "trial"
            call.cancel()
            await asyncio.wait_for(call.final, 5)
            assert call.codes[-1] == 487
            assert (await answered(stage, caller))[0] == "ab"
    run(test)


def test_an_operator_takes_one_out_of_service_and_releases_it():
    async def test():
        async with Stage({"a": ANSWERS, "b": ANSWERS}, serving()) as stage:
            caller = await stage.caller()
            name = hop(stage.names, "a")
            await stage.rpc("failover.hold", name)
            assert (await answered(stage, caller))[0] == "b"
            assert (await entries(stage))[name]["until"] == "released"
            await stage.rpc("failover.release", name)
            assert (await answered(stage, caller))[0] == "a"
            await stage.rpc("failover.hold", name, "s:1")
            assert (await answered(stage, caller))[0] == "b"
            await asyncio.sleep(1.4)
            assert (await answered(stage, caller))[0] == "a"
            for wrong in ("nonsense", "udp:", "udp:h", "udp:h:0", "udp:h:70000", "sip:h:5060"):
                with pytest.raises(kamailio.RpcError, match="proto:host:port"):
                    await stage.rpc("failover.hold", wrong)
                with pytest.raises(kamailio.RpcError, match="proto:host:port"):
                    await stage.rpc("failover.release", wrong)
            with pytest.raises(kamailio.RpcError, match="no such next hop"):
                await stage.rpc("failover.release", "udp:nobody:5060")
            with pytest.raises(kamailio.RpcError, match="SECONDS"):
                await stage.rpc("failover.hold", name, "soon")
    run(test)


def test_the_script_gets_the_events():
    async def test():
        extra = """
event_route[failover:held] { xlog("L_NOTICE", "heard held $ru\\n"); }
event_route[failover:released] { xlog("L_NOTICE", "heard released $ru\\n"); }
"""
        async with Stage({"a": [reply(503)], "b": ANSWERS},
                         serving(hold=(("hold_after", 1),), extra=extra)) as stage:
            caller = await stage.caller()
            await answered(stage, caller)
            uri = f"sip:{stage.names['a']};transport=udp"
            await logged(stage, f"heard held {uri}")
            await stage.rpc("failover.release", hop(stage.names, "a"))
            await logged(stage, f"heard released {uri}")
    run(test)


def test_destinations_that_are_never_held():
    """`current`, Contacts, and destinations with {hold=off}."""
    async def test():
        route = 'if (failover("sip:1@{a}{hold=off} sip:1@{b}", "timer.inviting=300ms")) exit;'
        async with Stage({"a": SILENT, "b": ANSWERS},
                         serving(route, (("hold_after", 1),))) as stage:
            caller = await stage.caller()
            for _ in range(3):
                assert (await answered(stage, caller))[0] == "ab"
            assert hop(stage.names, "a") not in await entries(stage)
    run(test)


def test_a_server_that_ends_while_calls_are_under_way():
    """tm releases its transactions after the table was released."""
    async def test():
        hold = (("hold_after", 1), ("hold_probe", 1))
        async with Stage({"a": [reply(503)], "b": SILENT}, serving(hold=hold)) as stage:
            caller = await stage.caller()
            for _ in range(5):
                caller.call(filled("sip:100@{proxy}", stage.names))
            await asyncio.sleep(0.2)
            await asyncio.to_thread(stage.server.stop)
            assert stage.server.process.returncode == 0
    run(test)


def test_the_end_of_timer_total_is_not_a_failure_of_a_gateway():
    async def test():
        route = ('if (failover("sip:1@{a} sip:1@{b}",'
                 ' "timer.inviting=2; timer.total=300ms")) exit;')
        async with Stage({"a": SILENT, "b": ANSWERS},
                         serving(route, (("hold_after", 1),))) as stage:
            caller = await stage.caller()
            for _ in range(2):
                call, _ = await place(stage, caller)
                assert call.codes[-1] == 408
            assert (await entries(stage))[hop(stage.names, "a")]["state"] == "up"
    run(test)


def test_a_kemi_script_gets_the_events():
    async def test():
        lua = ('function heard(event)\n'
               '  KSR.notice("heard " .. event .. " " .. KSR.pv.get("$ru") .. "\\n")\n'
               '  return 1\nend\nfunction ksr_request_route()\n'
               '  if KSR.is_method("OPTIONS") then KSR.sl.sl_send_reply(200, "OK") end\n'
               '  return 1\nend\n')
        def config(names):
            return kamailio.Config(
                "", script='cfgengine "lua"', modules=("app_lua", "failover"),
                files={"script.lua": lua},
                modparams=(("app_lua", "load", "@DIR@/script.lua"),
                           ("failover", "hold_after", 1), ("failover", "event_callback", "heard")))
        async with Stage({"a": ANSWERS}, config) as stage:
            name = hop(stage.names, "a")
            await stage.rpc("failover.hold", name)
            await stage.rpc("failover.release", name)
            uri = f"sip:{stage.names['a']};transport=udp"
            await logged(stage, f"heard failover:held {uri}")
            await logged(stage, f"heard failover:released {uri}")
    run(test)


def test_a_hold_outlives_a_reload_of_the_plan():
    async def test():
        plan = "[Deploy Patterns]\nTo = sip:1@{a}\n$session = failover sip:1@{b}\n"

        def config(names):
            return kamailio.Config(
                "if (failover()) exit;", files={"plan": filled(plan, names)},
                modparams=(("failover", "dialplan", "@DIR@/plan"), ("failover", "hold_after", 1)))
        async with Stage({"a": [reply(503)], "b": ANSWERS}, config) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            await stage.rpc("failover.reload")
            assert (await answered(stage, caller))[0] == "b"
    run(test)
