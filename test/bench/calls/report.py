# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as tables, and as the page of the documentation."""

import collections
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

{tables}{profiles}
## How it is measured

Callgrind counts the instructions of all processes of the server,
in user mode, in two runs of {few} and {many} calls that last equally long; the
difference divided by the calls is what one call costs. The start and the ticks of timers
cancel each other out, and runs agree within half a percent. Kamailio uses its allocator fm
for both kinds of memory (`-x fm -X fm`): what the default one costs depends on what went
before. Memory is what {held} calls that ring at their last destination use, divided by
their number. What the kernel spends on packets is in none of these figures.
"""


def best(row):
    """The least of the other methods, in instructions."""
    return min(values[0] for title, values in row.items() if title not in OURS)


def ratio(row, title):
    return row[title][0] / best(row)


def memory_ratio(row, title):
    """Held against dispatcher, which keeps its list as this module does."""
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
    text = "## Instructions a call\n\nWho answers:\n\n"
    text += table(results, 0, list(results), titles, ("best other", ratio),
                  [SCENARIOS[name].target for name in results])
    held = [name for name in results if SCENARIOS[name].is_held]
    if held:
        text += ("\n## Shared memory of a call under way, in bytes\n\nWho rings:\n\n"
                 + table(results, 1, held, titles, ("dispatcher", memory_ratio),
                         [SCENARIOS[name].memory_target for name in held]))
    return text


PROFILES = """
## Where the rest goes

Instructions a call of `{ours}` and of the best other method, where the target is not
met: by the file whose functions spend them, and then the functions outside of this
module that spend more than there, without what they call.

The module itself spends some 4,000 instructions on a call and 2,000 to 2,500 on each
further attempt, which is less than a script and its variables cost. The rest is spent by tm and
the core on its behalf:

- tm stores the whole reply of a failed branch where other branches are pending, and the
  next attempt is one: `store_reply` has it copied by `sip_msg_shm_clone`, 1,800 with the
  memory. failure_route runs where tm stores none.
- tm runs callbacks for each reply that comes in and for the one that it sends on:
  `run_trans_callbacks_internal`, which puts nine lists of variables in their places and
  back (`set_avp_list`), 400 each time.
- A call, and its registration with tm, are two blocks of shared memory: `fm_malloc`,
  `fm_free`, 900 instructions. Where other blocks of private memory stay free, the
  allocator cuts some of each request's from larger ones, up to 90 instructions each:
  this differs from configuration to configuration.
- `t_relay` asks `t_newtran` for the transaction that is there already: 100.

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
