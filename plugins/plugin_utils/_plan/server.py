# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is said of one server's addresses and ports: its row of the table that all others know it by."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import faces as _faces
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.families import BOTH
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.gateways import inner_address
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem, Reader

Gateway = t.Optional[t.Mapping[str, t.Any]]


def row(reader: Reader, gateway: Gateway = None) -> dict[str, t.Any]:
    """
    What the others must know of this server: a row of the peers' table.

    ``gateway`` is the one in front of it, where that is ours to configure.
    """
    try:
        _values.host_name(reader.host)
    except ValueError as exc:
        reader.problems.append(Problem(reader.host, "inventory_hostname", reader.host, str(exc)))
    address = _addresses(reader, gateway)
    control_port = reader.get("control_port", _values.port)
    public_control_port = reader.get("public_control_port", _values.port) or control_port
    passive = reader.get("passive_ports", _values.port_range)
    if passive and control_port and passive[0] <= control_port <= passive[1]:
        reader.complain(
            "passive_ports",
            reader.options["passive_ports"],
            f"contains the control port {control_port}; choose a range without it",
        )
    announced = _announced(reader, address, gateway)
    families = [family for family in address if announced[family]]
    egress = _egress(reader, announced)
    members = sorted({*announced.values(), *egress} - {None})
    inner = inner_address(reader, families, gateway)
    return {
        # What is said first is what is dialled where one address must do.
        "address": address[families[0]] if families else None,
        "announced": announced[families[0]] if families else None,
        "announced_family": families[0] if families else 4,
        "families": sorted(families),
        **{f"address{family}": address.get(family) for family in BOTH},
        **{f"announced{family}": announced.get(family) for family in BOTH},
        "control_port": control_port,
        "public_control_port": public_control_port,
        "gateway": reader.options["gateway"],
        "inner_address": inner,
        "inner_networks": _faces.networks(reader, families, inner),
        "passive_ports": {"first": passive[0], "last": passive[1]} if passive else None,
        "egress": egress,
        # PORT brings the announced address to a peer, the peer's own connection brings the egress address.
        "class_members": members,
        **{f"egress{family}": _values.of_family(egress, family) for family in BOTH},
        **{f"class_members{family}": _values.of_family(members, family) for family in BOTH},
        "tls": reader.options["tls"],
    }


def _addresses(reader: Reader, gateway: Gateway) -> dict[int, str]:
    """The addresses that clients and peers dial, by family, in the order in which they are said."""
    found: dict[int, str] = {}
    said = reader.options["address"] or [gateway["outer_address"] if gateway else reader.options["inner_address"]]
    for text in said:
        address = reader.parse("address", _values.address, text)
        family = _values.family(address) if address else 0
        if family in found:
            reader.complain(
                "address",
                reader.options["address"],
                f"has two addresses of IPv{family}; write one, or one of each family, and the others of a server that opens "
                "connections from them into fxp_egress_addresses",
            )
        elif address:
            found[family] = address
    if said == [None]:
        reader.complain(
            "address",
            None,
            "it is not said and ansible_host is no literal address that others can dial; write the "
            "address that clients and peers dial",
        )
    return found


def masquerade(reader: Reader, gateway: Gateway, families: t.Collection[int]) -> str | None:
    """What is said of the address that the server announces for its IPv4 one, by itself or by its gateway."""
    said = reader.options["masquerade_address"]
    return said if said is not None or not gateway or 4 not in families else str(gateway["outer_address"])


def _announced(reader: Reader, address: t.Mapping[int, str], gateway: Gateway) -> dict[int, str]:
    """What the server tells clients of each family to connect to for data. Only IPv4 is translated (PASV, RFC 959)."""
    masquerade = reader.get("masquerade_address", _values.address)
    if masquerade is None:
        if reader.options["gateway"] is not None and gateway is None and 4 in address:
            reader.complain(
                "masquerade_address",
                None,
                "it is not said although fxp_gateway is; write the outer address of the gateway, which PASV must announce, or "
                "say it for the gateway as fxp_outer_address and have this collection configure it",
            )
        return dict(address)
    if _values.family(masquerade) == 6:
        reader.complain(
            "masquerade_address",
            masquerade,
            "is an IPv6 address, which PASV cannot announce (RFC 959); "
            "write an IPv4 address, or leave it out: IPv6 is not behind NAT",
        )
    elif address and 4 not in address:
        reader.complain(
            "masquerade_address",
            masquerade,
            f"is for those who dial an IPv4 address, and fxp_address has {address[6]} alone; add the IPv4 address to it, or "
            "leave this out",
        )
    return {family: masquerade if family == _values.family(masquerade) == 4 else own for family, own in address.items()}


def _egress(reader: Reader, announced: t.Mapping[int, str]) -> list[str]:
    """Where connections of the server come from. A family of which nothing is said is not translated."""
    said = [reader.parse("egress_addresses", _values.origin, entry) for entry in reader.options["egress_addresses"]]
    known = {entry for entry in said if entry}
    # Where nothing fits the server, that is a mistake, and is told as one.
    if not said or {_values.family(entry) for entry in known} & announced.keys():
        known |= {own for family, own in announced.items() if not _values.of_family(known, family)}
    return sorted(known)
