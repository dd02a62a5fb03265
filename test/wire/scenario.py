# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios of one call, as data, and the functions that play and check them.

    Scenario("a 503 leads to the next destination",
        route='failover("sip:100@{a} sip:101@{b}")',
        peers={"a": [reply(503)],
               "b": [reply(180, after=0.1), reply(200, after=0.2)]},
        attempts=[("a", "UDP", at(0), "sip:100@{a}"),
                  ("b", "UDP", soon(), "sip:101@{b}")],
        caller=[100, 180, 200])

`{a}` is the address of peer a, and `{proxy}` that of Kamailio. `demands()` checks what
must be true in every scenario, so no scenario says it.
"""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import typing

import kamailio
import ladder
from lag import Stalls
from peers import (Caller, Gateway, Hangup, Nobody, OnCancel, Reply, Trace,
                   show_address, HOSTS, T1)

AT_ONCE = 48               # scenarios that run at the same time, each with a server
STARTS_AT_ONCE = 2         # how many of these may start at the same time
DRAIN_LIMIT = 15.0         # seconds until tm must have released all transactions
EARLY, LATE = 0.10, 0.30   # tolerance of times: a tick of tm, and a machine
                           # that is busy with other scenarios; test_timers is exact.
                           # The delay of this process is added to it.
SETTLES = 0.2              # a delay this close to a message, in seconds, may have moved it


# -- the actions of a peer -----------------------------------------------------

def reply(code, after=0.0, **more):
    """Send this reply `after` seconds after the INVITE; see peers.Reply."""
    return Reply(code, after, **more)


def redirect(*contacts, code=302, after=0.0):
    """A 3xx with these Contact header lines."""
    return Reply(code, after, contacts=contacts)


def on_cancel(reply=200, then=487, after=0.0):
    """Answer a CANCEL like this; see peers.OnCancel."""
    return OnCancel(reply, then, after)


def hangup(after=0.0, reset=False, anyhow=False):
    """Close the connection without a reply; see peers.Hangup."""
    return Hangup(after, reset, anyhow)


SILENT = []                            # sends nothing
IGNORES_CANCEL = OnCancel(reply=None)
ANY = "any"                            # the header must be there, with any value


@dataclasses.dataclass(frozen=True)
class Peer:
    """A peer with more than a script over IPv4."""
    scripts: tuple = ((),)
    family: int = 4
    absent: bool = False
    tls: typing.Any = None             # SSLContext: TLS instead of TCP
    made_by: typing.Any = None         # (name, trace) -> the peer to use instead


def ipv6(*script):
    """The script, on [::1]."""
    return Peer((script,), family=6)


def in_turn(*scripts):
    """One script for the first INVITE of the call, one for the second, and so on."""
    return Peer(scripts)


NOBODY = Peer(absent=True)             # refused, port unreachable


# -- times -----------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class When:
    """A time: a number of seconds after an event, within a tolerance."""
    since: str                         # start, attempt, end, cancel, answer
    seconds: float
    early: float = EARLY
    late: float = LATE

    def window(self, marks):
        """The earliest and the latest time, or None if the event did not happen."""
        mark = marks.get(self.since)
        if mark is None:
            return None
        return mark + self.seconds - self.early, mark + self.seconds + self.late

    def __str__(self):
        return {
            "start": f"{self.seconds:g} s after the call began",
            "attempt": f"{self.seconds:g} s after the attempt before",
            "end": "as soon as the attempt before had failed",
            "cancel": f"{self.seconds:g} s after the CANCEL to the one before",
            "answer": "as soon as it was sent",
        }[self.since]


def at(seconds):
    """Seconds after the caller's INVITE."""
    return When("start", seconds)


def later(seconds):
    """Seconds after the INVITE of the previous attempt."""
    return When("attempt", seconds)


def soon():
    """At once after the final reply of the previous attempt, or else after its INVITE; for
    the first attempt, after the caller's INVITE."""
    return When("end", 0)


def after_cancel(seconds):
    """Seconds after the previous attempt got its CANCEL."""
    return When("cancel", seconds)


def when_sent(late=0.1):
    """For the caller's final reply: when its peer sent it."""
    return When("answer", 0, early=0, late=late)


@dataclasses.dataclass(frozen=True)
class Happening:
    """A time after the first message of a peer that is `what`."""
    peer: str
    what: typing.Union[int, str]
    wait: float = 0.0
    again: float = None                # and again after this number of seconds


def when(peer, what, wait=0.0, again=None):
    """When `peer` sends or receives a method or a code."""
    return Happening(peer, what, wait, again)


# -- a scenario --------------------------------------------------------------------

@dataclasses.dataclass(eq=False)
class Scenario:
    title: str
    peers: dict                        # name -> script, Peer or NOBODY
    attempts: list                     # (peer, transport, when[, R-URI])
    caller: list                       # the codes that it gets; equal ones in a row count once
    route: str = "failover()"          # a call of failover(), or script that ends with exit
    plan: str = None                   # dial plan text
    plan_as_file: bool = False
    cancelled: tuple = ()              # peers that must get a CANCEL
    cancelled_after: dict = dataclasses.field(default_factory=dict)
                                       # peer -> seconds from its first 1xx
    final_at: When = None              # when the caller has its final reply
    final_from: str = None             # the peer that sent the final reply
    cancel: Happening = None           # when the caller gives up
    uri: str = "sip:9555@{proxy}"
    over: str = "UDP"                  # caller's transport
    family: int = 4                    # caller's IP version
    headers: tuple = ()
    finals: int = 1
    hangup_after: float = 0.1          # the caller's BYE, after its ACK
    within: float = 8.0                # seconds for the whole call
    logged: dict = dataclasses.field(default_factory=dict)   # text -> number of lines
    modparams: tuple = ()
    modules: tuple = ("failover",)
    first: str = ""                    # script that runs first
    extra: str = ""
    globals: str = ""
    files: dict = dataclasses.field(default_factory=dict)
    script: str = kamailio.SCRIPT      # request_route
    sockets: tuple = kamailio.SOCKETS
    environment: dict = dataclasses.field(default_factory=dict)   # of the server
    commands: tuple = ()               # RPCs before the call: (word, ...)
    resent: tuple = ()                 # the times, in seconds, at which the INVITE comes again
    carries: dict = dataclasses.field(default_factory=dict)
                                       # number of an attempt -> {header: values}
    repeats_2xx: bool = False          # a gateway may have to repeat its 200
    is_on_its_way: bool = False        # an INVITE may leave after the caller's final reply
    keeps: bool = False                # tm may keep the transaction: it loses the
                                       # reference that t_check_trans() takes for a
                                       # reply that is dropped in reply_route
    rewritten: tuple = ()              # headers that the script changes in the same way in every attempt
    hides: bool = False                # the server removes the caller's Via
    discarded: tuple = ()              # peers whose 2xx the server may discard

    def config(self, names):
        """The server that this scenario needs."""
        modparams = list(self.modparams)
        files = {n: filled(t, names) for n, t in self.files.items()}
        if self.plan is not None and self.plan_as_file:
            files["plan"] = filled(self.plan, names)
            modparams.append(("failover", "dialplan", "@DIR@/plan"))
        elif self.plan is not None:
            modparams.append(("failover", "dialplan_text", self.plan))
        route = self.route if self.route.rstrip().endswith(";") \
            else f"if ({self.route}) exit;"
        return kamailio.Config(
            route=filled(route, names), files=files,
            modparams=tuple((m, n, filled(v, names)) for m, n, v in modparams),
            modules=self.modules, first=filled(self.first, names),
            extra=filled(self.extra, names), globals=self.globals,
            script=self.script, sockets=self.sockets,
            environment={n: filled(v, names) for n, v in self.environment.items()})


def filled(text, names):
    """The text with the addresses of the peers."""
    if isinstance(text, str):
        for name, address in names.items():
            text = text.replace("{" + name + "}", address)
    return text


def as_peer(told):
    return told if isinstance(told, Peer) else Peer((tuple(told),))


class Stage:
    """Peers and a running server. At the end of the block all of them are removed."""

    def __init__(self, peers, config_for, trace=None, starting=None,
                 memory_mb=16, server_class=kamailio.Server):
        self.told = {name: as_peer(told) for name, told in peers.items()}
        self.config_for = config_for   # {name: address} -> kamailio.Config
        self.trace = Trace() if trace is None else trace
        self.memory_mb, self.server_class = memory_mb, server_class
        self.starting = starting or contextlib.AsyncExitStack()
        self.names, self.gateways = {}, {}
        self.server, self.config = None, None
        self._stack = contextlib.AsyncExitStack()
        # Its own threads: asyncio has few, and servers that wait for their start would
        # block the commands to servers that run.
        self._threads = concurrent.futures.ThreadPoolExecutor(2)

    async def aside(self, function, *args):
        """Run a function that may take long in a thread, and return its result."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, function, *args)

    async def __aenter__(self):
        try:
            for name, told in self.told.items():
                self.gateways[name] = await self._stack.enter_async_context(
                    self._make(name, told))
            self.names = {n: g.address for n, g in self.gateways.items()}
            self.names.update({f"{n}_port": str(g.port)
                               for n, g in self.gateways.items()})
            for gateway in self.gateways.values():
                gateway.names = self.names
            self.config = self.config_for(
                {**self.names, "proxy": show_address(HOSTS[4], "@PORT@"),
                 "proxy_port": "@PORT@"})
            async with self.starting:
                self.server = self.server_class(self.config, self.memory_mb)
                await self.aside(self.server.start)
            self.names["proxy"] = show_address(HOSTS[4], self.server.port)
            self.names["proxy_port"] = str(self.server.port)
            return self
        except BaseException:
            await self.__aexit__()
            raise

    async def __aexit__(self, kind=None, *_):
        await self._stack.aclose()
        if self.server:
            await self.aside(self.server.stop)
            if kind:                   # pytest shows it with the failure
                print(self.server.log())
            self.server.discard()
        self._threads.shutdown(wait=False)

    def _make(self, name, told):
        if told.absent:
            return Nobody(name, told.family)
        if told.made_by:
            return told.made_by(name, self.trace)
        return Gateway(name, told.scripts, self.trace, told.family, told.tls)

    async def caller(self, over="UDP", family=4):
        """A caller that uses this server as its proxy."""
        return await self._stack.enter_async_context(
            Caller(self.trace, self.server.port, over, family))

    async def rpc(self, *command):
        return await self.aside(self.server.rpc, *command)

    async def cancel(self, call):
        """Let an operator cancel a call."""
        await self.rpc("tm.cancel", call.invite.call_id, "s:101")

    async def cancelled_call(self, uri, after, within):
        """Place a call that an operator cancels after so many seconds, and wait at most
        so many for its end."""
        call = (await self.caller()).call(filled(uri, self.names))
        await asyncio.sleep(after)
        await self.cancel(call)
        await asyncio.wait_for(call.ended.wait(), within)
        return call

    async def drained(self, limit=DRAIN_LIMIT, every=0.25):
        """Wait until tm holds no transaction, and check `every` this number of seconds.
        Return the number of transactions at the end."""
        loop = asyncio.get_running_loop()
        end = loop.time() + limit
        while True:
            left = await self.aside(self.server.transactions)
            if left == 0:
                return 0
            if loop.time() > end:      # pytest shows it beside the failure
                print("tm still holds:", await self.rpc("tm.list"), sep="\n")
                return left
            await asyncio.sleep(every)


# -- checking ------------------------------------------------------------------------

@dataclasses.dataclass
class Attempt:
    """One INVITE that reached a gateway, and what followed there."""
    entry: typing.Any
    first_1xx: float = None
    final: typing.Any = None           # the Entry of its final reply
    cancel: typing.Any = None          # the Entry of its CANCEL

    @property
    def ended(self):
        return self.final.time if self.final else self.entry.time


def attempts_of(trace, gateways):
    """The attempts of a call, in order of arrival."""
    found = {}
    for entry in trace:
        if entry.peer not in gateways:
            continue
        message, key = entry.message, (entry.peer, entry.message.branch)
        if entry.is_a("INVITE") and not entry.sent and not message.to_tag:
            found.setdefault(key, Attempt(entry))
        attempt = found.get(key)
        if not attempt:
            continue
        if entry.is_a("CANCEL"):
            attempt.cancel = attempt.cancel or entry
        elif entry.sent and message.cseq[1] == "INVITE":
            if message.status < 200:
                attempt.first_1xx = attempt.first_1xx or entry.time
            else:
                attempt.final = attempt.final or entry
    return sorted(found.values(), key=lambda a: a.entry.time)


class Judge:
    """Compares the messages of a call with the expected ones. Every method yields one
    sentence for each problem."""

    def __init__(self, scenario, names, trace, call):
        self.scenario, self.names = scenario, names
        self.trace, self.call = trace, call
        self.attempts = attempts_of(trace, scenario.peers)
        self.log = ""
        self.stalls = Stalls()         # the delays during the call; none are known
        self.finals = [e for e in trace.of("caller", sent=False)
                       if e.message.method == "INVITE" and e.message.status >= 200]

    def problems(self):
        return [*self.expectations(), *self.demands()]

    # what the scenario expects

    def expectations(self):
        yield from self.order()
        yield from self.times_and_uris()
        yield from self.headers()
        yield from self.replies()
        yield from self.cancels()

    def order(self):
        expected = [f"{a[0]}/{a[1]}" for a in self.scenario.attempts]
        real = [f"{a.entry.peer}/{a.entry.transport}" for a in self.attempts]
        if real != expected:
            yield f"attempts were {real}, not {expected}"

    def times_and_uris(self):
        before = None
        for (peer, _, moment, *uri), attempt in zip(self.scenario.attempts,
                                                    self.attempts):
            marks = self.marks(before)
            yield from self.in_time(f"the attempt at {peer}", moment,
                                    attempt.entry.time, marks)
            if uri and attempt.entry.message.uri != filled(uri[0], self.names):
                yield (f"the attempt at {peer} was for "
                       f"{attempt.entry.message.uri}, not "
                       f"{filled(uri[0], self.names)}")
            before = attempt

    def headers(self):
        """`sent-by` is not a header but the address in the first Via."""
        for number, expected in self.scenario.carries.items():
            for attempt in self.attempts[number - 1:number]:
                for name, values in expected.items():
                    invite = attempt.entry.message
                    real = [invite.get("Via").split(";")[0].split()[-1]] \
                        if name == "sent-by" else invite.all(name)
                    wanted = values if values is ANY \
                        else [filled(v, self.names) for v in values]
                    if not real if wanted is ANY else real != wanted:
                        yield (f"attempt {number} came with {name} {real}, "
                               f"not {wanted}")

    def marks(self, before):
        """The times from which expected times count."""
        if not before:
            return dict.fromkeys(("start", "attempt", "end"), self.call.started)
        return {"start": self.call.started, "attempt": before.entry.time,
                "end": before.ended,
                "cancel": before.cancel and before.cancel.time}

    def in_time(self, what, moment, real, marks):
        if moment is None:
            return
        window = moment.window(marks)
        if window is None:
            yield f"{what}: expected {moment}, but there was no CANCEL"
            return
        mark = marks[moment.since]
        stall = self.stalls.worst(mark - SETTLES, real + SETTLES)
        if not window[0] - stall <= real <= window[1] + stall:
            yield (f"{what} came {real - mark:.3f} s after its mark; expected {moment} "
                   f"(-{moment.early:g}/+{moment.late:g}, and we were held up for {stall:.3f} s)")

    def replies(self):
        scenario = self.scenario
        if self.call.codes != scenario.caller:
            yield f"the caller got {self.call.codes}, not {scenario.caller}"
        if not self.finals:
            return
        first = self.finals[0]
        marks = self.marks(self.attempts[-1] if self.attempts else None)
        marks["answer"] = next((a.ended for a in self.attempts
                                if a.entry.peer == scenario.final_from), None)
        yield from self.in_time("the caller's final reply", scenario.final_at,
                                first.time, marks)
        if scenario.final_from:
            tags = {e.message.to_tag for e in self.trace.of(scenario.final_from,
                                                            sent=True)}
            if first.message.to_tag not in tags:
                yield f"the final reply is not {scenario.final_from}'s"

    def cancels(self):
        expected = set(self.scenario.cancelled) \
            | set(self.scenario.cancelled_after)
        real = {a.entry.peer for a in self.attempts if a.cancel}
        if real != expected:
            yield f"CANCEL went to {sorted(real)}, not to {sorted(expected)}"
        for attempt in self.attempts:
            seconds = self.scenario.cancelled_after.get(attempt.entry.peer)
            if seconds is None or not attempt.cancel:
                continue
            waited = attempt.cancel.time - attempt.first_1xx
            stall = self.stalls.worst(attempt.first_1xx - SETTLES, attempt.cancel.time + SETTLES)
            if not seconds - EARLY - stall <= waited <= seconds + LATE + stall:
                yield (f"{attempt.entry.peer} got its CANCEL {waited:.3f} s "
                       f"after its first 1xx, not {seconds:g} s")
        for text, times in self.scenario.logged.items():
            text = filled(text, self.names)
            if self.log_count(text) != times:
                yield (f"the log holds {text!r} {self.log_count(text)} times, "
                       f"not {times}")

    def log_count(self, text):
        return sum(text in line for line in self.log.splitlines())

    # what must be true for every call

    def demands(self):
        yield from self.trace.faults
        yield from self.one_final()
        yield from self.acknowledged()
        yield from self.nothing_after_the_end()
        yield from self.same_call()
        yield from self.nobody_left_ringing()
        yield from self.hung_up()

    def one_final(self):
        distinct = {(e.message.status, e.message.to_tag) for e in self.finals}
        if len(distinct) != self.scenario.finals:
            yield (f"the caller got {len(distinct)} final replies, "
                   f"not {self.scenario.finals}")
        acks = [e.time for e in self.trace.of("caller", "ACK", sent=True)]
        for entry in self.finals:
            if (entry.message.status >= 300 and entry.repeated
                    and entry.time > acks[0] + 0.1):
                yield f"a {entry.message.status} came again after its ACK"

    def acknowledged(self):
        """Negative final replies get their ACK hop by hop, a 2xx from end to end, by the
        To tag. Nobody must send a 200 twice."""
        for attempt in self.attempts:
            if not attempt.final or self.is_discarded(attempt):
                continue
            peer, final = attempt.entry.peer, attempt.final.message
            acks = self.trace.of(peer, "ACK")
            if final.status >= 300:
                heard = any(a.message.branch == final.branch for a in acks)
            else:
                heard = any(a.message.to_tag == final.to_tag for a in acks)
            if not heard:
                yield f"the {final.status} of {peer} got no ACK"
            again = [e for e in self.trace.of(peer, final.status, sent=True,
                                              repeated=True)
                     if e.message.branch == final.branch]
            if again and final.status < 300 and not self.scenario.repeats_2xx \
                    and self.stalls.worst(attempt.final.time, again[0].time) < T1 / 4:
                yield f"{peer} had to repeat its {final.status}"

    def is_discarded(self, attempt):
        """Whether it ended with a 2xx that the caller does not need to get."""
        return (attempt.entry.peer in self.scenario.discarded
                and attempt.final.message.status < 300)

    def nothing_after_the_end(self):
        if not self.finals or self.scenario.is_on_its_way:
            return
        end = self.finals[0].time
        for attempt in self.attempts:
            if attempt.entry.time > end:
                yield (f"an INVITE went to {attempt.entry.peer} after the "
                       "caller had its final reply")

    def same_call(self):
        ours = self.call.invite
        branches = [a.entry.message.branch for a in self.attempts]
        if len(set(branches)) != len(branches):
            yield "two attempts share a Via branch"
        for attempt in self.attempts:
            invite, peer = attempt.entry.message, attempt.entry.peer
            for header in ("Call-ID", "From", "To", "CSeq"):
                wanted = self.attempts[0].entry.message if header in self.scenario.rewritten \
                    else ours
                if invite.all(header) != wanted.all(header):
                    yield (f"{header} of the INVITE to {peer} is "
                           f"{invite.all(header)}, not {wanted.all(header)}")
            if invite.body != ours.body:
                yield f"the body of the INVITE to {peer} was changed"
            if len(invite.all("Via")) != len(ours.all("Via")) + (not self.scenario.hides):
                yield f"the INVITE to {peer} has {len(invite.all('Via'))} Vias"
            cancel = attempt.cancel and attempt.cancel.message
            if cancel and (cancel.uri, cancel.cseq[0]) != (invite.uri,
                                                           invite.cseq[0]):
                yield f"the CANCEL to {peer} does not fit its INVITE"

    def nobody_left_ringing(self):
        for attempt in self.attempts:
            if attempt.first_1xx and not attempt.final and not attempt.cancel:
                yield f"{attempt.entry.peer} was left ringing"

    def hung_up(self):
        if not self.call.answered:
            return
        for attempt in self.attempts:
            final = attempt.final and not self.is_discarded(attempt) \
                and attempt.final.message
            if final and final.status < 300 and not any(
                    e.message.to_tag == final.to_tag
                    for e in self.trace.of(attempt.entry.peer, "BYE")):
                yield f"the BYE did not reach {attempt.entry.peer}"
        if not self.call.ended.is_set():
            yield "the BYE was not answered"


# -- playing ---------------------------------------------------------------------------

@dataclasses.dataclass
class Outcome:
    scenario: Scenario
    problems: list
    drawing: str = ""
    log: str = ""
    config: str = ""

    def report(self):
        """All that is needed to see why it failed."""
        scenario = self.scenario
        attempts = "\n".join(
            f"    {a[0]}/{a[1]}" + (f" {a[3]}" if len(a) > 3 else "")
            + (f", {a[2]}" if a[2] else "") for a in scenario.attempts)
        return "\n".join([
            scenario.title, "", "what is wrong:",
            *(f"  - {p}" for p in self.problems), "", "what happened:",
            self.drawing, "", "what was expected:", "  attempts:",
            attempts or "    none", f"  the caller gets {scenario.caller}",
            f"  CANCEL goes to "
            f"{sorted({*scenario.cancelled, *scenario.cancelled_after})}",
            "", "configuration:", self.config, "", "log:", self.log])

    def check(self):
        """Fail the test if there is a problem."""
        if self.problems:
            raise AssertionError(self.report())


async def play(scenario, starting, stalls):
    """Play one scenario and check it."""
    outcome = Outcome(scenario, [])
    stage = Stage(scenario.peers, scenario.config, starting=starting)
    stage.trace.on_late = stalls.note
    try:
        async with stage:
            await _play_on(stage, scenario, outcome, stalls)
    except (kamailio.StartFailed, kamailio.RpcError, OSError) as error:
        outcome.problems.append(f"{type(error).__name__}: {error}")
    if not outcome.config and stage.server and stage.config:
        outcome.config = stage.config.route
    return outcome


async def _play_on(stage, scenario, outcome, stalls):
    caller = await stage.caller(scenario.over, scenario.family)
    proxy = show_address(HOSTS[scenario.family], stage.server.port)
    names = {**stage.names, "proxy": proxy}
    if scenario.cancel:
        happening = scenario.cancel
        for wait in {0, happening.again or 0}:
            stage.trace.once(
                happening.peer, happening.what, lambda more=wait: caller.later(
                    happening.wait + more, lambda: call.cancel()))
    for command in scenario.commands:
        await stage.rpc(*(filled(word, names) for word in command))
    call = caller.call(filled(scenario.uri, names),
                       [(n, filled(v, names)) for n, v in scenario.headers],
                       hangup_after=scenario.hangup_after)
    for seconds in scenario.resent:
        caller.later(seconds, caller.request, call.invite)
    await _until_over(call, scenario.within)
    in_time = call.final.done()
    left = 0 if scenario.keeps else await stage.drained(every=1.0)
    faults = await stage.aside(stage.server.stop)
    judge = Judge(scenario, names, stage.trace, call)
    judge.stalls = stalls
    judge.log = outcome.log = stage.server.log()
    outcome.config = stage.server.config_file.read_text()
    outcome.problems = judge.problems() + faults
    if not in_time:
        outcome.problems.insert(0, f"no final reply in {scenario.within} s")
    if left:
        outcome.problems.append(f"tm still holds {left} transaction(s)")
    columns = ["caller", "kamailio"] + [
        n for n, p in scenario.peers.items() if not as_peer(p).absent]
    outcome.drawing = ladder.draw(stage.trace, columns, start=call.started)


async def _until_over(call, limit):
    """Wait for the final reply and for the end of an answered call."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(call.final), limit)
        await asyncio.wait_for(call.ended.wait(), 3.0)


def play_all(scenarios):
    """Play several scenarios at the same time, the longest first: {id(scenario): Outcome}."""
    async def everything():
        places, starting = (asyncio.Semaphore(n)
                            for n in (AT_ONCE, STARTS_AT_ONCE))

        async def one(scenario):
            async with places:
                return id(scenario), await play(scenario, starting, stalls)

        ordered = sorted(scenarios, key=lambda s: -s.within)
        async with Stalls().watched() as stalls:
            return dict(await asyncio.gather(*map(one, ordered)))
    return asyncio.run(everything())
