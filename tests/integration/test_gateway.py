# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gateway forwards: packets through the rules that the module makes, alone and beside those of operators."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.judgement import judge
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.text import read
from ansible_collections.proftpd.fxp.tests.integration.behind import (
    BLOCKED,
    CLIENT,
    CLIENT6,
    INSIDE,
    LAN,
    OTHER_OUTER,
    OUTER,
    PASSIVE,
    PEER,
    PEER6,
    PEERS_PORTS,
    S1,
    S1_6,
    S2,
    STRANGER,
    STRANGER6,
    WISH,
    Behind,
)


@pytest.fixture(scope="module")
def whole_place() -> t.Iterator[Behind]:
    made = Behind()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def place(whole_place: Behind) -> Behind:
    whole_place.gateway.nft.run("flush ruleset\n")
    return whole_place


def chain(
    rules: str, hook: str = "forward", policy: str = "drop", more: str = "", priority: str = "0", kind: str = "filter"
) -> str:
    begin = f"type {kind} hook {hook} priority {priority}; policy {policy};"
    return f"table inet operator {{\n{more}\nchain {hook} {{ {begin} {rules} }}\n}}\n"


def flows(place: Behind) -> None:
    """Everything of the plan comes about, at the addresses that servers and peers expect, and nothing else does."""
    assert (place.logs_in(CLIENT), place.logs_in(CLIENT, S2)) == (CLIENT, CLIENT)
    assert (place.sends(PEER), place.sends(CLIENT)) == (PEER, CLIENT)
    # Behind one gateway each is seen at the address that the class of the other has.
    assert (place.sends(S2), place.sends(S1, S2)) == (OUTER, OUTER)
    assert (place.dials(), place.dials(S2)) == (OUTER, OUTER)
    assert (place.logs_in(PEER), place.logs_in(STRANGER), place.sends(STRANGER)) == (None, None, None)


ESTABLISHED = "ct state established,related accept;"
BLOCK = f"ip saddr {BLOCKED} drop;"
OPERATORS = {
    "none": "",
    "drops by policy": chain(f"{ESTABLISHED} {BLOCK}"),
    "lets nothing back by itself": chain(BLOCK),
    "drops by its last rule": chain(f"{ESTABLISHED} {BLOCK} counter drop;", policy="accept"),
    "drops what comes from outside": chain(f'{ESTABLISHED} {BLOCK} iifname "wan" drop;', policy="accept"),
    "lets out what is inside": chain(f'{ESTABLISHED} {BLOCK} iifname "lan" oifname "wan" accept;'),
    "has zones": chain(
        f'{ESTABLISHED} iifname vmap {{ "wan" : jump outside, "lan" : accept }};', more=f"chain outside {{ {BLOCK} drop; }}"
    ),
    "accepts what is translated": chain(f"{ESTABLISHED} {BLOCK} ct status dnat accept;"),
    "drops in two tables": chain(f"{ESTABLISHED} {BLOCK}")
    + "table ip more {\nchain f { type filter hook forward priority 5; drop; }\n}\n",
    "masquerades from another address": chain(
        f'oifname "wan" snat ip to {OTHER_OUTER};', "postrouting", "accept", priority="srcnat", kind="nat"
    ),
    "leads everything to a host of its own": chain(
        f"ip daddr {OUTER} dnat ip to 10.86.1.99;", "prerouting", "accept", priority="dstnat", kind="nat"
    ),
    "reverse path filter": chain("fib saddr . iif oif missing drop;", "prerouting", "accept", priority="raw"),
}


@pytest.mark.parametrize("rules", OPERATORS.values(), ids=OPERATORS.keys())
def test_what_is_planned_flows_and_nothing_else(place: Behind, rules: str) -> None:
    if rules:
        place.gateway.nft.run(rules)
    text = place.text()
    place.gateway.examine(text, {})
    place.gateway.check(text)
    place.gateway.load(text)
    flows(place)
    if BLOCK in rules:
        assert (place.logs_in(BLOCKED), place.sends(BLOCKED)) == (None, None)
    recorded = place.gateway.in_force()
    assert place.gateway.drift(text, recorded) == []
    # Loaded again it is the same, and taken away nothing of it stays.
    place.gateway.load(text)
    assert place.gateway.in_force() == recorded
    place.gateway.unload()
    assert not any(place.gateway.in_force().values())
    assert "proftpd" not in str(place.gateway.nft.everything())


def test_rules_of_operators_loaded_later_change_nothing(place: Behind) -> None:
    place.gateway.load(place.text())
    place.gateway.nft.run(OPERATORS["leads everything to a host of its own"])
    flows(place)


SHUT = {
    "a list of ports": (
        chain(f"{ESTABLISHED} tcp dport 61000-61049 drop;", policy="accept"),
        "drops connections that the plan allows",
    ),
    "a port before it is translated": (
        chain("tcp dport 2121 drop;", "prerouting", "accept", priority="raw"),
        "drops connections",
    ),
    "what leads elsewhere earlier": (
        chain(f"ip daddr {OUTER} dnat ip to 10.86.1.99;", "prerouting", "accept", priority="-150", kind="nat"),
        "leads connections to FTP ports elsewhere",
    ),
    "the server's address": (chain(f"ip daddr {S1} drop;", policy="accept"), "passes by no decision of the operator"),
    "iptables": (
        "table ip filter {\nchain FORWARD { type filter hook forward priority 0; policy drop; }\n}\n",
        "is managed by iptables, so nothing is written there",
    ),
}


@pytest.mark.parametrize(("rules", "told"), SHUT.values(), ids=SHUT.keys())
def test_what_stays_shut_is_told_before_anything_is_loaded(place: Behind, rules: str, told: str) -> None:
    place.gateway.nft.run(rules)
    with pytest.raises(Exception, match=told):
        place.gateway.examine(place.text(), {})
    # It is as it was told.
    place.gateway.load_guard(place.text())
    assert None in (place.logs_in(CLIENT), place.sends(PEER))


def test_an_upstream_translates_one_to_one(place: Behind) -> None:
    """What arrives has another address than what the world dials; what is dialled inside has the latter."""
    place.gateway.load(place.text({**WISH, "arrival_address": OTHER_OUTER}))
    assert place.seen(CLIENT, OTHER_OUTER, 2121, S1, 21) == CLIENT
    assert place.sends(S2) == OUTER
    assert place.dials() == OTHER_OUTER


def test_where_a_server_comes_from_is_left_to_others(place: Behind) -> None:
    servers = [{**each, "renamed": False} for each in t.cast("list[dict[str, t.Any]]", WISH["servers"])]
    place.gateway.nft.run(OPERATORS["masquerades from another address"])
    place.gateway.load(place.text({**WISH, "servers": servers}))
    assert place.dials() == OTHER_OUTER
    assert place.sends(S2) == OUTER


@pytest.mark.parametrize("inside", [True, False], ids=["a client inside", "a stranger inside"])
def test_who_dials_the_outer_address_from_inside_is_answered(place: Behind, inside: bool) -> None:
    servers = t.cast("list[dict[str, t.Any]]", WISH["servers"])
    admitted = [{**each, "clients4": [f"{CLIENT}/32", *([LAN] if inside else [])]} for each in servers]
    place.gateway.load(place.text({**WISH, "servers": admitted}))
    assert place.logs_in(INSIDE) is None
    text = place.text({**WISH, "servers": [{**each, "inner_networks": [LAN]} for each in admitted]})
    place.gateway.check(text)
    place.gateway.load(text)
    # At the outer address, which is no address inside: so the server announces the outer one.
    assert (place.logs_in(INSIDE), place.sends(INSIDE)) == ((OUTER, OUTER) if inside else (None, None))
    assert (place.sends(S2), place.logs_in(CLIENT), place.dials()) == (OUTER, CLIENT, OUTER)
    assert place.seen(INSIDE, S1, 21, S1, 21) == INSIDE


@pytest.mark.parametrize("rules", ["", chain(f"{ESTABLISHED} {BLOCK}"), chain(BLOCK)])
def test_ipv6_is_let_through_and_not_translated(place: Behind, rules: str) -> None:
    if rules:
        place.gateway.nft.run(rules)
    place.gateway.load(place.text())
    first, last = PASSIVE[S1]
    assert place.seen(CLIENT6, S1_6, 21, S1_6, 21) == CLIENT6
    assert place.seen(PEER6, S1_6, first, S1_6, first) == PEER6
    assert place.seen(S1_6, PEER6, PEERS_PORTS[0], PEER6, PEERS_PORTS[0]) == S1_6
    assert place.seen(STRANGER6, S1_6, last, S1_6, last) is None
    assert place.seen(PEER6, S1_6, 21, S1_6, 21) is None


@pytest.mark.parametrize("closed", [False, True], ids=["forwards anyway", "forwards only this"])
@pytest.mark.parametrize("rules", ["", chain(f"{ESTABLISHED} {BLOCK}")], ids=["alone", "behind an operator's rules"])
def test_a_transfer_goes_on_while_its_ports_come_to_lead_elsewhere(place: Behind, rules: str, closed: bool) -> None:
    if rules:
        place.gateway.nft.run(rules)
    place.gateway.load(place.text(closed=closed))
    one, other = t.cast("list[dict[str, t.Any]]", WISH["servers"])
    swapped = [{**one, "passive_ports": other["passive_ports"]}, {**other, "passive_ports": one["passive_ports"]}]
    first = PASSIVE[S1][0]
    with place.connected(PEER, OUTER, first, S1, first) as met:
        assert met is not None
        sender, receiver = met
        for wish in (WISH, {**WISH, "servers": swapped}, {**WISH, "servers": [other]}):
            place.gateway.load(place.text(wish, closed=closed))
            sender.sendall(b"of a file")
            assert receiver.recv(100) == b"of a file"
            receiver.sendall(b"acknowledged")
            assert sender.recv(100) == b"acknowledged"
    assert place.seen(PEER, OUTER, first, S1, first) is None


def test_a_host_that_forwarded_nothing_forwards_nothing_else(place: Behind) -> None:
    place.gateway.load(place.text())
    assert place.seen(STRANGER, OUTER, 61000, S1, 61000) is None
    assert place.seen(S1, PEER, 80, PEER, 80) is not None
    place.gateway.load(place.text(closed=True))
    flows(place)
    assert place.seen(S1, PEER, 80, PEER, 80) is None


def test_other_rules_of_ours_in_chains_of_others_are_drift(place: Behind) -> None:
    text = place.text()
    place.gateway.load(text)
    recorded = place.gateway.in_force()
    place.gateway.nft.run(OPERATORS["drops by policy"])
    assert place.gateway.drift(text, recorded) == [
        "chain inet operator forward drops by default and lacks the rule of proftpd.fxp gateway"
    ]
    assert len(judge(place.gateway.nft.ruleset(), read(text)).places) == 1
