# SPDX-License-Identifier: GPL-2.0-or-later
"""failover() with the modules that change or read the messages: topos, dialog,
uac_replace_from(), tsilo and siptrace. With each of them a call behaves as without it: the
first destination fails, or rings too long, or answers late, or the caller gives up."""

import asyncio
import pathlib
import re
import socket

import pytest

import kamailio
from scenario import (SILENT, Scenario, Stage, at, attempts_of, filled, later, on_cancel,
                      reply, soon, when)
import sip

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
LIST = 'failover("sip:1@{a} sip:2@{b}", "timer.provisional=1; timer.inviting=1")'


def four(beside, **told):
    """The four calls, with a module."""
    before = told.pop("before", "")
    shared = {"route": f"{before} if ({LIST}) exit;", **told}

    def call(title, **more):
        return Scenario(f"beside {beside}: {title}", **{**shared, **more})

    yield call("a reply leads on", peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200])
    yield call("one that rings too long",
        peers={"a": [reply(180), on_cancel()], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(1))], caller=[100, 180, 180, 200],
        cancelled=["a"])
    yield call("a late answer", final_from="a", cancelled=["a", "b"],
        peers={"a": [reply(180), on_cancel(then=200, after=0.8)],
               "b": [reply(180), on_cancel()]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(1.5))], caller=[100, 180, 180, 200])
    yield call("the caller gives up", cancel=when("b", 180, 0.2), cancelled=["b"],
        peers={"a": [reply(503)], "b": [reply(180), on_cancel()]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 487])


def topos_tables():
    """The empty tables of Kamailio for topos."""
    folder = pathlib.Path("/usr/share/kamailio/dbtext/kamailio")
    return {name: re.sub(r"\(string\)", "(string,null)", (folder / name).read_text()) for name in ("version", "topos_d", "topos_t")
            if (folder / name).exists()}


DIALOG_EVENTS = "".join(f'event_route[dialog:{e}] {{ xlog("L_NOTICE", "dialog {e}\\n"); }}\n'
                        for e in ("start", "end", "failed"))

SCENARIOS = [
    *four("dialog", before="dlg_manage();", modules=("dialog", "failover"),
          extra=DIALOG_EVENTS),
    *four("uac_replace_from", before='uac_replace_from("Shop", "sip:shop@example.com");',
          rewritten=("From",), modules=("uac", "failover"), modparams=(("uac", "restore_mode", "auto"),
                                                  ("uac", "restore_dlg", 0),)),
    *four("siptrace", before='sip_trace(); setflag(22);', modules=("siptrace", "failover"),
          modparams=(("siptrace", "trace_on", 1), ("siptrace", "trace_flag", 22),
                     ("siptrace", "trace_to_database", 0),
                     ("siptrace", "hep_mode_on", 1),
                     ("siptrace", "duplicate_uri", "sip:127.0.0.1:9"))),
    *four("topos", hides=True, carries={n: {"Record-Route": []} for n in (1, 2)}, modules=("db_text", "topos", "failover"), files=topos_tables(),
          modparams=(("topos", "storage", "db"), ("topos", "db_url", "text://@DIR@"))),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.title)
def test_call_with_a_module(outcome):
    outcome.check()


# -- tsilo: a phone that registers while the call is under way -------------------------------

REGISTERS = 'if (is_method("REGISTER")) { save("location"); ts_append("location", "$tu"); exit; }'


def with_tsilo(names):
    return kamailio.Config(
        filled(f"t_newtran(); ts_store(); if ({LIST}) exit;", names), first=REGISTERS,
        modules=("usrloc", "registrar", "tsilo", "failover"))


def register(stage, caller, at_peer):
    """The phone of the callee registers the address of a peer."""
    uri = f"sip:{stage.names['proxy']}"
    caller.transact(sip.Message(f"REGISTER {uri} SIP/2.0", [
        ("Via", caller.new_via()), ("Max-Forwards", "70"),
        ("From", f"<sip:9555@{stage.names['proxy']}>;tag=r1"),
        ("To", f"<sip:9555@{stage.names['proxy']}>"), ("Call-ID", sip.new_token("r-")),
        ("CSeq", "1 REGISTER"), ("Contact", f"<sip:phone@{stage.names[at_peer]}>"),
        ("Expires", "60")], b""), lambda reply: None)


async def beside_tsilo(peers, gives_up):
    """Make a call during which the phone c registers.
    @return (codes of the caller, peers that were tried, peers that got a CANCEL)"""
    async with Stage(peers, with_tsilo) as stage:
        caller = await stage.caller()
        call = caller.call(filled("sip:9555@{proxy}", stage.names), hangup_after=0)
        await asyncio.sleep(0.4)
        register(stage, caller, "c")
        if gives_up:
            await asyncio.sleep(0.4)
            call.cancel()
        await asyncio.wait_for(call.final, 8)
        await asyncio.sleep(0.3)
        attempts = attempts_of(stage.trace, stage.gateways)
        finals = [code for code in call.codes if code >= 200]
        assert len(finals) == 1, call.codes
        assert await stage.drained() == 0
        return (finals[0], [a.entry.peer for a in attempts],
                sorted(a.entry.peer for a in attempts if a.cancel))


RINGS = [reply(180), on_cancel()]
WITH_TSILO = {
    "the phone answers": ({"a": RINGS, "b": SILENT, "c": [reply(180), reply(200, after=0.2)]},
                          False, (200, ["a", "c"], ["a"])),
    "both fail: the next one follows": (
        {"a": [reply(180), reply(503, after=0.7)], "b": RINGS_AND_ANSWERS,
         "c": [reply(180), reply(486, after=0.2)]}, False, (200, ["a", "c", "b"], [])),
    "both ring too long: the next one follows": (
        {"a": RINGS, "b": RINGS_AND_ANSWERS, "c": RINGS}, False,
        (200, ["a", "c", "b"], ["a", "c"])),
    "a late answer of the first": (
        {"a": [reply(180), on_cancel(then=200, after=0.3)], "b": RINGS, "c": RINGS}, False, None),
    "the caller gives up": ({"a": RINGS, "b": SILENT, "c": RINGS}, True,
                            (487, ["a", "c"], ["a", "c"])),
}


@pytest.mark.parametrize("what", WITH_TSILO)
def test_call_with_tsilo(what):
    peers, gives_up, wanted = WITH_TSILO[what]
    found = asyncio.run(beside_tsilo(peers, gives_up))
    if wanted is None:                 # other peers may be tried; the answer ends the call
        assert found[0] == 200 and found[1][:2] == ["a", "c"], found
    else:
        assert found == wanted


# -- where a packet came from ---------------------------------------------------------------

FROM_US = """\
[Matching Patterns]
$localhost = true
[Deploy Patterns]
$action = 486
[Matching Patterns]
$localhost = false
[Deploy Patterns]
$action = 433
"""
OUR_HOST = "[Matching Patterns]\n$localhost(To) = true\n[Deploy Patterns]\n$action = 486\n" \
           "[Deploy Patterns]\n$action = 433\n"
SECOND, ADVERTISED = "listen=udp:127.0.0.2:@PORT@", \
    'listen=udp:127.0.0.2:@PORT@ advertise 203.0.113.5:5060'


def answer_to(host, plan, lines="", to="sip:9555@example.org"):
    """Send an INVITE from a local address, and return the code of its reply."""
    config = kamailio.Config("failover();", globals=lines,
                             modparams=(("failover", "dialplan_text", plan),))
    with kamailio.Server(config) as server, socket.socket(
            socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((host, 0))
        wire.settimeout(5)
        shown = f"[{host}]" if ":" in host else host
        port = wire.getsockname()[1]
        wire.sendto((
            f"INVITE sip:9555@example.com SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {shown}:{port};branch={sip.new_branch()}\r\n"
            f"From: <sip:1@example.net>;tag=1\r\nTo: <{to}>\r\n"
            f"Call-ID: {sip.new_token()}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:1@{shown}:{port}>\r\nContent-Length: 0\r\n\r\n").encode(),
            ("::1" if ":" in host else "127.0.0.1", server.port))
        while True:
            code = int(wire.recv(65536).split()[1])
            if code >= 200:
                return code


@pytest.mark.parametrize("host, lines, code", [
    ("127.0.0.1", "", 486), ("::1", "", 486),
    ("127.0.0.3", "", 433), ("127.0.0.2", "", 433),
    ("127.0.0.2", SECOND, 486), ("127.0.0.3", SECOND, 433),
    ("127.0.0.2", ADVERTISED, 486), ("127.0.0.3", ADVERTISED, 433),
], ids=["IPv4", "IPv6", "a stranger", "a second address that is not ours", "a second local address",
        "a stranger beside it", "a second one behind advertise", "a stranger behind advertise"])
def test_localhost_is_where_the_packet_came_from(host, lines, code):
    """`example.com` is not the server: only the source address counts."""
    assert answer_to(host, FROM_US, lines) == code


@pytest.mark.parametrize("to, lines, code", [
    ("sip:9@127.0.0.1:@PORT@", "", 486), ("sip:9@[::1]:@PORT@", "", 486),
    ("sip:9@127.0.0.2", "", 433), ("sip:9@203.0.113.5", "", 433),
    ("sip:9@203.0.113.5", ADVERTISED, 486),
])
def test_a_host_is_ours_by_its_address_and_as_advertised(to, lines, code):
    assert answer_to("127.0.0.3", OUR_HOST, lines, to.replace(":@PORT@", "")) == code
