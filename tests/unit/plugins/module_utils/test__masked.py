# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils import _masked
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.request import mesh_options

PARAMS: dict[str, t.Any] = {
    "servers": {"a": {"host": "source", "user": "x", "password": "source"}, "b": {"host": "h", "password": None}},
    "pairs": [{"source": "a", "destination": "b"}],
    "seed": "source",
}


def module() -> t.Any:
    return types.SimpleNamespace(params=PARAMS, argument_spec=mesh_options(["a", "b"]), no_log_values={"source"})


def test_only_values_of_secret_options_are_left_out() -> None:
    made = module()
    shown = _masked.masked_already(made)["invocation"]["module_args"]
    assert shown["servers"] == {
        "a": {"host": "source", "user": "x", "password": _masked.SHOWN},
        "b": {"host": "h", "password": None},
    }
    assert {key: shown[key] for key in ("pairs", "seed")} == {key: PARAMS[key] for key in ("pairs", "seed")}
    assert made.no_log_values == set()
    assert PARAMS["servers"]["a"]["password"] == "source"


@pytest.mark.parametrize(
    ("data", "masked"),
    [
        ("226", _masked.SHOWN),
        ("226 Transfer complete", "******** Transfer complete"),
        # The longer one whole.
        ("it is 226-source", "it is ********"),
        ({"226": ["226", {"a": ("x226", None)}]}, {"226": [_masked.SHOWN, {"a": ["x********", None]}]}),
        (1226, _masked.SHOWN),
        (0.226, _masked.SHOWN),
        ([227, True, None, ""], [227, True, None, ""]),
    ],
)
def test_secrets_are_taken_out_of_values(data: t.Any, masked: t.Any) -> None:
    assert _masked.without(data, {"226", "226-source", "True"}) == masked
    assert _masked.without(data, set()) == data


def test_secrets_in_lists_of_options() -> None:
    spec = {"many": {"type": "list", "options": {"password": {"no_log": True}, "name": {}}}}
    shown = _masked.shown_options({"many": [{"password": "p", "name": "n"}]}, spec)
    assert shown == {"many": [{"password": _masked.SHOWN, "name": "n"}]}


def test_a_spec_without_secrets_is_the_same_else() -> None:
    spec = {"many": {"type": "list", "elements": "dict", "options": {"password": {"no_log": True, "type": "str"}, "name": {}}}}
    assert _masked.unregistered(spec) == {
        "many": {"type": "list", "elements": "dict", "options": {"password": {"type": "str"}, "name": {}}}
    }
    assert spec["many"]["options"]["password"]["no_log"]


class Told:
    """What ansible-core 2.22 keeps of secrets until the module ends."""

    def __init__(self) -> None:
        self.secrets = {"source"}

    def flush(self) -> frozenset[str]:
        """Give them away."""
        flushed, self.secrets = frozenset(self.secrets), set()
        return flushed


def test_the_controller_is_not_told_what_is_masked_already(monkeypatch: pytest.MonkeyPatch) -> None:
    made = module()
    made._new_secrets = Told()
    _masked.masked_already(made)
    assert made._new_secrets.secrets == set()
    # Where its masking is needed, it is.
    monkeypatch.setattr(_masked, "get_warning_messages", lambda: ("the value source was converted",))
    made = module()
    made._new_secrets = Told()
    _masked.masked_already(made)
    assert made._new_secrets.secrets == {"source"}


@pytest.mark.parametrize("where", ["get_warning_messages", "get_deprecation_messages"])
def test_masking_of_ansible_stays_where_it_warns_of_a_secret(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    said = "the value source was converted"
    monkeypatch.setattr(_masked, where, lambda: (said,) if "warning" in where else ({"msg": said},))
    made = module()
    assert _masked.masked_already(made) == {}
    assert made.no_log_values == {"source"}
