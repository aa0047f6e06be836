# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Real ProFTPD servers on loopback with what the role writes: its template for a plan, key and certificate, password file.

Only the paths differ from those of a host, and the addresses: no plan takes those of loopback, which nobody else can dial.
"""

from __future__ import annotations

import dataclasses
import ftplib
import json
import os
import pathlib
import pwd
import select
import signal
import socket
import ssl
import subprocess
import time
import typing as t

import jinja2
from ansible.plugins.filter.core import comment

from ansible_collections.proftpd.fxp.plugins.filter.class_members import class_members
from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import USUAL
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import accounts
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import files as certificate
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import pair
from ansible_collections.proftpd.fxp.plugins.plugin_utils._extra import laying
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.certificate.openssl_authority import (
    Authority,
    openssl,
)

TEMPLATE = pathlib.Path(__file__).parents[2] / "roles" / "server" / "templates" / "proftpd.conf.j2"
PASSWORD = "correct-horse-battery"
PLANNED, LOOPBACK = "198.51.100.", "127.0.9."
# What a host has elsewhere, and what must not be shared with a daemon of this machine.
OWN = "\nPidFile {place}/pid\nScoreboardFile {place}/scoreboard\nDelayTable none\n"


def free_port() -> int:
    """A port that is free and in no passive range of a server here."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if not 50000 <= port < 60000:
            return port


@dataclasses.dataclass
class Server:
    """A daemon and where it is."""

    place: pathlib.Path
    address: str
    port: int
    authority: Authority

    def home(self, name: str) -> pathlib.Path:
        return self.place / "homes" / name

    def plain(self) -> ftplib.FTP:
        ftp = ftplib.FTP(timeout=10)
        ftp.connect(self.address, self.port)
        return ftp

    def session(self, user: str) -> ftplib.FTP_TLS:
        """A session of ``user``, who checks certificate and address of the server."""
        ftp = ftplib.FTP_TLS(context=ssl.create_default_context(cadata=self.authority.pem), timeout=10)
        ftp.connect(self.address, self.port)
        ftp.login(user, PASSWORD)
        return ftp

    def log(self) -> str:
        return (self.place / "proftpd.log").read_text()

    def stop(self) -> None:
        """End the daemon and wait for that, because it deletes its own files until then."""
        process = os.pidfd_open(int((self.place / "pid").read_text()))
        try:
            signal.pidfd_send_signal(process, signal.SIGTERM)
            assert select.select([process], [], [], 20)[0], f"the daemon in {self.place} does not end"
        finally:
            os.close(process)


def said(call: t.Callable[..., t.Any], *arguments: t.Any) -> str:
    """Return the reply to a command, or why it was refused."""
    try:
        return str(call(*arguments))
    except ftplib.Error as exc:
        return str(exc)


def start(directory: pathlib.Path, authority: Authority, servers: dict[str, dict[str, t.Any]]) -> dict[str, Server]:
    """Start ``servers``, each with the options that an inventory says of it; addresses and ports are given here."""
    options = {}
    for number, (name, variables) in enumerate(servers.items()):
        whole = {
            "address": f"{PLANNED}{number + 1}",
            "control_port": free_port(),
            "passive_ports": f"5{number}000-5{number}099",
            **variables,
        }
        options[name], problems = _vocabulary.options_of(name, {f"fxp_{key}": value for key, value in whole.items()})
        assert not problems
    plan = json.loads(json.dumps(_plan.make_plan(options)).replace(PLANNED, LOOPBACK))
    started = {}
    for name in servers:
        server = Server(directory / name, plan["servers"][name]["address"], plan["servers"][name]["control_port"], authority)
        server.place.mkdir()
        _write(server, plan, name, options[name]["extra_config"])
        done = subprocess.run(
            ["/usr/sbin/proftpd", "-c", str(server.place / "proftpd.conf")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        started[name] = server
    for server in started.values():
        _wait(server)
    return started


def _write(server: Server, plan: dict[str, t.Any], name: str, extra: str) -> None:
    mine = plan["hosts"][name]
    if mine["tls"] != "none":
        place = certificate.Place(str(server.place / "fxp-tls.pem"), str(server.place / "fxp-tls-ca.pem"))
        wanted = pair.Wanted(tuple(mine["certificate_addresses"]), mine["certificate_name"], server.authority.pem, signed=True)
        request = certificate.apply(place, wanted, None, None, check_mode=False).request
        certificate.apply(place, wanted, server.authority.sign(request or ""), None, check_mode=False)
    owner = pwd.getpwnam("ftp")
    digest = openssl("passwd", "-6", PASSWORD).strip()
    rows = [
        accounts.Account(row["name"], digest, owner.pw_uid, owner.pw_gid, str(server.home(row["name"])))
        for row in mine["accounts"]
    ]
    accounts.apply(str(server.place / "fxp.passwd"), rows, check_mode=False)
    environment = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined)
    environment.filters["comment"] = comment
    environment.filters["proftpd.fxp.class_members"] = class_members
    text = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(_plan_fleet=plan, inventory_hostname=name)
    laid = laying.lay(text, extra, mine["extra_modules"])
    # Nobody reads what it says of modules.conf.
    row = dataclasses.replace(USUAL, modules_conf="modules.conf", directory=str(server.place), log_directory=str(server.place))
    (server.place / "proftpd.conf").write_text(row.fill(laid.text, laid.secrets) + OWN.format(place=server.place))


def _wait(server: Server, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            server.plain().close()
            return
        except (OSError, EOFError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
