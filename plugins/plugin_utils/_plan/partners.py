# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Partners in a plan: FTP servers outside the inventory that servers of ours exchange files with, and that others administer.

Nothing is configured on them.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values

OPTION = "extra_peers"
# Where nothing is said of them, any port that an FTP server may take.
ANY_PORT = {"first": _values.FIRST_UNPRIVILEGED_PORT, "last": _values.LAST_PORT}

Row = t.Mapping[str, t.Any]
Plan = t.Mapping[str, t.Any]


def of(plan: Plan, name: str) -> dict[str, Row]:
    """Return the partners that a server exchanges files with, by name."""
    if name in plan["refusing"]:
        return {}
    return {partner: plan["partners"][partner] for partner in plan["hosts"][name][OPTION]}


def authorities(plan: Plan, name: str) -> list[str]:
    """Return the certificates of the authorities that a server trusts beside that of its own fleet, as PEM text."""
    found = [plan["partners"][partner]["authority"] for partner in plan["hosts"][name][OPTION]]
    return list(dict.fromkeys(each for each in found if each))
