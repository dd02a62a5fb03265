# SPDX-License-Identifier: GPL-2.0-or-later
"""What operators see of calls. $failover(), the CDR, the statistics, the RPC and the log
say the same, and it agrees with the messages of the peers."""

import asyncio
import json
import re
import shlex
import shutil
import sqlite3
import subprocess
import urllib.error
import urllib.request

import pytest

import kamailio
from scenario import SILENT, NOBODY, Stage, attempts_of, filled, redirect, reply

SLACK = 0.1                # seconds by which a time may differ from the messages


def place(peers, route, then=None, uri="sip:9555@{proxy}", calls=1, **config):
    """Make calls through a server, one after the other; `then(stage, calls)` is awaited while
    the server still runs. @return the stage, with its trace, and the calls."""
    def config_for(names):
        return kamailio.Config(filled(route, names), **{
            key: filled(value, names) if isinstance(value, str) else value
            for key, value in config.items()})

    async def run():
        async with Stage(peers, config_for) as stage:
            caller = await stage.caller()
            made = []
            for _ in range(calls):
                call = caller.call(filled(uri, stage.names), hangup_after=0.1)
                made.append(call)
                await asyncio.wait_for(asyncio.shield(call.final), 10)
                if call.answered:
                    await asyncio.wait_for(call.ended.wait(), 5)
            if then:
                await then(stage, made)
            stage.log = stage.server.log()
            return stage, made
    return asyncio.run(run())


def steps_of(trace):
    """[(destination, result, ms)] of the text of a trace."""
    steps = []
    for part in trace.split(", "):
        words = part.split(" ")
        steps.append((words[0], words[1], int(words[2][:-2]) if len(words) > 2 else None))
    return steps


def statistics(server):
    """{name: value} of the group, as kamcmd shows it."""
    text = server.rpc("stats.get_statistics", "failover:")
    return {name: int(value) for name, value in re.findall(r"failover:(\w+) = (-?\d+)", text)}


async def at_rest(server, limit=3.0):
    """The statistics when no call goes on any more; a busy machine may need some time. The
    lines of the log and the rows of the calls are then written too."""
    for _ in range(int(limit / 0.1)):
        await asyncio.sleep(0.1)
        numbers = await asyncio.to_thread(statistics, server)
        if numbers["calls"] and not numbers["active"]:
            break
    await asyncio.sleep(0.2)
    return numbers


def assert_sums_up(numbers):
    parts = ("answered_first", "answered_later", "exhausted", "rejected", "cancelled", "active")
    assert numbers["calls"] == sum(numbers[part] for part in parts), numbers


LIST = ('failover("sip:100@{a} sip:101@{b}/TCP sip:102@{c}", '
        '"timer.inviting=1; pattern.response=408|5..")')
THREE = {"a": SILENT, "b": [reply(503, after=0.05)],
         "c": [reply(180, after=0.1), reply(200, after=0.3)]}


def see(where):
    """A line of the log with every name of $failover()."""
    names = ("rule", "attempt", "destination", "reason", "code", "outcome", "trace")
    return 'xlog("L_NOTICE", "{} {}\\n");'.format(
        where, " ".join(f"{n}=[$failover({n})]" for n in names))


def seen(log, where):
    """[{name: value}] of the lines of a place."""
    return [dict(re.findall(r"(\w+)=\[(.*?)\]", line)) for line in log.splitlines()
            if re.search(rf": {where}:? (call_id=\S+ )?rule=", line)]


CDR_TABLES = """
create table acc (id integer primary key, method text, from_tag text, to_tag text,
    callid text, sip_code text, sip_reason text, time datetime, trace text, gateway text,
    attempt text, outcome text);
create table missed_calls as select * from acc;
create table acc_cdrs (id integer primary key, start_time datetime, end_time datetime,
    duration float, trace text, gateway text);
create table version (table_name text, table_version integer);
insert into version values ('acc', 5), ('missed_calls', 4), ('acc_cdrs', 2);
"""
EXTRA = ("trace=$failover(trace);gateway=$failover(destination);"
         "attempt=$failover(attempt);outcome=$failover(outcome)")


def cdr_parameters(path):
    return tuple(("acc", name, value) for name, value in (
        ("db_url", f"sqlite:///{path}"), ("db_flag", 1), ("db_missed_flag", 2),
        ("failed_transaction_flag", 3), ("db_extra", EXTRA), ("cdr_enable", 1),
        ("cdr_extra", "trace=$failover(trace);gateway=$failover(destination)"),
        ("cdrs_table", "acc_cdrs"), ("time_mode", 0)))


def make_database(path):
    with sqlite3.connect(path) as database:
        database.executescript(CDR_TABLES)
    database.close()


def rows_of(path, query):
    database = sqlite3.connect(path)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def wire_ms(trace, peers):
    """The milliseconds of each attempt at the gateways: until its final reply, or until the
    next attempt began."""
    attempts = attempts_of(trace, peers)
    ends = [a.entry.time for a in attempts[1:]] + [None]
    return [round(1000 * ((a.final.time if a.final else end) - a.entry.time))
            for a, end in zip(attempts, ends)]


# -- one call in all places -----------------------------------------------------------

FAILS = {                  # peers, when the caller gives up, (code, outcome, steps)
    "a reply": ({"a": [reply(503)], "b": [reply(503)], "c": [reply(480)]}, None,
                ("480", "rejected", ["503", "503", "480"])),
    "silence": ({"a": SILENT, "b": NOBODY, "c": SILENT}, None,
                ("408", "exhausted", ["inviting", "send", "inviting"])),
    "given up": ({"a": [reply(180)], "b": SILENT, "c": SILENT}, 0.3,
                 ("487", "cancelled", ["cancelled"])),
    "given up, and nobody has replied": ({"a": SILENT, "b": SILENT, "c": SILENT}, 0.3,
                                         ("487", "cancelled", ["cancelled"])),
}


@pytest.mark.parametrize("course", FAILS)
def test_the_rows_of_a_call_that_failed_have_the_trace(tmp_path, course):
    """Also if the timer process of tm ends the call; it has no current transaction."""
    peers, cancel_at, (code, outcome, results) = FAILS[course]
    path = tmp_path / "cdr.sqlite"
    make_database(path)

    def config(names):
        return kamailio.Config(
            filled(f"setflag(1); setflag(2); setflag(3); dlg_manage(); if ({LIST}) exit;", names),
            modules=("dialog", "acc", "db_sqlite", "failover"),
            modparams=(*cdr_parameters(path), ("acc", "cdr_on_failed", 1)))

    async def run():
        async with Stage(peers, config) as stage:
            caller = await stage.caller()
            call = caller.call(filled("sip:9555@{proxy}", stage.names))
            if cancel_at:
                caller.later(cancel_at, call.cancel)
            await asyncio.wait_for(call.final, 10)
            await at_rest(stage.server)

    asyncio.run(run())
    rows = [row for table in ("acc", "missed_calls")
            for row in rows_of(path, f"select sip_code, outcome, trace from {table}")]
    assert [row[:2] for row in rows] == [(code, outcome)] * 2, rows
    assert [[s[1] for s in steps_of(row[2])] for row in rows] == [results] * 2
    assert rows_of(path, "select trace from acc_cdrs") == [(rows[0][2],)]


TELLS = ("call_id=$ci rule=[$failover(rule)] attempt=[$failover(attempt)] "
         "destination=[$failover(destination)] code=[$failover(code)] "
         "outcome=[$failover(outcome)] trace=[$failover(trace)]")
EVENTS = f'''
event_route[failover:attempt] {{ xlog("L_NOTICE", "attempt: {TELLS}\\n"); }}
event_route[failover:ended] {{ xlog("L_NOTICE", "ended: {TELLS}\\n"); }}
'''
SLOWER = {"a": SILENT, "b": [reply(503, after=0.4)],
          "c": [reply(180, after=0.1), reply(200, after=0.6)]}


async def watch(stage, call):
    """{(attempt, destination): its start, from the milliseconds of failover.calls}, read
    during the call."""
    began = {}
    while not call.final.done():
        asked = asyncio.get_running_loop().time()
        found = await asyncio.to_thread(json_rpc_over_http, stage.server.port,
                                        "failover.calls", call.invite.call_id)
        for entry in found.get("result", {}).get("list", ()):
            if entry["attempt"]:
                began.setdefault((entry["attempt"], entry["destination"]),
                                 asked - entry["attempt_ms"] / 1000)
        await asyncio.sleep(0.03)
    return began


@pytest.mark.alone("times within 100 ms of the wire")
def test_all_places_say_the_same_about_a_call(tmp_path):
    """A call with silence, then 503, then an answer: the CDR, the row and line of acc, the
    statistics, the RPC during the call, the events, the log, the trace and the messages."""
    path = tmp_path / "cdr.sqlite"
    make_database(path)
    told = {}

    def config(names):
        made = with_http(names, f"setflag(1); setflag(2); setflag(4); dlg_manage();"
                                f" if ({LIST}) exit;", *cdr_parameters(path),
                         ("acc", "log_flag", 4), ("acc", "log_level", 1),
                         ("acc", "log_extra", EXTRA), ("failover", "attempt_log_level", 1))
        made.modules = ("dialog", "acc", "db_sqlite", *made.modules)
        made.extra += EVENTS
        return made

    async def run():
        async with Stage(SLOWER, config) as stage:
            caller = await stage.caller()
            call = caller.call(filled("sip:9555@{proxy}", stage.names), hangup_after=0.1)
            told["calls"] = await asyncio.wait_for(watch(stage, call), 10)
            await asyncio.wait_for(call.ended.wait(), 5)
            told["statistics"] = await at_rest(stage.server)
            stage.log = stage.server.log()
            return stage, call

    stage, call = asyncio.run(run())
    (trace, gateway, attempt, outcome), = rows_of(
        path, "select trace, gateway, attempt, outcome from acc where method = 'INVITE'")
    steps, names = steps_of(trace), stage.names
    destinations = [filled(d, names) for d in (
        "sip:100@{a}/UDP", "sip:101@{b}/TCP", "sip:102@{c}/UDP")]
    # the trace and the messages
    assert [s[:2] for s in steps] == list(zip(destinations, ("inviting", "503", "200")))
    for ms, real in zip((s[2] for s in steps), wire_ms(stage.trace, SLOWER)):
        assert abs(ms - real) <= 1000 * SLACK, (steps, wire_ms(stage.trace, SLOWER))
    # the CDR, the row and the line of acc
    assert (gateway, attempt, outcome) == (destinations[2], "3", "answered")
    assert rows_of(path, "select trace, gateway from acc_cdrs") == [(trace, gateway)]
    assert f"trace={trace};gateway={gateway};attempt=3;outcome=answered" in stage.log
    # statistics
    assert_sums_up(told["statistics"])
    assert {n: v for n, v in told["statistics"].items() if v} == {
        "calls": 1, "answered_later": 1, "attempts": 3, "reply_matched": 1,
        "timeout_inviting": 1}
    # the RPC during the call
    assert list(told["calls"]) == list(enumerate(destinations, 1))
    for began, real in zip(told["calls"].values(), attempts_of(stage.trace, SLOWER)):
        assert abs(began - real.entry.time) <= SLACK, (told["calls"], real)
    # the events
    ended, = seen(stage.log, "ended")
    assert ended == {"rule": "<null>", "attempt": "3", "destination": destinations[2],
                     "code": "200", "outcome": "answered", "trace": trace}
    events = seen(stage.log, "attempt")
    assert len(events) == 3
    for number, event in enumerate(events, 1):
        assert event["attempt"] == str(number) and event["outcome"] == "<null>"
        assert event["destination"] == destinations[number - 1]
        assert event["trace"] == (", ".join(trace.split(", ")[:number - 1]) or "<null>")
    # the log
    lines = [dict(word.partition("=")[::2] for word in shlex.split(line.split("event=")[1]))
             for line in stage.log.splitlines() if "event=" in line]
    assert [(f"{e['destination']}/{e['transport']}", e["result"], int(e["ms"]))
            for e in lines[:3]] == steps
    assert lines[3]["trace"] == trace and lines[3]["outcome"] == "answered"
    assert lines[3]["code"] == "200" and lines[3]["call_id"] == call.invite.call_id
    assert abs(int(lines[3]["ms"]) - sum(s[2] for s in steps)) < 1000 * SLACK


# -- $failover() in each route -------------------------------------------------------

VIEWS = f"""
branch_route[B] {{ {see("branch")} }}
onreply_route[R] {{ {see("onreply")} }}
failure_route[F] {{ {see("failure")} }}
onsend_route {{ if (is_method("INVITE")) {{ {see("onsend")} }} }}
event_route[failover:attempt] {{ {see("attempt")} }}
event_route[failover:ended] {{ {see("ended")} }}
"""
ARMED = 't_on_branch("B"); t_on_reply("R"); t_on_failure("F"); '
PLAN = """\
[Matching Patterns]
To = sip:1
[Deploy Patterns]
[Rule abroad]
[Matching Patterns]
To = sip:9
[Deploy Patterns]
To = sip:100@{a}
$session = failover sip:101@{b}
&failover.timer.inviting = 1
"""


def test_what_each_route_sees():
    peers = {"a": SILENT, "b": [reply(486)]}
    route = (f'{see("before")} {ARMED} if (failover()) {{ {see("behind")} exit; }}')
    stage, _ = place_by_plan(peers, route, PLAN)
    names = stage.names
    a, b = filled("sip:100@{a}/UDP", names), filled("sip:101@{b}/UDP", names)
    nothing = "<null>"
    before, = seen(stage.log, "before")
    assert set(before.values()) == {nothing}
    for where in ("branch", "onsend", "attempt"):
        first, second = seen(stage.log, where)
        assert first == {"rule": "abroad", "attempt": "1", "destination": a,
                         "reason": "first", "code": nothing, "outcome": nothing,
                         "trace": nothing}, (where, first)
        assert {n: second[n] for n in ("attempt", "destination", "reason", "code")} == {
            "attempt": "2", "destination": b, "reason": "inviting", "code": "408"}
        assert steps_of(second["trace"])[0][:2] == (a, "inviting")
    behind, = seen(stage.log, "behind")
    assert behind["attempt"] == "1" and behind["outcome"] == nothing
    assert seen(stage.log, "onreply")[-1]["destination"] == b
    failure, = seen(stage.log, "failure")
    assert failure["outcome"] == "exhausted" and failure["code"] == "486"
    assert [s[:2] for s in steps_of(failure["trace"])] == [(a, "inviting"), (b, "486")]
    assert seen(stage.log, "ended") == [failure]


def place_by_plan(peers, route, plan, then=None, **more):
    """The same by a plan, with the addresses of the peers."""
    def config_for(names):
        return kamailio.Config(
            filled(route, names), extra=VIEWS,
            modparams=(("failover", "dialplan_text", filled(plan, names)),), **more)

    async def run():
        async with Stage(peers, config_for) as stage:
            caller = await stage.caller()
            call = caller.call(filled("sip:9555@{proxy}", stage.names))
            await asyncio.wait_for(call.final, 10)
            if then:
                await then(stage, call)
            # the code that runs after the final reply has run when the server has ended
            faults = await asyncio.to_thread(stage.server.stop)
            assert not faults, faults
            stage.log = stage.server.log()
            return stage, call
    return asyncio.run(run())


@pytest.mark.parametrize("name", ["traces", "Trace", "destination.uri"])
def test_an_unknown_name_stops_the_start(name):
    status, log = kamailio.start_that_fails(kamailio.Config(
        f'xlog("$failover({name})\\n"); exit;'))
    assert status and "would be right" in log and f"$failover({name})" in log, log


# -- outcomes ------------------------------------------------------------------------

OUTCOMES = {
    "answered at once": ('failover("sip:1@{a}")', {"a": [reply(200)]}, "answered_first"),
    "answered later": ('failover("sip:1@{a} sip:1@{b}")',
                       {"a": [reply(503)], "b": [reply(200)]}, "answered_later"),
    "all failed": ('failover("sip:1@{a} sip:1@{b}")', {"a": [reply(503)], "b": [reply(486)]},
                   "exhausted"),
    "none could be sent to": ('failover("sip:1@{a}/TCP")', {"a": NOBODY}, "exhausted"),
    "a reply that does not match": ('failover("sip:1@{a} sip:1@{b}", "pattern.response=5..")',
                                    {"a": [reply(486)], "b": [reply(200)]}, "rejected"),
    "a challenge": ('failover("sip:1@{a} sip:1@{b}")',
                    {"a": [reply(401)], "b": [reply(200)]}, "rejected"),
    "a redirect": ('failover("sip:1@{a}")', {"a": [redirect("<sip:2@{b}>")],
                                             "b": [reply(200)]}, "answered_later"),
    "timer.total": ('failover("sip:1@{a}", "timer.total=1")', {"a": [reply(180)]}, "exhausted"),
}
WHY = {"a redirect": "redirected", "answered later": "reply_matched",
       "none could be sent to": "send_failed"}


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_statistics_of_an_outcome(name):
    route, peers, outcome = OUTCOMES[name]
    found = {}

    async def then(stage, _):
        found.update(await at_rest(stage.server))

    stage, _ = place(peers, f"if ({route}) exit;", then,
                     modparams=(("failover", "attempt_log_level", 1),
                                ("failover", "log_format", "json")))
    assert_sums_up(found)
    assert found[outcome] == found["calls"] == 1 and found["active"] == 0, found
    if name in WHY:
        assert found[WHY[name]] == 1
    lines = json_lines(stage.log)
    assert lines[-1]["event"] == "call"
    assert lines[-1]["outcome"] == outcome.partition("_")[0]
    assert lines[-1]["attempts"] == found["attempts"] == sum(
        e["event"] == "attempt" for e in lines)


def json_lines(log):
    return [json.loads(line[line.index("{"):]) for line in log.splitlines()
            if '{"event"' in line]


def test_the_plan_answers():
    found = {}

    async def then(stage, _):
        found.update(await at_rest(stage.server))

    _, call = place_by_plan({"a": SILENT}, "if (failover()) exit;",
                            "[Deploy Patterns]\n$action = 403 No\n", then)
    assert call.codes[-1] == 403
    assert_sums_up(found)
    assert {n: v for n, v in found.items() if v} == {
        "calls": 1, "rejected": 1, "plan_replies": 1}


def test_a_late_answer_is_counted_and_shown():
    peers = {"a": [reply(200, after=1.4)], "b": [reply(180)]}
    found = {}

    async def then(stage, _):
        found.update(await at_rest(stage.server))

    stage, _ = place(peers, 'if (failover("sip:1@{a} sip:1@{b}", "timer.inviting=1")) exit;',
                     then, modparams=(("failover", "attempt_log_level", 1),
                                      ("failover", "log_format", "json")))
    assert_sums_up(found)
    assert found["late_answers"] == found["answered_first"] == 1, found
    last = json_lines(stage.log)[-1]
    (one, result, ms), (_, other, _) = steps_of(last["trace"])
    assert (result, other) == ("200", "cancelled") and abs(ms - 1400) < 1000 * SLACK
    assert last["destination"] + "/UDP" == one


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_line_of_the_log_can_be_parsed_with_any_name_of_a_rule(log_format):
    name = r'a "b" = \ c\n ä'
    plan = PLAN.replace("abroad", name)
    parameters = (("failover", "attempt_log_level", 1), ("failover", "log_format", log_format))

    def config_for(names):
        return kamailio.Config("if (failover()) exit;", modparams=(
            *parameters, ("failover", "dialplan_text", filled(plan, names))))

    async def run():
        async with Stage({"a": [reply(486)], "b": [reply(486)]}, config_for) as stage:
            call = (await stage.caller()).call(filled("sip:9555@{proxy}", stage.names))
            await asyncio.wait_for(call.final, 5)
            await asyncio.sleep(0.1)
            return stage.server.log()

    log = asyncio.run(run())
    if log_format == "json":
        assert [line["rule"] for line in json_lines(log)] == [name] * 3
    else:
        lines = [line for line in log.splitlines() if "event=" in line]
        assert len(lines) == 3
        for line in lines:
            words = shlex.split(line[line.index("event="):])
            assert f"rule={name}" in words, words


def test_the_level_is_changed_while_the_server_runs():
    async def then(stage, _):
        assert "event=" not in stage.server.log()
        await stage.rpc("cfg.set_now_int", "failover", "attempt_log_level", "1")
        caller = await stage.caller()
        for _ in range(6):             # each worker takes the change when it gets work
            call = caller.call(filled("sip:1@{proxy}", stage.names), hangup_after=0)
            await asyncio.wait_for(call.ended.wait(), 5)

    stage, _ = place({"a": [reply(200)]}, 'if (failover("sip:1@{a}")) exit;', then)
    assert stage.log.count("event=call") >= 5


def test_a_list_with_a_mistake_is_one_line_a_call():
    route = '$var(list) = "sip:1@{a}/TPC"; if (failover("$var(list)")) exit;'
    stage, calls = place({"a": SILENT}, route, calls=3,
                         modparams=(("failover", "attempt_log_level", 1),))
    lines = [line for line in stage.log.splitlines() if "event=refused" in line]
    assert len(lines) == 3
    for line, call in zip(lines, calls):
        assert call.invite.call_id in line and "/TPC" in line


# -- failover.calls, failover.stats ------------------------------------------------------

def calls_of(text):
    """The calls of failover.calls, as kamcmd prints them."""
    return [dict(re.findall(r"(\w+): *(.*)", part)) for part in text.split("call_id")[1:]
            for part in ["call_id" + part]]


def json_rpc_over_http(port, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    request = urllib.request.Request(f"http://127.0.0.1:{port}/rpc", body.encode(),
                                     {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


HTTP = """
event_route[xhttp:request] {
    if ($hu =~ "^/rpc") jsonrpc_dispatch();
    else if ($hu =~ "^/metrics") prom_dispatch();
    else xhttp_reply("404", "Not Found", "text/plain", "");
}
"""


def with_http(names, route, *parameters):
    """A server whose jsonrpcs and xhttp_prom serve HTTP."""
    return kamailio.Config(
        filled(route, names), globals="tcp_accept_no_cl=yes", extra=HTTP,
        modules=("xhttp", "jsonrpcs", "xhttp_prom", "failover"),
        modparams=(("jsonrpcs", "transport", 3), ("jsonrpcs", "fifo_name", "@DIR@/fifo"),
                   ("xhttp_prom", "xhttp_prom_stats", "failover:"), *parameters))


@pytest.mark.timed("what is under way at a moment")
def test_a_call_under_way_is_listed():
    """The first destination is silent, the second rings: the second attempt and its time."""
    found = {}

    async def run():
        peers = {"a": SILENT, "b": [reply(180, after=0.05)], "c": SILENT}

        def config(names):
            return with_http(names, 'if (failover("sip:1@{a} sip:2@{b}/TCP sip:3@{c}",'
                                    ' "timer.inviting=1")) exit;')

        async with Stage(peers, config) as stage:
            server = stage.server
            caller = await stage.caller()
            call = caller.call(filled("sip:9@{proxy}", stage.names))
            await asyncio.sleep(0.3)
            first, = calls_of(await stage.rpc("failover.calls"))
            assert first["attempt"] == "1" and first["state"] == "trying" and first["of"] == "3"
            await asyncio.sleep(1.2)
            call_id = call.invite.call_id
            for command in (("failover.calls",), ("failover.calls", call_id),
                            ("failover.calls", "1", "1")):
                listed, = calls_of(await stage.rpc(*command))
                found.update(listed)
            sent = attempts_of(stage.trace, peers)[1].entry.time
            waited = 1000 * (asyncio.get_running_loop().time() - sent)
            assert abs(int(found["attempt_ms"]) - waited) < 1000 * SLACK + 100
            assert (found["call_id"], found["attempt"], found["of"], found["state"]) == (
                call_id, "2", "3", "proceeding")
            assert found["destination"] == filled("sip:2@{b}/TCP", stage.names)
            over_http = await asyncio.to_thread(
                json_rpc_over_http, server.port, "failover.calls", call_id)
            assert over_http["result"]["list"][0]["destination"] == found["destination"]
            over_http = await asyncio.to_thread(
                json_rpc_over_http, server.port, "failover.stats")
            assert over_http["result"]["active"] == over_http["result"]["calls"] == 1
            assert over_http["result"]["attempts"] == 2
            wrong = await asyncio.to_thread(
                json_rpc_over_http, server.port, "failover.calls", "nobody@here")
            assert wrong["error"]["code"] == 404 and "Call-ID" in wrong["error"]["message"]
            call.cancel()
            await asyncio.wait_for(call.final, 5)
            await asyncio.sleep(0.1)
            assert calls_of(await stage.rpc("failover.calls")) == []

    asyncio.run(run())


# -- the chapter Operation --------------------------------------------------------------

CHAPTER = (kamailio.TOP / "doc/failover_operation.xml").read_text()


def test_the_commands_of_the_chapter_work_with_its_modules_and_parameters():
    """All commands in the chapter, on a server with only the modules and parameters of its
    first section."""
    needs = re.search(r'<section id="failover.op.prepare">.*?<!\[CDATA\[(.*?)\]\]>', CHAPTER,
                      re.S)[1]
    modules = set(re.findall(r'loadmodule "(\w+)\.so"', needs))
    parameters = [(module, name, int(value) if value.isdigit() else value.strip('"'))
                  for module, name, value in re.findall(
                      r'modparam\("(\w+)", "(\w+)", (.*?)\)', needs)]
    commands = re.findall(r"^kamcmd (.+)$|<command>kamcmd (.+?)</command>", CHAPTER, re.M)
    commands = [(one or other).split() for one, other in commands]
    assert len(commands) > 7 and len(parameters) > 3
    config = kamailio.Config(
        "exit;", modules=(*sorted(modules - set(kamailio.MODULES)), "failover"),
        modparams=tuple((m, n, "@DIR@/json" if n == "dgram_socket" else v)
                        for m, n, v in parameters))
    with kamailio.Server(config) as server:
        for command in commands:
            server.rpc(*command)
        for command in ("calls", "stats"):
            done = subprocess.run([kamailio.TOP / "failoverctl", command, "-s",
                                   server.directory / "json"], capture_output=True, timeout=10)
            assert done.returncode == 0, done.stderr


# -- Prometheus and Grafana ----------------------------------------------------------------

EXAMPLES = kamailio.TOP / "examples"
METRIC = re.compile(r"kamailio_failover_\w+")


def scrape(port):
    """{metric: value} of the page that Prometheus gets."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        page = answer.read().decode()
    return {name: float(value) for name, value in
            re.findall(r"^(\w+) (\S+)(?: \d+)?$", page, re.M)}


def test_the_page_of_xhttp_prom_and_the_examples_have_the_same_names():
    found = {}

    async def run():
        peers = {"a": [reply(503)], "b": [reply(200)]}
        async with Stage(peers, lambda names: with_http(
                names, 'if (failover("sip:1@{a} sip:1@{b}")) exit;')) as stage:
            caller = await stage.caller()
            call = caller.call(filled("sip:9@{proxy}", stage.names), hangup_after=0)
            await asyncio.wait_for(call.ended.wait(), 5)
            await asyncio.sleep(0.1)
            found.update(await asyncio.to_thread(scrape, stage.server.port))

    asyncio.run(run())
    ours = {name: value for name, value in found.items() if METRIC.match(name)}
    assert ours["kamailio_failover_answered_later"] == 1
    assert ours["kamailio_failover_attempts"] == 2
    used = {name: set(METRIC.findall((EXAMPLES / name).read_text()))
            for name in ("prometheus.rules.yml", "grafana.json")}
    assert all(used.values())
    for name, metrics in used.items():
        assert metrics <= set(ours), (name, metrics - set(ours))
    panels = json.loads((EXAMPLES / "grafana.json").read_text())["panels"]
    assert len({p["id"] for p in panels}) == len(panels) > 3


if shutil.which("promtool"):    # a large package that `make deps` does not install
    def test_promtool_takes_the_alerts():
        done = subprocess.run(["promtool", "check", "rules", EXAMPLES / "prometheus.rules.yml"],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr


# -- examples/cdr.cfg ----------------------------------------------------------------------

class CdrExample(kamailio.ConfigFile):
    """The example with the addresses of the test."""
    sockets = ("udp4", "tcp4")

    def __init__(self, names, database):
        super().__init__(EXAMPLES / "cdr.cfg")
        self.names, self.database = names, database

    def text(self, directory, port):
        text = self.path.read_text()
        for old, new in (("udp:127.0.0.1:5060", f"udp:127.0.0.1:{port}"),
                         ("sip:192.0.2.10 sip:192.0.2.11/TCP",
                          filled("sip:{a} sip:{b}/TCP", self.names)),
                         ("/var/lib/kamailio/cdr.sqlite", str(self.database))):
            assert old in text
            text = text.replace(f"!{old}!g", f"!{new}!g")
        return text.replace("listen=LISTEN",
                            f"listen=LISTEN\nlisten=tcp:127.0.0.1:{port}\nlog_stderror=yes")


def test_the_example_writes_cdrs_into_sqlite(tmp_path):
    """An answered call and one that the caller gives up. SQL finds a missed call for each
    gateway that failed, and one for the caller who gave up."""
    path = tmp_path / "cdr.sqlite"
    database = sqlite3.connect(path)
    database.executescript((EXAMPLES / "cdr.sql").read_text())
    database.close()
    peers = {"a": [reply(503)], "b": [reply(180), reply(200, after=0.8)]}

    async def run():
        async with Stage(peers, lambda names: CdrExample(names, path)) as stage:
            caller = await stage.caller()
            codes = []
            for gives_up in (False, True):
                call = caller.call(filled("sip:4711@{proxy}", stage.names), hangup_after=0.1)
                if gives_up:
                    caller.later(0.3, call.cancel)
                await asyncio.wait_for(asyncio.shield(call.final), 5)
                if call.answered:
                    await asyncio.wait_for(call.ended.wait(), 5)
                codes.append(call.codes[-1])
                # SQLite refuses to write while another process writes
                await asyncio.sleep(0.3)
            return stage.names, codes

    names, codes = asyncio.run(run())
    assert codes == [200, 487]
    a, b = filled("sip:4711@{a}/UDP", names), filled("sip:4711@{b}/TCP", names)
    found = rows_of(path, "select number, gateway, attempts, outcome, trace, sip_code from acc"
                          " where method = 'INVITE' order by id")
    assert [row[:4] + row[5:] for row in found] == [
        ("4711", b, 2, "answered", "200"), ("4711", b, 2, "cancelled", "487")]
    assert [[s[:2] for s in steps_of(row[4])] for row in found] == [
        [(a, "503"), (b, "200")], [(a, "503"), (b, "cancelled")]]
    assert rows_of(path, "select number, failed, gateway, outcome, sip_code, sip_reason"
                         " from missed_calls order by id") == [
        ("4711", a, b, None, "503", "reply"), ("4711", a, b, None, "503", "reply"),
        ("4711", None, b, "cancelled", "487", "Request Terminated")]
    (gateway, trace), = rows_of(path, "select gateway, trace from acc_cdrs")
    assert (gateway, trace) == (b, found[0][4])
