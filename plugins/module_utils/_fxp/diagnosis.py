# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""From evidence to a cause, where to look first and what cures it, in words: a pure function over the table of pictures."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.addresses import same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.causes import CAUSES, CLIENT_DATA_CURE
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.faults import Role
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.pictures import (
    NO_SPACE,
    PICTURES,
    ascii_side,
    clear_side,
    file_side,
    full_side,
    one_refuses_tls,
    protection_side,
    reuse_side,
)

Mask = t.Callable[[str], str]

# A leg that was refused by the policy on foreign addresses, on either side.
POLICY_CAUSES = ("active_refuses_foreign_address", "passive_refuses_foreign_address")


@dataclass(frozen=True)
class Diagnosis:
    """
    Why a leg fell short. ``cause`` is none for a transfer that went through although it was to be refused.

    ``server`` is where to look first (none if neither is to blame). Without ``certain`` the dialogue alone cannot tell, and
    ``also_possible`` names the other places: source, destination or network.
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


def _explain(code: str, e: Evidence, mask: Mask) -> Diagnosis:
    cause = CAUSES[code]
    labels: dict[str, str] = {"source": e.source, "destination": e.destination}
    offender = _offender(code, e)
    roles: dict[str, Role] = {
        "active": e.active,
        "passive": e.passive,
        "destination": "destination",
        "offender": offender,
    }
    server = roles[cause.look] if cause.look else None
    also = tuple(roles.get(place, place) for place in cause.also)
    summary, remedy, certain = cause.seen, cause.cure, cause.certain
    if code.startswith("data_connection_") and (e.fault_kind or "").startswith("client_data_"):
        server, also = offender, ("network",) if cause.also else ()
        summary, remedy = "{host} does not take the data connection of the client itself: {detail}", CLIENT_DATA_CURE
    elif code == "passive_refuses_foreign_address" and e.passive_side and e.passive_side.silent:
        certain, also = False, ("network",)
        summary = "{passive} never took the data connection that {active} opened to {announced}{dialled}"
        remedy += (
            " If that server never refuses in silence, the connection went to another host: check its fxp_masquerade_address."
        )
    elif code == "no_space" and full_side(e, NO_SPACE) is None:
        certain = False
    elif code == "tls_versions_disjoint":
        certain = _disjoint(e)
    elif code == "tls_roles_unassigned" and e.fault_kind is None:
        certain, also = False, ("network",)
    elif code == "tls_session_reuse_required":
        certain = e.reuse_demanded is not None or not one_refuses_tls(e)
    elif code == "tls_protection_mismatch" and one_refuses_tls(e):
        # A demand for session reuse on a very slow line would look the same.
        certain = e.reuse_demanded is False
    elif code == "tls_peer_certificate_unverified" and all(side and side.gone for side in (e.active_side, e.passive_side)):
        certain, also = False, ("network",)
    words = _words(e, {name: labels[role] for name, role in roles.items()}, labels[offender], mask)
    return Diagnosis(code, server, certain, also, summary.format(**words), remedy.format(**words))


def _disjoint(e: Evidence) -> bool:
    versions = e.tls_versions
    return versions is not None and not set(versions["source"]) & set(versions["destination"])


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
        return mask(reply).splitlines()[-1] if reply else "no answer"

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
        "detail": " / ".join(detail.splitlines()),
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


def _versions(e: Evidence) -> str:
    if e.tls_versions is None:
        return "both ended the handshake"
    return ", ".join(f"the {role} takes {' and '.join(versions)}" for role, versions in e.tls_versions.items())


__all__ = ("POLICY_CAUSES", "Diagnosis", "diagnose")
