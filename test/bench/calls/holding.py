# SPDX-License-Identifier: GPL-2.0-or-later
"""What it costs to remember next hops: instructions of a call with hold_after off and on,
and what of them is spent in the functions that see to that, which a call with hold_after
off only asks whether it is on. `make bench-holding` runs it; it ends with status 1 if an
attempt costs more than is allowed.

usage: holding.py"""

import dataclasses
import re
import sys

from measure import instructions
from methods import SCENARIOS, failover_list

ATTEMPTS = {"first": 1, "second": 2, "sixth": 6}
OFF_MAX, ON_MAX = 100, 600             # instructions an attempt
OURS = re.compile(r"(holding|hold|next_hops?|remember)_|make_name$|is_remembered$|may_use$")
# What an allocator spends depends on what was allocated before, and nothing is allocated
# for an attempt; the random numbers of tags are hashes.
OTHERS = re.compile(r"fm_|SHA256_")

# No reply is a failure here, or the gateways that reply 503 would be held soon.
ON = ('modparam("failover", "hold_after", 3)\n'
      'modparam("failover", "hold_codes", "599")')


def spent(profile, is_counted):
    return sum(count for (_, function), count in profile.items() if is_counted(function))


def main():
    faults = 0
    print("instructions            off       on   an attempt   of ours: off, on")
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
    print(f"allowed: {ON_MAX} an attempt where it is on, {OFF_MAX} where it is off")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
