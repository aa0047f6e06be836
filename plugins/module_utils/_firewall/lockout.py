# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Which TCP ports of this host does its administrator come in through?

Read from proc(5), because ``ansible_port`` may be the port of a forwarder in front of it.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Ports
from ansible_collections.proftpd.fxp.plugins.module_utils._host import processes, sockets
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd

SERVERS = ("sshd", "dropbear")
UNITS = ("ssh.socket", "sshd.socket", "dropbear.socket")


def ssh_connection(proc: str = "/proc", pid: int | None = None) -> str:
    """
    ``SSH_CONNECTION`` of the session that this process belongs to: addresses and ports of both ends (sshd(8)).

    An empty string if it does not come from ssh. Parents are asked too, because sudo takes the variable away.
    """
    process = pid or os.getpid()
    while process > 1:
        found = re.search(r"(?:^|\0)SSH_CONNECTION=([^\0]+)", processes.environment(process, proc))
        if found:
            return found.group(1)
        process = processes.parent(process, proc)
    return ""


def ssh_source() -> str:
    """The address from which this process was called by ssh; empty if it was not."""
    return ssh_connection().partition(" ")[0]


def listening(proc: str = "/proc", systemd: Systemd | None = None) -> set[int]:
    """TCP ports that an ssh server listens on, or systemd for it; those on loopback addresses are forwarded ones and left out."""
    return {
        each.port
        for each in sockets.listeners(proc, systemd)
        if not each.address.is_loopback and (each.unit in UNITS or any(process.name in SERVERS for process in each.holders))
    }


def ways_in(connection: str, listeners: t.Iterable[int]) -> set[int]:
    """The ports that the administrator comes in through: that of his ``connection`` beside those of the ``listeners``."""
    fields = connection.split()
    return {*listeners, *([int(fields[3])] if len(fields) == 4 and fields[3].isdigit() else [])}


def refuse_lockout(governed: Ports, connection: str, listeners: t.Iterable[int]) -> None:
    """Raise FirewallError if the rules would govern a port that the administrator comes in through."""
    for port in sorted(ways_in(connection, listeners)):
        if port == governed.control:
            raise FirewallError(
                f"fxp_control_port is {port}, but ssh, the way in for administrators, listens on port {port} here; "
                "give fxp_control_port another port, 21 for example."
            )
        if governed.hold(port):
            first, last = governed.passive
            raise FirewallError(
                f"fxp_passive_ports is {first}-{last}, but ssh, the way in for administrators, listens on port {port} here; "
                "choose a range without that port, 49152-49407 for example."
            )
