# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that hosts inside dial at another address than all others."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _rule_sheet
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import digest, faces, flows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import gateways as _gateways
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils._plan.test_gateways import (
    BEHIND,
    BESIDE,
    INNER,
    OUTER,
    PUBLIC,
    planned,
)

LAN = ["10.0.0.0/24"]
# One behind the gateway, one beside it with an interface in both networks, one elsewhere.
A: dict[str, t.Any] = {**BEHIND, "fxp_inner_networks": LAN}
TWO_LEGS: dict[str, t.Any] = {
    "fxp_address": "198.51.100.22",
    "fxp_inner_address": "10.0.0.22",
    "fxp_inner_networks": LAN,
    "fxp_passive_ports": "63000-63049",
}
FLEET = {"a": A, "b": TWO_LEGS, "c": PUBLIC}


def test_both_addresses_of_those_inside_are_taken_there() -> None:
    plan = planned(FLEET)
    assert faces.members(plan, "a") == {"b": ["198.51.100.22", "10.0.0.22"], "c": ["198.51.100.21"]}
    assert faces.members(plan, "c") == {"a": [OUTER], "b": ["198.51.100.22"]}
    wish = flows.wish(plan, "b")
    assert wish["peers4"] == [{"name": "a", "addresses": [OUTER, INNER]}, {"name": "c", "addresses": ["198.51.100.21"]}]
    assert wish["addresses"] == ["198.51.100.22", "10.0.0.22"]
    assert [(each["name"], each["addresses"]) for each in wish["outgoing4"]] == [("a", [OUTER, INNER]), ("c", ["198.51.100.21"])]
    # Translated is only one of them; the other announces what is dialled.
    announced = {name: host["inner_masquerade_address"] for name, host in plan["hosts"].items()}
    assert announced == {"a": INNER, "b": None, "c": None}


def test_the_certificate_has_the_inner_address() -> None:
    plan = planned({name: {**said, "fxp_tls": "required"} for name, said in FLEET.items()})
    assert plan["hosts"]["a"]["certificate_addresses"] == [INNER, OUTER]
    # Behind a gateway alone nobody dials it.
    alone = planned({"a": {**BEHIND, "fxp_tls": "required"}, "c": {**PUBLIC, "fxp_tls": "required"}})
    assert alone["hosts"]["a"]["certificate_addresses"] == [OUTER]


def test_the_rule_sheet_tells_what_goes_on_inside() -> None:
    rows = [row for row in _rule_sheet.rows(planned(FLEET)) if row["destination"] == INNER]
    assert [(row["source_name"], row["source"], row["ports"], row["direction"]) for row in rows] == [
        ("clients", "10.0.0.0/24", "21", "into a"),
        ("clients", "10.0.0.0/24", "61000-61049", "into a"),
        ("b", "10.0.0.22", "61000-61049", "into a, out of b"),
    ]


def test_a_client_inside_that_may_not_come_in_is_told_nobody() -> None:
    plan = planned({**FLEET, "a": {**A, "fxp_clients": ["10.0.0.128/25", "198.51.100.0/24"]}})
    inside = [flow for flow in flows.into(plan, "a") if flow.inner]
    assert {flow.sources for flow in inside if flow.source is None} == {("10.0.0.128/25",)}
    plan = planned({**FLEET, "a": {**A, "fxp_clients": ["198.51.100.0/24"]}})
    assert [flow.source for flow in flows.into(plan, "a") if flow.inner] == ["b"]


def test_what_a_gateway_hears_of_it() -> None:
    plan = planned({**FLEET, "d": {**BESIDE, "fxp_inner_networks": LAN}})
    a, d = _gateways.gateway_wish(plan, "gw1")["servers"]
    assert a["inner_networks"] == d["inner_networks"] == LAN
    assert {peer["name"]: peer["addresses"] for peer in a["peers4"]} == {
        "b": ["198.51.100.22", "10.0.0.22"],
        "c": ["198.51.100.21"],
        "d": ["10.0.0.12"],
    }
    # To the inner address nothing comes from the outer one.
    assert {peer["name"]: peer["addresses"] for peer in a["outgoing4"]} == {"b": ["198.51.100.22"], "c": ["198.51.100.21"]}


def test_who_takes_nobody_takes_nobody_inside() -> None:
    plan = planned({**FLEET, "b": {**TWO_LEGS, "fxp_foreign_addresses": "none"}})
    assert faces.beside(plan, "a") == faces.beside(plan, "b") == {}
    assert flows.wish(plan, "a")["peers4"] == [{"name": "c", "addresses": ["198.51.100.21"]}]


def test_ipv6_inside() -> None:
    lan = {"fxp_inner_networks": ["fd00::/64"]}
    a = {**TWO_LEGS, **lan, "fxp_address": ["198.51.100.22", "2001:db8::22"], "fxp_inner_address": "fd00::22"}
    c = {**PUBLIC, **lan, "fxp_address": ["198.51.100.21", "2001:db8::21"], "fxp_inner_address": "fd00::21"}
    plan = planned({"a": a, "c": c})
    wish = flows.wish(plan, "a")
    assert wish["peers4"] == [{"name": "c", "addresses": ["198.51.100.21"]}]
    assert wish["peers6"] == [{"name": "c", "addresses": ["2001:db8::21", "fd00::21"]}]
    assert [(each["name"], each["addresses"]) for each in wish["outgoing6"]] == [("c", ["2001:db8::21", "fd00::21"])]
    assert plan["hosts"]["a"]["inner_masquerade_address"] is None
    assert faces.groups(plan, 4, []) == []
    (group,) = faces.groups(plan, 6, [["fd00::1", "198.51.100.5"], ["198.51.100.6"]])
    assert (group["servers"]["c"]["host"], group["shares"]) == ("fd00::21", [0])


def test_which_servers_a_check_reaches_inside() -> None:
    plan = planned({**FLEET, "e": {**PUBLIC, "fxp_address": "198.51.100.23", "fxp_foreign_addresses": "none"}})
    vantages = [["198.51.100.5"], ["192.0.2.1", "10.0.0.77"]]
    assert faces.groups(plan, 4, vantages) == [
        {
            "servers": {
                "a": {"host": INNER, "port": 21, "expected_address": INNER},
                "b": {"host": "10.0.0.22", "port": 21, "expected_address": "10.0.0.22"},
            },
            "shares": [1],
        }
    ]
    # One alone has nobody inside to exchange files with.
    assert faces.groups(planned({"a": A, "c": PUBLIC}), 4, vantages) == []


def test_nothing_changes_where_it_is_not_said() -> None:
    plan = planned({"a": BEHIND, "c": PUBLIC})
    assert "inner" not in digest.share(plan, "a")
    assert not [flow for flow in flows.flows(plan) if flow.inner]
    assert digest.share(planned(FLEET), "a")["inner"] == [INNER, LAN]


def test_a_server_whose_network_is_not_said_is_told() -> None:
    plan = planned({**FLEET, "c": {**PUBLIC, "fxp_egress_addresses": ["198.51.100.21", "10.0.0.21"]}})
    assert [line for line in plan["cautions"] if "inner" in line] == [
        "a, b: fxp_inner_networks: connections of c come from there, but fxp_inner_networks is not said for it, so no file flows "
        "between the inner addresses; say it there too."
    ]


WRONG: dict[str, tuple[dict[str, dict[str, t.Any]], str]] = {
    "no inner address": (
        {"b": {**TWO_LEGS, "fxp_inner_address": None, "ansible_host": "ftp.example.net"}},
        "b: fxp_inner_address: it is not said although fxp_inner_networks is; write the server's own address in one of these",
    ),
    "an inner address outside": (
        {"b": {**TWO_LEGS, "fxp_inner_address": "10.0.1.22"}},
        "b: fxp_inner_address: '10.0.1.22' is in none of fxp_inner_networks 10.0.0.0/24, whose hosts are to dial it; correct one",
    ),
    "an inner address of another family": (
        {"b": {**TWO_LEGS, "fxp_inner_address": "fd00::22", "fxp_inner_networks": ["fd00::/64"]}},
        "b: fxp_inner_address: 'fd00::22' is IPv6, and fxp_address has no address of that family; write one of the same family",
    ),
    "everybody": (
        {"b": {**TWO_LEGS, "fxp_inner_networks": ["any"]}},
        "b: fxp_inner_networks: ['any'] holds everybody, so nobody would be told the address in fxp_address; write the networks",
    ),
    "no network": (
        {"b": {**TWO_LEGS, "fxp_inner_networks": ["10.0.0.1/24"]}},
        "b: fxp_inner_networks: ['10.0.0.1/24'] has the entry '10.0.0.1/24' with host bits set; write 10.0.0.0/24",
    ),
    "one inner address for two": (
        {"c": {**PUBLIC, "fxp_inner_address": "10.0.0.22", "fxp_inner_networks": LAN}},
        "c: fxp_inner_address: '10.0.0.22' is also that of b in the same networks; give each server its own",
    ),
    "networks that are not the same": (
        {"b": {**TWO_LEGS, "fxp_inner_networks": ["10.0.0.0/8"]}},
        "a: fxp_inner_networks: ['10.0.0.0/24'] has addresses in common with ['10.0.0.0/8'] of b (10.0.0.0/24), so it is",
    ),
    "two gateways": (
        {"d": {**BESIDE, "fxp_gateway": "gw2", "fxp_inner_networks": LAN}},
        "d: fxp_inner_networks: ['10.0.0.0/24'] is also that of a, which is behind another gateway (gw1, not gw2), where",
    ),
}


@pytest.mark.parametrize(("more", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_one_sentence(more: dict[str, dict[str, t.Any]], told: str) -> None:
    gateways = {"gw1": {"fxp_outer_address": OUTER}, "gw2": {"fxp_outer_address": "198.51.100.20"}}
    with pytest.raises(_plan.PlanError) as caught:
        planned({**FLEET, **more}, **gateways)
    assert any(line.startswith(told) for line in str(caught.value).splitlines()), str(caught.value)
