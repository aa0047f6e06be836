# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules in a real kernel, beside all kinds of other tables."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import subprocess
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import nftables, state
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import former
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.conftest import wish_of

Rules = t.Callable[..., str]
PEER = "198.51.100.12"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "control_port"),
        ("define control_port = 21\ndefine passive_ports = 50000-50099\n", "incoming"),
        ("define control_port = ftp\ndefine passive_ports = 1-2\ndefine incoming = { 21 }\n", "control_port"),
    ],
)
def test_defines_are_required(text: str, missing: str) -> None:
    with pytest.raises(FirewallError, match=missing):
        nftables.read_defines(text)


def test_defines_of_the_template(rules: Rules) -> None:
    defines = nftables.read_defines(rules(PEER, "2001:db8::12"))
    assert (defines.control_port, defines.passive_ports) == (21, (50000, 50099))
    assert defines.names >= {"incoming", "outgoing4", "outgoing6"}
    assert [defines.ports.hold(port) for port in (20, 21, 49999, 50000, 50099, 50100)] == [False, True, False, True, True, False]


@pytest.mark.parametrize(
    ("peers", "clients"),
    [
        ((), ("0.0.0.0/0", "::/0")),
        ((), ()),
        ((PEER,), ("192.0.2.0/24", "192.0.2.128/25")),
        (("2001:db8::12",), ("2001:db8:1::/48",)),
        ((PEER, "2001:db8::12", "198.51.100.13"), ("10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32")),
    ],
)
def test_template_loads_and_stays_the_same(nft: Nft, rules: Rules, peers: tuple[str, ...], clients: tuple[str, ...]) -> None:
    text = rules(*peers, clients=clients)
    nft.check(nftables.batch(text, nft.ruleset()))
    nft.load(text)
    first = nftables.in_force(nft.ruleset())
    nft.load(text)
    assert nftables.in_force(nft.ruleset()) == first
    assert nftables.drift(text, nft.ruleset(), first) == []


# A base chain at hook input, other things of its table, and the index of the rule that drops FTP by default: the rule of ours
# belongs in front of it, in the chain that is named if it is another. The number of rules means at the end, None that no rule
# is needed, SHUT that the operator denies these ports and nothing is passed by.
SHUT = "shut"
Place = t.Union[int, str, t.Tuple[str, int], None]
CHAINS: list[tuple[str, str, str, Place]] = [
    ("policy accept", "", "", None),
    ("policy drop", "", "", 0),
    ("policy drop", "ct state established accept; tcp dport 22 accept;", "", 2),
    ("policy accept", "tcp dport 22 accept; drop;", "", 1),
    ("policy accept", "tcp dport 22 accept; counter reject with icmpx type admin-prohibited;", "", 1),
    ("policy accept", 'log prefix "x" counter drop;', "", 0),
    ("policy accept", "ct state invalid drop; ct state { invalid, untracked } drop;", "", None),
    ("policy accept", "ct state new drop;", "", 0),
    ("policy accept", "ct state != established drop;", "", 0),
    ("policy accept", "ct state vmap { established : accept, invalid : drop };", "", None),
    ("policy accept", "ct state vmap { established : accept, new : jump other };", "chain other { tcp dport 21 drop; }", SHUT),
    # chosen addresses and rates stay in front
    ("policy accept", "ip saddr 192.0.2.1 drop; ip saddr @bad drop;", "set bad { type ipv4_addr; }", None),
    ("policy drop", "ip saddr @bad drop; tcp dport 22 accept;", "set bad { type ipv4_addr; }", 2),
    ("policy accept", "ip6 saddr 2001:db8::/32 drop;", "", None),
    ("policy accept", "ip saddr . tcp dport { 192.0.2.1 . 21 } drop;", "", None),
    ("policy accept", "ip saddr vmap { 192.0.2.1 : drop };", "", None),
    ("policy accept", "tcp dport 21 ct count over 10 reject;", "", None),
    ("policy accept", "tcp dport 21 limit rate over 5/minute drop;", "", None),
    (
        "policy accept",
        "tcp dport 21 add @rate { ip saddr limit rate over 5/minute } drop;",
        "set rate { type ipv4_addr; size 9; flags dynamic; }",
        None,
    ),
    ("policy accept", "ip saddr @bad jump deny;", "set bad { type ipv4_addr; }\nchain deny { log; drop; }", None),
    ("policy accept", "ip saddr != 192.0.2.0/24 drop;", "", None),
    ("policy drop", "ip saddr 10.0.0.0/8 jump lan;", "chain lan { tcp dport 22 accept; drop; }", 1),
    (
        "policy drop",
        "ip saddr @bad jump blk;",
        "set bad { type ipv4_addr; }\nchain blk { icmp type echo-request accept; drop; }",
        1,
    ),
    # so do conditions that are not understood
    ("policy drop", "meta mark & 0xff == 1 drop; tcp option maxseg size 1-500 drop; ip ttl < 5 drop; tcp sport 0 drop;", "", 4),
    ("policy drop", 'meta hour "22:00"-"23:00" drop; ip frag-off & 0x1fff != 0 jump other;', "chain other { drop; }", 2),
    ("policy accept", "tcp dport 22 accept; ether saddr 02:00:00:00:00:66 drop; drop;", "", 2),
    # what never concerns a connection from outside to this host
    ("policy accept", "ip daddr 224.0.0.0/4 drop; ip daddr 255.255.255.255 drop; ip6 daddr ff00::/8 drop;", "", None),
    ("policy accept", "iif != lo ip daddr 127.0.0.0/8 drop; meta pkttype { broadcast, multicast } drop;", "", None),
    ("policy accept", "ip daddr 198.51.100.99 drop;", "", None),
    ("policy accept", "ip daddr 198.51.100.11 drop;", "", SHUT),
    # other protocols and ports
    ("policy accept", "meta l4proto udp drop; ip protocol icmp drop; udp dport 21 drop; icmp type echo-request drop;", "", None),
    ("policy accept", "meta l4proto { udp, sctp } drop; meta l4proto != tcp drop; ip6 nexthdr udp drop;", "", None),
    ("policy accept", "meta l4proto { tcp, udp } drop;", "", 0),
    ("policy accept", "ip6 nexthdr tcp drop;", "", None),
    ("policy accept", "meta nfproto ipv4 drop; ip saddr 192.0.2.1 drop; drop;", "", SHUT),
    ("policy accept", "tcp dport 3306 drop; tcp dport { 25, 6000-6010 } drop;", "", None),
    ("policy accept", "tcp dport 3306 drop; tcp dport { 25, 50050 } drop;", "", None),
    ("policy accept", "tcp dport 1-1024 drop;", "", SHUT),
    ("policy accept", "tcp dport != 22 drop;", "", 0),
    ("policy accept", "tcp dport 21 jump ftp;", "chain ftp { ip saddr 10.0.0.0/8 accept; drop; }", SHUT),
    ("policy accept", "tcp dport 22-20000 drop;", "", None),
    ("policy accept", "tcp dport @closed drop;", "set closed { type inet_service; elements = { 21 }; }", SHUT),
    ("policy accept", "th dport 21 drop;", "", SHUT),
    # odd packets, routes, marks
    (
        "policy accept",
        "tcp flags & (fin|syn) == (fin|syn) drop; tcp flags & (fin|syn|rst|ack) != syn ct state new drop;",
        "",
        None,
    ),
    ("policy accept", "tcp flags & (fin|syn|rst|ack) == syn jump other;", "chain other { drop; }", 0),
    ("policy accept", "fib saddr . iif oif missing drop; meta mark 1 drop; ct mark 1 drop;", "", None),
    ("policy accept", "fib daddr type broadcast drop;", "", None),
    # ways through other chains
    ("policy accept", "ip saddr 192.0.2.1 jump other; jump other;", "chain other { drop; }", 1),
    ("policy accept", "jump other;", "chain other { tcp dport 22 accept; }", None),
    (
        "policy accept",
        "tcp dport 22 accept; jump other;",
        "chain other { jump third; }\nchain third { tcp dport 21 drop; }",
        SHUT,
    ),
    ("policy accept", "jump other;", "chain other { jump third; }\nchain third { tcp dport 22 accept; drop; }", 0),
    ("policy accept", "goto other;", "chain other { tcp dport 22 accept; }", None),
    ("policy drop", "tcp dport 22 accept; goto other;", "chain other { tcp dport 25 accept; }", 1),
    ("policy drop", "tcp dport 22 goto other; goto other;", "chain other { tcp dport 25 accept; }", 1),
    # by the interface that holds the server's address
    (
        "policy accept",
        'iifname "eth0" jump wan;',
        "chain wan { ip saddr 192.0.2.1 drop; tcp dport 22 accept; drop; }",
        ("wan", 2),
    ),
    ("policy drop", 'iifname "eth1" drop; iifname { "tun*", "ppp0" } drop; iifname != "eth*" drop;', "", 3),
    ("policy accept", 'iifname "eth0" tcp dport 22 accept; iifname "eth0" drop;', "", 1),
    (
        "policy accept",
        "iifname @wan jump other;",
        "set wan { type ifname; elements = { eth0 }; }\nchain other { drop; }",
        0,
    ),
    ("policy drop", "tcp dport 22 accept; return;", "", 1),
    ("policy drop", "jump other;", "chain other { return; }", 1),
    (
        "policy accept",
        'iifname vmap { "lo" : accept, "eth0" : jump other };',
        "chain other { tcp dport 22 accept; drop; }",
        0,
    ),
    ("policy accept", "tcp dport vmap @ports;", "map ports { type inet_service : verdict; elements = { 21 : drop }; }", SHUT),
    ("policy accept", "tcp dport vmap @ports;", "map ports { type inet_service : verdict; elements = { 80 : drop }; }", None),
]


@pytest.mark.parametrize(("policy", "chain", "others", "index"), CHAINS)
def test_place_in_another_chain(nft: Nft, rules: Rules, policy: str, chain: str, others: str, index: Place) -> None:
    nft.run(f"table inet x {{\n{others}\nchain in {{ type filter hook input priority 0; {policy}; {chain} }}\n}}\n")
    name, at = index if isinstance(index, tuple) else ("in", index)
    key = ("inet", "x", name)
    before = nft.ruleset().rules[key]
    text = at_home(rules(PEER))
    assert [stop.reason for stop in judged(nft, text).shut] == ["denied"] * (at == SHUT)

    nft.load(text)
    ruleset = nft.ruleset()
    assert [rule["handle"] for rule in ruleset.rules[key] if rule not in ruleset.ours(key)] == [rule["handle"] for rule in before]
    assert [ruleset.rules[key].index(rule) for rule in ruleset.ours(key)] == ([] if at in (None, SHUT) else [at])
    assert [other for other in ruleset.chains if ruleset.ours(other) and other != key] == []
    assert nftables.drift(text, ruleset, nftables.in_force(ruleset)) == []


def at_home(text: str) -> str:
    """The rules on a host that holds the server's address at eth0."""
    return 'define here = { 198.51.100.11 }\ndefine interfaces = { "eth0" }\n' + text


def judged(nft: Nft, text: str) -> nftables.Judgement:
    return nftables.judge(nft.ruleset(), nftables.read_defines(text))


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        ("meta mark 1 drop; ip saddr 192.0.2.1 drop; tcp dport 22 accept;", ["meta mark 0x00000001 drop"]),
        ("ip saddr 10.0.0.0/8 jump lan;", ["ip saddr 10.0.0.0/8 jump lan"]),
        ("ct state invalid drop; tcp dport 21 limit rate over 5/minute drop;", []),
        ("udp sport 0 drop; tcp sport 0 accept;", []),
    ],
)
def test_what_is_not_understood_is_told_by_name(nft: Nft, rules: Rules, chain: str, told: list[str]) -> None:
    lan = "chain lan { tcp dport 22 accept; drop; }"
    nft.run(f"table inet x {{\n{lan}\nchain in {{ type filter hook input priority 0; policy drop; {chain} }}\n}}\n")
    warnings = judged(nft, at_home(rules(PEER))).warnings(nft)
    assert len(warnings) == len(told)
    for text, warning in zip(told, warnings):
        assert f'The rule "{text}" (table inet x, chain in, handle' in warning


@pytest.mark.parametrize(
    ("kind", "hook", "chain", "reason"),
    [
        ("filter", "prerouting", "policy drop; tcp dport 22 accept;", "early"),
        ("filter", "prerouting", "tcp dport 21 drop;", "early"),
        ("filter", "prerouting", "ip saddr 192.0.2.1 drop; tcp dport 22 drop;", ""),
        ("filter", "prerouting", "ct state invalid drop; fib saddr . iif oif missing drop;", ""),
        ("filter", "prerouting", "jump more;", "early"),
        ("nat", "prerouting", "tcp dport 21 drop;", "early"),
        ("nat", "prerouting", "tcp dport 21 redirect to :2121;", "translated"),
        ("nat", "prerouting", "tcp dport 50000-50099 dnat ip to 198.51.100.99;", "translated"),
        ("nat", "prerouting", "tcp dport 21 redirect to :21; tcp dport 80 redirect to :8080;", ""),
        ("nat", "prerouting", "ip saddr 192.0.2.1 jump most;", ""),
        ("filter", "ingress device eth0", "tcp dport 21 drop;", "early"),
        ("filter", "ingress device lo", "drop;", ""),
        ("filter", "postrouting", 'oifname "eth0" drop;', "early"),
        ("nat", "postrouting", 'oifname "eth0" masquerade;', ""),
    ],
)
def test_what_other_hooks_deny_is_told(nft: Nft, rules: Rules, kind: str, hook: str, chain: str, reason: str) -> None:
    subprocess.run([*nft.prefix, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1"], check=True)
    most = "chain most { ip saddr 192.0.2.2 tcp dport 1-65535 redirect to :2121; drop; }"
    more = "chain more { drop; }" if kind == "filter" else most
    nft.run(f"table inet x {{\n{more}\nchain c {{ type {kind} hook {hook} priority -150; {chain} }}\n}}\n")
    judgement = judged(nft, at_home(rules(PEER)))
    assert (judgement.places, [stop.reason for stop in judgement.shut]) == ([], [reason] * bool(reason))
    for stop in judgement.shut:
        assert "of chain inet x " in stop.sentence(nft)


@pytest.mark.parametrize(
    ("chain", "policy", "told"),
    [
        ("tcp dport 21 limit rate 5/minute accept;", "drop", True),
        ("tcp flags syn limit rate 5/minute accept;", "drop", True),
        ("icmp type echo-request limit rate 5/second accept; tcp dport 22 limit rate 5/minute accept;", "drop", False),
        ("tcp dport 21 limit rate over 5/minute drop;", "drop", False),
        # There nothing is opened.
        ("tcp dport 21 limit rate 5/minute accept;", "accept", False),
    ],
)
def test_a_limit_that_accepts_is_told(nft: Nft, rules: Rules, chain: str, policy: str, told: bool) -> None:
    nft.run(f"table inet x {{\nchain in {{ type filter hook input priority 0; policy {policy}; {chain} }}\n}}\n")
    warnings = judged(nft, at_home(rules(PEER))).warnings(nft)
    assert len(warnings) == told
    for warning in warnings:
        assert f'The rule "{chain[:-1]}" (table inet x, chain in, handle' in warning
        assert "what proftpd.fxp opens behind it accepts those over the limit, too." in warning


@pytest.mark.parametrize(
    ("chain", "opened"),
    [
        ("tcp dport 22 accept;", "{ 21, 2121, 50000-50199 }"),
        # The operator denies what the server is about to leave: that is no reason to refuse, and nothing to pass by.
        ("tcp dport 2121 drop;", "{ 21, 50000-50099 }"),
        ("tcp dport 50150 drop;", "{ 21, 2121, 50000-50199 }"),
        ("tcp dport != { 21, 50000-50099 } drop;", "{ 21, 50000-50099 }"),
    ],
)
def test_ports_that_the_server_is_to_leave_are_opened_or_not(nft: Nft, chain: str, opened: str) -> None:
    nft.run(f"table inet x {{\nchain in {{ type filter hook input priority 0; policy drop; {chain} }}\n}}\n")
    wish = wish_of(PEER)
    text = text_of(wish._replace(former=former(wish.ports, [2121], [(50000, 50199)], [])))
    judged(nft, text).refuse(nft)
    nft.load(text)
    ruleset = nft.ruleset()
    first, ours = ruleset.rules["inet", "x", "in"]
    assert nft.text_of(("inet", "x", "in"), ours["handle"]).startswith(f"tcp dport {opened} accept")
    assert "comment" not in first
    assert nftables.drift(text, ruleset, nftables.in_force(ruleset)) == []


def test_rule_of_an_earlier_release_moves_behind_what_the_operator_denies(nft: Nft, rules: Rules) -> None:
    old = 'tcp dport { 21, 50000-50099 } accept comment "proftpd.fxp"'
    chain = f"chain in {{ type filter hook input priority 0; policy drop; {old}; ip saddr 192.0.2.1 drop; }}"
    nft.run(f"table inet x {{\n{chain}\n}}\n")
    text = rules(PEER)
    nft.run(text)
    recorded = nftables.in_force(nft.ruleset())
    assert "elsewhere" in nftables.drift(text, nft.ruleset(), recorded)[0]
    nft.load(text)
    ruleset = nft.ruleset()
    assert [rule.get("comment") for rule in ruleset.rules["inet", "x", "in"]] == [None, "proftpd.fxp"]


@pytest.mark.parametrize(
    ("table", "chain", "hook", "manager"),
    [
        ("ip filter", "INPUT", "input", "iptables"),
        ("ip6 mangle", "INPUT", "input", "iptables"),
        ("ip security", "INPUT", "input", "iptables"),
        ("inet firewalld", "filter_INPUT", "input", "firewalld"),
        ("ip filter", "input", "input", ""),
        ("ip nat", "x", "input", ""),
        ("ip x", "INPUT", "input", ""),
        ("inet filter", "INPUT", "input", ""),
    ],
)
def test_tables_that_others_manage_are_not_written_to(
    nft: Nft, rules: Rules, table: str, chain: str, hook: str, manager: str
) -> None:
    nft.run(f"table {table} {{\nchain {chain} {{ type filter hook {hook} priority 0; policy drop; }}\n}}\n")
    before = listing(nft)
    text = rules(PEER, addresses=["198.51.100.11", "2001:db8::11"])
    stops = judged(nft, text).shut
    assert [stop.reason for stop in stops] == [manager] * bool(manager)
    nft.load(text)
    if manager:
        assert before in listing(nft)
        assert f"managed by {manager}" in stops[0].sentence(nft)
    else:
        assert "proftpd.fxp" in listing(nft, "list", "table", *table.split())


def place_of(nft: Nft, text: str, key: nftables.ChainKey) -> int | None:
    handles = [rule["handle"] for rule in nft.ruleset().rules[key]]
    places = [place for place in judged(nft, text).places if place.chain == key]
    return None if not places else len(handles) if places[0].before is None else handles.index(places[0].before)


@pytest.mark.parametrize(
    ("chain", "index"),
    [
        ("ip daddr 192.0.2.1 drop; tcp sport 1234 accept; drop;", 2),
        ("ip saddr 127.0.0.1 drop;", None),
        ("ip daddr != 192.0.2.1 drop;", None),
        ("udp dport 53 drop; tcp dport 25 drop; reject;", 2),
        ('oifname "eth1" drop; oifname "eth0" jump other;', 1),
    ],
)
def test_place_in_another_chain_for_outgoing_connections(nft: Nft, rules: Rules, chain: str, index: int | None) -> None:
    out = f"chain out {{ type filter hook output priority 0; policy accept; {chain} }}"
    nft.run(f"table ip x {{\nchain other {{ drop; }}\n{out}\n}}\n")
    text = at_home(rules(PEER))
    assert place_of(nft, text, ("ip", "x", "out")) == index
    assert judged(nft, text).shut == []
    assert place_of(nft, text, ("ip", "x", "other")) is None


def listing(nft: Nft, *words: str) -> str:
    arguments = [*nft.prefix, nft.path or "nft", *(words or ("-s", "list", "ruleset"))]
    return subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60).stdout


OTHERS = """
table inet a {
  chain in { type filter hook input priority 5; policy drop; }
  chain out { type filter hook output priority 5; policy drop; }
}
table ip b {
  chain in { type filter hook input priority 0; policy accept; tcp dport 22 accept; reject; }
  chain out { type filter hook output priority 0; policy accept; ip daddr 192.0.2.1 drop; tcp dport 25 accept; drop; }
}
table ip6 c {
  chain out { type filter hook output priority 0; policy drop; }
}
table inet d {
  chain in { type filter hook input priority 0; policy accept; ip saddr 192.0.2.1 drop; }
  chain forwarded { type filter hook forward priority 0; policy drop; }
  chain translated { type nat hook postrouting priority 100; masquerade; }
}
"""


def test_other_tables_get_one_rule_each_and_lose_it(nft: Nft, rules: Rules) -> None:
    nft.run(OTHERS)
    before = listing(nft)
    text = rules(PEER, "2001:db8::12")
    for _dummy in range(3):
        nft.load(text)
    ruleset = nft.ruleset()
    assert {key: len(ruleset.ours(key)) for key in ruleset.chains if ruleset.ours(key)} == {
        ("inet", "a", "in"): 1,
        ("inet", "a", "out"): 2,  # one per address family
        ("ip", "b", "in"): 1,
        ("ip", "b", "out"): 1,
        ("ip6", "c", "out"): 1,
    }
    outgoing = listing(nft, "list", "chain", "ip", "b", "out").splitlines()
    assert outgoing[5].strip() == 'ip daddr . tcp dport { 198.51.100.12 . 50000-50099 } accept comment "proftpd.fxp"'
    nft.unload()
    assert listing(nft) == before


def test_a_chain_that_drops_each_family_elsewhere_gets_a_rule_in_each_place(nft: Nft, rules: Rules) -> None:
    out = "meta nfproto ipv4 drop; udp dport 53 accept; udp dport 123 accept;"
    nft.run(f"table inet x {{\nchain out {{ type filter hook output priority 0; policy drop; {out} }}\n}}\n")
    text = rules(PEER, "2001:db8::12")
    for _dummy in range(2):
        nft.load(text)
        ruleset = nft.ruleset()
        chain = ruleset.rules["inet", "x", "out"]
        assert [chain.index(rule) for rule in ruleset.ours(("inet", "x", "out"))] == [0, 4]
        recorded = nftables.in_force(ruleset)
        assert nftables.drift(text, ruleset, recorded) == []
    nft.run("add rule inet x out udp dport 124 accept\n")
    (told,) = nftables.drift(text, nft.ruleset(), recorded)
    assert "chain inet x out has the rule of proftpd.fxp elsewhere" in told


def test_no_peers_means_no_rule_for_outgoing_connections(nft: Nft, rules: Rules) -> None:
    nft.run(OTHERS)
    nft.load(rules())
    ruleset = nft.ruleset()
    assert {key for key in ruleset.chains if ruleset.ours(key)} == {("inet", "a", "in"), ("ip", "b", "in")}


def test_refused_rules_change_nothing(nft: Nft, rules: Rules) -> None:
    nft.run(OTHERS)
    nft.load(rules(PEER))
    before = listing(nft)
    with pytest.raises(FirewallError, match="syntax error"):
        nft.load(rules(PEER) + "table inet proftpd_fxp {\nchain input { tcp dport 22 fly; }\n}\n")
    assert listing(nft) == before


def test_a_table_with_an_owner_is_refused(nft: Nft, rules: Rules) -> None:
    ruleset = nft.ruleset()
    nft.run("table inet x {\nchain in { type filter hook input priority 0; policy drop; }\n}\n")
    ruleset = nft.ruleset()
    ruleset.tables["inet", "x"]["flags"] = ["owner"]  # it would last as long as one nft process only
    judgement = nftables.judge(ruleset, nftables.read_defines(rules(PEER)))
    assert judgement.places == []
    with pytest.raises(FirewallError, match=r"inet x in .* lets nobody else add rules"):
        judgement.refuse(nft)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("delete table inet proftpd_fxp", "table inet proftpd_fxp is not loaded"),
        ("add element inet proftpd_fxp clients4 { 192.0.2.1 }", "table inet proftpd_fxp differs from its file"),
        ("flush chain inet a in", "chain inet a in drops by default and lacks the rule"),
        ("add rule inet a in ip saddr 192.0.2.1 drop", "chain inet a in has the rule of proftpd.fxp elsewhere"),
        (
            "add table ip n\nadd chain ip n i { type filter hook input priority 0; policy drop; }",
            "chain ip n i drops by default and lacks",
        ),
        ("chain inet a in { policy accept; }", "chain inet a in no longer needs the rule"),
        (
            'flush chain inet a in\nadd rule inet a in tcp dport 21 accept comment "proftpd.fxp"',
            "chain inet a in drops by default and lacks",
        ),
        ("flush ruleset", "table inet proftpd_fxp is not loaded"),
    ],
)
def test_drift_is_seen_and_mended(nft: Nft, rules: Rules, change: str, sentence: str) -> None:
    nft.run(OTHERS)
    text = rules(PEER, clients=["10.0.0.0/8"])
    nft.load(text)
    recorded = nftables.in_force(nft.ruleset())
    assert nftables.drift(text, nft.ruleset(), recorded) == []
    nft.run(change + "\n")
    found = nftables.drift(text, nft.ruleset(), recorded)
    assert len(found) == 1
    assert sentence in found[0]
    nft.load(text)
    assert nftables.drift(text, nft.ruleset(), nftables.in_force(nft.ruleset())) == []


def test_changes_of_others_that_do_not_matter_are_no_drift(nft: Nft, rules: Rules) -> None:
    nft.run(OTHERS)
    text = rules(PEER)
    nft.load(text)
    recorded = nftables.in_force(nft.ruleset())
    nft.run(
        "delete table inet a\nadd rule ip b in tcp dport 80 accept\nadd table ip z\nadd rule inet d in ip saddr 192.0.2.2 drop\n"
    )
    assert nftables.drift(text, nft.ruleset(), recorded) == []


def test_another_program_changes_rules_between_look_and_load(nft: Nft, rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    nft.run(OTHERS)
    nft.load(rules(PEER))
    look, reloads = nft.ruleset, iter(range(2))

    def ruleset_that_grows_old() -> nftables.Ruleset:
        ruleset = look()
        if next(reloads, None) is not None:
            nft.run("flush ruleset\n" + OTHERS)  # the handle that was read is gone now
        return ruleset

    monkeypatch.setattr(nft, "ruleset", ruleset_that_grows_old)
    nft.load(rules(PEER))
    assert nftables.drift(rules(PEER), look(), nftables.in_force(look())) == []


def test_two_thousand_peers(nft: Nft, rules: Rules) -> None:
    nft.run(OTHERS)
    text = rules(*(f"10.{i // 250}.{i % 250}.1" for i in range(2000)))
    nft.load(text)
    ruleset = nft.ruleset()
    assert nftables.drift(text, ruleset, nftables.in_force(ruleset)) == []
    assert len(json.dumps(ruleset.ours(("inet", "a", "out"))[0]["expr"]).split('"concat"')) == 2002


def test_fingerprint_knows_no_order_within_sets() -> None:
    def rule(*ports: int) -> list[nftables.Json]:
        expression = [{"match": {"op": "==", "left": {"payload": {"field": "dport"}}, "right": {"set": list(ports)}}}]
        rule = {"family": "inet", "table": "proftpd_fxp", "chain": "c", "handle": ports[0], "expr": expression}
        return [{"rule": rule}]

    first, second, third = (nftables.in_force(nftables.Ruleset(rule(*ports))) for ports in ((1, 2), (2, 1), (1, 3)))
    assert first == second != third


def test_fingerprint_stays_when_a_newer_nft_lists_the_same_table(nft: Nft, rules: Rules) -> None:
    nft.load(rules(PEER))
    own = nft.ruleset().own
    # nft 1.1 lists chains before sets, and says of a set that it merges what overlaps; nft 1.0.6 did neither.
    older, newer = ([{kind: dict(body) for kind, body in item.items()} for item in own] for _each in range(2))
    for told, items in ((False, older), (True, newer)):
        for body in (item["set"] for item in items if "set" in item):
            body.pop("auto-merge", None)
            body.update({"auto-merge": True} if told else {})
        items.sort(key=lambda item: ("chain" if told else "set") not in item)
    assert older != newer
    as_listed = nftables.in_force(nft.ruleset())
    assert nftables.in_force(nftables.Ruleset(older)) == nftables.in_force(nftables.Ruleset(newer)) == as_listed
    chains = [item for item in newer if "rule" in item]
    chains.reverse()
    turned = [item for item in newer if "rule" not in item] + chains
    assert nftables.in_force(nftables.Ruleset(turned)) != as_listed


def test_names_like_ours_elsewhere_are_not_ours(nft: Nft, rules: Rules) -> None:
    nft.run("table ip proftpd_fxp {\nchain c { accept; }\n}\ntable inet x {\nchain proftpd_fxp { accept; }\n}\n")
    before = listing(nft)
    assert nft.ruleset().own == []
    nft.load(rules(PEER))
    nft.unload()
    assert listing(nft) == before


def test_long_lists_of_others_are_not_read(nft: Nft, rules: Rules) -> None:
    addresses = ", ".join(f"10.{i // 250}.{i % 250}.1" for i in range(5000))
    nft.run(f"table inet x {{\nset bad {{ type ipv4_addr; elements = {{ {addresses} }}; }}\n}}\n")
    nft.load(rules(PEER))
    asked: list[str] = []
    original = nft._run

    def run(arguments: list[str], lines: str | None = None) -> str:
        asked.append(original(arguments, lines))
        return asked[-1]

    nft._run = run  # type: ignore[method-assign]  # a look at what really comes back
    nft.ruleset()
    assert "10.0.0.1" not in "".join(asked)
    assert PEER in "".join(asked)


class TestHost:
    """What the boot unit and the timer do."""

    def test_load_without_rules_on_disk(self, tmp_path: pathlib.Path, nft: Nft, rules: Rules) -> None:
        nft.load(rules(PEER))
        Host(Nftables(str(tmp_path), nft), str(tmp_path)).load()
        assert listing(nft) == ""

    def test_load_takes_the_confirmed_rules_and_forgets_a_trial_before_the_boot(
        self, tmp_path: pathlib.Path, nft: Nft, rules: Rules
    ) -> None:
        host = self.host(tmp_path, nft, confirmed=rules(PEER), trial=rules())
        os.unlink(host.pending)
        host.load()
        assert PEER in listing(nft)
        assert not os.path.exists(host.new_rules)

    @pytest.mark.parametrize(
        ("others", "conf", "said"),
        [
            ("", "", ""),
            ("", "ENABLED=yes\n", "ufw is switched on and decides here"),
            (
                "table ip filter {\nchain INPUT { type filter hook input priority 0; policy drop; }\n}\n",
                "",
                "managed by iptables",
            ),
            (
                "table ip filter {\nchain ufw-x { }\nchain INPUT { type filter hook input priority 0; policy drop; }\n}\n",
                "ENABLED=yes\n",
                "managed by ufw",
            ),
        ],
    )
    def test_boot_loads_the_guard_and_says_what_stays_shut(
        self,
        tmp_path: pathlib.Path,
        nft: Nft,
        rules: Rules,
        capsys: pytest.CaptureFixture[str],
        others: str,
        conf: str,
        said: str,
    ) -> None:
        host = self.host(tmp_path, nft, confirmed=rules(PEER), trial=rules())
        os.unlink(host.pending)
        (tmp_path / "etc/ufw").mkdir()
        (tmp_path / "etc/ufw/ufw.conf").write_text(conf)
        nft.run(others)
        before = listing(nft)
        host.load()
        assert before in listing(nft)
        assert nft.ruleset().own != []
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == bool(said)
        assert said in "".join(lines)

    def test_boot_loads_the_guard_if_nothing_can_be_put_into_other_tables(
        self, tmp_path: pathlib.Path, nft: Nft, rules: Rules, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        host = self.host(tmp_path, nft, confirmed=rules(PEER), trial=rules())
        os.unlink(host.pending)

        def fail(text: str, opened_by: str) -> None:
            raise FirewallError("Operation not permitted")

        monkeypatch.setattr(nft, "load", fail)
        with pytest.raises(FirewallError, match="not permitted"):
            host.load()
        assert nft.ruleset().own != []

    def test_load_keeps_rules_on_trial(self, tmp_path: pathlib.Path, nft: Nft, rules: Rules) -> None:
        host = self.host(tmp_path, nft, confirmed=rules(), trial=rules(PEER))
        host.load()
        assert PEER in listing(nft)
        assert os.path.exists(host.new_rules)

    def test_go_back_to_confirmed_rules(self, tmp_path: pathlib.Path, nft: Nft, rules: Rules) -> None:
        host = self.host(tmp_path, nft, confirmed=rules(), trial=rules(PEER))
        nft.load(rules(PEER))
        host.go_back()
        assert PEER not in listing(nft)
        assert "proftpd_fxp" in listing(nft)
        assert not os.path.exists(host.new_rules)
        assert not os.path.exists(host.pending)

    def test_go_back_to_nothing(self, tmp_path: pathlib.Path, nft: Nft, rules: Rules) -> None:
        host = self.host(tmp_path, nft, confirmed=None, trial=rules(PEER))
        nft.load(rules(PEER))
        host.go_back()
        assert listing(nft) == ""

    def test_go_back_never_leaves_the_trial_in_force(self, tmp_path: pathlib.Path, nft: Nft, rules: Rules) -> None:
        host = self.host(tmp_path, nft, confirmed=rules() + "nonsense\n", trial=rules(PEER))
        nft.load(rules(PEER))
        with pytest.raises(FirewallError, match="nonsense"):
            host.go_back()
        assert listing(nft) == ""

    def test_go_back_without_a_trial_does_nothing(self, tmp_path: pathlib.Path, nft: Nft, rules: Rules) -> None:
        nft.load(rules(PEER))
        Host(Nftables(str(tmp_path), nft), str(tmp_path)).go_back()
        assert PEER in listing(nft)

    def test_unload(self, tmp_path: pathlib.Path, nft: Nft, rules: Rules) -> None:
        nft.load(rules(PEER))
        Host(Nftables(str(tmp_path), nft), str(tmp_path)).unload()
        assert listing(nft) == ""

    def test_guard_that_is_in_force_is_not_touched(self, tmp_path: pathlib.Path, nft: Nft, rules: Rules) -> None:
        host = self.guarded(tmp_path, nft, rules)
        nft.run("add rule inet filter input ip saddr 192.0.2.1 drop\n")
        before = listing(nft, "-a", "list", "ruleset")
        host.guard()
        assert listing(nft, "-a", "list", "ruleset") == before

    @pytest.mark.parametrize(
        "lost",
        [
            "flush ruleset",
            "delete table inet proftpd_fxp",
            "flush chain inet proftpd_fxp ftp",
            "insert rule inet proftpd_fxp input accept",
            "add element inet proftpd_fxp peers4 { 203.0.113.9 }",
        ],
    )
    def test_guard_that_is_lost_comes_back_before_the_server_starts(
        self, tmp_path: pathlib.Path, nft: Nft, rules: Rules, lost: str
    ) -> None:
        host = self.guarded(tmp_path, nft, rules)
        wanted = host.backend.in_force()["table"]
        nft.run(f"{lost}\n")
        assert host.backend.in_force()["table"] != wanted
        host.guard()
        assert host.backend.in_force()["table"] == wanted

    def test_server_starts_behind_the_guard_alone(
        self, tmp_path: pathlib.Path, nft: Nft, rules: Rules, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Whom another program keeps out is no reason to start nothing."""
        host = self.guarded(tmp_path, nft, rules)
        wanted = host.backend.in_force()["table"]
        nft.run("flush ruleset\n")

        def fail(text: str, opened_by: str) -> None:
            raise FirewallError("the chain is somebody else's")

        monkeypatch.setattr(nft, "load", fail)
        host.guard()
        assert host.backend.in_force()["table"] == wanted
        assert "somebody else's" in capsys.readouterr().err

    @pytest.mark.parametrize(("program", "why"), [(None, "nft is not installed"), ("/bin/false", "nft .* says")])
    def test_server_does_not_start_where_no_guard_can_be_loaded(
        self, tmp_path: pathlib.Path, nft: Nft, rules: Rules, monkeypatch: pytest.MonkeyPatch, program: str | None, why: str
    ) -> None:
        host = self.guarded(tmp_path, nft, rules)
        nft.run("flush ruleset\n")
        monkeypatch.setattr(nft, "path", program)
        with pytest.raises(
            FirewallError, match=rf"^The server is not started, because .* missing and cannot be loaded: {why}.*"
        ) as told:
            host.guard()
        assert "\n" not in str(told.value)

    def test_where_there_are_no_rules_nothing_is_guarded(self, tmp_path: pathlib.Path, nft: Nft) -> None:
        host = Host(Nftables(str(tmp_path), nft), str(tmp_path))
        host.guard()
        assert not any(host.backend.in_force().values())

    def test_rules_on_trial_are_a_guard(self, tmp_path: pathlib.Path, nft: Nft, rules: Rules) -> None:
        host = self.guarded(tmp_path, nft, rules)
        text = rules()
        pathlib.Path(host.new_rules).write_text(text)
        nft.load(text)
        on_trial = host.backend.in_force()
        pathlib.Path(host.pending).write_text(json.dumps(on_trial))
        host.guard()
        assert host.backend.in_force() == on_trial
        nft.run("delete table inet proftpd_fxp\n")
        host.guard()
        assert host.backend.in_force() == on_trial

    @staticmethod
    def guarded(root: pathlib.Path, nft: Nft, rules: Rules) -> Host:
        """A host whose rules are confirmed and in force."""
        nft.run("table inet filter {\nchain input { type filter hook input priority 0; policy drop; }\n}\n")
        host = Host(Nftables(str(root), nft), str(root))
        for path in (host.rules, host.record, host.pending):
            pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(host.rules).write_text(rules(PEER))
        nft.load(rules(PEER))
        pathlib.Path(host.record).write_text(json.dumps(host.backend.in_force()))
        return host

    def test_one_change_at_a_time(self, tmp_path: pathlib.Path, nft: Nft, monkeypatch: pytest.MonkeyPatch) -> None:
        host = Host(Nftables(str(tmp_path), nft), str(tmp_path))
        monkeypatch.setattr(state, "LOCK_TIMEOUT", 0.2)
        with host.locked(), pytest.raises(HostError, match="has not ended"):
            host.unload()
        assert stat.S_IMODE(os.stat(host.lock).st_mode) == 0o600

    @staticmethod
    def host(root: pathlib.Path, nft: Nft, confirmed: str | None, trial: str) -> Host:
        host = Host(Nftables(str(root), nft), str(root))
        for path, text in ((host.rules, confirmed), (host.new_rules, trial), (host.pending, "{}")):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if text is not None:
                pathlib.Path(path).write_text(text)
        return host


def test_nft_is_not_installed() -> None:
    nft = Nft()
    nft.path = None
    with pytest.raises(FirewallError, match="install the package nftables"):
        nft.ruleset()
