# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Reading of expressions in rules, as libnftables-json(5) writes them: numbers, networks, right-hand sides. Pure."""

from __future__ import annotations

import bisect
import ipaddress
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import ChainKey, Json
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span

Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Lists = t.Mapping[ChainKey, t.Any]  # the elements of sets and maps, or None where they are not listed

NEVER_TCP = frozenset(("udp", "udplite", "sctp", "dccp", "icmp", "icmpv6", "igmp", "esp", "ah", "comp", "arp"))
NEVER_ICMPV6 = frozenset(("tcp", "th", *NEVER_TCP)) - {"icmpv6"}
# Statements by which a rule holds for some only, whatever else it asks.
LIMITS = ("limit", "ct count", "quota", "meter")
INTERFACES = ("iif", "iifname", "oif", "oifname")
BROADCAST = ("255.255.255.255/32",)
# What leads a connection to another port or another host.
TRANSLATIONS = ("dnat", "redirect", "tproxy")
TCP = frozenset(("tcp", "6"))
ICMPV6 = frozenset(("ipv6-icmp", "icmpv6", "58"))
FAMILY = {4: frozenset(("ipv4", "ip", "2")), 6: frozenset(("ipv6", "ip6", "10"))}
OTHER_FAMILY = {4: "ip6", 6: "ip"}

# What reading meets in JSON of a kind that is not known here.
STRANGE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


def has(value: t.Any, key: str) -> bool:
    """Whether ``value`` is an object with that key; what nft lists may be anything."""
    return isinstance(value, dict) and key in value


def bare(element: t.Any) -> t.Any:
    """An element of a set without what belongs to it, such as its timeout."""
    return element["elem"].get("val", element) if has(element, "elem") and isinstance(element["elem"], dict) else element


def elements(lists: Lists, table: tuple[str, str], right: t.Any) -> list[t.Any] | None:
    """What stands on a right-hand side in this table, one by one; None if that is not listed."""
    found = right["set"] if has(right, "set") else right
    if isinstance(found, str) and found.startswith("@"):
        found = lists.get((*table, found[1:]))
        if found is None:
            return None
    return list(map(bare, found)) if isinstance(found, list) else [bare(found)]


def entries(lists: Lists, table: tuple[str, str], vmap: Json) -> list[tuple[t.Any, Json]] | None:
    """The keys of a verdict map, each with its verdict; None if they are not listed."""
    data = vmap["data"]
    found = elements(lists, table, f"@{data.lstrip('@')}" if isinstance(data, str) else data)
    return None if found is None else [(bare(key), verdict) for key, verdict in found]


def network(value: t.Any) -> Network | None:
    """The network that is one element; None if it is something else."""
    value = bare(value)
    try:
        text = "{addr}/{len}".format(**value["prefix"]) if isinstance(value, dict) else value
        return ipaddress.ip_network(text, strict=False)
    except STRANGE:
        return None


def span(value: t.Any) -> Span | None:
    """The numbers of one element, ports or addresses, both ends included; None if it is something else."""
    try:
        value = bare(value)
        if has(value, "range"):
            first, last = (_number(end) for end in value["range"])
            return None if first is None or last is None else (first, last)
        if has(value, "prefix"):
            block = network(value)
            return None if block is None else (int(block.network_address), int(block.broadcast_address))
        number = _number(value)
        return None if number is None else (number, number)
    except STRANGE:
        return None


def _number(value: t.Any) -> int | None:
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    return int(ipaddress.ip_address(value))


def joined(spans: t.Iterable[Span]) -> list[Span]:
    """The same numbers in as few spans as can be, in order."""
    found: list[Span] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


class Numbers:
    """The numbers that a right-hand side holds, quick to ask; ``whole`` is false if it holds something else too."""

    def __init__(self, values: t.Sequence[t.Any]) -> None:
        spans = [span(value) for value in values]
        self.whole = None not in spans
        found = joined(each for each in spans if each is not None)
        self.firsts, self.lasts = [first for first, dummy in found], [last for dummy, last in found]

    def count(self, first: int, last: int) -> int:
        """How many of the numbers from ``first`` to ``last`` are held."""
        held, at = 0, max(0, bisect.bisect_right(self.firsts, first) - 1)
        while at < len(self.firsts) and self.firsts[at] <= last:
            held += max(0, min(last, self.lasts[at]) - max(first, self.firsts[at]) + 1)
            at += 1
        return held


def words(value: t.Any) -> set[str]:
    """All words in a right-hand side."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*map(words, value))
    return {str(value).lower()}
