# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks protect data, never I/O. A name is looked up, a connection is opened, branch_route
runs, or several destinations cannot be sent to: meanwhile the other packets of the call
do not wait, other calls do not wait, and timer.total still counts."""

import asyncio
import dataclasses
import time

import pytest

import kamailio
import sip
from lag import Lag
from peers import Caller
from shim import forced
from scenario import (Judge, Scenario, Stage, When, at, filled, on_cancel, reply, when)

SLOW, SLOW_MS = 1.5, 1500      # seconds for the slow action
AT_ONCE = 0.2                  # no packet may wait as long as this
RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
NAMES = ("one.slow.test", "two.slow.test", "three.slow.test")
SLEEPS = f'branch_route[SLOW] {{ if ($rU == "100") usleep("{SLOW * 1e6:.0f}"); }}'

# before the first attempt the caller has got no 100, and must not send CANCEL
EVENT_ROUTE = "event_route[failover:attempt]"


def name(number, ms, found=0):
    return f"name:{NAMES[number]}:{ms}:{found}"


@dataclasses.dataclass(frozen=True)
class Slowness:
    """A first destination, 100, to which sending takes SLOW seconds. `list` is the argument
    of failover(), `tried` the peer that is called first."""
    list: str
    rules: tuple = ()
    tried: str = "b"
    transport: str = "UDP"
    arm: str = ""
    extra: str = ""

    def config(self):
        return {"extra": self.extra, "modules": ("cfgutils", "corex", "failover"),
                "environment": forced(*self.rules),
                "globals": "use_dns_cache=on\ndns_try_naptr=no\ndns_try_ipv6=no\n"}


SLOWNESSES = {
    "a name that is looked up": Slowness(
        f"sip:100@{NAMES[0]}:{{a_port}} sip:101@{{b}}", (name(0, SLOW_MS, 1),), "a"),
    "a name that does not exist": Slowness(
        f"sip:100@{NAMES[0]}:5060 sip:101@{{b}}", (name(0, SLOW_MS),)),
    "one name after the other": Slowness(
        " ".join(f"sip:100@{n}:5060" for n in NAMES) + " sip:101@{b}",
        tuple(name(n, SLOW_MS // 3) for n in range(3))),
    "a connection": Slowness("sip:100@{a}/TCP sip:101@{b}",
        (f"connect:{{a_port}}:1:{SLOW_MS}:0",), "a", "TCP"),
    "branch_route": Slowness("sip:100@{a} sip:101@{b}", (), "a",
        arm='t_on_branch("SLOW"); ', extra=SLEEPS),
    EVENT_ROUTE: Slowness("sip:100@{a} sip:101@{b}", (), "a",
        extra=SLEEPS.replace("branch_route[SLOW]", EVENT_ROUTE)),
}


# -- the caller's CANCEL ----------------------------------------------------------------

def peers_of(how):
    """Who is rung when the connection is there is CANCELled well before it answers."""
    answers_s = 1.0 if how == "a connection" else 0.2
    return {"a": [reply(180, after=0.1), reply(200, after=answers_s)],
            "b": RINGS_AND_ANSWERS}


def ended(how, before=()):
    """What a call that is given up after 300 ms must do. If the connection is opened, the
    INVITE is sent nevertheless, and is CANCELled when it rings."""
    if how == "a connection":
        return {"attempts": [*before, ("a", "TCP", at(SLOW))], "cancelled": ["a"],
                "final_at": When("start", 0.3, late=AT_ONCE), "is_on_its_way": True}
    return {"attempts": [*before], "final_at": When("start", 0.3, late=AT_ONCE)}


def given_up(how, slow, title, **more):
    call = f'failover("{slow.list}")'
    return Scenario(f"{how} is slow: {title}",
        **{"route": f"{slow.arm}if ({call}) exit;", "caller": [100, 487],
           "peers": peers_of(how),
           "cancel": when("caller", 100, 0.3), **ended(how), **slow.config(), **more})


ARMED = SLOWNESSES["branch_route"]
GIVEN_UP = [
    scenario for how, slow in SLOWNESSES.items() if how != EVENT_ROUTE for scenario in (
        given_up(how, slow, "the caller gives up, and that is taken at once"),
        given_up(how, slow, "so when the INVITE has come again", resent=(0.1, 0.2)))
] + [
    given_up("a name of the script's own branch",
        Slowness(f"sip:100@{{b}}", (name(0, SLOW_MS, 1),),
                 arm=f'append_branch("sip:101@{NAMES[0]}:{{a_port}}"); '),
        "the caller gives up, and that is taken at once"),
    given_up("a connection", Slowness("sip:100@{a} sip:101@{b}", (f"connect:{{a_port}}:1:{SLOW_MS}:0",)),
        "of an INVITE that is too big for UDP, the caller gives up, and that is taken at once",
        globals="udp_mtu=1300\nudp_mtu_try_proto=TCP\n", headers=[("X-Big", "x" * 1300)]),
    given_up("branch_route", ARMED, "as it is with t_relay()",
             route='t_on_branch("SLOW"); $ru = "sip:100@{a}"; t_relay(); exit;'),
]


@pytest.mark.parametrize("scenario", GIVEN_UP, ids=lambda s: s.title)
def test_given_up(outcome):
    outcome.check()


# -- other requests ---------------------------------------------------------------------

class Asker(Caller):
    """Sends requests to the server, one after the other."""

    def __init__(self, *args):
        super().__init__(*args, name="asker")
        self.waits = []

    def ask(self):
        """Send OPTIONS for the server itself."""
        target = f"sip:127.0.0.1:{self.proxy}"
        request = sip.Message(f"OPTIONS {target} SIP/2.0", [
            ("Via", self.new_via()), ("Max-Forwards", "70"),
            ("From", f"<sip:asker@{self.address}>;tag=1"), ("To", f"<{target}>"),
            ("Call-ID", sip.new_token("asks-")), ("CSeq", "1 OPTIONS")])
        sent = time.monotonic()
        self.transact(request, lambda reply: self.waits.append(time.monotonic() - sent))


async def while_it_is_slow(scenario, asked=25):
    """Make the call, with two retransmissions of its INVITE, and measure how long OPTIONS
    wait meanwhile: (problems of the call, waits, lag)."""
    async with Stage(scenario.peers, scenario.config) as stage:
        caller = await stage.caller()
        async with Asker(stage.trace, stage.server.port, "UDP", 4) as asker:
            with Lag() as lag:
                call = caller.call(filled(scenario.uri, stage.names), hangup_after=0.1)
                for seconds in scenario.resent:
                    caller.later(seconds, caller.request, call.invite)
                for _ in range(asked):
                    await asyncio.sleep(0.05)
                    asker.ask()
                await asyncio.wait_for(call.ended.wait(), 8)
                await asyncio.sleep(0.1)
        faults = await asyncio.to_thread(stage.server.stop)
        judge = Judge(scenario, stage.names, stage.trace, call)
        judge.log = stage.server.log()
        return judge.problems() + faults, asker.waits, lag.worst


@pytest.mark.timed("how long others wait")
@pytest.mark.parametrize("how", SLOWNESSES)
def test_a_retransmitted_invite_delays_nobody(how):
    """Two processes read datagrams, and one is busy with the slow action. Neither the
    retransmitted INVITE nor other requests wait for it."""
    slow = SLOWNESSES[how]
    problems, waits, lag = asyncio.run(while_it_is_slow(Scenario(how,
        route=f'{slow.arm}if (failover("{slow.list}")) exit;',
        peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS}, resent=(0.2, 0.4),
        attempts=[(slow.tried, slow.transport, at(SLOW))], caller=[100, 180, 200],
        final_from=slow.tried, **slow.config())))
    assert not problems, problems
    assert len(waits) == 25 and max(waits) <= AT_ONCE + lag, \
        f"OPTIONS waited {max(waits):.3f} s, the machine held us up for {lag:.3f} s"


# -- a later destination --------------------------------------------------------------------

LATER = [
    Scenario(f"after a 503 {how} is slow: {title}",
        route=f'{slow.arm}if (failover("sip:99@{{c}} {slow.list}")) exit;',
        peers={**peers_of(how), "c": [reply(503)]},
        cancel=when("c", 503, 0.3), resent=resent, caller=[100, 487],
        **ended(how, [("c", "UDP", at(0))]), **slow.config())
    for how, slow in SLOWNESSES.items()
    for title, resent in (("the caller gives up, and that is taken at once", ()),
                          ("so when the INVITE has come again", (0.1,)))
]


@pytest.mark.parametrize("scenario", LATER, ids=lambda s: s.title)
def test_a_later_destination(outcome):
    outcome.check()


# -- timer.total ----------------------------------------------------------------------------

EACH = 700                     # ms for a look-up


def total(title, list, **more):
    return Scenario(f"timer.total holds while {title}",
        **{"route": f'failover("{list}", "timer.total=1")', "caller": [100, 408],
           "peers": {"b": RINGS_AND_ANSWERS}, "attempts": [], "final_at": at(1),
           "environment": forced(*(name(n, EACH) for n in range(3))),
           "globals": "dns_try_naptr=no\ndns_try_ipv6=no\n", **more})


UNKNOWN = [f"sip:100@{n}:5060" for n in NAMES]
TOTAL = [
    total("names are looked up, and the destination after them is not called",
          " ".join(UNKNOWN) + " sip:101@{b}"),
    total("a name is looked up, and the destination after it is not called",
          f"{UNKNOWN[0]} sip:101@{{b}}", environment=forced(name(0, 1500))),
    total("names are looked up after a 503",
          f"sip:99@{{c}} {' '.join(UNKNOWN)} sip:101@{{b}}",
          peers={"b": RINGS_AND_ANSWERS, "c": [reply(503)]},
          attempts=[("c", "UDP", at(0))]),
    total("branch_route runs", "sip:100@{a} sip:101@{b}",
          route='t_on_branch("SLOW"); '
                'if (failover("sip:100@{a} sip:101@{b}", "timer.total=1")) exit;',
          peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS}, extra=SLEEPS,
          modules=("cfgutils", "corex", "failover"), environment={}),
]


@pytest.mark.parametrize("scenario", TOTAL, ids=lambda s: s.title)
def test_total(outcome):
    outcome.check()


# -- routes of the script that share data -----------------------------------------------------

LOOP = ("$var(i) = 0; while ($var(i) < 60000) { $avp(k) = $var(i); $avp(k) = $var(i) + 1; "
        "$(avp(k)[*]) = $null; $var(i) = $var(i) + 1; }")
SAME_AVPS = Scenario("branch_route and onreply_route change the same AVPs, and not at once",
    route='t_on_branch("E"); t_on_reply("R"); if (failover("sip:100@{a} sip:101@{b} '
          'sip:102@{c}", "timer.provisional=1")) exit;',
    globals="max_while_loops=1000000\n",
    extra=f'branch_route[E] {{ if ($rU == "102") {{ {LOOP} }} }}\n'
          f'onreply_route[R] {{ if ($rs == 487) {{ {LOOP} }} }}',
    peers={"a": [reply(180), on_cancel(then=487, after=0.75)], "b": [reply(503, after=0.2)],
           "c": [reply(200)]},
    attempts=[("a", "UDP", at(0)), ("b", "UDP", at(1.5)), ("c", "UDP", None)],
    cancelled=["a"], caller=[100, 180, 200], repeats_2xx=True, within=15)


@pytest.mark.parametrize("scenario", [SAME_AVPS], ids=lambda s: s.title)
def test_two_routes_of_a_call_do_not_run_at_the_same_time(outcome):
    outcome.check()


async def cancelled_by_an_operator():
    scenario = Scenario("", peers={"a": [reply(503)], "b": [reply(180, after=0.1)]},
        route=f'failover("sip:100@{{a}} sip:101@{NAMES[0]}:{{b_port}}")', attempts=[],
        caller=[], globals="dns_try_naptr=no\ndns_try_ipv6=no",
        environment=forced(name(0, SLOW_MS, 1)))
    async with Stage(scenario.peers, scenario.config) as stage:
        return (await stage.cancelled_call(scenario.uri, after=0.5, within=5)).codes


def test_an_operator_cancels_while_a_name_is_looked_up():
    """E10b: the previous destination has failed, and nobody rings."""
    assert asyncio.run(cancelled_by_an_operator())[-1] == 487
