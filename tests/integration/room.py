# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A room for one situation at a time: two hosts with real daemons of any kind, a client, and a way between them as it is told."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.placing import connections_of, placed, probe_of
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.daemons import (
    ALLOW,
    DIGEST,
    PASSWORD,
    Proftpd,
    check_options,
    listens,
    server_options,
)
from ansible_collections.proftpd.fxp.tests.integration.network import (
    CLIENT,
    DESTINATION,
    PASSIVE_PORTS,
    PORT,
    SOMEBODY,
    SOURCE,
    Network,
    add_namespace,
    run,
    within,
)
from ansible_collections.proftpd.fxp.tests.integration.other_daemons import PURE_ALLOW, VSFTPD_ALLOW, PureFtpd, Vsftpd
from ansible_collections.proftpd.fxp.tests.integration.situations import Settings, Situation

ADDRESSES = {"source": SOURCE, "destination": DESTINATION}
FIRST, LAST = PASSIVE_PORTS.split("-")
INNER, GATEWAY = "10.77.0.2", "10.77.0.1"
DEVICE = 2199  # where the middlebox listens
SIZE = "262144"  # bytes that two probes send one another
BOUND = 120.0  # seconds that a check may take at most, with logins over a line of 800 ms
MODULE = "ansible_collections.proftpd.fxp.tests.integration"


class Pyftpdlib:
    """pyftpdlib in a process of its own."""

    def __init__(self, root: pathlib.Path, address: str, arguments: Settings, prefix: t.Sequence[str]) -> None:
        self.address, self.port, self.home = address, PORT, root / "home"
        command = [*prefix, sys.executable, "-m", f"{MODULE}.run_pyftpd", str(self.home), address, json.dumps(arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)

    def wait(self) -> None:
        """Return when it listens."""
        deadline = time.monotonic() + 40
        while not listens(self.process.pid, self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("pyftpdlib did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with self.process:
            pass

    def options(self) -> dict[str, t.Any]:
        """This server as an option of the check."""
        return server_options(self.address, self.port)


Server = t.Union[Proftpd, Vsftpd, PureFtpd, Pyftpdlib]


class Told(t.NamedTuple):
    """What the product says: the one leg, with the place that probes showed, or none and why; and how long the check took."""

    leg: t.Mapping[str, t.Any] | None
    message: str
    seconds: float


class Room:
    """Namespaces of the hosts, and of a client behind NAT. ``number`` tells rooms apart."""

    def __init__(self, number: int, authority: Authority, locales: pathlib.Path) -> None:
        self._authority, self._locales = authority, locales
        self._network = Network(f"-{number}-")
        self._inner = f"fxp{os.getpid()}-{number}-i"
        with contextlib.ExitStack() as undo:
            undo.callback(self.remove)
            self.names = {**self._network.names, "inner": self._inner}
            add_namespace(self._inner)
            client = self.names["client"]
            run("ip", "-n", self._inner, "link", "add", "eth0", "type", "veth", "peer", "name", "inner", "netns", client)
            for name, device, address in ((self._inner, "eth0", INNER), (client, "inner", GATEWAY)):
                run("ip", "-n", name, "address", "add", f"{address}/24", "dev", device)
                run("ip", "-n", name, "link", "set", device, "up")
            run("ip", "-n", self._inner, "route", "add", "default", "via", GATEWAY)
            self._run("client", "sysctl", "-qw", "net.ipv4.ip_forward=1")
            run("ip", "-n", client, "link", "set", "bridge", "address", "02:00:00:00:00:01")
            run("ip", "-n", client, "address", "add", f"{SOMEBODY}/24", "dev", "bridge")
            self._introduce()
            undo.pop_all()

    def _introduce(self) -> None:
        """Everybody knows everybody's hardware: no way is as long as the whole Internet for ARP."""
        devices = {"client": ("bridge", CLIENT), "source": ("eth0", SOURCE), "destination": ("eth0", DESTINATION)}
        hardware = {
            name: json.loads(run("ip", "-n", self.names[name], "-j", "link", "show", device))[0]["address"]
            for name, (device, _address) in devices.items()
        }
        for name, (device, _own) in devices.items():
            for other, (_device, address) in devices.items():
                if name != other:
                    known = ("lladdr", hardware[other], "dev", device, "nud", "permanent")
                    run("ip", "-n", self.names[name], "neigh", "replace", address, *known)

    def remove(self) -> None:
        """Delete the namespaces, as far as they were made."""
        self._network.remove()
        if self._inner in run("ip", "netns", "list").split():
            run("ip", "netns", "delete", self._inner)

    def _prefix(self, name: str) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.names[name])

    def _run(self, name: str, *command: str, text: str | None = None) -> str:
        return run(*self._prefix(name), *command, text=text)

    def judge(self, situation: Situation) -> Told:
        """Make the situation, check the pair as a person would, ask both servers where it is open, and clean up."""
        with contextlib.ExitStack() as stack:
            root = pathlib.Path(tempfile.mkdtemp(prefix="fxp-situation-"))
            stack.callback(shutil.rmtree, root, ignore_errors=True)
            root.chmod(0o711)
            servers: dict[str, Server] = {}
            for role in ADDRESSES:
                servers[role] = self._started(root / role, situation, role)
                stack.callback(servers[role].stop)
                servers[role].wait()
            options = self._options(situation, servers)
            for act in situation.fault.acts:
                stack.enter_context(_ACTS[act](self, situation, servers, options, root))
            stack.enter_context(self._way(situation))
            stack.enter_context(self._rules(situation))
            began = time.monotonic()
            outcome = self._check(situation, options)
            seconds = time.monotonic() - began
            if isinstance(outcome, str):
                return Told(None, outcome, seconds)
            left = {path.name for server in servers.values() for path in server.home.rglob("*fxp-check-*")}
            left -= {entry["file"] for entry in outcome["result"]["files_left"]}
            if left:
                return Told(None, f"file left: {', '.join(sorted(left))}", seconds)
            (leg,) = outcome["result"]["legs"]
            leg = {**leg, "source": "source", "destination": "destination"}
            return Told(self._placed(situation, leg, options), outcome["message"], seconds)

    # Servers.

    def _started(self, root: pathlib.Path, situation: Situation, role: str) -> Server:
        kind, fault = situation.kinds[role], situation.fault
        at = situation.at if situation.at in ADDRESSES else "destination"
        given = fault.settings.get(kind, {}) if role == at else {}
        address, allow, more = ADDRESSES[role], given.get("allow", True), given.get("more")
        prefix = self._prefix(role)
        root.mkdir(mode=0o711)
        if kind == "proftpd":
            text = (ALLOW if allow else "AllowForeignAddress off\n") + DIGEST + f"PassivePorts {FIRST} {LAST}\n"
            speaks = f"{situation.language}.UTF-8" if situation.language != "C" else "C"
            prefix += ("env", "-u", "LC_ALL", "-u", "LANGUAGE", f"LANG={speaks}", f"LOCPATH={self._locales}")
            secured = self._secured(address, given.get("tls", {})) if situation.tls else ""
            return Proftpd(root / "d", address, f"{text}{secured}{(more or '').replace('{root}', str(root))}\n", PORT, prefix)
        if kind == "vsftpd":
            ports = f"pasv_min_port={FIRST}\npasv_max_port={LAST}\n"
            return Vsftpd(root / "d", address, f"{VSFTPD_ALLOW if allow else ''}{ports}{more or ''}\n", PORT, prefix)
        if kind == "pure-ftpd":
            arguments = ("-p", f"{FIRST}:{LAST}", *(PURE_ALLOW if allow else ()), *(more or ()))
            return PureFtpd(root / "d", address, arguments, PORT, prefix)
        handler = {"passive_ports": list(range(int(FIRST), int(LAST) + 1)), **(more or {})}
        arguments = {"foreign": allow, "port": PORT, "settings": handler}
        return Pyftpdlib(root / "d", address, {**arguments, **({"most": given["most"]} if "most" in given else {})}, prefix)

    def _secured(self, address: str, given: Settings | None) -> str:
        if given is None:
            return ""
        names = given.get("names", [address])
        ca = given.get("ca", self._authority.path)
        certificate = self._authority.root / f"{self._authority.name}-{'-'.join(names)}-30-True.pem"
        versions = given.get("versions", "TLSv1.2")
        options = given.get("options", ["NoSessionReuseRequired"])
        text = tls(certificate, ca, *options, versions=versions, more=given.get("more", ""))
        # A long line needs more than the other tests.
        return text.replace("TLSTimeoutHandshake 3\n", "TLSTimeoutHandshake 300\n")

    def _options(self, situation: Situation, servers: t.Mapping[str, Server]) -> dict[str, dict[str, t.Any]]:
        found = {}
        for role, server in servers.items():
            options = server.options()
            if situation.fault.planned:
                options.update(expected_address=ADDRESSES[role], passive_ports=PASSIVE_PORTS)
            if situation.tls:
                options.update(tls="explicit", ca_content=self._authority.pem)
            if role == situation.at or (situation.at is None and role == situation.passive):
                for key, value in situation.fault.options.items():
                    options[key] = value.format(own=ADDRESSES[role]) if isinstance(value, str) else value
            found[role] = options
        return found

    # The way.

    @contextlib.contextmanager
    def _way(self, situation: Situation) -> t.Iterator[None]:
        way, client = situation.way, self.names["client"]
        with contextlib.ExitStack() as stack:
            stack.callback(self._network.unfilter)
            if way.nat:
                rule = 'oifname "bridge" ip saddr 10.77.0.0/24 masquerade'
                table = f"table ip nat {{\nchain out {{\ntype nat hook postrouting priority srcnat\n{rule}\n}}\n}}\n"
                self._run("client", "nft", "-f", "-", text=table)
            if way.loss:
                rule = f'iifname != "lo" numgen random mod 100 < {way.loss} drop'
                for name in ("client", *ADDRESSES):
                    table = f"table inet loss {{\nchain input {{\ntype filter hook input priority -10\n{rule}\n}}\n}}\n"
                    self._run(name, "nft", "-f", "-", text=table)
            if way.delay:
                stack.enter_context(self._long(client, way.delay / 2000))
            if situation.fault.changes:
                stack.enter_context(self._device(situation.fault.changes))
            yield

    @contextlib.contextmanager
    def _long(self, client: str, seconds: float) -> t.Iterator[None]:
        """Each host at the end of a wire of its own."""
        bridges = []
        try:
            for name in ADDRESSES:
                bridges += [f"b{name[:6]}", "bridge"]
                run("ip", "-n", client, "link", "add", "name", bridges[-2], "type", "bridge")
                run("ip", "-n", client, "link", "set", bridges[-2], "up")
                run("ip", "-n", client, "link", "set", name, "master", bridges[-2])
            command = [*self._prefix("client"), sys.executable, "-m", f"{MODULE}.wire", str(seconds), *bridges]
            with _running(command, "ready"):
                yield
        finally:
            for name, bridge in zip(ADDRESSES, bridges[::2]):
                run("ip", "-n", client, "link", "set", name, "master", "bridge")
                run("ip", "-n", client, "link", "delete", bridge)

    @contextlib.contextmanager
    def _device(self, changes: t.Sequence[str]) -> t.Iterator[None]:
        """A middlebox that all control connections of the client pass."""
        command = [*self._prefix("client"), sys.executable, "-m", f"{MODULE}.middlebox", str(DEVICE), *changes]
        with _running(command, "ready"):
            table = (
                "table ip box {\nchain out {\ntype nat hook output priority -100\n"
                f"meta mark 4711 accept\ntcp dport {PORT} redirect to :{DEVICE}\n}}\n}}\n"
            )
            self._run("client", "nft", "-f", "-", text=table)
            yield

    @contextlib.contextmanager
    def _rules(self, situation: Situation) -> t.Iterator[None]:
        for rule in situation.fault.rules:
            self.rule(situation, rule.where, rule.hook, rule.text)
        yield

    def rule(self, situation: Situation, where: str, hook: str, text: str) -> None:
        """Put a rule in force until the end of the situation."""
        other = {"source": "destination", "destination": "source"}
        passive, active = situation.passive, other[situation.passive]
        name = {"passive": passive, "active": active, "network": "client"}.get(where, where)
        words = {"passive": ADDRESSES[passive], "active": ADDRESSES[active]}
        if where == "network":
            # On a long way the client's connections pass bridges, too.
            pair = ", ".join(ADDRESSES.values())
            text = "\n".join(f"ip saddr {{{{ {pair} }}}} ip daddr {{{{ {pair} }}}} {line}" for line in text.splitlines())
        family = "bridge" if where == "network" else "inet"
        table = f"table {family} fault {{\nchain {hook} {{\ntype filter hook {hook} priority 0\n{text.format(**words)}\n}}\n}}\n"
        self._run(name, "nft", "-f", "-", text=table)

    def connect(self, server: Server) -> socket.socket:
        """A connection of somebody else on the client's host."""
        return within(self.names["client"], lambda: socket.create_connection((server.address, server.port), 20))

    # The check.

    def _check(self, situation: Situation, options: t.Mapping[str, t.Any]) -> t.Any:
        """The outcome, or in words why there is none."""
        more = {
            "passive": situation.passive,
            "payload_size": 100000,
            "timeout": 10.0 if situation.way.delay or situation.way.loss else 4.0,
            "protection": None if set(situation.kinds.values()) == {"proftpd"} else "clear",
            **situation.fault.check,
        }
        text = json.dumps(check_options(options["source"], options["destination"], **more))
        vantage = "inner" if situation.way.nat else "client"
        command = [*self._prefix(vantage), sys.executable, "-m", f"{MODULE}.run_check"]
        try:
            done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=BOUND, check=False)
        except subprocess.TimeoutExpired:
            return "hang"
        if done.returncode:
            return f"traceback: {done.stderr[-1000:]}"
        outcome = json.loads(done.stdout)
        assert PASSWORD not in done.stdout
        return outcome

    def _placed(
        self, situation: Situation, leg: t.Mapping[str, t.Any], options: t.Mapping[str, t.Mapping[str, t.Any]]
    ) -> t.Mapping[str, t.Any]:
        """What the playbook makes of a leg whose place is open: it asks both ends."""
        if not situation.fault.planned:
            return placed([leg], [])[0]
        leg = {**leg, "vantage": "inner" if situation.way.nat else "client"}
        ports = {"first": int(FIRST), "last": int(LAST)}
        known = {
            name: {"address": ADDRESSES[name], "public_control_port": port, "control_port": port, "passive_ports": ports}
            for name, port in ((name, given["port"]) for name, given in options.items())
        }
        return placed([leg], [self._asked(situation, asked) for asked in connections_of([leg], known)])[0]

    def _asked(self, situation: Situation, asked: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """What both ends of a connection show of it, as roles/smoke_test/tasks/locate.yml asks them."""
        is_control = asked["question"] == "control"
        probe = [sys.executable, "-m", f"{MODULE}.run_probe"]
        watch = ["whole" if is_control else "watch", str(asked["local_port"]), "12" if is_control else "30", SIZE]
        with subprocess.Popen([*self._prefix(asked["listening"]), *probe, *watch], stdout=subprocess.PIPE, text=True) as watching:
            path = pathlib.Path(f"/proc/{watching.pid}/net/packet")
            while watching.poll() is None and len(path.read_text().splitlines()) < 2:
                time.sleep(0.02)
            seconds = 8 + 4 * situation.way.delay / 1000
            connect = ["insist", asked["address"], str(asked["port"]), str(seconds), "0" if is_control else SIZE]
            connection = json.loads(self._run(asked["connecting"], *probe, *connect))
            watched: dict[str, t.Any] = {"started": True, "finished": False}
            with contextlib.suppress(subprocess.TimeoutExpired):
                watched = {"started": True, "arrivals": json.loads(watching.communicate(timeout=12 if is_control else 3)[0])}
            watching.kill()
        egress = [ADDRESSES.get(asked["connecting"]) or connection.get("source")]
        return probe_of({**asked, "connect": {"connection": connection}, "watch": watched, "egress": egress})


@contextlib.contextmanager
def _running(command: t.Sequence[str], word: str) -> t.Iterator[None]:
    """A process that says a word when it is ready."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == word, command
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


# What is done to the servers around a check.

Servers = t.Mapping[str, Server]
Options = t.Dict[str, t.Dict[str, t.Any]]


def _inside(server: Server, *command: str) -> None:
    """Run a command that sees what the server's processes see of disks."""
    run("nsenter", f"--mount=/proc/{server.process.pid}/ns/mnt", *command)


@contextlib.contextmanager
def _full_disk(room: Room, situation: Situation, servers: Servers, options: Options, root: pathlib.Path) -> t.Iterator[None]:
    server = servers[situation.at or ""]
    full = server.home / "full"
    full.mkdir()
    owner = server.home.stat().st_uid
    _inside(server, "mount", "-t", "tmpfs", "-o", f"size=256k,uid={owner}", "tmpfs", str(full))
    given = options[situation.at or ""]
    given["directory"] = "full" if given["directory"] == "." else f"{given['directory']}/full"
    yield


@contextlib.contextmanager
def _locked(room: Room, situation: Situation, servers: Servers, options: Options, root: pathlib.Path) -> t.Iterator[None]:
    (servers[situation.at or ""].home / "locked").mkdir(mode=0o555)
    given = options[situation.at or ""]
    given["directory"] = "locked" if given["directory"] == "." else f"{given['directory']}/locked"
    yield


@contextlib.contextmanager
def _deny(room: Room, situation: Situation, servers: Servers, options: Options, root: pathlib.Path) -> t.Iterator[None]:
    deny = root / (situation.at or "") / "deny"
    deny.write_text("proftpd: ALL\n")
    deny.chmod(0o644)
    yield


@contextlib.contextmanager
def _hold(room: Room, situation: Situation, servers: Servers, options: Options, root: pathlib.Path) -> t.Iterator[None]:
    """Somebody is there already."""
    with room.connect(servers[situation.at or ""]) as holder:
        assert holder.recv(100).startswith(b"220")
        yield


@contextlib.contextmanager
def _log_in(room: Room, situation: Situation, servers: Servers, options: Options, root: pathlib.Path) -> t.Iterator[None]:
    """Somebody has logged in already."""
    server = servers[situation.at or ""]
    with room.connect(server) as holder, holder.makefile("rw", newline="\r\n") as lines:
        lines.readline()
        for command in (f"USER {server.options()['user']}", f"PASS {server.options()['password']}"):
            lines.write(command + "\n")
            lines.flush()
            lines.readline()
        yield


@contextlib.contextmanager
def _taken_away(room: Room, situation: Situation, servers: Servers, options: Options, root: pathlib.Path) -> t.Iterator[None]:
    """What has arrived whole is moved away at once, as an inbox does."""
    home, ended = servers["destination"].home, threading.Event()

    def take() -> None:
        while not ended.wait(0.005):
            for path in home.iterdir():
                with contextlib.suppress(OSError):
                    if path.stat().st_size == 100000:
                        path.rename(root / "taken")

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextlib.contextmanager
def _when_it_grows(home: pathlib.Path, act: t.Callable[[], None]) -> t.Iterator[None]:
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.005):
            with contextlib.suppress(FileNotFoundError):
                if any(path.is_file() and path.stat().st_size >= 200000 for path in home.iterdir()):
                    act()
                    return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextlib.contextmanager
def _cut(room: Room, situation: Situation, servers: Servers, options: Options, root: pathlib.Path) -> t.Iterator[None]:
    def act() -> None:
        room.rule(situation, "network", "forward", f"tcp dport {PASSIVE_PORTS} drop\ntcp sport {PASSIVE_PORTS} drop")

    with _when_it_grows(servers["destination"].home, act):
        yield


@contextlib.contextmanager
def _kill(room: Room, situation: Situation, servers: Servers, options: Options, root: pathlib.Path) -> t.Iterator[None]:
    """The session of one server dies while data flows."""

    def act() -> None:
        master = servers[situation.at or ""].process.pid
        for child in pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)

    with _when_it_grows(servers["destination"].home, act):
        yield


_ACTS: dict[str, t.Callable[..., t.ContextManager[None]]] = {
    "cut": _cut,
    "deny": _deny,
    "full disk": _full_disk,
    "hold": _hold,
    "kill": _kill,
    "locked": _locked,
    "log in": _log_in,
    "taken away": _taken_away,
}

__all__ = ("ADDRESSES", "BOUND", "Room", "Told")
