# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of the server when shared memory runs out, and what Kamailio's
own memory debugging finds after calls of every kind. The slow part, under
valgrind, is test_valgrind.py."""

import asyncio
import re

import kamailio
import mixed
from peers import NoTrace
from scenario import Stage, filled, reply

CALLS = 700
CRASHES = re.compile(r"\bBUG\b|segfault|core was|by a signal|core file")


def test_calls_without_memory_are_refused_and_service_comes_back():
    """700 calls at once, all silent, with 4 MB."""
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


async def answered(caller, proxy):
    call = caller.call(f"sip:good@{proxy}", hangup_after=0)
    await asyncio.wait_for(call.ended.wait(), 10)
    assert call.answered, call.codes


# -- Kamailio's own debugging ----------------------------------------------------------

OURS = sorted(path.name for path in kamailio.TOP.glob("*.c"))
SUMS = re.compile(r"(?:qm|fm|tlsf)_sums?\w*[^:]*:.*?count=\s*(\d+) size=\s*(\d+) bytes "
                  r"from ([\w ]+): ([\w./]+): (\w+)\((\d+)\)")


class Talkative(kamailio.Server):
    """One that accounts for its memory when it ends."""

    def write(self):
        super().write()
        text = self.config_file.read_text()
        self.config_file.write_text(text.replace(
            "log_stderror=yes", "log_stderror=yes\nmemlog=1\nmem_summary=12", 1))


def fragments(log):
    """{(file, function, line): (processes, count, bytes)} of ours, as the
    processes report them at their end."""
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
    """What was left behind of `rounds` calls of every kind, and the log."""
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


def test_no_fragment_and_no_overrun_is_left_of_calls_of_every_kind():
    """The same fragments of ours (the parsed calls of the script) after one call
    of every kind and after six; and every process had the chance to report."""
    once, six = (asyncio.run(accounted(rounds)) for rounds in (1, 6))
    assert "tail overwritten" not in once + six and "BUG" not in once + six
    assert SUMS.search(six), "the server did not account for its memory"
    assert fragments(six) == fragments(once)
