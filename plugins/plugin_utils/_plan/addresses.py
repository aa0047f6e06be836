# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Addresses and ports of all servers, held against one another: whoever dials one must reach one server, by one family."""

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
    yield from _families(servers)
    yield from _egress(servers)


def cautions(servers: Servers) -> t.Iterator[tuple[str, str]]:
    """What works but deserves a word: host and sentence."""
    for name, server in servers.items():
        own, others = _by_family(server)
        if own and others:
            yield (
                name,
                (
                    f"fxp_egress_addresses: {', '.join(others)} is of the other family than {server['announced']}, so no "
                    "data connection comes from there; leave it out."
                ),
            )


def _is_translated(reader: Reader) -> bool:
    """Whether something in front of the server forwards to it, so that its address may be that of others too."""
    return reader.options["gateway"] is not None or reader.options["masquerade_address"] is not None


def _one_machine(servers: Servers, translated: t.Collection[str]) -> t.Iterator[Problem]:
    """Two names for one machine: it has one ProFTPD with one configuration, and each name would undo what the other did."""
    seen: dict[str, str] = {}
    for name, server in servers.items():
        address = server["address"]
        if address is None or name in translated:
            continue
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
        key = (server["address"], server["public_control_port"])
        if None in key:
            continue
        if key in seen:
            yield Problem(
                name,
                "fxp_address",
                server["address"],
                f"with control port {key[1]} is also the address of {seen[key]}; give every server its own",
            )
        seen.setdefault(key, name)


def _at_announced(servers: Servers) -> dict[str, list[tuple[int, int, str]]]:
    """By announced address the passive ranges that lead to servers there."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for name, server in servers.items():
        if server["announced"] and server["passive_ports"]:
            ports = server["passive_ports"]
            found.setdefault(server["announced"], []).append((ports["first"], ports["last"], name))
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
        for first, last, other in ranges.get(server["address"] or "", ()) if port else ():
            if first <= port <= last and (
                port != server["control_port"] if other == name else name in translated or other in translated
            ):
                variable = "fxp_control_port" if port == server["control_port"] else "fxp_public_control_port"
                yield Problem(
                    name,
                    variable,
                    port,
                    f"is one of the passive ports {first}-{last} of {other} at the same address "
                    f"{server['address']}, where a port leads to one server only; choose another one",
                )


def _families(servers: Servers) -> t.Iterator[Problem]:
    """Servers whose data connections cannot meet: PORT and EPRT name an address of the family that is dialled (RFC 2428)."""
    known = {name: server for name, server in servers.items() if server["announced"]}
    first = next(iter(known), None)
    for name, server in known.items():
        family, other = server["announced_family"], known[first or name]["announced_family"]
        if family != other:
            yield Problem(
                name,
                "fxp_address",
                server["announced"],
                f"is IPv{family} while {first} announces IPv{other}, and no "
                "file flows between the two families; give all servers addresses of one family",
            )


def _by_family(server: Server) -> tuple[list[str], list[str]]:
    """The egress addresses of the family that the server announces, and those of the other one."""
    four, six = server["egress4"], server["egress6"]
    return (six, four) if server["announced_family"] == 6 else (four, six)


def _egress(servers: Servers) -> t.Iterator[Problem]:
    """A server whose data connections would come from where no peer is told to expect them."""
    for name, server in servers.items():
        own, others = _by_family(server)
        if server["announced"] and others and not own:
            yield Problem(
                name,
                "fxp_egress_addresses",
                others,
                f"is of the other family than {server['announced']}, so no data "
                "connection comes from there; write the addresses of that family, or leave the variable out",
            )
