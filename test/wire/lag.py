# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the machine holds a process up, for tests whose bound is a time."""

import subprocess
import sys


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
