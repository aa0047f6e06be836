# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Whose socket answers on a port of this host, read from proc(5).

A greeting alone proves little: any FTP server says 220. What tells servers apart is which process holds the listening socket.
"""

from __future__ import annotations

import ipaddress
import os
import sys
import typing as t

LISTEN = "0A"  # state of a listening socket in /proc/net/tcp


Literal = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


def _literal(address: str) -> Literal:
    """Return an address that the kernel prints."""
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    literal = ipaddress.ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words))
    if isinstance(literal, ipaddress.IPv6Address):
        return literal.ipv4_mapped or literal
    return literal


def _all_listening(pid: int | str = "self") -> t.Iterator[tuple[Literal, int, str]]:
    """Yield address, port and inode of every socket that listens in the network namespace of the process *pid*."""
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/{pid}/net/{name}", encoding="ascii") as file:
                lines = file.read().splitlines()[1:]
        except OSError:  # a kernel without IPv6, or the process has ended
            continue
        for fields in map(str.split, lines):
            address, port = fields[1].split(":")
            if fields[3] == LISTEN:
                yield _literal(address), int(port, 16), fields[9]


def _listening() -> t.Iterator[tuple[int, str]]:
    """Yield port and inode of every socket that takes connections to 127.0.0.1: bound to that one, or to the address "any"."""
    for address, port, inode in _all_listening():
        if address.is_unspecified or str(address) == "127.0.0.1":
            yield port, inode


def _held(pid: int | str) -> set[str]:
    """Return the inodes of the sockets that the process *pid* holds."""
    links = set()
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                links.add(os.readlink(f"/proc/{pid}/fd/{name}"))
            except OSError:
                continue  # closed in between
    except OSError:
        return set()  # the process has ended
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


def ports(pid: int) -> set[int]:
    """Return the ports of 127.0.0.1 on which the process *pid* listens."""
    held = _held(pid)
    return {port for port, inode in _listening() if inode in held}


def of(pid: int) -> list[tuple[str, int]] | None:
    """Return every address and port on which the process *pid* listens; None if its sockets cannot be seen from here."""
    if not os.access(f"/proc/{pid}/fd", os.R_OK | os.X_OK):
        return None
    held = _held(pid)
    return sorted({(str(address), port) for address, port, inode in _all_listening(pid) if inode in held})


def holder(port: int) -> tuple[int, str] | None:
    """
    Return the process that listens on *port* of 127.0.0.1: its number and its name, or None if none does.

    The number is 0 and the name tells so where the process cannot be seen from here.
    """
    inodes = {inode for listening, inode in _listening() if listening == port}
    if not inodes:
        return None
    for pid in sorted(map(int, filter(str.isdigit, os.listdir("/proc")))):
        if _held(pid) & inodes:
            try:
                with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
                    return pid, file.read().strip()
            except OSError:
                continue  # it has ended
    return 0, "a process that cannot be seen from here"
