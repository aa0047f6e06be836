# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A long way between bridges: ``wire.py SECONDS NEAR FAR [NEAR FAR ...]``, inside the network namespace of the bridges.

Each pair gets a wire of its own, two taps of the kernel: what goes into one comes out of the other ``SECONDS`` later.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA  # if_tun.h
TAP, NO_PI = 0x2, 0x1000
LONGEST = 65536


def tap(name: str, bridge: str) -> int:
    """A new device that belongs to a bridge; what the bridge sends into it is read here. It ends with this process."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), TAP | NO_PI))
    subprocess.run(["ip", "link", "set", name, "master", bridge, "up"], check=True, timeout=60)
    return descriptor


def main(seconds: float, bridges: list[str]) -> None:
    """Carry frames until somebody ends the process."""
    partner: dict[int, int] = {}
    for near, far in zip(bridges[::2], bridges[1::2]):
        ends = tap(f"{near}-near", near), tap(f"{near}-far", far)
        partner.update(zip(ends, reversed(ends)))
    print("ready", flush=True)
    under_way: list[tuple[float, int, int, bytes]] = []
    order = itertools.count()
    while True:
        due = max(under_way[0][0] - time.monotonic(), 0) if under_way else None
        for descriptor in select.select(list(partner), [], [], due)[0]:
            heapq.heappush(
                under_way, (time.monotonic() + seconds, next(order), partner[descriptor], os.read(descriptor, LONGEST))
            )
        while under_way and under_way[0][0] <= time.monotonic():
            _when, _order, descriptor, frame = heapq.heappop(under_way)
            os.write(descriptor, frame)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
