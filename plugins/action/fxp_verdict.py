# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judgement on what all hosts answered, before any of them changes."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _screen, _verdict
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.gateways import GROUP as GATEWAYS
from ansible_collections.proftpd.fxp.plugins.plugin_utils._refusal import Refusal


class ActionModule(ActionBase):
    """Judge. No host is contacted."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        options = self.validate_argument_spec(
            {
                "looks": {"type": "dict", "required": True},
                "authority": {"type": "dict", "default": {}},
                "installing": {"type": "dict", "default": {}},
            }
        )[1]
        said = options["authority"]
        authority = _verdict.Authority(bool(said.get("make")), str(said["refused"]) if said.get("refused") else None)
        installing = {name: str(said.get("msg") or "") for name, said in options["installing"].items() if said}
        hosts = task_vars["ansible_play_hosts_all"]
        gateways = {*task_vars["groups"].get(GATEWAYS, ())}.intersection(hosts)
        pattern = str(task_vars.get("ansible_limit") or ("all" if gateways else "fxp_servers"))
        run = _verdict.Run(hosts, pattern, installing, "hosts" if gateways else "servers")
        lines = _verdict.told(options["looks"], authority, run)
        if lines:
            raise Refusal("\n".join(lines))
        if self._task.check_mode:
            _screen.show([(line, "") for line in _verdict.not_asked(options["looks"])], {"": None})
        return {"changed": False, "make": authority.make}
