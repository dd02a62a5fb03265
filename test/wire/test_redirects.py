# SPDX-License-Identifier: GPL-2.0-or-later
"""Contacts of a 3xx, valid and invalid, each as a scenario. test_events has the usual
ones."""

import pathlib
import string
import tempfile

import pytest

import certificates
from scenario import (NOBODY, SILENT, Peer, Scenario, When, at, in_turn, ipv6, later, redirect,
                      reply, soon, when)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
NO_SUCH_HOST = "n" * 64 + ".invalid"       # fails without a DNS query

TWO = 'failover("sip:100@{a} sip:101@{b}")'
FIRST = ("a", "UDP", at(0), "sip:100@{a}")
LAST = ("b", "UDP", soon(), "sip:101@{b}")


def not_followed(title, *contacts, settings="", peers=None, **more):
    """None of these Contacts is followed: the next destination of the list follows."""
    route = f'failover("sip:100@{{a}} sip:101@{{b}}", "{settings}")' if settings else TWO
    return Scenario(title, route=route,
        **{"peers": {"a": [redirect(*contacts)], "b": RINGS_AND_ANSWERS,
                     "c": RINGS_AND_ANSWERS, **(peers or {})},
           "attempts": [FIRST, LAST], "caller": [100, 180, 200], "final_from": "b", **more})


def followed(title, contact, uri="sip:1@{c}", transport="UDP", headers=(), peers=None,
             **more):
    """This Contact is followed, and answers."""
    return Scenario(title,
        **{"route": TWO, "peers": {"a": [redirect(contact)], "b": RINGS_AND_ANSWERS,
                     "c": RINGS_AND_ANSWERS, **(peers or {})},
           "attempts": [FIRST, ("c", transport, soon(), uri)],
           "caller": [100, 180, 200], "final_from": "c", **more})


def in_order(title, contacts, order, **more):
    """The Contacts, all at c, are tried in the order of these users."""
    return Scenario(title,
        **{"route": TWO, "peers": {"a": [redirect(*contacts)], "b": RINGS_AND_ANSWERS,
                     "c": [reply(480)]},
           "attempts": [FIRST, *(("c", "UDP", soon(), f"sip:{u}@{{c}}") for u in order), LAST],
           "caller": [100, 180, 200], "final_from": "b", **more})


# many names of two letters, and a URI with all of them
NAMES = [x + y for x in string.ascii_lowercase for y in string.ascii_lowercase]
AT_ONCE = When("end", 0, early=0, late=0.2)


def with_params(count, user="1"):
    return f"<sip:{user}@{{c}}{''.join(';' + name for name in NAMES[:count])}>"


def flood(title, contacts, settings, attempts=(), b=AT_ONCE, **more):
    """A 302 with the greatest size of a datagram; the next INVITE leaves within 200 ms."""
    assert 45_000 < sum(len(c) + 23 for c in contacts) < 65_000
    return Scenario(f"a 302 of the size of a datagram: {title}",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{settings}")',
        peers={"a": [redirect(*contacts)], "b": RINGS_AND_ANSWERS, "c": [reply(480)]},
        attempts=[FIRST, *attempts, ("b", "UDP", b)], caller=[100, 180, 200],
        final_from="b", **more)


MUCH = [
    flood("60 Contacts of 300 parameters, of which none is followed",
        [with_params(300, str(n)) for n in range(60)], "redirection.max=1"),
    flood("the same one 60 times", [with_params(300)] * 60, "redirection.max=1"),
    flood("600 Contacts of 20 parameters, of which one is followed",
        [with_params(20, str(n)) for n in range(600)], "redirection.max=1",
        [("c", "UDP", AT_ONCE)]),
    flood("600 Contacts of 20 parameters, of which ten are followed",
        [with_params(20, str(n)) for n in range(600)], "redirection.max=10",
        [("c", "UDP", AT_ONCE)] * 10),
    not_followed("a Contact with more than 20 parameters", with_params(21)),
]

NONE_TO_FOLLOW = [
    not_followed("a 302 without Contact"),
    not_followed("a 302 with an empty Contact", ""),
    not_followed("Contact: *", "*"),
    *(not_followed(f"Contact: {what}", value) for what, value in (
        ("garbage", "%$§ &&& ???"), ("an unclosed bracket", "<sip:1@{c}"),
        ("an unclosed quote", '"Bob <sip:1@{c}>'), ("a scheme alone", "<sip:>"),
        ("nothing in brackets", "<>"), ("no scheme", "<1@{c}>"),
        ("an unclosed IPv6 address", "<sip:1@[::1>"), ("port 0", "<sip:1@127.0.0.1:0>"),
        ("port 65536", "<sip:1@127.0.0.1:65536>"), ("port 5060x", "<sip:1@127.0.0.1:5060x>"),
        ("a blank in the URI", "<sip:1 2@{c}>"), ("commas", ",,,"),
        ("a URI beyond the limit", f"<sip:{'1' * 1100}@{{c}}>"))),
    not_followed("the destination itself", "<sip:100@{a}>"),
    not_followed("the destination itself, in another spelling", "<SIP:%3100@{a};unknown=1>"),
    *(not_followed(f"a {scheme} URI", f"<{uri}>") for scheme, uri in (
        ("tel", "tel:+15551234"), ("http", "http://{c}/"), ("mailto", "mailto:a@example.com"),
        ("urn", "urn:service:sos"), ("data", "data:text/plain,x"))),
    not_followed("sips without TLS counts as a send failure", "<sips:1@{c}>"),
    not_followed(";transport=ws", "<sip:1@{c};transport=ws>"),
    not_followed(";transport=wss", "<sip:1@{c};transport=wss>"),
    not_followed(";transport=sctp without SCTP", "<sip:1@{c};transport=sctp>"),
    not_followed("an unknown transport", "<sip:1@{c};transport=tcpx>"),
    not_followed("a host name that does not resolve", f"<sip:1@{NO_SUCH_HOST}>"),
    not_followed("IPv6 without a socket for it", "<sip:1@{c}>",
                 peers={"c": ipv6(*RINGS_AND_ANSWERS)}, sockets=("udp4", "tcp4")),
    not_followed("redirection.max=0", "<sip:1@{c}>", settings="redirection.max=0"),
    not_followed("a 305 without Contact", peers={"a": [redirect(code=305)]}),
    not_followed("a Contact that refuses connections", "<sip:1@{c};transport=tcp>",
                 peers={"c": NOBODY}),

    Scenario("a 302 without Contact, and nothing left: the caller gets it",
        route='failover("sip:100@{a}")', peers={"a": [redirect()]}, attempts=[FIRST],
        caller=[100, 302], final_from="a"),
]

FOLLOWED = [
    *(followed(f"a {code} is followed", "<sip:1@{c}>", peers={"a": [redirect("<sip:1@{c}>",
               code=code)]}) for code in (300, 301, 305, 380)),
    followed("a Contact with 20 parameters", with_params(20), with_params(20)[1:-1]),
    followed("the same number at another host", "<sip:100@{c}>", "sip:100@{c}"),
    followed("expires=0 has no effect", "<sip:1@{c}>;expires=0"),
    followed("a display name and a comma in it", '"Doe, <sip:x@y>, J" <sip:1@{c}>'),
    followed("an address without brackets", "sip:1@{c}"),
    followed("?Route= is not sent",
             "<sip:1@{c}?Route=%3Csip:192.0.2.1%3Blr%3E&Subject=x>",
             carries={2: {"Route": [], "Subject": []}}),
    followed("?Replaces=", "<sip:1@{c};user=phone?Replaces=x%3Bto-tag=1>",
             "sip:1@{c};user=phone", carries={2: {"Replaces": []}}),
    followed(";lr", "<sip:1@{c};lr>", "sip:1@{c};lr", carries={2: {"Route": []}}),
    followed(";maddr= is the next hop", "<sip:1@192.0.2.1:{c_port};maddr=127.0.0.1>",
             "sip:1@192.0.2.1:{c_port};maddr=127.0.0.1"),
    followed(";transport=TCP, in capitals", "<sip:1@{c};transport=TCP>",
             "sip:1@{c};transport=TCP", "TCP"),
    followed("IPv6", "<sip:1@{c}>", peers={"c": ipv6(*RINGS_AND_ANSWERS)}),
    followed("a URI without user part is taken as it is", "<sip:{c}>", "sip:{c}"),
    followed("escapes stay as they are", "<sip:%31%40x@{c}>", "sip:%31%40x@{c}"),
    followed("the same URI over another transport is another URI",
             "<sip:100@{c};transport=tcp>", "sip:100@{c};transport=tcp", "TCP"),
    followed("a 302 over TCP", "<sip:1@{c}>", route='failover("sip:100@{a}/TCP")',
             attempts=[("a", "TCP", at(0)), ("c", "UDP", soon(), "sip:1@{c}")]),
    followed("a 302 after ringing", "<sip:1@{c}>",
             peers={"a": [reply(180), redirect("<sip:1@{c}>", after=0.3)]},
             caller=[100, 180, 180, 200]),

    Scenario("only the valid Contacts are followed",
        route=TWO, peers={"a": [redirect("<tel:1>, <sip:1@{c}>;q=0.1", "*", "%%% ,,,",
                                         "<sip:2@{c}>;q=0.2")],
                          "b": RINGS_AND_ANSWERS, "c": [reply(480)]},
        attempts=[FIRST, ("c", "UDP", soon()), ("c", "UDP", soon()), LAST],
        caller=[100, 180, 200]),

    Scenario("a Contact that never answers is left as any destination",
        route='failover("sip:100@{a} sip:101@{b}", "timer.inviting=700ms")',
        peers={"a": [redirect("<sip:1@{c}>")], "b": RINGS_AND_ANSWERS, "c": SILENT},
        attempts=[FIRST, ("c", "UDP", soon(), "sip:1@{c}"),
                  ("b", "UDP", later(0.7), "sip:101@{b}")],
        caller=[100, 180, 200]),

    Scenario("a Contact has the timers of the call, not those of the destination that redirected",
        route='failover("sip:100@{a}{inviting=5,pattern=3..} sip:101@{b}",'
              ' "timer.inviting=700ms; pattern.response=480")',
        peers={"a": [redirect("<sip:1@{c}>, <sip:2@{d}>;q=0.5")], "b": RINGS_AND_ANSWERS,
               "c": SILENT, "d": [reply(480)]},
        attempts=[FIRST, ("c", "UDP", soon()), ("d", "UDP", later(0.7)), LAST],
        caller=[100, 180, 200]),

    Scenario("a Contact that rings too long is CANCELled",
        route='failover("sip:100@{a} sip:101@{b}", "timer.provisional=1")',
        peers={"a": [redirect("<sip:1@{c}>")], "b": RINGS_AND_ANSWERS, "c": [reply(180)]},
        attempts=[FIRST, ("c", "UDP", soon()), LAST], cancelled_after={"c": 1},
        caller=[100, 180, 180, 200]),

    Scenario("the caller gives up while a Contact rings",
        route=TWO, peers={"a": [redirect("<sip:1@{c}>, <sip:2@{c}>;q=0.1")],
                          "b": RINGS_AND_ANSWERS, "c": [reply(180)]},
        cancel=when("caller", 180, 0.2), attempts=[FIRST, ("c", "UDP", soon())],
        cancelled=["c"], caller=[100, 180, 487]),

    Scenario("a 302 from a Contact goes before the other Contacts",
        route=TWO, peers={"a": [redirect("<sip:1@{c}>, <sip:2@{d}>;q=0.5")],
                          "b": RINGS_AND_ANSWERS, "d": [reply(480)],
                          "c": [redirect("<sip:3@{d}>;q=0.1")]},
        attempts=[FIRST, ("c", "UDP", soon(), "sip:1@{c}"), ("d", "UDP", soon(), "sip:3@{d}"),
                  ("d", "UDP", soon(), "sip:2@{d}"), LAST],
        caller=[100, 180, 200]),

    Scenario("A redirects to B, B to A: each is tried once",
        route='failover("sip:100@{a}")',
        peers={"a": [redirect("<sip:101@{b}>")], "b": [redirect("<sip:100@{a}>")]},
        attempts=[FIRST, LAST], caller=[100, 302], final_from="b"),

    Scenario("a transport written out makes another URI (RFC 3261 19.1.4), once",
        route=TWO, peers={"a": [redirect("<sip:100@{a};transport=udp>")],
                          "b": RINGS_AND_ANSWERS},
        attempts=[FIRST, ("a", "UDP", soon(), "sip:100@{a};transport=udp"), LAST],
        caller=[100, 180, 200]),

    Scenario("three that redirect to one another, then the rest of the list",
        route='failover("sip:1@{a} sip:101@{b}")',
        peers={"a": [redirect("<sip:1@{c}>")], "c": [redirect("<sip:1@{d}>")],
               "d": [redirect("<sip:1@{a}>, <sip:1@{c}>, <sip:1@{d}>")],
               "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("c", "UDP", soon()), ("d", "UDP", soon()), LAST],
        caller=[100, 180, 200]),

    Scenario("a Contact that is also later in the list is tried once",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}")',
        peers={"a": [redirect("<sip:102@{c}>")], "b": RINGS_AND_ANSWERS, "c": [reply(480)]},
        attempts=[FIRST, ("c", "UDP", soon(), "sip:102@{c}"), LAST],
        caller=[100, 180, 200]),

    Scenario("a list entry over another transport than the Contact of that URI is tried",
        route='failover("sip:100@{a} sip:101@{b}/TCP")',
        peers={"a": [redirect("<sip:101@{b}>")], "b": in_turn([reply(480)], RINGS_AND_ANSWERS)},
        attempts=[FIRST, LAST, ("b", "TCP", soon(), "sip:101@{b}")],
        caller=[100, 180, 200]),
]

ORDER = [
    in_order("equal q, in one line: header order",
             ["<sip:1@{c}>;q=0.5, <sip:2@{c}>;q=0.5, <sip:3@{c}>;q=0.5"], "123"),
    in_order("equal q over several lines, one after the other",
             ["<sip:1@{c}>, <sip:2@{c}>", "<sip:3@{c}>"], "123"),
    in_order("q from several lines is compared",
             ["<sip:1@{c}>;q=0.1", "<sip:2@{c}>;q=0.35, <sip:3@{c}>;q=0.36", "<sip:4@{c}>;q=1"],
             "4321"),
    in_order("q has three decimals", ["<sip:1@{c}>;q=0.001, <sip:2@{c}>;q=0.002,"
                                      " <sip:3@{c}>;q=0"], "213"),
    in_order("without q it is 1", ["<sip:1@{c}>;q=0.9, <sip:2@{c}>"], "21"),
    *(in_order(f"q={q} counts as 1", [f"<sip:1@{{c}}>;q=0.9, <sip:2@{{c}}>;q={q},"
                                           " <sip:3@{c}>;q=1"], "231")
      for q in ("1.001", "-1", "zz", "1e3", '"1"', "99999999999999999999")),
    in_order("a Contact that stands there twice is tried once",
             ["<sip:1@{c}>, <sip:2@{c}>;q=0.2", "<sip:1@{c}>;q=0.1"], "12"),
    in_order("equal by RFC 3261 is tried once",
             ["<sip:1@{c}>, <SIP:%31@{c}>, <sip:1@{c};unknown=1>"], "1"),
    in_order("of 100 Contacts redirection.max are followed, by default 10",
             [f"<sip:{n}@{{c}}>" for n in range(100)], range(10)),
    in_order("of 100 Contacts in one line too",
             [", ".join(f"<sip:{n}@{{c}}>" for n in range(100))], range(10)),
    in_order("the cap cuts off those with the lowest q",
             ["<sip:1@{c}>;q=0.1, <sip:2@{c}>;q=0.3, <sip:3@{c}>;q=0.2"], "23",
             route='failover("sip:100@{a} sip:101@{b}", "redirection.max=2")'),
    in_order("what cannot be followed takes nothing from the cap",
             ["<tel:1>, <sip:100@{a}>, <sip:1@{c}>, <sip:2@{c}>"], "12",
             route='failover("sip:100@{a} sip:101@{b}", "redirection.max=2")'),

    Scenario("always new URIs: redirection.max ends it, the list goes on",
        route=TWO, peers={"a": [redirect("<sip:0@{c}>")], "b": RINGS_AND_ANSWERS,
                          "c": in_turn(*([redirect(f"<sip:{n}@{{c}}>")]
                                         for n in range(1, 14)))},
        attempts=[FIRST, *(("c", "UDP", soon(), f"sip:{n}@{{c}}") for n in range(10)), LAST],
        caller=[100, 180, 200]),

    Scenario("always new URIs, and only the branches of the server as a limit",
        route='failover("sip:100@{a} sip:101@{b}", "redirection.max=30")',
        peers={"a": [redirect("<sip:0@{c}>")], "b": RINGS_AND_ANSWERS,
               "c": in_turn(*([redirect(f"<sip:{n}@{{c}}>")] for n in range(1, 14)))},
        attempts=[FIRST, *(("c", "UDP", soon(), f"sip:{n}@{{c}}") for n in range(11))],
        caller=[100, 302], final_from="c"),

    Scenario("redirection.max counts over the whole call",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{d}", "redirection.max=3")',
        peers={"a": [redirect("<sip:1@{c}>, <sip:2@{c}>")],
               "b": [redirect("<sip:3@{c}>, <sip:4@{c}>")], "c": [reply(480)],
               "d": RINGS_AND_ANSWERS},
        attempts=[FIRST, ("c", "UDP", soon(), "sip:1@{c}"), ("c", "UDP", soon(), "sip:2@{c}"),
                  LAST, ("c", "UDP", soon(), "sip:3@{c}"), ("d", "UDP", soon())],
        caller=[100, 180, 200]),
]


def allowing(title, pattern, users):
    """Which of the Contacts 1@c (UDP) and +1@c (TCP) are followed."""
    ways = {"1": ("UDP", "sip:1@{c}"), "+1": ("TCP", "sip:+1@{c};transport=tcp")}
    return Scenario(title,
        route=f"failover(\"sip:100@{{a}} sip:101@{{b}}\", \"redirection.allow='{pattern}'\")",
        peers={"a": [redirect("<sip:1@{c}>, <sip:+1@{c};transport=tcp>;q=0.5")],
               "b": RINGS_AND_ANSWERS, "c": [reply(480)]},
        attempts=[FIRST, *(("c", ways[u][0], soon(), ways[u][1]) for u in users), LAST],
        caller=[100, 180, 200])


ALLOWED = [
    allowing("redirection.allow: all that match", "^sip:", ["1", "+1"]),
    allowing("redirection.allow: only what matches", "@127[.]0[.]0[.]1(:[0-9]+)?$$", ["1"]),
    allowing("redirection.allow: the pattern is searched, parameters too", "transport", ["+1"]),
    allowing("redirection.allow: a leading ! negates", "!^sip:[+]", ["1"]),
    allowing("redirection.allow: nothing matches: as without Contacts", "@192[.]0[.]2[.]", []),
    allowing("redirection.allow: a value with ; in quotes", "x;|[+]1", ["+1"]),
    in_order("redirection.allow: what is not allowed takes nothing from the cap",
             ["<sip:1@{c}>, <sip:2@{c}>, <sip:33@{c}>"], ["33"],
             route='failover("sip:100@{a} sip:101@{b}",'
                   ' "redirection.allow=!sip:[12]@; redirection.max=1")'),
    in_order("redirection.allow: by a parameter", ["<sip:1@{c}>, <sip:2@{c}>"], "2",
             modparams=(("failover", "redirection_allow", "sip:2@"),)),
]


KEPT = tempfile.TemporaryDirectory(prefix="failover-tls-")   # gone at the end
FILES = certificates.make(pathlib.Path(KEPT.name))
KAMAILIO_TLS = (("tls", "private_key", str(FILES / "server.key")),
                ("tls", "certificate", str(FILES / "server.pem")),
                ("tls", "ca_list", str(FILES / "ca.pem")), ("tls", "tls_method", "TLSv1.2+"))


def secure(*script):
    """A gateway that speaks TLS."""
    return Peer((script,), tls=certificates.context(FILES, "server"))


def secured(title, route, attempts, peers):
    """A redirection on a server with TLS; the last destination in the list is busy."""
    return Scenario(title, route=route, peers={**peers, "b": [reply(486)]},
        attempts=attempts, caller=[100, 486], final_from="b", modules=("tls", "failover"),
        modparams=KAMAILIO_TLS, globals="enable_tls=yes\n", sockets=("udp4", "tls4"))


FROM_SIPS = 'failover("sips:100@{a} sip:101@{b}")'
SIPS_A, TLS_C = ("a", "TLS", at(0), "sips:100@{a}"), ("c", "TLS", soon(), "sips:1@{c}")

SIPS = [
    secured("from sips to sip none is followed", FROM_SIPS, [SIPS_A, LAST],
            {"a": secure(redirect("<sip:1@{c}>")), "c": RINGS_AND_ANSWERS}),
    secured("from sips to sip over TLS neither", FROM_SIPS, [SIPS_A, LAST],
            {"a": secure(redirect("<sip:1@{c};transport=tls>")), "c": secure(reply(480))}),
    secured("from sips to sips", FROM_SIPS, [SIPS_A, TLS_C, LAST],
            {"a": secure(redirect("<sip:2@{c}>, <sips:1@{c}>;q=0.5")),
             "c": secure(reply(480))}),
    secured("from sips to sips to sip", FROM_SIPS, [SIPS_A, TLS_C, LAST],
            {"a": secure(redirect("<sips:1@{c}>")), "c": secure(redirect("<sip:2@{b}>"))}),
    secured("from sip to sips", TWO, [FIRST, TLS_C, LAST],
            {"a": [redirect("<sips:1@{c}>")], "c": secure(reply(480))}),
]

ALL = [*MUCH, *NONE_TO_FOLLOW, *FOLLOWED, *ORDER, *ALLOWED, *SIPS]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_redirect(outcome):
    outcome.check()
