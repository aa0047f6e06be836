# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""From the evidence of one leg to the values that modules return, and to a sentence."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.causes import POLICY_CAUSES
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.diagnosis import Diagnosis, diagnose
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.trial import Tried


def leg_result(leg: Tried, expect: str, masker: Masker) -> dict[str, t.Any]:
    """One entry of ``legs``; ``expect`` is allowed or refused."""
    evidence = leg.evidence
    diagnosis = diagnose(evidence, masker.text)
    ok = diagnosis is None
    if expect == "refused":
        ok, diagnosis = _judge_refusal(diagnosis, evidence)
    moved = evidence.stage == "done" and evidence.seconds
    return {
        "passive": evidence.passive,
        "expect": expect,
        "ok": ok,
        "cause": diagnosis.cause if diagnosis else None,
        "server": diagnosis.server if diagnosis else None,
        "certain": diagnosis.certain if diagnosis else True,
        "also_possible": list(diagnosis.also_possible) if diagnosis else [],
        "remedy": diagnosis.remedy if diagnosis and not ok else None,
        "evidence": dict(_seen(evidence, masker), summary=diagnosis.summary if diagnosis else None),
        "bytes": evidence.size,
        "seconds": evidence.seconds,
        "bytes_per_second": round((evidence.size or 0) / moved) if moved else None,
        "verified_by": evidence.verified_by if evidence.stage == "done" else None,
        "listing": {role: masker.optional(line) for role, line in leg.listing.items()},
        "file": leg.target,
    }


def _seen(evidence: Evidence, masker: Masker) -> dict[str, t.Any]:
    """The evidence as plain data, without secrets in what servers said; all the rest are words of the checker."""
    seen = evidence.as_dict()
    for key in (
        "fault_detail",
        "port_reply",
        "own_port_reply",
        "dialled_port_reply",
        "expected_digest",
        "digest",
        "claimed_digest",
    ):
        seen[key] = masker.optional(seen[key])
    for side in (seen["active_side"], seen["passive_side"]):
        if side is not None:
            side.update(preliminary=masker.optional(side["preliminary"]), final=masker.optional(side["final"]))
    return seen


def message_of(legs: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """What failed, for people: pair, cause, where to look and remedy of the first leg that falls short; empty if none does."""
    for leg in legs:
        if not leg["ok"]:
            seen = leg["evidence"]
            where = f", look first at the {leg['server']}" if leg["server"] else ""
            if not leg["certain"]:
                others = f", also possible: {', '.join(leg['also_possible'])}" if leg["also_possible"] else ""
                where += f", not certain{others}"
            listens = "" if seen["stage"] in ("connect", "prepare") else f" with the {leg['passive']} passive"
            return (
                f"FXP from {seen['source']} to {seen['destination']}{listens}: "
                f"{seen['summary']} ({leg['cause'] or 'not refused'}{where}). {leg['remedy']}"
            )
    return ""


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


__all__ = ("leg_result", "message_of")
