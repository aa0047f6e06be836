# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Set apart what is known of a host: the one place where an acknowledgement takes the weight off a finding.

Pure. A finding that is acknowledged is KNOWN, which is neither hole nor fault to whoever counts, judges or prints.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.findings import (
    KNOWN,
    NOTE,
    SEVERITIES,
    Acknowledgement,
    Data,
    Finding,
    Notes,
)

# Where one of these is found, not everything was looked at, and what was not found may still be there.
_HIDES_OTHERS = frozenset({"not_looked_at", "not_installed", "configuration_unreadable", "rules_not_read"})


def settle(host: str, found: t.Iterable[Finding], acknowledged: t.Iterable[Data], today: str) -> list[Finding]:
    """
    Return what was ``found`` on ``host`` with what is ``acknowledged`` as KNOWN, holes first.

    ``acknowledged``: entries of the plan, each code once. ``today``: YYYY-MM-DD. What ran out before today counts, and says so;
    what matches nothing is a note.
    """
    found = list(found)
    known = {entry["code"]: entry for entry in acknowledged}
    codes = {each.code for each in found}
    notes = Notes(host)
    for code, entry in known.items():
        if code not in codes and not codes & _HIDES_OTHERS:
            notes.add(
                "acknowledgement_unused",
                NOTE,
                "",
                f"fxp_acknowledged has {code} ({entry['reason']}), and this audit finds no such thing",
                "take it out of fxp_acknowledged, if what it is about is mended for good",
            )
    settled = [_settled(each, known[each.code], today) if each.code in known else each for each in found]
    return sorted([*settled, *notes.found], key=lambda each: SEVERITIES.index(each.severity))


def _settled(finding: Finding, entry: Data, today: str) -> Finding:
    reason, until = printable(entry["reason"]), entry["until"]
    # Days that are written like this sort as they follow one another.
    if until is not None and until < today:
        return dataclasses.replace(finding, sentence=f"{finding.sentence}; acknowledged ({reason}), which ran out on {until}")
    return dataclasses.replace(finding, severity=KNOWN, acknowledged=Acknowledgement(reason, until, finding.severity))
