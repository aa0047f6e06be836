# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of gateways, and what each is to forward."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import flows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import gateways as _gateways
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary

OUTER, INNER = "198.51.100.10", "10.0.0.11"
GW1: dict[str, t.Any] = {"fxp_outer_address": OUTER}
BEHIND: dict[str, t.Any] = {"ansible_host": INNER, "fxp_gateway": "gw1", "fxp_passive_ports": "61000-61049"}
BESIDE: dict[str, t.Any] = {
    **BEHIND,
    "ansible_host": "10.0.0.12",
    "fxp_passive_ports": "61050-61099",
    "fxp_public_control_port": 2122,
}
PUBLIC: dict[str, t.Any] = {"fxp_address": "198.51.100.21", "fxp_passive_ports": "62000-62049"}


def planned(servers: dict[str, dict[str, t.Any]], **gateways: dict[str, t.Any]) -> dict[str, t.Any]:
    """The plan of an inventory, or the first sentence on what is wrong with it."""
    read: dict[str, dict[str, t.Any]] = {}
    for name, said in servers.items():
        read[name], problems = _vocabulary.options_of(name, {"fxp_tls": "none", **said})
        assert not problems
    boxes: dict[str, dict[str, t.Any]] = {}
    for name, said in (gateways or {"gw1": GW1}).items():
        boxes[name], problems = _vocabulary.options_of_gateway(name, said)
        if problems:
            raise _plan.PlanError(problems)
    return _plan.make_plan(read, gateways=boxes)


def test_a_server_behind_a_gateway_needs_nothing_but_its_name() -> None:
    plan = planned({"a": BEHIND, "b": PUBLIC})
    row = plan["servers"]["a"]
    assert (row["address"], row["announced"], row["inner_address"], row["egress"]) == (OUTER, OUTER, INNER, [OUTER])
    assert plan["hosts"]["a"]["masquerade_address"] == OUTER
    assert plan["gateways"] == {"gw1": {"state": "present", "outer_address": OUTER, "arrival_address": OUTER}}
    assert plan["servers"]["b"]["inner_address"] is None


def test_what_a_gateway_is_to_forward() -> None:
    plan = planned({"a": BEHIND, "b": BESIDE, "c": PUBLIC})
    wish = _gateways.gateway_wish(plan, "gw1", pending=["b"])
    a, b = wish["servers"]
    assert (wish["outer_address"], wish["arrival_address"], wish["keep"]) == (OUTER, OUTER, False)
    assert (a["inner_address"], a["public_control_port"], a["control_port"], a["renamed"], a["pending"]) == (
        INNER,
        21,
        21,
        True,
        False,
    )
    assert (b["public_control_port"], b["pending"]) == (2122, True)
    # The gateway sees those behind it at their own addresses, and dials none of them for one another.
    assert a["peers4"] == [{"name": "b", "addresses": ["10.0.0.12"]}, {"name": "c", "addresses": ["198.51.100.21"]}]
    assert [peer["name"] for peer in a["outgoing4"]] == ["c"]
    # Their own firewalls see one another at the outer one.
    assert flows.wish(plan, "a")["peers4"][0] == {"name": "b", "addresses": [OUTER]}


def test_ipv6_is_routed() -> None:
    dual = {**BEHIND, "fxp_address": [OUTER, "2001:db8::11"]}
    other = {**PUBLIC, "fxp_address": ["198.51.100.21", "2001:db8::21"]}
    (row,) = _gateways.gateway_wish(planned({"a": dual, "b": other}), "gw1")["servers"]
    assert (row["inner_address"], row["address6"]) == (INNER, "2001:db8::11")
    assert row["peers6"] == [{"name": "b", "addresses": ["2001:db8::21"]}]
    six = {**BEHIND, "fxp_address": "2001:db8::11"}
    (row,) = _gateways.gateway_wish(planned({"a": six, "b": other}), "gw1")["servers"]
    assert (row["inner_address"], row["address6"]) == (None, "2001:db8::11")


def test_where_connections_come_from_may_be_said() -> None:
    pool = {**BEHIND, "fxp_egress_addresses": ["198.51.100.120/30"]}
    (row,) = _gateways.gateway_wish(planned({"a": pool, "b": PUBLIC}), "gw1")["servers"]
    assert row["renamed"] is False


def test_a_gateway_that_others_administer_is_as_before() -> None:
    said = {**BEHIND, "fxp_address": OUTER, "fxp_masquerade_address": OUTER}
    for left in ({}, {**GW1, "fxp_firewall_backend": "none"}):
        plan = planned({"a": said, "b": PUBLIC}, gw1=left)
        assert plan["gateways"] == {}
        assert plan["servers"]["a"]["gateway"] == "gw1"


def test_a_gateway_that_goes() -> None:
    plan = planned(
        {"a": {**PUBLIC, "fxp_address": "198.51.100.22"}, "b": PUBLIC}, gw1={**GW1, "fxp_state": "absent", "fxp_outer": 1}
    )
    assert plan["gateways"]["gw1"]["state"] == "absent"


def test_group_variables_of_both_do_no_harm() -> None:
    site = {"fxp_gateway": "gw1", **GW1, "fxp_clients": ["198.51.100.0/24"]}
    plan = planned({"a": {**BEHIND, **site}, "b": PUBLIC}, gw1=site)
    assert plan["servers"]["a"]["address"] == OUTER


WRONG: dict[str, tuple[dict[str, dict[str, t.Any]], dict[str, dict[str, t.Any]], str]] = {
    "no inner address": (
        {"a": {**BEHIND, "ansible_host": "ftp1.example.net"}, "b": PUBLIC},
        {},
        "a: fxp_inner_address: it is not said and ansible_host is no literal IPv4 address; write",
    ),
    "inner is outer": (
        {"a": {**BEHIND, "ansible_host": OUTER}, "b": PUBLIC},
        {},
        f"a: fxp_inner_address: '{OUTER}' is fxp_outer_address of the gateway; write",
    ),
    "one inner address for two": (
        {"a": BEHIND, "b": {**BESIDE, "fxp_inner_address": INNER}},
        {},
        f"b: fxp_inner_address: '{INNER}' is also that of a behind the same gateway; give",
    ),
    "an inner address behind nothing": (
        {"a": {**PUBLIC, "fxp_inner_address": INNER}, "b": {**PUBLIC, "fxp_address": "198.51.100.22"}},
        {},
        f"a: fxp_inner_address: '{INNER}' is the address behind a gateway, or for hosts in fxp_inner_networks, and neither",
    ),
    "another address": (
        {"a": {**BEHIND, "fxp_address": "198.51.100.99"}, "b": PUBLIC},
        {},
        f"a: fxp_address: '198.51.100.99' is not fxp_outer_address of gw1, which leads connections to this server; write {OUTER}",
    ),
    "another masquerade address": (
        {"a": {**BEHIND, "fxp_masquerade_address": "198.51.100.99"}, "b": PUBLIC},
        {},
        "a: fxp_masquerade_address: '198.51.100.99' is not fxp_outer_address of gw1",
    ),
    "a server at the address of a gateway": (
        {"a": BEHIND, "b": {**PUBLIC, "fxp_address": OUTER}},
        {},
        f"b: fxp_address: '{OUTER}' is fxp_outer_address of gw1, from which ports lead to the servers behind it; say",
    ),
    "a server that is a gateway": (
        {"gw1": PUBLIC, "a": BEHIND},
        {},
        f"gw1: fxp_outer_address: '{OUTER}' makes this host a gateway, and it is one of fxp_servers too; a gateway is",
    ),
    "an outer address of a server": (
        {"a": {**PUBLIC, **GW1}, "b": {**PUBLIC, "fxp_address": "198.51.100.22"}},
        {},
        f"a: fxp_outer_address: '{OUTER}' is a variable of gateways; say fxp_gateway too, or leave it out",
    ),
    "a gateway that goes": (
        {"a": BEHIND, "b": PUBLIC},
        {"gw1": {**GW1, "fxp_state": "absent"}},
        "a: fxp_gateway: 'gw1' is to be absent (fxp_state); name another one, or keep it",
    ),
    "two gateways at one address": (
        {"a": BEHIND, "b": PUBLIC},
        {"gw1": GW1, "gw2": GW1},
        f"gw2: fxp_outer_address: '{OUTER}' is also that of gw1, and an address leads to one gateway; correct one",
    ),
    "an arrival address alone": (
        {"a": {**PUBLIC, "fxp_address": "198.51.100.22"}, "b": PUBLIC},
        {"gw1": {"fxp_arrival_address": "172.31.0.2"}},
        "gw1: fxp_arrival_address: '172.31.0.2' is where connections to fxp_outer_address arrive, which is not said; say both",
    ),
    "IPv6 outside": (
        {"a": {**PUBLIC, "fxp_address": "198.51.100.22"}, "b": PUBLIC},
        {"gw1": {"fxp_outer_address": "2001:db8::1"}},
        "gw1: fxp_outer_address: '2001:db8::1' is no IPv4 address, and nothing else is translated; IPv6 is routed",
    ),
    "another firewall manager": (
        {"a": BEHIND, "b": PUBLIC},
        {"gw1": {**GW1, "fxp_firewall_backend": "firewalld"}},
        "gw1: fxp_firewall_backend: 'firewalld' is not what this release configures gateways with; say nftables",
    ),
    "a slip": (
        {"a": BEHIND, "b": PUBLIC},
        {"gw1": {**GW1, "fxp_outer": OUTER}},
        "gw1: fxp_outer: there is no such variable; did you",
    ),
    "the same passive ports": (
        {"a": BEHIND, "b": {**BESIDE, "fxp_passive_ports": "61000-61049"}},
        {},
        f"b: fxp_passive_ports: '61000-61049' shares ports with those of a, and both announce {OUTER}",
    ),
    "the same port for logins": (
        {"a": BEHIND, "b": {**BESIDE, "fxp_public_control_port": None}},
        {},
        f"b: fxp_address: '{OUTER}' with control port 21 is also the address of a; give every server its own",
    ),
}


@pytest.mark.parametrize(("servers", "gateways", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_one_sentence(
    servers: dict[str, dict[str, t.Any]], gateways: dict[str, dict[str, t.Any]], told: str
) -> None:
    with pytest.raises(_plan.PlanError) as caught:
        planned(servers, **gateways)
    assert any(line.startswith(told) for line in str(caught.value).splitlines()), str(caught.value)
