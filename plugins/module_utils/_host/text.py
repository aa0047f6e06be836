# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Text from outside, such as what servers reply and names in files, made safe to be shown. Pure."""

from __future__ import annotations

import re

# Control characters, what turns the direction of a line, what has no width, and halves of surrogate pairs.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]")


def printable(text: str) -> str:
    """
    Return the text as one line in which every character can be seen: others are written as escapes.

    So nothing that a stranger says can steer a terminal, begin a line of its own, or turn one.
    """
    return _UNSEEN.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


__all__ = ("printable",)
