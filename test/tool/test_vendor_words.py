# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests the words of the Brekeke SIP Server, which vendor_words.txt lists. Each word works,
and the row shows its effect; or it gives exactly the error or the warning of the row."""

import dataclasses
import pathlib
import re
import shlex
from xml.etree import ElementTree

import pytest

from failoverctl import INVITE, TOP, run

FILE = pathlib.Path(__file__).with_name("vendor_words.txt")
MANUAL = TOP / "doc/failover_admin.xml"
PLAN_DIRECTORY = FILE.parent / "vendor_plans"
DEPLOY = "To = sip:a@192.0.2.1"
PLACE = re.compile(r"<stdin>:(\d+:\d+): (error|warning): (.*)")


@dataclasses.dataclass
class Plan:
    """The plan to check, the result of the check, and the result for calls."""
    conditions: list = dataclasses.field(default_factory=list)
    deploys: list = dataclasses.field(default_factory=list)
    lines: list = dataclasses.field(default_factory=list)
    error: list = dataclasses.field(default_factory=list)
    warning: list = dataclasses.field(default_factory=list)
    calls: list = dataclasses.field(default_factory=list)

    @property
    def text(self):
        lines = list(self.lines)
        if not lines:
            lines = ["[Matching Patterns]", *self.conditions] if self.conditions else []
            lines += ["[Deploy Patterns]", *(self.deploys or [DEPLOY])]
        return "\n".join(lines) + "\n"


@dataclasses.dataclass
class Row:
    line: int
    word: str
    there: str = ""
    said_here: str = ""
    plan: Plan = dataclasses.field(default_factory=Plan)
    right: Plan = None      # the plan that the message proposes

    @property
    def here(self):
        """The text of the manual for the word."""
        if self.said_here:
            return self.said_here
        if self.right:
            lines = [line for line in self.right.conditions + self.right.deploys
                     if line not in self.plan.conditions + self.plan.deploys]
            return f"an error: {' and '.join(lines)}"
        checks = {re.search(r"\[([a-z-]+)\]$", warning)[1] for warning in self.plan.warning}
        if "variable-unused" in checks:
            return "a variable for the script, with a warning"
        if "pattern-java" in checks:
            return "a warning: it reads otherwise here"
        assert not self.plan.error and not checks, self.word
        return "the same"

    def begin_right(self, kind, line):
        """Put the line in the place of the wrong one, which is the last of its kind."""
        if self.right is None:
            self.right = Plan(list(self.plan.conditions), list(self.plan.deploys))
            {"if": self.right.conditions, "do": self.right.deploys}[kind].pop()
        {"if": self.right.conditions, "do": self.right.deploys}[kind].append(line)


def read():
    rows = []
    for number, line in enumerate(FILE.read_text().splitlines(), 1):
        if line == "" or line.startswith("#"):
            continue
        key, _, rest = line.partition(" ")
        rest = rest.strip()
        if key == "word":
            rows.append(Row(number, rest))
            continue
        row = rows[-1]
        plan = row.right or row.plan
        if key == "there":
            row.there = rest
        elif key == "here":
            row.said_here = rest
        elif key == "so":
            row.begin_right(*(part.strip() for part in rest.split(" ", 1)))
        elif key == "call":
            asked, result = f" {rest}".split(" => ")
            plan.calls.append((shlex.split(asked), result))
        else:
            {"if": plan.conditions, "do": plan.deploys, "text": plan.lines,
             "error": plan.error, "warn": plan.warning}[key].append(rest)
    return rows


ROWS = read()


def told(plan):
    """The result of check: its status, errors, warnings."""
    result = run("check", "-", stdin=plan.text)
    found = [match.groups() for match in map(PLACE.match, result.err.splitlines())
             if match and "[redirection-anywhere]" not in match[0]]
    return (result.status, *([f"{place} {text}" for place, what, text in found if what == kind]
                             for kind in ("error", "warning")))


def destinations(attempts):
    """Each URI, with the next hop if it is not the host of the URI over UDP."""
    shown = []
    for it in attempts:
        usual = "sip:" + it["uri"].partition("@")[2] + ";transport=udp"
        shown.append(it["uri"] + ("" if it["next_hop"] in (None, "", usual) else
                                  f" via {it['next_hop']}"))
    return ", ".join(shown)


def outcomes(plan, asked):
    """All results of a call, in the words of the file."""
    request = [] if "-r" in asked else ["-r", INVITE]
    result = run("explain", "-", *request, *asked, "--json", stdin=plan.text)
    assert result.err == "", result.err
    found = result.json
    if not found["applied"]:
        why = {it["outcome"] for it in found["not_applied"]}
        return {"not known"} if "unknown" in why else {"does not fit"} if "misfit" in why \
            else {"no rule"}
    said = {"applies", f"to {destinations(found['attempts'])}"}
    if found["reply"]:
        said.add("answers {code} {reason}".format(**found["reply"]))
    said |= {f"header {it['name']}: {it['value'] or ''}".rstrip() for it in found["headers"]}
    said |= {f"variable {name}={value}" for name, value in found["variables"].items()}
    said |= {f"setting {name}={value}" for name, value in found["settings"].items()}
    said |= {f"from {it['socket']}" for it in found["attempts"]}
    return said


def named(row):
    return f"{row.line}-{row.word}"


def test_each_row_has_a_verdict():
    for row in ROWS:
        assert row.there, row.word
        assert row.plan.error or row.plan.calls, f"line {row.line}: {row.word}: no verdict"
        assert not (row.plan.error and row.plan.calls), row.word
        assert row.right is None or (row.plan.error and row.right.calls and not row.right.error)
    assert len(ROWS) > 80 and len({row.word for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_each_word_gives_the_errors_and_warnings_of_its_row(row):
    for plan in filter(None, (row.plan, row.right)):
        status, errors, warnings = told(plan)
        assert status == (1 if plan.error else 0), plan.text
        for said, expected in ((errors, plan.error), (warnings, plan.warning)):
            assert len(said) == len(expected), (plan.text, said)
            for text, wanted in zip(said, expected):
                pattern = re.escape(wanted).replace(re.escape("..."), ".*")
                assert re.fullmatch(pattern, text), (plan.text, text)


@pytest.mark.parametrize("row", [row for row in ROWS if row.plan.calls or row.right], ids=named)
def test_each_word_has_the_effect_of_its_row(row):
    plan = row.right or row.plan
    for asked, expected in plan.calls:
        assert expected in outcomes(plan, asked), (plan.text, asked)


# -- the manual --------------------------------------------------------------------------

def test_the_manual_lists_each_word():
    """The manual and vendor_words.txt have the same rows."""
    table = next(it for it in ElementTree.parse(MANUAL).iter("table")
                 if it.get("id") == "failover.plan.words")
    listed = [[" ".join("".join(entry.itertext()).split()) for entry in row.iter("entry")]
              for row in table.find(".//tbody").iter("row")]
    assert listed == [[row.word, row.there, row.here] for row in ROWS]


# -- whole plans ---------------------------------------------------------------------------

PLANS = sorted(PLAN_DIRECTORY.glob("*.dialplan"))


@pytest.mark.parametrize("plan", PLANS, ids=lambda it: it.stem)
def test_the_messages_for_a_whole_plan(plan):
    """The file beside the plan has all messages. The plan NAME-mended, which was changed as
    the messages propose, has no errors."""
    result = run("check", plan.name, cwd=PLAN_DIRECTORY)
    assert result.err == plan.with_suffix(".check").read_text()
    assert result.status == (0 if "\n0 errors" in f"\n{result.err}" else 1)
    if plan.stem.endswith("-mended"):
        assert result.status == 0
    elif result.status == 1:
        assert plan.with_name(f"{plan.stem}-mended.dialplan") in PLANS


# -- the words of the program ----------------------------------------------------------------

def names_in(path, begin):
    """The names at the beginning of the rows of a table in C."""
    text = (TOP / path).read_text()
    table = text[text.index(begin):]
    return re.findall(r'\{"([$&][^"]*)"', table[:table.index("\n};")])


# words in the tables of the program that are not words of that server
OWN = {"$not", "$or", "$mydomain", "$useragent", "$getuser", "$body", "$soapget", "$webget",
       "$replaceuri", "$pv($...)"}


def test_each_word_of_the_program_has_a_row():
    said = " ".join(line for row in ROWS for line in
                    (row.word, *row.plan.conditions, *row.plan.deploys)).lower()
    names = (names_in("dialplan/foreign.c", "deploys[]") + names_in("dialplan/foreign.c", "} foreign[]")
             + names_in("dialplan/rule_parse.c", "deploy_line_t table[]")
             + re.findall(r'\] = \{"([$&][^"]*)"', (TOP / "dialplan/subject.c").read_text()))
    assert len(names) > 60
    missing = [name for name in names
               if name not in OWN and re.sub(r"\(.*", "", name).lower() not in said]
    assert missing == []
