# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of a dial plan in real calls: which of them apply to a request, what their captures
are replaced with, and which headers an attempt has."""

import asyncio
import atexit
import datetime
import pathlib
import shutil
import ssl
import tempfile

import pytest

import certificates
import kamailio
from peers import Caller, NoTrace
from scenario import (NOBODY, SILENT, Scenario, Stage, at, filled, later, redirect, reply, soon,
                      when)
from test_leaks import ALLOWED, memory_at_rest

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
BUSY = [reply(486)]
NO_RULE, REFUSED = [404], [500]        # the reply of the script, which got -1 or -2
NO_SUCH_HOST = "n" * 64 + ".invalid"   # fails without a DNS query
NOTE_RC = ' $var(rc) = $rc; xlog("L_NOTICE", "failover returned $var(rc)\\n"); '
GO = "if (failover()) exit;" + NOTE_RC


def rule(conditions=(), deploy=(), name=None):
    """The text of a rule; a single line may be given without a list."""
    lines = [f"[Rule {name}]"] if name else []
    for header, part in (("[Matching Patterns]", conditions), ("[Deploy Patterns]", deploy)):
        part = (part,) if isinstance(part, str) else part
        if part or header.startswith("[Deploy"):
            lines += [header, *part]
    return "\n".join(lines) + "\n"


def to_a(user="1"):
    return ("a", "UDP", at(0), f"sip:{user}@{{a}}")


# -- conditions -----------------------------------------------------------------------

def conditions(title, holds, fails=(), before="", **more):
    """One call. Each condition of `holds` is true for it, and each of `fails` is not. Each
    condition has its own rule, which adds a header."""
    rules = [rule(text, ["$continue = true", f"X-{kind}-{n} = {n}"])
             for kind, texts in (("Holds", holds), ("Fails", fails))
             for n, text in enumerate(texts)]
    told = {f"X-Holds-{n}": [str(n)] for n in range(len(holds))}
    told.update({f"X-Fails-{n}": [] for n in range(len(fails))})
    return Scenario(f"conditions: {title}", plan="".join(rules) + rule((), "To = sip:1@{a}"),
        route=before + GO, **{"peers": {"a": BUSY}, "attempts": [to_a()], "carries": {1: told},
                              "caller": [100, 486], **more})


def days(zone=None):
    """The date in that zone, and the next one, in case midnight comes during the test."""
    now = datetime.datetime.now(zone)
    return "|".join((now + datetime.timedelta(days=n)).strftime("%Y/%m/%d") for n in (0, 1))


def hours(zone):
    """The hour in that zone, and the next one."""
    now = datetime.datetime.now(zone)
    return "|".join((now + datetime.timedelta(hours=n)).strftime("%H") for n in (0, 1))


def in_zone(hours_east):
    """Dates and times are those of the server's time zone."""
    zone = datetime.timezone(datetime.timedelta(hours=hours_east))
    elsewhere = datetime.timezone(datetime.timedelta(hours=hours_east - 11))
    return conditions(f"$date and $time, {hours_east} h from Greenwich",
        [f"$date = ^({days(zone)})$", f"$time = ^({hours(zone)}):[0-5][0-9]:[0-5][0-9]$"],
        [f"$time = ^({hours(elsewhere)}):", "$date = ^1970"],
        environment={"TZ": f"XXX{-hours_east:+d}"})


SAME_PORT = """
    $var(port) = "" + $sp;
    if ($xavp(failover=>port) == $var(port)) append_hf("X-Same: yes\\r\\n");
"""

CONDITIONS = [
    conditions("$request is the line of the request",
        ["$request = ^INVITE sip:9555@127\\.0\\.0\\.1:\\d+ SIP/2\\.0$", "$request = ^INVITE",
         "$request = !^REGISTER", "$Request = sip:9(\\d+)@"],
        ["$request = ^invite", "$request = !^INVITE", "$request = SIP/3"]),
    conditions("$request has the URI as the script has left it",
        ["$request = ^INVITE sip:77@example\\.org SIP/2\\.0$"], ["$request = 9555"],
        '$ru = "sip:77@example.org";'),
    conditions("$addr and $transport of a request by UDP",
        ["$addr = ^127\\.0\\.0\\.1$", "$transport = ^UDP$"],
        ["$addr = ^192", "$transport = TCP", "$transport = udp"]),
    conditions("$addr and $transport of a request by TCP",
        ["$addr = ^127\\.0\\.0\\.1$", "$transport = ^TCP$"], ["$transport = UDP"], over="TCP"),
    conditions("$addr of a request by IPv6", ["$addr = ^::1$"], ["$addr = \\["], family=6),

    Scenario("conditions: $port is the port that the request came from",
        plan=rule("$port = ^(\\d+)$", ["$continue = true", "&port = %1"])
        + rule("$port = !^5060$", "To = sip:1@{a}"),
        route=f't_on_branch("EACH"); {GO}', extra=f"branch_route[EACH] {{ {SAME_PORT} }}",
        peers={"a": BUSY}, attempts=[to_a()], carries={1: {"X-Same": ["yes"]}},
        caller=[100, 486]),

    conditions("$localhost is the source's, $outbound of a request for ourselves",
        ["$localhost = ^true$", "$outbound = ^false$", "$outbound($request) = false"],
        ["$localhost = false"]),
    conditions("$outbound where the script has set a next hop",
        ["$localhost = ^true$", "$outbound = ^true$"], ["$outbound = false"], '$du = "sip:{a}";'),
    conditions("$outbound of a request for somebody else",
        ["$localhost = ^true$", "$outbound = ^true$"], uri="sip:9555@example.org"),
    conditions("$outbound of a telephone number",
        ["$localhost = ^true$", "$outbound = ^true$", "$request = ^INVITE tel:\\+49"],
        before='$ru = "tel:+4930123";'),

    conditions("$date and $time where this runs",
        [f"$date = ^({days()})$", "$time = ^([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d$"],
        ["$date = -", "$time = ^24"]),
    in_zone(9), in_zone(-8),

    conditions("headers: From, To, CSeq, Via as they came",
        ['From = ^"Caller" <sip:caller@127', "To = ^<sip:9555@", "CSeq = ^101 INVITE$",
         "Via = ^SIP/2.0/UDP", "Call-ID = ^call-", "from = caller"],
        ["From = ^sip:", "CSeq = ^102"]),
    conditions("headers: absent is empty text",
        ["X-Absent = ^$", "X-Absent = !.", "X-Absent = .*", "X-Empty = ^$"],
        ["X-Absent = .", "X-Absent = !^$", "X-Empty = ."], headers=[("X-Empty", "")]),
    conditions("headers: of several the first that satisfies counts",
        ["X-Multi = ^one$", "X-Multi = ^two$", "X-Multi = ^three$", "X-Multi = !four"],
        ["X-Multi = four", "X-Multi = !^two$", "X-Multi = one.*two"],
        headers=[("X-Multi", "one"), ("x-multi", "two"), ("X-MULTI", "three")]),
    conditions("headers: a list in one line is one value",
        ["Supported = ^timer, 100rel$"], ["Supported = ^100rel"],
        headers=[("Supported", "timer, 100rel")]),
    conditions("headers: the compact form is the same header",
        ["Subject = ^hello$", "s = ^hello$", "k = ^timer$", "Supported = ^timer$",
         "Session-Expires = ^90$", "f = caller"], ["S = world"],
        headers=[("s", "hello"), ("k", "timer"), ("x", "90")]),
    conditions("headers: names in any case", ["x-NUMBER = ^5$"], headers=[("X-number", "5")]),
    conditions("headers: a folded one is one line",
        ["X-Folded = ^a b c d$", "Subject = ^two lines$"], ["X-Folded = \\n"],
        headers=[("X-Folded", "a\r\n b \r\n\t c\r\n  \r\n d"), ("Subject", "\r\n two\r\n lines")]),
    conditions("headers: blanks round a value do not belong to it",
        ["X-Blanks = ^a  b$"], headers=[("X-Blanks", "  a  b \t")]),
    conditions("headers: what the script has appended is not seen",
        ["X-Late = ^$"], ["X-Late = ."], 'append_hf("X-Late: 1\\r\\n");'),

    conditions("&name: what the script has put into $xavp(failover=>name)",
        ["&word = ^abc$", "&number = ^42$", "&nothing = ^$", "&a.b = ^dotted$",
         "&empty = ^$"],
        ["&word = ^$", "&Word = abc", "&number = 43"],
        '$xavp(failover=>word) = "abc"; $xavp(failover[0]=>number) = 42; '
        '$xavp(failover[0]=>a.b) = "dotted"; $xavp(failover[0]=>empty) = "";'),
    conditions("&name: without any $xavp(failover)", ["&word = ^$"], ["&word = ."]),
    conditions("&name: of two $xavp(failover) the last one made counts",
        ["&word = ^new$", "&other = ^$"], ["&other = ."],
        '$xavp(failover=>other) = "x"; $xavp(failover=>word) = "new";'),

    Scenario("conditions: &name, of earlier rules with $continue; the later one overrides",
        plan=rule("$request = sip:9(\\d+)@", ["$continue = true", "&dialled = %1", "&who = x"])
        + rule("&dialled = ^5(.+)$", ["$continue = true", "$who = y%1"])
        + rule("&who = ^x", "To = sip:bad@{a}")
        + rule(["&who = ^y(.*)$", "&script = ^kept$"], "To = sip:%1@{a}"),
        route='$xavp(failover=>script) = "kept"; $xavp(failover[0]=>who) = "x"; ' + GO,
        peers={"a": BUSY}, attempts=[to_a("55")], caller=[100, 486]),

    conditions("$pv: parts of the request",
        ["$pv($fU) = ^caller$", "$pv($rU) = ^9555$", "$pv($rm) = ^INVITE$",
         "$pv($(ru{uri.user})) = ^9555$", "$pv($hdr(X-Number)) = ^12$",
         "$pv($(hdr(X-Number)[1])) = ^34$", "$pv($(hdr(X-Number){s.len})) = ^2$",
         "$pv($proto) = ^udp$", "$pv($si) = ^127"],
        ["$pv($fU) = 9555", "$pv($(ru{uri.user})) = !^9555$"],
        headers=[("X-Number", "12"), ("X-Number", "34")]),
    conditions("$pv: what the script has set",
        ["$pv($var(text)) = ^abc$", "$pv($var(number)) = ^-7$", "$pv($avp(x)) = ^one$",
         "$pv($xavp(a=>b)) = ^deep$", "$pv($xavp(a[0]=>b)) = ^deep$", "$pv($sht(t=>k)) = ^v$",
         "$pv($(var(text){s.substr,1,1})) = ^b$"],
        ["$pv($var(text)) = 1"],
        '$var(text) = "abc"; $var(number) = -7; $avp(x) = "one"; $xavp(a=>b) = "deep"; '
        '$sht(t=>k) = "v";',
        modules=("htable", "failover"), modparams=(("htable", "htable", "t=>size=4"),)),
    conditions("$pv: without a value it is empty text",
        ["$pv($avp(none)) = ^$", "$pv($hdr(X-None)) = ^$", "$pv($xavp(none=>x)) = !.",
         "$pv($du) = ^$"],
        ["$pv($avp(none)) = .", "$pv($hdr(X-None)) = <null>"]),
    conditions("$pv: one may be asked many times, each for itself",
        ["$pv($fU) = ^caller$", "$pv($rU) = ^9555$", "$pv($fd) = ^127", "$pv($rd) = ^127",
         "$pv($fU) = r$", "$pv($rU) = 5$"]),
]

SLOW = "a" * 40 + "!"
SLOW_PLAN = (rule("X-Slow = ^(a|aa|aaa)+$", "To = sip:bad@{a}")
             + rule("X-Slow = !^(a|aa|aaa)+$", "To = sip:worse@{a}")
             + rule((), "To = sip:1@{a}"))

RULES = [
    Scenario("rules: a text that takes too long to search satisfies no condition, negated or not",
        plan=SLOW_PLAN, headers=[("X-Slow", SLOW)], peers={"a": BUSY}, attempts=[to_a()],
        caller=[100, 486]),

    Scenario("rules: all conditions must hold",
        plan=rule(["$request = ^INVITE", "X-One = 1", "X-Two = 2"], "To = sip:bad@{a}")
        + rule(["X-One = 1", "X-Two = 3"], "To = sip:1@{a}"),
        headers=[("X-One", "1"), ("X-Two", "3")], peers={"a": BUSY}, attempts=[to_a()],
        caller=[100, 486]),

    Scenario("rules: the first that matches wins",
        plan=rule("$request = ^REGISTER", "To = sip:bad@{b}")
        + rule("$request = 9", ["To = sip:1@{a}", "X-Rule = 2"], "second")
        + rule("$request = 9", ["To = sip:3@{b}", "X-Rule = 3", "X-Three = 3"]),
        peers={"a": BUSY, "b": RINGS_AND_ANSWERS}, attempts=[to_a()],
        carries={1: {"X-Rule": ["2"], "X-Three": []}}, caller=[100, 486]),

    Scenario("rules: no rule matches: -1, and nothing was changed",
        plan=rule("$request = ^BYE", "To = sip:1@{a}")
        + rule(["$request = ^INVITE", "X-None = ."], ["$who = me", "X-Out = 1"]),
        route=GO + '$ru = "sip:2@{b}"; append_hf("X-Who: $xavp(failover=>who)\\r\\n"); '
                   't_relay(); exit;',
        headers=[("X-Out", "mine")], logged={"failover returned -1": 1},
        peers={"a": RINGS_AND_ANSWERS, "b": BUSY}, attempts=[("b", "UDP", at(0), "sip:2@{b}")],
        carries={1: {"X-Out": ["mine"], "X-Who": ["<null>"]}}, caller=[100, 486]),

    Scenario("rules: no rule matches, in a plan of 300", plan="".join(
        rule(f"$request = sip:8{n}@", f"To = sip:{n}@{{a}}") for n in range(300)),
        peers={"a": RINGS_AND_ANSWERS}, attempts=[], caller=NO_RULE),

    Scenario("rules: the last of 300 matches", plan="".join(
        rule(f"$request = sip:{n}@", f"To = sip:{n}@{{a}}") for n in range(9256, 9556)),
        peers={"a": BUSY}, attempts=[to_a("9555")], caller=[100, 486]),

    Scenario("$continue: the settings of all rules count, later ones override",
        plan=rule((), ["$continue = true", "To = sip:1@{a}", "X-A = one", "X-B = one",
                       "&failover.timer.inviting = 500ms", "&v = one", "&w = one"])
        + rule("X-None = .", ["$continue = true", "X-A = wrong", "To = sip:wrong@{c}"])
        + rule("$request = ^INVITE", ["$continue = yes", "X-A = two", "&v = two",
                                      "$session = failover sip:9@{c}"])
        + rule((), ["$session = failover sip:2@{b}", "X-C = three"])
        + rule((), ["To = sip:4@{c}", "X-A = four"]),
        route=f't_on_branch("EACH"); {GO}',
        extra='branch_route[EACH] { append_hf("X-V: $xavp(failover=>v) $xavp(failover=>w)'
              '\\r\\n"); }',
        peers={"a": SILENT, "b": BUSY, "c": RINGS_AND_ANSWERS},
        attempts=[to_a(), ("b", "UDP", later(0.5), "sip:2@{b}")],
        carries={n: {"X-A": ["two"], "X-B": ["one"], "X-C": ["three"], "X-V": ["two one"]}
                 for n in (1, 2)}, caller=[100, 486]),

    Scenario("$continue: at the last rule that matches it changes nothing",
        plan=rule((), ["$continue = true", "To = sip:1@{a}"])
        + rule("X-None = .", "To = sip:2@{b}"),
        peers={"a": BUSY, "b": RINGS_AND_ANSWERS}, attempts=[to_a()], caller=[100, 486]),

    Scenario("$continue: a rule that only sets a variable takes the call",
        plan=rule((), ["$continue = true", "&v = 1"]), route='$du = "sip:{a}"; ' + GO,
        peers={"a": BUSY}, attempts=[("a", "UDP", at(0), "sip:9555@{proxy}")],
        caller=[100, 486]),

    Scenario("$continue: the groups of each rule are its own",
        plan=rule("X-One = (.+)", ["$continue = true", "X-Out-1 = %1", "To = sip:%1@{a}"])
        + rule("X-Two = (.+)", ["X-Out-2 = %1", "$session = failover sip:%1@{b}"]),
        headers=[("X-One", "first"), ("X-Two", "second")],
        peers={"a": [reply(404)], "b": BUSY},
        attempts=[to_a("first"), ("b", "UDP", soon(), "sip:second@{b}")],
        carries={n: {"X-Out-1": ["first"], "X-Out-2": ["second"]} for n in (1, 2)},
        caller=[100, 486]),

    Scenario("$action: the plan answers the call, and failover() returns 1",
        plan=rule("$request = sip:9", "$action = 484 Not Here")
        + rule((), "To = sip:1@{a}"), route=GO, peers={"a": RINGS_AND_ANSWERS}, attempts=[],
        caller=[484], logged={"failover returned": 0}, final_at=at(0)),
    Scenario("$action: a 503 is not changed", plan=rule((), "$action = 503"),
        peers={"a": RINGS_AND_ANSWERS}, attempts=[], caller=[503]),
    Scenario("$action: failover() returns 1, and a script that goes on cannot answer again",
        plan=rule((), "$action = 603 No"),
        route='$var(rc) = 0; if (failover()) $var(rc) = 1; '
              'xlog("L_NOTICE", "it returned $var(rc)\\n"); exit;',
        peers={"a": RINGS_AND_ANSWERS}, attempts=[], caller=[603],
        logged={"it returned 1": 1}),
    Scenario("$action: a second failover() is -2 and changes nothing",
        plan=rule((), "$action = 603 No"),
        route='failover(); xlog("L_NOTICE", "first $rc\\n"); failover();'
              ' xlog("L_NOTICE", "second $rc\\n"); exit;',
        peers={}, attempts=[], caller=[603], logged={"first 1": 1, "second -2": 1}),
    Scenario("$action: with $continue, a later rule with destinations overrides it",
        plan=rule((), ["$continue = true", "$action = 480 Later"])
        + rule((), "To = sip:1@{a}"), peers={"a": BUSY}, attempts=[to_a()], caller=[100, 486]),
    Scenario("$action: with $continue, it overrides an earlier rule with destinations",
        plan=rule((), ["$continue = true", "To = sip:1@{a}"])
        + rule((), "$action = 480 Later"), peers={"a": RINGS_AND_ANSWERS}, attempts=[],
        caller=[480]),
    Scenario("$action: its variables are set",
        plan=rule((), ["$action = 480", "$billed = no"]),
        route='if (failover()) { xlog("L_NOTICE", "billed $xavp(failover=>billed)\\n"); '
              'exit; } exit;', peers={"a": RINGS_AND_ANSWERS}, attempts=[], caller=[480],
        logged={"billed no": 1}),

    Scenario("variables: they are added to the script's $xavp(failover)",
        plan=rule("$request = sip:(.)(.)", ["To = sip:1@{a}", "$rtp = true", "$a.b = %2%1",
                                            "&mine = plan", "$empty ="]),
        route='$xavp(failover=>own) = "script"; $xavp(failover[0]=>mine) = "script"; '
              't_on_branch("EACH"); t_on_failure("END"); ' + GO,
        extra='branch_route[EACH] { append_hf("X-V: $xavp(failover=>rtp) $xavp(failover=>a.b) '
              '$xavp(failover=>own) $xavp(failover=>mine) [$xavp(failover=>empty)]\\r\\n"); }\n'
              'failure_route[END] { xlog("L_NOTICE", "then $xavp(failover=>rtp)\\n"); }\n',
        peers={"a": BUSY}, attempts=[to_a()],
        carries={1: {"X-V": ["true 59 script plan []"]}}, logged={"then true": 1},
        caller=[100, 486]),
]


# -- captures -----------------------------------------------------------------------------

CAPTURES = [
    Scenario("captures: numbered over all conditions in order; user, host, port, headers",
        plan=rule(["$request = ^INVITE sip:9(\\d)(\\d+)@", "X-None = (x)?",
                   "X-Host = ^([a-z0-9.]+):(\\d+)$", "Subject = (\\w+) (?:is) (\\w+)"],
                  ["To = sip:00%1-%2@%4:%5", "$session = failover sip:%2%{1}@{b}",
                   "X-Out = %6/%{7}, 100%%, [%3]", "$v = %7"]),
        route=f't_on_branch("EACH"); {GO}',
        extra='branch_route[EACH] { append_hf("X-V: $xavp(failover=>v)\\r\\n"); }',
        headers=[("X-Host", "{a}"), ("Subject", "this is it")],
        peers={"a": [reply(404)], "b": BUSY},
        attempts=[("a", "UDP", at(0), "sip:005-55@{a}"), ("b", "UDP", soon(), "sip:555@{b}")],
        carries={n: {"X-Out": ["this/it, 100%, []"], "X-V": ["it"]} for n in (1, 2)},
        caller=[100, 486]),

    Scenario("captures: each of the nine in its place",
        plan=rule(["X-Letters = (.)(.)(.)(.)", "Subject = (.)(.)(.)(.)(.)"],
                  ["To = sip:%9%8%7%6%5%4%3%2%1@{a}", "X-Out = %1%3%5%7%9-%2%4%6%8"]),
        headers=[("X-Letters", "abcd"), ("Subject", "efghi")], peers={"a": BUSY},
        attempts=[to_a("ihgfedcba")], carries={1: {"X-Out": ["acegi-bdfh"]}},
        caller=[100, 486]),

    Scenario("captures: more than nine",
        plan=rule("X-Letters = (.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)",
                  ["To = sip:%{10}%{11}%1@{a}", "X-Out = %{11}%10"]),
        headers=[("X-Letters", "abcdefghijk")], peers={"a": BUSY}, attempts=[to_a("jka")],
        carries={1: {"X-Out": ["ka0"]}}, caller=[100, 486]),

    Scenario("captures: of several headers, the one that matches gives them",
        plan=rule("Diversion = <sip:(\\d+)@b", "To = sip:%1@{a}"),
        headers=[("Diversion", "<sip:1@a>"), ("Diversion", "<sip:2@b>"),
                 ("Diversion", "<sip:3@b>")],
        peers={"a": BUSY}, attempts=[to_a("2")], caller=[100, 486]),

    Scenario("captures: from a $pv and from a variable",
        plan=rule(["$pv($(hdr(X-Number){s.substr,0,2})) = (.*)", "&x = (.*)"],
                  "To = sip:%1%2@{a}"), route='$xavp(failover=>x) = 77; ' + GO,
        headers=[("X-Number", "4567")], peers={"a": BUSY}, attempts=[to_a("4577")],
        caller=[100, 486]),

    Scenario("captures: a gateway without a user part takes the filled user part",
        plan=rule("$request = sip:9(\\d+)@",
                  ["To = sip:%1@{a}", "$session = failover sip:{b} sip:{c}/TCP"]),
        peers={"a": [reply(503)], "b": [reply(503)], "c": BUSY},
        attempts=[to_a("555"), ("b", "UDP", soon(), "sip:555@{b}"),
                  ("c", "TCP", soon(), "sip:555@{c}")], caller=[100, 486]),

    Scenario("captures: in settings a percent sign is only a character",
        plan=rule("X-Code = (\\d+)", ["To = sip:1@{a}", "$session = failover sip:2@{b}",
                                      "&failover.pattern.response = %1|503"]),
        headers=[("X-Code", "404")], peers={"a": [reply(404)], "b": RINGS_AND_ANSWERS},
        attempts=[to_a()], caller=[100, 404]),

    Scenario("captures: an empty one in a user part",
        plan=rule("X-None = (.*)", "To = sip:00%1@{a}"), peers={"a": BUSY},
        attempts=[to_a("00")], caller=[100, 486]),
    Scenario("captures: an empty one removes a header",
        plan=rule("X-None = (.*)", ["To = sip:1@{a}", "X-Gone = %1", "X-Kept = <%1>"]),
        route=GO, headers=[("X-Gone", "1"), ("x-gone", "2"), ("X-Kept", "3")],
        peers={"a": BUSY}, attempts=[to_a()], caller=[100, 486],
        carries={1: {"X-Gone": [], "X-Kept": ["<>"]}}),
    Scenario("captures: an empty one cannot be a host: -2",
        plan=rule("X-None = (.*)", "To = sip:1@%1"), route=GO,
        peers={"a": RINGS_AND_ANSWERS}, attempts=[], caller=REFUSED,
        logged={"failover returned -2": 1}),
]


# -- a caller cannot inject through captures -------------------------------------------------

# The reply of the script, for each result of failover().
ANSWER = GO + ('if ($var(rc) == -2) sl_send_reply("484", "Address Incomplete"); '
               'else sl_send_reply("404", "No Rule"); exit;')
INCOMPLETE = [484]


def injected(where, what, value, deploy, by_script=False, condition="X-Number = (?s)(.*)",
             **more):
    """The value comes from a caller, directly or in a variable of the script."""
    before, headers = "", [("X-Number", value)]
    if by_script:
        before, headers = f'$var(n) = "{value}"; ', []
        condition = "$pv($var(n)) = (?s)(.*)"
    return Scenario(f"injection: {what}, in a {where}",
        plan=rule(condition, deploy), route=before + more.pop("route", ANSWER),
        headers=headers, **more)


ASKS_FOR_NUMBER = ["To = sip:%1@{a}", "$session = failover sip:%1@{b}", "X-Out = fixed"]


def in_user(what, value, user):
    """The value is escaped, and stays a user part of both destinations."""
    return injected("user part", what, value, ASKS_FOR_NUMBER,
        peers={"a": [reply(503)], "b": BUSY, "c": RINGS_AND_ANSWERS},
        attempts=[to_a(user), ("b", "UDP", soon(), f"sip:{user}@{{b}}")],
        carries={n: {"X-Out": ["fixed"], "Subject": []} for n in (1, 2)}, caller=[100, 486])


def refused_in(where, what, value, deploy, **more):
    """failover() returns -2, and the reply is the script's."""
    return injected(where, what, value, deploy, **{
        "peers": {"a": RINGS_AND_ANSWERS, "b": RINGS_AND_ANSWERS, "c": RINGS_AND_ANSWERS},
        "attempts": [], "caller": INCOMPLETE, "logged": {"failover returned -2": 1}, **more})


def in_parameter(what, value, put_in):
    """The value is escaped, and stays the value of one parameter."""
    return injected("parameter", what, value, ["To = sip:1@{a};cic=%1"],
        peers={"a": BUSY, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), f"sip:1@{{a}};cic={put_in}")], caller=[100, 486])


def in_header(what, value, expected=None):
    """The value is unchanged in the header, and nowhere else."""
    return injected("header", what, value, ["To = sip:1@{a}", "$session = failover sip:2@{b}",
                                            "X-Out = [%1]"],
        peers={"a": [reply(503)], "b": BUSY, "c": RINGS_AND_ANSWERS},
        attempts=[to_a(), ("b", "UDP", soon(), "sip:2@{b}")],
        carries={n: {"X-Out": [f"[{expected or value}]"], "Subject": [], "Route": []}
                 for n in (1, 2)}, caller=[100, 486])


BREAKS = [("CR LF and a header", "9\\r\\nSubject: x"), ("LF and a header", "9\\nSubject: x"),
          ("CR and a header", "9\\rSubject: x"), ("CR LF at the end", "9\\r\\n")]
HOST = ["To = sip:1@%1", "$session = failover sip:2@{b}"]
MADDR = ["To = sip:1@{a};maddr=%1", "$session = failover sip:2@{b}"]
IN_HEADER = ["To = sip:1@{a}", "X-Out = %1"]
VALUE_BYTES_MAX = 4096                 # for a header or a variable
REASON = ["$action = 480 %1"]
VARIABLE = ["To = sip:1@{a}", "$v = %1"]

INJECTION = [
    in_user("a further destination", "9 sip:8@{c}", "9%20sip%3A8%40127.0.0.1%3A{c_port}"),
    in_user("a further destination over TCP", "9@{c}/TCP sip:8",
            "9%40127.0.0.1%3A{c_port}/TCP%20sip%3A8"),
    in_user("a tab", "9\t8", "9%098"),
    in_user("another host", "9@{c}", "9%40127.0.0.1%3A{c_port}"),
    in_user("an option", "9{inviting=1}", "9%7Binviting=1%7D"),
    in_user("a suffix", "9/TCP", "9/TCP"),
    in_user("a parameter", "9;transport=tcp", "9;transport=tcp"),
    in_user("a question mark", "9?Subject=x", "9?Subject=x"),
    in_user("an angle bracket", "9>;x=<", "9%3E;x=%3C"),
    in_user("quotes, as of a display name", '"9" <sip:8@{c}>',
            "%229%22%20%3Csip%3A8%40127.0.0.1%3A{c_port}%3E"),
    in_user("what looks like a capture", "%1%{1}%%", "%251%25%7B1%7D%25%25"),
    in_user("what looks like a pseudo-variable", "$ru$(ru)", "$ru$(ru)"),
    in_user("an escape that is one already", "9%0d%0aSubject:x", "9%0d%0aSubject%3Ax"),
    in_user("a folded line", "9\r\n 8", "9%208"),

    *(refused_in("user part", what, value, ASKS_FOR_NUMBER, by_script=True)
      for what, value in BREAKS),
    refused_in("user part", "NUL", "9\0008", ASKS_FOR_NUMBER),
    refused_in("user part", "a bare CR on the wire", "9\rSubject: x", ASKS_FOR_NUMBER),
    refused_in("user part", "1020 characters", "9" * 1020, ASKS_FOR_NUMBER),
    refused_in("user part", "400 characters that all have to be escaped", "{" * 400,
               ASKS_FOR_NUMBER),

    *(refused_in("host", what, value, HOST) for what, value in (
        ("a further destination", "127.0.0.1 sip:8@{c}"), ("another host", "x@{c}"),
        ("an option", "127.0.0.1{inviting=1}"), ("a suffix", "127.0.0.1/TCP"),
        ("a parameter", "127.0.0.1;transport=tcp"), ("a question mark", "127.0.0.1?Subject=x"),
        ("an angle bracket", "127.0.0.1>"), ("a port", "{c}"), ("an escape", "127%2e0.0.1"),
        ("NUL", "127.0.0.1\0.example.org"), ("a quote", '"127.0.0.1"'),
        ("half an IPv6 address", "[::1"), ("1020 characters", "a" * 1020))),
    *(refused_in("host", what, "127.0.0.1" + value[1:], HOST, by_script=True)
      for what, value in BREAKS),

    in_parameter("another host", "9;maddr={c}", "9%3Bmaddr%3D127.0.0.1:{c_port}"),
    in_parameter("another transport", "9;transport=tcp", "9%3Btransport%3Dtcp"),
    in_parameter("a header", "9?Subject=x", "9%3FSubject%3Dx"),
    *(refused_in("maddr", what, value, MADDR) for what, value in (
        ("another parameter", "127.0.0.1;transport=tcp"), ("a port", "{c}"),
        ("an escape", "127%2e0.0.1"), ("nothing", ""))),

    in_header("a further destination", "9 sip:8@{c}"),
    in_header("an @", "9@{c}"), in_header("an option", "9{inviting=1}"),
    in_header("a suffix", "9/TCP"), in_header("a parameter", "9;transport=tcp"),
    in_header("a question mark", "9?Subject=x"), in_header("an angle bracket", "<9>;x=y"),
    in_header("what looks like a capture", "%1%{1}%%"),
    in_header("a folded line", "9\r\n Subject: x", "9 Subject: x"),
    in_header("1020 characters", "9" * 1020),
    in_header("as much as a header may have", "9" * (VALUE_BYTES_MAX - len("[]"))),
    refused_in("header", "a character more", "9" * (VALUE_BYTES_MAX - 1),
               ["To = sip:1@{a}", "X-Out = [%1]"]),
    refused_in("header", "far too much", "9" * 20000, IN_HEADER),
    refused_in("header", "too much from two captures", "9" * (VALUE_BYTES_MAX // 2 + 1),
               ["To = sip:1@{a}", "X-Out = %1%1"]),
    *(refused_in("header", what, value, IN_HEADER, by_script=True) for what, value in BREAKS),
    refused_in("header", "NUL", "9\0008", IN_HEADER),
    refused_in("header", "a bare CR on the wire", "9\rSubject: x", IN_HEADER),

    *(refused_in("reason", what, value, REASON, by_script=True) for what, value in BREAKS),
    refused_in("reason", "NUL", "9\0008", REASON),
    refused_in("reason", "1020 characters", "9" * 1020, REASON),
    *(refused_in("variable", what, value, VARIABLE, by_script=True) for what, value in BREAKS),
    refused_in("variable", "NUL", "9\0008", VARIABLE),
    refused_in("variable", "a character too much", "9" * (VALUE_BYTES_MAX + 1), VARIABLE),

    refused_in("condition", "more than is searched", "9" * 3000, ASKS_FOR_NUMBER, condition="X-Number = (9++)",
        caller=NO_RULE, logged={"failover returned -1": 1}),

    refused_in("user part", "what is refused leaves the request as it was", "9\0008",
        [*ASKS_FOR_NUMBER, "$v = 1"], condition="X-Number = (?s)(.*)",
        route=GO + '$ru = "sip:2@{b}"; t_on_branch("EACH"); t_relay(); exit;',
        extra='branch_route[EACH] { append_hf("X-V: $xavp(failover=>v)\\r\\n"); }',
        peers={"a": RINGS_AND_ANSWERS, "b": BUSY, "c": RINGS_AND_ANSWERS},
        attempts=[("b", "UDP", at(0), "sip:2@{b}")],
        carries={1: {"X-Out": [], "X-V": ["<null>"]}}, caller=[100, 486]),
]


# -- header changes ------------------------------------------------------------------------

CAME_WITH = [("s", "mine"), ("X-Gone", "1"), ("Subject", "also mine"), ("x-gone", "2,3"),
             ("X-Kept", "kept")]
CHANGES = ["Subject = plan %1", "X-Gone =", "X-New = new", "User-Agent = Plan"]
CHANGED = {"Subject": ["plan 9555"], "X-Gone": [], "X-New": ["new"], "User-Agent": ["Plan"],
           "X-Kept": ["kept"]}
UNCHANGED = {"Subject": ["mine", "also mine"], "X-Gone": ["1", "2,3"], "X-New": [],
             "User-Agent": [], "X-Kept": ["kept"]}
FAILING = {"a": [reply(404)], "b": [reply(480)], "c": [reply(486)]}
TO_A, TO_B, TO_C = (to_a("100"), ("b", "UDP", soon(), "sip:101@{b}"),
                    ("c", "UDP", soon(), "sip:102@{c}"))
THREE = ["To = sip:100@{a}", "$session = failover sip:101@{b} sip:102@{c}"]


def headers(title, deploy=THREE, attempts=(TO_A, TO_B, TO_C), carries=CHANGED, unchanged=(),
            branch=None, failure=None, before="", caller=(100, 486), changes=CHANGES, **more):
    """Each attempt has the same headers, and none twice. The attempts with a number in
    `unchanged` have the headers of the request."""
    routes, armed = "", ""
    for kind, name, script in (("branch", "EACH", branch), ("failure", "END", failure)):
        if script is not None:
            armed += f't_on_{kind}("{name}"); '
            routes += f"{kind}_route[{name}] {{ {script} return; }}\n"
    return Scenario(f"headers: {title}",
        plan=rule("$request = sip:(\\d+)@", [*deploy, *changes]), route=armed + before + GO,
        extra=routes, attempts=list(attempts), caller=list(caller),
        carries={n: UNCHANGED if n in unchanged else carries
                 for n in range(1, len(attempts) + 1)},
        **{"peers": FAILING, "headers": CAME_WITH, **more})


HEADERS = [
    headers("replaced, removed and added on every attempt, once"),
    headers("the first destination is unresolvable",
        [f"To = sip:1@{NO_SUCH_HOST}", "$session = failover sip:101@{b} sip:102@{c}"],
        [("b", "UDP", at(0)), TO_C]),
    headers("the first destination refuses connections",
        ["To = sip:1@{x}/TCP", "$session = failover sip:101@{b} sip:102@{c}"],
        [("b", "UDP", at(0)), TO_C], peers={**FAILING, "x": NOBODY}),
    headers("the second destination is unresolvable",
        ["To = sip:100@{a}", f"$session = failover sip:1@{NO_SUCH_HOST} sip:102@{{c}}"],
        [TO_A, TO_C]),
    headers("the second destination refuses connections",
        ["To = sip:100@{a}", "$session = failover sip:1@{x}/TCP sip:102@{c}"],
        [TO_A, TO_C], peers={**FAILING, "x": NOBODY}),
    headers("led on by timers, over TCP",
        ["To = sip:100@{a}/TCP", "$session = failover sip:101@{b}/TCP sip:102@{c}",
         "&failover.timer.inviting = 500ms", "&failover.timer.provisional = 500ms"],
        [("a", "TCP", at(0)), ("b", "TCP", later(0.5)), TO_C], caller=[100, 180, 486],
        peers={**FAILING, "a": SILENT, "b": [reply(180)]}, cancelled_after={"b": 0.5}),
    headers("followed Contacts have them too", ["To = sip:100@{a}"],
        [TO_A, ("c", "UDP", soon(), "sip:7@{c}")],
        peers={**FAILING, "a": [redirect("<sip:7@{c}>")]}),
    headers("an answered call", ["To = sip:100@{a}", "$session = failover sip:101@{b}"],
        [TO_A, TO_B], peers={**FAILING, "b": RINGS_AND_ANSWERS}, caller=[100, 180, 200]),
    headers("the caller gives up while it rings", attempts=[TO_A], caller=[100, 180, 487],
        peers={**FAILING, "a": [reply(180)]}, cancel=when("caller", 180, 0.2), cancelled=["a"]),
    headers("a branch that the script has appended is of the first attempt",
        ["To = sip:100@{a}", "$session = failover sip:102@{c}"],
        [TO_A, ("b", "UDP", at(0), "sip:200@{b}"), TO_C],
        before='append_branch("sip:200@{b}"); ', modules=("corex", "failover")),
    headers("what failure_route relays afterwards does not have them",
        attempts=[TO_A, TO_B, TO_C, ("d", "UDP", soon(), "sip:mailbox@{d}")], unchanged=[4],
        failure='$ru = "sip:mailbox@{d}"; t_relay();', caller=[100, 180, 200],
        peers={**FAILING, "d": RINGS_AND_ANSWERS}),
    headers("a relay of failure_route does not have them, after a first that was refused",
        ["To = sip:1@{x}/TCP", "$session = failover sip:101@{b}"],
        [("b", "UDP", at(0)), ("d", "UDP", soon())], unchanged=[2],
        failure='$ru = "sip:mailbox@{d}"; t_relay();', caller=[100, 180, 200],
        peers={**FAILING, "x": NOBODY, "d": RINGS_AND_ANSWERS}),

    headers("beside those that branch_route adds",
        branch='append_hf("X-Branch: each\\r\\n"); append_hf("X-Two: 2\\r\\n");',
        carries={**CHANGED, "X-Branch": ["each"], "X-Two": ["2"]}),
    headers("branch_route removes the same headers",
        branch='remove_hf("Subject"); remove_hf("X-Gone"); remove_hf("User-Agent");'),
    headers("branch_route removes another one", branch='remove_hf("X-Kept");',
        carries={**CHANGED, "X-Kept": []}),
    headers("branch_route has changed a part of a header that goes",
        branch="subst_hf(\"X-Gone\", '/[12]/zzz/', \"a\"); "
               "subst_hf(\"Subject\", '/mine/yours/', \"a\");"),
    headers("branch_route has changed the name of a header that goes",
        branch="subst('/^X-Gone: 1/X-Other: 5/');", carries={**CHANGED, "X-Other": []}),
    headers("branch_route puts some before and after a header that is removed",
        branch='insert_hf("X-Before: 1\\r\\n", "X-Gone"); '
               'append_hf("X-Behind: 2\\r\\n", "X-Gone");',
        carries={**CHANGED, "X-Before": ["1"], "X-Behind": ["2"]}),
    headers("branch_route sees the request as it was",
        branch='append_hf("X-Saw: $hdr(Subject) $hdr(X-Gone) $hdr(X-New)\\r\\n");',
        carries={**CHANGED, "X-Saw": ["mine 1 <null>"]}),
    headers("the script has appended others before",
        before='append_hf("X-Script: 1\\r\\n"); remove_hf("X-Kept"); ',
        carries={**CHANGED, "X-Script": ["1"], "X-Kept": []}),
    headers("the script has appended one of the same name before: it is not seen",
        before='append_hf("X-New: script\\r\\n"); ',
        carries={**CHANGED, "X-New": ["script", "new"]}),
    headers("the script has changed a part of a header that goes",
        before="subst_hf(\"X-Gone\", '/2,3/zzz/', \"a\"); remove_hf(\"Subject\"); "),

    headers("the compact form names the same header", changes=["s = plan"],
        carries={**UNCHANGED, "Subject": ["plan"]}),
    headers("names in any case", changes=["sUBJECT = plan", "x-gONE ="],
        carries={**UNCHANGED, "Subject": ["plan"], "X-Gone": []}),
    headers("one that the request does not have is removed", changes=["X-None ="],
        carries={**UNCHANGED, "X-None": []}),
    headers("a list in one line goes as one", changes=["X-List ="],
        headers=[*CAME_WITH, ("X-List", "a, b"), ("X-List", "c")],
        carries={**UNCHANGED, "X-List": []}),
    headers("a folded one goes as a whole", changes=["X-Folded = flat"],
        headers=[("X-Folded", "a\r\n b: c\r\n\td"), *CAME_WITH],
        carries={**UNCHANGED, "X-Folded": ["flat"]}),
    headers("the last one goes", changes=["X-Kept ="], carries={**UNCHANGED, "X-Kept": []}),
    headers("a value with colons, commas, quotes and percent signs",
        changes=['X-New = <sip:%1@x;y=z?a>, "b"; c: 100%%'],
        carries={**UNCHANGED, "X-New": ['<sip:9555@x;y=z?a>, "b"; c: 100%']}),
    headers("the Content-Type of a body that stays", changes=["Content-Type = application/x"],
        carries={**UNCHANGED, "Content-Type": ["application/x"]}),
    headers("40 of them", changes=[f"X-{n} = {n}" for n in range(40)],
        carries={**UNCHANGED, **{f"X-{n}": [str(n)] for n in range(40)}}),
]

ALL = [*CONDITIONS, *RULES, *CAPTURES, *INJECTION, *HEADERS]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_dialplan(outcome):
    outcome.check()


# -- tests that are not scenarios ------------------------------------------------------------

FILES = pathlib.Path(tempfile.mkdtemp(prefix="failover-tls-"))
atexit.register(shutil.rmtree, FILES)


async def call_by_tls():
    """The peers that got an INVITE from a caller who uses TLS."""
    certificates.make(FILES)
    known = ssl.create_default_context(cafile=FILES / "ca.pem")
    plan = rule("$transport = ^(UDP|TCP)$", "To = sip:1@{b}") \
        + rule("$transport = ^TLS$", "To = sip:1@{a}")

    def config(names):
        return kamailio.Config(
            route=GO, modules=("tls", "failover"), globals="enable_tls=yes\n",
            sockets=("udp4", "tls4"),
            modparams=(("tls", "private_key", str(FILES / "server.key")),
                       ("tls", "certificate", str(FILES / "server.pem")),
                       ("tls", "tls_method", "TLSv1.2+"),
                       ("failover", "dialplan_text", filled(plan, names))))

    async with Stage({"a": BUSY, "b": BUSY}, config) as stage:
        async with Caller(stage.trace, stage.server.port, "TLS", tls=known) as caller:
            call = caller.call(filled("sip:9555@{proxy}", stage.names))
            await asyncio.wait_for(call.final, 8)
        return [e.peer for e in stage.trace if e.is_a("INVITE") and not e.sent]


def test_transport_of_a_request_by_tls():
    assert asyncio.run(call_by_tls()) == ["a"]


async def replies_to(plan, subjects):
    """The status lines of the final replies to calls with these Subjects, which are made
    one after the other to one server."""
    def config(names):
        return kamailio.Config(route=GO, modparams=(
            ("failover", "dialplan_text", filled(plan, names)),))

    async with Stage({"a": BUSY}, config) as stage:
        caller, starts = await stage.caller(), []
        for subject in subjects:
            call = caller.call(filled("sip:9555@{proxy}", stage.names), [("Subject", subject)])
            starts.append((await asyncio.wait_for(call.final, 8)).start)
        return starts


def test_the_reason_of_action_reaches_the_caller():
    plan = rule("Subject = ^(bill) (.*)", "$action = 402 No Money, %2") \
        + rule("Subject = ^none", "$action = 486")
    starts = asyncio.run(replies_to(plan, ["bill of Ann", 'bill "%1"', "none"]))
    assert starts == ["SIP/2.0 402 No Money, of Ann", 'SIP/2.0 402 No Money, "%1"',
                      "SIP/2.0 486 Busy Here"]


def test_each_call_has_its_own_values():
    """Several calls in one process: no value of a call appears in the next one."""
    plan = rule(["Subject = ^(\\w+)$", "$pv($hdr(Subject)) = ^(\\w+)$", "&kept = ^$"],
                ["$continue = true", "&kept = %1"]) \
        + rule("&kept = ^(.+)$", "$action = 480 %1")
    words = [f"word{n}" for n in range(20)]
    starts = asyncio.run(replies_to(plan, words))
    assert starts == [f"SIP/2.0 480 {word}" for word in words]


# First no rule matches, then a value is refused, then the call is taken.
THRICE = """
    $var(n) = ""; failover();
    $var(n) = "9\\r\\n"; failover();
    $var(n) = "9"; if (failover()) exit;
"""
ALL_KINDS = rule(
    ["$request = sip:(\\d+)@", "$addr = 127", "$port = (.+)", "$transport = ^UDP$",
     "$localhost = true", "$date = /", "$time = :", "X-Folded = ^a (.*)$", "From = caller",
     "$pv($(fu{uri.user}{s.toupper})) = CALLER", "$pv($var(n)) = (?s)^(9.*)$",
     "$pv($hdr(Subject)) = ^$"],
    ["$continue = true", "&port = %2", "X-Number = %4"]) + rule(
    ["&port = ^(\\d+)$", "&nothing = ^$"],
    ["To = sip:%1@{a}", "$session = failover sip:{b} sip:{c}", "X-Out = of %1", "Subject =",
     "X-Folded = flat", "$last = %1"])


async def memory_of_calls_by_plan():
    """How much more memory is used after many calls, by process."""
    def config(names):
        return kamailio.Config(route=THRICE, modparams=(
            ("failover", "dialplan_text", filled(ALL_KINDS, names)),))

    async def make_calls(stage, caller, count):
        places, uri = asyncio.Semaphore(20), filled("sip:9555@{proxy}", stage.names)

        async def one():
            async with places:
                call = caller.call(uri, [("X-Folded", "a\r\n b")], hangup_after=0)
                await asyncio.wait_for(call.ended.wait(), 20)
                assert call.answered, call.codes
        await asyncio.gather(*(one() for _ in range(count)))
        return await memory_at_rest(stage)

    peers = {"a": [reply(503)], "b": [reply(503)], "c": [reply(200)]}
    async with Stage(peers, config, trace=NoTrace(), memory_mb=64) as stage:
        caller = await stage.caller()
        shm, pkg = await make_calls(stage, caller, 100)
        shm_after, pkg_after = await make_calls(stage, caller, 500)
        return {"shared memory": shm_after - shm,
                **{f"process {pid}": pkg_after[pid] - pkg[pid] for pid in pkg}}


@pytest.mark.long(12)
@pytest.mark.heavy("many calls a second")
def test_calls_by_a_plan_leave_no_memory():
    over = {who: grown for who, grown in asyncio.run(memory_of_calls_by_plan()).items()
            if grown > ALLOWED}
    assert not over, over


@pytest.mark.parametrize("params, column, name", [
    ("%1=%2", 53, "%1"),           # maddr=HOST, if that were possible
    ("ma%1=%2", 53, "ma%1"),
    ("lr;%1=tcp", 56, "%1"),       # transport=tcp, in a request over UDP
    ("lr%1", 53, "lr%1"),
])
def test_a_caller_cannot_name_a_parameter(params, column, name):
    plan = rule(["X-A = (.*)", "Y-B = (.*)"],
                f"$session = failover sip:1@127.0.0.1 sip:2@127.0.0.1;{params}")
    status, log = kamailio.check(kamailio.Config(GO, modparams=(
        ("failover", "dialplan_text", plan),)))
    assert status not in (0, None), log
    assert (f"dialplan_text:5:{column}: error: [{name}]: the name of a parameter must be "
            "written out, as in ;user=phone") in log, log


@pytest.mark.parametrize("condition, column, says", [
    ("$pv($nosuch) = x", 1, "[$pv($nosuch)]: there is no such pseudo-variable here; load "
                            "the module that has it"),
    ("$pv($sht(a=>b)) = x", 1, "[$pv($sht(a=>b))]: there is no such pseudo-variable here; "
                               "load the module that has it"),
    ("$pv($fU{uri.user}) = x", 1, "[$pv($fU{uri.user})]: there is no such pseudo-variable"),
    ("$pv($(ru{uri.nosuch})) = x", 1, "[$pv($(ru{uri.nosuch}))]: there is no such"),
    ("$pv($) = x", 5, "a pseudo-variable begins with a dollar sign"),
    ("$pv(fU) = x", 5, "[$pv(fU)]: a pseudo-variable begins with a dollar sign: $pv($fU) would"),
])
def test_an_unknown_pseudo_variable_stops_the_start(condition, column, says):
    plan = rule(condition, "$action = 480")
    status, log = kamailio.start_that_fails(kamailio.Config(
        GO, modparams=(("failover", "dialplan_text", plan),)))
    assert status not in (0, None), log
    errors = [line for line in log.splitlines() if " error: " in line]
    assert len(errors) == 1 and f"dialplan_text:2:{column}: error: " in errors[0], log
    assert says in errors[0], log
