# SPDX-License-Identifier: GPL-2.0-or-later
"""failover.calls and failover.stats from kamcmd and from jsonrpcs, over HTTP, its FIFO and
its datagram socket; every fault; and how much failover.calls delays the calls."""

import asyncio
import itertools
import json
import os
import select
import socket
import statistics
import time

import pytest

import kamailio
from scenario import SILENT, Stage, filled, reply
from shim import forced
from test_operators import HTTP, calls_of, json_rpc_over_http

RINGS = {"a": SILENT, "b": [reply(180, after=0.05)], "c": SILENT}
LIST = 'if (failover("sip:1@{a} sip:2@{b}/TCP sip:3@{c}", "timer.inviting=500ms")) exit;'


def served(names, route=LIST, modules=(), extra="", **more):
    """A server whose jsonrpcs serves HTTP, a FIFO and a datagram socket."""
    return kamailio.Config(
        filled(route, names), globals="tcp_accept_no_cl=yes", extra=HTTP + extra,
        modules=("xhttp", "jsonrpcs", "xhttp_prom", *modules, "failover"),
        modparams=(("jsonrpcs", "transport", 7), ("jsonrpcs", "fifo_name", "@DIR@/fifo"),
                   ("jsonrpcs", "fifo_reply_dir", "@DIR@/"),
                   ("jsonrpcs", "dgram_socket", "@DIR@/json"),
                   ("xhttp_prom", "xhttp_prom_stats", "failover:"),
                   ("failover", "attempt_log_level", 1)), **more)


# -- transports of RPC ----------------------------------------------------------------

def question(method, params, **more):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params,
                       **more}).encode()


def over_http(server, method, *params):
    return json_rpc_over_http(server.port, method, *params)


def over_fifo(server, method, *params):
    """Write into the FIFO of jsonrpcs; the reply comes from a FIFO of the test."""
    path = server.directory / "reply"
    os.mkfifo(path, 0o666)
    reply_end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with open(server.directory / "fifo", "wb") as fifo:
            fifo.write(question(method, params, reply_name="reply"))
        text, limit = b"", time.monotonic() + 5
        while time.monotonic() < limit:
            select.select([reply_end], [], [], 0.2)
            with_more = b""
            try:
                with_more = os.read(reply_end, 65536)
            except BlockingIOError:
                pass
            text += with_more
            if text and not with_more:
                break
            time.sleep(0.01)
        return json.loads(text)
    finally:
        os.close(reply_end)
        path.unlink()


def over_datagrams(server, method, *params):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        own = server.directory / "own"
        sock.bind(str(own))
        sock.settimeout(5)
        sock.sendto(question(method, params), str(server.directory / "json"))
        answer = sock.recv(262144)
        own.unlink()
        return json.loads(answer)


JSON = {"HTTP": over_http, "FIFO": over_fifo, "datagrams": over_datagrams}


def over_kamcmd(server, method, *params):
    """The output of kamcmd, in the form of the JSON result."""
    try:
        text = server.rpc(method, *params)
    except kamailio.RpcError as error:
        words = str(error).split(" - ", 1)
        return {"error": {"code": int(words[0].split()[-1]), "message": words[1]}}
    if method == "failover.stats":
        return {"result": server.numbers(method)}
    listed = [{n: int(v) if v.isdigit() and n != "rule" else v for n, v in call.items()}
              for call in calls_of(text)]
    return {"result": {"calls": server.numbers(method, *params)["calls"], "list": listed}}


WAYS = {"kamcmd": over_kamcmd, **JSON}


def test_each_transport_gives_the_same():
    async def run():
        async with Stage(RINGS, served) as stage:
            caller = await stage.caller()
            calls = [caller.call(filled("sip:9@{proxy}", stage.names)) for _ in range(2)]
            await asyncio.sleep(0.9)
            for name, ask in WAYS.items():
                found = await asyncio.to_thread(ask, stage.server, "failover.calls")
                ids = [entry["call_id"] for entry in found["result"]["list"]]
                assert sorted(ids) == sorted(c.invite.call_id for c in calls), name
                assert found["result"]["calls"] == 2
                for entry in found["result"]["list"]:
                    assert {n: entry[n] for n in ("attempt", "of", "state", "destination",
                                                  "rule")} == {
                        "attempt": 2, "of": 3, "state": "proceeding", "rule": "",
                        "destination": filled("sip:2@{b}/TCP", stage.names)}, (name, entry)
                    assert 0 < entry["attempt_ms"] < entry["call_ms"] < 10000
                one = await asyncio.to_thread(ask, stage.server, "failover.calls", ids[1])
                assert [e["call_id"] for e in one["result"]["list"]] == [ids[1]], name
                page = await asyncio.to_thread(ask, stage.server, "failover.calls", "2", "1")
                assert [e["call_id"] for e in page["result"]["list"]] == [ids[1]], name
                counted = (await asyncio.to_thread(
                    ask, stage.server, "failover.stats"))["result"]
                assert (counted["calls"], counted["active"], counted["attempts"],
                        counted["timeout_inviting"]) == (2, 2, 4, 2), (name, counted)
            numbers = await asyncio.to_thread(over_http, stage.server, "failover.calls", 2, 1)
            assert len(numbers["result"]["list"]) == 1
            for call in calls:
                call.cancel()
            await asyncio.wait_for(asyncio.gather(*(c.final for c in calls)), 5)

    asyncio.run(run())


# -- faults ----------------------------------------------------------------------------

CALLS_HELP = "failover.calls [FIRST [COUNT]] or failover.calls CALL-ID"
FAULTS = [
    (("failover.calls", "0"), 400, CALLS_HELP),
    (("failover.calls", "1", "0"), 400, "at most 50"),
    (("failover.calls", "1", "51"), 400, "at most 50"),
    (("failover.calls", "1", "x"), 400, "at most 50"),
    (("failover.calls", "99999999999999999999"), 400, CALLS_HELP),
    (("failover.calls", "a@b", "2"), 400, CALLS_HELP),
    (("failover.calls", "1", "2", "3"), 400, CALLS_HELP),
    (("failover.calls", "a@b"), 404, "no call with this Call-ID is under way"),
    (("failover.stats", "calls"), 400, "failover.stats takes no argument"),
    (("failover.reload", "now"), 400, "failover.reload takes no argument"),
    (("failover.reload",), 404, "no dial plan was loaded from a file"),
    (("failover.list", "1", "2", "3"), 400, "failover.list [FIRST [COUNT]]"),
    (("failover.list",), 404, "no dial plan is loaded"),
]


def test_a_wrong_argument_gets_a_fault_that_says_so():
    with kamailio.Server(served({"a": "", "b": "", "c": ""}, "exit;")) as server:
        for (command, code, says), way in itertools.product(FAULTS, WAYS):
            error = WAYS[way](server, *command)["error"]
            assert error["code"] == code and says in error["message"], (way, command, error)


def test_no_memory():
    config = served({}, "exit;", environment=forced("memory:8000000"))
    with kamailio.Server(config, private_mb=4) as server:
        assert over_http(server, "failover.calls")["error"] == {
            "code": 500, "message": "no memory to list the calls"}


def test_a_number_of_more_than_31_bits():
    """With 300 attempts a second, this number is reached after 83 days."""
    with kamailio.Server(served(
            {}, "exit;", modules=("counters",),
            extra='event_route[core:worker-one-init] { cnt_add("failover.attempts",'
                  ' "2147483647"); cnt_add("failover.attempts", "2147483647"); }')) as server:
        assert over_http(server, "failover.stats")["result"]["attempts"] == 2 * 2147483647
        assert "attempts: 4294967294" in server.rpc("failover.stats")


# -- many calls ------------------------------------------------------------------------

HELD, PROBES = 300, 120


async def setup_times(stage, probes):
    """Milliseconds from the INVITE of a call to its 180, which its gateway sends at once."""
    caller, calls = await stage.caller(), []
    for _ in range(probes):
        calls.append(caller.call(filled("sip:probe@{proxy}", stage.names)))
        await asyncio.sleep(0.01)
    await asyncio.wait_for(asyncio.gather(*(c.final for c in calls)), 10)
    times, of = [], {call.invite.call_id: call for call in calls}
    for entry in stage.trace:
        call = of.get(entry.message.call_id)
        if call and entry.peer == "caller" and not entry.sent \
                and entry.message.status == 180:
            times.append(1000 * (entry.time - call.started))
    assert len(times) == probes
    return times


@pytest.mark.alone("how soon the RPC replies, and what the calls feel of it")
def test_300_calls_are_listed_in_50_ms_without_delay_of_calls():
    """The RPC is sent over HTTP, because kamcmd needs some milliseconds to start. Calls are
    made meanwhile, first without the RPC, then with an RPC all the time."""
    async def looks(stage, times):
        for first in itertools.cycle(("1", "101", "251")):
            began = time.monotonic()
            found = await asyncio.to_thread(over_http, stage.server, "failover.calls", first,
                                            "50")
            times.append(time.monotonic() - began)
            assert found["result"]["calls"] >= HELD and len(found["result"]["list"]) == 50

    async def run():
        peers = {"a": [reply(180)], "b": [reply(180), reply(486, after=0.05)]}
        route = 'if ($rU == "held") { if (failover("sip:1@{a}")) exit; } ' \
                'else if (failover("sip:1@{b}")) exit;'
        async with Stage(peers, lambda names: served(names, route), memory_mb=64) as stage:
            caller = await stage.caller()
            calls = [caller.call(filled("sip:held@{proxy}", stage.names)) for _ in range(HELD)]
            await asyncio.sleep(1.5)
            alone = await setup_times(stage, PROBES)
            times = []
            looking = asyncio.ensure_future(looks(stage, times))
            beside = await setup_times(stage, PROBES)
            looking.cancel()
            print(f"failover.calls: {1000 * statistics.median(times):.1f} ms of {len(times)}; "
                  f"180 after {statistics.median(alone):.1f} ms, beside it "
                  f"{statistics.median(beside):.1f} ms")
            assert len(times) > 20 and statistics.median(times) < 0.05, times
            assert statistics.median(beside) < statistics.median(alone) + 5
            for call in calls:
                call.cancel()
            await asyncio.wait_for(asyncio.gather(*(c.final for c in calls)), 15)
            assert all(c.codes[-1] == 487 for c in calls)
            counted = (await asyncio.to_thread(over_http, stage.server, "failover.stats"))
            assert counted["result"]["cancelled"] == HELD
            assert counted["result"]["exhausted"] == 2 * PROBES

    asyncio.run(run())
