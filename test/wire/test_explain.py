# SPDX-License-Identifier: GPL-2.0-or-later
"""What failoverctl says will happen is what happens: each plan of examples/ and
test/plans, explained and called.

The hosts of a plan are replaced by peers of the test, in the plan and in the
requests alike. In one round all of them are silent, in the other they ring and
never answer; so each call goes through its whole chain, and its times show both
timers."""

import asyncio
import dataclasses
import json
import re
import subprocess

import pytest

import kamailio
from scenario import EARLY, LATE, SILENT, Stage, reply

TOOL = kamailio.TOP / "failoverctl"
PLANS = sorted([*kamailio.TOP.glob("examples/*.dialplan"),
                *kamailio.TOP.glob("test/plans/*.dialplan")])
ROUNDS = {"silent": SILENT, "ringing": [reply(180)]}
CHAIN_LIMIT = 32.0         # seconds: a chain that takes longer is only begun
LINES = re.compile(r"^(\s*(?:To|\$session)\s*=.*)$", re.M | re.I)
HOST = re.compile(r"(?<=[\s@:])(?:\d+\.\d+\.\d+\.\d+|[\w-]+(?:\.[\w-]+)+)(?::\d+)?(?![\w.])")
VARIABLES = re.compile(r"^\s*[$&](?!failover\.)([\w.-]+)\s*=", re.M)
OWN_LINES = {"transport", "session", "continue", "action", "request", "addr", "port",
             "localhost", "outbound", "date", "time"}


@dataclasses.dataclass(frozen=True)
class Request:
    """A request that a plan is asked about. {proxy} is the server, other hosts are
    those of the plan."""
    uri: str
    headers: tuple = ()
    over: str = "UDP"


DIALLED = tuple(Request(f"sip:{number}@{{proxy}}") for number in (
    "112", "911", "9555", "004912345", "00491", "office", "100", "1000", "nobody"))

REQUESTS = {
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
}


def with_peers(text, names):
    """The text with each host of its destinations replaced by a peer."""
    return LINES.sub(lambda line: HOST.sub(
        lambda host: names[host[0]], line[0]), text)


def dialled(uri, names):
    """The URI of a request, the server and the peers in their places."""
    return HOST.sub(lambda host: names.get(host[0], host[0]),
                    uri.replace("{proxy}", names["proxy"]))


def hosts_of(plan, requests):
    """The hosts that a peer is needed for."""
    texts = LINES.findall(plan) + [request.uri for request in requests]
    return sorted({host for text in texts for host in HOST.findall(text)})


def variables_of(text):
    return sorted(set(VARIABLES.findall(text)) - OWN_LINES)


def explained(plan, server, call, request):
    """What failoverctl says of a request; or the code that the script of this test
    replies with: 404 if no rule applies, 500 if it refuses the call."""
    proxy = f"127.0.0.1:{server.port}"
    invite = call.invite
    command = [TOOL, "explain", plan, "--json", "-r", invite.start, "-a", "127.0.0.1",
               "-t", request.over, "-l", proxy, "--max-branches", "12",
               "--set", f"$port={call.caller.port}"]
    for name, value in invite.headers:
        command += ["-H", f"{name}: {value}"]
    # a header that the plan asks for, and the request does not have
    for name in re.findall(r"^(X-\w+) =", plan.read_text(), re.M):
        if not invite.all(name):
            command += ["-H", f"{name}:"]
    for name in variables_of(plan.read_text()):
        command += ["--set", f"&{name}="]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert done.returncode in (0, 1, 3), done.stderr
    return json.loads(done.stdout) if done.returncode == 0 \
        else {1: 500, 3: 404}[done.returncode]


def attempts_of(stage, call):
    """The INVITEs of a call as they reached the peers, in order."""
    found = [e for e in stage.trace if e.is_a("INVITE") and not e.sent and not e.repeated
             and e.message.call_id == call.invite.call_id]
    return sorted(found, key=lambda e: e.time)


def expected_times(attempts, kind):
    """When each attempt comes, from the first one on."""
    timer = "inviting_ms" if kind == "silent" else "provisional_ms"
    times, moment = [], 0.0
    for attempt in attempts:
        times.append(moment)
        moment += attempt[timer] / 1000
    return times, moment


def compare(stage, call, said, kind):
    """What differs between what was said and what happened."""
    seen = attempts_of(stage, call)
    if isinstance(said, int):
        return [] if (call.codes[-1:], seen) == ([said], []) \
            else [f"{call.codes} and {len(seen)} attempts, for {said}"]
    if said["reply"]:
        final = call.final.result()
        found = (final.status, final.reason)
        expected = (said["reply"]["code"], said["reply"]["reason"])
        return [] if (found, seen) == (expected, []) else [f"{found} for {expected}"]
    return [*compare_attempts(stage, said, seen, kind),
            *compare_headers(said, seen), *compare_variables(stage, call, said)]


def compare_attempts(stage, said, seen, kind):
    times, length = expected_times(said["attempts"], kind)
    planned = [a for a, t in zip(said["attempts"], times) if t < CHAIN_LIMIT - 2]
    if len(seen) != len(planned):
        yield f"{len(seen)} attempts for {len(planned)}"
    for entry, attempt, moment in zip(seen, planned, times):
        gateway = stage.gateways[entry.peer].address
        found = (entry.message.uri, entry.transport)
        if found != (attempt["uri"], attempt["transport"]):
            yield f"{found} for {attempt}"
        if gateway not in (attempt["next_hop"] or attempt["uri"]):
            yield f"went to {gateway}: {attempt}"
        if not moment - EARLY < entry.time - seen[0].time < moment + LATE:
            yield f"came at {entry.time - seen[0].time:.2f} for {moment:.2f}: {attempt}"


def compare_headers(said, seen):
    for header in said["headers"]:
        expected = [] if header["value"] is None else [header["value"]]
        for entry in seen:
            found = entry.message.all(header["name"])
            if found != expected:
                yield f"{header['name']} is {found} for {expected}"


def compare_variables(stage, call, said):
    log = stage.server.log()
    for name, value in said["variables"].items():
        line = f"VARIABLE {call.invite.call_id} {name}=[{value}]"
        if line not in log:
            yield f"not in the log: {line}"


def config_of(plan):
    """A server that goes by the plan, and logs what it has for the script."""
    log = "".join(f'xlog("L_NOTICE", "VARIABLE $ci {name}=[$xavp(failover=>{name})]\\n");'
                  for name in variables_of(plan))
    return lambda names: kamailio.Config(
        f"$var(taken) = failover(); if ($var(taken) == 1) {{ {log} exit; }}"
        f' if ($var(taken) == -1) sl_send_reply("404", "No Rule");'
        f' else sl_send_reply("500", "Refused"); exit;',
        modparams=(("failover", "dialplan", "@DIR@/plan"),),
        files={"plan": with_peers(plan, names)})


async def round_of(path, kind):
    """Every request about a plan, explained and called: what differs."""
    plan = path.read_text()
    requests = REQUESTS.get(path.stem, DIALLED)
    told = {host: ROUNDS[kind] for host in hosts_of(plan, requests)}
    problems, taken = [], 0
    async with Stage(told, config_of(plan)) as stage:
        callers = {over: await stage.caller(over) for over in ("UDP", "TCP")}
        calls = []
        for request in requests:
            uri = dialled(request.uri, stage.names)
            calls.append(callers[request.over].call(uri, headers=request.headers))
        said = [await asyncio.to_thread(explained, stage.server.directory / "plan",
                                        stage.server, call, request)
                for call, request in zip(calls, requests)]
        await asyncio.wait([asyncio.ensure_future(call.ended.wait()) for call in calls],
                           timeout=CHAIN_LIMIT)
        for call, request, one in zip(calls, requests, said):
            taken += not isinstance(one, int)
            problems += [f"{request}: {p}" for p in compare(stage, call, one, kind)]
            if not call.ended.is_set():
                call.cancel()
        await asyncio.sleep(1.0)
    return problems, taken


@pytest.fixture(scope="module")
def rounds():
    """All of them at the same time, as most of the time they wait."""
    keys = [(path, kind) for path in PLANS for kind in ROUNDS]

    async def all_rounds():
        return await asyncio.gather(*(round_of(*key) for key in keys))

    return dict(zip(keys, asyncio.run(all_rounds())))


@pytest.mark.parametrize("kind", ROUNDS)
@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_what_is_explained_is_what_happens(rounds, path, kind):
    problems, taken = rounds[path, kind]
    assert not problems, "\n".join(problems)
    assert taken, "none of the requests is taken by this plan"


def test_there_are_plans():
    assert {"quickstart", "prefixes", "requests"} <= {path.stem for path in PLANS}
