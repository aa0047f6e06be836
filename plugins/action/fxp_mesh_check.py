# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of the mesh: only it can show how far the module is."""

from __future__ import annotations

import contextlib
import secrets
import shlex
import sys
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.proftpd.fxp.plugins.module_utils._host.interrupts import errand
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable_sentence
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh import progress as mesh_progress
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.mesh import Progress
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _screen
from ansible_collections.proftpd.fxp.plugins.plugin_utils._lifeline import end_with_the_controller

MODULE = "proftpd.fxp.fxp_mesh_check"
STATUS = "ansible.builtin.async_status"
# Ansible loads this file before it forks its workers, which have no terminal any more.
TERMINAL = sys.stdout is not None and sys.stdout.isatty()
PAUSE = 2.0  # seconds between two looks
FIRST_LOOKS = (0.3, 0.5, 1.0)  # seconds before each of the first looks, for fleets that are proven in a moment
LONGEST = 86400  # seconds; the module ends by itself before, because its every step has a limit
PATIENCE = 60.0  # seconds that the host may be out of reach; a job that misses its looks ends before, and tells it
TELLING = 4.0  # seconds to tell a job that it is to end
# What a job adds to the result of its module.
JOB_KEYS = (
    "ansible_job_id",
    "finished",
    "started",
    "results_file",
    "stdout",
    "stderr",
    "stdout_lines",
    "stderr_lines",
    "_suppress_tmpdir_delete",
)


class ActionModule(ActionBase):
    """
    Run the module as it is where nobody watches. Else as a job beside which its progress is read.

    Losing sight of the progress loses no result: the job is asked for it until it has ended.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        end_with_the_controller()
        if self._watched():
            result.update(self._watch(task_vars or {}))
        else:
            result.update(self._execute_module(module_name=MODULE, task_vars=task_vars))
        return result

    def _watched(self) -> bool:
        wish = self._task.args.get("progress", "auto")
        return not self._task.check_mode and (wish == "always" or (wish == "auto" and TERMINAL))

    def _watch(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        # Nobody can foresee this name, and the module only makes the file if nothing has it.
        path = f"/tmp/.fxp-mesh-{secrets.token_hex(16)}"
        # A job that is not told ends by itself when nobody has looked for a while.
        with errand(lambda why: self._forget(path), TELLING):
            started = self._start(task_vars, {**self._task.args, "_progress": path})
            job = started.get("ansible_job_id")
            return started if job is None else self._follow(task_vars, job, path)

    def _follow(self, task_vars: dict[str, t.Any], job: str, path: str) -> dict[str, t.Any]:
        looks, lost = iter(FIRST_LOOKS), 0.0
        last: Progress | None = None
        while True:
            time.sleep(next(looks, PAUSE))
            try:
                progress = self._look(path)
                if progress is not None:
                    self._show(task_vars, mesh_progress.words(progress))
                known, last = last, progress
                if progress not in (None, known):
                    continue
                # It has ended, or not begun, or waits for a server, or was killed; or there is no progress to be had.
                answer = self._status(task_vars, job)
                lost = 0.0
            except AnsibleConnectionFailure as error:
                lost = lost or time.monotonic()
                if time.monotonic() - lost > PATIENCE:
                    lost_it = printable_sentence(f"The host was lost while its job {job} ran: {error}")
                    return {"failed": True, "unreachable": True, "msg": lost_it}
                continue
            if answer.get("finished") or "finished" not in answer:
                self._tidy(task_vars, job, path)
                return {key: value for key, value in answer.items() if key not in JOB_KEYS}

    def _tidy(self, task_vars: dict[str, t.Any], job: str, path: str) -> None:
        # The module takes the file away itself, unless it was killed. The result is here: nothing may cost it now.
        with contextlib.suppress(AnsibleConnectionFailure):
            self._forget(path)
            self._status(task_vars, job, mode="cleanup")

    def _forget(self, path: str) -> None:
        """Take the file away, which ends a job that still runs."""
        self._low_level_execute_command(f"rm -f {shlex.quote(path)}")

    def _start(self, task_vars: dict[str, t.Any], arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        before, self._task.async_val = self._task.async_val, LONGEST
        try:
            answer: dict[str, t.Any] = self._execute_module(
                module_name=MODULE, module_args=arguments, task_vars=task_vars, wrap_async=True
            )
            return answer
        finally:
            self._task.async_val = before

    def _look(self, path: str) -> Progress | None:
        answer = self._low_level_execute_command(f"{mesh_progress.LOOK.format(path=shlex.quote(path))} 2>/dev/null")
        return mesh_progress.read(answer.get("stdout", ""))

    def _status(self, task_vars: dict[str, t.Any], job: str, mode: str = "status") -> dict[str, t.Any]:
        task = self._task.copy()
        task.args = {"jid": job, "mode": mode}
        action = self._shared_loader_obj.action_loader.get(
            STATUS,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        answer: dict[str, t.Any] = action.run(task_vars=task_vars)
        if answer.get("unreachable"):
            raise AnsibleConnectionFailure(answer.get("msg", "unreachable"))
        return answer

    def _show(self, task_vars: dict[str, t.Any], words: str) -> None:
        _screen.show([(f"[{task_vars.get('inventory_hostname', '')}] {words}", "")], {"": None})
