# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Networks behind gateways: for each a bridge in a network namespace of its own, so that no rule of this machine sees its packets.

This machine has a leg in each, by which Ansible reaches the hosts there; whatever else comes to them comes by their gateway.
"""

from __future__ import annotations

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


def attach(container: str, lan: int, number: int, interface: str) -> None:
    """Give a container its interface there, which it loses with every start; anything but a gateway has its way out by it."""
    pid = run(["podman", "inspect", "--format", "{{.State.Pid}}", container]).strip()
    inside = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip"]
    if interface in {link["ifname"] for link in json.loads(run([*inside, "-json", "link", "show"]))}:
        return
    there, port = _namespace(lan), f"h{number}"
    run(["ip", "-n", there, "link", "del", port], check=False)
    run(["ip", "-n", there, "link", "add", port, "type", "veth", "peer", "name", interface, "netns", pid])
    run(["ip", "-n", there, "link", "set", port, "master", BRIDGE, "up"])
    run([*inside, "address", "add", f"{address(lan, number)}/24", "dev", interface])
    run([*inside, "link", "set", interface, "up"])
    if number != GATEWAY:
        run([*inside, "route", "add", "default", "via", address(lan, GATEWAY)])


def remove() -> None:
    """Remove all of them, and what hangs on them."""
    for lan in present():
        run(["ip", "netns", "delete", _namespace(lan)])
