# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp import options
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.result import RESULT_KEYS
from ansible_collections.proftpd.fxp.plugins.modules import fxp_check

SERVER = {"host": "127.0.1.1", "user": "fxp", "password": "correct horse", "port": 1}


class Ended(Exception):
    """The module ended with these values."""

    def __init__(self, failed: bool, **values: t.Any) -> None:
        super().__init__(values)
        self.failed, self.values = failed, values


def without_options(values: dict[str, t.Any]) -> dict[str, t.Any]:
    """What a module returned; the options that it shows besides are not to have the password in them."""
    assert "correct horse" not in str(values.pop("invocation", None))
    return values


class Module:
    """What is used of AnsibleModule, with the options validated as that would."""

    def __init__(self, options: dict[str, t.Any], check_mode: bool) -> None:
        self.options = options
        self.check_mode = check_mode

    def __call__(self, argument_spec: dict[str, t.Any], supports_check_mode: bool) -> Module:
        from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

        assert supports_check_mode
        checked = ArgumentSpecValidator(argument_spec).validate(self.options)
        assert checked.error_messages == []
        self.params = checked.validated_parameters
        self.argument_spec, self.no_log_values = argument_spec, {"secret"}
        return self

    def warn(self, warning: str) -> None:
        raise AssertionError(warning)

    def exit_json(self, **values: t.Any) -> t.NoReturn:
        raise Ended(False, **without_options(values))

    def fail_json(self, **values: t.Any) -> t.NoReturn:
        raise Ended(True, **without_options(values))


def run(monkeypatch: pytest.MonkeyPatch, check_mode: bool = False, **options: t.Any) -> Ended:
    given = {"source": dict(SERVER), "destination": dict(SERVER), **options}
    monkeypatch.setattr(fxp_check, "AnsibleModule", Module(given, check_mode))
    with pytest.raises(Ended) as caught:
        fxp_check.main()
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
    monkeypatch.setattr(fxp_check, "AnsibleModule", module)
    with pytest.raises(Ended):
        fxp_check.main()
    assert (module.params["payload_size"], module.params["timeout"], module.params["passive"]) == (1048576, 10, "both")


def test_passwords_are_secret() -> None:
    assert options.server_options()["password"]["no_log"] is True


def test_documentation_of_return_values() -> None:
    documented = yaml.safe_load(fxp_check.RETURN)
    assert tuple(documented) == RESULT_KEYS
