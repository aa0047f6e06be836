# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Which addresses a <Class> holds, by the rules of its From and Satisfy: src/netacl.c and src/class.c. Pure.

What a rule with a DNS name takes is decided when somebody comes, by whoever owns the name, so it is not known here. Some rules
mean other things with UseIPv6 and UseReverseDNS; where those are not known, only what holds either way is certain.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
import itertools
import re
import socket
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils import _spans
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import environment, globs, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._spans import EVERYBODY, Span

Literal = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

_GLOB = re.compile(r"[{\[*?]")
# Addresses that are given to hosts of the internet; beside them those of networks that are nobody else's.
_GLOBAL_IPV6: Span = (6, 2**125, 2**126 - 1)
_OWN = [
    (4, int(network.network_address), int(network.broadcast_address))
    for network in map(ipaddress.IPv4Network, ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "224.0.0.0/3"))
]
# No partner has more: a network of 8 bits, or what a registry of addresses gets at a time.
_WIDE = {4: 2**24, 6: 2 ** (128 - 16)}


@dataclasses.dataclass(frozen=True)
class Held:
    """
    The addresses that a rule or a class holds: those that it holds for ``sure``, and those that it ``may`` hold.

    ``nearly`` are those that it holds but for a few that are not known, of all addresses but those of one name for example.
    """

    sure: tuple[Span, ...]
    may: tuple[Span, ...]
    nearly: tuple[Span, ...]

    @classmethod
    def of(cls, spans: t.Iterable[Span]) -> Held:
        """Just these."""
        these = tuple(_spans.merged(spans))
        return cls(these, these, these)

    @property
    def is_known(self) -> bool:
        """Whether of every address it can be told if it is in it."""
        return self.sure == self.may

    @property
    def is_everybody(self) -> bool:
        """Whether a stranger is in it: it holds half of all IPv4 addresses, or half of those of IPv6 that are in use."""
        ipv4 = [span for span in self.nearly if span[0] == 4]
        return _spans.size(ipv4) * 2 >= _spans.size([_spans.IPV4]) or _spans.size(
            _spans.common(self.nearly, [_GLOBAL_IPV6])
        ) * 2 >= _spans.size([_GLOBAL_IPV6])

    @property
    def is_wide(self) -> bool:
        """Whether it holds more addresses of the internet than any partner has."""
        public = _spans.common(_spans.without(self.nearly, _OWN), [_spans.IPV4, _GLOBAL_IPV6])
        return any(_spans.size([span for span in public if span[0] == family]) > most for family, most in _WIDE.items())

    def negated(self) -> Held:
        """All others, where what is not known are not just a few."""
        sure = tuple(_spans.without(EVERYBODY, self.may))
        return Held(sure, tuple(_spans.without(EVERYBODY, self.sure)), sure)

    def either(self, other: Held) -> Held:
        """What one of both holds."""
        return Held(*(tuple(_spans.merged([*one, *two])) for one, two in zip(self._sets, other._sets)))

    def both(self, other: Held) -> Held:
        """What both hold."""
        return Held(*(tuple(_spans.common(one, two)) for one, two in zip(self._sets, other._sets)))

    def or_else(self, other: Held) -> Held:
        """What is known if it is not known which of both it is."""
        return Held(self.both(other).sure, self.either(other).may, self.both(other).nearly)

    @property
    def _sets(self) -> tuple[tuple[Span, ...], ...]:
        return self.sure, self.may, self.nearly


NOBODY, ALL = Held.of([]), Held.of(EVERYBODY)
# What is not known at all, and all that do not have a certain name.
_UNKNOWN, _NOT_A_NAME = Held((), EVERYBODY, ()), Held((), EVERYBODY, EVERYBODY)


@dataclasses.dataclass(frozen=True)
class Class:
    """A class: what it is ``held`` to hold, and those of its rules of which that is not ``clear``."""

    held: Held
    unclear: tuple[str, ...]


NOTHING = Class(NOBODY, ())


def of(in_force: policy.Policy, name: str) -> Class:
    """Return what the class ``name`` holds, which must be defined."""
    rules = in_force.members(name) or []
    ipv6, reverse = in_force.uses_ipv6(name), in_force.uses_reverse_dns()
    each = [rule(text, ipv6, reverse) for text in rules]
    if in_force.satisfies_all(name):
        held = functools.reduce(Held.both, each, ALL)
    else:
        # One sorted list instead of one more for each of thousands of rules.
        sets = zip(*((one.sure, one.may, one.nearly) for one in each))
        held = Held(*(tuple(_spans.merged(itertools.chain(*every))) for every in sets))
    return Class(held, () if held.is_known else tuple(text for text, one in zip(rules, each) if not one.is_known))


def rule(text: str, ipv6: bool | None = None, reverse: bool | None = None) -> Held:
    """
    Return what one rule of From holds (pr_netacl_create() and pr_netacl_match() in src/netacl.c).

    ``ipv6``: whether UseIPv6 is on where it stands, ``reverse``: whether UseReverseDNS is on; None where that is not known.
    """
    if text.lower() in ("all", "none"):
        return ALL if text.lower() == "all" else NOBODY
    if environment.is_unknown([text]):
        return _UNKNOWN
    word = text[1:] if text.startswith("!") else text
    if "/" in word:
        held = _network(word)
    elif _GLOB.search(word):
        if re.search("[G-Zg-z]", word):
            return _by_name(text, word, reverse)
        if ipv6 is not True and (re.search("[A-Fa-f]", word) or not re.search("[.:]", word)):
            # Without IPv6 that is a pattern of names as well.
            named = _by_name(text, word, reverse)
            return named if ipv6 is False else named.or_else(rule(text, True, reverse))
        sure, may = globs.takes(word)
        held = Held(tuple(sure), tuple(_spans.merged(may)), tuple(sure))
    elif re.fullmatch(r"[0-9.]*[0-9]\.", word):
        held = Held.of(globs.takes(f"{word}*")[0])
    elif word.startswith("."):
        return _by_name(text, word, reverse)
    else:
        address = _literal(word) if re.search("[.:]", word) else None
        if address is None:
            return _UNKNOWN if word == text else _NOT_A_NAME
        held = Held.of(_network_of(address, address.max_prefixlen))
    return held.negated() if word != text else held


def _by_name(text: str, pattern: str, reverse: bool | None) -> Held:
    """A pattern of names, which takes nobody without UseReverseDNS, negated or not."""
    taken, others = (_UNKNOWN, _NOT_A_NAME) if pattern.strip("*") else (ALL, NOBODY)
    asked = taken if text == pattern else others
    if reverse is None:
        return asked.or_else(NOBODY)
    return asked if reverse else NOBODY


def _literal(word: str) -> Literal | None:
    """An address as inet_pton() and getaddrinfo() read it, so also 10.1 and 0; None for what may be a name."""
    try:
        return None if "%" in word else ipaddress.ip_address(word)
    except ValueError:
        if re.fullmatch(r"[0-9.]+", word):
            try:
                return ipaddress.IPv4Address(socket.inet_aton(word))
            except (OSError, ValueError):
                return None
    return None


def _network(word: str) -> Held:
    """An address and how many of its bits count, of which strtol() takes none for 0."""
    said, _slash, bits = word.partition("/")
    address = _literal(said)
    length = re.fullmatch(r"\+?([0-9]{0,3})", bits)
    if address is None or length is None or int(length.group(1) or 0) > address.max_prefixlen:
        return _UNKNOWN  # with which ProFTPD does not start
    number = int(length.group(1) or 0)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        # Bits are counted in the IPv4 address there, and of more than 32 none is taken.
        mapped = Held.of(_network_of(address.ipv4_mapped, min(number, 32)))
        either = Held.of(_network_of(address, number)).either(mapped)
        return Held(mapped.sure if number <= 32 else (), either.may, mapped.sure)
    return Held.of(_network_of(address, number))


def _network_of(address: Literal, bits: int) -> list[Span]:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped and bits == address.max_prefixlen:
        address, bits = address.ipv4_mapped, 32
    network = ipaddress.ip_network(f"{address}/{bits}", strict=False)
    return [(address.version, int(network.network_address), int(network.broadcast_address))]


def networks(spans: t.Iterable[Span]) -> list[str]:
    """Return addresses as networks, for data."""
    makers: dict[int, t.Any] = {4: ipaddress.IPv4Address, 6: ipaddress.IPv6Address}
    return [
        str(network)
        for family, first, last in spans
        for network in ipaddress.summarize_address_range(makers[family](first), makers[family](last))
    ]
