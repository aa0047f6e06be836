# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One leg: one server listens, the other connects to it, and the file goes from the source to the destination."""

from __future__ import annotations

import contextlib
import socket
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import port_command
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import release
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.afterwards import (
    ask_whether_heard,
    ask_whose_port,
    compare_versions,
    insist_on_a_new_session,
    look_closer,
    see_what_arrived,
    size_from_aside,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.exchange import Exchange
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.file import LITTLE
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.payload import unguessable_name
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import Role, other

LAST_WORDS_SECONDS = 2.0  # that a server has for its final reply when the other one has gone


def run_leg(
    sessions: t.Mapping[Role, Session], evidence: Evidence, name: str, target: str, timeout: float, transfer_timeout: float
) -> None:
    """
    Move the source's file ``name`` (of ``evidence.expected_size`` bytes) to the destination's ``target``.

    Fills in ``evidence``. Raises ``Fault`` when a control connection fails. The stage is ``verify`` afterwards if both servers
    said that the transfer is complete. A connection whose reply is still due has been dropped.

    ``evidence.protection`` and ``evidence.sscn`` are what is wanted; by default data is private if both control connections are
    encrypted, and then the destination is the TLS client.
    """
    controls = {role: session.control for role, session in sessions.items()}
    _protect(controls, sessions, evidence)
    evidence.active_address = controls[evidence.active].peer_address
    if not _announce(controls[evidence.passive], evidence):
        return
    if not _direct(sessions[evidence.active], evidence):
        look_closer(sessions, evidence, timeout)
        return
    evidence.stage = "transfer"
    private = evidence.protection == "private"
    exchange = Exchange(controls, target, evidence.expected_size or 0, timeout, transfer_timeout, private=private)
    evidence.between = round(exchange.between, 4)

    def order(role: Role) -> None:
        if role == "destination":
            sessions[role].created(target)
        exchange.send(role, f"RETR {name}" if role == "source" else f"STOR {target}")

    def look() -> int | None:
        return size_from_aside(sessions["destination"], target)

    try:
        _transfer(exchange, evidence, order, look, sessions["destination"].greeting)
    except Fault as fault:
        # A server that has gone may have done so because of the other one, which then tells why.
        gone = next(role for role, control in controls.items() if control.server is fault.server)
        if fault.kind in ("lost", "closing") and gone in exchange.sides:
            exchange.ended(gone, fault)
            if len(exchange.sides) == 2:
                exchange.last_words(other(gone), exchange.patience(min(timeout, LAST_WORDS_SECONDS)))
        raise
    finally:
        evidence.active_side = exchange.sides.get(evidence.active)
        evidence.passive_side = exchange.sides.get(evidence.passive)
        evidence.stopped, evidence.size, evidence.seconds = exchange.stopped, exchange.arrived, exchange.seconds
        evidence.round_trip = round(max(control.slowest for control in controls.values()), 4)
        stored = exchange.sides.get("destination")
        if stored is not None and stored.final is not None:
            sessions["destination"].ended(target)
        _release(sessions, evidence)
        see_what_arrived(sessions["destination"], target, evidence)
        insist_on_a_new_session(sessions, evidence)
    look_closer(sessions, evidence, timeout)
    _try_less(sessions, evidence, name, timeout)
    compare_versions(sessions, evidence)
    sides = (evidence.active_side, evidence.passive_side)
    if all(side and side.done for side in sides) and not evidence.stopped:
        evidence.stage = "verify"


def _tls_client(sessions: t.Mapping[Role, Session]) -> Role:
    """
    The server that is to be the TLS client: the receiver, unless it tells its features and SSCN is only among the sender's.

    Under TLS 1.3 a sender may lose the end of a file, so it is second choice (see tls_data_truncated).
    """
    told = {role: session.features for role, session in sessions.items()}
    is_without = bool(told["destination"]) and "SSCN" not in told["destination"]
    return "source" if is_without and "SSCN" in told["source"] else "destination"


def _protect(controls: t.Mapping[Role, ControlConnection], sessions: t.Mapping[Role, Session], evidence: Evidence) -> None:
    """Protection and TLS roles of the data connection to come; nothing is sent that holds already."""
    evidence.stage = "protect"
    evidence.tls = {role: control.tls for role, control in controls.items()}
    if evidence.protection is None:
        evidence.protection = "private" if all(evidence.tls.values()) else "clear"
    private = evidence.protection == "private"
    if private and not all(evidence.tls.values()):
        raise ValueError("private data needs TLS on both control connections")
    evidence.sscn = (evidence.sscn or _tls_client(sessions)) if private else None
    for role, control in controls.items():
        if control.tls:
            control.protect(private)
            if private:
                control.take_tls_role(client=role == evidence.sscn)
                if role == evidence.sscn:
                    evidence.sscn_taken = control.tls_client


def _announce(control: ControlConnection, evidence: Evidence) -> bool:
    evidence.stage = "passive"
    evidence.dialled_address = control.peer_address
    evidence.announced_address, evidence.announced_port, _reply = control.passive_port()
    evidence.address_announced = control.af == socket.AF_INET
    return not (evidence.address_unexpected or evidence.port_unexpected)


def _direct(session: Session, evidence: Evidence) -> bool:
    evidence.stage = "port"
    control = session.control
    began = time.monotonic()
    try:
        reply = control.command(port_command(evidence.announced_address or "", evidence.announced_port or 0))
    except Fault as fault:
        evidence.port_unanswered = fault.kind == "silent" and not control.begun
        ask_whether_heard(session, evidence)
        raise
    evidence.port_reply, evidence.port_seconds = reply.text, round(time.monotonic() - began, 4)
    ask_whose_port(control, evidence)
    # After a refusal ProFTPD keeps an older PORT: a data command now would go there.
    return reply.positive


def _transfer(
    exchange: Exchange, evidence: Evidence, order: t.Callable[[Role], None], look: t.Callable[[], int | None], greeting: str
) -> None:
    # The active side first: the kernel of the passive server completes its connection before that server is commanded, so nothing
    # waits in accept() and no target is emptied when the active side fails. pyftpdlib alone drops what arrives before STOR.
    passive_first = evidence.passive == "destination" and "pyftpdlib" in greeting
    if passive_first:
        order(evidence.passive)
    order(evidence.active)
    if exchange.first_answer(evidence.active):
        if not passive_first:
            order(evidence.passive)
        exchange.finish(look)


def _try_less(sessions: t.Mapping[Role, Session], evidence: Evidence, name: str, timeout: float) -> None:
    """Fill in ``small_arrives`` after a transfer in clear of which not a byte arrived: a file's end fits into one packet."""
    size = evidence.expected_size or 0
    if evidence.stopped != "stalled" or evidence.size != 0 or size <= LITTLE or evidence.protection == "private":
        return
    with contextlib.suppress(Fault):
        controls = {role: session.control for role, session in sessions.items()}
        address, port, _reply = controls[evidence.passive].passive_port()
        if not controls[evidence.active].command(port_command(address, port)).positive:
            return
        if controls["source"].command(f"REST {size - LITTLE}").code != 350:
            return
        target = unguessable_name()  # the destination may still have the other file in hand
        exchange = Exchange(controls, target, LITTLE, timeout, 0.0)
        sessions["destination"].created(target)
        lines = {"source": f"RETR {name}", "destination": f"STOR {target}"}
        passive_first = evidence.passive == "destination" and "pyftpdlib" in sessions["destination"].greeting
        first: Role = evidence.passive if passive_first else evidence.active
        exchange.send(first, lines[first])
        if passive_first or exchange.first_answer(first):
            exchange.send(other(first), lines[other(first)])
            exchange.finish()
        evidence.small_arrives = len(exchange.sides) == 2 and all(side.done for side in exchange.sides.values())
    if not evidence.small_arrives:
        for session in sessions.values():
            session.drop()


def _release(sessions: t.Mapping[Role, Session], evidence: Evidence) -> None:
    passive = evidence.passive_side
    waits = (
        passive is not None and passive.final is None and (passive.silent or not (evidence.active_side or passive).preliminary)
    )
    if waits:
        session = sessions[evidence.passive]
        with contextlib.suppress(Fault):
            release(session.control, evidence.announced_port or 0)
            # Its 1xx, unless that has come already, and its final reply.
            evidence.released = not session.control.read_reply().preliminary or not session.control.read_reply().preliminary
    for role, side in ((evidence.active, evidence.active_side), (evidence.passive, evidence.passive_side)):
        due = side is not None and (side.final is None or evidence.stopped)
        if due and not (evidence.released and role == evidence.passive):
            sessions[role].drop()


__all__ = ("run_leg",)
