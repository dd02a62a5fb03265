# SPDX-License-Identifier: GPL-2.0-or-later
"""The caller gives up in the instant in which an attempt is made. The branch exists, but is
never sent; or it was sent, but tm has not noted that it must be CANCELled. A module of
the test, cancelling.c, forces this."""

import atexit
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

import kamailio
from scenario import Scenario, at, reply, soon

SOURCE = pathlib.Path(__file__).with_name("cancelling.c")


def built():
    """The module, built with the same options and headers as failover.so."""
    folder = tempfile.mkdtemp(prefix="failover-cancelling-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    build = kamailio.TOP / "build"
    headers = os.environ.get("KSRC", build / "kamailio")       # as in the Makefile
    subprocess.run(["cc", f"@{build}/kamailio.flags", "-DMOD_NAME=\"cancelling\"",
                    "-DMOD_NAMEID=cancelling", "-isystem",
                    f"{headers}/src/modules/tm", "-shared", "-fPIC", "-O1",
                    "-o", f"{folder}/cancelling.so", SOURCE], check=True)
    return f"{folder}/cancelling"


MODULES = ("failover", built())

ALL = [
    Scenario("E11: given up while the second attempt is made: it is not sent, and 487",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}")', modules=MODULES,
        peers={"a": [reply(503)], "b": [reply(200)], "c": [reply(200)]},
        attempts=[("a", "UDP", at(0))], caller=[100, 487]),
    Scenario("E11: given up while the second attempt is made, with a failure_route",
        route='t_on_failure("FAILED"); if (failover("sip:100@{a} sip:101@{b}")) exit;',
        extra='failure_route[FAILED] { xlog("L_NOTICE", "failed\\n"); }',
        modules=MODULES, peers={"a": [reply(503)], "b": [reply(200)]},
        attempts=[("a", "UDP", at(0))], caller=[100, 487], logged={"failed": 1}),
    Scenario("E11: given up, tm does not notice it, and the second attempt rings: CANCEL",
        route='failover("sip:100@{a} sip:101@{b} sip:102@{c}")', modules=MODULES,
        modparams=((MODULES[1].rsplit("/", 1)[1], "sent", 1),),
        peers={"a": [reply(503)], "b": [reply(180, after=0.1), reply(180, after=0.3)],
               "c": [reply(200)]},
        attempts=[("a", "UDP", at(0)), ("b", "UDP", soon())], cancelled=["b"],
        caller=[100, 180, 487]),
]


def rings_then(title, number, list, **more):
    """The caller gives up in the instant in which an attempt rings for the first time.
    failover has already checked for a CANCEL, and tm does not know yet that it rings."""
    return Scenario(f"E11: given up in the instant of a first 180, {title}: CANCEL",
        route=f'failover("{list}")', modules=MODULES,
        modparams=((MODULES[1].rsplit("/", 1)[1], "rings", number),),
        **{"caller": [100, 487], "within": 4, **more})


RINGS = [reply(180, after=0.1)]
ALL += [
    scenario for over in ("UDP", "TCP") for scenario in (
        rings_then(f"of the only one, {over}", 1, f"sip:100@{{a}}/{over}",
            peers={"a": RINGS}, attempts=[("a", over, at(0))], cancelled_after={"a": 0.05}),
        rings_then(f"of the first, {over}", 1, f"sip:100@{{a}}/{over} sip:101@{{b}}",
            peers={"a": RINGS, "b": RINGS}, attempts=[("a", over, at(0))],
            cancelled_after={"a": 0.05}),
        rings_then(f"of the second, {over}", 2, f"sip:100@{{a}} sip:101@{{b}}/{over}",
            peers={"a": [reply(503)], "b": RINGS},
            attempts=[("a", "UDP", at(0)), ("b", over, soon())], cancelled_after={"b": 0.05}))
]


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.title)
def test_unsent(outcome):
    outcome.check()
