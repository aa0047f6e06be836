# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Who may connect to whom, on which ports, and why: derived from the plan here, and printed by rules, rule sheet and audit.

Pure. A flow is a TCP connection as it is opened; replies follow it back. A flow exists only where a file may flow: a server that
takes no foreign addresses needs no data connection of a peer, neither to it nor from it.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import faces, partners, values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.families import shared

CONTROL = "control"  # clients log in
FILES = "files"  # data connections of clients, which are passive
FXP = "fxp"  # data connections of peers, to the server that listens

Plan = t.Mapping[str, t.Any]
Ports = t.Tuple[int, int]  # first and last


class Flow(t.NamedTuple):
    """
    Connections of one kind to one server. All addresses and networks are of one ``family``.

    ``sources`` is where they come from. ``dialled`` and ``ports`` are what they are opened to; behind a gateway that is its outer
    address, and ``lands`` are the ports of the server itself. Those that are ``inner`` go to its inner address instead.
    """

    kind: str
    source: str | None  # a server, none for clients
    sources: tuple[str, ...]
    server: str
    dialled: str
    ports: Ports
    lands: Ports
    family: int
    inner: bool = False


def exchange_files(plan: Plan, one: str, other: str) -> bool:
    """Whether files may flow between two servers: each takes addresses of others beside its client's, in one family."""
    servers = plan["servers"]
    return one != other and not {one, other} & set(plan["refusing"]) and bool(shared(servers[one], servers[other]))


def into(plan: Plan, name: str) -> t.Iterator[Flow]:
    """The flows to one server, by family: its clients', then its peers' in the order of the plan; at last those inside."""
    for family in plan["servers"][name]["families"]:
        yield from _into(plan, name, family)
    if plan["servers"][name]["inner_networks"]:
        yield from _inside(plan, name)


def _into(plan: Plan, name: str, family: int) -> t.Iterator[Flow]:
    server, host = plan["servers"][name], plan["hosts"][name]
    passive, control = _passive(server), server["control_port"]
    address, announced = server[f"address{family}"], server[f"announced{family}"]
    clients = tuple(host[f"clients{family}"])
    public = server["public_control_port"]
    if clients:
        yield Flow(CONTROL, None, clients, name, address, (public, public), (control, control), family)
        yield Flow(FILES, None, clients, name, announced, passive, passive, family)
    refusing = frozenset(plan["refusing"])
    if name in refusing:
        return
    for peer, row in plan["servers"].items():
        # Where connections come from in the other family, none can be opened to an address of this one.
        egress = tuple(row[f"egress{family}"]) if family in row["families"] else ()
        if peer != name and peer not in refusing and egress:
            yield Flow(FXP, peer, egress, name, announced, passive, passive, family)
    for partner, row in partners.of(plan, name).items():
        if row[f"egress{family}"]:
            yield Flow(FXP, partner, tuple(row[f"egress{family}"]), name, announced, passive, passive, family)


def _inside(plan: Plan, name: str) -> t.Iterator[Flow]:
    """The flows to the inner address of a server, of hosts in its inner networks."""
    server, host = plan["servers"][name], plan["hosts"][name]
    inner, family, control, passive = server["inner_address"], faces.family(server), server["control_port"], _passive(server)
    clients = tuple(values.shared_networks(host[f"clients{family}"], server["inner_networks"]))
    if clients:
        yield Flow(CONTROL, None, clients, name, inner, (control, control), (control, control), family, True)
        yield Flow(FILES, None, clients, name, inner, passive, passive, family, True)
    for peer, address in faces.beside(plan, name).items():
        yield Flow(FXP, peer, (address,), name, inner, passive, passive, family, True)


def flows(plan: Plan) -> t.Iterator[Flow]:
    """All flows of the fleet, server by server, and those to partners."""
    for name in plan["servers"]:
        yield from into(plan, name)
    for partner in plan["partners"]:
        yield from to_partner(plan, partner)


def to_partner(plan: Plan, partner: str) -> t.Iterator[Flow]:
    """The flows that servers of ours open to a partner. Who else logs in there is nobody's business here."""
    row = plan["partners"][partner]
    ports = _passive(row)
    for name in row["servers"]:
        for family in shared(plan["servers"][name], row):
            egress = tuple(plan["servers"][name][f"egress{family}"])
            if egress:
                yield Flow(FXP, name, egress, partner, row[f"announced{family}"], ports, ports, family)


class Outgoing(t.NamedTuple):
    """Data connections that a server opens to one peer that listens, whose ``addresses`` are of one family."""

    peer: str
    addresses: tuple[str, ...]
    ports: Ports


def out_of(plan: Plan, name: str, family: int) -> t.Iterator[Outgoing]:
    """
    What one server opens to its peers in one family.

    A peer is reached at any of its addresses, those it only comes from too: so it can move from one to another in two steps.
    """
    refusing, own = frozenset(plan["refusing"]), plan["servers"][name]
    if name in refusing:
        return
    inside = faces.beside(plan, name) if family == faces.family(own) else {}
    for peer, row in plan["servers"].items():
        members = row[f"class_members{family}"] if family in row["families"] and family in own["families"] else ()
        # Nobody listens at a whole network, from which connections come.
        dialled = [*(member for member in members if "/" not in member), *([inside[peer]] if peer in inside else [])]
        addresses = tuple(dict.fromkeys(dialled))
        if peer != name and peer not in refusing and addresses:
            yield Outgoing(peer, addresses, _passive(row))
    for partner, row in partners.of(plan, name).items():
        addresses = tuple(member for member in row[f"class_members{family}"] if "/" not in member)
        if addresses and family in own["families"]:
            yield Outgoing(partner, addresses, _passive(row))


def wish(plan: Plan, name: str) -> dict[str, t.Any]:
    """
    What the firewall of one server is to let through, as plain data that any firewall manager can be told.

    ``control_port``; ``passive_ports`` with ``first`` and ``last``; ``addresses``, the server's own, which tell by which
    interface connections come; ``clients4`` and ``clients6``, networks that get in at all of these ports; ``peers4`` and
    ``peers6``, by name the addresses that get in at the passive ports; ``outgoing4`` and ``outgoing6``, what the server itself
    opens.
    """
    server, host = plan["servers"][name], plan["hosts"][name]
    own = [each for each in (*server["class_members4"], *server["class_members6"]) if "/" not in each]
    peers: dict[int, dict[str, dict[str, None]]] = {4: {}, 6: {}}
    for flow in into(plan, name):
        if flow.kind == FXP:
            peers[flow.family].setdefault(str(flow.source), {}).update(dict.fromkeys(flow.sources))
    return {
        "control_port": server["control_port"],
        "passive_ports": dict(server["passive_ports"]),
        "addresses": list(dict.fromkeys([*own, *([server["inner_address"]] if server["inner_networks"] else [])])),
        "clients4": list(host["clients4"]),
        "clients6": list(host["clients6"]),
        **{
            f"peers{family}": [{"name": peer, "addresses": list(sources)} for peer, sources in peers[family].items()]
            for family in (4, 6)
        },
        **{
            f"outgoing{each}": [
                {"name": one.peer, "addresses": list(one.addresses), "first": one.ports[0], "last": one.ports[1]}
                for one in out_of(plan, name, each)
            ]
            for each in (4, 6)
        },
    }


def _passive(server: t.Mapping[str, t.Any]) -> Ports:
    return server["passive_ports"]["first"], server["passive_ports"]["last"]
