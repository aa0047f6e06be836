# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.proftpd.fxp.plugins.module_utils._check import options
from ansible_collections.proftpd.fxp.plugins.module_utils._check.result import RESULT_KEYS
from ansible_collections.proftpd.fxp.plugins.modules import fxp_check
from ansible_collections.proftpd.fxp.tests.unit.plugins.modules.stand_in import PASSWORD, Ended, Module

SERVER = {"host": "127.0.1.1", "user": "fxp", "password": PASSWORD, "port": 1}


def run(monkeypatch: pytest.MonkeyPatch, check_mode: bool = False, **options: t.Any) -> Ended:
    given = {"source": dict(SERVER), "destination": dict(SERVER), **options}
    module = Module(given, check_mode)
    monkeypatch.setattr(fxp_check, "Module", module)
    with pytest.raises(Ended) as caught:
        fxp_check.main()
    assert module.warnings == []
    return caught.value


def test_check_mode_contacts_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run(monkeypatch, check_mode=True)
    assert not ended.failed
    assert ended.values == dict.fromkeys(RESULT_KEYS)


def test_failure_returns_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run(monkeypatch)
    assert ended.failed
    assert set(ended.values) == {"msg", *RESULT_KEYS}
    assert ended.values["cause"] == "control_unreachable"
    assert "control_unreachable" in ended.values["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_bad_option(monkeypatch: pytest.MonkeyPatch, check_mode: bool) -> None:
    ended = run(monkeypatch, check_mode, path="a\nb")
    assert ended.failed
    assert list(ended.values) == ["msg"]
    assert "path is 'a\\nb'" in ended.values["msg"]


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    module = Module({"source": SERVER, "destination": SERVER}, True)
    monkeypatch.setattr(fxp_check, "Module", module)
    with pytest.raises(Ended):
        fxp_check.main()
    assert (module.params["payload_size"], module.params["timeout"], module.params["passive"]) == (1048576, 10, "both")


def test_passwords_are_secret() -> None:
    assert options.server_options()["password"]["no_log"] is True


def test_documentation_of_return_values() -> None:
    documented = yaml.safe_load(fxp_check.RETURN)
    assert tuple(documented) == RESULT_KEYS
