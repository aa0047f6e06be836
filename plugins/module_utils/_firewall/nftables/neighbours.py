# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Do rules drop neighbour discovery (RFC 4861)? Then IPv6 stands still as soon as what neighbours know has expired. Pure.

Nothing of it is opened here: it is no matter of FTP, and whoever drops all ICMPv6 may mean it on a link where nobody asks.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.matches import Traffic
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import ChainKey, Ruleset
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.walk import DROP, passage

# Somebody asks for this host, and somebody answers it.
MESSAGES = ("nd-neighbor-solicit", "nd-neighbor-advert")


def dropped(ruleset: Ruleset, interfaces: t.Sequence[str] = ()) -> ChainKey | None:
    """Return the chain that drops all neighbour discovery of one kind, or none. What depends on more is taken to pass."""
    for message in MESSAGES:
        for interface in interfaces or (None,):
            # Connection tracking leaves these messages alone (nf_conntrack_proto_icmpv6.c).
            traffic = Traffic("incoming", 6, ((0, 65535),), interface=interface, state="untracked", message=message)
            for walk in passage(ruleset, traffic):
                if walk.ends == {DROP}:
                    return walk.base
    return None


def sentences(ruleset: Ruleset, addresses: t.Iterable[str], interfaces: t.Sequence[str] = ()) -> list[str]:
    """Return a sentence where a server has an IPv6 address and no neighbour discovery gets in."""
    own = [address for address in addresses if ":" in address]
    chain = dropped(ruleset, interfaces) if own else None
    if chain is None:
        return []
    return [
        f"The chain {' '.join(chain)} drops neighbour discovery, without which hosts on its link lose the way to {own[0]}; "
        "accept it there: icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept."
    ]
