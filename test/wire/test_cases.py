# SPDX-License-Identifier: GPL-2.0-or-later
"""The 55 cases that describe the documented dial-plan language, by their numbers. A case is
played here, or the name of the test that plays it is given. If this project decided
otherwise, the decision is given. Times that are not defaults are shortened."""

import asyncio
import dataclasses
import importlib

import pytest

import kamailio
import test_connections
from peers import Caller, Call, Gateway, Reply
from scenario import (SILENT, Peer, Scenario, Stage, at, attempts_of, filled, later, on_cancel,
                      redirect, reply, soon, when)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
ANSWERS = [reply(200)]

P0 = "[Deploy Patterns]\nTo = sip:100@{a}\n$session = failover sip:101@{b} sip:102@{c}\n"
TO_B = "[Deploy Patterns]\nTo = sip:100@{a}\n$session = failover sip:101@{b}\n"
TO_NOBODY = "[Deploy Patterns]\nTo = sip:100@{a}\n$session = failover\n"

A = ("a", "UDP", at(0), "sip:100@{a}")
B = ("b", "UDP", soon(), "sip:101@{b}")
C = ("c", "UDP", soon(), "sip:102@{c}")
X, Y = (("x", "UDP", soon(), "sip:9@{x}"), ("y", "UDP", soon(), "sip:8@{y}"))
ANSWERED = [100, 180, 200]


def case(number, title, plan, peers, attempts, caller, *settings, **more):
    """A case; peers that the plan names and the case does not would answer."""
    spare = {n: RINGS_AND_ANSWERS for n in "abc" if "{" + n + "}" in plan}
    return Scenario(f"T{number}: {title}", peers={**spare, **peers}, attempts=attempts,
        caller=caller, plan=plan + "".join(f"&failover.{s}\n" for s in settings), **more)


@dataclasses.dataclass(frozen=True)
class Elsewhere:
    """A scenario of another file, by its title, or a test function."""
    module: str
    name: str


@dataclasses.dataclass(frozen=True)
class Decided:
    """A decision of this project that replaces the case, or says it more exactly."""
    section: str
    sentence: str


def examples(title):
    return Elsewhere("test_examples", title)


def events(title):
    return Elsewhere("test_events", title)


def redirects(title):
    return Elsewhere("test_redirects", title)


def here(name):
    return Elsewhere("test_cases", name)


ROUND = "a", "b", "c"
ODD = ("[ deploy patterns ]\r\n\t&Failover.Timer.Inviting=1\r\n&FAILOVER.pattern.RESPONSE\t=4..\r\n"
       "\r\nto=sip:100@{a}\r\n  $SESSION   =   failover\tsip:101@{b}/udp   sip:102@{c}  \r\n")

CASES = {
    1: [case(1, "after an answer no other destination is tried", P0, {"a": RINGS_AND_ANSWERS}, [A],
             ANSWERED)],
    2: [examples("example 1, basic: no response for the 10 s of the default")],
    3: [examples("example 1, basic: an error response")],
    4: [examples("example 1, basic: with the ruler lines of the page, as a file")],
    5: [examples("example 1, basic: the second fails too")],
    6: [case(6, "404, 500, 480: the caller gets the 480", P0,
             {"a": [reply(404)], "b": [reply(500)], "c": [reply(480)]}, [A, B, C], [100, 480],
             final_from="c"),
        Decided("2.3", "reply, what the caller gets when all failed: last is the default")],
    7: [case(7, "all silent: 10 s each, then 408", P0, {n: SILENT for n in ROUND},
             [A, ("b", "UDP", at(10)), ("c", "UDP", at(20))], [100, 408], final_at=at(30),
             within=36)],
    8: [case(8, "a 100, then nothing: left after 20 s, not 10, with a CANCEL", P0,
             {"a": [reply(100, after=0.1)]}, [A, B], ANSWERED, cancelled_after={"a": 20},
             within=26)],
    9: [examples("example 1, basic: no final response for the 20 s of the default"),
        Decided("4, E4", "no final reply within timer.provisional of the first 1xx: an 18x does "
                "not stop it")],
    10: [case(10, "180 every 3 s: left 20 s after the first", P0, {"a": [reply(180, every=3)]},
              [A, B], [100, 180, 180, 200], cancelled_after={"a": 20}, within=26)],
    11: [case(11, "180 after 2 s, 200 after 15 s: a call", P0,
              {"a": [reply(180, after=2), reply(200, after=15)]}, [A], ANSWERED, within=20)],
    12: [examples("example 3, inviting: left after 30 s, not 10")],
    13: [case(13, "timers start again for each destination", P0,
              {"a": SILENT, "b": [reply(100)], "c": ANSWERS},
              [A, ("b", "UDP", at(2)), ("c", "UDP", at(5))], [100, 200], "timer.inviting = 2",
              "timer.provisional = 3", cancelled_after={"b": 3}, within=10)],
    14: [examples("example 4, pattern: a 404 matches")],
    15: [case(15, "example 4: a 503 goes to the caller", TO_B, {"a": [reply(503)]}, [A],
              [100, 503], "pattern.response = 4..", modparams=(("tm", "remap_503_500", 0),)),
         Decided("4, E12", "a received 503 reaches the caller as tm's remap_503_500 decides"),
         events("E12: a received 503 goes to the caller as tm remaps it")],
    16: [examples("example 4, pattern: it does not matter when nobody responds")],
    17: [case(17, "pattern 4.., a received 408 leads on", TO_B, {"a": [reply(408)]}, [A, B],
              ANSWERED, "pattern.response = 4.."),
         case(17, "pattern 5.., a received 408 goes to the caller", TO_B, {"a": [reply(408)]},
              [A], [100, 408], "pattern.response = 5..", final_from="a"),
         case(17, "pattern 5.., silence leads on", TO_B, {"a": SILENT},
              [A, ("b", "UDP", at(1))], ANSWERED, "pattern.response = 5..",
              "timer.inviting = 1")],
    18: [case(18, "pattern 503|480, a 486", TO_B, {"a": [reply(486)]}, [A], [100, 486],
              "pattern.response = 503|480"),
         case(18, "pattern 503|480, a 480", TO_B, {"a": [reply(480)]}, [A, B], ANSWERED,
              "pattern.response = 503|480")],
    19: [scenario for pattern in ("^5", "5") for scenario in (
             case(19, f"pattern {pattern}, a 503", TO_B, {"a": [reply(503)]}, [A, B], ANSWERED,
                  f"pattern.response = {pattern}"),
             case(19, f"pattern {pattern}, a 486", TO_B, {"a": [reply(486)]}, [A], [100, 486],
                  f"pattern.response = {pattern}"))],
    20: [case(20, "pattern 4..: the reason phrase is not searched", TO_B,
              {"a": [reply(500, reason="Error 404 x")]}, [A], [100, 500],
              "pattern.response = 4.."),
         events("E2: the reason phrase is not searched")],
    21: [events("E8: a 603 leads on like any other code")],
    22: [here("test_22_a_challenge_reaches_the_caller_as_it_is"),
         case(22, "the pattern .+ written out: a 407 leads on", P0, {"a": [reply(407)]}, [A, B],
              ANSWERED, "pattern.response = .+")],
    23: [examples("example 5, redirection: to the Contact of a 302")],
    24: [examples("example 5, redirection: a 404 does not match")],
    25: [case(25, "the Contact goes before the rest of the list", P0,
              {"a": [redirect("<sip:9@{x}>")], "x": [reply(503)], "b": [reply(404)]},
              [A, X, B, C], ANSWERED)],
    26: [case(26, "redirection = false: the Contact is not called", P0,
              {"a": [redirect("<sip:9@{x}>")], "x": RINGS_AND_ANSWERS}, [A, B], ANSWERED,
              "redirection = false")],
    27: [case(27, "redirection = false and no list: the caller gets the 302", TO_NOBODY,
              {"a": [redirect("<sip:9@{x}>")], "x": RINGS_AND_ANSWERS}, [A], [100, 302],
              "redirection = false", final_from="a")],
    28: [case(28, "of two Contacts that with the higher q first, then the list", P0,
              {"a": [redirect("<sip:9@{x}>;q=0.2, <sip:8@{y}>;q=0.9")], "x": [reply(404)],
               "y": [reply(404)], "b": [reply(404)]}, [A, Y, X, B, C], ANSWERED)],
    29: [case(29, "who redirects to itself", P0, {"a": [redirect("<sip:100@{a}>")]}, [A, B],
              ANSWERED),
         case(29, "who redirects to one that redirects back", P0,
              {"a": [redirect("<sip:9@{x}>")], "x": [redirect("<sip:100@{a}>")]}, [A, X, B],
              ANSWERED)],
    30: [redirects("a 302 without Contact"), redirects("Contact: *"),
         case(30, "a 302 to a telephone number", P0, {"a": [redirect("<tel:+4930123>")]}, [A, B],
              ANSWERED)],
    31: [case(31, "the caller gives up while a rings, which never sends its 487", P0,
              {"a": [reply(180), on_cancel(reply=200, then=None)]}, [A], [100, 180, 487],
              "timer.provisional = 2", cancel=when("caller", 180, 0.3), cancelled=["a"])],
    32: [Elsewhere("test_unsent",
                   "E11: given up while the second attempt is made: it is not sent, and 487")],
    33: [examples("example 2, transport: all over TCP")],
    34: [case(34, "$transport is that of the first destination only",
              TO_B + "$transport = TCP\n", {"a": [reply(503)]},
              [("a", "TCP", at(0), "sip:100@{a}"), B], ANSWERED)],
    35: [case(35, "a suffix in small letters", TO_B.replace("{b}", "{b}/tls"),
              {"a": [reply(503)], "b": test_connections.secure(*RINGS_AND_ANSWERS)},
              [A, ("b", "TLS", soon(), "sip:101@{b}")], ANSWERED, globals="enable_tls=yes\n",
              modules=("tls", "failover"), modparams=test_connections.KAMAILIO_TLS,
              sockets=("udp4", "tls4"))],
    36: [case(36, "a / in a user part and in a parameter belongs to the URI",
              P0.replace("101@{b}", "a/b@{b}").replace("102@{c}", "a@{c};x=1/2"),
              {"a": [reply(503)], "b": [reply(503)]},
              [A, ("b", "UDP", soon(), "sip:a/b@{b}"),
               ("c", "UDP", soon(), "sip:a@{c};x=1/2")], ANSWERED)],
    37: [here("test_37_an_unknown_suffix_is_refused")],
    38: [events("E5: refused after a reply leads to the next destination at once")],
    39: [events("E5: a host name that does not resolve, after a reply")],
    40: [here("test_40_no_failover_within_a_dialog")],
    41: [case(41, "early media of one that fails, then an answer", P0,
              {"a": [reply(183), reply(503, after=0.3)], "b": [reply(200, after=0.1)]}, [A, B],
              [100, 183, 200], final_from="b")],
    42: [case(42, "a 200 just after its timer is the answer", P0,
              {"a": [reply(200, after=1.1)], "b": [reply(180)]},
              [A, ("b", "UDP", at(1))], [100, 180, 200], "timer.inviting = 1", cancelled=["b"],
              final_from="a"),
         Decided("4, E13", "no answered call is lost: while the caller has no final reply yet "
                 "it gets this 200 and the pending attempt is CANCELled")],
    43: [case(43, "what was dialled, without its first digit",
              "[Matching Patterns]\n$request = ^INVITE\nTo = sip:9(.+)@\n"
              "[Deploy Patterns]\nTo = sip:%1@{a}\n$session = failover sip:%1@{b}\n",
              {"a": [reply(503)]},
              [("a", "UDP", at(0), "sip:555@{a}"), ("b", "UDP", soon(), "sip:555@{b}")],
              ANSWERED)],
    44: [case(44, "groups are numbered over the lines in order",
              "[Matching Patterns]\n$request = sip:9(...)@\nX-Site = (\\w+)-\\d\n"
              "[Deploy Patterns]\nTo = sip:%1@{a}\n$session = failover sip:%2.%1@{b}\n",
              {"a": [reply(503)]},
              [("a", "UDP", at(0), "sip:555@{a}"), ("b", "UDP", soon(), "sip:north.555@{b}")],
              ANSWERED, headers=[("X-Site", "north-1")]),
         Elsewhere("test_dialplan", "captures: numbered over all conditions in order; user, "
                                    "host, port, headers")],
    45: [case(45, "settings of a rule with $continue hold for the one below",
              "[Matching Patterns]\n$request = ^INVITE\n[Deploy Patterns]\n"
              "&failover.timer.inviting = 3\n$continue = true\n" + TO_B, {"a": SILENT},
              [A, ("b", "UDP", at(3))], ANSWERED)],
    46: [Elsewhere("test_dialplan", "rules: the first that matches wins")],
    47: [here("test_47_a_negated_pattern")],
    48: [Elsewhere("test_script", "test_other_requests_are_refused"),
         Decided("4, E15", "other methods are not the module's: failover() returns -2")],
    49: [Elsewhere("test_script", "by a plan without To: the request's own target first")],
    50: [case(50, "odd order, odd case, no blanks, CR LF, tabs: the same plan", ODD,
              {"a": SILENT, "b": [reply(503)]}, [A, ("b", "UDP", at(1))], [100, 503],
              plan_as_file=True, modparams=(("tm", "remap_503_500", 0),))],
    51: [here("test_51_an_unknown_setting_is_refused"),
         Elsewhere("test_reload", "test_the_old_plan_stays_after_any_fault_of_the_file"),
         Decided("2.4", "any other &name goes to the one $xavp(failover=>name) of the call")],
    52: [case(52, "16 destinations, 12 branches: warned of, and it ends like any list",
              "[Deploy Patterns]\nTo = sip:0@{a}\n$session = failover "
              + " ".join(f"sip:{n}@{{a}}" for n in range(1, 16)) + "\n", {"a": [reply(503)]},
              [("a", "UDP", None, f"sip:{n}@{{a}}") for n in range(12)], [100, 500],
              logged={"max_branches": 1}),
         Decided("4", "a plan that needs more than the server allows is warned of at load, and "
                 "a chain that meets the limit ends like E12")],
    53: [case(53, "ten that ring too long: max_inv_lifetime does not cut the chain",
              "[Deploy Patterns]\nTo = sip:0@{a}\n$session = failover "
              + " ".join(f"sip:{n}@{{a}}" for n in range(1, 10)) + "\n", {"a": [reply(100)]},
              [("a", "UDP", None, f"sip:{n}@{{a}}") for n in range(10)], [100, 408],
              "timer.provisional = 400ms", cancelled=["a"], within=12,
              modparams=(("tm", "max_inv_lifetime", 3600),))],
    54: [here("test_54_calls_do_not_influence_each_other")],
    55: [Elsewhere("test_reload", "test_a_call_goes_on_with_the_plan_that_it_began_with")],
}

PLAYED = [entry for entries in CASES.values() for entry in entries
          if isinstance(entry, Scenario)]


@pytest.mark.parametrize("scenario", PLAYED, ids=lambda s: s.title)
def test_case(outcome):
    outcome.check()


# -- tests that are not scenarios ------------------------------------------------------------

def test_every_case_is_there():
    """Each case has a test that is run, and each test that is named exists."""
    assert sorted(CASES) == list(range(1, 56))
    for number, entries in CASES.items():
        assert any(not isinstance(entry, Decided) for entry in entries), number
        for entry in entries:
            if isinstance(entry, Scenario):
                assert entry.title.startswith(f"T{number}: ")
            elif isinstance(entry, Elsewhere):
                module = importlib.import_module(entry.module)
                titles = [s.title for s in getattr(module, "ALL", ())]
                assert entry.name in titles or hasattr(module, entry.name), entry


def by_plan(plan, *settings, **more):
    text = plan + "".join(f"&failover.{s}\n" for s in settings)
    return lambda names: kamailio.Config(
        route="if (failover()) exit;",
        modparams=(("failover", "dialplan_text", filled(text, names)),), **more)


async def call_with_a_challenge():
    challenge = 'Digest realm="gw", nonce="1"'
    peers = {"a": [reply(407, headers=(("Proxy-Authenticate", challenge),))],
             "b": ANSWERS, "c": ANSWERS}
    async with Stage(peers, by_plan(P0)) as stage:
        caller = await stage.caller()
        call = caller.call(filled("sip:9555@{proxy}", stage.names))
        final = await asyncio.wait_for(call.final, 8)
        return final.status, final.all("Proxy-Authenticate") == [challenge]


def test_22_a_challenge_reaches_the_caller_as_it_is():
    assert asyncio.run(call_with_a_challenge()) == (407, True)


@pytest.mark.parametrize("wrong, where, says", [
    ("$session = failover sip:101@127.0.0.1/FOO\n", "3:39", "[FOO]"),
    ("$session = failover sip:101@127.0.0.1 sip:102@127.0.0.1:5070/WSS\n", "3:62", "WSS")])
def test_37_an_unknown_suffix_is_refused(wrong, where, says):
    status, log = kamailio.check(kamailio.Config("exit;", modparams=(
        ("failover", "dialplan_text", "[Deploy Patterns]\nTo = sip:100@127.0.0.1\n" + wrong),)))
    errors = [line for line in log.splitlines() if " error: " in line]
    assert status not in (0, None) and len(errors) == 1, log
    assert f"dialplan_text:{where}: error: " in errors[0] and says in errors[0], log


class Refuses(Gateway):
    """Answers, but replies 503 to each request within the dialog."""

    def _send_reply(self, invite, step):
        if invite.message.to_tag:
            step = Reply(503)
        super()._send_reply(invite, step)


async def invite_again():
    """Send a re-INVITE: (the caller's final reply, the peers that got an INVITE)."""
    peers = {"a": Peer(made_by=lambda name, trace: Refuses(name, [ANSWERS], trace)),
             "b": ANSWERS, "c": ANSWERS}
    async with Stage(peers, by_plan(P0)) as stage:
        caller = await stage.caller()
        first = caller.call(filled("sip:9555@{proxy}", stage.names))
        await asyncio.wait_for(first.final, 8)
        (dialog, _), = first.dialogs.values()
        again = Call(caller, dialog.request("INVITE", caller.new_via()))
        again.invite.headers.append(("Contact", first.invite.get("Contact")))
        caller._calls[first.invite.call_id] = again
        again.start()
        final = await asyncio.wait_for(again.final, 8)
        invited = [e.peer for e in stage.trace if e.is_a("INVITE") and not e.sent]
        await stage.drained()
        return first.codes, final.status, invited


def test_40_no_failover_within_a_dialog():
    """tm changes a 503 to a 500, as always."""
    assert asyncio.run(invite_again()) == ([100, 200], 500, ["a", "a"])


class From(Caller):
    """A caller with this number."""
    number = None

    def request(self, message):
        if not isinstance(message, bytes):
            message.headers = [
                (n, v.replace("sip:caller@", f"sip:{self.number}@") if n == "From" else v)
                for n, v in message.headers]
        return super().request(message)


NEGATED = ("[Matching Patterns]\nFrom = !sip:10[0-9]@\n[Deploy Patterns]\nTo = sip:100@{a}\n")


async def calls_from(numbers):
    async with Stage({"a": [reply(486)]}, by_plan(NEGATED)) as stage:
        codes = []
        for number in numbers:
            async with From(stage.trace, stage.server.port) as caller:
                caller.number = number
                call = caller.call(filled("sip:9555@{proxy}", stage.names))
                codes.append((await asyncio.wait_for(call.final, 8)).status)
        return codes


def test_47_a_negated_pattern():
    assert asyncio.run(calls_from(["105", "200", "1050"])) == [404, 486, 486]


@pytest.mark.parametrize("line, where, says", [
    ("&failover.timer.inviting = abc", "3:28", "[abc]"),
    ("&failover.timer.inviting = -1", "3:28", "[-1]"),
    ("&failover.timer.inviting = 0", "3:28", "[0]"),
    ("&failover.pattern.response = 4(", "3:32", "4("),
    ("&failover.timer.invite = 5", "3:11", "timer.invite"),
    ("&other.key = 5", None, None)])
def test_51_an_unknown_setting_is_refused(line, where, says):
    """The start is refused, and the message names the place."""
    status, log = kamailio.check(kamailio.Config("exit;", modparams=(
        ("failover", "dialplan_text", "[Deploy Patterns]\nTo = sip:100@127.0.0.1\n" + line),)))
    errors = [line for line in log.splitlines() if " error: " in line]
    if where is None:
        assert status == 0 and not errors, log
        return
    assert status not in (0, None) and len(errors) == 1, log
    assert f"dialplan_text:{where}: error: " in errors[0] and says in errors[0], log


class FailsSome(Gateway):
    """Replies 503 to calls with a Subject, and answers the others."""

    def _on_invite(self, message, link):
        self.scripts = [[reply(503, after=0.1)] if message.get("Subject") else ANSWERS]
        super()._on_invite(message, link)


async def calls_side_by_side(count):
    """Of several calls at the same time, every second one fails at a: the peers by call."""
    peers = {"a": Peer(made_by=lambda name, trace: FailsSome(name, [ANSWERS], trace)),
             "b": ANSWERS, "c": ANSWERS}
    async with Stage(peers, by_plan(P0)) as stage:
        caller = await stage.caller()
        calls = [caller.call(filled("sip:9555@{proxy}", stage.names),
                             [("Subject", "fails")] if n % 2 else [], hangup_after=0)
                 for n in range(count)]
        await asyncio.wait_for(asyncio.gather(*(c.ended.wait() for c in calls)), 20)
        await stage.drained()
        assert all(call.answered for call in calls)
        return ["".join(a.entry.peer for a in attempts_of(
            [e for e in stage.trace if e.message.call_id == call.invite.call_id], peers))
            for call in calls]


def test_54_calls_do_not_influence_each_other():
    assert asyncio.run(calls_side_by_side(20)) == ["a", "ab"] * 10
