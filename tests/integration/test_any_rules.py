# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whatever rules of nftables operators write, who gets in is told as the kernel has it.

The rules here are put together from what the manuals, the examples of distributions and the wiki of nftables show, not from
what the evaluation knows.
"""

from __future__ import annotations

import collections
import os
import re
import typing as t

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import exposure, interfaces, nftables
from ansible_collections.proftpd.fxp.tests.integration.network import run
from ansible_collections.proftpd.fxp.tests.integration.one_wire import (
    BLOCKED,
    CLIENT,
    CONTROL,
    OTHER,
    PASSIVE,
    PEER,
    SERVER,
    STRANGER,
    Lab,
    Within,
    answers_to,
)

EXAMPLES = 500 if os.environ.get("FXP_LONG") else 50
MOST_UNKNOWN = 0.05  # of all answers
DIALS = [(source, port) for source in (PEER, STRANGER) for port in (CONTROL, PASSIVE, OTHER)]

HOSTS = st.sampled_from([CLIENT, PEER, BLOCKED, STRANGER, "203.0.113.9"])
NETS = st.sampled_from(
    ["198.51.100.0/26", "198.51.100.64/26", "198.51.100.12/31", "198.51.100.90-198.51.100.110", "10.0.0.0/8", "203.0.113.0/24"]
)
PORT = st.sampled_from([str(port) for port in (22, 80, 443, *[CONTROL, PASSIVE, OTHER] * 2)])
PORTS = st.one_of(PORT, st.sampled_from(["{ 22, 80, 443 }", f"{{ 22, {CONTROL} }}", "50000-50099", "1024-65535", "0-1023"]))


@st.composite
def filled(draw: st.DrawFn, templates: t.Sequence[str]) -> str:
    """One of the templates, with hosts, networks and ports in their places."""
    words = {"host": HOSTS, "net": NETS, "port": PORT, "ports": PORTS}
    text = draw(st.sampled_from(templates))
    for word, values in words.items():
        while f"<{word}>" in text:
            text = text.replace(f"<{word}>", draw(values), 1)
    return text


VERDICT = (
    "accept",
    "accept",
    "accept",
    "counter accept",
    "accept",
    "drop",
    "counter drop",
    "reject",
    "jump later",
    "goto later",
    "return",
)
FIRST = (
    "ct state established,related accept",
    "ct state { established, related } counter accept",
    "ct state vmap { established : accept, related : accept, invalid : drop }",
)
USUAL = (
    "iif lo accept",
    'iifname "lo" accept',
    "iif != lo ip daddr 127.0.0.0/8 counter drop",
    "ct state invalid drop",
    "ip protocol icmp accept",
    "meta l4proto { icmp, ipv6-icmp } accept",
    "icmp type echo-request limit rate 5/second accept",
    "icmpv6 type { nd-neighbor-solicit, nd-router-advert, nd-neighbor-advert } accept",
    "ip6 saddr fe80::/10 accept",
    "udp dport { 53, 67 } accept",
    "meta pkttype { broadcast, multicast } drop",
    "ip daddr 224.0.0.0/4 drop",
    "fib daddr type broadcast drop",
    "fib daddr type != local drop",
    "fib daddr . iif type != { local, broadcast, multicast } drop",
    "fib saddr . iif oif missing drop",
    "meta nfproto ipv4 fib saddr . mark . iif oif missing drop",
    "fib saddr type { broadcast, multicast } drop",
    "fib saddr type local drop",
    "fib saddr type unicast tcp dport <port> accept",
    "tcp flags & (fin|syn|rst|psh|ack|urg) == 0x0 drop",
    "tcp flags & (fin|syn) == (fin|syn) drop",
    "tcp flags & (fin|syn|rst|ack) != syn ct state new drop",
    "tcp flags & (syn|rst) == syn | rst counter drop",
    "ip frag-off & 0x1fff != 0 drop",
    "meta nfproto ipv6 drop",
    "ct status dnat accept",
    "ct state new ct status dnat accept",
    "tcp dport 113 reject with tcp reset",
    'limit rate 10/minute burst 5 packets log prefix "denied "',
    'log prefix "new " counter',
    "meta mark set 0x10",
    "ct mark set meta mark",
    "ip dscp set cs1",
    "tcp dport 22 ct state new limit rate 15/minute accept",
    "tcp dport 22 ct count over 10 reject",
    "tcp dport 22 ct state new add @attempts { ip saddr limit rate over 10/minute } drop",
)
OPENED = f"tcp dport {{ 22, {CONTROL}, 50000-50099 }} accept"
CHOOSING = (
    OPENED,
    OPENED,
    OPENED,
    "tcp dport <ports> <verdict>",
    "tcp dport <ports> ct state new <verdict>",
    "tcp dport <ports> ip saddr <host> <verdict>",
    "ip saddr <net> tcp dport <ports> <verdict>",
    "ip saddr <host> <verdict>",
    "ip saddr { <host>, 192.0.2.0/24 } <verdict>",
    "ip saddr <net> <verdict>",
    "ip saddr != <net> tcp dport <port> <verdict>",
    "ip saddr @blocked drop",
    "ip saddr @blocked counter reject",
    "ip saddr @trusted accept",
    "ip saddr != @trusted tcp dport <ports> drop",
    'iifname "eth0" tcp dport <ports> <verdict>',
    'iifname { "eth0", "eth1" } <verdict>',
    'iifname "wg*" accept',
    'iifname "eth1" jump later',
    'iifname != { "lo", "eth0" } drop',
    "ip daddr " + SERVER + " tcp dport <ports> <verdict>",
    "ip daddr 203.0.113.80 <verdict>",
    "ip saddr . tcp dport @pairs <verdict>",
    "ip saddr . tcp dport { <host> . <port>, 203.0.113.7 . 22 } <verdict>",
    "tcp dport vmap { 110 : accept, <port> : jump later }",
    "tcp dport vmap @services",
    "ip saddr vmap { <host> : accept, 192.0.2.1 : drop }",
    'iifname vmap { "lo" : accept, "eth0" : jump later }',
    "meta l4proto vmap { icmp : accept, tcp : jump later, udp : drop }",
    "meta l4proto tcp jump later",
    "ip protocol tcp goto later",
    "jump later",
    "tcp dport <ports> add @seen { ip saddr } counter",
    "tcp dport <ports> add @seen { ip saddr } <verdict>",
    "tcp dport <port> update @seen { ip saddr timeout 1h } <verdict>",
    "ip saddr @seen accept",
    "tcp dport >= 1024 <verdict>",
    "tcp dport != <port> <verdict>",
    "th dport <ports> <verdict>",
)
RARE = (
    "tcp dport <port> limit rate over 100/second drop",
    "meta mark 7 accept",
    "ip ttl < 5 drop",
    "tcp flags syn tcp option maxseg size 1-500 drop",
    "ether saddr 02:00:00:00:00:66 drop",
)
LAST = (
    "",
    "",
    "",
    "",
    "drop",
    "counter drop",
    "reject",
    "reject with icmpx type admin-prohibited",
    "accept",
    "jump later",
    "goto later",
)
EARLY = (
    "ip saddr <net> drop",
    "ip saddr @blocked drop",
    "ip saddr <host> tcp dport <port> drop",
    "tcp dport <ports> drop",
    "udp dport 53 notrack",
    "tcp dport { 80, <port> } notrack",
    "ct state invalid drop",
    "ct state new tcp dport <port> drop",
    "fib saddr . iif oif missing drop",
    "fib daddr . iif type != { local, broadcast, multicast } drop",
    "tcp flags & (fin|syn|rst|ack) != syn ct state new drop",
    "meta nfproto ipv6 accept",
    'iifname "eth1" drop',
    "ip saddr <net> accept",
    "meta mark set 0x1",
)
INGRESS = (
    "ip saddr <net> counter drop",
    "ip saddr { <host>, 10.0.0.0/8 } drop",
    "ip frag-off & 0x1fff != 0 counter drop",
    "tcp flags & (fin|psh|urg) == fin|psh|urg counter drop",
    "tcp dport <ports> drop",
    "udp dport 123 drop",
    "meta protocol ip accept",
    "ether type arp accept",
)
TRANSLATED = (
    "tcp dport 80 redirect to :<port>",
    "tcp dport <port> redirect to :<port>",
    "ip saddr <host> tcp dport <port> dnat ip to 10.9.9.9",
    "tcp dport <port> dnat ip to 10.9.9.9:21",
    f"ip daddr {SERVER} tcp dport <port> dnat ip to {SERVER}:<port>",
    'iifname "eth1" tcp dport <port> dnat ip to 10.9.9.9',
    "fib daddr type local jump ports",
    "ip saddr <net> drop",
    "tcp dport <port> accept",
    "ip saddr @blocked drop",
)


@st.composite
def lines(draw: st.DrawFn, templates: t.Sequence[str], least: int, most: int, later: str | None) -> str:
    """A few rules; where there is a ``later`` chain, they may lead there."""
    found = []
    for text in draw(st.lists(filled(templates), min_size=least, max_size=most)):
        if "<verdict>" in text:
            text = text.replace("<verdict>", draw(st.sampled_from([each for each in VERDICT if later or "later" not in each])))
        if later or not re.search("later|@services", text):  # that map leads to the last chain
            found.append(text.replace("later", later or ""))
    return "\n".join(found)


@st.composite
def rulesets(draw: st.DrawFn) -> str:
    """What an operator may have in /etc/nftables.conf: chains of a host, early ones, translations, and chains that lead on."""
    family = draw(st.sampled_from(["inet", "inet", "ip"]))
    # One in fifteen has what cannot be told without a packet.
    host, last, early = (
        [text for text in texts if family == "inet" or not re.search("ip6|ipv6|icmpv6|icmpx|nfproto", text)]
        for texts in ([*USUAL, *CHOOSING * 2, *(RARE * 3 if draw(st.integers(0, 14)) == 0 else ())], LAST, EARLY)
    )
    hosts, nets = draw(st.lists(HOSTS, min_size=1, max_size=3)), draw(st.lists(NETS, min_size=1, max_size=2, unique=True))
    ports = draw(st.lists(PORT, min_size=1, max_size=2, unique=True))
    services = ", ".join(f"{port} : {draw(st.sampled_from(['accept', 'drop', 'jump second']))}" for port in ports)
    pairs = ", ".join(f"{each} . {ports[0]}" for each in sorted(set(hosts)))
    sets = f"""
    set blocked {{ type ipv4_addr; flags interval; auto-merge; elements = {{ {", ".join(hosts)} }}; }}
    set trusted {{ type ipv4_addr; flags interval; auto-merge; elements = {{ {", ".join(nets)} }}; }}
    set pairs {{ type ipv4_addr . inet_service; elements = {{ {pairs} }}; }}
    set seen {{ type ipv4_addr; flags dynamic,timeout; timeout 1h; }}
    set attempts {{ type ipv4_addr; flags dynamic,timeout; timeout 1m; }}
    """
    second, first = draw(lines(host, 0, 3, None)), draw(lines(host, 0, 4, "second"))
    ends = [draw(st.sampled_from(["", "", "", "return", "drop", "accept"])) for _chain in range(2)]
    parts = [
        sets,
        f"chain second {{\n{second}\n{ends[0]}\n}}",
        f"map services {{ type inet_service : verdict; elements = {{ {services} }}; }}",
        f"chain first {{\n{first}\n{ends[1]}\n}}",
    ]
    begin = draw(st.sampled_from((*FIRST, *FIRST, "")))
    end = draw(st.sampled_from(last)).replace("later", "first")
    policy, priority = (
        draw(st.sampled_from(["drop", "accept", "accept"])),
        draw(st.sampled_from(["filter", "filter", "filter + 10", "-5"])),
    )
    parts.append(
        f"chain input {{\ntype filter hook input priority {priority}; policy {policy};\n{begin}\n"
        f"{draw(lines(host, 1, 7, 'first'))}\n{end}\n}}"
    )
    if draw(st.booleans()):
        priority = draw(st.sampled_from(["raw", "mangle", "mangle", "dstnat", "filter"]))
        parts.append(f"chain early {{\ntype filter hook prerouting priority {priority};\n{draw(lines(early, 2, 4, None))}\n}}")
    if draw(st.booleans()):
        parts.append(f"chain ports {{\n{draw(lines(TRANSLATED[:5], 1, 3, None))}\n}}")
        parts.append(f"chain translated {{\ntype nat hook prerouting priority dstnat;\n{draw(lines(TRANSLATED, 2, 5, None))}\n}}")
        parts.append('chain hidden { type nat hook postrouting priority srcnat; oifname "eth1" masquerade; }')
    if draw(st.booleans()):
        parts.append("chain forward { type filter hook forward priority filter; policy drop; }")
    text = f"table {family} host {{\n" + "\n".join(parts) + "\n}\n"
    if draw(st.booleans()):
        device = draw(st.sampled_from(["eth0", "eth0", "lo"]))
        at = f"type filter hook ingress device {device} priority -500;"
        text += f"table netdev early {{\nchain ingress {{\n{at}\n{draw(lines(INGRESS, 2, 4, None))}\n}}\n}}\n"
    if draw(st.integers(0, 3)) == 0:
        more = draw(lines(CHOOSING[:10], 1, 2, None))
        text += f"table ip more {{\nchain more {{\ntype filter hook input priority 5;\n{more}\n}}\n}}\n"
    return text


# Who comes to one port is let in at others.
KNOCKED = """table ip host {
set seen { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
chain input {
type filter hook input priority filter; policy drop;
ct state established,related accept
ip saddr @seen accept
tcp dport 2121 add @seen { ip saddr } counter accept
}
}
"""


@pytest.fixture(scope="module")
def lab() -> t.Iterator[Lab]:
    made = Lab()
    try:
        yield made
    finally:
        made.remove()


def told(lab: Lab) -> tuple[dict[tuple[str, int], str], list[str]]:
    """Who gets in by the rules in force, before anybody tries; and why that is not known."""
    ruleset = nftables.Ruleset(lab.nft.everything(), whole=True)
    host = exposure.Host(*interfaces.all_here(Within(lab.server)))
    found = exposure.exposure(ruleset, sorted((port, port) for port in {port for _source, port in DIALS}), host)
    return answers_to(DIALS, found), [each.why for each in found if each.unknown]


def test_who_gets_in_is_told_as_the_kernel_has_it(lab: Lab) -> None:
    count: collections.Counter[str] = collections.Counter()

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="FXP_LONG" not in os.environ,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.example(KNOCKED, False)
    @hypothesis.given(rulesets(), st.sampled_from([False, False, True]))
    def examine(rules: str, with_ours: bool) -> None:
        lab.nft.run("flush ruleset\n" + rules)
        text = lab.text()
        before = nftables.judge(lab.nft.ruleset(), nftables.read_defines(text))
        assert all(stop.sentence(lab.nft) for stop in before.shut)
        if with_ours:
            lab.nft.load(text)
        answers, why = told(lab)
        assert all(why)
        hypothesis.note(run("ip", "netns", "exec", lab.server, "nft", "-a", "list", "ruleset"))
        really = lab.all_get_in({dial: answer == exposure.ACCEPT for dial, answer in answers.items()})
        count.update(answers.values())
        known = {dial: answer == exposure.ACCEPT for dial, answer in answers.items() if answer != exposure.UNKNOWN}
        assert known == {dial: really[dial] for dial in known}

    examine()
    assert count[exposure.ACCEPT] > EXAMPLES / 2
    assert count[exposure.UNKNOWN] <= MOST_UNKNOWN * sum(count.values()), count
