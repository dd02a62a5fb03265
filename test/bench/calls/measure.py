# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures one method in one scenario: the instructions of a call, and the bytes of
shared memory of a call that rings.

Callgrind counts the instructions of all processes of the server, in user mode only.
There are two runs. They last equally long and differ in the number of calls. So the
difference, divided by the number of calls, contains neither the start of the server
nor the ticks of its timers. Kamailio uses its allocator fm for both kinds of memory,
because the default allocator searches lists whose length depends on earlier
allocations."""

import collections
import pathlib
import shutil
import socket
import sys
import time

WIRE = pathlib.Path(__file__).resolve().parents[2] / "wire"
sys.path.insert(0, str(WIRE))

import kamailio                # noqa: E402 (test/wire is no package)
import profile_of               # noqa: E402
from traffic import HOST, Traffic   # noqa: E402

kamailio.START_LIMIT, kamailio.STOP_LIMIT = 120.0, 60.0  # valgrind is slow

FEW_CALLS, MANY_CALLS = 20, 180
RELEASE_S = 1.5                # until tm has released the transactions that ended
HELD_BEFORE, HELD_CALLS, HOLD_WINDOW = 50, 200, 10


class Counted(kamailio.Server):
    """A server under callgrind."""
    stop_again = 20.0

    def __init__(self, config):
        config.has_rpc = False
        super().__init__(config, memory_mb=64)

    def arguments(self, *more):
        return ["valgrind", "--quiet", "--tool=callgrind",
                f"--callgrind-out-file={self.directory}/callgrind.%p",
                *super().arguments(*more)]

    def _serves(self, _name):
        """Send one OPTIONS only, because each request that the server takes is counted."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(kamailio.START_LIMIT)
            sock.connect((HOST, self.port))
            try:
                sock.send(READY.replace(b"@", HOST.encode()).replace(
                    b"#", b"%d" % sock.getsockname()[1]))
                return sock.recv(4096).startswith(b"SIP/2.0 405")
            except ConnectionRefusedError:
                return False

    def counted(self):
        """{(file, function): instructions} of all its processes, after the server
        has ended."""
        spent = collections.Counter()
        for path in self.directory.glob("callgrind.*"):
            spent.update(profile_of.read(path))
        return spent


READY = (b"OPTIONS sip:@ SIP/2.0\r\nVia: SIP/2.0/UDP @:#;branch=z9hG4bK-ready\r\n"
         b"From: <sip:ready@@>;tag=1\r\nTo: <sip:@>\r\nCall-ID: ready\r\n"
         b"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")


def ended(server):
    faults = server.stop()
    if faults:
        raise AssertionError("\n".join(faults) + server.log())


def run(scenario, method, calls, seconds=0, keep=None):
    """Make calls through a server under callgrind.
    seconds: the run lasts at least this long, from the first call on
    keep: a folder for callgrind's files
    -> ({(file, function): instructions}, seconds)"""
    callees = scenario.callees()
    with Traffic(callees) as traffic:
        server = Counted(method(scenario, scenario.listed(callees)))
        try:
            server.start()
            time.sleep(0.3)
            traffic.call_through(server.port)
            began = time.monotonic()
            traffic.answer(calls, scenario.window)
            lasts = max(seconds, time.monotonic() - began + RELEASE_S)
            traffic.rest_until(began + lasts)
            ended(server)
            if keep:
                shutil.copytree(server.directory, keep, dirs_exist_ok=True)
            return server.counted(), lasts
        finally:
            server.discard()


def instructions(scenario, method, keep=None):
    """{(file, function): instructions} of one call."""
    many, lasts = run(scenario, method, MANY_CALLS, keep=keep)
    few, _ = run(scenario, method, FEW_CALLS, seconds=lasts)
    many.subtract(few)
    return {where: count / (MANY_CALLS - FEW_CALLS) for where, count in many.items()}


def shared_memory(scenario, method):
    """Bytes of shared memory of one call whose last destination rings."""
    callees = scenario.callees()
    with Traffic(callees) as traffic:
        server = kamailio.Server(method(scenario, scenario.listed(callees)), memory_mb=64)
        try:
            server.start()
            traffic.call_through(server.port)
            traffic.hold(HELD_BEFORE, HOLD_WINDOW)
            before = server.shm_used()
            traffic.hold(HELD_BEFORE + HELD_CALLS, HOLD_WINDOW)
            used = server.shm_used() - before
            ended(server)
            return used / HELD_CALLS
        finally:
            server.discard()
