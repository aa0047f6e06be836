# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A pair of servers put to the test: both logins, a file, a transfer per passive role, and what must not be left behind."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import list_line
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Transcript
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.file import File, found, random_file
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.pair import Pair
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.payload import unguessable_name
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES, Role
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.transfer import Transfer
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.verify import choose


@dataclass(frozen=True)
class Terms:
    """
    What is tried between two servers. Times are seconds, sizes bytes; ``passive`` lists the roles that listen, a leg each.

    ``private`` is whether data is encrypted, ``sscn`` which server is then the TLS client of the data connection.
    """

    servers: t.Mapping[Role, ServerSpec]
    passive: tuple[Role, ...]
    family: str
    path: str | None
    payload_size: int
    timeout: float
    transfer_timeout: float = 0.0
    private: bool = False
    sscn: Role | None = None


@dataclass(frozen=True)
class Tried:
    """One leg: what was seen, the name at the destination if STOR was sent, and what LIST shows of the file on each side."""

    evidence: Evidence
    target: str | None = None
    listing: t.Mapping[Role, str | None] = field(default_factory=lambda: dict.fromkeys(ROLES))


class Trial:
    """
    What every leg of a pair needs once, and the legs. It tells what was seen; what that means is for the caller to say.

    ``supply`` makes or finds the file when both servers are open, ``listed`` is whether LIST is asked for what people may want to
    see. ``fault`` is what ended the trial before its first leg.
    """

    def __init__(
        self, pair: Pair, supply: t.Callable[[], File], timeout: float, transfer_timeout: float = 0.0, *, listed: bool = True
    ) -> None:
        self.warnings: list[str] = []
        self.fault: Fault | None = None
        self._pair = pair
        self._supply = supply
        self._timeout = timeout
        self._transfer_timeout = transfer_timeout
        self._listed = listed

    def run(
        self,
        passive: t.Sequence[Role],
        family: str | None = None,
        begin: t.Callable[[int], None] = lambda index: None,
    ) -> list[Tried]:
        """
        A leg per passive role. With ``family`` the names are looked up first; ``begin`` hears of each leg by its number.

        What fails before the first leg fails in every leg.
        """
        evidences = [self._pair.planned(role) for role in passive]
        file = self._set_up(evidences, family)
        legs = []
        for index, evidence in enumerate(evidences):
            begin(index)
            legs.append(Tried(evidence) if file is None else self._leg(evidence, file))
        return legs

    def _set_up(self, evidences: t.Sequence[Evidence], family: str | None) -> File | None:
        try:
            if family is not None:
                self._pair.resolve(family, self._timeout)
            if not self._pair.meet(evidences):
                return None
            for evidence in evidences:
                evidence.stage = "prepare"
            return self._supply()
        except Fault as fault:
            role = self._pair.lost(fault)
            self.fault = fault
            for evidence in evidences:
                evidence.record(fault, role)
            return None

    def _leg(self, evidence: Evidence, file: File) -> Tried:
        target = unguessable_name()
        transfer = Transfer(self._pair, file, target, self._timeout, self._transfer_timeout)
        transfer.run(evidence)
        self.warnings += transfer.warnings
        tried = Tried(evidence)
        if evidence.stored:
            listing = {"source": self._listing("source", file.name), "destination": self._listing("destination", target)}
            tried = Tried(evidence, target, t.cast(t.Mapping[Role, t.Optional[str]], listing))
        self._pair.destination.remove_files()
        return tried

    def _listing(self, role: Role, name: str) -> str | None:
        # It decides nothing and costs a data connection.
        session = self._pair.sessions[role]
        if not (self._listed and session.lists and session.connected):
            return None
        try:
            return list_line(session.control, name)
        except Fault as fault:
            session.lists = fault.kind == "refused"
            self._pair.lost(fault)
            return None


@dataclass(frozen=True)
class Shown:
    """
    What a trial over connections of its own showed.

    That is the legs, what people must read, the files that remain (server as a role, directory, file), the servers that may see
    the client at their peer's address, and what ended it before the first leg.
    """

    legs: list[Tried]
    warnings: list[str]
    files_left: list[dict[str, str]]
    untold: list[Role] | None
    fault: Fault | None


def try_pair(terms: Terms, transcript: Transcript) -> Shown:
    """A whole trial: whatever the servers do is told, nothing is raised for it, and the connections are closed."""
    sessions = {role: Session(terms.servers[role], terms.timeout, transcript.of(role), terms.private) for role in ROLES}
    pair = Pair(sessions, terms.private, terms.sscn)

    def supply() -> File:
        if terms.path is not None:
            return found(pair.source, terms.path)
        return random_file(pair.source, terms.payload_size, choose(pair.destination.features))

    def begin(index: int) -> None:
        transcript.leg = index

    trial = Trial(pair, supply, terms.timeout, terms.transfer_timeout)
    left: list[dict[str, str]] = []
    try:
        legs = trial.run(terms.passive, terms.family, begin)
    finally:
        transcript.leg = None
        for role in ROLES:
            for name in sessions[role].remove_for_good():
                left.append({"server": role, "directory": sessions[role].spec.directory, "file": name})
                trial.warnings.append(f"{role} {sessions[role].complaint(name)}")
        pair.both(Session.close)
    return Shown(legs, trial.warnings, left, pair.untold, trial.fault)


__all__ = ("Shown", "Terms", "Trial", "Tried", "try_pair")
