# SPDX-License-Identifier: GPL-2.0-or-later
"""Limits of what a call can cost the server: a list of 2 000 destinations, 20 000 rules
whose patterns run into their limit, and host names that the server must look up while
other calls wait."""

import asyncio
import dataclasses
import os
import pathlib
import re

import pytest

import kamailio
from scenario import SILENT, Stage, reply

# -- a long list -----------------------------------------------------------------------

SHORT, LONG = 64, 2000         # destinations; about what a call keeps at most, and many more
CALLS = 150
PLACES = ("inline", "plan")


def many(count):
    return " ".join(f"sip:{n}@10.0.0.1" for n in range(1, count))


def list_config(place, count):
    """A server whose calls have this number of destinations; the first is a."""
    def config(names):
        rest, more = many(count), {}
        if place == "inline":
            route = f'if (failover("sip:0@{names["a"]} {rest}")) exit;'
        else:
            route = "if (failover()) exit;"
            more = {"modparams": (("failover", "dialplan_text", "[Deploy Patterns]\n"
                    f"To = sip:0@{names['a']}\n$session = failover {rest}\n"),)}
        return kamailio.Config(route, globals="max_branches=30\n", sockets=("udp4",), **more)
    return config


def cpu_seconds(server):
    """The processor time that the processes of a server have used so far."""
    ticks = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == server.process.pid:         # the fields of its process group
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def cost(place, count):
    """(bytes of shared memory of a ringing call, processor seconds of a call)"""
    async with Stage({"a": [reply(180)]}, list_config(place, count), memory_mb=128) as stage:
        caller = await stage.caller()
        calls = [caller.call(f"sip:9555@{stage.names['proxy']}")]       # these calls are not measured
        await asyncio.sleep(0.5)
        memory = await asyncio.to_thread(stage.server.shm_used)
        before = cpu_seconds(stage.server)
        for _ in range(CALLS):
            calls.append(caller.call(f"sip:9555@{stage.names['proxy']}"))
            await asyncio.sleep(0.008)
        for _ in range(50):
            await asyncio.sleep(0.1)
            if all(180 in call.codes for call in calls):
                break
        used = cpu_seconds(stage.server) - before
        more = await asyncio.to_thread(stage.server.shm_used) - memory
        assert all(180 in call.codes for call in calls)
        return more / CALLS, used / CALLS


@pytest.mark.parametrize("place", PLACES)
def test_a_list_of_2000_destinations_costs_as_much_as_those_that_can_be_tried(place):
    short_bytes, short_cpu = asyncio.run(cost(place, SHORT))
    long_bytes, long_cpu = asyncio.run(cost(place, LONG))
    print(f"{place}: {short_bytes:.0f} and {long_bytes:.0f} bytes a call, "
          f"{short_cpu * 1000:.2f} and {long_cpu * 1000:.2f} ms")
    assert long_bytes <= 1.1 * short_bytes + 2048, (short_bytes, long_bytes)
    assert long_cpu <= 1.5 * short_cpu + 0.0003, (short_cpu, long_cpu)


# -- patterns that run into their limit --------------------------------------------------

RULES = 20_000
HARD = "".join(f"[Matching Patterns]\nSubject = ^(a+)+\\d$(?#{n})\n[Deploy Patterns]\n"
               f"To = sip:1@10.0.0.1\n" for n in range(RULES))


async def log_of_a_hard_request(requests=2):
    def config(names):
        return kamailio.Config("failover();", files={"plan": HARD}, sockets=("udp4",),
            modparams=(("failover", "dialplan", "@DIR@/plan"),))

    async with Stage({"a": SILENT}, config, memory_mb=512) as stage:
        caller = await stage.caller()
        for _ in range(requests):
            call = caller.call(f"sip:9555@{stage.names['proxy']}", [("Subject", "a" * 60)])
            await asyncio.wait_for(call.final, 60)
        assert call.codes[-1] == 404, call.codes
        return stage.server.log()


def test_20000_rules_that_run_into_their_limit_are_one_line_of_the_log():
    log = asyncio.run(log_of_a_hard_request())
    lines = [line for line in log.splitlines() if re.search(r"WARNING: failover", line)]
    print(*lines[:3], sep="\n")
    assert len(lines) == 1, f"{len(lines)} lines, such as {lines[:1]}"
    assert f" and {RULES - 8} more; Call-ID [" in lines[0], lines


# -- host names after the first destination ---------------------------------------------------
# Without workers, the timer process of tm looks them up, so there are warnings of them.

BEHIND = {
    "a list": kamailio.Config('failover("sip:1@10.0.0.1 sip:2@gw.example.com");'),
    "a list with a variable": kamailio.Config(
        'failover("sip:$rU@10.0.0.1 sip:$rU@gw.example.com");'),
    "a plan": kamailio.Config("failover();", modparams=(("failover", "dialplan_text",
        "[Deploy Patterns]\nTo = sip:1@10.0.0.1\n$session = failover sip:2@gw.example.com\n"),)),
    "a plan with a capture": kamailio.Config("failover();", modparams=(("failover",
        "dialplan_text", "[Matching Patterns]\n$request = sip:(.+)@\n[Deploy Patterns]\n"
        "To = sip:%1@10.0.0.1\n$session = failover sip:%1@gw.example.com\n"),)),
}


@pytest.mark.parametrize("what", BEHIND)
def test_the_start_warns_of_names_after_the_first_destination(what):
    _, log = kamailio.start_that_fails(BEHIND[what])
    warnings = [line for line in log.splitlines() if "WARNING" in line and "gw.example.com" in line]
    assert len(warnings) == 1 and re.search(r"look|resolv|dns", warnings[0], re.I), log


@pytest.mark.parametrize("what", BEHIND)
def test_the_start_does_not_warn_where_workers_look_them_up(what):
    _, log = kamailio.start_that_fails(dataclasses.replace(BEHIND[what],
        globals="async_workers=2\n"))
    assert "gw.example.com" not in log, log


def test_the_start_warns_where_no_cache_keeps_what_workers_find():
    _, log = kamailio.start_that_fails(dataclasses.replace(BEHIND["a list"],
        globals="async_workers=2\nuse_dns_cache=off\n"))
    assert "[sip:2@gw.example.com] is looked up while other calls wait" in log, log


def test_the_start_does_not_warn_of_addresses():
    _, log = kamailio.start_that_fails(kamailio.Config(
        'failover("sip:1@gw.example.com sip:2@10.0.0.1");'))
    assert "gw.example.com" not in log, log
