# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where ports lead while servers change from one plan to another, one at a time."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.leads import (
    Lead,
    Leads,
    meanwhile,
    moved,
    outermost,
    planned,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.text import read, text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.wish import Wish, read_wish

OUTER = "198.51.100.10"


def server(number: int, **more: t.Any) -> dict[str, t.Any]:
    first = 61000 + 50 * number
    return {
        "name": f"s{number}",
        "inner_address": f"10.0.0.{10 + number}",
        "public_control_port": 2120 + number,
        "control_port": 21,
        "passive_ports": {"first": first, "last": first + 49},
        "clients4": ["198.51.100.0/24"],
        "peers4": [{"name": "p", "addresses": ["198.51.100.21"]}],
        "outgoing4": [{"name": "p", "addresses": ["198.51.100.21"], "first": 62000, "last": 62049}],
        **more,
    }


def wish(*servers: dict[str, t.Any], **more: t.Any) -> Wish:
    return read_wish({"outer_address": OUTER, "servers": list(servers), **more})


def leads_of(found: Leads) -> dict[tuple[int, int], tuple[str, t.Any]]:
    return {lead.ports: (lead.inner, lead.port) for lead in found.leads}


def peers_of(found: Leads) -> set[tuple[str, tuple[int, int]]]:
    return {(row.inner, row.ports) for row in found.peers[4]}


BEFORE = planned(wish(server(1), server(2)))


def test_what_the_plan_wants() -> None:
    assert leads_of(BEFORE) == {
        (2121, 2121): ("10.0.0.11", 21),
        (61050, 61099): ("10.0.0.11", None),
        (2122, 2122): ("10.0.0.12", 21),
        (61100, 61149): ("10.0.0.12", None),
    }
    # Servers with the same clients share a rule.
    assert BEFORE.clients[4] == ((("198.51.100.0/24",), ("10.0.0.11", "10.0.0.12")),)
    # No peer may log in.
    assert peers_of(BEFORE) == {("10.0.0.11", (61050, 61099)), ("10.0.0.12", (61100, 61149))}


def test_a_fleet_that_is_as_planned_changes_nothing_on_the_way() -> None:
    for same in (wish(server(1), server(2)), wish(server(1), server(2), keep=True), wish(server(1, pending=True), server(2))):
        assert meanwhile(same, BEFORE) == BEFORE
    assert meanwhile(wish(server(1), server(2)), None) == BEFORE


def test_another_passive_range_is_led_before_the_former_one_goes() -> None:
    other = {"passive_ports": {"first": 63000, "last": 63049}}
    both = meanwhile(wish(server(1, **other), server(2), keep=True), BEFORE)
    assert leads_of(both)[61050, 61099] == leads_of(both)[63000, 63049] == ("10.0.0.11", None)
    # To both the same peers come.
    assert {("10.0.0.11", (61050, 61099)), ("10.0.0.11", (63000, 63049))} <= peers_of(both)
    last = meanwhile(wish(server(1, **other), server(2)), both)
    assert last == planned(wish(server(1, **other), server(2)))
    # A server that did not change in this run still has the former one.
    left = meanwhile(wish(server(1, **other, pending=True), server(2)), both)
    assert leads_of(left) == leads_of(both)


def test_a_port_leads_to_where_the_server_still_listens() -> None:
    now = server(1, control_port=2100)
    assert moved(wish(now, server(2)), BEFORE) == ["s1"]
    both = meanwhile(wish(now, server(2), keep=True), BEFORE)
    assert leads_of(both)[2121, 2121] == ("10.0.0.11", 21)
    assert leads_of(meanwhile(wish({**now, "pending": True}, server(2)), both))[2121, 2121] == ("10.0.0.11", 21)
    assert leads_of(meanwhile(wish(now, server(2)), both))[2121, 2121] == ("10.0.0.11", 2100)
    assert ("10.0.0.11", (21, 21)) not in peers_of(both)


def test_who_moves() -> None:
    assert moved(wish(server(1), server(2)), BEFORE) == []
    assert moved(wish(server(1)), None) == []
    assert moved(wish(server(1, inner_address="10.0.0.99"), server(2)), BEFORE) == ["s1"]
    assert moved(wish(server(1, passive_ports={"first": 61140, "last": 61160}), server(2)), BEFORE) == ["s1"]
    # A range of its own may be had beforehand.
    assert moved(wish(server(1, passive_ports={"first": 63000, "last": 63049}), server(2)), BEFORE) == []


def test_two_servers_change_places_and_no_port_leads_to_two() -> None:
    one, two = {"passive_ports": {"first": 61100, "last": 61149}}, {"passive_ports": {"first": 61050, "last": 61099}}
    both = meanwhile(wish(server(1, **one), server(2, **two), keep=True), BEFORE)
    assert leads_of(both) == leads_of(BEFORE)
    half = meanwhile(wish(server(1, **one), server(2, **two, pending=True)), both)
    # The second one still has these; what the first one is to have there waits.
    assert leads_of(half) == {
        (2121, 2121): ("10.0.0.11", 21),
        (2122, 2122): ("10.0.0.12", 21),
        (61050, 61099): ("10.0.0.12", None),
        (61100, 61149): ("10.0.0.12", None),
    }
    assert leads_of(meanwhile(wish(server(1, **one), server(2, **two)), half))[61100, 61149] == ("10.0.0.11", None)


def test_a_server_that_goes_is_led_to_until_the_last_step() -> None:
    both = meanwhile(wish(server(1), keep=True), BEFORE)
    assert leads_of(both) == leads_of(BEFORE)
    assert ("10.0.0.12", (61100, 61149)) in peers_of(both)
    assert [row.inners for row in both.clients[4]] == [("10.0.0.11",), ("10.0.0.12",)]
    assert "10.0.0.12" in both.renamed
    assert meanwhile(wish(server(1)), both) == planned(wish(server(1)))


def test_a_server_gets_another_inner_address() -> None:
    now = server(1, inner_address="10.0.0.99")
    both = meanwhile(wish(now, server(2), keep=True), BEFORE)
    assert leads_of(both)[2121, 2121] == ("10.0.0.11", 21)
    assert leads_of(meanwhile(wish(now, server(2)), both))[2121, 2121] == ("10.0.0.99", 21)


def test_networks_within_others_are_left_out() -> None:
    assert outermost(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "192.0.2.1", "192.0.2.1", "2001:db8::1"]) == (
        "10.0.0.0/8",
        "192.0.2.1",
        "2001:db8::1",
    )
    assert outermost(["10.1.2.3", "0.0.0.0/0"]) == ("0.0.0.0/0",)


_NUMBERS = st.integers(1, 9)
_NAMES = st.text(max_size=12)
_SPANS = st.tuples(st.integers(1024, 40000), st.integers(0, 200)).map(lambda each: {"first": each[0], "last": each[0] + each[1]})
_ADDRESSES = st.lists(st.integers(1, 250).map(lambda each: f"198.51.100.{each}"), max_size=3, unique=True)
_ADDRESSES6 = st.lists(st.integers(1, 250).map(lambda each: f"2001:db8::{each}"), max_size=3, unique=True)


def _peers(addresses: st.SearchStrategy[list[str]], *, listen: bool) -> st.SearchStrategy[list[dict[str, t.Any]]]:
    peer = st.fixed_dictionaries({"name": _NAMES, "addresses": addresses})
    found = st.tuples(peer, _SPANS).map(lambda each: {**each[0], **each[1]}) if listen else peer
    return st.lists(found, max_size=2)


SERVERS = st.lists(
    st.fixed_dictionaries(
        {
            "name": _NAMES,
            "inner_address": st.one_of(st.none(), _NUMBERS.map(lambda each: f"10.0.0.{each}")),
            "address6": st.one_of(st.none(), _NUMBERS.map(lambda each: f"2001:db8:1::{each}")),
            "public_control_port": st.integers(1, 65535),
            "control_port": st.integers(1, 65535),
            "passive_ports": _SPANS,
            "clients4": _ADDRESSES,
            "clients6": _ADDRESSES6,
            "peers4": _peers(_ADDRESSES, listen=False),
            "peers6": _peers(_ADDRESSES6, listen=False),
            "outgoing4": _peers(_ADDRESSES, listen=True),
            "outgoing6": _peers(_ADDRESSES6, listen=True),
            "renamed": st.booleans(),
            "inner_networks": st.sampled_from([[], ["10.0.0.0/24"], ["10.0.0.5/32", "192.0.2.0/24"]]),
        }
    ),
    max_size=4,
)


@given(SERVERS, st.booleans())
def test_what_is_written_is_read_again(servers: list[dict[str, t.Any]], closed: bool) -> None:
    leads = planned(wish(*servers))._replace(outside=("eth0", "ppp0.1"), inside=("lan",), closed=closed)
    text = text_of(leads)
    assert text_of(read(text)) == text
    again = read(text)
    assert leads_of(again) == leads_of(leads)
    assert again.clients == leads.clients
    assert {*again.lan} == {each for each in leads.lan if each not in leads.inners} or not leads.inners
    assert (again.outside, again.inside, again.closed) == (leads.outside, leads.inside, closed)


@given(SERVERS, SERVERS, st.sets(st.integers(0, 3)))
def test_a_port_leads_to_one_server_at_every_step(
    former: list[dict[str, t.Any]], servers: list[dict[str, t.Any]], pending: set[int]
) -> None:
    """By what the plan itself has, no two servers share a port; on the way from one to another none come to do so."""
    now = [{**each, "pending": number in pending} for number, each in enumerate(_apart(servers))]
    steps = [planned(wish(*_apart(former)))]
    steps.append(meanwhile(wish(*now, keep=True), steps[-1]))
    steps.append(meanwhile(wish(*now), steps[-1]))
    for step in steps:
        assert _shared(step.leads) == []
    assert meanwhile(wish(*now), steps[-1]) == steps[-1]


def _apart(servers: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The same with ports of their own, as a plan has them."""
    found = []
    for number, each in enumerate(servers):
        first = 20000 + (each["passive_ports"]["first"] % 10) * 1000 + number * 250
        width = each["passive_ports"]["last"] - each["passive_ports"]["first"]
        found.append(
            {
                **each,
                "inner_address": f"10.0.0.{number + 1}",
                "public_control_port": 2000 + 4 * (each["public_control_port"] % 10) + number,
                "passive_ports": {"first": first, "last": first + min(width, 249)},
            }
        )
    return found


def _shared(leads: t.Sequence[Lead]) -> list[tuple[Lead, Lead]]:
    return [
        (one, other)
        for number, one in enumerate(leads)
        for other in leads[:number]
        if one.ports[0] <= other.ports[1] and other.ports[0] <= one.ports[1] and one != other
    ]
