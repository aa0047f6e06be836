# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who listens where: the sockets of this very process, and what only a host with systemd has from files."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import os
import pathlib
import signal
import socket
import sys
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import sockets
from ansible_collections.proftpd.fxp.plugins.module_utils._host.sockets import Listener, Process
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd

ME = Process(os.getpid(), pathlib.Path("/proc/self/comm").read_text(encoding="utf-8").strip())


@contextlib.contextmanager
def listening(address: str, family: int = socket.AF_INET, **more: t.Any) -> t.Iterator[int]:
    with socket.create_server((address, 0), family=family, **more) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("address", "family", "seen"),
    [
        ("127.0.0.2", socket.AF_INET, "127.0.0.2"),
        ("0.0.0.0", socket.AF_INET, "0.0.0.0"),
        ("::1", socket.AF_INET6, "::1"),
        ("::", socket.AF_INET6, "::"),
        ("::ffff:127.0.0.3", socket.AF_INET6, "127.0.0.3"),
    ],
)
def test_every_kind_of_address_as_the_kernel_has_it(address: str, family: int, seen: str) -> None:
    with socket.socket(family) as server:
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind((address, 0))
        server.listen()
        port = server.getsockname()[1]
        found = [each for each in sockets.listeners() if each.port == port]
        assert found == [Listener(ipaddress.ip_address(seen), port, (ME,))]
        assert (seen, port) in (sockets.of(os.getpid()) or ())
    assert not [each for each in sockets.listeners() if each.port == port]


@pytest.mark.parametrize(("address", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_a_connection_that_is_answered(address: str, family: int) -> None:
    """tests/integration/test_interrupts.py has one that is not."""
    with socket.create_server((address, 0), family=family) as server, socket.create_connection(server.getsockname()[:2]) as one:
        one.sendall(b"x")
        ends = (*one.getpeername()[:2], *one.getsockname()[:2])
        assert sockets.is_answered(" ".join(map(str, ends)))


@pytest.mark.parametrize("text", ["", "198.51.100.1", "a b c d", "10.0.0.1 x 10.0.0.2 22", "fe80::1%eth0 1 fe80::2%eth0 22"])
def test_a_connection_that_is_not_seen(text: str) -> None:
    assert sockets.is_answered(text)


def test_all_who_hold_a_socket_are_told() -> None:
    with listening("127.0.0.1") as port:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        os.close(reading)
        found = sockets.holder(port)
        os.close(writing)
        os.waitpid(child, 0)
    assert found is not None
    assert {process.pid for process in found.holders} == {os.getpid(), child}
    assert found.named() == f"{found.holders[0].name} (process {min(os.getpid(), child)})"


def test_a_socket_that_is_bound_to_the_address_goes_before_any() -> None:
    with listening("127.0.0.1") as port:
        every = [Listener(ipaddress.ip_address(each), port, ()) for each in ("0.0.0.0", "127.0.0.1", "::1", "::")]
        assert [each.answers(sockets.LOCAL) for each in every] == [True, True, False, True]
        found = sockets.holder(port)
        assert found is not None
        assert found.address == sockets.LOCAL
    assert sockets.holder(port) is None


def test_a_session_that_closes_its_port_while_it_is_looked_for_is_nobody_unseen() -> None:
    """Sessions open and close passive ports all the time: every socket that is told has somebody who holds it."""
    child = os.fork()
    if child == 0:
        for life in itertools.cycle((0.001, 0.05)):
            with socket.create_server(("127.0.0.4", 0)):
                time.sleep(life)
    try:
        found = [each for _look in range(100) for each in sockets.listeners() if str(each.address) == "127.0.0.4"]
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert found
    assert not [each for each in found if child not in {process.pid for process in each.holders}]


def hexadecimal(address: str) -> str:
    packed = ipaddress.ip_address(address).packed
    words = [int.from_bytes(packed[at : at + 4], sys.byteorder) for at in range(0, len(packed), 4)]
    return "".join(f"{word:08X}" for word in words)


def test_what_systemd_listens_for_is_told_by_its_unit(tmp_path: pathlib.Path) -> None:
    (tmp_path / "net").mkdir()
    rows = [("tcp", "0.0.0.0", 21, 100), ("tcp", "192.0.2.1", 23, 101), ("tcp6", "::", 22, 102), ("tcp6", "::", 80, 103)]
    for name in ("tcp", "tcp6"):
        lines = [
            f"0: {hexadecimal(where)}:{port:04X} x 0A a b c 0 0 {inode} 1" for kind, where, port, inode in rows if kind == name
        ]
        (tmp_path / "net" / name).write_text("\n".join(["  sl", *lines]), encoding="ascii")
    for pid, name, inodes in ((1, "systemd", (101, 102)), (7, "sshd", (102,)), (12, "vsftpd", (100,))):
        directory = tmp_path / str(pid)
        (directory / "fd").mkdir(parents=True)
        (directory / "comm").write_text(f"{name}\n", encoding="ascii")
        for inode in inodes:
            os.symlink(f"socket:[{inode}]", directory / "fd" / str(inode))

    class WithUnits(Systemd):
        asked = 0

        def sockets(self) -> dict[tuple[str, int], str]:
            self.asked += 1
            return {("::", 22): "ssh.socket", ("192.0.2.1", 23): "telnet.socket"}

    units = WithUnits()
    assert [(str(each.address), each.port, each.named()) for each in sockets.listeners(str(tmp_path), units)] == [
        ("0.0.0.0", 21, "vsftpd (process 12)"),
        ("::", 22, "the unit ssh.socket of systemd"),
        ("192.0.2.1", 23, "the unit telnet.socket of systemd"),
        ("::", 80, "a process that cannot be seen from here"),
    ]
    assert units.asked == 1
