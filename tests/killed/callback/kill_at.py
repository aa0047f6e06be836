# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller that dies: kills ansible-playbook and all of its process group when a task starts, or a while later."""

from __future__ import annotations

import os
import signal
import threading
import typing as t

from ansible.plugins.callback import CallbackBase


def die() -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)


class CallbackModule(CallbackBase):
    """FXP_KILL is the number of a task, or NAME:SECONDS for the time that a task goes on."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill_at"

    def __init__(self) -> None:
        super().__init__()
        self.name, _separator, self.seconds = os.environ.get("FXP_KILL", "").partition(":")
        self.started = 0

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        self.started += 1
        if self.name == str(self.started):
            die()
        elif self.seconds and self.name in task.get_name():
            threading.Timer(float(self.seconds), die).start()
