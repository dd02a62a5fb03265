# SPDX-License-Identifier: GPL-2.0-or-later
"""Strings of kamailio.cfg: what a pseudo-variable can and cannot do, and when failover()
does not change the request. Each test is a scenario."""

import asyncio
import re

import pytest

import kamailio
import sip
from scenario import SILENT, Scenario, Stage, at, filled, ipv6, later, reply, soon

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
REFUSED = [500]                # the reply of the script, which got -2
NOTE_RC = 'xlog("L_NOTICE", "failover returned $rc\\n"); '

LIST_OF_DIALLED = 'failover("sip:$rU@{a} sip:$rU@{b}")'
LIST_OF_HEADER = 'failover("sip:$hdr(X-Number)@{a} sip:$hdr(X-Number)@{b}")'


def dialled(what, user):
    """A caller dials this value; it stays a user part of both destinations."""
    return Scenario(f"data: a caller dials {what}", route=LIST_OF_DIALLED,
        uri=f"sip:{user}@{{proxy}}",
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), f"sip:{user}@{{a}}"),
                  ("b", "UDP", soon(), f"sip:{user}@{{b}}")],
        caller=[100, 180, 200])


def in_header(what, value, user):
    """A header of the caller has this value; `user` is the user part that follows."""
    return Scenario(f"data: a header holds {what}", route=LIST_OF_HEADER,
        headers=[("X-Number", value)],
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), f"sip:{user}@{{a}}"),
                  ("b", "UDP", soon(), f"sip:{user}@{{b}}")],
        caller=[100, 180, 200])


def refused(title, route, before="", **more):
    """failover() returns -2 and the reply is the script's; nothing is sent."""
    return Scenario(title, route=f"{before} if ({route}) exit; {NOTE_RC}",
        **{"peers": {"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS}, "attempts": [],
           "caller": REFUSED, "logged": {"failover returned -2": 1}, **more})


ESCAPED = {"a": [reply(503)], "b": [reply(404)], "c": RINGS_AND_ANSWERS}


def escaped(what, route):
    """$$ in a pattern is the end of the response: 503 leads on and 404 does not."""
    return Scenario(f"data: $$ in a pattern, {what}", route=route, peers=ESCAPED,
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 404],
        final_from="b")


DATA = [
    escaped("among the settings",
        'failover("sip:1@{a} sip:2@{b} sip:3@{c}", "pattern.response=^503$$")'),
    escaped("as an option of each",
        'failover("sip:1@{a}{pattern=^503$$} sip:2@{b}{pattern=^503$$} sip:3@{c}")'),
    escaped("beside a pseudo-variable",
        'failover("sip:$rU@{a} sip:2@{b} sip:3@{c}", "pattern.response=^503$$")'),
    dialled("%40", "9%40b"),
    dialled("%0d%0a, which stays as it is", "9%0d%0aVia%3ax"),
    dialled("a blank as %20", "9%20sip%3A1"),
    dialled("parameters before the @", "9;transport=tcp"),
    dialled("a / before the @", "9/TCP"),
    dialled("a ? before the @", "9?x=y"),
    dialled("a comma", "9,8"),
    in_header("a transport parameter", "9;transport=tcp", "9;transport=tcp"),
    in_header("a suffix", "9/TCP", "9/TCP"),
    in_header("a question mark", "9?x=y", "9?x=y"),
    in_header("an option", "9{inviting=1}", "9%7Binviting=1%7D"),
    in_header("another host", "9@{c}/TCP sip:8", "9%40127.0.0.1%3A{c_port}/TCP%20sip%3A8"),
    in_header("quotes", "9\"8'7", "9%228'7"),
    in_header("angle brackets", "<9>", "%3C9%3E"),
    in_header("a percent sign", "9%", "9%25"),
    in_header("a percent sign and one digit", "9%4", "9%254"),
    in_header("what is an escape already", "9%40", "9%40"),
    in_header("dollars, braces and brackets", "$rU$(ru){z}[1]", "$rU$(ru)%7Bz%7D%5B1%5D"),
    in_header("letters beyond ASCII", "Jürgen", "J%C3%BCrgen"),
    in_header("the word current", "current", "current"),

    refused("data: a header with 2000 characters is -2", LIST_OF_HEADER,
        headers=[("X-Number", "9" * 2000)], logged={"failover returned -2": 1}),
    refused("data: what is a URI too long only when it is filled in is -2",
        LIST_OF_HEADER, headers=[("X-Number", "9" * 1015)]),
    refused("data: 400 characters that all have to be escaped are -2",
        LIST_OF_HEADER, headers=[("X-Number", "{" * 400)]),
    refused("data: a value with CR LF is -2",
        'failover("sip:$avp(n)@{a} sip:1@{b}")', '$avp(n) = "9\\r\\nSubject: x";'),

    Scenario("data: 900 digits are a user part like any other", route=LIST_OF_HEADER,
        headers=[("X-Number", "9" * 900)], peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), f"sip:{'9' * 900}@{{a}}"),
                  ("b", "UDP", soon(), f"sip:{'9' * 900}@{{b}}")],
        caller=[100, 180, 200]),

    Scenario("data: a host, from a header",
        route='failover("sip:1@$hdr(X-Host):{a_port} sip:2@{b}")',
        headers=[("X-Host", "127.0.0.1")],
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:1@{a}"), ("b", "UDP", soon(), "sip:2@{b}")],
        caller=[100, 180, 200]),

    Scenario("data: a port, from a header",
        route='failover("sip:1@127.0.0.1:$hdr(X-Port) sip:2@{b}")',
        headers=[("X-Port", "{a_port}")],
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:1@{a}"), ("b", "UDP", soon(), "sip:2@{b}")],
        caller=[100, 180, 200]),

    Scenario("data: a host with its port, from a variable",
        route='$var(gw) = "{a}"; if (failover("sip:1@$var(gw) sip:2@{b}")) exit;',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:1@{a}"), ("b", "UDP", soon(), "sip:2@{b}")],
        caller=[100, 180, 200]),

    Scenario("data: an IPv6 host with its port, from a variable",
        route='$var(gw) = "[::1]:{a_port}"; if (failover("sip:1@$var(gw)")) exit;',
        peers={"a": ipv6(reply(180, after=0.1), reply(200, after=0.2))},
        attempts=[("a", "UDP", at(0), "sip:1@[::1]:{a_port}")], caller=[100, 180, 200]),

    Scenario("words: a word that is one variable is one destination, with suffix and options",
        route='$avp(gw1) = "sip:1@{a}/TCP{inviting=5}"; $avp(gw2) = "sip:2@{b}"; '
              'if (failover("$avp(gw1) $avp(gw2)")) exit;',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "TCP", at(0), "sip:1@{a}"), ("b", "UDP", soon(), "sip:2@{b}")],
        caller=[100, 180, 200]),

    *(Scenario(f"words: {what} in it adds no destination: -2",
        route=f'$avp(gw) = "sip:1@{{a}}{value}"; if (failover("sip:9@{{b}} $avp(gw)")) exit; '
              '$var(rc) = $rc; xlog("L_NOTICE", "failover returned $var(rc)\\n"); '
              'sl_send_reply("500", "No"); exit;',
        peers={"a": SILENT, "b": SILENT}, attempts=[], caller=[500],
        logged={"failover returned -2": 1, "variable=$avp(gw)": 1, "WARNING": 1})
      for what, value in (("a blank", " sip:2@{b}"), ("a tab", "\\tsip:2@{b}"),
                          ("a line end", "\\nsip:2@{b}"), ("a comma", ",sip:2@{b}"),
                          ("an @", "@evil.example"), ("a brace", "{{x=1}}"))),

    Scenario("unquoted: an expression is read as a list at the call",
        route='if (failover("sip:" + $rU + "@{a}")) exit;',
        peers={"a": RINGS_AND_ANSWERS}, attempts=[("a", "UDP", at(0), "sip:9555@{a}")],
        caller=[100, 180, 200], logged={"free(0)": 0, "WARNING": 0}),

    Scenario("unquoted: a variable is read as a list at the call",
        route='$avp(l) = "sip:1@{a} sip:2@{b}"; if (failover($avp(l))) exit;',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:1@{a}"), ("b", "UDP", soon(), "sip:2@{b}")],
        caller=[100, 180, 200], logged={"free(0)": 0, "WARNING": 0}),

    Scenario("data: the value of a URI parameter, from a header",
        route='failover("sip:1@{a};tag=$hdr(X-Tag)")',
        headers=[("X-Tag", "x;transport=tcp?y")], peers={"a": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:1@{a};tag=x%3Btransport%3Dtcp%3Fy")],
        caller=[100, 180, 200]),

    *(refused(f"data: {what} is no host: -2",
              'failover("sip:1@$hdr(X-Host) sip:2@{b}")', headers=[("X-Host", value)])
      for what, value in (
          ("a host with a suffix", "127.0.0.1/TCP"), ("a port that is none", "127.0.0.1:99999"),
          ("a port without a host", ":5060"), ("a host with two ports", "127.0.0.1:5060:5061"),
          ("IPv6 without brackets", "::1"),
          ("a host with parameters", "127.0.0.1;transport=tcp"),
          ("a second destination", "h sip:1@h"), ("an escape", "127%2e0.0.1"),
          ("what holds an @", "x@127.0.0.1"), ("half an IPv6 address", "[::1"))),

    *(refused(f"data: {what} is no port: -2",
              'failover("sip:1@127.0.0.1:$hdr(X-Port) sip:2@{b}")',
              headers=[("X-Port", value)])
      for what, value in (("0", "0"), ("65536", "65536"), ("a word", "5060x"),
                          ("a port with parameters", "{a_port};transport=tcp"))),

    refused("data: a header that is absent has no value: -2", LIST_OF_HEADER),
    refused("data: an AVP that is not set has no value: -2",
        'failover("sip:1@{a} sip:$avp(nothing)@{b}")'),

    Scenario("data: an integer is a value", route=
        '$var(n) = 42; if (failover("sip:$var(n)@{a}")) exit;',
        peers={"a": RINGS_AND_ANSWERS}, attempts=[("a", "UDP", at(0), "sip:42@{a}")],
        caller=[100, 180, 200]),

    Scenario("data: $$ is a dollar sign", route='failover("sip:a$$b@{a} sip:$$rU@{b}")',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:a$b@{a}"), ("b", "UDP", soon(), "sip:$rU@{b}")],
        caller=[100, 180, 200]),

    Scenario("data: a gateway without user part takes the one that was filled in",
        route='failover("sip:00$rU@{a} sip:{b}")',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:009555@{a}"), ("b", "UDP", soon(), "sip:009555@{b}")],
        caller=[100, 180, 200]),
]

# A string that is one pseudo-variable is read as a list.
LISTS = [
    Scenario("list: an AVP holds a list with options and suffixes",
        route='$avp(list) = "sip:100@{a}{inviting=500ms} sip:101@{b}/TCP  current"; '
              '$ru = "sip:9@{c}"; if (failover("$avp(list)")) exit;',
        peers={"a": SILENT, "b": [reply(503)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"), ("b", "TCP", later(0.5), "sip:101@{b}"),
                  ("c", "UDP", soon(), "sip:9@{c}")],
        caller=[100, 180, 200]),

    Scenario("list: a dollar sign in it is not a pseudo-variable",
        route='$avp(list) = "sip:$rU@{a}"; if (failover("$avp(list)")) exit;',
        peers={"a": RINGS_AND_ANSWERS}, attempts=[("a", "UDP", at(0), "sip:$rU@{a}")],
        caller=[100, 180, 200]),

    Scenario("list: a wrong one is -2 and logged once a minute, with its position",
        route='$avp(list) = "sip:100@{a} sip:1@h/TPC"; $var(i) = 0; '
              'while ($var(i) < 5) { if (failover("$avp(list)")) exit; '
              + NOTE_RC + '$var(i) = $var(i) + 1; } $var(x) = -2; '
              'sl_send_reply("500", "Refused"); exit;',
        peers={"a": RINGS_AND_ANSWERS}, attempts=[], caller=REFUSED,
        logged={"failover returned -2": 5, "TPC": 1, "event=refused": 1, " column=": 1,
                "variable=$avp(list)": 1, "WARNING": 1}),

    refused("list: an empty one is -2", 'failover("$avp(l)")', '$avp(l) = "";'),
    refused("list: an AVP that is not set is -2", 'failover("$avp(nothing)")'),

    Scenario("list: all settings in one AVP are read",
        route='$avp(s) = "timer.inviting=500ms; attempts=2"; '
              'if (failover("sip:1@{a} sip:2@{b} sip:3@{c}", "$avp(s)")) exit;',
        peers={"a": SILENT, "b": [reply(486)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(0.5))], caller=[100, 486]),
]

SETTING_VALUES = [
    Scenario("settings: a value may be a pseudo-variable",
        route='$avp(t) = "700ms"; '
              'if (failover("sip:1@{a} sip:2@{b}", "timer.inviting=$avp(t)")) exit;',
        peers={"a": SILENT, "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(0.7))], caller=[100, 180, 200]),

    Scenario("settings: a value may be part pseudo-variable, part text",
        route='$var(n) = 7; '
              'if (failover("sip:1@{a} sip:2@{b}", "timer.inviting=$var(n)00ms")) exit;',
        peers={"a": SILENT, "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(0.7))], caller=[100, 180, 200]),

    Scenario("settings: $$ at the end of a pattern is a dollar sign",
        route='failover("sip:1@{a} sip:2@{b} sip:3@{c}", "pattern.response=^4.4$$")',
        peers={"a": [reply(404)], "b": [reply(480)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 480]),

    *(refused(f"settings: the value {value!r} of a timer is -2",
              'failover("sip:1@{a} sip:2@{b}", "timer.inviting=$hdr(X-Value)")',
              headers=[("X-Value", value)])
      for value in ("1; attempts=1", "1;attempts=1", "1\t;attempts=1", "soon", "0", "1h",
                    "'1'", "4000000000")),

    Scenario("settings: a value in quotes with ; in it stays one value",
        route='$avp(p) = "x;y|503"; '
              'if (failover("sip:1@{a} sip:2@{b}", "pattern.response=\'$avp(p)\'")) exit;',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200]),

    Scenario("settings: a caller's ; in a pattern adds no setting",
        route='failover("sip:1@{a} sip:2@{b} sip:3@{c}", "pattern.response=$hdr(X-Value)")',
        headers=[("X-Value", "503;attempts=1|480")],
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], caller=[100, 500]),

    refused("settings: a value that is absent is -2",
        'failover("sip:1@{a}", "attempts=$avp(nothing)")'),

    Scenario("settings: newlines, blanks, the long name and a closing ;",
        route='failover("sip:1@{a} sip:2@{b} sip:3@{c}", '
              '"\n  &failover.timer.inviting = 500ms \n attempts  =  2 ;\n")',
        peers={"a": SILENT, "b": [reply(486)], "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(0.5))], caller=[100, 486]),

    Scenario("settings: a quoted value holds a ; and, doubled, a quote",
        route='failover("sip:1@{a} sip:2@{b}", "pattern.response=\'x;\'\'|503\'")',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200]),
]

# These sockets are the first in the file. Kamailio uses them if no other is set. The caller
# uses {proxy}.
SECOND = "listen=udp:127.0.0.2:@PORT@\nlisten=tcp:127.0.0.2:@PORT@"
SECOND_IS = "127.0.0.2:{proxy_port}"

BARE_INVITES = """
    if (is_method("INVITE") && !has_totag()) {
        record_route();
        @CALL@
        sl_send_reply("500", "Refused");
        exit;
    }
"""


WORKERS = 2


async def calls_without_a_user(calls):
    """The lines of the log for calls whose R-URI has no user part."""
    def config(names):
        return kamailio.Config(filled(
            'if (failover("sip:$rU@{a}")) exit; sl_send_reply("484", "Who?"); exit;',
            names))

    async with Stage({"a": RINGS_AND_ANSWERS}, config) as stage:
        caller = await stage.caller()
        for _ in range(calls):
            call = caller.call(filled("sip:{proxy}", stage.names))
            assert (await asyncio.wait_for(call.final, 5)).status == 484
        return stage.server.log()


def test_callers_cannot_fill_the_log():
    """A value that is missing is logged once a minute, with its name and the line of the
    script. The other lines have attempt_log_level, as all lines that callers cause."""
    log = asyncio.run(calls_without_a_user(calls=30))
    assert log.count("has no value") == 1, log
    assert re.search(r"WARNING: .*event=refused .*source=\S+/kamailio\.cfg line=\d+ "
                     r'argument="failover\(\) destinations" variable=\$rU why=', log), log
    assert "call_id=" in log


async def lists_of_their_own(calls):
    """The lines of the log for calls with different lists. In the script such a list would
    give a warning."""
    def config(names):
        return kamailio.Config(filled(
            '$avp(list) = "sip:" + $rU + "@{a} sip:1@{proxy}";'
            'if (failover("$avp(list)")) exit;', names))

    async with Stage({"a": RINGS_AND_ANSWERS}, config) as stage:
        caller = await stage.caller()
        for number in range(calls):
            call = caller.call(filled(f"sip:{number}@{{proxy}}", stage.names),
                               hangup_after=0)
            assert (await asyncio.wait_for(call.final, 5)).status == 200
        return stage.server.log()


def test_a_list_that_comes_with_a_call_gives_no_warning():
    """Otherwise each number that is dialled would give a line."""
    log = asyncio.run(lists_of_their_own(calls=5))
    assert "is this server itself" not in log and "WARNING" not in log, log


def second_call(call, **more):
    """A second failover() does nothing for a call that goes on."""
    return Scenario(f"calls: a second one, {call}, is -2",
        route=f'failover("sip:1@{{a}}"); {call}; '
              'xlog("L_NOTICE", "second $rc\\n"); exit;',
        peers={"a": RINGS_AND_ANSWERS}, attempts=[("a", "UDP", at(0))],
        caller=[100, 180, 200],
        logged={"second -2": 1, "has this call already": 1, "no value": 0}, **more)


def bare(call):
    """A script without a check for transactions before failover()."""
    return BARE_INVITES.replace("@CALL@", call)


CALLS = [
    second_call("failover()", plan="[Matching Patterns]\nTo = nobody\n"
                                   "[Deploy Patterns]\n$action = 404\n"),
    second_call('failover("$avp(nothing)")'),

    Scenario("calls: a second failover() is -2 and changes nothing",
        route='failover("sip:1@{a} sip:2@{b}", "timer.inviting=700ms"); '
              'xlog("L_NOTICE", "first $rc\\n"); failover("sip:3@{c}", "timer.inviting=5"); '
              'xlog("L_NOTICE", "second $rc\\n"); exit;',
        peers={"a": SILENT, "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(0.7))], caller=[100, 180, 200],
        logged={"first 1": 1, "second -2": 1}),

    Scenario("calls: a wrong list is -2, and a correct one then takes the call",
        route='$avp(l) = "sip:1@{a}/TPC"; failover("$avp(l)"); '
              'xlog("L_NOTICE", "first $rc\\n"); if (failover("sip:$rU@{b}")) exit;',
        peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS},
        attempts=[("b", "UDP", at(0), "sip:9555@{b}")], caller=[100, 180, 200],
        logged={"first -2": 1}),

    Scenario("calls: after -2 the request is unchanged: it can be relayed",
        route='$ru = "sip:7@{a}"; failover("sip:$avp(nothing)@{b}"); '
              'xlog("L_NOTICE", "first $rc\\n"); t_relay(); exit;',
        peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:7@{a}")], caller=[100, 180, 200],
        logged={"first -2": 1}),

    Scenario("calls: after a 1 the request is unchanged, for the script's log",
        route='$ru = "sip:7@{a}"; failover("sip:8@{b}/TCP"); '
              'xlog("L_NOTICE", "returned $rc\\n"); exit;',
        peers={"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS},
        attempts=[("b", "TCP", at(0), "sip:8@{b}")], caller=[100, 180, 200],
        logged={"returned 1": 1}),

    Scenario("calls: t_newtran() before",
        route='t_newtran(); if (failover("sip:1@{a} sip:2@{b}")) exit;',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[100, 180, 200]),

    Scenario("calls: t_newtran() and a provisional reply of the script before",
        route='t_newtran(); t_reply("183", "Wait"); if (failover("sip:1@{a} sip:2@{b}")) exit;',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], caller=[183, 180, 200]),

    Scenario("calls: an answered transaction is left alone",
        route='t_newtran(); t_reply("480", "No"); failover("sip:1@{a}"); '
              'xlog("L_NOTICE", "returned $rc\\n"); exit;',
        peers={"a": RINGS_AND_ANSWERS}, attempts=[], caller=[480],
        logged={"returned 1": 1}),

    Scenario("calls: a retransmitted INVITE starts nothing, although the script does not check for it",
        route="exit;", first=bare('xlog("L_NOTICE", "INVITE\\n"); '
                    'if (failover("sip:1@{a} sip:2@{b}")) exit;'),
        peers={"a": [reply(180), reply(503, after=0.8)],
               "b": [reply(180), reply(200, after=0.6)]},
        resent=(0.4, 1.2), attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 180, 180, 200], logged={"INVITE": 3}),

    Scenario("calls: a retransmitted INVITE starts nothing, even with another list",
        route="exit;", modparams=[("pv", "shvset", "seen=i:0")],
        first=bare('$shv(seen) = $shv(seen) + 1; '
                   'if ($shv(seen) == 1) $avp(list) = "sip:1@{a} sip:2@{b}"; '
                   'if (failover("$avp(list)")) exit;'),
        peers={"a": [reply(180), reply(503, after=0.8)],
               "b": [reply(180), reply(200, after=0.6)]},
        resent=(0.4, 1.2), attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 180, 180, 200]),

    Scenario("calls: a retransmitted INVITE starts nothing, even with another plan",
        route="exit;", modparams=[("pv", "shvset", "seen=i:0")],
        plan="[Matching Patterns]\n$pv($shv(seen)) = ^1$\n[Deploy Patterns]\n"
             "To = sip:1@{a}\n$session = failover sip:2@{b}\n",
        first=bare('$shv(seen) = $shv(seen) + 1; if (failover()) exit;'),
        peers={"a": [reply(180), reply(503, after=0.8)],
               "b": [reply(180), reply(200, after=0.6)]},
        resent=(0.4, 1.2), attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        caller=[100, 180, 180, 200]),

    Scenario("calls: a retransmitted INVITE ends the script",
        route="exit;", first=bare('failover("sip:1@{a}"); '
                    'xlog("L_NOTICE", "behind failover: $rc\\n"); exit;'),
        peers={"a": [reply(180), reply(200, after=0.8)]}, resent=(0.3, 0.5),
        attempts=[("a", "UDP", at(0))], caller=[100, 180, 200],
        logged={"behind failover": 1, "behind failover: 1": 1}),

    Scenario("current: $du counts, with its transport, and the R-URI stays",
        route='$du = "sip:{a};transport=tcp"; if (failover("current sip:2@{b}")) exit;',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "TCP", at(0), "sip:9555@{proxy}"), ("b", "UDP", soon(), "sip:2@{b}")],
        caller=[100, 180, 200]),

    Scenario("current: only it has $du, also if it is the last in the list",
        route='$du = "sip:{a}"; if (failover("sip:2@{b} sip:{c} current")) exit;',
        peers={"a": RINGS_AND_ANSWERS, "b": [reply(503)], "c": [reply(503)]},
        attempts=[("b", "UDP", at(0), "sip:2@{b}"), ("c", "UDP", soon(), "sip:2@{c}"),
                  ("a", "UDP", soon(), "sip:9555@{proxy}")],
        caller=[100, 180, 200]),

    Scenario("current: it may have options",
        route='$ru = "sip:1@{a}"; if (failover("current{inviting=500ms} sip:2@{b}")) exit;',
        peers={"a": SILENT, "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:1@{a}"), ("b", "UDP", later(0.5))],
        caller=[100, 180, 200]),

    Scenario("current: its path is a Route header of its attempt only",
        modules=("usrloc", "registrar", "failover"),
        modparams=(("registrar", "use_path", 1), ("registrar", "path_mode", 0)),
        commands=(("ul.add", "location", "s:9555", "sip:9555@{a}", "3600", "1.0",
                   "<sip:{p};lr>", "0", "0", "0"),),
        route='if (!lookup("location")) exit; if (failover("sip:1@{b} current sip:2@{b}")) exit;',
        peers={"p": [reply(503)], "a": SILENT, "b": [reply(486)]},
        attempts=[("b", "UDP", at(0), "sip:1@{b}"), ("p", "UDP", soon(), "sip:9555@{a}"),
                  ("b", "UDP", soon(), "sip:2@{b}")],
        carries={1: {"Route": []}, 2: {"Route": ["<sip:{p};lr>"]}, 3: {"Route": []}},
        caller=[100, 486]),

    Scenario("Route headers of the request stay on every attempt",
        route='failover("sip:1@{a} sip:2@{b}")', headers=[("Route", "<sip:192.0.2.1;lr>")],
        peers={"a": [reply(503)], "b": [reply(486)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())],
        carries={1: {"Route": ["<sip:192.0.2.1;lr>"]}, 2: {"Route": ["<sip:192.0.2.1;lr>"]}},
        caller=[100, 486]),

    *(Scenario(f"$fs holds for every attempt whose transport fits, here {fs}",
        globals=SECOND, route=f'$fs = "udp:{fs}"; '
              'if (failover("sip:1@{a} sip:2@{b}/TCP sip:3@{c}")) exit;',
        peers={"a": [reply(503)], "b": [reply(503)], "c": [reply(486)]},
        attempts=[("a", "UDP", at(0)), ("b", "TCP", soon()), ("c", "UDP", soon())],
        carries={1: {"sent-by": [fs]}, 2: {"sent-by": [SECOND_IS]}, 3: {"sent-by": [fs]}},
        caller=[100, 486]) for fs in ("{proxy}", SECOND_IS)),

    Scenario("$fs counts for attempts over TCP too", globals=SECOND,
        route='$fs = "tcp:{proxy}"; if (failover("sip:1@{a}/TCP sip:2@{b}/TCP")) exit;',
        peers={"a": [reply(503)], "b": [reply(486)]},
        attempts=[("a", "TCP", at(0)), ("b", "TCP", soon())],
        carries={1: {"sent-by": ["{proxy}"]}, 2: {"sent-by": ["{proxy}"]}},
        caller=[100, 486]),

    Scenario("$fs for TCP does not count for attempts over UDP", globals=SECOND,
        route=f'$fs = "tcp:{SECOND_IS}"; if (failover("sip:1@{{a}} sip:2@{{b}}/TCP")) exit;',
        peers={"a": [reply(503)], "b": [reply(486)]},
        attempts=[("a", "UDP", at(0)), ("b", "TCP", soon())],
        carries={1: {"sent-by": ["{proxy}"]}, 2: {"sent-by": [SECOND_IS]}},
        caller=[100, 486]),

    Scenario("without $fs UDP leaves by the socket of the call, also after TCP",
        globals=SECOND, route='failover("sip:1@{a}/TCP sip:2@{b}")',
        peers={"a": [reply(503)], "b": [reply(486)]},
        attempts=[("a", "TCP", at(0)), ("b", "UDP", soon())],
        carries={2: {"sent-by": ["{proxy}"]}}, caller=[100, 486]),

    Scenario("without $fs UDP leaves by the socket of the call, also after a timer",
        globals=SECOND, route='failover("sip:1@{a} sip:2@{b}", "timer.inviting=500ms")',
        peers={"a": SILENT, "b": [reply(486)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", later(0.5))],
        carries={1: {"sent-by": ["{proxy}"]}, 2: {"sent-by": ["{proxy}"]}},
        caller=[100, 486]),

    Scenario("by a plan without To: the request's own target first",
        plan="[Deploy Patterns]\n$session = failover sip:101@{b}\n",
        route='$ru = "sip:100@{a}"; if (failover()) exit;',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"), ("b", "UDP", soon(), "sip:101@{b}")],
        caller=[100, 180, 200]),

    Scenario("by a plan without To: the next hop of the request counts",
        plan="[Deploy Patterns]\n$session = failover sip:{b}\n",
        route='$du = "sip:{a}"; if (failover()) exit;',
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:9555@{proxy}"), ("b", "UDP", soon(), "sip:9555@{b}")],
        caller=[100, 180, 200]),

    Scenario("by a plan without To, for ourselves: the list alone is tried",
        plan="[Deploy Patterns]\n$session = failover sip:{a} sip:101@{b}\n",
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:9555@{a}"), ("b", "UDP", soon(), "sip:101@{b}")],
        caller=[100, 180, 200]),

    refused("by a plan without To, for ourselves and without a list: -2", "failover()",
        plan="[Deploy Patterns]\n&failover.timer.inviting = 2\n"),
]

ALL = [*DATA, *LISTS, *SETTING_VALUES, *CALLS]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_script(outcome):
    outcome.check()


# -- other requests than an INVITE that begins a dialog --------------------------

OTHERS = """
    if ($hdr(X-Test) != $null) {
        failover("sip:1@{a}");
        xlog("L_NOTICE", "$rm got $rc\\n");
        if (!is_method("ACK")) sl_send_reply("299", "Script Goes On");
        exit;
    }
"""


def request_of(caller, method, to_tag):
    """A request with the header for which the script looks."""
    tag = f";tag={to_tag}" if to_tag else ""
    return sip.Message(f"{method} sip:x@127.0.0.1:{caller.proxy} SIP/2.0", [
        ("Via", caller.new_via()), ("Max-Forwards", "70"), ("X-Test", "1"),
        ("From", f"<sip:caller@{caller.address}>;tag=1"),
        ("To", f"<sip:x@127.0.0.1>{tag}"), ("Call-ID", sip.new_token("other-")),
        ("CSeq", f"7 {method}"), ("Contact", f"<sip:caller@{caller.address}>")])


async def play_other(method, to_tag):
    """The requests at the gateway, and the log, for such a request."""
    def config(names):
        return kamailio.Config(route="exit;", first=filled(OTHERS, names))

    async with Stage({"a": RINGS_AND_ANSWERS}, config) as stage:
        caller = await stage.caller()
        request = request_of(caller, method, to_tag)
        caller.transact(request, lambda reply: None)
        for _ in range(100):
            if f"{method} got" in stage.server.log():
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
        left = await stage.drained()
        return stage.trace.of("a"), stage.server.log(), left


@pytest.mark.parametrize("method, to_tag", [
    ("INVITE", "of-a-dialog"), ("ACK", "of-a-dialog"), ("ACK", None), ("OPTIONS", None),
    ("BYE", "of-a-dialog"), ("MESSAGE", None), ("REGISTER", None), ("UPDATE", "of-a-dialog")])
def test_other_requests_are_refused(method, to_tag):
    """-2, nothing is sent, no transaction is made, and the script goes on."""
    sent, log, left = asyncio.run(play_other(method, to_tag))
    assert f"{method} got -2" in log, log
    assert not sent and not left
