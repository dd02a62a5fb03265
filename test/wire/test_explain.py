# SPDX-License-Identifier: GPL-2.0-or-later
"""Each plan of examples/ and test/plans is explained and called: the calls do what
failoverctl explain says.

Peers of the test replace the hosts of a plan, in the plan and in the requests. A request
says what the peers do: the first one that is tried does the first word, and so on. If
they are silent, or ring and never answer, a call tries its whole list, and its times show
the timers. If they reply, the next attempt shows which replies lead on. forecast() says
what follows from the explanation."""

import asyncio
import collections
import contextlib
import dataclasses
import json
import re
import subprocess
import typing

import pytest

import kamailio
from lag import Stalls
from peers import Gateway
from scenario import EARLY, LATE, SETTLES, Peer, Stage, redirect, reply

TOOL = kamailio.TOP / "failoverctl"
PLANS = sorted([*kamailio.TOP.glob("examples/*.dialplan"),
                *kamailio.TOP.glob("test/plans/*.dialplan")])
CHAIN_LIMIT = 34.0         # seconds: of a list that takes longer, only the beginning is tested
REPLY_LIMIT = 8.0          # the limit if nobody is silent
APART = 0.1                # seconds between the starts of two such calls
MAX_BRANCHES = 12          # the default of the server
LINES = re.compile(r"^(\s*(?:To|\$session)\s*=.*)$", re.M | re.I)
HOST = re.compile(r"(?<=[\s@:])(?:\d+\.\d+\.\d+\.\d+|[\w-]+(?:\.[\w-]+)+)(?::\d+)?(?![\w.])")
VARIABLES = re.compile(r"^\s*[$&](?!failover\.)([\w.-]+)\s*=", re.M)
OWN_LINES = {"transport", "session", "continue", "action", "request", "addr", "port",
             "localhost", "outbound", "date", "time"}

# What a peer does for each word; the peer {followed} is in no plan.
RINGS = 0.05               # seconds of ringing before its reply
FOLLOWED = ("sip:two@{followed}", "sip:one@{followed}")        # in the order of q
DEEDS = {
    "silent": [], "rings": [reply(180)],
    "rings-486": [reply(180), reply(486, after=RINGS)],
    "302": [redirect(f"<{FOLLOWED[1]}>;q=0.3", f"<{FOLLOWED[0]}>;q=0.9")],
    **{str(code): [reply(code)] for code in (200, 401, 404, 407, 480, 486, 500, 503, 603)},
}
TIMED = ("silent", "rings")
REPLYING = ("486", "503", "603 404", "404 486 603", "503 404 500", "401", "404 407", "404 200",
            "rings-486", "480 rings-486 503", "302", "302 486 503 404", "503 302 404 302 486")
CALLEES = "X-Callees"


@dataclasses.dataclass(frozen=True)
class Request:
    """A request that is explained and sent. {proxy} is the server; the other hosts are
    those of the plan."""
    uri: str
    headers: tuple = ()
    over: str = "UDP"


DIALLED = tuple(Request(f"sip:{number}@{{proxy}}") for number in (
    "112", "911", "9555", "004912345", "00491", "office", "100", "1000", "nobody"))

REQUESTS = {
    "brekeke": tuple(Request(f"sip:{number}@{{proxy}}") for number in (
        "100", "200", "300", "400", "500", "600")),
    "prefixes": (
        Request("sip:9555@{proxy}", headers=(("Subject", "hello"),)),
        Request("sip:9555@{proxy}", headers=(("X-Rule", "mine"), ("s", "hello"))),
        Request("sip:00491@{proxy}"), Request("sip:gone@{proxy}"),
        Request("sip:office@{proxy}"), Request("sip:desk@{proxy}", over="TCP"),
        Request("sip:office@{proxy}", headers=(("X-Hidden", "yes"),)),
        Request("sip:nobody@192.0.2.2")),
    "requests": (
        Request("sip:1@{proxy}", over="TCP"), Request("sip:1@192.0.2.3", over="TCP"),
        Request("sip:1@{proxy}", headers=(("X-Way", "one/two"),)),
        Request("sip:1@{proxy}", headers=(("X-Twice", "a1"), ("X-Twice", "b2"))),
        Request("sip:1@{proxy}", headers=(("X-Twice", "b3"),)),
        Request("sip:1@192.0.2.3"), Request("sip:192.0.2.3"),
        Request("sip:1@{proxy}")),
    "replies": tuple(Request(f"sip:{user}@{{proxy}}") for user in (
        "best", "fixed", "stop", "patterns", "challenges", "carrier", "few", "nobody")),
}


class Callee(Gateway):
    """A gateway that does what the INVITE says. If it is the n-th one in the call, it does
    the n-th word of the header X-Callees, or else the last word."""

    def __init__(self, name, trace, called):
        super().__init__(name, ((),), trace)
        self.called = called           # Call-ID -> branches of the INVITEs, of all peers

    def on_request(self, message, link, repeated):
        if message.method == "INVITE":
            branches = self.called.setdefault(message.call_id, [])
            if message.branch not in branches:
                branches.append(message.branch)
            words = message.get(CALLEES).split()
            turn = min(branches.index(message.branch), len(words) - 1)
            self.scripts = (DEEDS[words[turn]],)
        super().on_request(message, link, repeated)


def with_peers(text, names):
    """The text with each host of its destinations replaced by a peer."""
    return LINES.sub(lambda line: HOST.sub(
        lambda host: names[host[0]], line[0]), text)


def dialled(uri, names):
    """The URI of a request, with the addresses of the server and the peers."""
    return HOST.sub(lambda host: names.get(host[0], host[0]),
                    uri.replace("{proxy}", names["proxy"]))


def hosts_of(plan, requests):
    """The hosts that need a peer."""
    texts = LINES.findall(plan) + [request.uri for request in requests]
    return sorted({host for text in texts for host in HOST.findall(text)})


def variables_of(text):
    return sorted(set(VARIABLES.findall(text)) - OWN_LINES)


def explained(server, call, request):
    """The explanation of a request. `refused` is the code that the script of this test
    replies with: 404 if no rule applies, 500 if the call is refused."""
    proxy, plan = f"127.0.0.1:{server.port}", server.directory / "plan"
    invite = call.invite
    command = [TOOL, "explain", plan, "--json", "-r", invite.start, "-a", "127.0.0.1",
               "-t", request.over, "-l", proxy, "--max-branches", str(MAX_BRANCHES),
               "--set", f"$port={call.caller.port}"]
    for name, value in invite.headers:
        command += ["-H", f"{name}: {value}"]
    # a header that a condition of the plan needs, but the request does not have
    for name in re.findall(r"^(X-\w+) =", plan.read_text(), re.M):
        if not invite.all(name):
            command += ["-H", f"{name}:"]
    for name in variables_of(plan.read_text()):
        command += ["--set", f"&{name}="]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert done.returncode in (0, 1, 3), done.stderr
    return {**json.loads(done.stdout),
            "refused": {0: None, 1: 500, 3: 404}[done.returncode]}


# -- what follows from an explanation -------------------------------------------------

@dataclasses.dataclass
class Attempt:
    uri: str
    transport: str
    moment: float              # seconds after the first one
    next_hop: typing.Optional[str]


@dataclasses.dataclass
class Forecast:
    attempts: list
    end: float                 # when the caller has his final reply
    status: int
    reason: typing.Optional[str] = None    # None: any


def codes_of(ranges):
    """The codes of a text such as 300-400,404."""
    ends = [[int(code) for code in part.split("-")] for part in ranges.split(",") if part]
    return {code for part in ends for code in range(part[0], part[-1] + 1)}


def may_follow(uri, settings):
    allow = settings["redirection.allow"] or ""
    return bool(re.search(allow.lstrip("!"), uri)) != allow.startswith("!")


def contacts_to_follow(said, followed, names):
    """The Contacts of the 302 of this test, each as an entry of the explanation."""
    settings = said["settings"]
    uris = [uri.format(**names) for uri in FOLLOWED]
    usable = [uri for uri in uris if uri not in followed and may_follow(uri, settings)]
    return [{"uri": uri, "transport": "UDP", "next_hop": None,
             "inviting_ms": settings["timer.inviting"],
             "provisional_ms": settings["timer.provisional"],
             "pattern": settings["pattern.response"]}
            for uri in usable[:max(0, settings["redirection.max"] - len(followed))]]


def final_reply(said, attempts, moment, replies, last):
    """The final reply when all destinations have failed."""
    choice = said["settings"]["reply"]
    if choice not in ("last", "best"):
        code, reason = choice.split(" ", 1)
        return Forecast(attempts, moment, int(code), reason)
    if choice == "best" and replies:
        last = min(replies, key=lambda code: (code // 100 != 6, code))
    return Forecast(attempts, moment, last)


def forecast(said, words, names):
    """Which destination is tried when, and the reply that the caller gets."""
    settings = said["settings"]
    assert settings["timer.total"] is None, "this is not forecast here"
    waiting = [*said["attempts"], *said["never_tried"]]
    limit = min(settings["attempts"], MAX_BRANCHES)
    attempts, moment, replies, followed, has_rung, last = [], 0.0, [], [], False, None
    while waiting and len(attempts) < limit:
        entry = waiting.pop(0)
        word = words[min(len(attempts), len(words) - 1)]
        attempts.append(Attempt(entry["uri"], entry["transport"], moment, entry["next_hop"]))
        has_rung |= word.startswith("rings")
        ends_here = has_rung and settings["ringing"] == "stop"
        if word in TIMED:
            last = 408
            moment += entry["inviting_ms" if word == "silent" else "provisional_ms"] / 1000
            if word == "rings" and ends_here:
                return Forecast(attempts, moment, last)
            continue
        last = int(word[-3:])
        moment += RINGS * word.startswith("rings-")
        if last < 300 or last not in codes_of(entry["pattern"]) or ends_here:
            return Forecast(attempts, moment, last)
        contacts = contacts_to_follow(said, followed, names) \
            if last == 302 and settings["redirection"] else []
        if not contacts:
            replies.append(last)
        followed += [contact["uri"] for contact in contacts]
        waiting = contacts + waiting
    return final_reply(said, attempts, moment, replies, last)


# -- the differences between forecast and call ----------------------------------------

def attempts_of(trace):
    """The INVITEs of each call as they reached the peers, in order, by Call-ID."""
    found = collections.defaultdict(list)
    for entry in sorted(trace, key=lambda e: e.time):
        if entry.is_a("INVITE") and not entry.sent and not entry.repeated:
            found[entry.message.call_id].append(entry)
    return found


def compare(one, call, seen, said, words, log):
    stage = one.stage
    yield from compare_rules(call, said, log)
    if said["refused"]:
        expected = Forecast([], 0.0, said["refused"])
    elif said["reply"]:
        expected = Forecast([], 0.0, said["reply"]["code"], said["reply"]["reason"])
    else:
        expected = forecast(said, words, stage.names)
        yield from compare_headers(said, seen)
        yield from compare_variables(call, said, log)
    yield from compare_attempts(one, expected, seen)
    if expected.end < CHAIN_LIMIT - 2:
        yield from compare_final(call, expected)


def compare_rules(call, said, log):
    """At its debug level the server logs which rules apply."""
    found = re.findall(r"/plan:?(\d*): (?:no rule|rule \[(.*)\]) applies, Call-ID \["
                       + re.escape(call.invite.call_id) + r"\]", log)
    expected = [(str(rule["line"]), rule["name"] or "") for rule in said["applied"]]
    if found != (expected or [("", "")]):
        yield f"rules {found} for {expected}"


def compare_attempts(one, expected, seen):
    planned = [a for a in expected.attempts if a.moment < CHAIN_LIMIT - 2]
    if len(seen) != len(planned):
        yield f"{len(seen)} attempts for {len(planned)}"
    for entry, attempt in zip(seen, planned):
        gateway = one.stage.gateways[entry.peer].address
        found = (entry.message.uri, entry.transport)
        if found != (attempt.uri, attempt.transport):
            yield f"{found} for {attempt}"
        if gateway not in (attempt.next_hop or attempt.uri):
            yield f"went to {gateway}: {attempt}"
        first, moment = seen[0].time, entry.time - seen[0].time
        stall = one.stalls.worst(first - SETTLES, entry.time + SETTLES)
        if not attempt.moment - EARLY - stall < moment < attempt.moment + LATE + stall:
            yield f"came at {moment:.2f}, and we were held up for {stall:.2f} s: {attempt}"


def compare_final(call, expected):
    """tm changes a received 503 to a 500 for the caller."""
    status = 500 if expected.status == 503 else expected.status
    final = call.final.result() if call.final.done() else None
    if final is None or final.status != status:
        yield f"the caller got {final and final.start} for {status}"
    elif expected.reason and final.reason != expected.reason:
        yield f"the caller got {final.start} for {expected.reason}"


def compare_headers(said, seen):
    for header in said["headers"]:
        expected = [] if header["value"] is None else [header["value"]]
        for entry in seen:
            found = entry.message.all(header["name"])
            if found != expected:
                yield f"{header['name']} is {found} for {expected}"


def compare_variables(call, said, log):
    for name, value in said["variables"].items():
        line = f"VARIABLE {call.invite.call_id} {name}=[{value}]"
        if line not in log:
            yield f"not in the log: {line}"


# -- calls ----------------------------------------------------------------------------

def config_of(plan):
    """A server that uses the plan, and logs the variables for the script."""
    log = "".join(f'xlog("L_NOTICE", "VARIABLE $ci {name}=[$xavp(failover=>{name})]\\n");'
                  for name in variables_of(plan))
    return lambda names: kamailio.Config(
        f"$var(taken) = failover(); if ($var(taken) == 1) {{ {log} exit; }}"
        f' if ($var(taken) == -1) sl_send_reply("404", "No Rule");'
        f' else sl_send_reply("500", "Refused"); exit;',
        modules=("debugger", "failover"),
        modparams=(("debugger", "mod_hash_size", 4), ("debugger", "mod_level_mode", 1),
                   ("debugger", "mod_level", "failover=3"),
                   ("failover", "dialplan", "@DIR@/plan")),
        files={"plan": with_peers(plan, names)})


class Round:
    """Explains every request for a plan, and sends it with all actions of the callees."""

    def __init__(self, path):
        self.stalls = Stalls()
        self.plan = path.read_text()
        self.requests = REQUESTS.get(path.stem, DIALLED)
        called = {}
        peer = Peer(made_by=lambda name, trace: Callee(name, trace, called))
        told = dict.fromkeys([*hosts_of(self.plan, self.requests), "followed"], peer)
        self.stage = Stage(told, config_of(self.plan))
        self.callers, self.calls, self.problems, self.taken = {}, {}, {}, 0

    async def open(self, stack):
        await stack.enter_async_context(self.stage)
        for over in ("UDP", "TCP"):
            self.callers[over] = await self.stage.caller(over)

    async def call(self, words, limit):
        calls = self.calls[words] = [self.callers[request.over].call(
            dialled(request.uri, self.stage.names),
            headers=[*request.headers, (CALLEES, words)], hangup_after=0)
            for request in self.requests]
        await asyncio.wait([asyncio.ensure_future(call.ended.wait()) for call in calls],
                           timeout=limit)

    async def judge(self):
        log, attempts = self.stage.server.log(), attempts_of(self.stage.trace)
        for words, calls in self.calls.items():
            self.problems[words] = []
            for call, request in zip(calls, self.requests):
                said = await asyncio.to_thread(explained, self.stage.server, call, request)
                self.taken += not said["refused"]
                self.problems[words] += [f"{request}: {p}" for p in compare(
                    self, call, attempts[call.invite.call_id], said, words.split(), log)]
                if not call.ended.is_set():
                    call.cancel()
        await asyncio.sleep(1.0)


async def play(rounds):
    """Run the long calls at the same time, because they mostly wait; they do not begin at
    the same moment. Run the others one after the other meanwhile. So the machine is not
    busy, and the times are right."""
    async with contextlib.AsyncExitStack() as stack:
        stalls = await stack.enter_async_context(Stalls().watched())
        for one in rounds:
            one.stalls = stalls
            await one.open(stack)
        timed = []
        for one in rounds:
            for words in TIMED:
                timed.append(asyncio.ensure_future(one.call(words, CHAIN_LIMIT)))
                await asyncio.sleep(APART)
        for one in rounds:
            for words in REPLYING:
                await one.call(words, REPLY_LIMIT)
        await asyncio.gather(*timed)
        for one in rounds:
            await one.judge()


@pytest.fixture(scope="module")
def rounds():
    made = {path: Round(path) for path in PLANS}
    asyncio.run(play(made.values()))
    return made


@pytest.mark.parametrize("words", TIMED + REPLYING)
@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_a_call_does_what_the_explanation_says(rounds, path, words):
    problems = rounds[path].problems[words]
    assert not problems, "\n".join(problems)
    assert rounds[path].taken, "none of the requests is taken by this plan"


def test_there_are_plans():
    assert {"quickstart", "prefixes", "replies", "requests"} <= {path.stem for path in PLANS}
