# SPDX-License-Identifier: GPL-2.0-or-later
"""Ends of a call that no RFC describes: a gateway replies with a code outside SIP, or the
operator or another module cancels the call (E10b)."""

import asyncio

import pytest

import sip
from lag import Lag
from scenario import (IGNORES_CANCEL, SILENT, Judge, Scenario, Stage, at, filled, on_cancel,
                      reply, soon)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
TO_A, TO_B = ("a", "UDP", at(0)), ("b", "UDP", soon())


# -- codes outside SIP ---------------------------------------------------------------

def odd(title, first, caller, attempts=(TO_A, TO_B), settings="", **more):
    tail = f', "{settings}"' if settings else ""
    return Scenario(f"E9b: {title}",
        **{"route": f'failover("sip:100@{{a}} sip:101@{{b}}"{tail})', "caller": caller,
           "peers": {"a": first, "b": RINGS_AND_ANSWERS}, "attempts": list(attempts),
           "modparams": (("tm", "wt_timer", 1000),), **more})


ODD = [
    *(odd(f"a {code} leads on, as a 500 does", [reply(code)], [100, 180, 200])
      for code in (700, 799, 999)),
    *(odd(f"a {code} of the only one: the caller gets 500", [reply(code)], [100, 500], [TO_A],
          route='failover("sip:100@{a}")') for code in (700, 799, 999)),
    odd("a 999 of the last one", [reply(486)], [100, 500],
        peers={"a": [reply(486)], "b": [reply(999)]}),
    odd("a 999 after ringing", [reply(180), reply(999, after=0.3)], [100, 180, 180, 200]),
    odd("a 999 is matched by 500", [reply(999)], [100, 180, 200],
        settings="pattern.response=500"),
    odd("a 999 is not matched by 503: the caller gets 500", [reply(999)], [100, 500], [TO_A],
        "pattern.response=503"),
    odd("a 999 is not matched by !500: the caller gets 500", [reply(999)], [100, 500], [TO_A],
        "pattern.response=!500"),
    odd("a 999 is worse than a 404", [reply(404)], [100, 404], settings="reply=best",
        peers={"a": [reply(404)], "b": [reply(999)]}),
    odd("a 999 is as good as a 500, and better than a 503", [reply(999)], [100, 500],
        settings="reply=best", peers={"a": [reply(999)], "b": [reply(503)]}),
    odd("a 999 for our CANCEL", [reply(180), on_cancel(then=999)], [100, 180, 180, 200],
        settings="timer.provisional=1", cancelled_after={"a": 1}),
    odd("a 999 beside a branch of the script that answers", [reply(999)], [100, 180, 200],
        [TO_A, ("c", "UDP", at(0))], modules=("corex", "failover"),
        route='append_branch("sip:102@{c}"); '
              'if (failover("sip:100@{a} sip:101@{b}")) exit;',
        peers={"a": [reply(999)], "b": RINGS_AND_ANSWERS,
               "c": [reply(180), reply(200, after=0.4)]}, final_from="c"),
    odd("a 999 over TCP", [reply(999)], [100, 500], [("a", "TCP", at(0))],
        route='failover("sip:100@{a}/TCP")'),
]


@pytest.mark.parametrize("scenario", ODD, ids=lambda s: s.title)
def test_a_code_outside_sip(outcome):
    outcome.check()


# -- cancelled from inside ------------------------------------------------------------

INVITING, PROVISIONAL = 1.0, 1.5
QUICK = "timer.inviting=1; timer.provisional=1500ms"
RINGS = [reply(180, after=0.1)]
BY_SCRIPT = """
if (is_method("MESSAGE")) {
    t_cancel_callid("$hdr(X-Call)", "101", "9");
    sl_send_reply("200", "OK");
    exit;
}
"""

# the script of a, time of cancelling, peers tried, peers with a CANCEL, codes, latest end
CANCELLED = {
    "while it rings": (RINGS, ("a", 180), ["a"], ["a"], [100, 180, 487], 0.6),
    "before any reply": (SILENT, ("a", "INVITE"), ["a"], [], [100, 487], INVITING + 0.3),
    "before any reply; it rings then": (
        [reply(180, after=0.8)], ("a", "INVITE"), ["a"], ["a"], [100, 487], 1.2),
    "before any reply; it fails then": (
        [reply(503, after=0.8)], ("a", "INVITE"), ["a"], [], [100, 487], 1.2),
    "while it rings; it ignores the CANCEL": (
        [*RINGS, IGNORES_CANCEL], ("a", 180), ["a"], ["a"], [100, 180, 487],
        PROVISIONAL + 0.8),
    "while it rings; it has 486 instead of 487": (
        [*RINGS, on_cancel(then=486)], ("a", 180), ["a"], ["a"], [100, 180, 487], 0.6),
    "while it rings; it ends later": (
        [*RINGS, on_cancel(after=0.6)], ("a", 180), ["a"], ["a"], [100, 180, 487], 1.2),
    "while it rings; it answers after all": (
        [*RINGS, on_cancel(then=200, after=0.2)], ("a", 180), ["a"], ["a"], [100, 180, 200],
        0.8),
    "while the second one rings": ([reply(503)], ("b", 180), ["a", "b"], ["b"],
                                   [100, 180, 487], 0.6),
}


async def cancelled(title, by, over):
    """Make one call that is cancelled 100 ms after an event: (problems, how many seconds too
    late it ended); the time that the command took does not count."""
    first, (peer, what), tried, hears, codes, latest = CANCELLED[title]
    scenario = Scenario("", peers={"a": first, "b": RINGS},
        route=f'failover("sip:100@{{a}}/{over} sip:101@{{b}}/{over} sip:102@{{b}}", "{QUICK}")',
        attempts=[(p, over, None) for p in tried], caller=codes, cancelled=hears,
        first=BY_SCRIPT, modparams=(("tm", "wt_timer", 1000),))
    async with Stage(scenario.peers, scenario.config) as stage:
        caller = await stage.caller()
        seen = asyncio.Event()
        stage.trace.once(peer, what, seen.set)
        call = caller.call(filled(scenario.uri, stage.names), hangup_after=0.1)
        await asyncio.wait_for(seen.wait(), 3)
        loop = asyncio.get_running_loop()
        due = loop.time() + 0.1
        await asyncio.sleep(due - loop.time())
        if by == "tm.cancel":
            await stage.cancel(call)
        else:
            caller.transact(_message(caller, call), lambda reply: None)
        said = loop.time()
        await asyncio.wait([call.final], timeout=5)
        late = loop.time() - call.started - latest - (said - due)
        await asyncio.sleep(0.4)
        # tmx does not give back the reference of t_cancel_callid()
        left = await stage.drained() if by == "tm.cancel" else 0
        faults = await asyncio.to_thread(stage.server.stop)
        judge = Judge(scenario, stage.names, _of_call(stage.trace, call), call)
        judge.log = stage.server.log()
        if left:
            faults.append(f"tm holds {left} transactions")
        return [*judge.problems(), *faults], late


def _message(caller, call):
    uri = f"sip:127.0.0.1:{caller.proxy}"
    return sip.Message(f"MESSAGE {uri} SIP/2.0", [
        ("Via", caller.new_via()), ("Max-Forwards", "70"), ("From", f"<{uri}>;tag=1"),
        ("To", f"<{uri}>"), ("Call-ID", sip.new_token("says-")), ("CSeq", "1 MESSAGE"),
        ("X-Call", call.invite.call_id)])


def _of_call(trace, call):
    one = type(trace)()
    one.entries = [e for e in trace if e.message.call_id == call.invite.call_id]
    return one


WAYS = [(title, by, over) for over in ("UDP", "TCP")
        for by in ("tm.cancel", "t_cancel_callid()") for title in CANCELLED]


async def all_cancelled():
    """Try each way to cancel, several at the same time: {way: problems}. The delay of any
    process by the machine does not count."""
    places = asyncio.Semaphore(12)

    async def one(way):
        async with places:
            return way, await cancelled(*way)
    with Lag() as lag:
        ends = await asyncio.gather(*map(one, WAYS))
    return {way: [*problems, *([f"it ended {late:.2f} s late, lag {lag.worst:.2f} s"]
                               if late > lag.worst else [])] for way, (problems, late) in ends}


@pytest.fixture(scope="module")
def ends():
    return asyncio.run(all_cancelled())


@pytest.mark.parametrize("way", WAYS, ids=", ".join)
def test_a_call_that_the_server_cancels(ends, way):
    """The call ends as after the caller's CANCEL, and no other destination is tried."""
    assert not ends[way], ends[way]
