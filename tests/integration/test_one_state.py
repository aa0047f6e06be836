# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Control port and passive range change, and the run is killed anywhere: rules, server, and narrower rules.

With a real daemon and a real kernel. At every moment the server that runs is guarded by rules that fit it: clients get in,
strangers do not, transfers go on, and the next run brings what it is asked for.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import ftplib
import os
import pathlib
import socket
import tempfile
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import state, transaction
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Former, Ports, Wish, former
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import lock
from ansible_collections.proftpd.fxp.plugins.module_utils._host import run as _run
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import USUAL
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import before, served, swap
from ansible_collections.proftpd.fxp.tests.faults import KILL, Steps, inject, patched
from ansible_collections.proftpd.fxp.tests.integration.daemons import ACCOUNT, PASSWORD, PASSWORD_HASH, USER
from ansible_collections.proftpd.fxp.tests.integration.network import CLIENT, SOURCE, Network, run
from ansible_collections.proftpd.fxp.tests.integration.proftpd_service import Server, server
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.conftest import wish_of
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.test_transaction import Bench
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.test_transaction_faults import KeptSystemd

__all__ = ["server"]  # the fixture
LONG = bool(os.environ.get("FXP_LONG"))
STRANGER = "198.51.100.66"
# The second range takes a part of the first one, and the control port is in neither.
OLD, NEW = Ports(2121, (50000, 50099)), Ports(2199, (50050, 50149))
SIZE = 3_000_000
# The operator's own: what is not let in by name stays out.
CLOSED = """
table inet filter {
    chain input { type filter hook input priority 0; policy drop; iif lo accept; ct state established accept; }
}
"""
OPEN = ""
KILLED = [OPEN, CLOSED] if LONG else [OPEN]


@contextlib.contextmanager
def within(name: str) -> t.Iterator[None]:
    """In a network namespace, with everything that is started meanwhile."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{name}") as there:
        assert libc.setns(there.fileno(), 0) == 0
        try:
            yield
        finally:
            libc.setns(home.fileno(), 0)


class Host(Bench):
    """A server and its firewall as a run finds them, and everybody else on the other side."""

    def __init__(self, place: Server, network: Network, foreign: str) -> None:
        super().__init__(place.directory / "host", Nftables(str(place.directory / "host"), Nft()))
        (place.directory / "systemd").mkdir()
        self.systemd = KeptSystemd(place.directory / "systemd")
        self.place, self.foreign = place, foreign
        self.server, self.outside = network.names["source"], network.names["client"]
        self.row = dataclasses.replace(USUAL, configuration=place.target.path)

    def left(self, ports: Ports) -> Former:
        has = served.served(self.row)
        return former(ports, has.control, has.passive, [22])

    def text(self, ports: Ports, left: Former | None = None) -> str:
        return self.backend.text(self.wish(ports)._replace(former=left or Former()))

    @staticmethod
    def wish(ports: Ports) -> Wish:
        return wish_of("198.51.100.12", clients=(f"{CLIENT}/32",))._replace(ports=ports, addresses=(SOURCE,))

    def configuration(self, ports: Ports) -> str:
        text = self.place._replace(port=ports.control).config()
        return text.replace("PassivePorts 50000 50099", "PassivePorts {} {}".format(*ports.passive))

    def guard(self, ports: Ports) -> Former:
        """What the role firewall does, and the end of the role server: whether the server still had other ports."""
        left = self.left(ports)
        change = self.change(self.text(ports, left))
        if change.apply(30).on_trial:
            change.confirm()
        return left

    def serve(self, ports: Ports) -> bool:
        target = dataclasses.replace(self.place.target, control_port=ports.control)
        return swap.apply(target, self.configuration(ports), take_over=False, check_mode=False).changed

    def site(self, ports: Ports) -> bool:
        """The order of the roles; whether anything changed."""
        former_text = _files.read_text(self.host.rules)
        left = self.guard(ports)
        changed = self.serve(ports) or former_text != _files.read_text(self.host.rules)
        if left.spans:
            self.guard(ports)
        return changed

    def killed(self, ports: Ports, steps: Steps) -> bool:
        """The same, killed at one of the ``steps``; whether it came to that."""
        os_steps = steps.of_os()
        places = [(module, "os", os_steps) for module in (_files, state, transaction, before, swap, lock)]
        with patched(*places, (_run, "subprocess", steps.of(_run.subprocess, "run"))):
            return inject(steps, lambda: self.site(ports))

    def restart_firewall(self) -> None:
        """Forget the rules, as a flush does, and load what counts now."""
        with within(self.server):
            self.nft.run("flush ruleset\n" + self.foreign)
            self.host.load()

    def timer(self) -> None:
        """Let the timer fire, if it is armed."""
        with within(self.server):
            if self.systemd.armed:
                self.host.go_back()
                self.systemd.armed = False

    def ports(self) -> Ports:
        """Those of the daemon that runs; a reload may be under way."""
        for port, found in ((OLD.control, OLD), (NEW.control, NEW)) * 100:
            with within(self.server), contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as told:
                if told.recv(3) == b"220":
                    return found
            time.sleep(0.05)
        raise AssertionError("no daemon runs")

    def reaches(self, source: str, port: int) -> bool:
        with within(self.outside), contextlib.suppress(OSError):
            socket.create_connection((SOURCE, port), 0.3, (source, 0)).close()
            return True
        return False

    def session(self, ports: Ports) -> ftplib.FTP:
        with within(self.outside):
            session = ftplib.FTP(timeout=10)
            session.connect(SOURCE, ports.control, source_address=(CLIENT, 0))
        session.login(USER, PASSWORD)
        return session

    def fits(self) -> None:
        """Whom the plan allows gets in at the ports of the daemon that runs, also for data, and nobody else at any of them."""
        ports = self.ports()
        with self.session(ports) as session:
            _address, data_port = ftplib.parse227(session.sendcmd("PASV"))
            assert ports.passive[0] <= data_port <= ports.passive[1]
            assert not self.reaches(STRANGER, ports.control)
            assert not self.reaches(STRANGER, data_port)
            assert self.reaches(CLIENT, data_port)


@pytest.fixture(scope="module")
def network() -> t.Iterator[Network]:
    made = Network()
    run("ip", "-n", made.names["client"], "address", "add", f"{STRANGER}/24", "dev", "bridge")
    yield made
    made.remove()


@pytest.fixture(scope="module")
def home() -> t.Iterator[pathlib.Path]:
    """Of an account that is not root, as whom nothing below pytest's own directory can be read."""
    with tempfile.TemporaryDirectory(prefix="fxp-integration-") as directory:
        place = pathlib.Path(directory)
        place.chmod(0o755)
        (place / "big").write_bytes(os.urandom(SIZE))
        yield place


@pytest.fixture(params=[OPEN, CLOSED], ids=["open", "closed"])
def host(request: pytest.FixtureRequest, server: Server, network: Network, home: pathlib.Path) -> t.Iterator[Host]:
    (server.directory / "passwd").write_text(f"{USER}:{PASSWORD_HASH}:{ACCOUNT}:{ACCOUNT}::{home}:/bin/false\n")
    made = Host(server, network, request.param)
    with within(made.server):
        made.nft.run("flush ruleset\n" + request.param)
        yield made
        made.nft.run("flush ruleset\n")
        # It waits until the port is free for the next one.
        Systemd().systemctl("stop", "proftpd")


def settle(host: Host) -> None:
    """Have the old ports again, whatever was before."""
    with within(host.server):
        host.site(OLD)
        assert not host.site(OLD)
    assert host.ports() == OLD


class Transfer:
    """One that runs on, while somebody reads slowly."""

    def __init__(self, host: Host, ports: Ports) -> None:
        self.session = host.session(ports)
        self.session.voidcmd("TYPE I")
        with within(host.outside):
            self.data = self.session.transfercmd("RETR big")
        self.data.settimeout(10)
        self.read = len(self.data.recv(1000))

    def ends_well(self) -> None:
        with self.data:
            while chunk := self.data.recv(65536):
                self.read += len(chunk)
        assert self.read == SIZE
        assert self.session.voidresp().startswith("226")
        self.session.close()


def test_a_run_that_changes_ports(host: Host) -> None:
    settle(host)
    transfer = Transfer(host, OLD)
    with within(host.server):
        left = host.guard(NEW)
        assert left == Former(((2121, 2121),), ((50000, 50049),))
    assert host.ports() == OLD
    host.fits()
    with within(host.server):
        assert host.serve(NEW)
    assert host.ports() == NEW
    host.fits()
    with within(host.server):
        assert host.guard(NEW) == Former()
        assert _files.read_text(host.host.rules) == host.text(NEW)
    host.fits()
    transfer.ends_well()
    with within(host.server):
        assert not host.site(NEW)


def test_a_server_that_cannot_change_keeps_its_guard(host: Host) -> None:
    """Another program has the new port: the server stays where it was, and so does what keeps strangers off it."""
    settle(host)
    taken = pytest.raises(HostError, match=str(NEW.control))
    with within(host.server), socket.create_server(("0.0.0.0", NEW.control)), taken:
        host.site(NEW)
    assert host.ports() == OLD
    host.fits()
    host.restart_firewall()
    host.fits()
    with within(host.server):
        assert host.site(NEW)
        assert not host.site(NEW)
    host.fits()


def test_the_ports_of_the_daemon_count_that_has_not_read_its_file(host: Host) -> None:
    settle(host)
    host.place.write(host.configuration(NEW))
    with within(host.server):
        assert host.left(NEW) == Former(((2121, 2121),))


@pytest.mark.parametrize("host", KILLED, indirect=True, ids=["open", "closed"][: len(KILLED)])
def test_killed_anywhere(host: Host) -> None:
    """In a short run at some of the steps of either half, in a long one at all of them."""
    settle(host)
    counted = Steps()
    with within(host.server):
        os_steps = counted.of_os()
        places = [(module, "os", os_steps) for module in (_files, state, transaction, before, swap, lock)]
        with patched(*places, (_run, "subprocess", counted.of(_run.subprocess, "run"))):
            host.site(NEW)
    total = len(counted.names)
    for at in range(1, total + 1) if LONG else range(total // 5, total, total // 4):
        settle(host)
        transfer = Transfer(host, OLD)
        with within(host.server):
            came = host.killed(NEW, Steps(at, KILL))
        for happens in (lambda: None, host.timer, host.restart_firewall):
            happens()
            host.fits()
        with within(host.server):
            host.site(NEW)
            assert not host.site(NEW)
            assert _files.read_text(host.host.rules) == host.text(NEW)
        assert host.ports() == NEW
        host.fits()
        transfer.ends_well()
        # With a transfer that runs on it may be a step or two less.
        assert came or at > total - 5
