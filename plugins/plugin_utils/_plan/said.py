# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Where variables are said.

A fact about a server counts only if every playbook sees the same, so it stands in the inventory or is said with ``-e``. What a
play, a role, a task, a fact or a file beside a playbook says would count in one play and not in the next; it is refused by
name. A name that is neither ours nor a slip of ours is nobody's business here.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import near as _near
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem

# The variables of playbooks and of the role smoke_test, which are no facts about servers and may be said anywhere.
PLAYBOOKS: dict[str, tuple[str, ...]] = {
    "smoke_test_": (
        "smoke_test_connections",
        "smoke_test_coverage",
        "smoke_test_families",
        "smoke_test_peers",
        "smoke_test_report_directory",
        "smoke_test_seed",
        "smoke_test_show",
        "smoke_test_strangers",
        "smoke_test_vantages",
    ),
    "audit_": ("audit_hosts", "audit_report", "audit_show"),
    "rule_sheet_": ("rule_sheet_directory",),
}
CURE = "where proftpd.fxp.smoke_test and proftpd.fxp.audit do not see it; say it in the inventory, or with -e"
MISSING = object()


class _NoFacts:
    """A cache of facts without any."""

    def get(self, _host: str, _default: object = None) -> dict[str, t.Any]:
        return {}


def _variables(loader: t.Any, inventory: t.Any, *, beside_playbook: bool) -> VariableManager:
    """Return Ansible's own reader of variables, without what the run has learned."""
    manager = VariableManager(loader, inventory)
    manager.safe_basedir = beside_playbook
    # Ansible has no public way to leave out the facts that a cache keeps between runs.
    manager._fact_cache = t.cast(t.Any, _NoFacts())
    return manager


class Inventory:
    """The variables of an inventory and of ``-e``, without those that the run has added to them."""

    def __init__(self, task: t.Any, hostvars: t.Any) -> None:
        self.play = task.get_play()
        self._task = task
        self._all = hostvars
        self._running = self.play.get_variable_manager()
        # Nor is there one from a task to its inventory.
        self._inventory, self._loader = self._running._inventory, self._running._loader
        said = _variables(self._loader, self._inventory, beside_playbook=False)
        # What a template names must be said in the inventory too.
        self.hostvars: t.Mapping[str, t.Any] = HostVars(self._inventory, said, self._loader)
        self._raw: dict[str, dict[str, t.Any]] = {}

    def raw(self, host: str) -> dict[str, t.Any]:
        """What the inventory says of ``host``, its templates as they are."""
        if host not in self._raw:
            self._raw[host] = t.cast(t.Any, self.hostvars).raw_get(host)
        return self._raw[host]

    def now(self, host: str, in_play: bool = False) -> dict[str, t.Any]:
        """What this run gives ``host``, its facts included, and if it is ``in_play`` what play, roles and task say too."""
        if not in_play:
            return t.cast("dict[str, t.Any]", self._all.raw_get(host))
        return t.cast(
            "dict[str, t.Any]",
            self._running.get_vars(play=self.play, host=self._inventory.get_host(host), task=self._task, include_hostvars=False),
        )

    def of_roles(self) -> dict[str, t.Any]:
        """What is said for roles that are still to come in this play, so that none of them is refused when others have run."""
        said: dict[str, t.Any] = {}
        for role in self.play.get_roles():
            said.update(_ours({**role.vars, **role.get_role_params()}))
        return {name: value for name, value in said.items() if name not in self._running.extra_vars}

    def where(self, host: str, name: str) -> str:
        """Tell as well as Ansible lets anybody know where ``name`` is said, if not in the inventory."""
        if name in self._task.get_vars() or name in self.of_roles():
            return "for a role, a block or a task of this play"
        if name in self.play.get_vars():
            return "in the play's vars"
        if name not in self._all.raw_get(host):
            return "in a role of this play, or in its vars_files"
        beside = _variables(self._loader, self._inventory, beside_playbook=True)
        found = beside.get_vars(host=self._inventory.get_host(host), include_hostvars=False)
        if not _same(found.get(name, MISSING), self.raw(host).get(name, MISSING)):
            return "in group_vars or host_vars beside the playbook"
        return "as a fact (set_fact, register, include_vars)"


def _same(one: object, other: object) -> bool:
    return one is other or (type(one) is type(other) and one == other)


def outside(inventory: Inventory, hosts: t.Mapping[str, bool], this: str, variables: t.Mapping[str, t.Any]) -> list[Problem]:
    """
    Return what is said of the servers outside the inventory, and must not be.

    ``hosts``: the servers that are looked at, and whether they are part of the play. ``this``: the host that the task runs on,
    with all its ``variables``.
    """
    own = _ours(inventory.now(this))
    # What stands beyond a host's variables and facts is said for a play, and the same for all of its hosts, but for this:
    each_its_own = any("{{" in str(file) for file in inventory.play.get_vars_files())
    of_play = {name: value for name, value in _ours(variables).items() if not _same(value, own.get(name, MISSING))}
    of_play.update(inventory.of_roles())
    problems = []
    for host, in_play in hosts.items():
        found = {**_ours(inventory.now(host, in_play and each_its_own)), **(of_play if in_play else {})}
        said = inventory.raw(host)
        for name, value in sorted(found.items()):
            if not _same(value, said.get(name, MISSING)):
                problems += _problem(inventory, host, name, value)
    return problems


def _ours(variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in variables.items() if name.startswith(_vocabulary.PREFIX)}


def _problem(inventory: Inventory, host: str, name: str, value: object) -> list[Problem]:
    known = name in _vocabulary.VOCABULARY
    meant = None if known or _is_result(value) else _near.mistyped(name, _vocabulary.VOCABULARY, _vocabulary.PREFIX)
    if not known and meant is None:
        return []
    # What a slip was meant to be may be a secret, and what a task returned is no value that anybody wrote.
    shown = value if known and not _is_result(value) else None
    it = "it is" if shown is None else "is"
    slip = "" if known else f"; did you mean {meant}?"
    return [Problem(host, name, shown, f"{it} said {inventory.where(host, name)}, {CURE}{slip}", name in _vocabulary.SECRET)]


def _is_result(value: object) -> bool:
    """Whether ``value`` is what a task registered."""
    return isinstance(value, t.Mapping) and "changed" in value


def slips(host: str, variables: t.Iterable[str]) -> list[Problem]:
    """Return which of the ``variables`` of ``host`` are slips of those of our playbooks."""
    meant = {
        name: _near.mistyped(name, known, prefix)
        for prefix, known in PLAYBOOKS.items()
        for name in variables
        if name.startswith(prefix)
    }
    return [
        Problem(host, name, None, f"there is no such variable; did you mean {ours}?")
        for name, ours in sorted(meant.items())
        if ours is not None
    ]


def beside(directory: str, sources: t.Iterable[str], names: t.Collection[str]) -> list[str]:
    """
    Return sentences on the files for ``names`` (groups and hosts) in ``directory`` that say variables of ours in vain.

    Nobody reads them, because the inventory, which the ``sources`` make up, is elsewhere.
    """
    read = {
        os.path.realpath(source if os.path.isdir(source) else os.path.dirname(os.path.abspath(source)))
        for source in sources
        if os.path.exists(source)
    }
    if os.path.realpath(directory) in read:
        return []
    told = []
    for path in _files(directory, names):
        try:
            with open(path, encoding="utf-8") as file:
                found = sorted({*re.findall(r"^(fxp_\w+)\s*:", file.read(), re.MULTILINE)} & {*_vocabulary.VOCABULARY})
        except (OSError, UnicodeDecodeError):
            continue
        if found:
            told.append(
                f"{path}: {', '.join(found)}: not read by this playbook, which lies elsewhere; put the file beside the "
                "inventory, where every playbook reads it."
            )
    return told


def _files(directory: str, names: t.Collection[str]) -> t.Iterator[str]:
    for kind in ("group_vars", "host_vars"):
        place = os.path.join(directory, kind)
        for entry in sorted(os.listdir(place)) if os.path.isdir(place) else ():
            path = os.path.join(place, entry)
            if entry in names and os.path.isdir(path):
                yield from (os.path.join(path, inner) for inner in sorted(os.listdir(path)))
            elif os.path.splitext(entry)[0] in names or entry in names:
                yield path
