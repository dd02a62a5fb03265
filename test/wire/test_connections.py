# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that fail: at once, after some time, in the TLS handshake, or before any
reply. And connections that do not fail."""

import asyncio
import atexit
import pathlib
import shutil
import tempfile
import time

import pytest

import certificates
import kamailio
import own_network
from lag import Lag
from scenario import (IGNORES_CANCEL, NOBODY, SILENT, Peer, Scenario, Stage, When,
                      after_cancel, at, attempts_of, filled, hangup, later, play_all, reply, when)

PROMPT = 0.200                 # from a failure to the next INVITE
RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
QUICK = "timer.inviting=1; timer.provisional=1"


class Stranger:
    """A TCP server that is not a SIP peer. When it gets data (or, with `at_once`, a
    connection), it sends `rubbish` and, if it is told so, closes. `failed` is the time."""

    def __init__(self, rubbish=b"", closes=True, at_once=False, reset=False):
        self.rubbish, self.closes, self.at_once = rubbish, closes, at_once
        self.reset, self.failed, self.names = reset, [], {}

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        if not self.at_once:
            await reader.read(10)
        self.failed.append(time.monotonic())
        writer.write(self.rubbish)
        if self.closes and self.reset:
            writer.transport.abort()
        elif self.closes:
            writer.close()
        else:
            await reader.read()


class Elsewhere:
    """An address at the far end of the line of own_network."""

    def __init__(self, host):
        self.host, self.port, self.names = host, 5060, {}
        self.address = f"{host}:5060"

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass


def stranger(**how):
    return Peer(made_by=lambda name, trace: Stranger(**how))


def elsewhere(host):
    return Peer(made_by=lambda name, trace: Elsewhere(host))


def prompt(seconds=0.0, since="start"):
    """Within 200 ms (E5b), this number of seconds after an event; not earlier."""
    return When(since, seconds, early=0.0)


# -- over loopback ---------------------------------------------------------------------

def lost(title, a, moment=None, **more):
    return Scenario(f"E5b: {title}",
        **{"route": f'failover("sip:100@{{a}}/TCP sip:101@{{b}}/TCP", "{QUICK}")',
           "peers": {"a": a, "b": RINGS_AND_ANSWERS},
           "attempts": [("a", "TCP", at(0)), ("b", "TCP", moment or prompt())],
           "caller": [100, 180, 200], "final_from": "b",
           "logged": {"0 expire timer added": 0}, **more})


TO_B_ALONE = [("b", "TCP", prompt(), "sip:101@{b}")]

LOOPBACK = [
    lost("closed when the INVITE has come", [hangup()]),
    lost("reset when the INVITE has come", [hangup(reset=True)]),
    lost("closed 600 ms later", [hangup(after=0.6)], prompt(0.6)),
    lost("reset 600 ms later", [hangup(after=0.6, reset=True)], prompt(0.6)),
    lost("closed as soon as it was accepted", stranger(at_once=True),
         attempts=TO_B_ALONE),
    lost("reset as soon as it was accepted", stranger(at_once=True, reset=True),
         attempts=TO_B_ALONE),
    lost("rubbish instead of a reply, then closed", stranger(rubbish=b"HTTP/1.1 400 \r\n\r\n"),
         attempts=TO_B_ALONE),
    lost("half a reply, then closed",
         stranger(rubbish=b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 127."),
         attempts=TO_B_ALONE),
    lost("closed twice: the third is tried", [hangup()],
         route=f'failover("sip:1@{{a}}/TCP sip:2@{{c}}/TCP sip:101@{{b}}", "{QUICK}")',
         peers={"a": [hangup()], "c": [hangup(after=0.2)], "b": RINGS_AND_ANSWERS},
         attempts=[("a", "TCP", at(0)), ("c", "TCP", prompt(since="attempt")),
                   ("b", "UDP", prompt(0.2, "attempt"))]),
    lost("closed before the sending process has come to look at it", [hangup()],
         route='append_branch("sip:9@{c}"); if (failover("sip:100@{a}/TCP sip:101@{b}",'
               f' "{QUICK}")) exit;',
         extra='onsend_route { if ($snd(port) == {c_port}) usleep("150000"); }',
         modules=("cfgutils", "corex", "failover"),
         peers={"a": [hangup()], "c": [reply(503)], "b": RINGS_AND_ANSWERS},
         attempts=[("a", "TCP", at(0)), ("c", "UDP", later(0.15)),
                   ("b", "UDP", prompt(since="attempt"))]),
    lost("closed, and nobody is left: one 503", [hangup(after=0.1)],
         route=f'failover("sip:100@{{a}}/TCP", "{QUICK}")',
         attempts=[("a", "TCP", at(0))], caller=[100, 503], final_from=None,
         final_at=prompt(0.1)),
    lost("closed while it rings: timer.provisional ends it", [reply(180), hangup(after=0.3), IGNORES_CANCEL],
         after_cancel(0.5), cancelled_after={"a": 1}, caller=[100, 180, 180, 200]),
    lost("reset while it rings: timer.provisional ends it",
         [reply(180), hangup(after=0.3, reset=True), IGNORES_CANCEL],
         after_cancel(0.5), cancelled_after={"a": 1}, caller=[100, 180, 180, 200]),
    lost("accepted, then silence: timer.inviting ends it", SILENT, later(1)),
    lost("accepted, the INVITE not even read: timer.inviting ends it",
         stranger(closes=False), attempts=[("b", "TCP", at(1))]),
    lost("closed when the caller has given up: 487, and no next one",
         [hangup(after=0.5)], attempts=[("a", "TCP", at(0))],
         cancel=when("caller", 100, 0.3), caller=[100, 487], final_from=None,
         final_at=When("start", 1, early=1)),
]


@pytest.mark.parametrize("scenario", LOOPBACK, ids=lambda s: s.title)
def test_lost_connection(outcome):
    outcome.check()


# -- TLS ---------------------------------------------------------------------------------

FILES = pathlib.Path(tempfile.mkdtemp(prefix="failover-tls-"))
atexit.register(shutil.rmtree, FILES)
certificates.make(FILES)
KAMAILIO_TLS = (("tls", "private_key", str(FILES / "server.key")),
                ("tls", "certificate", str(FILES / "server.pem")),
                ("tls", "ca_list", str(FILES / "ca.pem")),
                ("tls", "tls_method", "TLSv1.2+"), ("tls", "verify_certificate", 1), ("tls", "require_certificate", 0))


def secure(*script, shows="server"):
    """A gateway that speaks TLS with this certificate."""
    return Peer((script,), tls=certificates.context(FILES, shows))


def over_tls(title, a, attempts, **more):
    return Scenario(f"TLS: {title}",
        **{"route": f'failover("sip:100@{{a}}/TLS sip:101@{{b}}", "{QUICK}")',
           "peers": {"a": a, "b": RINGS_AND_ANSWERS}, "attempts": attempts,
           "modules": ("tls", "failover"), "modparams": KAMAILIO_TLS,
           "globals": "enable_tls=yes\n", "sockets": ("udp4", "tls4"),
           "caller": [100, 180, 200], "final_from": "b", **more})


TO_B = [("b", "UDP", prompt(), "sip:101@{b}")]

TLS = [
    over_tls("a good certificate: an answered call", secure(*RINGS_AND_ANSWERS),
             [("a", "TLS", at(0), "sip:100@{a}")], final_from="a"),
    over_tls("sips: is TLS too", secure(*RINGS_AND_ANSWERS),
             [("a", "TLS", at(0), "sips:100@{a}")], final_from="a",
             route='failover("sips:100@{a} sip:101@{b}")'),
    over_tls("a 503 leads on", secure(reply(503)),
             [("a", "TLS", at(0)), *TO_B]),
    over_tls("silence leads on after timer.inviting", secure(),
             [("a", "TLS", at(0)), ("b", "UDP", later(1))]),
    over_tls("who rings too long is CANCELled", secure(reply(180)),
             [("a", "TLS", at(0)), ("b", "UDP", When("end", 0))],
             cancelled_after={"a": 1}, caller=[100, 180, 180, 200]),
    over_tls("a late answer is the answer", secure(reply(200, after=1.4)),
             [("a", "TLS", at(0)), ("b", "UDP", later(1))], final_from="a",
             peers={"a": secure(reply(200, after=1.4)), "b": [reply(180)]},
             cancelled=["b"]),
    over_tls("a certificate that nobody vouches for", secure(shows="stranger"), TO_B),
    over_tls("rubbish instead of a handshake", stranger(rubbish=b"no TLS here\r\n" * 9,
                                                        closes=False), TO_B),
    over_tls("closed in the handshake", stranger(), TO_B),
    over_tls("reset in the handshake", stranger(reset=True), TO_B),
    over_tls("closed before the handshake", stranger(at_once=True), TO_B),
    over_tls("silence instead of a handshake: timer.inviting ends it",
             stranger(closes=False), [("b", "UDP", at(1))]),
    over_tls("closed after the INVITE", secure(hangup(after=0.4)),
             [("a", "TLS", at(0)), ("b", "UDP", prompt(0.4))]),
    over_tls("refused", NOBODY, TO_B),
]


@pytest.mark.parametrize("scenario", TLS, ids=lambda s: s.title)
def test_tls(outcome):
    outcome.check()


# -- hosts at a distance -------------------------------------------------------------------

REFUSED_AFTER = 0.05
HOSTS = {"10.99.0.2": REFUSED_AFTER, "10.99.0.3": 0.6}
BLACK_HOLE = "10.99.0.9"
LOOKS_AGAIN = 5.0              # the interval at which an idle server checks for timeouts (tcp_main.c)
SOCKETS = f"listen=tcp:{own_network.HERE}:@NUMBER@\nmhomed=1\n"
numbers = iter(range(20000, 30000))


def from_afar():
    """Core settings: a socket at our end of the line, another one for each server."""
    return SOCKETS.replace("@NUMBER@", str(next(numbers)))


def distant(title, a, attempts, **more):
    settings = more.pop("settings", QUICK)
    return Scenario(f"distance: {title}",
        **{"route": f'failover("sip:100@{{a}}/TCP sip:101@{{b}}", "{settings}")',
           "peers": {"a": elsewhere(a), "b": RINGS_AND_ANSWERS}, "attempts": attempts,
           "globals": from_afar() + more.pop("core", ""),
           "caller": [100, 180, 200], **more})


REFUSED = "10.99.0.2"
DISTANT = [
    distant("refused after 50 ms", REFUSED, [("b", "UDP", prompt(REFUSED_AFTER))]),
    distant("refused after 600 ms", "10.99.0.3", [("b", "UDP", prompt(0.6))]),
    distant("refused after 50 ms, without tcp_async", REFUSED,
            [("b", "UDP", prompt(REFUSED_AFTER))], core="tcp_async=no\n"),
    distant("refused after 50 ms, with nobody left: one 503", REFUSED, [],
            route=f'failover("sip:100@{{a}}/TCP", "{QUICK}")', caller=[100, 503],
            final_at=prompt(REFUSED_AFTER)),
    distant("refused after a 503", REFUSED,
            [("c", "UDP", at(0)), ("b", "UDP", prompt(REFUSED_AFTER))],
            route=f'failover("sip:9@{{c}} sip:100@{{a}}/TCP sip:101@{{b}}", "{QUICK}")',
            peers={"a": elsewhere(REFUSED), "b": RINGS_AND_ANSWERS, "c": [reply(503)]}),
    distant("refused after silence", REFUSED,
            [("c", "UDP", at(0)), ("b", "UDP", prompt(1 - 0.0625 + REFUSED_AFTER))],
            route=f'failover("sip:9@{{c}} sip:100@{{a}}/TCP sip:101@{{b}}", "{QUICK}")',
            peers={"a": elsewhere(REFUSED), "b": RINGS_AND_ANSWERS, "c": SILENT}),
    distant("no answer to the SYN: timer.inviting ends it", BLACK_HOLE,
            [("b", "UDP", at(1))]),
    distant("no answer to the SYN: the server's own limit ends it", BLACK_HOLE,
            [("b", "UDP", When("start", 1, late=LOOKS_AGAIN + PROMPT))],
            core="tcp_connect_timeout=1\n", settings="timer.inviting=9", within=12),
    distant("no answer to the SYN, and the caller gives up", BLACK_HOLE, [],
            cancel=when("caller", 100, 0.3), caller=[100, 487],
            final_at=When("start", 1, early=1)),
    distant("no answer to the SYN, and the caller gives up twice", BLACK_HOLE, [],
            cancel=when("caller", 100, 0.3, again=0.2), caller=[100, 487],
            final_at=When("start", 1, early=1)),
    distant("refused after 600 ms, when the caller has given up", "10.99.0.3", [],
            cancel=when("caller", 100, 0.3), caller=[100, 487],
            final_at=When("start", 1, early=1)),
]


def of_two(title, hosts, moment, **more):
    """A destination and a branch that the script adds, both at a distance."""
    return distant(f"both branches of a destination {title}", REFUSED,
        [("b", "UDP", moment)], **{"settings": "timer.inviting=5",
        "route": f'append_branch("sip:9@{hosts[1]}:5060;transport=tcp"); '
                 f'if (failover("sip:100@{hosts[0]}/TCP sip:101@{{b}}",'
                 ' "timer.inviting=5")) exit;',
        "modules": ("corex", "failover"), **more})


DISTANT += [
    of_two("are refused", ("10.99.0.2", "10.99.0.3"), prompt(0.6)),
    of_two("are refused, the other one first", ("10.99.0.3", "10.99.0.2"), prompt(0.6)),
]


def play_distant():
    own_network.Line(HOSTS)
    outcomes = play_all(DISTANT)
    return {s.title: (outcomes[id(s)].problems, outcomes[id(s)].report())
            for s in DISTANT}


@pytest.fixture(scope="module")
def distant_outcomes():
    return own_network.call(play_distant)


@pytest.mark.parametrize("title", [s.title for s in DISTANT])
def test_from_a_distance(distant_outcomes, title):
    problems, report = distant_outcomes[title]
    assert not problems, report


# -- the time until the next INVITE ----------------------------------------------------------

CALLS = 15


async def promptness(first, config_more, failed_of):
    """Seconds from each failure to the next INVITE, for some calls, and how long the
    machine delayed this process."""
    def config(names):
        return kamailio.Config(filled(
            'if (failover("sip:100@{a}/%s sip:101@{b}")) exit;' % config_more.pop("by"),
            names), **config_more)

    async with Stage({"a": first, "b": [reply(486)]}, config) as stage:
        caller = await stage.caller()
        with Lag() as lag:
            for number in range(CALLS):
                call = caller.call(filled("sip:9555@{proxy}", stage.names))
                await asyncio.wait_for(call.final, 12)
                await asyncio.sleep(0.017 * (number % 4))   # spreads the calls over the ticks of tm
        invites = [a.entry.time for a in attempts_of(stage.trace, ("b",))]
        return [i - f for i, f in zip(invites, failed_of(stage))], lag.worst


def assert_prompt(waits, lag):
    assert len(waits) == CALLS
    assert 0 <= min(waits) and max(waits) <= PROMPT + lag, (sorted(waits), lag)


@pytest.mark.timed("how soon the next INVITE leaves")
@pytest.mark.parametrize("how", ["closed", "rubbish", "reset"])
@pytest.mark.parametrize("by", ["TCP", "TLS"])
def test_the_next_invite_leaves_within_200_ms_of_the_failure(by, how):
    told = {"closed": {}, "rubbish": {"rubbish": b"nothing of the kind\r\n\r\n" * 9},
            "reset": {"reset": True}}[how]
    more = {"by": by}
    if by == "TLS":
        more |= {"modules": ("tls", "failover"), "modparams": KAMAILIO_TLS,
                 "globals": "enable_tls=yes\n", "sockets": ("udp4", "tls4")}
    assert_prompt(*asyncio.run(promptness(
        stranger(**told), more, lambda stage: stage.gateways["a"].failed)))


def refused_at_a_distance():
    line = own_network.Line(HOSTS)
    return asyncio.run(promptness(
        elsewhere(REFUSED), {"by": "TCP", "globals": from_afar()},
        lambda stage: line.refused[REFUSED]))


@pytest.mark.timed("how soon the next INVITE leaves")
def test_the_next_invite_leaves_within_200_ms_of_a_distant_refusal():
    assert_prompt(*own_network.call(refused_at_a_distance))
