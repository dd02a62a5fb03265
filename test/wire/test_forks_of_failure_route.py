# SPDX-License-Identifier: GPL-2.0-or-later
"""A failure_route of the script that forks in parallel when the call has failed. For it, tm
is in the same state as without the module."""

import asyncio

import pytest

import crowd
import kamailio
from peers import Gateway, together
from scenario import Peer, Scenario, at, redirect, reply, soon, when

RINGS = [reply(180)]
FORK = """
failure_route[FORK] {
    $ru = "sip:201@{c}";
    append_branch("sip:202@{d}");
    append_branch("sip:203@{e}");
    t_relay();
}
"""
TO_C, TO_D, TO_E = (("c", "UDP", None, "sip:201@{c}"), ("d", "UDP", None, "sip:202@{d}"),
                    ("e", "UDP", None, "sip:203@{e}"))


# -- a 6xx ---------------------------------------------------------------------------

CALLS = {
    "two failed": ('failover("sip:100@{a} sip:101@{b}")',
                   [("a", "UDP", at(0)), ("b", "UDP", soon())], {}),
    "a 603 led on": ('failover("sip:100@{a} sip:101@{b}")',
                     [("a", "UDP", at(0)), ("b", "UDP", soon())], {"a": [reply(603)]}),
    "a Contact failed": ('failover("sip:100@{a}")',
                         [("a", "UDP", at(0)), ("b", "UDP", soon())],
                         {"a": [redirect("<sip:101@{b}>")]}),
    "without the module": ('$ru = "sip:100@{a}"; t_relay(); exit;',
                           [("a", "UDP", at(0))], {}),
}


def sixes(title, d, caller, **more):
    for how, (call, attempts, peers) in CALLS.items():
        route = call if call.endswith("exit;") else f"if ({call}) exit;"
        yield Scenario(f"failure_route forks after the last destination, {how}: {title}",
            **{"route": f't_on_failure("FORK"); {route}', "extra": FORK,
               "modules": ("corex", "failover"), "caller": caller,
               "peers": {"a": [reply(486)], "b": [reply(480)], "c": RINGS, "d": d,
                         "e": RINGS, **peers},
               "attempts": [*attempts, TO_C, TO_D, TO_E], **more})


SIX = [
    *sixes("a 603 ends the ringing of the others", [reply(603, after=0.3)],
           [100, 180, 180, 603], cancelled=["c", "e"], final_from="d"),
    *sixes("a 600 that comes first does", [reply(600, after=0.2)],
           [100, 180, 180, 600], cancelled=["c", "e"], final_from="d"),
    *sixes("a 486 does not; when the caller gives up it is the best reply, as tm has it",
           [reply(486, after=0.2)], [100, 180, 180, 486], cancelled=["c", "e"], cancel=when("caller", 180, 0.5)),
]


@pytest.mark.parametrize("scenario", SIX, ids=lambda s: s.title)
def test_six(outcome):
    outcome.check()


# -- an answer and a negative reply in one instant -------------------------------------

class Pair(Gateway):
    """One of two gateways that reply back to back, when both have the call."""

    def __init__(self, name, trace, step, waiting):
        super().__init__(name, [[]], trace)
        self.step, self.waiting = step, waiting

    def _on_invite(self, message, link):
        known = message.branch in self._invites
        super()._on_invite(message, link)
        if known:
            return
        mine = lambda: self._play(self._invites[message.branch], self.step)
        other = self.waiting.pop(message.call_id, None)
        if other is None:
            self.waiting[message.call_id] = mine
            return
        moves = [mine, other]
        with together():
            for move in moves if len(self._invites) % 2 else moves[::-1]:
                move()


def pair(step, waiting):
    return Peer(made_by=lambda name, trace: Pair(name, trace, step, waiting))


RACERS = 3000
A_SECOND = 150
WAYS = ("chain", "plain")


def racing(names):
    gateways = {n: names[n] for n in ("a", "c", "d")}
    first, call = f'"sip:1@{gateways["a"]}"', f'failover("sip:1@{gateways["a"]}")'
    return kamailio.Config(
        f't_on_failure("PAIR"); if ($rU == "chain") {{ if ({call}) exit; }}'
        f' $ru = {first}; t_relay(); exit;',
        extra=f"""
            failure_route[PAIR] {{
                $ru = "sip:2@{gateways['c']}";
                append_branch("sip:3@{gateways['d']}");
                t_relay();
            }}""",
        modules=("corex", "failover"), globals="children=4\n", sockets=("udp4",),
        modparams=(("tm", "wt_timer", 5000),))


def answered(crowd_, judge):
    yield from crowd.demanded(crowd_, judge)
    if [e.message.status for e in judge.finals[:1]] != [200]:
        yield f"ended with {[str(e.message) for e in judge.finals]}"


@pytest.mark.long(15)
@pytest.mark.heavy("thousands of calls")
@pytest.mark.parametrize("way", WAYS)
def test_200_and_486_back_to_back_of_two_branches_of_failure_route(way):
    """The caller gets the answer, in either order of the two processes."""
    waiting = {}
    calls = RACERS if way == "chain" else RACERS // 3
    played = asyncio.run(crowd.play(
        {"a": [reply(503)], "c": pair(reply(200), waiting), "d": pair(reply(486), waiting)},
        racing, [way], calls, A_SECOND, answered))
    played.assert_good()
