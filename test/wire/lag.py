# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the machine holds a process up, for tests whose bound is a time."""

import asyncio
import contextlib
import subprocess
import sys
import time


class Lag:
    """How long the machine, and nothing of ours, holds a process up."""
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
    """When, and for how long, this process's own event loop was held up: by the
    machine, or because it had much to do. The peers were late by as much."""
    STEP, LEAST = 0.01, 0.02

    def __init__(self):
        self._found = []               # (since, until), of LEAST seconds and more

    @contextlib.asynccontextmanager
    async def watched(self):
        """Look out for them meanwhile."""
        watch = asyncio.ensure_future(self._watch())
        try:
            yield self
        finally:
            watch.cancel()

    async def _watch(self):
        while True:
            due = time.monotonic() + self.STEP
            await asyncio.sleep(self.STEP)
            now = time.monotonic()
            if now - due >= self.LEAST:
                self._found.append((due, now))

    def worst(self, since, until):
        """The longest one that lies between two moments, at least in part; 0.0: none."""
        return max((end - begin for begin, end in self._found
                    if begin < until and end > since), default=0.0)
