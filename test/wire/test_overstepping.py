# SPDX-License-Identifier: GPL-2.0-or-later
"""Event routes that do what they must not do: relay, reply, look up the transaction, call
failover(), suspend, exit. The call goes on as without that, and tm keeps no transaction."""

import pytest

from scenario import Scenario, at, reply, soon, when

# failover:attempt runs as a branch_route. There a relay, a reply or a release is a decision
# of the script, and is done.
IN_BOTH = {
    "exit": "exit;", "return": "return;", "failover": 'failover("sip:9@{c}");',
    "t_newtran": "t_newtran();", "t_check_trans": "t_check_trans();",
    "t_lookup_request": "t_lookup_request();", "t_on_failure": 't_on_failure("F");',
}
BEHIND = {
    "t_relay": "t_relay();", "t_relay elsewhere": '$ru = "sip:9@{c}"; $du = $null; t_relay();',
    "t_reply": 't_reply("403", "No");', "send_reply": 'send_reply("403", "No");',
    "t_release": "t_release();", "t_suspend": "t_suspend();", "drop": "drop;",
    "headers away": 'remove_hf("Via"); remove_hf("Call-ID"); $ru = "sip:9@{c}";',
}
DEEDS = {"attempt": IN_BOTH, "ended": {**IN_BOTH, **BEHIND}}
RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
FAILURE = "failure_route[F] { exit; }\n"


def abuse(event, name, course, a, b, **more):
    return Scenario(f"{name} in failover:{event}: {course}",
        route='failover("sip:1@{a} sip:2@{b}")',
        extra=f"{FAILURE}event_route[failover:{event}] {{ {DEEDS[event][name]} }}",
        peers={"a": a, "b": b, "c": RINGS_AND_ANSWERS}, **more)


def courses(event, name):
    first, second = ("a", "UDP", at(0)), ("b", "UDP", soon())
    yield abuse(event, name, "answered", [reply(503)], RINGS_AND_ANSWERS,
                attempts=[first, second], caller=[100, 180, 200])
    yield abuse(event, name, "exhausted", [reply(503)], [reply(486)],
                attempts=[first, second], caller=[100, 486])
    yield abuse(event, name, "given up", [reply(180)], RINGS_AND_ANSWERS, attempts=[first],
                cancel=when("caller", 180, 0.2), cancelled=["a"], caller=[100, 180, 487])
    if event == "ended":
        yield Scenario(f"{name} in failover:ended: the plan replies", route="failover()",
                       plan="[Deploy Patterns]\n$action = 404 No\n", attempts=[],
                       extra=f"{FAILURE}event_route[failover:ended] {{ {DEEDS[event][name]} }}",
                       peers={"a": [], "b": [], "c": RINGS_AND_ANSWERS}, caller=[404])


ALL = [scenario for event, deeds in DEEDS.items() for name in deeds
       for scenario in courses(event, name)]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_event_route_that_oversteps(outcome):
    outcome.check()
