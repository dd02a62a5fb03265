# SPDX-License-Identifier: GPL-2.0-or-later
"""The caller gives up: in every state of a call, and in the instant in which a destination
fails."""

import asyncio

import pytest

import kamailio
from lag import Lag, Stalls
from peers import Gateway, Trace, together
from scenario import (IGNORES_CANCEL, SILENT, Judge, Peer, Scenario, Stage, When, at,
                      later, on_cancel, reply, soon, when)

INVITING, PROVISIONAL = 1.0, 1.5
QUICK = "timer.inviting=1; timer.provisional=1500ms"
RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]


def through(transport="UDP"):
    return (f'failover("sip:100@{{a}}/{transport} sip:101@{{b}}/{transport}",'
            f' "{QUICK}")')


def by(seconds):
    """At the latest this number of seconds after the start of the call."""
    return When("start", seconds, early=seconds)


def gives_up(title, a, cancel, transport="UDP", **more):
    """The caller gives up while the first destination is being tried."""
    return Scenario(f"E11: {title}, {transport}",
        **{"route": through(transport), "peers": {"a": a, "b": RINGS_AND_ANSWERS},
           "attempts": [("a", transport, at(0))], "cancel": cancel,
           "over": transport, "caller": [100, 180, 487], "cancelled": ["a"],
           "final_at": by(PROVISIONAL), **more})


BEFORE_ANY_REPLY = [
    gives_up("before any reply", SILENT, when("caller", 100, 0.3), transport,
             caller=[100, 487], cancelled=[], final_at=by(INVITING))
    for transport in ("UDP", "TCP")] + [
    gives_up("before any reply, twice", SILENT, when("caller", 100, 0.3, again=0.2),
             caller=[100, 487], cancelled=[], final_at=by(INVITING)),
    gives_up("before any reply; it rings then", [reply(180, after=0.6)],
             when("caller", 100, 0.3), caller=[100, 487], final_at=at(0.6)),
    gives_up("before any reply; it rings then", [reply(180, after=0.6)],
             when("caller", 100, 0.3), "TCP", caller=[100, 487], final_at=at(0.6)),
    gives_up("before any reply; it rings then and ignores the CANCEL",
             [reply(180, after=0.6), IGNORES_CANCEL],
             when("caller", 100, 0.3), caller=[100, 487], final_at=by(INVITING)),
    gives_up("before any reply; it fails then", [reply(503, after=0.6)],
             when("caller", 100, 0.3), caller=[100, 487], cancelled=[],
             final_at=at(0.6)),
    gives_up("before any reply; it answers then", [reply(200, after=0.6)],
             when("caller", 100, 0.3), caller=[100, 200], cancelled=[],
             final_from="a", final_at=at(0.6)),
]

RINGING = [
    *(gives_up(f"while it rings; it {what}", [reply(180, after=0.1), *script],
               when("caller", 180, 0.2), transport, **more)
      for transport in ("UDP", "TCP")
      for what, script, more in (
          ("ends at once", [], {"final_at": at(0.3)}),
          ("ends later", [on_cancel(after=0.6)], {"final_from": "a"}),
          ("ends after the timer", [on_cancel(after=2.0)], {}),
          ("ignores the CANCEL", [IGNORES_CANCEL], {}),
          ("answers the CANCEL and never ends", [on_cancel(then=None)], {}),
          ("has 481 for the CANCEL", [on_cancel(reply=481, then=None)], {}),
          ("has 486 instead of 487", [on_cancel(then=486)], {"final_at": at(0.3)}),
          ("answers after all", [on_cancel(then=200, after=0.2)],
           {"caller": [100, 180, 200], "final_from": "a"}))),
    gives_up("twice while it rings; it ignores the CANCEL",
             [reply(180, after=0.1), IGNORES_CANCEL],
             when("caller", 180, 0.2, again=0.3)),
    gives_up("twice while it rings; it ends later",
             [reply(180, after=0.1), on_cancel(after=0.6)],
             when("caller", 180, 0.2, again=0.3)),
]


def in_our_wait(title, script, transport="UDP", again=None, **more):
    """a rings too long, and has got our CANCEL when the caller's CANCEL comes."""
    return gives_up(f"in the wait after our own CANCEL; {title}",
        [reply(180), *script], when("a", "CANCEL", 0.1, again=again), transport,
        **{"cancelled": [], "cancelled_after": {"a": PROVISIONAL},
           "final_at": by(PROVISIONAL + 0.5), **more})


IN_OUR_WAIT = [
    scenario for transport in ("UDP", "TCP") for scenario in (
        in_our_wait("it is ignored", [IGNORES_CANCEL], transport),
        in_our_wait("it ends soon", [on_cancel(after=0.35)], transport),
        in_our_wait("it ends too late", [on_cancel(after=1.0)], transport),
        in_our_wait("it fails", [on_cancel(then=503, after=0.35)], transport),
        in_our_wait("it answers after all", [on_cancel(then=200, after=0.35)],
                    transport, caller=[100, 180, 487, 200], finals=2))
] + [in_our_wait("twice, it is ignored", [IGNORES_CANCEL],
                 again=0.2)]


def second(title, b, cancel, **more):
    """The caller gives up while the second destination is being tried."""
    return gives_up(f"at the second destination, {title}", [reply(503)], cancel,
        **{"peers": {"a": [reply(503)], "b": b, "c": RINGS_AND_ANSWERS},
           "route": f'failover("sip:100@{{a}} sip:101@{{b}} sip:102@{{c}}", "{QUICK}")',
           "attempts": [("a", "UDP", at(0)), ("b", "UDP", soon())],
           "cancelled": ["b"], **more})


LATER_ON = [
    second("before any reply", SILENT, when("b", "INVITE", 0.2), cancelled=[],
           caller=[100, 487], final_at=by(INVITING)),
    second("as soon as it is tried", [reply(180, after=0.2)], when("b", "INVITE"),
           caller=[100, 487], final_at=at(0.2)),
    second("while it rings", [reply(180)], when("b", 180, 0.2), final_at=at(0.2)),
    second("while it ignores its CANCEL", [reply(180), IGNORES_CANCEL],
           when("b", 180, 0.2)),
    gives_up("while the second rings and the first, timed out, answers late",
             [reply(200, after=1.5)], when("b", 180, 0.2),
             peers={"a": [reply(200, after=1.5)], "b": [reply(180), IGNORES_CANCEL]},
             attempts=[("a", "UDP", at(0)), ("b", "UDP", later(1))], cancelled=["b"],
             caller=[100, 180, 200], final_from="a", final_at=at(1.5)),
]

SLOW = """
branch_route[SLOW] { if ($rU == "101") usleep("400000"); }
"""


def between(title, cancel, **more):
    """The caller gives up while tm prepares a branch; branch_route of the script makes
    that slow."""
    return Scenario(f"E11: {title}",
        **{"route": 't_on_branch("SLOW"); if (' + through() + ") exit;", "extra": SLOW,
           "modules": ("cfgutils", "corex", "failover"), "cancel": cancel,
           "caller": [100, 487], "final_at": by(0.7), **more})


BETWEEN = [
    between("between two attempts, after a reply", when("a", 503, 0.15),
            peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
            attempts=[("a", "UDP", at(0))]),
    between("between two attempts, after silence", when("caller", 100, 1.15),
            peers={"a": SILENT, "b": RINGS_AND_ANSWERS},
            attempts=[("a", "UDP", at(0))], final_at=by(1.7)),
    between("before the first attempt has left", when("caller", 100, 0.15),
            route='t_on_branch("SLOW"); if (failover("sip:101@{a} sip:102@{b}")) exit;',
            peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS}, attempts=[]),
    between("before the first attempt, one of two branches, has left",
            when("caller", 100, 0.15),
            route='append_branch("sip:101@{c}"); t_on_branch("SLOW");'
                  'if (failover("sip:100@{a} sip:102@{b}")) exit;',
            peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS,
                   "c": RINGS_AND_ANSWERS}, attempts=[]),
]

def thinking(title, made, cancel, **more):
    """The caller gives up while the script waits, which has created the transaction. Then
    the script calls failover()."""
    return Scenario(f"E11: before failover(); {title}",
        route=f't_newtran(); t_reply("100", "Wait"); {made} if (' + through()
              + ") exit;",
        modules=("cfgutils", "failover"),
        peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS}, attempts=[],
        cancel=cancel, **{"caller": [100, 487], "final_at": by(0.6), **more})


def too_early(title, relays):
    """The caller gives up while the script waits, before there is a transaction. The script
    forwards the CANCEL as any other request, so only failover() can reply to the
    INVITE."""
    return Scenario(f"E11: a CANCEL that comes before the transaction, {title}",
        route="exit;", first=f"""
            if (is_method("CANCEL")) {{ {relays} exit; }}
            if (is_method("INVITE") && !has_totag()) {{
                sl_send_reply("100", "Wait");
                usleep("300000");
                if (failover("sip:1@{{a}} sip:2@{{b}}")) exit;
                sl_send_reply("500", "Refused");
                exit;
            }}""",
        modules=("cfgutils", "failover"),
        peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS,
               "c": SILENT}, attempts=[],
        cancel=when("caller", 100, 0.1), caller=[100, 487], final_at=by(0.6))


THINKING = [
    too_early("which is sent on", '$ru = "sip:9@{c}"; t_relay();'),
    too_early("which gets a reply", 't_newtran(); t_reply("200", "OK");'),
    thinking("the script is slow", 'usleep("300000");', when("caller", 100, 0.1)),
    thinking("twice", 'usleep("300000");', when("caller", 100, 0.08, again=0.1)),
    thinking("the script has replied itself", 't_reply("480", "Not Now");', None,
        caller=[100, 480]),
]

ALL = [*BETWEEN, *THINKING, *BEFORE_ANY_REPLY, *RINGING, *IN_OUR_WAIT, *LATER_ON]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_the_caller_gives_up(outcome):
    outcome.check()


# -- the forced race ---------------------------------------------------------------

CALLS = 200                    # calls for every race
A_SECOND = 120
PROMPT = 0.010                 # an INVITE may come this late after the 200 to the CANCEL
TIMER = 0.5                    # timer.inviting; there is a CANCEL every 0.6 ms round its end
SWEEP = [TIMER - 0.09 + 0.0006 * n for n in range(CALLS)]
ORDERS = ("reply first", "CANCEL first")
RACES = {f"{code}, {order}": (code, order)
         for code in (503, 603, 302) for order in ORDERS}
TIMED = "timer"


# tm must still know the transaction when a late 487 comes on a busy machine: otherwise
# the core forwards the 487 to the caller
KEEPS = (("tm", "wt_timer", 5000),)


class Simultaneous(Gateway):
    """Does two actions back to back, some time after each INVITE."""

    def __init__(self, name, trace, order):
        super().__init__(name, [[]], trace)
        self.order = order

    def _on_invite(self, message, link):
        known = message.branch in self._invites
        super()._on_invite(message, link)
        if not known:
            self.later(0.03, self._race, self._invites[message.branch])

    def _race(self, invite):
        moves = self.moves(invite)
        with together():
            for move in moves if self.order == ORDERS[0] else moves[::-1]:
                move()


class Racer(Simultaneous):
    """Fails at the same time as the caller's CANCEL."""

    def __init__(self, name, trace, code, order):
        super().__init__(name, trace, order)
        self.code, self.calls = code, {}

    def moves(self, invite):
        return [lambda: self._play(invite, reply(self.code)),
                self.calls[invite.message.call_id].cancel]


class LateRacer(Simultaneous):
    """Replies at the same time as the late answer of another gateway."""

    def __init__(self, name, trace, step, order):
        super().__init__(name, trace, order)
        self.step, self.other = step, None

    def moves(self, invite):
        late = next(i for i in self.other._invites.values()
                    if i.message.call_id == invite.message.call_id)
        return [lambda: self._play(invite, self.step),
                lambda: self.other._play(late, reply(200))]


def racer(code, order):
    return Peer(made_by=lambda name, trace: Racer(name, trace, code, order))


def race_config(names):
    return kamailio.Config(
        "\n".join(f'if ($rU == "{n}" && failover("sip:1@{names[race]}'
                  f' sip:2@{names["b"]}", "timer.inviting={TIMER * 1000:.0f}ms")) exit;'
                  for n, race in enumerate([*RACES, TIMED])),
        modparams=KEEPS)


async def run_races():
    """{race: [Judge]}, how long the machine delayed this process, and the faults of the
    server."""
    told = {**{race: racer(*what) for race, what in RACES.items()},
            TIMED: SILENT, "b": [reply(180)]}
    made = {race: [] for race in [*RACES, TIMED]}
    async with Stage(told, race_config, memory_mb=64) as stage, \
            Stalls().watched(stage.trace) as stalls:
        caller = await stage.caller()
        with Lag() as lag:
            for turn in range(CALLS):
                for number, race in enumerate(made):
                    call = caller.call(f"sip:{number}@{stage.names['proxy']}")
                    if race == TIMED:
                        caller.later(SWEEP[turn], call.cancel)
                    else:
                        stage.gateways[race].calls[call.invite.call_id] = call
                    made[race].append(call)
                    await asyncio.sleep(1 / A_SECOND)
                    await caller.keeps_up()
            await asyncio.wait([asyncio.ensure_future(c.ended.wait())
                                for calls in made.values() for c in calls], timeout=5)
        left = await stage.drained(30)
        faults = [f"tm still holds {left} transaction(s)"] if left else []
        faults += stage.server.faults()
        by_call = {}
        for entry in stage.trace:
            by_call.setdefault(entry.message.call_id, Trace()).entries.append(entry)
        return {race: [judge_of({race: [], "b": []}, by_call, c, stalls) for c in calls]
                for race, calls in made.items()}, lag.worst, faults


def judge_of(peers, by_call, call, stalls):
    judge = Judge(Scenario("", peers, [], []), {}, by_call[call.invite.call_id], call)
    judge.stalls = stalls
    return judge


def complaints(judge):
    """The problems of a call that must end with a 487."""
    found = [*judge.demands()]
    if [e.message.status for e in judge.finals[:1]] != [487]:
        found.append(f"ended with {[str(e.message) for e in judge.finals]}")
    if not judge.trace.of("caller", "CANCEL", sent=True):
        found.append("the caller did not come to its CANCEL")
    return [f"{judge.call.invite.call_id}, {judge.call.codes}: {p}" for p in found]


def how_late(judge):
    """Seconds from the 200 to the CANCEL until the INVITE to b; negative if the INVITE was
    first; None without both."""
    accepted = [e.time for e in judge.trace.of("caller", 200, sent=False)
                if e.message.method == "CANCEL"]
    invites = [a.entry.time for a in judge.attempts if a.entry.peer == "b"]
    return invites[0] - accepted[0] if accepted and invites else None


@pytest.fixture(scope="module")
def races():
    return asyncio.run(run_races())


@pytest.mark.alone("two things in one instant")
@pytest.mark.parametrize("race", [*RACES, TIMED])
def test_a_failure_and_the_callers_cancel_in_one_instant(races, race):
    """Every call ends with a 487, and no INVITE leaves after the 200 to the CANCEL, except
    for delays of a process by the machine."""
    judges, lag, _ = races
    problems = [p for judge in judges[race] for p in complaints(judge)]
    assert not problems, "\n".join([f"{len(problems)} complaints", *problems[:20]])
    late = sorted(x for x in map(how_late, judges[race]) if x is not None)
    print(f"{len(late)} of {CALLS} had a second INVITE, at the latest "
          f"{late[-1:]} s after the 200 to the CANCEL; lag {lag:.4f} s")
    assert not late or late[-1] <= PROMPT + lag, f"{late[-10:]}, lag {lag:.3f}"


@pytest.mark.alone("two things in one instant")
def test_the_races_leave_no_memory(races):
    _, _, faults = races
    assert not faults


@pytest.mark.alone("two things in one instant")
def test_the_races_were_close(races):
    """Both orders have happened, so the calls were in the right instant."""
    judges, _, _ = races
    tried = {len(judge.attempts) for race in judges.values() for judge in race}
    assert tried == {1, 2}
    assert {len(judge.attempts) for judge in judges[TIMED]} == {1, 2}


# -- a late answer and a reply of the next destination ------------------------------------

LATE_CALLS = 200
# It rings once before. If the first 1xx of a branch crosses its CANCEL, tm (also plain tm,
# with parallel branches) does not send the CANCEL before the next 1xx.
RINGS_ONCE = reply(180)
LATE_RACES = {f"{what}, {order}": (step, order)
              for what, step in (("fails", reply(486)), ("rings", RINGS_ONCE))
              for order in ORDERS}


def late_config(names):
    return kamailio.Config(
        "\n".join(f'if ($rU == "{n}" && failover("sip:1@{names["a"]}'
                  f' sip:2@{names[race]} sip:3@{names["c"]}",'
                  ' "timer.inviting=400ms")) exit;' for n, race in enumerate(LATE_RACES)),
        modparams=KEEPS)


def late_racer(step, order):
    return Peer(made_by=lambda name, trace: LateRacer(name, trace, step, order))


async def run_late_races():
    """{race: [Judge]} for calls whose first destination answers late, in the instant in which
    the second one fails or rings; the third one rings."""
    told = {race: late_racer(*what) for race, what in LATE_RACES.items()}
    made = {race: [] for race in LATE_RACES}
    async with Stage({"a": SILENT, "c": [RINGS_ONCE], **told}, late_config,
                     memory_mb=64) as stage, Stalls().watched(stage.trace) as stalls:
        for race in LATE_RACES:
            stage.gateways[race].other = stage.gateways["a"]
        caller = await stage.caller()
        for _ in range(LATE_CALLS):
            for number, race in enumerate(made):
                made[race].append(caller.call(f"sip:{number}@{stage.names['proxy']}",
                                              hangup_after=0))
                await asyncio.sleep(1 / A_SECOND)
                await caller.keeps_up()
        await asyncio.wait([asyncio.ensure_future(c.ended.wait())
                            for calls in made.values() for c in calls], timeout=5)
        left = await stage.drained(30)
        assert left == 0, f"tm still holds {left} transaction(s)"
        assert not stage.server.faults(), stage.server.faults()
        by_call = {}
        for entry in stage.trace:
            by_call.setdefault(entry.message.call_id, Trace()).entries.append(entry)
        return {race: [judge_of({"a": [], race: [], "c": []}, by_call, c, stalls)
                       for c in calls] for race, calls in made.items()}


@pytest.fixture(scope="module")
def late_races():
    return asyncio.run(run_late_races())


@pytest.mark.alone("two things in one instant")
@pytest.mark.parametrize("race", LATE_RACES)
def test_a_late_answer_in_the_instant_of_a_reply_of_the_next_destination(late_races, race):
    """The caller gets the answer, and the attempt made meanwhile gets its CANCEL."""
    problems = [f"{j.call.invite.call_id}, {j.call.codes}: {p}"
                for j in late_races[race] for p in [
                    *j.demands(), *(() if j.call.answered else ("not answered",))]]
    assert not problems, "\n".join([f"{len(problems)} complaints", *problems[:20]])


@pytest.mark.alone("two things in one instant")
def test_the_late_races_were_close(late_races):
    assert {len(judge.attempts) for race, judges in late_races.items()
            for judge in judges if race.startswith("fails")} == {2, 3}
