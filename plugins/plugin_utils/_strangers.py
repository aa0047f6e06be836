# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What strangers got of servers, by the releases that these run. Pure.

Whoever plays a stranger sees that it gets a passive data connection, and not why. On some releases that is so with every class,
so the configuration of the plan, which other releases lack then, is in force already.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import releases
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import open_passive

Data = t.Mapping[str, t.Any]
PASSIVE = "passive_by_stranger"


def by_release(results: t.Mapping[str, Data | t.Sequence[Data]], plan: Data, answers: t.Mapping[str, Data]) -> dict[str, Data]:
    """
    Return the ``results`` of bounce checks, by server, with the cure that its release leaves.

    A server may have several, one for each address family; they are made one. Servers that were not asked are left out.
    ``answers``: what ``proftpd_info`` returned of those servers that were asked. Where ``plan`` says that a release that opens
    passive data connections to everybody is meant, that is no hole; the finding has ``meant`` then.
    """
    judged = {}
    for server, several in results.items():
        result = several if isinstance(several, t.Mapping) else _merged(several)
        if result is None or result.get("skipped"):
            continue
        release = releases.parse(str((answers.get(server) or {}).get("release") or ""))
        row = plan["hosts"].get(server)
        opens = release is not None and releases.among(release, releases.CLASS_FAILS_OPEN)
        judged[server] = _judged(result, row, releases.written(release)) if release and opens else result
    return judged


def _merged(results: t.Sequence[Data]) -> Data | None:
    """All results of one server as one: abused is who can be abused by one family, and proven safe who is by all of them."""
    asked = [result for result in results if not result.get("skipped")]
    if len(asked) < 2:
        return asked[0] if asked else None
    vulnerable = [result.get("vulnerable") for result in asked]
    merged = {
        "vulnerable": True if True in vulnerable else None if None in vulnerable else False,
        "tested": None if any(result.get("tested") is None for result in asked) else all(result["tested"] for result in asked),
        "firewall_exposed": next((True for result in asked if result.get("firewall_exposed")), asked[0].get("firewall_exposed")),
        "msg": " ".join(dict.fromkeys(str(result["msg"]) for result in asked if result.get("msg"))),
        **{
            key: [entry for result in asked for entry in result.get(key) or ()]
            for key in ("findings", "stranger_sources", "transcript")
        },
    }
    return {**asked[0], **merged}


def _judged(result: Data, row: Data | None, release: str) -> Data:
    if not open_passive.means_peers(row):
        return result
    findings = [
        _finding(each, release, open_passive.is_accepted(row))
        if each.get("probe") == PASSIVE and each.get("vulnerable")
        else each
        for each in result.get("findings") or ()
    ]
    vulnerable = any(each.get("vulnerable") for each in findings) or (False if result.get("tested") else None)
    return {**result, "findings": findings, "vulnerable": vulnerable}


def _finding(found: Data, release: str, is_accepted: bool) -> Data:
    if is_accepted:
        summary = f"{found['summary']}, as {open_passive.ACCEPTED} says"
        return {**found, "vulnerable": False, "meant": True, "summary": summary, "remedy": None}
    cure = f"{open_passive.CURE[0].upper()}{open_passive.CURE[1:]}"
    remedy = f"ProFTPD {release}, which runs there, does so with every class, and no configuration keeps strangers off. {cure}."
    return {**found, "remedy": remedy}
