# SPDX-License-Identifier: GPL-2.0-or-later
"""How the module follows tm and the server: faked_reply_prio, a failure_route that
suspends, the end of the server while a timer of the module runs, and connections without
a reference."""

import asyncio
import shutil
import subprocess
import time

import pytest

import kamailio
from shim import forced
from scenario import SILENT, Scenario, Stage, at, filled, hangup, later, reply

RINGS_AND_ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
WT = ("tm", "wt_timer", 1000)


# -- faked_reply_prio ------------------------------------------------------------------

def prio(title, value, settings, peers, attempts, caller, **more):
    """a and b in parallel, then c; this number is the preference of tm for real replies."""
    return Scenario(f"faked_reply_prio={value}: {title}",
        route=f'append_branch("sip:101@{{b}}"); if (failover("sip:100@{{a}} sip:102@{{c}}",'
              f' "timer.inviting=600ms; {settings}")) exit;',
        modules=("corex", "failover"), modparams=(("tm", "faked_reply_prio", value), WT),
        peers={"c": RINGS_AND_ANSWERS, **peers},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", at(0)), *attempts], caller=caller, **more)


def plain(title, value, peers, caller, **more):
    """The same with t_relay(): the reply that tm picks."""
    return Scenario(f"faked_reply_prio={value}, t_relay() alone: {title}",
        route='append_branch("sip:101@{b}"); $ru = "sip:100@{a}"; t_set_fr(5000, 600);'
              " t_relay(); exit;", modules=("corex", "failover"), peers=peers,
        modparams=(("tm", "faked_reply_prio", value), WT), caller=caller,
        attempts=[("a", "UDP", at(0)), ("b", "UDP", at(0))], **more)


TO_C, TO_C_LATE = [("c", "UDP", at(0.6))], [("c", "UDP", at(0.9))]
SILENT_LAST = {"a": SILENT, "b": [reply(486)]}
SILENT_FIRST = {"a": SILENT, "b": [reply(180), reply(486, after=0.9)]}
# tm prefers a real reply to a silent branch that ended earlier, but not to one whose
# silence ends now (t_reply.c, t_pick_branch)
PRIO = [
    plain("a 486 after a silent branch", 0, SILENT_FIRST, [100, 180, 408]),
    plain("a 486 after a silent branch", 2000, SILENT_FIRST, [100, 180, 486], final_from="b"),
    plain("a silent branch after a 486", 2000, SILENT_LAST, [100, 408]),
    prio("a 486 after a silent branch counts less: the pattern is not asked", 0,
         "pattern.response=5..", SILENT_FIRST, TO_C_LATE, [100, 180, 180, 200], final_from="c"),
    prio("a 486 after a silent branch counts: the pattern is asked", 2000,
         "pattern.response=5..", SILENT_FIRST, [], [100, 180, 486], final_from="b"),
    prio("a 486 after a silent branch counts, and matches", 2000, "pattern.response=486",
         SILENT_FIRST, TO_C_LATE, [100, 180, 180, 200], final_from="c"),
    prio("a silent branch after a 486 is a timeout", 2000, "pattern.response=5..",
         SILENT_LAST, TO_C, [100, 180, 200], final_from="c"),
    prio("two silent branches are a timeout", 2000, "pattern.response=5..",
         {"a": SILENT, "b": SILENT}, TO_C, [100, 180, 200], final_from="c"),
    prio("the 486 is what the caller gets", 2000, "attempts=1", SILENT_FIRST, [],
         [100, 180, 486], final_from="b"),
    prio("the 408 is what the caller gets", 0, "attempts=1", SILENT_FIRST, [],
         [100, 180, 408]),
]


# -- a failure_route that suspends --------------------------------------------------------

def suspends(title, settings, do, caller, peers=None, beside="", **more):
    """failure_route suspends for a second, and then route[RESUME] runs this code."""
    return Scenario(f"failure_route suspends: {title}",
        route=f't_on_failure("WAITS"); {beside}'
              f'if (failover("sip:100@{{a}}", "{settings}")) exit;',
        extra='failure_route[WAITS] { async_route("RESUME", "1"); }\n'
              f"route[RESUME] {{ {do} }}",
        modules=("async", "corex", "failover"), modparams=(("async", "workers", 1), WT),
        peers={"a": [reply(486)], **(peers or {})},
        **{"attempts": [("a", "UDP", at(0))], "caller": caller, **more})


SUSPENDS = [
    suspends("the reply that is written out is not lost", "reply=480 Gone", "return;",
             [100, 480]),
    suspends("so of a destination that was silent", "reply=480 Gone; timer.inviting=500ms",
             "return;", [100, 480], {"a": SILENT}),
    suspends("so of one that rang too long", "reply=480 Gone; timer.provisional=500ms",
             "return;", [100, 180, 480], {"a": [reply(180)]}, cancelled_after={"a": 0.5}),
    suspends("so the reply of the destination itself", "", "return;", [100, 486]),
    suspends("so that of the better one of two", "", "return;", [100, 486],
             {"a": [reply(503, after=0.1)], "b": [reply(486)]},
             beside='append_branch("sip:101@{b}"); ',
             attempts=[("a", "UDP", at(0)), ("b", "UDP", at(0))]),
    suspends("so the 408 for its silence", "timer.inviting=500ms", "return;", [100, 408],
             {"a": SILENT}),
    suspends("the script replies then: that is it", "reply=480 Gone",
             't_reply("404", "Mine");', [100, 404]),
    suspends("the script relays then: that is it", "reply=480 Gone",
             '$ru = "sip:9@{b}"; t_relay();', [100, 180, 200], {"b": RINGS_AND_ANSWERS},
             attempts=[("a", "UDP", at(0)), ("b", "UDP", later(1))]),
]


@pytest.mark.parametrize("scenario", [*PRIO, *SUSPENDS], ids=lambda s: s.title)
def test_tm(outcome):
    outcome.check()


# -- the end of the server ------------------------------------------------------------------

WAITS = 5.0                    # seconds until the server must have ended
ENDS = {                       # the action in which the timer process is delayed, and its call
    "a CANCEL of timer.provisional": ("send:CANCEL:{a_port}:1:1500:0", "CANCEL",
                                      'failover("sip:1@{a}", "timer.provisional=400ms")'),
    "the INVITE after a silent one": ("send:INVITE:{b_port}:1:1500:0", "INVITE",
                                       'failover("sip:1@{s} sip:2@{b}", '
                                       '"timer.inviting=400ms")'),
    "a CANCEL of timer.total": ("send:CANCEL:{a_port}:1:1500:0", "CANCEL",
                                'failover("sip:1@{a}", "timer.total=400ms")'),
}


async def ended_meanwhile(rule, method, call_text):
    """Tell the server to end while its timer process is delayed. Return the seconds until it
    has ended, and its log."""
    def config(names):
        return kamailio.Config(filled(f"if ({call_text}) exit;", names),
                               environment=forced(filled(rule, names)))

    async with Stage({"a": [reply(180)], "s": SILENT, "b": [reply(180)]}, config) as stage:
        caller = await stage.caller()
        caller.call(f"sip:9555@{stage.names['proxy']}")
        for _ in range(60):
            if "is held at" in stage.server.log():
                break
            await asyncio.sleep(0.05)
        assert "is held at" in stage.server.log()
        begun = time.monotonic()
        stage.server.process.terminate()
        for _ in range(200):
            if stage.server.process.poll() is not None:
                break
            await asyncio.sleep(0.1)
        return time.monotonic() - begun, stage.server.log(), stage.server.faults()


@pytest.mark.parametrize("what", ENDS)
def test_the_server_ends_while_a_timer_of_ours_runs(what):
    took, log, faults = asyncio.run(ended_meanwhile(*ENDS[what]))
    assert took <= WAITS, f"{took:.1f} s"
    assert not faults, faults


# -- references to connections ---------------------------------------------------------------

CLOSED, A_SECOND = 400, 100
ALLOWED = 24 * 1024            # bytes, less than one more connection and its buffers


def test_no_reference_to_a_connection_is_taken():
    """A reference must be given back as tcp_main.c does it, or a connection that closes
    meanwhile stays for ever (17 KB). Reading the state of a connection needs none."""
    module = kamailio.module_dirs().split(":")[0] + "/failover.so"
    symbols = subprocess.run([shutil.which("nm"), "-D", "--undefined-only", module],
                             capture_output=True, text=True, check=True).stdout
    assert "tcpconn_get" not in symbols and "tcpconn_put" not in symbols


async def memory_of_closing_connections():
    """The growth of shared memory after many calls to a gateway that closes each connection."""
    def config(names):
        return kamailio.Config(filled('if (failover("sip:1@{a}/TCP sip:2@{b}")) exit;', names),
                               modparams=(WT,))

    async with Stage({"a": [hangup(after=0.05)], "b": [reply(486)]}, config,
                     memory_mb=64) as stage:
        async def calls(count):
            caller = await stage.caller()
            made = []
            for _ in range(count):
                made.append(caller.call(f"sip:9555@{stage.names['proxy']}"))
                await asyncio.sleep(1 / A_SECOND)
                await caller.keeps_up()
            await asyncio.gather(*(asyncio.wait_for(c.final, 8) for c in made))
            assert not await stage.drained(20)
            await asyncio.sleep(1)
            return await asyncio.to_thread(stage.server.shm_used)
        before = await calls(100)
        return await calls(CLOSED) - before


@pytest.mark.long(10)
@pytest.mark.heavy("100 calls a second")
def test_connections_that_close_leave_no_memory():
    growth = asyncio.run(memory_of_closing_connections())
    assert growth <= ALLOWED, f"{growth} bytes"
