# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What is asked only after something has failed, to tell causes apart whose dialogue is the same.

Each function knows after what it is to be asked, and asks nothing otherwise.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import is_rfc1918, port_command
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import list_line
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import reach
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import VERSIONS, Version
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.file import size_of
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import Role
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.signs import (
    active_refuses,
    no_data_connection,
    no_tls_at_all,
    not_connected,
    one_refuses_tls,
    port_refused,
)


def ask_whose_port(control: ControlConnection, evidence: Evidence) -> None:
    """
    Fill in ``own_port_reply`` and ``dialled_port_reply`` after the active server has refused PORT.

    Is it the address, or does this server refuse any PORT? No data command follows any of these.
    """
    if not port_refused(evidence):
        return
    evidence.own_port_reply = _own_port_reply(control, evidence)
    if active_refuses(evidence) and evidence.address_differs:
        # Would it connect to where the passive server really is?
        dialled = port_command(evidence.dialled_address or "", evidence.announced_port or 0)
        evidence.dialled_port_reply = control.command(dialled).text


def _own_port_reply(control: ControlConnection, evidence: Evidence) -> str:
    """What the active server says to PORT with the client's own address, as that server sees it."""
    seen = (evidence.client_seen or {}).get(evidence.active)
    # The listener is real: some servers connect at once.
    with socket.socket(control.af, socket.SOCK_STREAM) as listener:
        listener.bind((control.own_address, 0))
        listener.listen(1)
        return control.command(port_command(seen or control.own_address, listener.getsockname()[1])).text


def ask_whether_heard(session: Session, evidence: Evidence) -> None:
    """
    Fill in ``port_unheard`` after no reply came to PORT: a server that cannot connect is silent, too, if it connects for PORT.

    Over another connection the client's own address is asked for. Who does not even answer that has not heard it.
    """
    if not evidence.port_unanswered:
        return
    session.drop()
    with contextlib.suppress(Fault):
        control = session.control
        try:
            evidence.own_port_reply = _own_port_reply(control, evidence)
            # pyftpdlib alone connects before it answers.
            evidence.port_unheard = "pyftpdlib" not in session.greeting
        except Fault as fault:
            evidence.port_unheard = True if fault.kind == "silent" else None
    session.drop()


def see_what_arrived(destination: Session, target: str, evidence: Evidence) -> None:
    """
    Fill in ``size`` if it was not told meanwhile, after a transfer that stands still, and after one that a server left.

    Of private data it tells whether the handshake was over then.
    """
    left = evidence.protection == "private" and any(side and side.gone for side in (evidence.active_side, evidence.passive_side))
    if evidence.size is not None or not evidence.stored or not (left or evidence.stopped == "stalled"):
        return
    with contextlib.suppress(Fault):
        evidence.size = size_of(destination, target)


def size_from_aside(destination: Session, target: str) -> int | None:
    """How much of a file has arrived that is being stored, asked over another connection; none if nobody tells."""
    aside = destination.aside()
    # ProFTPD's HiddenStores keeps it under another name until it is whole.
    for name in (target, f".in.{target}."):
        try:
            size = size_of(aside, name)
            aside.close()
            return size
        except Fault as fault:
            if fault.kind != "refused":
                break
    aside.drop()
    return None


def look_closer(sessions: t.Mapping[Role, Session], evidence: Evidence, timeout: float) -> None:
    """
    Fill in ``client_reached`` and ``rewritten`` after a data connection that never came about; each takes ``timeout`` at most.

    The client connects to the address that it dialled itself, never to an announced one.
    """
    if not no_data_connection(evidence):
        return
    if evidence.dialled_address is None or evidence.announced_port is None:
        return
    passive = sessions[evidence.passive]
    if evidence.passive_side is None and passive.connected:
        # It was never commanded and listens still.
        evidence.client_reached = reach(evidence.dialled_address, evidence.announced_port, timeout)
    if not_connected(evidence) is not None or _may_be_rewritten(evidence):
        session = sessions[evidence.active]
        with contextlib.suppress(Fault, OSError):
            evidence.rewritten = _comes_to_the_client(session.control, evidence, timeout)
        # Its listing may still be under way.
        session.drop()


def compare_versions(sessions: t.Mapping[Role, Session], evidence: Evidence) -> None:
    """Fill in ``tls_versions`` after a TLS handshake that both servers gave up: what each of them takes from the client."""
    if not no_tls_at_all(evidence):
        return
    versions: dict[Role, list[Version]] = {}
    for role, session in sessions.items():
        agreed = (evidence.tls or {}).get(role)
        taken = {version: True if agreed and agreed.version == version else session.offers(version) for version in VERSIONS}
        if None in taken.values():
            return
        versions[role] = [version for version in VERSIONS if taken[version]]
    evidence.tls_versions = versions


def insist_on_a_new_session(sessions: t.Mapping[Role, Session], evidence: Evidence) -> None:
    """
    Fill in ``reuse_demanded`` after only the TLS server of the data connection refused it.

    The client asks for a listing over a data connection that does not resume its TLS session.
    """
    role = evidence.tls_server if one_refuses_tls(evidence) else None
    if role is None or not sessions[role].connected:
        return
    session = sessions[role]
    try:
        session.control.resumes = False
        list_line(session.control, ".")
        evidence.reuse_demanded = False
    except Fault as fault:
        if fault.kind != "refused":
            session.drop()
        elif fault.detail[:3] in ("425", "522"):
            # Whatever else is refused, such as LIST itself, says nothing about the session.
            evidence.reuse_demanded = True
    finally:
        if session.connected:
            session.control.resumes = True


def _may_be_rewritten(evidence: Evidence) -> bool:
    # ProFTPD replaces a private address in PORT by that of the client when neither the client's nor its own is private.
    announced, active = evidence.announced_address, evidence.active_address
    return bool(announced and active) and is_rfc1918(announced or "") and not is_rfc1918(active or "")


def _comes_to_the_client(control: ControlConnection, evidence: Evidence, timeout: float) -> bool:
    # The same PORT again, with somebody listening at the port on the client. LIST needs no file.
    port = evidence.announced_port or 0
    with socket.socket(control.af, socket.SOCK_STREAM) as listener, selectors.DefaultSelector() as selector:
        listener.bind((control.own_address, port))
        listener.listen(8)
        listener.setblocking(False)
        if not control.command(port_command(evidence.announced_address or "", port)).positive or control.sock is None:
            return False
        control.putline("LIST")
        selector.register(listener, selectors.EVENT_READ)
        selector.register(control.sock, selectors.EVENT_READ)
        selector.select(timeout)
        with contextlib.suppress(OSError):
            connection, peer = listener.accept()
            connection.close()
            return bool(peer[0] == control.peer_address)
    return False


__all__ = (
    "ask_whether_heard",
    "ask_whose_port",
    "compare_versions",
    "insist_on_a_new_session",
    "look_closer",
    "see_what_arrived",
    "size_from_aside",
)
