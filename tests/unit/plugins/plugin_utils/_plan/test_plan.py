# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary

PASSWORD = "correct-horse-battery"


def options(**said: t.Any) -> dict[str, t.Any]:
    """Options of one server as an inventory with ``said`` in it gives them."""
    found, problems = _vocabulary.options_of("host", {f"fxp_{key}": value for key, value in {"tls": "none", **said}.items()})
    assert not problems
    return found


def fleet(**servers: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    return {name: options(**said) for name, said in servers.items()}


def problems_of(servers: dict[str, dict[str, t.Any]]) -> list[str]:
    with pytest.raises(_plan.PlanError) as caught:
        _plan.make_plan(servers, gateways=GATEWAYS)
    return str(caught.value).splitlines()


A = {"address": "198.51.100.11"}
NAT = {"masquerade_address": "203.0.113.5", "gateway": "gw1"}
GATEWAYS: dict[str, dict[str, t.Any]] = {"gw1": {}, "gw2": {}}
B = {"address": "198.51.100.12"}


def test_peers_table_and_what_differs_per_host() -> None:
    plan = _plan.make_plan(
        fleet(
            a={**A, "passive_ports": "50000-50009", "clients": ["198.51.100.0/24"]},
            b={**B, "masquerade_address": "203.0.113.5", "egress_addresses": ["203.0.113.6"], "control_port": 2121},
        )
    )
    assert plan["servers"]["a"] == {
        "address": "198.51.100.11",
        "address4": "198.51.100.11",
        "address6": None,
        "announced": "198.51.100.11",
        "announced4": "198.51.100.11",
        "announced6": None,
        "announced_family": 4,
        "families": [4],
        "control_port": 21,
        "class_members": ["198.51.100.11"],
        "class_members4": ["198.51.100.11"],
        "class_members6": [],
        "egress": ["198.51.100.11"],
        "egress4": ["198.51.100.11"],
        "egress6": [],
        "gateway": None,
        "inner_address": None,
        "inner_networks": [],
        "passive_ports": {"first": 50000, "last": 50009},
        "public_control_port": 21,
        "tls": "none",
    }
    # What b announces arrives in PORT, where it comes from arrives on the passive port: both are in the others' class.
    assert plan["servers"]["b"]["announced"] == "203.0.113.5"
    assert plan["servers"]["b"]["class_members"] == ["203.0.113.5", "203.0.113.6"]
    assert plan["hosts"]["a"]["allow_foreign_address"] == "fxp_peers"
    assert plan["hosts"]["a"]["clients4"] == ["198.51.100.0/24"]
    assert plan["hosts"]["a"]["max_instances"] == 10
    assert plan["hosts"]["b"]["max_instances"] == 100
    assert plan["hosts"]["b"]["clients6"] == ["::/0"]
    assert plan["vantage"] == "localhost"
    assert plan["refusing"] == []


def test_egress_is_the_masquerade_address_where_nothing_else_is_said() -> None:
    plan = _plan.make_plan(fleet(a={**A, "masquerade_address": "203.0.113.5"}))
    assert plan["servers"]["a"]["egress"] == ["203.0.113.5"]


def test_ipv6_is_announced_as_dialled() -> None:
    server = _plan.make_plan(fleet(a={"address": "2001:db8::11"}))["servers"]["a"]
    assert (server["announced"], server["announced_family"], server["egress6"]) == ("2001:db8::11", 6, ["2001:db8::11"])


@pytest.mark.parametrize(
    ("servers", "directive"),
    [
        ({"a": A}, "off"),
        ({"a": {**A, "foreign_addresses": "none"}, "b": B}, "off"),
        ({"a": A, "b": B}, "fxp_peers"),
        ({"a": {**A, "foreign_addresses": "any", "accept_bounce_risk": True}, "b": B}, "on"),
    ],
)
def test_the_directive_is_never_left_out(servers: dict[str, dict[str, t.Any]], directive: str) -> None:
    assert _plan.make_plan(fleet(**servers))["hosts"]["a"]["allow_foreign_address"] == directive


def test_a_server_that_goes_is_nobodys_peer_any_more() -> None:
    servers = {"a": A, "b": B, "c": {"address": "198.51.100.13"}}
    plan = _plan.make_plan(fleet(**{**servers, "c": {**servers["c"], "state": "absent"}}))
    assert plan["hosts"].pop("c") == {"state": "absent"}
    assert plan == _plan.make_plan(fleet(a=A, b=B))
    assert plan["hosts"]["a"]["state"] == "present"


def test_the_last_server_has_no_peers_and_a_fleet_may_go_as_a_whole() -> None:
    gone = {"state": "absent"}
    assert _plan.make_plan(fleet(a=A, b=gone))["hosts"]["a"]["allow_foreign_address"] == "off"
    nobody = {
        "authority": None,
        "families": [],
        "gateways": {},
        "servers": {},
        "partners": {},
        "hosts": {"a": gone, "b": gone},
        "refusing": [],
        "shut": [],
        "vantage": None,
        "cautions": [],
    }
    assert _plan.make_plan(fleet(a=gone, b=gone)) == nobody


def test_no_mistake_stops_the_removal_of_a_server() -> None:
    for said, _dummy in MISTAKES:
        _plan.make_plan({**fleet(b=B), "a": options(**{**said, "state": "absent"})})
    # What it leaves behind is free again: its address, and its say in the vantage.
    _plan.make_plan(fleet(a={**A, "state": "absent", "vantage": "elsewhere"}, b=A))


def test_both_addresses_of_a_server_that_moves_are_members() -> None:
    said = {**A, "egress_addresses": ["198.51.100.31", "198.51.100.11", "2001:db8::1"]}
    server = _plan.make_plan(fleet(a=said))["servers"]["a"]
    assert server["class_members4"] == ["198.51.100.11", "198.51.100.31"]
    assert server["class_members6"] == ["2001:db8::1"]


def test_a_server_without_foreign_addresses_must_refuse() -> None:
    plan = _plan.make_plan(fleet(a={**A, "foreign_addresses": "none"}, b=B, c={"address": "198.51.100.13"}))
    assert (plan["refusing"], plan["shut"]) == (["a"], [])


def test_where_not_everybody_is_a_client_nobody_opens_its_passive_ports_for_peers() -> None:
    some = {**A, "foreign_addresses": "none", "clients": ["198.51.100.0/24", "::/0"]}
    assert _plan.make_plan(fleet(a=some, b=B))["shut"] == ["a"]


def test_accounts_carry_no_secret() -> None:
    plan = _plan.make_plan(
        fleet(
            a={
                **A,
                "check_user": "check",
                "check_password": PASSWORD,
                "users": [{"name": "mirror", "password": "another-secret", "home": "/srv/mirror", "uid": 1001}],
            }
        )
    )
    unlimited = {"upload": True, "download": True, "max_sessions": None, "transfer_rate": None}
    assert plan["hosts"]["a"]["accounts"] == [
        {"name": "mirror", "home": "/srv/mirror", "uid": 1001, "gid": None, "password_from": "users", "fxp": False, **unlimited},
        {"name": "check", "home": "/srv/fxp/check", "uid": None, "gid": None, "password_from": "check", "fxp": True, **unlimited},
    ]
    text = json.dumps(plan)
    assert PASSWORD not in text
    assert "another-secret" not in text


def test_the_check_account_may_be_listed_with_its_home() -> None:
    user = {"name": "check", "password": PASSWORD, "home": "/srv/proof"}
    plan = _plan.make_plan(fleet(a={**A, "check_user": "check", "check_password": PASSWORD, "users": [user]}))
    assert [(row["home"], row["password_from"]) for row in plan["hosts"]["a"]["accounts"]] == [("/srv/proof", "users")]


MISTAKES: list[tuple[dict[str, t.Any], str]] = [
    ({}, "fxp_address: it is not said and ansible_host is no literal address that others can dial; write"),
    ({"address": "ftp1"}, "fxp_address: 'ftp1' is not a literal address; write"),
    ({**A, "control_port": 0}, "fxp_control_port: 0 is no TCP port; write"),
    ({**A, "passive_ports": "50099-50000"}, "fxp_passive_ports: '50099-50000' is reversed; write 50000-50099"),
    ({**A, "control_port": 2121, "passive_ports": "2100-2200"}, "fxp_passive_ports: '2100-2200' contains the control port 2121"),
    ({**A, "masquerade_address": "nat.example.org"}, "fxp_masquerade_address: 'nat.example.org' is not a literal"),
    ({**A, "masquerade_address": "2001:db8::1"}, "fxp_masquerade_address: '2001:db8::1' is an IPv6 address"),
    ({**A, "public_control_port": 2121}, "fxp_public_control_port: 2121 is a port of a gateway, and fxp_gateway is not said"),
    ({**A, **NAT, "public_control_port": 70000}, "fxp_public_control_port: 70000 is no TCP port; write"),
    ({**A, **NAT, "gateway": "a"}, "fxp_gateway: 'a' is the server itself; a gateway stands"),
    ({**A, **NAT, "gateway": "gw7"}, "fxp_gateway: 'gw7' is not in the inventory group fxp_gateways, which has gw1, gw2; put it"),
    ({**A, "gateway": "gw1"}, "fxp_masquerade_address: it is not said although fxp_gateway is; write"),
    ({**A, "egress_addresses": ["x"]}, "fxp_egress_addresses: 'x' is not a literal"),
    ({**A, "egress_addresses": ["::1"]}, "fxp_egress_addresses: '::1' is the loopback device"),
    ({**A, "masquerade_address": "127.0.0.1"}, "fxp_masquerade_address: '127.0.0.1' is the loopback device"),
    ({"address": "fe80::1"}, "fxp_address: 'fe80::1' is a link-local address, which works on one link only"),
    ({"address": "::ffff:198.51.100.11"}, "fxp_address: '::ffff:198.51.100.11' is an IPv4 address in"),
    ({**A, "users": [{"name": "x", "password": ""}]}, "fxp_users: the value, not shown, is an empty password"),
    ({**A, "users": [{"name": "x", "password": " "}]}, "fxp_users: the value, not shown, is an empty password"),
    ({**A, "users": [{"name": "x", "password": "p", "uid": 0}]}, "fxp_users: 0 is no owner of an account's files; write"),
    ({**A, "users": [{"name": "x", "password": "p", "gid": -1}]}, "fxp_users: -1 is no owner of an account's files; write"),
    ({**A, "users": [{"name": "x", "password": "p", "uid": 4294967295}]}, "fxp_users: 4294967295 is no owner"),
    ({**A, "users": [{"name": "x", "password": "p", "home": "/etc"}]}, "fxp_users: '/etc' is a directory of the system"),
    ({**A, "foreign_addresses": "any"}, "fxp_foreign_addresses: 'any' lets anybody"),
    ({**A, "clients": ["198.51.100.1/24"]}, "fxp_clients: ['198.51.100.1/24'] has the entry"),
    ({**A, "users": [{"name": "x", "password": "p", "max_sessions": 0}]}, "fxp_users: 0 is no max_sessions of an account; write"),
    ({**A, "users": [{"name": "x", "password": "p", "max_rate": 0}]}, "fxp_users: 0 is no max_rate of an account; write"),
    ({**A, "users": [{"name": "x"}]}, "fxp_users: 'x' needs exactly one of password and password_hash"),
    ({**A, "users": [{"name": "x", "password": "p", "password_hash": "$6$" + "x" * 90}]}, "fxp_users: 'x' needs exactly one"),
    ({**A, "users": [{"name": "x", "password_hash": "plain"}]}, "fxp_users: the value, not shown, is not a crypt"),
    ({**A, "users": [{"name": "x", "password": "a\nb"}]}, "fxp_users: the value, not shown, has a control character"),
    ({**A, "users": [{"name": "x:y", "password": "p"}]}, "fxp_users: 'x:y' is no account name"),
    ({**A, "users": [{"name": "x", "password": "p", "home": "x"}]}, "fxp_users: 'x' is no absolute path"),
    ({**A, "users": [{"name": "x", "password": "p"}] * 2}, "fxp_users: 'x' stands there more than once"),
    ({**A, "check_user": "x"}, "fxp_check_password: it is not said although its counterpart is"),
    ({**A, "check_password": PASSWORD}, "fxp_check_user: it is not said although its counterpart is"),
    ({**A, "check_user": "x", "check_password": "short"}, "fxp_check_password: the value, not shown, has fewer than 12"),
    (
        {**A, "check_user": "x", "check_password": PASSWORD, "users": [{"name": "x", "password": "other"}]},
        "fxp_check_password: the value, not shown, is not the password that fxp_users gives",
    ),
    ({**A, "vantage": "a"}, "fxp_vantage: 'a' is one of fxp_servers"),
]


@pytest.mark.parametrize(("said", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence_with_host_variable_value_and_cure(said: dict[str, t.Any], sentence: str) -> None:
    found = problems_of(fleet(a=said))
    assert len(found) == 1
    assert found[0].startswith(f"a: {sentence}")
    assert found[0].endswith(".")


def test_two_servers_with_one_address() -> None:
    assert problems_of(fleet(a=A, b=A)) == [
        "b: fxp_address: '198.51.100.11' with control port 21 is also the address of a; give every server its own."
    ]


def test_two_names_for_one_machine() -> None:
    assert problems_of(fleet(a=A, b={**A, "control_port": 2121, "passive_ports": "50000-50099"})) == [
        "b: fxp_address: '198.51.100.11' is also the address of a, with another control port, but a machine has one FTP server; "
        "keep one of the two names, or correct the address."
    ]
    # Something translates addresses in front of these two, whether it is said to be a gateway or not.
    outer = {"address": "203.0.113.5", "masquerade_address": "203.0.113.5"}
    _plan.make_plan(fleet(a=outer, b={**outer, "control_port": 2121, "passive_ports": "50000-50099"}))


def test_one_outer_address_leads_to_one_server_per_port() -> None:
    a = {"address": "203.0.113.5", "masquerade_address": "203.0.113.5", "passive_ports": "50000-50099"}
    b = {**a, "control_port": 2121, "passive_ports": "50100-50199"}
    _plan.make_plan(fleet(a=a, b=b))
    assert problems_of(fleet(a=a, b={**b, "passive_ports": "50099-50199"})) == [
        "b: fxp_passive_ports: '50099-50199' shares ports with those of a, and both announce 203.0.113.5, where a port leads to "
        "one server only; give each a range of its own."
    ]
    # The machine that has the outer address itself is no exception.
    own = {"address": "203.0.113.5", "passive_ports": "50050-50150"}
    assert "shares ports with those of a" in problems_of(fleet(a=a, b={**own, "control_port": 2121}))[0]
    assert problems_of(fleet(a=a, b={**b, "control_port": 50050})) == [
        "b: fxp_control_port: 50050 is one of the passive ports 50000-50099 of a at the same address 203.0.113.5, where a port "
        "leads to one server only; choose another one."
    ]
    # Announced elsewhere than dialled, the same ports do not meet.
    _plan.make_plan(fleet(a=a, b={**b, "control_port": 50050, "address": "203.0.113.6"}))


def test_a_public_control_port_is_no_passive_port() -> None:
    a = {"address": "203.0.113.5", **NAT, "passive_ports": "50000-50099"}
    b = {**a, "public_control_port": 2121, "passive_ports": "50100-50199"}
    for port, whose in ((50150, "50100-50199 of b"), (50050, "50000-50099 of a")):
        assert problems_of(fleet(a=a, b={**b, "public_control_port": port})) == [
            f"b: fxp_public_control_port: {port} is one of the passive ports {whose} at the same address 203.0.113.5, where a "
            "port leads to one server only; choose another one."
        ]


def test_egress_addresses_are_of_the_family_that_is_announced() -> None:
    assert problems_of(fleet(a={**A, "egress_addresses": ["2001:db8::1"]})) == [
        "a: fxp_egress_addresses: ['2001:db8::1'] is of the other family than 198.51.100.11, so no data connection comes from "
        "there; write the addresses of that family, or leave the variable out."
    ]
    plan = _plan.make_plan(fleet(a={**A, "egress_addresses": ["2001:db8::1", "198.51.100.12"]}))
    assert plan["cautions"] == [
        "a: fxp_egress_addresses: 2001:db8::1 is of the other family than 198.51.100.11, so no data "
        "connection comes from there; leave it out."
    ]


def test_servers_behind_one_gateway() -> None:
    a = {"address": "203.0.113.5", **NAT, "passive_ports": "50000-50099"}
    b = {**a, "public_control_port": 2121, "passive_ports": "50100-50199"}
    server = _plan.make_plan(fleet(a=a, b=b), gateways=GATEWAYS)["servers"]["b"]
    assert (server["gateway"], server["public_control_port"], server["control_port"]) == ("gw1", 2121, 21)
    assert problems_of(fleet(a=a, b={**b, "public_control_port": 21})) == [
        "b: fxp_address: '203.0.113.5' with control port 21 is also the address of a; give every server its own."
    ]
    assert problems_of(fleet(a=a, b={**b, "passive_ports": "50099-50199"})) == [
        "b: fxp_passive_ports: '50099-50199' shares ports with those of a, and both announce 203.0.113.5, where a port leads to "
        "one server only; give each a range of its own."
    ]
    with pytest.raises(_plan.PlanError, match="fxp_gateways, which is missing or empty; put it there"):
        _plan.make_plan(fleet(a=a))


def test_a_vantage_is_no_gateway() -> None:
    assert problems_of(fleet(a={**A, "vantage": "gw2"}, b={**B, "vantage": "gw2"})) == [
        "a: fxp_vantage: 'gw2' is one of fxp_gateways; what a gateway sends itself is not forwarded, and servers see it at the "
        "address of those behind it, so such a check proves nothing; choose another host."
    ]


def test_a_range_that_the_kernel_uses_too_is_a_caution() -> None:
    account = {"check_user": "check", "check_password": PASSWORD}
    plan = _plan.make_plan(
        fleet(a={**A, **account, "passive_ports": "40000-40999"}, b={**B, **account, "passive_ports": "61000-61999"})
    )
    assert [sentence[:40] for sentence in plan["cautions"]] == ["a: fxp_passive_ports: '40000-40999' shar"]
    assert _plan.make_plan(fleet(a=A))["cautions"] == []


def test_fxp_is_for_accounts_that_say_so() -> None:
    users = [
        {"name": "mirror", "password": "p", "fxp": True, "upload": False, "max_sessions": 3, "max_rate": "1MB"},
        {"name": "reader", "password": "p", "max_rate": 1},
    ]
    rows = _plan.make_plan(fleet(a={**A, "users": users}, b=B))["hosts"]["a"]["accounts"]
    assert [(row["name"], row["fxp"], row["upload"], row["max_sessions"], row["transfer_rate"]) for row in rows] == [
        ("mirror", True, False, 3, "1024.000"),
        ("reader", False, True, None, "0.001"),
    ]


def test_a_server_on_which_nobody_may_do_fxp_is_a_caution() -> None:
    account = {"check_user": "check", "check_password": PASSWORD}
    user = {"name": "mirror", "password": "p"}
    servers = {"a": {**A, "users": [user]}, "b": {**B, **account}}
    assert _plan.make_plan(fleet(**servers))["cautions"] == [
        "a: fxp_users: no account may do FXP; say fxp: true for one, or say fxp_check_user."
    ]
    servers["a"] = {**A, "users": [{**user, "fxp": True}]}
    assert _plan.make_plan(fleet(**servers))["cautions"] == []
    servers["a"] = {**A, "users": [user], "foreign_addresses": "none"}
    assert _plan.make_plan(fleet(**servers))["cautions"] == []


def test_vantages_must_agree() -> None:
    assert "fxp_vantage: 'c2' differs from 'c1' of a" in problems_of(fleet(a={**A, "vantage": "c1"}, b={**B, "vantage": "c2"}))[0]


def test_the_vantage_must_be_a_client() -> None:
    servers = fleet(a={**A, "vantage": "drive", "clients": ["198.51.100.0/25"]}, b={**B, "vantage": "drive"})
    assert _plan.make_plan(servers, "198.51.100.100")["vantage"] == "drive"
    with pytest.raises(_plan.PlanError, match=r"a: fxp_clients: \['198.51.100.0/25'\] does not have the address 198.51.100.200"):
        _plan.make_plan(servers, "198.51.100.200")


@pytest.mark.parametrize("name", ['a"b', "a b", "a\nPort 21", "a%{env:HOME}", "<a>", "a#"])
def test_a_host_name_that_would_break_out_of_a_line(name: str) -> None:
    assert "inventory_hostname" in problems_of({name: options(**A)})[0]


def test_a_mistake_of_a_group_is_told_once() -> None:
    servers = fleet(**{f"s{n}": {"address": f"198.51.100.{n}", "passive_ports": "1-2"} for n in range(1, 9)})
    assert problems_of(servers) == [
        "s1, s2, s3, s4, s5 and 3 more: fxp_passive_ports: '1-2' begins below 1024, which FTP servers refuse; "
        "choose a higher range."
    ]
