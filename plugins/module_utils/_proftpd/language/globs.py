# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The glob patterns of addresses that ProFTPD knows (pr_netaddr_fnmatch() in src/netaddr.c), as the addresses that they take. Pure.

They are held against the address as text, and "*" takes dots and colons too: 1* takes every address whose text begins with a 1.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._spans import IPV4, IPV6, Span, merged

# What one character of a pattern takes: one of these, or, as "*", any number of anything.
_Token = t.Optional[t.FrozenSet[str]]
_ANY: frozenset[str] = frozenset("0123456789.")
_SET = re.compile(r"\[([!^]?)((?:[0-9]-[0-9]|[0-9.])+)\]")
# More ranges than these are told as what may be meant.
_MOST, _MOST_SPLIT = 4096, 256
_ALL, _NONE, _SOME = "all", "none", "some"


def takes(pattern: str) -> tuple[list[Span], list[Span]]:
    """Return the addresses that ``pattern`` takes for sure, and those that it may take."""
    if pattern and not pattern.strip("*"):
        return [IPV4, IPV6], [IPV4, IPV6]
    tokens = _tokens(pattern)
    if tokens is None:
        return [], [IPV4, IPV6]
    surely, maybe = _Octets(tokens).spans()
    return surely, maybe + ([] if _is_ipv4(pattern) else [IPV6])


def _is_ipv4(pattern: str) -> bool:
    """Tell whether no IPv6 address can match: what it begins with has a dot and no colon, as the text of none of them has."""
    begins = re.split(r"[*?\[]", pattern)[0]
    return "." in begins and ":" not in begins


def _tokens(pattern: str) -> list[_Token] | None:
    """Return what ``pattern`` takes, character by character; None if it has a set that is not understood here."""
    tokens: list[_Token] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "[":
            match = _SET.match(pattern, at - 1)
            if match is None:
                return None
            members = set(re.sub(r".-.", "", match.group(2)))
            for first, last in re.findall(r"(.)-(.)", match.group(2)):
                if first > last:
                    return None
                members |= {str(digit) for digit in range(int(first), int(last) + 1)}
            tokens.append(_ANY - members if match.group(1) else frozenset(members))
            at = match.end()
        else:
            tokens.append(None if char == "*" else _ANY if char == "?" else frozenset(char))
    return tokens


class _Octets:
    """Goes through the four numbers of an IPv4 address, with the places in a pattern where their text may have come to."""

    def __init__(self, tokens: t.Sequence[_Token]) -> None:
        self.tokens = tokens
        self.after: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self.known: dict[tuple[frozenset[int], int], str] = {}

    def reach(self, places: t.Iterable[int]) -> frozenset[int]:
        """The same places with those that a "*" of no length leads to."""
        found = set()
        for place in places:
            found.add(place)
            while place < len(self.tokens) and self.tokens[place] is None:
                place += 1
                found.add(place)
        return frozenset(found)

    def go(self, places: frozenset[int], text: str) -> frozenset[int]:
        """The places after ``text``."""
        if (places, text) not in self.after:
            left = places
            for char in text:
                following = set()
                for place in left:
                    if place < len(self.tokens):
                        token = self.tokens[place]
                        if token is None:  # a star
                            following.add(place)
                        elif char in token:
                            following.add(place + 1)
                left = self.reach(following)
            self.after[places, text] = left
        return self.after[places, text]

    def inner(self, places: frozenset[int], left: int) -> t.Iterator[frozenset[int]]:
        """The places after each value of the next number, of which there are ``left``."""
        return (self.go(places, f"{octet}." if left > 1 else str(octet)) for octet in range(256))

    def answer(self, places: frozenset[int], left: int) -> str:
        """Whether all addresses, none or some are taken from there on."""
        if not left:
            return _ALL if len(self.tokens) in places else _NONE
        if not places:
            return _NONE
        if (places, left) not in self.known:
            answers = {self.answer(each, left - 1) for each in set(self.inner(places, left))}
            self.known[places, left] = answers.pop() if len(answers) == 1 else _SOME
        return self.known[places, left]

    def spans(self) -> tuple[list[Span], list[Span]]:
        """The addresses that are taken for sure, and those that may be."""
        surely: list[Span] = []
        open_: list[tuple[int, frozenset[int]]] = [(0, self.reach([0]))]
        for left in (4, 3, 2, 1, 0):
            width = 256**left
            split: list[tuple[int, frozenset[int]]] = []
            for base, places in open_:
                answer = self.answer(places, left)
                if answer == _ALL:
                    surely.append((4, base, base + width - 1))
                elif answer == _SOME:
                    split.append((base, places))
            surely = merged(surely)
            if len(split) > _MOST_SPLIT or len(surely) > _MOST:
                return surely, merged([*surely, *((4, base, base + width - 1) for base, _places in split)])
            step = width // 256
            open_ = [(base + octet * step, each) for base, places in split for octet, each in enumerate(self.inner(places, left))]
        return surely, surely
