# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The host that checks are driven from, which must be none of those that a server or its peers take for somebody else."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.gateways import GROUP as GATEWAYS
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem, Reader


def vantage_of(
    readers: t.Mapping[str, Reader], address: str | None, gateways: t.Collection[str], problems: list[Problem]
) -> str | None:
    """The one host that checks are driven from, or None without a server. ``address``: its own, where the inventory tells it."""
    by_host = {name: reader.options["vantage"] for name, reader in readers.items()}
    if not by_host:
        return None
    first_host, first = next(iter(by_host.items()))
    for name, vantage in by_host.items():
        if vantage != first:
            problems.append(
                Problem(name, "fxp_vantage", vantage, f"differs from {first!r} of {first_host}; all servers need the same one")
            )
    if first in readers:
        problems.append(
            Problem(
                first_host,
                "fxp_vantage",
                first,
                "is one of fxp_servers; a server always accepts its own "
                "client's address, so such a check proves nothing; choose a third host",
            )
        )
    if first in gateways:
        problems.append(
            Problem(
                first_host,
                "fxp_vantage",
                first,
                f"is one of {GATEWAYS}; what a gateway sends itself is not forwarded, and servers see it at the address of those "
                "behind it, so such a check proves nothing; choose another host",
            )
        )
    for name, reader in readers.items():
        clients = reader.options["clients"]
        if address is not None and not _admits(clients, address):
            problems.append(
                Problem(
                    name,
                    "fxp_clients",
                    clients,
                    f"does not have the address {address} of fxp_vantage {first!r} in it, so no check could log in; add it",
                )
            )
    return str(first)


def _admits(clients: t.Sequence[str], address: str) -> bool:
    """Tell whether ``address`` is among ``clients``; entries that cannot be read have been complained about already."""
    try:
        nets = _values.networks(clients)
    except ValueError:
        return True
    return _values.contains(nets[4] + nets[6], address)
