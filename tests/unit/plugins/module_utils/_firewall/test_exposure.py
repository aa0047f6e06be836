# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who gets in, evaluated from what a real nft lists; and what a real connection through a real kernel comes to."""

from __future__ import annotations

import ipaddress
import subprocess
import sys
import time
import typing as t

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import exposure, nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.matches import Traffic
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.walk import passage

Rules = t.Callable[..., str]
PEER = "198.51.100.12"
BASE = "type filter hook input priority 0; policy {};"


def table(body: str, policy: str = "drop", family: str = "inet", more: str = "") -> str:
    return f"table {family} t {{\n{more}\nchain c {{ {BASE.format(policy)}\n{body}\n}}\n}}\n"


def seen(nft: Nft, port: int, family: int = 4, host: exposure.Host = exposure.NOTHING_KNOWN) -> tuple[list[str], list[str]]:
    """Who gets in at a port, and of whom it is not known."""
    ruleset = nftables.Ruleset(nft.everything(), whole=True)
    (found,) = [each for each in exposure.exposure(ruleset, [(port, port)], host) if each.family == family]
    return found.accepted, found.unknown


ALL = ["0.0.0.0/0"]
CASES: list[tuple[str, list[str], list[str]]] = [
    ("", [], []),
    ("accept", ALL, []),
    ("tcp dport 21 accept", ALL, []),
    ("tcp dport 22 accept", [], []),
    ("tcp dport != 22 accept", ALL, []),
    ("tcp dport { 20-25, 80 } accept", ALL, []),
    ("th dport 21 accept", ALL, []),
    ("udp dport 21 accept", [], []),
    ("udp dport != 21 accept", [], []),
    ("ip saddr 198.51.100.0/24 tcp dport 21 accept", ["198.51.100.0/24"], []),
    ("ip saddr { 198.51.100.12, 198.51.100.13 } accept", ["198.51.100.12/31"], []),
    ("ip saddr 198.51.100.10-198.51.100.11 accept", ["198.51.100.10/31"], []),
    ("ip saddr != 128.0.0.0/1 accept", ["0.0.0.0/1"], []),
    ("ip saddr 128.0.0.0/1 reject\naccept", ["0.0.0.0/1"], []),
    ("ip6 saddr ::/0 accept", [], []),
    ("ip6 saddr != 2001:db8::1 accept", [], []),
    ("meta nfproto ipv4 accept", ALL, []),
    ("meta nfproto ipv6 accept", [], []),
    ("meta l4proto { tcp, udp } accept", ALL, []),
    ("meta l4proto icmp accept", [], []),
    ("ip protocol tcp accept", ALL, []),
    ("ct state established,related accept", [], []),
    ("ct state new accept", ALL, []),
    ("ct state { new, untracked } accept", ALL, []),
    ("ct state != new accept", [], []),
    ("ct state vmap { established : accept, new : jump other, invalid : drop }", [], []),
    ('iifname "lo" accept', [], []),
    ('iifname != "lo" accept', ALL, []),
    ('iifname "eth0" accept', [], ALL),
    ('iifname "eth0" drop\naccept', [], ALL),
    ('iifname "eth0" tcp dport 22 accept', [], []),
    ("meta mark 7 accept", [], ALL),
    ("limit rate 3/second accept", [], ALL),
    ("tcp flags & (fin | syn | rst | ack) == syn accept", ALL, []),
    ("counter log accept", ALL, []),
    ("jump other\ntcp dport 21 accept", ALL, []),
    ("goto other\naccept", [], []),
    ("jump opens", ["192.0.2.0/24"], []),
    ("jump opens\njump closes\naccept", ["0.0.0.0/1", "192.0.2.0/24"], []),
    ("ip saddr @known accept", ["203.0.113.0/24"], []),
    ("ip saddr . tcp dport @pairs accept", ["192.0.2.1/32"], []),
    ("tcp dport vmap { 21 : jump opens, 22 : accept }", ["192.0.2.0/24"], []),
    ("ip saddr vmap @verdicts", ["192.0.2.7/32"], []),
    ("add @seen { ip saddr } drop\naccept", [], []),
    ("add @seen { ip saddr limit rate over 3/minute } drop\naccept", [], ALL),
    ("add @full { ip saddr } drop\naccept", [], ALL),  # but for those that it holds, and is there room?
    ("fib saddr type local accept", [], []),
    ("fib saddr type unicast accept", ALL, []),
    ("fib daddr type local accept", ALL, []),
    ("fib saddr . iif oif missing drop\naccept", ALL, []),
    ("fib saddr . mark . iif oif exists accept", ALL, []),
    ("ct status dnat accept", [], []),
    ("tcp flags ! syn drop\naccept", ALL, []),
    ("ip frag-off & 0x1fff != 0 drop\naccept", ALL, []),
    ("meta mark set 1\naccept", ALL, []),
    ("ip saddr set 192.0.2.1\ntcp dport 21 accept", [], ALL),
]
MORE = """
    set known { type ipv4_addr; flags interval; elements = { 203.0.113.0/24 } }
    set pairs { type ipv4_addr . inet_service; elements = { 192.0.2.1 . 21, 192.0.2.2 . 22 } }
    set seen { type ipv4_addr; size 9; flags dynamic,timeout; elements = { 192.0.2.9 } }
    set full { type ipv4_addr; size 1; flags dynamic,timeout; elements = { 192.0.2.9 } }
    map verdicts { type ipv4_addr : verdict; elements = { 192.0.2.7 : accept, 192.0.2.8 : drop } }
    chain other { tcp dport 21 return; accept; }
    chain opens { ip saddr 192.0.2.0/24 accept; }
    chain closes { ip saddr 128.0.0.0/1 drop; }
"""


@pytest.mark.parametrize(("body", "accepted", "unknown"), CASES)
def test_one_chain(nft: Nft, body: str, accepted: list[str], unknown: list[str]) -> None:
    nft.run(table(body, more=MORE))
    assert seen(nft, 21) == (accepted, unknown)


def test_every_base_chain_must_let_it_in(nft: Nft) -> None:
    assert seen(nft, 21) == (ALL, [])
    nft.run(table("ip saddr 128.0.0.0/1 accept", family="inet") + table("tcp dport 21 ip saddr 192.0.0.0/8 drop", "accept", "ip"))
    assert seen(nft, 21)[0] == [
        "128.0.0.0/2",
        "193.0.0.0/8",
        "194.0.0.0/7",
        "196.0.0.0/6",
        "200.0.0.0/5",
        "208.0.0.0/4",
        "224.0.0.0/3",
    ]
    assert seen(nft, 21, 6) == ([], [])
    nft.run("table inet early { chain p { type filter hook prerouting priority -300; tcp dport 21 drop; }; }\n")
    assert seen(nft, 21) == ([], [])


def test_other_hooks_do_not_count(nft: Nft) -> None:
    nft.run(
        "table inet o "
        "{ chain o { type filter hook output priority 0; policy drop; }; chain f { type filter hook forward priority 0; "
        "policy drop; }; chain n { type nat hook prerouting priority 0; policy accept; }; }\n"
    )
    assert seen(nft, 21) == (ALL, [])


HOST = exposure.Host(("198.51.100.11",), "eth0")
EARLY = "table {} early {{\n{}\nchain c {{ type {} hook {} priority {}; {}; }}\n}}\n"


@pytest.mark.parametrize(
    ("family", "kind", "hook", "priority", "rules", "accepted", "unknown"),
    [
        ("netdev", "filter", "ingress device eth0", 0, "tcp dport 21 drop", [], []),
        ("netdev", "filter", "ingress device eth0", 0, "ip saddr 128.0.0.0/1 drop", ["0.0.0.0/1"], []),
        ("netdev", "filter", "ingress device eth0", 0, "ether type ip accept; drop", ALL, []),
        ("netdev", "filter", "ingress device lo", 0, "drop", ALL, []),
        ("inet", "filter", "ingress device eth0", 0, "tcp dport 21 drop", [], []),
        ("inet", "filter", "prerouting", -150, "fib saddr . iif oif missing drop", ALL, []),
        # Before its time connection tracking knows no connection.
        ("inet", "filter", "prerouting", -300, "ct state invalid drop", [], []),
        ("inet", "filter", "prerouting", -150, "ct state invalid drop", ALL, []),
        ("ip", "nat", "prerouting", -100, "tcp dport 21 drop", [], []),
        ("ip", "nat", "prerouting", -100, "tcp dport 21 redirect to :2121", [], []),
        ("ip", "nat", "prerouting", -100, "ip saddr 128.0.0.0/1 dnat to 198.51.100.12", ["0.0.0.0/1"], []),
        ("ip", "nat", "prerouting", -100, "tcp dport 21 dnat to 198.51.100.11:21", ALL, []),
        ("ip", "nat", "prerouting", -100, "tcp dport 2121 redirect to :21; tcp dport 21 drop", [], ALL),
        ("ip", "nat", "prerouting", -100, "tcp dport 2121 redirect to :22; tcp dport 21 drop", [], []),
    ],
)
def test_what_happens_before_the_input(
    nft: Nft, family: str, kind: str, hook: str, priority: int, rules: str, accepted: list[str], unknown: list[str]
) -> None:
    subprocess.run([*nft.prefix, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1"], check=True)
    nft.run(EARLY.format(family, "", kind, hook, priority, rules))
    assert seen(nft, 21, host=HOST) == (accepted, unknown)


@pytest.mark.parametrize(("priority", "accepted"), [(-300, []), (-150, ALL)])
def test_connections_without_tracking_are_not_new(nft: Nft, priority: int, accepted: list[str]) -> None:
    nft.run(EARLY.format("inet", "", "filter", "prerouting", priority, "tcp dport 21 notrack"))
    nft.run(table("ct state new accept"))
    assert seen(nft, 21) == (accepted, [])
    assert seen(nft, 22) == (ALL, [])


def test_an_interface_that_is_known_decides(nft: Nft) -> None:
    nft.run(table('iifname "eth0" ip daddr 198.51.100.11 accept; iifname "eth1" drop'))
    assert seen(nft, 21, host=HOST) == (ALL, [])


def test_why_it_is_not_known_is_told(nft: Nft) -> None:
    nft.run(table("meta mark 7 accept\ntcp dport 22 limit rate 3/second accept\nmeta mark 8 drop", "accept"))
    ruleset = nftables.Ruleset(nft.everything(), whole=True)
    (rule,) = [rule for rule in ruleset.rules["inet", "t", "c"] if "drop" in str(rule)]
    why = [each.why for each in exposure.exposure(ruleset, [(21, 21)])]
    assert why == [f"it depends on the rule with handle {rule['handle']} of chain inet t c"] * 2


def test_our_own_rules_let_in_whom_the_plan_says(nft: Nft, rules: Rules) -> None:
    nft.load(rules(PEER, "2001:db8::12", clients=("192.0.2.0/24", "2001:db8:1::/48")))
    view = nftables.Ruleset(nft.everything(), whole=True)
    assert exposure.ports_of(view, ("inet", nftables.TABLE)) == {(21, 21), (50000, 50099)}
    found = {(each.family, each.first, each.last): each.accepted for each in exposure.exposure(view, [(21, 21), (50000, 50099)])}
    assert found == {
        (4, 21, 21): ["192.0.2.0/24"],
        (4, 50000, 50099): ["192.0.2.0/24", f"{PEER}/32"],
        (6, 21, 21): ["2001:db8:1::/48"],
        (6, 50000, 50099): ["2001:db8::12/128", "2001:db8:1::/48"],
    }


def test_pieces_of_a_range_that_differ_are_told_apart(nft: Nft) -> None:
    nft.run(table("tcp dport 50010-50019 accept\ntcp dport 50015 drop"))
    found = [
        each for each in exposure.exposure(nftables.Ruleset(nft.everything(), whole=True), [(50000, 50099)]) if each.family == 4
    ]
    assert [(each.first, each.last, each.accepted) for each in found] == [
        (50000, 50009, []), (50010, 50019, ALL), (50020, 50099, []),
    ]  # fmt: skip


def test_too_much_to_ask_is_unknown_and_takes_little_time(nft: Nft) -> None:
    elements = ", ".join(f"10.{number // 256}.{number % 256}.1" for number in range(9000))
    nft.run(table("ip saddr @many accept", more=f"set many {{ type ipv4_addr; elements = {{ {elements} }} }}"))
    began = time.process_time()  # of this process, however busy the machine is
    assert seen(nft, 21) == ([], ALL)
    assert seen(nft, 21, 6) == ([], [])
    four, _six = exposure.exposure(nftables.Ruleset(nft.everything(), whole=True), [(21, 21)])
    assert four.why == "the rules tell 18001 ranges of addresses and 1 of ports apart, too many to ask for each"
    assert time.process_time() - began < 10


LISTENER = (
    "import socket; s = socket.create_server(('127.0.0.1', 2121)); print('ready', flush=True); s.accept(); s.accept(); s.accept()"
)


@pytest.mark.parametrize("source", ["127.0.0.7", "127.0.0.8"])
def test_the_kernel_agrees(nft: Nft, source: str) -> None:
    """Through loopback, whose interface the rules do not ask for: there the evaluation must be what connect() meets."""
    prefix = nft.prefix
    subprocess.run([*prefix, "ip", "link", "set", "lo", "up"], check=True)
    # The last addresses of the loopback network have the answer of their neighbours; ask with their own.
    nft.run(table("ct state established,related accept\nip saddr 127.0.0.7 tcp dport 2121 accept"))
    with subprocess.Popen([*prefix, sys.executable, "-c", LISTENER], stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        assert listener.stdout.readline() == "ready\n"
        dial = f"import socket; socket.create_connection(('127.0.0.1', 2121), 1, ('{source}', 0))"
        done = subprocess.run([*prefix, sys.executable, "-c", dial], capture_output=True, timeout=30, check=False)
        listener.kill()
    view = nftables.Ruleset(nft.everything(), whole=True)
    traffic = Traffic("incoming", 4, ((2121, 2121),), far=int(ipaddress.IPv4Address(source)))
    (walk,) = passage(view, traffic)
    assert walk.ends == {exposure.ACCEPT if done.returncode == 0 else exposure.DROP}


def test_what_nft_does_not_tell_of_iptables_is_not_known() -> None:
    key = {"family": "ip", "table": "filter"}
    chain = {"chain": {**key, "name": "INPUT", "type": "filter", "hook": "input", "policy": "drop"}}
    for name in ("tcp", "multiport", None):
        hidden = {"rule": {**key, "chain": "INPUT", "expr": [{"xt": name and {"type": "match", "name": name}}, {"accept": None}]}}
        ruleset = nftables.Ruleset([chain, hidden], whole=True)
        assert [each.unknown for each in exposure.exposure(ruleset, [(21, 21)])] == [ALL, []]
        assert exposure.exposure(ruleset, [(21, 21)])[1].accepted == ["::/0"]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 70000), st.sampled_from(["@s", "tcp", "192.0.2.1", "::1", "new", ""])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["set", "range", "prefix", "elem", "val", "payload", "field", "concat", "ct", "meta", "key"]), inner
        ),
    ),
    max_leaves=8,
)


@hypothesis.given(
    st.lists(st.fixed_dictionaries({"left": JSON, "right": JSON, "op": st.sampled_from(["==", "!=", "in", "<"])}), max_size=3)
)
def test_any_match_is_answered(matches: list[dict[str, t.Any]]) -> None:
    key = {"family": "inet", "table": "t"}
    view = nftables.Ruleset(
        [
            {"chain": {**key, "name": "c", "type": "filter", "hook": "input", "policy": "drop"}},
            {"rule": {**key, "chain": "c", "expr": [*({"match": match} for match in matches), {"accept": None}]}},
        ],
        whole=True,
    )
    for each in exposure.exposure(view, [(21, 21)]):
        assert each.accepted or each.unknown or matches
