# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from pathlib import Path

import machine
import pytest

SAVED = """\
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:NETAVARK-HOSTPORT-DNAT - [0:0]
:NETAVARK-HOSTPORT-MASQ - [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A PREROUTING -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A POSTROUTING -m comment --comment "netavark rules" -j NETAVARK-HOSTPORT-MASQ
-A NETAVARK-HOSTPORT-MASQ -m comment --comment "masq mark" -m mark --mark 0x2000/0x2000 -j MASQUERADE
COMMIT
"""


def test_chain_removals_take_jumps_then_rules_then_chains_and_nothing_of_others() -> None:
    assert machine.chain_removals(SAVED) == [
        ["--delete", "PREROUTING", "-m", "addrtype", "--dst-type", "LOCAL", "-j", "NETAVARK-HOSTPORT-DNAT"],
        ["--delete", "POSTROUTING", "-m", "comment", "--comment", "netavark rules", "-j", "NETAVARK-HOSTPORT-MASQ"],
        ["--flush", "NETAVARK-HOSTPORT-DNAT"],
        ["--flush", "NETAVARK-HOSTPORT-MASQ"],
        ["--delete-chain", "NETAVARK-HOSTPORT-DNAT"],
        ["--delete-chain", "NETAVARK-HOSTPORT-MASQ"],
    ]


def test_chain_removals_of_a_clean_table_are_none() -> None:
    assert machine.chain_removals("*filter\n:FORWARD DROP [0:0]\n-A FORWARD -j DOCKER-USER\nCOMMIT\n") == []


def test_run_gives_the_output() -> None:
    assert machine.run([sys.executable, "-c", "print(input())"], stdin=b"said\n") == "said\n"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('no such network')", "no such network"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("import time; time.sleep(5)", "within 0.3 seconds"),
    ],
)
def test_run_quotes_why_a_command_failed(code: str, words: str) -> None:
    with pytest.raises(machine.Problem, match=words):
        machine.run([sys.executable, "-c", code], timeout=0.3 if "sleep" in code else 30)


def test_missing_commands_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(machine.Problem, match=r"needs .*podman.*debootstrap.*apt-get install .*debootstrap"):
        machine.require_commands()
