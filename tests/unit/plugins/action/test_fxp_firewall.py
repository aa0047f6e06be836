# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of the controller's half when the host answers, is cut off, or never comes back. Time and host are scripted."""

from __future__ import annotations

import typing as t
from unittest import mock

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.connection import ConnectionBase

from ansible_collections.proftpd.fxp.plugins.action import fxp_firewall

Answer = t.Union[t.Dict[str, t.Any], Exception]

CONNECTION = "192.0.2.1 40000 198.51.100.11 2222"
ON_TRIAL = {"changed": True, "on_trial": True, "connection": CONNECTION, "path": "/etc/proftpd-fxp/firewall.nft"}
LOST = AnsibleConnectionFailure("Timeout, server ftp1 not responding.")
CLOSED = AnsibleConnectionFailure("ssh: connect to host ftp1 port 22: Connection timed out")
BACK = "The new rules are gone, and the old ones are in force again."


class Ssh:
    """A connection plugin that can be reset."""

    transport = "ssh"

    def __init__(self) -> None:
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1


class Stage:
    """One run of the plugin: what each step answers, and which steps it took at which second."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, connection: t.Any, **answers: t.Iterable[Answer]) -> None:
        self.now = 0.0
        self.steps: list[tuple[str, int]] = []
        self.asked: list[dict[str, t.Any]] = []
        self.first: Exception | None = None
        self.answers = {phase: iter(sequence) for phase, sequence in answers.items()}
        monkeypatch.setattr(fxp_firewall, "time", mock.Mock(monotonic=lambda: self.now, sleep=self.sleep))
        monkeypatch.setattr(ActionBase, "run", lambda *arguments: {})
        self.plugin = fxp_firewall.ActionModule.__new__(fxp_firewall.ActionModule)
        self.plugin._task = mock.Mock(args={"content": "rules", "return_after": "30"})
        self.plugin._connection = connection
        self.plugin._play_context = mock.Mock(remote_addr="198.51.100.11")
        monkeypatch.setattr(self.plugin, "_execute_module", self.execute)
        monkeypatch.setattr(self.plugin, "_low_level_execute_command", self.answer)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def answer(self, command: str, sudoable: bool) -> dict[str, t.Any]:
        if self.first:
            raise self.first
        return {"rc": 0}

    def execute(self, module_name: str, module_args: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        assert module_name == "proftpd.fxp.fxp_firewall"
        phase = module_args["_phase"]
        self.steps.append((phase, int(self.now)))
        self.asked.append(module_args)
        answer = next(self.answers[phase])
        if isinstance(answer, Exception):
            self.now += 10  # ssh's ConnectTimeout
            raise answer
        return dict(answer)

    def run(self) -> dict[str, t.Any]:
        return self.plugin.run(None, {"inventory_hostname": "ftp1"})


def for_ever(answer: Answer) -> t.Iterator[Answer]:
    while True:
        yield answer


def test_no_change_is_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Ssh()
    stage = Stage(monkeypatch, connection, apply=[{"changed": False, "on_trial": False, "connection": CONNECTION, "drift": []}])
    assert stage.run() == {"changed": False, "drift": []}
    assert stage.steps == [("apply", 0)]
    assert connection.resets == 0


def test_change_is_confirmed_through_a_new_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Ssh()
    stage = Stage(monkeypatch, connection, apply=[ON_TRIAL], confirm=[{"changed": True}])
    assert stage.run() == {"changed": True, "path": "/etc/proftpd-fxp/firewall.nft"}
    assert stage.steps == [("apply", 0), ("confirm", 0)]
    assert connection.resets == 1
    assert stage.asked[1] == {"content": "rules", "return_after": "30", "_phase": "confirm", "_connection": CONNECTION}


def test_connection_without_reset_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    methods = dict.fromkeys(("_connect", "exec_command", "put_file", "fetch_file", "close"))
    local: t.Any = object.__new__(type("Local", (ConnectionBase,), {"transport": "local", **methods}))
    stage = Stage(monkeypatch, local, apply=[ON_TRIAL], confirm=[{"changed": True}])
    assert stage.run()["changed"] is True


def test_refusal_names_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, Ssh(), apply=[{"failed": True, "msg": "ufw decides here."}])
    assert stage.run() == {"failed": True, "msg": "ftp1: ufw decides here."}


def test_short_interruption_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, Ssh(), apply=[ON_TRIAL], confirm=[CLOSED, {"changed": True}])
    assert "failed" not in stage.run()
    assert stage.steps == [("apply", 0), ("confirm", 0), ("confirm", 11)]


def test_unreachable_result_counts_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, Ssh(), apply=[ON_TRIAL], confirm=[{"unreachable": True, "msg": "gone"}, {"changed": True}])
    assert "failed" not in stage.run()


def test_cut_off_until_the_host_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, Ssh(), apply=[ON_TRIAL], confirm=for_ever(CLOSED), settle=[CLOSED, {"settled": True}])
    result = stage.run()
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["msg"].startswith("ftp1: The new firewall rules cut Ansible off: ssh from 192.0.2.1 to port 2222 did not get")
    assert result["msg"].endswith(BACK)
    assert [step for step, dummy in stage.steps] == ["apply", "confirm", "confirm", "confirm", "settle", "settle"]


def test_answer_that_comes_after_the_return(monkeypatch: pytest.MonkeyPatch) -> None:
    late = {"failed": True, "too_late": True, "msg": "The new firewall rules were taken back."}
    stage = Stage(monkeypatch, Ssh(), apply=[ON_TRIAL], confirm=[late], settle=[{"settled": True}])
    message = stage.run()["msg"]
    assert "port 2222 did not get through. Let the rules accept it." in message
    assert message.endswith(BACK)


def test_confirmation_that_is_refused_is_taken_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {"failed": True, "msg": "The unit does not start."}
    stage = Stage(monkeypatch, Ssh(), apply=[ON_TRIAL], confirm=[refused], settle=[{"settled": True}])
    assert stage.run()["msg"] == f"ftp1: The unit does not start. {BACK}"
    assert stage.now == 0


def test_confirmation_whose_answer_was_lost_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, Ssh(), apply=[ON_TRIAL], confirm=for_ever(LOST), settle=[{"settled": True, "confirmed": True}])
    assert stage.run() == {"changed": True, "path": "/etc/proftpd-fxp/firewall.nft"}


def test_host_that_never_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, Ssh(), apply=[ON_TRIAL], confirm=for_ever(CLOSED), settle=for_ever(CLOSED))
    message = stage.run()["msg"]
    assert "could not be asked since" in message
    assert BACK not in message
    assert stage.now < 30 + fxp_firewall.PATIENCE + 15


def test_connection_lost_while_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, Ssh(), apply=[LOST], settle=[CLOSED, CLOSED, {"settled": False}, {"settled": True}])
    message = stage.run()["msg"]
    assert "ssh to 198.51.100.11 did not get through (Timeout, server ftp1 not responding.)" in message
    assert message.endswith(BACK)


@pytest.mark.parametrize(
    "said",
    [
        "ssh: connect to host ftp1 port 22: Connection timed out",
        "Connection timed out during banner exchange",
        "ssh: Could not resolve hostname ftp1: Name or service not known",
        "root@ftp1: Permission denied (publickey,password).",
        "Host key verification failed.",
        "/root/.ssh/config: line 3: Bad configuration option: controlpersit",
        "Unable to negotiate with 198.51.100.11 port 22: no matching host key type found. Their offer: ssh-rsa",
        "No user exists for uid 1000",
        "Received disconnect from 198.51.100.11 port 22:2: Too many authentication failures",
    ],
)
def test_host_that_was_never_reached_is_unreachable(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    stage = Stage(monkeypatch, Ssh())
    stage.first = AnsibleConnectionFailure(said)
    with pytest.raises(AnsibleConnectionFailure):
        stage.run()
    assert (stage.steps, stage.now) == ([], 0)


def test_the_same_words_after_the_host_has_answered_are_a_lock_out(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, Ssh(), apply=[CLOSED], settle=[{"settled": True}])
    assert "cut Ansible off" in stage.run()["msg"]


@pytest.mark.parametrize(
    ("rules", "ending"),
    [
        (True, "The rules are in force again."),
        (False, "The rules are gone; run this again to remove the rest."),
    ],
)
def test_removal_that_cuts_off_says_so(monkeypatch: pytest.MonkeyPatch, rules: bool, ending: str) -> None:
    settled = {"settled": True, "rules": rules}
    stage = Stage(monkeypatch, Ssh(), apply=[ON_TRIAL], confirm=for_ever(CLOSED), settle=[settled])
    stage.plugin._task.args = {"state": "absent"}
    message = stage.run()["msg"]
    assert message.startswith("ftp1: Without these firewall rules Ansible is cut off: ssh from 192.0.2.1 to port 2222 did")
    assert message.endswith(ending)
    assert stage.asked[-1] == {"state": "absent", "_phase": "settle"}


@pytest.mark.parametrize("value", ["soon", None, [1]])
def test_return_after_must_be_a_number(monkeypatch: pytest.MonkeyPatch, value: t.Any) -> None:
    stage = Stage(monkeypatch, Ssh())
    stage.plugin._task.args["return_after"] = value
    with pytest.raises(AnsibleError, match="return_after must be a number of seconds"):
        stage.run()
