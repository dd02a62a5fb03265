# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures the shared memory of a call that rings, for each destination that may ring. The
reference has these numbers. `make measure-memory` runs this script."""

import asyncio

import kamailio
from peers import NoTrace
from scenario import Stage, filled, reply

CALLS = 100
DESTINATIONS = 12
RINGS = [reply(180)]


async def held(route, ringing, modules=("failover",)):
    """Bytes of shared memory of one of CALLS calls. The destination with the number
    `ringing` rings; those before it have replied 503."""
    peers = {f"p{i}": RINGS if i == ringing else [reply(503)]
             for i in range(1, DESTINATIONS + 1)}

    def config(names):
        return kamailio.Config(route=filled(route, names), modules=modules)

    async with Stage(peers, config, trace=NoTrace(), memory_mb=64) as stage:
        caller = await stage.caller()
        uri = filled("sip:9555@{proxy}", stage.names)
        used = [await asyncio.to_thread(stage.server.shm_used)]
        placed = []
        for _ in range(2):             # the first half warms up
            calls = [caller.call(uri) for _ in range(CALLS)]
            await asyncio.wait_for(
                asyncio.gather(*(ringing_now(call) for call in calls)), 20)
            placed += calls
            used.append(await asyncio.to_thread(stage.server.shm_used))
        for call in placed:
            call.cancel()
        await stage.drained(30)
        return (used[2] - used[1]) // CALLS


async def ringing_now(call):
    while 180 not in call.codes:
        await asyncio.sleep(0.02)


def main():
    everywhere = " ".join(f"sip:10{i}@{{p{i}}}" for i in range(1, DESTINATIONS + 1))
    print(f"bytes of shared memory for each of {CALLS} calls:")
    print("  t_relay()                            ", asyncio.run(held(
        '$ru = "sip:101@{p1}"; t_relay(); exit;', 1, modules=())))
    print("  failover(), one destination          ", asyncio.run(held(
        'if (failover("sip:101@{p1}")) exit;', 1)))
    for ringing in (1, 2, 3, 6, 12):
        print(f"  failover(), destination {ringing:2} of {DESTINATIONS} rings ",
              asyncio.run(held(f'if (failover("{everywhere}")) exit;', ringing)))


if __name__ == "__main__":
    main()
