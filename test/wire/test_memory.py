# SPDX-License-Identifier: GPL-2.0-or-later
"""The server without free shared memory, and what Kamailio's own memory debugging finds
after calls of every kind. test_valgrind.py has the slow part, under valgrind."""

import asyncio
import re

import pytest

import kamailio
import measure_memory
import mixed
from peers import NoTrace
from scenario import Stage, filled, reply

CALLS = 700
CRASHES = re.compile(r"\bBUG\b|segfault|core was|by a signal|core file")


@pytest.mark.heavy("700 calls at once")
def test_calls_without_memory_are_refused_and_service_comes_back():
    """There are 700 calls at the same time, all to silent destinations, with 4 MB."""
    def config(names):
        return kamailio.Config(filled(
            'if ($rU == "good" && failover("sip:1@{b} sip:2@{c}")) exit;'
            'if ($rU == "bad" && failover("sip:1@{a} sip:2@{a} sip:3@{a}",'
            ' "timer.inviting=500ms")) exit;', names),
            modparams=(("tm", "wt_timer", 1000),))

    async def run():
        told = {"a": [], "b": [reply(503)], "c": [reply(200)]}
        async with Stage(told, config, trace=NoTrace(), memory_mb=4) as stage:
            caller = await stage.caller()
            proxy = stage.names["proxy"]
            await answered(caller, proxy)
            await stage.drained(10)
            used = stage.server.shm_used()
            calls = [caller.call(f"sip:bad@{proxy}") for _ in range(CALLS)]
            await asyncio.wait([asyncio.ensure_future(c.ended.wait()) for c in calls],
                               timeout=8)
            codes = [c.codes[-1] if c.codes else None for c in calls]
            left = await stage.drained(30)
            await answered(caller, proxy)
            left = left or await stage.drained(10)
            grown = stage.server.shm_used() - used
            alive = stage.server.process.poll() is None
            return codes, left, grown, alive, stage.server.faults()

    codes, left, grown, alive, faults = asyncio.run(run())
    crashes = [line for line in faults if CRASHES.search(line)]
    print({code: codes.count(code) for code in set(codes)}, grown)
    assert alive and not crashes, crashes
    assert left == 0
    assert grown <= 64 * 1024, f"{grown} bytes of shared memory are gone"
    assert set(codes) - {408, None}, "memory did not run out"
    assert 200 not in codes


def route_with(reply):
    everywhere = " ".join(f"sip:{i}@{{p{i}}}" for i in range(1, 13))
    return f'if (failover("{everywhere}", "reply={reply}")) exit;'


def test_a_reply_that_led_on_is_kept_only_for_reply_best():
    """The third destination rings, so tm has stored two replies."""
    async def run():
        return await asyncio.gather(*(measure_memory.held(route_with(reply), 3)
                                      for reply in ("last", "best")))

    last, best = asyncio.run(run())
    print(f"{last} bytes a call, {best} with reply = best")
    assert best - last > 7000


async def answered(caller, proxy):
    call = caller.call(f"sip:good@{proxy}", hangup_after=0)
    await asyncio.wait_for(call.ended.wait(), 10)
    assert call.answered, call.codes


VALUE_BYTES = 4000


def many_variables(count, in_a_rule=60):
    rule = "[Matching Patterns]\nX-Long = (.*)\n[Deploy Patterns]\n$continue = true\n"
    lines = [f"$v{n} = %1\n" for n in range(count)]
    return "".join(rule + "".join(lines[n:n + in_a_rule])
                   for n in range(0, count, in_a_rule)) \
        + "[Deploy Patterns]\nTo = sip:1@{a}\n"


def test_a_call_whose_variables_have_no_room_is_refused():
    """The call itself keeps the variables, and the script's xavp keeps them too. There is
    memory for one copy, but not for both."""
    def config(names):
        return kamailio.Config('if (failover()) exit; sl_send_reply("480", "No"); exit;',
            files={"plan": filled(many_variables(1), names)},
            modparams=(("failover", "dialplan", "@DIR@/plan"),))

    async def run():
        async with Stage({"a": [reply(200)]}, config, memory_mb=8) as stage:
            free = stage.server.numbers("core.shmmem")["free"]
            count = int(0.45 * free / VALUE_BYTES)
            (stage.server.directory / "plan").write_text(
                filled(many_variables(count), stage.names))
            await stage.rpc("failover.reload")
            caller, finals = await stage.caller(), []
            for size in (VALUE_BYTES, 10):
                call = caller.call(f"sip:1@{stage.names['proxy']}",
                                   headers=[("X-Long", "x" * size)], hangup_after=0)
                await asyncio.wait_for(call.ended.wait(), 10)
                finals.append(call.codes[-1])
            assert len(stage.trace.of("a", "INVITE", sent=False)) == 1
            return finals, stage.server.log()

    finals, log = asyncio.run(run())
    assert finals == [500, 200], (finals, log)
    assert "no memory for $xavp(failover=>v" in log, log


# -- private memory ------------------------------------------------------------------

TEXTS = 2000
GROWTH = 1024 * 1024           # a process may keep some of the texts that it has read
# a list that needs some kilobytes when it is read; its beginning differs each time
LONG = " ".join(f"sip:{n}@127.0.0.1:5061" for n in range(1, 25))

# each text that is refused
TOLD = (("failover", "attempt_log_level", 1),)

LUA = """
function ksr_request_route()
    if KSR.is_method("OPTIONS") then KSR.sl.sl_send_reply(200, "OK") return 1 end
    if not KSR.is_method("INVITE") then return 1 end
    for i = 1, @TEXTS@ do KSR.failover.@CALL@ end
    KSR.sl.sl_send_reply(480, "Done")
    return 1
end
"""


def from_lua(call):
    return kamailio.Config("", script='cfgengine "lua"', modules=("app_lua", "failover"),
        files={"script.lua": LUA.replace("@TEXTS@", str(TEXTS)).replace("@CALL@", call)},
        modparams=(("app_lua", "load", "@DIR@/script.lua"), *TOLD))


def from_avp(value, call):
    return kamailio.Config(globals=f"max_while_loops={TEXTS + 1}", modparams=TOLD,
        route=f"""$var(i) = 0;
            while ($var(i) < {TEXTS}) {{
                $var(i) = $var(i) + 1; $avp(text) = {value}; {call};
            }}
            sl_send_reply("480", "Done"); exit;""")


# A correct list is kept, although the settings after it are wrong. So the call is refused,
# and the next list can be read.
READERS = {
    "lists from Lua": from_lua(
        f'failover_with("sip:" .. i .. "x@127.0.0.1 {LONG}", "wrong")'),
    "wrong lists from Lua": from_lua(f'failover_to("sip:" .. i .. "x@127.0.0.1 {LONG}/TPC")'),
    "wrong settings from Lua": from_lua(
        f'failover_with("sip:1@127.0.0.1", "timer.inviting=" .. i .. "ms; {"x" * 3000}")'),
    "lists from an AVP": from_avp(
        f'"sip:" + $var(i) + "x@127.0.0.1 {LONG}"', 'failover("$avp(text)", "$var(i)")'),
}

async def growth_of_texts(config):
    """The growth of private memory in the process where it is the greatest, after a call
    with TEXTS different texts."""
    async with Stage({}, lambda names: config) as stage:
        before = stage.server.pkg_used()
        caller = await stage.caller()
        for _ in range(2):
            call = caller.call(f"sip:1@{stage.names['proxy']}")
            await asyncio.wait_for(call.ended.wait(), 20)
            assert call.codes[-1] == 480, call.codes
        after = stage.server.pkg_used()
        log = stage.server.log()
        faults = stage.server.faults()
        assert not faults, faults[:5]
        assert log.count("event=refused") >= TEXTS, "the texts were not read"
        return max(after[pid] - before[pid] for pid in before)


@pytest.mark.parametrize("what", READERS)
def test_texts_that_come_with_calls_take_no_more_memory_than_that(what):
    grown = asyncio.run(growth_of_texts(READERS[what]))
    print(f"{grown} bytes")
    assert grown <= GROWTH
    assert grown > 0 or what.startswith("wrong")


LINES = 50
LINE_BYTES = 6 * 1024
LINE = ('failover("sip:100@127.0.0.1:5061 sip:$rU@127.0.0.1:5062/TCP",'
        ' "timer.inviting=2; pattern.response=5..|404");')


def private_memory(lines):
    with kamailio.Server(kamailio.Config("\n".join([LINE] * lines))) as server:
        return max(server.pkg_used().values())


def test_a_line_of_the_script_takes_a_few_kilobytes():
    """Every process has its own copy of each line. The pseudo-variables of a string need
    only the memory for those that are there."""
    each = (private_memory(LINES) - private_memory(0)) / LINES
    print(f"{each:.0f} bytes")
    assert 0 < each < LINE_BYTES


# -- Kamailio's own debugging ----------------------------------------------------------

OURS = sorted(path.name for path in kamailio.SOURCES)
SUMS = re.compile(r"(?:qm|fm|tlsf)_sums?\w*[^:]*:.*?count=\s*(\d+) size=\s*(\d+) bytes "
                  r"from ([\w ]+): ([\w./]+): (\w+)\((\d+)\)")


class Talkative(kamailio.Server):
    """A server that reports its memory when it ends."""
    stop_again = 5.0               # it ends slowly, and must not be ended earlier

    def write(self):
        super().write()
        text = self.config_file.read_text()
        self.config_file.write_text(text.replace(
            "log_stderror=yes", "log_stderror=yes\nmemlog=1\nmem_summary=12", 1))


def fragments(log):
    """{(file, function, line): (processes, count, bytes)} of failover, which the processes
    report at their end."""
    found = {}
    for count, size, _, path, function, line in SUMS.findall(log):
        name = path.rsplit("/", 1)[-1]
        if name in OURS:
            one = found.setdefault((name, function, int(line)), [0, 0, 0])
            one[0] += 1
            one[1] += int(count)
            one[2] += int(size)
    return found


async def accounted(rounds):
    """The fragments that remain after `rounds` calls of every kind, and the log."""
    kinds = list(mixed.KINDS)
    async with Stage(mixed.peers_of(kinds), mixed.config_of(kinds), memory_mb=64,
                     server_class=Talkative) as stage:
        made = await mixed.make_calls(stage, kinds, rounds * len(kinds), 60)
        left = await stage.drained(30)
        assert left == 0
        faults = await asyncio.to_thread(stage.server.stop)
        assert not faults, faults
        results = mixed.results_of(stage.trace, made)
        problems = [p for result in results for p in result.problems()]
        assert not problems, "\n".join(problems)
        return stage.server.log()


@pytest.mark.long(16)
@pytest.mark.heavy("many calls a second")
def test_calls_of_every_kind_leave_no_fragment_and_no_overrun():
    """After one call of every kind and after six, the same fragments of failover remain (the
    parsed calls of the script), and every process could report."""
    once, six = (asyncio.run(accounted(rounds)) for rounds in (1, 6))
    assert "tail overwritten" not in once + six and "BUG" not in once + six
    assert SUMS.search(six), "the server did not account for its memory"
    assert fragments(six) == fragments(once)
