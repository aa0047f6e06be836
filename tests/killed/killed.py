# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The controller dies while control port, passive range and accounts of real servers change: at every task, and within some.

killed.py INVENTORY FLEET [NUMBER | NAME:SECONDS ...]

After each death the servers that run are guarded by rules that fit them, for the files that flow as for strangers, and the next
run brings what was asked for. Every round moves the servers to where they were not, so none begins at a place of its own.
"""

from __future__ import annotations

import contextlib
import ftplib
import hashlib
import io
import itertools
import os
import pathlib
import re
import shlex
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import yaml

HERE = pathlib.Path(__file__).parent
SIZE = 32_000_000  # more than what waits in buffers
GUEST = {"name": "guest", "password": "lab-guest-Rk4Vb1Xw", "home": "/srv/guest"}
# Within the tasks that change something, some seconds after their start.
WITHIN = [
    "Load the rules of the plan:0.4",
    "Load the rules of the plan:1",
    "Give every account its password:0.4",
    "Put the configuration into force:0.5",
    "Put the configuration into force:2",
]
# What a host says of itself: equal where nothing of ours has changed.
STATE = "nft --stateless list ruleset; sha256sum /etc/proftpd/* /etc/proftpd-fxp/* 2>/dev/null; ss --no-header --tcp --listening"
# Rules on trial are taken back when their time is over; that this is not waited for is all that is not as in life.
TIMER = """
systemctl --quiet is-active proftpd-fxp-return.timer || exit 0
systemctl start proftpd-fxp-return.service
! systemctl --quiet is-active proftpd-fxp-return.timer || systemctl stop proftpd-fxp-return.timer
"""
KNOCK = """
import concurrent.futures, contextlib, socket, sys
def knock(target):
    host, port = target.split("/")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
        print(target)
with concurrent.futures.ThreadPoolExecutor() as pool:
    list(pool.map(knock, sys.argv[1:]))
"""


class Ports(t.NamedTuple):
    control: int
    first: int
    last: int


OLD, NEW = Ports(21, 61000, 61049), Ports(2121, 61030, 61079)


class Transfer:
    """One that nobody reads on until the end."""

    def __init__(self, session: ftplib.FTP_TLS) -> None:
        self.session = session
        session.voidcmd("TYPE I")
        self.data = session.transfercmd("RETR big")
        self.begun = self.data.recv(1000)

    def digest(self) -> str:
        came = hashlib.sha256(self.begun)
        with self.data:
            while block := self.data.recv(1 << 20):
                came.update(block)
        self.session.voidresp()
        self.session.close()
        return came.hexdigest()


class Fleet:
    """The hosts of the lab, and how they are reached."""

    def __init__(self, inventory: pathlib.Path, fleet: pathlib.Path, place: pathlib.Path) -> None:
        self.inventories, self.place = [inventory, fleet], place
        known = yaml.safe_load(inventory.read_text())["all"]
        groups = known["children"]
        self.servers = {name: row["ansible_host"] for name, row in groups["fxp_servers"]["hosts"].items()}
        self.others = {name: row["ansible_host"] for name, row in groups["lab_others"]["hosts"].items()}
        self.ssh = [
            "ssh",
            "-i",
            known["vars"]["ansible_ssh_private_key_file"],
            *shlex.split(known["vars"]["ansible_ssh_common_args"]),
        ]
        self.user = known["vars"]["ansible_user"]
        (account,) = yaml.safe_load(fleet.read_text())["fxp_servers"]["vars"]["fxp_users"]
        self.accounts = {OLD: [account], NEW: [account, GUEST]}
        for ports, accounts in self.accounts.items():
            said = {
                "fxp_control_port": ports.control,
                "fxp_passive_ports": f"{ports.first}-{ports.last}",
                "fxp_users": accounts,
            }
            self.plan(ports).write_text(yaml.safe_dump({"fxp_servers": {"vars": said}}))

    def plan(self, ports: Ports) -> pathlib.Path:
        return self.place / f"{ports.control}.yml"

    def site(self, ports: Ports, **killed: str) -> str | None:
        """Make the servers have ``ports``; what Ansible said, or None if it was killed."""
        command = [
            "ansible-playbook",
            *(f"--inventory={path}" for path in [*self.inventories, self.plan(ports)]),
            "proftpd.fxp.site",
        ]
        environment = {**os.environ, "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"), **killed}
        done = subprocess.run(
            command, env=environment, start_new_session=True, capture_output=True, text=True, timeout=300, check=False
        )
        if done.returncode == -9:
            return None
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, host: str, *command: str) -> str:
        address = {**self.servers, **self.others}[host]
        done = subprocess.run(
            [*self.ssh, f"{self.user}@{address}", shlex.join(command)], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, (host, command, done.stderr)
        return done.stdout

    def everywhere(self, command: str) -> list[str]:
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda name: self.run(name, "sh", "-c", command), self.servers))

    def session(self, name: str, ports: Ports, account: t.Mapping[str, str]) -> ftplib.FTP_TLS:
        # Who the server is matters elsewhere.
        session = ftplib.FTP_TLS(context=ssl._create_unverified_context(), timeout=20)
        session.connect(self.servers[name], ports.control)
        session.login(account["name"], account["password"])
        session.prot_p()
        return session

    def ports(self, name: str) -> Ports:
        """Those of the server that runs; a reload may be under way."""
        for ports in (OLD, NEW) * 100:
            with contextlib.suppress(OSError), socket.create_connection((self.servers[name], ports.control), 1) as told:
                if told.recv(3) == b"220":
                    return ports
            time.sleep(0.05)
        raise AssertionError(f"{name}: no client gets in, at the ports of neither plan")

    def fits(self) -> dict[str, Ports]:
        """Clients get in and fetch a list, peers come to the ports for data, nobody else to any; the ports that servers have."""
        found = {name: self.ports(name) for name in self.servers}
        with contextlib.ExitStack() as sessions:
            data, controls = {}, []
            for name, ports in found.items():
                session = sessions.enter_context(self.session(name, ports, self.accounts[OLD][0]))
                session.nlst()
                address, port = ftplib.parse227(session.sendcmd("PASV"))
                assert ports.first <= port <= ports.last, (name, ports, port)
                data[name] = f"{address}/{port}"
                controls += [f"{address}/{each.control}" for each in (OLD, NEW)]
            who = ["stranger", *self.servers]
            with ThreadPoolExecutor() as pool:
                met = list(pool.map(lambda name: self.run(name, "python3", "-c", KNOCK, *data.values(), *controls).split(), who))
        for name, reached in zip(who, met):
            own = f"{self.servers.get(name)}/"
            wanted = set() if name == "stranger" else {each for each in data.values() if not each.startswith(own)}
            reached = {each for each in reached if not each.startswith(own)}
            assert reached == wanted, f"{name} reaches {sorted(reached)}, not {sorted(wanted)}, while the servers have {found}"
        return found

    def store(self, content: bytes, ports: Ports) -> None:
        for name in self.servers:
            with self.session(name, ports, self.accounts[OLD][0]) as session:
                session.storbinary("STOR big", io.BytesIO(content))

    def converges(self, ports: Ports) -> None:
        self.site(ports)
        again = self.site(ports)
        assert not re.search("changed=[1-9]", again or "changed=1"), again
        assert set(self.fits().values()) == {ports}
        with contextlib.suppress(ftplib.error_perm):
            self.session(next(iter(self.servers)), ports, GUEST).close()
            assert ports == NEW, "an account of the other plan gets in"
            return
        assert ports == OLD, "an account of the plan does not get in"


def main(inventory: str, fleet: str, *points: str) -> None:
    content = os.urandom(SIZE)
    wanted = hashlib.sha256(content).hexdigest()
    with tempfile.TemporaryDirectory() as place:
        lab = Fleet(pathlib.Path(inventory).resolve(), pathlib.Path(fleet).resolve(), pathlib.Path(place))
        old, new = OLD, NEW
        lab.converges(old)
        lab.store(content, old)
        before, transfers = lab.everywhere(STATE), []
        # How many tasks there are is not known before.
        for point in points or itertools.chain(WITHIN, map(str, itertools.count(1))):
            began = time.monotonic()
            transfers = transfers or [Transfer(lab.session(name, old, lab.accounts[OLD][0])) for name in lab.servers]
            ended = lab.site(new, FXP_KILL=point)
            found = lab.fits()
            if ":" in point:
                lab.everywhere(TIMER)
                found = lab.fits()
            changed = ended or lab.everywhere(STATE) != before
            if changed:
                lab.converges(new)
                assert {each.digest() for each in transfers} == {wanted}
                before, transfers = lab.everywhere(STATE), []
                old, new = new, old
            ports = ", ".join(f"{name} at {each.control}" for name, each in found.items())
            how = "ended" if ended else "killed, changed" if changed else "killed, unchanged"
            print(f"{point}: {how}, {ports}, {time.monotonic() - began:.1f} s", flush=True)
            if ended and ":" not in point:
                break


if __name__ == "__main__":
    main(*sys.argv[1:])
