# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where lines of ours stand in rules of iptables, and that nothing else of those changes."""

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.lines import Lines, without
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.places import Found, Text, find
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.saved import read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import DEFAULT
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import Defines

DEFINES = Defines(
    21,
    (50000, 50099),
    frozenset(("incoming", "outgoing4")),
    ((50000, 50099),),
    ("198.51.100.11",),
    ("198.51.100.11",),
    ("eth0",),
)
OURS = "-p tcp -m mark --mark 0x46000000/0xff000000 -m comment --comment proftpd.fxp -j ACCEPT"
WAN = ":wan - [0:0]\n"
BLOCK = "-A INPUT -s 203.0.113.66/32 -j DROP\n"


def text(rules: str, policy: str = "DROP", output: str = "ACCEPT", chains: str = "") -> str:
    return f"# mine\n*filter\n:INPUT {policy} [0:0]\n:OUTPUT {output} [0:0]\n{chains}{rules}# the end\nCOMMIT\n"


def looked(rules: str, defines: Defines = DEFINES) -> tuple[Found, Lines]:
    one = Text(4, "", read(rules))
    found = find([one], defines)
    return found, Lines(one.saved, found.places[one.key], DEFAULT)


PLACES = {
    "policy": (text(BLOCK), text(f"{BLOCK}-A INPUT {OURS}\n")),
    "no rule": (text(""), text("").replace("# the end\n", f"# the end\n-A INPUT {OURS}\n")),
    "the last rule": (
        text(f"{BLOCK}-A INPUT -j REJECT\n", "ACCEPT"),
        text(f"{BLOCK}-A INPUT {OURS}\n-A INPUT -j REJECT\n", "ACCEPT"),
    ),
    "output": (
        text("-A OUTPUT -d 203.0.113.66/32 -j DROP\n", "ACCEPT", "DROP"),
        text(f"-A OUTPUT -d 203.0.113.66/32 -j DROP\n-A OUTPUT {OURS}\n", "ACCEPT", "DROP"),
    ),
    "a chain of all": (
        text("-A INPUT -j wan\n-A wan -s 203.0.113.66/32 -j DROP\n-A wan -j DROP\n", "ACCEPT", chains=":wan - [0:0]\n"),
        text(
            f"-A INPUT -j wan\n-A wan -s 203.0.113.66/32 -j DROP\n-A wan {OURS}\n-A wan -j DROP\n",
            "ACCEPT",
            chains=":wan - [0:0]\n",
        ),
    ),
    "a chain that is shared": (
        text("-A INPUT -s 203.0.113.66/32 -j LD\n-A INPUT -j LD\n-A LD -j DROP\n", "ACCEPT", chains=":LD - [0:0]\n"),
        text(
            f"-A INPUT -s 203.0.113.66/32 -j LD\n-A INPUT {OURS}\n-A INPUT -j LD\n-A LD -j DROP\n",
            "ACCEPT",
            chains=":LD - [0:0]\n",
        ),
    ),
    "nothing to open": (text(BLOCK, "ACCEPT"), text(BLOCK, "ACCEPT")),
    "denies in another table": (
        "*mangle\n:INPUT ACCEPT\n-A INPUT -s 203.0.113.66/32 -j DROP\nCOMMIT\n" + text(""),
        "*mangle\n:INPUT ACCEPT\n-A INPUT -s 203.0.113.66/32 -j DROP\nCOMMIT\n"
        + text("").replace("# the end\n", f"# the end\n-A INPUT {OURS}\n"),
    ),
}


@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=PLACES.keys())
def test_places(before: str, after: str) -> None:
    found, lines = looked(before)
    assert found.shut == ()
    assert lines.text() == after
    again = looked(after)[1]
    assert again.are_in_place()
    assert (again.batch(), again.text()) == ("", after)
    assert without(read(after)) == before


SHUT = {
    "a port": "-A INPUT -p tcp -m tcp --dport 21 -j DROP\n",
    "ports": "-A INPUT -p tcp -m multiport --dports 1:65535 -j REJECT\n",
    "the server's address": "-A INPUT -d 198.51.100.11/32 -j DROP\n",
    "what is denied behind": f"-A INPUT -p tcp -j DROP\n{BLOCK}",
}


@pytest.mark.parametrize("rules", SHUT.values(), ids=SHUT.keys())
def test_decisions_of_the_operator_are_not_passed_by(rules: str) -> None:
    (sentence,) = looked(text(rules, "ACCEPT"))[0].shut
    assert f'The rule "{rules.splitlines()[0]}" of chain ip filter INPUT drops connections that the plan allows' in sentence


def test_drops_in_other_tables_are_told() -> None:
    (sentence,) = looked("*raw\n:PREROUTING DROP\nCOMMIT\n" + text(""))[0].shut
    assert "chain ip raw PREROUTING" in sentence
    assert "on a hook where proftpd.fxp writes nothing" in sentence


def test_what_is_not_understood_is_warned_of_and_stays_in_front() -> None:
    found, lines = looked(text("-A INPUT -m weird --thing -j DROP\n"))
    assert "-A INPUT -m weird --thing -j DROP" in found.warnings[0]
    assert lines.text().index("weird") < lines.text().index("proftpd.fxp")


def test_a_file_that_inserts_is_refused_with_its_line() -> None:
    one = Text(4, "/etc/iptables/rules.v4", read("*filter\n-F\n:INPUT DROP\n-I INPUT -i lo -j ACCEPT\nCOMMIT\n"))
    (sentence,) = find([one], DEFINES).shut
    assert sentence.startswith('/etc/iptables/rules.v4 has the line "-I INPUT -i lo -j ACCEPT"')


def test_interfaces_where_ours_would_open_more() -> None:
    defines = DEFINES._replace(interfaces=("eth0", "eth1"))
    rules = "-A INPUT -i eth0 -j DROP\n-A INPUT -i eth1 -j DROP\n" + BLOCK
    found, lines = looked(text(rules, "ACCEPT"), defines)
    assert found.shut or "-i eth0" in lines.text()


def test_the_kernel_is_told_by_numbers_what_moves() -> None:
    now = text(f"-A INPUT {OURS}\n{BLOCK}-A INPUT -j DROP\n", "ACCEPT")
    lines = looked(now)[1]
    assert not lines.are_in_place()
    assert lines.batch() == f"*filter\n-D INPUT {OURS}\n-I INPUT 2 {OURS}\nCOMMIT\n"
    assert lines.text() == text(f"{BLOCK}-A INPUT {OURS}\n-A INPUT -j DROP\n", "ACCEPT")


def test_everything_with_our_comment_goes() -> None:
    now = text(f"-A INPUT {OURS}\n{BLOCK}-A OUTPUT {OURS}\n")
    lines = Lines(read(now), (), DEFAULT)
    assert lines.batch() == f"*filter\n-D INPUT {OURS}\n-D OUTPUT {OURS}\nCOMMIT\n"
    assert without(read(now)) == lines.text() == text(BLOCK)
