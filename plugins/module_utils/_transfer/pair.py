# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Two servers between which files are to flow. Here a server gets its role, and nowhere below."""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.resolve import resolve_pair
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.seen import vantage
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session, wait_for
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES, Role, named, other


def planned(servers: t.Mapping[Role, ServerSpec], passive: Role, private: bool, sscn: Role | None = None) -> Evidence:
    """A leg of which nothing was seen yet: the servers, what the passive one is expected to announce, and the protection."""
    return Evidence(
        passive=passive,
        source=named("source", servers["source"]),
        destination=named("destination", servers["destination"]),
        expected_address=servers[passive].expected_address,
        expected_ports=servers[passive].passive_ports,
        protection="private" if private else "clear",
        sscn=sscn if private else None,
    )


class Pair:
    """
    The sessions of two servers by their roles; ``private`` is whether data is encrypted, with ``sscn`` as the TLS client.

    Without ``sscn`` it is the one that suits. ``at_once`` is whether both are asked at the same time. Where both are open already
    a thread costs more than it saves.
    """

    def __init__(
        self, sessions: t.Mapping[Role, Session], private: bool, sscn: Role | None = None, *, at_once: bool = True
    ) -> None:
        self.sessions = sessions
        self.source, self.destination = sessions["source"], sessions["destination"]
        self.untold: list[Role] | None = None  # servers that may see the client at the other one's address
        self._private = private
        self._sscn = sscn
        self._at_once = at_once

    def planned(self, passive: Role) -> Evidence:
        """A leg of which nothing was seen yet."""
        return planned({role: session.spec for role, session in self.sessions.items()}, passive, self._private, self._sscn)

    def resolve(self, family: str, timeout: float) -> None:
        """Look both names up. Raises ``Fault``."""
        self.source.endpoint, self.destination.endpoint = resolve_pair(self.source.spec, self.destination.spec, family, timeout)

    def meet(self, evidences: t.Sequence[Evidence]) -> bool:
        """
        Log in to both, and tell all evidence how. Whether a transfer would prove anything from here. Raises ``Fault``.

        Where a server sees the client at its peer's address it admits whatever the client asks for.
        """
        self.both(lambda session: session.control)
        for evidence in evidences:
            evidence.tls = {role: self.sessions[role].control.tls for role in ROLES}
        self.both(lambda session: session.seen)
        for evidence in evidences:
            evidence.client_seen = {role: self.sessions[role].seen for role in ROLES}
        views = {role: session.view() for role, session in self.sessions.items()}
        vantages = {role: vantage(views[role], views[other(role)]) for role in ROLES}
        self.untold = [role for role in ROLES if vantages[role] == "untold"]
        at_a_peer = "peer" in vantages.values()
        for evidence in evidences:
            evidence.vantage_is_peer = at_a_peer
        return not at_a_peer

    def lost(self, fault: Fault) -> Role:
        """The server that a fault happened on; its connection is given up if need be."""
        role = next(role for role in ROLES if self.sessions[role].spec is fault.server)
        # A refusal leaves commands and replies in step, everything else does not.
        if fault.kind != "refused":
            self.sessions[role].drop()
        return role

    def both(self, act: t.Callable[[Session], t.Any]) -> None:
        """Do the same on both servers; a fault of the source counts before one of the destination."""
        if not self._at_once:
            for role in ROLES:
                act(self.sessions[role])
            return
        errors: dict[Role, Exception] = {}

        def run(role: Role) -> None:
            try:
                act(self.sessions[role])
            except Exception as error:
                errors[role] = error

        thread = threading.Thread(target=run, args=("destination",))
        thread.start()
        run("source")
        wait_for([thread])
        for role in ROLES:
            if role in errors:
                raise errors[role]


__all__ = ("Pair", "planned")
