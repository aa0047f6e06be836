# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
IPv4 and IPv6: who can exchange files with whom, by which of them, and the plan as one of them sees it.

A data connection is of the family of the control connections that ask for it: PORT and EPRT name an address of the family that is
dialled (RFC 2428), and ProFTPD refuses or cannot open others.
"""

from __future__ import annotations

import types
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem, some

Server = t.Mapping[str, t.Any]
Servers = t.Mapping[str, Server]

BOTH = (4, 6)
EVERYBODY = frozenset({"0.0.0.0/0", "::/0"})


def disagreements(
    servers: Servers, partners: t.Mapping[str, t.Collection[str]] = types.MappingProxyType({})
) -> t.Iterator[Problem]:
    """
    Servers that share a family with no other one, and such whose data connections come from where nobody expects them.

    Who has partners (by server, their names) exchanges files with those.
    """
    known = {name: server for name, server in servers.items() if server["families"]}
    having = {family: [name for name, server in known.items() if family in server["families"]] for family in BOTH}
    alone = [name for name, server in known.items() if all(having[family] == [name] for family in server["families"])]
    # Of two that are strangers to one another, one is told.
    alone = alone[1:] if len(alone) == len(known) else alone
    alone = [name for name in alone if not partners.get(name)]
    for name, server in known.items():
        if name in alone:
            (family,) = server["families"]
            others = having[10 - family]
            yield Problem(
                name,
                "fxp_address",
                server["announced"],
                f"is IPv{family} while {some(others)} {'announces' if len(others) == 1 else 'announce'} IPv{10 - family}, and no "
                "file flows between the two families; give all servers addresses of one family, or of both",
            )
        elif server["egress"] and not any(server[f"egress{family}"] for family in server["families"]):
            yield Problem(
                name,
                "fxp_egress_addresses",
                server["egress"],
                f"is of the other family than {server['announced']}, so no data "
                "connection comes from there; write the addresses of that family, or leave the variable out",
            )


def cautions(servers: Servers) -> t.Iterator[tuple[str, str]]:
    """What works but deserves a word: host and sentence."""
    for name, server in servers.items():
        vain = [literal for family in BOTH if family not in server["families"] for literal in server[f"egress{family}"]]
        if vain:
            yield (
                name,
                f"fxp_egress_addresses: {', '.join(vain)} is of the other family than {server['announced']}, so no "
                "data connection comes from there; leave it out.",
            )
    four, six = ([name for name, server in servers.items() if server["families"] == [family]] for family in BOTH)
    for name in four if six else ():
        yield (
            name,
            f"fxp_address: no file flows between servers with an IPv4 address alone and {some(six)}, which "
            f"{'has' if len(six) == 1 else 'have'} an IPv6 address alone; give one of them both.",
        )


def is_open(host: t.Mapping[str, t.Any], family: int) -> bool:
    """Whether everybody is let in, so that a peer, too, comes as far as the server itself, which then refuses it."""
    return not EVERYBODY.isdisjoint(host[f"clients{family}"])


def shared(one: Server, other: Server) -> list[int]:
    """The families by which two servers can exchange files."""
    return [family for family in one["families"] if family in other["families"]]


def of_fleet(servers: Servers) -> list[int]:
    """The families by which any two servers can exchange files; of a single server its own."""
    found = [family for server in servers.values() for family in server["families"]]
    return [family for family in BOTH if found.count(family) >= (2 if len(servers) > 1 else 1)]


def strangers(servers: Servers) -> int:
    """The number of ordered pairs that cannot exchange files, because they share no family."""
    alone = [tuple(server["families"]) for server in servers.values()]
    return 2 * alone.count((4,)) * alone.count((6,))


def _seen(rows: Servers, family: int) -> dict[str, dict[str, t.Any]]:
    return {
        name: {
            **row,
            "address": row[f"address{family}"],
            "announced": row[f"announced{family}"],
            "announced_family": family,
            "egress": row[f"egress{family}"],
        }
        for name, row in rows.items()
        if family in row["families"]
    }


def view(plan: t.Mapping[str, t.Any], family: int) -> dict[str, t.Any]:
    """
    Return the plan as clients of one family see it: the servers and partners that have it, each with the addresses of it alone.

    ``refusing`` and ``shut`` are of these servers.
    """
    servers = _seen(plan["servers"], family)
    refusing = [name for name in plan["refusing"] if name in servers]
    return {
        **plan,
        "servers": servers,
        "partners": _seen(plan["partners"], family),
        "refusing": refusing,
        "shut": [name for name in refusing if not is_open(plan["hosts"][name], family)],
    }
