# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Whether a connection that came about carries data: two probes greet one another, and then each sends to the other at once.

Who listens greets first, so that nothing is sent to another program that answers, and into nobody's transfer. A greeting fits
into any packet. What follows fills packets, and more of them than a sender sends before the first has arrived; so where full
packets are lost, no smaller rest of it comes by.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
import typing as t
from dataclasses import dataclass

GREETING = b"proftpd.fxp probe\n"
GREETING_SECONDS = 3.0
_BLOCK = bytes(65536)


@dataclass(frozen=True)
class Carried:
    """What one end got: the greeting of the other probe, and how many of the bytes that follow it."""

    greeted: bool
    received: int = 0


def carry(data: socket.socket, size: int, deadline: float, *, listens: bool) -> Carried:
    """
    Greet, then send and receive ``size`` bytes at once, until ``deadline`` (of ``time.monotonic``) at the most.

    ``listens`` is whether this is the end that accepted the connection.
    """
    try:
        if listens:
            data.sendall(GREETING)
        if not _greeted(data, min(deadline, time.monotonic() + GREETING_SECONDS)):
            return Carried(False)
        if not listens:
            data.sendall(GREETING)
    except OSError:
        return Carried(False)
    received = 0
    for count in _both_ways(data, size, deadline):
        received += count
    if received < size or time.monotonic() >= deadline:
        # What is stuck would hold the end of the connection back, too; a reset needs no room.
        with contextlib.suppress(OSError):
            data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return Carried(True, received)


def _greeted(data: socket.socket, deadline: float) -> bool:
    said = b""
    while len(said) < len(GREETING):
        data.settimeout(max(deadline - time.monotonic(), 0.001))
        more = data.recv(len(GREETING) - len(said))
        said += more
        if not more or not GREETING.startswith(said):
            return False
    return True


def _both_ways(data: socket.socket, size: int, deadline: float) -> t.Iterator[int]:
    """How many bytes came, whenever some did."""
    data.setblocking(False)
    to_send = to_come = size
    while to_send or to_come:
        left = deadline - time.monotonic()
        readable, writable, _none = select.select([data] if to_come else [], [data] if to_send else [], [], max(left, 0))
        if left <= 0 or not (readable or writable):
            return
        try:
            if readable:
                count = len(data.recv(min(to_come, len(_BLOCK))))
                if not count:
                    return
                to_come -= count
                yield count
            if writable:
                to_send -= data.send(_BLOCK[: min(to_send, len(_BLOCK))])
        except BlockingIOError:
            continue
        except OSError:
            return


__all__ = ("GREETING", "Carried", "carry")
