# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which packages are installed? Only looks; whoever installs some asks first whether that is needed."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform, run


def installed(
    names: t.Sequence[str], row: platform.Platform = platform.USUAL, output: t.Callable[..., str] = run.output
) -> dict[str, str]:
    """Return the version of those of ``names`` that are installed; empty where nobody can be asked."""
    if not names:
        return {}
    # A package that was removed is still known for its configuration.
    found = (line.split() for line in output(*row.package_query, *names).splitlines())
    return {words[0]: words[1] for words in found if len(words) == 3 and words[2] == "installed"}


def missing(
    names: t.Sequence[str], row: platform.Platform = platform.USUAL, output: t.Callable[..., str] = run.output
) -> list[str]:
    """Return those of ``names`` that are not installed, in their order."""
    there = installed(names, row, output)
    return [name for name in names if name not in there]


def providing(what: str, row: platform.Platform = platform.USUAL, output: t.Callable[..., str] = run.output) -> list[str]:
    """Return the packages that are installed and stand for ``what``, by their names."""
    rows = (line.split("|") for line in output(*row.providers_query).splitlines() if line.count("|") == 2)
    there = ((name, stands_for.replace(",", " ").split()) for name, state, stands_for in rows if state == "installed")
    return sorted(name for name, stands_for in there if what in stands_for)


__all__ = ("installed", "missing", "providing")
