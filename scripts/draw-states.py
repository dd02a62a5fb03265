#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws the states of a call from the table in call/state.h. `make pictures` runs
it; a test holds the picture and the table together.

usage: draw-states.py call/state.h > doc/states.svg
"""

import pathlib
import re
import sys
from xml.sax.saxutils import escape

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "test" / "wire"))

from picture import STYLE                # noqa: E402 (test/wire is no package)

WIDTH, HEIGHT, NODE, LINE = 920, 560, 144, 15
UPPER, LOWER, BUS = 150, 400, 260   # y of the two rows, and of the line that leads back
PLACES = {"starting": (104, UPPER), "trying": (332, UPPER), "proceeding": (560, UPPER),
          "giving up": (826, UPPER), "ended": (104, LOWER), "answered": (446, LOWER),
          "cancelled": (780, LOWER)}
EVENTS = {"provis.": "1xx", "answer": "2xx", "cancel": "cancelled"}
ACTIONS = {"cancel": "CANCEL", "end487": "end with 487"}
UNDER_WAY = ("starting", "trying", "proceeding", "giving up")
FRAME = (18, 82, WIDTH - 18, 290)
STROKE = 'style="fill:none" stroke-width="1.5" marker-end="url(#tip)"'


def read_table(text):
    """-> {(state, event): (next state, action)}, without the cells that change
    nothing"""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]]
            for line in re.findall(r"^ \*  (\|.*\|)$", text, re.M)]
    events, moves = rows[0][1:], {}
    for states, actions in zip(rows[2::2], rows[3::2]):
        for event, state, action in zip(events, states[1:], actions[1:]):
            if (state, action) != ("-", "-"):
                name = states[0] if state == "-" else whole(state)
                moves[states[0], EVENTS.get(event, event)] = (
                    name, ACTIONS.get(action, action))
    return moves


def whole(cell):
    """The full name of a state; a cell may have only the beginning of it."""
    return next(name for name in PLACES if name.startswith(cell))


def labels(moves):
    """Lines for moves between the same two states: events and their actions."""
    by_action = {}
    for event, action in moves:
        by_action.setdefault(action, []).append(event)
    return [", ".join(events) + ("" if action == "-" else f": {action}")
            for action, events in by_action.items()]


def text(x, y, lines, style="muted", anchor="middle"):
    return [f'<text x="{x}" y="{y + i * LINE}" text-anchor="{anchor}" class="{style}">'
            f"{escape(line)}</text>" for i, line in enumerate(lines)]


def node_height(stays):
    return 30 + LINE * len(stays)


def node(name, stays):
    x, y = PLACES[name]
    return [f'<rect class="card" x="{x - NODE // 2}" y="{y}" rx="8" width="{NODE}" '
            f'height="{node_height(stays)}"/>', *text(x, y + 20, [name], "party"),
            *text(x, y + 20 + LINE, stays)]


class Drawing:
    def __init__(self, moves):
        self.stays, self.goes = {name: [] for name in PLACES}, {}
        for (state, event), (follows, action) in moves.items():
            if follows == state:
                self.stays[state].append((event, action))
            else:
                self.goes.setdefault((state, follows), []).append((event, action))
        self.stays = {name: labels(stays) for name, stays in self.stays.items()}
        self.shapes = []

    def arrow(self, way, x, y, lines, anchor="middle"):
        self.shapes.append(f'<path class="line arrow" {STROKE} d="{way}"/>')
        self.shapes += text(x, y, lines, "request", anchor)

    def bottom(self, name):
        return PLACES[name][1] + node_height(self.stays[name])

    def beside(self, source, target):
        """Draw an arrow from a state to its neighbour in the row."""
        (x, y), (to, _) = PLACES[source], PLACES[target]
        side = NODE // 2 if to > x else -NODE // 2
        lines = labels(self.goes.pop((source, target)))
        self.arrow(f"M{x + side} {y + 16}H{to - side}", (x + to) // 2,
                   y + 9 - LINE * (len(lines) - 1), lines)

    def over(self, source, target):
        """Draw an arrow that passes above the state between the two."""
        (x, y), (to, _) = PLACES[source], PLACES[target]
        self.arrow(f"M{x} {y}V{y - 30}H{to}V{y}", (x + to) // 2, y - 36,
                   labels(self.goes.pop((source, target))))

    def back(self, sources, target):
        """Draw an arrow below the row, to the first state of the row."""
        moves = [self.goes.pop((source, target)) for source in sources]
        assert len({str(move) for move in moves}) == 1, moves
        to = PLACES[target][0] + 30
        for source in sources:
            x = PLACES[source][0]
            self.arrow(f"M{x} {self.bottom(source)}V{BUS}H{to}V{self.bottom(target)}",
                       0, 0, [])
        self.shapes += text(to + 12, BUS - 6, labels(moves[0]), "request", "start")

    def down(self, source, target):
        x, y = PLACES[source][0] - 30, self.bottom(source)
        self.arrow(f"M{x} {y}V{PLACES[target][1]}", x + 10, 312,
                   labels(self.goes.pop((source, target))), "start")

    def from_all(self, target):
        """Draw an arrow from the frame round the states that are under way."""
        alike = {}
        for source in UNDER_WAY:
            for line in labels(self.goes.pop((source, target))):
                alike.setdefault(line, []).append(source)
        lines = [line if len(alike) == 1 or len(sources) > 1
                 else f"{line} ({', '.join(sources)})" for line, sources in alike.items()]
        x, y = PLACES[target]
        self.arrow(f"M{x} {FRAME[3]}V{y}", x - 10, 312, lines[::-1], "end")

    def under(self, source, target):
        """Draw an arrow below the lower row."""
        x, to, y = PLACES[source][0], PLACES[target][0], 524
        self.arrow(f"M{x} {self.bottom(source)}V{y}H{to}V{self.bottom(target)}",
                   (x + to) // 2, y - 6, labels(self.goes.pop((source, target))))

    def draw(self):
        self.beside("starting", "trying")
        self.beside("trying", "proceeding")
        self.beside("proceeding", "giving up")
        self.over("starting", "proceeding")
        self.back(("trying", "proceeding", "giving up"), "starting")
        self.down("starting", "ended")
        self.from_all("answered")
        self.from_all("cancelled")
        self.beside("cancelled", "answered")
        self.under("cancelled", "ended")
        assert not self.goes, f"the picture has no arrow for these: {self.goes}"
        return [shape for name, stays in self.stays.items()
                for shape in node(name, stays)] + self.shapes


def draw(header):
    """The picture of the table in the text of call/state.h."""
    shapes = Drawing(read_table(header)).draw()
    x, y, right, bottom = FRAME
    title = "The states of a call"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} '
        f'{HEIGHT}" width="{WIDTH}" height="{HEIGHT}">', f"<title>{title}</title>",
        f"<style>{STYLE}.arrow{{stroke:#768390}}.tip{{fill:#768390}}</style>",
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker>',
        f'<rect class="card" x="0.5" y="0.5" rx="8" width="{WIDTH - 1}" '
        f'height="{HEIGHT - 1}"/>',
        *text(24, 30, [title], "text title", "start"),
        *text(24, 50, ["Event: action. An event inside a box does not change the "
                       "state. An arrow from the frame begins at each state in it."],
              "muted", "start"),
        f'<rect class="line" style="fill:none" stroke-dasharray="4 4" x="{x}" y="{y}" '
        f'rx="12" width="{right - x}" height="{bottom - y}"/>',
        *shapes, "</svg>", ""])


if __name__ == "__main__":
    print(draw(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")), end="")
