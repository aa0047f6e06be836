# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who else uses bits of the mark."""

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables import marks
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.saved import read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import DEFAULT, Mark, read_mark
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.program import Nft


@pytest.mark.parametrize(
    ("text", "mark"),
    [("0x46000000/0xff000000", DEFAULT), ("256/0x100", Mark(256, 256)), (" 0x1/0xffffffff", Mark(1, 0xFFFFFFFF))],
)
def test_marks_are_read(text: str, mark: Mark) -> None:
    assert read_mark(text) == mark
    assert read_mark(str(mark)) == mark


@pytest.mark.parametrize("text", ["", "0x1", "0/0xff", "0x100/0xff", "0x1ffffffff/0x1ffffffff", "1/2/3", "-1/1", "a/b"])
def test_what_is_no_mark_is_refused(text: str) -> None:
    with pytest.raises(FirewallError, match="fxp_firewall_mark"):
        read_mark(text)


WHOLE = "--nfmask 0xffffffff --ctmask 0xffffffff"
FREE = {
    "kubernetes": ("nat", "-A POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN"),
    "kubernetes sets": ("nat", "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000"),
    "tailscale": ("filter", "-A INPUT -m mark --mark 0x40000/0xff0000 -j ACCEPT"),
    "wireguard": (
        "mangle",
        "-A POSTROUTING -p udp -m mark --mark 0xca6c -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
    ),
    "a whole mark in front of ours": ("mangle", "-A PREROUTING -m mark --mark 0x1 -j ACCEPT"),
    "a whole mark set": ("mangle", "-A PREROUTING -i eth1 -j MARK --set-xmark 0x1/0xffffffff"),
    "restored": ("mangle", f"-A PREROUTING -j CONNMARK --restore-mark {WHOLE}"),
    "ours": ("filter", "-A INPUT -p tcp -m mark --mark 0x46000000/0xff000000 -m comment --comment proftpd.fxp -j ACCEPT"),
    "a mark of connections": ("filter", "-A INPUT -m connmark --mark 0x1 -j ACCEPT"),
}
USED = {
    "our bits asked for": ("mangle", "-A PREROUTING -m mark --mark 0x2000000/0x2000000 -j ACCEPT"),
    "our bits set": ("mangle", "-A PREROUTING -j MARK --set-xmark 0x1000000/0x1000000"),
    "a whole mark behind ours": ("filter", "-A INPUT -m mark --mark 0x1 -j DROP"),
    "a whole mark in a chain": ("filter", "-A mine -p tcp -m mark --mark 0x1 -j DROP"),
    "a whole mark not": ("filter", "-A OUTPUT -m mark ! --mark 0x1 -j DROP"),
    "saved for good": ("mangle", f"-A POSTROUTING -j CONNMARK --save-mark {WHOLE}"),
}


def in_table(table: str, rule: str) -> str:
    return f"*{table}\n:PREROUTING ACCEPT\n{rule}\nCOMMIT\n"


@pytest.mark.parametrize(("table", "rule"), FREE.values(), ids=FREE.keys())
def test_others_marks_are_left_alone(table: str, rule: str) -> None:
    assert marks.in_saved(read(in_table(table, rule)), DEFAULT) == ""


@pytest.mark.parametrize(("table", "rule"), USED.values(), ids=USED.keys())
def test_bits_that_others_use(table: str, rule: str) -> None:
    assert marks.in_saved(read(in_table(table, rule)), DEFAULT) == rule


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ("0:\tfrom all lookup local\n32766:\tfrom all lookup main\n", ""),
        ("100:\tfrom all fwmark 0x1 lookup 10\n", ""),
        ("100:\tnot from all fwmark 0xca6c lookup 51820\n", ""),
        ("100:\tfrom all fwmark 0x80000/0xff0000 lookup 52\n", ""),
        ("100:\tfrom all fwmark 0x6000000/0xf000000 lookup 10\n", "100: from all fwmark 0x6000000/0xf000000 lookup 10"),
    ],
)
def test_routing(rules: str, found: str) -> None:
    assert marks.in_routing(rules, DEFAULT) == found


@pytest.mark.parametrize(
    ("rule", "used"),
    [
        ("input|0|meta mark 0x1 accept", True),
        ("input|-10|meta mark 0x1 accept", False),
        ("input|-10|meta mark 0x46000000 accept", True),
        ("input|0|meta mark & 0xff == 0x1 accept", False),
        ("input|0|meta mark & 0x0f000000 == 0 accept", True),
        ("forward|0|meta mark 0x1 accept", False),
        ("prerouting|-150|meta mark set 0x1", False),
        ("prerouting|-150|meta mark set 0x1000000", True),
        ("prerouting|-150|meta mark set meta mark & 0xffff0000 | 0x10", False),
        ("prerouting|-150|meta mark set ct mark", False),
        ("prerouting|-150|ct mark set meta mark", False),
        ("postrouting|-150|ct mark set meta mark", True),
        ("output|10|meta mark vmap { 0x1 : drop }", True),
        ("output|0|tcp dport 22 accept", False),
    ],
)
def test_rules_of_nft(nft: Nft, rule: str, used: bool) -> None:
    hook, priority, statement = rule.split("|", 2)
    nft.run(f"table inet mine {{\nchain c {{\ntype filter hook {hook} priority {priority};\n{statement}\n}}\n}}\n")
    found = marks.in_ruleset(nft.ruleset(), DEFAULT)
    assert (found is not None) is used
