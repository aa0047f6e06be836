# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Text of strangers, such as what servers reply, made safe to be shown. Pure."""

from __future__ import annotations

import re
import typing as t

# What steers terminals, what no XML document may hold, and what turns the direction of writing: each may hide what follows.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]")


def visible(value: t.Any) -> str:
    """Return *value* as one line of text in which every character can be seen; a backslash and its number stand for others."""
    return _UNSEEN.sub(_written, str(value))


def _written(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key to sort by that puts ftp2 before ftp10."""
    return [
        (0, int(part), part) if part.isdecimal() and part.isascii() else (1, 0, part)
        for part in re.findall(r"[0-9]+|[^0-9]+", name)
    ]


def amount(number: int, singular: str, plural: str | None = None) -> str:
    """Return number and noun, with separated thousands."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def size(count: float) -> str:
    """Return a number of bytes in a unit that people can grasp."""
    for unit, step in (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count:.0f} B"
