# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What only the gateway itself can tell: by which interfaces connections come and go on, and what stands against leading them."""

from __future__ import annotations

import ipaddress
import json
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import detect, lockout
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.leads import Lead, Leads
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.wish import Wish
from ansible_collections.proftpd.fxp.plugins.module_utils._host import sockets


class Sides(t.NamedTuple):
    """The interfaces on both sides, in a fixed order."""

    outside: tuple[str, ...]
    inside: tuple[str, ...]


def sides(wish: Wish, commands: detect.Commands) -> Sides:
    """
    Find the interfaces.

    Raises FirewallError where the host does not have the address at which connections arrive, or no way to a server.
    """
    listed = _listed(commands, "address", "show")
    outside = sorted(
        {
            link["ifname"]
            for link in listed
            for address in link.get("addr_info", [])
            if address.get("local") == wish.arrival and "LOOPBACK" not in link.get("flags", [])
        }
    )
    if not outside:
        variable = "fxp_outer_address" if wish.arrival == wish.outer else "fxp_arrival_address"
        here = ", ".join(sorted(_addresses(listed))) or "none"
        more = "" if wish.arrival != wish.outer else " Where something in front translates that address, say fxp_arrival_address."
        raise FirewallError(f"{variable}: {wish.arrival} is no address of this host, which has {here}.{more}")
    inside = {_way(server.name, address, commands) for server in wish.servers for address in server.inner.values()}
    return Sides(tuple(outside), tuple(sorted(inside)))


def _addresses(listed: t.Iterable[t.Mapping[str, t.Any]]) -> set[str]:
    links = [link for link in listed if "LOOPBACK" not in link.get("flags", [])]
    return {
        str(address["local"])
        for link in links
        for address in link.get("addr_info", [])
        if address.get("family") == "inet" and "local" in address
    }


def _way(server: str, address: str, commands: detect.Commands) -> str:
    family = "-6" if ipaddress.ip_address(address).version == 6 else "-4"
    routes = _listed(commands, family, "route", "get", address)
    route = routes[0] if routes else {}
    if route.get("type") == "local":
        raise FirewallError(
            f"fxp_inner_address of {server}: {address} is this host's own address; a server behind a gateway is another machine."
        )
    if "dev" not in route:
        raise FirewallError(
            f"fxp_inner_address of {server}: this host has no route to {address}; add one, or correct the address."
        )
    return str(route["dev"])


def _listed(commands: detect.Commands, *words: str) -> list[dict[str, t.Any]]:
    try:
        return t.cast("t.List[t.Dict[str, t.Any]]", json.loads(commands.output("ip", "-j", *words) or "[]"))
    except ValueError:
        return []


def refuse_taken(leads: Leads, connection: str, listeners: t.Iterable[sockets.Listener], ssh: t.Iterable[int]) -> None:
    """
    Refuse to lead a port elsewhere on which this host itself listens.

    Raises FirewallError for the port by which administrators come in (``connection`` is SSH_CONNECTION, ``ssh`` the ports that
    servers of ssh listen on), and for one that another program serves at the outer address.
    """
    ways = lockout.ways_in(connection, ssh)
    heard = list(listeners)
    for lead in leads.leads:
        first, last = lead.ports
        way = next((port for port in sorted(ways) if first <= port <= last), None)
        if way is not None:
            raise FirewallError(
                f"{_said(lead)}, but ssh, the way in for administrators of this gateway, listens on port {way} here; choose "
                "others for that server."
            )
        taken = next((each for each in heard if first <= each.port <= last and _is_met(each, leads)), None)
        if taken is not None:
            raise FirewallError(
                f"{_said(lead)}, but {taken.named()} listens on port {taken.port} of this gateway; choose others for that "
                "server, or stop that program."
            )


def _said(lead: Lead) -> str:
    first, last = lead.ports
    if lead.port is None:
        return f"fxp_passive_ports of {lead.name} is {first}-{last}"
    return f"The public control port of {lead.name} is {first}"


def _is_met(listener: sockets.Listener, leads: Leads) -> bool:
    return any(listener.answers(ipaddress.ip_address(address)) for address in (leads.arrival, leads.outer))


__all__ = ("Sides", "refuse_taken", "sides")
