# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as tables, and as the page of the documentation."""

import datetime
import platform
import re
import subprocess

import kamailio
from methods import OURS, SCENARIOS

# The page, but for what is measured.
PAGE = """\
# What a call costs

Written by `make bench` on {date}: {release}, {valgrind}, {machine}. Anybody can
repeat it: the command needs what `make deps` installs, uses loopback only and takes
about ten minutes. `make bench BENCH=first,second` measures some of it.

Every method does the same work in the same run: one INVITE with SDP comes over UDP,
goes from destination to destination, is answered with 200 and acknowledged.

- `t_relay()` is tm alone, with one destination.
- `failure_route` is a list in an AVP, walked by a hand-written failure_route.
- `dispatcher` is `ds_select_dst()`, then `ds_next_dst()` in failure_route.
- `t_next_contacts()` is `t_load_contacts()`, then `t_next_contacts()` in failure_route.
- `uac_redirect` is `get_redirects()` in failure_route; it follows a 302 and cannot do more.
- `failover(list)` is this module with a list in the script; `failover() by a plan` is a
  rule with one condition.

{tables}
How it is measured: callgrind counts the instructions of all processes of the server,
in user mode, in two runs of {few} and {many} calls that last equally long; the
difference divided by the calls is what one call costs. The start and the ticks of timers
cancel each other out, and runs agree within half a percent. Kamailio uses its allocator fm
for both kinds of memory (`-x fm -X fm`): what the default one costs depends on what went
before. Memory is what {held} calls that ring at their last destination use, divided by
their number. What the kernel spends on packets is in none of these figures.
"""


def best(row, place):
    """The least of the other methods."""
    return min(values[place] for title, values in row.items()
               if title not in OURS and values[place] is not None)


def ratio(row, title, place):
    return row[title][place] / best(row, place)


def all_met(results, title):
    """Does every scenario that was measured keep to its target?"""
    return not [name for name, row in results.items()
                if ratio(row, title, 0) > SCENARIOS[name].target
                or (SCENARIOS[name].memory_target
                    and memory_ratio(row, title) > SCENARIOS[name].memory_target)]


def memory_ratio(row, title):
    """Held against dispatcher, which keeps its list as this module does."""
    return row[title][1] / row["dispatcher"][1]


def line(cells):
    return "| " + " | ".join(cells) + " |\n"


def table(results, place, names, titles):
    text = line([""] + [SCENARIOS[name].title for name in names])
    text += line(["---"] + ["---:"] * len(names))
    for title in titles:
        row = [results[name].get(title) for name in names]
        text += line([f"`{title}`" if "(" in title else title]
                     + [f"{values[place]:,.0f}" if values else "" for values in row])
    for title in OURS:
        if all(title in results[name] for name in names):
            text += line([f"{title} / best other"]
                         + [f"**{ratio(results[name], title, place):.3f}**"
                            for name in names])
    return text


def tables(results):
    titles = list(dict.fromkeys(title for row in results.values() for title in row))
    text = "## Instructions a call\n\nWho answers:\n\n"
    text += table(results, 0, list(results), titles)
    text += line(["target"] + [f"{SCENARIOS[name].target:.2f}" for name in results])
    held = [name for name in results if SCENARIOS[name].is_held]
    if held:
        text += ("\n## Shared memory of a call under way, in bytes\n\nWho rings:\n\n"
                 + table(results, 1, held, titles))
    return text


def first_line(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=True).stdout.splitlines()[0].strip()


def document(text):
    import measure
    return PAGE.format(
        date=datetime.datetime.now(datetime.timezone.utc).strftime("%d %B %Y"),
        release=re.sub(r"^version: k", "K", first_line(kamailio.BINARY, "-v")),
        valgrind=first_line("valgrind", "--version"), machine=platform.machine(),
        few=measure.FEW_CALLS, many=measure.MANY_CALLS, held=measure.HELD_CALLS,
        tables=text)
