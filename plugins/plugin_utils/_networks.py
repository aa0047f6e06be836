# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""Networks as ranges of addresses, for questions such as: who is let in beside those that are meant? Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._spans import Span, common, without

__all__ = ["Span", "common", "spans", "told", "without"]


def spans(networks: t.Iterable[str]) -> list[Span]:
    """Return addresses and networks as ranges. Raises ValueError at what is neither."""
    found: list[Span] = []
    for text in networks:
        network = ipaddress.ip_network(text, strict=False)
        if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= 96:
            network = ipaddress.ip_network(f"{network.network_address.ipv4_mapped}/{network.prefixlen - 96}", strict=False)
        found.append((network.version, int(network.network_address), int(network.broadcast_address)))
    return found


def told(left: t.Sequence[Span], most: int = 3) -> str:
    """Return ranges for people: networks, the first few of them, and what is most of the world as everybody else."""
    names: list[str] = []
    for version, bits in ((4, 32), (6, 128)):
        ours = [span for span in left if span[0] == version]
        if len(ours) > 1 and sum(last - first for _family, first, last in ours) > 2 ** (bits - 1):
            names.append(f"everybody else (IPv{version})")
            left = [span for span in left if span[0] != version]
    for family, first, last in left:
        if (first, last) == (0, 2 ** (32 if family == 4 else 128) - 1):
            names.append(f"everybody (IPv{family})")
            continue
        make = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
        if first == last:
            names.append(str(make(first)))
        else:
            networks = [str(each) for each in ipaddress.summarize_address_range(make(first), make(last))]
            names.append(networks[0] if len(networks) == 1 else f"{make(first)}-{make(last)}")
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
