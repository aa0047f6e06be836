# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Find servers that are the machine on which Ansible runs, and from which checks are to be driven."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem

LOCAL = ("local", "ansible.builtin.local")
SELF = ("localhost", "127.0.0.1", "::1")


def is_here(name: str, connection: str | None) -> bool:
    """Tell whether the host ``name``, with its ``ansible_connection`` if it is said, is the machine that Ansible runs on."""
    return name in SELF or connection in LOCAL


def servers_here(
    vantage: str, servers: t.Mapping[str, t.Iterable[str]], connections: t.Mapping[str, str | None], own: t.Iterable[str]
) -> list[Problem]:
    """
    Return what is wrong with a ``vantage`` that is this machine: which of ``servers``, with their addresses, are it too.

    ``own``: the addresses of this machine. ``connections``: ``ansible_connection`` of the servers, where it is said.
    """
    mine = {address for address in own if not _is_common(address)}
    # Where several servers are said to be this one machine, the connection says nothing about any of them.
    local = [name for name in servers if connections.get(name) in LOCAL]
    problems: list[Problem] = []
    # Of one server alone no transfer is proven.
    if len(servers) < 2:
        return problems
    for name, addresses in servers.items():
        pools = [address for address in addresses if "/" in address]
        shared = sorted(mine & {*addresses} | {address for address in mine if pools and _values.contains(pools, address)})
        if shared or local == [name]:
            why = f"which has the address {shared[0]} of this server" if shared else "which this server is (ansible_connection)"
            problems.append(
                Problem(
                    name,
                    "fxp_vantage",
                    vantage,
                    f"is the machine that Ansible runs on, {why}; a server always "
                    "accepts its own client's address, so a check from there proves nothing; name a third host",
                )
            )
    return problems


def _is_common(address: str) -> bool:
    """Tell whether every machine may have this address."""
    parsed = ipaddress.ip_address(address)
    return parsed.is_loopback or parsed.is_link_local
