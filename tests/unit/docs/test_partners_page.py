# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of the page about partners can be planned, and the plan is what the page says of it."""

from __future__ import annotations

import pathlib
import re

import yaml

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import faces, flows, partner_rows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary

PAGE = (pathlib.Path(__file__).parents[3] / "docs/partners.md").read_text(encoding="utf-8")
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def test_its_inventory() -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    group = yaml.safe_load(block)["fxp_servers"]
    options = {}
    for name, said in group["hosts"].items():
        options[name], problems = _vocabulary.options_of(name, {**group["vars"], **said})
        assert problems == []
        options[name]["extra_peers"], wrong = partner_rows.with_text(
            options[name]["extra_peers"], lambda path: PEM, lambda text: None
        )
        assert wrong == []
    plan = _plan.make_plan(options)
    assert plan["partners"]["acme"]["is_proven"]
    for name in group["hosts"]:
        assert faces.members(plan, name)["acme"] == ["203.0.113.5", "203.0.113.6"]
        assert {peer["name"]: peer["addresses"] for peer in flows.wish(plan, name)["peers4"]}["acme"] == ["203.0.113.6"]
