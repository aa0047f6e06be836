# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Does a connection take longer where the rules know many peers? A peer connects to a passive port of two hosts in turn.

The hosts are network namespaces with the rules as the module makes them, one with 2 peers and one with 5,000. Nothing is
asserted.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import read_wish
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import flows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary
from ansible_collections.proftpd.fxp.tests.integration.network import run

FEW, MANY = 2, 5000
ROUNDS = 41
CONNECTIONS = 1000  # per round and host
PORT = 61000
LISTEN = """
import socket
with socket.create_server(("", %d), backlog=4096) as listener:
    print("ready", flush=True)
    while True:
        listener.accept()[0].close()
"""
# Microseconds per connection; each ends with a reset, so that no port stays taken.
CONNECT = """
import socket, struct, time
begun = time.perf_counter()
for _number in range(%d):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.connect(("%s", %d))
print((time.perf_counter() - begun) / %d * 1e6)
"""


def rules(peers: int, peer: str) -> str:
    """The rules of a server with so many peers, of which one has the address ``peer``."""
    addresses = {"own": "10.255.0.1", "peer0": peer}
    addresses.update({f"peer{number}": f"10.0.{number // 250}.{number % 250 + 1}" for number in range(1, peers)})
    said = {"fxp_passive_ports": f"{PORT}-61099", "fxp_tls": "none", "fxp_clients": ["192.0.2.0/24"]}
    options = {name: _vocabulary.options_of(name, {**said, "fxp_address": address})[0] for name, address in addresses.items()}
    text: str = text_of(read_wish(flows.wish(_plan.make_plan(options), "own")))
    return text


class Host:
    """A namespace with rules and a listener, on a wire of its own to the namespace of the peer."""

    def __init__(self, client: str, number: int, peers: int) -> None:
        self.name, self.address, peer = f"{client}{number}", f"198.18.{number}.1", f"198.18.{number}.2"
        run("ip", "netns", "add", self.name)
        run("ip", "-n", self.name, "link", "add", "eth0", "type", "veth", "peer", "name", f"h{number}", "netns", client)
        for namespace, device, address in ((self.name, "eth0", self.address), (client, f"h{number}", peer)):
            run("ip", "-n", namespace, "address", "add", f"{address}/24", "dev", device)
            run("ip", "-n", namespace, "link", "set", device, "up")
        begun = time.monotonic()
        text = rules(peers, peer)
        rendered, begun = time.monotonic() - begun, time.monotonic()
        run("ip", "netns", "exec", self.name, "nft", "-f", "-", text=text)
        print(
            f"bench: rules for {peers} peers: planned and written in {rendered:.2f} s, loaded in {time.monotonic() - begun:.2f} s"
        )
        self.listener = subprocess.Popen(
            ["ip", "netns", "exec", self.name, sys.executable, "-c", LISTEN % PORT], stdout=subprocess.PIPE, text=True
        )
        assert self.listener.stdout is not None
        self.listener.stdout.readline()

    def connect(self, client: str) -> float:
        """Microseconds that a connection of the peer takes now."""
        loop = CONNECT % (CONNECTIONS, self.address, PORT, CONNECTIONS)
        return float(run("ip", "netns", "exec", client, sys.executable, "-c", loop))


def main() -> None:
    client = f"fxpbench{os.getpid()}"
    hosts: list[Host] = []
    names = [client, f"{client}1", f"{client}2"]
    try:
        run("ip", "netns", "add", client)
        hosts += [Host(client, 1, FEW)]
        hosts += [Host(client, 2, MANY)]
        times: dict[int, list[float]] = {0: [], 1: []}
        for number in range(ROUNDS):
            # Whoever comes first in one round is second in the next.
            for which in (0, 1) if number % 2 else (1, 0):
                times[which].append(hosts[which].connect(client))
        few, many = statistics.median(times[0]), statistics.median(times[1])
        print(f"bench: connection with {FEW} peers in the rules, median of {ROUNDS}     {few:6.1f} us")
        print(
            f"bench: connection with {MANY} peers in the rules, median of {ROUNDS}  {many:6.1f} us   "
            f"({many / few:.3f} of the first)"
        )
    finally:
        for host in hosts:
            host.listener.kill()
            host.listener.wait(10)
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


if __name__ == "__main__":
    main()
