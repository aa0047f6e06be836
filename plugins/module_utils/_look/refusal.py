# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""What stands against doing a host as planned, as data: the controller tells all hosts' at once."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Refusal:
    """
    One reason.

    ``code`` is for programs. ``variable`` is the one that says what cannot be, None where no variable does; ``value`` is what it
    says, or what was found. ``sentence`` and ``cure`` are for people.
    """

    code: str
    variable: str | None
    value: t.Any
    sentence: str
    cure: str = ""


__all__ = ("Refusal",)
