# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls between SIP phones of other projects, baresip (libre) and Net::SIP (Perl), that are
failed over, with sound in both directions. The phones have their own network, so that
no packet can leave the machine."""

import asyncio
import contextlib
import itertools
import math
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import time
import wave

import pytest

import kamailio
import own_network
from scenario import Stage, attempts_of, filled, reply

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 20.0                   # seconds for a call
LOUD = 1000                    # out of 32767; the tone has 8000

BARESIP_CONFIG = """\
sip_listen 127.0.0.1:{port}
rtp_ports {sound}
audio_source aufile,{dir}/tone.wav
audio_alert aufile,{dir}/alert.wav
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module aufile.so
module sndfile.so
snd_path {dir}
module uuid.so
module_tmp account.so
module_app menu.so
"""


def tone():
    """Two seconds of 440 Hz, 8 kHz, 16 bit."""
    return [int(8000 * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(16000)]


def ulaw(sample):
    """G.711 PCMU."""
    sign, value = (0x80, -sample) if sample < 0 else (0, sample)
    value = min(value, 32635) + 132
    exponent = value.bit_length() - 8
    return ~(sign | exponent << 4 | value >> exponent + 3 & 0x0F) & 0xFF


def loudness(path):
    """The loudest sample of a sound file, PCMU if it is not a .wav; 0 without a sample."""
    if not path.exists():
        return 0
    if path.suffix == ".wav":
        data = path.read_bytes()[44:]    # the length in the head may be missing
        samples = struct.unpack(f"<{len(data) // 2}h", data[:len(data) // 2 * 2])
    else:
        known = {ulaw(s): s for s in range(-32635, 32636, 8)}
        samples = [known.get(byte, 0) for byte in path.read_bytes()]
    return max(map(abs, samples), default=0)


# baresip uses the next port too, for TLS. These ports and those of the sound are below those
# of kamailio.Port, and each test has its own network.
PORTS = itertools.count(11000, 10)
SOUND = "10000-10990"


class Phone:
    """A program that is a SIP phone; it is ended by its pid."""

    def __init__(self, directory, name):
        self.directory = directory / name
        self.directory.mkdir()
        self.port = next(PORTS)
        self.address = f"127.0.0.1:{self.port}"
        self._log = self.directory / "log"
        self.process = None

    def start(self, *command):
        with open(self._log, "w") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                cwd=self.directory, env={**os.environ, "HOME": str(self.directory)})

    def log(self):
        return self._log.read_text(errors="replace")

    async def says(self, text, limit=LIMIT):
        """Wait until its output contains the text."""
        end = time.monotonic() + limit
        while text not in self.log():
            assert time.monotonic() < end, f"never said {text!r}:\n{self.log()}"
            await asyncio.sleep(0.05)

    async def over(self, limit=LIMIT):
        await asyncio.to_thread(self.process.wait, limit)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Baresip(Phone):
    ESTABLISHED = "Call established"

    def __init__(self, directory, name, account):
        super().__init__(directory, name)
        self.account = account

    def prepare(self, proxy):
        with wave.open(str(self.directory / "tone.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(struct.pack("<16000h", *tone()))
        (self.directory / "config").write_text(
            BARESIP_CONFIG.format(port=self.port, sound=SOUND, dir=self.directory))
        (self.directory / "accounts").write_text(self.account.format(proxy=proxy) + "\n")
        (self.directory / "contacts").write_text("")

    async def answer(self, proxy):
        self.prepare(proxy)
        self.start("baresip", "-f", str(self.directory), "-4", "-s", "-v")
        await self.says("baresip is ready")

    async def call(self, uri, proxy):
        self.prepare(proxy)
        self.start("baresip", "-f", str(self.directory), "-4", "-s", "-v",
                   "-e", f"/dial {uri}", "-t", "4")

    def heard(self):
        return max([loudness(p) for p in self.directory.glob("dump*dec.wav")], default=0)


def baresip_answers(directory, name="callee"):
    return Baresip(directory, name,
                   "<sip:uas@127.0.0.1>;regint=0;answermode=auto;audio_codecs=pcmu")


def baresip_rings(directory, name="ringing"):
    return Baresip(directory, name,
                   "<sip:uas@127.0.0.1>;regint=0;answermode=manual;audio_codecs=pcmu")


def baresip_calls(directory, name="caller"):
    return Baresip(directory, name, "<sip:uac@127.0.0.1>;regint=0;audio_codecs=pcmu;"
                                    'outbound="sip:{proxy}"')


class NetSip(Phone):
    ESTABLISHED = "established"

    async def answer(self, proxy):
        self.start("perl", str(HERE / "netsip_callee.pl"), str(self.port), "heard.pcmu")
        await self.says("ready")

    async def call(self, uri, proxy):
        (self.directory / "tone.pcmu").write_bytes(bytes(map(ulaw, tone())))
        self.start("perl", str(HERE / "netsip_caller.pl"), proxy, uri, "tone.pcmu",
                   "heard.pcmu")

    def heard(self):
        return loudness(self.directory / "heard.pcmu")


def netsip_answers(directory, name="callee"):
    return NetSip(directory, name)


def netsip_calls(directory, name="caller"):
    return NetSip(directory, name)


def failed_over(caller, callee, first):
    """Make one call, in its own network, that reaches its callee after `first` has failed.
    Return the problems."""
    own_network.Line({})               # the phones need an address for their SDP
    directory = pathlib.Path(tempfile.mkdtemp(prefix="failover-phones-"))
    try:
        return asyncio.run(_call(directory, caller(directory), callee(directory), first))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


async def _call(directory, caller, callee, first):
    ringing = None if first is not None else baresip_rings(directory)
    before = ringing.address if ringing else "{a}"

    def config(names):
        return kamailio.Config(filled(
            f'if (failover("sip:uas@{before}{{inviting=1,provisional=1500ms}}'
            f' sip:uas@{callee.address}")) exit;', names),
            # baresip's outbound= comes as a Route header
            first='if (!has_totag()) remove_hf("Route");')

    phones = [p for p in (caller, callee, ringing) if p]
    with contextlib.ExitStack() as stack:
        for phone in phones:
            stack.callback(phone.stop)
        async with Stage({"a": first or []}, config) as stage:
            proxy = stage.names["proxy"]
            for phone in phones[1:]:
                await phone.answer(proxy)
            await caller.call(f"sip:alice@{proxy}", proxy)
            await caller.says(caller.ESTABLISHED)
            await callee.says(callee.ESTABLISHED)
            await caller.over()
            # a BYE that crosses the BYE of the other side is given up after 30 s
            left = await stage.drained(40)
            found = [f"tm still holds {left} transaction(s)"] if left else []
            found += stage.server.faults()
            if not ringing and len(attempts_of(stage.trace, ("a",))) != 1:
                found.append("the first destination was not tried")
            if ringing:
                found += _given_up(ringing)
        await asyncio.sleep(0.3)
        for phone in phones:
            phone.stop()
        found += [f"{name} heard nothing" for name, phone
                  in (("caller", caller), ("callee", callee)) if phone.heard() < LOUD]
    return found and [*found, *(f"--- {p.directory.name}:\n{p.log()}" for p in phones)]


def _given_up(ringing):
    """Whether the phone was called, got a CANCEL and has ended the call."""
    log = ringing.log()
    return [f"the ringing phone did not see {text!r}" for text in
            ("INVITE sip:", "CANCEL sip:", "SIP/2.0 487") if text not in log]


PAIRS = {"baresip to baresip": (baresip_calls, baresip_answers),
         "Net::SIP to Net::SIP": (netsip_calls, netsip_answers),
         "baresip to Net::SIP": (baresip_calls, netsip_answers),
         "Net::SIP to baresip": (netsip_calls, baresip_answers)}
FIRST = {"a 503": [reply(503)], "silence": [],
         "a baresip that rings too long": None}


@pytest.mark.long(9)
@pytest.mark.parametrize("first, pair", [
    ("a 503", "baresip to baresip"), ("silence", "Net::SIP to Net::SIP"),
    ("a 503", "baresip to Net::SIP"), ("a baresip that rings too long", "Net::SIP to baresip"),
    ("a baresip that rings too long", "baresip to baresip")])
def test_phones(first, pair):
    """A call that fails at its first destination is completed, with sound."""
    caller, callee = PAIRS[pair]
    problems = own_network.call(failed_over, caller, callee, FIRST[first])
    assert not problems, "\n".join(problems)
