# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The firewall managers for which this release has a backend."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Backend
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.backend import Firewalld
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.guarded import Guarded
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.backend import Iptables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.kinds import KINDS, Kind
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.ufw.opener import Ufw

# By the name that fxp_firewall_backend has for each; the first is the one where no manager decides yet.
BACKENDS: dict[str, t.Callable[[str], Backend]] = {
    Nftables.name: Nftables,
    Firewalld.name: Firewalld,
    Ufw.name: lambda root: Guarded(Ufw(root), root),
    Iptables.name: Iptables,
}
DIRECTORY = "/etc/proftpd-fxp"  # where the text of each lies, under a name of its own


def in_use(root: str = "", kind: Kind = KINDS["server"]) -> Backend:
    """
    The one whose rules are on trial on a host, else the one whose rules it keeps, else the first. Asks no program.

    While one takes the place of another there may be texts of both: the later one counts.
    """
    backends = [make(root) for make in BACKENDS.values()]
    for state in (".new", "") if os.path.exists(f"{root}/run/proftpd-fxp/{kind.stem}.pending") else ("",):
        there = [(_written(f"{root}{DIRECTORY}/{kind.stem}.{backend.ending}{state}"), backend) for backend in backends]
        found = [(when, -at) for at, (when, dummy) in enumerate(there) if when]
        if found:
            return backends[-max(found)[1]]
    return backends[0]


def _written(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def texts(root: str, kind: Kind) -> list[str]:
    """The files that the texts of all of them are in."""
    return [f"{root}{DIRECTORY}/{kind.stem}.{make(root).ending}" for make in BACKENDS.values()]


__all__ = ("BACKENDS", "DIRECTORY", "in_use", "texts")
