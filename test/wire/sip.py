# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP messages for the test peers: reading, writing, and the requests and replies that
follow from other messages in RFC 3261. It uses no sockets and no clock."""

import itertools
import re
import secrets

COMPACT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact",
    "l": "content-length", "c": "content-type", "s": "subject",
    "k": "supported", "e": "content-encoding",
}

REASONS = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded",
    183: "Session Progress", 200: "OK", 202: "Accepted",
    300: "Multiple Choices", 301: "Moved Permanently",
    302: "Moved Temporarily", 305: "Use Proxy", 380: "Alternative Service",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 407: "Proxy Authentication Required",
    408: "Request Timeout", 410: "Gone", 480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here",
    500: "Server Internal Error", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Server Time-out",
    600: "Busy Everywhere", 603: "Decline",
}

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
    "t=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)

_numbers = itertools.count(1)


def new_token(prefix=""):
    """A word that is in no other message of this run."""
    return f"{prefix}{next(_numbers)}{secrets.token_hex(4)}"


def new_branch():
    return new_token("z9hG4bK-t")


def long_name(name):
    """The full name of a header in lower case, also for a compact form."""
    name = name.strip().lower()
    return COMPACT.get(name, name)


def header_param(value, name):
    """The parameter `name` of a header value, after its `<...>`. None if it is absent, an
    empty text if it has no value."""
    outside = re.sub(r'"[^"]*"|<[^>]*>', "", value)
    match = re.search(rf";\s*{re.escape(name)}\s*(?:=\s*([^;,\s]*))?(?=[;,\s]|$)",
                      outside, re.I)
    return (match.group(1) or "") if match else None


def uri_of(value):
    """The URI of a From, To, Contact, Route or Record-Route value."""
    match = re.search(r"<([^>]*)>", value)
    return match.group(1) if match else value.split(";")[0].strip()


def split_list(value):
    """The elements of a header value that commas separate. Commas in quotes and in angle
    brackets do not separate."""
    parts, start, quoted, angle = [], 0, False, False
    for i, char in enumerate(value):
        if char == '"' and value[i - 1:i] != "\\":
            quoted = not quoted
        elif not quoted and char in "<>":
            angle = char == "<"
        elif char == "," and not quoted and not angle:
            parts.append(value[start:i].strip())
            start = i + 1
    parts.append(value[start:].strip())
    return [part for part in parts if part]


class Message:
    """One SIP message: start line, headers in their order, body (bytes)."""

    def __init__(self, start, headers=(), body=b""):
        self.start = start
        self.headers = [(name, str(value)) for name, value in headers]
        self.body = body.encode() if isinstance(body, str) else body

    # -- reading ---------------------------------------------------------

    @classmethod
    def parse(cls, data):
        """Read one whole message; ValueError if it is not a message."""
        head, _, body = data.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace"))
        start, *rest = lines.split("\r\n")
        if not re.match(r"SIP/2\.0 \d{3}|[A-Z]+ \S+ SIP/2\.0$", start):
            raise ValueError(f"not a SIP start line: {start!r}")
        headers = []
        for line in rest:
            name, colon, value = line.partition(":")
            if not colon:
                raise ValueError(f"not a header: {line!r}")
            headers.append((name.strip(), value.strip()))
        message = cls(start, headers, body)
        length = message.get("Content-Length")
        if length is not None:
            message.body = body[:int(length)]
        return message

    def all(self, name):
        """Every value of a header, in order, one per header line."""
        wanted = long_name(name)
        return [value for n, value in self.headers if long_name(n) == wanted]

    def get(self, name, default=None):
        """The first value of a header."""
        return next(iter(self.all(name)), default)

    @property
    def is_request(self):
        return not self.start.startswith("SIP/2.0 ")

    @property
    def method(self):
        """The method of a request; for a reply, the method of its request."""
        return self.start.split(" ")[0] if self.is_request else self.cseq[1]

    @property
    def uri(self):
        return self.start.split(" ")[1]

    @property
    def status(self):
        return 0 if self.is_request else int(self.start[8:11])

    @property
    def reason(self):
        return self.start[12:]

    @property
    def cseq(self):
        """(number, method)"""
        number, method = self.get("CSeq", "0 ?").split()
        return int(number), method

    @property
    def call_id(self):
        return self.get("Call-ID", "")

    @property
    def via(self):
        """The topmost Via value."""
        return next(iter(split_list(self.get("Via", ""))), "")

    @property
    def branch(self):
        return header_param(self.via, "branch") or ""

    @property
    def from_tag(self):
        return header_param(self.get("From", ""), "tag") or ""

    @property
    def to_tag(self):
        return header_param(self.get("To", ""), "tag") or ""

    @property
    def transaction(self):
        """The key of the transaction (17.1.3, 17.2.3). An ACK and the replies have the key
        of their INVITE; a CANCEL has its own."""
        method = self.method
        return self.branch, "INVITE" if method == "ACK" else method

    def contacts(self):
        return [c for value in self.all("Contact") for c in split_list(value)]

    def __str__(self):
        return self.start

    # -- writing ---------------------------------------------------------

    def to_bytes(self):
        lines = [self.start]
        lines += [f"{name}: {value}" for name, value in self.headers
                  if long_name(name) != "content-length"]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body


class StreamReader:
    """Cuts the bytes of a TCP or TLS connection into messages (18.3)."""

    def __init__(self):
        self._data = b""

    def feed(self, data):
        """The bytes of each message that is complete now."""
        self._data = (self._data + data).lstrip(b"\r\n")
        messages = []
        while True:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return messages
            match = re.search(rb"^(?:content-length|l)\s*:\s*(\d+)",
                              self._data[:end], re.I | re.M)
            whole = end + 4 + (int(match.group(1)) if match else 0)
            if len(self._data) < whole:
                return messages
            messages.append(self._data[:whole])
            self._data = self._data[whole:].lstrip(b"\r\n")


# -- messages that follow from others --------------------------------------

def reply_to(request, code, reason=None, to_tag=None, headers=(), body=b""):
    """A reply (8.2.6, 12.1.1) with Via, From, To, Call-ID and CSeq of the request, and
    a To tag unless it is a 100; with Record-Route if a dialog may begin."""
    copied = [("Via", value) for value in request.all("Via")]
    if 100 < code < 300:
        copied += [("Record-Route", v) for v in request.all("Record-Route")]
    to = request.get("To")
    if to_tag and code > 100 and not request.to_tag:
        to += f";tag={to_tag}"
    copied += [("From", request.get("From")), ("To", to),
               ("Call-ID", request.call_id), ("CSeq", request.get("CSeq"))]
    copied += list(headers)
    if body:
        copied.append(("Content-Type", "application/sdp"))
    reason = reason or REASONS.get(code, "Whatever")
    return Message(f"SIP/2.0 {code} {reason}", copied, body)


def _like(invite, method, to):
    """A request in the transaction of an INVITE: same branch, same route."""
    headers = [("Via", invite.all("Via")[0]), ("Max-Forwards", "70")]
    headers += [("Route", value) for value in invite.all("Route")]
    headers += [("From", invite.get("From")), ("To", to),
                ("Call-ID", invite.call_id),
                ("CSeq", f"{invite.cseq[0]} {method}")]
    return Message(f"{method} {invite.uri} SIP/2.0", headers)


def ack_for_failure(invite, reply):
    """The ACK for a negative final reply, hop by hop (17.1.1.3)."""
    return _like(invite, "ACK", reply.get("To"))


def cancel_for(invite):
    """The CANCEL for an INVITE (9.1)."""
    return _like(invite, "CANCEL", invite.get("To"))


class Dialog:
    """The dialog of the caller (12.1.2), from an INVITE and its 2xx."""

    def __init__(self, invite, answer):
        self.invite = invite
        self.to = answer.get("To")
        self.target = uri_of((answer.contacts() or [invite.uri])[0])
        routes = [r for value in answer.all("Record-Route")
                  for r in split_list(value)]
        self.routes = routes[::-1]
        self._cseq = invite.cseq[0]

    def request(self, method, via):
        """A request in the dialog. An ACK has the CSeq number of its INVITE (13.2.2.4)."""
        number = self.invite.cseq[0]
        if method != "ACK":
            self._cseq += 1
            number = self._cseq
        headers = [("Via", via), ("Max-Forwards", "70")]
        headers += [("Route", route) for route in self.routes]
        headers += [("From", self.invite.get("From")), ("To", self.to),
                    ("Call-ID", self.invite.call_id),
                    ("CSeq", f"{number} {method}")]
        return Message(f"{method} {self.target} SIP/2.0", headers)
