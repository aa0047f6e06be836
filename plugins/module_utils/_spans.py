# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Sets of addresses as ranges: what is in one and not in another, in both, in any. Pure."""

from __future__ import annotations

import typing as t

# Family (4 or 6), first and last address as a number.
Span = t.Tuple[int, int, int]

IPV4: Span = (4, 0, 2**32 - 1)
IPV6: Span = (6, 0, 2**128 - 1)
EVERYBODY = (IPV4, IPV6)


def merged(some: t.Iterable[Span]) -> list[Span]:
    """Return the same addresses in the fewest ranges, in order."""
    found: list[Span] = []
    for family, first, last in sorted(some):
        if found and found[-1][0] == family and first <= found[-1][2] + 1:
            found[-1] = (family, found[-1][1], max(last, found[-1][2]))
        else:
            found.append((family, first, last))
    return found


def without(wanted: t.Iterable[Span], taken: t.Iterable[Span]) -> list[Span]:
    """Return what is in ``wanted`` and not in ``taken``."""
    others: list[Span] = []
    for family, lowest, highest in EVERYBODY:
        at = lowest
        for _family, first, last in [span for span in merged(taken) if span[0] == family]:
            if at < first:
                others.append((family, at, first - 1))
            at = last + 1
        if at <= highest:
            others.append((family, at, highest))
    return common(wanted, others)


def common(some: t.Iterable[Span], others: t.Iterable[Span]) -> list[Span]:
    """Return what is in both."""
    left, right = merged(some), merged(others)
    found: list[Span] = []
    at = beside = 0
    while at < len(left) and beside < len(right):
        one, other = left[at], right[beside]
        first, last = max(one[1], other[1]), min(one[2], other[2])
        if one[0] == other[0] and first <= last:
            found.append((one[0], first, last))
        if (one[0], one[2]) < (other[0], other[2]):
            at += 1
        else:
            beside += 1
    return found


def size(some: t.Iterable[Span]) -> int:
    """Return how many addresses these are."""
    return sum(last - first + 1 for _family, first, last in merged(some))
