# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which of some connections does a match hold for? Expressions are those of libnftables-json(5). Pure."""

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
    """
    New TCP connections of one kind, or ICMPv6 messages of one type, of which all that is known here is known alike.

    None come from this host to itself, and they come by the interface that the answer leaves by: others get none.
    """

    kind: str  # of STATEMENTS
    family: int
    ports: tuple[Span, ...]
    here: tuple[str, ...] = ()  # addresses of this host that they are for; none if those are not known
    interface: str | None = None  # that they come or go by, if it is known
    far: int | None = None  # the address at the other end; None for all
    state: str | None = "new"  # as connection tracking has it; None if that is not known
    translated: bool = False  # something may have led them here
    message: str = ""  # the type of ICMPv6 messages, where these are meant and no connections
    begins: bool = True  # or any packets of such ports, whatever their states, flags and addresses are
    forwarded: bool = False  # by this host: ``here`` are addresses of a host behind it, ``interface`` is on the far side
    beyond: str | None = None  # the interface on the side of that host, if it is known
    inwards: bool | None = None  # to that host; else what is no connection of a host behind comes to this one

    @property
    def incoming(self) -> bool:
        """Whether it comes to this host, or to the one behind it."""
        return self.kind == "incoming" if self.inwards is None else self.inwards


# Which connections of a kind a match holds for: all, none, or it is not known, as it picks some or is not understood.
ALL, SOME, STRANGE, NONE = "all", "some", "strange", "none"


def both(one: str, other: str) -> str:
    """What two matches of one rule hold for."""
    return next(answer for answer in (NONE, STRANGE, SOME, ALL) if answer in (one, other))


def _not(answer: str) -> str:
    return {ALL: NONE, NONE: ALL}.get(answer, answer)


def _if(truth: object) -> str:
    return ALL if truth else NONE


class Matches:
    """Which connections does a match in this table hold for?"""

    def __init__(self, ruleset: Ruleset, base: ChainKey) -> None:
        self.ruleset, self.table = ruleset, base[:2]

    def holds(self, traffic: Traffic, match: Json) -> str:
        """Which connections of that traffic meet ``match``: ``ALL``, ``SOME``, ``NONE`` or ``STRANGE``."""
        try:
            return self._holds(traffic, match["left"], match["right"], match.get("op", "=="))
        except _read.STRANGE:
            return STRANGE

    def adds(self, body: Json) -> str:
        """A rule that puts something into a set goes on if there is room for it, and if the limits of the element let it."""
        if any(_read.has(each, limit) for each in body.get("stmt", []) for limit in _read.LIMITS):
            return SOME
        key = (*self.table, body["set"].lstrip("@"))
        count = self.ruleset.counts.get(key)
        has_room = count is not None and count < self.ruleset.sizes[key]
        return ALL if has_room or body.get("op") == "delete" else STRANGE

    def _holds(self, traffic: Traffic, left: Json, right: t.Any, op: str) -> str:
        # The protocol that a match needs is not that of these, however it is turned.
        needed = [part["payload"].get("protocol") for part in left.get("concat", [left]) if _read.has(part, "payload")]
        never = _read.NEVER_ICMPV6 if traffic.message else _read.NEVER_TCP
        if never.union({_read.OTHER_FAMILY[traffic.family]}).intersection(needed):
            return NONE
        if op in ("<", "<=", ">", ">=") and left["payload"]["field"] == "dport":
            span = (0, right - (op == "<")) if op in ("<", "<=") else (right + (op == ">"), 65535)
            return _ports(traffic, _read.Numbers([{"range": span}]))
        if op not in ("==", "!=", "in", "!"):
            return STRANGE
        answer = self._equal(traffic, left, right)
        answer = _not(answer) if op.startswith("!") else answer
        return SOME if answer == NONE and not traffic.begins and not _is_of_all(left) else answer

    def _equal(self, traffic: Traffic, left: Json, right: t.Any) -> str:
        meta, payload = left.get("meta", {}).get("key"), left.get("payload", {})
        field, far_side = payload.get("field"), "saddr" if traffic.incoming else "daddr"
        if "concat" in left:
            return self._concatenated(traffic, left["concat"], right, far_side)
        if field in ("saddr", "daddr") and payload.get("protocol") not in ("ip", "ip6"):
            return SOME if field == far_side else STRANGE
        if field == far_side or field == "dport":
            numbers = self._among(right)
            if field == "dport":
                return _ports(traffic, numbers)
            return SOME if traffic.far is None else _held(numbers, traffic.far, traffic.far)
        values = _read.elements(self.ruleset.elements, self.table, right)
        if values is None:
            return STRANGE
        if field in ("saddr", "daddr"):
            return _own_address(traffic, values)
        words = _read.words(values)
        if "fib" in left:
            return _route(traffic, left["fib"], words)
        if meta in _read.INTERFACES:
            if meta.startswith("i") is traffic.incoming:
                return _interface(traffic.interface, values)
            return _interface(traffic.beyond, values) if traffic.forwarded else STRANGE
        if "ct" in left:
            return _tracked(traffic, left["ct"].get("key"), words)
        if meta == "l4proto" or (field in ("protocol", "nexthdr") and "protocol" in payload):
            return _if(words & (_read.ICMPV6 if traffic.message else _read.TCP))
        if field == "type" and payload.get("protocol") == "icmpv6":
            return STRANGE if any(isinstance(value, dict) for value in values) else _if(traffic.message in words)
        if meta in ("nfproto", "protocol") or (field == "type" and payload.get("protocol") == "ether"):
            return _if(words & _read.FAMILY[traffic.family])
        if meta == "pkttype":
            return _if(words & {"host", "unicast"})
        if field == "flags":
            return STRANGE if words & {"ecn", "cwr"} and "syn" not in words else _if("syn" in words)
        if "&" in left and left["&"][0] == {"payload": {"protocol": "tcp", "field": "flags"}}:
            return _flags(left["&"], words)
        if "&" in left and left["&"] == [{"payload": {"protocol": "ip", "field": "frag-off"}}, 0x1FFF]:
            return _if("0" in words)  # what begins a connection stands in no later fragment
        return STRANGE

    def _among(self, right: t.Any) -> _read.Numbers | None:
        """The numbers on a right-hand side; None if they are not listed."""
        # By identity: what is kept here cannot get the same one as something else.
        key = (self.table, right) if isinstance(right, str) else id(right)
        if key not in self.ruleset.numbers:
            values = _read.elements(self.ruleset.elements, self.table, right)
            self.ruleset.numbers[key] = right, None if values is None else _read.Numbers(values)
        return t.cast("_read.Numbers | None", self.ruleset.numbers[key][1])

    def _concatenated(self, traffic: Traffic, left: list[Json], right: t.Any, far_side: str) -> str:
        values = _read.elements(self.ruleset.elements, self.table, right)
        if values is None:
            return SOME if f'"{far_side}"' in json.dumps(left) else STRANGE
        answers = {NONE}
        for value in values:
            parts = value["concat"]
            answer = ALL if len(parts) == len(left) else STRANGE
            for one, part in zip(left, parts):
                answer = both(answer, self._equal(traffic, one, part)) if answer != NONE else NONE
            answers.add(answer)
        return next(answer for answer in (ALL, STRANGE, SOME, NONE) if answer in answers)


def _is_of_all(left: Json) -> bool:
    """Is that asked for in which all packets of a connection, and all connections of a kind, are alike?"""
    return left.get("meta", {}).get("key") in ("l4proto", "nfproto", "protocol", *_read.INTERFACES) or (
        left.get("payload", {}).get("field") in ("dport", "protocol", "nexthdr")
    )


def _held(numbers: _read.Numbers | None, first: int, last: int) -> str:
    if numbers is None:
        return STRANGE
    held = numbers.count(first, last)
    return ALL if held == last - first + 1 else STRANGE if not numbers.whole else SOME if held else NONE


def _ports(traffic: Traffic, numbers: _read.Numbers | None) -> str:
    answers = {_held(numbers, *span) for span in traffic.ports}
    return answers.pop() if len(answers) == 1 else STRANGE if STRANGE in answers else SOME


def _route(traffic: Traffic, fib: Json, words: set[str]) -> str:
    """What is asked of an own address by its type, and of the other end by the way back, which there is."""
    flags, result = fib.get("flags", []), fib.get("result")
    if traffic.forwarded and result == "type":
        return _if("unicast" in words)
    if not traffic.incoming and not traffic.forwarded:
        return SOME if "saddr" in flags else STRANGE
    if result == "type":
        return _if(("local" if "daddr" in flags else "unicast") in words)
    if "saddr" in flags and words <= {"true", "false", "0"}:
        return _if(words == {"true"})
    return STRANGE


def _tracked(traffic: Traffic, key: str, words: set[str]) -> str:
    if key == "state":
        possible = {"new", "untracked", "invalid"} if traffic.state is None else {traffic.state}
        return _if(words & possible) if not words & possible or possible <= words else STRANGE
    if traffic.forwarded and key == "status" and words in ({"dnat"}, {"snat"}):
        return _if(words == {"dnat"} and traffic.translated) if traffic.inwards or words == {"dnat"} else STRANGE
    if traffic.state != "new":
        return STRANGE
    if key == "direction":
        return _if("original" in words)
    if key == "status" and words <= {"dnat", "seen-reply", "assured", "dying"}:
        return STRANGE if "dnat" in words and traffic.translated else NONE
    return STRANGE


def _own_address(traffic: Traffic, values: list[t.Any]) -> str:
    """An address of this host: never loopback, as it comes by another interface, never of a group."""
    networks = list(map(_read.network, values))
    if all(network and (network.is_multicast or network.is_loopback or str(network) in _read.BROADCAST) for network in networks):
        return NONE
    here = [ipaddress.ip_address(address) for address in traffic.here if (":" in address) is (traffic.family == 6)]
    if not here or None in networks:
        return STRANGE
    held = [any(network and address in network for network in networks) for address in here]
    return ALL if all(held) else SOME if any(held) else NONE


def _interface(name: str | None, values: list[t.Any]) -> str:
    if values == ["lo"]:
        return NONE
    if name is None or not all(isinstance(value, str) for value in values):
        return STRANGE
    return _if(any(fnmatch.fnmatchcase(name, value) for value in values))


def _flags(operands: t.Any, words: set[str]) -> str:
    mask = {str(word).lower() for word in re.findall(r"\w+", json.dumps(operands[1]))}
    if mask & {"ecn", "cwr"} or any(word.isdigit() for word in mask):
        return STRANGE
    return _if(mask & {"syn"} == words - {"0"})
