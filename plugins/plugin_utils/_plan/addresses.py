# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Addresses and ports of all servers, held against one another: whoever dials one must reach one server."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem, Reader

Readers = t.Mapping[str, Reader]
Server = t.Mapping[str, t.Any]
Servers = t.Mapping[str, Server]


def disagreements(readers: Readers, servers: Servers) -> t.Iterator[Problem]:
    """Servers that could not be told apart, or whose data connections cannot meet."""
    translated = {name for name, reader in readers.items() if _is_translated(reader)}
    yield from _one_machine(servers, translated)
    yield from _one_port(servers)
    yield from _passive_ports(servers, translated)
    yield from _control_ports(servers, translated)


def _is_translated(reader: Reader) -> bool:
    """Whether something in front of the server forwards to it, so that its address may be that of others too."""
    return reader.options["gateway"] is not None or reader.options["masquerade_address"] is not None


def _dialled(server: Server) -> list[str]:
    return [address for address in (server["address4"], server["address6"]) if address]


def _one_machine(servers: Servers, translated: t.Collection[str]) -> t.Iterator[Problem]:
    """Two names for one machine: it has one ProFTPD with one configuration, and each name would undo what the other did."""
    seen: dict[str, str] = {}
    for name, server in servers.items():
        for address in () if name in translated else _dialled(server):
            if address in seen and servers[seen[address]]["control_port"] != server["control_port"]:
                yield Problem(
                    name,
                    "fxp_address",
                    address,
                    f"is also the address of {seen[address]}, with another control port, but "
                    "a machine has one FTP server; keep one of the two names, or correct the address",
                )
            seen.setdefault(address, name)


def _one_port(servers: Servers) -> t.Iterator[Problem]:
    """Two servers that would be dialled at one address and port."""
    seen: dict[tuple[str, int], str] = {}
    for name, server in servers.items():
        for address in _dialled(server) if server["public_control_port"] else ():
            key = (address, server["public_control_port"])
            if key in seen:
                yield Problem(
                    name,
                    "fxp_address",
                    address,
                    f"with control port {key[1]} is also the address of {seen[key]}; give every server its own",
                )
            seen.setdefault(key, name)


def _at_announced(servers: Servers) -> dict[str, list[tuple[int, int, str]]]:
    """By announced address the passive ranges that lead to servers there."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for name, server in servers.items():
        ports = server["passive_ports"]
        for announced in (server["announced4"], server["announced6"]) if ports else ():
            if announced:
                found.setdefault(announced, []).append((ports["first"], ports["last"], name))
    return found


def _passive_ports(servers: Servers, translated: t.Collection[str]) -> t.Iterator[Problem]:
    """Two servers that announce the same port of an outer address, from which a port can lead to one of them only."""
    for address, ranges in _at_announced(servers).items():
        for number, (first, last, name) in enumerate(ranges):
            shared = next(
                (
                    other
                    for low, high, other in ranges[:number]
                    if first <= high and low <= last and (name in translated or other in translated)
                ),
                None,
            )
            if shared is not None:
                yield Problem(
                    name,
                    "fxp_passive_ports",
                    f"{first}-{last}",
                    f"shares ports with those of {shared}, and both "
                    f"announce {address}, where a port leads to one server only; give each a range of its own",
                )


def _control_ports(servers: Servers, translated: t.Collection[str]) -> t.Iterator[Problem]:
    """A port for logins that, at the same address, leads to somebody's passive range. A server's own two ports are read alone."""
    ranges = _at_announced(servers)
    for name, server in servers.items():
        port = server["public_control_port"]
        for address, first, last, other in (
            (dialled, *each) for dialled in _dialled(server) for each in ranges.get(dialled, ()) if port
        ):
            if first <= port <= last and (
                port != server["control_port"] if other == name else name in translated or other in translated
            ):
                variable = "fxp_control_port" if port == server["control_port"] else "fxp_public_control_port"
                yield Problem(
                    name,
                    variable,
                    port,
                    f"is one of the passive ports {first}-{last} of {other} at the same address "
                    f"{address}, where a port leads to one server only; choose another one",
                )
