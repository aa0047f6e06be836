# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Judge the table of what is wrong with releases of ProFTPD: what of it is here, whether it applies, and what cures it here.

How bad something is depends on whether a cure exists for whoever runs it: what nobody can mend yet is a note.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import advisory_rows
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.advisory_rows import Needs, Row
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import foreign, policy, releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import NOTE


def advisories(package: str | None, in_force: policy.Policy, modules: t.Iterable[str]) -> list[dict[str, t.Any]]:
    """
    Return what is known to be wrong with the release that reads a configuration, and whether it applies.

    ``package`` is the version of the distribution's package, None where there is none or it is not known: its fixes count.
    ``modules``: those that are compiled in or loaded. Each entry has ``id``, ``severity``, ``what``, ``applies``, ``needs`` (what
    must be there for it to apply; empty if nothing), ``certain`` (false if the package may have the fix without saying so here),
    ``cure``, ``source``, and ``in_findings`` if lints tell the same.
    """
    release, there = in_force.release, frozenset(modules)
    if release is None:
        return []
    known = _known(package)
    return [
        {
            "id": row.id,
            "what": row.what,
            "applies": _applies(row.needs, in_force, there),
            "needs": row.needs.told,
            **_cured(row, release, package, known),
            "source": row.source,
            "in_findings": row.in_findings,
        }
        for row in advisory_rows.ROWS
        if releases.among(release, row.affected) and not (known and _mended(row, *known))
    ]


def _applies(needs: Needs, in_force: policy.Policy, modules: frozenset[str]) -> bool:
    """Tell whether everything is there that a row needs."""
    if needs.module and needs.module not in modules:
        return False
    if needs.directive and not any(scope.own(needs.directive) for scope in in_force.contexts):
        return False
    if needs.foreign and not _says(needs.foreign, in_force):
        return False
    if needs.flag is None:
        return True
    directive, value, default = needs.flag
    if needs.daemon:
        # A plain variable in ProFTPD: the last one counts.
        last = in_force.main.all(directive)[-1:]
        flags = [policy.boolean(line.arguments[0]) for line in last] or [None]
    else:
        flags = [in_force.flag(server, directive) for server in in_force.listening]
    return any((default if flag is None else flag) is value for flag in flags)


def _says(what: str, in_force: policy.Policy) -> bool:
    """Tell whether AllowForeignAddress names a class for some session, or nothing that is there."""
    said = [each for server in in_force.listening for _where, each in foreign.contexts(in_force, server)]
    if what == advisory_rows.CLASS:
        return any(each.names_class for each in said)
    return any(each.word is None or (each.names_class and not each.members) for each in said)


def _cured(row: Row, release: releases.Release, package: str | None, known: tuple[str, int] | None) -> dict[str, t.Any]:
    """How bad it is, what cures it for whoever has this package, and whether that is certain."""
    fixed = row.fixed or next(span.fixed for span in row.affected if release in span)
    mending = _mending(row, known)
    certain = package is None or bool(row.needs.foreign) or mending is not None or _is_read(known)
    if package is None:
        ways = [row.instead, f"update ProFTPD to {fixed} or later"]
    elif mending is not None:
        ways = [row.instead, f"update the package of ProFTPD to {mending} or later"]
    elif _is_read(known):
        ways = [row.instead]
    else:
        ways = [row.instead, f"update to a package of your distribution that has the fix, as {fixed} and later do"]
    cure = ", or ".join(filter(None, ways))
    nothing = f"there is nothing to be done until your distribution has a package with the fix of {fixed}"
    return {"severity": row.severity if cure else NOTE, "certain": certain, "cure": cure or nothing}


def _known(package: str | None) -> tuple[str, int] | None:
    """The distribution that a ``package`` is of, and the number of its update."""
    for name, distribution in advisory_rows.DISTRIBUTIONS.items():
        update = f"(?:build[0-9]{{1,4}}|{re.escape(distribution.update)}([0-9]{{1,4}}))?"
        match = re.fullmatch(re.escape(distribution.base) + update, package or "")
        if match:
            return name, int(match.group(1) or 0)
    return None


def _mended(row: Row, distribution: str, update: int) -> bool:
    """Tell whether the package's changelog says that it mends this."""
    return distribution in row.packages and update >= row.packages[distribution]


def _mending(row: Row, known: tuple[str, int] | None) -> str | None:
    """The first version of the package that mends this."""
    if known is None or known[0] not in row.packages:
        return None
    distribution = advisory_rows.DISTRIBUTIONS[known[0]]
    return f"{distribution.base}{distribution.update}{row.packages[known[0]]}"


def _is_read(known: tuple[str, int] | None) -> bool:
    """Tell whether all is known that this package mends."""
    return known is not None and known[1] <= advisory_rows.DISTRIBUTIONS[known[0]].read
