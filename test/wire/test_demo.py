# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples an administrator starts from: the quick start and the demo."""

import os
import subprocess

import pytest

import kamailio

EXAMPLES = kamailio.TOP / "examples"


def run_demo(*arguments):
    return subprocess.run(["/usr/bin/python3", str(EXAMPLES / "demo.py"), *arguments],
                          capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONIOENCODING": "utf-8"})


def test_every_call_of_the_demo_is_answered():
    done = run_demo()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Answered by gw2") == 4
    assert "INVITE night-desk" in done.stdout
    assert "failoverctl explain" in done.stdout and "Rule outside" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert "\033" not in done.stdout


def test_without_a_second_gateway_the_demo_fails_and_says_so():
    done = run_demo("--without-second-gateway")
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.count("NOT answered") == 4
    assert "0 of 4 calls were answered" in done.stdout


@pytest.mark.parametrize("defines", [
    {},
    {"WITH_DIALPLAN": "1", "DIALPLAN": f'"{EXAMPLES / "quickstart.dialplan"}"'},
], ids=["gateways", "dial plan"])
def test_kamailio_accepts_the_quick_start(defines):
    config = kamailio.ConfigFile(EXAMPLES / "quickstart.cfg", **defines)
    status, log = kamailio.check(config)
    assert status == 0, log
    with kamailio.Server(kamailio.ConfigFile(
            EXAMPLES / "quickstart.cfg", LISTEN="127.0.0.1:@PORT@", **defines)):
        pass                           # it starts, and stops without a fault
