# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs failoverctl, by default the program that is built with the sanitizers."""

import dataclasses
import json
import os
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
SANITIZED = TOP / "build/unit/failoverctl"
INSTALLED = TOP / "failoverctl"     # as it is installed, for what is measured
SECONDS_MAX = 60

INVITE = "INVITE sip:9555@example.com SIP/2.0"


@dataclasses.dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


def run(*arguments, stdin=b"", program=SANITIZED, cwd=None, **environment):
    """Runs failoverctl without a terminal, without colours and without a time zone."""
    variables = {"PATH": os.environ["PATH"], "TERM": "xterm", "TZ": "UTC",
                 "UBSAN_OPTIONS": "print_stacktrace=1", **environment}
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run([program, *arguments], input=stdin, capture_output=True,
                          env=variables, cwd=cwd, timeout=SECONDS_MAX, check=False)
    err = done.stderr.decode("utf-8", "surrogateescape")
    assert "Sanitizer" not in err and "runtime error" not in err, err
    return Result(done.returncode, done.stdout.decode("utf-8", "surrogateescape"), err)


def check(plan, *arguments, **more):
    """Runs failoverctl check on the text of a plan."""
    return run("check", "-", *arguments, stdin=plan, **more)


def explain(plan, *arguments, request=INVITE, **more):
    """Runs failoverctl explain on the text of a plan."""
    return run("explain", "-", "-r", request, *arguments, stdin=plan, **more)


def explained(plan, *arguments, status=0, **more):
    """The same, with the result as JSON."""
    result = explain(plan, *arguments, "--json", **more)
    assert result.err == "" and result.status == status, (result.err, result.out)
    return result.json
