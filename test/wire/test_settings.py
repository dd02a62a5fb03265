# SPDX-License-Identifier: GPL-2.0-or-later
"""Every setting at every level, and the order of the levels."""

import asyncio
import dataclasses

import pytest

import kamailio
from scenario import (NOBODY, SILENT, Scenario, Stage, When, at, attempts_of, filled,
                      later, on_cancel, redirect, reply, soon)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
PLAN = "[Deploy Patterns]\nTo = sip:1@{a}\n$session = failover sip:2@{b}@OPTION@ sip:3@{c}\n"


@dataclasses.dataclass(frozen=True)
class Probe:
    """A call that shows the value of a setting: the scripts of the peers, and the result if
    the value is `text`; `number` is the same value as an integer parameter."""
    setting: str
    text: str
    peers: dict
    attempts: list
    caller: list
    number: int = None
    option: str = None
    more: dict = dataclasses.field(default_factory=dict)

    @property
    def parameter(self):
        return self.setting.replace(".", "_")

    def scenario(self, how, **wiring):
        return Scenario(f"{self.setting} = {wiring.pop('value', self.text)}: {how}",
                        peers=self.peers, attempts=self.attempts, caller=self.caller,
                        **self.more, **wiring)


TO_A, TO_B, TO_C = ("a", "UDP", at(0)), ("b", "UDP", soon()), ("c", "UDP", soon())
SILENT_A = {"a": SILENT, "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS}
RINGING_A = {"a": [reply(180)], "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS}
BUSY = {"a": [reply(503)], "b": [reply(486)], "c": RINGS_AND_ANSWERS}
REDIRECTING = {"a": [redirect("<sip:7@{d}>, <sip:8@{d}>")], "b": RINGS_AND_ANSWERS,
               "c": RINGS_AND_ANSWERS, "d": [reply(480)]}

PROBES = [
    Probe("timer.inviting", "700ms", SILENT_A, [TO_A, ("b", "UDP", later(0.7))],
          [100, 180, 200], option="inviting"),
    Probe("timer.inviting", "1s", SILENT_A, [TO_A, ("b", "UDP", later(1))],
          [100, 180, 200], number=1, option="inviting"),
    Probe("timer.provisional", "700MS", RINGING_A, [TO_A, TO_B], [100, 180, 180, 200],
          option="provisional", more={"cancelled_after": {"a": 0.7}}),
    Probe("timer.provisional", "1SEC", RINGING_A, [TO_A, TO_B], [100, 180, 180, 200],
          number=1, option="provisional", more={"cancelled_after": {"a": 1}}),
    Probe("pattern.response", "486", BUSY, [TO_A], [100, 500], number=486, option="pattern"),
    Probe("pattern.response", "!503", BUSY, [TO_A], [100, 500], option="pattern"),
    Probe("redirection", "no", REDIRECTING, [TO_A, TO_B], [100, 180, 200], number=0),
    Probe("redirection.max", "1", REDIRECTING,
          [TO_A, ("d", "UDP", soon(), "sip:7@{d}"), TO_B], [100, 180, 200], number=1),
    Probe("redirection.allow", "sip:8@", REDIRECTING,
          [TO_A, ("d", "UDP", soon(), "sip:8@{d}"), TO_B], [100, 180, 200]),
    Probe("attempts", "2", BUSY, [TO_A, TO_B], [100, 486], number=2),
    Probe("attempts", "1", BUSY, [TO_A], [100, 500], number=1),
    Probe("attempts", "30", BUSY, [TO_A, TO_B, TO_C], [100, 180, 200], number=30),
    Probe("ringing", "stop", {**BUSY, "a": [reply(180), reply(503, after=0.2)]}, [TO_A],
          [100, 180, 500]),
    Probe("timer.total", "1200ms", {"a": SILENT, "b": SILENT, "c": RINGS_AND_ANSWERS},
          [TO_A, ("b", "UDP", None)], [100, 408],
          more={"final_at": at(1.2), "modparams": (("failover", "timer_inviting", "800ms"),)}),
    Probe("timer.total", "1", {"a": SILENT, "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS},
          [TO_A], [100, 408], number=1, more={"final_at": at(1)}),
    Probe("reply", "486 All Are Busy", {**BUSY, "c": [reply(404)]}, [TO_A, TO_B, TO_C],
          [100, 486]),
    Probe("reply", "best", {"a": [reply(603)], "b": [reply(404)], "c": [reply(486)]},
          [TO_A, TO_B, TO_C], [100, 603], more={"final_from": "a"}),
    Probe("preset", "carrier", BUSY, [TO_A, TO_B], [100, 486]),
]

LIST = "sip:1@{a} sip:2@{b} sip:3@{c}"


def by_parameter(probe, value):
    kind = "a number" if isinstance(value, int) else "text"
    more = dict(probe.more)
    more["modparams"] = more.get("modparams", ()) + (("failover", probe.parameter, value),)
    return dataclasses.replace(probe, more=more).scenario(
        f"as a parameter, {kind}", value=value, route=f'failover("{LIST}")')


def by_plan(probe):
    plan = PLAN.replace("@OPTION@", "") + f"&Failover.{probe.setting.title()} = {probe.text}\n"
    return probe.scenario("in a plan", plan=plan)


def by_call(probe):
    return probe.scenario("in a call's settings",
        route=f'failover("{LIST}", "{probe.setting}={probe.text}")')


def by_option(probe):
    """As an option of the first destination, which is the one that shows the value."""
    return probe.scenario("as an option of a destination",
        route=f'failover("{LIST.replace("{a}", "{a}{" + probe.option + "=" + probe.text + "}")}")')


EVERY_LEVEL = [
    *(by_parameter(p, p.text) for p in PROBES),
    *(by_parameter(p, p.number) for p in PROBES if p.number is not None),
    *(by_plan(p) for p in PROBES), *(by_call(p) for p in PROBES),
    *(by_option(p) for p in PROBES if p.option),
]


def silent_for(title, seconds, **wiring):
    """The first destination fails, and the second one is left after this silence."""
    return Scenario(f"levels: {title}", peers={"a": [reply(503)], "b": SILENT,
                                               "c": RINGS_AND_ANSWERS},
        attempts=[TO_A, TO_B, ("c", "UDP", later(seconds))], caller=[100, 180, 200], **wiring)


PARAMETER = (("failover", "timer_inviting", "700ms"),)
IN_PLAN = PLAN + "&failover.timer.inviting = 1400ms\n"

LEVELS = [
    silent_for("a parameter overrides the built-in value", 0.7, modparams=PARAMETER,
               route=f'failover("{LIST}")'),
    silent_for("a plan overrides a parameter", 1.4, modparams=PARAMETER,
               plan=IN_PLAN.replace("@OPTION@", "")),
    silent_for("an empty value in a plan leaves the parameter alone", 0.7,
               modparams=PARAMETER,
               plan=PLAN.replace("@OPTION@", "") + "&failover.timer.inviting =\n"),
    silent_for("an option overrides a plan", 0.3, modparams=PARAMETER,
               plan=IN_PLAN.replace("@OPTION@", "{inviting=300ms}")),
    silent_for("a call overrides a parameter", 1.4, modparams=PARAMETER,
               route=f'failover("{LIST}", "timer.inviting=1400ms")'),
    silent_for("a call asks no plan", 0.7, modparams=PARAMETER,
               plan=IN_PLAN.replace("@OPTION@", ""), route=f'failover("{LIST}")'),
    silent_for("an option overrides a call", 0.3, modparams=PARAMETER,
               route=f'failover("{LIST.replace("{b}", "{b}{inviting=300ms}")}",'
                     ' "timer.inviting=1400ms")'),
    silent_for("an option holds for its destination only", 0.7, modparams=PARAMETER,
               route=f'failover("{LIST.replace("{a}", "{a}{inviting=300ms}")}")'),

    Scenario("levels: a pattern of one destination counts for it only",
        route='failover("sip:1@{a}{pattern=404} sip:2@{b} sip:3@{c}", "pattern.response=480")',
        peers={"a": [reply(404)], "b": [reply(404)], "c": RINGS_AND_ANSWERS},
        attempts=[TO_A, TO_B], caller=[100, 404], final_from="b"),

    Scenario("levels: 401 is a challenge unless the pattern is written, here as a parameter",
        route=f'failover("{LIST}")', modparams=(("failover", "pattern_response", "4.."),),
        peers={"a": [reply(401)], "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS},
        attempts=[TO_A, TO_B], caller=[100, 180, 200]),

    Scenario("levels: 401 and a pattern written as an option",
        route='failover("sip:1@{a}{pattern=.+} sip:2@{b} sip:3@{c}")',
        peers={"a": [reply(401)], "b": [reply(401)], "c": RINGS_AND_ANSWERS},
        attempts=[TO_A, TO_B], caller=[100, 401], final_from="b"),

    Scenario("levels: an empty pattern in a plan is the default: 401 is a challenge",
        plan=PLAN.replace("@OPTION@", "") + "&failover.pattern.response =\n",
        peers={"a": [reply(401)], "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS},
        attempts=[TO_A], caller=[100, 401]),
]


RUNG_AND_FAILED = [reply(180), reply(480, after=0.2)]
STOP = 'failover("sip:1@{a} sip:2@{b}", "ringing=stop; timer.provisional=700ms")'

RINGING = [
    Scenario("ringing=stop: a reply after a 180 is final", route=STOP,
        peers={"a": RUNG_AND_FAILED, "b": RINGS_AND_ANSWERS}, attempts=[TO_A],
        caller=[100, 180, 480], final_from="a"),
    Scenario("ringing=stop: a 3xx after a 180 is final", route=STOP,
        peers={"a": [reply(180), redirect("<sip:1@{b}>", after=0.2)], "b": RINGS_AND_ANSWERS},
        attempts=[TO_A], caller=[100, 180, 302], final_from="a"),
    Scenario("ringing=stop: timer.provisional after a 180 is final", route=STOP,
        peers={"a": [reply(180)], "b": RINGS_AND_ANSWERS}, attempts=[TO_A],
        cancelled_after={"a": 0.7}, caller=[100, 180, 408]),
    Scenario("ringing=stop: a 200 after a 180 is an answer", route=STOP,
        peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS}, attempts=[TO_A],
        caller=[100, 180, 200]),
    Scenario("ringing=stop: a 183 counts as ringing", route=STOP,
        peers={"a": [reply(183), reply(480, after=0.2)], "b": RINGS_AND_ANSWERS},
        attempts=[TO_A], caller=[100, 183, 480]),
    Scenario("ringing=stop: a 100 does not count as ringing", route=STOP,
        peers={"a": [reply(100), reply(480, after=0.2)], "b": RINGS_AND_ANSWERS},
        attempts=[TO_A, TO_B], caller=[100, 180, 200]),
    Scenario("ringing=stop: timer.provisional after a 100 alone leads on", route=STOP,
        peers={"a": [reply(100)], "b": RINGS_AND_ANSWERS}, attempts=[TO_A, TO_B],
        cancelled_after={"a": 0.7}, caller=[100, 180, 200]),
    Scenario("ringing=stop: a failure without ringing leads on, one after ringing is final",
        route='failover("sip:1@{a} sip:2@{b} sip:3@{c}", "ringing=stop")',
        peers={"a": [reply(480)], "b": RUNG_AND_FAILED, "c": RINGS_AND_ANSWERS},
        attempts=[TO_A, TO_B], caller=[100, 180, 480], final_from="b"),
    Scenario("ringing=continue, which is the default",
        route='failover("sip:1@{a} sip:2@{b}", "ringing=continue")',
        peers={"a": RUNG_AND_FAILED, "b": RINGS_AND_ANSWERS}, attempts=[TO_A, TO_B],
        caller=[100, 180, 180, 200]),
]


def total(title, settings, **more):
    return Scenario(f"timer.total: {title}", logged={"0 expire timer added": 0},
                    route=f'failover("sip:1@{{a}} sip:2@{{b}} sip:3@{{c}}", "{settings}")', **more)


TOTAL = [
    total("who rings then is CANCELled, and none starts", "timer.total=1",
        peers={"a": [reply(503)], "b": [reply(180)], "c": RINGS_AND_ANSWERS},
        attempts=[TO_A, TO_B], cancelled=["b"], caller=[100, 180, 408],
        final_at=When("start", 1)),
    total("who is silent then is given up", "timer.total=1; timer.inviting=700ms",
        peers={"a": SILENT, "b": SILENT, "c": RINGS_AND_ANSWERS},
        attempts=[TO_A, ("b", "UDP", later(0.7))], caller=[100, 408], final_at=at(1)),
    total("an answer in time is an answer, and the conversation goes on", "timer.total=1",
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS, "c": SILENT},
        attempts=[TO_A, TO_B], caller=[100, 180, 200], hangup_after=1.2),
    total("an answer that crosses the CANCEL is an answer", "timer.total=1",
        peers={"a": [reply(180), on_cancel(then=200, after=0.1)], "b": SILENT,
               "c": SILENT},
        attempts=[TO_A], cancelled=["a"], caller=[100, 180, 200]),
    total("off", "timer.total=off; timer.inviting=400ms",
        peers={"a": SILENT, "b": SILENT, "c": RINGS_AND_ANSWERS},
        attempts=[TO_A, ("b", "UDP", later(0.4)), ("c", "UDP", later(0.4))],
        caller=[100, 180, 200]),
    total("no attempt starts after that time, after a reply", "timer.total=500ms",
        peers={"a": [reply(180), reply(503, after=0.9)], "b": RINGS_AND_ANSWERS, "c": SILENT},
        attempts=[TO_A], cancelled=["a"], caller=[100, 180, 408]),
    total("reply decides what the caller gets then too", "timer.total=500ms; reply=480 Later",
        peers={"a": SILENT, "b": SILENT, "c": SILENT},
        attempts=[TO_A], caller=[100, 480], final_at=at(0.5)),
]


def final(title, settings, codes, caller, **more):
    """The destinations fail with these codes (None: silent); the caller gets `caller`."""
    names = "abc"[:len(codes)]
    return Scenario(f"reply: {title}",
        route='failover("' + " ".join(f"sip:1@{{{n}}}" for n in names)
              + f'", "{settings}; timer.inviting=500ms")',
        peers={n: [reply(c)] if c else SILENT for n, c in zip(names, codes)},
        attempts=[(n, "UDP", None) for n in names], caller=caller, **more)


REPLY = [
    final("best: a 6xx before all", "reply=best", [603, 404, 480], [100, 603], final_from="a"),
    final("best: else the lowest class", "reply=best", [500, 404, 503], [100, 404],
          final_from="b"),
    final("best: a 4xx before a timeout of the last", "reply=best", [404, None], [100, 404]),
    final("best: all silent is 408", "reply=best", [None, None], [100, 408]),
    final("best: a 3xx before a 4xx", "reply=best; redirection=off", [404, 302, 486],
          [100, 302], final_from="b"),
    final("last: the last, also when it is a timeout", "reply=last", [404, None], [100, 408]),
    final("a code and a reason", "reply=486 Busy Here", [404, 500], [100, 486]),
    final("a code of ours goes as it is, also 503", "reply=503 Try Later", [404, 500],
          [100, 503]),
    final("a 6xx of ours", "reply=600 Nobody", [404, None], [100, 600]),

    Scenario("reply: a reply that does not match goes to the caller, with any value of the setting",
        route='failover("sip:1@{a} sip:2@{b}", "reply=480 No; pattern.response=5..")',
        peers={"a": [reply(503)], "b": [reply(404)]}, attempts=[TO_A, TO_B],
        caller=[100, 404], final_from="b"),
    Scenario("reply: nothing could be sent, and the reply is ours",
        route='failover("sip:1@{a}/TCP", "reply=480 No")', peers={"a": NOBODY}, attempts=[],
        caller=[100, 480], final_at=at(0)),
    Scenario("reply: with attempts=1 too",
        route='failover("sip:1@{a} sip:2@{b}", "reply=480 No; attempts=1")',
        peers={"a": [reply(404)], "b": RINGS_AND_ANSWERS}, attempts=[TO_A], caller=[100, 480]),
]

CARRIER = [
    Scenario(f"preset=carrier: {code} {'leads on' if leads else 'is final'}",
        route='failover("sip:1@{a} sip:2@{b}", "preset=carrier")',
        peers={"a": [reply(code)], "b": RINGS_AND_ANSWERS},
        attempts=[TO_A, TO_B] if leads else [TO_A],
        caller=[100, 180, 200] if leads else [100, code])
    for code, leads in ((408, True), (500, True), (502, True), (503, True), (504, True),
                        (404, False), (486, False), (501, False), (603, False))
] + [
    Scenario("preset=carrier: no redirection",
        route='failover("sip:1@{a} sip:2@{b}", "preset=carrier")',
        peers={"a": [redirect("<sip:1@{b}>")], "b": RINGS_AND_ANSWERS}, attempts=[TO_A],
        caller=[100, 302]),
    Scenario("preset=carrier: a timeout leads on",
        route='failover("sip:1@{a} sip:2@{b}", "preset=carrier; timer.inviting=500ms")',
        peers={"a": SILENT, "b": RINGS_AND_ANSWERS},
        attempts=[TO_A, ("b", "UDP", later(0.5))], caller=[100, 180, 200]),
    Scenario("preset=carrier: a destination that has rung is the last one",
        route='failover("sip:1@{a} sip:2@{b}", "preset=carrier")',
        peers={"a": [reply(180), reply(503, after=0.2)], "b": RINGS_AND_ANSWERS},
        attempts=[TO_A], caller=[100, 180, 500]),
    Scenario("preset: within a level a setting overrides it, before it or after it",
        route='failover("sip:1@{a} sip:2@{b}", "pattern.response=404; preset=carrier")',
        peers={"a": [reply(404)], "b": RINGS_AND_ANSWERS}, attempts=[TO_A, TO_B],
        caller=[100, 180, 200]),
    Scenario("preset: a later level overrides settings of an earlier one",
        route='failover("sip:1@{a} sip:2@{b}", "preset=carrier")',
        modparams=(("failover", "pattern_response", "404"),),
        peers={"a": [reply(404)], "b": RINGS_AND_ANSWERS}, attempts=[TO_A], caller=[100, 404]),
    Scenario("preset: a setting of a later level overrides it",
        route='failover("sip:1@{a} sip:2@{b}", "pattern.response=404")',
        modparams=(("failover", "preset", "carrier"),),
        peers={"a": [reply(404)], "b": RINGS_AND_ANSWERS}, attempts=[TO_A, TO_B],
        caller=[100, 180, 200]),
    Scenario("preset=brekeke: the built-in values override a parameter",
        route='failover("sip:1@{a} sip:2@{b}", "preset=brekeke")',
        modparams=(("failover", "pattern_response", "503"),
                   ("failover", "redirection", 0), ("failover", "ringing", "stop")),
        peers={"a": [reply(180), redirect("<sip:1@{c}>", after=0.1)], "b": RINGS_AND_ANSWERS,
               "c": [reply(404)]},
        attempts=[TO_A, TO_C, TO_B], caller=[100, 180, 180, 200]),
    Scenario("preset=brekeke: its pattern is the default, 401 is a challenge",
        route='failover("sip:1@{a} sip:2@{b}", "preset=brekeke")',
        modparams=(("failover", "pattern_response", ".+"),),
        peers={"a": [reply(401)], "b": RINGS_AND_ANSWERS}, attempts=[TO_A], caller=[100, 401]),
]

# The first sockets in the file. Kamailio uses them if no other is set. The caller uses
# {proxy}.
SECOND = 'listen=udp:127.0.0.2:@PORT@ name "second"\nlisten=tcp:127.0.0.2:@PORT@\n'
SECOND_IS = "127.0.0.2:{proxy_port}"

OPTIONS = [
    Scenario("option socket: by proto:address:port, and for that destination only",
        globals=SECOND,
        route=f'failover("sip:1@{{a}}{{socket=udp:{SECOND_IS}}} sip:2@{{b}} '
              'sip:3@{c}/TCP{inviting=3,socket=tcp:{proxy}}")',
        peers={"a": [reply(503)], "b": [reply(503)], "c": [reply(486)]},
        attempts=[TO_A, TO_B, ("c", "TCP", soon())],
        carries={1: {"sent-by": [SECOND_IS]}, 2: {"sent-by": ["{proxy}"]},
                 3: {"sent-by": ["{proxy}"]}}, caller=[100, 486]),
    Scenario("option socket: by name, before $fs", globals=SECOND,
        route='$fs = "udp:{proxy}"; if (failover("sip:1@{a}{socket=second} sip:2@{b}")) exit;',
        peers={"a": [reply(503)], "b": [reply(486)]}, attempts=[TO_A, TO_B],
        carries={1: {"sent-by": [SECOND_IS]}, 2: {"sent-by": ["{proxy}"]}},
        caller=[100, 486]),
    Scenario("option socket: for `current`", globals=SECOND,
        route='$ru = "sip:1@{a}"; if (failover("current{socket=second}")) exit;',
        peers={"a": [reply(486)]}, attempts=[TO_A],
        carries={1: {"sent-by": [SECOND_IS]}}, caller=[100, 486]),
    Scenario("option socket: in a plan", globals=SECOND,
        plan="[Deploy Patterns]\nTo = sip:1@{a}\n"
             f"$session = failover sip:2@{{b}}{{socket=udp:{SECOND_IS}}}\n",
        peers={"a": [reply(503)], "b": [reply(486)]}, attempts=[TO_A, TO_B],
        carries={1: {"sent-by": ["{proxy}"]}, 2: {"sent-by": [SECOND_IS]}},
        caller=[100, 486]),
    Scenario("options: quotes round a value with a blank, a comma and a brace",
        route="failover(\"sip:1@{a}{pattern='50[3, ]{1}',inviting=2} sip:2@{b}\")",
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS}, attempts=[TO_A, TO_B],
        caller=[100, 180, 200]),
    Scenario("options: a comma in brackets and in braces separates nothing",
        route='failover("sip:1@{a}{pattern=^50{1,2}[,3],inviting=2} sip:2@{b}")',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS}, attempts=[TO_A, TO_B],
        caller=[100, 180, 200]),
]

FIVE = {n: [reply(404)] for n in "abcde"}
OF_FIVE = [(n, "UDP", None) for n in "abcde"]
ALL_FIVE = "sip:1@{a} sip:2@{b} sip:3@{c} sip:4@{d} sip:5@{e}"

BRANCHES = [
    Scenario("max_branches: 3 of a list of 5; a warning at start, the list ends there",
        globals="max_branches=3", route=f'failover("{ALL_FIVE}")', peers=FIVE,
        attempts=OF_FIVE[:3], caller=[100, 404], final_from="c",
        logged={"max_branches": 1}),
    Scenario("max_branches: 3 and a plan of 5", globals="max_branches=3",
        plan="[Deploy Patterns]\nTo = sip:1@{a}\n$session = failover "
             "sip:2@{b} sip:3@{c} sip:4@{d} sip:5@{e}\n",
        peers=FIVE, attempts=OF_FIVE[:3], caller=[100, 404], logged={"max_branches": 1}),
    Scenario("max_branches: the limit is reached by silence", globals="max_branches=2",
        route=f'failover("{ALL_FIVE}", "timer.inviting=400ms")',
        peers={n: SILENT for n in "abcde"}, attempts=OF_FIVE[:2], caller=[100, 408],
        final_at=later(0.4)),
    Scenario("max_branches: the limit is reached by attempts that cannot be sent",
        globals="max_branches=2",
        route='failover("sip:1@{a}/TCP sip:2@{b}/TCP sip:3@{c}")',
        peers={"a": NOBODY, "b": NOBODY, "c": RINGS_AND_ANSWERS}, attempts=[],
        caller=[100, 503], final_at=at(0)),
    Scenario("max_branches: with reply=best", globals="max_branches=3",
        route=f'failover("{ALL_FIVE}", "reply=best")',
        peers={**FIVE, "a": [reply(603)]}, attempts=OF_FIVE[:3], caller=[100, 603]),
    Scenario("max_branches: 30 attempts if the server allows 30",
        globals="max_branches=30",
        route='failover("' + " ".join(f"sip:{n}@{{a}}" for n in range(30)) + '")',
        peers={"a": [reply(404)]}, caller=[100, 404], logged={"max_branches": 0},
        attempts=[("a", "UDP", None, f"sip:{n}@{{a}}") for n in range(30)]),
]

AT_RUN_TIME = [
    silent_for("a change at run time overrides a parameter", 0.3,
               modparams=PARAMETER, route=f'failover("{LIST}")',
               commands=(("cfg.set_now_int", "failover", "timer_inviting_ms", "300"),)),
    silent_for("a call overrides a change at run time", 1,
               route=f'failover("{LIST}", "timer.inviting=1")',
               commands=(("cfg.set_now_int", "failover", "timer_inviting_ms", "300"),)),
    Scenario("levels: attempts, at run time", route=f'failover("{LIST}")', peers=BUSY,
        commands=(("cfg.set_now_int", "failover", "attempts", "2"),),
        attempts=[TO_A, TO_B], caller=[100, 486]),
    Scenario("levels: redirection, at run time", route=f'failover("{LIST}")',
        commands=(("cfg.set_now_int", "failover", "redirection", "0"),),
        peers=REDIRECTING, attempts=[TO_A, TO_B], caller=[100, 180, 200]),
    Scenario("levels: redirection.max, at run time", route=f'failover("{LIST}")',
        commands=(("cfg.set_now_int", "failover", "redirection_max", "0"),),
        peers=REDIRECTING, attempts=[TO_A, TO_B], caller=[100, 180, 200]),
    Scenario("levels: timer.provisional, at run time", route=f'failover("{LIST}")',
        commands=(("cfg.set_now_int", "failover", "timer_provisional_ms", "600"),),
        peers=RINGING_A, attempts=[TO_A, TO_B], cancelled_after={"a": 0.6},
        caller=[100, 180, 180, 200]),
]

ALL = [*EVERY_LEVEL, *LEVELS, *RINGING, *TOTAL, *REPLY, *CARRIER, *OPTIONS, *BRANCHES,
       *AT_RUN_TIME]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_setting(outcome):
    outcome.check()


# -- tests that are not scenarios ------------------------------------------------

async def two_calls_and_a_change():
    """Make a call, change the timer during the call, and make a second call: how long each
    waited for its first destination."""
    def config(names):
        return kamailio.Config(route=filled(
            'if (failover("sip:1@{a} sip:2@{b}")) exit;', names),
            modparams=(("failover", "timer_inviting", "1200ms"),))

    async with Stage({"a": SILENT, "b": [reply(486)]}, config) as stage:
        caller, calls = await stage.caller(), []
        for _ in range(2):
            calls.append(caller.call(filled("sip:9555@{proxy}", stage.names)))
            await asyncio.sleep(0.2)
            await stage.rpc("cfg.set_now_int", "failover", "timer_inviting_ms", 300)
        await asyncio.wait_for(asyncio.gather(*(c.final for c in calls)), 8)
        waits = []
        for call in calls:
            a, b = attempts_of([e for e in stage.trace if e.message.call_id
                                == call.invite.call_id], ("a", "b"))
            waits.append(b.entry.time - a.entry.time)
        return waits


def test_a_change_at_run_time_counts_from_the_next_call_on():
    running, following = asyncio.run(two_calls_and_a_change())
    assert 1.1 <= running and 0.2 <= following <= running - 0.4, (running, following)


def test_the_reason_of_reply_reaches_the_caller():
    async def play():
        def config(names):
            return kamailio.Config(route=filled(
                'if (failover("sip:1@{a}", "reply=486 All Are Busy")) exit;', names))
        async with Stage({"a": [reply(404)]}, config) as stage:
            caller = await stage.caller()
            call = caller.call(filled("sip:9555@{proxy}", stage.names))
            return (await asyncio.wait_for(call.final, 5)).start
    assert asyncio.run(play()) == "SIP/2.0 486 All Are Busy"


@pytest.mark.parametrize("name, value, says", [
    ("timer_inviting", 0, "[0]"), ("timer_inviting", -1, "[-1]"),
    ("timer_inviting", "soon", "soon"), ("timer_provisional", 3601, "3601"),
    ("timer_provisional", "99ms", "99ms"), ("timer_total", "never", "never"),
    ("pattern_response", "4(", "4("), ("redirection", "perhaps", "perhaps"),
    ("redirection", 2, "2"), ("redirection_max", 31, "31"), ("redirection_max", -1, "-1"),
    ("redirection_allow", "[", "["), ("attempts", 0, "0"), ("attempts", 31, "31"),
    ("attempts", "two", "two"), ("ringing", "maybe", "maybe"), ("reply", "200 OK", "200"),
    ("reply", "worst", "worst"), ("reply", 399, "399"), ("preset", "telco", "telco"),
])
def test_a_bad_parameter_stops_the_start(name, value, says):
    status, log = kamailio.check(kamailio.Config(
        "exit;", modparams=(("failover", name, value),)))
    assert status not in (0, None), log
    lines = [line for line in log.splitlines() if " error: " in line]
    assert len(lines) == 1 and says in lines[0] and f"failover {name}:1:" in lines[0], log


@pytest.mark.parametrize("option, says", [
    ("{socket=udp:192.0.2.1:5060}", "192.0.2.1"), ("{socket=nothing}", "nothing"),
    ("{socket=}", "socket"), ("{socket=tcp:127.0.0.1:@PORT@}", "tcp"),
    ("{inviting=1,inviting=2}", "inviting"), ("{}", "option"), ("{attempts=2}", "attempts"),
    ("{inviting=soon}", "soon"), ("{inviting=1", "{"),
])
def test_a_bad_option_stops_the_start(option, says):
    status, log = kamailio.start_that_fails(kamailio.Config(
        f'if (failover("sip:1@127.0.0.1{option}")) exit;'))
    assert status not in (0, None), log
    assert any(" error: " in line and says in line for line in log.splitlines()), log


@pytest.mark.parametrize("name, value", [
    ("timer_inviting_ms", 99), ("timer_inviting_ms", 3600001), ("attempts", 0),
    ("attempts", 31), ("redirection", 2), ("redirection_max", 31)])
def test_a_bad_change_at_run_time_is_refused(name, value):
    with kamailio.Server(kamailio.Config("exit;")) as server:
        with pytest.raises(kamailio.RpcError):
            server.rpc("cfg.set_now_int", "failover", name, value)
