# SPDX-License-Identifier: GPL-2.0-or-later
"""How failoverctl explains a call."""

import datetime

import pytest

from failoverctl import INVITE, explain, explained, run

M, D = "[Matching Patterns]\n", "[Deploy Patterns]\n"
DEFAULT = "300-400,402-406,408-699"


def attempt(uri, transport="UDP", next_hop=None, inviting=10000, provisional=20000,
            ringing=None, pattern=DEFAULT, socket=None, current=False):
    """A destination in JSON; the next hop of a plain URI is its host."""
    if next_hop is None and not current:
        host = uri.split(":", 1)[1].split("@")[-1].split(";")[0]
        next_hop = f"sip:{host};transport={transport.lower()}"
    return {"uri": uri, "transport": transport, "next_hop": next_hop, "inviting_ms": inviting,
            "provisional_ms": provisional, "ringing_ms": ringing, "pattern": pattern, "socket": socket,
            "current": current}


# -- the destinations ----------------------------------------------------------

A, B, C = "sip:100@192.168.0.100", "sip:101@192.168.0.101", "sip:102@192.168.0.102"

EXAMPLES = [
    (f"To = {A}\n$session = failover {B} {C}\n", [attempt(A), attempt(B), attempt(C)], {}),
    (f"To = {A}\n$transport = TCP\n$session = failover {B}/TCP {C}/TCP\n",
     [attempt(A, "TCP"), attempt(B, "TCP"), attempt(C, "TCP")], {}),
    (f"To = {A}\n$session = failover {B}\n&failover.timer.inviting = 30\n",
     [attempt(A, inviting=30000), attempt(B, inviting=30000)], {"timer.inviting": 30000}),
    (f"To = {A}\n$session = failover {B}\n&failover.pattern.response = 4..\n",
     [attempt(A, pattern="400-499"), attempt(B, pattern="400-499")],
     {"pattern.response": "400-499"}),
    (f"To = {A}\n$session = failover\n&failover.pattern.response = 30.\n"
     "&failover.redirection = true\n", [attempt(A, pattern="300-309")],
     {"pattern.response": "300-309"}),
    (f"To = {A}\n$transport = TCP\n$session = failover {B}/TCP {C}\n"
     "&failover.timer.inviting = 30\n&failover.timer.provisional = 20\n"
     "&failover.pattern.response = 4..\n&failover.redirection = true\n",
     [attempt(A, "TCP", inviting=30000, pattern="400-499"),
      attempt(B, "TCP", inviting=30000, pattern="400-499"),
      attempt(C, inviting=30000, pattern="400-499")],
     {"timer.inviting": 30000, "pattern.response": "400-499"}),
]
SETTINGS = {"timer.inviting": 10000, "timer.provisional": 20000, "timer.ringing": None,
            "pattern.response": DEFAULT,
            "redirection": True, "redirection.max": 10, "redirection.allow": None,
            "timer.total": None, "attempts": 30, "ringing": "continue",
            "ruri": "destination", "reply": "last",
            "preset": None}


@pytest.mark.parametrize("deploy, attempts, settings", EXAMPLES, ids=range(len(EXAMPLES)))
def test_documented_examples(deploy, attempts, settings):
    assert explained(D + deploy) == {
        "file": "<stdin>",
        "applied": [{"line": 1, "name": None, "continues": False, "groups": []}],
        "not_applied": [], "not_applied_left_out": 0, "not_asked_for": [], "reply": None,
        "attempts": attempts,
        "never_tried": [], "headers": [], "variables": {}, "settings": SETTINGS | settings}


# Deploy lines, options of the tool, and the destinations that are tried.
CHAINS = [
    # transports and next hops
    ("To = sips:a@h", [], [attempt("sips:a@h", "TLS")]),
    ("To = sip:a@h;transport=tcp", [], [attempt("sip:a@h;transport=tcp", "TCP")]),
    ("To = sip:a@h:5070/sctp", [], [attempt("sip:a@h:5070", "SCTP")]),
    ("To = sip:a@[2001:db8::1]:5070/TLS", [],
     [attempt("sip:a@[2001:db8::1]:5070", "TLS", "sip:[2001:db8::1]:5070;transport=tls")]),
    ("To = sip:a@h;maddr=192.0.2.7", [],
     [attempt("sip:a@h;maddr=192.0.2.7", "UDP", "sip:192.0.2.7;transport=udp")]),
    # user parts
    ("To = sip:gw1", [], [attempt("sip:9555@gw1")]),
    ("To = sip:7@gw1\n$session = failover sip:gw2/TCP sip:8@gw3 sip:gw4", [],
     [attempt("sip:7@gw1"), attempt("sip:7@gw2", "TCP"), attempt("sip:8@gw3"),
      attempt("sip:7@gw4")]),
    # the request's own destination
    ("X-A = 1", [], [attempt("sip:9555@example.com", current=True)]),
    ("$session = failover sip:b@g", [],
     [attempt("sip:9555@example.com", current=True), attempt("sip:b@g")]),
    ("$session = failover sip:b@g", ["-l", "EXAMPLE.com"], [attempt("sip:b@g")]),
    ("$session = failover sip:b@g", ["-l", "example.com:5060"], [attempt("sip:b@g")]),
    ("$session = failover sip:b@g", ["-l", "other", "-l", "example.com"], [attempt("sip:b@g")]),
    ("$session = failover sip:b@g", ["-l", "example.com:5070"],
     [attempt("sip:9555@example.com", current=True), attempt("sip:b@g")]),
    ("$session = failover sip:b@g", ["--set", "$outbound=false"], [attempt("sip:b@g")]),
    ("$session = failover sip:b@g", ["--set", "$outbound=true"],
     [attempt("sip:9555@example.com", current=True), attempt("sip:b@g")]),
    ("$session = failover sip:b@g", ["-l", "example.com", "--set", "$pv($du)=sip:h;transport=tcp"],
     [attempt("sip:9555@example.com", "TCP", "sip:h;transport=tcp", current=True),
      attempt("sip:b@g")]),
    ("$transport = TLS", [],
     [attempt("sip:9555@example.com", "TLS", "sip:example.com;transport=tls", current=True)]),
    ("To = sip:a@h\n$session = failover current{provisional=5}", ["-l", "example.com"],
     [attempt("sip:a@h"), attempt("sip:9555@example.com", provisional=5000, current=True)]),
    # options of a destination
    ("To = sip:a@h{inviting=1500ms,provisional=60,pattern=5..|408,socket=udp:192.0.2.1:5060}\n"
     "$session = failover sip:b@g\n&failover.timer.inviting = 7", [],
     [attempt("sip:a@h", inviting=1500, provisional=60000, pattern="408,500-599",
              socket="udp:192.0.2.1:5060"), attempt("sip:b@g", inviting=7000)]),
    # levels
    ("To = sip:a@h\n&failover.timer.inviting = 7", ["--defaults",
     "timer.inviting=3; &failover.timer.provisional=4"],
     [attempt("sip:a@h", inviting=7000, provisional=4000)]),
    ("To = sip:a@h\n&failover.preset = carrier", [],
     [attempt("sip:a@h", pattern="408,500,502-504")]),
    ("To = sip:a@h", ["--defaults", "preset=carrier", "--defaults", "pattern.response=4.."],
     [attempt("sip:a@h", pattern="400-499")]),
    # captures and percent signs
    ("To = sip:%%20%%@h", [], None),
    ("To = sip:%%20a@h", [], [attempt("sip:%20a@h")]),
]


@pytest.mark.parametrize("deploy, arguments, attempts", CHAINS, ids=range(len(CHAINS)))
def test_destinations(deploy, arguments, attempts):
    if attempts is None:
        assert explain(D + deploy, *arguments).status == 1
        return
    result = explained(D + deploy + "\n", *arguments)
    assert result["attempts"] == attempts and result["never_tried"] == []


@pytest.mark.parametrize("uri, transport", [
    ("sips:a@h", "TLS"), ("sip:a@h;transport=TCP", "TCP"), ("sip:a@h;transport=x", "UDP"),
    ("tel:+4930", "UDP"), ("sip:[::1", "UDP")])
def test_own_destination(uri, transport):
    result = explained(D + "$x = 1\n", request=f"INVITE {uri} SIP/2.0")
    assert result["attempts"] == [attempt(uri, transport, current=True)]


@pytest.mark.parametrize("uri, own, is_ours", [
    ("sip:h", "h:5060", True), ("sip:h", "h:5061", False), ("sip:a@h:5070", "h:5070", True),
    ("sip:a@h:5070", "h", True), ("sips:h", "h:5061", True), ("sip:h;transport=TLS", "h:5061", True),
    ("sip:[2001:DB8::1]", "[2001:db8::1]", True), ("sip:h", "g", False), ("tel:1", "h", False)])
def test_own_host(uri, own, is_ours):
    result = explain(M + f"$outbound = {str(not is_ours).lower()}\n" + D + "To = sip:a@h\n",
                     "-l", own, request=f"INVITE {uri} SIP/2.0")
    assert result.status == 0, result.out


@pytest.mark.parametrize("arguments, more, tried, why", [
    (["--max-branches", "2"], "", 2, "max_branches is 2"),
    (["--max-branches", "2"], "&failover.attempts = 2\n", 2, "max_branches is 2"),
    (["--max-branches", "3"], "&failover.attempts = 2\n", 2, "attempts is 2"),
    (["--defaults", "attempts=1"], "", 1, "attempts is 1"),
    ([], "", 4, None),
])
def test_never_tried(arguments, more, tried, why):
    plan = D + "To = sip:0@h\n$session = failover sip:1@h sip:2@h sip:3@h\n" + more
    result = explained(plan, *arguments)
    uris = [entry["uri"] for entry in result["attempts"] + result["never_tried"]]
    assert uris == [f"sip:{number}@h" for number in range(4)]
    assert len(result["attempts"]) == tried
    text = explain(plan, *arguments).out
    assert ("never tried" in text) == (why is not None)
    if why is not None:
        before, after = text.split(f"never tried, as {why}\n")
        assert f"\n  {tried}. " in before and after.startswith(f"  {tried + 1}. ")


def test_branches_are_twelve():
    plan = D + "To = sip:0@h\n$session = failover " + " ".join(
        f"sip:{number}@h" for number in range(1, 14)) + "\n"
    result = explained(plan)
    assert (len(result["attempts"]), len(result["never_tried"])) == (12, 2)


# -- the rules -----------------------------------------------------------------

FROM = '"Bob" <sip:105@example.com>;tag=1'

# A condition; options; fails, unknown, holds or limit; the values that were searched.
CONDITIONS = [
    # headers
    ("From = sip:105@", ["-H", f"From: {FROM}"], "holds", None),
    ("From = sip:106@", ["-H", f"From: {FROM}"], "fails", [FROM]),
    ("From = sip:105@", [], "unknown", []),
    ("From = !sip:10[0-4]@", ["-H", f"From: {FROM}"], "holds", None),
    ("From = !sip:10[0-9]@", ["-H", f"From: {FROM}"], "fails", [FROM]),
    ("From = !sip:10[0-9]@", [], "unknown", []),
    ("From = sip:105@", ["-H", f"f:{FROM}"], "holds", None),
    ("f = sip:105@", ["-H", f" FROM : {FROM} "], "holds", None),
    ("From = sip:105@", ["--set", f"From = {FROM}"], "holds", None),
    ("X-Foo = ^$", ["-H", "X-Foo:"], "holds", None),
    ("X-Foo = .", ["-H", "X-Foo:  "], "fails", [""]),
    ("X-Foo = !.", ["-H", "X-Foo:"], "holds", None),
    ("X-Foo = ^$", [], "unknown", []),
    ("X-Foo = b", ["-H", "X-Foo: a", "-H", "x-foo: b", "-H", "X-Foo: c"], "holds", None),
    ("X-Foo = d", ["-H", "X-Foo: a", "-H", "x-foo: b"], "fails", ["a", "b"]),
    ("X-Foo = !b", ["-H", "X-Foo: a", "-H", "x-foo: b"], "fails", ["a", "b"]),
    ("X-Foo = a:b=c", ["-H", "X-Foo: a:b=c"], "holds", None),
    # the request
    ("$request = ^INVITE sip:9555@example\\.com SIP/2\\.0$", [], "holds", None),
    ("$request = ^REGISTER", [], "fails", [INVITE]),
    ("$REQUEST = 9555", [], "holds", None),
    # the source of the request
    ("$addr = ^192\\.0\\.2\\.1$", ["-a", "192.0.2.1"], "holds", None),
    ("$addr = ^192\\.0\\.2\\.2$", ["-a", "192.0.2.1"], "fails", ["192.0.2.1"]),
    ("$addr = ^2001:db8::1$", ["-a", "[2001:DB8:0:0::1]"], "holds", None),
    ("$addr = .", [], "unknown", []),
    ("$addr = .", ["--set", "$addr=192.0.2.1"], "holds", None),
    ("$port = ^5060$", ["--set", "$port=5060"], "holds", None),
    ("$port = ^5060$", ["--set", "$port=5061"], "fails", ["5061"]),
    ("$port = .", ["-a", "192.0.2.1"], "unknown", []),
    ("$transport = ^TLS$", ["-t", "tls"], "holds", None),
    ("$transport = ^TLS$", ["-t", "WSS"], "fails", ["WSS"]),
    ("$transport = TLS", [], "unknown", []),
    # functions
    ("$localhost = true", ["-a", "192.0.2.1", "-l", "192.0.2.1"], "holds", None),
    ("$localhost = true", ["-a", "192.0.2.1", "-l", "192.0.2.1:5061"], "holds", None),
    ("$localhost = true", ["-a", "2001:db8::1", "-l", "[2001:DB8::1]"], "holds", None),
    ("$localhost = true", ["-a", "203.0.113.5", "-l", "example.com"], "fails", ["false"]),
    ("$localhost = true", ["-l", "example.com"], "unknown", []),
    ("$localhost = true", ["-a", "192.0.2.1"], "unknown", []),
    ("$localhost = true", ["--set", "$localhost=true"], "holds", None),
    ("$outbound = true", ["-l", "example.org"], "holds", None),
    ("$outbound = true", ["-l", "example.com"], "fails", ["false"]),
    ("$outbound = true", [], "unknown", []),
    ("$outbound = true", ["--set", "$outbound=true"], "holds", None),
    ("$outbound = true", ["-l", "example.com", "-R", "<sip:192.0.2.9;lr>"], "holds", None),
    ("$outbound = true", ["-l", "example.com", "-R", "<sip:example.com;lr>"], "fails", ["false"]),
    ("$outbound = true", ["-l", "example.com", "--set", "$pv($du)=sip:h"], "holds", None),
    ("$outbound($request) = true", ["-l", "example.org"], "holds", None),
    ("$outbound(From) = true", ["-l", "example.com", "-H", "From: <sip:a@example.org>"], "holds",
     None),
    ("$localhost(From) = true", ["-l", "example.com", "-H", "From: <sip:a@example.org>"], "fails",
     ["false"]),
    ('$localhost("sip:a@example.com") = true', ["-l", "example.com"], "holds", None),
    ("$localhost(From) = true", ["-H", "From: <sip:a@example.org>"], "unknown", []),
    ('$addrPrefix("172.16.0.0/12") = true', ["-a", "172.31.255.255"], "holds", None),
    ('$addrPrefix("172.16.0.0/12") = true', ["-a", "172.32.0.0"], "fails", ["false"]),
    ('$addrprefix("2001:db8::/32", $addr) = true', ["-a", "2001:db8::1"], "holds", None),
    ('$addrPrefix("10.0.0.0/8") = true', [], "unknown", []),
    ('$addrRange("10.1.1.0", "10.1.2.0") = false', ["-a", "10.1.2.1"], "holds", None),
    ("$globalAddr($addr) = true", ["-a", "192.168.1.1"], "fails", ["false"]),
    ("$geturi(Contact) = ^sip:a@h$", ["-H", "Contact: <sip:a@h>;q=1"], "holds", None),
    ("$getSIPuser(To) = ^9555$", ["-H", "To: <sip:9555@h>"], "holds", None),
    ("$registered = true", ["--registered", "9555"], "holds", None),
    ("$registered = true", ["--registered", ""], "fails", ["false"]),
    ("$registered = true", [], "unknown", []),
    ("$registered( From ) = true", ["--registered", "bob@example.com", "-H",
                                    "From: <sip:bob@example.com>"], "holds", None),
    ("$registered(From) = true", ["--registered", "9555", "-H", "From: <sip:bob@example.com>"],
     "fails", ["false"]),
    # date and time
    ("$date = ^2030/12/2[45]", ["--at", "2030/12/24 23:59:59"], "holds", None),
    ("$date = 2030/12/25", ["--at", "2030/12/24 23:59:59"], "fails", ["2030/12/24"]),
    ("$time = ^23:59", ["--at", "2030/12/24 23:59:59"], "holds", None),
    ("$time = ^00", ["--at", "2024/02/29 23:59:60"], "fails", ["23:59:60"]),
    ("$time = ^23", ["--set", "$time=23:00:00"], "holds", None),
    # variables of the script
    ("&vip = 1", ["--set", "&vip=1"], "holds", None),
    ("&vip = 1", ["--set", "&vip="], "fails", [""]),
    ("&vip = 1", [], "unknown", []),
    ("&VIP = 1", ["--set", "&vip=1"], "unknown", []),
    ("$pv($rU) = ^9", ["--set", "$pv($rU)=9555"], "holds", None),
    ("$pv($rU) = ^9", ["--set", " $PV($rU) = 1"], "fails", ["1"]),
    ("$pv($sht(a=>$rU)) = 1", ["--set", "$pv($sht(a=>$rU))=1"], "holds", None),
    ("$pv($rd) = ^9", ["--set", "$pv($rD)=9"], "unknown", []),
    ("$pv($rU) = ^9", ["--set", "$pv($fU)=9"], "holds", None),
    ("$pv($rU) = ^$", ["--set", "$pv($rU)="], "holds", None),
    # limits
    ("X = (a+)+$", ["-H", "X: " + "a" * 40 + "b"], "limit", ["a" * 40 + "b"]),
    ("X = !(a+)+$", ["-H", "X: " + "a" * 40 + "b"], "limit", ["a" * 40 + "b"]),
    ("X = a", ["-H", "X: " + "a" * 3000], "holds", None),
]


@pytest.mark.parametrize("condition, arguments, outcome, values", CONDITIONS,
                         ids=range(len(CONDITIONS)))
def test_condition(condition, arguments, outcome, values):
    plan = "[Rule one]\n" + M + condition + "\n" + D + "To = sip:a@h\n"
    result = explained(plan, *arguments, status=0 if outcome == "holds" else 3)
    if outcome == "holds":
        assert len(result["applied"]) == 1 and result["not_applied"] == []
        return
    assert result == {
        "file": "<stdin>", "applied": [], "not_applied_left_out": 0,
        # values that --set gives but no condition uses
        "not_asked_for": [arguments[1].split("=")[0]]
                         if outcome == "unknown" and "--set" in arguments else [],
        "not_applied": [{"line": 1, "name": "one", "condition": condition,
                         "line_of_condition": 3, "outcome": outcome, "values": values}]}


@pytest.mark.parametrize("zone, hours", [("UTC", 0), ("JST-9", 9), ("NST+3", -3)])
def test_clock(zone, hours):
    """Without --at, the time is now, in the local time zone."""
    offset = datetime.timezone(datetime.timedelta(hours=hours))
    before = datetime.datetime.now(offset).replace(microsecond=0)
    result = explained(M + "$date = x\n" + D + M + "$time = x\n" + D, status=3, TZ=zone)
    date, clock = (rule["values"][0] for rule in result["not_applied"])
    said = datetime.datetime.strptime(f"{date} {clock}", "%Y/%m/%d %H:%M:%S")
    assert before <= said.replace(tzinfo=offset) <= datetime.datetime.now(offset)


def test_first_rule_that_holds():
    plan = (M + "$request = ^REGISTER\n" + D + "To = sip:1@h\n"
            "[Rule b]\n" + M + "$request = 9555\nFrom = x\n" + D + "To = sip:2@h\n"
            "[Rule c]\n" + M + "$request = (9)(5+)\n" + D + "To = sip:%2@h\n"
            + D + "To = sip:4@h\n")
    result = explained(plan, "-H", "From: y")
    assert result["applied"] == [
        {"line": 11, "name": "c", "continues": False, "groups": ["9", "555"]}]
    assert result["not_applied"] == [
        {"line": 1, "name": None, "condition": "$request = ^REGISTER", "line_of_condition": 2,
         "outcome": "fails", "values": [INVITE]},
        {"line": 5, "name": "b", "condition": "From = x", "line_of_condition": 8,
         "outcome": "fails", "values": ["y"]}]
    assert result["attempts"] == [attempt("sip:555@h")]


def test_groups_are_numbered_through_all_conditions():
    plan = (M + "$request = sip:(.)(.)\nFrom = !(x)\nX-A = (a|(b))\n" + D
            + "To = sip:%1%2%3%{5}%4@h\n")
    result = explained(plan, "-H", "From: y", "-H", "X-A: b")
    assert result["applied"][0]["groups"] == ["9", "5", "", "b", "b"]
    assert result["attempts"] == [attempt("sip:95bb@h")]


def test_continue():
    """Settings of several rules are combined, and later ones override earlier ones."""
    plan = ("[Rule a]\n" + D + "&failover.timer.inviting = 3\n&failover.timer.provisional = 4\n"
            "X-A = 1\nX-B = 1\n&x = 1\n$y = 1\n$continue = true\n"
            "[Rule b]\n" + M + "&x = 2\n" + D + "To = sip:wrong@h\n"
            "[Rule c]\n" + M + "&x = 1\n" + D + "To = sip:a@h\n&failover.timer.inviting = 5\n"
            "x-a =\n&x = 3\n$continue = on\n"
            "[Rule d]\n" + M + "&x = 3\n" + D + "$session = failover sip:b@h\n"
            "[Rule e]\n" + D + "To = sip:wrong@h\n")
    result = explained(plan)
    assert [(rule["name"], rule["continues"]) for rule in result["applied"]] == [
        ("a", True), ("c", True), ("d", False)]
    assert [(rule["name"], rule["values"]) for rule in result["not_applied"]] == [("b", ["1"])]
    assert result["attempts"] == [attempt("sip:a@h", inviting=5000, provisional=4000),
                                  attempt("sip:b@h", inviting=5000, provisional=4000)]
    assert {header["name"].lower(): header["value"] for header in result["headers"]} == {
        "x-a": None, "x-b": "1"}
    assert result["variables"] == {"x": "3", "y": "1"}


# -- replies, headers, variables, settings ---------------------------------------

@pytest.mark.parametrize("deploy, code, reason", [
    ("$action = 404", 404, "Not Found"),
    ("$action = 480 Try  Later", 480, "Try  Later"),
    ("$action = 603 No %1", 603, "No 9555"),
    ("$action = 699", 699, None),
])
def test_action(deploy, code, reason):
    plan = M + "$request = sip:([^@]*)\n" + D + deploy + "\n&x = %1\n"
    result = explained(plan)
    assert result["reply"]["code"] == code and result["attempts"] == []
    assert result["reply"]["reason"] == reason or reason is None
    assert result["variables"] == {"x": "9555"}
    text = explain(plan).out
    assert f"answered with {code} {result['reply']['reason']}\n" in text and "tried" not in text


def test_headers_and_variables():
    plan = (M + "From = sip:([^@]*)@\n" + D + "To = sip:a@h\nX-A = <%1> 100%%\n"
            "P-Asserted-Identity =\n$rtp = true\n&who = %1 \u00fc\n&empty =\n")
    arguments = ("-H", "From: <sip:a%20b@h>")
    result = explained(plan, *arguments)
    assert result["headers"] == [{"name": "X-A", "value": "<a%20b> 100%"},
                                 {"name": "P-Asserted-Identity", "value": None}]
    assert result["variables"] == {"rtp": "true", "who": "a%20b \u00fc", "empty": ""}
    text = explain(plan, *arguments).out
    assert ("headers of the INVITE that is sent\n  X-A: <a%20b> 100%\n  P-Asserted-Identity is removed\n\n"
            "for the script\n  $xavp(failover=>rtp) = [true]\n  $xavp(failover=>who) = "
            "[a%20b \u00fc]\n  $xavp(failover=>empty) = []\n") in text


ALL_SETTINGS = ("timer.inviting=1500ms; timer.provisional=3; timer.ringing=45; "
                "pattern.response=!486; redirection=no;"
                "redirection.max=0; redirection.allow='@gw;x'; timer.total=60; attempts=5;"
                "ringing=stop; ruri=keep; reply=480 Try Later; preset=brekeke")


def test_settings():
    result = explained(D + "To = sip:h\n", "--defaults", ALL_SETTINGS)
    assert result["settings"] == {
        "timer.inviting": 1500, "timer.provisional": 3000,
        "timer.ringing": 45000, "pattern.response": "300-485,487-699",
        "redirection": False, "redirection.max": 0, "redirection.allow": "@gw;x",
        "timer.total": 60000, "attempts": 5, "ringing": "stop",
        "ruri": "keep", "reply": "480 Try Later",
        "preset": "brekeke"}
    assert explained(D, "--defaults", "reply=best")["settings"]["reply"] == "best"


# The plan has no error, but a value of this call must not be in its place.
@pytest.mark.parametrize("deploy, arguments, place", [
    ("To = sip:%1@h", ["-H", "X:"], "4:6"),
    ("To = sip:a@%1", ["-H", "X: a b"], "4:6"),
    ("To = sip:a@h\n$session = failover sip:b@h sip:c@h:%1", ["-H", "X: 99999"], "5:29"),
    ("$session = failover", ["-H", "X:", "-l", "example.com"], "1:1"),
    ("To = sip:%1%1@h", ["-H", "X: " + "a" * 600], "4:6"),
])
def test_call_that_cannot_be_made(deploy, arguments, place):
    plan = M + "X = (.*)\n" + D + deploy + "\n"
    result = explain(plan, *arguments)
    assert result.status == 1
    assert result.err.startswith(f"<stdin>:{place}: refusal: ")
    assert result.err.endswith("1 error, 0 warnings\n")
    assert result.out.startswith("applied\n  rule of line 1\n")
    assert result.out.endswith(
        "this call cannot be made by these rules: failover() returns -2\n")
    result = explained(plan, *arguments, status=1)
    assert result["applied"][0]["line"] == 1 and len(result["diagnostics"]) == 1
    assert result["diagnostics"][0]["severity"] == "refusal"
    assert "attempts" not in result


# -- the text ------------------------------------------------------------------

def test_text():
    plan = ("[Rule hours]\n" + M + "$time = ^(0[89]|1[0-7])\n" + D + "&office = open\n"
            "$continue = true\n"
            "\n" + M + "$request = ^INVITE sip:(9)(.+)@\nFrom = !sip:10[0-9]@\n" + D
            + "To = sip:%2@gw1.example.com/TCP\n"
            "$session = failover sip:gw2.example.com{inviting=1500ms,pattern=503}\n"
            "&failover.redirection.allow = @gw\n&failover.timer.total = 60\n"
            "&failover.ringing = stop\n&failover.reply = 480 Later\n")
    call = ("-H", "From: <sip:200@x>", "--at", "2030/12/24 09:30:00")
    assert explain(plan, *call).out == """\
applied
  rule of line 1, hours ($continue: the rules below are asked as well)
    %1 = [09]
  rule of line 8
    %1 = [9]
    %2 = [555]

tried, in this order
  1. sip:555@gw1.example.com over TCP, to sip:gw1.example.com;transport=tcp
     inviting 10 s, provisional 20 s, next after every negative reply but 401, 407
  2. sip:555@gw2.example.com over UDP, to sip:gw2.example.com;transport=udp
     inviting 1500 ms, provisional 20 s, next after 503

limits
  a redirect that matches is followed, to 10 Contacts at the most, if they match [@gw]
  the failure of a destination that has rung is final
  after 60 s the call ends, whatever is left
  at most 12 attempts; when all have failed the caller gets 480 Later

for the script
  $xavp(failover=>office) = [open]

"""
    result = explain(plan, "-H", "From: <sip:105@x>", "--at", "2030/12/24 20:00:00")
    assert (result.status, result.err) == (3, "")
    assert result.out == """\
not applied
  rule of line 1, hours
    line 3: $time = ^(0[89]|1[0-7])
      does not hold: it is [20:00:00]
  rule of line 8
    line 10: From = !sip:10[0-9]@
      does not hold: it is [<sip:105@x>]

no rule applies: failover() returns -1
"""


@pytest.mark.parametrize("condition, option", [
    ("From = x", "-H 'From: ...'"), ("f = x", "-H 'From: ...'"), ("$addr = x", "-a ADDRESS"),
    ("$transport = x", "-t TRANSPORT"), ("$localhost = x", "-a ADDRESS -l OUR-HOST"),
    ("$outbound = x", "-l OUR-HOST"), ("$port = x", "--set '$port=...'"),
    ("&x = x", "--set '&x=...'"), ("$pv($rd) = x", "--set '$pv($rd)=...'")])
def test_unknown(condition, option):
    text = explain(M + condition + "\n" + D).out
    assert f"\n      unknown, so taken not to hold: give it with {option}\n" in text


@pytest.mark.parametrize("pattern, words", [
    (".+", "every negative reply"), ("!486", "every negative reply but 486"),
    ("[456]..", "4xx, 5xx, 6xx"), ("408|5..", "408, 5xx"), ("!4[0-4].", "3xx, 450-499, 5xx, 6xx"),
    ("[3-5]..(?<!486|600)", "3xx, 4xx but 486, 5xx"), ("503|504|50[67]",
     "503-504, 506-507"), ("5[0-8].|59[0-5]", "5xx but 596-599"),
    ("..[02468]$", ", ".join(str(code) for code in range(300, 700, 2)))])
def test_responses_in_words(pattern, words):
    text = explain(D + f"To = sip:a@h\n&failover.pattern.response = {pattern}\n").out
    assert f"provisional 20 s, next after {words}\n" in text


def test_notes():
    own = D + "$session = failover sip:a@h\n"
    assert "note: the request's own destination is taken for another host" in explain(own).out
    assert "note" not in explain(own, "-l", "other.example.com").out
    assert "note" not in explain(own, "-l", "example.com").out
    assert "note" not in explain(D + "To = sip:a@h\n").out
    back = D + "To = sip:a@h\n$session = failover current\n"
    assert "note: the request's own destination is this server" in explain(
        back, "-l", "example.com").out


def test_text_has_no_control_characters():
    """A value of the caller cannot send control characters to the user's terminal."""
    plan = M + "X = x\n" + D + M + "From = (.*)\n" + D + "To = sip:a@h\nX-A = %1\n"
    result = explain(plan, "-H", "X: \x9b\u202e", "-H", "From: \u202e\ufeff\u0085")
    assert "does not hold: it is [<U+009B><U+202E>]" in result.out
    assert "%1 = [<U+202E><U+FEFF><U+0085>]" in result.out
    result = run("explain", "-", "-r", INVITE, b"-HX: \xff", b"-HFrom: \xff\xfe", stdin=plan)
    assert "it is [\\xff]" in result.out and "X-A: \\xff\\xfe" in result.out


# -- pseudo-variables that follow from the request -----------------------------

REQUEST = ["-H", 'From: "Bob, <x>" <sip:bob:secret@a.example>;tag=1',
           "-H", "t: sip:100@b.example;tag=2", "-a", "[2001:db8::1]", "--set", "$port=5061"]


@pytest.mark.parametrize("name, value", [
    ("$fu", "sip:bob:secret@a.example"), ("$fU", "bob"), ("$tu", "sip:100@b.example"),
    ("$tU", "100"), ("$ru", "sip:9555@example.com"), ("$rU", "9555"), ("$si", "2001:db8::1"), ("$sp", "5061"),
])
def test_pseudo_variables_that_follow(name, value):
    plan = f"{M}$pv({name}) = ^(.*)$\n{D}To = sip:a@h\n"
    result = explained(plan, *REQUEST)
    assert result["applied"][0]["groups"] == [value]
    assert result["not_asked_for"] == ([] if name == "$sp" else ["$port"])
    # a value of --set is used
    result = explained(plan, *REQUEST, "--set", f"$pv({name})=x")
    assert result["applied"][0]["groups"] == ["x"]


def test_pseudo_variables_that_do_not_follow():
    plan = f"{M}$pv($fU) = x\n{D}To = sip:a@h\n{M}$pv($si) = x\n{D}To = sip:a@h\n"
    for arguments in ([], ["-H", "From:"], ["-H", "From: tel:+1234"]):
        result = explained(plan, *arguments, status=3)
        assert [rule["outcome"] for rule in result["not_applied"]] == ["unknown", "unknown"]
    result = explained(f"{M}$pv($rU) = ^$\n{D}To = sip:a@h\n",
                       request="INVITE sip:example.com SIP/2.0")
    assert len(result["applied"]) == 1


def test_values_that_no_rule_uses():
    plan = f"{M}$pv($sp) = 5061\nX-A = 1\n{D}To = sip:a@h\n"
    sets = ["--set", "$port=5061", "--set", "x-a=1", "--set", "&y=1", "--set", "$pv($rD)=x",
            "--set", "$pv($du)=sip:h", "--set", "$outbound=true"]
    assert explained(plan, *sets)["not_asked_for"] == ["&y", "$pv($rD)"]
    text = explain(plan, *sets).out
    assert text.endswith("note: no rule asks for &y\nnote: no rule asks for $pv($rD)\n")
    text = explain(plan, *sets[4:])
    assert text.status == 3 and "note: no rule asks for &y\n" in text.out
