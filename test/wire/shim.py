# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds shim.c, and gives a server the rules by which it makes things happen."""

import atexit
import pathlib
import shutil
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).with_name("shim.c")
HELD = "goes on from [{}]"     # what the shim says when it has done its work
_made = []


def built():
    """The shim, in a folder that is gone when the tests are."""
    if not _made:
        folder = tempfile.mkdtemp(prefix="failover-shim-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", f"{folder}/shim.so",
                        SOURCE], check=True)
        _made.append(f"{folder}/shim.so")
    return _made[0]


def forced(*rules):
    """The environment of a server to which this happens; see shim.c."""
    return {"LD_PRELOAD": built(), "FAILOVER_SHIM": " ".join(rules)}
