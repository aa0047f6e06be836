# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What a leg showed, in the few predicates that both the dialogue and the diagnosis need: whether to ask further, and what it means.

Servers speak the language of their host, and not all are ProFTPD. So codes decide, who said them, in which order and when. Words
only refine what these show.
"""

from __future__ import annotations

import re

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import MANY
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence, Side

HANDSHAKE_SECONDS = 2.0  # that a failing handshake takes at most; longer, and somebody waited for the other one to begin
# Or so many round trips between the two servers: ProFTPD as TLS client corks its connection, so that the kernel holds both of its
# flights back for three of them each.
HANDSHAKE_TRIPS = 12
WAITING_SECONDS = 1.0  # whoever says after so long that it closes, was waiting until then
REPEATING_SECONDS = 20.0  # a connection that fails after so long was never answered, though the system tried it several times
FOREIGN_PORT = "Rejected data connection to foreign"  # pyftpdlib
FOREIGN = "Bad IP connecting|Rejected data connection from foreign"  # vsftpd; pyftpdlib


def matches(pattern: str, *texts: str | None) -> bool:
    """Whether one of the texts has the pattern, in either case and at the beginning of any line."""
    # Only ASCII makes up words: names such as ASCII and TLS stand in other scripts without blanks around them.
    return any(text and re.search(pattern, text, re.I | re.M | re.A) for text in texts)


def port_refused(e: Evidence) -> bool:
    """Whether the active server refused PORT, and did not try it in vain; FileZilla Server refuses by 421."""
    said = e.port_reply or ""
    return said.startswith("5") or (said.startswith("421") and (e.port_seconds or 0) < REPEATING_SECONDS)


def active_refuses(e: Evidence) -> bool:
    """Whether the active server refuses the announced address, and the command as such is fine."""
    # From behind NAT its own address is foreign, too, unless the server tells which one it sees; pyftpdlib says what it minds.
    return port_refused(e) and ((e.own_port_reply or "").startswith("2") or matches(FOREIGN_PORT, e.port_reply))


def not_connected(e: Evidence) -> str | None:
    """What the active server says of a connection that it could not open; 425 after a 1xx speaks of one that it did open."""
    # pyftpdlib connects when it gets PORT, the others when they get their data command.
    side = e.active_side
    said = (None if side.preliminary else side.final) if side else e.port_reply
    return said if matches(r"\A425", said) else None


def connection_blocked(e: Evidence) -> bool:
    """Whether the active server got no answer to its connection."""
    side = e.active_side
    if side is None:
        # pyftpdlib again.
        return e.port_unanswered or ((e.port_reply or "").startswith("4") and (e.port_seconds or 0) >= REPEATING_SECONDS)
    waited = side.silent and e.fault_kind is None
    # A server whose own patience is shorter than ours says so.
    closing = side.silent and e.fault_kind == "closing" and e.fault_server == e.active
    left = closing and (_gave_up(side) or matches("No transfer timeout", e.fault_detail))
    late = not_connected(e) and ((side.ended or 0) >= REPEATING_SECONDS or matches("timed out", side.final))
    return waited or left or bool(late)


def no_data_connection(e: Evidence) -> bool:
    """Whether the active server could not connect, whatever the reason."""
    return not_connected(e) is not None or connection_blocked(e)


def passive_refuses(e: Evidence) -> bool:
    """Whether the passive server did not take a connection that was there."""
    active, passive = e.active_side, e.passive_side
    if not active or not passive or not active.preliminary:
        return False
    if passive.silent:
        # pure-ftpd and ProFTPD up to 1.3.7c close the foreign connection and go on waiting. The active server was connected.
        return e.fault_kind is None or _waited_in_vain(e)
    # A connection was there to be taken, and was not: a 4xx that is not about the file, before any 1xx.
    not_taken = not passive.preliminary and 400 <= passive.code < 450 and not wants_reuse(passive.final)
    return not_taken or matches(FOREIGN, passive.final)


def _waited_in_vain(e: Evidence) -> bool:
    # The passive server's own patience was shorter than ours: ProFTPD's TimeoutNoTransfer, pure-ftpd's idle time.
    ended = e.fault_kind == "closing" and e.fault_server == e.passive
    return ended and (_gave_up(e.passive_side) or matches(r"No transfer timeout|\A421 Timeout", e.fault_detail))


def _gave_up(side: Side | None) -> bool:
    return side is not None and side.silent and (side.ended or 0) >= WAITING_SECONDS


def wants_reuse(text: str | None) -> bool:
    """Whether a server says that it only takes the TLS session of its own client."""
    return matches("session reuse required|TLS session of (the )?data connection", text)  # vsftpd; FileZilla


def tls_sides(e: Evidence) -> tuple[Side, Side] | None:
    """What the TLS client and the TLS server of a private data connection said."""
    if not e.sscn or not e.tls_server:
        return None
    client, server = e.side(e.sscn), e.side(e.tls_server)
    return (client, server) if client and server else None


def no_tls(side: Side) -> bool:
    """Whether a server could not open the TLS session of the data connection."""
    # The connection was there, else there were no 1xx; what could not be opened over it is the TLS session.
    return bool(side.preliminary) and side.code == 425


def waited_for_tls(e: Evidence, times: int = 1) -> bool:
    """Whether a handshake took longer than one that fails, or so many times as long."""
    longest = max(HANDSHAKE_SECONDS, MANY * e.round_trip, HANDSHAKE_TRIPS * e.between)
    return any((side.ended or 0) >= times * longest for side in tls_sides(e) or ())


def no_tls_at_all(e: Evidence) -> bool:
    """Whether both servers gave the handshake up, however long it took."""
    sides = tls_sides(e)
    return sides is not None and all(no_tls(side) for side in sides)


def both_refuse_tls(e: Evidence) -> bool:
    """Whether both servers soon gave the handshake up: they have no version in common, or both began it."""
    return no_tls_at_all(e) and not waited_for_tls(e)


def one_refuses_tls(e: Evidence) -> bool:
    """Whether only the TLS server of the data connection found something wrong with it."""
    sides = tls_sides(e)
    return sides is not None and no_tls(sides[1]) and not no_tls(sides[0]) and not passive_refuses(e)


__all__ = (
    "FOREIGN",
    "HANDSHAKE_TRIPS",
    "REPEATING_SECONDS",
    "active_refuses",
    "both_refuse_tls",
    "connection_blocked",
    "matches",
    "no_data_connection",
    "no_tls",
    "no_tls_at_all",
    "not_connected",
    "one_refuses_tls",
    "passive_refuses",
    "port_refused",
    "tls_sides",
    "waited_for_tls",
    "wants_reuse",
)
