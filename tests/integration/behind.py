# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gateway with two servers behind it and one wire to the world: what it forwards, seen in packets."""

from __future__ import annotations

import contextlib
import os
import socket
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.backend import Gateway
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.judgement import MARKS
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.leads import planned
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.wish import read_wish
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.tests.integration.network import add_namespace, run, within

OUTER, OTHER_OUTER = "198.51.100.10", "198.51.100.110"
CLIENT, PEER, STRANGER, BLOCKED = "198.51.100.5", "198.51.100.21", "198.51.100.77", "198.51.100.66"
S1, S2 = "10.86.1.11", "10.86.1.12"
INSIDE, LAN = "10.86.1.50", "10.86.1.0/24"
CLIENT6, PEER6, STRANGER6 = "2001:db8:86::5", "2001:db8:86::21", "2001:db8:86::77"
S1_6 = "2001:db8:87::11"
WORLD = (CLIENT, PEER, STRANGER, BLOCKED)
WORLD6 = (CLIENT6, PEER6, STRANGER6)
PUBLIC = {S1: 2121, S2: 2122}
PASSIVE = {S1: (61000, 61049), S2: (61050, 61099)}
PEERS_PORTS = (62000, 62049)
SECONDS = 0.4  # for a connection between namespaces of one machine


def server(name: str, inner: str, other: str, **more: t.Any) -> dict[str, t.Any]:
    """A server behind the gateway; ``other`` is the one beside it."""
    first, last = PASSIVE[inner]
    return {
        "name": name,
        "inner_address": inner,
        "public_control_port": PUBLIC[inner],
        "control_port": 21,
        "passive_ports": {"first": first, "last": last},
        "clients4": [f"{CLIENT}/32", f"{BLOCKED}/32"],
        "peers4": [{"name": "p1", "addresses": [PEER]}, {"name": "beside", "addresses": [other]}],
        "outgoing4": [{"name": "p1", "addresses": [PEER], "first": PEERS_PORTS[0], "last": PEERS_PORTS[1]}],
        **more,
    }


SIX = {
    "address6": S1_6,
    "clients6": [f"{CLIENT6}/128"],
    "peers6": [{"name": "p1", "addresses": [PEER6]}],
    "outgoing6": [{"name": "p1", "addresses": [PEER6], "first": PEERS_PORTS[0], "last": PEERS_PORTS[1]}],
}
WISH = {"outer_address": OUTER, "servers": [server("s1", S1, S2, **SIX), server("s2", S2, S1)]}


class Behind:
    """The namespaces ``world``, ``gateway``, ``s1``, ``s2`` and ``desk``. The world reaches servers by the gateway alone."""

    def __init__(self) -> None:
        self.names = {name: f"fxpb{os.getpid()}{name}" for name in ("world", "gateway", "switch", "s1", "s2", "desk")}
        self.holders = {S1: "s1", S2: "s2", S1_6: "s1", INSIDE: "desk", **dict.fromkeys((*WORLD, *WORLD6), "world")}
        with contextlib.ExitStack() as undo:
            undo.callback(self.remove)
            for name in self.names.values():
                add_namespace(name)
            gateway = self.names["gateway"]
            # Apart from the gateway, whose rules could otherwise see what goes from one host inside to another.
            run("ip", "-n", self.names["switch"], "link", "add", "bridge", "type", "bridge")
            run("ip", "-n", self.names["switch"], "link", "set", "bridge", "up")
            self._join("gateway", "gateway", "bridge", own="lan")
            self._join("world", "wan", None, *(f"{each}/24" for each in WORLD), *(f"{each}/64" for each in WORLD6))
            self._join("s1", "s1", "bridge", f"{S1}/24", f"{S1_6}/64")
            self._join("s2", "s2", "bridge", f"{S2}/24")
            self._join("desk", "desk", "bridge", f"{INSIDE}/24")
            for device, address in (("wan", f"{OTHER_OUTER}/24"), ("wan", f"{OUTER}/24"), ("lan", "10.86.1.1/24")):
                run("ip", "-n", gateway, "address", "add", address, "dev", device)
            for device, address in (("wan", "2001:db8:86::10/64"), ("lan", "2001:db8:87::1/64")):
                run("ip", "-n", gateway, "address", "add", address, "dev", device, "nodad")
            run("ip", "-n", self.names["world"], "-6", "route", "add", "2001:db8:87::/64", "via", "2001:db8:86::10")
            for name in ("s1", "s2", "desk"):
                run("ip", "-n", self.names[name], "route", "add", "default", "via", "10.86.1.1")
            run("ip", "-n", self.names["s1"], "-6", "route", "add", "default", "via", "2001:db8:87::1")
            switches = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
            run("ip", "netns", "exec", gateway, "sysctl", "-qw", *switches)
            self.gateway = Gateway(nft=Nft(["ip", "netns", "exec", gateway], MARKS))
            undo.pop_all()

    def _join(self, name: str, device: str, bridge: str | None, *addresses: str, own: str = "eth0") -> None:
        here, there = self.names[name], self.names["switch" if bridge else "gateway"]
        run("ip", "-n", here, "link", "add", own, "type", "veth", "peer", "name", device, "netns", there)
        for address in addresses:
            run("ip", "-n", here, "address", "add", address, "dev", own, *(["nodad"] if ":" in address else []))
        run("ip", "-n", here, "link", "set", own, "up")
        run("ip", "-n", there, "link", "set", device, *(("master", bridge) if bridge else ()), "up")

    def text(self, wish: t.Mapping[str, t.Any] | None = None, **more: t.Any) -> str:
        """The rules for a wish, as the module makes them on this gateway."""
        return text_of(planned(read_wish(wish or WISH))._replace(outside=("wan",), inside=("lan",), **more))

    def seen(self, source: str, dialled: str, port: int, at: str, lands: int) -> str | None:
        """The address at which ``at`` sees a connection of ``source`` to ``dialled``; None if there is none."""
        with self.connected(source, dialled, port, at, lands) as met:
            return str(met[1].getpeername()[0]) if met else None

    @contextlib.contextmanager
    def connected(
        self, source: str, dialled: str, port: int, at: str, lands: int
    ) -> t.Iterator[tuple[socket.socket, socket.socket] | None]:
        """Both ends of a connection of ``source`` to ``dialled`` that arrives at ``at``; None if there is none."""
        family = socket.AF_INET6 if ":" in at else socket.AF_INET
        with contextlib.ExitStack() as closing:
            heard = closing.enter_context(within(self.names[self.holders[at]], lambda: socket.socket(family)))
            heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            heard.bind((at, lands))
            heard.listen()
            heard.settimeout(SECONDS)
            calling = closing.enter_context(within(self.names[self.holders[source]], lambda: socket.socket(family)))
            calling.settimeout(SECONDS)
            calling.bind((source, 0))
            try:
                calling.connect((dialled, port))
                got = closing.enter_context(heard.accept()[0])
                got.settimeout(SECONDS)
            except OSError:
                got = None
            yield (calling, got) if got else None

    def logs_in(self, source: str, inner: str = S1) -> str | None:
        """The address at which a server sees a login, if there is one."""
        return self.seen(source, OUTER, PUBLIC[inner], inner, 21)

    def sends(self, source: str, inner: str = S1) -> str | None:
        """The same of a data connection to a passive port."""
        port = PASSIVE[inner][1]
        return self.seen(source, OUTER, port, inner, port)

    def dials(self, inner: str = S1) -> str | None:
        """The address at which the peer sees a data connection of a server behind the gateway."""
        return self.seen(inner, PEER, PEERS_PORTS[0], PEER, PEERS_PORTS[0])

    def remove(self) -> None:
        """Delete the namespaces, as far as they were made."""
        present = run("ip", "netns", "list").split()
        for name in self.names.values():
            if name in present:
                run("ip", "netns", "delete", name)


__all__ = (
    "BLOCKED",
    "CLIENT",
    "CLIENT6",
    "INSIDE",
    "LAN",
    "OTHER_OUTER",
    "OUTER",
    "PASSIVE",
    "PEER",
    "PEER6",
    "PEERS_PORTS",
    "S1",
    "S1_6",
    "S2",
    "STRANGER",
    "STRANGER6",
    "WISH",
    "Behind",
    "server",
)
