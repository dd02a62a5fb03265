# SPDX-License-Identifier: GPL-2.0-or-later
"""A call that has ended leaves no memory: shared and private memory are compared before and
after many calls through three destinations."""

import asyncio

import pytest

import kamailio
from peers import NoTrace
from scenario import Stage, filled, reply

WARM_UP, CALLS = 100, 600
AT_A_TIME = 20
MEMORY_MB = 64                 # tm keeps ended transactions for some seconds
ALLOWED = 8 * 1024             # bytes, shared memory and each process's own

ROUTE = """
    @BEFORE@
    if (failover("sip:100@{a} sip:101@{b} sip:102@{c}")) exit;
"""
PLANTED = '$sht(kept=>$ci) = "of this call";'
PLACE_TO_LEAK = (("htable", "htable", "kept=>size=8"),)


class Leak(AssertionError):
    """Memory or transactions were left."""


async def make_calls(stage, caller, count):
    """Make this number of answered calls, a few at the same time; each is hung up."""
    places = asyncio.Semaphore(AT_A_TIME)
    uri = filled("sip:9555@{proxy}", stage.names)

    async def one():
        async with places:
            call = caller.call(uri, hangup_after=0)
            await asyncio.wait_for(call.ended.wait(), 20)
            assert call.answered, call.codes
    await asyncio.gather(*(one() for _ in range(count)))


async def memory_at_rest(stage):
    """Shared memory and the memory of every process, when tm has released all calls."""
    left = await stage.drained(30)
    if left:
        raise Leak(f"tm still holds {left} transactions")
    return await asyncio.to_thread(
        lambda: (stage.server.shm_used(), stage.server.pkg_used()))


async def growth(before_failover="", modules=(), modparams=()):
    """Make the calls; raise Leak if memory has grown by more than is allowed.
    `before_failover` is script code that runs for each call."""
    def config(names):
        return kamailio.Config(
            route=filled(ROUTE.replace("@BEFORE@", before_failover), names),
            modules=("failover", *modules), modparams=modparams)

    peers = {"a": [reply(503)], "b": [reply(503)], "c": [reply(200)]}
    async with Stage(peers, config, trace=NoTrace(),
                     memory_mb=MEMORY_MB) as stage:
        caller = await stage.caller()
        await make_calls(stage, caller, WARM_UP)
        shm, pkg = await memory_at_rest(stage)
        await make_calls(stage, caller, CALLS)
        shm_after, pkg_after = await memory_at_rest(stage)
        assert not stage.server.faults(), stage.server.faults()
    grown = {"shared memory": shm_after - shm}
    grown.update({f"process {pid}": pkg_after[pid] - pkg[pid] for pid in pkg})
    over = {name: n for name, n in grown.items() if n > ALLOWED}
    if over:
        raise Leak(f"{CALLS} calls left behind, in bytes: {over}")


@pytest.mark.long(11)
@pytest.mark.heavy("calls as fast as the server takes them")
def test_600_calls_leave_no_memory():
    asyncio.run(growth())


@pytest.mark.long(11)
@pytest.mark.heavy("calls as fast as the server takes them")
def test_a_planted_leak_is_reported():
    """The same measurement finds a script that keeps memory of every call."""
    with pytest.raises(Leak, match="shared memory"):
        asyncio.run(growth(PLANTED, ("htable",), PLACE_TO_LEAK))
