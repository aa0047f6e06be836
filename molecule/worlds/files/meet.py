# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Knock at servers over both families, and compare with who is to get in where.

    meet.py KIND SUBNET NUMBER...

KIND is what this host is to the servers: client, stranger, peer, or denied by their operators, and then another address of this
host is the one to come from. NUMBER is the last part of a server's IPv4 address.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

DENIED = 77
OPERATORS, INSIDE, OUTSIDE = 2222, 61049, 61050
SECONDS = 3
# The ports at which each gets in.
OPEN: dict[str, set[int]] = {
    "client": {21, INSIDE, OPERATORS},
    "peer": {INSIDE, OPERATORS},
    "stranger": {OPERATORS},
    "denied": set(),
}


def gets_in(own: str, address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(SECONDS)
        if own:
            sock.bind((own, 0))
        try:
            sock.connect((address, port))
        except OSError:
            return False
        return True


def main(kind: str, subnet: str, numbers: list[str]) -> int:
    first = ipaddress.IPv4Address(subnet)
    bases = {4: first, 6: ipaddress.IPv6Address(f"2001:db8:{first.packed[:2].hex()}:{first.packed[2:].hex()}::")}
    tries = [
        (family, str(base + int(number)), port)
        for family, base in bases.items()
        for number in numbers
        for port in (21, INSIDE, OUTSIDE, OPERATORS)
    ]
    with ThreadPoolExecutor(len(tries)) as pool:
        came = pool.map(lambda one: gets_in(str(bases[one[0]] + DENIED) if kind == "denied" else "", *one[1:]), tries)
        wrong = [
            f"{kind} -> {address} {port}: {'open' if is_in else 'shut'}"
            for (_family, address, port), is_in in zip(tries, came)
            if is_in != (port in OPEN[kind])
        ]
    print("\n".join(wrong) or "as planned")
    return len(wrong) > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
