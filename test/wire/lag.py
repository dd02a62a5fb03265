# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures how long the machine delays a process, for tests that check times."""

import asyncio
import contextlib
import subprocess
import sys
import time


class Lag:
    """How long the machine delays a process that does nothing else."""
    WATCH = ("import select, sys, time\nworst = 0.0\n"
             "while not select.select([sys.stdin], [], [], 0)[0]:\n"
             "    before = time.monotonic(); time.sleep(0.002)\n"
             "    worst = max(worst, time.monotonic() - before - 0.002)\n"
             "print(worst)")

    def __enter__(self):
        self._process = subprocess.Popen([sys.executable, "-c", self.WATCH], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        self.worst = float(self._process.communicate()[0])


class Stalls:
    """When the event loop of this process was delayed, and for how long: by the machine, or
    because it had much to do. The peers were late by that time."""
    STEP, LEAST = 0.01, 0.02

    def __init__(self):
        self._found = []               # (since, until), of LEAST seconds and more

    @contextlib.asynccontextmanager
    async def watched(self, trace=None):
        """Record the delays during the block, and how late the peers of this trace read
        their datagrams: the loop reads one at a time of each socket, so a long queue
        delays them although the loop goes on."""
        if trace is not None:
            trace.on_late = self.note
        watch = asyncio.ensure_future(self._watch())
        try:
            yield self
        finally:
            watch.cancel()

    def note(self, since, until):
        """Record a delay, unless it is a short one."""
        if until - since >= self.LEAST:
            self._found.append((since, until))

    async def _watch(self):
        while True:
            due = time.monotonic() + self.STEP
            await asyncio.sleep(self.STEP)
            self.note(due, time.monotonic())

    def worst(self, since, until):
        """The longest delay that is at least partly between two times; 0.0: none."""
        return max((end - begin for begin, end in self._found
                    if begin < until and end > since), default=0.0)
