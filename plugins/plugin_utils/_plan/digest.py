# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The digest of one server's share of the plan: what it is told from a server that runs another plan by.

Pure. A share has everything that the plan decides about that server, and nothing that is said of others only, no path, no secret
and nothing random: a share that did not change keeps its digest, whoever runs the plan, and from where.
"""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import faces, flows, partners

FORMAT = 1  # of the share; another one makes every digest another one
_OF_ACCOUNTS = ("name", "uid", "gid", "fxp", "upload", "download", "max_sessions", "transfer_rate")


def share(plan: flows.Plan, name: str) -> dict[str, t.Any]:
    """What the plan decides about one server, as plain data in one order."""
    host = plan["hosts"][name]
    peers = host["allow_foreign_address"] != "off"
    inner = plan["servers"][name]["inner_networks"]
    authorities = partners.authorities(plan, name)
    return {
        "format": FORMAT,
        "masquerade_address": host["masquerade_address"],
        "foreign_addresses": host["allow_foreign_address"],
        "class": sorted(address for addresses in faces.members(plan, name).values() for address in addresses if peers),
        # By its own digest, which knows no secret.
        **({"extra": host["extra_digest"]} if host.get("extra_digest") else {}),
        **({"authorities": authorities} if authorities else {}),
        **({"inner": [host["inner_masquerade_address"], inner]} if inner else {}),
        "accounts": sorted(
            ({key: account[key] for key in _OF_ACCOUNTS} for account in host["accounts"]),
            key=lambda account: str(account["name"]),
        ),
        "tls": host["tls"],
        "tls_versions": host.get("tls_versions") or [],
        "certificate": [sorted(host.get("certificate_addresses") or []), host.get("certificate_name")],
        "firewall": _in_order(flows.wish(plan, name)) if host["firewall_backend"] != "none" else None,
    }


def _in_order(wish: dict[str, t.Any]) -> dict[str, t.Any]:
    """The same whatever the order of hosts in the inventory."""
    return {
        key: sorted(value, key=lambda each: json.dumps(each, sort_keys=True)) if isinstance(value, list) else value
        for key, value in wish.items()
    }


def digest(plan: flows.Plan, name: str) -> str:
    """SHA-256 of one server's share, 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(share(plan, name), sort_keys=True, separators=(",", ":")).encode()).hexdigest()
