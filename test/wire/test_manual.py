# SPDX-License-Identifier: GPL-2.0-or-later
"""Examples of the manual that work together with another module. test_docs only loads them;
here calls go through them, and a small program replaces the server behind the module."""

import asyncio
import re

import pytest

import kamailio
from scenario import (IGNORES_CANCEL, SILENT, Stage, filled, on_cancel, reply)
from test_docs import take_routes

MANUAL = (kamailio.TOP / "doc" / "failover_admin.xml").read_text()
QUICK = (("failover", "timer_inviting", 1), ("failover", "timer_provisional", 1))


def listings(title):
    """The listings of an example, found by its title."""
    example = re.search(rf"<example>\s*<title>{re.escape(title)}</title>(.*?)</example>",
                        MANUAL, re.S)[1]
    return re.findall(r"<programlisting[^>]*><!\[CDATA\[(.*?)\]\]>", example, re.S)


# -- rtpengine ---------------------------------------------------------------------------

class RtpEngine(asyncio.DatagramProtocol):
    """Answers as rtpengine does, and keeps the commands: (time, command)."""

    def __init__(self):
        self.told = []

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, ("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_):
        self._transport.close()

    def datagram_received(self, data, far):
        cookie, _, told = data.partition(b" ")
        command = re.search(rb"7:command\d+:(\w+?)(?=\d+:|e$)", told)[1].decode()
        if command == "ping":
            answer = b"d6:result4:ponge"
        else:
            self.told.append((asyncio.get_running_loop().time(), command))
            sdp = re.search(rb"3:sdp(\d+):", told)
            body = told[sdp.end():sdp.end() + int(sdp[1])] if sdp else b""
            answer = b"d6:result2:ok" + (b"3:sdp%d:%s" % (len(body), body) if sdp else b"") + b"e"
        self._transport.sendto(cookie + b" " + answer, far)


MEDIA = "A rule decides which calls go through an RTP proxy"
HOSTS = {"10.0.0.10": "{a}", "10.0.0.11": "{b}"}


def media_config(engine):
    """The function that makes the configuration of the example: its plan without the
    condition on the caller's address, its routes, and the body of its request_route."""
    plan, script = listings(MEDIA)
    plan = plan[plan.index("[Deploy Patterns]"):]
    for host, peer in HOSTS.items():
        assert host in plan
        plan = plan.replace(host, peer)
    routes, _ = take_routes(re.sub(r"^\s*\.\.\.\s*$", "", script, flags=re.M))
    request = next(r for r in routes if r.startswith("request_route"))
    body = request[request.index("{") + 1:request.rindex("}")]

    def config(names):
        return kamailio.Config(body, modparams=(
            ("rtpengine", "rtpengine_sock", f"udp:{engine.address}"),
            ("failover", "dialplan_text", filled(plan, names)),
            ("tm", "wt_timer", 1000), *QUICK),
            modules=("sdpops", "rtpengine", "failover"),
            extra="\n".join(r for r in routes if r is not request))
    return config


ANSWERS = [reply(180), reply(200, after=0.1)]
FAILS = [reply(180), reply(486, after=0.1)]
CALLS = {
    "the first is busy": [reply(486)],
    "the first is busy after ringing": [reply(180), reply(486, after=0.1)],
    "the first is silent": SILENT,
    "the first rings too long": [reply(180)],
    "the first, given up, ends when the second has the call":
        [reply(180), on_cancel(after=0.9)],
    "the first, given up, ends while the second rings": [reply(180), on_cancel(after=0.55)],
    "the first, given up, is busy when the second has the call":
        [reply(180), reply(486, after=1.9), IGNORES_CANCEL],
    "the first, silent, is busy when the second has the call": [reply(486, after=1.4)],
}


async def through_rtpengine(first, second=ANSWERS):
    """(codes of the caller, commands until it hangs up)"""
    async with RtpEngine() as engine:
        async with Stage({"a": first, "b": second}, media_config(engine)) as stage:
            caller = await stage.caller()
            call = caller.call(f"sip:9555@{stage.names['proxy']}")
            await asyncio.wait_for(call.final, 6)
            await asyncio.sleep(1)             # a command may come late
            up = [command for _, command in engine.told]
            if call.answered:
                call.bye()
            await asyncio.wait_for(call.ended.wait(), 3)
            faults = await asyncio.to_thread(stage.server.stop)
            assert not faults, faults
            return call.codes, up


def test_media_of_a_call_that_nobody_answers():
    """The media are deleted once, when the whole call has failed."""
    codes, told = asyncio.run(through_rtpengine(FAILS, FAILS))
    assert codes[-1] == 486, codes
    assert told == ["offer", "offer", "delete"], told


@pytest.mark.parametrize("title", CALLS)
def test_media(title):
    """There is an offer for each attempt and an answer for the answer. Late messages of a
    destination that was given up do not delete the media of the call."""
    codes, told = asyncio.run(through_rtpengine(CALLS[title]))
    assert codes[-1] == 200, codes
    assert told.count("offer") == 2 and told[-1] == "answer", told
    assert "delete" not in told, told
