# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds shim.c, and makes its rules for a server."""

import atexit
import pathlib
import shutil
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).with_name("shim.c")
HELD = "goes on from [{}]"     # the text that the shim writes when a rule was applied
_made = []


def built():
    """The shim, in a folder that is deleted after the tests."""
    if not _made:
        folder = tempfile.mkdtemp(prefix="failover-shim-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", f"{folder}/shim.so",
                        SOURCE], check=True)
        _made.append(f"{folder}/shim.so")
    return _made[0]


def forced(*rules):
    """The environment of a server with these rules; see shim.c."""
    return {"LD_PRELOAD": built(), "FAILOVER_SHIM": " ".join(rules)}
