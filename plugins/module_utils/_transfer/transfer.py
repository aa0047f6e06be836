# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One transfer: a file of the source to a name at the destination, and whether what has arrived there is that file."""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import download, list_line
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.file import File, Told, size_of
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.leg import run_leg
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.pair import Pair
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import Role, named
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.verify import READ_BACK, Method, choose, digest_of, read_back


class Transfer:
    """
    Moves one file between the two servers of a pair, and holds it against what it was.

    It tells what was seen and judges nothing. Whoever wants files moved composes it: a check, a mesh. Both sessions can be used
    further afterwards, whatever happened; the file at the destination is noted there to be removed.
    """

    def __init__(self, pair: Pair, file: File, target: str, timeout: float, transfer_timeout: float = 0.0) -> None:
        self.warnings: list[str] = []
        self._pair = pair
        self._file = file
        self._target = target
        self._timeout = timeout
        self._transfer_timeout = transfer_timeout

    def run(self, evidence: Evidence) -> None:
        """Fill in what is seen; the stage is ``done`` if the file has arrived whole. Whatever servers do, nothing is raised."""
        evidence.expected_size = self._file.size
        pair = self._pair
        try:
            run_leg(pair.sessions, evidence, self._file.name, self._target, self._timeout, self._transfer_timeout)
            if evidence.stage == "verify":
                self._verify(evidence)
        except Fault as fault:
            evidence.record(fault, pair.lost(fault))
        if evidence.stage != "done":
            pair.both(Session.settle)

    def _verify(self, evidence: Evidence) -> None:
        file, destination = self._file, self._pair.destination
        try:
            evidence.size = size_of(destination, self._target)
        except Fault as fault:
            # In ASCII there is no size, and that is a fault of its own.
            if fault.kind != "refused" or "ASCII" in fault.detail:
                raise
            self._read_unsized(evidence, fault)
            return
        if evidence.size != file.size:
            return
        if file.size == 0:
            # There is only one empty content, and mod_digest's X commands refuse it.
            evidence.verified_by, evidence.stage = "SIZE", "done"
            return
        method = choose(destination.features)
        evidence.digest, evidence.verified_by = digest_of(destination, self._target, file.size, method)
        evidence.expected_digest = self._expected(method).digest
        if evidence.digest != evidence.expected_digest:
            self._read_again(evidence, method)
        if evidence.digest == evidence.expected_digest:
            evidence.stage = "done"

    def _read_unsized(self, evidence: Evidence, fault: Fault) -> None:
        """
        A server that does not tell the size may list the file and give it back; if it does not, ``fault`` is what it said.

        What is read back alone proves nothing: a server that changes line ends changes them back.
        """
        file, destination = self._file, self._pair.destination
        method = choose(destination.features)
        digest = method.digest()
        try:
            line = list_line(destination.control, self._target)
            if str(file.size) not in (line or "").split():
                raise fault
            evidence.size = download(destination.control, self._target, file.size, digest.update)
        except Fault as again:
            raise fault if again.kind == "refused" else again from None
        evidence.digest, evidence.verified_by = digest.hexdigest(), READ_BACK
        if evidence.size != file.size:
            return
        evidence.expected_digest = self._expected(method).digest if file.size else evidence.digest
        if evidence.digest == evidence.expected_digest:
            evidence.stage = "done"

    def _expected(self, method: Method) -> Told:
        """The digest at the source, which is asked if the client has not seen the file leave."""
        file, source = self._file, self._pair.source
        if method.algorithm not in file.digests:
            told = digest_of(source, file.name, file.size, choose(source.features, method.algorithm))
            file.digests[method.algorithm] = Told(*told)
        return file.digests[method.algorithm]

    def _read_again(self, evidence: Evidence, method: Method) -> None:
        """Two digests differ. A server's own word may be stale or wrong, so what can be read decides, on both sides."""
        file = self._file
        try:
            if evidence.verified_by != READ_BACK:
                there = self._read("destination", self._target, method, evidence.digest, evidence.verified_by)
                evidence.claimed_digest, evidence.digest, evidence.verified_by = evidence.digest, there, READ_BACK
            at_source = file.digests[method.algorithm]
            if at_source.by in (None, READ_BACK) or evidence.digest == at_source.digest:
                return
            evidence.expected_digest = self._read("source", file.name, method, *at_source)
            file.digests[method.algorithm] = Told(evidence.expected_digest, READ_BACK)
        except Fault as fault:
            # Nothing better can be had than what was told.
            self._pair.lost(fault)

    def _read(self, role: Role, name: str, method: Method, told: str | None, by: str | None) -> str:
        session = self._pair.sessions[role]
        there = read_back(session, name, self._file.size, method)
        if there != told:
            liar = named(role, session.spec)
            self.warnings.append(f"{liar} tells a wrong digest by {by}; what can be read there counts.")
        return there


__all__ = ("Transfer",)
