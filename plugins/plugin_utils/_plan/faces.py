# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Servers with two faces: an inner address for the hosts of some networks, and another one for everybody else.

ProFTPD does not know the peer when it announces an address, only its client, by class (``<IfClass>``). So a client that dials the
inner address is told the inner one, and must have peers that reach it there: those whose inner networks are the same.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem, Reader, some

# The class of the hosts in the inner networks of a server, before all others: a session belongs to the first one that matches.
INNER_CLASS = "fxp_inner"

Server = t.Mapping[str, t.Any]
Servers = t.Mapping[str, Server]
Plan = t.Mapping[str, t.Any]


def networks(reader: Reader, families: t.Collection[int], inner_address: str | None) -> list[str]:
    """The networks whose hosts dial the inner address of a server; none where it has one face."""
    found = reader.get("inner_networks", _values.networks) or {4: [], 6: []}
    said = [*found[4], *found[6]]
    if not said:
        return []
    if any(network.endswith("/0") for network in said):
        reader.complain(
            "inner_networks",
            reader.options["inner_networks"],
            "holds everybody, so nobody would be told the address in fxp_address; write the networks inside",
        )
    elif reader.options["inner_address"] is None:
        reader.complain(
            "inner_address",
            None,
            "it is not said although fxp_inner_networks is; write the server's own address in one of these networks",
        )
    elif inner_address is not None and _values.family(inner_address) not in families:
        reader.complain(
            "inner_address",
            inner_address,
            f"is IPv{_values.family(inner_address)}, and fxp_address has no address of that family; write one of the same family",
        )
    elif inner_address is not None and not _values.contains(said, inner_address):
        reader.complain(
            "inner_address",
            inner_address,
            f"is in none of fxp_inner_networks {', '.join(said)}, whose hosts are to dial it; correct one of them",
        )
    return said


def disagreements(servers: Servers) -> t.Iterator[Problem]:
    """Networks of which it is not clear who is inside together with whom."""
    first: dict[tuple[str, ...], str] = {}
    for name, server in servers.items():
        if server["inner_networks"]:
            first.setdefault(tuple(server["inner_networks"]), name)
    for name, server in servers.items():
        own = tuple(server["inner_networks"])
        yield from _overlap(name, own, first)
        yield from _two_gateways(name, server, servers.get(first.get(own, "")), first.get(own, ""))
    taken: dict[str, str] = {}
    for name, server in servers.items():
        address = server["inner_address"] if server["inner_networks"] else None
        if address in taken:
            yield Problem(
                name,
                "fxp_inner_address",
                address,
                f"is also that of {taken[address]} in the same networks; give each server its own",
            )
        elif address:
            taken[address] = name


def _overlap(name: str, own: tuple[str, ...], first: t.Mapping[tuple[str, ...], str]) -> t.Iterator[Problem]:
    for others, other in first.items():
        common = _values.shared_networks(own, others) if own and own != others else []
        if common and first[own] == name:
            yield Problem(
                name,
                "fxp_inner_networks",
                list(own),
                f"has addresses in common with {list(others)} of {other} ({', '.join(common)}), so it is not clear whether the "
                "two reach one another inside; say the same for both, or networks that have nothing in common",
            )
            return


def _two_gateways(name: str, server: Server, other: Server | None, other_name: str) -> t.Iterator[Problem]:
    if other is not None and server["gateway"] and other["gateway"] and server["gateway"] != other["gateway"]:
        yield Problem(
            name,
            "fxp_inner_networks",
            server["inner_networks"],
            f"is also that of {other_name}, which is behind another gateway ({other['gateway']}, not {server['gateway']}), where "
            "the same addresses are other hosts; leave the variable out for the servers behind one of the two",
        )


def cautions(servers: Servers) -> t.Iterator[tuple[str, str]]:
    """What works but deserves a word: host and sentence."""
    for name, server in servers.items():
        if not server["inner_networks"]:
            continue
        strangers = [
            other
            for other, row in servers.items()
            if other != name
            and not together(server, row)
            and any("/" not in each and _values.contains(server["inner_networks"], each) for each in row["egress"])
        ]
        if strangers:
            yield (
                name,
                f"fxp_inner_networks: connections of {some(strangers)} come from there, but fxp_inner_networks is not said for "
                f"{'it' if len(strangers) == 1 else 'them'}, so no file flows between the inner addresses; say it there too.",
            )


def together(one: Server, other: Server) -> bool:
    """Whether two servers reach one another at their inner addresses."""
    networks_of_both = one["inner_networks"] == other["inner_networks"]
    return bool(one["inner_networks"]) and networks_of_both and family(one) == family(other)


def family(server: Server) -> int:
    """The family of a server's inner address."""
    return _values.family(server["inner_address"] or "")


def beside(plan: Plan, name: str) -> dict[str, str]:
    """Return the inner addresses of the peers that exchange files with a server inside, by name, in the order of the plan."""
    refusing, own = frozenset(plan["refusing"]), plan["servers"][name]
    if name in refusing or not own["inner_networks"]:
        return {}
    return {
        peer: row["inner_address"]
        for peer, row in plan["servers"].items()
        if peer != name and peer not in refusing and together(own, row)
    }


def members(plan: Plan, name: str) -> dict[str, list[str]]:
    """Return the addresses of each peer and partner of a server that it takes beside its client's own, by name."""
    inside = beside(plan, name)
    found = {
        peer: list(dict.fromkeys([*row["class_members"], *([inside[peer]] if peer in inside else [])]))
        for peer, row in plan["servers"].items()
        if peer != name
    }
    return {**found, **{partner: plan["partners"][partner]["class_members"] for partner in plan["hosts"][name]["extra_peers"]}}


def groups(plan: Plan, which: int, vantages: t.Sequence[t.Sequence[str]]) -> list[dict[str, t.Any]]:
    """
    Return the servers that reach one another at inner addresses of one family, and which vantages are inside with them.

    ``vantages`` has the addresses of each. Groups of one server are left out; so are servers that exchange files with nobody.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for name, server in plan["servers"].items():
        if server["inner_networks"] and family(server) == which and name not in plan["refusing"]:
            found.setdefault(tuple(server["inner_networks"]), []).append(name)
    return [
        {
            "servers": {name: _dialled(plan["servers"][name]) for name in names},
            "shares": [share for share, own in enumerate(vantages) if any(_values.contains(said, address) for address in own)],
        }
        for said, names in found.items()
        if len(names) > 1
    ]


def _dialled(server: Server) -> dict[str, t.Any]:
    """How a check inside reaches a server, where that is another way than elsewhere."""
    return {"host": server["inner_address"], "port": server["control_port"], "expected_address": server["inner_address"]}


def masquerade(server: Server, announced: str | None) -> str | None:
    """Return what is announced to hosts inside where others are told ``announced``; None where that is the same."""
    if not server["inner_networks"] or announced is None or family(server) != 4:
        return None
    return t.cast(str, server["inner_address"])
