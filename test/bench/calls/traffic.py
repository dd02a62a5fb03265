# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays the caller and the destinations, in one loop, on loopback, over UDP. Every
message of the n-th call is the same in each run, except for the ports."""

import selectors
import socket
import time

HOST = "127.0.0.1"
PATIENCE_S = 20                # after this time without an answer a call is lost

SDP = b"\r\n".join((
    b"v=0", b"o=caller 53655765 2353687637 IN IP4 127.0.0.1", b"s=-",
    b"c=IN IP4 127.0.0.1", b"t=0 0", b"m=audio 6000 RTP/AVP 8 0 101",
    b"a=rtpmap:8 PCMA/8000", b"a=rtpmap:0 PCMU/8000",
    b"a=rtpmap:101 telephone-event/8000", b""))

REASONS = {180: "Ringing", 200: "OK", 302: "Moved Temporarily",
           487: "Request Terminated", 503: "Service Unavailable"}
COPIED = (b"via:", b"from:", b"call-id:", b"cseq:", b"record-route:")


class TrafficError(Exception):
    """A call did not end as it must, so the measurement is not valid."""


def bound():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind((HOST, 0))
    sock.setblocking(False)
    return sock


def port_of(sock):
    return sock.getsockname()[1]


def header(message, name):
    """The first value of a header; the name is written as Kamailio and we write it."""
    start = message.index(b"\r\n" + name + b": ") + len(name) + 4
    return message[start:message.index(b"\r\n", start)]


def parameter(value, name):
    start = value.index(name + b"=") + len(name) + 1
    return value[start:].split(b";")[0]


class Callee:
    """Replies to each INVITE with the codes of its role. Without a code it is
    silent; with 180 alone it rings for ever. A 302 names another callee. If the
    request has X-Hold, the callee rings instead of answering."""

    def __init__(self, codes, contact=None):
        self.sock, self.codes = bound(), codes
        self.port = port_of(self.sock)
        self.contact = contact or self
        self.pending = {}

    def uri(self, user="bob"):
        return f"sip:{user}@{HOST}:{self.port}"

    def _reply(self, request, code, sender):
        lines = [f"SIP/2.0 {code} {REASONS[code]}".encode()]
        for line in request.split(b"\r\n\r\n", 1)[0].split(b"\r\n")[1:]:
            low = line[:13].lower()
            if low.startswith(b"to:") and b";tag=" not in line:
                line += b";tag=%d" % self.port
            if low.startswith(COPIED + (b"to:",)):
                lines.append(line)
        if code < 400:
            lines.append(f"Contact: <{self.contact.uri()}>".encode())
        lines.append(b"Content-Length: 0\r\n\r\n")
        self.sock.sendto(b"\r\n".join(lines), sender)

    def take(self, message, sender):
        if message.startswith(b"INVITE "):
            held = b"\r\nX-Hold:" in message
            for code in self.codes:
                self._reply(message, 180 if held and code == 200 else code, sender)
            self.pending[parameter(header(message, b"Via"), b"branch")] = message
        elif message.startswith(b"CANCEL "):
            self._reply(message, 200, sender)
            branch = parameter(header(message, b"Via"), b"branch")
            self._reply(self.pending.pop(branch), 487, sender)


class Caller:
    """Makes calls, several at the same time, until enough are answered."""

    def __init__(self, proxy_port):
        self.sock, self.proxy = bound(), (HOST, proxy_port)
        self.port = port_of(self.sock)
        self.placed, self.ringing, self.answered = 0, set(), set()

    def _request(self, method, uri, number, to_tag=b"", more=(), body=b""):
        call = b"%08d" % number
        here = b"%s:%d" % (HOST.encode(), self.port)
        return b"\r\n".join((
            method + b" " + uri + b" SIP/2.0",
            b"Via: SIP/2.0/UDP " + here + b";branch=z9hG4bK-" + method + call,
            b"From: <sip:alice@" + here + b">;tag=" + call,
            b"To: <sip:bob@%s:%d>" % (HOST.encode(), self.proxy[1]) + to_tag,
            b"Call-ID: " + call + b"-bench@" + HOST.encode(),
            b"CSeq: 1 " + method, b"Contact: <sip:alice@" + here + b">",
            b"Max-Forwards: 70", *more, b"Content-Length: %d" % len(body), b"", body))

    def place(self, hold):
        self.placed += 1
        more = [b"Content-Type: application/sdp"]
        if hold:
            more.insert(0, b"X-Hold: 1")
        uri = b"sip:bob@%s:%d" % (HOST.encode(), self.proxy[1])
        self.sock.sendto(self._request(b"INVITE", uri, self.placed, more=more, body=SDP),
                         self.proxy)

    def take(self, message, _sender):
        code, number = int(message[8:11]), int(header(message, b"Call-ID")[:8])
        if code == 180:
            self.ringing.add(number)
        elif code >= 300:
            raise TrafficError(f"call {number} got {code}")
        elif code >= 200:
            to_tag = b";tag=" + parameter(header(message, b"To"), b"tag")
            uri = header(message, b"Contact").strip(b"<>")
            self.sock.sendto(self._request(b"ACK", uri, number, to_tag), self.proxy)
            self.answered.add(number)


class Traffic:
    """The loop that serves the callees, and the caller when the proxy is known."""

    def __init__(self, callees):
        self.selector = selectors.DefaultSelector()
        for callee in callees:
            self.selector.register(callee.sock, selectors.EVENT_READ, callee)
        self.caller = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()

    def call_through(self, proxy_port):
        self.caller = Caller(proxy_port)
        self.selector.register(self.caller.sock, selectors.EVENT_READ, self.caller)

    def _serve(self, seconds):
        for key, _ in self.selector.select(seconds):
            try:
                while True:
                    message, sender = key.fileobj.recvfrom(65535)
                    key.data.take(message, sender)
            except BlockingIOError:
                pass

    def _place_until(self, count, window, done, hold):
        limit = time.monotonic() + PATIENCE_S
        seen = len(done)
        while len(done) < count:
            while self.caller.placed < min(count, len(done) + window):
                self.caller.place(hold)
            self._serve(0.05)
            if len(done) > seen:
                seen, limit = len(done), time.monotonic() + PATIENCE_S
            if time.monotonic() > limit:
                raise TrafficError(f"{count - len(done)} of {count} calls got no answer")

    def answer(self, count, window):
        """Make calls, at most `window` at the same time, until `count` calls in all
        are answered."""
        self._place_until(count, window, self.caller.answered, hold=False)

    def hold(self, count, window):
        """The same with calls that only ring."""
        self._place_until(count, window, self.caller.ringing, hold=True)

    def rest_until(self, when):
        """Serve the messages that still come, until this time of time.monotonic()."""
        while (left := when - time.monotonic()) > 0:
            self._serve(left)
