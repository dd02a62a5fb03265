# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws a trace as a picture: the ladder of ladder.py, as SVG.

The picture has its own background, in light and dark colours, so that it can be read on
any page. Times are shown in tenths of a second, so that a second run of the same call
gives the same picture.
"""

from xml.sax.saxutils import escape

import ladder

WIDTH, MARGIN, TIME = 820, 24, 56       # in pixels; TIME is the column of the times
HEAD, ROW, FOOT = 88, 27, 20            # heights; ROW is the height of one message
WAITED, MOST = 14, 24                   # pixels for each second without a message, at most MOST
ARROW = 7                               # the length of the head of an arrow
PAUSE = 0.25                            # seconds; a shorter time is not drawn

LIGHT = {"card": "#ffffff", "edge": "#d0d7de", "text": "#1f2328", "muted": "#59636e",
         "request": "#0969da", "provisional": "#9a6700", "success": "#1a7f37",
         "failure": "#d1242f"}
DARK = {"card": "#151b23", "edge": "#3d444d", "text": "#f0f6fc", "muted": "#9198a1",
        "request": "#4493f8", "provisional": "#d29922", "success": "#3fb950",
        "failure": "#f85149"}


def rules_of(colours):
    rules = [f".card{{fill:{colours['card']};stroke:{colours['edge']}}}",
             f".line{{stroke:{colours['edge']}}}"]
    for name in ("text", "muted", "request", "provisional", "success", "failure"):
        rules.append(f".{name}{{fill:{colours[name]};stroke:{colours[name]}}}")
    return "".join(rules)


STYLE = ("text{font:13px system-ui,'DejaVu Sans',sans-serif;stroke:none!important}"
         "text.title{font-weight:600;font-size:15px}text.party{font-weight:600}"
         + rules_of(LIGHT)
         + "@media(prefers-color-scheme:dark){" + rules_of(DARK) + "}")


def kind_of(entry):
    """The class of a message, which gives it its colour."""
    status = entry.message.status
    if not status:
        return "request"
    return ("provisional" if status < 200 else
            "success" if status < 300 else "failure")


class Picture:
    """The places of the columns, and the shapes that were drawn."""

    def __init__(self, columns, proxy):
        gap = (WIDTH - TIME - 2 * MARGIN - 80) / (len(columns) - 1)
        self.places = {name: round(MARGIN + TIME + 40 + i * gap)
                       for i, name in enumerate(columns)}
        self.gap, self.proxy = round(gap), proxy
        self.shapes, self.bottom = [], HEAD

    def text(self, x, y, text, style, anchor="middle"):
        self.shapes.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}" '
                           f'class="{style}">{escape(text)}</text>')

    def message(self, entry, moment, waited):
        """Draw one message below the others."""
        if waited >= PAUSE:
            self.bottom += min(MOST, round(WAITED * waited))
        self.bottom += ROW
        y, style = self.bottom, kind_of(entry)
        here, there = self.places[entry.peer], self.places[self.proxy]
        source, target = (here, there) if entry.sent else (there, here)
        self.text(MARGIN + TIME - 16, y + 4, f"{moment:.1f} s", "muted", "end")
        back = ARROW if target < source else -ARROW
        self.shapes.append(
            f'<path class="{style}" stroke-width="1.5" d="M{source} {y}H{target + back}"/>'
            f'<path class="{style}" d="M{target} {y}l{back} -4v8z"/>')
        side = self.gap // 2 if here < there else -self.gap // 2
        self.text(here + side, y - 5, ladder.label(entry).split(" -- ")[0], style)

    def svg(self, title, caption):
        height = self.bottom + FOOT
        lines = "".join(
            f'<path class="line" d="M{x} {HEAD}V{height - FOOT + 8}"/>'
            for x in self.places.values())
        drawn, self.shapes = self.shapes, []
        self.text(MARGIN, 30, title, "text title", "start")
        self.text(MARGIN, 50, caption, "muted", "start")
        for name, x in self.places.items():
            self.text(x, HEAD - 8, name, "text party")
        return "\n".join([
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
            f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
            f"<title>{escape(title)} {escape(caption)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="card" x="0.5" y="0.5" rx="8" width="{WIDTH - 1}" '
            f'height="{height - 1}"/>', lines, *self.shapes, *drawn, "</svg>", ""])


def draw(trace, columns, start, title, caption, proxy="kamailio"):
    """The picture of a trace, as the text of an SVG file. Times count from `start`."""
    board, before = Picture(columns, proxy), start
    for entry in sorted(trace, key=lambda entry: entry.time):
        board.message(entry, entry.time - start, entry.time - before)
        before = entry.time
    return board.svg(title, caption)
