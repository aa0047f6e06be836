# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What checks that ran alone told of single servers, so that a server with many pairs is asked once."""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import Agreed
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import Leg
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence

# Kinds of faults of the client's own data connections that take their time.
_WAITED_FOR = ("client_data_timed_out", "client_data_unreachable")


class Alone:
    """Learns from checks, and foresees those that would end before the two servers meet. For any thread."""

    def __init__(self) -> None:
        self.down: dict[str, Fault] = {}  # servers that could not be opened
        self._opened: dict[str, Agreed | None] = {}  # servers that could, and what their connection was encrypted with
        self._closed: dict[str, Fault] = {}  # of these, those that took no payload

    def learn(self, leg: Leg, evidence: Evidence, fault: Fault | None) -> None:
        """Take in a check: what it saw, and the fault before the first leg if there was one."""
        if evidence.tls is not None:
            self._opened.update({name: evidence.tls[role] for role, name in leg.ends.items()})
        if fault is None or evidence.fault_server is None:
            return
        if evidence.stage == "connect" and fault.kind != "no_common_family":
            self.down[leg.ends[evidence.fault_server]] = fault
        elif evidence.stage == "prepare" and fault.kind in _WAITED_FOR:
            self._closed[leg.source] = fault

    def foresees(self, leg: Leg, evidence: Evidence) -> bool:
        """Whether it is known how a check would end; then fill in what it would see."""
        # As in a check: logins count before the payload, and among them that of the source.
        for role, name in leg.ends.items():
            if name in self.down:
                evidence.record(self.down[name], role)
                return True
        if leg.source in self._closed and leg.destination in self._opened:
            evidence.stage, evidence.tls = "prepare", {role: self._opened[name] for role, name in leg.ends.items()}
            evidence.record(self._closed[leg.source], "source")
            return True
        return False


__all__ = ("Alone",)
