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


class Own(t.NamedTuple):
    """What is ours in the kernel: a table of family inet, and rules with a comment in those of others."""

    table: str
    comment: str


SERVER = Own(TABLE, COMMENT)

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


# The hooks that a new connection to or from this host passes, in that order.
INCOMING = ("ingress", "prerouting", "input")
OUTGOING = ("output", "postrouting", "egress")
# One that this host only forwards.
FORWARDED = ("ingress", "prerouting", "forward", "postrouting", "egress")
# All chains that translate are called at one place of their hook, whatever their priorities say.
_NAT = {"prerouting": -100, "output": -100, "input": 100, "postrouting": 100}


class Ruleset:
    """
    What nft lists (libnftables-json(5)), by chain.

    ``whole``: what is ours is taken for rules like those of others. ``marks``: what it is known by.
    """

    def __init__(self, items: t.Iterable[Json], whole: bool = False, marks: Own = SERVER) -> None:
        self.whole = whole
        self.marks = marks
        self.tables: dict[tuple[str, str], Json] = {}
        self.chains: dict[ChainKey, Json] = {}
        self.rules: dict[ChainKey, list[Json]] = {}
        # Of sets and maps; None where they are not listed, and where rules put more in: whoever comes may do that first.
        self.elements: dict[ChainKey, t.Any] = {}
        self.counts: dict[ChainKey, int | None] = {}  # how many those are now
        self.sizes: dict[ChainKey, int] = {}
        self.numbers: dict[t.Any, t.Any] = {}  # what right-hand sides hold, once they were read
        self.own: list[Json] = []
        self._followed: dict[ChainKey, list[Json]] = {}
        for item in items:
            if is_own(item, marks.table) and not whole:
                self.own.append(item)
            else:
                for kind, body in item.items():
                    self._take(kind, body)
        for chain, rules in self.rules.items():
            self.elements.update(dict.fromkeys(grown for rule in rules for grown in _grown(chain, rule)))

    def _take(self, kind: str, body: Json) -> None:
        if kind == "table":
            self.tables[body["family"], body["name"]] = body
        elif kind == "chain":
            self.chains[body["family"], body["table"], body["name"]] = body
            self.rules.setdefault((body["family"], body["table"], body["name"]), [])
        elif kind == "rule":
            self.rules.setdefault((body["family"], body["table"], body["chain"]), []).append(body)
        elif kind in ("map", "set"):
            key = body["family"], body["table"], body["name"]
            self.elements[key] = body.get("elem", [] if self.whole else None)
            self.counts[key] = None if self.elements[key] is None else len(self.elements[key])
            self.sizes[key] = body.get("size", 65535)

    def bases(self, family: int, hooks: tuple[str, ...]) -> list[ChainKey]:
        """The base chains on these hooks that decide on connections of a family (4 or 6), in the order in which they do."""
        tables = ("netdev", "inet", "ip" if family == 4 else "ip6")
        found = [key for key, chain in self.chains.items() if key[0] in tables and chain.get("hook") in hooks]
        return sorted(found, key=lambda key: self._turn(self.chains[key], hooks))

    @staticmethod
    def _turn(chain: Json, hooks: tuple[str, ...]) -> tuple[int, int, int]:
        hook, priority = chain["hook"], chain.get("prio", 0)
        return hooks.index(hook), _NAT[hook] if chain.get("type") == "nat" and hook in _NAT else priority, priority

    def followed(self, key: ChainKey) -> list[Json]:
        """The rules of a chain that a connection meets, without ours unless those are to count."""
        if key not in self._followed:
            rules = self.rules.get(key, [])
            self._followed[key] = [rule for rule in rules if self.whole or rule.get("comment") != self.marks.comment]
        return self._followed[key]

    def ours(self, key: ChainKey) -> list[Json]:
        """The rules of a foreign chain that are ours."""
        return [rule for rule in self.rules[key] if rule.get("comment") == self.marks.comment]

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


def _grown(chain: ChainKey, rule: Json) -> t.Iterator[ChainKey]:
    """The sets that a rule puts something into."""
    for expression in rule.get("expr", []):
        body = expression.get("set")
        if isinstance(body, dict) and body.get("op") in ("add", "update"):
            yield chain[0], chain[1], str(body.get("set", "")).lstrip("@")


def is_own(item: Json, table: str = TABLE) -> bool:
    """Is this our table, or something in it?"""
    return any(
        kind != "metainfo" and body.get("family") == "inet" and body.get("name" if kind == "table" else "table") == table
        for kind, body in item.items()
    )
