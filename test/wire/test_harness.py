# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests the test programs themselves, with plain Kamailio. They find no fault in a correct
call, and they find every kind of fault on which the other tests rely."""

import asyncio
import gc
import socket
import subprocess
import sys
import time

import pytest

import kamailio
import ladder
import sip
from lag import Stalls
from peers import Caller, Entry, Trace
from scenario import (IGNORES_CANCEL, SILENT, Scenario, at, later, on_cancel, reply, soon,
                      when)

FIRST_A = """t_set_fr(2000, 1000); t_on_failure("NEXT"); $ru = "sip:100@{a}";
             t_relay(); exit;"""
THEN_B = """failure_route[NEXT] {
    if (t_is_canceled()) exit;
    xlog("L_NOTICE", "failed with $T_reply_code\\n");
    $ru = "sip:101@{b}"; t_relay();
}"""
ANSWERS = [reply(180, after=0.1), reply(200, after=0.2)]
A = ("a", "UDP", at(0), "sip:100@{a}")
B = ("b", "UDP", soon(), "sip:101@{b}")


def plain(title, a, b=ANSWERS, attempts=(A, B), caller=(100, 180, 200), **more):
    """A call that plain tm with a failure_route sends to a and then to b."""
    more = {"route": FIRST_A, "extra": THEN_B, "modules": (), **more}
    return Scenario(title, peers={"a": a, "b": b}, attempts=list(attempts),
                    caller=list(caller), **more)


GOOD = [
    plain("a reply leads on", [reply(503)], logged={"failed with 503": 1},
          final_from="b"),
    plain("silence leads on", SILENT, attempts=(A, ("b", "UDP", later(1)))),
    plain("ringing is CANCELled", [reply(180), IGNORES_CANCEL],
          attempts=(A, ("b", "UDP", later(2))), caller=(100, 180, 180, 200),
          cancelled_after={"a": 2}),
    plain("the caller's CANCEL", [reply(180)], attempts=(A,), caller=(100, 180, 487),
          cancel=when("caller", 180, 0.2), cancelled=["a"]),
]

BAD = [
    ("did not match, not", plain("other codes", [reply(503)], caller=(100, 200)),
     "the caller got [100, 180, 200], not [100, 200]"),
    ("order", plain("another order", [reply(503)], attempts=(B, A)),
     "attempts were"),
    ("URI", plain("another R-URI", [reply(503)],
                  attempts=(A, ("b", "UDP", soon(), "sip:102@{b}"))), "not sip:102@"),
    ("time", plain("another time", [reply(503)],
                   attempts=(A, ("b", "UDP", later(1)))), "after its mark"),
    ("no CANCEL", plain("a CANCEL that never comes", [reply(503)], cancelled=["a"]),
     "CANCEL went to [], not to ['a']"),
    ("late 200", plain("a 200 that tm swallows", [reply(180), on_cancel(then=200, after=0.1)],
                       [reply(180), reply(200, after=1)],
                       attempts=(A, ("b", "UDP", later(2))),
                       caller=(100, 180, 180, 200), cancelled=["a"]),
     "a had to repeat its 200"),
    ("two finals", plain("two answers in parallel", [reply(200)], [reply(200)],
                         attempts=(A, ("b", "UDP", at(0))), caller=(100, 200),
                         route='$ru = "sip:100@{a}"; append_branch("sip:101@{b}");'
                               ' t_relay(); exit;', modules=("corex",)),
     "2 final replies, not 1"),
    ("changed", plain("a header that the script changed", [reply(503)],
                      extra=THEN_B.replace("t_relay", 'remove_hf("To"); append_hf('
                                           '"To: <sip:other@example.com>\\r\\n"); t_relay')),
     "To of the INVITE to b is"),
    ("left over", plain("silence for longer than the test waits", SILENT, SILENT,
                        attempts=(A, ("b", "UDP", later(1))), caller=(100,),
                        within=1.5), "no final reply in 1.5 s"),
    ("log", plain("a text that is not in the log", [reply(503)],
                  logged={"failed with 404": 1}), "0 times, not 1"),
    ("start", plain("a script with an error", [], route="no_such_function();"),
     "StartFailed"),
    ("alarm", plain("a line that no healthy server logs", [reply(503)],
                    extra=THEN_B.replace("xlog(", 'xlog("L_CRIT", "BUG planted\\n"); xlog(')),
     "BUG planted"),
]


@pytest.mark.parametrize("scenario", GOOD, ids=lambda s: s.title)
def test_a_correct_call_has_no_fault(outcome):
    outcome.check()


@pytest.mark.parametrize("scenario, complaint", [bad[1:] for bad in BAD],
                         ids=[bad[0] for bad in BAD])
def test_fault_is_noticed(outcome, complaint):
    with pytest.raises(AssertionError) as failure:
        outcome.check()
    assert complaint in "\n".join(outcome.problems), failure.value


def test_a_configuration_that_kamailio_accepts():
    status, log = kamailio.check(kamailio.Config("t_relay();", modules=()))
    assert status == 0, log


def test_a_configuration_that_kamailio_refuses():
    status, log = kamailio.check(kamailio.Config("no_such();", modules=()))
    assert status != 0 and "no_such" in log


def test_a_start_that_fails():
    config = kamailio.Config("t_relay();", modules=(), extra='loadmodule "no_such.so"')
    status, log = kamailio.start_that_fails(config)
    assert status not in (0, None) and "no_such" in log


def test_a_start_that_should_have_failed():
    assert kamailio.start_that_fails(kamailio.Config("t_relay();", modules=()))[0] is None


def test_nothing_is_left_of_a_server():
    with kamailio.Server(kamailio.Config("t_relay();", modules=())) as server:
        assert server.transactions() == 0
        directory, pid = server.directory, server.process.pid
    assert not directory.exists()
    with pytest.raises(ProcessLookupError):
        kamailio.os.killpg(pid, 0)


@pytest.mark.parametrize("value, parts", [
    ("<sip:a@b>;q=0.5, <sip:c@d>", ["<sip:a@b>;q=0.5", "<sip:c@d>"]),
    ('"x, y" <sip:a@b,c>,sip:d', ['"x, y" <sip:a@b,c>', "sip:d"]),
    ("", []),
])
def test_split_list(value, parts):
    assert sip.split_list(value) == parts


def test_a_message_survives_reading_and_writing():
    raw = (b"INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
           b"f: <sip:x;tag=no@y>;tag=1\r\nt: <sip:a@b>\r\nVia: SIP/2.0/TCP g\r\n"
           b"i: 1\r\nCSeq: 7 INVITE\r\nContent-Length: 2\r\n\r\nab")
    message = sip.Message.parse(raw)
    assert (message.branch, message.from_tag, message.to_tag) == ("z9hG4bK1", "1", "")
    assert len(message.all("Via")) == 2 and message.cseq == (7, "INVITE")
    assert sip.Message.parse(message.to_bytes()).headers[:-1] == message.headers[:-1]


def test_a_stream_is_cut_into_messages():
    one = sip.Message("OPTIONS sip:a SIP/2.0", [("Call-ID", "1")], b"body").to_bytes()
    reader, found = sip.StreamReader(), []
    for byte in b"\r\n\r\n" + one + b"\r\n" + one:
        found += reader.feed(bytes([byte]))
    assert found == [one, one]


def ladder_of(*lines, symbols):
    entries = [Entry(time, peer, sent, "UDP", "", sip.Message(start, [("CSeq", "1 INVITE")]),
                     b"", False) for time, peer, sent, start in lines]
    board = ladder.Ladder(["caller", "kamailio", "gw1", "gw2"], symbols=symbols)
    return board.draw(entries, 0)


@pytest.mark.parametrize("symbols", [ladder.UNICODE, ladder.ASCII], ids=["unicode", "ascii"])
def test_a_ladder_shows_who_sent_what_to_whom(symbols):
    drawing = ladder_of((0.0, "caller", True, "INVITE sip:1@x SIP/2.0"),
                        (1.5, "gw2", False, "INVITE sip:1@x SIP/2.0"),
                        (1.6, "gw2", True, "SIP/2.0 200 OK"), symbols=symbols)
    head, first, second, third = drawing.splitlines()
    assert head.split() == ["time", "(s)", "caller", "kamailio", "gw1", "gw2"]
    assert max(map(len, drawing.splitlines())) <= 100
    assert "INVITE 1" in first and first.index(symbols["right"]) < head.index("kamailio") + 5
    assert "1.500" in second and second.count(symbols["cross"]) == 1
    assert symbols["left"] in third and "200 OK" in third


# -- its own time -------------------------------------------------------------------

def test_pythons_collector_does_not_delay_the_peers():
    """Objects that earlier tests keep do not delay the peers; the server would seem to be
    late."""
    kept = [[number] for number in range(300_000)]
    collections = [generation["collections"] for generation in gc.get_stats()]
    more = [[number] for number in range(300_000)]
    assert collections == [g["collections"] for g in gc.get_stats()]
    assert len(kept) == len(more)


def test_kept_objects_are_collected_only_once():
    """Between two tests the collector takes no time, however many tests there were."""
    before = time.process_time()
    gc.collect()
    assert time.process_time() - before < 0.1


def test_a_delay_of_the_peers_is_noticed():
    async def run():
        async with Stalls().watched() as stalls:
            await asyncio.sleep(0.05)
            before = time.monotonic()
            time.sleep(0.2)                # the loop is blocked
            after = time.monotonic()
            await asyncio.sleep(0.05)
            return stalls.worst(before, after), stalls.worst(after + 60, after + 90)

    meanwhile, long_after = asyncio.run(run())
    assert meanwhile > 0.18 and long_after == 0.0


def test_that_the_peers_read_late_is_noticed():
    """No step of the loop takes long, but many datagrams wait in the queue of a peer."""
    async def run():
        trace = Trace()
        async with Caller(trace, 9) as peer, Stalls().watched(trace) as stalls:
            peer.received = lambda *_: time.sleep(0.005)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.connect((peer.host, peer.port))
                before = time.monotonic()
                for _ in range(60):
                    sender.send(b"x")
            await asyncio.sleep(0.5)
            after = time.monotonic()
            return stalls.worst(before, after), stalls.worst(after + 60, after + 90)

    meanwhile, long_after = asyncio.run(run())
    assert meanwhile > 0.2 and long_after == 0.0


# -- its end ----------------------------------------------------------------------

FORGETS_ONE = """
import signal, sys
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(1) or len(asked) > 1 and sys.exit())
print("ready", flush=True)
while True: signal.pause()
"""


A_WORKER_FORGETS_ONE = """
import os, signal, sys
reading, writing = os.pipe()
worker = os.fork()
if worker == 0:
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(1) or len(asked) > 1 and os._exit(0))
    os.write(writing, b"1")
    while True: signal.pause()
os.read(reading, 1)
signal.signal(signal.SIGTERM, lambda *_: (signal.signal(signal.SIGTERM, signal.SIG_IGN),
                                          os.kill(worker, signal.SIGTERM)))
print("ready", flush=True)
os.waitpid(worker, 0)
"""


@pytest.mark.filterwarnings("ignore:kamailio has not ended")
@pytest.mark.parametrize("program, faults", [
    (FORGETS_ONE, 0), (A_WORKER_FORGETS_ONE, 0), (FORGETS_ONE.replace("> 1", "> 99"), 1)],
    ids=["once", "a worker, once", "for ever"])
def test_a_server_that_loses_the_signal_to_end(program, faults, monkeypatch):
    """Kamailio may lose the signal while it starts, so it gets it again; a server that never
    ends is a fault."""
    monkeypatch.setattr(kamailio, "STOP_LIMIT", 2.5)
    server = kamailio.Server(kamailio.Config("exit;"))
    server.process = subprocess.Popen([sys.executable, "-c", program], text=True,
                                      stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert server.process.stdout.readline() == "ready\n"
        assert len(server.stop()) == faults
        assert server.process.poll() is not None
    finally:
        server.process.stdout.close()
        server.discard()
