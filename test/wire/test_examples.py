# SPDX-License-Identifier: GPL-2.0-or-later
"""The five documented examples of the dial-plan language: pasted as they are
but for the addresses, which are those of gateways on loopback."""

import pytest

from scenario import SILENT, Scenario, at, later, redirect, reply, soon

ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]

BASIC = """\
[Deploy Patterns]
To = sip:100@{a}
$session = failover sip:101@{b} sip:102@{c}
"""

TRANSPORT = """\
[Deploy Patterns]
To = sip:100@{a}
$transport = TCP
$session = failover sip:101@{b}/TCP sip:102@{c}/TCP
"""

INVITING = """\
[Deploy Patterns]
To = sip:100@{a}
$session = failover sip:101@{b} sip:102@{c}
&failover.timer.inviting = 30
"""

PATTERN = """\
[Deploy Patterns]
To = sip:100@{a}
$session = failover sip:101@{b} sip:102@{c}
&failover.pattern.response = 4..
"""

REDIRECTION = """\
[Deploy Patterns]
To = sip:100@{a}
$session = failover
&failover.pattern.response = 30.
&failover.redirection = true
"""

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

    Scenario("example 4, pattern: it is not asked when nobody responds", plan=PATTERN,
        peers={"a": SILENT, "b": ANSWERS, "c": ANSWERS},
        attempts=[FIRST, ("b", "UDP", later(10), "sip:101@{b}")],
        caller=[100, 180, 200], within=16),

    Scenario("example 5, redirection: to the Contact of a 302", plan=REDIRECTION,
        peers={"a": [redirect("<sip:9@{x}>")], "x": ANSWERS},
        attempts=[FIRST, ("x", "UDP", soon(), "sip:9@{x}")], caller=[100, 180, 200]),

    Scenario("example 5, redirection: a 404 does not match", plan=REDIRECTION,
        peers={"a": [reply(404)]}, attempts=[FIRST], caller=[100, 404]),
]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_example(outcome):
    outcome.check()
