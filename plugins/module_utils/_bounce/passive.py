# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether a stranger can take the data connection that a server offers its own client, as far as network and policy go."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.active import LIST, STEP, reply_within
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import Reached, outcome_of
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reply import Reply

EARLY = 0.2  # seconds in which a server that looks at the address at once says so
HELD = 1.0  # seconds that a server keeps a stranger's connection that it has accepted, or stays silent after it has closed it

Verdict = t.Literal["refused", "accepted", "unclear"]


def connect_from(stranger: str, peer: str, port: int, family: socket.AddressFamily, seconds: float) -> socket.socket | Reached:
    """A connection to a port of the server that comes from ``stranger``, or what became of the attempt."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.bind((stranger, 0))
        sock.connect((peer, port))
    except OSError as error:
        sock.close()
        return outcome_of(error)
    return sock


class Taken(t.NamedTuple):
    """What the server did with the stranger's connection: ``proven`` if data came, ``said`` is the reply that decided."""

    verdict: Verdict
    proven: bool
    said: str | None


def take(control: ControlConnection, data: socket.socket, seconds: float) -> Taken:
    """
    LIST while only the stranger is connected to the passive port.

    A 1xx alone tells nothing: pyftpdlib says it before it looks. The stranger is accepted if it receives data or the server
    reports success. With TLS the server waits for a handshake that never comes, so there a connection that it keeps after its 1xx
    is proof.
    """
    early = reply_within(control, EARLY)
    if early is not None:
        return Taken("refused" if early.code >= 400 else "unclear", False, early.text)
    control.putline(LIST)
    replies: list[Reply] = []
    encrypted = isinstance(control.sock, ssl.SSLSocket)
    began = time.monotonic()
    quiet_since = began  # since when nothing has changed at either end
    ended = False
    data.settimeout(STEP)
    while time.monotonic() - began < seconds:
        try:
            reply = reply_within(control, STEP)
        except Fault:
            if _receive(data):
                return Taken("accepted", True, _said(replies))
            raise
        if reply is not None:
            replies.append(reply)
            quiet_since = time.monotonic()
        received = b"" if ended else _receive(data)
        if received:
            return Taken("accepted", True, _said(replies))
        if received is not None and not ended:
            ended, quiet_since = True, time.monotonic()
            data.close()  # ProFTPD says how it went only when the other end has closed, too
        if replies and not replies[-1].preliminary:
            break
        if time.monotonic() - quiet_since > HELD and (ended or (encrypted and replies)):
            break
    return Taken(_verdict(replies, ended), bool(replies) and replies[-1].positive, _said(replies))


def _verdict(replies: t.Sequence[Reply], ended: bool) -> Verdict:
    if replies and not replies[-1].preliminary:
        return "accepted" if replies[-1].positive else "refused"
    if replies:
        return "unclear" if ended else "accepted"
    # pure-ftpd closes a stranger's connection without a word and goes on waiting for another one.
    return "refused" if ended else "unclear"


def _receive(data: socket.socket) -> bytes | None:
    """What has come; none if nothing has. A connection that broke has ended."""
    try:
        return data.recv(4096)
    except socket.timeout:
        return None
    except OSError:
        return b""


def _said(replies: t.Sequence[Reply]) -> str | None:
    return "\n".join(reply.text for reply in replies) or None


def way_back(stranger: str, control: ControlConnection, seconds: float) -> bool:
    """Whether what the server sends to ``stranger`` comes to this host: a handshake with its control port shows that."""
    with contextlib.ExitStack() as stack:
        sock = connect_from(stranger, control.peer_address, control.port, t.cast(socket.AddressFamily, control.af), seconds)
        if isinstance(sock, socket.socket):
            stack.enter_context(sock)
            return True
    return False


__all__ = ("Taken", "connect_from", "take", "way_back")
