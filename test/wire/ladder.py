# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws a trace as a ladder: one column per party, one row per message.

The peers record the messages that they send and receive. All messages go through one
proxy, so the other end of every arrow is the column of the proxy.
"""

import sys

UNICODE = {"line": "│", "right": "▶", "left": "◀", "bar": "─", "cross": "┼"}
ASCII = {"line": "|", "right": ">", "left": "<", "bar": "-", "cross": "+"}
TIME = 9                       # columns for the time of a row
GREEN, YELLOW, RED, BOLD, PLAIN = "\033[32m", "\033[33m", "\033[31m", "\033[1m", "\033[0m"


def symbols_for(stream):
    """The symbols of the arrows, in the encoding of the stream."""
    try:
        "".join(UNICODE.values()).encode(stream.encoding or "ascii")
        return UNICODE
    except (UnicodeEncodeError, LookupError):
        return ASCII


def label(entry):
    """The text on the arrow of a message."""
    message = entry.message
    if message.is_request:
        text = message.method
        if text == "INVITE" and "@" in message.uri:
            text += " " + message.uri.split("@")[0].split(":")[1]
        text += "" if entry.transport == "UDP" else f" {entry.transport}"
    elif message.method == "INVITE":
        text = f"{message.status} {message.reason}"
    else:
        text = f"{message.status} ({message.method})"
    return text + (" again" if entry.repeated else "")


def colour_of(entry):
    status = entry.message.status
    if not status:
        return BOLD
    return YELLOW if status < 200 else GREEN if status < 300 else RED


class Ladder:
    """The places of the columns, and the symbols."""

    def __init__(self, columns, proxy="kamailio", width=100, symbols=UNICODE,
                 colour=False):
        self.columns, self.proxy = list(columns), proxy
        self.symbols, self.colour = symbols, colour
        gaps = max(1, len(self.columns) - 1)
        self.gap = max(12, min(30, (width - TIME - 6) // gaps))
        self.places = [TIME + 3 + i * self.gap for i in range(len(self.columns))]

    def head(self):
        row = ["time (s)".ljust(TIME)]
        for name, place in zip(self.columns, self.places):
            start = max(0, place - len(name) // 2)
            row[0] = row[0].ljust(start) + name
        return row[0]

    def row(self, entry, start):
        """One message as a line of text."""
        cells = list(" " * (self.places[-1] + 1))
        for place in self.places:
            cells[place] = self.symbols["line"]
        here = self.places[self.columns.index(entry.peer)]
        there = self.places[self.columns.index(self.proxy)]
        source, target = (here, there) if entry.sent else (there, here)
        self._arrow(cells, source, target, label(entry))
        stamp = f"{entry.time - start:{TIME - 2}.3f}".ljust(TIME)
        text = "".join(cells)[TIME:].rstrip()
        if self.colour:
            low, high = sorted((source - TIME, target - TIME))
            text = (text[:low + 1] + colour_of(entry) + text[low + 1:high]
                    + PLAIN + text[high:])
        return stamp + text

    def _arrow(self, cells, source, target, text):
        low, high = sorted((source, target))
        for i in range(low + 1, high):
            crossed = i in self.places
            cells[i] = self.symbols["cross" if crossed else "bar"]
        if target > source:
            cells[high - 1] = self.symbols["right"]
        else:
            cells[low + 1] = self.symbols["left"]
        first = source + 2 if target > source else source - self.gap + 3
        text = f" {text[:self.gap - 5]} "
        cells[first:first + len(text)] = text

    def draw(self, entries, start):
        rows = [self.head()]
        return "\n".join(rows + [self.row(e, start) for e in entries])


def draw(trace, columns, stream=None, width=100, start=None):
    """The ladder of a whole trace, in the encoding and colours of a stream (None: for a
    log). Times count from `start`, or else from the first message."""
    entries = sorted(trace, key=lambda entry: entry.time)
    if not entries:
        return "(no message at all)"
    colour = bool(stream and stream.isatty())
    symbols = symbols_for(stream or sys.stdout)
    board = Ladder(columns, width=width, symbols=symbols, colour=colour)
    return board.draw(entries, entries[0].time if start is None else start)
