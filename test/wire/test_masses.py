# SPDX-License-Identifier: GPL-2.0-or-later
"""Thousands of calls. Some are answered in the instant in which their destination is given
up; none of them may be lost. The others have random events; every call must end. `make
check-masses` makes all of them, `make check` a part."""

import asyncio
import itertools
import os
import random

import pytest

import crowd
import kamailio
from peers import Gateway
from scenario import (IGNORES_CANCEL, SETTLES, Peer, filled, hangup, on_cancel, redirect,
                      reply)

ALL = os.environ.get("MASSES") == "all"

# -- an answer in the instant in which its sender is given up -------------------------

GIVEN_UP = 0.4                 # seconds; tm ends it at most a tick early
SWEEP = 0.07                   # seconds before and after that
TICK = 0.0625
CALLS, A_SECOND = 10_000 if ALL else 1_600, 160
CROSSING = 0.03                # seconds between an answer and an INVITE that was sent before it
STEPS = 997                    # the calls in which the answer moves from the one end to the other


class Sweeping(Gateway):
    """Answers each call a little later than the previous one, round the instant."""

    def __init__(self, name, trace, before):
        super().__init__(name, [[]], trace)
        self.before = before
        self.offsets = itertools.cycle(GIVEN_UP - TICK - SWEEP + (2 * SWEEP + TICK)
                                       * (389 * n % STEPS) / STEPS for n in range(STEPS))

    def _on_invite(self, message, link):
        if message.branch not in self._invites:
            self.scripts = [[*self.before, reply(200, after=next(self.offsets)),
                             on_cancel(then=None)]]
        super()._on_invite(message, link)


def sweeping(*before):
    return Peer(made_by=lambda name, trace: Sweeping(name, trace, before))


MS = int(GIVEN_UP * 1000)
INSTANTS = {                   # settings, the replies of the destination before its answer
    "inviting": (f"timer.inviting={MS}ms; timer.provisional=3", ()),
    "provisional": (f"timer.inviting=3; timer.provisional={MS}ms", (reply(180),)),
}


def instants(names):
    routes = []
    for over in ("UDP", "TCP"):
        for what, (settings, _) in INSTANTS.items():
            routes.append(
                f'if ($rU == "{what}-{over}" && failover("sip:1@{names[what]}/{over} '
                f'sip:2@{names["b"]}/{over}", "{settings}")) exit;')
    return kamailio.Config("\n".join(routes), modparams=(("tm", "wt_timer", 5000),))


def answered(crowd_, judge):
    """The caller gets the answer and no other final reply, and nobody still rings."""
    yield from crowd.demanded(crowd_, judge)
    what = judge.call.kind.split("-")[0]
    crowd_.note((what, len(judge.attempts)))
    tags = {e.message.to_tag for e in judge.trace.of(what, 200, sent=True)
            if e.message.method == "INVITE"}
    # an attempt over TCP is made without the lock: its INVITE may cross the answer, and
    # is CANCELled then; this process may read it late
    for attempt in judge.attempts if judge.finals else ():
        came, end = attempt.entry.time, judge.finals[0].time
        crossing = CROSSING + judge.stalls.worst(end - SETTLES, came) \
            if judge.call.kind.endswith("TCP") else 0
        if came > end + crossing:
            yield "an INVITE left behind the answer"
    if not judge.finals or judge.finals[0].message.to_tag not in tags:
        yield f"ended with {[str(e.message) for e in judge.finals]}, {len(judge.attempts)}"


@pytest.mark.long(20)
@pytest.mark.heavy("thousands of calls")
def test_no_answer_in_the_instant_of_giving_up_is_lost():
    users = [f"{what}-{over}" for what in INSTANTS for over in ("UDP", "TCP")]
    played = asyncio.run(crowd.play(
        {**{what: sweeping(*before) for what, (_, before) in INSTANTS.items()},
         "b": [reply(180)]},
        instants, users, CALLS, A_SECOND, answered, memory_mb=128, is_on_its_way=True,
        repeats_2xx=True))
    print(f"(kind, attempts): calls {played.notes}, lag {played.lag:.3f} s")
    played.assert_good()
    assert {(what, n) for what in INSTANTS for n in (1, 2)} >= set(played.notes)
    for what in INSTANTS:
        assert (what, 1) in played.notes, f"no {what} was answered in time"
    assert ("inviting", 2) in played.notes, "none was answered late"


# -- random events -------------------------------------------------------------------------

SEEDS = (1, 2, 3) if ALL else (1,)
CHAOS_CALLS, CHAOS_A_SECOND = 1500 if ALL else 750, 75
INVITING, PROVISIONAL = 0.3, 0.4
TIMERS = "timer.inviting=300ms; timer.provisional=400ms; redirection.max=3"
GATEWAYS = "abcde"


class Chaotic(Gateway):
    """Does a random action for each INVITE; its answers are often near a timer."""

    def __init__(self, name, trace, chance):
        super().__init__(name, [[]], trace)
        self.chance = chance

    def _on_invite(self, message, link):
        if message.branch not in self._invites and not message.to_tag:
            self.scripts = [self.script(link.transport)]
        super()._on_invite(message, link)

    def script(self, transport):
        pick, steps = self.chance.choice, []
        near = self.chance.uniform(-0.05, 0.05)
        if self.chance.random() < 0.6:
            steps.append(reply(pick((100, 180, 183)), after=pick((0, 0.02, 0.1))))
        code = pick((404, 486, 503, 603, 480, 999))
        contacts = [f"<sip:{n}@{{{g}}}{pick(('', ';transport=tcp'))}>;q=0.{n}"
                    for n, g in enumerate(self.chance.sample(GATEWAYS, 2), 4)]
        ends = [[], [reply(200, after=pick((0.05, INVITING + near, PROVISIONAL + near)))],
                [reply(code, after=pick((0, 0.1, INVITING + near, PROVISIONAL + near)))],
                [redirect(*contacts)], [reply(code), reply(200, after=0.05, anyhow=True)],
                [reply(200, after=0.1), reply(code, after=0.15, anyhow=True)]]
        if transport == "TCP":
            ends.append([hangup(after=pick((0, 0.1)), reset=pick((False, True)))])
        steps += pick(ends)
        steps += pick(([], [], [IGNORES_CANCEL], [on_cancel(then=486)],
                       [on_cancel(then=200)], [on_cancel(reply=481, then=None)],
                       [on_cancel(after=0.45)], [on_cancel(then=200, after=0.55)]))
        return steps


HOSTS = {"udp": "sip:1@{a} sip:2@{b} sip:3@{c}",
         "tcp": "sip:1@{a}/TCP sip:2@{b}/TCP sip:3@{c}/TCP",
         "mixed": "sip:1@{a} sip:2@{b}/TCP sip:3@{c} sip:4@{d}/TCP"}
BEFORE = {"plain": "", "newtran": "t_newtran(); ",
          "parallel": 'append_branch("sip:8@{d}"); append_branch("sip:9@{e};transport=tcp"); ',
          "routes": 't_on_branch("EACH"); t_on_reply("EACH"); t_on_failure("END"); '}
SETTINGS = {"default": "", "best": "; reply=best", "total": "; timer.total=900ms",
            "stop": "; ringing=stop", "some": "; pattern.response=5..|486",
            "fixed": "; reply=480 Gone"}
KINDS = {f"{h}-{b}-{s}": (HOSTS[h], BEFORE[b], SETTINGS[s])
         for h in HOSTS for b in BEFORE for s in SETTINGS}
CHAOS_ROUTES = """
branch_route[EACH] { append_hf("X-Attempt: $ru\\r\\n"); if ($rU == "2" && $hdr(X-Do) == "drop") drop; }
onreply_route[EACH] { if ($rs == 183 && $hdr(X-Do) != "none") drop; }
failure_route[END] {
    if (t_is_canceled()) exit;
    if ($hdr(X-Do) == "reply") t_reply("480", "Done");
    if ($hdr(X-Do) == "relay") { $ru = "sip:7@{d}"; t_relay(); }
    if ($hdr(X-Do) == "fork") { $ru = "sip:7@{d}"; append_branch("sip:6@{e}"); t_relay(); }
}
"""
DOES = ("none", "reply", "relay", "fork", "drop")


def chaos_config(names):
    routes = [f'if ($rU == "{kind}") {{ {filled(before, names)} '
              f'if (failover("{filled(hosts, names)}", "{TIMERS}{settings}")) exit; }}'
              for kind, (hosts, before, settings) in KINDS.items()]
    return kamailio.Config("\n".join(routes), extra=filled(CHAOS_ROUTES, names),
        modules=("corex", "failover"),
        modparams=(("tm", "wt_timer", 5000), ("tm", "fr_timer", 3000),
                   ("tm", "fr_inv_timer", 3000)))


def ended(crowd_, judge):
    """The call has ended with one final reply; only a late answer may come after it."""
    finals = []
    for entry in judge.finals:
        what = (entry.message.status, entry.message.to_tag)
        if what not in finals:
            finals.append(what)
    if not finals:
        yield "no final reply"
    if any(code >= 300 for code, _ in finals[1:]):
        yield f"final replies {finals}"
    # a relay of failure_route belongs to tm alone
    if finals and not 200 <= finals[0][0] < 700 and "routes" not in judge.call.kind:
        yield f"ended with {finals[0]}"
    crowd_.note(finals[0][0] if finals else None)


@pytest.mark.long(20)
@pytest.mark.heavy("thousands of calls")
@pytest.mark.parametrize("seed", SEEDS)
def test_random_events(seed):
    """Every call ends and leaves no memory."""
    chance = random.Random(seed)
    users = list(KINDS)
    chance.shuffle(users)

    def cancels(caller, call, number):
        """A third of the callers give up, many of them in the instant of a timer."""
        if chance.random() < 0.33:
            near = chance.uniform(-0.03, 0.03)
            caller.later(max(0, chance.choice(
                (chance.uniform(0, 1.5), INVITING + near, PROVISIONAL + near,
                 PROVISIONAL + 0.5 + near, 0.02))), call.cancel)

    played = asyncio.run(crowd.play(
        {g: Peer(made_by=lambda name, trace: Chaotic(name, trace, chance))
         for g in GATEWAYS},
        chaos_config, users, CHAOS_CALLS, CHAOS_A_SECOND, ended, over="UDP TCP",
        begun=cancels, memory_mb=128,
        headers_of=lambda number: [("X-Do", chance.choice(DOES))]))
    print(f"final replies: {played.notes}")
    played.assert_good()
    assert len(played.notes) > 5, "it was not chaotic"
