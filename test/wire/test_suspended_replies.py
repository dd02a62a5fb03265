# SPDX-License-Identifier: GPL-2.0-or-later
"""The script suspends a reply in onreply_route (with t_suspend, as http_async_query and evapi
do), and goes on with it later. The module does not free the reply that tm stores. (If
another branch is tried after a suspended failure, tm of 5.6.3 itself frees the reply too
early, also after t_relay() with two branches.)"""

import asyncio

import pytest

import sip
from peers import Caller
from scenario import Judge, Scenario, Stage, filled, reply

# A MESSAGE of the caller makes the script go on.
GOES_ON = """if (is_method("MESSAGE")) {
    t_continue("$shv(index)", "$shv(label)", "RESUME");
    sl_send_reply("200", "OK");
    exit;
}"""
SUSPENDS = """route[RESUME] { $var(x) = 1; }
onreply_route[SUSPENDS] {
    if ($rs == %d && $shv(index) == 0) {
        $shv(index) = $T(id_index);
        $shv(label) = $T(id_label);
        t_suspend();
    }
}"""


class Suspender(Caller):
    """A caller that lets the script go on with a MESSAGE."""

    def go_on(self):
        uri = f"sip:127.0.0.1:{self.proxy}"
        self.transact(sip.Message(f"MESSAGE {uri} SIP/2.0", [
            ("Via", self.new_via()), ("Max-Forwards", "70"),
            ("From", f"<{uri}>;tag={sip.new_token('t')}"), ("To", f"<{uri}>"),
            ("Call-ID", sip.new_token("says-")), ("CSeq", "1 MESSAGE")]), lambda reply: None)


def suspended(title, code, call, peers, caller, at_seconds=0.3):
    return Scenario(title, peers=peers, attempts=[], caller=caller,
        route=f't_on_reply("SUSPENDS"); if ({call}) exit;', first=GOES_ON,
        extra=SUSPENDS % code, headers=(("X-At", str(at_seconds)),), repeats_2xx=True)


SCENARIOS = [
    suspended("a 183, and then it fails: the next one follows", 183,
        'failover("sip:100@{a} sip:101@{b}")',
        {"a": [reply(183), reply(486, after=1)], "b": [reply(200)]}, [100, 183, 200]),
    suspended("a 486, and the reply is one of ours: the server lives", 486,
        'failover("sip:100@{a}", "reply=480 Gone")', {"a": [reply(486)]}, [100, 480]),
    suspended("a 200", 200, 'failover("sip:100@{a} sip:101@{b}")',
        {"a": [reply(200)], "b": [reply(200)]}, [100, 200]),
    suspended("a late 200, while the next one rings: it is not lost", 200,
        'failover("sip:100@{a} sip:101@{b}", "timer.inviting=500ms; timer.provisional=3")',
        {"a": [reply(200, after=0.8)], "b": [reply(180)]}, [100, 180, 200], at_seconds=1.1),
]


async def play(scenario):
    async with Stage(scenario.peers, scenario.config) as stage, \
            Suspender(stage.trace, stage.server.port, "UDP", 4) as caller:
        call = caller.call(filled(scenario.uri, stage.names), hangup_after=0.1)
        await asyncio.sleep(float(dict(scenario.headers)["X-At"]))
        caller.go_on()
        await asyncio.wait_for(call.ended.wait(), 5)
        left = await stage.drained()
        of_call = type(stage.trace)()
        of_call.entries = [e for e in stage.trace
                           if e.message.call_id == call.invite.call_id]
        return call.codes, [*Judge(scenario, stage.names, of_call, call).demands(),
                            *stage.server.faults()], left


@pytest.mark.parametrize("case", SCENARIOS, ids=lambda s: s.title)
def test_a_suspended_reply(case):
    codes, problems, left = asyncio.run(play(case))
    assert not problems, "\n".join(problems)
    assert codes == case.caller
    assert left == 0
