# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import json
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _rule_sheet
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary


def plan(**servers: dict[str, t.Any]) -> dict[str, t.Any]:
    read = {name: _vocabulary.options_of(name, {"fxp_tls": "none", **said})[0] for name, said in servers.items()}
    return _plan.make_plan(read, gateways={"gw1": {}})


A = {"fxp_address": "198.51.100.11", "fxp_passive_ports": "50000-50099", "fxp_clients": ["198.51.100.0/24"]}
B = {
    "fxp_address": "10.0.0.12",
    "fxp_masquerade_address": "203.0.113.5",
    "fxp_egress_addresses": ["203.0.113.5", "203.0.113.6"],
    "fxp_control_port": 2121,
    "fxp_passive_ports": "51000-51009",
    "fxp_clients": ["any"],
}


def test_every_connection_that_the_plan_needs_and_no_other() -> None:
    flows = [(row["source"], row["destination"], row["ports"]) for row in _rule_sheet.rows(plan(a=A, b=B))]
    assert flows == [
        ("198.51.100.0/24", "198.51.100.11", "21"),
        ("198.51.100.0/24", "198.51.100.11", "50000-50099"),
        # b's connections come from its egress addresses.
        ("203.0.113.5", "198.51.100.11", "50000-50099"),
        ("203.0.113.6", "198.51.100.11", "50000-50099"),
        ("0.0.0.0/0", "10.0.0.12", "2121"),
        # What b announces is what data connections are opened to.
        ("0.0.0.0/0", "203.0.113.5", "51000-51009"),
        ("198.51.100.11", "203.0.113.5", "51000-51009"),
    ]


def test_a_server_that_takes_no_foreign_addresses_needs_no_peer() -> None:
    sources = [row["source_name"] for row in _rule_sheet.rows(plan(a={**A, "fxp_foreign_addresses": "none"}, b=B))]
    assert set(sources) == {"clients"}


def test_direction_and_reason_are_told() -> None:
    row = next(row for row in _rule_sheet.rows(plan(a=A, b=B)) if row["source_name"] == "b")
    assert (row["direction"], row["protocol"]) == ("into a, out of b", "tcp")
    assert "a listens" in row["why"]


def test_what_a_gateway_must_forward() -> None:
    behind = {**B, "fxp_address": "203.0.113.5", "fxp_gateway": "gw1", "fxp_public_control_port": 2100}
    rows = [row for row in _rule_sheet.rows(plan(a=A, b=behind)) if row["destination_name"] == "b"]
    assert {(row["destination"], row["ports"], row["direction"]) for row in rows} == {
        ("203.0.113.5", "2100", "into b, forwarded by gw1 to port 2121"),
        ("203.0.113.5", "51000-51009", "into b, forwarded by gw1 to the same ports"),
        ("203.0.113.5", "51000-51009", "into b, out of a, forwarded by gw1 to the same ports"),
    }
    out = {row["direction"] for row in _rule_sheet.rows(plan(a=A, b=behind)) if row["source_name"] == "b"}
    assert out == {"into a, out of b, translated by gw1 to come from there"}
    known = {**behind, "fxp_inner_address": "10.0.0.12"}
    told = {row["direction"] for row in _rule_sheet.rows(plan(a=A, b=known)) if row["destination_name"] == "b"}
    assert "into b, forwarded by gw1 to port 2121 of 10.0.0.12" in told


@pytest.mark.parametrize("form", ["csv", "json"])
def test_programs_read_back_what_was_written(form: str) -> None:
    made = plan(a=A, b=B)
    text = _rule_sheet.FORMATS[form](made)
    read = json.loads(text) if form == "json" else list(csv.DictReader(io.StringIO(text, newline="")))
    assert read == _rule_sheet.rows(made)


def test_people_get_a_table_with_one_line_for_each_row() -> None:
    made = plan(a=A, b=B)
    lines = [line for line in _rule_sheet.as_markdown(made).splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(_rule_sheet.rows(made))
    assert len({line.count("|") for line in lines}) == 1
    assert "0.0.0.0/0 (everybody)" in lines[6]
