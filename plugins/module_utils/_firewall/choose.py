# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which firewall manager decides on this host, and is ours to use?"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import detect
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Backend
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.managers import BACKENDS
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft

AUTO = "auto"
# What fxp_firewall_backend may say of a host whose firewall is ours to open.
CHOICES = (AUTO, "nftables", "firewalld", "ufw", "iptables")
_NONE = "set fxp_firewall_backend to none for this host and open the FTP ports there yourself"


def choose(commands: detect.Commands, wanted: str = AUTO, root: str = "") -> Backend:
    """
    The backend of the manager that decides here; ``wanted`` is what fxp_firewall_backend says.

    Raises FirewallError if that is one for which there is none, because its rules would overwrite or outvote ours; if two decide;
    or if another one is wanted.
    """
    nft = Nft()
    return BACKENDS[_name(detect.active(commands, nft.ruleset() if nft.path else None), wanted)].make(root)


def _name(deciding: t.Sequence[str], wanted: str) -> str:
    """The name of the one to use."""
    first = next(iter(BACKENDS))
    if wanted not in (AUTO, *BACKENDS):
        raise FirewallError(
            f"fxp_firewall_backend is {wanted}, and this release of proftpd.fxp writes rules of {_listed(BACKENDS)} only; leave "
            f"it at auto for one of those, or {_NONE}."
        )
    if len(deciding) > 1:
        raise FirewallError(
            f"{_listed(deciding)} decide on connections here, each without knowing of the other; switch one of them off, or "
            f"{_NONE}."
        )
    name = deciding[0] if deciding else first
    if name not in BACKENDS:
        raise FirewallError(
            f"{name} decides on connections here, and this release of proftpd.fxp writes rules of {_listed(BACKENDS)} only; "
            f"switch {name} off, or {_NONE}."
        )
    if wanted not in (AUTO, name):
        if deciding:
            raise FirewallError(
                f"fxp_firewall_backend is {wanted}, but {name} decides on connections here; say auto or {name}, or switch "
                f"{name} off."
            )
        raise FirewallError(
            f"fxp_firewall_backend is {wanted}, but {wanted} decides on nothing here; switch {wanted} on, or say auto or {name}."
        )
    return name


def _listed(names: t.Iterable[str]) -> str:
    return " and ".join(names)


__all__ = ("AUTO", "CHOICES", "choose")
