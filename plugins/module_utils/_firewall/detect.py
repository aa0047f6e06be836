# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Which firewall decides on this host? Only nftables by hand is supported; firewalld, ufw and iptables own their rules and
would overwrite or outvote ours.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import FirewallError, Ruleset

TIMEOUT = 30  # seconds for one command


class Commands:
    """
    What the detection asks the host, so that tests can answer.
    """

    def output(self, *command: str) -> str:
        """
        Standard output of a command, empty if there is no such program.
        """
        program = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if not program:
            return ""
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=TIMEOUT, check=False)
        return done.stdout

    def text(self, path: str) -> str:
        """
        Text of a file, empty if there is no such file.
        """
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""


def iptables_decides(saved: str) -> bool:
    """
    True if the output of C(iptables-save -t filter) has a rule or a policy other than ACCEPT for INPUT or OUTPUT.
    """
    return bool(re.search(r"^(:(INPUT|OUTPUT) (?!ACCEPT)|-A (INPUT|OUTPUT) )", saved, re.MULTILINE))


def active(commands: Commands, ruleset: Ruleset | None) -> list[str]:
    """
    Names of the firewalls that decide here, other than nftables. C(ruleset): what nft lists, or V(None) if it is not installed.
    """
    found = []
    if commands.output("systemctl", "is-active", "firewalld.service").strip() == "active":
        found.append("firewalld")
    if re.search(r"^\s*ENABLED\s*=\s*[\"']?yes", commands.text("/etc/ufw/ufw.conf"), re.MULTILINE | re.IGNORECASE):
        found.append("ufw")
    if any(iptables_decides(saved) for saved in _iptables(commands, ruleset)) and not found:
        found.append("iptables")
    return found


def _iptables(commands: Commands, ruleset: Ruleset | None) -> t.Iterator[str]:
    for program, family, names in (
        ("iptables", "ip", "/proc/net/ip_tables_names"),
        ("ip6tables", "ip6", "/proc/net/ip6_tables_names"),
    ):
        # Asked only where such a table exists: asking would load a kernel module or make the table.
        if ruleset is None or (family, "filter") in ruleset.tables:
            yield commands.output(f"{program}-nft-save", "-t", "filter") or _marks_of_iptables(ruleset, family)
        if "filter" in commands.text(names).split():
            yield commands.output(f"{program}-legacy-save", "-t", "filter")


def _marks_of_iptables(ruleset: Ruleset | None, family: str) -> str:
    """
    A rule with an extension of iptables, where a container brought rules but the host has no iptables to ask.
    """
    for chain in ("INPUT", "OUTPUT"):
        rules = ruleset.rules.get((family, "filter", chain), []) if ruleset else []
        if any("xt" in expression for rule in rules for expression in rule.get("expr", [])):
            return f"-A {chain} -m comment"
    return ""


def refuse(found: t.Sequence[str]) -> None:
    """
    Raise FirewallError if another firewall than nftables decides.
    """
    if found:
        names = " and ".join(found)
        raise FirewallError(
            f"{names} decides on connections here, and this release of proftpd.fxp writes nftables rules only; switch "
            f"{names} off, or set fxp_firewall_backend to none for this host and open the FTP ports there yourself."
        )
