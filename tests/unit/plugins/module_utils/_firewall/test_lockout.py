# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The administrator's way in, from proc(5)."""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import subprocess
import sys

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import lockout
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Ports
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd

GOVERNED = Ports(21, (50000, 50099))
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0 100 0 0 10 0
   1: 0100007F:177A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 102 1 0 100 0 0 10 0
   2: 0B6433C6:C352 016433C6:9C40 01 00000000:00000000 00:00000000 00000000     0        0 103 1 0 100 0 0 10 0
   3: 00000000:0015 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 104 1 0 100 0 0 10 0
"""
TCP6 = """  sl  local_address                         remote_address                        st tx_queue rx_queue tr inode
   0: 00000000000000000000000000000000:08AE 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 105 1 0 100
   1: 00000000000000000000000001000000:177B 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 106 1 0 100
"""


def process(proc: pathlib.Path, pid: int, comm: str, parent: int, environ: bytes = b"", inodes: tuple[int, ...] = ()) -> None:
    directory = proc / str(pid)
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "fd").mkdir(parents=True)
    (directory / "comm").write_text(f"{comm}\n")
    (directory / "stat").write_text(f"{pid} ({comm}) S {parent} 1 1 0\n")
    (directory / "environ").write_bytes(environ)
    os.symlink("/dev/null", directory / "fd" / "0")
    for number, inode in enumerate(inodes, 3):
        os.symlink(f"socket:[{inode}]", directory / "fd" / str(number))


@pytest.fixture
def proc(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(TCP)
    (tmp_path / "net" / "tcp6").write_text(TCP6)
    process(tmp_path, 1, "systemd", 0)
    process(tmp_path, 10, "sshd", 1, inodes=(101, 105))
    process(tmp_path, 11, "sshd", 10, inodes=(102, 103, 106))  # a session with forwarded ports
    process(tmp_path, 12, "proftpd", 1, inodes=(104,))
    process(tmp_path, 13, "bash (odd) name", 11, environ=b"HOME=/root\0SSH_CONNECTION=192.0.2.1 40000 198.51.100.11 22\0A=b\0")
    process(tmp_path, 14, "sudo", 13, environ=b"NOT_SSH_CONNECTION=x\0")
    process(tmp_path, 15, "python3", 14)
    return tmp_path


def test_listening_ports_of_the_ssh_server(proc: pathlib.Path) -> None:
    assert lockout.listening(str(proc)) == {22, 0x08AE}


def test_ssh_that_systemd_listens_for_until_somebody_calls(proc: pathlib.Path) -> None:
    class WithUnit(Systemd):
        def sockets(self) -> dict[tuple[str, int], str]:
            return {("0.0.0.0", 22): "ssh.socket", ("0.0.0.0", 21): "other.socket"}

    process(proc, 1, "systemd", 0, inodes=(101, 104))
    process(proc, 10, "sh", 1)
    assert lockout.listening(str(proc), WithUnit()) == {22}


def test_listening_on_a_host_without_ipv6(proc: pathlib.Path) -> None:
    (proc / "net" / "tcp6").unlink()
    assert lockout.listening(str(proc)) == {22}


def test_listening_sees_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)):
        assert all(0 < port < 65536 for port in lockout.listening())


@pytest.mark.parametrize(("pid", "connection"), [(13, "192.0.2.1 40000 198.51.100.11 22"), (12, ""), (99, "")])
def test_connection_of_a_process(proc: pathlib.Path, pid: int, connection: str) -> None:
    assert lockout.ssh_connection(str(proc), pid) == connection


def test_connection_is_found_behind_sudo(proc: pathlib.Path) -> None:
    assert lockout.ssh_connection(str(proc), 15) == "192.0.2.1 40000 198.51.100.11 22"


def test_connection_of_a_real_process() -> None:
    code = "from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import lockout; print(lockout.ssh_connection())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "SSH_CONNECTION": "192.0.2.9 1 192.0.2.8 2222"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "192.0.2.9 1 192.0.2.8 2222\n"


@pytest.mark.parametrize(
    ("connection", "listeners", "sentence"),
    [
        ("", {21}, "fxp_control_port is 21"),
        ("192.0.2.1 40000 198.51.100.11 21", (), "fxp_control_port is 21"),
        ("", {22, 50050}, "fxp_passive_ports is 50000-50099, .* port 50050"),
        ("192.0.2.1 40000 198.51.100.11 50000", {22}, "fxp_passive_ports is 50000-50099, .* port 50000"),
    ],
)
def test_refused(connection: str, listeners: set[int], sentence: str) -> None:
    with pytest.raises(FirewallError, match=sentence):
        lockout.refuse_lockout(GOVERNED, connection, listeners)


@pytest.mark.parametrize(
    ("connection", "listeners"), [("", ()), ("nonsense", {22}), ("192.0.2.1 50001 198.51.100.11 22", {22, 2222})]
)
def test_allowed(connection: str, listeners: set[int]) -> None:
    lockout.refuse_lockout(GOVERNED, connection, listeners)
