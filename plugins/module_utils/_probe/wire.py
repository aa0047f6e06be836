# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Which TCP segments of one port cross the network interfaces of this host, on the far side of its own firewall.

A packet socket (packet(7)) sees what comes in before netfilter does, and what goes out after it. So it tells whether a host's own
rules drop a segment, whatever wrote these rules.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import time
import typing as t
from dataclasses import dataclass

MOST_LATE = 1000  # packets that are still taken from the buffer when the time is over
_ETH_P_ALL = 3  # linux/if_ether.h; only this one sees outgoing packets, too
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_PACKET_OUTGOING = 4  # linux/if_packet.h

# Classic BPF (linux/filter.h) over the network header: code, jump if true, jump if false, operand; the jumps count instructions.
_PORT = -1  # stands for the port
_FILTER = (
    (0x30, 0, 0, 0),  # 0: first byte
    (0x54, 0, 0, 0xF0),
    (0x15, 0, 7, 0x40),  # IPv4? else to 10
    (0x30, 0, 0, 9),  # protocol
    (0x15, 0, 12, 6),  # TCP? else to 17
    (0xB1, 0, 0, 0),  # 5: length of the header
    (0x48, 0, 0, 0),  # source port
    (0x15, 8, 0, _PORT),
    (0x48, 0, 0, 2),  # destination port
    (0x15, 6, 7, _PORT),
    (0x30, 0, 0, 6),  # 10: next header of IPv6
    (0x15, 0, 5, 6),
    (0x28, 0, 0, 40),
    (0x15, 2, 0, _PORT),
    (0x28, 0, 0, 42),
    (0x15, 0, 1, _PORT),  # 15
    (0x06, 0, 0, 128),  # take 128 bytes
    (0x06, 0, 0, 0),  # 17: take nothing
)


@dataclass(frozen=True)
class Segment:
    """
    One segment: does it leave this host, its addresses, and does it open a connection to the port or come from it.

    ``payload`` is how many bytes of data it carries. A host that leaves the cutting to its network card shows larger ones than
    travel.
    """

    outgoing: bool
    source: str
    destination: str
    opening: bool
    answer: bool = False
    payload: int = 0


class Wire:
    """Records segments of one port from its creation on. Raises ``PermissionError`` without the right to (CAP_NET_RAW)."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL))
        try:
            _attach(self._socket, port)
        except BaseException:
            self._socket.close()
            raise

    def segments(self, seconds: float) -> t.Iterator[Segment]:
        """The segments that come within ``seconds``; those that are here already come at once."""
        deadline = time.monotonic() + seconds
        late = 0
        while late < MOST_LATE:
            left = deadline - time.monotonic()
            late += left <= 0
            self._socket.settimeout(max(left, 0.001))
            try:
                packet, address = self._socket.recvfrom(128)
            except socket.timeout:
                return
            segment = parse(packet, self._port, address[2] == _PACKET_OUTGOING)
            if segment:
                yield segment

    def close(self) -> None:
        """Stop recording."""
        self._socket.close()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def parse(packet: bytes, port: int, outgoing: bool) -> Segment | None:
    """A segment from an IP packet, none if it is another thing than TCP to or from ``port``."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20 and packet[9] == 6:
        start, family, addresses = (packet[0] & 15) * 4, socket.AF_INET, (packet[12:16], packet[16:20])
        end = int.from_bytes(packet[2:4], "big")
    elif version == 6 and len(packet) >= 40 and packet[6] == 6:
        start, family, addresses = 40, socket.AF_INET6, (packet[8:24], packet[24:40])
        end = start + int.from_bytes(packet[4:6], "big")
    else:
        return None
    if len(packet) < start + 14:
        return None
    from_port, to_port = struct.unpack_from("!HH", packet, start)
    if port not in (from_port, to_port):
        return None
    syn, ack = bool(packet[start + 13] & 2), bool(packet[start + 13] & 16)
    opening = to_port == port and syn and not ack
    return Segment(
        outgoing,
        socket.inet_ntop(family, addresses[0]),
        socket.inet_ntop(family, addresses[1]),
        opening,
        answer=from_port == port and not opening,
        payload=max(0, end - start - (packet[start + 12] >> 4) * 4),
    )


def _attach(sock: socket.socket, port: int) -> None:
    # A busy server must not flood the buffer with what is of no interest.
    rows = b"".join(struct.pack("HBBI", code, yes, no, port if value == _PORT else value) for code, yes, no, value in _FILTER)
    buffer = ctypes.create_string_buffer(rows)
    program = struct.pack("HL", len(_FILTER), ctypes.addressof(buffer))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


__all__ = ("Segment", "Wire", "parse")
