# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the real Kamailio for a test. It writes the configuration, starts the server in
its own directory, waits until it is ready, sends it RPC commands, ends it by its pid,
and checks its log and its files.

KAMAILIO, KAMCMD, KAMAILIO_MODULES and FAILOVER_MODULE_DIR may name another
binary, another module directory or another build of failover.so.
"""

import atexit
import contextlib
import dataclasses
import fcntl
import glob
import os
import pathlib
import re
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings

from peers import FAMILIES, HOSTS, show_address

TOP = pathlib.Path(__file__).resolve().parents[2]
# The sources of failover.so (Makefile, SOURCES).
SOURCES = [source for folder in (".", "call", "server", "dialplan", "sip", "text")
           for source in sorted((TOP / folder).glob("*.c"))]
BINARY = os.environ.get("KAMAILIO") or shutil.which(
    "kamailio", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
KAMCMD = os.environ.get("KAMCMD") or shutil.which(
    "kamcmd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")

# The release of the server, such as (5, 6, 3). The differences between releases are here,
# and in the tests of features that only later releases have.
RELEASE = tuple(int(n) for n in re.search(
    r"version: kamailio (\d+)\.(\d+)\.(\d+)",
    subprocess.run([BINARY, "-v"], capture_output=True, text=True).stdout).groups())
# From 5.7.3 on the core refuses messages over 32767 bytes, unless this is set.
LIMITS = "msg_recv_max_size=65535" if RELEASE >= (5, 7, 3) else ""
# From 6.1.4 on the core uses any open connection to an address, whatever socket the
# script has chosen (core/tcp_main.c, _tcpconn_find_any_local).
TAKES_ANY_CONNECTION = RELEASE >= (6, 1, 4)

START_LIMIT = 10.0         # seconds until the server must be ready, on a busy machine
STARTS_AT_ONCE = 2         # servers that may start at the same time, of all processes
STOP_LIMIT = 10.0          # seconds until the server must have ended

# The tests look for a core file, and remove it. The limit is set here and inherited,
# because Popen's preexec_fn would stop the peers at every start.
resource.setrlimit(resource.RLIMIT_CORE,
                   (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
SOCKETS = ("udp4", "tcp4", "udp6", "tcp6")

# Texts that a correct server never logs, whatever its peers do.
ALARMS = re.compile(r"\b(CRITICAL|BUG|ALERT)\b|segfault|core was|by a signal"
                    r"|ERROR: .*(qm_|fm_|memory)")
# Except for this line of TCP's main process, if the workers end before it. A worker
# that ends for another reason also logs an ALERT.
FAREWELL = re.compile(r"receive_fd\(\): EOF on")

MODULES = ("kex", "ctl", "tm", "tmx", "sl", "rr", "pv", "xlog", "textops",
           "maxfwd", "siputils", "cfg_rpc")

CONFIG = """\
#!KAMAILIO
debug=@DEBUG@
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
dns=no
rev_dns=no
mlock_pages=no
server_signature=no
@LIMITS@
@GLOBALS@
@LISTEN@
@MODULES@
modparam("ctl", "binrpc", "unix:@CTL@")
@MODPARAMS@

@SCRIPT@
@EXTRA@
"""

SCRIPT = """\
request_route {
    @FIRST@
    if (!mf_process_maxfwd_header("10")) {
        sl_send_reply("483", "Too Many Hops");
        exit;
    }
    if (is_method("OPTIONS") && uri == myself && !has_totag()) {
        sl_send_reply("200", "OK");
        exit;
    }
    if (is_method("CANCEL")) {
        if (t_check_trans()) t_relay();
        exit;
    }
    if (!is_method("ACK")) {
        if (t_precheck_trans()) {
            t_check_trans();
            exit;
        }
        t_check_trans();
    }
    if (has_totag()) {
        if (loose_route()) {
            t_relay();
            exit;
        }
        if (is_method("ACK")) {
            if (t_check_trans()) t_relay();
            exit;
        }
        sl_send_reply("404", "Not Here");
        exit;
    }
    if (!is_method("INVITE")) {
        sl_send_reply("405", "Method Not Allowed");
        exit;
    }
    record_route();
    @ROUTE@
    if ($rc == -1) sl_send_reply("404", "No Rule");
    else sl_send_reply("500", "Failover Refused");
    exit;
}
"""


def module_dirs():
    """The directories of `loadmodule`: our build first, then the server's own."""
    own = os.environ.get("FAILOVER_MODULE_DIR", str(TOP))
    found = os.environ.get("KAMAILIO_MODULES")
    for pattern in ("/usr/lib/*/kamailio/modules", "/usr/lib64/kamailio/modules",
                    "/usr/lib/kamailio/modules",
                    "/usr/local/lib*/kamailio/modules"):
        found = found or next(iter(glob.glob(pattern)), None)
    return f"{own}:{found}"


def quoted(text):
    """A string literal of kamailio.cfg."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def modparam(module, name, value):
    value = value if isinstance(value, int) else quoted(value)
    return f'modparam("{module}", "{name}", {value})'


class Port:
    """A port number for a test. It is free on UDP and TCP, IPv4 and IPv6, and no other
    process of the tests gets it until close(). It is below the numbers that the kernel
    assigns (32768 and more). A name in the abstract namespace of Unix sockets marks it as
    taken; when the process ends, the kernel removes the name."""
    FIRST, COUNT = 12000, 20000

    def __init__(self):
        for _ in range(200):
            self.number = self.FIRST + secrets.randbelow(self.COUNT)
            self._claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                self._claim.bind(f"\0failover-test-port-{self.number}")
                self._must_be_free()
                return
            except OSError:
                self.close()
        raise OSError("no free port")

    def _must_be_free(self):
        with contextlib.ExitStack() as stack:
            for family in (4, 6):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    sock = stack.enter_context(socket.socket(FAMILIES[family], kind))
                    sock.bind((HOSTS[family], self.number))

    def close(self):
        self._claim.close()


@contextlib.contextmanager
def turn_to_start():
    """Wait until this process may start a server. Only a few servers start at the same
    time, because a start uses a core for a while and delays the peers of other tests. If
    the process dies, another one may start."""
    (TOP / "build").mkdir(exist_ok=True)       # the demo of a package has none
    first = secrets.randbelow(STARTS_AT_ONCE)
    with contextlib.ExitStack() as stack:
        turns = [stack.enter_context(open(
            TOP / f"build/start-{(first + n) % STARTS_AT_ONCE}.lock", "w"))
            for n in range(STARTS_AT_ONCE)]
        if not any(map(_is_free, turns)):
            fcntl.flock(turns[0], fcntl.LOCK_EX)
        yield


def _is_free(turn):
    """Take this turn, if no other process has it; return whether that succeeded."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


class ConfigFile:
    """A configuration file that is used unchanged, with names that are defined on the
    command line. In their values @PORT@ stands for the port of the server."""
    sockets, has_rpc, files, route = ("udp4",), False, {}, ""
    environment = {}

    def __init__(self, path, **defines):
        self.path, self.defines = path, defines

    def text(self, directory, port):
        return self.path.read_text()

    def options(self, port):
        return [word for name, value in self.defines.items()
                for word in ("-A", f"{name}={value}".replace("@PORT@", str(port)))]


@dataclasses.dataclass
class Config:
    """The parts of a configuration that differ between tests. The route is run for an
    initial INVITE; after it the script replies with an error, unless the route exits.
    `files` are written beside the configuration; @DIR@ in a parameter is that folder."""
    route: str
    modparams: tuple = ()              # (module, name, value)
    first: str = ""                    # script that comes before everything
    extra: str = ""                    # further routes
    modules: tuple = ("failover",)     # loaded after the usual ones
    globals: str = ""                  # core settings
    sockets: tuple = SOCKETS
    files: dict = dataclasses.field(default_factory=dict)
    script: str = SCRIPT               # request_route
    debug: int = 1                     # NOTICE and more important messages
    environment: dict = dataclasses.field(default_factory=dict)
    has_rpc = True

    def options(self, port):
        """More options for the command line."""
        return []

    def text(self, directory, port):
        listen = "\n".join(f"listen={s[:3]}:{show_address(HOSTS[int(s[3])], port)}"
                           for s in self.sockets)
        parts = {
            "DEBUG": str(self.debug), "LIMITS": LIMITS, "GLOBALS": self.globals, "LISTEN": listen,
            "CTL": f"{directory}/ctl", "SCRIPT": self.script,
            "FIRST": self.first, "ROUTE": self.route, "EXTRA": self.extra,
            "MODULES": "\n".join(f'loadmodule "{m}.so"'
                                 for m in MODULES + tuple(self.modules)),
            "MODPARAMS": "\n".join(modparam(*p) for p in self.modparams),
            "PORT": str(port), "DIR": str(directory),
        }
        text = CONFIG
        for name, value in parts.items():
            text = text.replace(f"@{name}@", value)
        return text


class StartFailed(Exception):
    """Kamailio ended, or was not ready in time; the log says why."""


class RpcError(Exception):
    """The server answered an RPC with a fault."""


class Server:
    """One running Kamailio, as a context manager. At the end it stops the server, and
    raises AssertionError if the log or a core file shows a fault."""
    stop_again = 1.0               # seconds after which it is asked again to end

    def __init__(self, config, memory_mb=16, private_mb=8):
        self.config = config
        self.command = [f"-m{memory_mb}", f"-M{private_mb}", "-DD", "-E"]
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="failover-"))
        self.config_file = self.directory / "kamailio.cfg"
        self.log_file = self.directory / "log"
        self.port, self._claim = None, None
        self.process = None

    # -- start and end -----------------------------------------------------

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.discard()
            raise

    def __exit__(self, kind, *_):
        faults = self.stop()
        self.discard()
        if faults and kind is None:
            raise AssertionError("\n".join(faults))

    def start(self):
        """Start the server and wait until it answers. Use another port if one was taken."""
        for attempt in range(3):
            self.take_port()
            self.write()
            try:
                with turn_to_start():
                    self._launch()
                    self._wait_until_ready()
                return self
            except StartFailed:
                if attempt == 2 or "in use" not in self.log():
                    raise
        raise AssertionError("unreachable")

    def take_port(self):
        """Take a port number for this server, until discard()."""
        self._give_port_back()
        self._claim = Port()
        self.port = self._claim.number

    def _give_port_back(self):
        if self._claim:
            self._claim.close()
            self._claim = None

    def write(self):
        """Put the configuration and its files into the server's directory."""
        for name, text in self.config.files.items():
            (self.directory / name).write_text(text)
        self.config_file.write_text(
            self.config.text(self.directory, self.port or 0))

    def arguments(self, *more):
        return [BINARY, "-f", str(self.config_file), "-L", module_dirs(),
                "-Y", str(self.directory), "-w", str(self.directory),
                *self.command, *self.config.options(self.port), *more]

    def _launch(self):
        with open(self.log_file, "w") as log:
            self.process = subprocess.Popen(
                self.arguments(), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, **self.config.environment})
        atexit.register(self._kill)

    def _wait_until_ready(self):
        limit = time.monotonic() + START_LIMIT
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                raise StartFailed(f"kamailio ended with status "
                                  f"{self.process.returncode}\n{self.log()}")
            if self._answers():
                return
            time.sleep(0.02)
        self.stop()
        raise StartFailed(f"not ready after {START_LIMIT} s\n{self.log()}")

    def _answers(self):
        """Whether one worker of every socket is ready: ctl answers, and SIP does. The
        processes of TCP start last. A process that gets its signal to end before it
        handles signals would never end."""
        if self.config.has_rpc and not self._answers_rpc():
            return False
        return all(self._serves(s) for s in self.config.sockets
                   if s.startswith(("udp", "tcp")))

    def _answers_rpc(self):
        if not (self.directory / "ctl").exists():
            return False
        try:
            return bool(self.rpc("core.version"))
        except (RpcError, subprocess.TimeoutExpired):
            return False

    def _serves(self, name):
        family = int(name[3])
        host = HOSTS[family]
        over = name[:3].upper()
        kind = socket.SOCK_DGRAM if over == "UDP" else socket.SOCK_STREAM
        with socket.socket(FAMILIES[family], kind) as sock:
            sock.settimeout(0.5)
            try:
                sock.connect((host, self.port))
                here = show_address(*sock.getsockname()[:2])
                target = f"sip:{show_address(host, self.port)}"
                sock.send((
                    f"OPTIONS {target} SIP/2.0\r\n"
                    f"Via: SIP/2.0/{over} {here};branch=z9hG4bK-ready;rport\r\n"
                    f"From: <sip:ready@{here}>;tag=1\r\nTo: <{target}>\r\n"
                    f"Call-ID: ready\r\nCSeq: 1 OPTIONS\r\n"
                    f"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode())
                return sock.recv(4096).startswith(b"SIP/2.0 ")
            except OSError:
                return False

    def stop(self):
        """End the server by its pid, within a limit of time; return its faults."""
        faults = []
        if self.process and not self._terminate():
            faults.append(f"kamailio did not end within {STOP_LIMIT} s")
        self._kill()
        return faults + self.faults()

    def _terminate(self):
        """Send the signal to end, several times, as an administrator would. A process
        that gets the signal just after its fork believes that it is the main process
        (main.c, sig_usr). It notes the signal and then waits for a packet, and the
        other processes wait for it. So all of them get the signal again."""
        limit = time.monotonic() + STOP_LIMIT
        self.process.terminate()
        while time.monotonic() < limit:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.stop_again)
                return True
            warnings.warn(f"kamailio has not ended after {self.stop_again} s, as one of its "
                          "processes may forget the signal: all are asked again")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
        return False

    def _kill(self):
        """Kill what is left of the process group of this server, and nothing else."""
        atexit.unregister(self._kill)
        if not self.process:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def discard(self):
        """Remove the server's directory."""
        self._kill()
        self._give_port_back()
        shutil.rmtree(self.directory, ignore_errors=True)

    # -- log, RPC and memory --------------------------------------------------

    def log(self):
        return self.log_file.read_text(errors="replace") \
            if self.log_file.exists() else ""

    def faults(self):
        """Log lines and files that show a fault of the server."""
        lines = [line for line in self.log().splitlines()
                 if ALARMS.search(line) and not FAREWELL.search(line)]
        cores = [f"core file {path.name}" for path in self.directory.glob("core*")]
        return lines + cores

    def rpc(self, *command):
        """The text that kamcmd prints for an RPC; RpcError on a fault."""
        done = subprocess.run(
            [KAMCMD, "-s", f"unixs:{self.directory}/ctl", *map(str, command)],
            capture_output=True, text=True, timeout=10)
        if done.returncode or done.stdout.startswith("error:"):
            raise RpcError((done.stderr + done.stdout).strip())
        return done.stdout

    def numbers(self, *command):
        """The lines `name: number` of an answer to an RPC; if a name is there several
        times, its numbers are added."""
        found = {}
        for name, value in re.findall(r"^\s*(\w+): (-?\d+)\s*$",
                                      self.rpc(*command), re.M):
            found[name] = found.get(name, 0) + int(value)
        return found

    def transactions(self):
        """How many transactions tm holds now, including those that have ended and wait
        to be freed."""
        stats = self.numbers("tm.stats")
        return stats["current"]

    def shm_used(self):
        return self.numbers("core.shmmem")["used"]

    def pkg_used(self):
        """Private memory in use, by process: {pid: bytes}."""
        text = self.rpc("pkg.stats")
        pids = [int(n) for n in re.findall(r"\bpid: (\d+)", text)]
        used = [int(n) for n in re.findall(r"\bused: (\d+)", text)]
        return dict(zip(pids, used))


def check(config):
    """Run `kamailio -c` on a configuration: (exit status, log)."""
    return _run_to_its_end(config, "-c")


def start_that_fails(config):
    """Start a server that should fail to start: (exit status, log). If it starts, it is
    stopped, and the status is None."""
    server = Server(config)
    try:
        server.start()
        server.stop()
        return None, server.log()
    except StartFailed:
        return server.process.returncode, server.log()
    finally:
        server.discard()


def _run_to_its_end(config, *options):
    server = Server(config)
    try:
        server.take_port()
        server.write()
        done = subprocess.run(server.arguments(*options), timeout=START_LIMIT,
                              capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr
    finally:
        server.discard()
