# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of the Brekeke SIP Server in real calls: conditions on the source of a packet, on
the host of a URI and on registration, and the deploy lines $target and $ifdst. The words
that need no packet are in test/tool/vendor_words.txt."""

import contextlib
import socket

import pytest

import kamailio
import sip
from scenario import SILENT, Scenario, at, later, reply, soon

HELD, NOT_HELD = 480, 488
RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
SECOND, STRANGER = "127.0.0.3", "127.0.0.2"
SECONDS_MAX = 5

# -- conditions, each with one request ---------------------------------------------------

OURS = "sip:100@127.0.0.1:{port}"
THEIRS = "sip:100@192.0.2.77"
ADVERTISED = "sip:100@198.51.100.9:5999"
CALLER = "From: <sip:{user}@127.0.0.1:{{port}}>;tag=1"


def case(condition, holds, source="127.0.0.1", uri=OURS, *headers):
    return condition, holds, source, uri, headers


def caller(user):
    return CALLER.format(user=user)


CASES = [
    # the source of the packet, not the Request-URI
    case("$localhost = true", True),
    case("$localhost = true", True, "127.0.0.1", THEIRS),
    case("$localhost = false", True, STRANGER),
    case("$localhost = false", True, STRANGER, THEIRS),
    case("$localhost = true", False, STRANGER),
    case("$localhost = true", True, SECOND),            # a second address of the server
    case("$localhost = false", False, SECOND, THEIRS),
    case("$localhost = true", True, "::1"),
    case("$localhost = false", False, "::1", THEIRS),
    # the socket of the second address advertises another one; both are the server
    case("$localhost = true", True, "127.0.0.3", ADVERTISED),
    case("$localhost = false", True, STRANGER, ADVERTISED),

    case("$localhost(From) = true", True, STRANGER, THEIRS, caller("1")),
    case("$localhost(From) = true", False, "127.0.0.1", OURS, "From: <sip:1@192.0.2.8>;tag=1"),
    case('$localhost("127.0.0.3") = true', True, STRANGER),
    case('$localhost("192.0.2.8") = true', False),

    case("$outbound = true", False),
    case("$outbound = true", True, "127.0.0.1", THEIRS),
    case("$outbound = true", True, "127.0.0.1", OURS, "Route: <sip:192.0.2.9;lr>"),
    case("$outbound = true", False, "127.0.0.1", OURS, "Route: <sip:127.0.0.1:{port};lr>"),
    case("$outbound = true", False, "127.0.0.1", ADVERTISED),
    case("$outbound($request) = true", True, "127.0.0.1", THEIRS),
    case('$outbound("sip:u@192.0.2.8") = true', True),

    case('$addrPrefix("127.0.0.2/31") = true', True, STRANGER),
    case('$addrPrefix("127.0.0.2/31") = true', True, SECOND),
    case('$addrPrefix("127.0.0.2/31") = true', False),
    case('$addrPrefix("::1/128") = true', True, "::1"),
    case('$addrPrefix("0.0.0.0/0") = true', False, "::1"),
    case('$addrRange("127.0.0.2","127.0.0.3") = false', True),
    case('$addrRange("127.0.0.2","127.0.0.3") = false', False, SECOND),
    case("$globaladdr($addr) = true", False),
    case("$globalAddr(Contact) = true", True, STRANGER, OURS, "Contact: <sip:1@8.8.8.8:5060>"),

    # 200 is registered
    case("$registered = true", True, STRANGER, "sip:200@127.0.0.1:{port}"),
    case("$registered = false", True, STRANGER),
    case("$registered(From) = true", True, STRANGER, OURS, caller("200")),
    case("$registered( From ) = false", True, STRANGER, "sip:200@127.0.0.1:{port}", caller("1")),

    case("$geturi(Contact) = ^sip:7@10\\.0\\.0\\.1$", True, STRANGER, OURS,
         'Contact: "Seven" <sip:7@10.0.0.1>;expires=60'),
    case("$getSIPuser(From) = ^200$", True, STRANGER, OURS, caller("200")),

    # a value of a caller in the argument of a function is only data
    case('X-User = (.+)\n$registered("sip:%1@127.0.0.1") = true', True, STRANGER, OURS,
         "X-User: 200"),
    *(case('X-User = (.+)\n$registered("sip:%1@127.0.0.1") = true', False, STRANGER, OURS,
           f"X-User: {text}")
      for text in ("201", "200@127.0.0.1;x=", "200,x", "200 x", "{200}", '200"',
                   "200\r\n x", "<sip:200@127.0.0.1>", "200>", "x" * 3000)),
    *(case(f'X-Host = (.+)\n$localhost("sip:a@%1") = {truth}', False, STRANGER, OURS,
           f"X-Host: {text}")
      for truth in ("true", "false") for text in ("127.0.0.1 192.0.2.1", "127.0.0.1,x", "a@127.0.0.1",
                                                  "127.0.0.1;maddr=192.0.2.1", "{127.0.0.1}")),
]


def plan():
    rules = [f"[Matching Patterns]\nX-Case = ^{number}$\n{condition}\n"
             f"[Deploy Patterns]\n$action = {HELD} Held\n"
             for number, (condition, *_) in enumerate(CASES)]
    return "".join(rules) + f"[Deploy Patterns]\n$action = {NOT_HELD} Not Held\n"


@pytest.fixture(scope="module")
def server():
    config = kamailio.Config(
        "if (failover()) exit;", modules=("usrloc", "registrar", "failover"),
        modparams=(("failover", "dialplan", "@DIR@/plan"),), files={"plan": plan()},
        sockets=("udp4", "udp6"),
        # the module that uses the table location creates it
        extra='route[USES] { lookup("location"); }',
        globals=f"listen=udp:{SECOND}:@PORT@ advertise 198.51.100.9:5999")
    with kamailio.Server(config) as running:
        running.rpc("ul.add", "location", "s:200", "sip:200@127.0.0.1:9", "3600", "1.0", "s:0",
                    "0", "0", "0")
        yield running


def invite(port, number, address, uri, headers):
    named = {line.partition(":")[0] for line in headers}
    lines = [f"INVITE {uri} SIP/2.0", f"Via: SIP/2.0/UDP {address};rport;branch={sip.new_branch()}",
             "Max-Forwards: 70", *([] if "From" in named else ["From: <sip:1@192.0.2.8>;tag=1"]),
             f"To: <{uri}>", f"Call-ID: {sip.new_token('words-')}", "CSeq: 1 INVITE",
             f"X-Case: {number}", *headers, "Content-Length: 0", "", ""]
    return "\r\n".join(lines).replace("{port}", str(port))


def ack_of(request, answer):
    """The ACK for a final reply that is not a 2xx, in the same transaction."""
    kept = [line for line in request.split("\r\n")
            if line.startswith(("Via:", "From:", "Call-ID:", "Max-Forwards:"))]
    to = next(line for line in answer.split("\r\n") if line.lower().startswith("to:"))
    return "\r\n".join([request.split("\r\n")[0].replace("INVITE", "ACK", 1), *kept, to,
                        "CSeq: 1 ACK", "Content-Length: 0", "", ""])


def asked(port, number):
    """-> the code of the reply to the request of a case"""
    _, _, source, uri, headers = CASES[number]
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    there = ("::1" if ":" in source else "127.0.0.1", port)
    with contextlib.closing(socket.socket(family, socket.SOCK_DGRAM)) as phone:
        phone.settimeout(SECONDS_MAX)
        phone.bind((source, 0))
        address = kamailio.show_address(source, phone.getsockname()[1])
        request = invite(port, number, address, uri, headers)
        phone.sendto(request.encode(), there)
        answer = ""
        while not answer.startswith("SIP/2.0 ") or answer.startswith("SIP/2.0 1"):
            answer = phone.recv(65535).decode()
        phone.sendto(ack_of(request, answer).encode(), there)
    return int(answer.split()[1])


@pytest.mark.parametrize("number", range(len(CASES)),
                         ids=[" ".join(map(str, it[:4])).replace("\n", " ") for it in CASES])
def test_a_condition(server, number):
    assert asked(server.port, number) == (HELD if CASES[number][1] else NOT_HELD)


def test_a_value_that_does_not_fit_is_logged_once(server):
    """The line has the condition and the correct form. A caller can cause it at any time."""
    number = next(n for n, it in enumerate(CASES) if it[4] == ("X-Host: {127.0.0.1}",))
    for _ in range(3):
        asked(server.port, number)
    condition = CASES[number][0].split("\n")[1]
    lines = [line for line in server.log().splitlines()
             if f"{plan()[:plan().index(f'^{number}$')].count(chr(10)) + 3}:1: " in line]
    assert len(lines) == 1 and "WARNING" in lines[0], lines
    assert (f"[{condition}]: what a condition above has caught does not fit into its argument, or "
            "it ran into a limit, which counts as no match: a pattern that catches less would be "
            "right") in lines[0]


# -- the destination of the call ---------------------------------------------------------

GO = "if (failover()) exit;"
SILENCE = "&failover.timer.inviting = 500ms\n"


def deploy(*lines):
    return "[Deploy Patterns]\n" + "\n".join(lines) + "\n"


SCENARIOS = [
    Scenario("$target: three next hops, the next one after silence",
        plan=deploy("$target = {a}, {b},sip:{c}") + SILENCE, route=GO,
        peers={"a": SILENT, "b": SILENT, "c": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:9555@{proxy}"),
                  ("b", "UDP", later(0.5), "sip:9555@{proxy}"),
                  ("c", "UDP", later(0.5), "sip:9555@{proxy}")],
        caller=[100, 180, 200]),
    Scenario("$target: after a reply no other next hop is tried",
        plan=deploy("$target = {a},{b}"), route=GO,
        peers={"a": [reply(503)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:9555@{proxy}")], caller=[100, 500]),
    Scenario("$target: a next hop that has rung is the last one",
        plan=deploy("$target = {a},{b}") + "&failover.timer.provisional = 500ms\n", route=GO,
        peers={"a": [reply(180), reply(486, after=1.2)], "b": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0))], cancelled=("a",), caller=[100, 180, 408]),
    Scenario("$target: a URI with a user part becomes the Request-URI",
        plan=deploy("$target = sip:7@{a}"), route=GO, peers={"a": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), "sip:7@{a}")], caller=[100, 180, 200]),
    Scenario("$target: a value of the caller is one host, or the call is refused",
        plan="[Matching Patterns]\nX-Gw = (.+)\n" + deploy("$target = %1"),
        route=GO, headers=[("X-Gw", "{a},127.0.0.1:9")], peers={"a": RINGS_AND_ANSWERS},
        attempts=[], caller=[500], logged={"destination [%1]": 1}),

    *(Scenario(f"$ifdst: a call leaves by it, {line}",
        globals=f"listen=udp:{SECOND}:@PORT@", plan=deploy(line, f"$ifdst = {SECOND}"), route=GO,
        peers={"a": [reply(503)], "b": [reply(486)]},
        attempts=[("a", "UDP", at(0)), *([("b", "UDP", soon())] if "{b}" in line else [])],
        carries={1: {"sent-by": [SECOND + ":{proxy_port}"]}}, caller=[100, 486 if "{b}" in line else 500])
      for line in ("To = sip:1@{a}\n$session = failover sip:2@{b}", "$target = {a}")),

    # a value of a caller cannot become a list, an option, or another host
    *(Scenario(f"a user part that a caller wrote stays one: {text}",
        plan="[Matching Patterns]\nX-User = (.+)\n" + deploy("To = sip:%1@{a}"), route=GO,
        headers=[("X-User", text)], peers={"a": [reply(486)], "evil": RINGS_AND_ANSWERS},
        attempts=[("a", "UDP", at(0), f"sip:{there}@{{a}}")], caller=[100, 486])
      for text, there in (("1 sip:2@evil", "1%20sip%3A2%40evil"), ("1@evil.example", "1%40evil.example"),
                          ("1,sip:2@evil", "1,sip%3A2%40evil"),
                          ("1{inviting=1}", "1%7Binviting=1%7D"),
                          ("1\r\n Route: <sip:evil>", "1%20Route%3A%20%3Csip%3Aevil%3E"))),
    *(Scenario(f"a pseudo-variable that is a destination is no list: {text}",
        route='$avp(gw) = $hdr(X-Gw); if (failover("$avp(gw) sip:9@{a}")) exit; '
              'sl_send_reply("500", "Refused"); exit;',
        headers=[("X-Gw", text)], peers={"a": RINGS_AND_ANSWERS, "evil": RINGS_AND_ANSWERS},
        attempts=[], caller=[500])
      for text in ("sip:1@{a} sip:2@{evil}", "sip:1@{a},sip:2@{evil}", "sip:1@{evil}@{a}",
                   "sip:1@{a}{nosuch=1}", "sip:1@{a}\r\n sip:2@{evil}")),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda it: it.title)
def test_scenario(scenario, outcome):
    outcome.check()
