# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures what it costs to remember next hops: the instructions of a call with hold_after
off and on, and how many of them the functions of this feature spend. With hold_after off, a
call only asks them whether it is on. `make bench-holding` runs this script. The exit status
is 1 if an attempt costs more than the limits below.

usage: holding.py"""

import dataclasses
import re
import sys

from measure import instructions
from methods import SCENARIOS, failover_list

ATTEMPTS = {"first": 1, "second": 2, "sixth": 6}
OFF_MAX, ON_MAX = 100, 600             # instructions of an attempt
OURS = re.compile(r"(holding|hold|next_hops?|remember)_|make_name$|is_remembered$|may_use$")
# These are not counted. The cost of an allocator depends on what was allocated before, and
# an attempt allocates nothing. The random numbers of tags are hashes.
OTHERS = re.compile(r"fm_|SHA256_")

# No reply counts as a failure; otherwise the gateways that reply 503 would soon be held.
ON = ('modparam("failover", "hold_after", 3)\n'
      'modparam("failover", "hold_codes", "599")')


def spent(profile, is_counted):
    return sum(count for (_, function), count in profile.items() if is_counted(function))


def main():
    faults = 0
    print("instructions            off       on   an attempt   in our functions: off, on")
    for name, attempts in ATTEMPTS.items():
        profiles = [instructions(SCENARIOS[name], lambda scenario, callees, more=more:
                                 dataclasses.replace(failover_list(scenario, callees),
                                                     modparams=more)) for more in ("", ON)]
        off, on = [spent(profile, lambda name: not OTHERS.match(name)) for profile in profiles]
        ours = [spent(profile, OURS.match) / attempts for profile in profiles]
        cost = (on - off) / attempts
        print(f"{name:15} {off:11,.0f} {on:8,.0f} {cost:12,.0f}   {ours[0]:,.0f}, {ours[1]:,.0f}"
              " an attempt", flush=True)
        faults += cost > ON_MAX or ours[0] > OFF_MAX
    print(f"limits for an attempt: {ON_MAX} with hold_after on, {OFF_MAX} with it off")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
