# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The process that runs a task ends with the ansible-playbook that it works for, and with it what it has started."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import typing as t

from ansible.plugins.action import ActionBase

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_the_controller() -> None:
    """
    Let this worker of Ansible get SIGTERM when its ansible-playbook is killed or loses its terminal.

    Ansible hands SIGINT and SIGTERM on to its workers, but cannot if it is killed, and does not at SIGHUP. Where the system has
    no such call a worker goes on, as it always did.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent.pid:
        os.kill(os.getpid(), signal.SIGTERM)


class BoundAction(ActionBase):
    """Runs the module ``MODULE``, as Ansible does it without an action."""

    TRANSFERS_FILES = False
    MODULE = ""
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        end_with_the_controller()
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        result.update(self._execute_module(module_name=self.MODULE, task_vars=task_vars, wrap_async=wrap_async))
        return result


__all__ = (
    "BoundAction",
    "end_with_the_controller",
)
