# SPDX-License-Identifier: GPL-2.0-or-later
"""A 2xx that does not count. It comes after a negative final reply of the same branch, so
tm discards it; or a route of the script discards it. The call goes on as if it had not
come."""

import asyncio

import pytest

import crowd
import kamailio
from scenario import (SILENT, Scenario, When, after_cancel, at, later, reply, soon, when)

QUICK = "timer.inviting=1; timer.provisional=1500ms"
ANSWERS_LATE = [reply(180, after=0.1), reply(200, after=0.7)]


def behind(code, seconds=0.2, **more):
    """A gateway that replies with an error, and then with 200."""
    return [reply(code, **more), reply(200, after=seconds, anyhow=True)]


# -- after a negative final reply of the same branch ---------------------------------

def too_late(title, b, attempts=None, transport="UDP", a=None, **more):
    """a is busy, and answers 200 ms later, while b is being tried."""
    return Scenario(f"E18: a 200 after a real negative reply, {title}, {transport}",
        **{"route": f'failover("sip:100@{{a}}/{transport} sip:101@{{b}}/{transport}"'
                    f', "{QUICK}")',
           "peers": {"a": a or behind(486), "b": b},
           "attempts": attempts or [("a", transport, at(0)), ("b", transport, soon())],
           "caller": [100, 180, 200], "final_from": "b", **more})


BEHIND = [
    scenario for transport in ("UDP", "TCP") for scenario in (
        too_late("while the next one rings", ANSWERS_LATE, transport=transport),
        too_late("while the next one is silent", [reply(200, after=0.6)],
                 transport=transport, caller=[100, 200]),
        too_late("while the next one is about to fail", [reply(180), reply(480, after=0.5)],
                 transport=transport, caller=[100, 180, 480]),
        too_late("while the next one rings too long", [reply(180)], transport=transport,
                 cancelled_after={"b": 1.5}, caller=[100, 180, 408], final_from=None),
        too_late("while the next one never says a word", SILENT, transport=transport,
                 caller=[100, 408], final_from=None, final_at=later(1)),
        too_late("the caller gives up then", [reply(180)], transport=transport,
                 cancel=when("b", 180, 0.4), cancelled=["b"], caller=[100, 180, 487],
                 final_at=at(0.4)))
] + [
    *(too_late(f"a {code}", ANSWERS_LATE, a=behind(code)) for code in (404, 500, 503, 603)),
    too_late("a 302 whose Contact rings", ANSWERS_LATE,
        a=behind(302, contacts=("<sip:101@{b}>",)),
        route=f'failover("sip:100@{{a}}", "{QUICK}")'),
    too_late("a 302 whose Contact fails", [reply(180), reply(480, after=0.5)],
        a=behind(302, contacts=("<sip:101@{b}>",)),
        route=f'failover("sip:100@{{a}} sip:102@{{c}}", "{QUICK}")',
        peers={"a": behind(302, contacts=("<sip:101@{b}>",)),
               "b": [reply(180), reply(480, after=0.5)], "c": ANSWERS_LATE},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
        caller=[100, 180, 180, 200], final_from="c"),
    # with one process: of two processes each may be the first with its reply
    too_late("back to back, the negative one first", ANSWERS_LATE, a=behind(486, 0.0),
        globals="children=1\n"),
    too_late("while the third one rings", [reply(480, after=0.05)],
        route=f'failover("sip:100@{{a}} sip:101@{{b}} sip:102@{{c}}", "{QUICK}")',
        peers={"a": behind(486), "b": [reply(480, after=0.05)], "c": ANSWERS_LATE},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
        final_from="c"),
    too_late("of the second, while the third one rings", SILENT,
        route=f'failover("sip:100@{{a}} sip:101@{{b}} sip:102@{{c}}", "{QUICK}")',
        peers={"a": [reply(404)], "b": behind(486), "c": ANSWERS_LATE},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
        final_from="c"),
    too_late("twice", ANSWERS_LATE,
        a=[reply(486), reply(200, after=0.2, anyhow=True), reply(200, after=0.4, anyhow=True)]),
    too_late("of two branches of the script, one of which rings", SILENT,
        route='append_branch("sip:101@{b}"); '
              f'if (failover("sip:100@{{a}} sip:102@{{c}}", "{QUICK}")) exit;',
        modules=("corex", "failover"),
        peers={"a": behind(486), "b": [reply(180), reply(200, after=0.7)], "c": SILENT},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", at(0))], final_from="b"),
    Scenario("E18: a 486 after a 200 of the same branch has no effect",
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "{QUICK}")', hangup_after=0.4,
        peers={"a": [reply(180), reply(200, after=0.1), reply(486, after=0.3, anyhow=True)],
               "b": ANSWERS_LATE},
        attempts=[("a", "UDP", at(0))], caller=[100, 180, 200], final_from="a"),
]


# -- discarded by the script -----------------------------------------------------------

ROUTES = {
    "reply_route": "reply_route { if (t_check_trans() && %s) drop; }",
    "onreply_route": "onreply_route { if (t_check_trans() && %s) drop; }",
}
OF_A = "$rs == 200 && $sp == {a_port} && is_method(\"INVITE\")"


def thrown_away(title, a, b, by="reply_route", transport="UDP", **more):
    """The script discards every 200 of a."""
    return Scenario(f"E18: {by} throws the 200 away, {title}, {transport}",
        **{"route": f'failover("sip:100@{{a}}/{transport} sip:101@{{b}}/{transport}"'
                    f', "{QUICK}")', "extra": ROUTES[by] % OF_A, "discarded": ["a"], "keeps": True,
           "peers": {"a": a, "b": b}, "caller": [100, 180, 200], "final_from": "b",
           "attempts": [("a", transport, at(0)), ("b", transport, later(1))], **more})


ALREADY_THERE = [("a", "UDP", at(0)), ("b", "UDP", at(0))]

THROWN_AWAY = [
    *(thrown_away("of a destination without a 1xx", [reply(200)], ANSWERS_LATE, by, over)
      for by in ROUTES for over in ("UDP", "TCP")),
    *(thrown_away("which rang before", [reply(180), reply(200, after=0.3)], ANSWERS_LATE,
        by, over, attempts=[("a", over, at(0)), ("b", over, after_cancel(0.5))],
        cancelled_after={"a": 1.5}, caller=[100, 180, 180, 200])
      for by in ROUTES for over in ("UDP", "TCP")),
    thrown_away("of the only destination", [reply(200)], SILENT,
        route=f'failover("sip:100@{{a}}", "{QUICK}")', attempts=[("a", "UDP", at(0))],
        caller=[100, 408], final_from=None, final_at=at(1)),
    thrown_away("late, while the next one rings", [reply(200, after=1.3)], ANSWERS_LATE),
    thrown_away("and the caller gives up", [reply(180), reply(200, after=0.1)], ANSWERS_LATE,
        attempts=[("a", "UDP", at(0))], cancel=when("a", 200, 0.3), cancelled=["a"],
        caller=[100, 180, 487], final_from=None, final_at=When("start", 1.5, early=1.5)),
    thrown_away("beside a branch of the script that is busy", [], [],
        route='append_branch("sip:101@{b}"); '
              f'if (failover("sip:100@{{a}} sip:102@{{c}}", "{QUICK}")) exit;',
        modules=("corex", "failover"),
        attempts=[("a", "UDP", at(0)), ("b", "UDP", at(0)), ("c", "UDP", at(1))],
        peers={"a": [reply(200)], "b": [reply(180), reply(486, after=0.2)],
               "c": ANSWERS_LATE}, caller=[100, 180, 180, 200], final_from="c"),
]


# -- while the script is slow to discard it -------------------------------------------

HELD_UP = ('reply_route { if (t_check_trans() && %s) { $shv(n) = $shv(n) + 1; '
           'if ($shv(n) == 1) usleep("%d"); drop; } }')


def held_up(title, list, a, us, b=ANSWERS_LATE, settings=QUICK, **more):
    """The script works on the 200 of a for this time, and then drops it."""
    return Scenario(f"E18: a 200 that the script holds and drops: {title}",
        route=f'failover("{list}", "{settings}")', extra=HELD_UP % (OF_A, us),
        modules=("cfgutils", "failover"), discarded=["a"], keeps=True, peers={"a": a, **b},
        **more)


SLOWLY = [
    held_up("its time is over meanwhile", "sip:100@{a} sip:101@{b}", [reply(200, after=0.7)],
        600_000, {"b": ANSWERS_LATE}, final_from="b", caller=[100, 180, 200],
        attempts=[("a", "UDP", at(0)), ("b", "UDP", When("start", 1.4, early=0.5, late=0.6))]),
    held_up("the time of the only one is over meanwhile", "sip:100@{a}",
        [reply(200, after=0.7)], 600_000, {}, attempts=[("a", "UDP", at(0))],
        caller=[100, 408]),
    held_up("the next one fails meanwhile, and its code does not lead on",
        "sip:100@{a} sip:101@{b} sip:102@{c}", [reply(200, after=0.8)], 500_000,
        {"b": [reply(180), reply(486, after=0.5)], "c": ANSWERS_LATE},
        "timer.inviting=500ms; timer.provisional=9; pattern.response=503",
        attempts=[("a", "UDP", at(0)), ("b", "UDP", at(0.5))], caller=[100, 180, 486]),
]


@pytest.mark.parametrize("scenario", [*BEHIND, *THROWN_AWAY, *SLOWLY], ids=lambda s: s.title)
def test_an_answer_that_does_not_count(outcome):
    outcome.check()


# -- in the same instant ------------------------------------------------------------

RACERS = {"negative": [reply(486, anyhow=True), reply(200, anyhow=True)],
          "answer": [reply(200, anyhow=True), reply(486, anyhow=True)],
          "redirect": [reply(302, contacts=("<sip:101@{b}>",), anyhow=True),
                       reply(200, anyhow=True)]}
CALLS = 600


def racing(names):
    return kamailio.Config("\n".join(
        f'if ($rU == "{n}" && failover("sip:1@{names[n]} sip:2@{names["b"]}",'
        f' "timer.inviting=2; timer.provisional=2")) exit;' for n in RACERS),
        modparams=(("tm", "wt_timer", 1000),))


def answered(crowd_, judge):
    """In either order of the two replies, the call is answered by one of them."""
    yield from crowd.demanded(crowd_, judge)
    crowd_.note(len(judge.attempts))
    if [e.message.status for e in judge.finals[:1]] != [200]:
        yield f"ended with {[str(e.message) for e in judge.finals]}"


@pytest.mark.heavy("120 calls a second")
def test_a_negative_reply_and_an_answer_of_one_branch_in_one_instant():
    """Two processes get them; in either order the call has one answer."""
    played = asyncio.run(crowd.play(
        {**RACERS, "b": [reply(180), reply(200, after=0.3)]}, racing, list(RACERS), CALLS,
        120, answered, discarded=tuple(RACERS)))
    played.assert_good()
    print(f"attempts of the calls: {played.notes}")
    assert set(played.notes) == {1, 2}, f"the instant was not met: {played.notes}"
