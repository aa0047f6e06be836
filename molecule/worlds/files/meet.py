# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Knock at servers over both families, and compare with who is to get in where.

    meet.py KIND DENIED4 DENIED6 ADDRESS... --behind ADDRESS...

KIND is what this host is to the servers: client, stranger, peer, or denied by their operators, and then another address of this
host is the one to come from. What stands behind a gateway is reached at the ports of the plan alone.
"""

from __future__ import annotations

import argparse
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

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


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("kind", "denied4", "denied6"):
        parser.add_argument(name)
    parser.add_argument("open", nargs="*")
    parser.add_argument("--behind", nargs="*", default=[])
    said = parser.parse_args()
    tries = [(address, port) for address in (*said.open, *said.behind) for port in (21, INSIDE, OUTSIDE, OPERATORS)]

    def comes(address: str, port: int) -> bool:
        own = "" if said.kind != "denied" else said.denied6 if ":" in address else said.denied4
        return gets_in(own, address, port)

    with ThreadPoolExecutor(len(tries)) as pool:
        came = pool.map(lambda one: comes(*one), tries)
        wrong = [
            f"{said.kind} -> {address} {port}: {'open' if is_in else 'shut'}"
            for (address, port), is_in in zip(tries, came)
            if is_in != (port in OPEN[said.kind] - ({OPERATORS} if address in said.behind else set()))
        ]
    print("\n".join(wrong) or "as planned")
    return len(wrong) > 0


if __name__ == "__main__":
    sys.exit(main())
