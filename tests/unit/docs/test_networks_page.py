# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventories of the page about networks can be planned, and the plan is what the page says of them."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import faces, flows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.gateways import gateway_wish

PAGE = (pathlib.Path(__file__).parents[3] / "docs/networks.md").read_text(encoding="utf-8")
ACCOUNT = {"fxp_tls": "none", "fxp_check_user": "check", "fxp_check_password": "correct-horse-battery"}


def plans() -> list[dict[str, t.Any]]:
    blocks = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]
    assert blocks
    return [planned(block) for block in blocks]


def planned(inventory: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    servers, gateways = ({}, {})
    for name, said in inventory["fxp_servers"]["hosts"].items():
        servers[name], problems = _vocabulary.options_of(name, {**ACCOUNT, **said})
        assert problems == []
    for name, said in inventory.get("fxp_gateways", {"hosts": {}})["hosts"].items():
        gateways[name], problems = _vocabulary.options_of_gateway(name, said)
        assert problems == []
    return _plan.make_plan(servers, gateways=gateways)


def test_every_inventory_can_be_planned() -> None:
    for plan in plans():
        assert plan["servers"]


def test_two_families() -> None:
    plan = plans()[0]
    assert plan["families"] == [4, 6]
    assert plan["cautions"] == []
    assert flows.exchange_files(plan, "ftp1", "ftp3")
    assert {flow.family for flow in flows.into(plan, "ftp1") if flow.source == "ftp3"} == {6}
    assert {flow.family for flow in flows.into(plan, "ftp1") if flow.source == "ftp2"} == {4, 6}


def test_one_to_one_nat() -> None:
    row = plans()[1]["servers"]["ftp2"]
    assert (row["address"], row["announced"], row["egress"]) == ("203.0.113.5",) * 2 + (["203.0.113.5"],)


def test_gateways() -> None:
    two, translated, routed, _faces, others = plans()[2:]
    assert {name: row["address"] for name, row in two["servers"].items()} == {
        "ftp1": "198.51.100.10",
        "ftp2": "198.51.100.10",
        "ftp3": "198.51.100.13",
    }
    assert gateway_wish(translated, "gw1")["arrival_address"] == "172.31.0.2"
    assert gateway_wish(routed, "gw1")["servers"][0]["address6"] == "2001:db8:1::11"
    assert others["gateways"] == {}


def test_two_faces() -> None:
    plan = plans()[5]
    assert plan["cautions"] == []
    assert faces.members(plan, "ftp1") == {"ftp2": ["198.51.100.22", "10.0.0.22"], "ftp3": ["198.51.100.13"]}
    assert faces.members(plan, "ftp3") == {"ftp1": ["198.51.100.10"], "ftp2": ["198.51.100.22"]}
    assert [plan["hosts"][name]["inner_masquerade_address"] for name in ("ftp1", "ftp2")] == ["10.0.0.11", None]


@pytest.mark.parametrize("said", re.findall(r"`(fxp_[a-z_]+: \[[^`]+)`", PAGE))
def test_what_is_said_in_passing_is_of_the_vocabulary(said: str) -> None:
    ((name, value),) = yaml.safe_load(said).items()
    assert not _vocabulary.options_of("ftp1", {**ACCOUNT, "fxp_address": "198.51.100.11", name: value})[1]
