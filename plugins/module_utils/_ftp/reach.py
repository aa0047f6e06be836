# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What becomes of a TCP connection that somebody opens; nothing is sent over it here."""

from __future__ import annotations

import errno
import socket
import typing as t

# "refused" is an answer of the other end or of a rule that plays it, "unreachable" one of the network, "no answer" is none.
Reached = t.Literal["connected", "refused", "unreachable", "no answer"]


def outcome_of(error: OSError) -> Reached:
    """What a failed connect() says about the way."""
    if isinstance(error, socket.timeout) or error.errno in (errno.ETIMEDOUT, errno.EINPROGRESS):
        return "no answer"
    return "refused" if error.errno == errno.ECONNREFUSED else "unreachable"


def describe(error: OSError) -> str:
    """An error of the operating system in its own words."""
    return error.strerror or str(error)


def reach(address: str, port: int, timeout: float) -> Reached:
    """Connect to a literal address within ``timeout`` seconds and close."""
    try:
        with socket.create_connection((address, port), timeout):
            return "connected"
    except OSError as error:
        return outcome_of(error)


__all__ = ("Reached", "describe", "outcome_of", "reach")
