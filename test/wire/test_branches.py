# SPDX-License-Identifier: GPL-2.0-or-later
"""Each branch has its own record: the connection that carried it, and the state of each
of several branches of one destination."""

import asyncio

import pytest

import kamailio
from peers import Gateway
from scenario import (SILENT, Peer, Scenario, Stage, When, at, attempts_of, filled, hangup,
                      in_turn, later, on_cancel, reply, soon)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
SLOW = "timer.inviting=5; timer.provisional=5"
PROMPT = 0.2                   # from a loss to the next INVITE
HERE = ("127.0.0.1", "127.0.0.2")
SOCKETS = "listen=tcp:127.0.0.2:@PORT@\n"


def behind(seconds):
    """At once, this number of seconds after the previous INVITE."""
    return When("attempt", seconds, early=0.0, late=PROMPT)


# -- one gateway from two sockets ------------------------------------------------------

def by_socket(user, number, peer="a"):
    return f"sip:{user}@{{{peer}}}/TCP{{socket=tcp:{HERE[number]}:@PORT@}}"


def two_sockets(title, a, attempts, order=(0, 1), **more):
    """The first two destinations are one gateway, over two sockets."""
    return Scenario(f"one gateway from two sockets: {title}",
        **{"route": f'failover("{by_socket(100, order[0])} {by_socket(101, order[1])}'
                    f' sip:102@{{b}}", "{SLOW}")',
           "globals": SOCKETS, "sockets": ("udp4", "tcp4"), "attempts": attempts,
           "peers": {"a": in_turn(*a), "b": RINGS_AND_ANSWERS}, "caller": [100, 180, 200],
           "modparams": (("tm", "wt_timer", 1000),), **more})


# The connection of the first attempt closes while the second attempt is made. If both use
# one connection, it closes for both.
LOST_TOO = ([("b", "UDP", When("attempt", 0.3, early=0.1, late=PROMPT))]
            if kamailio.TAKES_ANY_CONNECTION else [])


IS_WELL = SILENT if LOST_TOO else [reply(180, after=0.8), reply(200, after=1)]
WELL = "the second is lost with it" if LOST_TOO else "the second is well"
ANSWERS = "b" if LOST_TOO else "a"
FIRST = ("a", "TCP", at(0), "sip:100@{a}")
SECOND = ("a", "TCP", soon(), "sip:101@{a}")
CONNECTIONS = [
    scenario for order, which in (((0, 1), ""), ((1, 0), ", the other way round"))
    for scenario in (
        two_sockets(f"that of the second closes{which}", [[reply(503)], [hangup(after=0.4)]],
            [FIRST, SECOND, ("b", "UDP", behind(0.4))], order, final_from="b"),
        two_sockets(f"that of the second is reset{which}",
            [[reply(503)], [hangup(after=0.4, reset=True)]],
            [FIRST, SECOND, ("b", "UDP", behind(0.4))], order, final_from="b"),
        two_sockets(f"that of the first closes when the third has it{which}",
            [[reply(503)], [reply(503)], [hangup(after=0.4)]],
            [FIRST, SECOND, ("a", "TCP", soon(), "sip:103@{a}"), ("b", "UDP", behind(0.4))],
            order, final_from="b",
            route=f'failover("{by_socket(100, order[0])} {by_socket(101, order[1])}'
                  f' {by_socket(103, order[0])} sip:102@{{b}}", "{SLOW}")'),
        two_sockets(f"that of the first closes, {WELL}{which}",
            [[reply(503), hangup(after=0.3, anyhow=True)], IS_WELL],
            [FIRST, SECOND, *LOST_TOO], order,
            final_from=ANSWERS),
        two_sockets(f"that of the first, silent, closes late, {WELL}{which}",
            [[hangup(after=1.3, anyhow=True)], IS_WELL],
            [FIRST, ("a", "TCP", later(1), "sip:101@{a}"),
             *LOST_TOO], order, final_from=ANSWERS,
            route=f'failover("{by_socket(100, order[0])} {by_socket(101, order[1])}'
                  ' sip:102@{b}", "timer.inviting=1; timer.provisional=5")'))
]


# -- several branches of one destination ---------------------------------------------------

def branches(title, peers, attempts, over=("TCP", "TCP"), **more):
    """c is a branch that the script adds; a is the first destination."""
    return Scenario(f"branches of one destination: {title}",
        **{"route": f'append_branch("sip:103@{{c}};transport={over[1].lower()}"); '
                    f'if (failover("sip:100@{{a}}/{over[0]} sip:101@{{b}}", "{SLOW}")) exit;',
           "modules": ("corex", "failover"), "peers": {"b": RINGS_AND_ANSWERS, **peers},
           "attempts": [("a", over[0], at(0)), ("c", over[1], at(0)), *attempts],
           "caller": [100, 180, 200], "modparams": (("tm", "wt_timer", 1000),), **more})


def next_at(seconds):
    return [("b", "UDP", When("start", seconds, early=0.0, late=PROMPT))]


BRANCHES = [
    branches("both connections close", {"a": [hangup(after=0.3)], "c": [hangup(after=0.3)]},
        next_at(0.3), final_from="b"),
    branches("both connections are reset, one after the other",
        {"a": [hangup(after=0.2, reset=True)], "c": [hangup(after=0.6, reset=True)]},
        next_at(0.6), final_from="b"),
    branches("the second closes first", {"a": [hangup(after=0.6)], "c": [hangup(after=0.2)]},
        next_at(0.6), final_from="b"),
    branches("one is busy, the other closes", {"a": [reply(486)], "c": [hangup(after=0.4)]},
        next_at(0.4), final_from="b"),
    branches("the other closes, one is busy later",
        {"a": [reply(486, after=0.6)], "c": [hangup(after=0.2)]}, next_at(0.6),
        final_from="b"),
    branches("the second closes, the first answers",
        {"a": [reply(180, after=0.5), reply(200, after=0.7)], "c": [hangup(after=0.2)]}, [],
        final_from="a"),
    branches("the first closes, the second answers",
        {"a": [hangup(after=0.2)], "c": [reply(180, after=0.5), reply(200, after=0.7)]}, [],
        final_from="c"),
    branches("the first, over UDP, is busy, the second closes",
        {"a": [reply(486)], "c": [hangup(after=0.4)]}, next_at(0.4), ("UDP", "TCP"),
        final_from="b"),
    branches("the first rings, and then too long; the second closes: the total of both",
        {"a": [reply(180, after=0.1), on_cancel()], "c": [hangup(after=0.3)]},
        [("b", "UDP", at(1.1))], cancelled_after={"a": 1}, caller=[100, 180, 180, 200],
        final_from="b", route='append_branch("sip:103@{c};transport=tcp"); if (failover('
        '"sip:100@{a}/TCP sip:101@{b}", "timer.inviting=5; timer.provisional=1")) exit;'),
    branches("each rings for timer.provisional from its own first 1xx",
        {"a": [reply(180, after=0.1)], "c": [reply(180, after=0.6)]},
        [("b", "UDP", at(1.6))], cancelled_after={"a": 1, "c": 1},
        caller=[100, 180, 180, 180, 200], final_from="b",
        route='append_branch("sip:103@{c};transport=tcp"); if (failover('
        '"sip:100@{a}/TCP sip:101@{b}", "timer.inviting=5; timer.provisional=1")) exit;'),
    branches("one rings, the other is silent: that one has timer.inviting",
        {"a": [reply(180, after=0.1)], "c": SILENT},
        [("b", "UDP", at(2.1))], cancelled_after={"a": 2}, caller=[100, 180, 180, 200],
        final_from="b", route='append_branch("sip:103@{c};transport=tcp"); if (failover('
        '"sip:100@{a}/TCP sip:101@{b}", "timer.inviting=1; timer.provisional=2")) exit;'),
]


@pytest.mark.parametrize("scenario", [*CONNECTIONS, *BRANCHES], ids=lambda s: s.title)
def test_a_branch(outcome):
    outcome.check()


# -- a connection of an earlier call ---------------------------------------------------------

class ByUser(Gateway):
    """Has a script for each user part of the R-URI."""

    def __init__(self, name, scripts, trace):
        super().__init__(name, [[]], trace)
        self.by_user = scripts

    def _on_invite(self, message, link):
        user = message.uri.split(":")[1].split("@")[0]
        self.scripts = [self.by_user[user]]
        super()._on_invite(message, link)


CLOSES = 0.4                   # seconds from the INVITE of the tested call
EARLIER = ("first", "second")  # calls that have ended by then, one over each socket
# the script for the third call, over the first socket, and its end
LOOKED_AT = {
    "that of the call closes": ({"third": [hangup(after=CLOSES)]}, CLOSES),
    "that of the call is reset": ({"third": [hangup(after=CLOSES, reset=True)]}, CLOSES),
    "the other one closes": ({"second": [reply(486), hangup(after=0.8, anyhow=True)],
                              "third": [reply(486, after=1.2)]}, 1.2),
}


async def after_two_calls(order, scripts):
    """The two attempts of a call. The first one uses one of two connections to a gateway:
    the one that the last call but one has opened."""
    told = {**dict.fromkeys(EARLIER, [reply(486)]), **scripts}
    sockets = dict(zip([*EARLIER, "third"], [*order, order[0]]))

    def config(names):
        return kamailio.Config("\n".join(filled(
            f'if ($rU == "{user}" && failover("sip:{user}@{{a}}/TCP{{socket=tcp:{HERE[n]}'
            f':@PORT@}} sip:102@{{b}}", "{SLOW}; pattern.response=5..")) exit;', names)
            for user, n in sockets.items()), globals=SOCKETS, sockets=("udp4", "tcp4"))

    peers = {"a": Peer(made_by=lambda name, trace: ByUser(name, told, trace)),
             "b": [reply(486)]}
    async with Stage(peers, config) as stage:
        caller = await stage.caller()
        for user in sockets:
            call = caller.call(f"sip:{user}@{stage.names['proxy']}")
            await asyncio.wait_for(call.final, 8)
        far = [stage.trace.of("a", "INVITE")[n].far for n in range(3)]
        assert far[0] == far[2], f"connections: {far}"
        assert (far[0] == far[1]) == kamailio.TAKES_ANY_CONNECTION, f"connections: {far}"
        return attempts_of([e for e in stage.trace if e.message.call_id
                            == call.invite.call_id], ("a", "b")), call


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["", "the other way round"])
@pytest.mark.parametrize("title", LOOKED_AT)
def test_two_connections_to_one_gateway(title, order):
    scripts, over = LOOKED_AT[title]
    attempts, call = asyncio.run(after_two_calls(order, scripts))
    if "other" in title:
        lost = ["b"] if kamailio.TAKES_ANY_CONNECTION else []
        assert [a.entry.peer for a in attempts] == ["a", *lost], call.codes
        return
    assert [a.entry.peer for a in attempts] == ["a", "b"], call.codes
    waited = attempts[1].entry.time - attempts[0].entry.time
    assert over <= waited <= over + PROMPT, f"the next INVITE came after {waited:.3f} s"
