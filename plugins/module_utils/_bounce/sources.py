# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Addresses of this host that can play a stranger."""

from __future__ import annotations

import ipaddress
import socket
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import is_ipv6, is_rfc1918, same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError
from ansible_collections.proftpd.fxp.plugins.module_utils._host import addresses

MOST_FOUND = 4  # strangers that are taken when none are named


def parse_sources(values: t.Sequence[str]) -> tuple[str, ...]:
    """Literal addresses, each once. Raises ``RequestError``."""
    sources: list[str] = []
    for value in values:
        try:
            address = str(ipaddress.ip_address(value))
        except ValueError:
            raise RequestError(
                f"stranger_sources has {value!r}, but a name would hide which address is meant; write literal addresses of the "
                "host that runs the check."
            ) from None
        if address not in sources:
            sources.append(address)
    return tuple(sources)


def require_local(sources: t.Iterable[str]) -> None:
    """Raises ``RequestError`` unless this host has every one of the addresses."""
    for address in sources:
        family = socket.AF_INET6 if is_ipv6(address) else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as sock:
                sock.bind((address, 0))
        except OSError:
            raise RequestError(
                f"stranger_sources has {address}, which is no address of {socket.gethostname()}, where the check runs; give that "
                "host the address or name one that it has."
            ) from None


def named_strangers(sources: t.Sequence[str], own: str, peer: str) -> list[str]:
    """
    Those of the named addresses that have the family of the control connection from ``own`` to ``peer``.

    Raises ``RequestError`` if one of them is no stranger, or if none has the family.
    """
    for address in sources:
        for taken, what in ((own, "the control connection itself comes from"), (peer, "the server itself has")):
            if same_address(address, taken):
                raise RequestError(
                    f"stranger_sources has {address}, which {what}, so nobody strange can be played from there; name another "
                    "address of the host that runs the check."
                )
    fitting = [address for address in sources if is_ipv6(address) == is_ipv6(peer)]
    if not fitting:
        family = "IPv6" if is_ipv6(peer) else "IPv4"
        raise RequestError(
            f"stranger_sources is {', '.join(sources)}, but the server is dialled at {peer}; name an {family} address or leave "
            "the option out."
        )
    return fitting


def found_strangers(own: str, peer: str, local: t.Iterable[addresses.Local] | None = None) -> list[str]:
    """
    Addresses of this host other than ``own`` and of the same family, a few at most.

    Left out is what would not be a stranger to the server: addresses of bridges for containers and virtual machines, whose
    traffic is commonly translated to ``own``, and private ones between two public hosts. All of 127.0.0.0/8 is this host, so one
    of these plays the stranger on a server that is dialled there.
    """
    if ipaddress.ip_address(peer).is_loopback:
        candidates = [] if is_ipv6(peer) else [f"127.0.0.{last}" for last in range(2, 5)]
        return [address for address in candidates if address not in (own, peer)][:1]
    here = list(addresses.local() if local is None else local)
    mine = {one.interface for one in here if same_address(one.address, own)}
    public = not is_rfc1918(own) and not is_rfc1918(peer)
    return [
        one.address
        for one in here
        if is_ipv6(one.address) == is_ipv6(peer)
        and not same_address(one.address, own)
        and not same_address(one.address, peer)
        and not (ipaddress.ip_address(one.address).is_loopback or ipaddress.ip_address(one.address).is_link_local)
        and not (public and is_rfc1918(one.address))
        and (one.interface in mine or not addresses.is_bridge(one.interface))
    ][:MOST_FOUND]


__all__ = ("MOST_FOUND", "found_strangers", "named_strangers", "parse_sources", "require_local")
