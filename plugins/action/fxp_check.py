# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A check in the Python that Ansible runs on, where the module would run in the same one: another start costs half a second."""

from __future__ import annotations

import os
import sys
import typing as t

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.proftpd.fxp.plugins.module_utils._check.check import run_check
from ansible_collections.proftpd.fxp.plugins.module_utils._check.options import check_options
from ansible_collections.proftpd.fxp.plugins.module_utils._check.request import Request, parse_request
from ansible_collections.proftpd.fxp.plugins.module_utils._check.result import RESULT_KEYS
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable_data, printable_sentence
from ansible_collections.proftpd.fxp.plugins.module_utils._masked import shown_options, unregistered
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.leftovers import ending_well_within_ansible
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES
from ansible_collections.proftpd.fxp.plugins.plugin_utils._lifeline import end_with_the_controller

MODULE = "proftpd.fxp.fxp_check"


class ActionModule(ActionBase):
    """
    Do what the module does, or run it: on another host, as another user, in another Python or environment, as a job.

    Bad options are left to the module, too, so that there is one way to refuse them.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        end_with_the_controller()
        options = self._options() if self._is_the_same_python(task_vars or {}) else None
        request = _request(options) if options else None
        if options is None or request is None:
            wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
            result.update(self._execute_module(module_name=MODULE, task_vars=task_vars, wrap_async=wrap_async))
        else:
            result.update(self._check(request), invocation={"module_args": shown_options(options, check_options())})
        return result

    def _is_the_same_python(self, task_vars: dict[str, t.Any]) -> bool:
        host = task_vars
        environment: dict[str, t.Any] = {}
        if self._task.delegate_to:
            host = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, {})
        self._compute_environment_string(environment)
        return (
            self._connection.ansible_name == "ansible.builtin.local"
            and self._connection.become is None
            and not self._task.async_val
            and not environment
            # Who wants the module's files left behind wants to see them.
            and not constants.config.get_config_value("DEFAULT_KEEP_REMOTE_FILES")
            and self._templar.template(host.get("ansible_python_interpreter")) == sys.executable
        )

    def _options(self) -> dict[str, t.Any] | None:
        """The options with types and defaults applied; none if they do not fit."""
        checked = ArgumentSpecValidator(unregistered(check_options())).validate(self._task.args)
        if checked.error_messages:
            return None
        options: dict[str, t.Any] = checked.validated_parameters
        for role in ROLES:
            # Ansible starts modules in the directory of the playbook.
            if options[role]["ca_path"]:
                options[role]["ca_path"] = os.path.join(self._loader.get_basedir(), options[role]["ca_path"])
        return options

    def _check(self, request: Request) -> dict[str, t.Any]:
        if self._task.check_mode:
            return {"changed": False, **dict.fromkeys(RESULT_KEYS)}
        with ending_well_within_ansible():
            outcome = run_check(request)
        # As the module returns it.
        answer: dict[str, t.Any] = {"changed": False, **printable_data(outcome.result)}
        if outcome.warnings:
            answer["warnings"] = list(map(printable_sentence, outcome.warnings))
        return answer if outcome.result["ok"] else {**answer, "failed": True, "msg": printable_sentence(outcome.message)}


def _request(options: t.Mapping[str, t.Any]) -> Request | None:
    try:
        return parse_request(options)
    except RequestError:
        return None
