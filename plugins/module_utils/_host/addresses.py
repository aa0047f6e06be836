# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The addresses of this host, from netdevice(7) and the kernel's own files."""

from __future__ import annotations

import array
import contextlib
import ipaddress
import os
import pathlib
import socket
import struct
import typing as t

_SIOCGIFCONF = 0x8912  # linux/sockios.h; netdevice(7)
_IFREQ = struct.calcsize("16s16x8x" if struct.calcsize("P") == 8 else "16s16x")
_IF_INET6 = pathlib.Path("/proc/net/if_inet6")
_TENTATIVE_OR_WORSE = 0x08 | 0x20 | 0x40  # linux/if_addr.h: duplicate, deprecated, tentative


class Local(t.NamedTuple):
    """One address of this host and the interface that has it."""

    address: str
    interface: str


def local() -> list[Local]:
    """All addresses of this host; none where this is not Linux."""
    return [*_ipv4(), *_ipv6()]


def _ipv4() -> t.Iterator[Local]:
    try:
        import fcntl
    except ImportError:  # pragma: no cover
        return
    room = array.array("B", bytes(_IFREQ * 1024))
    request = struct.pack("iP", len(room), room.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
        used = struct.unpack_from("i", fcntl.ioctl(sock, _SIOCGIFCONF, request))[0]
        for start in range(0, used, _IFREQ):
            row = room[start : start + _IFREQ].tobytes()
            # A further address may have a label of its own, eth0:1.
            label = row[:16].split(b"\0", 1)[0].decode("ascii", "replace").split(":", 1)[0]
            yield Local(socket.inet_ntop(socket.AF_INET, row[20:24]), label)


def _ipv6() -> t.Iterator[Local]:
    with contextlib.suppress(OSError):
        for line in _IF_INET6.read_text("ascii").splitlines():
            digits, _index, _prefix, _scope, flags, interface = line.split()
            if not int(flags, 16) & _TENTATIVE_OR_WORSE:
                yield Local(str(ipaddress.IPv6Address(bytes.fromhex(digits))), interface)


def is_bridge(interface: str) -> bool:
    """Whether an interface is a bridge, as those of containers and virtual machines are."""
    return os.path.isdir(f"/sys/class/net/{interface}/bridge")


__all__ = ("Local", "is_bridge", "local")
