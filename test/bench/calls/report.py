# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the figures as tables, and as the page of the documentation."""

import collections
import datetime
import platform
import re
import subprocess

import kamailio
from methods import OURS, SCENARIOS

# The text of the page; the measured figures are put in.
PAGE = """\
# What a call costs

`make bench` wrote this page on {date}, with {release}, {valgrind}, {machine}. You can
repeat it: the command needs only the packages of `make deps`, uses only loopback, and takes
about ten minutes. `make bench BENCH=first,second` measures these two scenarios and prints
them.

Every method does the same work in the same run. An INVITE with SDP comes over UDP, goes to
one destination after the other, and is answered with 200; the caller sends the ACK.

- `t_relay()` is tm alone, with one destination.
- `failure_route` takes the next destination from an AVP, in a hand-written failure_route.
- `dispatcher` is `ds_select_dst()`, then `ds_next_dst()` in failure_route.
- `t_next_contacts()` is `t_load_contacts()`, then `t_next_contacts()` in failure_route.
- `uac_redirect` is `get_redirects()` in failure_route; it can only follow a 302.
- `failover(list)` is this module with a list in the script; `failover() by a plan` is this
  module with a rule that has one condition.

The row "target" is the aim of this project: the ratio above it is to be at most that number.

{tables}{profiles}
## How it is measured

Callgrind counts the instructions of all processes of the server, in user mode. One run
has {few} calls and one has {many} calls, and both last equally long. The cost of one call
is the difference of the two runs, divided by the difference of the numbers of calls. So the
start of the server and the ticks of its timers do not count. Two measurements differ by
less than half a percent. What the kernel spends on packets is not counted. Kamailio
uses its allocator fm for both kinds of memory (`-x fm -X fm`), because the cost of the
default one depends on earlier allocations.

The memory of a call is the memory of {held} calls that ring at their last destination,
divided by their number.
"""


def best(row):
    """The instructions of the cheapest other method."""
    return min(values[0] for title, values in row.items() if title not in OURS)


def ratio(row, title):
    return row[title][0] / best(row)


def memory_ratio(row, title):
    """The ratio to dispatcher, which keeps its list during the call as this module does."""
    return row[title][1] / row["dispatcher"][1]


def missed(results, title):
    """The scenarios whose target for instructions is not met."""
    return [name for name, row in results.items()
            if ratio(row, title) > SCENARIOS[name].target]


def line(cells):
    return "| " + " | ".join(cells) + " |\n"


def table(results, place, names, titles, ratio_to, targets):
    text = line([""] + [SCENARIOS[name].title for name in names])
    text += line(["---"] + ["---:"] * len(names))
    for title in titles:
        row = [results[name].get(title) for name in names]
        text += line([f"`{title}`" if "(" in title else title]
                     + [f"{values[place]:,.0f}" if values else "" for values in row])
    for title in OURS:
        if all(title in results[name] for name in names):
            text += line([f"{title} / {ratio_to[0]}"]
                         + [f"**{ratio_to[1](results[name], title):.3f}**"
                            for name in names])
    return text + line(["target"] + [f"{target:.2f}" if target else ""
                                     for target in targets])


def tables(results):
    titles = list(dict.fromkeys(title for row in results.values() for title in row))
    text = "## Instructions of a call\n\nEach column says which destination answers:\n\n"
    text += table(results, 0, list(results), titles, ("best other", ratio),
                  [SCENARIOS[name].target for name in results])
    held = [name for name in results if SCENARIOS[name].is_held]
    if held:
        text += ("\n## Shared memory of a call that rings, in bytes\n\n"
                 "Each column says which destination rings:\n\n"
                 + table(results, 1, held, titles, ("dispatcher", memory_ratio),
                         [SCENARIOS[name].memory_target for name in held]))
    return text


PROFILES = """
## Where the difference comes from

These tables compare `{ours}` with the best other method, in each scenario whose target is
not met. The first rows count the instructions of a call by file. The other rows are the
functions outside of this module that spend more than with the other method; the functions
that they call are not counted.

The module itself spends some 3,600 instructions on a call and 2,000 to 2,500 on each
further attempt. A script and its variables cost more. tm and the core spend the rest for
the module:

- While another branch of a call is pending, tm stores the whole reply of a branch that
  fails. The next attempt is such a branch. So `store_reply` copies the reply with
  `sip_msg_shm_clone`: 1,800 instructions, with the memory. When failure_route runs, no
  branch is pending, and tm stores no reply.
- tm runs callbacks for each reply that it receives and for the one that it forwards. Each
  time, `run_trans_callbacks_internal` sets nine lists of variables and restores them
  (`set_avp_list`): 400 instructions.
- A call and its registration with tm take a block of shared memory each: `fm_malloc`,
  `fm_free`, 900 instructions. If other blocks of private memory are free, the allocator
  cuts some blocks of a request from larger ones: up to 90 instructions for each block.
  This differs between configurations.
- `t_relay` calls `t_newtran`, although the transaction exists already: 100 instructions.

"""
FUNCTIONS_MAX, FUNCTION_LEAST = 8, 100


def spent_by_file(profile):
    spent = collections.Counter()
    for (file, _), count in profile.items():
        spent[file if file in ("failover.so", "tm.so", "kamailio") else "others"] += count
    return spent


def profile_table(title, ours, other, other_title):
    mine, theirs = spent_by_file(ours), spent_by_file(other)
    text = line([title, OURS[0], other_title, "difference"])
    text += line(["---", "---:", "---:", "---:"])
    for file in ("failover.so", "tm.so", "kamailio", "others"):
        text += line([file, f"{mine[file]:,.0f}", f"{theirs[file]:,.0f}",
                      f"{mine[file] - theirs[file]:+,.0f}"])
    more = collections.Counter({where: count - other.get(where, 0)
                                for where, count in ours.items()})
    named = [(file, function, count) for (file, function), count in more.most_common()
             if file != "failover.so" and not function.startswith("0x")
             and count >= FUNCTION_LEAST]
    for file, function, count in named[:FUNCTIONS_MAX]:
        text += line([f"`{function}` ({file})", "", "", f"{count:+,.0f}"])
    return text


def profiles(results):
    text = ""
    for name in missed(results, OURS[0]):
        row = results[name]
        title = min((t for t in row if t not in OURS), key=lambda t: row[t][0])
        text += profile_table(SCENARIOS[name].title, row[OURS[0]][2], row[title][2],
                              title) + "\n"
    return text and PROFILES.format(ours=OURS[0]) + text


def first_line(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=True).stdout.splitlines()[0].strip()


def document(text, results):
    import measure
    return PAGE.format(
        date=datetime.datetime.now(datetime.timezone.utc).strftime("%d %B %Y"),
        release=re.sub(r"^version: k", "K", first_line(kamailio.BINARY, "-v")),
        valgrind=first_line("valgrind", "--version"), machine=platform.machine(),
        few=measure.FEW_CALLS, many=measure.MANY_CALLS, held=measure.HELD_CALLS,
        tables=text, profiles=profiles(results))
