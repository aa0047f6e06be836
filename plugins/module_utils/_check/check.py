# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A whole check: both logins, the payload, a leg per passive role, verification, clean-up, and the result as plain data."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._check.request import Request
from ansible_collections.proftpd.fxp.plugins.module_utils._check.result import whole_result
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.result import leg_result, message_of
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import list_line, upload
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.resolve import resolve_pair
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.seen import vantage
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.exchange import parse_size
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.leg import run_leg
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.payload import random_chunks, unguessable_name
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES, Role, named, other
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.verify import READ_BACK, Method, choose, digest_of, read_back


@dataclass(frozen=True)
class Outcome:
    """The result with exactly ``RESULT_KEYS``, a sentence for people when it is not ok, and what is left to be deleted."""

    result: dict[str, t.Any]
    message: str
    warnings: list[str]


def run_check(request: Request) -> Outcome:
    """Check one ordered pair of servers. Whatever the servers do ends up in the outcome, nothing is raised for it."""
    return _Check(request).run()


class _Check:
    def __init__(self, request: Request, masker: Masker | None = None) -> None:
        self.request = request
        self.masker = masker or Masker(server.password for server in request.servers.values())
        self.transcript = Transcript(self.masker)
        self.sessions: dict[Role, Session] = {
            role: Session(request.servers[role], request.timeout, self.transcript.of(role), request.private) for role in ROLES
        }
        self.name = request.path or unguessable_name()
        self.size = 0
        self.method = Method("", "SHA-256")
        self.digest: str | None = None
        self.digest_by: str | None = None  # how a server told it; none for the client's own payload
        self.warnings: list[str] = []
        self.files_left: list[dict[str, str]] = []
        self.untold: list[Role] | None = None  # servers that may see the client at the other one's address
        self.set_up_fault: Fault | None = None

    def run(self) -> Outcome:
        evidences = [self._evidence(passive) for passive in self.request.passive]
        legs = []
        try:
            set_up = self._set_up(evidences)
            for index, evidence in enumerate(evidences):
                self.transcript.leg = index
                legs.append(self._leg(evidence) if set_up else leg_result(evidence, self.request.expect, self.masker))
        finally:
            self.transcript.leg = None
            for role in ROLES:
                self._leave(role)
            self._on_both(Session.close)
        return self._outcome(legs)

    def _evidence(self, passive: Role) -> Evidence:
        servers = self.request.servers
        return Evidence(
            passive=passive,
            source=named("source", servers["source"]),
            destination=named("destination", servers["destination"]),
            expected_address=servers[passive].expected_address,
            expected_ports=servers[passive].passive_ports,
            protection="private" if self.request.private else "clear",
            sscn=self.request.sscn if self.request.private else None,
        )

    def _set_up(self, evidences: t.Sequence[Evidence]) -> bool:
        """Everything that both legs need. What fails here fails in every leg."""
        try:
            self._resolve()
            self._on_both(lambda session: session.control)
            for evidence in evidences:
                evidence.tls = {role: self.sessions[role].control.tls for role in ROLES}
            self._on_both(lambda session: session.seen)
            for evidence in evidences:
                evidence.client_seen = {role: self.sessions[role].seen for role in ROLES}
            if self._vantage_is_peer():
                for evidence in evidences:
                    evidence.vantage_is_peer = True
                return False
            for evidence in evidences:
                evidence.stage = "prepare"
            self._prepare_file()
        except Fault as fault:
            server = self._lost(fault)
            self.set_up_fault = fault
            for evidence in evidences:
                evidence.record(fault, server)
            return False
        for evidence in evidences:
            evidence.expected_size = self.size
        return True

    def _resolve(self) -> None:
        source, destination = (self.sessions[role] for role in ROLES)
        source.endpoint, destination.endpoint = resolve_pair(
            source.spec, destination.spec, self.request.family, self.request.timeout
        )

    def _vantage_is_peer(self) -> bool:
        views = {role: session.view() for role, session in self.sessions.items()}
        found = {role: vantage(views[role], views[other(role)]) for role in ROLES}
        self.untold = [role for role in ROLES if found[role] == "untold"]
        return "peer" in found.values()

    def _prepare_file(self) -> None:
        source, destination = self.sessions["source"], self.sessions["destination"]
        self.method = choose(destination.features)
        if self.request.path is None:
            digest = self.method.digest()
            source.created(self.name)
            control = source.control
            try:
                upload(control, self.name, random_chunks(self.request.payload_size, digest))
            except Fault:
                if control.sent != "STOR":
                    source.ended(self.name)
                raise
            self.digest = digest.hexdigest()
        self.size = self._size(source, self.name)

    def _size(self, session: Session, name: str) -> int:
        reply = session.control.require(f"SIZE {name}")
        size = parse_size(reply)
        if size is None:
            raise Fault("malformed", session.spec, f"expected 213 and a number, got {reply.text!r}", "SIZE")
        return size

    def _leg(self, evidence: Evidence) -> dict[str, t.Any]:
        target = unguessable_name()
        try:
            run_leg(self.sessions, evidence, self.name, target, self.request.timeout, self.request.transfer_timeout)
            if evidence.stage == "verify":
                self._verify(evidence, target)
        except Fault as fault:
            evidence.record(fault, self._lost(fault))
        stored = (evidence.active_side if evidence.active == "destination" else evidence.passive_side) is not None
        if evidence.stage != "done":
            self._on_both(Session.settle)
        result = leg_result(evidence, self.request.expect, self.masker, target if stored else None)
        if stored:
            result["listing"] = {
                "source": self._listing("source", self.name),
                "destination": self._listing("destination", target),
            }
        self.sessions["destination"].remove_files()
        return result

    def _leave(self, role: Role) -> None:
        session = self.sessions[role]
        for name in session.remove_for_good():
            self.files_left.append({"server": role, "directory": session.spec.directory, "file": name})
            self.warnings.append(f"{role} {session.complaint(name)}")

    def _verify(self, evidence: Evidence, target: str) -> None:
        destination = self.sessions["destination"]
        evidence.size = self._size(destination, target)
        if evidence.size != self.size:
            return
        if self.size == 0:
            # There is only one empty content, and mod_digest's X commands refuse it.
            evidence.verified_by, evidence.stage = "SIZE", "done"
            return
        evidence.digest, evidence.verified_by = digest_of(destination, target, self.size, self.method)
        if self.digest is None:
            source = self.sessions["source"]
            self.digest, self.digest_by = digest_of(source, self.name, self.size, choose(source.features, self.method.algorithm))
        evidence.expected_digest = self.digest
        if evidence.digest != self.digest:
            self._read_again(evidence, target)
        if evidence.digest == evidence.expected_digest:
            evidence.stage = "done"

    def _read_again(self, evidence: Evidence, target: str) -> None:
        """Two digests differ. A server's own word may be stale or wrong, so what can be read decides, on both sides."""
        sides: list[tuple[Role, str, str | None]] = [
            ("destination", target, evidence.verified_by),
            ("source", self.name, self.digest_by),
        ]
        for role, name, told_by in sides:
            if told_by in (None, READ_BACK) or evidence.digest == self.digest:
                continue
            session = self.sessions[role]
            try:
                found = read_back(session, name, self.size, self.method)
            except Fault as fault:
                # Nothing better can be had than what was told.
                self._lost(fault)
                return
            told = evidence.digest if role == "destination" else self.digest
            if found != told:
                liar = named(role, session.spec)
                self.warnings.append(f"{liar} tells a wrong digest by {told_by}; what can be read there counts.")
            if role == "destination":
                evidence.claimed_digest, evidence.digest, evidence.verified_by = told, found, READ_BACK
            else:
                self.digest, self.digest_by = found, READ_BACK
                evidence.expected_digest = found

    def _listing(self, role: Role, name: str) -> str | None:
        session = self.sessions[role]
        if not (session.lists and session.connected):
            return None
        try:
            return self.masker.optional(list_line(session.control, name))
        except Fault as fault:
            session.lists = fault.kind == "refused"
            self._lost(fault)
            return None

    def _lost(self, fault: Fault) -> Role:
        """The server that a fault happened on, whose connection is given up if need be."""
        server = next(role for role in ROLES if self.sessions[role].spec is fault.server)
        # A refusal leaves commands and replies in step, everything else does not.
        if fault.kind != "refused":
            self.sessions[server].drop()
        return server

    def _outcome(self, legs: list[dict[str, t.Any]]) -> Outcome:
        result = whole_result(legs, self.transcript.entries(), self.files_left, None if self.untold is None else not self.untold)
        message = message_of(legs)
        return Outcome(result, message, self.warnings)

    def _on_both(self, act: t.Callable[[Session], t.Any]) -> None:
        """Do the same on both servers at once; a fault of the source counts before one of the destination."""
        errors: dict[Role, Exception] = {}

        def run(role: Role) -> None:
            try:
                act(self.sessions[role])
            except Exception as error:
                errors[role] = error

        thread = threading.Thread(target=run, args=("destination",))
        thread.start()
        run("source")
        thread.join()
        for role in ROLES:
            if role in errors:
                raise errors[role]


__all__ = ("Outcome", "run_check")
