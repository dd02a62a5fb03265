# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a test in its own network: a child process in a network namespace (Linux, needs
root). This file plays the hosts at the far side, which refuse a connection after some
time, or never answer. Loopback cannot show that, because the kernel refuses at once."""

import ctypes
import fcntl
import os
import pickle
import socket
import stat
import struct
import tempfile
import threading
import time
import traceback

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8914, 0x8916, 0x891C
IFF_UP, IFF_RUNNING = 0x1, 0x40
FIN, SYN, RST, ACK = 1, 2, 4, 16

HERE = "10.99.0.1"             # our end of the line; the hosts 10.99.0.x are at the other end
MASK = "255.255.255.0"


def call(function, *args):
    """Run the function in a child process that has its own network, and return the result.
    If it raises an exception, AssertionError with its traceback is raised here."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        status = 1
        try:
            _enter()
            result = True, function(*args)
            status = 0
        except BaseException:          # the child must not go on to run pytest
            result = False, traceback.format_exc()
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(result, pipe)
        os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(pid, 0)
    good, result = pickle.loads(data)
    if not good:
        raise AssertionError(result)
    return result


def _enter():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET); this needs root")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        _set_up(sock, b"lo")


def _set_up(sock, name):
    fcntl.ioctl(sock, SIOCSIFFLAGS,
                struct.pack("16sh14x", name, IFF_UP | IFF_RUNNING))


def _address(text):
    return struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(text))


def have(address):
    """Add an IPv4 address to this machine, within its own network."""
    if address.startswith("127."):
        return
    name = b"lo:1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFADDR, struct.pack("16s16s8x", name, _address(address)))
        _set_up(sock, name)


def _open_tun():
    """Open the kernel's TUN device. A bare root has no node for it in /dev."""
    if os.path.exists("/dev/net/tun"):
        return os.open("/dev/net/tun", os.O_RDWR)
    with tempfile.TemporaryDirectory() as directory:
        node = os.path.join(directory, "tun")
        os.mknod(node, 0o600 | stat.S_IFCHR, os.makedev(10, 200))
        return os.open(node, os.O_RDWR)


class Line:
    """The line to the hosts 10.99.0.x. A host in `refuses` refuses every TCP connection
    after that number of seconds; the others do not answer. `refused` has the time at
    which each host sent a refusal."""

    def __init__(self, refuses):
        self.refuses, self.refused = refuses, {host: [] for host in refuses}
        self._device = _open_tun()
        fcntl.ioctl(self._device, TUNSETIFF,
                    struct.pack("16sh14x", b"far", IFF_TUN | IFF_NO_PI))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for order, value in ((SIOCSIFADDR, HERE), (SIOCSIFNETMASK, MASK)):
                fcntl.ioctl(sock, order, struct.pack("16s16s8x", b"far",
                                                     _address(value)))
            _set_up(sock, b"far")
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self):
        while True:
            packet = os.read(self._device, 2048)
            if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
                continue
            start = (packet[0] & 15) * 4
            flags = packet[start + 13]
            host = socket.inet_ntoa(packet[16:20])
            if flags & SYN and host in self.refuses:
                threading.Timer(self.refuses[host], self._refuse,
                                (host, packet, start)).start()

    def _refuse(self, host, packet, start):
        here, there = packet[12:16], packet[16:20]
        source, target, number = struct.unpack("!HHI", packet[start:start + 8])
        segment = struct.pack("!HHIIBBHHH", target, source, 0,
                              (number + 1) & 0xFFFFFFFF, 5 << 4, RST | ACK, 0, 0, 0)
        pseudo = there + here + struct.pack("!BBH", 0, socket.IPPROTO_TCP,
                                            len(segment))
        segment = segment[:16] + _checksum(pseudo + segment) + segment[18:]
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 0, 0, 64,
                             socket.IPPROTO_TCP, 0, there, here)
        header = header[:10] + _checksum(header) + header[12:]
        self.refused[host].append(time.monotonic())
        os.write(self._device, header + segment)


def _checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
