#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes four calls through examples/quickstart.cfg, to show what failover does.

It starts Kamailio and two gateways on loopback. In the first three calls the first
gateway fails, each time in a different way, and the second one answers. The last call
uses a dial plan, and failoverctl explains the call before it is made. The messages of
each call are drawn as a ladder. The exit status is 0 only if every call was answered.

  examples/demo.py                             all four calls are answered
  examples/demo.py --without-second-gateway    no call is answered
  examples/demo.py --picture FILE              only the second call, drawn as SVG
"""

import argparse
import asyncio
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "test" / "wire"))
sys.dont_write_bytecode = True          # leaves no file behind

import kamailio                         # noqa: E402
import ladder                           # noqa: E402
import picture                          # noqa: E402
from scenario import (NOBODY, SILENT, Stage, filled, redirect, reply,  # noqa: E402
                      show_address)

COLUMNS = ["caller", "kamailio", "gw1", "gw2"]
INVITING = 2                            # seconds; short, so that the demo is short
ANSWERS = [reply(180, after=0.2), reply(200, after=1.0)]
CALL_LIMIT = 20.0

CALLS = [
    ("the first gateway is overloaded: it answers 503.",
     [reply(503)]),
    (f"the first gateway is dead: it says nothing for {INVITING} seconds.",
     SILENT),
    ("the first gateway redirects: it answers 302 with another address.",
     [redirect("<sip:night-desk@{gw2}>")]),
]

PLAN = f"""\
[Rule outside]
[Matching Patterns]
$request = ^INVITE sip:9(\\d+)@
[Deploy Patterns]
To = sip:%1@{{gw1}}/TCP
$session = failover sip:%1@{{gw2}}/TCP
&failover.timer.inviting = {INVITING}
&failover.timer.provisional = 5
X-Dialled = 9 and %1
"""


def config(names):
    """quickstart.cfg with our addresses instead of its example addresses."""
    return kamailio.ConfigFile(
        HERE / "quickstart.cfg", LISTEN=show_address("127.0.0.1", "@PORT@"),
        GATEWAYS='"sip:{gw1} sip:{gw2}"'.format(**names),
        SETTINGS=f'"timer.inviting={INVITING}; timer.provisional=5"')


def plan_config(file):
    """The same configuration, but with a dial plan."""
    def made(names):
        file.write_text(filled(PLAN, names))
        return kamailio.ConfigFile(
            HERE / "quickstart.cfg", LISTEN=show_address("127.0.0.1", "@PORT@"),
            WITH_DIALPLAN="1", DIALPLAN=f'"{file}"')
    return made


async def make_call(stage, caller, user="5551234"):
    """One call, hung up half a second after it was answered."""
    call = caller.call(filled(f"sip:{user}@{{proxy}}", stage.names), hangup_after=0.5)
    await asyncio.wait_for(call.ended.wait(), CALL_LIMIT)
    return call


def messages_of(call, trace):
    return [e for e in trace if e.message.call_id == call.invite.call_id]


def verdict(call, entries):
    """One sentence that says how the call ended, and when."""
    final = call.final.result()
    reply_seen = next(e for e in entries if e.peer == "caller" and not e.sent
                      and e.message.status == final.status)
    seconds = reply_seen.time - call.started
    if not call.answered:
        return f"NOT answered: {final.status} {final.reason} after {seconds:.2f} s."
    by = next(e.peer for e in entries if e.sent and e.peer != "caller"
              and e.message.status == 200)
    return f"Answered by {by}, {seconds:.2f} s after the INVITE."


def show(number, what, call, entries):
    print(f"Call {number}: {what}\n{verdict(call, entries)}\n")
    print(ladder.draw(entries, COLUMNS, stream=sys.stdout, start=call.started))
    print(flush=True)


async def run(second_gateway):
    """Make the calls, and return how many were answered."""
    peers = {"gw1": SILENT, "gw2": ANSWERS if second_gateway else NOBODY}
    answered = 0
    async with Stage(peers, config) as stage:
        caller = await stage.caller()
        for number, (what, script) in enumerate(CALLS, 1):
            stage.gateways["gw1"].scripts = (script,)
            call = await make_call(stage, caller)
            show(number, what, call, messages_of(call, stage.trace))
            answered += call.answered
    return answered


def explain(file, request):
    """Show the plan, and how failoverctl explains a request."""
    print(f"{file.read_text()}\n$ failoverctl explain {file.name} -r '{request}'\n")
    subprocess.run([HERE.parent / "failoverctl", "explain", file.name, "-r", request],
                   cwd=file.parent, check=True, timeout=10)
    print(flush=True)


async def run_by_plan(second_gateway):
    """Explain a call that uses a dial plan, and make it. Return how many were answered."""
    peers = {"gw1": [reply(503)], "gw2": ANSWERS if second_gateway else NOBODY}
    with tempfile.TemporaryDirectory(prefix="failover-demo-") as directory:
        file = pathlib.Path(directory) / "demo.dialplan"
        async with Stage(peers, plan_config(file)) as stage:
            print(f"Call {len(CALLS) + 1} goes by this dial plan:\n")
            explain(file, filled("INVITE sip:95551234@{proxy} SIP/2.0", stage.names))
            call = await make_call(stage, await stage.caller(), "95551234")
            show(len(CALLS) + 1, "9 and a number, and the first gateway is overloaded.",
                 call, messages_of(call, stage.trace))
            return call.answered


def until_connected(entries):
    """The messages of a call up to the last ACK, without those that hang up."""
    last = max(i for i, e in enumerate(entries) if e.message.method == "ACK")
    return entries[:last + 1]


async def draw_picture(file):
    """Make the call whose first gateway is dead, and draw it. Return 1 if it was answered."""
    async with Stage({"gw1": SILENT, "gw2": ANSWERS}, config) as stage:
        call = await make_call(stage, await stage.caller())
        entries = sorted(messages_of(call, stage.trace), key=lambda entry: entry.time)
    file.write_text(picture.draw(
        until_connected(entries), COLUMNS, call.started,
        f'failover("sip:gw1 sip:gw2", "timer.inviting={INVITING}")',
        f"The first gateway is dead. After {INVITING} seconds without a reply the second "
        "one gets the call, and answers."), encoding="utf-8")
    return int(call.answered)


async def run_all(second_gateway):
    return await run(second_gateway) + await run_by_plan(second_gateway)


def main():
    parser = argparse.ArgumentParser(
        description="Four calls through examples/quickstart.cfg, as ladders.")
    parser.add_argument("--without-second-gateway", action="store_true",
                        help="do not start the second gateway: no call is answered")
    parser.add_argument("--picture", metavar="FILE", type=pathlib.Path,
                        help="make only the call with the dead gateway, and draw it as SVG")
    options = parser.parse_args()
    second_gateway = not options.without_second_gateway
    calls = 1 if options.picture else len(CALLS) + 1
    if not second_gateway:
        print("The second gateway is off, and nobody is at its address. So no ladder\n"
              "shows the messages that Kamailio sends there.\n")
    try:
        answered = asyncio.run(draw_picture(options.picture) if options.picture
                               else run_all(second_gateway))
    except kamailio.StartFailed as error:
        print(f"Kamailio did not start; was failover.so built (make)?\n{error}",
              file=sys.stderr)
        return 2
    except asyncio.TimeoutError:
        print(f"A call was not over after {CALL_LIMIT:g} s.", file=sys.stderr)
        return 1
    print(f"{answered} of {calls} calls were answered.")
    return 0 if answered == calls else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
