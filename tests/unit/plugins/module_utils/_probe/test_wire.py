# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._probe.wire import Segment, parse

PORT = 50007
SYN, ACK, RST = 2, 16, 4


def packet(version: int, from_port: int, to_port: int, flags: int, protocol: int = 6, options: int = 0, data: int = 0) -> bytes:
    """The beginning of an IP packet with a TCP header and ``data`` bytes; ``options`` are further words of the IPv4 header."""
    tcp = struct.pack("!HHIIBBHHH", from_port, to_port, 0, 0, 0x50, flags, 0, 0, 0)
    if version == 4:
        head = bytes([0x45 + options, 0]) + struct.pack("!H", 40 + 4 * options + data) + bytes(5) + bytes([protocol]) + bytes(2)
        return head + socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2") + bytes(4 * options) + tcp
    addresses = socket.inet_pton(socket.AF_INET6, "2001:db8::1") + socket.inet_pton(socket.AF_INET6, "2001:db8::2")
    return bytes([0x60, 0, 0, 0]) + struct.pack("!H", 20 + data) + bytes([protocol, 64]) + addresses + tcp


@pytest.mark.parametrize("options", [0, 2])
@pytest.mark.parametrize("outgoing", [False, True])
def test_opening(outgoing: bool, options: int) -> None:
    found = parse(packet(4, 40000, PORT, SYN, options=options), PORT, outgoing)
    assert found == Segment(outgoing, "192.0.2.1", "192.0.2.2", True)


def test_ipv6() -> None:
    assert parse(packet(6, 40000, PORT, SYN), PORT, False) == Segment(False, "2001:db8::1", "2001:db8::2", True)


@pytest.mark.parametrize("flags", [SYN | ACK, RST | ACK, ACK])
def test_answer(flags: int) -> None:
    assert parse(packet(4, PORT, 40000, flags), PORT, True) == Segment(True, "192.0.2.1", "192.0.2.2", False, answer=True)


@pytest.mark.parametrize("data", [0, 1, 1448])
@pytest.mark.parametrize(("version", "options"), [(4, 0), (4, 2), (6, 0)])
def test_payload(version: int, options: int, data: int) -> None:
    """Of what follows the opening as much is data as the headers leave, however much of it was recorded."""
    found = parse(packet(version, 40000, PORT, ACK, options=options, data=data), PORT, False)
    assert found is not None
    assert (found.opening, found.answer, found.payload) == (False, False, data)


@pytest.mark.parametrize(
    "other",
    [
        packet(4, 40000, 50008, SYN),
        packet(4, 40000, PORT, SYN, protocol=17),
        packet(6, 40000, PORT, SYN, protocol=17),
        packet(4, 40000, PORT, SYN)[:30],
        b"",
        b"\x00\x01",
    ],
)
def test_others(other: bytes) -> None:
    assert parse(other, PORT, False) is None


@given(st.binary(max_size=128), st.integers(1, 65535))
def test_anything(junk: bytes, port: int) -> None:
    found = parse(junk, port, False)
    assert found is None or not found.outgoing
