# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Whether a server would connect to where it is told to: PORT and EPRT to strangers and to ports below 1024.

ProFTPD keeps the previous PORT when it refuses one, so a command that moves data follows only an accepted one of the same probe.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.listener import Listener
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import is_ipv6, port_command, same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reply import Reply
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.seen import VAIN

STEP = 0.05  # seconds between looks at either end
AT_ONCE = 0.2  # seconds; pyftpdlib connects before it answers PORT, and nobody else does
LIST = "LIST ."


class Told(t.NamedTuple):
    """The reply to PORT or EPRT, what it means, the listener that was connected to, and whether that had a chance to happen."""

    reply: Reply
    accepted: bool
    came_to: Listener | None
    asked: bool


def eprt_command(address: str, port: int) -> str:
    """EPRT of RFC 2428 for either family."""
    return f"EPRT |{2 if is_ipv6(address) else 1}|{address}|{port}|"


def command_for(verb: str, address: str, port: int) -> str:
    """PORT or EPRT with this target. PORT knows IPv4 only."""
    return eprt_command(address, port) if verb == "EPRT" else port_command(address, port)


def tell(
    control: ControlConnection, command: str, listeners: t.Sequence[Listener], seconds: float, may_connect: t.Callable[[], bool]
) -> Told:
    """
    Send PORT or EPRT, and if it is accepted let the server connect: LIST, unless ``may_connect`` forbids it then.

    425 accepts, too: pyftpdlib says so when it tried to connect in vain. Every other 4xx is raised as Fault, for it may pass.

    The control connection is of no further use after an accepted one.
    """
    reply = control.command(command)
    verb = command.split(" ", 1)[0]
    if not (reply.positive or reply.code >= 400):
        raise Fault("malformed", control.server, f"no final reply to {verb}, but {reply.text!r}", verb)
    if reply.code < 500 and not reply.positive and reply.code != VAIN:
        raise Fault("refused", control.server, reply.text, verb)
    came_to = _arrival(listeners, AT_ONCE if reply.positive else 0)
    if not reply.positive:
        by_server = came_to is not None and same_address(came_to.arrived or "", control.peer_address)
        return Told(reply, by_server or reply.code == VAIN, came_to if by_server else None, reply.code == VAIN)
    asked = came_to is None and may_connect()
    moved: Reply | None = None
    if asked:
        control.putline(LIST)
        deadline = time.monotonic() + seconds
        while came_to is None and time.monotonic() < deadline and (moved is None or moved.preliminary):
            came_to = _arrival(listeners, STEP)
            try:
                moved = reply_within(control, STEP) or moved
            except Fault:
                break  # it accepted the address, whatever became of it afterwards
        came_to = came_to or _arrival(listeners, AT_ONCE)
    return Told(reply, True, came_to, asked)


def reply_within(control: ControlConnection, seconds: float) -> Reply | None:
    """A reply, if one comes in time."""
    try:
        return control.read_reply(seconds)
    except Fault as fault:
        if fault.kind == "silent":
            return None
        raise


def _arrival(listeners: t.Sequence[Listener], seconds: float) -> Listener | None:
    deadline = time.monotonic() + seconds
    while True:
        for listener in listeners:
            if listener.wait(0.01 if seconds else 0):
                return listener
        if time.monotonic() >= deadline:
            return None


__all__ = ("LIST", "STEP", "Told", "command_for", "eprt_command", "reply_within", "tell")
