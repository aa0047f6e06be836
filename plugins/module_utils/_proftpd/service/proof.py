# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Proof that the service serves: its port greets, its own main process listens there, and it still does so a little later.

The main process is the one that systemd names; it is the one that binds the port (src/main.c), and a reload keeps it.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import processes, sockets
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import daemon

_systemd = Systemd()


@dataclasses.dataclass(frozen=True)
class Heard:
    """The first line that the service said, and the main process that listens."""

    greeting: str
    pid: int


def hear(service: str, port: int, timeout: float) -> Heard:
    """
    Return what ``service`` says on ``port`` of 127.0.0.1 to a client (RFC 959, 5.4: 220).

    For a moment after a reload it may still be the old configuration that answers; ``lasting`` is certain.
    Tries again until ``timeout`` seconds are over or the service has ended. Raises HostError with what the last try met.
    """
    deadline = time.monotonic() + timeout
    while True:
        pid = _systemd.main_pid(service)
        if pid == 0:
            raise HostError(f"the service {service} has ended{_systemd.last_words(service)}")
        if port not in sockets.ports(pid):
            who = sockets.holder(port)
            met = f"the service {service} does not listen there, {who.named() if who else 'nobody'} does"
        else:
            try:
                line = daemon.first_line(port, max(0.1, deadline - time.monotonic()))
            except OSError as exc:
                met = exc.strerror or str(exc) or type(exc).__name__
            else:
                if line.startswith("220"):
                    return Heard(line, pid)
                met = f"it said {line!r}" if line else "it closed the connection without a word"
        if time.monotonic() >= deadline:
            raise HostError(f"port {port} did not greet with 220 within {timeout:g} s: {met}")
        time.sleep(0.05)


def lasting(service: str, port: int, timeout: float, settle: float) -> str:
    """Return the greeting of a ``service`` that greets still ``settle`` seconds later, the same process; or raise HostError."""
    first = hear(service, port, timeout)
    if not settle:
        return first.greeting
    began = time.monotonic()
    while time.monotonic() < began + settle and processes.exists(first.pid):
        time.sleep(0.05)
    if processes.exists(first.pid) and hear(service, port, timeout).pid == first.pid:
        return first.greeting
    lasted = time.monotonic() - began
    raise HostError(f"the service {service} greeted, but ended within {lasted:.1f} s{_systemd.last_words(service)}")


def listening(service: str, ports: t.AbstractSet[int], timeout: float) -> None:
    """Raise HostError unless ``service`` runs, and listens on all ``ports`` within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        pid = _systemd.main_pid(service)
        if pid == 0:
            raise HostError(f"the service {service} does not stay up{_systemd.last_words(service)}")
        missing = ports - sockets.ports(pid)
        if not missing:
            return
        if time.monotonic() >= deadline:
            raise HostError(f"the service {service} does not listen on port {min(missing)}")
        time.sleep(0.05)


def refuse_taken_port(service: str, port: int) -> None:
    """Raise HostError if another process than that of ``service`` listens on ``port``."""
    if port in sockets.ports(_systemd.main_pid(service)):
        return
    found = sockets.holder(port)
    if found is not None:
        raise HostError(f"port {port} is taken by {found.named()}; stop it, or give the server another fxp_control_port")
