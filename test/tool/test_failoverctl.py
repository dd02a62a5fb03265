# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of failoverctl: options, files, and how it shows errors."""

import os
import pathlib
import pty
import re
import resource
import shutil
import subprocess
import time

import pytest

from failoverctl import (INSTALLED, INVITE, SANITIZED, SECONDS_MAX, TOP, check, explain,
                         explained, run)

PLAN = "[Deploy Patterns]\nTo = sip:100@192.0.2.1\n&failover.redirection = false\n"
WRONG = "[Deploy Patterns]\nTo = sip:100@\n"
HELP = "failoverctl --help names what there is\n"


# -- the options ---------------------------------------------------------------

def test_help():
    result = run("--help")
    assert result.status == 0 and result.err == ""
    for word in ("check FILE", "explain FILE", "--json", "Exit status"):
        assert word in result.out
    assert all(len(line) <= 100 for line in result.out.splitlines())
    for arguments in (("-h",), ("check", "--help"), ("explain", "x", "-r", "y", "-h")):
        assert run(*arguments) == result


def test_version():
    result = run("--version")
    assert result.status == 0 and result.err == ""
    assert re.fullmatch(r"failoverctl [0-9.]+ \(PCRE2 [0-9.]+ [0-9-]+\)\n", result.out)


# Wrong arguments, and the message after "failoverctl: "; ... matches any text.
USAGE = [
    ([], "a command is missing: check, explain, calls, stats, watch or reload would be right"),
    (["chek", "x"], "chek: there is no such command: check, explain, calls, stats, watch or reload would be right"),
    *(([word], f"{word}: there is no such option here: --help, --version or a command (check, "
       "explain, calls, stats, watch or reload) would be right")
      for word in ("--json", "-x", "--help=foo")),
    (["check"], "check: FILE is missing: a dial plan, or - for the standard input"),
    (["check", "--json"], "check: FILE is missing: ..."),
    (["check", "a", "b"], "b: one dial plan at a time is right"),
    (["check", ""], "the name of the file is empty"),
    (["check", "-", "--jsn"], "--jsn: there is no such option here"),
    (["check", "-", "-x"], "-x: there is no such option here"),
    (["check", "-", "--json=1"], "--json: it takes no value"),
    (["check", "-", "--jsonx"], "--jsonx: there is no such option here"),
    (["check", "-", "-r", INVITE], "-r: there is no such option here"),
    (["check", "-", "--max-branches"], "--max-branches: N is missing behind it"),
    *((["check", "-", "--max-branches", value],
       f"--max-branches: [{value}] is no whole number from 1 to 30, as max_branches is in "
       "kamailio.cfg") for value in ("0", "31", "-1", "x", "", "3x", " 3", "99999999999999999999")),
    (["check", "-", "--color", "red"], "--color: [red]: auto, always or never would be right"),
    (["check", "-", "--color"], "--color: WHEN is missing behind it"),
    (["check", "-", "--defaults", "timer.invite=3"],
     "--defaults: column 1: [timer.invite] is no setting of failover: one of ..."),
    (["check", "-", "--defaults", "ringing=stop; attempts=99"],
     "--defaults: column 24: [99] is no whole number from 1 to 30, ..."),
    (["check", "-", "--defaults", "ringing"], "--defaults: column 1: [ringing] is no setting: ..."),
    (["explain", "-"],
     "explain: -r 'INVITE sip:100@192.0.2.1 SIP/2.0' is missing, the call that is to be "
     "explained"),
    *((["explain", "-", "-r", line],
       f"--request: [{line}] is no request line: INVITE sip:100@192.0.2.1 SIP/2.0 would be right")
      for line in ("", "INVITE", "INVITE sip:a@h", "INVITE  sip:a@h SIP/2.0",
                   "INVITE sip:a@h SIP/2.0 ", "INVITE sip:a@h SIP/3.0", " sip:a@h SIP/2.0",
                   "INV(ITE sip:a@h SIP/2.0", "sip:a@h", "SIP/2.0 200 OK",
                   "INVITE sip:a b@h SIP/2.0", "INVITE sip:a@h sip/2.0")),
    (["explain", "-", "-r", "INVITE sip:a@h\r\nX: SIP/2.0"], "--request: [...] is no request ..."),
    (["explain", "-", "-r", "BYE sip:a@h SIP/2.0"],
     "--request: [BYE]: failover() takes an INVITE only, in capitals"),
    (["explain", "-", "-r", "invite sip:a@h SIP/2.0"], "--request: [invite]: failover() takes ..."),
        *((["explain", "-", "-r", f"INVITE {uri} SIP/2.0"],
       f"--request: [{uri}] is no URI, so that failover() would return -2: sip:100@192.0.2.1 or "
       "tel:+4930123 would be right")
      for uri in ("foo", "sip:", "100@192.0.2.1", "sip", "http://192.0.2.1/", "sipx:a@h")),
    (["explain", "-", "-r", INVITE, "-r", INVITE],
     "--request: $request is said a second time: once is right"),
]
WITH_REQUEST = [
    *((["-H", value], f"--header: [{value}] is no header: a line such as From: "
       "<sip:100@192.0.2.1>;tag=1 would be right") for value in ("", "x", ": x", "a b: x", "A(: 1")),
    (["-H", "X: a\nY: b"], "--header: [X: a...Y: b] is no header: ..."),
    (["-H"], "--header: HEADER is missing behind it"),
    *((["-a", value], f"--addr: [{value}]: an IP address such as 192.0.2.1 or 2001:db8::1 would "
       "be right") for value in ("", "x", "192.0.2", "192.0.2.256", "[192.0.2.1]", "[]", "::1::",
                                 "192.0.2.1:5060", "1" * 50)),
    (["-a", "192.0.2.1", "-a", "192.0.2.2"],
     "--addr: $addr is said a second time: once is right"),
        *((["-R", value], f"--route: [{value}] is no route: <sip:192.0.2.1;lr> would be right")
      for value in ("", "xx", "<xx>", "<sip:>", "192.0.2.1")),
    *((["-t", value], f"--transport: [{value}]: one of UDP, TCP, TLS, SCTP, WS and WSS would be "
       "right") for value in ("", "x", "UDPP")),
    *((["-l", value], f"--localhost: [{value}] is no host: example.com, 192.0.2.1:5060 or "
       "[2001:db8::1] would be right")
      for value in ("", "a b", "h:0", "h:65536", "h:x", "a@h", "h;lr", "h?x=1", "[::1", "::1")),
    *((["--at", value], f"--at: [{value}] is no time: one as in 2030/12/24 09:30:00 would be right")
      for value in ("", "now", "2030/12/24", "09:30:00", "2030-12-24 09:30:00",
                    "2030/12/24T09:30:00", "2030/12/24 24:00:00", "2030/12/24 09:60:00",
                    "2030/13/24 09:30:00", "2030/04/31 09:30:00", "2030/02/29 09:30:00",
                    "2100/02/29 09:30:00", "2030/00/24 09:30:00", "2030/12/00 09:30:00",
                    "2030/12/24 09:30:00 ", "2030/12/2x 09:30:00")),
    *((["--set", value], f"--set: [{value}] sets nothing: LHS=VALUE, as in $pv($rU)=100 or &x=1, "
       "would be right") for value in ("", "x", "=", "=x", " = x")),
    (["--set", "$foo=1"], "--set: [$foo] is not known here: ..."),
    (["--set", "$pv(rU)=1"], "--set: [$pv(rU)]: a pseudo-variable begins with a dollar sign: ..."),
    (["--set", "$sid=1"], "--set: [$sid] is not known here: calls have no number here: ..."),
    (["--set", "a b=1"], "--set: [a b] is no name of a header: ..."),
    *((["--set", f"$port={value}"], f"--set: [{value}]: a number from 1 to 65535 would be right")
      for value in ("", "0", "65536", "x", "05060", "-1", "1" * 30)),
    (["--set", "$transport=x"], "--set: [x]: one of UDP, ..."),
    (["--set", "$localhost=yes"], "--set: [yes]: true or false would be right"),
    (["--set", "$date=2030/02/30"], "--set: [2030/02/30]: a day as in 2030/12/24 would be right"),
    (["--set", "$time=9:00"], "--set: [9:00]: a time as in 09:30:00 would be right"),
    (["--set", "X=a\x01"], "--set: [a\\x01]: a text of one line would be right"),
    (["--set", "&x=1", "--set", "&x=2"], "--set: &x is said a second time: once is right"),
    (["--set", "$time=09:00:00", "--at", "2030/12/24 09:30:00"],
     "--at: $time is said a second time: once is right"),
    (["--set", "$request=x"], "--set: $request is said a second time: once is right"),
]


def pattern(expected):
    """A regular expression for a text with ... in it."""
    return re.compile(".*".join(re.escape(part) for part in expected.split("...")), re.DOTALL)


@pytest.mark.parametrize("arguments, why", [
    *USAGE, *((["explain", "-", "-r", INVITE, *arguments], why) for arguments, why in WITH_REQUEST)])
def test_usage(arguments, why):
    result = run(*arguments, stdin=PLAN)
    assert (result.status, result.out) == (2, "")
    assert pattern(f"failoverctl: {why}\n{HELP}").fullmatch(result.err), result.err


# Several ways to write the same arguments.
@pytest.mark.parametrize("ways", [
    (["-r", INVITE], ["-r" + INVITE], ["-r=" + INVITE], ["--request", INVITE],
     ["--request=" + INVITE]),
    (["-r", INVITE, "--max-branches", "3"], ["--max-branches=3", "-r", INVITE]),
    (["-r", INVITE, "-a", "2001:DB8:0::1"], ["-r", INVITE, "-a", "[2001:db8::1]"]),
    (["-r", INVITE, "-t", "TLS"], ["-r", INVITE, "-ttls"], ["-r", INVITE, "--transport=Tls"]),
])
def test_ways(ways, tmp_path):
    plan = tmp_path / "plan"
    plan.write_text("[Matching Patterns]\n$addr = x\n$transport = x\n" + PLAN)
    results = [run("explain", plan, *way, "--json") for way in ways]
    results += [run("explain", *way, "--json", "--", plan) for way in ways]
    assert results[0].status == 3 and results[0].err == ""
    assert all(result == results[0] for result in results)


def test_dash_after_two_dashes(tmp_path):
    (tmp_path / "-x").write_text(WRONG)
    assert run("check", "--", "-x", cwd=tmp_path).status == 1
    assert run("check", "./-x", cwd=tmp_path).status == 1
    assert check(WRONG).status == 1
    assert run("check", "--", "-", stdin=WRONG).status == 1


# -- files ---------------------------------------------------------------------

def refused(path, why):
    for arguments in (("check", path), ("explain", path, "-r", INVITE)):
        result = run(*arguments)
        assert result == (type(result))(
            2, "", f"failoverctl: {path}: cannot read the dial plan: {why}\n")


def test_file(tmp_path):
    plan = tmp_path / "plan"
    plan.write_text(PLAN)
    assert run("check", plan).err == "0 errors, 0 warnings\n"
    assert run("check", plan).status == 0


def test_no_file(tmp_path):
    refused(tmp_path / "none", "No such file or directory")


def test_directory(tmp_path):
    refused(tmp_path, "it is no regular file")


def test_fifo(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    refused(tmp_path / "fifo", "it is no regular file")


def test_device():
    refused("/dev/null", "it is no regular file")


def test_unreadable(tmp_path):
    """The user nobody may read each folder of the path, but not the plan."""
    plan = tmp_path / "plan"
    plan.write_text(PLAN)
    plan.chmod(0)
    program = shutil.copy(INSTALLED, tmp_path)
    for parent in (tmp_path, *tmp_path.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o111)
    done = subprocess.run([program, "check", plan], capture_output=True, check=False,
                          user=65534, group=65534, text=True, timeout=SECONDS_MAX)
    assert done.returncode == 2
    assert done.stderr == (
        f"failoverctl: {plan}: cannot read the dial plan: Permission denied\n")


def test_too_large(tmp_path):
    plan = tmp_path / "plan"
    with plan.open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    refused(plan, "it is longer than 16 MiB, which is the most")


def test_too_large_on_stdin():
    text = b"#" * 60000 + b"\n"
    plan = (text * 300)[:16 * 1024 * 1024 + 1]
    result = check(plan, program=INSTALLED)
    assert result.status == 2
    assert result.err == ("failoverctl: <stdin>: cannot read the dial plan: it is longer than "
                          "16 MiB, which is the most\n")
    assert check(plan[:-1], program=INSTALLED).status == 1   # it is read, and has no rule


def test_directory_on_stdin(tmp_path):
    directory = os.open(tmp_path, os.O_RDONLY)
    done = subprocess.run([SANITIZED, "check", "-"], stdin=directory, capture_output=True,
                          check=False, text=True, timeout=SECONDS_MAX)
    os.close(directory)
    assert done.returncode == 2
    assert done.stderr == "failoverctl: <stdin>: cannot read the dial plan: Is a directory\n"


def test_closed_stdin():
    done = subprocess.run(["sh", "-c", f'"{SANITIZED}" check - <&-'], capture_output=True,
                          check=False, text=True, timeout=SECONDS_MAX)
    assert done.returncode == 2 and "Bad file descriptor" in done.stderr


def test_slow_stdin():
    """Input that comes in pieces is read to its end."""
    process = subprocess.Popen([SANITIZED, "check", "-"], stdin=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    for byte in WRONG.encode():
        process.stdin.write(bytes([byte]))
        process.stdin.flush()
    process.stdin.close()
    assert b"<stdin>:2:6: error: " in process.stderr.read()
    assert process.wait() == 1


def test_stdin_is_not_touched(tmp_path):
    plan = tmp_path / "plan"
    plan.write_text(PLAN)
    assert run("check", plan, stdin=WRONG).status == 0


def test_full_disk(tmp_path):
    plan = tmp_path / "plan"
    plan.write_text(PLAN)
    for arguments in (["--help"], ["explain", plan, "-r", INVITE], ["check", plan, "--json"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([SANITIZED, *arguments], stdout=full, check=False, text=True,
                                  stderr=subprocess.PIPE, timeout=SECONDS_MAX)
        assert done.returncode == 2
        assert done.stderr == "failoverctl: cannot write: No space left on device\n"


def test_name_of_file_is_escaped(tmp_path):
    name = tmp_path / "a\x1b[31m\n\u202e.plan"
    name.write_text(WRONG)
    assert run("check", name).err.startswith(f"{tmp_path}/a\\x1b[31m\\x0a<U+202E>.plan:2:6: error: ")
    assert run("check", str(name) + "x").err.startswith(
        f"failoverctl: {tmp_path}/a\\x1b[31m\\x0a<U+202E>.planx: cannot")


# -- how errors are shown ------------------------------------------------------

def shown(plan, **more):
    """The listing of a plan, without its messages."""
    result = check(plan, **more)
    return [re.sub(r"(: (?:error|warning)): .*", r"\1", line)
            for line in result.err.splitlines()], result.status


D = "[Deploy Patterns]\n"
LONG = "x" * 200


LATER = "; warnings are shown when there are no errors"

CARETS = [
    # the caret stands below the column
    (D + "To = sip:100@\n", ["<stdin>:2:6: error", "To = sip:100@", "     ^"]),
    (D + "To = sip:100@", ["<stdin>:2:6: error", "To = sip:100@", "     ^"]),
    (D + "To = sip:100@\r\n", ["<stdin>:2:6: error", "To = sip:100@", "     ^"]),
    (D + "&failover.attempts =\t99\n",
     ["<stdin>:2:22: error", "&failover.attempts =\t99", "                    \t^"]),
    (D + "\t\t&failover.attempts = 99\n",
     ["<stdin>:2:24: error", "\t\t&failover.attempts = 99", "\t\t                     ^"]),
    # a place after the end of the line
    (D + "To =\n", ["<stdin>:2:5: error", "To =", "    ^"]),
    # the place counts bytes, the caret stands below a column: \u00fc is two bytes, \u6f22 three and two columns wide
    (D + "\u00dcber = 1\n", ["<stdin>:2:1: error", "\u00dcber = 1", "^"]),
    (D + "X-A = \u00fc\u6f22 %9\n",
     ["<stdin>:2:13: error", "X-A = \u00fc\u6f22 %9", "          ^"]),
    # a letter and its accent are one column
    (D + "X-A = e\u0301 %9\n", ["<stdin>:2:11: error", "X-A = e\u0301 %9", "        ^"]),
    # characters that must not reach a terminal
    (D.encode() + b"X-A = \xff\xc3 %9\n",
     ["<stdin>:2:10: error", "X-A = \\xff\\xc3 %9", "               ^"]),
    (D + "X-A = \u202e\u2066 %9\n",
     ["<stdin>:2:14: error", "X-A = <U+202E><U+2066> %9", " " * 23 + "^"]),
    (D + "X-A = \x1b[31m\n", ["<stdin>:2:7: error", "X-A = \\x1b[31m", "      ^"]),
    (D + "X-A = \x00b\n", ["<stdin>:2:7: error", "X-A = \\x00b", "      ^"]),
    (D + "X-A = a\rb\n", ["<stdin>:2:8: error", "X-A = a\\x0db", "       ^"]),
    (D + "X-A = \u0085 %9\n", ["<stdin>:2:10: error", "X-A = <U+0085> %9", "               ^"]),
    # a byte order mark takes no column
    ("\ufeffTo = sip:a@h\n", ["<stdin>:1:1: error", "To = sip:a@h", "^"]),
    # of a long line, the part round the column is shown
    (D + f"X-A = %9{LONG}\n",
     ["<stdin>:2:7: error", f"X-A = %9{LONG}"[:120] + "...", "      ^"]),
    (D + f"X-A = {LONG}%9{LONG}\n",
     ["<stdin>:2:207: error", "..." + "x" * 60 + "%9" + "x" * 58 + "...", " " * 63 + "^"]),
    (D + f"X-A = {LONG}%9\n",
     ["<stdin>:2:207: error", "..." + "x" * 60 + "%9", " " * 63 + "^"]),
    (D + "X-A = " + "\u6f22" * 100 + "%9\n",
     ["<stdin>:2:307: error", "..." + "\u6f22" * 30 + "%9", " " * 63 + "^"]),
    (D + "X-A = " + "\t" * 100 + "a%9\n",
     ["<stdin>:2:108: error", "..." + " " * 59 + "a%9", " " * 63 + "^"]),
    (D + "X-A = " + "\u0301" * 1900 + "%9\n", None),
    (D + "X-A = " + "\u6f22" * 1300 + "%9" + "\u6f22" * 50 + "\n",
     ["<stdin>:2:3907: error", "..." + "\u6f22" * 30 + "%9" + "\u6f22" * 29 + "...",
      " " * 63 + "^"]),
    # lines of 120 columns are not cut
    (D + "X-A = %9" + "x" * 112 + "\n",
     ["<stdin>:2:7: error", "X-A = %9" + "x" * 112, "      ^"]),
]


@pytest.mark.parametrize("plan, lines", CARETS, ids=range(len(CARETS)))
def test_caret(plan, lines):
    found, status = shown(plan)
    assert status == 1
    if lines is not None:
        assert found == [*lines, "1 error" + LATER]


def test_caret_points_into_a_character():
    """PCRE2 counts bytes, so a column may point into a character."""
    found, _ = shown("[Matching Patterns]\nX = \u6f22(\n" + PLAN)
    assert found[1] == "X = \u6f22(" and re.fullmatch(" {4,7}\\^", found[2])


def test_order():
    """Errors come by line, then by column, also the errors at the end of a rule."""
    plan = ("[Deploy Patterns]\nX-A = %9 %8\nTo = sip:a@h/TCP\n$transport = UDP\n"
            "[Matching Patterns]\nX = (\n")
    found, _ = shown(plan)
    places = [line for line in found if line.startswith("<stdin>")]
    assert [place.split(":")[1] for place in places] == sorted(
        place.split(":")[1] for place in places)
    assert len(places) == 5 and places[0] == "<stdin>:2:7: error"
    assert places[1] == "<stdin>:2:10: error"


@pytest.mark.parametrize("plan, summary", [
    (PLAN, "0 errors, 0 warnings"),
    (PLAN + "$x = 1\n", "0 errors, 1 warning"),
    (PLAN + "$x = 1\n$y = 1\n", "0 errors, 2 warnings"),
    (WRONG, "1 error" + LATER),
    # warnings are not searched in a plan with errors
    (PLAN + "$x = 1\nX = %1\nY = %\n", "2 errors" + LATER),
    ("", "1 error" + LATER),
    ("\n\n", "1 error" + LATER),
])
def test_summary(plan, summary):
    result = check(plan)
    assert result.out == "" and result.err.splitlines()[-1] == summary
    assert result.status == (0 if summary.startswith("0 errors") else 1)


def test_names_of_warnings():
    lines = check(PLAN + "$x = 1\n").err.splitlines()
    assert lines[0].startswith("<stdin>:4:1: warning: [$x] goes to ")
    assert lines[0].endswith(" has to read it there [variable-unused]")
    lines = check(PLAN + "$x = 1\n", "--color=always").err.splitlines()
    assert lines[0].endswith(" [\x1b[1;35mvariable-unused\x1b[0m]")
    assert not check(WRONG).err.splitlines()[0].endswith("]")


def test_an_empty_plan_shows_no_line():
    assert check("").err.splitlines()[0] == (
        "<stdin>:1:1: error: there is no rule: [Deploy Patterns] and a line such as To = "
        "sip:100@192.0.2.1 make one. To refuse all calls, write $action = 403 instead of To")
    assert len(check("").err.splitlines()) == 2


# -- colour --------------------------------------------------------------------

COLOURED = ("\x1b[1m<stdin>:2:6:\x1b[0m \x1b[1;31merror:\x1b[0m ", "     \x1b[1;32m^\x1b[0m\n")


def test_no_colour_in_a_pipe():
    for more in ([], ["--color=auto"], ["--color", "never"]):
        assert "\x1b" not in check(WRONG, *more).err


def test_colour_always():
    for environment in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
        err = check(WRONG, "--color=always", **environment).err
        assert err.startswith(COLOURED[0]) and COLOURED[1] in err
    assert "\x1b[1;35mwarning:\x1b[0m " in check(PLAN + "$x = 1\n", "--color=always").err


@pytest.mark.parametrize("arguments, environment, is_coloured", [
    ([], {}, True),
    ([], {"NO_COLOR": "1"}, False),
    ([], {"NO_COLOR": ""}, True),
    ([], {"TERM": "dumb"}, False),
    (["--color=never"], {}, False),
    (["--color=always"], {"NO_COLOR": "1"}, True),
])
def test_colour_on_a_terminal(arguments, environment, is_coloured, tmp_path):
    plan = tmp_path / "plan"
    plan.write_text(WRONG)
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as terminal:
        subprocess.run([SANITIZED, "check", plan, *arguments], stderr=theirs, check=False,
                       stdin=subprocess.DEVNULL, timeout=SECONDS_MAX,
                       env={"TERM": "xterm", **environment})
        os.close(theirs)
        text = b""
        try:
            while piece := terminal.read(4096):
                text += piece
        except OSError:    # so Linux reports that the other end is closed
            pass
    assert b"error:" in text and (b"\x1b[" in text) == is_coloured


# -- JSON ----------------------------------------------------------------------

def test_json_of_check():
    result = check(PLAN + "$x = 1\n\t$y = 1\n", "--json")
    assert (result.status, result.err) == (0, "")
    assert result.json == {
        "file": "<stdin>", "errors": 0, "warnings": 2, "diagnostics": [
            {"severity": "warning", "line": 4, "column": 1,
             "message": "[$x] goes to $xavp(failover=>x) and does nothing by itself: the script "
                        "has to read it there", "name": "variable-unused"},
            {"severity": "warning", "line": 5, "column": 2,
             "message": "[$y] goes to $xavp(failover=>y) and does nothing by itself: the script "
                        "has to read it there", "name": "variable-unused"}]}


def test_json_of_errors(tmp_path):
    plan = tmp_path / "plan"
    plan.write_text(WRONG)
    for arguments in (("check", plan), ("explain", plan, "-r", INVITE)):
        result = run(*arguments, "--json")
        assert (result.status, result.err) == (1, "")
        assert result.json["file"] == str(plan)
        assert (result.json["errors"], result.json["warnings"]) == (1, 0)
        assert result.json["diagnostics"][0]["name"] is None
        assert list(result.json) == ["file", "errors", "warnings", "diagnostics"]


def test_json_takes_any_bytes(tmp_path):
    plan = b"[Rule \xff\xc3]\n" + D.encode() + b"To = sip:a@h\nX-A = \xe2\x82(\xed\xa0\x80\xf5\n"
    result = explained(plan)
    assert result["applied"][0]["name"] == "\ufffd\ufffd"
    assert result["headers"] == [{"name": "X-A", "value": "\ufffd\ufffd(" + "\ufffd" * 4}]
    name = os.fsencode(tmp_path) + b"/\xff\x01"
    with open(name, "wb") as file:
        file.write(b"X\xff")
    result = run("check", name, "--json")
    assert result.json["file"] == f"{tmp_path}/\ufffd\x01"
    assert "[X?]" in result.json["diagnostics"][0]["message"]


# -- large plans ---------------------------------------------------------------

RULES = 100000
SECONDS = 15    # measured: less than 2, on a machine with other work


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The largest number of rules that is allowed."""
    plan = tmp_path_factory.mktemp("large") / "plan"
    with plan.open("w") as file:
        for i in range(RULES):
            file.write("[Matching Patterns]\n$request = ^INVITE\n"
                       f"To = sip:{i:06}@\n[Deploy Patterns]\nTo = sip:{i}@gw1\n"
                       f"$session = failover sip:{i}@gw2\n")
    return plan


def test_many_rules(large):
    began = time.monotonic()
    result = run("check", large, program=INSTALLED)
    assert result.status == 0 and time.monotonic() - began < SECONDS
    assert result.err.splitlines()[-1] == "0 errors, 2 warnings"   # the other warning is for host names
    assert f"and by {RULES - 1} further rules" in result.err


def test_explain_among_many(large):
    arguments = ("explain", large, "-r", INVITE, "-H", f"To: <sip:{RULES - 1:06}@example.com>")
    began = time.monotonic()
    result = run(*arguments, "--json", program=INSTALLED).json
    assert time.monotonic() - began < SECONDS
    assert result["applied"][0]["line"] == (RULES - 1) * 6 + 1
    assert result["not_applied_left_out"] == RULES - 1 - 20
    assert [rule["line"] for rule in result["not_applied"]] == [
        (rule - 1) * 6 + 1 for rule in range(RULES - 20, RULES)]
    text = run(*arguments, program=INSTALLED).out
    assert f"  {RULES - 21} rules above are left out; --all names them\n" in text
    whole = run(*arguments, "--all", "--json", program=INSTALLED).json
    assert len(whole["not_applied"]) == RULES - 1 and whole["not_applied_left_out"] == 0


def test_many_warnings():
    """Each line of a large plan gives a warning."""
    plan = D + "To = sip:a@h\n" + "".join(
        f"[Matching Patterns]\nX = {i}\nX = !{i}\n{D}$action = 404\nX-A = %%1\n"
        for i in range(30000))
    began = time.monotonic()
    result = check(plan, program=INSTALLED)
    assert time.monotonic() - began < SECONDS
    assert result.err.splitlines()[-1] == "0 errors, 60002 warnings"


@pytest.mark.parametrize("conditions", [
    "$request = ^INVITE sip:{0:06}\n",
    "$request = ^INVITE sip:\\d*{0:06}@\nFrom = .*{1}.*x\n",
    "X = \\d{{1,{2}}}[{1}]\nY = a{0}\n",
    "To = sip:1{0}\n",
])
def test_many_patterns_to_compare(conditions):
    plan = "".join("[Matching Patterns]\n" + conditions.format(i, i % 7, i % 1000 + 1)
                   + f"{D}To = sip:{i}@gw1\n" for i in range(RULES))
    began = time.monotonic()
    result = check(plan, program=INSTALLED)
    assert result.status == 0 and time.monotonic() - began < SECONDS


def test_no_memory(large):
    def bound():
        resource.setrlimit(resource.RLIMIT_AS, (60 << 20, 60 << 20))
    done = subprocess.run([INSTALLED, "check", large], capture_output=True, check=False,
                          text=True, preexec_fn=bound, timeout=SECONDS_MAX)
    assert done.returncode in (1, 2) and "no memory" in done.stderr


# -- the manual ----------------------------------------------------------------

MANUAL = (TOP / "doc/failoverctl.1").read_text()


def section(name):
    found = re.search(rf'^\.SH {name}\n(.*?)(?=^\.SH |\Z)', MANUAL, re.DOTALL | re.MULTILINE)
    return found.group(1)


def test_manual_is_well_formed():
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", TOP / "doc/failoverctl.1"],
                          capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_manual_names_the_options():
    options = section("OPTIONS").replace("\\-", "-")
    documented = set(re.findall(r"--[a-z-]+", options))
    source = (TOP / "ctl/options.c").read_text()
    rows = source[source.index("rows[] = {"):source.index("#define ROWS")]
    named = set(re.findall(r'"(--[a-z-]+)"', rows))
    assert documented == named | {"--help", "--version"}
    for letter, name in re.findall(r"'([a-zA-Z])', \"(--[a-z-]+)\"", rows):
        assert f'.BR -{letter} ", " {name} ' in options.replace('\\fI', '').replace(
            f'" {name}', f'" {name}')
    usage = run("--help").out
    assert set(re.findall(r"--[a-z-]+", usage)) == documented


def test_manual_names_the_warnings():
    documented = re.findall(r"^\.TP\n\.B ([a-z-]+)$", section("WARNINGS"), re.MULTILINE)
    source = (TOP / "lint/dialplan_lint.c").read_text()
    assert documented == re.findall(r'^\t\t\{"([a-z-]+)",', source, re.MULTILINE)


def test_manual_names_the_exit_statuses():
    documented = re.findall(r"^\.B (\d)$", section("EXIT STATUS"), re.MULTILINE)
    source = (TOP / "ctl/options.h").read_text()
    assert documented == re.findall(r"^#define STATUS_\w+ (\d)", source, re.MULTILINE)


# -- the examples --------------------------------------------------------------

@pytest.mark.parametrize("plan", sorted((TOP / "examples").glob("*.dialplan")),
                         ids=lambda plan: plan.name)
def test_examples_are_clean(plan: pathlib.Path):
    """Two warnings are allowed. A redirect may be followed to any host, because the
    documented language has no word against it. Host names are easier to read than
    addresses."""
    result = run("check", plan, "--json")
    assert (result.status, result.err) == (0, "")
    assert [entry for entry in result.json["diagnostics"]
            if entry["name"] not in ("redirection-anywhere", "destination-name")] == []
    assert explain(plan.read_text(), "-l", "example.com").status in (0, 3)
