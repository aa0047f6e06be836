# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""From evidence to a cause, where to look first and what cures it, in words: a pure function over the table of pictures."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.causes import CAUSES, Cause
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.pictures import file_side, full_side
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import Role, other

Mask = t.Callable[[str], str]
QUOTED_LINES = 6  # of one reply


@dataclass(frozen=True)
class Diagnosis:
    """
    Why a leg fell short. ``cause`` is none for a transfer that went through although it was to be refused.

    ``server`` is where to look first (none if neither is to blame). Without ``certain`` the dialogue alone cannot tell, and
    ``also_possible`` names the other places: source, destination or network; none if only the reason is open.
    """

    cause: str | None
    server: Role | None
    certain: bool
    also_possible: tuple[str, ...]
    summary: str
    remedy: str


def diagnose(evidence: Evidence, mask: Mask = str) -> Diagnosis | None:
    """
    The diagnosis of a leg, or none if it moved the file and this was verified.

    Causes are told from what was really said; ``mask`` is put over what the sentences quote of it.
    """
    if evidence.stage == "done" and evidence.fault_kind is None:
        return None
    cause = next(cause for cause in CAUSES if cause.sees(evidence))
    return _told(cause.as_seen(evidence), evidence, mask)


def _told(cause: Cause, e: Evidence, mask: Mask) -> Diagnosis:
    """A row of the table in the words of one leg."""
    labels: dict[str, str] = {"source": e.source, "destination": e.destination}
    shown = cause.who(e) if cause.who else None
    offender = _offender(shown, e)
    parts: dict[str, Role] = {
        "active": e.active,
        "passive": e.passive,
        "destination": "destination",
        "offender": offender,
        "other": other(offender),
    }
    server = shown if cause.look == "shown" else parts[cause.look] if cause.look else None
    words = _words(e, {name: labels[role] for name, role in parts.items()}, mask)
    if cause.look == "offender" and cause.who and e.fault_kind in _WENT_AWAY and _final(e, offender):
        words["detail"] = _quoted(mask(_final(e, offender)))
    places = (parts.get(place, place) for place in cause.also)
    return Diagnosis(
        cause=cause.code,
        server=server,
        certain=cause.certain,
        also_possible=tuple(place for place in places if place != server),
        summary=cause.tells.format(**words),
        remedy=cause.cure.format(**words),
    )


# A server that went away in a transfer may have done so because of the other one: who said what is wrong counts first.
_WENT_AWAY = ("lost", "closing", "silent")


def _offender(shown: Role | None, e: Evidence) -> Role:
    """The server at fault: the one that the transfer shows, or that the fault happened on."""
    told = (shown, e.fault_server) if e.fault_kind in _WENT_AWAY else (e.fault_server, shown)
    return told[0] or told[1] or (e.active if e.stage == "port" else e.passive)


def _final(e: Evidence, role: Role) -> str:
    """What a server said last of the transfer; that a connection ended tells nothing about files."""
    side = e.side(role)
    return (side and side.final) or ""


# What the client itself met at the passive port speaks for or against a rule about the active server alone.
_CLIENT_MET = {
    "connected": ", where the client gets through",
    "refused": ", where the client is refused, too",
    "unreachable": ", where the client has no way, either",
    "no answer": ", where the client gets no answer, either",
}


def _words(e: Evidence, names: t.Mapping[str, str], mask: Mask) -> dict[str, str]:
    def said(side: Side | None) -> str:
        reply = side and (side.final or side.preliminary)
        return _quoted(mask(reply)) if reply else "no answer"

    role = file_side(e) or full_side(e)
    reply = said(e.active_side if role == e.active else e.passive_side) if role else None
    detail = mask(e.fault_detail or "") or reply or (None if e.active_side else mask(e.port_reply or ""))
    if not detail:
        detail = f"{names['active']} said {said(e.active_side)!r}, {names['passive']} said {said(e.passive_side)!r}"
    announced = e.announced_address or "its address"
    dialled = e.dialled_address or ""
    differs = bool(e.announced_address and dialled and not same_address(announced, dialled))
    same_size = e.size == e.expected_size
    words = {
        "detail": _quoted(detail),
        "announced": announced,
        "port": str(e.announced_port),
        "ports": "{}-{}".format(*e.expected_ports) if e.expected_ports else "the range",
        "dialled_address": dialled,
        "client": _CLIENT_MET[e.client_reached] if e.client_reached else "",
        "dialled": f" (but it was dialled at {dialled})" if differs else "",
        "expected": f"the expected {e.expected_address}" if e.expected_address else "an address that can be dialled",
        "active_said": said(e.active_side) if e.active_side else mask(e.port_reply or "") or "no answer",
        "passive_said": said(e.passive_side),
        "difference": "another digest" if same_size else f"{e.size} bytes instead of {e.expected_size}",
        "versions": _versions(e),
        "moved": f"{'no' if e.size is None else e.size} of {e.expected_size} bytes were seen to arrive",
    }
    words.update(names)
    return words


def _quoted(reply: str) -> str:
    """A reply as one line. What a server wants to say often stands before its last line."""
    lines = reply.splitlines()
    return " / ".join(lines if len(lines) <= QUOTED_LINES else [*lines[: QUOTED_LINES - 1], "...", lines[-1]])


def _versions(e: Evidence) -> str:
    if e.tls_versions is None:
        return "both ended the handshake"
    return ", ".join(f"the {role} takes {' and '.join(versions)}" for role, versions in e.tls_versions.items())


def explain(spec: ServerSpec, fault: Fault, masker: Masker) -> dict[str, t.Any]:
    """What kept this host from using one server: cause, detail and remedy."""
    evidence = Evidence(passive="source", source=spec.label, destination="this host", stage="prepare")
    evidence.record(fault, "source")
    diagnosis = diagnose(evidence, masker.text)
    if diagnosis is None:
        raise AssertionError("a fault always has a diagnosis")  # pragma: no cover
    return {"cause": diagnosis.cause, "detail": diagnosis.summary, "remedy": diagnosis.remedy}


__all__ = ("Diagnosis", "diagnose", "explain")
