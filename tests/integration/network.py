# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three hosts as network namespaces on one bridge, so that firewalls and routes can stand between real daemons."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t

from ansible_collections.proftpd.fxp.tests.integration.checking import Checked, judged
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, Proftpd, check_options

PORT = 2121
# Documentation addresses (RFC 5737, 3849): they are public as far as FTP servers know.
CLIENT, SOURCE, DESTINATION = "198.51.100.1", "198.51.100.11", "198.51.100.12"
SOURCE6, DESTINATION6 = "2001:db8:51::11", "2001:db8:51::12"
DEAD = "198.51.100.99"  # on the network, but nobody has it
SOMEBODY = "198.51.100.77"  # another host, where nothing listens
NO_ROUTE = "203.0.113.9"  # no route leads there
PASSIVE_PORTS = "50000-50099"
T = t.TypeVar("T")


def run(*command: str, text: str | None = None) -> str:
    """Run a command for a minute at most; its output."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def add_namespace(name: str) -> None:
    """Make a network namespace with a loopback device."""
    run("ip", "netns", "add", name)
    run("ip", "-n", name, "link", "set", "lo", "up")
    # Rules about the passive ports must not meet replies to a connection that happens to come from one of them.
    run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_local_port_range=32768 49999")


def within(namespace: str, make: t.Callable[[], T]) -> T:
    """What is made in a network namespace: a socket stays in the one that it was made in."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{namespace}") as there:
        libc.setns(there.fileno(), 0)
        try:
            return make()
        finally:
            libc.setns(home.fileno(), 0)


class Network:
    """The namespaces ``client`` (which has the bridge), ``source`` and ``destination``. ``mark`` tells several networks apart."""

    def __init__(self, mark: str = "") -> None:
        self.names = {name: f"fxp{os.getpid()}{mark}{name[0]}" for name in ("client", "source", "destination")}
        with contextlib.ExitStack() as undo:
            undo.callback(self.remove)
            for name in self.names.values():
                add_namespace(name)
            client = self.names["client"]
            run("ip", "-n", client, "link", "add", "bridge", "type", "bridge")
            self._address("client", "bridge", CLIENT, "2001:db8:51::1")
            for name, address, address6 in (("source", SOURCE, SOURCE6), ("destination", DESTINATION, DESTINATION6)):
                own = self.names[name]
                run("ip", "-n", own, "link", "add", "eth0", "type", "veth", "peer", "name", name, "netns", client)
                run("ip", "-n", client, "link", "set", name, "master", "bridge", "up")
                self._address(name, "eth0", address, address6)
                # An address that nobody has is given up after one second instead of three.
                run("ip", "netns", "exec", own, "sysctl", "-qw", "net.ipv4.neigh.eth0.mcast_solicit=1")
            undo.pop_all()

    def _address(self, name: str, device: str, address: str, address6: str) -> None:
        own = self.names[name]
        run("ip", "-n", own, "address", "add", f"{address}/24", "dev", device)
        run("ip", "-n", own, "address", "add", f"{address6}/64", "dev", device, "nodad")
        run("ip", "-n", own, "link", "set", device, "up")

    def start(self, root: pathlib.Path, name: str, directives: str) -> Proftpd:
        """A daemon on all addresses of one host."""
        everywhere = f"Port {PORT}\nPassivePorts {PASSIVE_PORTS.replace('-', ' ')}\n{directives}"
        address = SOURCE if name == "source" else DESTINATION
        address6 = SOURCE6 if name == "source" else DESTINATION6
        prefix = ("ip", "netns", "exec", self.names[name])
        server = Proftpd(root / name, f"{address} {address6}", everywhere, PORT, prefix)
        server.address = address
        server.wait()
        return server

    def filter(self, name: str, hook: str, rule: str) -> None:
        """One rule in the firewall of one host."""
        table = f"table inet test {{\nchain {hook} {{\ntype filter hook {hook} priority 0\n{rule}\n}}\n}}\n"
        run("ip", "netns", "exec", self.names[name], "nft", "-f", "-", text=table)

    def unfilter(self) -> None:
        """No firewall on any host."""
        for name in self.names.values():
            run("ip", "netns", "exec", name, "nft", "flush", "ruleset")

    def check(self, source: t.Mapping[str, t.Any], destination: t.Mapping[str, t.Any], **options: t.Any) -> Checked:
        """A check that runs on the client."""
        return check_inside(self.names["client"], source, destination, **options)

    def remove(self) -> None:
        """Delete the namespaces, as far as they were made."""
        present = run("ip", "netns", "list").split()
        for name in self.names.values():
            if name in present:
                run("ip", "netns", "delete", name)


class Gateway:
    """
    Two hosts behind one gateway, and a client outside of it.

    The gateway leads its ports 2121 and 50000-50049 to the source, 2122 and 50050-50099 to the destination; connections that come
    from inside only with ``hairpin``.
    """

    ADDRESS, INSIDE = "198.51.100.254", {"source": "10.77.0.11", "destination": "10.77.0.12"}
    PORTS, PASSIVE = {"source": 2121, "destination": 2122}, {"source": "50000-50049", "destination": "50050-50099"}

    def __init__(self, *, hairpin: bool) -> None:
        self.names = {name: f"fxpg{os.getpid()}{name[0]}" for name in ("client", "gateway", "source", "destination")}
        with contextlib.ExitStack() as undo:
            undo.callback(self.remove)
            for name in self.names.values():
                add_namespace(name)
            gateway = self.names["gateway"]
            run("ip", "-n", gateway, "link", "add", "inside", "type", "bridge")
            self._join("client", "outside", CLIENT, None)
            for name, address in self.INSIDE.items():
                self._join(name, name, address, "inside")
            for device, address in (("outside", self.ADDRESS), ("inside", "10.77.0.1")):
                run("ip", "-n", gateway, "address", "add", f"{address}/24", "dev", device)
                run("ip", "-n", gateway, "link", "set", device, "up")
            for name in self.INSIDE:
                run("ip", "-n", self.names[name], "route", "add", "default", "via", "10.77.0.1")
            run("ip", "netns", "exec", gateway, "sysctl", "-qw", "net.ipv4.ip_forward=1")
            come = "" if hairpin else "iifname outside "
            forwards = "".join(
                f"{come}ip daddr {self.ADDRESS} tcp dport {{ {self.PORTS[name]}, {self.PASSIVE[name]} }} dnat to {address}\n"
                for name, address in self.INSIDE.items()
            )
            table = (
                f"table ip test {{\nchain forwards {{\ntype nat hook prerouting priority dstnat\n{forwards}}}\n"
                "chain leaving {\ntype nat hook postrouting priority srcnat\nip saddr 10.77.0.0/24 masquerade\n}\n}\n"
            )
            run("ip", "netns", "exec", gateway, "nft", "-f", "-", text=table)
            undo.pop_all()

    def _join(self, name: str, device: str, address: str, bridge: str | None) -> None:
        own, gateway = self.names[name], self.names["gateway"]
        run("ip", "-n", own, "link", "add", "eth0", "type", "veth", "peer", "name", device, "netns", gateway)
        run("ip", "-n", own, "address", "add", f"{address}/24", "dev", "eth0")
        run("ip", "-n", own, "link", "set", "eth0", "up")
        run("ip", "-n", gateway, "link", "set", device, *(("master", bridge) if bridge else ()), "up")

    def start(self, root: pathlib.Path, name: str) -> Proftpd:
        """A daemon that announces the gateway's address; it is dialled there, too."""
        passive = f"MasqueradeAddress {self.ADDRESS}\nPassivePorts {self.PASSIVE[name].replace('-', ' ')}\n"
        prefix = ("ip", "netns", "exec", self.names[name])
        server = Proftpd(root / name, self.INSIDE[name], ALLOW + passive, self.PORTS[name], prefix)
        server.wait()
        server.address = self.ADDRESS
        return server

    def remove(self) -> None:
        """Delete the namespaces, as far as they were made."""
        present = run("ip", "netns", "list").split()
        for name in self.names.values():
            if name in present:
                run("ip", "netns", "delete", name)

    def check(self, source: dict[str, t.Any], destination: dict[str, t.Any], **options: t.Any) -> Checked:
        """A check from the client."""
        return check_inside(self.names["client"], source, destination, **options)


def check_inside(namespace: str, source: t.Mapping[str, t.Any], destination: t.Mapping[str, t.Any], **options: t.Any) -> Checked:
    """A check that runs in a network namespace."""
    text = json.dumps(check_options(source, destination, **options))
    command = (sys.executable, "-m", "ansible_collections.proftpd.fxp.tests.integration.run_check")
    outcome = json.loads(run("ip", "netns", "exec", namespace, *command, text=text))
    return judged(outcome["result"], outcome["message"], outcome["warnings"])


def wait_for_growth(path: pathlib.Path, size: int) -> None:
    """Return when a directory holds a file of at least ``size`` bytes."""
    deadline = time.monotonic() + 20
    while not any(file.stat().st_size >= size for file in path.iterdir()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"no file in {path} grew to {size} bytes")
        time.sleep(0.01)


__all__ = (
    "ALLOW",
    "CLIENT",
    "DEAD",
    "DESTINATION",
    "NO_ROUTE",
    "SOURCE",
    "Gateway",
    "Network",
    "check_inside",
    "run",
    "wait_for_growth",
    "within",
)
