# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role prints for a plan is in order when it is held against that plan, and what is changed by hand is told."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import audit as _audit
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import findings as _audit_findings
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.test_template import NAME, PLANS, plan_of, render
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils._audit.test_audit import SOUND, seen


def told(text: str, plan: dict[str, t.Any], release: str = SOUND) -> set[str]:
    found = _audit.judge(NAME, seen(text, release, rules=None), plan)
    return {each.code for each in found if each.severity != _audit_findings.NOTE and each.code != "advisory"}


@pytest.mark.parametrize("release", ["1.3.8", SOUND])
@pytest.mark.parametrize("name", PLANS)
def test_what_the_role_prints_is_as_planned(name: str, release: str) -> None:
    plan = plan_of(PLANS[name])
    assert told(render(plan), plan, release) == set()


def test_every_change_by_hand_is_told() -> None:
    plan = plan_of(PLANS["behind NAT, with its own ports"])
    text = render(plan)
    changes = {
        "From 203.0.113.7\n": ("", "peer_missing"),
        "<Class fxp_peers>\n": ("<Class fxp_peers>\n  From 198.51.100.77\n", "wider_than_said"),
        "<Class fxp_peers>": ("<Class others>", "passive_open_undefined_class"),
        "PassivePorts 40000 40999": ("PassivePorts 40000 41999", "passive_ports_differ"),
        "MasqueradeAddress 203.0.113.5\n": ("", "masquerade_differs"),
        "Port 2121\n": ("Port 2122\n", "control_port_differs"),
        "AllowForeignAddress fxp_peers\n": ("AllowForeignAddress on\n", "foreign_address_any"),
    }
    for old, (new, code) in changes.items():
        assert old in text
        assert code in told(text.replace(old, new), plan, "1.3.8"), old


def test_what_hosts_inside_are_told_is_held_against_the_plan() -> None:
    plan = plan_of(PLANS["two faces"])
    text = render(plan)
    section = "<IfClass fxp_inner>\n  MasqueradeAddress 192.0.2.1\n</IfClass>\n"
    assert section in text
    for old, new, code in (
        ("  MasqueradeAddress 192.0.2.1\n", "  MasqueradeAddress 192.0.2.9\n", "masquerade_differs"),
        (section, "", "masquerade_differs"),
        ("  From 192.0.2.2\n", "", "peer_missing"),
    ):
        assert code in told(text.replace(old, new), plan, "1.3.8"), old


@pytest.mark.parametrize("name", PLANS)
def test_a_server_of_the_role_on_debian_12_has_nothing_that_its_operator_cannot_mend(name: str) -> None:
    plan = plan_of(PLANS[name])
    look = seen(render(plan), "1.3.8", "1.3.8+dfsg-4+deb12u5", rules=None)
    notes = [each for each in _audit.judge(NAME, look, plan) if each.code == "advisory"]
    assert {each.severity for each in notes} == {_audit_findings.NOTE}
    assert "issue-2146" in "".join(each.sentence for each in notes)
