# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is proven by one address family, and what is told of all of them."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.filter.check_servers import check_servers
from ansible_collections.proftpd.fxp.plugins.filter.mesh_coverage import mesh_coverage
from ansible_collections.proftpd.fxp.plugins.filter.plan_in_family import plan_in_family
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils.test_any_inventory import plan_of

SAID = {"fxp_tls": "none", "fxp_check_user": "check", "fxp_check_password": "correct-horse-battery"}
NAT = {"fxp_masquerade_address": "203.0.113.5"}
DUAL = {
    "a": {**SAID, "fxp_address": ["198.51.100.11", "2001:db8::11"], **NAT},
    "b": {**SAID, "fxp_address": ["2001:db8::12", "198.51.100.12"]},
    "c": {**SAID, "fxp_address": "2001:db8::13"},
    "d": {**SAID, "fxp_address": "198.51.100.14"},
}


def mesh(text: str | None, family: str | None = None, pairs: int = 2) -> dict[str, t.Any]:
    if text is None:
        return {"skipped": True}
    return {"coverage": {"text": text, "pairs": pairs}, "pairs_passed": [{"family": family}] * pairs, "pairs_failed": []}


@pytest.mark.parametrize(
    ("family", "found"),
    [
        (4, {"a": ("198.51.100.11", "203.0.113.5"), "b": ("198.51.100.12",) * 2, "d": ("198.51.100.14",) * 2}),
        (6, {"a": ("2001:db8::11",) * 2, "b": ("2001:db8::12",) * 2, "c": ("2001:db8::13",) * 2}),
    ],
)
def test_servers_are_dialled_by_one_family(family: int, found: dict[str, tuple[str, str]]) -> None:
    servers = check_servers(plan_in_family(plan_of(DUAL), family), DUAL)
    assert {name: (server["host"], server["expected_address"]) for name, server in servers.items()} == found


@pytest.mark.parametrize("family", [5, "ipv6", None, [4]])
def test_something_else(family: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="is no address family; write 4 or 6"):
        plan_in_family(plan_of(DUAL), family)


def test_coverage_of_two_families_and_of_none() -> None:
    found = [mesh("all pairs", "ipv4"), mesh(None), mesh("all pairs", "ipv6")]
    assert mesh_coverage(found, plan_of(DUAL)) == (
        "over IPv4 all pairs; over IPv6 all pairs; 2 ordered pairs have no family in common"
    )
    assert mesh_coverage([mesh(None)], plan_of(DUAL)) == ""
    assert mesh_coverage([mesh("a share of none", pairs=0), mesh("a share", "ipv4")], plan_of(DUAL)).startswith(
        "over IPv4 a share;"
    )
    assert mesh_coverage([mesh("no pair", pairs=0)], plan_of(DUAL)).startswith("no pair;")
    one = {name: {**SAID, "fxp_address": f"198.51.100.{number}"} for number, name in enumerate("abc", 11)}
    assert mesh_coverage([mesh("all pairs", "ipv4"), mesh("the rest", "ipv4")], plan_of(one)) == "all pairs; the rest"
