# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Which firewall decides on this host?

What firewalld, ufw and iptables decide, nothing but those can open: they own their rules, and would overwrite or outvote others.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import ufw
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Ruleset
from ansible_collections.proftpd.fxp.plugins.module_utils._host import run
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd

TIMEOUT = 30  # seconds for one command


class Commands:
    """What the detection asks the host, so that tests can answer."""

    def output(self, *command: str) -> str:
        """Standard output of a command, empty if there is no such program."""
        return run.output(*command, seconds=TIMEOUT)

    def has(self, program: str) -> bool:
        """Whether a program is installed."""
        return run.find(program) is not None

    def is_active(self, unit: str) -> bool:
        """Whether a unit of systemd runs; not where there is no systemd."""
        return Systemd().shown(unit, "ActiveState").get("ActiveState") == "active"

    def text(self, path: str) -> str:
        """Text of a file, empty if there is no such file."""
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""


# What a rule may ask and still hold for every new TCP connection from outside.
_GENERAL = re.compile(
    r"(-p tcp|-m (comment|conntrack|state|tcp|addrtype)|--comment (\"(\\.|[^\"])*\"|\S+)|--(ct)?state \S*NEW\S*"
    r"|! -i lo|! -o lo|-i (?!lo )\S+|-o (?!lo )\S+|--dst-type LOCAL|--reject-with \S+|--tcp-flags \S+ SYN)(?=\s|$)"
)


def iptables_decides(saved: str, chains_of: t.Sequence[str] = ("INPUT", "OUTPUT")) -> bool:
    """
    True if the output of ``iptables-save -t filter`` drops by default what comes to these chains.

    By a policy, or by a rule that asks for nothing special, also one that is jumped to. Rules that count, log, or deny chosen
    addresses decide nothing.
    """
    chains: dict[str, list[tuple[str, bool]]] = {}
    for chain, words in re.findall(r"^-A (\S+) ?(.*)$", saved, re.MULTILINE):
        target = re.search(r"(?:^|\s)(?:-j|-g) (\S+)", words)
        asks = _GENERAL.sub("", re.sub(r"(?:^|\s)(?:-j|-g) \S+", "", words)).strip()
        if target:
            chains.setdefault(chain, []).append((target.group(1), not asks))

    def drops(chain: str, depth: int = 0) -> bool:
        for target, always in chains.get(chain, []):
            if always and target in ("DROP", "REJECT"):
                return True
            if always and target in ("ACCEPT", "RETURN"):
                return False
            if always and depth < 20 and drops(target, depth + 1):
                return True
        return False

    policy = re.search(rf"^:({'|'.join(chains_of)}) (?!ACCEPT)", saved, re.MULTILINE)
    return bool(policy) or any(map(drops, chains_of))


def active(commands: Commands, ruleset: Ruleset | None, chains: t.Sequence[str] = ("INPUT", "OUTPUT")) -> list[str]:
    """
    Names of the firewalls that decide here, other than nftables.

    ``ruleset`` is what nft lists, None without nft; ``chains`` are those of iptables that count.
    """
    found = []
    if commands.is_active("firewalld.service"):
        found.append("firewalld")
    if ufw.is_on(commands.text("/etc/ufw/ufw.conf")) and commands.has("ufw"):
        found.append("ufw")
    if any(iptables_decides(saved, chains) for saved in _iptables(commands, ruleset)) and not found:
        found.append("iptables")
    return found


def _iptables(commands: Commands, ruleset: Ruleset | None) -> t.Iterator[str]:
    for program, family, names in (
        ("iptables", "ip", "/proc/net/ip_tables_names"),
        ("ip6tables", "ip6", "/proc/net/ip6_tables_names"),
    ):
        # Asked only where such a table exists: asking would load a kernel module or make the table.
        if ruleset is None or (family, "filter") in ruleset.tables:
            yield commands.output(f"{program}-nft-save", "-t", "filter")
        if "filter" in commands.text(names).split():
            yield commands.output(f"{program}-legacy-save", "-t", "filter")
