# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP peers on loopback: gateways that follow a script, and a caller.

All peers of a test run in one asyncio loop, so that no other thread delays them. One
Trace has all messages that were sent and received, with their monotonic times. A peer
knows nothing of Kamailio: the caller gets the address of its proxy, and a gateway
answers every request.
"""

import asyncio
import contextlib
import dataclasses
import fcntl
import socket
import struct
import time

import sip

T1, T2 = 0.5, 4.0          # RFC 3261 17.1.1.1
GIVE_UP = 64 * T1
TOGETHER = 0.01            # seconds between datagrams of one queue that are equally late
BEHIND = 10                # calls without any reply; more mean that the proxy, or this process, is too slow
HOSTS = {4: "127.0.0.1", 6: "::1"}
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


def show_address(host, port):
    """host:port as SIP writes it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# -- the actions of a gateway, as plain data ---------------------------------

@dataclasses.dataclass(frozen=True)
class Reply:
    """Send this reply `after` seconds after the INVITE came. With `every`, repeat it
    until a final reply was sent. With `anyhow`, send it once, even after a final
    reply."""
    code: int
    after: float = 0.0
    reason: str = None
    contacts: tuple = ()       # whole Contact header values, one line each
    headers: tuple = ()        # more (name, value) pairs
    every: float = None
    anyhow: bool = False


@dataclasses.dataclass(frozen=True)
class OnCancel:
    """Answer a CANCEL with `reply` (None: ignore the CANCEL). `after` seconds later, send
    `then` as the final reply to the INVITE (None: go on with the script)."""
    reply: int = 200
    then: int = 487
    after: float = 0.0


@dataclasses.dataclass(frozen=True)
class Hangup:
    """Close the connection of the INVITE, without a reply. With `anyhow`, also after a
    final reply."""
    after: float = 0.0
    reset: bool = False
    anyhow: bool = False


# -- the record of all messages ----------------------------------------------

@dataclasses.dataclass
class Entry:
    """One message that a peer sent or received."""
    time: float                # monotonic
    peer: str                  # the peer that sent or received it
    sent: bool                 # the peer sent it
    transport: str
    far: str                   # the other side's address
    message: sip.Message
    raw: bytes
    repeated: bool             # the same bytes were already sent in this direction

    def is_a(self, what):
        """Whether this is the request of a method or the reply with a code."""
        if isinstance(what, int):
            return self.message.status == what
        return self.message.is_request and self.message.method == what


class Trace:
    """All messages of a test, in their order."""

    def __init__(self):
        self.entries = []
        self.on_late = lambda since, until: None     # a datagram came, and was read
        self.faults = []       # bytes that are not valid SIP
        self._waiting = []

    def __iter__(self):
        return iter(self.entries)

    def add(self, entry):
        self.entries.append(entry)
        for item in list(self._waiting):
            peer, what, callback = item
            if entry.peer == peer and entry.is_a(what):
                self._waiting.remove(item)
                callback()

    def once(self, peer, what, callback):
        """Call a function at the first message of `peer` that is `what`: a method or a
        status code, sent or received."""
        self._waiting.append((peer, what, callback))

    def of(self, peer, what=None, sent=None, repeated=None):
        """The entries of one peer that agree with the arguments."""
        return [e for e in self.entries
                if e.peer == peer and (what is None or e.is_a(what))
                and (sent is None or e.sent == sent)
                and (repeated is None or e.repeated == repeated)]


class NoTrace(Trace):
    """Keeps no messages. For many calls, whose messages would need much memory."""

    def add(self, entry):
        pass


# -- sockets -----------------------------------------------------------------

class _Link:
    """A way to send bytes to one other party."""
    _held = None

    def __init__(self, wire, transport, far):
        self.wire, self.transport, self.far = wire, transport, far

    @classmethod
    @contextlib.contextmanager
    def together(cls):
        """Everything that any peer sends in the block leaves at its end, back to back."""
        cls._held = held = []
        yield
        cls._held = None
        for link, data in held:
            link.send(data)

    def send(self, data):
        if self._held is not None:
            self._held.append((self, data))
            return
        if self.wire.is_closing():
            return
        if self.transport == "UDP":
            self.wire.sendto(data, self.far)
        else:
            self.wire.write(data)

    def close(self, reset=False):
        if self.wire.is_closing():
            return
        if reset:
            self.wire.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.wire.abort()
        elif self.transport != "UDP":
            self.wire.close()


SIOCGSTAMPNS = 0x8907      # when the datagram that was read last had arrived
# The difference between the kernel's clock for that and ours. It is measured once: later
# the machine might delay this process between reading the two clocks.
AHEAD = max(time.time() - time.monotonic() for _ in range(100))


together = _Link.together


class _Datagrams(asyncio.DatagramProtocol):
    """Takes the times of the kernel, so a delay of this process does not count."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.told = 0.0

    def connection_made(self, wire):
        self.wire, self.socket = wire, wire.get_extra_info("socket")
        with contextlib.suppress(FileNotFoundError):
            self.arrived()             # there is none yet, but from now on the kernel keeps the times

    def arrived(self):
        """When the datagram that was read last had arrived."""
        stamp = fcntl.ioctl(self.socket.fileno(), SIOCGSTAMPNS, bytes(16))
        seconds, nanoseconds = struct.unpack("ll", stamp)
        return seconds + nanoseconds / 1e9 - AHEAD

    def datagram_received(self, data, far):
        if data.strip(b"\r\n\0"):
            arrived = self.arrived()
            self._tell_how_late(arrived)
            self.endpoint.received(data, _Link(self.wire, "UDP", far), arrived)

    def _tell_how_late(self, arrived):
        """Once for those that are read together: they are equally late."""
        now = time.monotonic()
        if now - self.told >= TOGETHER:
            self.told = now
            self.endpoint.trace.on_late(arrived, now)


class _Stream(asyncio.Protocol):
    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.reader = sip.StreamReader()

    def connection_made(self, wire):
        secure = wire.get_extra_info("ssl_object") is not None
        self.link = _Link(wire, "TLS" if secure else "TCP",
                          wire.get_extra_info("peername"))
        self.endpoint.connections.add(self.link)

    def data_received(self, data):
        for raw in self.reader.feed(data):
            self.endpoint.received(raw, self.link)

    def connection_lost(self, error):
        self.endpoint.connections.discard(self.link)


class Endpoint:
    """The common parts of caller and gateway: sockets, timers, the record."""

    def __init__(self, name, trace, family=4):
        self.name, self.trace, self.family = name, trace, family
        self.host, self.port = HOSTS[family], None
        self.connections = set()
        self._timers, self._wires, self._seen = set(), [], set()

    @property
    def address(self):
        return show_address(self.host, self.port)

    async def __aenter__(self):
        await self.open()
        return self

    async def __aexit__(self, *_):
        await self.close()

    async def open_udp(self, port=0):
        loop = asyncio.get_running_loop()
        wire, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=(self.host, port))
        self._wires.append(wire)
        self.port = wire.get_extra_info("sockname")[1]
        return wire

    async def close(self):
        for timer in self._timers:
            timer.cancel()
        for link in list(self.connections):
            link.close()
        for wire in self._wires:
            wire.close()
            if isinstance(wire, asyncio.AbstractServer):
                await wire.wait_closed()
        await asyncio.sleep(0)       # lets the transports close their sockets

    def later(self, seconds, action, *args):
        """Do something later, unless the peer is closed before."""
        def run():
            self._timers.discard(handle)
            action(*args)
        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(handle)
        return handle

    def send(self, message, link):
        """Send a message, or exactly the bytes of an earlier one again."""
        raw = message.to_bytes() if isinstance(message, sip.Message) else message
        self._record(raw, link, True)
        link.send(raw)
        return raw

    def received(self, raw, link, arrived=None):
        """A message that has arrived, now or at that moment."""
        try:
            message, repeated = self._record(raw, link, False, arrived)
        except ValueError as error:
            self.trace.faults.append(f"{self.name} got rubbish: {error}")
            return
        if message.is_request:
            self.on_request(message, link, repeated)
        else:
            self.on_reply(message, link)

    def _record(self, raw, link, sent, moment=None):
        message = sip.Message.parse(raw)
        key = (sent, hash(raw))
        repeated = key in self._seen
        self._seen.add(key)
        self.trace.add(Entry(moment or time.monotonic(), self.name, sent, link.transport,
                             show_address(*link.far[:2]), message, raw,
                             repeated))
        return message, repeated

    def on_request(self, message, link, repeated):
        """A peer that expects no requests does not answer them."""

    def on_reply(self, message, link):
        """A peer that sends no requests ignores replies."""


# -- gateways ------------------------------------------------------------------

@dataclasses.dataclass
class _Incoming:
    """One INVITE that a gateway must answer."""
    message: sip.Message
    link: _Link
    script: list
    tag: str
    last: bytes = None
    final: int = 0
    acked: bool = False
    timers: list = dataclasses.field(default_factory=list)


class Gateway(Endpoint):
    """A user agent server that follows a script, over UDP and TCP on one port.

    `scripts` has one script for each INVITE of a call; the last one is for all later
    INVITEs. A script is a list of Reply, OnCancel and Hangup; with an empty one the
    destination is silent."""

    def __init__(self, name, scripts, trace, family=4, tls=None):
        super().__init__(name, trace, family)
        self.scripts, self.tls = scripts, tls
        self.names = {}              # for {b} in Contact values
        self._invites, self._dialogs = {}, {}
        self._calls, self._answers = {}, {}

    async def open(self):
        for _ in range(20):
            wire = await self.open_udp()
            try:
                await self._open_stream()
                return
            except OSError:          # the port is taken on TCP: try another one
                self._wires.remove(wire)
                wire.close()
        raise OSError("no port that is free on UDP and TCP")

    async def _open_stream(self):
        loop = asyncio.get_running_loop()
        self._wires.append(await loop.create_server(
            lambda: _Stream(self), self.host, self.port, ssl=self.tls))

    def on_request(self, message, link, repeated):
        method = message.method
        if method == "INVITE":
            self._on_invite(message, link)
        elif method == "ACK":
            self._on_ack(message)
        elif repeated:
            self._repeat_answer(message, link)
        elif method == "CANCEL":
            self._on_cancel(message, link)
        else:
            self._answer(message, link, 200)

    def _on_invite(self, message, link):
        known = self._invites.get(message.branch)
        if known:
            if known.last:
                self.send(known.last, link)
            return
        count = self._calls[message.call_id] = \
            self._calls.get(message.call_id, -1) + 1
        script = self.scripts[min(count, len(self.scripts) - 1)]
        if message.to_tag:
            script = [Reply(200)]
        invite = _Incoming(message, link, script, sip.new_token("gw"))
        self._invites[message.branch] = invite
        self._dialogs[message.call_id, message.to_tag or invite.tag] = invite
        for step in script:
            if isinstance(step, Reply) and step.anyhow:
                self.later(step.after, self._send_anyhow, invite, step)
            elif isinstance(step, Reply):
                self._schedule(invite, step.after, self._play, invite, step)
            elif isinstance(step, Hangup) and step.anyhow:
                self.later(step.after, link.close, step.reset)
            elif isinstance(step, Hangup):
                self._schedule(invite, step.after, link.close, step.reset)

    def _schedule(self, invite, seconds, action, *args):
        if seconds:
            invite.timers.append(self.later(seconds, action, *args))
        else:
            action(*args)

    def _play(self, invite, step):
        if invite.final:
            return
        self._send_reply(invite, step)
        if step.every and not invite.final:
            self._schedule(invite, step.every, self._play, invite, step)

    def _reply(self, invite, step):
        return sip.reply_to(invite.message, step.code, step.reason, invite.tag,
                            self._headers_of(invite, step),
                            sip.SDP if step.code in (183, 200) else b"")

    def _send_anyhow(self, invite, step):
        self.send(self._reply(invite, step), invite.link)

    def _send_reply(self, invite, step):
        reply = self._reply(invite, step)
        if step.code >= 200:
            self._stop(invite)
            invite.final = step.code
        invite.last = self.send(reply, invite.link)
        if 200 <= step.code < 300 or (step.code >= 300
                                      and invite.link.transport == "UDP"):
            self._repeat_final(invite, T1, T1)

    def _headers_of(self, invite, step):
        contacts = [c.format(**self.names) for c in step.contacts]
        if not contacts and 100 < step.code < 300:
            transport = invite.link.transport.lower()
            extra = "" if transport == "udp" else f";transport={transport}"
            contacts = [f"<sip:{self.name}@{self.address}{extra}>"]
        return [("Contact", c) for c in contacts] + list(step.headers)

    def _repeat_final(self, invite, wait, elapsed):
        """Repeat it as in 17.2.1; repeat a 2xx as in 13.3.1.4, over every transport."""
        def again():
            if not invite.acked and elapsed < GIVE_UP:
                self.send(invite.last, invite.link)
                self._repeat_final(invite, min(2 * wait, T2),
                                   elapsed + min(2 * wait, T2))
        invite.timers.append(self.later(wait, again))

    def _stop(self, invite):
        for timer in invite.timers:
            timer.cancel()
        invite.timers.clear()

    def _on_ack(self, message):
        invite = (self._invites.get(message.branch)
                  or self._dialogs.get((message.call_id, message.to_tag)))
        if invite and invite.final:
            invite.acked = True
            self._stop(invite)

    def _on_cancel(self, message, link):
        invite = self._invites.get(message.branch)
        if not invite:
            self._answer(message, link, 481)
            return
        order = next((s for s in invite.script if isinstance(s, OnCancel)),
                     OnCancel())
        if order.reply is None:
            return
        self._answer(message, link, order.reply, invite.tag)
        if order.then and not invite.final:
            self._stop(invite)
            self._schedule(invite, order.after, self._play, invite,
                           Reply(order.then))

    def _answer(self, message, link, code, tag=None):
        reply = sip.reply_to(message, code, to_tag=tag or sip.new_token("gw"))
        self._answers[message.transaction] = self.send(reply, link)

    def _repeat_answer(self, message, link):
        answer = self._answers.get(message.transaction)
        if answer:
            self.send(answer, link)


class Nobody:
    """An address without a server: connections are refused, and datagrams get port
    unreachable. The port number stays reserved for the test."""

    def __init__(self, name, family=4):
        self.name, self.family = name, family
        self.host, self.port = HOSTS[family], None
        self._sockets = []

    @property
    def address(self):
        return show_address(self.host, self.port)

    async def open(self):
        for _ in range(20):
            try:
                self._bind()
                return
            except OSError:          # the port is taken on UDP: try another one
                await self.close()
        raise OSError("no port that is free on UDP and TCP")

    def _bind(self):
        stream, datagram = self._sockets = [
            socket.socket(FAMILIES[self.family], kind)
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
        stream.bind((self.host, 0))               # bound, but it never listens
        self.port = stream.getsockname()[1]
        datagram.bind((self.host, self.port))
        datagram.connect((self.host, 9))          # receives from nobody else

    async def close(self):
        for sock in self._sockets:
            sock.close()

    async def __aenter__(self):
        await self.open()
        return self

    async def __aexit__(self, *_):
        await self.close()


# -- the caller ------------------------------------------------------------------

class Call:
    """One call of a Caller, from its INVITE to the end."""

    def __init__(self, caller, invite):
        self.caller, self.invite = caller, invite
        self.started = None                 # monotonic
        self.codes = []                     # the codes that it got, without repetitions
        self.dialogs = {}                   # To tag -> (Dialog, bytes of ACK)
        self.final = asyncio.get_running_loop().create_future()
        self.hangup_after = None
        self.cancelled = False
        self._replied = False
        self._last = None
        self.ended = asyncio.Event()        # the call was hung up, or it failed

    @property
    def answered(self):
        return self.final.done() and 200 <= self.final.result().status < 300

    def start(self):
        self.started = time.monotonic()
        raw = self.caller.request(self.invite)
        if self.caller.transport == "UDP":
            self._repeat(raw, T1, T1)

    def _repeat(self, raw, wait, elapsed):
        def again():
            if not self._replied and elapsed < GIVE_UP:
                self.caller.request(raw)
                self._repeat(raw, 2 * wait, elapsed + 2 * wait)
        self.caller.later(wait, again)

    def on_reply(self, reply):
        if not self._replied:
            self._replied = True
            self.caller.unheard.discard(self)
            if self.cancelled:
                self._send_cancel()
        if (reply.status, reply.to_tag) != self._last:
            self.codes.append(reply.status)
        self._last = (reply.status, reply.to_tag)
        if 200 <= reply.status < 300:
            self._on_answer(reply)
        elif reply.status >= 300:
            self.caller.request(sip.ack_for_failure(self.invite, reply))
            self._finish(reply)
            self.ended.set()

    def _finish(self, reply):
        if not self.final.done():
            self.final.set_result(reply)

    def _on_answer(self, reply):
        """Send the ACK for every 2xx, and a BYE if it is not the first 2xx."""
        known = self.dialogs.get(reply.to_tag)
        if known:
            self.caller.request(known[1])
            return
        dialog = sip.Dialog(self.invite, reply)
        ack = self.caller.request(dialog.request("ACK", self.caller.new_via()))
        self.dialogs[reply.to_tag] = dialog, ack
        if self.final.done():
            self._bye(dialog)
        elif self.hangup_after is not None:
            self.caller.later(self.hangup_after, self.bye)
        self._finish(reply)

    def bye(self):
        """Hang up the calls that were answered."""
        for dialog, _ in self.dialogs.values():
            self._bye(dialog)

    def _bye(self, dialog):
        self.caller.transact(dialog.request("BYE", self.caller.new_via()),
                             lambda reply: self.ended.set())

    def cancel(self):
        """Send CANCEL, as soon as there was a reply (9.1); each call sends one more."""
        if self.final.done():
            return
        self.cancelled = True
        if self._replied:
            self._send_cancel()

    def _send_cancel(self):
        self.caller.transact(sip.cancel_for(self.invite), lambda reply: None)


class Caller(Endpoint):
    """A user agent client that sends everything through one proxy."""

    def __init__(self, trace, proxy, transport="UDP", family=4, name="caller",
                 tls=None):
        super().__init__(name, trace, family)
        self.proxy, self.transport, self.tls = proxy, transport, tls
        self._calls, self._transactions = {}, {}
        self.unheard = set()                # calls that got no reply yet

    async def keeps_up(self):
        """Wait, at most a second, until the proxy has replied to nearly all calls, so
        that a slow machine does not get more and more of them."""
        limit = time.monotonic() + 1
        while len(self.unheard) >= BEHIND and time.monotonic() < limit:
            await asyncio.sleep(0.005)

    async def open(self):
        if self.transport == "UDP":
            wire = await self.open_udp()
            self.link = _Link(wire, "UDP", (HOSTS[self.family], self.proxy))
            return
        loop = asyncio.get_running_loop()
        wire, stream = await loop.create_connection(
            lambda: _Stream(self), HOSTS[self.family], self.proxy, ssl=self.tls)
        self.port = wire.get_extra_info("sockname")[1]
        self.link = stream.link

    def new_via(self):
        return (f"SIP/2.0/{self.transport} {self.address}"
                f";branch={sip.new_branch()};rport")

    def call(self, uri, headers=(), body=sip.SDP, hangup_after=None):
        """Start a call, and return its Call, which has all that follows."""
        call_id = sip.new_token("call-")
        extra = "" if self.transport == "UDP" \
            else f";transport={self.transport.lower()}"
        invite = sip.Message(f"INVITE {uri} SIP/2.0", [
            ("Via", self.new_via()), ("Max-Forwards", "70"),
            ("From", f'"Caller" <sip:caller@{self.address}>;tag={call_id}f'),
            ("To", f"<{uri}>"), ("Call-ID", call_id), ("CSeq", "101 INVITE"),
            ("Contact", f"<sip:caller@{self.address}{extra}>"),
            ("Content-Type", "application/sdp"), *headers], body)
        call = self._calls[call_id] = Call(self, invite)
        call.hangup_after = hangup_after
        self.unheard.add(call)
        call.start()
        return call

    def request(self, message):
        return self.send(message, self.link)

    def transact(self, request, done):
        """Send a request that is not an INVITE. Over UDP, repeat it until its final
        reply comes (17.1.2)."""
        raw = self.request(request)
        self._transactions[request.transaction] = done
        if self.transport == "UDP":
            self._repeat(request.transaction, raw, T1, T1)

    def _repeat(self, transaction, raw, wait, elapsed):
        def again():
            if transaction in self._transactions and elapsed < GIVE_UP:
                self.request(raw)
                self._repeat(transaction, raw, min(2 * wait, T2),
                             elapsed + min(2 * wait, T2))
        self.later(wait, again)

    def on_reply(self, reply, link):
        if reply.method == "INVITE":
            call = self._calls.get(reply.call_id)
            if call:
                call.on_reply(reply)
            else:
                self.trace.faults.append(f"a reply to no call of ours: {reply}")
        elif reply.status >= 200:
            done = self._transactions.pop(reply.transaction, None)
            if done:
                done(reply)
