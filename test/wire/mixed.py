# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes many calls of several kinds through one server; the user part of the R-URI is the
kind. This is for tests that need many calls, or a server that starts slowly."""

import asyncio
import dataclasses
import itertools

import kamailio
from lag import Lag
from peers import Trace
from scenario import (IGNORES_CANCEL, NOBODY, SILENT, Judge, Scenario, Stage, filled,
                      hangup, on_cancel, redirect, reply)

RINGS = [reply(180)]
ANSWERS = [reply(180), reply(200, after=0.1)]
QUICK = "timer.inviting=400ms; timer.provisional=400ms"
RELAYS = '$du = $null; $ru = "sip:elsewhere@{c}"; t_relay();'
NO_SUCH_HOST = "n" * 64 + ".invalid"


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of calls: the list for failover(), the peers in it by their names, and the
    end for the caller: the answer of a peer, or a code."""
    list: str
    peers: dict
    ends: object                       # name of a peer, or a code
    settings: str = QUICK
    cancel_at: float = None            # seconds after the INVITE
    on_failure: str = ""               # the code of failure_route


KINDS = {
    "late-silent": Kind("sip:1@{a} sip:2@{b}",
        {"a": [reply(200, after=0.7)], "b": SILENT}, "a"),
    "late-ringing": Kind("sip:1@{a} sip:2@{b}",
        {"a": [reply(200, after=0.7)], "b": RINGS}, "a"),
    "late-failed": Kind("sip:1@{a} sip:2@{b} sip:3@{c}",
        {"a": [reply(200, after=0.7)], "b": [reply(486, after=0.28)],
         "c": [reply(180)]}, "a"),
    "late-tcp": Kind("sip:1@{a}/TCP sip:2@{b}/TCP",
        {"a": [reply(200, after=0.7)], "b": RINGS}, "a"),
    "crossing": Kind("sip:1@{a} sip:2@{b}",
        {"a": [reply(180), on_cancel(then=200)], "b": RINGS}, "a"),
    "crossing-tcp": Kind("sip:1@{a}/TCP sip:2@{b}/TCP",
        {"a": [reply(180), on_cancel(then=200, after=0.1)], "b": RINGS}, "a"),
    "crossing-late": Kind("sip:1@{a} sip:2@{b}",
        {"a": [reply(180), on_cancel(then=200, after=0.7)], "b": RINGS}, "a"),
    "crossing-ignored": Kind("sip:1@{a} sip:2@{b}",
        {"a": [reply(180), reply(200, after=0.6), IGNORES_CANCEL], "b": RINGS}, "a"),

    "reply": Kind("sip:1@{a} sip:2@{b}", {"a": [reply(503)], "b": ANSWERS}, "b"),
    "six": Kind("sip:1@{a} sip:2@{b}", {"a": [reply(603)], "b": ANSWERS}, "b"),
    "silence": Kind("sip:1@{a} sip:2@{b}", {"a": SILENT, "b": ANSWERS}, "b"),
    "silence-tcp": Kind("sip:1@{a}/TCP sip:2@{b}/TCP", {"a": SILENT, "b": ANSWERS}, "b"),
    "rings": Kind("sip:1@{a} sip:2@{b}", {"a": RINGS, "b": ANSWERS}, "b"),
    "rings-tcp": Kind("sip:1@{a}/TCP sip:2@{b}/TCP", {"a": RINGS, "b": ANSWERS}, "b"),
    "ignores": Kind("sip:1@{a} sip:2@{b}",
        {"a": [reply(180), IGNORES_CANCEL], "b": ANSWERS}, "b"),
    "redirected": Kind("sip:1@{a} sip:9@{a}",
        {"a": [redirect("<sip:1@{c}?Subject=x>;q=0.3, <sip:2@{b}>", "<tel:+1555>")],
         "b": [reply(480)], "c": ANSWERS}, "c"),
    "refused": Kind("sip:1@{a}/TCP sip:2@{b}", {"a": NOBODY, "b": ANSWERS}, "b"),
    "unresolved": Kind(f"sip:1@{NO_SUCH_HOST} sip:2@{{b}}", {"b": ANSWERS}, "b"),
    "closed": Kind("sip:1@{a}/TCP sip:2@{b}",
        {"a": [hangup(after=0.1)], "b": ANSWERS}, "b"),
    "nothing": Kind(f"sip:1@{{a}}/TCP sip:1@{NO_SUCH_HOST}", {"a": NOBODY}, 503),
    "exhausted": Kind("sip:1@{a} sip:2@{b}", {"a": [reply(404)], "b": [reply(486)]}, 486),
    "options": Kind("sip:1@{a}{inviting=200ms,pattern='503|486'} sip:2@{b}",
        {"a": [reply(486)], "b": ANSWERS}, "b"),
    "unmatched": Kind("sip:1@{a} sip:2@{b}", {"a": [reply(486)], "b": ANSWERS}, 486,
        f"{QUICK}; pattern.response=5.."),
    "given-up": Kind("sip:1@{a} sip:2@{b}",
        {"a": [reply(503)], "b": RINGS}, 487, cancel_at=0.3),
    "given-up-silent": Kind("sip:1@{a} sip:2@{b}",
        {"a": SILENT, "b": ANSWERS}, 487, cancel_at=0.2),
    "given-up-twice": Kind("sip:1@{a} sip:2@{b}",
        {"a": [reply(180), on_cancel(after=0.3)], "b": ANSWERS}, 487, cancel_at=0.5),

    "relayed": Kind("sip:1@{a} sip:2@{b}",
        {"a": [reply(404)], "b": [reply(503)], "c": ANSWERS}, "c", on_failure=RELAYS),
    "relayed-failed": Kind("sip:1@{a}", {"a": [reply(503)], "c": [reply(480)]}, 480,
        on_failure=RELAYS),
    "relayed-given-up": Kind("sip:1@{a}", {"a": [reply(486)], "c": RINGS}, 487,
        cancel_at=0.3, on_failure=RELAYS),
    "replied": Kind("sip:1@{a} sip:2@{b}", {"a": [reply(404)], "b": SILENT}, 480,
        on_failure='t_reply("480", "Later");'),
    "retried": Kind("sip:1@{a}", {"a": [reply(486)]}, 486,
        on_failure="if (failover_retry()) exit;"),
}


# a script that sees each attempt and each end, and changes the requests
EVENTS = """
event_route[failover:attempt] {
    append_hf("X-Attempt: $failover(attempt) $failover(trace)\r\n");
    remove_hf("Subject");
}
event_route[failover:ended] {
    $var(end) = $failover(outcome) + $failover(destination) + $failover(trace);
    t_check_trans();
}
"""


def _own_names(kind, names):
    """The peers of a kind, by their names in it; the gateway has the name kind_peer."""
    return {peer: names[f"{kind}_{peer}"] for peer in KINDS[kind].peers}


def route_name(kind):
    return kind.replace("-", "_").upper()


def route_of(kind, names):
    """The script line for one kind."""
    told = KINDS[kind]
    arm = f't_on_failure("{route_name(kind)}"); ' if told.on_failure else ""
    return (f'if ($rU == "{kind}") {{ {arm}if (failover("'
            f'{filled(told.list, _own_names(kind, names))}", "{told.settings}")) exit; }}')


def failure_route_of(kind, names):
    """The failure_route of one kind; empty without one."""
    told = KINDS[kind].on_failure
    return f"failure_route[{route_name(kind)}] {{ {filled(told, _own_names(kind, names))} }}" if told else ""


def config_of(kinds, extra="", **more):
    """The function that makes the configuration of a server for these kinds."""
    return lambda names: kamailio.Config(
        route="\n".join(route_of(kind, names) for kind in kinds),
        extra="\n".join([extra, *(failure_route_of(kind, names) for kind in kinds)]), **more)


def peers_of(kinds):
    return {f"{kind}_{peer}": _renamed(kind, told) for kind in kinds
            for peer, told in KINDS[kind].peers.items()}


def _renamed(kind, told):
    """A script whose Contacts name the peers of this kind."""
    if told is NOBODY:
        return told
    return [dataclasses.replace(step, contacts=tuple(
        contact.replace("{", "{" + kind + "_") for contact in step.contacts))
        if getattr(step, "contacts", ()) else step for step in told]


@dataclasses.dataclass
class Result:
    """The result of one call."""
    kind: str
    call: object
    trace: Trace
    latency: float = None              # seconds from the answer of the peer until the caller has it

    def problems(self):
        kind = KINDS[self.kind]
        peers = {f"{self.kind}_{name}": [] for name in kind.peers}
        judge = Judge(Scenario("", peers, [], []), {}, self.trace, self.call)
        found = list(judge.demands())
        if not judge.finals:
            found.append("no final reply")
        elif isinstance(kind.ends, int):
            if judge.finals[0].message.status != kind.ends:
                found.append(f"ended with {judge.finals[0].message}")
        else:
            found += self._answer(judge, f"{self.kind}_{kind.ends}")
        return [f"{self.kind}, {self.call.invite.call_id}, {self.call.codes}: {p}"
                for p in found]

    def _answer(self, judge, peer):
        final = judge.finals[0]
        sent = [e for e in self.trace.of(peer, final.message.status, sent=True)
                if (e.message.method, e.message.to_tag)
                == ("INVITE", final.message.to_tag)]
        if final.message.status != 200 or not sent:
            return [f"the final reply is {final.message}, not the 200 of {peer}"]
        self.latency = final.time - sent[0].time
        return []


async def make_calls(stage, kinds, calls, a_second):
    """Make this number of calls, the kinds in turn, at a steady rate: [Result]."""
    caller, made = await stage.caller(), []
    for kind in itertools.islice(itertools.cycle(kinds), calls):
        call = caller.call(f"sip:{kind}@{stage.names['proxy']}", hangup_after=0)
        made.append((kind, call))
        if KINDS[kind].cancel_at:
            caller.later(KINDS[kind].cancel_at, call.cancel)
        await asyncio.sleep(1 / a_second)
        await caller.keeps_up()
    await asyncio.wait([asyncio.ensure_future(c.ended.wait()) for _, c in made],
                       timeout=20)
    return made


async def play(kinds, calls, a_second, **more):
    """Make the calls on their own server. Raises AssertionError if tm keeps a transaction
    or the server logs a fault. @return ([Result], seconds that the machine delayed us)"""
    async with Stage(peers_of(kinds), config_of(kinds), memory_mb=64, **more) as stage:
        with Lag() as lag:
            made = await make_calls(stage, kinds, calls, a_second)
        left = await stage.drained(30)
        assert left == 0, f"tm still holds {left} transaction(s)"
        assert not stage.server.faults(), stage.server.faults()
        return results_of(stage.trace, made), lag.worst


def results_of(trace, made):
    traces = {}
    for entry in trace:
        one = traces.setdefault(entry.message.call_id, Trace())
        one.entries.append(entry)
    return [Result(kind, call, traces[call.invite.call_id]) for kind, call in made]
