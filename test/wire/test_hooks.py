# SPDX-License-Identifier: GPL-2.0-or-later
"""Routes of the script for branches and replies during a call: they drop provisional
replies, set the timers of tm, and read the target of an attempt."""

import pytest

from scenario import (IGNORES_CANCEL, SILENT, Scenario, When, after_cancel, at, later,
                      on_cancel, redirect, reply, soon, when)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
# as with the defaults, the provisional timer is the longer one
QUICK = "timer.inviting=1; timer.provisional=2"


def through(transport, settings=QUICK):
    return (f'failover("sip:100@{{a}}/{transport} sip:101@{{b}}/{transport}",'
            f' "{settings}")')


# -- provisional replies that are dropped ------------------------------------------------

def unheard(title, a, drops, transport="UDP", **more):
    """onreply_route drops the replies of a."""
    where = more.pop("where", "onreply_route[DROPS]")
    return Scenario(f"a 1xx that {where} drops: {title}, {transport}",
        **{"route": f't_on_reply("DROPS"); if ({through(transport)}) exit;',
           "extra": f"onreply_route[DROPS] {{ return; }}\n{where} {{ {drops} }}"
                    if "DROPS" not in where else f"{where} {{ {drops} }}",
           "peers": {"a": a, "b": RINGS_AND_ANSWERS},
           "attempts": [("a", transport, at(0)), ("b", transport, soon())],
           "cancelled_after": {"a": 2}, "caller": [100, 180, 200], "final_from": "b",
           "within": 10, **more})


BOTH, OF_180, OF_183, OF_100, EACH = (f"if ({test}) drop;" for test in (
    "$sp == {a_port} && ($rs == 180 || $rs == 183)", "$sp == {a_port} && $rs == 180",
    "$sp == {a_port} && $rs == 183", "$sp == {a_port} && $rs == 100",
    "$sp == {a_port} && $rs < 200"))
RINGS_TWICE = [reply(183, after=0.1), reply(180, after=0.2)]


def given_up(title, a, drops, transport="UDP", **more):
    return unheard(f"{title}, and the caller gives up", a, drops, transport,
        attempts=[("a", transport, at(0))], cancelled_after={}, cancelled=["a"],
        cancel=when("a", 180, 0.3), final_from=None,
        **{"caller": [100, 487], "final_at": at(0.5), **more})


UNHEARD = [
    scenario for over in ("UDP", "TCP") for scenario in (
        unheard("183 and 180", RINGS_TWICE, BOTH, over),
        unheard("183 and 180, again and again",
                [reply(183, every=0.4), reply(180, after=0.2, every=0.4)], BOTH, over),
        unheard("180 alone, a 183 is heard", RINGS_TWICE, OF_180, over,
                caller=[100, 183, 180, 200], cancelled_after={"a": 2}),
        unheard("183 alone, a 180 is heard", RINGS_TWICE, OF_183, over,
                caller=[100, 180, 180, 200]),
        unheard("a single 180", [reply(180, after=0.1)], OF_180, over),
        unheard("a single 100", [reply(100, after=0.1)], OF_100, over),
        unheard("who ignores its CANCEL", [*RINGS_TWICE, IGNORES_CANCEL], BOTH, over,
                attempts=[("a", over, at(0)), ("b", over, after_cancel(0.5))]),
        unheard("who answers in the end is heard", [*RINGS_TWICE, reply(200, after=1.5)],
                BOTH, over, attempts=[("a", over, at(0))], cancelled_after={},
                caller=[100, 200], final_from="a"),
        given_up("183 and 180", RINGS_TWICE, BOTH, over),
        given_up("a single 180", [reply(180, after=0.2)], OF_180, over),
        given_up("183 and 180 of who ignores its CANCEL", [*RINGS_TWICE, IGNORES_CANCEL],
                 BOTH, over, final_at=When("start", 2.6, early=2.6)))
] + [
    unheard("183 and 180, once tm was asked", RINGS_TWICE,
            "if (t_check_trans() && $sp == {a_port} && $rs < 200) drop;",
            where="reply_route", keeps=True),
    unheard("the second rings unheard", [reply(486)], EACH.replace("a_port", "b_port"),
        route='t_on_reply("DROPS"); if (failover("sip:100@{a} sip:101@{b} sip:102@{c}",'
              f' "{QUICK}")) exit;',
        peers={"a": [reply(486)], "b": RINGS_TWICE, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
        cancelled_after={"b": 2}, final_from="c"),
    unheard("of two branches of the script, both", RINGS_TWICE, "if ($rs < 200 && "
            "($sp == {a_port} || $sp == {c_port})) drop;", modules=("corex", "failover"),
        route='append_branch("sip:102@{c}"); t_on_reply("DROPS"); '
              f'if ({through("UDP")}) exit;',
        peers={"a": RINGS_TWICE, "b": RINGS_AND_ANSWERS, "c": RINGS_TWICE},
        attempts=[("a", "UDP", at(0)), ("c", "UDP", at(0)), ("b", "UDP", None)],
        cancelled_after={"a": 2, "c": 2}),
]


@pytest.mark.parametrize("scenario", UNHEARD, ids=lambda s: s.title)
def test_who_rings_unheard(outcome):
    outcome.check()


# -- timers of tm that a route sets ---------------------------------------------------------

TIMERS = "timer.inviting=1; timer.provisional=1500ms"
SETS = {
    "t_set_fr(400, 400)": "t_set_fr(400, 400);",
    "t_set_fr(9000, 9000)": "t_set_fr(9000, 9000);",
    "t_set_fr(600)": "t_set_fr(600);",
    "t_reset_fr()": "t_reset_fr();",
    "t_set_max_lifetime(500, 500)": "t_set_max_lifetime(500, 500);",
    "t_reset_max_lifetime()": "t_reset_max_lifetime();",
    "t_set_retr(100, 200)": "t_set_retr(100, 200);",
    "t_set_retr(4000, 4000)": "t_set_retr(4000, 4000);",
}
SHORT = ("tm", "fr_timer", 500), ("tm", "fr_inv_timer", 500), ("tm", "max_inv_lifetime", 700)


def sets(how, where, title, a, transport, **more):
    armed = 't_on_branch("SETS");' if where == "branch_route" else 't_on_reply("SETS");'
    return Scenario(f"{how} in {where}: {title}, {transport}",
        **{"route": f"{armed} if ({through(transport, TIMERS)}) exit;",
           "extra": f"{where}[SETS] {{ {SETS[how]} }}", "modparams": SHORT,
           "peers": {"a": a, "b": [reply(180), reply(200, after=0.8)]},
           "caller": [100, 180, 180, 200], "final_from": "b", **more})


def timed(how, where, transport):
    yield sets(how, where, "who rings has timer.provisional, and its CANCEL first",
               [reply(180, after=0.1), on_cancel(after=0.2)], transport,
               attempts=[("a", transport, at(0)), ("b", transport, soon())],
               cancelled_after={"a": 1.5})
    if where == "branch_route":
        yield sets(how, where, "who is silent has timer.inviting", SILENT, transport,
                   attempts=[("a", transport, at(0)), ("b", transport, later(1))],
                   caller=[100, 180, 200])


TIMED = [scenario for how in SETS for where in ("branch_route", "onreply_route")
         for transport in ("UDP", "TCP") for scenario in timed(how, where, transport)]


@pytest.mark.parametrize("scenario", TIMED, ids=lambda s: s.title)
def test_timers_that_a_route_sets(outcome):
    outcome.check()


# -- the target of an attempt -----------------------------------------------------------------

LOOKS = """
onsend_route {
    if ($rm == "INVITE" && $snd(port) != $Rp && !has_totag())
        xlog("L_NOTICE", "onsend $rU for $snd(port), $(ru{uri.port}) $du\\n");
}
branch_route[LOOKS] { xlog("L_NOTICE", "branch $rU $(ru{uri.port}) $du\\n"); }
event_route[tm:branch-failure:LOOKS] {
    xlog("L_NOTICE", "failed $rU $(ru{uri.port}) $du\\n");
    t_on_branch_failure("LOOKS");
}
"""
ARMED = 't_on_branch("LOOKS"); t_on_branch_failure("LOOKS"); '


def looks(title, call, attempts, peers, seen, **more):
    return Scenario(f"what a route sees of an attempt: {title}",
        **{"route": f"{ARMED} if ({call}) exit;", "extra": LOOKS, "peers": peers,
           "attempts": attempts, "caller": [100, 180, 200], "logged": seen, **more})


def seen(user, peer, failed=True, transport="udp"):
    """The lines that the three routes log for an attempt."""
    port, next_hop = f"{{{peer}_port}}", f"sip:{{{peer}}};transport={transport}"
    return {f"onsend {user} for {port}, {port} {next_hop}": 1,
            f"branch {user} {port} {next_hop}": 1,
            f"failed {user} {port} {next_hop}": int(failed)}


THREE = [("a", "UDP", at(0), "sip:100@{a}"), ("b", "UDP", soon(), "sip:101@{b}"),
         ("c", "UDP", soon(), "sip:102@{c}")]
LOOKED = [
    looks("after replies", 'failover("sip:100@{a} sip:101@{b} sip:102@{c}")', THREE,
        {"a": [reply(503)], "b": [reply(486)], "c": RINGS_AND_ANSWERS},
        {**seen(100, "a"), **seen(101, "b"), **seen(102, "c", False)}),
    looks("after timers", 'failover("sip:100@{a} sip:101@{b} sip:102@{c}",'
          ' "timer.inviting=500ms; timer.provisional=500ms")',
        [THREE[0], ("b", "UDP", later(0.5), "sip:101@{b}"), THREE[2]],
        {"a": SILENT, "b": [reply(180)], "c": RINGS_AND_ANSWERS},
        {**seen(101, "b"), **seen(102, "c", False)}, cancelled_after={"b": 0.5},
        caller=[100, 180, 180, 200]),
    looks("a followed Contact", 'failover("sip:100@{a}")',
        [THREE[0], ("b", "UDP", soon(), "sip:101@{b}"), THREE[2]],
        {"a": [redirect("<sip:101@{b}>;q=0.9, <sip:102@{c}>;q=0.5")], "b": [reply(486)],
         "c": RINGS_AND_ANSWERS},
        {**seen(100, "a"), **seen(101, "b"), **seen(102, "c", False)}),
    looks("by another transport", 'failover("sip:100@{a}/TCP sip:101@{b}/TCP")',
        [("a", "TCP", at(0), "sip:100@{a}"), ("b", "TCP", soon(), "sip:101@{b}")],
        {"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        {**seen(100, "a", transport="tcp"),
         **seen(101, "b", False, "tcp")}),
]


@pytest.mark.parametrize("scenario", LOOKED, ids=lambda s: s.title)
def test_what_a_route_sees(outcome):
    outcome.check()
