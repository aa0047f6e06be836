# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Everything that stands against a run, told at once, before any host changes. Pure.

Hosts that share a sentence share its line, as in what is told of an inventory that cannot be planned.
"""

from __future__ import annotations

import dataclasses
import shlex
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable_sentence
from ansible_collections.proftpd.fxp.plugins.plugin_utils._authority import UNCHANGED
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import some

Looks = t.Mapping[str, t.Mapping[str, t.Any]]


@dataclasses.dataclass(frozen=True)
class Authority:
    """Whether the fleet's authority is still to be made, and what stands against the one that there is."""

    make: bool = False
    problem: str | None = None


@dataclasses.dataclass(frozen=True)
class Run:
    """
    The hosts that the run is for, and the pattern that named them.

    ``installing`` has the hosts on which it has installed packages, each with what went wrong there, empty for nothing.
    """

    targeted: t.Sequence[str]
    pattern: str
    installing: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    what: str = "servers"  # they are


def told(looks: Looks, authority: Authority, run: Run) -> list[str]:
    """Return everything that stands against the run, a line each; nothing if it may begin."""
    hosts: dict[str, list[str]] = {}
    for name, look in looks.items():
        for refusal in look.get("refusals") or ():
            hosts.setdefault(_sentence(refusal), []).append(name)
    for name, problem in run.installing.items():
        if problem:
            hosts.setdefault(printable_sentence(f"packages could not be installed: {problem}"), []).append(name)
    refused = sorted({name for names in hosts.values() for name in names})
    lines = [f"{some(list(dict.fromkeys(names)))}: {sentence}" for sentence, names in hosts.items()]
    if authority.problem is not None:
        # Said once, in the first line.
        lines.append(" ".join(authority.problem.replace(UNCHANGED, "").split()))
    if not lines:
        return []
    what = f"{len(refused)} of {len(run.targeted)} {run.what}" if refused else "The fleet"
    return [f"{what} cannot be served as planned. {_changed(run)}", *lines, *_others(looks, refused, authority, run)]


def _sentence(refusal: t.Mapping[str, t.Any]) -> str:
    variable, sentence = refusal["variable"], str(refusal["sentence"])
    # Some name it themselves.
    before = f"{variable}: " if variable and variable not in sentence else ""
    return printable_sentence(f"{before}{sentence} {refusal['cure']}")


def _changed(run: Run) -> str:
    installed = [name for name, problem in run.installing.items() if not problem]
    if not installed:
        return UNCHANGED
    return f"Packages were installed on {some(installed)} and stay; nothing else was changed on any host."


def _others(looks: Looks, refused: t.Sequence[str], authority: Authority, run: Run) -> list[str]:
    """The line that says how to do those servers of which nothing is refused."""
    silent = [name for name, look in looks.items() if look and "refusals" not in look and not look.get("skipped")]
    others = [name for name in run.targeted if name not in refused and name not in silent]
    if not refused or not others or authority.problem is not None:
        return []
    if authority.make:
        return [
            "The others cannot be done without them: the fleet has no authority yet, and one is made only in a run for all "
            "servers. Mend these first, or take them out of fxp_servers."
        ]
    named = ",".join(others)
    without = ",".join([run.pattern, *(f"!{name}" for name in refused)])
    return [f"To do the others now: --limit {shlex.quote(min(named, without, key=len))}"]


def not_asked(looks: Looks) -> list[str]:
    """Return what could not be asked of whom, a line each."""
    hosts: dict[str, list[str]] = {}
    for name, look in looks.items():
        for what in look.get("not_asked") or ():
            hosts.setdefault(str(what), []).append(name)
    return [f"{some(names)}: not asked before packages are installed: {what}." for what, names in hosts.items()]
