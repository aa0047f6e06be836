# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the gateway itself tells, and what it refuses."""

from __future__ import annotations

import ipaddress
import json
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway import found
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.leads import planned
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.wish import Wish, read_wish
from ansible_collections.proftpd.fxp.plugins.module_utils._host.sockets import Listener, Process

OUTER = "198.51.100.10"
LINKS = [
    {"ifname": "lo", "flags": ["LOOPBACK"], "addr_info": [{"family": "inet", "local": "127.0.0.1"}]},
    {
        "ifname": "wan",
        "flags": [],
        "addr_info": [{"family": "inet", "local": OUTER}, {"family": "inet6", "local": "2001:db8::10"}],
    },
    {"ifname": "lan", "flags": [], "addr_info": [{"family": "inet", "local": "10.0.0.1"}]},
]
ROUTES = {"10.0.0.11": {"dev": "lan"}, "2001:db8:1::11": {"dev": "lan6"}, "10.0.0.1": {"type": "local", "dev": "lo"}}


class Commands:
    """A host with two sides."""

    def output(self, *command: str) -> str:
        words = command[2:]
        if words[0] == "address":
            return json.dumps(LINKS)
        assert words[1:3] == ("route", "get")
        assert words[0] == ("-6" if ":" in words[3] else "-4")
        return json.dumps([ROUTES[words[3]]]) if words[3] in ROUTES else ""


def wish(inner: str = "10.0.0.11", **more: t.Any) -> Wish:
    server = {
        "name": "ftp1",
        "inner_address": inner,
        "address6": "2001:db8:1::11",
        "public_control_port": 2121,
        "control_port": 21,
        "passive_ports": {"first": 61000, "last": 61049},
    }
    return read_wish({"outer_address": OUTER, "servers": [server], **more})


def test_the_interfaces() -> None:
    assert found.sides(wish(), t.cast(t.Any, Commands())) == (("wan",), ("lan", "lan6"))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            wish(outer_address="198.51.100.99"),
            "fxp_outer_address: 198.51.100.99 is no address of this host, which has 10.0.0.1, 198.51.100.10. Where something in "
            "front translates that address, say fxp_arrival_address.",
        ),
        (
            wish(arrival_address="172.31.0.2"),
            "fxp_arrival_address: 172.31.0.2 is no address of this host, which has 10.0.0.1, 198.51.100.10.",
        ),
        (
            wish("10.0.0.99"),
            "fxp_inner_address of ftp1: this host has no route to 10.0.0.99; add one, or correct the address.",
        ),
        (
            wish("10.0.0.1"),
            "fxp_inner_address of ftp1: 10.0.0.1 is this host's own address; a server behind a gateway is another machine.",
        ),
    ],
)
def test_what_cannot_be(asked: Wish, told: str) -> None:
    with pytest.raises(FirewallError) as caught:
        found.sides(asked, t.cast(t.Any, Commands()))
    assert str(caught.value) == told


def listener(address: str, port: int) -> Listener:
    return Listener(ipaddress.ip_address(address), port, (Process(417, "vsftpd"),))


def test_ports_in_use() -> None:
    leads = planned(wish())
    found.refuse_taken(leads, "192.0.2.1 40000 198.51.100.10 22", [listener("127.0.0.1", 2121), listener("::", 8080)], [22])
    with pytest.raises(
        FirewallError, match=r"^The public control port of ftp1 is 2121, but vsftpd \(process 417\) listens on port 2121"
    ):
        found.refuse_taken(leads, "", [listener("0.0.0.0", 2121)], [])
    with pytest.raises(FirewallError, match=r"^fxp_passive_ports of ftp1 is 61000-61049, but ssh, .* listens on port 61022 here"):
        found.refuse_taken(leads, "", [], [61022])
    with pytest.raises(FirewallError, match="listens on port 2121 here"):
        found.refuse_taken(leads, "192.0.2.1 40000 198.51.100.10 2121", [], [])
