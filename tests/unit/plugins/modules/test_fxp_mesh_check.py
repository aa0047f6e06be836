# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from ansible.module_utils import basic

from ansible_collections.proftpd.fxp.plugins.modules import fxp_mesh_check
from ansible_collections.proftpd.fxp.tests.unit.plugins.modules.stand_in import PASSWORD, Ended, Module

SERVERS = {
    name: {"host": address, "user": "fxp", "password": PASSWORD, "port": 1}
    for name, address in (("ftp1", "127.0.1.1"), ("ftp2", "127.0.1.2"))
}


def run(monkeypatch: pytest.MonkeyPatch, check_mode: bool = False, **options: t.Any) -> tuple[Ended, Module]:
    given = {"servers": SERVERS, **options}
    module = Module(given, check_mode)
    monkeypatch.setattr(fxp_mesh_check, "Module", module)
    monkeypatch.setattr(basic, "_load_params", lambda: given)
    with pytest.raises(Ended) as caught:
        fxp_mesh_check.main()
    assert module.warnings == []
    return caught.value, module


def test_check_mode_contacts_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    ended, _module = run(monkeypatch, check_mode=True, _progress=str(tmp_path / "progress"))
    assert not ended.failed
    assert ended.values == dict.fromkeys(fxp_mesh_check.RESULT_KEYS)
    assert not list(tmp_path.iterdir())


def test_failure_returns_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    ended, _module = run(monkeypatch, _progress=str(tmp_path / "progress"))
    assert ended.failed
    assert set(ended.values) == {"msg", *fxp_mesh_check.RESULT_KEYS}
    assert ended.values["legs"] == {"total": 2, "passed": 0, "failed": 2, "repeated": 2}
    assert "2 of 2 transfers fell short, the first from ftp1 to ftp2" in ended.values["msg"]
    assert "control_unreachable" in ended.values["msg"]
    assert not list(tmp_path.iterdir()), "the progress is taken away"


@pytest.mark.parametrize("check_mode", [True, False])
def test_bad_option(monkeypatch: pytest.MonkeyPatch, check_mode: bool) -> None:
    ended, _module = run(monkeypatch, check_mode, timeout=-1)
    assert ended.failed
    assert list(ended.values) == ["msg"]
    assert "timeout is -1" in ended.values["msg"]


def test_passwords_are_known_to_ansible(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each server is part of the argument spec, so that what is no_log in it stays out of every log and result."""
    _ended, module = run(monkeypatch, check_mode=True)
    assert module.checked._no_log_values == {PASSWORD}


@pytest.mark.parametrize("given", [None, {}, {"servers": None}, {"servers": "ftp1"}, {"servers": ["ftp1"]}])
def test_what_is_no_dictionary_is_left_to_ansible(monkeypatch: pytest.MonkeyPatch, given: t.Any) -> None:
    monkeypatch.setattr(basic, "_load_params", lambda: given)
    assert fxp_mesh_check.server_names() == []


def test_documentation() -> None:
    assert tuple(yaml.safe_load(fxp_mesh_check.RETURN)) == fxp_mesh_check.RESULT_KEYS
