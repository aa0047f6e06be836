# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server and everybody else on one wire, as two network namespaces, for rules of nftables that real packets are to meet."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import select
import socket
import struct
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import exposure, interfaces, nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.detect import Commands
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import with_interfaces
from ansible_collections.proftpd.fxp.tests.integration.network import run, within

SERVER = "198.51.100.11"
CLIENT, PEER, BLOCKED, STRANGER = "198.51.100.1", "198.51.100.12", "198.51.100.66", "198.51.100.99"
CONTROL, PASSIVE, OTHER = 2121, 50050, 8080
SEGMENTS = {CONTROL: 700, PASSIVE: 900, OTHER: 1100}  # the greatest that each of them takes
ESTABLISHED, SYN_SENT = 1, 2  # tcp_states.h
TEXT = f"""
define control_port = {CONTROL}
define passive_ports = 50000-50099
define incoming = {{ $control_port, $passive_ports }}
define addresses = {{ {SERVER} }}
define outgoing4 = {{
    {PEER} . 50000-50099, # peer
}}
table inet proftpd_fxp
delete table inet proftpd_fxp
table inet proftpd_fxp {{
    chain input {{
        type filter hook input priority filter; policy accept;
        tcp dport $incoming jump ftp
    }}
    chain ftp {{
        ct state established,related accept
        ip saddr {{ {CLIENT}, {BLOCKED} }} accept
        tcp dport $passive_ports ip saddr {PEER} accept
        drop
    }}
}}
"""


class Lab:
    """A server and, in another namespace, everybody else; all of eth0's far ends have one address each."""

    def __init__(self) -> None:
        self.server, self.outside = (f"fxpop{os.getpid()}{name}" for name in "so")
        for name in (self.server, self.outside):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", self.server, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", self.outside)
        for name, addresses in ((self.server, (SERVER,)), (self.outside, (CLIENT, PEER, BLOCKED, STRANGER))):
            for address in addresses:
                run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", name, "link", "set", "eth0", "up")
        self.nft = nftables.Nft(["ip", "netns", "exec", self.server])
        self.sockets: list[socket.socket] = []
        for port in (CONTROL, PASSIVE, OTHER):
            self.sockets.append(within(self.server, lambda: socket.create_server((SERVER, port))))  # noqa: B023
            # By this a client sees at which of them it has come out, wherever rules led it.
            self.sockets[-1].setblocking(False)
            self.sockets[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENTS[port])
        self.sockets.append(within(self.outside, lambda: socket.create_server((PEER, PASSIVE))))
        self.sockets[-1].setblocking(False)

    def remove(self) -> None:
        for each in self.sockets:
            each.close()
        for name in (self.server, self.outside):
            with contextlib.suppress(RuntimeError):
                run("ip", "netns", "delete", name)

    def text(self) -> str:
        found = interfaces.find(nftables.read_defines(TEXT).addresses, Within(self.server))
        return with_interfaces(TEXT, *found)

    def gets_in(self, source: str, port: int) -> bool:
        return self._connects(self.outside, source, SERVER, port)

    def all_get_in(self, dials: t.Mapping[tuple[str, int], bool], patience: float = 0.3) -> dict[tuple[str, int], bool]:
        """
        Who gets in of those who dial from an address to a port of the server at once, and comes out at that port.

        Longer than ``patience`` (seconds) they try only where they are expected to get in.
        """
        found: dict[tuple[str, int], bool] = {}
        open_ones: dict[tuple[str, int], socket.socket] = {}
        began = time.monotonic()
        for source, port in dials:
            dialled = open_ones[source, port] = within(self.outside, socket.socket)
            dialled.setblocking(False)
            dialled.bind((source, 0))
            dialled.connect_ex((SERVER, port))
        while open_ones:
            waited = time.monotonic() - began
            select.select([], list(open_ones.values()), [], 0.02)
            for dial, dialled in list(open_ones.items()):
                state = dialled.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
                if state == SYN_SENT and waited < (5 if dials[dial] else patience):
                    continue
                segment = dialled.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
                found[dial] = state == ESTABLISHED and 0 <= SEGMENTS[dial[1]] - segment < 50
                dialled.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                open_ones.pop(dial).close()
        for listening in self.sockets:
            with contextlib.suppress(BlockingIOError):
                while True:
                    listening.accept()[0].close()
        return found

    def gets_out(self) -> bool:
        return self._connects(self.server, SERVER, PEER, PASSIVE)

    def _connects(self, name: str, source: str, address: str, port: int) -> bool:
        def dial() -> socket.socket:
            return socket.socket()

        with within(name, dial) as dialled:
            dialled.settimeout(0.4)
            dialled.bind((source, 0))
            with contextlib.suppress(OSError):
                dialled.connect((address, port))
                return True
        return False


def answers_to(dials: t.Iterable[tuple[str, int]], found: t.Sequence[exposure.Access]) -> dict[tuple[str, int], str]:
    """What is told of each who dials from an IPv4 address to a port: it gets in, it does not, or that is unknown."""
    answers = {}
    for source, port in dials:
        (access,) = [each for each in found if each.family == 4 and each.first <= port <= each.last]
        held = [
            answer
            for answer, networks in ((exposure.ACCEPT, access.accepted), (exposure.UNKNOWN, access.unknown))
            if any(ipaddress.ip_address(source) in ipaddress.ip_network(network) for network in networks)
        ]
        answers[source, port] = held[0] if held else exposure.DROP
    return answers


class Within(Commands):
    def __init__(self, name: str) -> None:
        self.name = name

    def output(self, *command: str) -> str:
        return run("ip", "netns", "exec", self.name, *command)
