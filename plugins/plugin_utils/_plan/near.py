# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Tell a mistyped name of ours from a name of somebody else's.

Pure. Where every name with our prefix must be ours, the nearest one is a help. Here a stranger's name must pass, so that only
slips count: a letter too many, too few, wrong or swapped, a few of them in a long name, or a last word cut short.
"""

from __future__ import annotations

import difflib
import itertools
import typing as t

# difflib's ratio from which two names are one but for slips, and how much of a name must be left of one that was cut short.
ALIKE = 0.85
LEAST = 8


def mistyped(name: str, known: t.Iterable[str], prefix: str) -> str | None:
    """Return which of the ``known`` names ``name`` is meant to be, or None if it is one of them or somebody else's."""
    known = list(known)
    if name in known or not name.startswith(prefix):
        return None
    mine = name[len(prefix) :]
    for other in sorted(known, key=lambda other: -_ratio(name, other)):
        theirs = other[len(prefix) :]
        if _one_slip(mine, theirs) or _cut_short(name, other) or _ratio(mine, theirs) >= ALIKE:
            return other
    return None


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _one_slip(one: str, other: str) -> bool:
    """Whether a letter too many, too few, wrong, or swapped with its neighbour is all that is between two words."""
    if min(len(one), len(other)) < 3 or abs(len(one) - len(other)) > 1:
        return False
    same = sum(1 for _pair in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other)))
    mine, theirs = one[same:], other[same:]
    swapped = mine[:2] == theirs[:2][::-1] and mine[2:] == theirs[2:]
    return swapped or mine[1:] == theirs[1:] or mine[1:] == theirs or mine == theirs[1:]


def _cut_short(name: str, other: str) -> bool:
    """Whether ``name`` is ``other`` with its last word abbreviated."""
    word = name.rpartition("_")[2]
    return len(name) >= LEAST and len(word) >= 3 and other.startswith(name) and "_" not in other[len(name) :]
