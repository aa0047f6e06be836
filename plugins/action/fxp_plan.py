# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of the plan: collect every server's variables, hold them against the vocabulary, plan."""

from __future__ import annotations

import functools
import os
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.proftpd.fxp.plugins.module_utils._host import addresses
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import pair as _pair
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _libraries
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import here as _here
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import machines as _machines
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import partner_rows as _partner_rows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import said as _said
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import tls as _plan_tls
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.gateways import GROUP as GATEWAYS
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.partners import OPTION as PARTNERS
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import PlanError, Problem
from ansible_collections.proftpd.fxp.plugins.plugin_utils._refusal import Refusal

GROUP = "fxp_servers"
# Strategies under which run_once really means once.
STRATEGIES = ("linear", "ansible.builtin.linear", "debug", "ansible.builtin.debug")


def _text_of(directory: str, path: str) -> str:
    with open(os.path.join(directory, path), encoding="utf-8") as file:
        return file.read()


class ActionModule(ActionBase):
    """Plan once per play, from inventory variables alone: no host is contacted, no gathered fact is read."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        # Without netaddr not even the inventory can be read, and with it what else is needed is not known yet.
        self._refuse(_libraries.lacks_for_plan())
        # ansible-core gives an action no public way to its play.
        play = self._task.get_play()
        self._refuse_misuse(task_vars, play.strategy)
        inventory = _said.Inventory(self._task, task_vars["hostvars"])
        problems = self._said_elsewhere(inventory, task_vars)
        # The role that makes the plan runs again for each role that depends on it.
        known = task_vars.get("_plan_fleet")
        if known and known.get("play") == str(play._uuid) and not problems:
            return dict(known)
        read_file = functools.lru_cache(maxsize=None)(functools.partial(_text_of, self._inventory_directory(task_vars)))
        options: dict[str, dict[str, t.Any]] = {}
        for host in task_vars["groups"][GROUP]:
            options[host], found = _vocabulary.options_of(host, inventory.hostvars[host], self._templar.is_template)
            problems += found
            problems += self._read_authorities(host, options[host], read_file)
        problems += _machines.shared(
            {host: inventory.hostvars[host] for host, mine in options.items() if mine["state"] != _plan.ABSENT}
        )
        gateways: dict[str, dict[str, t.Any]] = {}
        for host in task_vars["groups"].get(GATEWAYS, ()):
            gateways[host], found = _vocabulary.options_of_gateway(host, inventory.hostvars[host], self._templar.is_template)
            # Of a server they were told.
            problems += found if host not in options else []
        if problems:
            raise Refusal(str(PlanError(problems)))
        # Servers that are to be absent have no say in where checks are driven from.
        vantage = str(next((mine["vantage"] for mine in options.values() if mine["state"] != _plan.ABSENT), ""))
        known_hosts = inventory.hostvars
        seen_from = _vocabulary.literal_or_none(known_hosts[vantage].get("ansible_host")) if vantage in known_hosts else None
        try:
            plan = _plan.make_plan(options, seen_from, gateways, self._inventory_directory(task_vars))
        except PlanError as exc:
            raise Refusal(str(exc)) from None
        if any(host.get("certificate_from") == _plan_tls.AUTHORITY for host in plan["hosts"].values()):
            self._refuse(_libraries.lacks_for_authority())
        self._refuse_vantage(plan, known_hosts)
        for sentence in [*plan["cautions"], *self._unread(task_vars)]:
            self._display.warning(printable(sentence))
        return {"changed": False, "play": str(play._uuid), **plan}

    @staticmethod
    def _read_authorities(host: str, mine: dict[str, t.Any], read_file: t.Callable[[str], str]) -> list[Problem]:
        """Put the text of partners' authorities into the place of their paths, which count from the inventory."""
        mine[PARTNERS], wrong = _partner_rows.with_text(mine[PARTNERS], read_file, _pair.authorities)
        return [Problem(host, f"fxp_{PARTNERS}", None, cure) for cure in wrong if mine["state"] != _plan.ABSENT]

    @staticmethod
    def _refuse(reason: str | None) -> None:
        if reason is not None:
            raise Refusal(reason)

    @staticmethod
    def _refuse_vantage(plan: t.Mapping[str, t.Any], hostvars: t.Mapping[str, t.Any]) -> None:
        """Refuse a vantage that is one of the servers under another name."""
        vantage, servers = plan["vantage"], plan["servers"]

        def connection(host: str) -> str | None:
            return str(hostvars[host].get("ansible_connection")) if host in hostvars else None

        if vantage is None or not _here.is_here(vantage, connection(vantage)):
            return
        problems = _here.servers_here(
            vantage,
            {name: server["class_members"] for name, server in servers.items()},
            {name: connection(name) for name in servers},
            [local.address for local in addresses.local()],
        )
        if problems:
            raise Refusal(str(PlanError(problems)))

    @staticmethod
    def _said_elsewhere(inventory: _said.Inventory, task_vars: dict[str, t.Any]) -> list[Problem]:
        """Return facts about servers that only this play knows, and slips. None of them stops the removal of a server."""
        in_play = {*task_vars["ansible_play_hosts_all"]}
        hosts = {
            host: host in in_play for host in task_vars["groups"][GROUP] if not _vocabulary.is_absent(inventory.hostvars[host])
        }
        if not in_play & hosts.keys():
            return []
        this = task_vars["inventory_hostname"]
        return _said.outside(inventory, hosts, this, task_vars) + _said.slips(this, task_vars)

    @staticmethod
    def _unread(task_vars: dict[str, t.Any]) -> list[str]:
        """Return warnings of files in the present directory that only playbooks which lie there would read."""
        here = os.getcwd()
        if os.path.realpath(here) == os.path.realpath(task_vars["playbook_dir"]):
            return []
        names = {*task_vars["groups"], *task_vars["groups"][GROUP]}
        return _said.beside(here, task_vars.get("ansible_inventory_sources") or [], names)

    def _inventory_directory(self, task_vars: dict[str, t.Any]) -> str:
        """Return the directory that the inventory lies in, file or directory, which names the first server."""
        first = task_vars["groups"][GROUP][0]
        named_in = str(task_vars["hostvars"][first].get("inventory_file") or "")
        sources = [source for source in task_vars.get("ansible_inventory_sources") or [] if os.path.exists(source)]
        holds = [source for source in sources if named_in == source or named_in.startswith(os.path.join(source, ""))]
        # Beside and not in it: Ansible takes every file of an inventory directory for an inventory.
        place = str((holds or sources or [os.path.join(self._loader.get_basedir(), "inventory")])[0])
        return os.path.dirname(os.path.abspath(place))

    def _refuse_misuse(self, task_vars: dict[str, t.Any], strategy: str) -> None:
        if self._task.args:
            raise Refusal("fxp_plan takes no options in a task; say them as inventory variables fxp_<option>.")
        if strategy not in STRATEGIES:
            raise Refusal(
                f"The play's strategy is {strategy!r}, which runs once-per-play tasks on every host; use 'strategy: linear'."
            )
        servers = task_vars["groups"].get(GROUP)
        if not servers:
            raise Refusal(f"The inventory group {GROUP} is missing or empty; put the servers into it.")
        known = {*servers, *task_vars["groups"].get(GATEWAYS, ())}
        strangers = [host for host in task_vars["ansible_play_hosts_all"] if host not in known]
        if strangers:
            raise Refusal(
                f"{', '.join(strangers)}: not in the inventory group {GROUP}, which has every "
                "server; put the host into it, or leave it out of the play."
            )
