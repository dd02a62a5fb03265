# SPDX-License-Identifier: GPL-2.0-or-later
"""For a failed call failure_route, acc and dialog see the same as the caller: the code, and
the gateway that sent it."""

import pytest

from scenario import (IGNORES_CANCEL, NOBODY, SILENT, Scenario, after_cancel, at, hangup,
                      later, on_cancel, redirect, reply, soon, when)

ACC = (("acc", "log_level", 1), ("acc", "log_flag", 1), ("acc", "log_missed_flag", 2),
       ("acc", "failed_transaction_flag", 3),
       ("acc", "log_extra", "user=$rU;port=$(ru{uri.port});parsed=$rp"),
       ("tm", "wt_timer", 1000))
SEES = """
failure_route[SEES] {
    xlog("L_NOTICE", "route sees $T_reply_code\\n");
    if (t_check_status("408")) xlog("L_NOTICE", "route has 408\\n");
    if (t_branch_timeout()) xlog("L_NOTICE", "route has a timeout\\n");
    if (t_is_canceled()) xlog("L_NOTICE", "route is cancelled\\n");
}
event_route[dialog:failed] { xlog("L_NOTICE", "dialog sees $rs\\n"); }
"""
MISSED, FAILED = "setflag(2); ", "setflag(1); setflag(3); "
UNSAID = "not looked at"
ARMED = 'dlg_manage(); t_on_failure("SEES"); '
QUICK = "timer.inviting=1; timer.provisional=1"


def sees(code, timeout, is_own):
    """The lines of the log for a call that ends with this code. dialog sees the reply, or
    nothing if the server itself makes it. UNSAID is not checked."""
    seen = {f"route sees {code}": 1, "route sees": 1, "route has 408": int(code == 408),
            "route has a timeout": timeout, "dialog sees": 1, "ACC: ": 1,
            f"code={code}": 1, f"dialog sees {'<null>' if is_own else code}": is_own}
    return {text: 1 if text.startswith("dialog sees ") else int(times)
            for text, times in seen.items() if times is not UNSAID}


def watched(title, call, peers, attempts, code, timeout=False, caller=None, flags=MISSED,
            is_own=None, **more):
    return Scenario(f"failure_route, acc and dialog see the {code} that the caller gets: "
                    f"{title}",
        **{"route": f"{flags} {ARMED} if ({call}) exit;", "extra": SEES, "peers": peers,
           "modules": ("dialog", "acc", "failover"), "modparams": ACC, "attempts": attempts,
           "caller": caller or [100, code],
           "logged": {**sees(code, timeout, timeout if is_own is None else is_own),
                     **more.pop("also", {})}, **more})


def one(over="UDP", more=""):
    return f'failover("sip:100@{{a}}/{over}", "{QUICK}{more}")'


def two(over="UDP", more=""):
    return f'failover("sip:100@{{a}} sip:101@{{b}}/{over}", "{QUICK}{more}")'


def of(user, peer):
    """The record of acc has this gateway."""
    return {"also": {f"user={user};port={{{peer}_port}};parsed={{{peer}_port}}": 1}}


TO_A = ("a", "UDP", at(0))
WHAT_CANCEL_GETS = {
    "a 487": [on_cancel()], "a 487, later": [on_cancel(after=0.3)],
    "a 486": [on_cancel(then=486)], "a 503": [on_cancel(then=503)],
    "a 603": [on_cancel(then=603)], "a 302": [on_cancel(then=302)],
    "nothing": [IGNORES_CANCEL], "a 481 and nothing": [on_cancel(reply=481, then=None)],
    "a 200 and nothing": [on_cancel(then=None)],
}

KINDS = {"missed": MISSED, "failed": FAILED}
RANG = [
    scenario for over, kind in (("UDP", "missed"), ("UDP", "failed"), ("TCP", "missed"))
    for what, order in WHAT_CANCEL_GETS.items()
    if (over, kind) == ("UDP", "missed") or what in ("a 487", "a 503", "nothing")
    for scenario in (
        watched(f"the only one rang too long, {what} for its CANCEL, {kind}, {over}",
            one(over), {"a": [reply(180), *order]}, [("a", over, at(0))], 408, True,
            [100, 180, 408], KINDS[kind], cancelled_after={"a": 1}, **of(100, "a")),
        *([watched(f"the last one rang too long, {what} for its CANCEL, {kind}, {over}",
            two(over), {"a": [reply(404)], "b": [reply(180), *order]},
            [TO_A, ("b", over, soon())], 408, True, [100, 180, 408], KINDS[kind],
            cancelled_after={"b": 1}, **of(101, "b"))] if (over, kind) == ("UDP", "missed") else []))
]

OTHERS = [
    watched("the only one was silent", one(), {"a": SILENT}, [TO_A], 408, True,
        **of(100, "a")),
    watched("the last one was silent", two(), {"a": [reply(486)], "b": SILENT},
        [TO_A, ("b", "UDP", soon())], 408, True, **of(101, "b")),
    watched("timer.total ends what rings", one(more="; timer.provisional=9; timer.total=1")
        .replace("timer.provisional=1; ", ""), {"a": [reply(180)]}, [TO_A], 408, True,
        [100, 180, 408], cancelled_after={"a": 1}, **of(100, "a")),
    watched("the last one refused the connection", two("TCP"), {"a": [reply(486)],
        "b": NOBODY}, [TO_A], 503, is_own=True),
    watched("the last one closed the connection", two("TCP"), {"a": [reply(486)],
        "b": [hangup(after=0.2)]}, [TO_A, ("b", "TCP", soon())], 503, is_own=True),
    watched("the reply is written out", two(more="; reply=480 Gone"),
        {"a": [reply(486)], "b": [reply(404)]}, [TO_A, ("b", "UDP", soon())], 480,
        is_own=True),
    watched("the reply is written out and the last one rang too long",
        two(more="; reply=480 Gone"), {"a": [reply(486)], "b": [reply(180)]},
        [TO_A, ("b", "UDP", soon())], 480, UNSAID, [100, 180, 480], cancelled_after={"b": 1}),
    watched("the best one, of the first", two(more="; reply=best"),
        {"a": [reply(404)], "b": [reply(500)]}, [TO_A, ("b", "UDP", soon())], 404,
        is_own=UNSAID, **of(100, "a")),
    watched("the best one, when the last was silent", two(more="; reply=best"),
        {"a": [reply(486)], "b": SILENT}, [TO_A, ("b", "UDP", soon())], 486,
        is_own=UNSAID, **of(100, "a")),
    watched("one that does not match", two(more="; pattern.response=5.."),
        {"a": [reply(404)], "b": [reply(500)]}, [TO_A], 404, **of(100, "a")),
    watched("the caller gives up while it rings", two(), {"a": [reply(180)], "b": SILENT},
        [TO_A], 487, False, [100, 180, 487], cancel=when("caller", 180, 0.3),
        cancelled=["a"], also={"route is cancelled": 1}),
    Scenario("acc sees what the script sends elsewhere in failure_route, and that fails",
        route=f'{MISSED} t_on_failure("ON"); if ({two()}) exit;',
        extra='failure_route[ON] { setflag(2); $ru = "sip:102@{c}"; t_relay(); }',
        modules=("acc", "failover"), modparams=ACC, caller=[100, 404],
        peers={"a": [reply(503)], "b": [reply(486)], "c": [reply(404, after=0.2)]},
        attempts=[TO_A, ("b", "UDP", soon()), ("c", "UDP", soon())],
        logged={"ACC: ": 2, "code=486;reason=Busy Here;user=101;port={b_port}": 1,
                "code=404;reason=Not Found;user=102;port={c_port}": 1}),
]

# all values are from one gateway, after any result of the previous one
BEFORE = {
    "rang and failed": ([reply(180), reply(486, after=0.2)], soon(), {}, [180]),
    "failed": ([reply(486)], soon(), {}, []),
    "rang too long": ([reply(180)], soon(), {"a": 1}, [180]),
    "rang too long and ignored its CANCEL": ([reply(180), IGNORES_CANCEL], after_cancel(0.5),
                                             {"a": 1}, [180]),
    "rang too long and had a 486": ([reply(180), on_cancel(then=486)], soon(), {"a": 1}, [180]),
    "was silent": (SILENT, later(1), {}, []),
    "had a 603": ([reply(603)], soon(), {}, []),
    "had a 302 that leads nowhere": ([redirect("<tel:+1>")], soon(), {}, []),
}
LAST = {
    "fails": ([reply(404)], 404, False, {}, []),
    "rings and fails": ([reply(180), reply(480, after=0.2)], 480, False, {}, [180]),
    "is silent": (SILENT, 408, True, {}, []),
    "rings too long": ([reply(180)], 408, True, {"b": 1}, [180]),
}
ONE_GATEWAY = [
    watched(f"the first {was}, the second {is_}, {kind}", two(),
        {"a": first, "b": last}, [TO_A, ("b", "UDP", moment)], code, timeout,
        [100, *rang, *rings, code], KINDS[kind], cancelled_after={**cancelled, **too}, **of(101, "b"))
    for was, (first, moment, cancelled, rang) in BEFORE.items()
    for is_, (last, code, timeout, too, rings) in LAST.items()
    for kind in KINDS
    if was == "rang and failed" or (kind == "missed" and is_ in ("fails", "rings too long"))
]


@pytest.mark.parametrize("scenario", [*RANG, *OTHERS, *ONE_GATEWAY], ids=lambda s: s.title)
def test_others_see_what_the_caller_gets(outcome):
    outcome.check()
