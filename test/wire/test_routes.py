# SPDX-License-Identifier: GPL-2.0-or-later
"""failover() together with other parts of a script: other routes, parallel branches,
settings of tm, and modules with callbacks of tm."""

import asyncio

import pytest

import kamailio
from peers import Caller
from scenario import (IGNORES_CANCEL, NOBODY, SILENT, Scenario, Stage, after_cancel, at, filled, later,
                      on_cancel, redirect, reply, soon, when)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
NO_SUCH_HOST = "n" * 64 + ".invalid"       # fails without a DNS query

ARMED = 't_on_branch("EACH"); t_on_reply("EACH"); t_on_failure("END"); '
THREE = 'failover("sip:100@{a} sip:101@{b} sip:102@{c}")'
TO_A, TO_B, TO_C = (("a", "UDP", at(0), "sip:100@{a}"), ("b", "UDP", soon(), "sip:101@{b}"),
                    ("c", "UDP", soon(), "sip:102@{c}"))
FAILING = {"a": [reply(404)], "b": [reply(480)], "c": [reply(486)]}


def routes(branch="return;", onreply="return;", failure="return;"):
    return (f"branch_route[EACH] {{ {branch} }}\nonreply_route[EACH] {{ {onreply} }}\n"
            f"failure_route[END] {{ {failure} }}\n")


def armed(call, before=""):
    return f"{ARMED}{before} if ({call}) exit;"


NOTE = 'xlog("L_NOTICE", "failure route for $T_reply_code\\n"); '
ADD = 'append_hf("X-Branch: $T_branch_idx of $ru\\r\\n");'
ONCE = {n: {"X-Branch": [f"{n - 1} of sip:{99 + n}@{{{p}}}"]} for n, p in ((1, "a"), (2, "b"),
                                                                          (3, "c"))}

BRANCH = [
    Scenario("branch_route: what it adds is only in its own attempt, once",
        route=armed(THREE), extra=routes(branch=ADD), peers=FAILING,
        attempts=[TO_A, TO_B, TO_C], carries=ONCE, caller=[100, 486]),

    Scenario("branch_route: the same if timers end the attempts",
        route=armed('failover("sip:100@{a} sip:101@{b} sip:102@{c}",'
                    ' "timer.inviting=500ms; timer.provisional=500ms")'),
        extra=routes(branch=ADD), peers={"a": SILENT, "b": [reply(180)], "c": [reply(486)]},
        attempts=[TO_A, ("b", "UDP", later(0.5)), TO_C], cancelled_after={"b": 0.5},
        carries=ONCE, caller=[100, 180, 486]),

    Scenario("branch_route: the first destination is unresolvable",
        route=armed(f'failover("sip:1@{NO_SUCH_HOST} sip:101@{{b}} sip:102@{{c}}")'),
        extra=routes(branch='append_hf("X-Branch: $ru\\r\\n");'),
        peers={"b": [reply(480)], "c": [reply(486)]},
        attempts=[("b", "UDP", at(0)), TO_C],
        carries={1: {"X-Branch": ["sip:101@{b}"]}, 2: {"X-Branch": ["sip:102@{c}"]}},
        caller=[100, 486]),

    Scenario("branch_route: the first destination refuses connections",
        route=armed('failover("sip:100@{a}/TCP sip:101@{b} sip:102@{c}")'),
        extra=routes(branch='append_hf("X-Branch: $ru\\r\\n");'),
        peers={"a": NOBODY, "b": [reply(480)], "c": [reply(486)]},
        attempts=[("b", "UDP", at(0)), TO_C],
        carries={1: {"X-Branch": ["sip:101@{b}"]}, 2: {"X-Branch": ["sip:102@{c}"]}},
        caller=[100, 486]),

    Scenario("branch_route: a header it removes is missing on that attempt only",
        route=armed(THREE), headers=[("Subject", "hello")], peers=FAILING,
        extra=routes(branch='if ($rU == "101") remove_hf("Subject");'),
        attempts=[TO_A, TO_B, TO_C],
        carries={1: {"Subject": ["hello"]}, 2: {"Subject": []}, 3: {"Subject": ["hello"]}},
        caller=[100, 486]),

    Scenario("branch_route: followed Contacts pass through it too",
        route=armed('failover("sip:100@{a}")'), extra=routes(branch=ADD),
        peers={"a": [redirect("<sip:101@{b}>")], "b": [reply(486)]},
        attempts=[TO_A, TO_B], carries={n: ONCE[n] for n in (1, 2)}, caller=[100, 486]),

    Scenario("branch_route: drop skips the destination",
        route=armed(THREE), extra=routes(branch='if ($rU == "101") drop;'), peers=FAILING,
        attempts=[TO_A, TO_C], caller=[100, 486], final_from="c"),

    Scenario("branch_route: drop of the first destination",
        route=armed(THREE), extra=routes(branch='if ($rU == "100") drop;'), peers=FAILING,
        attempts=[("b", "UDP", at(0)), TO_C], caller=[100, 486], final_from="c"),

    Scenario("branch_route: drop of all destinations is a send failure",
        route=armed(THREE), extra=routes(branch="drop;"), peers=FAILING, attempts=[],
        caller=[100, 503], final_at=at(0)),

    Scenario("request_route: what it adds and removes counts for every attempt",
        headers=[("Subject", "hello")], peers=FAILING,
        route='append_hf("X-Before: $ci\\r\\n"); append_hf("X-Two: 2\\r\\n"); '
              f'remove_hf("Subject"); if ({THREE}) exit;',
        attempts=[TO_A, TO_B, TO_C], caller=[100, 486],
        carries={n: {"X-Two": ["2"], "Subject": []} for n in (1, 2, 3)}),

    Scenario("request_route: what it adds stays beside what branch_route adds",
        route=armed(THREE, 'append_hf("X-Two: 2\\r\\n");'), extra=routes(branch=ADD),
        peers=FAILING, attempts=[TO_A, TO_B, TO_C], caller=[100, 486],
        carries={n: {"X-Two": ["2"], **ONCE[n]} for n in (1, 2, 3)}),

    Scenario("request_route: what it adds is there after a first destination that cannot be sent to",
        route='append_hf("X-Two: 2\\r\\n"); '
              f'if (failover("sip:1@{NO_SUCH_HOST} sip:101@{{b}} sip:102@{{c}}")) exit;',
        peers={"b": [reply(480)], "c": [reply(486)]}, attempts=[("b", "UDP", at(0)), TO_C],
        carries={n: {"X-Two": ["2"]} for n in (1, 2)}, caller=[100, 486]),

    Scenario("onreply_route: it runs for every attempt, and may drop a provisional reply",
        route=armed(THREE),
        extra=routes(onreply='xlog("L_NOTICE", "reply $rs\\n"); if ($rs == 183) drop;'),
        peers={"a": [reply(183), reply(404, after=0.2)], "b": [reply(183), reply(480, after=0.2)],
               "c": [reply(180), reply(200, after=0.2)]},
        attempts=[TO_A, TO_B, TO_C], caller=[100, 180, 200],
        logged={"reply 404": 1, "reply 480": 1, "reply 183": 2, "reply 200": 1}),

    Scenario("onreply_route: a reply that is dropped there still starts timer.provisional",
        route=armed('failover("sip:100@{a} sip:101@{b}", "timer.provisional=1")'),
        extra=routes(onreply="if ($rs == 183) drop;"),
        peers={"a": [reply(183, every=0.3)], "b": RINGS_AND_ANSWERS},
        attempts=[TO_A, TO_B], cancelled_after={"a": 1}, caller=[100, 180, 200]),

    Scenario("onreply_route: a reply that is dropped there once still starts timer.provisional",
        route=armed('failover("sip:100@{a} sip:101@{b}", "timer.provisional=1")'),
        extra=routes(onreply="if ($rs == 180) drop;"),
        peers={"a": [reply(180, after=0.1)], "b": RINGS_AND_ANSWERS},
        attempts=[TO_A, TO_B], cancelled_after={"a": 1}, caller=[100, 200], final_from="b"),

    Scenario("onreply_route: a reply is dropped there once, and an ignored CANCEL takes 500 ms",
        route=armed('failover("sip:100@{a} sip:101@{b}", "timer.provisional=1")'),
        extra=routes(onreply="if ($rs == 180) drop;"),
        peers={"a": [reply(180), IGNORES_CANCEL], "b": RINGS_AND_ANSWERS},
        attempts=[TO_A, ("b", "UDP", after_cancel(0.5))], cancelled_after={"a": 1},
        caller=[100, 200], final_from="b"),
]


ALL_THREE = (TO_A, TO_B, TO_C)


def ends(title, do, caller, attempts=ALL_THREE, peers=None, call=THREE, **more):
    """failure_route runs once and does this."""
    return Scenario(f"failure_route: {title}", route=armed(call),
        extra=routes(failure=NOTE + do), peers={**FAILING, **(peers or {})},
        attempts=list(attempts), caller=caller,
        **{"logged": {"failure route for": 1}, **more})


def nowhere(title, do, caller, attempts=(), **more):
    """No destination could be sent to; failure_route runs then too."""
    return ends(f"nothing could be sent, {title}", do, caller, attempts,
                {"x": NOBODY, "d": RINGS_AND_ANSWERS},
                f'failover("sip:1@{NO_SUCH_HOST} sip:100@{{x}}/TCP")', **more)


ELSEWHERE = '$ru = "sip:mailbox@{d}"; t_relay();'
TO_D = ("d", "UDP", soon(), "sip:mailbox@{d}")
REPLIES = 't_reply("480", "Later");'

FAILURE = [
    ends("it does nothing", "", [100, 486], final_from="c"),
    ends("it replies", REPLIES, [100, 480]),
    ends("it replies with the code of the last", 't_reply("486", "Mine");', [100, 486]),
    ends("it relays elsewhere", ELSEWHERE, [100, 180, 200], [*ALL_THREE, TO_D],
        {"d": RINGS_AND_ANSWERS}),
    ends("it relays elsewhere, where it fails as well: the caller gets that", ELSEWHERE,
        [100, 603], [*ALL_THREE, TO_D], {"d": [reply(603, after=0.2)]}, final_from="d"),
    ends("it relays elsewhere, where nobody answers: tm's own timers hold there",
        ELSEWHERE, [100, 408], [*ALL_THREE, TO_D], {"d": SILENT},
        'failover("sip:100@{a} sip:101@{b} sip:102@{c}", "timer.inviting=5")',
        modparams=(("tm", "fr_timer", 900),), final_at=later(0.9)),
    ends("it relays elsewhere, where it rings on: tm's own timers hold there",
        ELSEWHERE, [100, 180, 408], [*ALL_THREE, TO_D], {"d": [reply(180)]},
        'failover("sip:100@{a} sip:101@{b} sip:102@{c}", "timer.provisional=5")',
        modparams=(("tm", "fr_inv_timer", 900),), cancelled_after={"d": 0.9}),
    ends("it relays elsewhere, to two at once",
        '$ru = "sip:mailbox@{d}"; append_branch("sip:attendant@{e}"); t_relay();',
        [100, 180, 180, 200], [*ALL_THREE, TO_D, ("e", "UDP", None)],
        {"d": [reply(180)], "e": [reply(180), reply(200, after=0.3)]}, cancelled=["d"],
        final_from="e", modules=("corex", "failover")),
    ends("it runs too when the pattern does not match", "", [100, 404], [TO_A],
        call='failover("sip:100@{a} sip:101@{b}", "pattern.response=5..")', final_from="a"),
    ends("it runs after a timeout", REPLIES, [100, 480], [TO_A], {"a": SILENT},
        'failover("sip:100@{a}", "timer.inviting=500ms")',
        logged={"failure route for 408": 1, "failure route for": 1}),
    ends("it runs after ringing too long", "", [100, 180, 408], [TO_A], {"a": [reply(180)]},
        'failover("sip:100@{a}", "timer.provisional=500ms")', cancelled_after={"a": 0.5},
        logged={"failure route for": 1}),
    ends("with reply = CODE it has the last word", REPLIES, [100, 480], [TO_A],
        call='failover("sip:100@{a}", "reply=600 Nobody")'),
    ends("with reply = CODE it may leave that to us", "", [100, 600], [TO_A],
        call='failover("sip:100@{a}", "reply=600 Nobody")'),
    ends("it runs for a caller who gave up", "", [100, 180, 487], [TO_A],
        {"a": [reply(180)]}, cancel=when("caller", 180, 0.2), cancelled=["a"]),
    ends("the last could not be sent", "", [100, 503], [TO_A], {"x": NOBODY},
        'failover("sip:100@{a} sip:1@{x}/TCP")'),
    nowhere("it does nothing: 503, promptly", "", [100, 503], final_at=at(0.06)),
    nowhere("it replies", REPLIES, [100, 480], final_at=at(0.06)),
    nowhere("it relays elsewhere", ELSEWHERE, [100, 180, 200],
        [("d", "UDP", at(0.06), "sip:mailbox@{d}")]),
]

GONE = "reply=480 Gone"
ONE_GONE = f'failover("sip:100@{{a}}", "{GONE}")'
TWO_GONE = f'failover("sip:100@{{a}} sip:101@{{b}}", "{GONE}")'


def late_armed(title, runs, arm="onreply", only="", call=TWO_GONE, do="", **more):
    """Another route sets failure_route, only for some branches. tm runs the failure_route of
    the branch whose reply it chooses, or none. The reply of failover is sent once in each
    case."""
    return Scenario(f"failure_route: {title}",
        route=f't_on_branch("EACH"); t_on_reply("EACH"); if ({call}) exit;',
        extra=routes(failure=NOTE + do, **{arm: f'{only} t_on_failure("END");'}),
        **{"peers": FAILING, "attempts": [TO_A, TO_B], "caller": [100, 480],
           "logged": {"failure route for": runs}, **more})


LATE_ARMED = [
    late_armed("armed in onreply_route, after the only destination: it does not run", 0,
        call=ONE_GONE, attempts=[TO_A]),
    late_armed("armed in onreply_route by a 180, which is after its branch was made", 0,
        call=ONE_GONE, attempts=[TO_A], peers={"a": [reply(180), reply(404, after=0.2)]},
        caller=[100, 180, 480]),
    late_armed("armed in onreply_route, before the next destination: it runs for that", 1),
    late_armed("armed in branch_route for all: it runs", 1, "branch"),
    late_armed("armed in branch_route for the last only: it runs", 1, "branch",
        'if ($rU == "101")'),
    late_armed("armed in branch_route for all, and it replies: it has the last word", 1,
        "branch", do='t_reply("486", "Mine");', caller=[100, 486]),
    late_armed("armed in onreply_route, and a timeout", 0, call=ONE_GONE.replace(
        '"reply', '"timer.provisional=500ms; reply'), attempts=[TO_A],
        peers={"a": [reply(180)]}, cancelled_after={"a": 0.5}, caller=[100, 180, 480]),
    late_armed("armed in onreply_route, and the caller gives up", 0, call=ONE_GONE,
        attempts=[TO_A], peers={"a": [reply(180), on_cancel(then=486)]},
        cancel=when("caller", 180, 0.2), cancelled=["a"], caller=[100, 180, 487]),
]


def parallel(title, call, caller, attempts, peers, beside="sip:200@{b}", **more):
    """The script has added a branch to b; failover() begins with a."""
    return Scenario(f"parallel: {title}", modules=("corex", "failover"),
        route=f'append_branch("{beside}"); if ({call}) exit;',
        peers=peers, attempts=attempts, caller=caller, **more)


AT_ONCE = [("a", "UDP", at(0), "sip:100@{a}"), ("b", "UDP", at(0), "sip:200@{b}")]
THEN = 'failover("sip:100@{a} sip:102@{c}", "pattern.response=@P@")'

PARALLEL = [
    parallel("486 and 603: the pattern is asked for the 603, which matches",
        THEN.replace("@P@", "603"), [100, 180, 200], [*AT_ONCE, TO_C],
        {"a": [reply(486)], "b": [reply(603, after=0.2)], "c": RINGS_AND_ANSWERS}),
    parallel("486 and 603: the pattern is asked for the 603, which does not match",
        THEN.replace("@P@", "486"), [100, 603], AT_ONCE,
        {"a": [reply(486)], "b": [reply(603, after=0.2)], "c": RINGS_AND_ANSWERS},
        final_from="b"),
    parallel("603 before 486", THEN.replace("@P@", "486"), [100, 603], AT_ONCE,
        {"a": [reply(603)], "b": [reply(486, after=0.2)], "c": RINGS_AND_ANSWERS},
        final_from="a"),
    parallel("503 and 404: the 404 counts", THEN.replace("@P@", "503"), [100, 404], AT_ONCE,
        {"a": [reply(503)], "b": [reply(404, after=0.2)], "c": RINGS_AND_ANSWERS},
        final_from="b"),
    parallel("302 and 486: the Contacts of the 302 are followed",
        THEN.replace("@P@", "3.."), [100, 180, 200],
        [*AT_ONCE, ("d", "UDP", None, "sip:7@{d}")],
        {"a": [redirect("<sip:7@{d}>")], "b": [reply(486, after=0.2)],
         "c": RINGS_AND_ANSWERS, "d": RINGS_AND_ANSWERS}),
    parallel("486, then 302: its Contacts too", THEN.replace("@P@", "3.."), [100, 180, 200],
        [*AT_ONCE, ("d", "UDP", None, "sip:7@{d}")],
        {"a": [reply(486)], "b": [redirect("<sip:7@{d}>", after=0.2)],
         "c": RINGS_AND_ANSWERS, "d": RINGS_AND_ANSWERS}),
    parallel("one fails, the other answers", THEN.replace("@P@", ".+"), [100, 180, 200],
        AT_ONCE, {"a": [reply(486)], "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS},
        final_from="b"),
    parallel("one rings, the other answers", THEN.replace("@P@", ".+"), [100, 180, 180, 200],
        AT_ONCE, {"a": [reply(180)], "b": [reply(180), reply(200, after=0.4)],
                  "c": RINGS_AND_ANSWERS}, final_from="b", cancelled=["a"]),
    parallel("one is silent, one busy: both are over before the next one",
        'failover("sip:100@{a} sip:102@{c}", "timer.inviting=700ms")', [100, 180, 200],
        [*AT_ONCE, ("c", "UDP", at(0.7))],
        {"a": SILENT, "b": [reply(486)], "c": RINGS_AND_ANSWERS}),
    parallel("one rings too long, one is busy",
        'failover("sip:100@{a} sip:102@{c}", "timer.provisional=700ms")', [100, 180, 180, 200],
        [*AT_ONCE, ("c", "UDP", at(0.7))],
        {"a": [reply(180)], "b": [reply(486)], "c": RINGS_AND_ANSWERS}, cancelled=["a"]),
    parallel("both ring too long: both are CANCELled",
        'failover("sip:100@{a} sip:102@{c}", "timer.provisional=700ms")',
        [100, 180, 180, 180, 200], [*AT_ONCE, ("c", "UDP", at(0.7))],
        {"a": [reply(180)], "b": [reply(180)], "c": RINGS_AND_ANSWERS}, cancelled=["a", "b"]),
    parallel("both fail, so does the next: the last reply counts",
        'failover("sip:100@{a} sip:102@{c}")', [100, 480], [*AT_ONCE, TO_C],
        {"a": [reply(603, after=0.1)], "b": [reply(404)], "c": [reply(480)]},
        final_from="c"),
    *(parallel(f"one is busy, the caller gives up, the other has a {code}: a 487",
        'failover("sip:100@{a} sip:102@{c}")', [100, 180, 487], AT_ONCE,
        {"a": [reply(180), on_cancel(then=code, after=0.1)], "b": [reply(486)],
         "c": RINGS_AND_ANSWERS}, cancel=when("caller", 180, 0.3), cancelled=["a"])
      for code in (487, 486, 480)),
    parallel("one was busy when the other begins to ring, TCP: timer.provisional holds",
        'failover("sip:100@{a}/TCP sip:101@{c}", "timer.inviting=8; timer.provisional=1")',
        [100, 180, 180, 200],
        [("a", "TCP", at(0), "sip:100@{a}"), ("b", "TCP", at(0)), ("c", "UDP", at(1.5))],
        {"a": [reply(486, after=0.1)], "b": [reply(180, after=0.5)],
         "c": RINGS_AND_ANSWERS}, beside="sip:200@{b};transport=tcp",
        cancelled_after={"b": 1}, final_from="c", within=12),
]

TM_TIMERS = "timer.inviting=1; timer.provisional=1"
RINGING_ON = {"a": [reply(180, every=0.3)], "b": RINGS_AND_ANSWERS}
TWO_TIMED = f'failover("sip:100@{{a}} sip:101@{{b}}", "{TM_TIMERS}")'


def tm(title, settings, **more):
    return Scenario(f"tm: {title}",
        modparams=tuple(("tm", n, v) for n, v in settings.items()), **more)


TM = [
    tm("noisy_ctimer=0: a silent last destination is a 408 all the same", {"noisy_ctimer": 0},
        route=TWO_TIMED, peers={"a": [reply(503)], "b": SILENT}, attempts=[TO_A, TO_B],
        caller=[100, 408], final_at=later(1)),
    tm("noisy_ctimer=0: a single silent destination", {"noisy_ctimer": 0},
        route='failover("sip:100@{a}", "timer.inviting=1")', peers={"a": SILENT},
        attempts=[TO_A], caller=[100, 408], final_at=later(1)),
    tm("noisy_ctimer=0: a single destination that rings too long", {"noisy_ctimer": 0},
        route='failover("sip:100@{a}", "timer.provisional=1")', peers={"a": [reply(180)]},
        attempts=[TO_A], cancelled_after={"a": 1}, caller=[100, 180, 408]),
    tm("noisy_ctimer=0: silence leads on", {"noisy_ctimer": 0}, route=TWO_TIMED,
        peers={"a": SILENT, "b": RINGS_AND_ANSWERS},
        attempts=[TO_A, ("b", "UDP", later(1))], caller=[100, 180, 200]),
    *(tm(f"restart_fr_on_each_reply={n}: repeated 180s prolong nothing",
        {"restart_fr_on_each_reply": n}, route=TWO_TIMED, peers=RINGING_ON,
        attempts=[TO_A, TO_B], cancelled_after={"a": 1}, caller=[100, 180, 180, 200])
      for n in (0, 1)),
    tm("max_inv_lifetime does not cut a chain of silence", {"max_inv_lifetime": 1500},
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c} sip:103@{d}", "timer.inviting=1")',
        peers={"a": SILENT, "b": SILENT, "c": SILENT, "d": RINGS_AND_ANSWERS},
        attempts=[TO_A, ("b", "UDP", later(1)), ("c", "UDP", later(1)), ("d", "UDP", later(1))],
        caller=[100, 180, 200]),
    tm("max_inv_lifetime does not cut a chain of ringing", {"max_inv_lifetime": 1500},
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}", "timer.provisional=1")',
        peers={"a": [reply(180)], "b": [reply(180)], "c": [reply(180), reply(200, after=0.8)]},
        attempts=[TO_A, TO_B, TO_C], cancelled_after={"a": 1, "b": 1},
        caller=[100, 180, 180, 180, 200]),
    *(tm(f"fr_timer={ms}: timer.inviting holds", {"fr_timer": ms}, route=TWO_TIMED,
        peers={"a": SILENT, "b": RINGS_AND_ANSWERS},
        attempts=[TO_A, ("b", "UDP", later(1))], caller=[100, 180, 200])
      for ms in (300, 9000)),
    *(tm(f"fr_inv_timer={ms}: timer.provisional holds", {"fr_inv_timer": ms}, route=TWO_TIMED,
        peers=RINGING_ON, attempts=[TO_A, TO_B], cancelled_after={"a": 1},
        caller=[100, 180, 180, 200]) for ms in (400, 9000)),
    tm("t_set_fr() of the script before: the module's timers hold", {},
        route=f"t_set_fr(400, 400); if ({TWO_TIMED}) exit;",
        peers={"a": SILENT, "b": [reply(180), reply(200, after=0.8)]},
        attempts=[TO_A, ("b", "UDP", later(1))], caller=[100, 180, 200]),
    *(tm(f"failure_reply_mode={n}: the last reply counts", {"failure_reply_mode": n},
        route=THREE, peers={"a": [reply(603)], "b": [reply(404)], "c": [reply(486)]},
        attempts=[TO_A, TO_B, TO_C], caller=[100, 486], final_from="c") for n in (0, 3)),
    *(tm(f"failure_reply_mode={n}: a reply that does not match counts",
        {"failure_reply_mode": n},
        route='failover("sip:100@{a} sip:101@{b}", "pattern.response=404|5..")',
        peers={"a": [reply(404)], "b": [reply(603)]}, attempts=[TO_A, TO_B],
        caller=[100, 603], final_from="b") for n in (0, 3)),
    *(tm(f"disable_6xx_block={n}: a 603 leads on", {"disable_6xx_block": n}, route=THREE,
        peers={**FAILING, "a": [reply(603)]}, attempts=[TO_A, TO_B, TO_C],
        caller=[100, 486], final_from="c") for n in (0, 1)),
    *(tm(f"reply_408_code=480: a timeout is a 480, {why}",
        {"reply_408_code": 480, "reply_408_reason": "Nobody There"},
        route=f'failover("sip:100@{{a}} sip:101@{{b}}", "timer.inviting=500ms{setting}")',
        peers={"a": SILENT, "b": SILENT},
        attempts=[TO_A, ("b", "UDP", later(0.5))], caller=[100, code])
      for why, setting, code in (("by itself", "", 480), ("timer.total", "; timer.total=700ms", 480),
                                 ("but not where reply says 408", "; reply=408 Gone", 408))
      if kamailio.RELEASE >= (6, 0, 0)),
    tm("auto_inv_100=0: no 100 of ours", {"auto_inv_100": 0}, route=THREE, peers=FAILING,
        attempts=[TO_A, TO_B, TO_C], caller=[486]),
    tm("cancel_b_method=2: a silent destination gets its CANCEL when the caller gives up",
        {"cancel_b_method": 2}, route=THREE, peers={**FAILING, "a": [reply(180)]},
        cancel=when("caller", 180, 0.2), cancelled=["a"], attempts=[TO_A],
        caller=[100, 180, 487]),
]

ACC = (("acc", "log_level", 1), ("acc", "log_flag", 1), ("acc", "log_missed_flag", 2),
       ("acc", "failed_transaction_flag", 3))
FLAGS = "setflag(1); setflag(2); setflag(3); "
DIALOG_EVENTS = "".join(f'event_route[dialog:{e}] {{ xlog("L_NOTICE", "dialog {e}\\n"); }}\n'
                        for e in ("start", "end", "failed"))


def accounted(title, timers="timer.inviting=400ms", **more):
    return Scenario(f"beside acc: {title}", modules=("acc", "failover"), modparams=ACC,
        route=f"{FLAGS} if ({TIMED.replace('@TIMERS@', timers)}) exit;", **more)


def dialogue(title, timers="timer.provisional=1", **more):
    return Scenario(f"beside dialog: {title}", modules=("dialog", "failover"),
        extra=DIALOG_EVENTS, route="dlg_manage(); "
        f"if ({TIMED.replace('@TIMERS@', timers)}) exit;", **more)


TIMED = 'failover("sip:100@{a} sip:101@{b} sip:102@{c}", "@TIMERS@")'

BESIDE = [
    accounted("a failed call is missed once, and failed once, with the last code",
        peers=FAILING, attempts=[TO_A, TO_B, TO_C], caller=[100, 486],
        logged={"call missed": 1, "code=486": 2, "ACC: ": 2}),
    accounted("an answered call is accounted once, and its BYE",
        peers={**FAILING, "b": RINGS_AND_ANSWERS}, attempts=[TO_A, TO_B],
        caller=[100, 180, 200], logged={"code=200": 1, "call missed": 0, "ACC: ": 1}),
    accounted("silence is a 408", peers={"a": SILENT, "b": SILENT, "c": SILENT},
        attempts=[TO_A, ("b", "UDP", later(0.4)), ("c", "UDP", later(0.4))],
        caller=[100, 408], logged={"call missed": 1, "code=408": 2, "ACC: ": 2}),
    accounted("a late answer is an answered call", "timer.provisional=1",
        peers={**FAILING, "a": [reply(180), on_cancel(then=200, after=0.8)],
               "b": [reply(183)]},
        attempts=[TO_A, ("b", "UDP", after_cancel(0.5))], cancelled=["b"],
        cancelled_after={"a": 1}, caller=[100, 180, 183, 200], final_from="a",
        logged={"code=200": 1, "call missed": 0, "ACC: ": 1}),
    dialogue("an answered call is one dialog, begun and ended",
        peers={**FAILING, "b": RINGS_AND_ANSWERS}, attempts=[TO_A, TO_B],
        caller=[100, 180, 200],
        logged={"dialog start": 1, "dialog end": 1, "dialog failed": 0}),
    dialogue("a failed call is one failed dialog",
        peers=FAILING, attempts=[TO_A, TO_B, TO_C], caller=[100, 486],
        logged={"dialog start": 0, "dialog end": 0, "dialog failed": 1}),
    dialogue("a late answer is a dialog",
        peers={**FAILING, "a": [reply(180), on_cancel(then=200, after=0.8)],
               "b": [reply(183)]},
        attempts=[TO_A, ("b", "UDP", after_cancel(0.5))], cancelled=["b"],
        cancelled_after={"a": 1}, caller=[100, 180, 183, 200], final_from="a",
        logged={"dialog start": 1, "dialog end": 1, "dialog failed": 0}),
]

ALL = [*BRANCH, *FAILURE, *LATE_ARMED, *PARALLEL, *TM, *BESIDE]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_route(outcome):
    outcome.check()


# -- tests that are not scenarios ------------------------------------------------

class Deaf(Caller):
    """A caller that sends no ACK."""

    def request(self, message):
        if not isinstance(message, bytes) and message.method == "ACK":
            return message.to_bytes()
        return super().request(message)


REFUSING = "[Deploy Patterns]\n$action = 403 No\n"


async def final_reply_without_ack(call_text, fr_timer):
    """The times at which the caller got its final reply, from the first on."""
    def config(names):
        return kamailio.Config(route=filled(f"if ({call_text}) exit;", names),
                               modparams=(("tm", "fr_timer", fr_timer),
                                          ("failover", "dialplan_text", REFUSING)),
                               extra="branch_route[NOBODY] { drop; }")

    async with Stage({"a": [reply(486)], "b": SILENT}, config) as stage:
        async with Deaf(stage.trace, stage.server.port) as caller:
            call = caller.call(filled("sip:9555@{proxy}", stage.names))
            await asyncio.wait_for(call.final, 8)
            await asyncio.sleep(5)
            times = [e.time for e in stage.trace.of("caller", call.codes[-1], sent=False)]
            return [t - times[0] for t in times]


@pytest.mark.parametrize("call_text", [
    'failover("sip:1@{a}", "timer.inviting=10; timer.provisional=10")',
    'failover("sip:1@{a}", "timer.inviting=200ms; timer.provisional=200ms")',
    'failover("sip:1@{b}", "timer.inviting=200ms")', "failover()",
    'is_method("INVITE")) t_on_branch("NOBODY"); if (failover("sip:1@{b}")'],
    ids=["long timers", "short timers", "a timeout", "$action", "nothing could be sent"])
def test_the_final_reply_is_repeated_as_tm_does(call_text):
    """Timer G of tm, 500 ms and then doubled, and fr_timer, here 3 s, as Timer H; not the
    timers of the attempts. Also without any branch; there tm from 6.1.5 on would send the
    reply only once."""
    times = asyncio.run(final_reply_without_ack(call_text, 3000))
    assert [round(t * 2) / 2 for t in times] == [0, 0.5, 1.5], times


@pytest.mark.parametrize("name, value, status_ok", [
    ("failure_exec_mode", 0, True), ("failure_exec_mode", 1, False),
    ("failure_reply_mode", 0, True), ("failure_reply_mode", 1, False),
    ("failure_reply_mode", 2, False), ("failure_reply_mode", 3, True),
    *([("e2e_cancel_hop_by_hop", 0, False), ("e2e_cancel_hop_by_hop", 1, True)]
      if kamailio.RELEASE >= (6, 0, 0) else [])])
def test_values_of_parameters_of_tm_that_are_refused(name, value, status_ok):
    """With these parameters failover cannot work; the log has the line to change."""
    status, log = kamailio.start_that_fails(kamailio.Config(
        "exit;", modparams=(("tm", name, value),)))
    assert (status is None) == status_ok, log
    if not status_ok:
        assert status != 0 and f'remove modparam("tm", "{name}", {value})' in log, log


@pytest.mark.parametrize("globals, status_ok", [
    ("", True), *([("msg_apply_changes_mode=0", True), ("msg_apply_changes_mode=1", False)]
                  if kamailio.RELEASE >= (6, 1, 0) else [])])
def test_values_of_parameters_of_the_core_that_are_refused(globals, status_ok):
    status, log = kamailio.start_that_fails(kamailio.Config("exit;", globals=globals))
    assert (status is None) == status_ok, log
    assert (f"remove {globals}" in log) == (not status_ok), log


def test_late_replies_find_their_transaction():
    """Only for the release whose default drops them, the parameter is changed."""
    with kamailio.Server(kamailio.Config("exit;", debug=2)) as server:
        says = 'modparam("tm", "reply_matching", 0) is set'
        assert (says in server.log()) == (kamailio.RELEASE in ((6, 1, 4), (6, 2, 0))), \
            server.log()


@pytest.mark.parametrize("route", ["failure_route[X]", "branch_route[X]", "onreply_route[X]"])
def test_failover_in_another_route_is_an_error(route):
    status, log = kamailio.start_that_fails(kamailio.Config(
        "exit;", extra=route + ' { failover("sip:1@127.0.0.1"); }'))
    assert status not in (0, None), log
    assert "failover" in log
