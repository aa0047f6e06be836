# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Who listens on this host, and where, read from proc(5).

A greeting alone proves little: any FTP server says 220. What tells servers apart is which process holds the listening socket.
"""

from __future__ import annotations

import ipaddress
import os
import sys
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import processes
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd

_LISTEN = "0A"  # state of a listening socket in /proc/net/tcp

Literal = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
LOCAL = ipaddress.IPv4Address("127.0.0.1")


class Process(t.NamedTuple):
    """A process by its number and its name."""

    pid: int
    name: str


class Listener(t.NamedTuple):
    """
    A socket that listens, and the processes that hold it by their numbers: none where they cannot be seen from here.

    ``unit`` is the socket unit that systemd itself holds it for, until somebody calls.
    """

    address: Literal
    port: int
    holders: tuple[Process, ...]
    unit: str | None = None

    def answers(self, address: Literal) -> bool:
        """Whether a connection to ``address`` arrives here."""
        if self.address.is_unspecified:
            # What listens on :: takes IPv4, too, unless it was told not to, which cannot be seen from outside.
            return self.address.version == 6 or address.version == 4
        return self.address == address

    def named(self) -> str:
        """Return who listens, as it is told people."""
        if self.unit is not None:
            return f"the unit {self.unit} of systemd"
        if not self.holders:
            return "a process that cannot be seen from here"
        return f"{self.holders[0].name} (process {self.holders[0].pid})"


def listeners(proc: str = "/proc", systemd: Systemd | None = None) -> list[Listener]:
    """Return every socket of this host that listens, by port: two passes over ``proc`` at most, and one question to systemd."""
    found = _table(proc)
    holders = _holders(proc, found)
    # A session that closes its passive port meanwhile is nobody whom one cannot see: what has no holder is asked for again.
    unseen = found.keys() - holders
    if unseen:
        holders.update(_holders(proc, unseen))
        ended = unseen - _table(proc).keys()
        found = {inode: where for inode, where in found.items() if inode not in ended}
    every = [Listener(address, port, tuple(holders.get(inode, ()))) for inode, (address, port) in found.items()]
    if any(_is_systemds(each) for each in every):
        units = (systemd or Systemd()).sockets()
        every = [each._replace(unit=units.get((str(each.address), each.port))) if _is_systemds(each) else each for each in every]
    return sorted(every, key=lambda each: (each.port, each.address.version, each.address.packed))


def _table(proc: str) -> dict[str, tuple[Literal, int]]:
    """Return address and port of every socket that listens, by its inode."""
    return {inode: (address, port) for address, port, inode in _listening(f"{proc}/net")}


def _holders(proc: str, inodes: t.Collection[str]) -> dict[str, list[Process]]:
    """Return the processes that hold those sockets and are still there, by inode and in the order of their numbers."""
    holders: dict[str, list[Process]] = {}
    for pid in sorted(map(int, filter(str.isdigit, os.listdir(proc)))):
        held = _held(f"{proc}/{pid}").intersection(inodes)
        name = processes.name(pid, proc) if held else None
        if name:
            for inode in held:
                holders.setdefault(inode, []).append(Process(pid, name))
    return holders


def _is_systemds(listener: Listener) -> bool:
    return listener.holders[:1] == (Process(1, "systemd"),)


def ports(pid: int) -> set[int]:
    """Return the ports of 127.0.0.1 on which the process ``pid`` listens."""
    held = _held(f"/proc/{pid}")
    every = [(Listener(address, port, ()), inode) for address, port, inode in _listening("/proc/net")]
    return {each.port for each, inode in every if inode in held and each.answers(LOCAL)}


def of(pid: int) -> list[tuple[str, int]] | None:
    """Return every address and port on which the process ``pid`` listens; None if its sockets cannot be seen from here."""
    if not os.access(f"/proc/{pid}/fd", os.R_OK | os.X_OK):
        return None
    held = _held(f"/proc/{pid}")
    return sorted({(str(address), port) for address, port, inode in _listening(f"/proc/{pid}/net") if inode in held})


def holder(port: int) -> Listener | None:
    """Return the socket to which a connection to ``port`` of 127.0.0.1 comes, or None if nobody listens there."""
    found = [each for each in listeners() if each.port == port and each.answers(LOCAL)]
    # One that is bound to the address itself goes before those that are bound to any.
    return min(found, key=lambda each: each.address != LOCAL, default=None)


def is_answered(connection: str) -> bool:
    """
    Whether the other end takes what is sent over a TCP connection, as far as the kernel knows: it repeats nothing.

    ``connection`` is peer and port, own address and port, as SSH_CONNECTION has them. One that is not seen from here is answered.
    """
    try:
        peer, peer_port, own, own_port = connection.split()
        ends = [
            (ipaddress.ip_address(own.split("%")[0]), int(own_port)),
            (ipaddress.ip_address(peer.split("%")[0]), int(peer_port)),
        ]
    except ValueError:
        return True
    # proc(5): the column retrnsmt, which an answer sets back to 0.
    repeating = (fields for fields in _rows("/proc/net") if int(fields[6], 16))
    return all([_end(field) for field in fields[1:3]] != ends for fields in repeating)


def _end(field: str) -> tuple[Literal, int]:
    address, port = field.split(":")
    return _literal(address), int(port, 16)


def _literal(address: str) -> Literal:
    """Return an address that the kernel prints: words of 32 bits in the byte order of this machine."""
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    literal = ipaddress.ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words))
    if isinstance(literal, ipaddress.IPv6Address):
        return literal.ipv4_mapped or literal
    return literal


def _listening(net: str) -> t.Iterator[tuple[Literal, int, str]]:
    """Yield address, port and inode of every socket that listens in the network namespace whose files are in ``net``."""
    for fields in _rows(net):
        if fields[3] == _LISTEN:
            yield (*_end(fields[1]), fields[9])


def _rows(net: str) -> t.Iterator[list[str]]:
    """Yield what the kernel tells of every TCP socket there, field by field."""
    for name in ("tcp", "tcp6"):
        try:
            with open(f"{net}/{name}", encoding="ascii") as file:
                lines = file.read().splitlines()[1:]
        except OSError:  # a kernel without IPv6, or the process has ended
            continue
        yield from map(str.split, lines)


def _held(process: str) -> set[str]:
    """Return the inodes of the sockets that the process in the directory ``process`` holds."""
    links = set()
    try:
        for name in os.listdir(f"{process}/fd"):
            try:
                links.add(os.readlink(f"{process}/fd/{name}"))
            except OSError:
                continue  # closed in between
    except OSError:
        return set()  # the process has ended, or is another's
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


__all__ = ("Listener", "Process", "holder", "is_answered", "listeners", "of", "ports")
