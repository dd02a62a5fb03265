# SPDX-License-Identifier: GPL-2.0-or-later
"""ruri = keep (specification, 2.2): the Request-URI of the call stays, and destinations are
only next hops. A Contact of a redirect becomes the Request-URI as usual."""

import pytest

from scenario import SILENT, Scenario, at, later, redirect, reply, soon

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
OURS, CHANGED = "sip:9555@{proxy}", "sip:7@example.com"


def kept(title, uri=OURS, **told):
    return Scenario(f"ruri = keep: {title}", **{
        "peers": {"a": [reply(503)], "b": RINGS_AND_ANSWERS}, "caller": [100, 180, 200],
        "attempts": [("a", "UDP", at(0), uri), ("b", "TCP", soon(), uri)], **told})


SCENARIOS = [
    kept("as a setting of a call", route='failover("sip:{a} sip:{b}/TCP", "ruri=keep")'),
    kept("as an option", route='failover("sip:{a}{ruri=keep} sip:{b}/TCP{ruri=keep}")'),
    kept("as a parameter", route='failover("sip:{a} sip:{b}/TCP")',
         modparams=(("failover", "ruri", "keep"),)),
    kept("in a plan", plan="[Deploy Patterns]\nTo = sip:{a}\n"
                           "$session = failover sip:{b}/TCP\n&failover.ruri = keep\n"),
    kept("what the script has made of it", CHANGED,
         route='$ru = "sip:7@example.com"; if (failover("sip:{a} sip:{b}/TCP", "ruri=keep")) exit;'),
    kept("of one destination alone", route='failover("sip:{a}{ruri=keep} sip:2@{b}/TCP")',
         attempts=[("a", "UDP", at(0), OURS), ("b", "TCP", soon(), "sip:2@{b}")]),
    kept("after silence", route='failover("sip:{a} sip:{b}/TCP", "ruri=keep; timer.inviting=1")',
         peers={"a": SILENT, "b": RINGS_AND_ANSWERS},
         attempts=[("a", "UDP", at(0), OURS), ("b", "TCP", later(1), OURS)]),
    kept("a Contact is a Request-URI", route='failover("sip:{a} sip:{c}", "ruri=keep")',
         peers={"a": [redirect("<sip:9@{b}>")], "b": [reply(503)], "c": RINGS_AND_ANSWERS},
         attempts=[("a", "UDP", at(0), OURS), ("b", "UDP", soon(), "sip:9@{b}"),
                   ("c", "UDP", soon(), OURS)]),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.title)
def test_keep(outcome):
    outcome.check()
