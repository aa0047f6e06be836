# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's one network: a bridge of its own on which this machine has the first address, of either family."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from machine import Problem, run

NAME = "proftpd-fxp-lab"
SUBNET = ipaddress.IPv4Network("198.51.100.0/24")
# Of RFC 3849, with the other one in it, so that hosts have the same number in both. The networks behind gateways are part of it:
# what leaves it, the engine's rules on this machine would have come from this machine's address, even from one host to another.
SUBNET6 = ipaddress.IPv6Network(f"2001:db8:{SUBNET[0].packed[:2].hex()}:{SUBNET[0].packed[2:].hex()}::/56")
HAS_IPV6 = Path("/proc/net/if_inet6").exists()
# This machine's second address there, which is no client's and no server's.
STRANGER = 77


def address(number: int) -> str:
    """The literal address of the host with this number in the lab's subnet."""
    return str(SUBNET[number])


def address6(number: int) -> str:
    """The literal IPv6 address of the host with this number."""
    return str(SUBNET6[number])


def place(number: int) -> list[str]:
    """Options of the engine that put the host with this number into the network."""
    addresses = ["--ip", address(number), *(["--ip6", address6(number)] if HAS_IPV6 else [])]
    return ["--network", NAME, *addresses, "--mac-address", hardware_address(number)]


def hardware_address(number: int) -> str:
    """
    A locally administered MAC address that stays with the host of this number.

    Were it a new one at every start, the neighbours would send to the old one until their ARP entries expire.
    """
    return "02:00:" + ":".join(f"{byte:02x}" for byte in SUBNET[number].packed)


def overlapping_route(routes: Iterable[Mapping[str, object]], subnet: ipaddress.IPv4Network) -> str | None:
    """
    The first route, as ``ip`` prints it, that leads to a part of the subnet; default routes do not count.

    ``routes`` is the output of ``ip -json route show``: dictionaries with ``dst`` and, mostly, ``dev``.
    """
    for route in routes:
        destination = str(route["dst"])
        if destination != "default" and subnet.overlaps(ipaddress.ip_network(destination)):
            return f"{destination} dev {route['dev']}" if "dev" in route else destination
    return None


def exists() -> bool:
    return NAME in run(["podman", "network", "ls", "--format", "{{.Name}}"]).split()


def require_free() -> None:
    """A Problem that names the existing route which the network would cut off, if there is one."""
    taken = overlapping_route(json.loads(run(["ip", "-4", "-json", "route", "show", "table", "main"])), SUBNET)
    if taken:
        raise Problem(
            f"The lab's network {SUBNET} overlaps this machine's route `{taken}`: "
            "remove that route, or run the lab on a machine without it."
        )


def create() -> None:
    families = ["--subnet", str(SUBNET), "--gateway", address(1)]
    if HAS_IPV6:
        families += ["--ipv6", "--subnet", str(SUBNET6), "--gateway", address6(1)]
    run(["podman", "network", "create", "--disable-dns", *families, NAME])


def settle() -> None:
    """
    Give the bridge a hardware address of its own, and a second literal address per family, from which checks play strangers.

    By default the first is that of a port, and changes when a host comes or goes.
    """
    own = hardware_address(1)
    for link in json.loads(run(["ip", "-json", "address", "show", "to", address(1)])):
        if Path("/sys/class/net", link["ifname"], "address").read_text().strip() != own:
            run(["ip", "link", "set", "dev", link["ifname"], "address", own])
        run(["ip", "address", "replace", f"{address(STRANGER)}/{SUBNET.prefixlen}", "dev", link["ifname"]])
        if HAS_IPV6:
            # At once, and never the address that this machine itself comes from.
            once = ["nodad", "preferred_lft", "0"]
            run(["ip", "address", "replace", f"{address6(STRANGER)}/{SUBNET6.prefixlen}", "dev", link["ifname"], *once])


def remove() -> None:
    run(["podman", "network", "rm", "--force", NAME])
