# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of systemd, with programs that write down how they were called and answer from a file."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd

PROGRAM = """#!/bin/sh
echo "${0##*/} $*" >> "%(directory)s/calls"
cat "%(directory)s/answer"
[ ! -e "%(directory)s/fail" ] || { echo "no such unit" >&2; exit 5; }
"""


class Programs:
    """systemctl and systemd-run on PATH."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.answer("")
        for name in ("systemctl", "systemd-run"):
            program = directory / name
            program.write_text(PROGRAM % {"directory": directory})
            program.chmod(0o755)

    def answer(self, text: str) -> None:
        (self.directory / "answer").write_text(text)

    def fail(self) -> None:
        (self.directory / "fail").touch()

    def calls(self) -> list[str]:
        return (self.directory / "calls").read_text().splitlines()


@pytest.fixture
def programs(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os.path, "isdir", lambda path: True)
    return Programs(tmp_path)


def test_whether_it_runs_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "isdir", lambda path: path != "/run/systemd/system")
    assert not Systemd().is_here()


@pytest.mark.parametrize(
    ("answer", "on"),
    [
        ("ActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\n", True),
        ("ActiveState=inactive\nUnitFileState=enabled\nNeedDaemonReload=no\n", False),
        ("ActiveState=active\nUnitFileState=disabled\nNeedDaemonReload=no\n", False),
        ("ActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=yes\n", False),
        ("ActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no\n", False),
    ],
)
def test_is_on(programs: Programs, answer: str, on: bool) -> None:
    programs.answer(answer)
    assert Systemd().is_on("x.service") is on
    assert len(programs.calls()) == 1


@pytest.mark.parametrize(
    ("answer", "armed"),
    [
        ("active\ninactive\n", True),
        ("inactive\nactivating\n", True),
        ("inactive\ninactive\n", False),
        ("inactive\nfailed\n", False),
    ],
)
def test_is_armed(programs: Programs, answer: str, armed: bool) -> None:
    programs.answer(answer)
    programs.fail()
    assert Systemd().is_armed("x") is armed


def test_units_that_systemd_listens_for(programs: Programs) -> None:
    programs.answer(
        "Id=ssh.socket\nActiveState=active\nListen=[::]:22 (Stream)\nListen=127.0.0.1:2222 (Stream)\n\n"
        "Id=old.socket\nActiveState=inactive\nListen=0.0.0.0:21 (Stream)\n\n"
        "Id=dbus.socket\nActiveState=active\nListen=/run/dbus/system_bus_socket (Stream)\n\n"
        "Id=rpc.socket\nActiveState=active\nListen=/run/rpcbind.sock (Stream)\nListen=0.0.0.0:111 (Datagram)\n"
    )
    assert Systemd().sockets() == {("::", 22): "ssh.socket", ("127.0.0.1", 2222): "ssh.socket"}


def test_calls(programs: Programs) -> None:
    manager = Systemd()
    manager.reload()
    manager.switch_on("x.service")
    manager.switch_off("x.service")
    manager.disarm("y")
    manager.stop("x.service")
    manager.arm("y", 30, ["/program", "return"])
    calls = programs.calls()
    assert calls[:7] == [
        "systemctl daemon-reload",
        "systemctl enable --quiet x.service",
        "systemctl start x.service",
        "systemctl disable --quiet x.service",
        "systemctl reset-failed x.service",
        "systemctl stop y.timer y.service",
        "systemctl stop x.service",
    ]
    words = calls[7].split()
    assert words[0] == "systemd-run"
    assert {"--unit=y", "--on-active=30s", "--collect"} <= set(words)
    assert words[-2:] == ["/program", "return"]


def test_failure_is_a_sentence(programs: Programs) -> None:
    programs.fail()
    manager = Systemd()
    with pytest.raises(HostError, match="systemctl daemon-reload says: no such unit"):
        manager.reload()
    manager.disarm("y")


def test_every_call_is_bounded(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    (programs.directory / "systemctl").write_text("#!/bin/sh\nexec sleep 30\n")
    monkeypatch.setattr(systemd, "TIMEOUT", 0.2)
    with pytest.raises(HostError, match=r"did not end within 0\.2 s"):
        Systemd().reload()
