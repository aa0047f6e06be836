# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The guard marks, one line of iptables accepts the mark: real packets, real rules of operators, both variants and both families.

Whom the operator denies stays out, whom the plan allows gets in, and without the guard nobody does.
"""

from __future__ import annotations

import contextlib
import re
import socket
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.kernel import Kernel
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.places import find
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.program import Table, Xtables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import DEFAULT
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import read_wish
from ansible_collections.proftpd.fxp.tests.integration.network import run, within
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
)

NAMES = {4: "iptables", 6: "ip6tables"}
# The same people, by both families.
SIX = {name: f"2001:db8:51::{name.rsplit('.', 1)[1]}" for name in (SERVER, CLIENT, PEER, BLOCKED, STRANGER)}


class Wire(Lab):
    """The lab of one wire with IPv6 beside IPv4, and with rules of iptables on the server."""

    def __init__(self) -> None:
        super().__init__()
        for name, addresses in ((self.server, (SERVER,)), (self.outside, (CLIENT, PEER, BLOCKED, STRANGER))):
            for address in addresses:
                run("ip", "-n", name, "address", "add", f"{SIX[address]}/64", "dev", "eth0", "nodad")
        self.prefix = ["ip", "netns", "exec", self.server]
        self.xtables = Xtables(self.prefix)
        self.kernel = Kernel(self.xtables, self.nft.ruleset)
        for port in (CONTROL, PASSIVE, OTHER):
            self.sockets.append(within(self.server, lambda: listener(SIX[SERVER], port)))  # noqa: B023
        self.sockets.append(within(self.outside, lambda: listener(SIX[PEER], PASSIVE)))
        for each in self.sockets:
            each.settimeout(1)

    def bare(self) -> None:
        """No rules at all."""
        self.nft.run("flush ruleset\n")
        for family in NAMES:
            empty = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n"
            run(*self.prefix, f"{NAMES[family]}-legacy-restore", text=empty)

    def rules(self, variant: str, family: int, rules: str) -> None:
        run(*self.prefix, f"{NAMES[family]}-{variant}-restore", text=rules)

    def guard(self) -> str:
        """The guard of a plan, in force; its text."""
        peer = {"name": "peer", "first": 50000, "last": 50099}
        wish = read_wish(
            {
                "control_port": CONTROL,
                "passive_ports": {"first": 50000, "last": 50099},
                "addresses": [SERVER, SIX[SERVER]],
                "clients4": [CLIENT, BLOCKED],
                "clients6": [SIX[CLIENT], SIX[BLOCKED]],
                "peers4": [{**peer, "addresses": [PEER]}],
                "peers6": [{**peer, "addresses": [SIX[PEER]]}],
                "outgoing4": [{**peer, "addresses": [PEER]}],
                "outgoing6": [{**peer, "addresses": [SIX[PEER]]}],
            }
        )
        text = text_of(wish._replace(here=(SERVER, SIX[SERVER]), interfaces=("eth0",)), DEFAULT)
        self.nft.run(text)
        return text

    def talk(self, source: str, port: int) -> bool:
        """Whether a connection comes about and carries something both ways."""
        return self._talk(self.outside, source, SERVER if "." in source else SIX[SERVER], port, self.sockets)

    def talk_out(self, family: int) -> bool:
        source, address = (SERVER, PEER) if family == 4 else (SIX[SERVER], SIX[PEER])
        return self._talk(self.server, source, address, PASSIVE, self.sockets)

    @staticmethod
    def _talk(name: str, source: str, address: str, port: int, listening: list[socket.socket]) -> bool:
        kind = socket.AF_INET if "." in address else socket.AF_INET6
        with within(name, lambda: socket.socket(kind, socket.SOCK_STREAM)) as dialled, contextlib.suppress(OSError):
            dialled.settimeout(0.4)
            dialled.bind((source, 0))
            dialled.connect((address, port))
            server = next(each for each in listening if each.getsockname()[:2] == (address, port))
            with server.accept()[0] as taken:
                taken.settimeout(0.4)
                dialled.sendall(b"ping")
                if taken.recv(4) == b"ping":
                    taken.sendall(b"pong")
                    return dialled.recv(4) == b"pong"
        return False

    def saved(self, variant: str, family: int) -> str:
        """All rules of one variant without counters and times."""
        said = run(*self.prefix, f"{NAMES[family]}-{variant}-save")
        return re.sub(r"\[\d+:\d+\]|^#.*\n", "", said, flags=re.MULTILINE)


def listener(address: str, port: int) -> socket.socket:
    return socket.create_server((address, port), family=socket.AF_INET if "." in address else socket.AF_INET6)


@pytest.fixture(scope="module")
def whole() -> t.Iterator[Wire]:
    made = Wire()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def wire(whole: Wire) -> Wire:
    whole.bare()
    return whole


def rules(text: str, policy: str = "DROP", output: str = "ACCEPT", chains: str = "") -> str:
    return f"*filter\n:INPUT {policy}\n:FORWARD DROP\n:OUTPUT {output}\n{chains}{text}COMMIT\n"


LO = "-A INPUT -i lo -j ACCEPT\n"
KNOWN = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
BLOCK = "-A INPUT -s {blocked} -j DROP\n"
ICMP = "-A INPUT -p {icmp} -j ACCEPT\n"
LOG = '-A INPUT -m limit --limit 3/min -j LOG --log-prefix "drop it "\n'
START = LO + KNOWN + ICMP
OUT = "*filter\n-A OUTPUT -p {icmp} -j ACCEPT\n"
OPENED = {
    "policy": rules(f"{START}{BLOCK}-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n{LOG}"),
    "reject at the end": rules(f"{START}{BLOCK}{LOG}-A INPUT -j REJECT\n", "ACCEPT"),
    "the interface": rules(f"{START}{BLOCK}-A INPUT -i eth0 -j DROP\n", "ACCEPT"),
    "a chain of all": rules(
        f"{START}-A INPUT -j wan\n-A wan -s {{blocked}} -j DROP\n-A wan -j DROP\n", "ACCEPT", chains=":wan -\n"
    ),
    "one chain to log and drop in": rules(
        f"{START}-A INPUT -s {{blocked}} -j LD\n-A INPUT -j LD\n-A LD -j LOG\n-A LD -j DROP\n", "ACCEPT", chains=":LD -\n"
    ),
    "no state at all": rules(LO + BLOCK + ICMP),
    "only new ones are dropped": rules(f"{LO}{ICMP}{BLOCK}-A INPUT -m conntrack --ctstate NEW -j DROP\n", "ACCEPT"),
    "odd flags": rules(
        f"{START}-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN -j DROP\n{BLOCK}-A INPUT -p tcp -j DROP\n", "ACCEPT"
    ),
    "invalid ones": rules(f"{START}-A INPUT -m conntrack --ctstate INVALID -j DROP\n{BLOCK}"),
    "both directions": rules(START + BLOCK, "DROP", "DROP")
    + f"{OUT}-A OUTPUT -o lo -j ACCEPT\n-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n",
    "both directions, no state": rules(LO + BLOCK + ICMP, "DROP", "DROP") + OUT + "COMMIT\n",
    "a block list of a program": rules(
        f"{START}-A INPUT -p tcp -m multiport --dports 21,{CONTROL},50000:50099 -j f2b-proftpd\n"
        "-A f2b-proftpd -s {blocked} -j DROP\n-A f2b-proftpd -j RETURN\n",
        chains=":f2b-proftpd -\n",
    ),
}
# Both variants and families are asked of these; of the others each is asked of one.
WIDE = ("policy", "both directions, no state")
CASES = [
    (name, variant, family)
    for at, name in enumerate(OPENED)
    for variant in ("nft", "legacy")
    for family in (4, 6)
    if name in WIDE or (variant == "legacy") + (family == 6) * 2 == at % 4
]


def filled(text: str, family: int) -> str:
    words = {"blocked": BLOCKED if family == 4 else SIX[BLOCKED], "icmp": "icmp" if family == 4 else "ipv6-icmp"}
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    return text


@pytest.mark.parametrize(("name", "variant", "family"), CASES)
def test_plan_gets_in_and_whom_the_operator_denies_does_not(wire: Wire, name: str, variant: str, family: int) -> None:
    load(wire, variant, family, OPENED[name])
    before = wire.saved(variant, family)
    defines = nftables.read_defines(wire.guard())
    texts = wire.kernel.texts()
    assert Table(family, variant) in texts
    assert find(list(texts.values()), defines).shut == ()
    client, peer, blocked, stranger = (name if family == 4 else SIX[name] for name in (CLIENT, PEER, BLOCKED, STRANGER))
    assert not wire.talk(client, CONTROL)
    wire.kernel.check(defines, DEFAULT)
    wire.kernel.settle(defines, DEFAULT)
    assert all(lines.are_in_place() for lines in wire.kernel.lines(wire.kernel.texts(), defines, DEFAULT).values())
    assert wire.talk(client, CONTROL)
    assert wire.talk(client, PASSIVE)
    assert wire.talk(peer, PASSIVE)
    denied = [(blocked, CONTROL), (blocked, PASSIVE), (stranger, CONTROL), (stranger, PASSIVE), (peer, CONTROL), (client, OTHER)]
    assert [dial for dial in denied if wire.talk(*dial)] == []
    assert wire.talk_out(family)
    # Without the guard the line opens nothing.
    wire.nft.run("delete table inet proftpd_fxp\n")
    assert not wire.talk(client, CONTROL)
    wire.kernel.settle(None, DEFAULT)
    assert wire.saved(variant, family) == before


def load(wire: Wire, variant: str, family: int, text: str) -> None:
    """Rules of both directions are two texts, of which the second one adds to the first."""
    first, *more = filled(text, family).split("*filter\n")[1:]
    wire.rules(variant, family, f"*filter\n{first}")
    for each in more:
        run(*wire.prefix, f"{NAMES[family]}-{variant}-restore", "--noflush", text=f"*filter\n{each}")


def test_without_a_line_at_output_nothing_goes_out(wire: Wire) -> None:
    """That the line at OUTPUT is what opens it."""
    load(wire, "nft", 4, OPENED["both directions"])
    defines = nftables.read_defines(wire.guard())
    assert not wire.talk_out(4)
    wire.kernel.settle(defines, DEFAULT)
    assert wire.talk_out(4)


def test_both_variants_at_once(wire: Wire) -> None:
    for variant in ("nft", "legacy"):
        load(wire, variant, 4, OPENED["both directions, no state"])
    before = [wire.saved(variant, 4) for variant in ("nft", "legacy")]
    defines = nftables.read_defines(wire.guard())
    wire.kernel.settle(defines, DEFAULT)
    assert wire.talk(CLIENT, CONTROL)
    assert wire.talk_out(4)
    assert not wire.talk(STRANGER, CONTROL)
    wire.kernel.settle(None, DEFAULT)
    assert [wire.saved(variant, 4) for variant in ("nft", "legacy")] == before


def test_a_mark_that_came_with_a_packet_opens_nothing(wire: Wire) -> None:
    """The guard takes its mark from what it has not let through, whoever has set it."""
    load(wire, "nft", 4, OPENED["policy"])
    wire.kernel.settle(nftables.read_defines(wire.guard()), DEFAULT)
    run(*wire.prefix, "iptables-nft", "-t", "mangle", "-A", "PREROUTING", "-j", "MARK", "--set-mark", str(DEFAULT.value))
    assert wire.talk(CLIENT, CONTROL)
    assert not wire.talk(CLIENT, OTHER)
    assert not wire.talk(STRANGER, CONTROL)
