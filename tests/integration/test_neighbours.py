# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether rules drop neighbour discovery is told as two kernels have it that look for one another over IPv6."""

from __future__ import annotations

import contextlib
import os
import socket
import time
import typing as t

import hypothesis
import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import neighbours
from ansible_collections.proftpd.fxp.tests.integration.network import run, within
from ansible_collections.proftpd.fxp.tests.integration.test_any_rules import rulesets

SERVER, OTHER = "2001:db8:52::11", "2001:db8:52::12"
EXAMPLES = 100 if os.environ.get("FXP_LONG") else 15
SECONDS = 3  # for an answer that is told to come; one that is told not to is waited for until the kernel gives up
DISCOVERY = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept"
TRACKED = "ct state established,related accept"


class Link:
    """Two hosts that have one address each and nothing between them."""

    def __init__(self) -> None:
        self.names = {SERVER: f"fxpnd{os.getpid()}s", OTHER: f"fxpnd{os.getpid()}o"}
        for name in self.names.values():
            run("ip", "netns", "add", name)
        server, other = self.names.values()
        run("ip", "-n", server, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", other)
        for address, name in self.names.items():
            run("ip", "-n", name, "address", "add", f"{address}/64", "dev", "eth0", "nodad")
            run("ip", "-n", name, "link", "set", "eth0", "up")
            settings = ("neigh.eth0.mcast_solicit=2", "neigh.eth0.retrans_time_ms=200", "neigh.eth0.ucast_solicit=1")
            run("ip", "netns", "exec", name, "sysctl", "-qw", *(f"net.ipv6.{each}" for each in settings))
        self.nft = nftables.Nft(["ip", "netns", "exec", server])

    def remove(self) -> None:
        for name in self.names.values():
            with contextlib.suppress(RuntimeError):
                run("ip", "netns", "delete", name)

    def finds(self, own: str, wanted: str) -> bool:
        """Whether the host with one address finds the one with the other."""
        name = self.names[own]
        run("ip", "-n", name, "-6", "neigh", "flush", "dev", "eth0")
        with within(name, lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)) as sock:
            sock.sendto(b"", (wanted, 9))
            deadline = time.monotonic() + SECONDS
            while time.monotonic() < deadline:
                state = run("ip", "-n", name, "-6", "neigh", "show", wanted, "dev", "eth0")
                if "lladdr" in state or "FAILED" in state:
                    return "lladdr" in state
                time.sleep(0.02)
        return False

    def both_find(self) -> bool:
        return self.finds(OTHER, SERVER) and self.finds(SERVER, OTHER)


@pytest.fixture(scope="module")
def link() -> t.Iterator[Link]:
    made = Link()
    try:
        # A new link carries nothing at first.
        assert any(made.both_find() for _time in range(10))
        yield made
    finally:
        made.remove()


def told(link: Link) -> str | None:
    chain = neighbours.dropped(link.nft.ruleset(), ["eth0"])
    return None if chain is None else " ".join(chain)


@pytest.mark.parametrize(
    ("policy", "rules", "found"),
    [
        ("accept", [], True),
        ("drop", [], False),
        ("drop", [TRACKED, "tcp dport { 21, 22 } accept"], False),
        ("drop", [TRACKED, "ip protocol icmp accept", "icmp type echo-request accept"], False),
        ("drop", [TRACKED, DISCOVERY], True),
        ("drop", ["icmpv6 type echo-request accept"], False),
        ("drop", ["meta l4proto ipv6-icmp accept"], True),
        ("drop", ["meta l4proto { icmp, ipv6-icmp } accept"], True),
        ("drop", ["ip6 nexthdr icmpv6 accept"], True),
        ("drop", ["icmpv6 type { 133-136 } accept"], True),
        ("drop", ["icmpv6 type nd-neighbor-solicit accept"], False),
        ("drop", ["ct state untracked accept"], True),
        ("drop", ['iifname "eth0" accept'], True),
        ("drop", ['iifname "lo" accept', "meta nfproto ipv4 accept"], False),
        ("accept", ["meta nfproto ipv6 drop"], False),
        ("accept", ["icmpv6 type nd-neighbor-solicit drop"], False),
        ("accept", ["icmpv6 type != { nd-neighbor-solicit, nd-neighbor-advert } drop"], True),
        ("accept", ["tcp dport 21 drop", "udp dport 9 drop", "ct state invalid drop"], True),
    ],
)
def test_rules_as_operators_write_them(link: Link, policy: str, rules: t.Sequence[str], found: bool) -> None:
    lines = "\n".join(rules)
    table = f"table inet op {{\nchain in {{\ntype filter hook input priority filter; policy {policy};\n{lines}\n}}\n}}\n"
    link.nft.run("flush ruleset\n" + table)
    assert (told(link) is None) is found
    assert link.both_find() is found


def test_whatever_they_write_nothing_is_said_to_be_dropped_that_gets_in(link: Link) -> None:
    said = 0

    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(rulesets())
    def examine(rules: str) -> None:
        nonlocal said
        link.nft.run("flush ruleset\n" + rules)
        if told(link) is not None:
            said += 1
            assert not link.both_find(), rules

    examine()
    assert said


def test_what_is_told_of_a_server_with_an_ipv6_address(link: Link) -> None:
    link.nft.run("flush ruleset\ntable inet op {\nchain in {\ntype filter hook input priority filter; policy drop;\n}\n}\n")
    assert neighbours.sentences(link.nft.ruleset(), ["198.51.100.11", SERVER], ["eth0"]) == [
        "The chain inet op in drops neighbour discovery, without which hosts on its link lose the way to 2001:db8:52::11; "
        "accept it there: icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept."
    ]
    assert neighbours.sentences(link.nft.ruleset(), ["198.51.100.11"], ["eth0"]) == []
