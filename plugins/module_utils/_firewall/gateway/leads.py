# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What stands on a gateway: where each port leads, and who may come. Of a wish, and of what is forwarded now. Pure.

A port that leads to a server which still has it keeps doing so, until that server has changed to the ports of the plan.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.wish import Server, Wish
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span, without

BOTH = (4, 6)


class Lead(t.NamedTuple):
    """Ports of the outer address, and where they lead: to one ``port`` there, or to the same ones where that is None."""

    ports: Span
    inner: str
    port: int | None
    name: str  # of the server, for people

    @property
    def lands(self) -> Span:
        """The ports of the server itself."""
        return self.ports if self.port is None else (self.port, self.port)


class Port(t.NamedTuple):
    """Ports of a server behind the gateway."""

    inner: str
    ports: Span
    files: bool  # for data connections, to which peers come, too
    name: str = ""


class Clients(t.NamedTuple):
    """Networks whose hosts may come to all ports of some servers."""

    networks: tuple[str, ...]
    inners: tuple[str, ...]


class Peers(t.NamedTuple):
    """Addresses that may come to the passive ports of a server."""

    inner: str
    ports: Span
    addresses: tuple[str, ...]


class Out(t.NamedTuple):
    """What a server opens to one peer elsewhere."""

    inner: str
    address: str
    ports: Span
    name: str = ""


class Leads(t.NamedTuple):
    """Everything that stands on a gateway, by family where it has two."""

    outer: str
    arrival: str
    leads: tuple[Lead, ...]
    ports: t.Mapping[int, tuple[Port, ...]]
    clients: t.Mapping[int, tuple[Clients, ...]]
    peers: t.Mapping[int, tuple[Peers, ...]]
    out: t.Mapping[int, tuple[Out, ...]]
    renamed: tuple[str, ...]  # inner addresses whose connections to peers come from the arrival address
    outside: tuple[str, ...] = ()  # interfaces by which connections arrive; none if that is not known
    inside: tuple[str, ...] = ()  # and by which they go on
    lan: tuple[str, ...] = ()  # networks inside whose hosts may dial the outer address, too
    closed: bool = False  # nothing else is forwarded, because the host forwarded nothing before this collection

    @property
    def inners(self) -> tuple[str, ...]:
        """The IPv4 addresses to which ports lead, in their order."""
        return tuple(dict.fromkeys(lead.inner for lead in self.leads))


def planned(wish: Wish) -> Leads:
    """What the plan wants, and nothing else."""
    leads = [lead for server in wish.servers for lead in _leads(server)]
    return _leads_of(wish, leads, [port for server in wish.servers for port in _ports6(server)])


def meanwhile(wish: Wish, former: Leads | None) -> Leads:
    """The same beside what has to stay of the ``former`` state."""
    if former is None:
        return planned(wish)
    kept = [lead for lead in former.leads if _stays(lead.inner, wish)]
    taken = [lead.ports for lead in kept]
    wanted = [lead for server in wish.servers for lead in _leads(server)]
    new = [lead._replace(ports=span) for lead in wanted if lead not in kept for span in without([lead.ports], taken)]
    old6 = [port for port in former.ports[6] if _stays(port.inner, wish)]
    plan6 = [port for server in wish.servers for port in _ports6(server)]
    found = _leads_of(
        wish,
        [*(lead for lead in kept if lead in wanted), *new, *(lead for lead in kept if lead not in wanted)],
        [*plan6, *(port for port in old6 if port not in plan6)],
    )
    if not wish.keep:
        return found
    # Who is in the plan no more is let through as it was until the last step.
    gone = {lead.inner for lead in kept} | {port.inner for port in old6}
    gone -= {inner for server in wish.servers for inner in server.inner.values()}
    return found._replace(
        clients={family: (*found.clients[family], *_clients_of(former.clients[family], gone)) for family in BOTH},
        peers={family: (*found.peers[family], *(row for row in former.peers[family] if row.inner in gone)) for family in BOTH},
        out={
            family: (*found.out[family], *(row for row in former.out[family] if row not in found.out[family])) for family in BOTH
        },
        renamed=tuple(dict.fromkeys([*found.renamed, *(inner for inner in former.renamed if inner in gone)])),
        lan=outermost([*found.lan, *former.lan]),
    )


def moved(wish: Wish, former: Leads | None) -> list[str]:
    """Return the servers that a port will lead to which leads elsewhere now, so that it has to change the moment they do."""
    targets = {lead: (lead.inner, lead.port) for lead in (former.leads if former else ())}
    return [
        server.name
        for server in wish.servers
        if any(
            old.ports[0] <= lead.ports[1] and lead.ports[0] <= old.ports[1] and target != (lead.inner, lead.port)
            for lead in _leads(server)
            for old, target in targets.items()
        )
    ]


def _stays(inner: str, wish: Wish) -> bool:
    """Whether what leads there now may still be needed."""
    owner = next((server for server in wish.servers if inner in server.inner.values()), None)
    return wish.keep or (owner is not None and owner.pending)


def _leads(server: Server) -> t.Iterator[Lead]:
    if 4 in server.inner:
        yield Lead((server.public, server.public), server.inner[4], server.own.ports.control, server.name)
        yield Lead(server.own.ports.passive, server.inner[4], None, server.name)


def _ports6(server: Server) -> t.Iterator[Port]:
    if 6 in server.inner:
        control = server.own.ports.control
        yield Port(server.inner[6], (control, control), False, server.name)
        yield Port(server.inner[6], server.own.ports.passive, True, server.name)


def _leads_of(wish: Wish, leads: t.Sequence[Lead], ports6: t.Sequence[Port]) -> Leads:
    """What stands on the gateway where these ports lead to servers; who may come to them is the plan's alone."""
    four = tuple(dict.fromkeys(Port(lead.inner, lead.lands, lead.port is None, lead.name) for lead in leads))
    ports = {4: four, 6: tuple(ports6)}
    return Leads(
        wish.outer,
        wish.arrival,
        tuple(leads),
        ports,
        {family: _clients(wish, family) for family in BOTH},
        {family: tuple(_peers(wish, ports[family], family)) for family in BOTH},
        {family: tuple(_out(wish, family)) for family in BOTH},
        tuple(server.inner[4] for server in wish.servers if server.renamed and 4 in server.inner and server.own.outgoing[4]),
        # As an address is written alone, so that it is not said twice where it is that of a server.
        lan=outermost(
            network[: -len("/32")] if network.endswith("/32") else network for one in wish.servers for network in one.lan
        ),
    )


def _clients(wish: Wish, family: int) -> tuple[Clients, ...]:
    """Servers with the same clients share a row."""
    found: dict[tuple[str, ...], list[str]] = {}
    for server in wish.servers:
        networks = outermost(server.own.clients[family])
        if family in server.inner and networks:
            found.setdefault(networks, []).append(server.inner[family])
    return tuple(Clients(networks, tuple(inners)) for networks, inners in found.items())


def _clients_of(rows: t.Iterable[Clients], inners: t.Collection[str]) -> t.Iterator[Clients]:
    for row in rows:
        left = tuple(inner for inner in row.inners if inner in inners)
        if left:
            yield row._replace(inners=left)


def _peers(wish: Wish, ports: t.Iterable[Port], family: int) -> t.Iterator[Peers]:
    """Peers may come to all passive ports that lead to a server, also to those that it is about to leave."""
    for server in wish.servers:
        inner = server.inner.get(family)
        addresses = outermost(address for peer in server.own.peers[family] for address in peer.addresses)
        for port in ports if addresses else ():
            if port.inner == inner and port.files:
                yield Peers(port.inner, port.ports, addresses)


def _out(wish: Wish, family: int) -> t.Iterator[Out]:
    for server in wish.servers:
        for peer in server.own.outgoing[family] if family in server.inner else ():
            for address in peer.addresses:
                yield Out(server.inner[family], address, peer.ports, peer.name)


def outermost(networks: t.Iterable[str]) -> tuple[str, ...]:
    """The same without what is part of another one, which nft refuses in one set; in their order."""
    said = list(dict.fromkeys(networks))
    known = {text: ipaddress.ip_network(text) for text in said}
    wide = [network for network in known.values() if network.num_addresses > 1]
    return tuple(text for text in said if not any(network != known[text] and _holds(network, known[text]) for network in wide))


def _holds(wide: t.Any, narrow: t.Any) -> bool:
    return wide.version == narrow.version and bool(narrow.subnet_of(wide))


__all__ = ("BOTH", "Clients", "Lead", "Leads", "Out", "Peers", "Port", "meanwhile", "moved", "outermost", "planned")
