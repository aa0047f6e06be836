# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which firewall manager decides on this host, and is ours to use?"""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import detect
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Backend
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.managers import BACKENDS
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft


def choose(commands: detect.Commands, root: str = "") -> Backend:
    """
    The backend of the manager that decides here.

    Raises FirewallError if that is one for which there is none: its rules would overwrite or outvote ours.
    """
    nft = Nft()
    deciding = detect.active(commands, nft.ruleset() if nft.path else None)
    detect.refuse([name for name in deciding if name not in BACKENDS])
    return BACKENDS[deciding[0] if deciding else next(iter(BACKENDS))](root)


__all__ = ("choose",)
