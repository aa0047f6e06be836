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

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.addresses import same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.data import list_line, upload
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.diagnosis import POLICY_CAUSES, Diagnosis, diagnose
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.evidence import Evidence
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.exchange import parse_size
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.faults import ROLES, Fault, Role, other
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.leg import run_leg
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.payload import random_chunks, unguessable_name
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.request import Request
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.resolve import resolve_pair
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.verify import Method, choose, digest_of

RESULT_KEYS = ("ok", "cause", "server", "remedy", "legs", "transcript")


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
    def __init__(self, request: Request) -> None:
        self.request = request
        self.masker = Masker(server.password for server in request.servers.values())
        self.transcript = Transcript(self.masker)
        self.sessions: dict[Role, Session] = {
            role: Session(request.servers[role], request.timeout, self.transcript) for role in ROLES
        }
        self.name = request.path or unguessable_name()
        self.size = 0
        self.method = Method("", "SHA-256")
        self.digest: str | None = None
        self.warnings: list[str] = []

    def run(self) -> Outcome:
        evidences = [self._evidence(passive) for passive in self.request.passive]
        legs = []
        try:
            set_up = self._set_up(evidences)
            for index, evidence in enumerate(evidences):
                self.transcript.leg = index
                legs.append(self._leg(evidence) if set_up else self._leg_result(evidence))
        finally:
            self.transcript.leg = None
            self.warnings += self.sessions["source"].remove_files() + self.sessions["destination"].remove_files()
            self._on_both(Session.close)
        return self._outcome(legs)

    def _evidence(self, passive: Role) -> Evidence:
        servers = self.request.servers
        return Evidence(
            passive=passive,
            source=servers["source"].label,
            destination=servers["destination"].label,
            expected_address=servers[passive].expected_address,
            expected_ports=servers[passive].passive_ports,
        )

    def _set_up(self, evidences: t.Sequence[Evidence]) -> bool:
        """Everything that both legs need. What fails here fails in every leg."""
        try:
            endpoints = resolve_pair(self.request.servers, self.request.family, self.request.timeout)
            for role in ROLES:
                self.sessions[role].endpoint = endpoints[role]
            self._on_both(lambda session: session.control)
            if self._vantage_is_peer():
                for evidence in evidences:
                    evidence.vantage_is_peer = True
                return False
            for evidence in evidences:
                evidence.stage = "prepare"
            self._prepare_file()
        except Fault as fault:
            self._lost(fault)
            for evidence in evidences:
                evidence.record(fault)
            return False
        for evidence in evidences:
            evidence.expected_size = self.size
        return True

    def _vantage_is_peer(self) -> bool:
        controls = {role: session.control for role, session in self.sessions.items()}
        return any(same_address(controls[role].own_address, controls[other(role)].peer_address) for role in ROLES)

    def _prepare_file(self) -> None:
        source, destination = self.sessions["source"], self.sessions["destination"]
        self.method = choose(destination.features)
        if self.request.path is None:
            digest = self.method.digest()
            source.created(self.name)
            upload(source.control, self.name, random_chunks(self.request.payload_size, digest))
            self.digest = digest.hexdigest()
        self.size = self._size(source, self.name)

    def _size(self, session: Session, name: str) -> int:
        reply = session.control.require(f"SIZE {name}")
        size = parse_size(reply)
        if size is None:
            raise Fault("malformed", session.role, f"expected 213 and a number, got {reply.text!r}", "SIZE")
        return size

    def _leg(self, evidence: Evidence) -> dict[str, t.Any]:
        target = unguessable_name()
        try:
            run_leg(self.sessions, evidence, self.name, target, self.request.timeout, self.request.transfer_timeout)
            if evidence.stage == "verify":
                self._verify(evidence, target)
        except Fault as fault:
            self._lost(fault)
            evidence.record(fault)
        stored = evidence.stage in ("transfer", "verify", "done")
        if evidence.stage != "done":
            self._on_both(Session.settle)
        result = self._leg_result(evidence, target if stored else None)
        if stored:
            result["listing"] = {
                "source": self._listing("source", self.name),
                "destination": self._listing("destination", target),
            }
        self.warnings += self.sessions["destination"].remove_files()
        return result

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
            self.digest, _label = digest_of(source, self.name, self.size, choose(source.features, self.method.algorithm))
        evidence.expected_digest = self.digest
        if evidence.digest == evidence.expected_digest:
            evidence.stage = "done"

    def _listing(self, role: Role, name: str) -> str | None:
        session = self.sessions[role]
        if not (session.lists and session.connected):
            return None
        try:
            return list_line(session.control, name)
        except Fault as fault:
            session.lists = fault.kind == "refused"
            self._lost(fault)
            return None

    def _lost(self, fault: Fault) -> None:
        # A refusal leaves commands and replies in step, everything else does not.
        if fault.kind != "refused":
            self.sessions[fault.server].drop()

    def _leg_result(self, evidence: Evidence, target: str | None = None) -> dict[str, t.Any]:
        diagnosis = diagnose(evidence)
        ok = diagnosis is None
        if self.request.expect == "refused":
            ok, diagnosis = _judge_refusal(diagnosis, evidence)
        moved = evidence.stage == "done" and evidence.seconds
        return {
            "passive": evidence.passive,
            "ok": ok,
            "cause": diagnosis.cause if diagnosis else None,
            "server": diagnosis.server if diagnosis else None,
            "certain": diagnosis.certain if diagnosis else True,
            "also_possible": list(diagnosis.also_possible) if diagnosis else [],
            "remedy": diagnosis.remedy if diagnosis and not ok else None,
            "evidence": dict(evidence.as_dict(), summary=diagnosis.summary if diagnosis else None),
            "bytes": evidence.size,
            "seconds": round(evidence.seconds, 4) if evidence.seconds is not None else None,
            "bytes_per_second": round((evidence.size or 0) / moved) if moved else None,
            "verified_by": evidence.verified_by if ok else None,
            "listing": {"source": None, "destination": None},
            "file": target,
        }

    def _outcome(self, legs: list[dict[str, t.Any]]) -> Outcome:
        failed = next((leg for leg in legs if not leg["ok"]), None)
        result = {
            "ok": failed is None,
            "cause": failed["cause"] if failed else None,
            "server": failed["server"] if failed else None,
            "remedy": failed["remedy"] if failed else None,
            "legs": legs,
            "transcript": self.transcript.entries(),
        }
        message = self._message(failed) if failed else ""
        return Outcome(self.masker.value(result), self.masker.text(message), [self.masker.text(w) for w in self.warnings])

    def _message(self, leg: t.Mapping[str, t.Any]) -> str:
        servers = self.request.servers
        where = f", look first at the {leg['server']}" if leg["server"] else ""
        listens = "" if leg["evidence"]["stage"] in ("connect", "prepare") else f" with the {leg['passive']} passive"
        return (
            f"FXP from {servers['source'].label} to {servers['destination'].label}{listens}: "
            f"{leg['evidence']['summary']} ({leg['cause'] or 'not refused'}{where}). {leg['remedy']}"
        )

    def _on_both(self, act: t.Callable[[Session], t.Any]) -> None:
        """Do the same on both servers at once; a fault of the source counts before one of the destination."""
        faults: dict[Role, Fault] = {}

        def run(role: Role) -> None:
            try:
                act(self.sessions[role])
            except Fault as fault:
                faults[role] = fault

        thread = threading.Thread(target=run, args=("destination",))
        thread.start()
        run("source")
        thread.join()
        for role in ROLES:
            if role in faults:
                raise faults[role]


def _judge_refusal(diagnosis: Diagnosis | None, evidence: Evidence) -> tuple[bool, Diagnosis | None]:
    """
    Whether a leg that should be refused was, and what to say of it.

    A refusal by policy keeps its code, it is the fact that was to be proven, and needs no remedy. A transfer that went through
    has no code: nothing was at fault in it, and a refusal by either server would have been enough.
    """
    if diagnosis is not None:
        return diagnosis.cause in POLICY_CAUSES, diagnosis
    names = {"source": evidence.source, "destination": evidence.destination}
    active, passive = names[evidence.active], names[evidence.passive]
    return False, Diagnosis(
        cause=None,
        server=None,
        certain=True,
        also_possible=(),
        summary="the file was moved, although this was to be refused",
        remedy=f"Set fxp_foreign_addresses to none on {active} or on {passive}, or take the other one out of its class of peers.",
    )


__all__ = ("RESULT_KEYS", "Outcome", "run_check")
