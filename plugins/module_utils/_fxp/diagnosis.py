# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""From evidence to a cause: a pure function over a table, one row per picture that a leg can show."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.addresses import is_private, same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.causes import CAUSES, CLIENT_DATA_CURE
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.faults import Role

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


def diagnose(evidence: Evidence) -> Diagnosis | None:
    """The diagnosis of a leg, or none if it moved the file and this was verified."""
    for cause, applies in PICTURES:
        if applies(evidence):
            return _explain(cause, evidence)
    complete = evidence.stage == "done" and evidence.fault_kind is None
    return None if complete else _explain("unknown", evidence)


def _fault(*kinds: str) -> t.Callable[[Evidence], bool]:
    return lambda e: e.fault_kind in kinds


def _refused(e: Evidence, *commands: str) -> bool:
    return e.fault_kind == "refused" and e.fault_command in commands


def _busy(e: Evidence) -> bool:
    # MaxInstances closes without a banner, MaxClients* answers PASS with 530 and this sentence, others use 421.
    too_many = re.search(r"maximum number of", e.fault_detail or "", re.I)
    return e.fault_kind in ("greeting_closed", "login_closing") or (_refused(e, "USER", "PASS") and too_many is not None)


def _active_refuses(e: Evidence) -> bool:
    # Only the client's own address being accepted shows that the address, and not the command, was refused.
    return (e.port_reply or "").startswith("5") and (e.own_port_reply or "").startswith("2")


def _passive_refuses(e: Evidence) -> bool:
    active, passive = e.active_side, e.passive_side
    if not active or not passive or not active.preliminary:
        return False
    if passive.silent:
        # pure-ftpd and ProFTPD up to 1.3.7c close the foreign connection and go on waiting. The active server was connected.
        return e.fault_kind is None
    said = passive.final or ""
    if re.search(r"Bad IP connecting|Rejected data connection from foreign", said):  # vsftpd; pyftpdlib
        return True
    return said.startswith("425") and "Permission denied" in said and not passive.preliminary


def _file_side(e: Evidence) -> Role | None:
    # Before any 1xx the file itself was refused. Afterwards such a code speaks of something else.
    for role, side in ((e.active, e.active_side), (e.passive, e.passive_side)):
        if side and side.final and not side.preliminary and side.code in (450, 451, 550, 551, 553):
            return role
    return None


def _file_refused(e: Evidence) -> bool:
    commands = ("CWD", "SIZE", "STOR", "RETR")
    return _file_side(e) is not None or (_refused(e, *commands) and (e.fault_detail or "")[:3] in ("450", "550", "551", "553"))


def _no_data_connection(pattern: str) -> t.Callable[[Evidence], bool]:
    def applies(e: Evidence) -> bool:
        # pyftpdlib connects when it gets PORT, the others when they get their data command.
        said = (e.active_side.final if e.active_side else e.port_reply) or ""
        return said.startswith("425") and re.search(pattern, said, re.I) is not None

    return applies


_connection_refused = _no_data_connection(r"connection refused")
_connection_unreachable = _no_data_connection(r"no route to host|network is unreachable")
_connection_timed_out = _no_data_connection(r"timed out")


def _connection_blocked(e: Evidence) -> bool:
    waited = e.active_side is not None and e.active_side.silent and e.fault_kind is None
    # A server whose own patience is shorter than ours says so.
    gave_up = e.fault_kind == "closing" and e.fault_server == e.active and bool(e.active_side and e.active_side.silent)
    return waited or (gave_up and "No transfer timeout" in (e.fault_detail or "")) or _connection_timed_out(e)


def _private_address(e: Evidence) -> bool:
    announced, dialled = e.announced_address, e.dialled_address
    if not (announced and dialled and is_private(announced) and not is_private(dialled)):
        return False
    return _connection_refused(e) or _connection_unreachable(e) or _connection_blocked(e)


def _stalled(e: Evidence) -> bool:
    active, passive = e.active_side, e.passive_side
    return e.stopped is not None and bool(active and active.preliminary) and not (passive is None or passive.silent)


def _content(e: Evidence) -> bool:
    active, passive = e.active_side, e.passive_side
    if not (active and passive and active.done and passive.done):
        return False
    other_size = e.size is not None and e.size != e.expected_size
    return other_size or (e.digest is not None and e.digest != e.expected_digest)


# In this order: what stands higher explains what stands lower. A server that refuses a file also closes its data port, an address
# that nobody planned also refuses connections.
PICTURES: tuple[tuple[str, t.Callable[[Evidence], bool]], ...] = (
    ("vantage_is_peer", lambda e: e.vantage_is_peer),
    ("address_family_mismatch", _fault("no_common_family")),
    ("server_busy", _busy),
    (
        "control_unreachable",
        _fault(
            "name_unknown", "connect_refused", "connect_timed_out", "connect_unreachable", "greeting_silent", "greeting_wrong"
        ),
    ),
    ("login_refused", lambda e: _refused(e, "USER", "PASS")),
    ("protocol_error", _fault("malformed")),
    ("unexpected_address_advertised", lambda e: e.address_unexpected),
    ("passive_port_out_of_range", lambda e: e.port_unexpected),
    ("privileged_port_refused", lambda e: _active_refuses(e) and (e.announced_port or 0) < 1024),
    ("active_refuses_foreign_address", _active_refuses),
    ("file_refused", _file_refused),
    ("private_address_advertised", _private_address),
    ("data_connection_refused", _connection_refused),
    ("data_connection_unreachable", _connection_unreachable),
    ("data_connection_blocked", _connection_blocked),
    ("data_connection_refused", _fault("client_data_refused")),
    ("data_connection_unreachable", _fault("client_data_unreachable")),
    ("data_connection_blocked", _fault("client_data_timed_out")),
    ("passive_refuses_foreign_address", _passive_refuses),
    ("control_lost", _fault("lost", "closing", "silent")),
    ("transfer_stalled", _stalled),
    ("content_mismatch", _content),
)


def _explain(code: str, e: Evidence) -> Diagnosis:
    cause = CAUSES[code]
    labels: dict[str, str] = {"source": e.source, "destination": e.destination}
    offender = e.fault_server or _file_side(e) or e.passive
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
    words = _words(e, {name: labels[role] for name, role in roles.items()}, labels[offender])
    return Diagnosis(code, server, certain, also, summary.format(**words), remedy.format(**words))


def _words(e: Evidence, names: t.Mapping[str, str], host: str) -> dict[str, str]:
    def said(side: Side | None) -> str:
        reply = side and (side.final or side.preliminary)
        return reply.splitlines()[-1] if reply else "no answer"

    file_side = _file_side(e)
    file_reply = said(e.active_side if file_side == e.active else e.passive_side) if file_side else None
    detail = e.fault_detail or file_reply or (None if e.active_side else e.port_reply)
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
        "dialled": f" (but it was dialled at {dialled})" if differs else "",
        "expected": f"the expected {e.expected_address}" if e.expected_address else "an address that can be dialled",
        "active_said": said(e.active_side) if e.active_side else e.port_reply or "no answer",
        "passive_said": said(e.passive_side),
        "difference": "another digest" if same_size else f"{e.size} bytes instead of {e.expected_size}",
        "moved": f"{'no' if e.size is None else e.size} of {e.expected_size} bytes were seen to arrive",
    }
    words.update(names)
    return words


__all__ = ("PICTURES", "POLICY_CAUSES", "Diagnosis", "diagnose")
