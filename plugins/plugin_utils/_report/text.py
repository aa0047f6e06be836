# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Values as text that people read. Pure."""

from __future__ import annotations

import re


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
