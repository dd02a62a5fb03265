# SPDX-License-Identifier: GPL-2.0-or-later
"""Loads a dial plan, and loads it again during calls."""

import asyncio
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import threading

import pytest

import kamailio
from lag import Lag
from scenario import Stage, filled, reply

SLACK = 0.020              # seconds by which a reload may delay a call
ROUTE = "if (failover()) exit;"

# Every part of a call shows which of two plans it uses. The first destination is busy, so
# each call lasts some time.
PLAN = """\
[Matching Patterns]
$request = ^INVITE
To = sip:(.+)@
[Deploy Patterns]
To = sip:{which}1@{{a}}
$session = failover sip:{which}2@{{b}}
X-Plan = {which}
"""

BAD = ("[Deploy Patterns]\nTo = sip:1@127.0.0.1/TPC\n"
       "&failover.timer.inviting = soon\nTo = sip:2@127.0.0.1\n")


def plan_of(which, names):
    return filled(PLAN.format(which=which), names)


def serving(plan, **more):
    """The function that makes the configuration of a server with this plan."""
    return lambda names: kamailio.Config(
        ROUTE, modparams=(("failover", "dialplan", "@DIR@/plan"),),
        files={"plan": filled(plan, names)}, **more)


def both_plans(names):
    return serving(plan_of("A", names))(names)


PEERS = {"a": [reply(503, after=0.05)], "b": [reply(180), reply(200, after=0.05)]}


async def place(stage, uri="sip:100@{proxy}", over="UDP", **more):
    """Make one call: (final code, the marks of the plan in each attempt)."""
    caller = await stage.caller(over)
    call = caller.call(filled(uri, stage.names), hangup_after=0, **more)
    await asyncio.wait_for(call.ended.wait(), 10)
    return call.codes[-1], marks_of(stage.trace, call)


def marks_of(trace, call):
    """The first letters of the users that were called, and the X-Plan headers."""
    marks = []
    for entry in trace:
        message = entry.message
        if message.call_id == call.invite.call_id and entry.is_a("INVITE") \
                and entry.peer != "caller" and not entry.sent and not entry.repeated:
            marks.append(re.match(r"INVITE sip:(\w)", message.start)[1])
            marks += message.all("X-Plan")
    return "".join(marks)


def fault_of(server, *command):
    with pytest.raises(kamailio.RpcError) as raised:
        server.rpc(*command)
    return str(raised.value)


def many_rules(count):
    return "".join(f"[Matching Patterns]\nX-{n} = y\n[Deploy Patterns]\n"
                   f"To = sip:{n}@127.0.0.1\n" for n in range(count))


# the rule never applies; a plan must have a rule
NOBODY = "[Matching Patterns]\nX-None = .\n[Deploy Patterns]\n$action = 404\n"


def plan_server(plan=NOBODY, path="@DIR@/plan", memory_mb=16):
    """A server with a dial plan, which kamcmd and jsonrpcs can reload."""
    return kamailio.Server(kamailio.Config(
        ROUTE, files={"plan": plan}, modules=("jsonrpcs", "failover"), modparams=(
            ("failover", "dialplan", path), ("jsonrpcs", "dgram_socket", "@DIR@/json"))),
        memory_mb=memory_mb)


def json_rpc(server, method):
    """The answer of jsonrpcs; it must be JSON in UTF-8."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.bind(f"{server.directory}/client")
        try:
            client.sendto(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode(),
                          f"{server.directory}/json")
            return json.loads(client.recv(65536).decode("utf-8"))
        finally:
            os.unlink(f"{server.directory}/client")


# -- one reload ----------------------------------------------------------------------

def test_a_reload_puts_the_new_plan_in_the_place_of_the_old():
    async def run():
        async with Stage(PEERS, both_plans) as stage:
            file = stage.server.directory / "plan"
            assert await place(stage) == (200, "AAAA")
            file.write_text(plan_of("B", stage.names))
            assert await place(stage) == (200, "AAAA")
            said = await stage.rpc("failover.reload")
            assert re.search(r"rules: 1\b", said) and str(file) in said, said
            assert await place(stage) == (200, "BBBB")

    asyncio.run(run())


def test_a_call_goes_on_with_the_plan_that_it_began_with():
    """E16, case T55: the plan is reloaded between two attempts."""
    async def run():
        peers = {**PEERS, "a": [reply(180), reply(503, after=1.0)]}
        async with Stage(peers, both_plans) as stage:
            caller = await stage.caller()
            call = caller.call(filled("sip:100@{proxy}", stage.names), hangup_after=0)
            await asyncio.sleep(0.3)
            (stage.server.directory / "plan").write_text(plan_of("B", stage.names))
            await stage.rpc("failover.reload")
            await asyncio.wait_for(call.ended.wait(), 10)
            assert (call.codes[-1], marks_of(stage.trace, call)) == (200, "AAAA")
            assert await place(stage) == (200, "BBBB")

    asyncio.run(run())


# a change of the file, and the fault of the reload
FAULTS = {
    "an error": (lambda file: file.write_text(BAD),
                 r"400 - .*/plan:2:22: error: \[TPC\] .*\(3 errors; the log has all"),
    "one error": (lambda file: file.write_text("[Deploy Patterns]\nTo = x\n"),
                  r"400 - .*/plan:2:6: error: \[x\]: a destination begins with [^(]*$"),
    "a pseudo-variable that there is not": (
        lambda file: file.write_text("[Matching Patterns]\n$pv($nope) = 1\n"
                                     "[Deploy Patterns]\n"),
        r"400 - .*/plan:2:\d+: error: .*\$pv\(\$nope\)"),
    "a transport that is not loaded": (
        lambda file: file.write_text("[Deploy Patterns]\nTo = sip:1@127.0.0.1/TLS\n"),
        r'400 - .*/plan:2:6: error: .*loadmodule "tls.so"'),
    "a transport without To": (
        lambda file: file.write_text("[Deploy Patterns]\n$transport = SCTP\n"),
        r'400 - .*/plan:2:14: error: \[SCTP\]: this server speaks no SCTP: loadmodule '
        r'"sctp.so" would be right$'),
    "sips without TLS": (
        lambda file: file.write_text("[Deploy Patterns]\nTo = sips:1@127.0.0.1\n"),
        r'400 - .*/plan:2:6: error: \[sips:1@127.0.0.1\]: this server speaks no TLS: '
        r'loadmodule "tls.so" would be right$'),
    "no file": (pathlib.Path.unlink, r"400 - .*/plan: .*No such file"),
    "a folder": (lambda file: (file.unlink(), file.mkdir()), r"400 - .*no regular file"),
    "a FIFO": (lambda file: (file.unlink(), os.mkfifo(file)), r"400 - .*no regular file"),
    "a device": (lambda file: (file.unlink(), file.symlink_to("/dev/zero")),
                 r"400 - .*no regular file"),
    "a loop of links": (lambda file: (file.unlink(), file.symlink_to(file.name)),
                        r"400 - .*symbolic links"),
    "17 MB": (lambda file: file.write_bytes(b"#" * 17_000_000), r"400 - .*16 MiB"),
    "nothing": (lambda file: file.write_text("# nothing yet\n"),
                r"400 - .*/plan:1:1: error: there is no rule:"),
    "UTF-16": (lambda file: file.write_bytes("[Deploy Patterns]".encode("utf-16")),
               r"400 - .*/plan:1:1: error: this is UTF-16"),
    "more than there is memory for": (
        lambda file: file.write_text("[Matching Patterns]\nX = y\n[Deploy Patterns]\n"
                                     * 40_000),
        r"500 - .*/plan: the dial plan needs \d+\.\d MB of shared memory, free are "
        r"\d+\.\d MB, of which an eighth has to stay for the calls: a greater -m would be "
        r"right$"),
}


def test_the_old_plan_stays_after_any_fault_of_the_file():
    async def run():
        async with Stage(PEERS, both_plans) as stage:
            file = stage.server.directory / "plan"
            good = file.read_text()
            for title, (spoil, says) in FAULTS.items():
                spoil(file)
                said = await asyncio.to_thread(fault_of, stage.server, "failover.reload")
                assert re.search(says, said), f"{title}: {said}"
                assert await place(stage) == (200, "AAAA"), title
                listed = await stage.rpc("failover.list")
                assert "last_failed_reload" in listed and "rules: 1\n" in listed, listed
                with contextlib.suppress(OSError):
                    file.unlink()
                with contextlib.suppress(OSError):
                    file.rmdir()
                file.write_text(good.replace("A", "B"))
                await stage.rpc("failover.reload")
                assert await place(stage) == (200, "BBBB"), title
                file.write_text(good)
                await stage.rpc("failover.reload")

    asyncio.run(run())


def test_every_error_of_a_reload_is_in_the_log():
    async def run():
        async with Stage(PEERS, both_plans) as stage:
            (stage.server.directory / "plan").write_text(BAD)
            await asyncio.to_thread(fault_of, stage.server, "failover.reload")
            log = stage.server.log()
            for error in (":2:22: error: [TPC]", ":3:28: error: [soon]", ":4:1: error: [To]"):
                assert "/plan" + error in log, log
            assert "stays as it was" in log

    asyncio.run(run())


def test_a_plan_that_is_not_from_a_file_cannot_be_reloaded():
    text = "[Deploy Patterns]\nTo = sip:1@127.0.0.1\n"
    config = kamailio.Config(ROUTE, modparams=(("failover", "dialplan_text", text),))
    with kamailio.Server(config) as server:
        assert "404 - no dial plan was loaded from a file" in fault_of(
            server, "failover.reload")
        assert "dialplan_text" in server.rpc("failover.list")
    with kamailio.Server(kamailio.Config('failover("sip:1@127.0.0.1");')) as server:
        assert "404" in fault_of(server, "failover.reload")
        assert "404 - no dial plan is loaded" in fault_of(server, "failover.list")


def test_an_empty_plan_stops_the_start():
    """A plan without a rule is refused at the start and at a reload: probably the file is
    still being written."""
    status, log = kamailio.start_that_fails(kamailio.Config(ROUTE, files={"plan": "# nothing\n"},
        modparams=(("failover", "dialplan", "@DIR@/plan"),)))
    assert status not in (0, None)
    assert "/plan:1:1: error: there is no rule: [Deploy Patterns]" in log, log


def test_a_plan_too_large_for_shared_memory_stops_the_start():
    config = kamailio.Config(ROUTE, files={
        "plan": "[Matching Patterns]\nX = y\n[Deploy Patterns]\n" * 40_000},
        modparams=(("failover", "dialplan", "@DIR@/plan"),))
    status, log = kamailio.start_that_fails(config)
    assert status not in (0, None)
    assert re.search(r"/plan: the dial plan needs \d+\.\d MB of shared memory, free are "
                     r"\d+\.\d MB, of which an eighth has to stay for the calls: a greater "
                     r"-m would be right", log), log


COMMENT = "# " + "x" * 61 + "\n"

# a change of the file that is repeated; n is its number
CHANGES = {
    "touched": lambda file, n: os.utime(file, ns=(n, n)),
    "longer": lambda file, n: os.truncate(file, (180_000 + n) * len(COMMENT)),
    "shorter": lambda file, n: os.truncate(file, max(1, 180_000 - n) * len(COMMENT)),
}


@contextlib.contextmanager
def changing(file, change):
    file.write_text(COMMENT * 180_000)
    is_over = threading.Event()

    def change_until_it_is_over():
        n = 0
        while not is_over.is_set():
            change(file, n := n + 1)

    changer = threading.Thread(target=change_until_it_is_over)
    changer.start()
    try:
        yield
    finally:
        is_over.set()
        changer.join()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_changes_while_it_is_read_is_refused(change):
    """The file has no rule, so it is refused in any case; on a busy machine it may be read
    between two changes."""
    with plan_server("[Rule old]\n[Deploy Patterns]\n") as server:
        file, said = server.directory / "plan", []
        while len(said) < 10 and not any("changed" in fault for fault in said):
            with changing(file, change):
                said.append(fault_of(server, "failover.reload"))
        assert said[-1].endswith(f"400 - {file}: cannot read the dial plan: it was changed "
                                 "while it was read; try again"), said
        assert "name: old" in server.rpc("failover.list")


def test_one_reload_at_a_time():
    def by_ctl(server):
        try:
            return server.rpc("failover.reload")
        except kamailio.RpcError as fault:
            return str(fault)

    with plan_server(memory_mb=256) as server:
        (server.directory / "plan").write_text(many_rules(60_000))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            said = [pool.submit(by_ctl, server), pool.submit(json_rpc, server, "failover.reload")]
        refused, done = sorted((str(each.result()) for each in said), key=lambda text:
                               "60000" in text)
        assert "60000" in done and "the dial plan is just being reloaded" in refused
        assert "error: 500 - " in refused or "'code': 500" in refused, refused


def test_a_path_counts_from_the_folder_of_the_start(tmp_path):
    """The server changes to another folder after it has read its configuration."""
    file = tmp_path / "plan"
    file.write_text("[Deploy Patterns]\n")
    with plan_server(path=os.path.relpath(file)) as server:
        file.write_text("[Deploy Patterns]\n" * 2)
        assert "rules: 2\n" in server.rpc("failover.reload")
        assert f"file: {pathlib.Path.cwd()}/{os.path.relpath(file)}\n" in server.rpc(
            "failover.list")


# -- memory --------------------------------------------------------------------------

@contextlib.contextmanager
def too_little_for_plans(server):
    """A server whose log may report a lack of memory."""
    try:
        yield server.start()
        faults = server.stop()
    finally:
        server.discard()
    assert not [fault for fault in faults if "dial plan" not in fault], faults


def test_an_eighth_of_the_memory_stays_free_for_calls():
    """A plan that would fit is refused, and the message gives the reason."""
    with too_little_for_plans(plan_server()) as server:
        file = server.directory / "plan"

        def refused(rules):
            file.write_text(many_rules(rules))
            said = fault_of(server, "failover.reload")
            assert said.endswith(" MB, of which an eighth has to stay for the calls: a "
                                 "greater -m would be right"), said
            return map(float, re.findall(r"(\d+\.\d) MB", said))

        needs, free = refused(20_000)
        assert needs > free
        rules_for_all = 20_000 * free / needs
        needs, free = refused(int(0.94 * rules_for_all))
        assert 0.875 * free < needs < free
        file.write_text(many_rules(int(0.8 * rules_for_all)))
        assert "rules: " in server.rpc("failover.reload")


@contextlib.contextmanager
def little_memory(server, more):
    """The process that reloads may allocate only this number of bytes more."""
    found = re.search(r"PID: (\d+)\s+DSC: ctl handler", server.rpc("core.psx"))
    pid = int(found[1])
    held = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[0]) * os.sysconf(
        "SC_PAGE_SIZE")
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (held + more, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_AS, before)


def test_a_lack_of_memory_is_not_reported_as_a_fault_of_the_plan():
    with too_little_for_plans(plan_server(memory_mb=128)) as server:
        (server.directory / "plan").write_text(many_rules(20_000))
        for more in (0, 1, 2, 4, 8):
            with little_memory(server, more << 20):
                assert re.search("500 - .*/plan: there is no memory to read the dial plan$",
                                 fault_of(server, "failover.reload")), more
        logged = re.findall("ERROR.*", server.log())
        assert len(logged) == 5, logged[:9]
        assert "rules: 20000" in server.rpc("failover.reload")


# -- messages ------------------------------------------------------------------------

@pytest.mark.parametrize("before", range(5))
def test_the_replies_are_text_for_any_bytes_of_a_plan(before):
    """A byte of Latin-1, and characters of two and three bytes at the places where values,
    messages and replies are cut."""
    with plan_server() as server:
        shift = b"x" * before
        line = b"\xe4 " + shift + "\u00e4".encode() * 300 + b" = \xfc\n"
        value = b"To = " + shift + "\u20ac".encode() * 300 + b"\n"
        bad = b"[Matching Patterns]\n" + line + b"[Deploy Patterns]\n" + value * 3
        (server.directory / "plan").write_bytes(bad)
        error = json_rpc(server, "failover.reload")["error"]
        assert error["code"] == 400
        assert error["message"].startswith(f"{server.directory}/plan:2:1: error: [?"), error
        assert "(6 errors; the log has all of them)" in fault_of(server, "failover.reload")
        failed = json_rpc(server, "failover.list")["result"]["last_failed_reload"]
        assert failed["errors"] == 6 and "\u00e4" in failed["text"], failed
        (server.directory / "plan").write_bytes(
            b"[Rule \xe4" + shift + b"]\n[Deploy Patterns]\n" +
            (b"X-A = " + shift + "\u20ac".encode() * 600 + b"\n"))
        assert json_rpc(server, "failover.reload")["result"]["rules"] == 1
        listed = json_rpc(server, "failover.list")["result"]["list"][0]
        assert listed["name"] == "?" + shift.decode() and "\u20ac" in listed["source"]


def test_errors_come_in_the_order_of_the_file():
    """The reader finds some errors at the end of a rule, and others after all rules."""
    plan = ("[Matching Patterns]\nFrom = (\n[Matching Patterns]\n$pv($nope) = 1\n"
            "[Deploy Patterns]\nTo = sip:1@127.0.0.1/SCTP\n$continue = perhaps\n"
            "[Matching Patterns]\nX = y\n$pv($nope) = 2\n[Deploy Patterns]\n")
    places = ["1:1", "2:9", "4:1", "6:6", "7:13", "10:1"]
    with plan_server() as server:
        (server.directory / "plan").write_text(plan)
        said = fault_of(server, "failover.reload")
        assert re.search(r"400 - .*/plan:1:1: error: \[\[Matching Patterns\]\]: this rule has "
                         r"no \[Deploy Patterns\], .* \(6 errors; the log has all of them\)$",
                         said), said
        for text in (server.log(), server.rpc("failover.list")):
            assert re.findall(r"/plan:(\d+:\d+): error: ", text) == places, text


def test_every_line_of_a_file_that_is_not_a_plan_is_reported():
    """There are more errors than are kept at the same time."""
    with plan_server() as server:
        (server.directory / "plan").write_text("[Deploy Patterns]\n" + "nothing\n" * 2500)
        assert "plan:2:1: error: [nothing]: a line is NAME = VALUE (2500 errors;" in fault_of(
            server, "failover.reload")
        lines = [int(line) for line in re.findall(r"/plan:(\d+):1: error", server.log())]
        assert lines == list(range(2, 2502))


def test_a_missing_pseudo_variable_is_reported_at_every_place_at_the_start():
    plan = "[Matching Patterns]\n$pv($nope) = 1\n[Deploy Patterns]\nTo = sip:1@h/TLS\n" * 2
    config = kamailio.Config(ROUTE, files={"plan": plan},
                             modparams=(("failover", "dialplan", "@DIR@/plan"),))
    status, log = kamailio.start_that_fails(config)
    assert status not in (0, None)
    assert re.findall(r"/plan:(\d+:\d+): error: (.*)", log) == [
        (f"{first + line}:{column}", says) for first in (0, 4) for line, column, says in (
            (2, 1, "[$pv($nope)]: there is no such pseudo-variable here; load the module that "
                   "has it"),
            (4, 6, '[sip:1@h/TLS]: this server speaks no TLS: loadmodule "tls.so" would be '
                   "right"))]


@pytest.mark.parametrize("length", [100, 144, 240])
def test_the_end_of_a_long_path_is_shown(tmp_path, length):
    """The module ctl has little space for a fault."""
    file = tmp_path / ("d" * (length - len(f"{tmp_path}//plan"))) / "plan"
    file.parent.mkdir()
    file.write_text(NOBODY)
    with plan_server(path=str(file)) as server:
        for count, tail in ((1, ""), (3, " (3 errors; the log has all of them)")):
            file.write_text("[Deploy Patterns]\n&failover.timer.inviting = soon\n" * count)
            said = fault_of(server, "failover.reload")
            assert re.search(
                r"400 - \.\.\.[^ ]*d/plan:2:28: error: \[soon\] is no duration: a whole "
                r"number of seconds, or with a unit as in 30s, 30sec, 1500ms"
                + re.escape(tail) + "$", said), said
            assert f"{file}:2:28: error: [soon]" in server.log()
            assert f"file: {file}\n" in server.rpc("failover.list")


# -- failover.list -------------------------------------------------------------------

def test_the_list_has_the_rules_with_their_source():
    rules = "".join(f"[Rule office {n}]\n[Matching Patterns]\nTo = sip:{n}@\n"
                    f"[Deploy Patterns]\nTo = sip:{n}@127.0.0.1\n\n" for n in range(1, 61))
    config = kamailio.Config(ROUTE, files={"plan": rules},
                             modparams=(("failover", "dialplan", "@DIR@/plan"),))
    with kamailio.Server(config) as server:
        listed = server.rpc("failover.list")
        assert f"file: {server.directory}/plan" in listed and "rules: 60" in listed
        assert re.search(r"loaded: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", listed), listed
        assert listed.count("number: ") == 20
        last = server.rpc("failover.list", 60, 50)
        assert re.findall(r"(number|line): (\d+)", last) == [
            ("number", "60"), ("line", str(59 * 6 + 1))]
        assert "name: office 60" in last and "To = sip:60@127.0.0.1" in last
        assert server.rpc("failover.list", 1, 50).count("number: ") == 50
        assert server.rpc("failover.list", 61).count("number: ") == 0
        for bad in ((0,), ("x",), ("1x",), (1, 0), (1, 51), (1, "all")):
            assert "400" in fault_of(server, "failover.list", *bad)


# -- patterns that reach their limit ---------------------------------------------------

def test_a_pattern_at_its_limit_matches_nothing_and_is_logged_once():
    """Also if it is negated. There is one line for each rule and each load."""
    plan = """\
[Matching Patterns]
X-Big = (a+)+$
[Deploy Patterns]
To = sip:never@{a}
[Matching Patterns]
X-Big = !(a+)+$
[Deploy Patterns]
To = sip:never@{a}
[Matching Patterns]
X-Middle = (a+)+$
[Deploy Patterns]
To = sip:never@{a}
[Matching Patterns]
$request = ^INVITE
[Deploy Patterns]
To = sip:C@{b}/TCP
X-Plan = C
"""
    headers = [("X-Big", "a" * 40_000 + "b"), ("X-Middle", "a" * 1500 + "b")]

    async def run():
        async with Stage(PEERS, serving(plan, globals="tcp_rd_buf_size=65536")) as stage:
            for rounds in (1, 2):
                for _ in range(3):
                    assert await place(stage, over="TCP", headers=headers) == (200, "CC")
                logged = re.findall(r"/plan:2:1: \[X-Big = \(a\+\)\+\$\] was asked of more"
                                    r".*would be right, as in lines 6, 10; Call-ID",
                                    stage.server.log())
                assert len(logged) == rounds, stage.server.log()
                await stage.rpc("failover.reload")

    asyncio.run(run())


def test_more_headers_than_the_limit_are_logged():
    """The first 64 headers count. A condition that would need more is true only if one of
    these matches."""
    plan = ("[Matching Patterns]\nX-A = ^last$\n[Deploy Patterns]\nTo = sip:never@{a}\n"
            "[Deploy Patterns]\nTo = sip:C@{b}\nX-Plan = C\n")

    async def run():
        async with Stage(PEERS, serving(plan)) as stage:
            headers = [("X-A", "a")] * 64 + [("X-A", "last")]
            assert await place(stage, headers=headers) == (200, "CC")
            assert re.search(
                r"/plan:2:1: \[X-A = \^last\$\] was asked of more than 64 headers of one "
                r"name, or of a text of more than 1024 bytes, or took too many steps, which "
                r"counts as no match: a pattern that begins with \^, or a simpler one, would "
                r"be right; Call-ID \[", stage.server.log()), stage.server.log()

    asyncio.run(run())


def worst_answer(plan, headers, calls=3):
    """The longest time, in seconds, that a server with the plan needs for its 404 to such a
    request, and how long the machine delayed this process."""
    async def run():
        config = serving(plan, globals="tcp_rd_buf_size=65536")
        async with Stage(PEERS, config, memory_mb=128) as stage:
            worst = 0.0
            with Lag() as lag:
                for _ in range(calls):
                    began = asyncio.get_running_loop().time()
                    assert await place(stage, over="TCP", headers=headers) == (404, "")
                    worst = max(worst, asyncio.get_running_loop().time() - began)
            return worst, lag.worst

    return asyncio.run(run())


MANY_RULES = "".join(f"[Matching Patterns]\nX-A = @.*{n}x\n[Deploy Patterns]\n"
                     "To = sip:never@127.0.0.1:9\n" for n in range(5000))


@pytest.mark.timed("how long a worker is held")
@pytest.mark.parametrize("plan, headers", [
    ("[Matching Patterns]\nX-A = ^(\\w+\\s?)*$\n[Deploy Patterns]\n",
     [("X-A", "a" * 24 + "!")] * 1500),
    ("".join(f"[Matching Patterns]\nX-A = (a+)+[{c}z]\n[Deploy Patterns]\n"
             for c in "bcdefghijk"), [("X-A", "a" * 900 + "!")] * 60),
    (MANY_RULES, [("X-A", "@" * 50_000)]),
], ids=["a pattern and many headers", "many patterns and many headers",
        "a text of many rules, over and over"])
def test_a_caller_cannot_block_a_worker(plan, headers):
    took, lag = worst_answer(plan, headers)
    assert took < 0.25 + lag, f"{1000 * took:.0f} ms, lag {1000 * lag:.0f} ms"


def test_a_long_request_cannot_avoid_a_rule_that_refuses():
    plan = """\
[Matching Patterns]
$request = sip:1900
[Deploy Patterns]
$action = 603 No
[Deploy Patterns]
To = sip:never@{b}
"""

    async def run():
        config = serving(plan, globals="tcp_rd_buf_size=65536")
        async with Stage(PEERS, config) as stage:
            for more in ("", ";x=" + "a" * 950, ";x=" + "a" * 3000):
                placed = await place(stage, "sip:1900555@{proxy}" + more, over="TCP")
                assert placed == (603, ""), more[:8]

    asyncio.run(run())


def test_a_plan_in_another_encoding_is_listed_as_text():
    """The name is in Latin-1; the output of kamcmd is read as UTF-8."""
    config = kamailio.Config(ROUTE, files={"plan": NOBODY},
                             modparams=(("failover", "dialplan", "@DIR@/plan"),))
    with kamailio.Server(config) as server:
        (server.directory / "plan").write_bytes(
            b"[Rule B\xfcro]\n# \xe4\n[Deploy Patterns]\nX-\xc3\xbc = 1\n".replace(
                b"X-\xc3\xbc = 1", b"X-A = gr\xc3\xbcn"))
        server.rpc("failover.reload")
        listed = server.rpc("failover.list")
        assert "name: B?ro" in listed and "X-A = gr\u00fcn" in listed, listed


def test_a_call_to_the_server_itself_ends_by_max_forwards():
    """The call comes back until its Max-Forwards are used up; that failure leads on."""
    async def run():
        async with Stage(PEERS, serving(NOBODY)) as stage:
            plan = "[Deploy Patterns]\nTo = sip:100@{proxy}\n"
            for more, ends in (("", (483, "")),
                               ("$session = failover sip:C@{b}\n", (200, "C"))):
                plan += more
                (stage.server.directory / "plan").write_text(filled(plan, stage.names))
                await stage.rpc("failover.reload")
                assert await place(stage) == ends

    asyncio.run(run())


# -- under load ----------------------------------------------------------------------

async def load(stage, a_second, until):
    """Make calls at a steady rate until a task is done; return the calls."""
    caller, calls = await stage.caller(), []
    while not until.done():
        calls.append(caller.call(filled("sip:100@{proxy}", stage.names), hangup_after=0))
        await asyncio.sleep(1 / a_second)
    await asyncio.wait([asyncio.ensure_future(c.ended.wait()) for c in calls], timeout=15)
    return calls


def by_call(trace):
    found = {}
    for entry in trace:
        found.setdefault(entry.message.call_id, []).append(entry)
    return found


def reload_often(server, times, other):
    """Reload this number of times with one kamcmd, while the file changes between the two
    plans; return how many reloads were done."""
    file = server.directory / "plan"
    with subprocess.Popen([kamailio.KAMCMD, "-s", f"unixs:{server.directory}/ctl"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as kamcmd:
        texts, done = [file.read_text(), other], 0
        for n in range(times):
            fresh = file.with_suffix(".new")
            fresh.write_text(texts[(n + 1) % 2])
            fresh.rename(file)
            kamcmd.stdin.write("failover.reload\n")
            kamcmd.stdin.flush()
            while "}" not in (line := kamcmd.stdout.readline()):
                assert line and "error" not in line, line
            done += 1
        kamcmd.stdin.close()
    return done


@pytest.mark.long(25)
@pytest.mark.heavy("thousands of calls and of reloads")
def test_ten_thousand_reloads_under_load_cost_no_call_and_no_memory():
    """No call is lost, no call uses two plans, and shared memory does not grow."""
    async def run():
        async with Stage(PEERS, both_plans, memory_mb=64) as stage:
            server, other = stage.server, plan_of("B", stage.names)
            await asyncio.to_thread(reload_often, server, 100, other)
            assert (await place(stage))[0] == 200
            assert await stage.drained(15) == 0
            used = server.shm_used()
            reloads = asyncio.ensure_future(
                asyncio.to_thread(reload_often, server, 10_000, other))
            calls = await load(stage, 100, reloads)
            assert reloads.result() == 10_000
            codes = [call.codes[-1] if call.codes else None for call in calls]
            entries = by_call(stage.trace)
            marks = {marks_of(entries[call.invite.call_id], call) for call in calls}
            assert set(codes) == {200}, {code: codes.count(code) for code in set(codes)}
            assert marks == {"AAAA", "BBBB"}, marks
            assert await stage.drained(20) == 0
            grown = server.shm_used() - used
            print(f"{len(calls)} calls; shared memory has grown by {grown} bytes")
            assert abs(grown) <= 8 * 1024
            assert not server.faults(), server.faults()[:5]

    asyncio.run(run())


def large_plan(which, names, rules=10_000):
    return "".join(
        f"[Matching Patterns]\nTo = sip:{1_000_000 + n}(.*)@\n[Deploy Patterns]\n"
        f"To = sip:{which}@127.0.0.1:9\n" for n in range(rules - 1)) + plan_of(which, names)


def delays(trace):
    """The time of each call from the caller's INVITE until the first destination gets
    it."""
    found = []
    for entries in by_call(trace).values():
        sent = [e.time for e in entries if e.is_a("INVITE") and e.sent]
        got = [e.time for e in entries if e.is_a("INVITE") and e.peer == "a"]
        if sent and got:
            found.append(got[0] - sent[0])
    return found


@pytest.mark.alone("how late a call is meanwhile")
def test_a_reload_of_ten_thousand_rules_delays_no_call():
    """There are 200 calls a second; the delays of the machine itself do not count."""
    async def run():
        def config(names):
            made = both_plans(names)
            made.files["plan"] = large_plan("A", names)
            return made

        async with Stage(PEERS, config, memory_mb=256) as stage:
            server, other = stage.server, large_plan("B", stage.names)

            async def three_reloads():
                await asyncio.sleep(1)
                await asyncio.to_thread(reload_often, server, 3, other)
                await asyncio.sleep(1)

            with Lag() as lag:
                calls = await load(stage, 200, asyncio.ensure_future(three_reloads()))
            codes = [call.codes[-1] if call.codes else None for call in calls]
            worst = max(delays(stage.trace))
            print(f"{len(calls)} calls, the slowest first attempt {1000 * worst:.1f} ms, "
                  f"the machine held a process up for {1000 * lag.worst:.1f} ms")
            assert set(codes) == {200}, {code: codes.count(code) for code in set(codes)}
            assert worst <= SLACK + lag.worst
            assert not server.faults(), server.faults()[:5]

    asyncio.run(run())
