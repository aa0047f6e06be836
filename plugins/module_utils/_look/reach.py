# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Who gets in at a port by the rules that are in force now, whoever wrote them?"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import detect, exposure, interfaces, nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.program import Xtables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.view import everything
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError


def reach() -> t.Callable[[int], bool]:
    """A function that tells whether the rules in force may let somebody from outside in at a port; unread ones may."""
    nft = nftables.Nft()
    if not nft.path:
        return lambda port: True
    try:
        view = everything(nft.everything(), Xtables())
    except (HostError, OSError):
        return lambda port: True
    host = exposure.Host(*interfaces.all_here(detect.Commands()))
    return lambda port: any(each.accepted or each.unknown for each in exposure.exposure(view, [(port, port)], host))


__all__ = ("reach",)
