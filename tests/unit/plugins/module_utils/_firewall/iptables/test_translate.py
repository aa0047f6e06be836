# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of iptables in the words of nft: what they ask of connections of the plan."""

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.exposure import exposure
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.saved import read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.translate import ruleset
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.matches import ALL, NONE, SOME, STRANGE, Traffic
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.walk import Reader

KNOWN = Traffic("incoming", 4, ((21, 21),), ("198.51.100.11",), "eth0")
OUT = Traffic("outgoing4", 4, ((50000, 50099),), ("198.51.100.11",), "eth0")
BASE = ("ip", "filter", "INPUT")


def holds(rule: str, traffic: Traffic = KNOWN) -> str:
    """For which connections a rule holds that has a verdict."""
    found = ruleset([(4, "", read(f"*filter\n:INPUT DROP\n-A INPUT {rule}\nCOMMIT\n"))])
    verdicts = Reader(found, BASE).verdicts(found.rules[BASE][0], traffic)
    return verdicts[0].holds if verdicts else NONE


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        ("-j DROP", ALL),
        ("-p tcp -j DROP", ALL),
        ("-p udp -j DROP", NONE),
        ("! -p tcp -j DROP", NONE),
        ("-p all -j DROP", ALL),
        ("-i lo -j DROP", NONE),
        ("! -i lo -j DROP", ALL),
        ("-i eth0 -j DROP", ALL),
        ("-i eth+ -j DROP", ALL),
        ("-i ens3 -j DROP", NONE),
        ("-s 203.0.113.0/24 -j DROP", SOME),
        ("! -s 203.0.113.9 -j DROP", SOME),
        ("-s 203.0.113.0/255.255.255.0 -j DROP", SOME),
        ("-d 198.51.100.11/32 -j DROP", ALL),
        ("-d 198.51.100.12/32 -j DROP", NONE),
        ("-d 224.0.0.0/4 -j DROP", NONE),
        ("-p tcp -m tcp --dport 21 -j DROP", ALL),
        ("-p tcp -m tcp --dport ftp -j DROP", ALL),
        ("-p tcp -m tcp ! --dport 22 -j DROP", ALL),
        ("-p tcp -m tcp --dport 22:80 -j DROP", NONE),
        ("-p tcp -m tcp --dport :80 -j DROP", ALL),
        ("-p tcp -m multiport --dports 20:21,80 -j DROP", ALL),
        ("-p tcp -m tcp --sport 1024: -j DROP", STRANGE),
        ("-m conntrack --ctstate NEW -j DROP", ALL),
        ("-m state --state INVALID -j DROP", NONE),
        ("-m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP", ALL),
        ("-p tcp -m tcp --syn -j DROP", ALL),
        ("-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP", NONE),
        ("-p tcp -m tcp --tcp-flags ALL NONE -j DROP", NONE),
        ("-m addrtype --dst-type LOCAL -j DROP", ALL),
        ("-m addrtype ! --dst-type LOCAL -j DROP", NONE),
        ("-m pkttype --pkt-type broadcast -j DROP", NONE),
        ("-m limit --limit 3/min -j DROP", SOME),
        ("-m recent --update --seconds 60 --hitcount 4 --name ssh --rsource -j DROP", SOME),
        ("-m set --match-set blocked src -j DROP", SOME),
        ("-m mac --mac-source 02:00:00:00:00:01 -j DROP", SOME),
        ("-m iprange --src-range 203.0.113.1-203.0.113.9 -j DROP", SOME),
        ("-m rpfilter --invert -j DROP", NONE),
        ("-m comment --comment 'the -s last' -j DROP", ALL),
        ("-m socket -j DROP", STRANGE),
        ("-m weird --thing 5 -j DROP", STRANGE),
        ("-s nobody.example.invalid -j DROP", STRANGE),
        ("-j DROP -s 203.0.113.9", SOME),
        ("-j REJECT --reject-with icmp-port-unreachable", ALL),
        ("-j NEWTARGET --odd", STRANGE),
    ],
)
def test_for_which_connections_a_rule_holds(rule: str, answer: str) -> None:
    assert holds(rule) == answer


def test_what_counts_or_logs_has_no_verdict() -> None:
    for target in ("LOG --log-prefix x", "MARK --set-xmark 0x1/0xff", "NFLOG", "TCPMSS --set-mss 1400"):
        assert holds(f"-j {target}") == NONE


def test_what_leaves() -> None:
    assert holds("-o eth0 -j DROP", OUT) == ALL
    assert holds("-d 203.0.113.0/24 -j DROP", OUT) == SOME
    assert holds("-p tcp -m tcp --dport 50000:50099 -j DROP", OUT) == ALL


def test_who_gets_in_where_the_guard_decides() -> None:
    """A line of ours opens what the guard lets through, and nothing else."""
    text = (
        "*filter\n:INPUT DROP\n:OUTPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -s 203.0.113.0/24 -j ACCEPT\n"
        "-A INPUT -p tcp -m mark --mark 0x46000000/0xff000000 -m comment --comment proftpd.fxp -j ACCEPT\nCOMMIT\n"
    )
    found = ruleset(
        [(4, "", read(text)), (6, "", read(text.replace("203.0.113.0/24", "2001:db8::/32")))], ((21, 21),), whole=True
    )
    seen = {(each.family, each.first): (each.accepted, each.unknown) for each in exposure(found, [(20, 22)])}
    assert seen[4, 20] == ([], [])
    assert seen[4, 21] == (["0.0.0.0/0"], [])
    assert seen[4, 22] == (["203.0.113.0/24"], [])
    assert seen[6, 22] == (["2001:db8::/32"], [])
