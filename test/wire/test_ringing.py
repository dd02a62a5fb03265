# SPDX-License-Identifier: GPL-2.0-or-later
"""timer.ringing: how long a destination may ring, from its first 18x. timer.provisional is
then only for the silence after a 100."""

import pytest

from scenario import (IGNORES_CANCEL, Scenario, after_cancel, at, on_cancel, reply, soon)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
RINGS = "timer.provisional=1; timer.ringing=2"


def rings(title, a, over="UDP", settings=RINGS, option="", cancelled=None, **more):
    return Scenario(f"E4b: {title}, {over}",
        **{"route": f'failover("sip:100@{{a}}/{over}{option} sip:101@{{b}}/{over}",'
                    f' "{settings}")',
           "peers": {"a": a, "b": RINGS_AND_ANSWERS}, "final_from": "b",
           "attempts": [("a", over, at(0)), ("b", over, soon())],
           "cancelled_after": {"a": cancelled} if cancelled else {},
           "caller": [100, 180, 180, 200], "modparams": (("tm", "wt_timer", 1000),), **more})


BOTH = [
    scenario for over in ("UDP", "TCP") for scenario in (
        rings("it may ring longer than timer.provisional", [reply(180)], over, cancelled=2),
        rings("it may ring shorter than timer.provisional", [reply(180)], over,
              "timer.provisional=3; timer.ringing=1", cancelled=1),
        rings("it counts from the 180, not from the 100",
              [reply(100), reply(180, after=0.6)], over, cancelled=2.6),
        rings("without an 18x in time timer.provisional holds", [reply(100)], over,
              cancelled=1, caller=[100, 180, 200]),
        rings("a 183 is ringing", [reply(183)], over, cancelled=2,
              caller=[100, 183, 180, 200]),
        rings("later 18x prolong nothing", [reply(180, every=0.4)], over, cancelled=2),
        rings("a later 183 prolongs nothing", [reply(180), reply(183, after=1)], over,
              cancelled=2, caller=[100, 180, 183, 180, 200]),
        rings("it answers in time", [reply(180), reply(200, after=1.5)], over,
              attempts=[("a", over, at(0))], caller=[100, 180, 200], final_from="a"))
] + [
    rings("a 199 is no ringing", [reply(199)], cancelled=1, caller=[100, 199, 180, 200]),
    rings("an option of a destination", [reply(180)], settings="timer.provisional=3",
          option="{ringing=1}", cancelled=1),
    rings("an option overrides the setting", [reply(180)], option="{ringing=1}", cancelled=1),
    rings("off: timer.provisional covers the ringing", [reply(180)],
          settings="timer.provisional=1; timer.ringing=off", cancelled=1),
    rings("an option may be off", [reply(180)], option="{ringing=off}", cancelled=1),
    rings("who ignores its CANCEL is left 500 ms after it", [reply(180), IGNORES_CANCEL],
          settings="timer.ringing=1", cancelled=1,
          attempts=[("a", "UDP", at(0)), ("b", "UDP", after_cancel(0.5))]),
    rings("its answer that crosses the CANCEL is taken",
          [reply(180), on_cancel(then=200, after=0.2)], settings="timer.ringing=1",
          cancelled=1, attempts=[("a", "UDP", at(0))], caller=[100, 180, 200],
          final_from="a"),
    rings("with ringing=stop it is final: 408", [reply(180)],
          settings="timer.ringing=1; ringing=stop", cancelled=1,
          attempts=[("a", "UDP", at(0))], caller=[100, 180, 408], final_from=None),
    rings("of the last one: 408", [reply(180)], settings="timer.ringing=1", cancelled=1,
          route='failover("sip:100@{a}", "timer.ringing=1")',
          attempts=[("a", "UDP", at(0))], caller=[100, 180, 408], final_from=None),
    rings("the parameter of the module", [reply(180)], settings="timer.provisional=3",
          cancelled=1, modparams=(("failover", "timer_ringing", 1),)),
    rings("a line of a plan", [reply(180)], cancelled=1, route="failover()",
          plan="[Deploy Patterns]\nTo = sip:100@{a}\n$session = failover sip:101@{b}\n"
               "&failover.timer.ringing = 1\n"),
    rings("each destination from its own 18x", [reply(180)], settings="timer.ringing=1",
          peers={"a": [reply(180)], "b": [reply(100), reply(180, after=0.5)],
                 "c": RINGS_AND_ANSWERS},
          route='failover("sip:100@{a} sip:101@{b} sip:102@{c}", "timer.ringing=1")',
          attempts=[("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())],
          cancelled_after={"a": 1, "b": 1.5}, caller=[100, 180, 180, 180, 200],
          final_from="c"),
]


@pytest.mark.parametrize("scenario", BOTH, ids=lambda s: s.title)
def test_ringing(outcome):
    outcome.check()
