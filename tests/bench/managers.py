# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What a firewall manager costs, each on a host of the lab that it decides on.

The first run of ``site``, one that changes nothing, and a connection of a peer where the rules know few peers or many. Few come
before and after many, so that a machine whose speed changes shows. Nothing is asserted. The lab is started for it and taken down.
"""

from __future__ import annotations

import pathlib
import statistics
import subprocess
import sys
import tempfile
import typing as t

import yaml
from bench import INVENTORY, LAB, ROOT, seconds
from firewall import CONNECT, CONNECTIONS, FEW, LISTEN, MANY, PORT

WORLDS = ROOT / "molecule" / "worlds"
MANAGERS = {"ftp1": "nftables", "ftp2": "firewalld", "ftp3": "ufw", "ftp4": "iptables"}
ROUNDS = 11
AGAIN = 5  # runs that change nothing
# As a unit, so that it is over when that is stopped, and stands there when this returns.
LISTENER = f"systemd-run --quiet --collect --unit=bench-listener /usr/bin/python3 -c '{LISTEN % PORT}' && sleep 1"


def shell(host: str, command: str, text: str | None = None) -> str:
    """Standard output of a command on a host."""
    done = subprocess.run([*LAB, "shell", host, command], input=text, stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    return done.stdout


def inventory(host: str, peers: int, lab: dict[str, t.Any]) -> dict[str, t.Any]:
    """One server, and so many peers of which nobody but the first is there."""
    known = lab["all"]["children"]
    stranger = known["lab_others"]["hosts"]["stranger"]["ansible_host"]
    addresses = [stranger, *(f"10.0.{number // 250}.{number % 250 + 1}" for number in range(1, peers))]
    return {
        "fxp_servers": {
            "hosts": {
                host: known["fxp_servers"]["hosts"][host],
                **{f"peer{number}": {"fxp_address": address} for number, address in enumerate(addresses)},
            },
            "vars": {
                **lab["all"]["vars"],
                "fxp_passive_ports": f"{PORT}-61099",
                # Certificates take as long with every manager, and those of a fleet want all of it to be there.
                "fxp_tls": "none",
                "fxp_clients": ["192.0.2.0/24"],
            },
        }
    }


class Site:
    """``site`` for one host."""

    def __init__(self, host: str, place: pathlib.Path, lab: dict[str, t.Any]) -> None:
        self.host, self.place, self.lab = host, place, lab

    def run(self, peers: int) -> float:
        """Seconds that a run takes with so many peers."""
        path = self.place / f"{self.host}-{peers}.yml"
        path.write_text(yaml.safe_dump(inventory(self.host, peers, self.lab)))
        return seconds("ansible-playbook", f"--inventory={path}", f"--limit={self.host}", "proftpd.fxp.site")

    def connection(self) -> float:
        """Microseconds that a connection of the first peer takes, median of some rounds."""
        address = self.lab["all"]["children"]["fxp_servers"]["hosts"][self.host]["ansible_host"]
        shell(self.host, LISTENER)
        try:
            loop = CONNECT % (CONNECTIONS, address, PORT, CONNECTIONS)
            return statistics.median(float(shell("stranger", "/usr/bin/python3 -", loop)) for _round in range(ROUNDS))
        finally:
            shell(self.host, "systemctl stop bench-listener.service")


def measure(site: Site) -> None:
    """All lines of one manager."""
    first, again = site.run(FEW), statistics.median(site.run(FEW) for _run in range(AGAIN))
    before = site.connection()
    change, same = site.run(MANY), site.run(MANY)
    many = site.connection()
    site.run(FEW)
    few = statistics.mean([before, site.connection()])
    print(
        f"bench: {MANAGERS[site.host]:<10}  site: first run {first:5.1f} s, nothing to change {again:5.2f} s;  "
        f"{MANY} peers: change {change:5.1f} s, nothing to change {same:5.2f} s;  "
        f"connection: {FEW} peers {few:5.1f} us, {MANY} peers {many:5.1f} us ({many / few:.2f})",
        flush=True,
    )


def main() -> None:
    subprocess.run([*LAB, "down"], check=True)
    subprocess.run([*LAB, "up", "--servers", str(len(MANAGERS))], check=True)
    try:
        lab = yaml.safe_load(INVENTORY.read_text())
        worlds = WORLDS / "inventory" / "worlds.yml"
        seconds("ansible-playbook", f"--inventory={INVENTORY}", f"--inventory={worlds}", str(WORLDS / "prepare.yml"))
        with tempfile.TemporaryDirectory() as directory:
            for host in MANAGERS:
                print(f"bench: {host}, where {MANAGERS[host]} decides", file=sys.stderr)
                measure(Site(host, pathlib.Path(directory), lab))
    finally:
        subprocess.run([*LAB, "down"], check=True)


if __name__ == "__main__":
    main()
