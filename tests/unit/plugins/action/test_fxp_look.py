# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of another run that is at work on a host the controller knows whether it is over, if it began here."""

from __future__ import annotations

import typing as t
from unittest import mock

import pytest
from ansible.plugins.action import ActionBase

from ansible_collections.proftpd.fxp.plugins.action import fxp_look
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _run

OTHER = {"code": "run_at_work", "variable": None, "value": "theirs", "sentence": "anna@east is at work.", "cure": ""}
WORSE = {**OTHER, "code": "disk_full", "value": "/run"}


def look(monkeypatch: pytest.MonkeyPatch, refusals: list[dict[str, t.Any]], **args: t.Any) -> dict[str, t.Any]:
    """What the role has of a host that refuses so."""
    plugin = fxp_look.ActionModule.__new__(fxp_look.ActionModule)
    plugin._task = mock.Mock(args=args)
    monkeypatch.setattr(ActionBase, "run", lambda *arguments: {})

    def execute(module_name: str, module_args: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        assert module_args["_host"] == "ftp1"
        return {"refusals": [dict(each) for each in refusals], "run": {**module_args["run"], "left": ["rules"]}}

    monkeypatch.setattr(plugin, "_execute_module", execute)
    return plugin.run(None, {"inventory_hostname": "ftp1"})


@pytest.mark.parametrize("over", [True, False])
@pytest.mark.parametrize("others", [[], [WORSE]])
def test_a_run_that_is_over_is_no_refusal(monkeypatch: pytest.MonkeyPatch, over: bool, others: list[dict[str, t.Any]]) -> None:
    monkeypatch.setattr(_run, "is_over", lambda run: over and run == "theirs")
    said = look(monkeypatch, [OTHER, *others])
    assert said["refusals"] == ([] if over else [OTHER]) + others
    assert said["run"].get("over") == ("theirs" if over else None)
    assert said["run"]["left"] == ["rules"]


def test_the_run_is_named_unless_somebody_names_another(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = _run.this_run()
    assert {**look(monkeypatch, [])["run"], **mine} == look(monkeypatch, [])["run"]
    assert look(monkeypatch, [], run={"id": "x", "who": "y"})["run"]["id"] == "x"
