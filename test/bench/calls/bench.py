# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures what a call costs with failover() and with other methods that do the
same. `make bench` measures all scenarios and writes doc/performance.md. `make bench
BENCH=first,second` measures these scenarios and prints the result.

usage: bench.py [--write FILE] [--only METHOD] [--repeat N] [--keep DIRECTORY]
                [SCENARIO,SCENARIO...]
"""

import argparse

from methods import METHODS, SCENARIOS
import measure
import report


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition(" `make")[0])
    parser.add_argument("scenarios", nargs="?", default=",".join(SCENARIOS),
                        help="some of: %(default)s")
    parser.add_argument("--write", metavar="FILE",
                        help="write the tables to FILE; only with all scenarios")
    parser.add_argument("--only", default="", metavar="METHOD",
                        help="only methods with this word in the title; no ratios")
    parser.add_argument("--repeat", type=int, default=1, metavar="N",
                        help="measure each N times, to see the spread")
    parser.add_argument("--keep", metavar="DIRECTORY",
                        help="keep callgrind's files, for callgrind_annotate")
    given = parser.parse_args()
    given.scenarios = given.scenarios.split(",")
    for name in given.scenarios:
        if name not in SCENARIOS:
            parser.error(f"[{name}] is not a scenario; there are {', '.join(SCENARIOS)}")
    if given.write and (set(given.scenarios) != set(SCENARIOS) or given.only):
        parser.error("--write needs all scenarios and all methods")
    return given


def measured(name, title, method, given):
    """-> (instructions a call, bytes of shared memory a call, {(file, function):
    instructions a call})"""
    keep = f"{given.keep}/{name}-{title.split('(')[0]}" if given.keep else None
    profiles = [measure.instructions(SCENARIOS[name], method, keep)
                for _ in range(given.repeat)]
    counts = [sum(profile.values()) for profile in profiles]
    held = None
    if SCENARIOS[name].is_held:
        held = measure.shared_memory(SCENARIOS[name], method)
    middle = sorted(counts)[len(counts) // 2]
    spread = "" if given.repeat == 1 else \
        f"   spread {100 * (max(counts) - min(counts)) / middle:.2f} %"
    print(f"{name:9} {title:21} {middle:9,.0f} instructions"
          f"{'' if held is None else f' {held:9,.0f} bytes'}{spread}", flush=True)
    return middle, held, profiles[0]


def main():
    given = arguments()
    results = {}
    for name in given.scenarios:
        results[name] = {
            title: measured(name, title, method, given)
            for title, method, can in METHODS
            if name in can and given.only in title}
    if given.only:
        return
    text = report.tables(results)
    print("\n" + text)
    if given.write:
        with open(given.write, "w", encoding="utf-8") as file:
            file.write(report.document(text, results))


if __name__ == "__main__":
    main()
