# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers with IPv4, IPv6 or both: who exchanges files with whom, and by which of them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import families, flows, here
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils._plan.test_plan import NAT, A, B, fleet, options, problems_of

A6, B6 = {"address": "2001:db8::11"}, {"address": "2001:db8::12"}
BOTH = {"address": ["2001:db8::13", "198.51.100.13"]}
CHECK = {"check_user": "check", "check_password": "correct-horse-battery"}


def test_a_server_with_both() -> None:
    plan = _plan.make_plan(fleet(a=A, b=B6, c=BOTH))
    row = plan["servers"]["c"]
    # The first one is dialled where one must do.
    assert (row["address"], row["announced"], row["announced_family"]) == ("2001:db8::13", "2001:db8::13", 6)
    assert (row["address4"], row["announced6"], row["families"]) == ("198.51.100.13", "2001:db8::13", [4, 6])
    assert row["class_members"] == ["198.51.100.13", "2001:db8::13"]
    assert plan["hosts"]["c"]["certificate_addresses"] == []
    wish = flows.wish(plan, "c")
    assert (wish["peers4"], wish["peers6"]) == (
        [{"name": "a", "addresses": ["198.51.100.11"]}],
        [{"name": "b", "addresses": ["2001:db8::12"]}],
    )
    # Nothing of the family that it does not have.
    assert [(each["name"], each["addresses"]) for each in flows.wish(plan, "a")["outgoing4"]] == [("c", ["198.51.100.13"])]
    assert flows.wish(plan, "a")["outgoing6"] == flows.wish(plan, "a")["peers6"] == []
    assert {(flow.kind, flow.dialled, flow.family) for flow in flows.into(plan, "c") if flow.source is None} == {
        (kind, address, family)
        for kind in ("control", "files")
        for address, family in (("198.51.100.13", 4), ("2001:db8::13", 6))
    }


def test_the_certificate_has_all_addresses() -> None:
    options_ = fleet(a={**BOTH, "masquerade_address": "203.0.113.5", "tls": "required"}, b=BOTH)["a"]
    addresses = _plan.make_plan({"a": options_})["hosts"]["a"]["certificate_addresses"]
    assert addresses == ["198.51.100.13", "2001:db8::13", "203.0.113.5"]


def test_ipv4_alone_is_translated() -> None:
    row = _plan.make_plan(fleet(a={**BOTH, **NAT}), gateways={"gw1": {}})["servers"]["a"]
    assert (row["announced4"], row["announced6"]) == ("203.0.113.5", "2001:db8::13")
    assert row["egress"] == ["2001:db8::13", "203.0.113.5"]


@pytest.mark.parametrize(
    ("said", "egress"),
    [
        ([], ["198.51.100.13", "2001:db8::13"]),
        (["203.0.113.9"], ["2001:db8::13", "203.0.113.9"]),
        (["2001:db8::99", "203.0.113.9"], ["2001:db8::99", "203.0.113.9"]),
    ],
)
def test_a_family_of_which_nothing_is_said_comes_from_its_own_address(said: list[str], egress: list[str]) -> None:
    assert _plan.make_plan(fleet(a={**BOTH, "egress_addresses": said}))["servers"]["a"]["egress"] == egress


@pytest.mark.parametrize(
    ("servers", "sentences"),
    [
        (
            {"a": A, "b": B6, "c": B},
            [
                "b: fxp_address: '2001:db8::12' is IPv6 while a, c announce IPv4, and no file flows between the two families; "
                "give all servers addresses of one family, or of both."
            ],
        ),
        (
            {"a": A6, "b": B},
            [
                "b: fxp_address: '198.51.100.12' is IPv4 while a announces IPv6, and no file flows between the two families; "
                "give all servers addresses of one family, or of both."
            ],
        ),
        (
            {"a": {"address": ["198.51.100.11", "198.51.100.12"]}},
            [
                "a: fxp_address: ['198.51.100.11', '198.51.100.12'] has two addresses of IPv4; write one, or one of each family, "
                "and the others of a server that opens connections from them into fxp_egress_addresses."
            ],
        ),
        (
            {"a": {**A6, "masquerade_address": "203.0.113.5"}},
            [
                "a: fxp_masquerade_address: '203.0.113.5' is for those who dial an IPv4 address, and fxp_address has "
                "2001:db8::11 alone; add the IPv4 address to it, or leave this out."
            ],
        ),
        (
            {"a": BOTH, "b": {"address": ["198.51.100.12", "2001:db8::13"]}},
            ["b: fxp_address: '2001:db8::13' with control port 21 is also the address of a; give every server its own."],
        ),
        (
            {"a": {**BOTH, "address": ["198.51.100.13", "ftp.example.com"]}},
            [
                "a: fxp_address: 'ftp.example.com' is not a literal address; write an IPv4 or IPv6 address, "
                "not a name or a network."
            ],
        ),
    ],
)
def test_mistakes(servers: dict[str, dict[str, t.Any]], sentences: list[str]) -> None:
    assert problems_of(fleet(**servers)) == sentences


def test_pairs_without_a_family_in_common_are_a_caution() -> None:
    said = {"a": {**A, **CHECK}, "b": {**B6, **CHECK}, "c": {**BOTH, **CHECK}}
    plan = _plan.make_plan(fleet(**said))
    assert plan["cautions"] == [
        "a: fxp_address: no file flows between servers with an IPv4 address alone and b, which has an IPv6 address alone; "
        "give one of them both."
    ]
    assert not flows.exchange_files(plan, "a", "b")
    assert flows.exchange_files(plan, "a", "c")
    assert flows.exchange_files(plan, "c", "b")
    assert families.of_fleet(plan["servers"]) == [4, 6]
    assert _plan.make_plan(fleet(a={**A, **CHECK}, b={**B, **CHECK}))["cautions"] == []


@pytest.mark.parametrize(
    ("servers", "found"),
    [([A], [4]), ([A, B], [4]), ([A6, B6], [6]), ([BOTH], [4, 6]), ([BOTH, A], [4]), ([BOTH, A, A6, B], [4, 6])],
)
def test_families_of_a_fleet(servers: list[dict[str, t.Any]], found: list[int]) -> None:
    rows = {str(number): _plan.make_plan({"a": options(**said)})["servers"]["a"] for number, said in enumerate(servers)}
    assert families.of_fleet(rows) == found


def test_the_plan_as_one_family_sees_it() -> None:
    refusing = {"foreign_addresses": "none", "clients": ["198.51.100.0/24", "::/0"]}
    plan = _plan.make_plan(fleet(a=A, b={**BOTH, **refusing}, c={"address": ["198.51.100.14", "2001:db8::14"]}))
    four, six = families.view(plan, 4), families.view(plan, 6)
    assert list(four["servers"]) == ["a", "b", "c"]
    assert {name: row["address"] for name, row in six["servers"].items()} == {"b": "2001:db8::13", "c": "2001:db8::14"}
    assert six["servers"]["c"]["announced"] == "2001:db8::14"
    assert six["servers"]["c"]["egress"] == ["2001:db8::14"]
    # Over IPv6 everybody comes as far as the server itself.
    assert (four["refusing"], four["shut"]) == (["b"], ["b"])
    assert (six["refusing"], six["shut"]) == (["b"], [])


def test_connections_may_come_from_any_address_of_a_pool() -> None:
    pool = {"egress_addresses": ["203.0.113.8/30", "203.0.113.77/32"], "tls": "required"}
    plan = _plan.make_plan(fleet(a={**A, **pool}, b={**B, "tls": "required"}))
    row = plan["servers"]["a"]
    assert row["egress"] == ["203.0.113.77", "203.0.113.8/30"]
    assert row["class_members"] == ["198.51.100.11", "203.0.113.77", "203.0.113.8/30"]
    assert plan["hosts"]["a"]["certificate_addresses"] == ["198.51.100.11", "203.0.113.77"]
    wish = flows.wish(plan, "b")
    assert wish["peers4"] == [{"name": "a", "addresses": ["203.0.113.77", "203.0.113.8/30"]}]
    # Nobody listens there, and no interface has it.
    assert flows.wish(plan, "a")["addresses"] == ["198.51.100.11", "203.0.113.77"]
    assert [one["addresses"] for one in wish["outgoing4"]] == [["198.51.100.11", "203.0.113.77"]]


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("0.0.0.0/0", "holds more addresses than any pool has; write networks of /16 or smaller"),
        ("10.0.0.0/8", "holds more addresses than any pool has; write networks of /16 or smaller"),
        ("2001:db8::/31", "holds more addresses than any pool has; write networks of /32 or smaller"),
        ("2001::/16", "holds more addresses than any pool has; write networks of /32 or smaller"),
        ("203.0.113.9/30", "has the entry '203.0.113.9/30' with host bits set; write 203.0.113.8/30"),
        ("127.0.0.0/24", "is the loopback device of whoever dials it; write the address that peers and clients dial"),
        ("nat/24", "has the entry 'nat/24', which is no network; write 'any', an address or a CIDR"),
    ],
)
def test_pools_that_are_none(said: str, cure: str) -> None:
    assert problems_of(fleet(a={**A, "egress_addresses": [said]}))[0] == f"a: fxp_egress_addresses: {said!r} {cure}."


@pytest.mark.parametrize(("own", "found"), [(["203.0.113.9"], 1), (["203.0.113.12"], 0), (["198.51.100.11"], 1)])
def test_a_vantage_in_the_pool_of_a_server_is_that_server_to_the_others(own: list[str], found: int) -> None:
    servers = {"a": ["198.51.100.11", "203.0.113.8/30"], "b": ["198.51.100.12"]}
    assert len(here.servers_here("localhost", servers, {"a": None, "b": None}, own)) == found
