# SPDX-License-Identifier: GPL-2.0-or-later
"""The report that `make bench` makes from callgrind's files and from its measurements."""

import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test" / "bench" / "calls"), str(TOP / "test" / "wire")]

import profile_of                        # noqa: E402 (test/bench is no package)
import report                            # noqa: E402

FILE = """\
# callgrind format
positions: line
events: Ir
ob=(1) /usr/lib/tm.so
fl=(1) t_reply.c
fn=(1) relay_reply
10 100
+2 20
cob=(2) /usr/sbin/kamailio
cfi=(2) msg.c
cfn=(2) clone
calls=3 50
* 3000
-1 4
fn=(3) walk'2
12 7
ob=(2)
fl=(2)
fn=(2)
50 2900
fn=(3)
* 1
totals: 3032
"""


def test_a_function_does_not_count_the_functions_it_calls(tmp_path):
    (tmp_path / "callgrind.1").write_text(FILE)
    assert profile_of.read(tmp_path / "callgrind.1") == {
        ("tm.so", "relay_reply"): 124, ("tm.so", "walk"): 7,
        ("kamailio", "clone"): 2900, ("kamailio", "walk"): 1}


def row(ours, held=0):
    """The result of a scenario in which the best other method takes 1000 instructions."""
    return {"failure_route": (1000, 900, {("kamailio", "clone"): 1000}),
            "dispatcher": (1100, 1000, {("kamailio", "clone"): 1100}),
            report.OURS[0]: (ours, held, {("kamailio", "clone"): ours - 60,
                                          ("failover.so", "happen"): 60})}


def test_the_tables_compare_instructions_with_the_best_and_memory_with_dispatcher():
    text = report.tables({"second": row(1050, 1100)})
    assert "| failover(list) / best other | **1.050** |\n" in text
    assert "| failover(list) / dispatcher | **1.100** |\n" in text
    assert "| target | 1.00 |\n" in text and "| target | 1.15 |\n" in text


def test_a_missed_target_is_explained_by_a_profile():
    assert report.profiles({"second": row(1000)}) == ""
    text = report.profiles({"second": row(1500)})
    assert "| failover.so | 60 | 0 | +60 |" in text
    assert "| `clone` (kamailio) |  |  | +440 |" in text
