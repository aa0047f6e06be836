# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Text from outside, such as what servers reply, names in files and what programs say, made safe to be shown. Pure.

The one place that does so. It is asked where foreign text comes in (``_ftp``), where a module returns it (``_module``), and where
the controller shows it (``_screen``, ``_refusal``, ``_report``); twice does no harm.
"""

from __future__ import annotations

import re
import typing as t

# Control and format characters, what turns the direction of a line, separators of lines, what has no width or no look of its own,
# halves of surrogate pairs, and what is no character. By Unicode: Cc, Cs, Zl, Zp, Noncharacter, Cf but for signs of numbers, and
# Default_Ignorable but for variation selectors.
_UNSEEN = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    "\ufdd0-\ufdef\ufeff\uffa0\ufff0-\uffff\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
    + "".join(f"{chr(plane + 0xFFFE)}-{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
)
_IN_A_LINE = re.compile(f"[{_UNSEEN}]")
_IN_LINES = re.compile(f"(?![\t\n])[{_UNSEEN}]")


def printable(value: object) -> str:
    """
    Return a text, or another value as text, as one line in which every character can be seen: others are written as escapes.

    So nothing that a stranger says can steer a terminal, begin a line of its own, or turn one.
    """
    return _IN_A_LINE.sub(_escape, str(value))


def printable_sentence(value: object) -> str:
    """Return the same with lines joined by spaces: what programs say in several lines is told in one."""
    return printable(" ".join(filter(None, (line.strip() for line in str(value).split("\n")))))


def printable_lines(text: str) -> str:
    """Return a text of several lines, which it keeps with their tabs, so that everything else in it can be seen."""
    return _IN_LINES.sub(_escape, text)


def printable_data(value: t.Any) -> t.Any:
    """Return plain data with ``printable_lines`` of every text in it, names of mappings too."""
    if isinstance(value, str):
        return printable_lines(value)
    if isinstance(value, dict):
        return {printable_data(key): printable_data(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable_data(inner) for inner in value]
    return value


def _escape(match: t.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")


__all__ = ("printable", "printable_data", "printable_lines", "printable_sentence")
