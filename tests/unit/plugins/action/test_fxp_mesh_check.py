# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the controller's half watches a job that has progress, or none, or is out of reach. Host and time are scripted."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from unittest import mock

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.proftpd.fxp.plugins.action import fxp_mesh_check
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.mesh import Progress
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _screen

LOST = AnsibleConnectionFailure("Timeout, server vantage not responding.")
RUNNING = {"finished": False, "started": True, "ansible_job_id": "j1"}
ENDED = {**RUNNING, "finished": True, "ok": True, "pairs": 6, "stdout": "", "results_file": "/home/operator/.ansible_async/j1"}


def progress(done: int) -> str:
    return json.dumps(dataclasses.asdict(Progress(legs=10, done=done, failed=0, to_repeat=0, repeated=0, seconds=done)))


class Stage:
    """One run of the plugin: what the file and the job say, look by look."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        terminal: bool,
        looks: t.Sequence[t.Any] = (),
        jobs: t.Sequence[t.Any] = (),
        check_mode: bool = False,
        **arguments: t.Any,
    ) -> None:
        self.now = 0.0
        self.looks, self.jobs = iter(looks), iter(jobs)
        self.commands: list[str] = []
        self.shown: list[str] = []
        self.modes: list[str] = []
        self.started: list[tuple[bool, int, dict[str, t.Any]]] = []
        monkeypatch.setattr(fxp_mesh_check, "time", mock.Mock(monotonic=lambda: self.now, sleep=self.sleep))
        monkeypatch.setattr(fxp_mesh_check, "TERMINAL", terminal)
        monkeypatch.setattr(_screen, "Display", lambda: mock.Mock(display=lambda text, color: self.shown.append(text)))
        monkeypatch.setattr(ActionBase, "run", lambda *arguments: {})
        self.plugin = fxp_mesh_check.ActionModule.__new__(fxp_mesh_check.ActionModule)
        self.plugin._task = mock.Mock(args={"servers": {}, **arguments}, check_mode=check_mode, async_val=0)
        monkeypatch.setattr(self.plugin, "_execute_module", self.execute)
        monkeypatch.setattr(self.plugin, "_low_level_execute_command", self.command)
        monkeypatch.setattr(self.plugin, "_status", self.status)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def execute(
        self, module_name: str, task_vars: t.Any, module_args: t.Any = None, wrap_async: bool = False
    ) -> dict[str, t.Any]:
        assert module_name == "proftpd.fxp.fxp_mesh_check"
        self.started.append((wrap_async, self.plugin._task.async_val, module_args or {}))
        return {"ansible_job_id": "j1", "started": 1} if wrap_async else {"ok": True}

    def command(self, line: str) -> dict[str, t.Any]:
        self.commands.append(line)
        if line.startswith("rm "):
            return {"rc": 0}
        return {"stdout": self.said(self.looks)}

    def status(self, task_vars: t.Any, job: str, mode: str = "status") -> dict[str, t.Any]:
        assert job == "j1"
        self.modes.append(mode)
        return {} if mode == "cleanup" else self.said(self.jobs)

    def said(self, answers: t.Iterator[t.Any]) -> t.Any:
        answer = next(answers)
        if isinstance(answer, Exception):
            self.now += 10  # ssh's ConnectTimeout
            raise answer
        return answer

    def run(self) -> dict[str, t.Any]:
        return self.plugin.run(None, {"inventory_hostname": "vantage"})


@pytest.mark.parametrize(
    ("terminal", "arguments"),
    [
        (False, {}),
        (False, {"progress": "auto"}),
        (True, {"progress": "never"}),
        (True, {"check_mode": True}),
        (True, {"check_mode": True, "progress": "always"}),
    ],
)
def test_nobody_watches(monkeypatch: pytest.MonkeyPatch, terminal: bool, arguments: dict[str, t.Any]) -> None:
    stage = Stage(monkeypatch, terminal, **arguments)
    assert stage.run() == {"ok": True}
    assert stage.started == [(False, 0, {})]
    assert (stage.shown, stage.commands, stage.now) == ([], [], 0.0)


@pytest.mark.parametrize(("terminal", "arguments"), [(True, {}), (False, {"progress": "always"})])
def test_progress_is_shown_until_the_end(monkeypatch: pytest.MonkeyPatch, terminal: bool, arguments: dict[str, t.Any]) -> None:
    stage = Stage(monkeypatch, terminal, [progress(2), progress(5), progress(9), ""], [ENDED], **arguments)
    assert stage.run() == {"ok": True, "pairs": 6}
    assert [line.split(",")[0] for line in stage.shown] == [f"[vantage] {done} of 10 transfers tried" for done in (2, 5, 9)]
    assert stage.modes == ["status", "cleanup"]
    ((wrapped, limit, given),) = stage.started
    assert (wrapped, limit) == (True, 86400)
    assert stage.plugin._task.async_val == 0, "the task is as it was"
    assert stage.commands == [f"touch -a -c {given['_progress']} && cat {given['_progress']} 2>/dev/null"] * 4 + [
        f"rm -f {given['_progress']}"
    ]
    assert stage.now < 6


def test_names_of_progress_cannot_be_foreseen(monkeypatch: pytest.MonkeyPatch) -> None:
    names = set()
    for _run in range(2):
        stage = Stage(monkeypatch, True, [""], [ENDED])
        stage.run()
        names.add(stage.started[0][2]["_progress"])
    assert len(names) == 2
    assert all(len(name) > 32 for name in names)


def test_no_progress_to_be_had_costs_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, True, [""] * 4, [RUNNING] * 3 + [ENDED])
    assert stage.run() == {"ok": True, "pairs": 6}
    assert stage.shown == []


def test_a_job_that_was_killed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its progress stands still; people see that, and the job tells how it ended."""
    stage = Stage(monkeypatch, True, [progress(5)] * 3, [RUNNING, {"failed": True, "finished": True, "msg": "killed"}])
    assert stage.run() == {"failed": True, "msg": "killed"}
    assert len(stage.shown) == 3
    assert stage.commands[-1].startswith("rm -f ")


def test_a_short_interruption_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, True, [LOST, progress(5), LOST, LOST, "", ""], [LOST, ENDED])
    assert stage.run() == {"ok": True, "pairs": 6}


def test_a_host_that_never_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, True, [LOST] * 20)
    result = stage.run()
    assert (result["failed"], result["unreachable"]) == (True, True)
    assert "job j1" in result["msg"]
    assert 60 < stage.now < 90


def test_what_did_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, True)
    monkeypatch.setattr(stage.plugin, "_execute_module", lambda **arguments: {"failed": True, "msg": "no Python"})
    assert stage.run() == {"failed": True, "msg": "no Python"}


def test_a_job_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, True, [""], [{"failed": True, "msg": "could not find job"}])
    assert stage.run() == {"failed": True, "msg": "could not find job"}
