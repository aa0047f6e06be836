# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
By which interfaces do connections to this server come?

Written into the rules, because at boot, when those are loaded, no interface
has an address yet.
"""

from __future__ import annotations

import ipaddress
import json
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.detect import Commands


class Found(t.NamedTuple):
    """What is known here, in a fixed order."""

    here: tuple[str, ...]  # those of the addresses that an interface here holds
    interfaces: tuple[str, ...]  # by which connections come; none if that is not known


def find(addresses: t.Iterable[str], commands: Commands) -> Found:
    """
    Which of the server's addresses an interface here holds, and which interfaces those are.

    Behind a gateway none does; then its packets come by the interface of the default route.
    """
    wanted = {ipaddress.ip_address(address) for address in addresses}
    if not wanted:
        return Found((), ())
    held = [
        (ipaddress.ip_address(address["local"]), interface["ifname"])
        for interface in _listed(commands, "address", "show")
        for address in interface.get("addr_info", [])
        if "local" in address
    ]
    here = [(address, name) for address, name in held if address in wanted]
    names = {name for dummy, name in here} or _by_default(commands)
    return Found(tuple(sorted(str(address) for address, dummy in here)), tuple(sorted(names)))


def _by_default(commands: Commands) -> set[str]:
    routes = [*_listed(commands, "-4", "route", "show", "default"), *_listed(commands, "-6", "route", "show", "default")]
    return {route["dev"] for route in routes if "dev" in route}


def _listed(commands: Commands, *words: str) -> list[dict[str, t.Any]]:
    try:
        return t.cast("t.List[t.Dict[str, t.Any]]", json.loads(commands.output("ip", "-j", *words) or "[]"))
    except ValueError:
        return []
