# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The pictures that a leg can show, each a function of the evidence alone; the table of causes says what they mean.

Servers speak the language of their host, and not all are ProFTPD. So codes decide, who said them, in which order and when. Words
only refine what these show.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import is_ipv6, is_private, is_rfc1918, same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import Role
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.signs import (
    FOREIGN,
    active_refuses,
    matches,
    no_data_connection,
    no_tls,
    not_connected,
    one_refuses_tls,
    port_refused,
    tls_sides,
    waited_for_tls,
    wants_reuse,
)


def fault(*kinds: str) -> t.Callable[[Evidence], bool]:
    """A picture of which it is enough that the dialogue ended with one of these kinds of fault."""
    return lambda e: e.fault_kind in kinds


def refused(e: Evidence, *commands: str) -> bool:
    """Whether a server answered one of these commands with a refusal, by which the dialogue ended."""
    return e.fault_kind == "refused" and e.fault_command in commands


def opening(e: Evidence) -> tuple[str | None, str | None]:
    """Refusals of what comes before the data commands: PASV or EPSV, PORT or EPRT."""
    return e.fault_detail if refused(e, "PASV", "EPSV") else None, e.port_reply if e.stage == "port" else None


def _finals(e: Evidence) -> list[str]:
    return [side.final for side in (e.active_side, e.passive_side) if side and side.final]


def _who(e: Evidence, shows: t.Callable[[Side], bool]) -> Role | None:
    """The server whose side shows something, the active one before the passive one."""
    sides: tuple[tuple[Role, Side | None], ...] = ((e.active, e.active_side), (e.passive, e.passive_side))
    return next((role for role, side in sides if side and shows(side)), None)


def busy(e: Evidence) -> bool:
    """Whether a server has no place left for this dialogue or transfer."""
    # Before anything is transferred there is no file that 450 could speak of.
    return server_busy(e) or matches(r"\A450", *opening(e))


def server_busy(e: Evidence) -> bool:
    """Whether a server says, or shows by closing, that it has no place left."""
    # ProFTPD's MaxClients* and MaxConnectionsPerHost; vsftpd, pure-ftpd, pyftpdlib and FileZilla.
    if (turned_away(e) or refused(e, "USER", "PASS")) and matches(r"\bmaximum\b|\btoo many\b", e.fault_detail):
        return True
    said = (e.fault_detail if e.fault_kind == "refused" else None, *opening(e), *_finals(e))
    return matches(r"\A450.*transfer in progress", *said)


def turned_away(e: Evidence) -> bool:
    """Whether a server took the connection and no session: it closed, or said so instead of a greeting or a login."""
    told = e.fault_kind == "greeting_wrong" and matches(r"but .[45]\d\d", e.fault_detail)
    return told or e.fault_kind in ("greeting_closed", "greeting_broke", "login_closing")


def said_no(e: Evidence) -> bool:
    """Whether a server that takes no session says so or closes in order, so that nothing on the way has cut the connection."""
    return e.fault_kind != "greeting_broke"


def limited(e: Evidence) -> bool:
    """Whether a server's configuration keeps it from listening, or from this command."""
    # Whoever refuses PASV does not listen for anybody, whatever the reason.
    pasv, _port = opening(e)
    return command_limited(e) or (matches(r"\A5", pasv) and not matches(_OTHER_PROTOCOL, pasv))


def command_limited(e: Evidence) -> bool:
    """Whether a server says that its configuration forbids the command."""
    # <Limit> repeats the command; vsftpd's pasv_enable=NO answers 550 to PASV.
    pasv, _port = opening(e)
    return matches(r"\A501 (PORT|EPRT|PASV|EPSV) ?:", *opening(e)) or matches(r"\A550", pasv)


def no_active_mode(e: Evidence) -> bool:
    """Whether the active server opens no data connections, to the client neither."""
    # What is refused to the client as well has nothing to do with addresses.
    none = port_refused(e) and not active_refuses(e) and (e.own_port_reply or "").startswith(("4", "5"))
    return e.stage == "port" and not matches(_OTHER_PROTOCOL, e.port_reply) and (active_mode_disabled(e) or none)


def active_mode_disabled(e: Evidence) -> bool:
    """Whether the active server says that it opens no data connections."""
    # RootRevoke on port 21; pure-ftpd. vsftpd's port_enable=NO answers 550, to the client's own address too.
    none = matches(r"\A550", e.port_reply) and matches(r"\A550", e.own_port_reply)
    return none or matches(r"Unable to service (PORT|EPRT)|Active mode is disabled", e.port_reply)


_OTHER_PROTOCOL = r"\A522\b"  # RFC 2428: network protocol not supported


def other_family(e: Evidence) -> bool:
    """Whether a server does not speak the address family that is asked for."""
    # ProFTPD takes any EPRT and fails when it connects. Over IPv4 the same words are those of a route that leads nowhere.
    said = e.active_side.final if e.active_side else None
    if matches(_OTHER_PROTOCOL, *opening(e)):
        return True
    words = "Address family not supported" + ("|Invalid argument" if is_ipv6(e.announced_address or "") else "")
    return matches(rf"\A425.*({words})", said, e.port_reply)


def announces_what_is_refused(e: Evidence) -> bool:
    """Whether the active server takes the passive one at the address that was dialled, and not at the one that it announces."""
    # The active server admits the passive one, but not what that announces.
    return active_refuses(e) and (e.dialled_port_reply or "").startswith("2")


def foreign_address_refused(e: Evidence) -> bool:
    """Whether the passive server says that it is the address that it does not take."""
    side = e.passive_side
    return side is not None and (
        matches(FOREIGN, side.final) or (not side.preliminary and matches(r"\A425.*Permission denied", side.final))
    )


def file_side(e: Evidence) -> Role | None:
    """The server that refused the file itself."""
    # Before any 1xx the file itself was refused. Afterwards such a code speaks of something else.
    refusals = (450, 451, 550, 551, 553)
    refusing = _who(e, lambda side: not side.preliminary and side.code in refusals and not wants_reuse(side.final))
    return refusing or ("source" if stops_sending(e) else None)


def stops_sending(e: Evidence) -> bool:
    """Whether the source gave up in mid-course, and the destination met the end of a file: no connection was cut there."""
    source, destination = e.side("source"), e.side("destination")
    if not (source and destination and source.preliminary and destination.preliminary and destination.done):
        return False
    return source.code >= 400 and not no_tls(source) and not wants_reuse(source.final) and not in_other_protection(source)


def in_other_protection(side: Side) -> bool:
    """Whether a server ends a transfer because of its protection."""
    return matches(_OTHER_PROTECTION, side.final) and not wants_reuse(side.final)


def file_gone(e: Evidence) -> bool:
    """Whether both servers reported success, and the destination has no such file, or does not show it."""
    done = all(side and side.done for side in (e.active_side, e.passive_side))
    return done and e.stage == "verify" and refused(e, "SIZE") and e.fault_server == "destination"


def file_refused(e: Evidence) -> bool:
    """Whether a server refuses the file itself, or the directory."""
    commands = ("CWD", "SIZE", "STOR", "RETR")
    return file_side(e) is not None or (refused(e, *commands) and (e.fault_detail or "")[:3] in ("450", "550", "551", "553"))


def overwrite_refused(e: Evidence) -> bool:
    """Whether the destination lets nobody write over a file that is there."""
    # ProFTPD's AllowOverwrite; pure-ftpd for anonymous users.
    said = (e.fault_detail if refused(e, "STOR") else None, *_finals(e))
    return matches(r"\A5.*(Overwrite permission denied|may not overwrite)", *said)


NO_SPACE = r"\A(452|552)|no space left|quota"
# RFC 959: a local error of the server. While it stores, that is a disk that is full (most servers have no other code) or broken.
_NO_SPACE_OR_BROKEN = r"\A451"


def upload_aborted(e: Evidence) -> bool:
    """Whether a server gave up the client's own upload without a reason: pyftpdlib says no other when its disk is full."""
    return refused(e, "STOR") and matches(r"\A426", e.fault_detail)


def broke_off(e: Evidence) -> bool:
    """Whether a control connection broke, or is silent, and did not end in order."""
    return e.fault_kind == "silent" or (e.fault_kind == "lost" and matches("connection broke", e.fault_detail))


def full_side(e: Evidence, pattern: str = f"{NO_SPACE}|{_NO_SPACE_OR_BROKEN}") -> Role | None:
    """The server that has no place for the file."""
    if refused(e, "STOR") and (matches(pattern, e.fault_detail) or upload_aborted(e)):
        return e.fault_server
    side = e.side("destination")
    if side is None or side.done or not matches(pattern, side.final):
        return None
    # Before any 1xx it is the file that cannot be opened.
    return "destination" if side.preliminary or side.code != 451 else None


def ascii_side(e: Evidence) -> Role | None:
    """The server that says it moves text."""
    # ProFTPD and vsftpd tell the mode in their 150.
    return _who(e, lambda side: matches(r"\bASCII\b", side.preliminary) and not matches(r"\bBINARY\b", side.preliminary))


def in_ascii(e: Evidence) -> bool:
    """Whether a server moves the file as text, and so changes it."""
    in_size = refused(e, "SIZE") and matches("ASCII", e.fault_detail)
    return in_size or (content(e) and ascii_side(e) is not None)


def connection_refused(e: Evidence) -> bool:
    """Whether the active server says that the port it connected to refuses connections."""
    return matches("connection refused", not_connected(e))


def private_address(e: Evidence) -> bool:
    """Whether the passive server announces an address of a private network, to which there is no way."""
    announced, dialled = e.announced_address, e.dialled_address
    return bool(announced and dialled) and is_private(announced or "") and not is_private(dialled or "") and no_data_connection(e)


def hairpin(e: Evidence) -> bool:
    """Whether the data connection has to leave through a gateway and come back by it."""
    # The way leads out of the network that both stand in and back into it: the active server is dialled at the announced address,
    # too, or that is a public one although both are dialled inside.
    announced, dialled, active = e.announced_address, e.dialled_address, e.active_address
    if not (announced and dialled and active and no_data_connection(e)):
        return False
    return same_address(announced, active) or (not is_private(announced) and is_private(dialled) and is_private(active))


def nothing_arrived(e: Evidence) -> bool:
    """Whether a data connection is there, and not a byte of the file came through it."""
    return stalled(e) and e.size == 0 and bool(e.expected_size)


def in_clear(e: Evidence) -> bool:
    """Whether a device on the way could read and change what the passive server says."""
    return not (e.tls or {}).get(e.passive)


def readable(e: Evidence) -> bool:
    """Whether it could, and it is known what should have been said."""
    return e.expected_address is not None and in_clear(e)


def changed_on_its_way(e: Evidence) -> bool:
    """Whether PORT named another address when it arrived, and not one that ProFTPD replaces itself."""
    return bool(e.rewritten) and no_data_connection(e) and not is_rfc1918(e.announced_address or "")


def stalled(e: Evidence) -> bool:
    """Whether a transfer that had begun stopped moving."""
    active, passive = e.active_side, e.passive_side
    return e.stopped is not None and bool(active and active.preliminary) and not (passive is None or passive.silent)


def content(e: Evidence) -> bool:
    """Whether both servers report success and what arrived is something else."""
    active, passive = e.active_side, e.passive_side
    if not (active and passive and active.done and passive.done):
        return False
    other_size = e.size is not None and e.size != e.expected_size
    return other_size or (e.digest is not None and e.digest != e.expected_digest)


def refuses_tls(e: Evidence) -> bool:
    """Whether a server does not agree to the TLS handshake of the control connection."""
    # A ProFTPD that speaks TLS from the first byte waits for the client, which waits for its greeting.
    return e.fault_kind in ("tls_refused", "tls_silent") or (
        e.fault_kind == "login_closing" and matches(r"\bTLS\b", e.fault_detail)
    )


def wants_tls(e: Evidence) -> bool:
    """A login without TLS, or data at another protection, that a server does not take."""
    login = refused(e, "USER", "PASS") or e.fault_kind == "login_closing"
    # ProFTPD, which has no other words with these letters for USER; vsftpd; pure-ftpd.
    if refused(e, "USER") and matches(r"\bSSL/TLS\b", e.fault_detail):
        return True
    if login and matches("(TLS|SSL) required|must use encryption|cleartext sessions", e.fault_detail):
        return True
    said = (e.fault_detail if refused(e, "STOR", "RETR", "LIST") else None, *_finals(e))
    return refused(e, "PBSZ", "PROT") or any(matches(_OTHER_PROTECTION, text) and not wants_reuse(text) for text in said)


# RFC 4217 has 521 and 534, everybody else 522; pyftpdlib says 550.
_OTHER_PROTECTION = r"\A(521|522|534)\b|\A550 SSL/TLS required on the data"


def protection_side(e: Evidence) -> Role | None:
    """The server that ends a transfer because of its protection."""
    return _who(e, in_other_protection)


def reuse_side(e: Evidence) -> Role | None:
    """The server that says that it wants its own client's TLS session, else the TLS server of the data connection."""
    return _who(e, lambda side: wants_reuse(side.final)) or e.tls_server


def reuse_demanded(e: Evidence) -> bool:
    """Whether a server takes data connections only with the TLS session of its own client (ProFTPD, vsftpd)."""
    # ProFTPD. Its TLS client then reports an empty file as complete when it receives, and dies or reports success when it sends.
    # Who refuses it to the client, too, may have been busy; nobody waits as little as that for a handshake (TLSTimeoutHandshake).
    at_once = one_refuses_tls(e) and not waited_for_tls(e, 5 if e.reuse_demanded else 1)
    return any(wants_reuse(text) for text in _finals(e)) or (at_once and e.reuse_demanded is not False)


def unverified(e: Evidence) -> bool:
    """Whether the TLS client ends because it does not trust the other server's certificate."""
    # ProFTPD's session ends, and the other server takes the end of the connection for that of the file, or ends as well.
    sides = tls_sides(e)
    # What has arrived, came through a handshake that was over.
    return (
        sides is not None
        and not e.size
        and sides[0].gone
        and bool(sides[0].preliminary)
        and (sides[1].code in (226, 426) or sides[1].gone)
    )


def roles_unassigned(e: Evidence) -> bool:
    """Whether both servers wait for the other one to begin the TLS handshake."""
    # Each waits for the other one to begin, until one of them or the client loses patience.
    sides = tls_sides(e)
    if sides is None or e.size:
        return False
    gave_up = all(no_tls(side) for side in sides) and waited_for_tls(e)
    return gave_up or (e.stopped == "stalled" and _wait_for_tls(sides))


def handshake_lost(e: Evidence) -> bool:
    """Whether the handshake of a data connection never ends although one server has said that it begins it."""
    sides = tls_sides(e)
    return bool(sides and not e.size and e.sscn_taken and e.stopped == "stalled" and _wait_for_tls(sides))


def _wait_for_tls(sides: tuple[Side, Side]) -> bool:
    return all(side.preliminary and (not side.final or no_tls(side)) for side in sides)


def protection_mismatch(e: Evidence) -> bool:
    """Whether one server encrypts the data connection and the other one does not."""
    # The side that does not encrypt has no complaint. If it receives, it may store the other one's hello as the file.
    sides = tls_sides(e)
    if sides is None:
        return False
    complaints = [no_tls(side) for side in sides]
    if all(complaints) or not any(complaints):
        return False
    return sides[complaints.index(False)].code in (226, 426) or (sides[0].gone and complaints[1])


def clear_side(e: Evidence) -> Role | None:
    """The server that does not encrypt although the other one does: the one that has no complaint about TLS."""
    if not e.sscn or not e.tls_server:
        return None
    sides = tls_sides(e)
    if sides and no_tls(sides[0]):
        return e.tls_server
    if sides and no_tls(sides[1]):
        return e.sscn
    return "destination"


def truncated(e: Evidence) -> bool:
    """Whether the end of the file was lost because the sender of TLS 1.3 closed with unread session tickets."""
    # The sender's kernel resets the connection over tickets that the sender never read, and what was under way is lost.
    source, destination = e.side("source"), e.side("destination")
    if e.sscn != "source" or not (e.tls_server and source and destination and source.done):
        return False
    newest = all(agreed is not None and agreed.version == "TLSv1.3" for agreed in (e.tls or {"source": None}).values())
    short = destination.done and e.size is not None and e.size < (e.expected_size or 0)
    return newest and (destination.code == 426 or short)


def disjoint(e: Evidence) -> bool:
    """Whether the two servers were asked, and take no version in common."""
    versions = e.tls_versions
    return versions is not None and not set(versions["source"]) & set(versions["destination"])


def both_gone(e: Evidence) -> bool:
    """Whether both connections ended instead of a final reply."""
    return all(side and side.gone for side in (e.active_side, e.passive_side))


def passive_silent(e: Evidence) -> bool:
    """Whether the passive server was commanded and said nothing."""
    return e.passive_side is not None and e.passive_side.silent


def space_named(e: Evidence) -> bool:
    """Whether the server that has no place for the file says so, and no broken disk can be meant."""
    return full_side(e, NO_SPACE) is not None


def who_spoke(e: Evidence) -> Role | None:
    """The server that said what nothing explains, if it is only one."""
    return e.fault_server or (e.active if e.stage == "port" or (e.active_side and not e.passive_side) else None)


__all__ = (
    "active_mode_disabled",
    "announces_what_is_refused",
    "ascii_side",
    "both_gone",
    "broke_off",
    "busy",
    "changed_on_its_way",
    "clear_side",
    "command_limited",
    "connection_refused",
    "content",
    "disjoint",
    "fault",
    "file_gone",
    "file_refused",
    "file_side",
    "foreign_address_refused",
    "full_side",
    "hairpin",
    "handshake_lost",
    "in_ascii",
    "in_clear",
    "in_other_protection",
    "limited",
    "no_active_mode",
    "nothing_arrived",
    "opening",
    "other_family",
    "overwrite_refused",
    "passive_silent",
    "private_address",
    "protection_mismatch",
    "protection_side",
    "readable",
    "refused",
    "refuses_tls",
    "reuse_demanded",
    "reuse_side",
    "roles_unassigned",
    "said_no",
    "server_busy",
    "space_named",
    "stalled",
    "stops_sending",
    "truncated",
    "turned_away",
    "unverified",
    "upload_aborted",
    "wants_tls",
    "who_spoke",
)
