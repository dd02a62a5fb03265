# SPDX-License-Identifier: GPL-2.0-or-later
"""The events of a call, each as a scenario."""

import pytest

from scenario import (IGNORES_CANCEL, NOBODY, SILENT, Peer, Scenario, When,
                      after_cancel, at, hangup, in_turn, ipv6, later, on_cancel,
                      redirect, reply, soon, when)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
QUICK = "timer.inviting=1; timer.provisional=1500ms"

# A label has at most 63 characters (RFC 1035). So this name fails to resolve at once, and
# no query leaves the machine.
NO_SUCH_HOST = "n" * 64 + ".invalid"


def on(family, script):
    """A gateway that follows the script, over IPv4 or IPv6."""
    return Peer((tuple(script),), family)


def next_destination(transport, family):
    """E1 over one transport, from caller to gateway."""
    return Scenario(f"E1: a 503 leads to the next destination, {transport} IPv{family}",
        route=f'failover("sip:100@{{a}}/{transport} sip:101@{{b}}/{transport}")',
        peers={"a": on(family, [reply(503)]), "b": on(family, RINGS_AND_ANSWERS)},
        attempts=[("a", transport, at(0), "sip:100@{a}"),
                  ("b", transport, soon(), "sip:101@{b}")],
        caller=[100, 180, 200], final_from="b", over=transport, family=family)


def silence(transport, family):
    """E3: the pattern does not matter for a timeout."""
    return Scenario(f"E3: silence leads on after timer.inviting, {transport} IPv{family}",
        route=f'failover("sip:100@{{a}}/{transport} sip:101@{{b}}/{transport}",'
              f' "{QUICK}; pattern.response=503")',
        peers={"a": on(family, SILENT), "b": on(family, RINGS_AND_ANSWERS)},
        attempts=[("a", transport, at(0), "sip:100@{a}"),
                  ("b", transport, later(1), "sip:101@{b}")],
        caller=[100, 180, 200], over=transport, family=family)


def rings_too_long(transport, family):
    return Scenario(f"E4: who rings too long is CANCELled, the next follows its 487, "
                    f"{transport} IPv{family}",
        route=f'failover("sip:100@{{a}}/{transport} sip:101@{{b}}/{transport}", "{QUICK}")',
        peers={"a": on(family, [reply(100), reply(180, after=0.3),
                                on_cancel(after=0.1)]),
               "b": on(family, RINGS_AND_ANSWERS)},
        attempts=[("a", transport, at(0)), ("b", transport, soon(), "sip:101@{b}")],
        cancelled_after={"a": 1.5}, caller=[100, 180, 180, 200], final_from="b",
        over=transport, family=family)


def ignores_cancel(transport):
    return Scenario(f"E4: who ignores its CANCEL is left 500 ms after it, {transport}",
        route=f'failover("sip:100@{{a}}/{transport} sip:101@{{b}}/{transport}", "{QUICK}")',
        peers={"a": [reply(180), IGNORES_CANCEL], "b": RINGS_AND_ANSWERS},
        attempts=[("a", transport, at(0)), ("b", transport, after_cancel(0.5))],
        cancelled_after={"a": 1.5}, caller=[100, 180, 180, 200], over=transport)


def short_provisional(transport):
    return Scenario(f"E4: timer.provisional may be the shorter one, {transport}",
        route=f'failover("sip:100@{{a}}/{transport} sip:101@{{b}}/{transport}",'
              ' "timer.inviting=5; timer.provisional=1")',
        peers={"a": [reply(180, after=0.1)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", transport, at(0)), ("b", transport, soon())],
        cancelled_after={"a": 1}, caller=[100, 180, 180, 200], over=transport)


EVERY_WAY = [(t, f) for t in ("UDP", "TCP") for f in (4, 6)]

REPLIES = [
    *(next_destination(*way) for way in EVERY_WAY),

    Scenario("E1: three destinations, in the order written",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}")',
        peers={"a": [reply(404)], "b": [reply(100), reply(500, after=0.1)],
               "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"), ("b", "UDP", soon(), "sip:101@{b}"),
                  ("c", "UDP", soon(), "sip:102@{c}")],
        caller=[100, 180, 200], final_from="c"),

    Scenario("E1: an answer ends the search, the rest of the list gets no INVITE",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:100@{a}")],
        caller=[100, 180, 200], final_from="a"),

    Scenario("E1: the next destination may use another transport",
        route='failover("sip:100@{a} sip:101@{b}/TCP sip:102@{c};transport=tcp")',
        peers={"a": [reply(503)], "b": [reply(503)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"), ("b", "TCP", soon(), "sip:101@{b}"),
                  ("c", "TCP", soon(), "sip:102@{c};transport=tcp")],
        caller=[100, 180, 200]),

    Scenario("E1: IPv6 fails, IPv4 answers",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": ipv6(reply(503)), "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"), ("b", "UDP", soon(), "sip:101@{b}")],
        caller=[100, 180, 200]),

    Scenario("E1: a destination that is listed twice is tried twice",
        route='failover("sip:100@{a} sip:100@{a}")',
        peers={"a": in_turn([reply(503)], RINGS_AND_ANSWERS)},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"), ("a", "UDP", soon(), "sip:100@{a}")],
        caller=[100, 180, 200]),

    Scenario("E1: the caller hears the ringing of every destination",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [reply(180), reply(486, after=0.2)],
               "b": [reply(183), reply(200, after=0.2)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 180, 183, 200], final_from="b"),

    Scenario("E2: 404 matches and leads on, 486 does not and ends the call",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}", "pattern.response=404")',
        peers={"a": [reply(404)], "b": [reply(486)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 486], final_from="b"),

    Scenario("E2: a 302 leads on, the 480 that does not match goes to the caller",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}",'
              ' "pattern.response=3..|5..; redirection=off")',
        peers={"a": [redirect("<sip:1@{c}>")], "b": [reply(480)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 480], final_from="b"),

    Scenario("E2: a reply that does not match ends the call at the first destination",
        route='failover("sip:100@{a} sip:101@{b}", "pattern.response=5..")',
        peers={"a": [reply(180), reply(486, after=0.1)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], caller=[100, 180, 486]),

    Scenario("E2: the reason phrase is not searched",
        route='failover("sip:100@{a} sip:101@{b}", "pattern.response=404")',
        peers={"a": [reply(410, reason="Error 404")], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], caller=[100, 410]),

    Scenario("E2: !486 matches everything but 486; here a 503",
        route='failover("sip:100@{a} sip:101@{b}", "pattern.response=!486")',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200]),

    Scenario("E2: !486 matches everything but 486; here a 486",
        route='failover("sip:100@{a} sip:101@{b}", "pattern.response=!486")',
        peers={"a": [reply(486)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], caller=[100, 486]),

    Scenario("E8: a 603 leads on like any other code",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [reply(603)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200]),

    *(Scenario(f"E9: a {code} is a challenge and goes to the caller",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [reply(code)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], caller=[100, code]) for code in (401, 407)),

    Scenario("E9: a 407 leads on where the pattern was written out",
        route='failover("sip:100@{a} sip:101@{b}", "pattern.response=.+")',
        peers={"a": [reply(407)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200]),
]

TIMEOUTS = [
    *(silence(*way) for way in EVERY_WAY),
    *(rings_too_long(*way) for way in EVERY_WAY),
    *(ignores_cancel(transport) for transport in ("UDP", "TCP")),
    *(short_provisional(transport) for transport in ("UDP", "TCP")),

    Scenario("E3: two silent destinations, each has its own timer.inviting",
        route=f'failover("sip:100@{{a}} sip:101@{{b}} sip:102@{{c}}", "{QUICK}")',
        peers={"a": SILENT, "b": SILENT, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(1)), ("c", "UDP", later(1))],
        caller=[100, 180, 200]),

    Scenario("E3: a UDP port without a server counts as silent",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": NOBODY, "b": RINGS_AND_ANSWERS},
        attempts=[("b", "UDP", at(1), "sip:101@{b}")], caller=[100, 180, 200]),

    Scenario("E4: a 100 alone starts timer.provisional and ends timer.inviting",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": [reply(100, after=0.6)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        cancelled_after={"a": 1.5}, caller=[100, 180, 200]),

    Scenario("E4: 180 again and again does not prolong timer.provisional",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": [reply(180, every=0.3)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        cancelled_after={"a": 1.5}, caller=[100, 180, 180, 200]),

    Scenario("E4: 100, 180, 183 in turn do not prolong timer.provisional",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": [reply(100), reply(180, after=0.5), reply(183, after=1.1)],
               "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        cancelled_after={"a": 1.5}, caller=[100, 180, 183, 180, 200]),

    Scenario("E4: a destination that answers within timer.provisional is not disturbed",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": [reply(180, after=0.5), reply(200, after=1.8)],
               "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], caller=[100, 180, 200]),

    Scenario("E4: the pattern does not matter for a destination that was given up",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}; pattern.response=503")',
        peers={"a": [reply(180)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        cancelled_after={"a": 1.5}, caller=[100, 180, 180, 200]),
]

SENDING = [
    Scenario("E5: a refused TCP connection leads to the next destination at once",
        route='failover("sip:100@{a}/TCP sip:101@{b}/TCP")',
        peers={"a": NOBODY, "b": RINGS_AND_ANSWERS},
        attempts=[("b", "TCP", at(0), "sip:101@{b}")], caller=[100, 180, 200]),

    Scenario("E5: refused after a reply leads to the next destination at once",
        route='failover("sip:100@{a} sip:101@{b}/TCP sip:102@{c}")',
        peers={"a": [reply(503)], "b": NOBODY, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("c", "UDP", soon(), "sip:102@{c}")],
        caller=[100, 180, 200]),

    Scenario("E5: refused after silence leads to the next destination at once",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}/TCP sip:102@{{c}}", "{QUICK}")',
        peers={"a": SILENT, "b": NOBODY, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("c", "UDP", later(1), "sip:102@{c}")],
        caller=[100, 180, 200]),

    Scenario("E5: a host name that does not resolve, first in the list",
        route=f'failover("sip:100@{NO_SUCH_HOST} sip:101@{{b}}")',
        peers={"b": RINGS_AND_ANSWERS},
        attempts=[("b", "UDP", at(0), "sip:101@{b}")], caller=[100, 180, 200]),

    Scenario("E5: a host name that does not resolve, after a reply",
        route=f'failover("sip:100@{{a}} sip:1@{NO_SUCH_HOST} sip:101@{{b}}")',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon(), "sip:101@{b}")],
        caller=[100, 180, 200]),

    Scenario("E5: no socket of that IP version",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": ipv6(reply(200)), "b": RINGS_AND_ANSWERS},
        sockets=("udp4", "tcp4"),
        attempts=[("b", "UDP", at(0), "sip:101@{b}")], caller=[100, 180, 200]),

    Scenario("E5: no socket of that transport",
        route='failover("sip:100@{a}/TCP sip:101@{b}")',
        peers={"a": [reply(200)], "b": RINGS_AND_ANSWERS}, sockets=("udp4",),
        attempts=[("b", "UDP", at(0), "sip:101@{b}")], caller=[100, 180, 200]),

    Scenario("E5: silent on UDP, refused on TCP, a 503, then answered",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}/TCP sip:102@{{c}}/TCP sip:103@{{d}}",'
              f' "{QUICK}")',
        peers={"a": SILENT, "b": NOBODY, "c": [reply(503)], "d": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"), ("c", "TCP", later(1), "sip:102@{c}"),
                  ("d", "UDP", soon(), "sip:103@{d}")],
        caller=[100, 180, 200]),

    Scenario("E5: nothing but send failures: one 503, promptly",
        route=f'failover("sip:100@{{a}}/TCP sip:1@{NO_SUCH_HOST} sip:102@{{b}}/TCP")',
        peers={"a": NOBODY, "b": NOBODY}, attempts=[], caller=[100, 503],
        final_at=at(0)),
]

LOST_CONNECTIONS = [
    Scenario(f"E5b: the connection {how} before any reply",
        route='failover("sip:100@{a}/TCP sip:101@{b}/TCP")',
        peers={"a": [hangup(after=0.4, reset=reset)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "TCP", at(0)), ("b", "TCP", When("attempt", 0.4))],
        caller=[100, 180, 200])
    for how, reset in (("is closed", False), ("is reset", True))
]

REDIRECTS = [
    Scenario("E6: two Contact header lines, in their order, before the rest",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [redirect("<sip:1@{c}>", "<sip:2@{d}>")], "b": RINGS_AND_ANSWERS,
               "c": [reply(503)], "d": [reply(503)]},
        attempts=[("a", "UDP", at(0)), ("c", "UDP", soon(), "sip:1@{c}"),
                  ("d", "UDP", soon(), "sip:2@{d}"), ("b", "UDP", soon(), "sip:101@{b}")],
        caller=[100, 180, 200]),

    Scenario("E6: two Contacts in one line, the higher q first",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [redirect("<sip:1@{c}>;q=0.2, <sip:2@{d}>;q=0.9")],
               "b": RINGS_AND_ANSWERS, "c": [reply(480)], "d": [reply(480)]},
        attempts=[("a", "UDP", at(0)), ("d", "UDP", soon(), "sip:2@{d}"),
                  ("c", "UDP", soon(), "sip:1@{c}"), ("b", "UDP", soon(), "sip:101@{b}")],
        caller=[100, 180, 200]),

    Scenario("E6: the transport of a Contact counts",
        route='failover("sip:100@{a}")',
        peers={"a": [redirect("<sip:1@{c};transport=tcp>")], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("c", "TCP", soon(), "sip:1@{c};transport=tcp")],
        caller=[100, 180, 200]),

    Scenario("E6: a Contact that was tried already is not tried again",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [redirect("<sip:100@{a}>")], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200]),

    Scenario("E6: a list entry that was tried as a Contact is skipped",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}")',
        peers={"a": [redirect("<sip:101@{b}>")], "b": [reply(503)],
               "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon(), "sip:101@{b}"),
                  ("c", "UDP", soon(), "sip:102@{c}")],
        caller=[100, 180, 200]),

    Scenario("E6: a redirection from a Contact is followed too",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [redirect("<sip:1@{c}>")], "c": [redirect("<sip:2@{d}>")],
               "d": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("c", "UDP", soon(), "sip:1@{c}"),
                  ("d", "UDP", soon(), "sip:2@{d}")],
        caller=[100, 180, 200]),

    Scenario("E6: the ?headers of a Contact are dropped",
        route='failover("sip:100@{a}")',
        peers={"a": [redirect("<sip:1@{c}?Subject=x>")], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("c", "UDP", soon(), "sip:1@{c}")],
        caller=[100, 180, 200]),

    Scenario("E6: without a usable Contact a 302 is a failure like any other",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [redirect("<tel:+15551234>", "<mailto:a@example.com>")],
               "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200]),

    Scenario("E6: when the Contacts fail, the caller does not get the 302",
        route='failover("sip:100@{a}")',
        peers={"a": [redirect("<sip:1@{c}>")], "c": [reply(480)]},
        attempts=[("a", "UDP", at(0)), ("c", "UDP", soon())],
        caller=[100, 480], final_from="c"),

    Scenario("E6: a 3xx that does not match is not followed",
        route='failover("sip:100@{a} sip:101@{b}", "pattern.response=5..")',
        peers={"a": [redirect("<sip:1@{c}>")], "b": RINGS_AND_ANSWERS,
               "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], caller=[100, 302]),

    Scenario("E7: redirection off: a matching 302 leads to the next in the list",
        route='failover("sip:100@{a} sip:101@{b}", "redirection=false")',
        peers={"a": [redirect("<sip:1@{c}>")], "b": RINGS_AND_ANSWERS,
               "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200]),

    Scenario("E7: redirection off and nothing left: the caller gets the 302",
        route='failover("sip:100@{a}", "redirection=off")',
        peers={"a": [redirect("<sip:1@{c}>")], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], caller=[100, 302], final_from="a"),
]

ENDS = [
    Scenario("E12: reply=last: the last reply, also when tm would prefer another",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}")',
        peers={"a": [reply(603)], "b": [reply(404)], "c": [reply(486)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
        caller=[100, 486], final_from="c"),

    Scenario("E12: reply=last, written out",
        route='failover("sip:100@{a} sip:101@{b}", "reply=last")',
        peers={"a": [reply(404)], "b": [reply(480)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 480], final_from="b"),

    Scenario("E12: a timeout at the end counts as 408",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": [reply(404)], "b": SILENT},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 408], final_at=later(1)),

    Scenario("E12: all silent: 408 when the last timer has run out",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}/TCP", "{QUICK}")',
        peers={"a": SILENT, "b": SILENT},
        attempts=[("a", "UDP", at(0)), ("b", "TCP", later(1))],
        caller=[100, 408], final_at=later(1)),

    Scenario("E12: the last one rings too long: CANCEL and 408",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": [reply(404)], "b": [reply(180)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        cancelled_after={"b": 1.5}, caller=[100, 180, 408]),

    Scenario("E12: a send failure at the end counts as 503",
        route='failover("sip:100@{a} sip:101@{b}/TCP")',
        peers={"a": [reply(404)], "b": NOBODY},
        attempts=[("a", "UDP", at(0))], caller=[100, 503], final_at=at(0)),

    Scenario("E12: a received 503 goes to the caller as tm remaps it",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [reply(404)], "b": [reply(503)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 500]),

    Scenario("E12: a received 503 goes to the caller unchanged, if tm is set so",
        route='failover("sip:100@{a} sip:101@{b}")',
        modparams=(("tm", "remap_503_500", 0),),
        peers={"a": [reply(404)], "b": [reply(503)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 503], final_from="b"),

    Scenario("E12: attempts=2 ends the list early",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}", "attempts=2")',
        peers={"a": [reply(404)], "b": [reply(480)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 480], final_from="b"),
]

CALLER_GIVES_UP = [
    Scenario("E11: CANCEL while the first destination rings",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [reply(180, after=0.1)], "b": RINGS_AND_ANSWERS},
        cancel=when("caller", 180, 0.2), attempts=[("a", "UDP", at(0))],
        cancelled=["a"], caller=[100, 180, 487]),

    Scenario("E11: CANCEL while the first destination rings, TCP",
        route='failover("sip:100@{a}/TCP sip:101@{b}/TCP")',
        peers={"a": [reply(180, after=0.1)], "b": RINGS_AND_ANSWERS},
        cancel=when("caller", 180, 0.2), attempts=[("a", "TCP", at(0))],
        cancelled=["a"], caller=[100, 180, 487], over="TCP"),

    Scenario("E11: CANCEL while the second destination rings",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}")',
        peers={"a": [reply(503)], "b": [reply(180, after=0.1)], "c": RINGS_AND_ANSWERS},
        cancel=when("b", 180, 0.2),
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        cancelled=["b"], caller=[100, 180, 487]),

    Scenario("E11: CANCEL while nobody has replied: 487 when the timer ends, at the latest",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": SILENT, "b": RINGS_AND_ANSWERS},
        cancel=when("caller", 100, 0.3), attempts=[("a", "UDP", at(0))],
        caller=[100, 487], final_at=When("start", 1, early=0.75)),
]

LATE_ANSWERS = [
    Scenario("E13: a 200 that crosses our CANCEL is the answer",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": [reply(180), on_cancel(then=200, after=0.1)],
               "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], cancelled_after={"a": 1.5},
        caller=[100, 180, 200], final_from="a"),

    Scenario("E13: a late 200 is the answer, and the attempt made meanwhile is CANCELled",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": [reply(180), on_cancel(then=200, after=0.8)], "b": [reply(183)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", after_cancel(0.5))],
        cancelled=["b"], cancelled_after={"a": 1.5},
        caller=[100, 180, 183, 200], final_from="a"),

    Scenario("E13: a 200 after timer.inviting is the answer too",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")',
        peers={"a": [reply(200, after=1.4)], "b": [reply(180)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(1))],
        cancelled=["b"], caller=[100, 180, 200], final_from="a"),
]

ROUTES = """
branch_route[EACH] { xlog("L_NOTICE", "branch route for $ru\\n"); }
onreply_route[EACH] { xlog("L_NOTICE", "onreply route for $rs\\n"); }
failure_route[END] { xlog("L_NOTICE", "failure route for $T_reply_code\\n"); @LAST@ }
"""
ARMED = 't_on_branch("EACH"); t_on_reply("EACH"); t_on_failure("END"); '

SCRIPT = [
    Scenario("script: branch and onreply routes run for every attempt, failure_route once",
        route=ARMED + 'if (failover("sip:100@{a} sip:101@{b} sip:102@{c}")) exit;',
        extra=ROUTES.replace("@LAST@", ""),
        peers={"a": [reply(404)], "b": [reply(180), reply(480, after=0.1)],
               "c": [reply(486)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
        caller=[100, 180, 486], final_from="c",
        logged={"branch route for sip:100@": 1, "branch route for sip:101@": 1,
                "branch route for sip:102@": 1, "onreply route for 404": 1,
                "onreply route for 180": 1, "onreply route for 480": 1,
                "onreply route for 486": 1, "failure route for": 1,
                "failure route for 486": 1}),

    Scenario("script: no failure_route for an answered call",
        route=ARMED + 'if (failover("sip:100@{a} sip:101@{b}")) exit;',
        extra=ROUTES.replace("@LAST@", ""),
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 180, 200], logged={"failure route for": 0}),

    Scenario("script: failure_route has the last word, here with a reply",
        route=ARMED + 'if (failover("sip:100@{a} sip:101@{b}")) exit;',
        extra=ROUTES.replace("@LAST@", 't_reply("480", "Try Later");'),
        peers={"a": [reply(404)], "b": [reply(486)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 480], logged={"failure route for 486": 1}),

    Scenario("script: failure_route has the last word, here with a relay elsewhere",
        route=ARMED + 'if (failover("sip:100@{a} sip:101@{b}")) exit;',
        extra=ROUTES.replace("@LAST@", '$ru = "sip:mailbox@{c}"; t_relay();'),
        peers={"a": [reply(404)], "b": [reply(486)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()),
                  ("c", "UDP", soon(), "sip:mailbox@{c}")],
        caller=[100, 180, 200], logged={"failure route for": 1}),

    Scenario("script: a list of gateways takes the user part of the R-URI",
        route='failover("sip:{a} sip:{b}")',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:9555@{a}"), ("b", "UDP", soon(), "sip:9555@{b}")],
        caller=[100, 180, 200]),

    Scenario("script: the request's own target first, then another",
        route='$ru = "sip:" + $rU + "@{a}"; if (failover("current sip:101@{b}")) exit;',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:9555@{a}"), ("b", "UDP", soon(), "sip:101@{b}")],
        caller=[100, 180, 200]),
]

def logs(level, times):
    """Each end of an attempt is one line of the log, at the level of the parameter."""
    return Scenario(f"log: attempt_log_level={level}: "
                    f"{'a line for each attempt' if times else 'no line'}",
        route='failover("sip:100@{a} sip:101@{b}/TCP sip:102@{c}", "timer.inviting=1")',
        modparams=(("failover", "attempt_log_level", level),),
        peers={"a": [reply(503)], "b": SILENT, "c": [reply(486)]},
        attempts=[("a", "UDP", at(0)), ("b", "TCP", soon()), ("c", "UDP", later(1))],
        caller=[100, 486],
        logged={"event=attempt": 3 * times, "event=call": times,
                "result=503": times, "result=inviting": times, "result=486": times,
                "reason=first": times, "outcome=exhausted code=486": times})


LOGS = [logs(1, 1), logs(3, 0)]

ALL = [*LOGS, *REPLIES, *TIMEOUTS, *SENDING, *LOST_CONNECTIONS, *REDIRECTS, *ENDS,
       *CALLER_GIVES_UP, *LATE_ANSWERS, *SCRIPT]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_event(outcome):
    outcome.check()
