# SPDX-License-Identifier: GPL-2.0-or-later
"""Several servers that tell each other by dmq which next hops are held. They are real
servers on loopback, with the same two gateways."""

import asyncio
import contextlib
import socket
import time

import kamailio
import sip
from peers import HOSTS, Caller
from scenario import SILENT, Stage, filled, reply
from test_hold import ROUTE, hop

ANSWERS = [reply(200)]
HOLD = (("hold_after", 1), ("hold_dmq", 1))
# with $shv(cut) a server ignores the others; they must not repeat their messages
FIRST = ('if (is_method("KDMQ")) { if ($shv(cut) == 1) { sl_send_reply("200", "OK"); exit; }'
         ' if ($rU == "failover") xlog("L_NOTICE", "a letter has come\\n");'
         ' dmq_handle_message(); exit; }')


def address(number):
    """The address of a server, its own: from Kamailio 5.8 on dmq believes that servers with
    one IP address are the same (modules/dmq/notification_peer.c, extract_node_list())."""
    return f"127.0.0.{2 + number}"


def config(names, number=0, first=None, hold=HOLD):
    """A server; `first` is the port of server 0, which tells it about the others."""
    here = f"{address(number)}:@PORT@"
    dmq = [("dmq", "server_address", f"sip:{here}"), ("pv", "shvset", "cut=i:0")]
    if first:
        dmq.append(("dmq", "notification_address", f"sip:{address(0)}:{first}"))
    return kamailio.Config(filled(ROUTE, names), first=FIRST, modules=("dmq", "failover"),
                           globals=f"listen=udp:{here}",
                           modparams=(*dmq, *(("failover", *pair) for pair in hold)))


class Site:
    """Servers that know each other; the first one is the server of the stage."""

    def __init__(self, stage):
        self.stage, self.servers, self.callers = stage, [stage.server], []
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self):
        self.callers.append(await self.stage.caller())
        return self

    async def __aexit__(self, kind, *_):
        await self._stack.aclose()
        for server in self.servers[1:]:
            await asyncio.to_thread(server.stop)
            if kind:                   # pytest shows it with the failure
                print(server.log())
            server.discard()

    async def join(self):
        """Start one more server. @return its number"""
        server = kamailio.Server(config(self.stage.names, len(self.servers),
                                        self.stage.server.port))
        self.servers.append(server)
        await asyncio.to_thread(server.start)
        self.callers.append(await self._stack.enter_async_context(
            Caller(self.stage.trace, server.port)))
        return len(self.servers) - 1

    async def meet(self):
        """Wait until each server knows all the others."""
        for server in self.servers:
            await until(lambda server=server: server.rpc("dmq.list_nodes").count(
                "status: active") >= len(self.servers), 10)

    async def way(self, which):
        """The peers that get an INVITE of a call through this server."""
        call = self.callers[which].call("sip:100@127.0.0.1:5060", hangup_after=0)
        await asyncio.wait_for(call.ended.wait(), 10)
        assert call.codes[-1] == 200, call.codes
        return "".join(e.peer for e in self.stage.trace
                       if e.message.call_id == call.invite.call_id and e.is_a("INVITE")
                       and e.peer in "ab" and not e.sent and not e.repeated)

    async def rpc(self, which, *command):
        return await asyncio.to_thread(self.servers[which].rpc, *command)

    async def holds(self, which, name):
        return "state: held" in await self.state(which, name) \
            or "state: out" in await self.state(which, name)

    async def state(self, which, name):
        text = await self.rpc(which, "failover.destinations")
        at = text.find(f"next_hop: {name}\n")
        return text[at:at + 60] if at >= 0 else ""

    async def agree(self, name, is_held, seconds, servers=None):
        """Within this number of seconds all servers hold it, or none does."""
        for which in servers or range(len(self.servers)):
            await until(lambda which=which: self.holds(which, name), seconds, is_held)


async def until(condition, seconds, wanted=True):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        value = await value if asyncio.iscoroutine(value) else value
        if value == wanted:
            return
        assert time.monotonic() < end, "not in time"
        await asyncio.sleep(0.05)


def play(test, servers, a=SILENT, b=ANSWERS):
    async def run():
        async with Stage({"a": a, "b": b}, config, memory_mb=64) as stage, Site(stage) as site:
            for _ in range(servers - 1):
                await site.join()
            await site.meet()
            await test(site)
            for server in site.servers[1:]:
                if server.process.poll() is None:
                    assert not await asyncio.to_thread(server.stop)
    asyncio.run(run())


def test_a_hold_and_a_release_reach_the_others():
    async def test(site):
        name = hop(site.stage.names, "a")
        assert await site.way(1) == "ab"
        await site.agree(name, True, 1.0)
        assert [await site.way(which) for which in range(3)] == ["b"] * 3
        await site.rpc(2, "failover.release", name)
        await site.agree(name, False, 1.0)
        assert await site.way(0) == "ab"
    play(test, 3)


def test_an_operators_hold_reaches_the_others():
    async def test(site):
        name = hop(site.stage.names, "b")
        await site.rpc(0, "failover.hold", name)
        await site.agree(name, True, 1.0)
        assert await site.way(1) == "a"
        await site.rpc(1, "failover.release", name)
        await site.agree(name, False, 1.0)
    play(test, 2, a=ANSWERS)


def test_a_server_that_starts_late_learns_which_are_held():
    async def test(site):
        name = hop(site.stage.names, "a")
        assert await site.way(0) == "ab"
        late = await site.join()
        await site.agree(name, True, 5.0)
        assert await site.way(late) == "b"
    play(test, 2)


def test_a_server_that_restarts_is_believed():
    """The others remember a higher version than the one with which a new server begins."""
    async def test(site):
        name = hop(site.stage.names, "a")
        for _ in range(3):
            await site.rpc(0, "failover.hold", name)
            await site.rpc(0, "failover.release", name)
        await until(lambda: site.servers[1].log().count("] is released"), 3.0, 3)
        late = await site.join()
        await site.meet()
        assert await site.way(late) == "ab"
        await site.agree(name, True, 1.0)
        await asyncio.sleep(1)
        await site.agree(name, True, 0)
    play(test, 2)


def test_servers_that_were_cut_off_agree_again():
    async def test(site):
        name, other = hop(site.stage.names, "a"), hop(site.stage.names, "b")
        await site.rpc(0, "failover.hold", other)
        await site.agree(other, True, 1.0)
        for which in range(2):
            await site.rpc(which, "pv.shvSet", "cut", "int", "1")
        assert await site.way(0) == "ab"             # one server finds a gateway dead,
        assert await site.holds(0, name) and not await site.holds(1, name)
        await site.rpc(1, "failover.release", other)  # the other one releases a gateway
        await asyncio.sleep(1)
        assert await site.holds(0, other) and not await site.holds(1, other)
        for which in range(2):
            await site.rpc(which, "pv.shvSet", "cut", "int", "0")
        await site.agree(name, True, 8.0)
        await site.agree(other, False, 8.0)
    play(test, 2)


def test_many_held_next_hops_are_all_repeated_soon():
    async def test(site):
        names = [f"udp:192.0.2.{n}:5060" for n in range(1, 61)]
        for which in range(2):
            await site.rpc(which, "pv.shvSet", "cut", "int", "1")
        for name in names:
            await site.rpc(0, "failover.hold", name)
        await asyncio.sleep(1)
        assert "held: 0" in await site.rpc(1, "failover.destinations", "1", "50")
        for which in range(2):
            await site.rpc(which, "pv.shvSet", "cut", "int", "0")

        async def held():
            text = await site.rpc(1, "failover.destinations", "1", "1")
            return "held: 60" in text
        await until(held, 8.0)
    play(test, 2)


def test_twenty_changes_at_once_are_few_messages():
    async def test(site):
        names = [f"udp:192.0.2.{n}:5060" for n in range(1, 21)]
        before = site.servers[1].log().count("a letter has come")
        await asyncio.gather(*(site.rpc(0, "failover.hold", name) for name in names))
        for name in names:
            await site.agree(name, True, 2.0)
        await asyncio.sleep(1)
        letters = site.servers[1].log().count("a letter has come") - before
        assert 1 <= letters <= 5, letters
    play(test, 2)


async def say(site, text, sender=1, length=None):
    """Send a message to server 0 as dmq does, in the name of another server."""
    here = f"127.0.0.1:{site.servers[0].port}"
    uri = f"sip:{address(sender)}:{site.servers[sender].port}" if sender else "sip:x@192.0.2.1"
    head = sip.Message(f"KDMQ sip:failover@{here} SIP/2.0", [
        ("Via", f"SIP/2.0/UDP {here};branch={sip.new_branch()}"), ("Max-Forwards", "70"),
        ("From", f"<{uri}>;tag={sip.new_token('t')}"), ("To", f"<sip:failover@{here}>"),
        ("Call-ID", sip.new_token("says-")), ("CSeq", "1 KDMQ"), ("Content-Type", "text/plain")])
    lines = str(head.to_bytes(), "ascii").replace("Content-Length: 0", f"Content-Length: "
                                                  f"{len(text) if length is None else length}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto((lines + text).encode(), (HOSTS[4], site.servers[0].port))
    await asyncio.sleep(0.5)


FAR = str(int(time.time() * 1000) + 100000)      # a version that none of the servers has
OUT = f"{FAR} 3 -1 0 {{}}"
IMPOSSIBLE = [                                    # REVISION STATE LEFT-MS HOLD-S NAME
    "-1 3 -1 0 {}", "18446744073709551615 3 -1 0 {}", f"{FAR} 2 1000 30 {{}}",
    f"{FAR} 1 -1 30 {{}}", f"{FAR} 1 1000 0 {{}}", f"{FAR} 3 99999999999 0 {{}}",
    f"{FAR} 3 -2 0 {{}}", f"{FAR} 9 1000 30 {{}}", f"{FAR} 3 -1 {{}}", f"{FAR} 3 -1 0 sip:{{}}",
    f"{FAR} 3 -1 99999999 {{}}", "{}", OUT + "/" + 500 * "x", f"{FAR} 3 -1 0",
]


def test_a_wrong_message_changes_nothing():
    async def test(site):
        name = hop(site.stage.names, "b")
        for line in IMPOSSIBLE:
            await say(site, line.format(name) + "\n")
            assert not await site.holds(0, name), line
        log = site.servers[0].log()
        assert log.count("the server 127.0.0.1 says what is not understood: 1 line(s)") == len(
            IMPOSSIBLE)
        line = OUT.format(name) + "\n"
        for length in (len(line) + 1, 5000, 99999, -1, 0):
            await say(site, line, length=length)
            assert not await site.holds(0, name), length
        await say(site, line)                        # and this message is correct
        assert await site.holds(0, name)
    play(test, 2)


def test_a_message_is_answered_and_logged_once_whatever_it_says():
    async def test(site):
        name = hop(site.stage.names, "b")
        await site.rpc(0, "failover.hold", name)
        await site.agree(name, True, 1.0)
        before = site.servers[1].log().count("a letter has come")
        await say(site, 500 * "?\n" + 500 * "what?\n")
        assert site.servers[1].log().count("a letter has come") - before <= 2
        assert site.servers[0].log().count("not understood") == 1
        await say(site, "?\n", sender=None)          # the message of an unknown server
        assert await site.holds(0, name)
    play(test, 2)
