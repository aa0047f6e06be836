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

    ``acknowledged``: entries of the plan, each code and advisory once. ``today``: YYYY-MM-DD. What ran out before today counts,
    and says so; what matches nothing is a note.
    """
    found = list(found)
    # What is said of one advisory counts before what is said of all.
    entries = sorted(acknowledged, key=lambda entry: entry.get("advisory") is None)
    notes = Notes(host)
    hidden = bool({each.code for each in found} & _HIDES_OTHERS)
    for entry in entries:
        if not hidden and not any(_is_about(entry, each) for each in found):
            name = " ".join(filter(None, (entry["code"], entry.get("advisory"))))
            notes.add(
                "acknowledgement_unused",
                NOTE,
                "",
                f"fxp_acknowledged has {name} ({entry['reason']}), and this audit finds no such thing",
                "take it out of fxp_acknowledged, if what it is about is mended for good",
            )
    settled = []
    for each in found:
        about = [entry for entry in entries if _is_about(entry, each)]
        settled.append(_settled(each, about[0], today) if about else each)
    return sorted([*settled, *notes.found], key=lambda each: SEVERITIES.index(each.severity))


def _is_about(entry: Data, finding: Finding) -> bool:
    return entry["code"] == finding.code and entry.get("advisory") in (None, finding.advisory)


def _settled(finding: Finding, entry: Data, today: str) -> Finding:
    reason, until = printable(entry["reason"]), entry["until"]
    # Days that are written like this sort as they follow one another.
    if until is not None and until < today:
        return dataclasses.replace(finding, sentence=f"{finding.sentence}; acknowledged ({reason}), which ran out on {until}")
    return dataclasses.replace(finding, severity=KNOWN, acknowledged=Acknowledgement(reason, until, finding.severity))
