# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What nft lists (libnftables-json(5)), by table and chain: what is ours, and which program manages the rest. Pure."""

from __future__ import annotations

import typing as t

COMMENT = "proftpd.fxp"
TABLE = "proftpd_fxp"

Json = t.Dict[str, t.Any]
ChainKey = t.Tuple[str, str, str]  # family, table, chain

# The statements that go into other tables' chains; the defines are those of the rules file.
STATEMENTS = {
    "incoming": "tcp dport $incoming accept",
    "outgoing4": "ip daddr . tcp dport $outgoing4 accept",
    "outgoing6": "ip6 daddr . tcp dport $outgoing6 accept",
}
# Which of them make sense in a table of this family.
FAMILIES = {
    "inet": ("incoming", "outgoing4", "outgoing6"),
    "ip": ("incoming", "outgoing4"),
    "ip6": ("incoming", "outgoing6"),
}

# The tables of iptables-nft, with the hooks of their chains.
_HOOKS = {"PREROUTING": "prerouting", "INPUT": "input", "FORWARD": "forward", "OUTPUT": "output", "POSTROUTING": "postrouting"}
IPTABLES = {
    "filter": {name: _HOOKS[name] for name in ("INPUT", "FORWARD", "OUTPUT")},
    "security": {name: _HOOKS[name] for name in ("INPUT", "FORWARD", "OUTPUT")},
    "mangle": _HOOKS,
    "nat": {name: _HOOKS[name] for name in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")},
    "raw": {name: _HOOKS[name] for name in ("PREROUTING", "OUTPUT")},
}


class Ruleset:
    """What nft lists (libnftables-json(5)), by chain."""

    def __init__(self, items: t.Iterable[Json]) -> None:
        self.tables: dict[tuple[str, str], Json] = {}
        self.chains: dict[ChainKey, Json] = {}
        self.rules: dict[ChainKey, list[Json]] = {}
        self.elements: dict[ChainKey, t.Any] = {}
        self.own: list[Json] = []
        for item in items:
            if is_own(item):
                self.own.append(item)
            else:
                for kind, body in item.items():
                    self._take(kind, body)

    def _take(self, kind: str, body: Json) -> None:
        if kind == "table":
            self.tables[body["family"], body["name"]] = body
        elif kind == "chain":
            self.chains[body["family"], body["table"], body["name"]] = body
            self.rules.setdefault((body["family"], body["table"], body["name"]), [])
        elif kind == "rule":
            self.rules.setdefault((body["family"], body["table"], body["chain"]), []).append(body)
        elif kind in ("map", "set"):
            self.elements[body["family"], body["table"], body["name"]] = body.get("elem")

    def base_chains(self) -> t.Iterator[tuple[ChainKey, str]]:
        """Every chain of other tables that decides on packets to or from this host, with its hook."""
        for key, chain in self.chains.items():
            if chain.get("type") == "filter" and chain.get("hook") in ("input", "output") and key[0] in FAMILIES:
                yield key, chain["hook"]

    def ours(self, key: ChainKey) -> list[Json]:
        """The rules of a foreign chain that are ours."""
        return [rule for rule in self.rules[key] if rule.get("comment") == COMMENT]

    def manager(self, key: ChainKey) -> str:
        """
        Which program manages the table that the chain is in; empty if it is the operator's own.

        iptables-nft takes every table of its names for its own in which no base chain is of another name or place. What nft
        writes there, iptables lists and saves without its ports.
        """
        family, table = key[:2]
        if table == "firewalld":
            return "firewalld"
        if family not in ("ip", "ip6") or table not in IPTABLES:
            return ""
        bases = [other for other in self._of(key) if "hook" in self.chains[other]]
        if any(IPTABLES[table].get(base[2]) != self.chains[base]["hook"] for base in bases):
            return ""
        return "ufw" if any(name.startswith(("ufw-", "ufw6-")) for dummy, dummy, name in self._of(key)) else "iptables"

    def _of(self, key: ChainKey) -> list[ChainKey]:
        return [other for other in self.chains if other[:2] == key[:2]]


def is_own(item: Json) -> bool:
    """Is this our table, or something in it?"""
    return any(
        kind != "metainfo" and body.get("family") == "inet" and body.get("name" if kind == "table" else "table") == TABLE
        for kind, body in item.items()
    )
