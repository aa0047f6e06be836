# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""From evidence to a cause, where to look first and what cures it, in words: a pure function over the table of pictures."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.causes import (
    ADMIT_ANNOUNCED_CURE,
    CAUSES,
    CLIENT_DATA_CURE,
    CLIENT_DATA_SEEN,
    MISTAKEN_ADDRESS_CURE,
    NEVER_TAKEN,
    ONLY_DIALLED_ADMITTED,
    OTHER_REASON_CURE,
    REWRITTEN,
    STRAYED_CURE,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.pictures import (
    NO_SPACE,
    PICTURES,
    active_mode_disabled,
    ascii_side,
    clear_side,
    command_limited,
    file_side,
    foreign_address_refused,
    full_side,
    protection_side,
    reuse_side,
    server_busy,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES, Role, other
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.signs import one_refuses_tls

Mask = t.Callable[[str], str]
QUOTED_LINES = 6  # of one reply

# A leg that was refused by the policy on foreign addresses, on either side.
POLICY_CAUSES = ("active_refuses_foreign_address", "passive_refuses_foreign_address")


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
    return _explain(next((cause for cause, applies in PICTURES if applies(evidence)), "unknown"), evidence, mask)


def _disjoint(e: Evidence) -> bool:
    versions = e.tls_versions
    return versions is not None and not set(versions["source"]) & set(versions["destination"])


def _not_both_gone(e: Evidence) -> bool:
    return not all(side and side.gone for side in (e.active_side, e.passive_side))


# What makes a code proof, where a code alone is none; and the other places if that was not seen, roles in the leg or the network.
# No other place means that the place is certain and the reason is not.
_PROOF: dict[str, tuple[t.Callable[[Evidence], bool], tuple[str, ...]]] = {
    "server_busy": (server_busy, ()),
    "no_space": (lambda e: full_side(e, NO_SPACE) is not None, ()),
    "command_limited": (command_limited, ()),
    # The client's own address may be another one at that server.
    "active_mode_disabled": (active_mode_disabled, ("network",)),
    "unexpected_address_advertised": (lambda e: e.address_unexpected, ("active",)),
    "private_address_advertised": (lambda e: bool(e.rewritten), ("active", "network")),
    # The connection may have gone to another host.
    "passive_refuses_foreign_address": (foreign_address_refused, ("network",)),
    "tls_versions_disjoint": (_disjoint, ("network",)),
    "tls_roles_unassigned": (lambda e: e.fault_kind is not None, ("network",)),
    "tls_session_reuse_required": (lambda e: e.reuse_demanded is not None or not one_refuses_tls(e), ("other",)),
    # A demand for session reuse on a very slow line would look the same.
    "tls_protection_mismatch": (lambda e: not one_refuses_tls(e) or e.reuse_demanded is False, ("other",)),
    "tls_peer_certificate_unverified": (_not_both_gone, ("network",)),
}


def _explain(code: str, e: Evidence, mask: Mask) -> Diagnosis:
    cause = CAUSES[code]
    labels: dict[str, str] = {"source": e.source, "destination": e.destination}
    offender = _offender(code, e)
    roles: dict[str, Role] = {
        "active": e.active,
        "passive": e.passive,
        "destination": "destination",
        "offender": offender,
        "other": other(offender),
    }
    server = roles[cause.look] if cause.look else None
    certain, also = cause.certain, cause.also
    proven, elsewhere = _PROOF.get(code, (None, ()))
    if proven:
        certain = proven(e)
        also = () if certain else elsewhere
    if _of_the_client(code, e):
        server, also = offender, ("network",)
    elif code == "unknown":
        server = _who_spoke(e)
        also = tuple(place for place in (*ROLES, "network") if place != server)
    summary, remedy = _texts(code, e, certain)
    words = _words(e, {name: labels[role] for name, role in roles.items()}, labels[offender], mask)
    if code in _SHOWN and e.fault_kind in _WENT_AWAY and _final(e, offender):
        words["detail"] = _quoted(mask(_final(e, offender)))
    places = tuple(roles.get(place, place) for place in also)
    return Diagnosis(code, server, certain, places, summary.format(**words), remedy.format(**words))


def _texts(code: str, e: Evidence, certain: bool) -> tuple[str, str]:
    """What was seen and what cures it, with their gaps."""
    cause = CAUSES[code]
    seen, cure = cause.seen, cause.cure
    if _of_the_client(code, e):
        return CLIENT_DATA_SEEN, CLIENT_DATA_CURE
    if code == "passive_refuses_foreign_address" and e.passive_side and e.passive_side.silent:
        return NEVER_TAKEN, cure + STRAYED_CURE
    if code == "passive_refuses_foreign_address" and not certain:
        return seen, cure + OTHER_REASON_CURE
    if code == "unexpected_address_advertised" and not certain:
        return ONLY_DIALLED_ADMITTED, cure + ADMIT_ANNOUNCED_CURE
    if code == "private_address_advertised" and e.rewritten:
        return seen + REWRITTEN, cure
    if code == "active_refuses_foreign_address" and e.address_differs:
        return seen, MISTAKEN_ADDRESS_CURE + cure
    return seen, cure


def _of_the_client(code: str, e: Evidence) -> bool:
    return code.startswith("data_connection_") and (e.fault_kind or "").startswith("client_data_")


def _who_spoke(e: Evidence) -> Role | None:
    """The server that said what nothing explains, if it is only one."""
    return e.fault_server or (e.active if e.stage == "port" or (e.active_side and not e.passive_side) else None)


# Which server the transfer itself shows, for the causes that a transfer can show.
_SHOWN: dict[str, t.Callable[[Evidence], Role | None]] = {
    "server_busy": file_side,
    "file_refused": file_side,
    "overwrite_refused": file_side,
    "no_space": full_side,
    "type_mismatch": ascii_side,
    "tls_policy_mismatch": protection_side,
    "tls_session_reuse_required": reuse_side,
    "tls_peer_certificate_unverified": lambda e: e.sscn,
    "tls_protection_mismatch": clear_side,
    "tls_data_truncated": lambda e: e.sscn,
}
# A server that went away in a transfer may have done so because of the other one: who said what is wrong counts first.
_WENT_AWAY = ("lost", "closing", "silent")


def _final(e: Evidence, role: Role) -> str:
    """What a server said last of the transfer; that a connection ended tells nothing about files."""
    side = e.side(role)
    return (side and side.final) or ""


def _offender(code: str, e: Evidence) -> Role:
    shown = _SHOWN[code](e) if code in _SHOWN else None
    told = (shown, e.fault_server) if e.fault_kind in _WENT_AWAY else (e.fault_server, shown)
    return told[0] or told[1] or (e.active if e.stage == "port" else e.passive)


# What the client itself met at the passive port speaks for or against a rule about the active server alone.
_CLIENT_MET = {
    "connected": ", where the client gets through",
    "refused": ", where the client is refused, too",
    "unreachable": ", where the client has no way, either",
    "no answer": ", where the client gets no answer, either",
}


def _words(e: Evidence, names: t.Mapping[str, str], host: str, mask: Mask) -> dict[str, str]:
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
        "host": host,
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


__all__ = ("POLICY_CAUSES", "Diagnosis", "diagnose", "explain")
