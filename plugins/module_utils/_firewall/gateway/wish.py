# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a gateway is to forward, as plain data. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import wish as _wish
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError


class Server(t.NamedTuple):
    """
    One server behind the gateway.

    ``inner`` are its own addresses by family: connections to the IPv4 one are translated, those to the IPv6 one only let
    through. ``public`` is the port that clients dial, ``own`` what the server's own firewall lets through, with addresses as they
    are on the inner side. ``renamed`` says that what it opens to peers elsewhere is to come from the outer address.
    ``pending`` says that it may still have other ports than the plan's. ``lan`` are the networks whose hosts may dial the outer
    address from inside.
    """

    name: str
    inner: t.Mapping[int, str]
    public: int
    own: _wish.Wish
    renamed: bool = True
    pending: bool = False
    lan: tuple[str, ...] = ()


class Wish(t.NamedTuple):
    """
    What one gateway is to forward.

    ``outer`` is the address that the world dials, ``arrival`` the one at which such packets come here, which is another one where
    something in front translates. ``keep`` says that nothing is taken away yet of what is forwarded now.
    """

    outer: str
    arrival: str
    servers: tuple[Server, ...] = ()
    keep: bool = False


def wish_options() -> dict[str, t.Any]:
    """The argument spec of such a wish."""
    said: dict[str, t.Any] = {"type": "str", "required": True}
    own = {name: option for name, option in _wish.wish_options().items() if name not in ("kind", "mark", "addresses")}
    server = {
        "name": said,
        "inner_address": {"type": "str"},
        "address6": {"type": "str"},
        "public_control_port": {"type": "int", "required": True},
        "inner_networks": {"type": "list", "elements": "str", "default": []},
        "renamed": {"type": "bool", "default": True},
        "pending": {"type": "bool", "default": False},
        **own,
    }
    return {
        "outer_address": said,
        "arrival_address": {"type": "str"},
        "servers": {"type": "list", "elements": "dict", "default": [], "options": server},
        "keep": {"type": "bool", "default": False},
    }


def read_wish(data: _wish.Data) -> Wish:
    """
    The wish as ``fxp_gateway`` takes it.

    Raises FirewallError for what is no address or port.
    """
    outer = _host_address("outer_address", data.get("outer_address"), 4)
    return Wish(
        outer,
        _host_address("arrival_address", data.get("arrival_address") or outer, 4),
        tuple(_server(row) for row in data.get("servers") or ()),
        bool(data.get("keep")),
    )


def _server(row: _wish.Data) -> Server:
    said = {4: ("inner_address", row.get("inner_address")), 6: ("address6", row.get("address6"))}
    inner = {family: _host_address(key, value, family) for family, (key, value) in said.items() if value}
    public = row.get("public_control_port")
    return Server(
        str(row.get("name", "")),
        inner,
        _wish.span_of("public_control_port", public, public)[0],
        _wish.read_wish(row),
        bool(row.get("renamed", True)),
        bool(row.get("pending")),
        _wish.literals("inner_networks", row.get("inner_networks") or (), (4,)),
    )


def _host_address(key: str, value: t.Any, family: int) -> str:
    (address,) = _wish.literals(key, [str(value)], (family,))
    if "/" in address:
        raise FirewallError(f"{key} of the wish is {address!r}, a network; write one address there.")
    return address


__all__ = ("Server", "Wish", "read_wish", "wish_options")
