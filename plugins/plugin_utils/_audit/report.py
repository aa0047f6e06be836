# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Lay out what an audit found so that people can read it. Pure: lines with the part that each plays."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import findings as _audit_findings
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import rows as _audit_rows

HEADING, GOOD, DOUBTFUL, BAD, PLAIN = "heading", "good", "doubtful", "bad", "plain"
Line = t.Tuple[str, str]
_PARTS = {
    _audit_findings.HOLE: BAD,
    _audit_findings.FAULT: DOUBTFUL,
    _audit_findings.KNOWN: PLAIN,
    _audit_findings.NOTE: PLAIN,
    _audit_rows.OUTDATED: DOUBTFUL,
    _audit_rows.OK: GOOD,
}


def table(rows: t.Sequence[_audit_rows.Row]) -> t.Iterator[Line]:
    """Yield a table of all servers, a line each."""
    cells: list[tuple[str, ...]] = [("host", "server", "does FXP with", "passive ports", "TLS", "verdict")]
    for row in rows:
        said = (row.host, row.server, row.partners, row.passive_ports, row.tls, row.verdict)
        cells.append(tuple(map(printable, said)))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for index, line in enumerate(cells):
        text = "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths)).rstrip()
        yield text, _PARTS[rows[index - 1].verdict] if index else HEADING


def findings(found: t.Iterable[_audit_findings.Finding], notes: bool) -> t.Iterator[Line]:
    """Yield every finding with its cure, those that hosts share once; ``notes``: those that are neither hole nor fault too."""
    hosts: dict[_audit_findings.Finding, list[str]] = {}
    for each in found:
        if notes or each.severity != _audit_findings.NOTE:
            server = f" ({each.server})" if each.server not in ("", "main") else ""
            hosts.setdefault(dataclasses.replace(each, host="", server=server), []).append(each.host)
    for each, names in hosts.items():
        part, known = _PARTS[each.severity], each.acknowledged
        yield printable(f"{each.severity.upper():5}  {', '.join(names)}{each.server}: {each.sentence} [{each.code}]"), part
        yield printable(f"       Cure: {each.cure}"), part
        if known:
            until = f" until {known.until}" if known.until else ""
            yield printable(f"       Acknowledged ({known.severity}){until}: {known.reason}"), part
