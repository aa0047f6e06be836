# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is to be let through, as data that every firewall manager can be told. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import DEFAULT, Mark, read_mark

Span = t.Tuple[int, int]  # first and last
Data = t.Mapping[str, t.Any]


class Ports(t.NamedTuple):
    """The ports that rules govern: whoever is not let through to them by the plan is kept out."""

    control: int
    passive: Span

    def hold(self, port: int) -> bool:
        """Whether ``port`` is one of them."""
        return port == self.control or self.passive[0] <= port <= self.passive[1]


class Peer(t.NamedTuple):
    """Addresses of one peer, from which it comes or at which it listens."""

    name: str
    addresses: tuple[str, ...]
    ports: Span = (0, 65535)  # on which it listens


class Former(t.NamedTuple):
    """
    Ports beside those of the plan that the server still has, until it has changed to those. They are guarded as those are.

    Each port is in one of the spans at most, and in none of the plan's.
    """

    control: tuple[Span, ...] = ()  # for clients
    passive: tuple[Span, ...] = ()  # for clients and peers

    @property
    def spans(self) -> tuple[Span, ...]:
        """All of them as ranges, in order."""
        return tuple(sorted((*self.control, *self.passive)))


class Wish(t.NamedTuple):
    """What the firewall of one host is to let through; families are 4 and 6."""

    ports: Ports
    addresses: tuple[str, ...]  # the host's own, as the plan knows them
    clients: t.Mapping[int, tuple[str, ...]]  # networks, to all ports
    peers: t.Mapping[int, tuple[Peer, ...]]  # to the passive ports
    outgoing: t.Mapping[int, tuple[Peer, ...]]  # what the host itself opens
    here: tuple[str, ...] = ()  # those of its addresses that an interface of this host holds
    interfaces: tuple[str, ...] = ()  # by which connections come; none if that is not known
    former: Former = Former()
    mark: Mark = DEFAULT  # of packets that are let through, where a manager is told by that


def wish_options() -> dict[str, t.Any]:
    """The argument spec of a wish, the same in every module that takes one."""
    number: dict[str, t.Any] = {"type": "int", "required": True}
    texts: dict[str, t.Any] = {"type": "list", "elements": "str", "default": []}
    span = {"first": number, "last": number}
    peer = {"name": {"type": "str", "required": True}, "addresses": {"type": "list", "elements": "str", "required": True}}
    peers: dict[str, t.Any] = {"type": "list", "elements": "dict", "default": []}
    return {
        "kind": {"type": "str", "choices": ["server"], "default": "server"},
        "control_port": number,
        "passive_ports": {"type": "dict", "required": True, "options": span},
        "addresses": texts,
        "clients4": texts,
        "clients6": texts,
        "peers4": {**peers, "options": peer},
        "peers6": {**peers, "options": peer},
        "outgoing4": {**peers, "options": {**peer, **span}},
        "outgoing6": {**peers, "options": {**peer, **span}},
        "mark": {"type": "str", "default": str(DEFAULT)},
    }


def read_wish(data: Data) -> Wish:
    """
    The wish as ``fxp_firewall`` takes it. What is not there is nobody; the ports must be.

    Raises FirewallError for what is no address, port or mark.
    """
    control, passive = data.get("control_port"), data.get("passive_ports") or {}
    ports = Ports(
        span_of("control_port", control, control)[0], span_of("passive_ports", passive.get("first"), passive.get("last"))
    )
    return Wish(
        ports,
        literals("addresses", data.get("addresses"), (4, 6)),
        {family: literals(f"clients{family}", data.get(f"clients{family}"), (family,)) for family in (4, 6)},
        {family: peers_of(f"peers{family}", data, family, False) for family in (4, 6)},
        {family: peers_of(f"outgoing{family}", data, family, True) for family in (4, 6)},
        mark=read_mark(data.get("mark") or str(DEFAULT)),
    )


def former(plan: Ports, control: t.Iterable[int], passive: t.Iterable[Span], others: t.Iterable[int]) -> Former:
    """
    What remains of the ``control`` ports and the ``passive`` ranges of a server beside those of the plan.

    On ``others`` some other program listens, so the server does not: the way in of an administrator is never guarded for being in
    a range that is left.
    """
    taken = [(plan.control, plan.control), plan.passive, *((port, port) for port in others)]
    left = without([(port, port) for port in control], taken)
    return Former(tuple(left), tuple(without(passive, [*taken, *left])))


def without(spans: t.Iterable[Span], taken: t.Iterable[Span]) -> list[Span]:
    """Return the spans as few as possible, without the ports that are ``taken``."""
    left: list[Span] = []
    for first, last in sorted(spans):
        if left and first <= left[-1][1] + 1:
            left[-1] = left[-1][0], max(last, left[-1][1])
        else:
            left.append((first, last))
    for low, high in taken:
        cut = [(first, min(last, low - 1)) for first, last in left] + [(max(first, high + 1), last) for first, last in left]
        left = sorted({(first, last) for first, last in cut if first <= last})
    return left


def data_ports(wish: Wish) -> list[Span]:
    """The ports on which peers may come in, while the server may have ports of two plans."""
    return without([wish.ports.passive, *wish.former.passive], [])


def peers_of(key: str, data: Data, family: int, listen: bool) -> tuple[Peer, ...]:
    """The rows of ``data[key]``, of one family; those that ``listen`` have ports."""
    return tuple(
        Peer(
            str(row.get("name", "")),
            literals(key, row.get("addresses"), (family,)),
            *([span_of(key, row.get("first"), row.get("last"))] if listen else ()),
        )
        for row in data.get(key) or ()
    )


def span_of(key: str, first: t.Any, last: t.Any) -> Span:
    """Ports as they are said. Raises FirewallError if they are none."""
    if not isinstance(first, int) or not isinstance(last, int) or not 1 <= first <= last <= 65535:
        said = f"{first}" if first == last else f"{first}-{last}"
        raise FirewallError(f"{key} of the wish is {said}; ports go from 1 to 65535, the lower one first.")
    return first, last


def literals(key: str, values: t.Iterable[str] | None, families: tuple[int, ...]) -> tuple[str, ...]:
    """
    Addresses and networks of these families, as they are said.

    Raises FirewallError for anything else, which could be words of a firewall manager's language.
    """
    found = tuple(values or ())
    for value in found:
        try:
            valid = ipaddress.ip_network(value).version in families and "%" not in value
        except ValueError:
            valid = False
        if not valid:
            kinds = " or ".join(f"IPv{family}" for family in families)
            raise FirewallError(f"{key} of the wish holds {value!r}, which is no {kinds} address or network; write one there.")
    return found


__all__ = (
    "Former",
    "Peer",
    "Ports",
    "Span",
    "Wish",
    "data_ports",
    "former",
    "literals",
    "peers_of",
    "read_wish",
    "span_of",
    "wish_options",
    "without",
)
