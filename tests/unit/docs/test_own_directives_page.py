# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventories of the page about directives of one's own can be planned, and the scenario directives has them."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.hidden import SECRET
from ansible_collections.proftpd.fxp.plugins.plugin_utils._extra.tables import ONCE
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary

ROOT = pathlib.Path(__file__).parents[3]
PAGE = (ROOT / "docs/own-directives.md").read_text(encoding="utf-8")
GROUPS = [yaml.safe_load(block)["fxp_servers"] for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]
SCENARIO = yaml.safe_load((ROOT / "molecule/directives/inventory/gateways.yml").read_text(encoding="utf-8"))["fxp_servers"][
    "hosts"
]


@pytest.mark.parametrize("number", range(len(GROUPS)))
def test_its_inventories(number: int) -> None:
    group, tried = GROUPS[number], SCENARIO[f"ftp{number + 1}"]
    options = {}
    for name, said in group["hosts"].items():
        options[name], problems = _vocabulary.options_of(name, {**group["vars"], **said})
        assert problems == []
    host = _plan.make_plan(options)["hosts"]["ftp1"]
    assert host["extra_modules"] == [f"{each}.c" for each in group["vars"]["fxp_extra_modules"]]
    assert tried["fxp_extra_config"].startswith(group["vars"]["fxp_extra_config"])
    for key in ("fxp_extra_modules", "fxp_extra_packages"):
        assert set(tried.get(key, [])) >= set(group["vars"].get(key, []))


def test_what_replaces_and_what_is_hidden_is_named() -> None:
    named = {each.lower() for each in re.findall("`([A-Za-z]+)[`…]", PAGE)}
    assert {each for each in ONCE if not each.startswith("timeout")} <= named
    assert SECRET - named == set()
