# SPDX-License-Identifier: GPL-2.0-or-later
"""The plans of examples/: the five documented examples of the dial-plan language, each
alone and all of them in one plan, and the plan of the quick start. Gateways on loopback
replace the hosts."""

import re

import pytest

import kamailio
from scenario import SILENT, Scenario, at, later, redirect, reply, soon

ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]


def text_of(name, hosts):
    """A plan of examples/, with the names of peers instead of its hosts."""
    text = (kamailio.TOP / "examples" / name).read_text()
    for host, peer in hosts.items():
        assert host in text, host
        text = text.replace(host, "{" + peer + "}")
    return text


DOCUMENTED = text_of("brekeke.dialplan", {f"192.168.0.10{n}": peer for n, peer in
                                          enumerate("abc")})


def pasted(name):
    """Only the [Deploy Patterns] of one example."""
    rule = re.search(rf"^\[Rule {name}\]\n(.*?)(?=^#|\Z)", DOCUMENTED, re.M | re.S)[1]
    return rule[rule.index("[Deploy Patterns]"):].rstrip() + "\n"


BASIC, TRANSPORT, INVITING, PATTERN, REDIRECTION = map(
    pasted, ("basic", "transport", "inviting", "pattern", "redirection"))

RULED = "-" * 73 + "\n" + BASIC + "-" * 73 + "\n"

FIRST = ("a", "UDP", at(0), "sip:100@{a}")
SECOND = ("b", "UDP", soon(), "sip:101@{b}")

ALL = [
    Scenario("example 1, basic: an error response", plan=BASIC,
        peers={"a": [reply(503)], "b": ANSWERS, "c": ANSWERS},
        attempts=[FIRST, SECOND], caller=[100, 180, 200]),

    Scenario("example 1, basic: the second fails too", plan=BASIC,
        peers={"a": [reply(404)], "b": [reply(500)], "c": ANSWERS},
        attempts=[FIRST, SECOND, ("c", "UDP", soon(), "sip:102@{c}")],
        caller=[100, 180, 200]),

    Scenario("example 1, basic: no response for the 10 s of the default", plan=BASIC,
        peers={"a": SILENT, "b": ANSWERS, "c": ANSWERS},
        attempts=[FIRST, ("b", "UDP", later(10), "sip:101@{b}")],
        caller=[100, 180, 200], within=16),

    Scenario("example 1, basic: no final response for the 20 s of the default", plan=BASIC,
        peers={"a": [reply(180, after=0.1)], "b": ANSWERS, "c": ANSWERS},
        attempts=[FIRST, SECOND], cancelled_after={"a": 20},
        caller=[100, 180, 180, 200], within=26),

    Scenario("example 1, basic: with the ruler lines of the page, as a file", plan=RULED,
        plan_as_file=True, peers={"a": [reply(486)], "b": ANSWERS, "c": ANSWERS},
        attempts=[FIRST, SECOND], caller=[100, 180, 200]),

    Scenario("example 1, basic: as a file with CRLF and a BOM", plan_as_file=True,
        plan="\ufeff" + BASIC.replace("\n", "\r\n"),
        peers={"a": [reply(486)], "b": ANSWERS, "c": ANSWERS},
        attempts=[FIRST, SECOND], caller=[100, 180, 200]),

    Scenario("example 2, transport: all over TCP", plan=TRANSPORT,
        peers={"a": [reply(503)], "b": [reply(503)], "c": ANSWERS},
        attempts=[("a", "TCP", at(0), "sip:100@{a}"), ("b", "TCP", soon(), "sip:101@{b}"),
                  ("c", "TCP", soon(), "sip:102@{c}")],
        caller=[100, 180, 200]),

    Scenario("example 3, inviting: left after 30 s, not 10", plan=INVITING,
        peers={"a": SILENT, "b": ANSWERS, "c": ANSWERS},
        attempts=[FIRST, ("b", "UDP", later(30), "sip:101@{b}")],
        caller=[100, 180, 200], within=36),

    Scenario("example 4, pattern: a 404 matches", plan=PATTERN,
        peers={"a": [reply(404)], "b": ANSWERS, "c": ANSWERS},
        attempts=[FIRST, SECOND], caller=[100, 180, 200]),

    Scenario("example 4, pattern: a 504 does not match", plan=PATTERN,
        peers={"a": [reply(504)], "b": ANSWERS, "c": ANSWERS},
        attempts=[FIRST], caller=[100, 504]),

    Scenario("example 4, pattern: it does not matter when nobody responds", plan=PATTERN,
        peers={"a": SILENT, "b": ANSWERS, "c": ANSWERS},
        attempts=[FIRST, ("b", "UDP", later(10), "sip:101@{b}")],
        caller=[100, 180, 200], within=16),

    Scenario("example 5, redirection: to the Contact of a 302", plan=REDIRECTION,
        peers={"a": [redirect("<sip:9@{x}>")], "x": ANSWERS},
        attempts=[FIRST, ("x", "UDP", soon(), "sip:9@{x}")], caller=[100, 180, 200]),

    Scenario("example 5, redirection: a 404 does not match", plan=REDIRECTION,
        peers={"a": [reply(404)]}, attempts=[FIRST], caller=[100, 404]),
]




def of_all(number, title, attempts, caller, **peers):
    """A call to a number, with all five examples in one plan."""
    return Scenario(f"the five as one plan: {number}, {title}", plan=DOCUMENTED,
        uri=f"sip:{number}@{{proxy}}", attempts=attempts, caller=caller,
        peers={"a": SILENT, "b": ANSWERS, "c": ANSWERS, **peers})


ALL += [
    of_all(100, "basic", [FIRST, SECOND], [100, 180, 200], a=[reply(503)]),
    of_all(200, "transport",
        [("a", "TCP", at(0)), ("b", "TCP", soon()), ("c", "TCP", soon())], [100, 180, 200],
        a=[reply(503)], b=[reply(404)]),
    of_all(300, "inviting", [FIRST, SECOND], [100, 180, 200], a=[reply(486)]),
    of_all(400, "pattern", [FIRST], [100, 504], a=[reply(504)]),
    of_all(500, "redirection", [FIRST, ("b", "UDP", soon(), "sip:9@{b}")], [100, 180, 200],
        a=[redirect("<sip:9@{b}>")]),
    of_all(600, "no rule", [], [404]),
]


# -- the quick start -----------------------------------------------------------

HOSTS = {"trunk1.example.com": "t1", "192.0.2.12": "t2", "gw1.example.com": "g1",
         "192.0.2.22": "g2", "10.0.0.10": "office", "10.0.0.11": "mailbox"}
QUICKSTART = text_of("quickstart.dialplan", HOSTS)


def quickstart(number, title, attempts=(), caller=(100, 180, 200), **more):
    """A call to a number; the peers that are not named answer."""
    peers = {name: more.pop(name, ANSWERS) for name in HOSTS.values()}
    return Scenario(f"quick start: {number}, {title}", plan=QUICKSTART, peers=peers,
        uri=f"sip:{number}@{{proxy}}", attempts=list(attempts), caller=list(caller), **more)


def tried(peer, user, when=soon(), transport="UDP"):
    return (peer, transport, when, f"sip:{user}@{{{peer}}}")


EMERGENCY = {n: {"Priority": ["emergency"]} for n in (1, 2)}
ORDINARY = {n: {"Priority": []} for n in (1, 2)}

ALL += [
    quickstart(112, "the first trunk is busy",
        [tried("t1", 112, at(0)), tried("t2", 112)], t1=[reply(486)], carries=EMERGENCY),
    quickstart(911, "the first trunk is silent for 2 s",
        [tried("t1", 911, at(0)), tried("t2", 911, later(2))], t1=SILENT, carries=EMERGENCY),
    quickstart(112, "a redirect is not followed",
        [tried("t1", 112, at(0)), tried("t2", 112)], t1=[redirect("<sip:1@{g1}>")]),
    quickstart("004912345", "nobody calls abroad", caller=[403], final_at=at(0)),
    quickstart("9004912345", "nobody calls abroad", caller=[403]),
    quickstart(9555, "the first gateway fails",
        [tried("g1", 555, at(0), "TCP"), tried("g2", 555, transport="TCP")], g1=[reply(503)],
        carries=ORDINARY),
    quickstart(9555, "the first gateway is silent for 4 s",
        [tried("g1", 555, at(0), "TCP"), tried("g2", 555, later(4), "TCP")], g1=SILENT,
        within=12),
    quickstart(9555, "who is busy has been reached", [tried("g1", 555, at(0), "TCP")],
        [100, 486], g1=[reply(486)]),
    quickstart(9555, "who is asked for a password can answer",
        [tried("g1", 555, at(0), "TCP")], [100, 407], g1=[reply(407)]),
    quickstart(123, "the office answers", [tried("office", 123, at(0))]),
    quickstart("office", "nobody picks up within 20 s: the mailbox",
        [tried("office", "office", at(0)), tried("mailbox", "mailbox-office")],
        [100, 180, 180, 200], office=[reply(180, after=0.1)], cancelled_after={"office": 20},
        within=26),
    quickstart(1000, "nobody has that number", caller=[404]),
    quickstart("9x", "nobody has that number", caller=[404]),
]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_example(outcome):
    outcome.check()


def test_the_plans_have_the_rules_that_are_played_here():
    """A new rule needs a call here."""
    names = [re.findall(r"^\[Rule (.+)\]$", plan, re.M) for plan in (DOCUMENTED, QUICKSTART)]
    assert names == [["basic", "transport", "inviting", "pattern", "redirection"],
                     ["defaults", "emergency", "no calls abroad", "outside", "office", "nobody"]]
