# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Networks behind gateways: for each a bridge in a network namespace of its own, so that no rule of this machine sees its packets.

This machine has a leg in each, by which Ansible reaches the hosts there over IPv4; whatever else comes to them comes by their
gateway. IPv6 is routed.
"""

from __future__ import annotations

import ipaddress
import json

import network
from machine import run

BRIDGE = "bridge"
INSIDE = "lan"  # the gateway's interface there
# Of the private range (RFC 1918), and another one for every network of labs.
PREFIX = f"10.{network.SUBNET[0].packed[2]}"
GATEWAY, MACHINE = 1, 254


def address(lan: int, number: int) -> str:
    """The literal address of the host with this number in the network behind gateway ``lan``."""
    return f"{PREFIX}.{lan}.{number}"


def subnet6(lan: int) -> ipaddress.IPv6Network:
    """The IPv6 network behind gateway ``lan``, one of those that follow the lab's own."""
    return ipaddress.IPv6Network((int(network.SUBNET6.network_address) + (lan << 64), 64))


def lead(lan: int, gateway: int, container: str | None = None) -> None:
    """Have a container, or this machine, send what is for the IPv6 network to the gateway, by the number of its host."""
    if network.HAS_IPV6:
        inside = _inside(container) if container else ["ip"]
        run([*inside, "-6", "route", "replace", str(subnet6(lan)), "via", network.address6(gateway)])


def _inside(container: str) -> list[str]:
    return ["nsenter", f"--net=/proc/{_pid(container)}/ns/net", "ip"]


def _pid(container: str) -> str:
    return run(["podman", "inspect", "--format", "{{.State.Pid}}", container]).strip()


def _namespace(lan: int) -> str:
    return f"{network.NAME}-lan{lan}"


def _leg(lan: int) -> str:
    """This machine's interface there; a name has 15 characters at most."""
    return f"fxp{network.SUBNET[0].packed[2]}lan{lan}"


def present() -> list[int]:
    """Those that there are."""
    begin = _namespace(0)[:-1]
    names = run(["ip", "netns", "list"]).split()
    return sorted(int(name[len(begin) :]) for name in names if name.startswith(begin) and name[len(begin) :].isdigit())


def ensure(lan: int) -> None:
    """Make the network if it is not there."""
    if lan in present():
        return
    there = _namespace(lan)
    run(["ip", "netns", "add", there])
    run(["ip", "-n", there, "link", "add", BRIDGE, "type", "bridge"])
    run(["ip", "-n", there, "link", "set", BRIDGE, "up"])
    run(["ip", "link", "add", _leg(lan), "type", "veth", "peer", "name", "machine", "netns", there])
    run(["ip", "-n", there, "link", "set", "machine", "master", BRIDGE, "up"])
    run(["ip", "address", "add", f"{address(lan, MACHINE)}/24", "dev", _leg(lan)])
    run(["ip", "link", "set", _leg(lan), "up"])


def attach(container: str, lan: int, number: int, interface: str, *, way_out: bool) -> None:
    """Give a container its interface there, which it loses with every start, and its way to everywhere else by it if asked."""
    inside = _inside(container)
    if interface in {link["ifname"] for link in json.loads(run([*inside, "-json", "link", "show"]))}:
        return
    there, port = _namespace(lan), f"h{number}"
    run(["ip", "-n", there, "link", "del", port], check=False)
    # The same with every start, or neighbours would go on sending to the one that it had before.
    hardware = f"02:00:{':'.join(f'{int(part):02x}' for part in address(lan, number).split('.'))}"
    peer = ["peer", "name", interface, "address", hardware, "netns", _pid(container)]
    run(["ip", "-n", there, "link", "add", port, "type", "veth", *peer])
    run(["ip", "-n", there, "link", "set", port, "master", BRIDGE, "up"])
    run([*inside, "address", "add", f"{address(lan, number)}/24", "dev", interface])
    run([*inside, "link", "set", interface, "up"])
    own, gateway = str(subnet6(lan)[number]), str(subnet6(lan)[GATEWAY])
    if network.HAS_IPV6:
        run([*inside, "address", "add", f"{own}/64", "dev", interface, "nodad"])
    if way_out:
        run([*inside, "route", "add", "default", "via", address(lan, GATEWAY)])
    if network.HAS_IPV6 and way_out:
        run([*inside, "-6", "route", "add", "default", "via", gateway])


def remove() -> None:
    """Remove all of them, and what hangs on them."""
    for lan in present():
        run(["ip", "netns", "delete", _namespace(lan)])
