# SPDX-License-Identifier: GPL-2.0-or-later
"""Gateways of Kamailio's module dispatcher as destinations: ds:SET[/ALGORITHM]."""

import asyncio
import re
import sqlite3

import pytest

import kamailio
from scenario import SILENT, Stage, filled, reply
from test_hold import answered, logged, place, run

ANSWERS = [reply(200)]
LIST = "1 sip:{a} 0 20\n1 sip:{b} 0 10\n"
SHORT = "timer.inviting=300ms"
# algorithm 8 puts the gateway with the highest priority first
ROUTE = f'if (failover("ds:1/8", "{SHORT}")) exit;'


def serving(route=ROUTE, gateways=LIST, dispatcher=(), modparams=(), **more):
    """The function that makes the configuration of a server with these gateways."""
    parameters = {"list_file": "@DIR@/gateways", "flags": 2, **dict(dispatcher)}
    return lambda names: kamailio.Config(
        filled(route, names), files={"gateways": filled(gateways, names)},
        modules=("dispatcher", "failover"),
        modparams=(*(("dispatcher", *pair) for pair in parameters.items()),
                   *((module, name, filled(value, names)) for module, name, value in modparams)),
        **more)


async def flags(stage, name):
    """The state of a gateway in dispatcher: AP, IP ..."""
    text = await stage.rpc("dispatcher.list")
    at = text.index(f"URI: sip:{stage.names[name]}")
    return re.search(r"FLAGS: (\w+)", text[at:])[1]


async def becomes(stage, name, wanted, seconds=1.0):
    for _ in range(int(seconds / 0.05)):
        if await flags(stage, name) == wanted:
            return
        await asyncio.sleep(0.05)
    assert await flags(stage, name) == wanted


def test_gateways_are_tried_in_the_order_of_dispatcher():
    async def test():
        async with Stage({"a": [reply(503)], "b": ANSWERS}, serving()) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            uris = [e.message.uri for e in stage.trace
                    if e.is_a("INVITE") and e.peer in "ab" and not e.sent]
            assert uris == [filled("sip:100@{a}", stage.names), filled("sip:100@{b}", stage.names)]
    run(test)


def test_hold_refuses_a_gateway_of_dispatcher():
    async def test():
        hold = (("failover", "hold_after", 3),)
        route = ('if ($rU == "200") { if (failover("sip:1@{b}")) exit; }\n' + ROUTE)
        async with Stage({"a": ANSWERS, "b": ANSWERS}, serving(route, modparams=hold)) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "a"
            for name in "ab":
                with pytest.raises(kamailio.RpcError, match="dispatcher.set_state"):
                    await stage.rpc("failover.hold", f"udp:{stage.names[name]}")
            await stage.rpc("failover.hold", "udp:127.0.0.1:9")     # this is no gateway
            # a gateway that is also a destination of its own can be held
            call = caller.call(filled("sip:200@{proxy}", stage.names), hangup_after=0)
            await asyncio.wait_for(call.ended.wait(), 10)
            assert call.codes[-1] == 200
            await stage.rpc("failover.hold", f"udp:{stage.names['b']}")
    run(test)


@pytest.mark.timed("how soon a call passes over")
def test_a_gateway_that_fails_is_reported_and_one_that_replies_is_not():
    async def test():
        more = (("ds_probing_threshold", 2), ("ds_probing_mode", 1))
        async with Stage({"a": SILENT, "b": [reply(486)]}, serving(dispatcher=more)) as stage:
            caller = await stage.caller()
            for _ in range(2):
                call, _ = await place(stage, caller)
                assert call.codes[-1] == 486
            await becomes(stage, "a", "IP")
            assert await flags(stage, "b") == "AX"
            call, seconds = await place(stage, caller)
            assert call.codes[-1] == 486 and seconds < 0.2
    run(test)


def test_a_503_is_reported_and_the_probes_of_dispatcher_bring_it_back():
    async def test():
        more = (("ds_probing_mode", 1), ("ds_ping_interval", 2))
        async with Stage({"a": [reply(503)], "b": ANSWERS}, serving(dispatcher=more)) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            await becomes(stage, "a", "IP")
            assert (await answered(stage, caller))[0] == "b"
            await becomes(stage, "a", "AP", 6)       # it answers OPTIONS
            assert (await answered(stage, caller))[0] == "ab"
    run(test)


def test_the_states_of_dispatcher_are_used():
    async def test():
        async with Stage({"a": ANSWERS, "b": ANSWERS}, serving()) as stage:
            caller = await stage.caller()
            uri = filled("sip:{a}", stage.names)
            assert (await answered(stage, caller))[0] == "a"
            await stage.rpc("dispatcher.set_state", "d", 1, uri)
            assert (await answered(stage, caller))[0] == "b"
            await stage.rpc("dispatcher.set_state", "a", 1, uri)
            assert (await answered(stage, caller))[0] == "a"
    run(test)


def test_gateways_of_dispatcher_are_not_held():
    async def test():
        hold = (("failover", "hold_after", 1),)
        more = (("ds_probing_threshold", 9),)
        async with Stage({"a": SILENT, "b": ANSWERS},
                         serving(dispatcher=more, modparams=hold)) as stage:
            caller = await stage.caller()
            for _ in range(3):
                assert (await answered(stage, caller))[0] == "ab"
            assert "next_hops: 0" in await stage.rpc("failover.destinations")
    run(test)


def test_a_caller_who_gives_up_is_no_failure_of_a_gateway():
    async def test():
        route = 'if (failover("ds:1/8", "timer.inviting=2")) exit;'
        async with Stage({"a": SILENT, "b": ANSWERS}, serving(route)) as stage:
            caller = await stage.caller()
            call = caller.call(filled("sip:100@{proxy}", stage.names))
            await asyncio.sleep(0.3)
            call.cancel()
            await asyncio.wait_for(call.final, 5)
            await asyncio.sleep(0.5)
            assert await flags(stage, "a") == "AX"
    run(test)


def test_a_plan_with_options_and_another_destination():
    async def test():
        plan = ("[Deploy Patterns]\nTo = ds:1/8{inviting=1}\n"
                "$session = failover sip:vm@{c}\n&failover.timer.inviting = 9\n")
        config = serving("if (failover()) exit;",
                         modparams=(("failover", "dialplan_text", plan),))
        async with Stage({"a": SILENT, "b": [reply(503)], "c": ANSWERS}, config) as stage:
            caller = await stage.caller()
            call, seconds = await place(stage, caller, hangup_after=0)
            assert call.codes[-1] == 200 and 0.8 < seconds < 1.6
            assert [e.message.uri for e in stage.trace if e.peer == "c" and e.is_a("INVITE")] == [
                filled("sip:vm@{c}", stage.names)]
    run(test)


def test_the_request_uri_can_be_kept():
    async def test():
        route = 'if (failover("ds:1/8{{ruri=keep}}")) exit;'.replace("{{", "{").replace("}}", "}")
        async with Stage({"a": ANSWERS, "b": ANSWERS}, serving(route)) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "a"
            assert [e.message.uri for e in stage.trace if e.peer == "a" and e.is_a("INVITE")] == [
                filled("sip:100@{proxy}", stage.names)]
    run(test)


def test_a_set_that_does_not_exist():
    """The next destination is tried; without one failover() returns -2."""
    async def test():
        route = ('if ($rU == "100") { if (failover("ds:9 sip:1@{b}")) exit; }\n'
                 'if (failover("ds:9")) exit;')
        level = (("failover", "attempt_log_level", 1),)
        async with Stage({"a": ANSWERS, "b": ANSWERS},
                         serving(route, modparams=level)) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "b"
            call = caller.call(filled("sip:200@{proxy}", stage.names))
            await asyncio.wait_for(call.final, 5)
            assert call.codes[-1] == 500
            await logged(stage, "[ds:9]: dispatcher has no gateway there that can be used now")
    run(test)


def test_all_gateways_are_down():
    async def test():
        route = 'if (failover("ds:1/8 sip:1@{c}")) exit;'
        async with Stage({"a": ANSWERS, "b": ANSWERS, "c": ANSWERS}, serving(route)) as stage:
            caller = await stage.caller()
            for name in "ab":
                await stage.rpc("dispatcher.set_state", "i", 1,
                                filled("sip:{" + name + "}", stage.names))
            call, _ = await place(stage, caller, hangup_after=0)
            assert call.codes[-1] == 200
            assert [e.peer for e in stage.trace
                    if e.is_a("INVITE") and e.peer in "abc" and not e.sent] == ["c"]
    run(test)


def test_a_reload_of_dispatcher():
    async def test():
        async with Stage({"a": ANSWERS, "b": ANSWERS}, serving()) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "a"
            (stage.server.directory / "gateways").write_text(
                filled("1 sip:{b}\n", stage.names))
            await stage.rpc("dispatcher.reload")
            assert (await answered(stage, caller))[0] == "b"
    run(test)


def test_the_socket_and_the_attributes_of_a_gateway():
    async def test():
        gateways = ("1 sip:{a} 0 20 sockname=second;kind=first\n"
                    "1 sip:{b} 0 10 kind=other\n")
        extra = ('branch_route[ATTRS] {\n    xlog("L_NOTICE", "to $du with'
                 ' $xavp(_dsdst_=>attrs)\\n");\n}\n')
        config = serving('t_on_branch("ATTRS");\n' + ROUTE, gateways, extra=extra,
                         globals='listen=udp:127.0.0.2:@PORT@ name "second"')
        async with Stage({"a": [reply(486)], "b": ANSWERS}, config) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ab"
            via = {e.peer: e.message.get("Via") for e in stage.trace
                   if e.is_a("INVITE") and e.peer in "ab" and not e.sent}
            assert "127.0.0.2" in via["a"] and "127.0.0.2" not in via["b"]
            await logged(stage, "kind=first")
            await logged(stage, "kind=other")
    run(test)


TABLES = """
CREATE TABLE version (table_name VARCHAR(32), table_version INTEGER);
INSERT INTO version VALUES ('dispatcher', 4);
CREATE TABLE dispatcher (id INTEGER PRIMARY KEY, setid INTEGER, destination VARCHAR(192),
    flags INTEGER, priority INTEGER, attrs VARCHAR(128), description VARCHAR(64));
"""


def test_gateways_of_a_database(tmp_path):
    async def test():
        path = tmp_path / "dispatcher.sqlite"

        def config(names):
            with sqlite3.connect(path) as base:
                base.executescript(TABLES)
                for name, priority in (("a", 10), ("b", 20)):
                    base.execute("INSERT INTO dispatcher VALUES (NULL, 1, ?, 0, ?, '', '')",
                                 (f"sip:{names[name]}", priority))
            return kamailio.Config(
                filled(ROUTE, names), modules=("db_sqlite", "dispatcher", "failover"),
                modparams=(("dispatcher", "db_url", f"sqlite:///{path}"),
                           ("dispatcher", "flags", 2)))

        async with Stage({"a": ANSWERS, "b": [reply(503)]}, config) as stage:
            caller = await stage.caller()
            assert (await answered(stage, caller))[0] == "ba"
    run(test)


WITHOUT = [
    ((), (), "ds:1", r"\[ds:1\]: the module dispatcher is not loaded: loadmodule "
                     r'"dispatcher.so" would be right'),
    (("dispatcher",), (("dispatcher", "list_file", "@DIR@/gateways"),), "ds:1",
     r'modparam\("dispatcher", "flags", 2\) would be right'),
    ((), (), "ds:x", r"\[ds:x\] is no set of dispatcher"),
    ((), (), "ds:1/12", "sends to all gateways at once"),
    ((), (), "ds:$rU", "must be written out"),
]


@pytest.mark.parametrize("modules, modparams, word, says", WITHOUT, ids=[w[3] for w in WITHOUT])
def test_a_start_that_is_refused(modules, modparams, word, says):
    status, log = kamailio.start_that_fails(kamailio.Config(
        f'failover("{word}");', files={"gateways": "1 sip:127.0.0.1:9\n"},
        modules=(*modules, "failover"), modparams=modparams))
    assert status and re.search(says, log), log
