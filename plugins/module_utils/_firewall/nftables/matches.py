# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which of the connections of the plan does a match hold for? Expressions are those of libnftables-json(5). Pure."""

from __future__ import annotations

import fnmatch
import ipaddress
import json
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import expressions as _read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import ChainKey, Json, Ruleset
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span


class Traffic(t.NamedTuple):
    """New TCP connections of one kind, of which all that is known here is known alike."""

    kind: str  # of STATEMENTS
    family: int
    ports: tuple[Span, ...]
    here: tuple[str, ...]
    interface: str | None


# Which connections of a kind a match holds for. It may be known that it picks some of them, or the match is not understood.
ALL, SOME, STRANGE, NONE = "all", "some", "strange", "none"


def _not(answer: str) -> str:
    return {ALL: NONE, NONE: ALL}.get(answer, answer)


class Matches:
    """Which connections does a match in this table hold for? Expressions are those of libnftables-json(5)."""

    def __init__(self, ruleset: Ruleset, base: ChainKey) -> None:
        self.ruleset, self.table = ruleset, base[:2]
        self.incoming = ruleset.chains[base]["hook"] == "input"

    def holds(self, traffic: Traffic, match: Json) -> str:
        left, right, op = match["left"], match["right"], match.get("op", "==")
        if not isinstance(left, dict):
            return STRANGE
        protocol = left.get("payload", {}).get("protocol")
        if protocol in _read.NEVER_TCP or protocol == _read.OTHER_FAMILY[traffic.family]:
            return NONE
        if left.get("payload", {}).get("field") == "dport" and op in ("<", "<=", ">", ">=") and isinstance(right, int):
            span = (0, right - (op == "<")) if op in ("<", "<=") else (right + (op == ">"), 65535)
            return self._ports(traffic, [{"range": span}])
        if op not in ("==", "!=", "in"):
            return STRANGE
        answer = self._equal(traffic, left, right)
        return _not(answer) if op == "!=" else answer

    def _equal(self, traffic: Traffic, left: Json, right: t.Any) -> str:
        values = _read.elements(self.ruleset.elements, self.table, right)
        meta, field = left.get("meta", {}).get("key"), left.get("payload", {}).get("field")
        if "concat" in left:
            return SOME if f'"{self._far_side}"' in json.dumps(left) else STRANGE
        if "fib" in left:
            return self._route(left["fib"], values)
        if field == self._far_side:
            return SOME
        if field in ("saddr", "daddr") and left["payload"].get("protocol") in ("ip", "ip6"):
            return self._own_address(traffic, values)
        if values is None:
            return STRANGE
        if field == "dport":
            return self._ports(traffic, values)
        if meta in _read.INTERFACES:
            return self._interface(traffic, values) if meta.startswith("i") is self.incoming else STRANGE
        words = {str(value).lower() for value in values}
        if left.get("ct", {}).get("key") == "state":
            return ALL if "new" in words else NONE
        if meta == "l4proto" or field in ("protocol", "nexthdr"):
            return ALL if words & _read.TCP else NONE
        if meta in ("nfproto", "protocol"):
            return ALL if words & _read.FAMILY[traffic.family] else NONE
        if meta == "pkttype":
            return ALL if words & {"host", "unicast"} else NONE
        if field == "flags":
            return ALL if "syn" in words else NONE
        if "&" in left and '"field": "flags"' in json.dumps(left):
            return self._flags(left["&"], words)
        return STRANGE

    @property
    def _far_side(self) -> str:
        return "saddr" if self.incoming else "daddr"

    def _route(self, fib: Json, values: list[t.Any] | None) -> str:
        flags = fib.get("flags", [])
        if fib.get("result") == "type" and "daddr" in flags and self.incoming and values is not None:
            return ALL if "local" in values else NONE
        return SOME if "saddr" in flags else STRANGE

    @staticmethod
    def _own_address(traffic: Traffic, values: list[t.Any] | None) -> str:
        """An address of this host: never loopback, as it comes by another interface, never of a group."""
        if values is None:
            return STRANGE
        networks = list(map(_read.network, values))
        if all(
            network and (network.is_multicast or network.is_loopback or str(network) in _read.BROADCAST) for network in networks
        ):
            return NONE
        here = [ipaddress.ip_address(address) for address in traffic.here if (":" in address) is (traffic.family == 6)]
        if not here or None in networks:
            return STRANGE
        held = [any(network and address in network for network in networks) for address in here]
        return ALL if all(held) else SOME if any(held) else NONE

    @staticmethod
    def _interface(traffic: Traffic, values: list[t.Any]) -> str:
        if values == ["lo"]:
            return NONE
        if traffic.interface is None or not all(isinstance(value, str) for value in values):
            return STRANGE
        return ALL if any(fnmatch.fnmatchcase(traffic.interface, value) for value in values) else NONE

    @staticmethod
    def _ports(traffic: Traffic, values: list[t.Any]) -> str:
        spans = [span for span in map(_read.span, values) if span is not None]
        if len(spans) != len(values):
            return STRANGE
        asked = sum(last - first + 1 for first, last in traffic.ports)
        held = sum(
            max(0, min(last, high) - max(first, low) + 1) for first, last in traffic.ports for low, high in _read.joined(spans)
        )
        return NONE if not held else ALL if held >= asked else SOME

    @staticmethod
    def _flags(operands: t.Any, words: set[str]) -> str:
        mask = {str(word).lower() for word in re.findall(r"\w+", json.dumps(operands[1]))}
        if mask & {"ecn", "cwr"} or any(word.isdigit() for word in mask):
            return STRANGE
        wanted = {word for word in words if word != "0"}
        return ALL if mask & {"syn"} == wanted else NONE


def _is_for_nobody(network: _read.Network) -> bool:
    """Does nothing that comes to this host by TCP from outside have such an address?"""
    return network.is_multicast or network.is_loopback or str(network) in _read.BROADCAST
