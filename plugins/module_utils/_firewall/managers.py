# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The firewall managers for which this release has a backend.

What is asked of all of them stands in their rows. Python reads code anew in each run on each host, and whenever a unit starts
``archive``: that of a manager is read where it is asked for.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Backend
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.kinds import KINDS, Kind


class Row(t.NamedTuple):
    """A manager, as its backend says it too; ``make`` is given the directory below which the files of the host are."""

    make: t.Callable[[str], Backend]
    ending: str
    service: str = ""
    keeper: str = ""


def _nftables(root: str) -> Backend:
    from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables

    return Nftables(root)


def _firewalld(root: str) -> Backend:
    from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.backend import Firewalld

    return Firewalld(root)


def _ufw(root: str) -> Backend:
    from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.guarded import Guarded
    from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.ufw.opener import Ufw

    return Guarded(Ufw(root), root)


def _iptables(root: str) -> Backend:
    from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.backend import Iptables

    return Iptables(root)


# By the name that fxp_firewall_backend has for each; the first is the one where no manager decides yet.
BACKENDS: dict[str, Row] = {
    "nftables": Row(_nftables, "nft", "nftables.service"),
    "firewalld": Row(_firewalld, "firewalld", keeper="firewalld.service"),
    "ufw": Row(_ufw, "ufw", "nftables.service"),
    "iptables": Row(_iptables, "iptables", "nftables.service netfilter-persistent.service"),
}


def _gateway(root: str) -> Backend:
    from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.backend import Gateway

    return Gateway(root)


# What a gateway forwards is written for nftables alone.
_OF_GATEWAYS: dict[str, Row] = {"nftables": Row(_gateway, "nft", "nftables.service")}
DIRECTORY = "/etc/proftpd-fxp"  # where the text of each lies, under a name of its own


def rows_of(kind: Kind) -> dict[str, Row]:
    """The managers that rules of a kind can be for, by name."""
    return _OF_GATEWAYS if kind.name == "gateway" else BACKENDS


def in_use(root: str = "", kind: Kind = KINDS["server"]) -> Backend:
    """
    The one whose rules are on trial on a host, else the one whose rules it keeps, else the first. Asks no program.

    While one takes the place of another there may be texts of both: the later one counts.
    """
    rows = list(rows_of(kind).values())
    for state in (".new", "") if os.path.exists(f"{root}/run/proftpd-fxp/{kind.stem}.pending") else ("",):
        there = [(_written(f"{path_of(row, root, kind)}{state}"), -at) for at, row in enumerate(rows)]
        found = [(when, at) for when, at in there if when]
        if found:
            return rows[-max(found)[1]].make(root)
    return rows[0].make(root)


def _written(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def path_of(row: Row, root: str, kind: Kind) -> str:
    """The file that the text of a manager is in."""
    return f"{root}{DIRECTORY}/{kind.stem}.{row.ending}"


def texts(root: str, kind: Kind) -> list[str]:
    """The files that the texts of all of them are in."""
    return [path_of(row, root, kind) for row in rows_of(kind).values()]


def beside(backend: Backend, kind: Kind = KINDS["server"]) -> list[Row]:
    """The rows of all the others."""
    return [row for name, row in rows_of(kind).items() if name != backend.name]


__all__ = ("BACKENDS", "DIRECTORY", "Row", "beside", "in_use", "path_of", "rows_of", "texts")
