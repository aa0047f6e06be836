# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is to be let through, as data that every firewall manager can be told. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import kinds
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError

Span = t.Tuple[int, int]  # first and last
Data = t.Mapping[str, t.Any]


class Ports(t.NamedTuple):
    """The ports that rules govern: whoever is not let through to them by the plan is kept out."""

    control: int
    passive: Span

    def hold(self, port: int) -> bool:
        return port == self.control or self.passive[0] <= port <= self.passive[1]


class Peer(t.NamedTuple):
    """Addresses of one peer, from which it comes or at which it listens."""

    name: str
    addresses: tuple[str, ...]
    ports: Span = (0, 65535)  # on which it listens


class Wish(t.NamedTuple):
    """What the firewall of one host is to let through; families are 4 and 6."""

    ports: Ports
    addresses: tuple[str, ...]  # the host's own, as the plan knows them
    clients: t.Mapping[int, tuple[str, ...]]  # networks, to all ports
    peers: t.Mapping[int, tuple[Peer, ...]]  # to the passive ports
    outgoing: t.Mapping[int, tuple[Peer, ...]]  # what the host itself opens
    here: tuple[str, ...] = ()  # those of its addresses that an interface of this host holds
    interfaces: tuple[str, ...] = ()  # by which connections come; none if that is not known


def wish_options() -> dict[str, t.Any]:
    """The argument spec of a wish, the same in every module that takes one."""
    number: dict[str, t.Any] = {"type": "int", "required": True}
    texts: dict[str, t.Any] = {"type": "list", "elements": "str", "default": []}
    span = {"first": number, "last": number}
    peer = {"name": {"type": "str", "required": True}, "addresses": {"type": "list", "elements": "str", "required": True}}
    peers: dict[str, t.Any] = {"type": "list", "elements": "dict", "default": []}
    return {
        "kind": {"type": "str", "choices": sorted(kinds.KINDS), "default": "server"},
        "control_port": number,
        "passive_ports": {"type": "dict", "required": True, "options": span},
        "addresses": texts,
        "clients4": texts,
        "clients6": texts,
        "peers4": {**peers, "options": peer},
        "peers6": {**peers, "options": peer},
        "outgoing4": {**peers, "options": {**peer, **span}},
        "outgoing6": {**peers, "options": {**peer, **span}},
    }


def read_wish(data: Data) -> Wish:
    """
    The wish as C(fxp_firewall) takes it, which has looked at the types in it.

    Raises FirewallError for what is no address or port.
    """
    passive = data["passive_ports"]
    _require_port("control_port", data["control_port"], data["control_port"])
    _require_port("passive_ports", passive["first"], passive["last"])
    _require("addresses", data["addresses"], (4, 6))
    for family in (4, 6):
        _require(f"clients{family}", data[f"clients{family}"], (family,))
        for key in (f"peers{family}", f"outgoing{family}"):
            for row in data[key]:
                _require(key, row["addresses"], (family,))
                if key.startswith("outgoing"):
                    _require_port(key, row["first"], row["last"])
    return Wish(
        Ports(data["control_port"], (passive["first"], passive["last"])),
        tuple(data["addresses"]),
        {family: tuple(data[f"clients{family}"]) for family in (4, 6)},
        {family: tuple(Peer(row["name"], tuple(row["addresses"])) for row in data[f"peers{family}"]) for family in (4, 6)},
        {
            family: tuple(
                Peer(row["name"], tuple(row["addresses"]), (row["first"], row["last"])) for row in data[f"outgoing{family}"]
            )
            for family in (4, 6)
        },
    )


def _require_port(key: str, first: int, last: int) -> None:
    if not 1 <= first <= last <= 65535:
        said = str(first) if first == last else f"{first}-{last}"
        raise FirewallError(f"{key} of the wish is {said}; ports go from 1 to 65535, the lower one first.")


def _require(key: str, values: t.Iterable[str], families: tuple[int, ...]) -> None:
    """Whatever is not exactly an address or a network could be words of a firewall manager's language."""
    for value in values:
        try:
            valid = ipaddress.ip_network(value).version in families and "%" not in value
        except ValueError:
            valid = False
        if not valid:
            kinds = " or ".join(f"IPv{family}" for family in families)
            raise FirewallError(f"{key} of the wish holds {value!r}, which is no {kinds} address or network; write one there.")


__all__ = ("Peer", "Ports", "Span", "Wish", "read_wish", "wish_options")
