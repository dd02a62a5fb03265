# SPDX-License-Identifier: GPL-2.0-or-later
"""failoverctl calls, stats, watch and reload on a running server."""

import asyncio
import fcntl
import json
import os
import pty
import re
import socket
import struct
import subprocess
import termios

import pytest

import kamailio
from scenario import Stage, filled, reply

TOOL = kamailio.TOP / "failoverctl"
PLAN = """\
[Rule abroad]
[Matching Patterns]
$request = ^INVITE
[Deploy Patterns]
To = sip:1@{a}
$session = failover sip:2@{b}
"""
WARNED = PLAN + "[Rule never]\n[Matching Patterns]\n$request = ^INVITE\n[Deploy Patterns]\n" \
                "To = sip:3@{a}\n"
WRONG = PLAN + "&failover.timer.inviting = soon\n"


def config_for(plan):
    return lambda names: kamailio.Config(
        "if (failover()) exit;", files={"plan": filled(plan, names)},
        modules=("jsonrpcs", "failover"),
        modparams=(("failover", "dialplan", "@DIR@/plan"), ("failover", "hold_after", 100),
                   ("jsonrpcs", "transport", 4), ("jsonrpcs", "dgram_socket", "@DIR@/json")))


async def run(stage, *words):
    """(exit status, stdout, stderr)"""
    done = await asyncio.to_thread(
        subprocess.run, [TOOL, *words, "-s", f"{stage.server.directory}/json"],
        capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr


def play(then, plan=PLAN, peers=None):
    async def play_on():
        async with Stage(peers or {"a": [reply(503)], "b": [reply(180)]},
                         config_for(plan)) as stage:
            await then(stage)
    asyncio.run(play_on())


def test_a_call_is_listed_and_watched():
    async def then(stage):
        caller = await stage.caller()
        call = caller.call(filled("sip:9@{proxy}", stage.names))
        await asyncio.sleep(0.4)
        for words in (("calls",), ("calls", call.invite.call_id), ("calls", "1", "5")):
            status, out, err = await run(stage, *words)
            assert status == 0 and not err, err
            heading, line = out.splitlines()[:2]
            for title, value in (("STATE", "proceeding"), ("DESTINATION", "sip:2@"),
                                 ("RULE", "abroad"), ("CALL-ID", call.invite.call_id)):
                assert heading.index(title) == line.index(value), out
            assert line.split()[0] == "2/2" and "proceeding" in line
            assert filled("sip:2@{b}/UDP", stage.names) in line and "abroad" in line
            assert call.invite.call_id in line and "1 calls under way" in out
        status, out, _ = await run(stage, "calls", "--json")
        assert json.loads(out)["list"][0]["attempt"] == 2
        status, out, _ = await run(stage, "stats")
        assert status == 0 and "attempts                      2" in out, out
        status, out, err = await run(stage, "watch", "--rounds", "2")
        assert status == 0 and out.count("1 calls under way") == 2, err
        assert re.search(r"^attempts +2 +0/s$", out, re.M) and "\033" not in out
        call.cancel()
        await asyncio.wait_for(call.final, 5)

    play(then)


def test_next_hops_that_are_held_are_shown():
    async def then(stage):
        name = f"udp:{stage.names['a']}"
        for words in (("stats",), ("watch", "--rounds", "1")):
            status, out, _ = await run(stage, *words)
            assert status == 0 and name not in out
        await stage.rpc("failover.hold", name)
        for words in (("stats",), ("watch", "--rounds", "1")):
            status, out, err = await run(stage, *words)
            assert status == 0 and not err, err
            assert out.splitlines()[-1].split() == ["out", name, "until", "released"], out

    play(then)


class AsNobody(kamailio.Server):
    """A server as packages start it: without root's rights, with its socket owned by its user."""

    def __init__(self, *args):
        super().__init__(*args)
        self.directory.chmod(0o777)
        self.command += ["-u", "nobody", "-g", "nogroup"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up its rights")
def test_a_server_of_another_user_can_answer():
    """The tool runs as root, and the server must be able to write to its socket."""
    async def run_on():
        def config(names):
            made = config_for(PLAN)(names)
            made.modparams += (("jsonrpcs", "dgram_user", "nobody"),)
            return made

        async with Stage({"a": [reply(503)], "b": [reply(180)]}, config,
                         server_class=AsNobody) as stage:
            status, out, err = await run(stage, "stats")
            assert status == 0 and "calls " in out, err

    asyncio.run(run_on())


def on_a_terminal(stage, *words, size=(24, 80)):
    """The output on a terminal with this number of rows and columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    try:
        subprocess.run([TOOL, *words, "-s", f"{stage.server.directory}/json"], stdout=theirs,
                       timeout=20, check=True, env={**os.environ, "TERM": "xterm"})
        return os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_terminal_has_colour_and_is_redrawn():
    async def then(stage):
        caller = await stage.caller()
        call = caller.call(filled("sip:9@{proxy}", stage.names))
        await asyncio.sleep(0.3)
        text = await asyncio.to_thread(on_a_terminal, stage, "watch", "--rounds", "1")
        assert text.startswith("\033[H\033[2J") and "\033[1mATTEMPT" in text
        text = await asyncio.to_thread(on_a_terminal, stage, "watch", "--rounds", "1",
                                       size=(50, 200))
        line, = (row for row in plain(text).splitlines() if call.invite.call_id in row)
        assert filled("sip:2@{b}/UDP", stage.names) in line
        assert "\033" not in await asyncio.to_thread(
            on_a_terminal, stage, "calls", "--color", "never")
        call.cancel()
        await asyncio.wait_for(call.final, 5)

    play(then)


def plain(text):
    return re.sub(r"\033\[[0-9;]*[A-Za-z]", "", text)


def test_the_output_fits_a_terminal_of_80_columns_and_24_rows():
    """If there are too many calls, the oldest ones are shown, completely, and all figures."""
    async def then(stage):
        caller = await stage.caller()
        calls = [caller.call(filled("sip:9@{proxy}", stage.names)) for _ in range(30)]
        await asyncio.sleep(0.5)
        await stage.rpc("failover.hold", f"udp:{stage.names['a']}")
        text = plain(await asyncio.to_thread(on_a_terminal, stage, "watch", "--rounds", "1"))
        lines = text.splitlines()
        assert len(lines) < 24 and max(map(len, lines)) <= 80, text
        assert "30 calls under way, " in text and "answered_first" in text and "out " in text
        shown = int(re.search(r"(\d+) shown", text)[1])
        assert shown >= 4 and sum(c.invite.call_id in text for c in calls) == shown
        text = plain(await asyncio.to_thread(on_a_terminal, stage, "calls", "1", "30"))
        assert max(map(len, text.splitlines())) <= 80
        assert all(c.invite.call_id in text for c in calls)
        for call in calls:
            call.cancel()
        await asyncio.wait_for(asyncio.gather(*(c.final for c in calls)), 5)

    play(then)


@pytest.mark.parametrize("words, status, says", [
    (("calls", "nobody@here"), 1, "no call with this Call-ID"),
    (("calls", "0"), 1, "failover.calls [FIRST [COUNT]]"),
    (("calls", "1", "2", "3"), 2, "one argument too many"),
    (("stats", "x"), 2, "one argument too many"),
    (("watch", "--rounds", "0"), 2, "no whole number from 1 on"),
    (("calls", "--rounds", "1"), 2, "no such option here"),
])
def test_errors_are_reported(words, status, says):
    async def then(stage):
        found, _, err = await run(stage, *words)
        assert found == status and says in err, err

    play(then)


def test_no_server():
    done = subprocess.run([TOOL, "calls", "-s", "/nowhere/sock"], capture_output=True, text=True,
                          timeout=20)
    assert done.returncode == 2 and "/nowhere/sock: No such file" in done.stderr
    assert "dgram_socket" in done.stderr and "-s" in done.stderr


def test_a_server_that_has_ended(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "sock"))
    done = subprocess.run([TOOL, "stats", "-s", tmp_path / "sock"], capture_output=True, text=True,
                          timeout=20)
    assert done.returncode == 2 and "the server that made it does not run" in done.stderr


@pytest.mark.parametrize("kind", ["a folder", "a plain file"])
def test_a_file_that_is_no_socket(tmp_path, kind):
    path = tmp_path / "file"
    path.mkdir() if kind == "a folder" else path.touch()
    done = subprocess.run([TOOL, "stats", "-s", path], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "it is no socket; the dgram_socket" in done.stderr




def test_reload():
    """The exit status is the result; a plan with a mistake is not loaded."""
    async def then(stage):
        plan = stage.server.directory / "plan"
        plan.write_text(filled(WARNED, stage.names))
        status, out, err = await run(stage, "reload")
        assert status == 0 and "2 rules are loaded" in out, err
        assert "warning" in err and str(plan) in err
        plan.write_text(filled(WRONG, stage.names))
        status, out, err = await run(stage, "reload")
        assert status == 1 and "[soon] is no duration" in err and not out
        assert "last_failed_reload" not in await stage.rpc("failover.list")
        plan.unlink()
        status, out, err = await run(stage, "reload")
        assert status == 2 and "plan" in err

    play(then)
