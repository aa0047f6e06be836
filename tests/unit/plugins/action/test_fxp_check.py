# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a check is done in this Python, and when the module is run. What Ansible decides and what servers answer is scripted."""

from __future__ import annotations

import sys
import typing as t
from unittest import mock

import pytest
from ansible.plugins.action import ActionBase

from ansible_collections.proftpd.fxp.plugins.action import fxp_check
from ansible_collections.proftpd.fxp.plugins.module_utils._check.check import Outcome
from ansible_collections.proftpd.fxp.plugins.module_utils._check.request import Request
from ansible_collections.proftpd.fxp.plugins.module_utils._check.result import RESULT_KEYS

SERVER = {"host": "192.0.2.11", "user": "fxp", "password": "correct horse"}
PASSED = Outcome({**dict.fromkeys(RESULT_KEYS), "ok": True}, "", [])
REFUSED = {**dict.fromkeys(RESULT_KEYS), "ok": False, "cause": "login_refused"}
FAILED = Outcome(REFUSED, "The login was refused.", ["A file remains."])
BY_MODULE = {"ok": True, "by": "the module"}


class Stage:
    """One run of the plugin, on the controller in the Python that Ansible runs on unless the arguments say otherwise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, outcome: Outcome = PASSED) -> None:
        self.requests: list[Request] = []
        self.wrapped: list[bool] = []
        self.environment: dict[str, str] = {}
        self.variables: dict[str, t.Any] = {"ansible_python_interpreter": sys.executable}
        self.outcome = outcome
        monkeypatch.setattr(ActionBase, "run", lambda *arguments: {})
        monkeypatch.setattr(fxp_check, "run_check", self.check)
        self.plugin = fxp_check.ActionModule.__new__(fxp_check.ActionModule)
        arguments = {"source": {**SERVER}, "destination": {**SERVER}}
        self.task = self.plugin._task = mock.Mock(args=arguments, check_mode=False, async_val=0, delegate_to=None)
        self.connection = self.plugin._connection = mock.Mock(
            ansible_name="ansible.builtin.local", become=None, has_native_async=False
        )
        self.plugin._templar = mock.Mock(template=lambda value: value)
        self.plugin._loader = mock.Mock(get_basedir=lambda: "/srv/playbooks")
        monkeypatch.setattr(self.plugin, "_compute_environment_string", lambda out: out.update(self.environment))
        monkeypatch.setattr(self.plugin, "_execute_module", self.execute)

    def check(self, request: Request) -> Outcome:
        self.requests.append(request)
        return self.outcome

    def execute(self, module_name: str, task_vars: t.Any, wrap_async: bool) -> dict[str, t.Any]:
        assert module_name == "proftpd.fxp.fxp_check"
        self.wrapped.append(wrap_async)
        return dict(BY_MODULE)

    def run(self) -> dict[str, t.Any]:
        return self.plugin.run(None, self.variables)


def test_in_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    result = stage.run()
    assert {key: result[key] for key in ("changed", *RESULT_KEYS)} == {"changed": False, **PASSED.result}
    assert set(result) == {"changed", "invocation", *RESULT_KEYS}
    shown = result["invocation"]["module_args"]
    assert (shown["source"]["host"], shown["source"]["port"], shown["timeout"]) == ("192.0.2.11", 21, 10)
    assert "correct horse" not in str(result)
    (request,) = stage.requests
    assert request.terms.servers["destination"].password == "correct horse"
    assert stage.wrapped == []


def test_failure_returns_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    result = Stage(monkeypatch, FAILED).run()
    del result["invocation"]
    assert result == {
        "changed": False,
        "failed": True,
        "msg": "The login was refused.",
        "warnings": ["A file remains."],
        **FAILED.result,
    }


def test_check_mode_contacts_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.task.check_mode = True
    result = stage.run()
    del result["invocation"]
    assert result == {"changed": False, **dict.fromkeys(RESULT_KEYS)}
    assert (stage.requests, stage.wrapped) == ([], [])


@pytest.mark.parametrize("place", ["sub/ca.pem", "/etc/ca.pem"])
def test_files_are_relative_to_the_playbook(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    stage = Stage(monkeypatch)
    for server in stage.task.args.values():
        server.update(tls="explicit", ca_path=place)
    stage.run()
    (request,) = stage.requests
    expected = "/srv/playbooks/sub/ca.pem" if place == "sub/ca.pem" else place
    assert [spec.ca_path for spec in request.terms.servers.values()] == [expected, expected]


def test_a_delegated_task_has_the_python_of_that_host(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.task.delegate_to = "localhost"
    stage.variables = {
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_delegated_vars": {"localhost": {"ansible_python_interpreter": sys.executable}},
    }
    stage.run()
    assert (len(stage.requests), stage.wrapped) == (1, [])


def otherwise(change: t.Callable[[Stage], t.Any], name: str) -> t.Any:
    return pytest.param(change, id=name)


@pytest.mark.parametrize(
    "change",
    [
        otherwise(lambda stage: setattr(stage.connection, "ansible_name", "ansible.builtin.ssh"), "another host"),
        otherwise(lambda stage: setattr(stage.connection, "become", mock.Mock()), "another user"),
        otherwise(lambda stage: stage.environment.update(SSL_CERT_FILE="/etc/ca.pem"), "another environment"),
        otherwise(lambda stage: stage.variables.update(ansible_python_interpreter="/usr/bin/python3.8"), "another Python"),
        otherwise(lambda stage: stage.variables.clear(), "a Python that is to be discovered"),
        otherwise(lambda stage: setattr(stage.task, "delegate_to", "vantage"), "a delegated task whose Python is not known"),
        otherwise(lambda stage: stage.task.args.update(timeot=3), "an unknown option"),
        otherwise(lambda stage: stage.task.args.update(timeout=0), "a value that cannot be"),
        otherwise(lambda stage: stage.task.args.pop("source"), "an option that is missing"),
    ],
)
def test_by_the_module(monkeypatch: pytest.MonkeyPatch, change: t.Callable[[Stage], t.Any]) -> None:
    stage = Stage(monkeypatch)
    change(stage)
    assert stage.run() == BY_MODULE
    assert (stage.requests, stage.wrapped) == ([], [False])


def test_by_the_module_where_its_files_are_to_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    monkeypatch.setenv("ANSIBLE_KEEP_REMOTE_FILES", "1")
    assert stage.run() == BY_MODULE


def test_a_job_is_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.task.async_val = 60
    assert stage.run() == BY_MODULE
    assert stage.wrapped == [True]
