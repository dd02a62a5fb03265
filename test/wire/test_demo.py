# SPDX-License-Identifier: GPL-2.0-or-later
"""The first examples that an administrator tries: the quick start and the demo."""

import asyncio
import os
import subprocess
import time
from xml.etree import ElementTree

import pytest

import kamailio
import test_hold
from scenario import Stage, reply

EXAMPLES = kamailio.TOP / "examples"


def run_demo(*arguments):
    return subprocess.run(["/usr/bin/python3", str(EXAMPLES / "demo.py"), *arguments],
                          capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONIOENCODING": "utf-8"})


@pytest.mark.long(9)
def test_every_call_of_the_demo_is_answered():
    done = run_demo()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Answered by gw2") == 4
    assert "INVITE night-desk" in done.stdout
    assert "failoverctl explain" in done.stdout and "Rule outside" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert "\033" not in done.stdout


@pytest.mark.long(12)
def test_without_a_second_gateway_the_demo_fails_and_says_so():
    done = run_demo("--without-second-gateway")
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.count("NOT answered") == 4
    assert "0 of 4 calls were answered" in done.stdout


def labels_of(file):
    """The texts of a picture without the times, which differ on a slow machine."""
    texts = ElementTree.parse(file).iter("{http://www.w3.org/2000/svg}text")
    return [text.text for text in texts if not text.text.endswith(" s")]


def test_the_picture_of_the_readme_is_what_the_demo_draws(tmp_path):
    done = run_demo("--picture", str(tmp_path / "drawn.svg"))
    assert done.returncode == 0, done.stdout + done.stderr
    drawn = labels_of(tmp_path / "drawn.svg")
    assert drawn.count("INVITE 5551234 again") == 2 and drawn.count("200 OK") == 2
    assert drawn == labels_of(kamailio.TOP / "doc" / "failed-over.svg")


@pytest.mark.parametrize("defines", [
    {},
    {"WITH_DIALPLAN": "1", "DIALPLAN": f'"{EXAMPLES / "quickstart.dialplan"}"'},
    {"WITH_DISPATCHER": "1", "GATEWAY_FILE": f'"{EXAMPLES / "dispatcher.list"}"'},
    {"WITH_DMQ": "1", "SERVER": '"sip:127.0.0.1:@PORT@"', "OTHER": '"sip:127.0.0.2:@PORT@"'},
], ids=["gateways", "dial plan", "dispatcher", "dmq"])
def test_kamailio_accepts_the_quick_start(defines):
    config = kamailio.ConfigFile(EXAMPLES / "quickstart.cfg", **defines)
    status, log = kamailio.check(config)
    assert status == 0, log
    with kamailio.Server(kamailio.ConfigFile(
            EXAMPLES / "quickstart.cfg", LISTEN="127.0.0.1:@PORT@", **defines)):
        pass                           # it starts, and ends without a fault


def quickstart(**defines):
    return kamailio.ConfigFile(EXAMPLES / "quickstart.cfg",
                               **{"LISTEN": "127.0.0.1:@PORT@", **defines})


def test_the_quick_start_with_dispatcher(tmp_path):
    def config(names):
        (tmp_path / "dispatcher.list").write_text(
            f"1 sip:{names['a']} 0 20\n1 sip:{names['b']} 0 10\n")
        return quickstart(WITH_DISPATCHER="1", GATEWAYS='"ds:1/8"',
                          GATEWAY_FILE=f'"{tmp_path}/dispatcher.list"')

    async def test():
        async with Stage({"a": [reply(503)], "b": [reply(200)]}, config) as stage:
            caller = await stage.caller()
            assert (await test_hold.answered(stage, caller))[0] == "ab"
            await asyncio.sleep(0.6)         # dispatcher knows that it failed
            assert (await test_hold.answered(stage, caller))[0] == "b"
    asyncio.run(test())


def test_the_quick_start_passes_over_a_dead_gateway():
    def config(names):
        return quickstart(GATEWAYS=f'"sip:{names["a"]} sip:{names["b"]}"')

    async def test():
        async with Stage({"a": [reply(503)], "b": [reply(200)]}, config) as stage:
            caller = await stage.caller()
            ways = [(await test_hold.answered(stage, caller))[0] for _ in range(5)]
            assert ways == ["ab", "ab", "ab", "b", "b"]
    asyncio.run(test())


def test_two_quick_starts_tell_each_other_by_dmq():
    gateways = {}

    def config(names):
        gateways.update(GATEWAYS=f'"sip:{names["a"]} sip:{names["b"]}"')
        return quickstart(WITH_DMQ="1", SERVER='"sip:127.0.0.1:@PORT@"',
                          OTHER='"sip:127.0.0.2:@PORT@"', OTHER_ADDRESS='"127.0.0.2"', **gateways)

    async def test():
        async with Stage({"a": [reply(503)], "b": [reply(200)]}, config) as stage:
            caller = await stage.caller()
            for _ in range(3):
                assert (await test_hold.answered(stage, caller))[0] == "ab"
            port = stage.server.port
            second = quickstart(
                WITH_DMQ="1", LISTEN=f"127.0.0.2:{port}", SERVER=f'"sip:127.0.0.2:{port}"',
                OTHER=f'"sip:127.0.0.1:{port}"', OTHER_ADDRESS='"127.0.0.1"', **gateways)
            second.sockets = ()          # only the processes with its port number
            with kamailio.Server(second) as other:
                await asyncio.to_thread(lambda: _until(lambda: "is held" in other.log(), 5))
    asyncio.run(test())


def _until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
