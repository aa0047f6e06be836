# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Directives that are read but do not count: repeated, with more than is read, late, without their module, or elsewhere."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR, FAULT, WARNING, Finding

_FOREIGN = "AllowForeignAddress"
# How many arguments are read (CHECK_ARGS() demands only that there are no fewer) of what takes one value per context.
_ARGUMENTS = {
    _FOREIGN: 1,
    "AllowOverwrite": 1,
    "AllowRetrieveRestart": 1,
    "AllowStoreRestart": 1,
    "HiddenStores": 2,
    "MasqueradeAddress": 1,
    "MaxInstances": 1,
    "PassivePorts": 2,
    "Port": 1,
    "RequireValidShell": 1,
    "RootLogin": 1,
    "RootRevoke": 1,
    "TimeoutIdle": 1,
    "TimeoutLinger": 1,
    "TimeoutLogin": 1,
    "TimeoutNoTransfer": 1,
    "TimeoutStalled": 1,
}


def _severity(directive: str) -> str:
    return ERROR if directive == _FOREIGN else WARNING


def repeated(in_force: policy.Policy) -> t.Iterator[Finding]:
    """One context says a directive twice, with different arguments."""
    for scope in in_force.contexts:
        for directive in _ARGUMENTS:
            lines = scope.all(directive)
            # Mostly mod_ifsession replaces what it merged before; MaxInstances is a plain variable: there the last one counts.
            last = scope.kind in policy.CONDITIONAL or directive == "MaxInstances"
            counts = lines[-1 if last else 0] if lines else None
            which = "last one" if last else "first one" if scope is not in_force.common else "first one of the last <Global>"
            for line in lines:
                if counts is not None and line.arguments != counts.arguments:
                    yield Finding(
                        "directive_repeated",
                        _severity(directive),
                        scope.root.name,
                        line.number,
                        f"{directive} here has no effect: only the {which} counts, which "
                        f"stands on line {counts.number}" + _elsewhere(counts, line),
                        "leave one of them out",
                    )


def _elsewhere(counts: parser.Line, line: parser.Line) -> str:
    """The file of the line that counts, where it is another one."""
    files = [each.number.file if isinstance(each.number, parser.Place) else "" for each in (counts, line)]
    return "" if files[0] == files[1] else f" of {files[0] or 'the main file'}"


def extra_arguments(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Words that ProFTPD takes without a complaint and never looks at."""
    for directive, most in _ARGUMENTS.items():
        for root, line in in_force.everywhere(directive):
            if len(line.arguments) > most:
                yield Finding(
                    "extra_arguments",
                    _severity(directive),
                    root.name,
                    line.number,
                    f"{directive} reads only {' '.join(line.arguments[:most])!r} and ignores the rest of its line",
                    "leave the rest out",
                )


def late_modules(in_force: policy.Policy) -> t.Iterator[Finding]:
    """mod_ifsession must be loaded last (its documentation), or it merges sections before other modules are ready."""
    loaded: list[str] = []
    for line in in_force.modules:
        name = line.arguments[0]
        if name not in loaded and "mod_ifsession.c" in loaded:
            yield Finding(
                "module_after_ifsession",
                WARNING,
                in_force.main.name,
                line.number,
                f"{name} is loaded after mod_ifsession.c, which must be the last module",
                "move LoadModule mod_ifsession.c below it",
            )
        loaded.append(name)


def absent(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Files that an Include names and that are not there: ProFTPD warns and goes on."""
    for root, line, why in in_force.absent:
        yield Finding(
            "include_absent",
            WARNING,
            root.name,
            line.number,
            f"{line.raw.strip()!r} brings nothing in: {why}",
            "make the file, or take the line out",
        )


def lost(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Errors in files that are included, with which releases before 1.3.9rc1 start as if nothing was wrong (issue 1721)."""
    for root, line, file in in_force.lost:
        yield Finding(
            "include_error",
            ERROR,
            root.name,
            line.number,
            f"ProFTPD cannot use {line.name}, and this release then reads nothing that stands in {file} behind the Include of "
            "this file",
            "correct the line, or take it out",
        )


def unmerged(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Sections of mod_ifsession in one another that it never comes to."""
    for root, line, _why in in_force.unmerged:
        yield Finding(
            "section_not_merged",
            WARNING,
            root.name,
            line.number,
            f"{line.raw.strip()!r} has no effect in the section around it: this release merges "
            "classes first, then groups, then users",
            "turn the sections around, or say it in one of them",
        )


def missing_modules(in_force: policy.Policy) -> t.Iterator[Finding]:
    """ProFTPD does not start with a directive that no module of it knows. One finding a module: the first of its lines."""
    told: set[str] = set()
    for root, line, module in in_force.unknown:
        if module not in told:
            told.add(module)
            yield Finding(
                "module_missing",
                ERROR,
                root.name,
                line.number,
                f"{line.name.strip('<>')} is of {module}, which is neither a part of the ProFTPD here nor loaded further up",
                f"say LoadModule {module} before it",
            )


def not_read(in_force: policy.Policy) -> t.Iterator[Finding]:
    """What is left out of account here."""
    for root, line, why in in_force.unread:
        yield Finding(
            "not_looked_at",
            WARNING,
            root.name,
            line.number,
            f"what {line.raw.strip()!r} brings in was not looked at" + (f": {why}" if why else ""),
            "say what matters for data connections outside of it, further up",
            FAULT,
        )
