# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client and a server behind one gateway that masquerades whatever leaves, and hosts out in the world."""

from __future__ import annotations

import contextlib
import os

from ansible_collections.proftpd.fxp.tests.integration.network import add_namespace, run

OUTER = "198.51.100.254"  # the one address of everybody inside, to the world
WORLD, THIRD = "198.51.100.11", "198.51.100.12"
LAN, CLIENT, SECOND, INSIDE = "10.77.0.1", "10.77.0.2", "10.77.0.3", "10.77.0.12"
PORT, PASSIVE_PORTS = 2121, "50000-50099"


class SharedAddress:
    """The namespaces ``client`` (with two addresses) and ``inside`` behind ``gateway``; ``world`` and ``third`` outside."""

    def __init__(self) -> None:
        self.names = {name: f"fxpn{os.getpid()}{name[0]}" for name in ("client", "gateway", "inside", "third", "world")}
        with contextlib.ExitStack() as undo:
            undo.callback(self.remove)
            for name in self.names.values():
                add_namespace(name)
            gateway = self.names["gateway"]
            for bridge, address in (("lan", LAN), ("outside", OUTER)):
                run("ip", "-n", gateway, "link", "add", bridge, "type", "bridge")
                run("ip", "-n", gateway, "address", "add", f"{address}/24", "dev", bridge)
                run("ip", "-n", gateway, "link", "set", bridge, "up")
            self._join("world", "outside", WORLD)
            self._join("third", "outside", THIRD)
            self._join("client", "lan", CLIENT, SECOND)
            self._join("inside", "lan", INSIDE)
            for name in ("client", "inside"):
                run("ip", "-n", self.names[name], "route", "add", "default", "via", LAN)
            run("ip", "netns", "exec", gateway, "sysctl", "-qw", "net.ipv4.ip_forward=1")
            table = (
                f"table ip test {{\nchain in {{\ntype nat hook prerouting priority dstnat\n"
                f"ip daddr {OUTER} tcp dport {{ {PORT}, {PASSIVE_PORTS} }} dnat to {INSIDE}\n}}\n"
                "chain out {\ntype nat hook postrouting priority srcnat\nip saddr 10.77.0.0/24 oifname outside masquerade\n}\n}\n"
            )
            run("ip", "netns", "exec", gateway, "nft", "-f", "-", text=table)
            undo.pop_all()

    def _join(self, name: str, bridge: str, *addresses: str) -> None:
        own, gateway = self.names[name], self.names["gateway"]
        run("ip", "-n", own, "link", "add", "eth0", "type", "veth", "peer", "name", name, "netns", gateway)
        for address in addresses:
            run("ip", "-n", own, "address", "add", f"{address}/24", "dev", "eth0")
        run("ip", "-n", own, "link", "set", "eth0", "up")
        run("ip", "-n", gateway, "link", "set", name, "master", bridge, "up")

    def prefix(self, name: str) -> tuple[str, ...]:
        """What lets a command run on one host."""
        return ("ip", "netns", "exec", self.names[name])

    def remove(self) -> None:
        """Delete the namespaces, as far as they were made."""
        present = run("ip", "netns", "list").split()
        for name in self.names.values():
            if name in present:
                run("ip", "netns", "delete", name)


__all__ = ("CLIENT", "INSIDE", "OUTER", "PASSIVE_PORTS", "PORT", "SECOND", "THIRD", "WORLD", "SharedAddress")
