# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a host refuses or cannot do, as one family of exceptions whose texts are sentences for people."""

from __future__ import annotations


class HostError(Exception):
    """
    Something on this host is not as it must be, or did not do what it was asked.

    The text says what, and the cure. It is a sentence, or the end of one that the caller begins.
    """


def clause(problem: Exception) -> str:
    """Return the words of ``problem`` as a part of another sentence, which has a full stop of its own."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.filename}: {problem.strerror}" if isinstance(problem.filename, str) else problem.strerror
    return str(problem).rstrip(".")


__all__ = ("HostError", "clause")
