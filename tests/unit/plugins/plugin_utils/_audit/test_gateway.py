# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit says of gateways. Scenario gateway has real ones."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import gateway
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.codes import CODES

PLAN = {
    "gateways": {"gw1": {"state": "present"}, "old": {"state": "absent"}},
    "servers": {"ftp1": {"gateway": "gw1"}, "ftp2": {"gateway": "gw1"}, "ftp3": {"gateway": None}},
}
REFUSED = {"code": "gateway", "variable": None, "value": None, "sentence": "Rule 7 denies it.", "cure": ""}


def look(in_place: bool = False, **rules: t.Any) -> dict[str, t.Any]:
    refusals = rules.pop("refusals", [])
    return {"in_place": in_place, "refusals": refusals, "parts": {"rules": {"drift": [], "moves": [], **rules}}}


@pytest.mark.parametrize(
    ("host", "seen", "said"),
    [
        ("gw1", look(in_place=True), []),
        ("old", look(in_place=True), []),
        ("gw1", {}, [("not_looked_at", "the gateway was not looked at, so nothing is known of what it leads")]),
        ("gw1", look(), [("gateway_differs", "it leads connections otherwise than the plan says")]),
        (
            "gw1",
            look(moves=["ftp1", "ftp2"]),
            [
                (
                    "gateway_differs",
                    "it leads connections otherwise than the plan says; ftp1, ftp2 would get ports that lead elsewhere now",
                )
            ],
        ),
        ("gw1", look(drift=["the table is not loaded"]), [("gateway_differs", "the table is not loaded")]),
        ("gw1", look(refusals=[REFUSED]), [("gateway_differs", "Rule 7 denies it")]),
        ("gw1", look(refusals=[{**REFUSED, "code": "root"}]), [("not_looked_at", "Rule 7 denies it")]),
        (
            "old",
            {"in_place": False, "refusals": [], "parts": {"rules": {"in_place": False}}},
            [("rules_although_absent", "the rules of proftpd.fxp are still loaded although fxp_state is absent")],
        ),
    ],
)
def test_what_is_otherwise_is_a_fault_with_a_cure(host: str, seen: dict[str, t.Any], said: list[tuple[str, str]]) -> None:
    found = gateway.judge(host, seen, PLAN)
    assert [(each.code, each.sentence) for each in found] == said
    assert all(each.severity == "fault" and each.cure and each.code in CODES for each in found)
    assert gateway.row(host, found, PLAN).verdict == ("fault" if said else "ok")


def test_the_table_says_how_many_servers_are_behind_it() -> None:
    assert gateway.row("gw1", [], PLAN).server == "gateway to 2"
