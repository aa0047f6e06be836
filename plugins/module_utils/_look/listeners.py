# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
Which programs listen on ports that the plan gives to ProFTPD?

On the control port nobody else may. Inside the passive range another's service would be cut off from those who use it now,
because the rules of the plan guard the whole range.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import run, sockets
from ansible_collections.proftpd.fxp.plugins.module_utils._look.refusal import Refusal

PROGRAM = "proftpd"
SSH = ("sshd", "dropbear", "ssh.socket", "sshd.socket", "dropbear.socket")
_SYSTEMD = 1  # the process that holds sockets for others until somebody comes
UNSEEN = "a program that cannot be seen from here"


class Listener(t.NamedTuple):
    """
    A socket of this host that takes TCP connections.

    C(program) is the name of the process, or of the unit that systemd listens for; C(pid) is 0 where no process holds it.
    """

    address: str
    port: int
    pid: int
    program: str

    @property
    def is_loopback(self) -> bool:
        """Whether nobody from outside can reach it, whatever the rules are."""
        return self.address.startswith("127.") or self.address == "::1"

    @property
    def told(self) -> str:
        """The program as it is told people."""
        return f"{self.program} (process {self.pid})" if self.pid > _SYSTEMD else self.program


def listeners(ports: t.Callable[[int], bool], output: t.Callable[..., str] = run.output) -> list[Listener]:
    """Everybody who listens on one of the *ports*, in the order of the ports."""
    found = {inode: (str(address), port) for address, port, inode in sockets._all_listening() if ports(port)}
    if not found:
        return []
    holders = _holders(found)
    activated = _activated(output) if any(pid == _SYSTEMD for pid, program in holders.values()) else {}
    named = []
    for inode, (address, port) in found.items():
        pid, program = holders.get(inode, (0, UNSEEN))
        named.append(Listener(address, port, pid, activated.get(port, program) if pid == _SYSTEMD else program))
    return sorted(named, key=lambda each: (each.port, each.address, each.pid))


def _holders(inodes: t.Container[str]) -> dict[str, tuple[int, str]]:
    """Number and name of the process that holds each of the sockets; the first one, as those after it were forked by it."""
    found: dict[str, tuple[int, str]] = {}
    for pid in sorted(map(int, filter(str.isdigit, os.listdir("/proc")))):
        for inode in sockets._held(pid):
            if inode in inodes and inode not in found:
                try:
                    with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
                        found[inode] = pid, file.read().strip()
                except OSError:
                    continue  # it has ended
    return found


def _activated(output: t.Callable[..., str]) -> dict[int, str]:
    """The units for which systemd itself listens, by port."""
    units = {}
    for line in output("systemctl", "list-sockets", "--no-legend", "--no-pager", "--full").splitlines():
        words = line.split()
        port = words[0].rpartition(":")[2] if len(words) > 1 else ""
        if port.isdigit():
            units[int(port)] = words[1]
    return units


def on_control_port(found: t.Iterable[Listener], port: int, main_pid: int) -> list[Refusal]:
    """Refuse the control port where another than the main process of our service has it, at whatever address."""
    others = [each for each in found if each.port == port and (each.pid != main_pid or not main_pid)]
    if not others:
        return []
    first = others[0]
    return [
        Refusal(
            "control_port_taken",
            "fxp_control_port",
            port,
            f"port {port} is taken by {first.told}, which listens on {first.address}.",
            "Stop it, or give the server another fxp_control_port.",
        )
    ]


class Passive(t.NamedTuple):
    """What is found inside the passive range: what refuses, and what is only told."""

    refusals: list[Refusal]
    warnings: list[str]


def in_passive_range(found: t.Iterable[Listener], span: tuple[int, int], is_reached: t.Callable[[int], bool]) -> Passive:
    """
    Hold everybody else's listeners against the passive range.

    *is_reached*: whether the rules in force may let somebody from outside in at a port.
    """
    refusals, warnings = [], []
    first, last = span
    for port, program in sorted({(each.port, each.told) for each in found if _is_cut_off(each, span)}):
        sentence = f"{first}-{last} has port {port} in it, on which {program} listens"
        cure = "Stop it, or choose a range without that port."
        if is_reached(port):
            refusals.append(
                Refusal(
                    "passive_port_taken",
                    "fxp_passive_ports",
                    f"{first}-{last}",
                    f"{sentence}, and the rules of the plan would cut it off from those who are no clients or peers.",
                    cure,
                )
            )
        else:
            warnings.append(
                f"fxp_passive_ports: {sentence}. Nobody gets in there from outside now, but clients and peers would. {cure}"
            )
    return Passive(refusals, warnings)


def _is_cut_off(each: Listener, span: tuple[int, int]) -> bool:
    return span[0] <= each.port <= span[1] and not each.is_loopback and each.program != PROGRAM


def ssh_ports(found: t.Iterable[Listener]) -> set[int]:
    """The ports of those listeners that let administrators in, those that systemd holds for them too."""
    return {each.port for each in found if each.program in SSH and not each.is_loopback}


__all__ = ("Listener", "Passive", "in_passive_range", "listeners", "on_control_port", "ssh_ports")
