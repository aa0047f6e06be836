# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
Networks as ranges of addresses, for questions such as: who is let in beside those that are meant? Pure.
"""

from __future__ import annotations

import ipaddress
import typing as t

# Family, first and last address as a number.
Span = t.Tuple[int, int, int]


def spans(networks: t.Iterable[str]) -> list[Span]:
    """Return addresses and networks as ranges. Raises ValueError at what is neither."""
    found: list[Span] = []
    for text in networks:
        network = ipaddress.ip_network(text, strict=False)
        if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= 96:
            network = ipaddress.ip_network(f"{network.network_address.ipv4_mapped}/{network.prefixlen - 96}", strict=False)
        found.append((network.version, int(network.network_address), int(network.broadcast_address)))
    return found


def without(wanted: t.Iterable[Span], taken: t.Iterable[Span]) -> list[Span]:
    """Return what is in *wanted* and not in *taken*."""
    left = sorted(wanted)
    for family, first, last in taken:
        rest: list[Span] = []
        for span in left:
            if span[0] != family or last < span[1] or span[2] < first:
                rest.append(span)
                continue
            if span[1] < first:
                rest.append((family, span[1], first - 1))
            if last < span[2]:
                rest.append((family, last + 1, span[2]))
        left = rest
    return left


def common(some: t.Sequence[Span], others: t.Sequence[Span]) -> list[Span]:
    """Return what is in both."""
    return [
        (family, max(first, begins), min(last, ends))
        for family, first, last in some
        for other, begins, ends in others
        if family == other and max(first, begins) <= min(last, ends)
    ]


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
