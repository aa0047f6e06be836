# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of a gateway: its run, and the new connection that confirms a change."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.proftpd.fxp.plugins.action.fxp_firewall import ActionModule as CommitOrReturn
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _run


class ActionModule(CommitOrReturn):
    """A change takes itself back unless it is confirmed; a look changes nothing."""

    module = "proftpd.fxp.fxp_gateway"

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        if not boolean(self._task.args.get("look", False)):
            return super().run(tmp, task_vars)
        arguments = {"run": _run.this_run(), **self._task.args}
        result: dict[str, t.Any] = self._execute_module(module_name=self.module, module_args=arguments, task_vars=task_vars or {})
        _run.forget_what_is_over(result)
        return result

    def _changed_host(self, task_vars: dict[str, t.Any]) -> str:
        # Servers that move have their gateway follow.
        return str(self._task.delegate_to or super()._changed_host(task_vars))
