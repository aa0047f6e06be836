# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What an audit finds on a gateway: what it leads, as ``proftpd.fxp.fxp_gateway`` looked at it, held against the plan. Pure."""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.findings import FAULT, Data, Finding, Notes
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.rows import Row, verdict

SITE = "run proftpd.fxp.site for this host"
# Of what stands against a run, what is about the rules themselves.
_RULES = "gateway"


def judge(host: str, look: Data, plan: Data) -> list[Finding]:
    """Return what is to say of the gateway ``host``. ``look`` is empty if it was not reached."""
    notes = Notes(host)
    if "in_place" not in look:
        notes.add(
            "not_looked_at",
            FAULT,
            "",
            "the gateway was not looked at, so nothing is known of what it leads",
            "see what Ansible says of it above, and run the audit again",
        )
        return notes.found
    refusals = look["refusals"]
    for each in refusals:
        notes.add(
            "gateway_differs" if each["code"] == _RULES else "not_looked_at",
            FAULT,
            "",
            each["sentence"].rstrip("."),
            each["cure"].rstrip(".") or f"mend that, and {SITE}",
        )
    if look["in_place"] or refusals:
        return notes.found
    if plan["gateways"][host]["state"] == "absent":
        notes.add(
            "rules_although_absent",
            FAULT,
            "",
            "the rules of proftpd.fxp are still loaded although fxp_state is absent",
            f"{SITE}, or proftpd.fxp.remove with --limit",
        )
        return notes.found
    rules = look["parts"]["rules"]
    for sentence in rules["drift"]:
        notes.add("gateway_differs", FAULT, "", sentence, SITE)
    if not rules["drift"]:
        elsewhere = f"; {', '.join(rules['moves'])} would get ports that lead elsewhere now" if rules["moves"] else ""
        notes.add("gateway_differs", FAULT, "", f"it leads connections otherwise than the plan says{elsewhere}", SITE)
    return notes.found


def row(host: str, found: list[Finding], plan: Data) -> Row:
    """Return the line of the table for a gateway."""
    behind = sum(server["gateway"] == host for server in plan["servers"].values())
    return Row(host, f"gateway to {behind}", "-", "-", "-", verdict(found))
