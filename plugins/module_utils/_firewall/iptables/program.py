# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The programs of iptables, of both variants."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.saved import Saved, read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import Ruleset
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.run import find, output, run

TIMEOUT = 60  # seconds for one call, which may wait for another one to end
NFT, LEGACY = "nft", "legacy"
_NAMES = {4: "ip", 6: "ip6"}
_LISTS = {4: "/proc/net/ip_tables_names", 6: "/proc/net/ip6_tables_names"}  # of tables of the variant legacy


class Table(t.NamedTuple):
    """The rules of one family in the kernel, as one variant of iptables knows them."""

    family: int  # 4 or 6
    variant: str  # NFT or LEGACY


class Xtables:
    """The programs on this host. ``prefix`` goes before each on the command line, for another network namespace."""

    def __init__(self, prefix: t.Sequence[str] = ()) -> None:
        self.prefix = list(prefix)

    def tables(self, ruleset: Ruleset) -> list[Table]:
        """
        Those that are there, by what nft lists and by what the kernel says of the other variant.

        Nothing is asked of a program whose tables are not there: asking would make them.
        """
        found = []
        for family, name in _NAMES.items():
            if any(key[0] == name and ruleset.manager(key) in ("iptables", "ufw") for key in ruleset.chains):
                found.append(Table(family, NFT))
            if "filter" in output(*self.prefix, "cat", _LISTS[family], seconds=TIMEOUT).split():
                found.append(Table(family, LEGACY))
        return found

    def saved(self, table: Table) -> Saved:
        """The rules of all its tables."""
        return read(self._run([_program(table, "save")]))

    def check(self, table: Table, lines: str) -> None:
        """Have the program read ``lines``, which change some rules, and change nothing; raise FirewallError if it refuses."""
        self._run([_program(table, "restore"), "-w", "--noflush", "--test"], lines)

    def carry_out(self, table: Table, lines: str) -> None:
        """Change some rules, all of ``lines`` or nothing; raise FirewallError if the program refuses."""
        self._run([_program(table, "restore"), "-w", "--noflush"], lines)

    def check_file(self, family: int, text: str) -> None:
        """Have the program that loads a file of rules at boot read the whole of it; raise FirewallError if it refuses."""
        self._run([f"{_NAMES[family]}tables-restore", "--test"], text)

    def routing(self) -> str:
        """The rules by which routes are chosen, of both families."""
        return "".join(output(*self.prefix, "ip", f"-{family}", "rule", "show", seconds=TIMEOUT) for family in _NAMES)

    def _run(self, command: list[str], lines: str | None = None) -> str:
        path = find(command[0])
        if path is None:
            raise FirewallError(f"{command[0]} is not installed, but rules of it decide here; install the package iptables.")
        try:
            done = run([*self.prefix, path, *command[1:]], TIMEOUT, text=lines)
        except HostError as error:
            raise FirewallError(str(error)) from None
        if done.status:
            raise FirewallError(f"{' '.join(command)} says: {done.errors[:1000]}")
        return done.output


def _program(table: Table, what: str) -> str:
    return f"{_NAMES[table.family]}tables-{table.variant}-{what}"


__all__ = ("LEGACY", "NFT", "Table", "Xtables")
