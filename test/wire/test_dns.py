# SPDX-License-Identifier: GPL-2.0-or-later
"""use_dns_failover of the core together with the module: the name of a destination has two
servers (RFC 3263). The test has its own network, with a name server for one domain."""

import asyncio
import pathlib
import re
import struct

import pytest

import own_network
from scenario import (SILENT, Peer, Scenario, When, at, later, on_cancel, play_all, reply,
                      soon, hangup)

SERVERS = ("a", "d")           # gateways that serve gw.test, by priority
A, SRV = 1, 33


def asked_here():
    """The IPv4 address of this machine's name server. In its own network the test can use
    this address."""
    resolver = pathlib.Path("/etc/resolv.conf")
    text = resolver.read_text() if resolver.exists() else ""
    servers = re.findall(r"^nameserver\s+(\S+)", text, re.M)
    return next((s for s in servers if ":" not in s), "127.0.0.1")


class NameServer(asyncio.DatagramProtocol):
    """The name server of gw.test on port 53. It has SRV records of the SERVERS, each on its
    own host."""
    host, port, scripts = asked_here(), 53, ()
    address = f"{host}:{port}"

    def __init__(self, name, trace):
        self.names = {}                # the ports of the peers, when they have started
        self._transport = None

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, (self.host, self.port))
        return self

    async def __aexit__(self, *_):
        self._transport.close()

    def datagram_received(self, data, peer):
        name, end = self._question(data)
        kind, = struct.unpack_from("!H", data, end)
        records = self._records(name, kind)
        head = data[:2] + struct.pack("!HHHHH", 0x8580 if records else 0x8583,
                                      1, len(records), 0, 0)
        self._transport.sendto(
            head + data[12:end + 4] + b"".join(records), peer)

    @staticmethod
    def _question(data):
        labels, at_byte = [], 12
        while data[at_byte]:
            labels.append(data[at_byte + 1:at_byte + 1 + data[at_byte]].decode())
            at_byte += 1 + data[at_byte]
        return ".".join(labels).lower(), at_byte + 1

    def _records(self, name, kind):
        if kind == SRV and name in ("_sip._udp.gw.test", "_sip._tcp.gw.test"):
            return [self._record(SRV, self._srv(i, server))
                    for i, server in enumerate(SERVERS)]
        if kind == A and name.endswith(".host.test"):
            return [self._record(A, bytes([127, 0, 0, 1]))]
        return []

    def _srv(self, priority, server):
        port = int(self.names[server].rsplit(":", 1)[1])
        target = b"".join(bytes([len(label)]) + label.encode()
                          for label in (server, "host", "test")) + b"\0"
        return struct.pack("!HHH", priority, 0, port) + target

    @staticmethod
    def _record(kind, data):
        return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def by_name(title, peers, attempts, caller, over="", inviting=1, **more):
    """gw.test first, then c."""
    return Scenario(f"use_dns_failover: {title}",
        route=f'failover("sip:100@gw.test{over} sip:102@{{c}}",'
              f' "timer.inviting={inviting}; timer.provisional=1")',
        globals="dns=yes\nuse_dns_cache=on\nuse_dns_failover=on\ndns_try_ipv6=no\n"
                "dns_srv_lb=no\n", sockets=("udp4", "tcp4"),
        peers={**peers, "dns": Peer(made_by=NameServer)}, attempts=attempts,
        caller=caller, **more)


PROMPT = When("attempt", 0.1, early=0, late=0.2)
RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]

ALL = [
    by_name("its second server answers", {"a": [reply(503)], "d": RINGS_AND_ANSWERS,
                                          "c": RINGS_AND_ANSWERS},
        [("a", "UDP", at(0)), ("d", "UDP", soon(), "sip:100@gw.test")],
        [100, 180, 200], final_from="d"),
    by_name("its second server is busy, the next destination answers",
        {"a": [reply(503)], "d": [reply(486)], "c": RINGS_AND_ANSWERS},
        [("a", "UDP", at(0)), ("d", "UDP", soon()), ("c", "UDP", soon())],
        [100, 180, 200], final_from="c"),
    by_name("its second server has timer.inviting too",
        {"a": [reply(503)], "d": SILENT, "c": RINGS_AND_ANSWERS},
        [("a", "UDP", at(0)), ("d", "UDP", soon()), ("c", "UDP", later(1))],
        [100, 180, 200], final_from="c"),
    by_name("its second server rings too long",
        {"a": [reply(503)], "d": [reply(180), on_cancel()], "c": RINGS_AND_ANSWERS},
        [("a", "UDP", at(0)), ("d", "UDP", soon()), ("c", "UDP", soon())],
        [100, 180, 180, 200], cancelled_after={"d": 1}, final_from="c"),
    by_name("both servers close the connection: each is left at once",
        {"a": [hangup(after=0.1)], "d": [hangup(after=0.1)], "c": RINGS_AND_ANSWERS},
        [("a", "TCP", at(0)), ("d", "TCP", PROMPT), ("c", "UDP", PROMPT)],
        [100, 180, 200], "/TCP", 5, final_from="c"),
    by_name("its second server closes the connection: it is left at once",
        {"a": [reply(503)], "d": [hangup(after=0.1)], "c": RINGS_AND_ANSWERS},
        [("a", "TCP", at(0)), ("d", "TCP", soon()), ("c", "UDP", PROMPT)],
        [100, 180, 200], "/TCP", 5, final_from="c"),
    by_name("its first server says 503 again: its second one gets one INVITE",
        {"a": [reply(503), reply(503, after=0.15, anyhow=True)],
         "d": [reply(180, after=0.1), reply(200, after=0.5)], "c": RINGS_AND_ANSWERS},
        [("a", "UDP", at(0)), ("d", "UDP", soon())], [100, 180, 200], final_from="d"),
    by_name("a 503 of its first server comes when the second one is tried",
        {"a": [reply(503, after=1.2)], "d": [reply(180, after=0.1), reply(200, after=0.6)],
         "c": RINGS_AND_ANSWERS},
        [("a", "UDP", at(0)), ("d", "UDP", later(1))], [100, 180, 200], final_from="d"),
    by_name("a 503 of its first server comes when the next destination is tried",
        {"a": [reply(503, after=1.4)], "d": [reply(486)],
         "c": [reply(180, after=0.1), reply(200, after=0.7)]},
        [("a", "UDP", at(0)), ("d", "UDP", later(1)), ("c", "UDP", soon())],
        [100, 180, 200], final_from="c"),
    by_name("a 503 of its first server comes when the call is answered",
        {"a": [reply(503, after=1.6)], "d": [reply(200, after=0.1)], "c": RINGS_AND_ANSWERS},
        [("a", "UDP", at(0)), ("d", "UDP", later(1))], [100, 200], final_from="d",
        hangup_after=0.8),
    by_name("when timer.total is over its second server is not tried",
        {"a": SILENT, "d": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS},
        [("a", "UDP", at(0))], [100, 408], inviting="5; timer.total=1", final_at=at(1)),
    by_name("when timer.total is over its second server is not tried, beside one that rings",
        {"a": SILENT, "d": RINGS_AND_ANSWERS, "c": [reply(180)]},
        [("a", "UDP", at(0)), ("c", "UDP", at(0))], [100, 180, 408],
        inviting="5; timer.total=800ms", cancelled=["c"], modules=("corex", "failover"),
        first='if (is_method("INVITE") && !has_totag()) append_branch("sip:9@{c}");'),
]


def play_by_name():
    """One after the other: there is one port 53."""
    own_network.have(NameServer.host)
    outcomes = {}
    for scenario in ALL:
        outcomes.update(play_all([scenario]))
    return {s.title: (outcomes[id(s)].problems, outcomes[id(s)].report()) for s in ALL}


@pytest.fixture(scope="module")
def named_outcomes():
    return own_network.call(play_by_name)


@pytest.mark.parametrize("title", [s.title for s in ALL])
def test_by_name(named_outcomes, title):
    problems, report = named_outcomes[title]
    assert not problems, report
