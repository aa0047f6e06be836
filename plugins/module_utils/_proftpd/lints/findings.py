# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Findings about a proftpd.conf that ProFTPD's own checker (proftpd -t) accepts.

One function for all who ask: the swap before it replaces a configuration, and whoever looks at a server. Each fact is judged in
one place, with the release where it is known.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import connections as lint_connections
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import foreign as lint_foreign
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import order as lint_order
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import tls as lint_tls
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR, NOTE, Finding

_LINTS: tuple[t.Callable[[policy.Policy], t.Iterator[Finding]], ...] = (
    lint_foreign.missing,
    lint_foreign.values,
    lint_foreign.anonymous,
    lint_connections.passive_ports,
    lint_connections.max_instances,
    lint_connections.masquerade_address,
    lint_connections.timeouts,
    lint_connections.root_revoke,
    lint_connections.hidden_stores,
    lint_order.repeated,
    lint_order.extra_arguments,
    lint_order.late_modules,
    lint_order.absent,
    lint_order.lost,
    lint_order.unmerged,
    lint_order.missing_modules,
    lint_order.not_read,
    lint_tls.engine,
    lint_tls.required,
    lint_tls.protocols,
    lint_tls.peers,
    lint_tls.handshake,
    lint_tls.session_reuse,
    lint_tls.from_anybody,
    lint_tls.short_files,
)


def findings(config: str, around: policy.Surroundings | None = None) -> list[Finding]:
    """
    Return what keeps the text ``config`` from being written, or is to be warned of, in the order of its lines.

    Nothing is read besides. A text whose sections do not nest has that one finding.
    """
    try:
        return [each for each in of(policy.effective(parser.parse(config), around)) if each.severity != NOTE]
    except parser.ParseError as exc:
        return [
            Finding(
                "sections_do_not_nest",
                ERROR,
                policy.MAIN,
                exc.line,
                f"{exc.text!r} {exc.reason}",
                "close every section where it ends, innermost first",
            )
        ]


def of(in_force: policy.Policy) -> list[Finding]:
    """Return all that is to say of a configuration that has been read, by file in the order of lines."""
    found = {(finding.file, finding) for lint in _LINTS for finding in lint(in_force)}
    ordered = sorted(found, key=lambda each: (each[0], each[1].line, each[1].code, each[1].server, each[1].sentence))
    return [finding for _file, finding in ordered]
