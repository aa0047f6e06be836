# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real ProFTPD daemons, in the foreground, with a configuration, an account and a home of their own."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import typing as t

# More of the same: for a run that may take long.
LONG = os.environ.get("FXP_LONG") == "1"
ACCOUNT = 65534  # uid and gid of the account, so that permissions of files mean something
USER = "fxp"
# The password and its MD5-crypt hash: logging in must not cost more than the transfers that are tested.
PASSWORD = "correct horse battery staple"
PASSWORD_HASH = "$1$fxptests$RM9HzAN2mAPGD7ktPt8hL1"

CONFIGURATION = """\
ServerName integration
ServerType standalone
DefaultAddress {address}
SocketBindTight on
Port {port}
User nobody
Group nogroup
UseReverseDNS off
RequireValidShell off
AuthOrder mod_auth_file.c
AuthUserFile {root}/passwd
PidFile {root}/pid
ScoreboardFile {root}/scoreboard
SystemLog {root}/log
TransferLog none
WtmpLog off
DelayEngine off
DefaultRoot ~
ModulePath /usr/lib/proftpd
{directives}
"""
DIGEST = "LoadModule mod_digest.c\n"
ALLOW = "AllowForeignAddress on\n"


def free_ports(address: str, count: int = 1) -> int:
    """The first of ``count`` consecutive free ports of a local address."""
    for _attempt in range(200):
        with contextlib.ExitStack() as stack:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            first = 0
            try:
                for index in range(count):
                    sock = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
                    sock.bind((address, first + index if first else 0))
                    first = first or sock.getsockname()[1]
            except OSError:
                continue
            return first
    raise RuntimeError(f"{address} has no {count} free ports in a row")


def listens(process: int, port: int) -> bool:
    """Whether anybody listens on a port in the network namespace of a process."""
    # Port and state of every socket there; 0A is LISTEN.
    tables = [pathlib.Path(f"/proc/{process}/net/{name}") for name in ("tcp", "tcp6")]
    with contextlib.suppress(OSError):
        return any(re.search(rf":{port:04X} [0-9A-F:]+ 0A ", table.read_text()) for table in tables)
    return False


def is_free(address: str, port: int) -> bool:
    """Whether a port of a local address can be listened on."""
    with contextlib.suppress(OSError), socket.create_server((address, port)):
        return True
    return False


class Proftpd:
    """One daemon. ``kept`` are the files that a test put into the home and that have to be there afterwards."""

    def __init__(self, root: pathlib.Path, address: str, directives: str, port: int, prefix: t.Sequence[str] = ()) -> None:
        self.root, self.address, self.port = root, address, port
        self.home = root / "home"
        self.kept: set[str] = set()
        self.home.mkdir(parents=True)
        os.chown(self.home, ACCOUNT, ACCOUNT)
        passwd = root / "passwd"
        passwd.write_text(f"{USER}:{PASSWORD_HASH}:{ACCOUNT}:{ACCOUNT}::{self.home}:/bin/false\n")
        passwd.chmod(0o600)
        configuration = root / "proftpd.conf"
        configuration.write_text(CONFIGURATION.format(address=address, port=port, root=root, directives=directives))
        with (root / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [*prefix, shutil.which("proftpd") or "proftpd", "--nodaemon", "--config", str(configuration)],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Return when the daemon listens. Nobody connects for that: the end of a session would delay the next one."""
        deadline = time.monotonic() + 20
        while not listens(self.process.pid, self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"proftpd did not start: {(self.root / 'output').read_text()}")
            time.sleep(0.005)

    def stop(self) -> None:
        """End the daemon and its sessions; some of them may wait in connect() for minutes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def put(self, name: str, content: bytes, mode: int = 0o644) -> None:
        """Put a file of the account into the home."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        os.chown(path, ACCOUNT, ACCOUNT)
        self.kept.add(name)

    def files(self) -> set[str]:
        """All files in the home, relative to it."""
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file()}

    def options(self, **more: t.Any) -> dict[str, t.Any]:
        """This server as an option of the check."""
        return {**server_options(self.address, self.port), **more}


class Ending(t.Protocol):
    """A daemon of any kind, as far as the end of a test goes."""

    def stop(self) -> None:
        """End it and its sessions."""

    def files(self) -> set[str]:
        """What the account holds."""


@contextlib.contextmanager
def place_for(servers: t.Sequence[Ending]) -> t.Iterator[pathlib.Path]:
    """A directory for ``servers``, which the caller adds; at the end they are stopped, and no file may be left on them."""
    # Not pytest's own directory: the account has to reach its home, and that one is open to its owner only.
    root = pathlib.Path(tempfile.mkdtemp(prefix="fxp-integration-"))
    root.chmod(0o711)
    try:
        yield root
    finally:
        for server in servers:
            server.stop()
        left = [server.files() for server in servers]
        shutil.rmtree(root)
    assert left == [set()] * len(servers)


@contextlib.contextmanager
def small_disk(directory: pathlib.Path) -> t.Iterator[None]:
    """A new directory of the account on a disk of its own, which 256 KiB fill."""
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=256k,uid={ACCOUNT}", "tmpfs", str(directory)], check=True, timeout=30)
    try:
        yield
    finally:
        # A session that has just been left may still stand in it.
        subprocess.run(["umount", "--lazy", str(directory)], check=True, timeout=30)
        directory.rmdir()


def server_options(host: str, port: int) -> dict[str, t.Any]:
    """One server as an option of the check, with the module's defaults."""
    options = {"host": host, "port": port, "user": USER, "password": PASSWORD, "directory": "."}
    tls = {"tls": "none", "validate_certs": True, "ca_path": None, "ca_content": None}
    return {**options, "passive_ports": None, "expected_address": None, **tls}


def check_options(source: t.Mapping[str, t.Any], destination: t.Mapping[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """All options of the check, with the module's defaults."""
    defaults: dict[str, t.Any] = {
        "source": source,
        "destination": destination,
        "passive": "both",
        "family": "auto",
        "path": None,
        "payload_size": 1048576,
        "timeout": 10.0,
        "transfer_timeout": 0.0,
        "expect": "allowed",
        "protection": None,
        "sscn": "auto",
    }
    return {**defaults, **more}
