# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What the plan says of servers whose release takes anybody for a peer on the passive side, where no configuration helps. Pure.

What asks before a change, what proves and what audits agree by this: the variable counts only where the plan means peers.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.plan import PEER_CLASS

ACCEPTED = "fxp_accept_open_passive"
OTHER_RELEASE = "move the host to a release of its distribution that has ProFTPD 1.3.8 or later (Debian 12)"
# Where the configuration is what the plan wants, another one is no cure.
CURE = f"{OTHER_RELEASE}, or say fxp_foreign_addresses: none, or {ACCEPTED}: true if that is meant"


def means_peers(row: t.Mapping[str, t.Any] | None) -> bool:
    """Tell whether the plan opens passive data connections of the server of this ``row`` to peers, and to nobody else."""
    return row is not None and row.get("allow_foreign_address") == PEER_CLASS


def is_accepted(row: t.Mapping[str, t.Any] | None) -> bool:
    """Tell whether the inventory takes it that the release opens them to everybody."""
    return row is not None and means_peers(row) and bool(row.get("accept_open_passive"))
