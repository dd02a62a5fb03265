# SPDX-License-Identifier: GPL-2.0-or-later
"""failover_retry() in failure_route: the request, with the changes of the script, is sent
again to the last destination that was tried. Then the rest of the list follows."""

import pytest

import kamailio
from scenario import (ANY, SILENT, Scenario, at, in_turn, later,
                      on_cancel, reply, soon, when)

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
CHALLENGE = ("Proxy-Authenticate", 'Digest realm="gw", nonce="abc", qop="auth"')
ASKS = [reply(407, headers=(CHALLENGE,))]
ALL = 'failover("sip:100@{a} sip:101@{b} sip:102@{c}"%s)'


def again(test='t_check_status("401|407")', more="", behind=""):
    """A failure_route that tries again."""
    return f"""failure_route[AGAIN] {{
        xlog("L_NOTICE", "failure route for $T_reply_code\\n");
        if ({test}) {{
            append_hf("X-Again: yes\\r\\n");
            {more}
            if (failover_retry()) exit;
            xlog("L_NOTICE", "no retry\\n");
        }}
        {behind}
    }}"""


ARM = 't_on_failure("AGAIN"); '
YES, NO = {"X-Again": ["yes"]}, {"X-Again": []}
KEPT = {"X-Before": ["yes"], "X-Behind": ["yes"], "X-Gone": []}


def retry(title, a, attempts, caller=(100, 180, 200), settings="", route=None, **more):
    tail = f', "{settings}"' if settings else ""
    peers = {"a": a, "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS, **more.pop("peers", {})}
    return Scenario(f"failover_retry(): {title}",
        route=f"{ARM}if ({route or ALL % tail}) exit;", peers=peers, attempts=attempts,
        **{"extra": again(), "caller": list(caller), **more})


def tried(peer, moment=None, over="UDP"):
    user = {"a": 100, "b": 101, "c": 102}[peer]
    return (peer, over, moment or soon(), f"sip:{user}@{{{peer}}}")


A, B, C = tried("a", at(0)), tried("b"), tried("c")
A_AGAIN = tried("a")

RETRIES = [
    retry("the destination that asked answers", in_turn(ASKS, RINGS_AND_ANSWERS),
        [A, A_AGAIN], carries={1: NO, 2: YES}, logged={"failure route for 407": 1}),
    retry("over TCP", in_turn(ASKS, RINGS_AND_ANSWERS),
        [tried("a", at(0), "TCP"), tried("a", soon(), "TCP")], carries={2: YES},
        route='failover("sip:100@{a}/TCP sip:101@{b}")'),
    retry("then it fails, and the rest of the list follows", in_turn(ASKS, [reply(503)]),
        [A, A_AGAIN, B], carries={2: YES}, final_from="b"),
    retry("then it is silent, and the rest of the list follows",
        in_turn(ASKS, SILENT), [A, A_AGAIN, tried("b", later(1))], settings="timer.inviting=1",
        final_from="b"),
    retry("then it rings too long, and the rest of the list follows",
        in_turn(ASKS, [reply(180), on_cancel(after=0.1)]), [A, A_AGAIN, B], [100, 180, 180, 200],
        "timer.provisional=1", final_from="b", cancelled=["a"]),
    retry("of the second, after a failure of the first", [reply(503)], [A, B, tried("b")],
        peers={"b": in_turn(ASKS, RINGS_AND_ANSWERS)}, carries={2: NO, 3: YES}),
    retry("of the last one of the list", [reply(503)], [A, B, C, tried("c")],
        peers={"b": [reply(503)], "c": in_turn(ASKS, RINGS_AND_ANSWERS)}),
    retry("nobody is left then: the caller gets the last reply", in_turn(ASKS, [reply(404)]),
        [A, A_AGAIN], [100, 404], route='failover("sip:100@{a}")',
        logged={"failure route for": 1}),
    retry("twice, armed again: the third attempt answers",
        in_turn(ASKS, ASKS, RINGS_AND_ANSWERS), [A, A_AGAIN, A_AGAIN],
        extra=again(more='t_on_failure("AGAIN");'), logged={"failure route for 407": 2}),
    retry("at most two retries a destination", ASKS, [A, A_AGAIN, A_AGAIN], [100, 407],
        extra=again(more='t_on_failure("AGAIN");'),
        logged={"failure route for 407": 3, "no retry": 1}),
    retry("not armed again failure_route runs no more", ASKS, [A, A_AGAIN], [100, 407],
        logged={"failure route for": 1}),
    retry("of two destinations, twice each", in_turn(ASKS, ASKS, [reply(503)]),
        [A, A_AGAIN, A_AGAIN, B, tried("b"), tried("b")], [100, 407],
        peers={"b": ASKS},
        route='failover("sip:100@{a} sip:101@{b}", "pattern.response=5..")',
        extra=again(more='t_on_failure("AGAIN");')),
    retry("a 503 that the script tries again", in_turn([reply(503)], RINGS_AND_ANSWERS),
        [A, A_AGAIN], route='failover("sip:100@{a}")',
        extra=again('t_check_status("5..")')),
    retry("it counts as an attempt", ASKS, [A, A_AGAIN], [100, 407], "attempts=2",
        extra=again(more='t_on_failure("AGAIN");')),
    retry("timer.total holds over it", in_turn(ASKS, [reply(180)]), [A, A_AGAIN], [100, 180, 408],
        "timer.total=1", final_at=at(1), cancelled=["a"]),
    retry("timer.total ends it: the caller gets the best one, which tm has dropped",
        [reply(404)], [A, B, tried("b")], [100, 180, 404], final_at=at(1), cancelled=["b"],
        peers={"b": in_turn([reply(503)], [reply(180)])}, extra=again('t_check_status("404")'),
        route='failover("sip:100@{a} sip:101@{b}", "timer.total=1; reply=best")'),
    retry("not when timer.total has ended while failure_route ran", in_turn(ASKS, [reply(180)]),
        [A], [100, 407], "timer.total=1", modules=("cfgutils", "failover"),
        extra=again().replace("append_hf", 'usleep("1200000"); append_hf'), logged={"no retry": 1}),
    retry("the caller gives up during it", in_turn(ASKS, [reply(180)]), [A, A_AGAIN],
        [100, 180, 487], cancel=when("caller", 180, 0.2), cancelled=["a"]),
    retry("not for a caller who gave up", [reply(180)], [A], [100, 180, 487],
        extra=again("t_is_canceled()"), cancel=when("caller", 180, 0.2), cancelled=["a"],
        logged={"no retry": 1}),
    retry("not where nothing could be sent", SILENT, [], [100, 503],
        route='failover("sip:1@%s")' % ("n" * 64 + ".invalid"),
        extra=again('t_check_status("503|408")'), logged={"no retry": 1}),
    retry("after a Contact was followed, the Contact is tried again",
        [reply(302, contacts=("<sip:101@{b}>",))], [A, B, tried("b")],
        peers={"b": in_turn(ASKS, RINGS_AND_ANSWERS)}),
    retry("the script sends it elsewhere instead when there is no retry", ASKS,
        [A, A_AGAIN, A_AGAIN, ("c", "UDP", soon(), "sip:9@{c}")],
        extra=again(more='t_on_failure("AGAIN");', behind='$ru = "sip:9@{c}"; t_relay();'),
        route='failover("sip:100@{a}")', final_from="c"),
    Scenario("failover_retry(): it has what the script changed after a suspension",
        route=f'{ARM}append_hf("X-Before: yes\\r\\n"); async_task_route("GOES_ON"); exit;',
        extra=again() + """route[GOES_ON] {
            append_hf("X-Behind: yes\\r\\n"); remove_hf("X-Gone");
            if (failover("sip:100@{a} sip:101@{b}")) exit;
        }""",
        modules=("corex", "async", "failover"), globals="async_workers=2",
        modparams=(("async", "ms_timer", 10),), headers=[("X-Gone", "1")],
        peers={"a": in_turn(ASKS, [reply(503)]), "b": RINGS_AND_ANSWERS},
        attempts=[A, A_AGAIN, B], caller=[100, 180, 200],
        carries={1: {**KEPT, **NO}, 2: {**KEPT, **YES}, 3: {**KEPT, **NO}}),
    Scenario("failover_retry(): of a call that failover() does not have",
        route=f'{ARM}$ru = "sip:100@{{a}}"; t_relay(); exit;', peers={"a": ASKS},
        extra=again(), attempts=[A], caller=[100, 407], logged={"no retry": 1}),
    Scenario("failover_retry(): with uac_auth() of module uac",
        route=f'{ARM}if (failover("sip:100@{{a}} sip:101@{{b}}")) exit;',
        modules=("uac", "failover"),
        modparams=(("uac", "auth_username_avp", "$avp(u)"), ("uac", "auth_password_avp", "$avp(p)"),
                   ("uac", "auth_realm_avp", "$avp(r)")),
        extra="""failure_route[AGAIN] {
            $avp(u) = "me"; $avp(p) = "secret"; $avp(r) = "gw";
            if (t_check_status("401|407") && uac_auth()) { failover_retry(); exit; }
        }""", peers={"a": in_turn(ASKS, RINGS_AND_ANSWERS), "b": SILENT},
        attempts=[A, A_AGAIN], caller=[100, 180, 200],
        carries={1: {"Proxy-Authorization": []}, 2: {"Proxy-Authorization": ANY}}),
]


@pytest.mark.parametrize("scenario", RETRIES, ids=lambda s: s.title)
def test_retry(outcome):
    outcome.check()


@pytest.mark.parametrize("route", ["request_route", "branch_route[X]", "onreply_route[X]"])
def test_retry_in_another_route_is_an_error(route):
    call = "failover_retry();"
    status, log = kamailio.start_that_fails(
        kamailio.Config(call + " exit;") if route == "request_route" else
        kamailio.Config("exit;", extra=f"{route} {{ {call} }}"))
    assert status not in (0, None), log
    assert "failover_retry" in log
