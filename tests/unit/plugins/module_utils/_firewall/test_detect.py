# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which firewall decides, from what its programs print."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import detect
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Ruleset

IDLE = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:DOCKER - [0:0]\n-A FORWARD -j DOCKER\nCOMMIT\n"
DECIDES = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
NATIVE = "# Table `filter' is incompatible, use 'nft' tool.\n"


class Scripted(detect.Commands):
    """A host that answers from a table."""

    def __init__(self, outputs: dict[str, str], texts: dict[str, str]) -> None:
        self.outputs = outputs
        self.texts = texts
        self.asked: list[str] = []

    def output(self, *command: str) -> str:
        self.asked.append(command[0])
        return self.outputs.get(command[0], "")

    def has(self, program: str) -> bool:
        return self.outputs.get(program) != "gone"

    def is_active(self, unit: str) -> bool:
        self.asked.append(unit)
        return self.outputs.get(unit) == "active"

    def text(self, path: str) -> str:
        return self.texts.get(path, "")


def ruleset_of(tables: set[tuple[str, str]] | None) -> Ruleset | None:
    """What nft lists on a host with these tables, each with one rule at INPUT."""
    if tables is None:
        return None
    items: list[dict[str, t.Any]] = [{"table": {"family": family, "name": name}} for family, name in tables]
    for family, name in tables:
        rule = {"family": family, "table": name, "chain": "INPUT", "handle": 1, "expr": [{"accept": None}]}
        items.append({"rule": rule})
    return Ruleset(items)


@pytest.mark.parametrize(
    ("saved", "decides"),
    [
        ("", False),
        (NATIVE, False),
        (IDLE, False),
        (DECIDES, True),
        (IDLE.replace("OUTPUT ACCEPT", "OUTPUT DROP"), True),
        (IDLE + "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n", False),
        (IDLE + "-A OUTPUT -j LOG\n", False),
        (IDLE + "-A INPUT -j DROP\n", True),
        (IDLE + '-A INPUT -p tcp -m conntrack --ctstate INVALID,NEW -m comment --comment "the rest" -j REJECT\n', True),
        (
            IDLE + "-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd\n"
            "-A f2b-sshd -s 192.0.2.1/32 -j REJECT\n-A f2b-sshd -j RETURN\n",
            False,
        ),
        (IDLE + "-A INPUT -s 192.0.2.0/24 -j DROP\n-A INPUT -m conntrack --ctstate INVALID -j DROP\n-A INPUT\n", False),
        (IDLE + "-A INPUT -j mine\n-A mine -p tcp -m tcp --dport 22 -j ACCEPT\n-A mine -j DROP\n", True),
        (IDLE + "-A INPUT -j mine\n-A mine -j RETURN\n-A mine -j DROP\n", False),
        (IDLE + "-A INPUT -j ufw-before-input\n-A INPUT -j ufw-reject-input\n:ufw-before-input - [0:0]\n", False),
        (IDLE + "-A INPUT2 -j DROP\n", False),
    ],
)
def test_iptables_decides(saved: str, decides: bool) -> None:
    assert detect.iptables_decides(saved) is decides


@pytest.mark.parametrize(
    ("outputs", "texts", "tables", "found"),
    [
        ({}, {}, set(), []),
        ({}, {}, None, []),
        ({"firewalld.service": "inactive"}, {"/etc/ufw/ufw.conf": "ENABLED=no\n"}, {("inet", "filter")}, []),
        ({"firewalld.service": "active"}, {}, set(), ["firewalld"]),
        ({}, {"/etc/ufw/ufw.conf": "# a comment\nENABLED=yes\nLOGLEVEL=low\n"}, set(), ["ufw"]),
        ({"iptables-nft-save": DECIDES}, {"/etc/ufw/ufw.conf": "ENABLED=yes\n"}, {("ip", "filter")}, ["ufw"]),
        # What is left of a package that was removed decides nothing.
        ({"ufw": "gone"}, {"/etc/ufw/ufw.conf": "ENABLED=yes\n"}, set(), []),
        ({"firewalld.service": "active"}, {"/etc/ufw/ufw.conf": "ENABLED=yes\n"}, set(), ["firewalld", "ufw"]),
        ({"iptables-nft-save": DECIDES}, {}, {("ip", "filter")}, ["iptables"]),
        ({"iptables-nft-save": IDLE}, {}, {("ip", "filter")}, []),
        ({"iptables-nft-save": NATIVE}, {}, {("ip", "filter")}, []),
        ({"ip6tables-nft-save": DECIDES}, {}, {("ip6", "filter")}, ["iptables"]),
        ({"iptables-nft-save": DECIDES}, {}, None, ["iptables"]),
        ({"iptables-legacy-save": DECIDES}, {"/proc/net/ip_tables_names": "nat\nfilter\n"}, set(), ["iptables"]),
        ({"iptables-legacy-save": IDLE}, {"/proc/net/ip_tables_names": "filter\n"}, set(), []),
        ({"ip6tables-legacy-save": DECIDES}, {"/proc/net/ip6_tables_names": "filter\n"}, set(), ["iptables"]),
    ],
)
def test_active(outputs: dict[str, str], texts: dict[str, str], tables: set[tuple[str, str]] | None, found: list[str]) -> None:
    assert detect.active(Scripted(outputs, texts), ruleset_of(tables)) == found


def test_programs_that_would_make_tables_are_not_asked_without_need() -> None:
    commands = Scripted({}, {})
    detect.active(commands, ruleset_of({("inet", "filter")}))
    assert commands.asked == ["firewalld.service"]


def test_commands_ask_the_real_host() -> None:
    commands = detect.Commands()
    assert commands.output("sh", "-c", "echo seen") == "seen"
    assert commands.output("no-such-program-anywhere") == ""
    assert commands.text("/proc/version").startswith("Linux")
    assert commands.text("/no/such/file") == ""
