# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The table of the diagnosis: one row per picture that a leg can show, each a function of the evidence alone."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.addresses import is_private, same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.evidence import Evidence
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.faults import Role


def _fault(*kinds: str) -> t.Callable[[Evidence], bool]:
    return lambda e: e.fault_kind in kinds


def _refused(e: Evidence, *commands: str) -> bool:
    return e.fault_kind == "refused" and e.fault_command in commands


def _matches(pattern: str, *texts: str | None) -> bool:
    return any(text and re.search(pattern, text, re.I | re.M) for text in texts)


def _opening(e: Evidence) -> tuple[str | None, str | None]:
    """Refusals of what comes before the data commands: PASV or EPSV, PORT or EPRT."""
    return e.fault_detail if _refused(e, "PASV", "EPSV") else None, e.port_reply if e.stage == "port" else None


def _finals(e: Evidence) -> list[str]:
    return [side.final for side in (e.active_side, e.passive_side) if side and side.final]


def _busy(e: Evidence) -> bool:
    # MaxInstances closes without a banner, MaxClients* answers PASS with 530 and this sentence, others use 421.
    if e.fault_kind in ("greeting_closed", "login_closing"):
        return True
    if _refused(e, "USER", "PASS") and _matches("maximum number of", e.fault_detail):
        return True
    said = (e.fault_detail if e.fault_kind == "refused" else None, *_opening(e), *_finals(e))
    return _matches(r"\A450.*transfer in progress", *said)


def _limited(e: Evidence) -> bool:
    # <Limit> has words of its own for these four; vsftpd's pasv_enable=NO answers 550 to PASV.
    pasv, _port = _opening(e)
    return _matches(r"\A501 (PORT|EPRT|PASV|EPSV): Operation not permitted", *_opening(e)) or _matches(r"\A550", pasv)


def _no_active_mode(e: Evidence) -> bool:
    # RootRevoke on port 21; pure-ftpd. vsftpd's port_enable=NO answers 550, to the client's own address too.
    own = e.own_port_reply
    none = _matches(r"\A550", e.port_reply) and _matches(r"\A550", own)
    return e.stage == "port" and (_matches(r"Unable to service (PORT|EPRT)|Active mode is disabled", e.port_reply) or none)


def _other_family(e: Evidence) -> bool:
    # RFC 2428: 522 is "network protocol not supported". ProFTPD takes any EPRT and fails when it connects.
    said = e.active_side.final if e.active_side else None
    return _matches(r"\A522 .*protocol", *_opening(e)) or _matches(
        r"\A425.*(Address family not supported|Invalid argument)", said, e.port_reply
    )


def _active_refuses(e: Evidence) -> bool:
    # Only the client's own address being accepted shows that the address, and not the command, was refused.
    return (e.port_reply or "").startswith("5") and (e.own_port_reply or "").startswith("2")


def _passive_refuses(e: Evidence) -> bool:
    active, passive = e.active_side, e.passive_side
    if not active or not passive or not active.preliminary:
        return False
    if passive.silent:
        # pure-ftpd and ProFTPD up to 1.3.7c close the foreign connection and go on waiting. The active server was connected.
        return e.fault_kind is None or _waited_in_vain(e)
    said = passive.final or ""
    if _matches("Bad IP connecting|Rejected data connection from foreign", said):  # vsftpd; pyftpdlib
        return True
    return said.startswith("425") and "Permission denied" in said and not passive.preliminary


def _waited_in_vain(e: Evidence) -> bool:
    # The passive server's own patience was shorter than ours: ProFTPD's TimeoutNoTransfer, pure-ftpd's idle time.
    ended = e.fault_kind == "closing" and e.fault_server == e.passive
    return ended and _matches(r"No transfer timeout|\A421 Timeout", e.fault_detail)


def file_side(e: Evidence) -> Role | None:
    """The server that refused the file itself."""
    # Before any 1xx the file itself was refused. Afterwards such a code speaks of something else.
    for role, side in ((e.active, e.active_side), (e.passive, e.passive_side)):
        if side and side.final and not side.preliminary and side.code in (450, 451, 550, 551, 553):
            return role
    return None


def _file_refused(e: Evidence) -> bool:
    commands = ("CWD", "SIZE", "STOR", "RETR")
    return file_side(e) is not None or (_refused(e, *commands) and (e.fault_detail or "")[:3] in ("450", "550", "551", "553"))


def _overwrite_refused(e: Evidence) -> bool:
    # ProFTPD's AllowOverwrite; pure-ftpd for anonymous users.
    said = (e.fault_detail if _refused(e, "STOR") else None, *_finals(e))
    return _matches(r"\A5.*(Overwrite permission denied|may not overwrite)", *said)


NO_SPACE = r"\A(452|552)|no space left|quota"
_NO_SPACE_OR_BROKEN = r"\A451.*input/output error"  # what ProFTPD makes of a full disk


def full_side(e: Evidence, pattern: str = f"{NO_SPACE}|{_NO_SPACE_OR_BROKEN}") -> Role | None:
    """The server that has no place for the file."""
    if _refused(e, "STOR") and _matches(pattern, e.fault_detail):
        return e.fault_server
    side = e.active_side if e.active == "destination" else e.passive_side
    return "destination" if side and not side.done and _matches(pattern, side.final) else None


def ascii_side(e: Evidence) -> Role | None:
    """The server that says it moves text."""
    # ProFTPD and vsftpd tell the mode in their 150.
    for role, side in ((e.active, e.active_side), (e.passive, e.passive_side)):
        if side and _matches(r"\bASCII mode\b", side.preliminary):
            return role
    return None


def _in_ascii(e: Evidence) -> bool:
    refused = _refused(e, "SIZE") and _matches("ASCII", e.fault_detail)
    return refused or (_content(e) and ascii_side(e) is not None)


def _no_data_connection(pattern: str) -> t.Callable[[Evidence], bool]:
    def applies(e: Evidence) -> bool:
        # pyftpdlib connects when it gets PORT, the others when they get their data command.
        said = (e.active_side.final if e.active_side else e.port_reply) or ""
        return said.startswith("425") and _matches(pattern, said)

    return applies


_connection_refused = _no_data_connection("connection refused")
# vsftpd and pyftpdlib give no reason.
_connection_unreachable = _no_data_connection(
    "no route to host|network is unreachable|failed to establish connection|can't connect to specified address"
)
_connection_timed_out = _no_data_connection("timed out")


def _connection_blocked(e: Evidence) -> bool:
    waited = e.active_side is not None and e.active_side.silent and e.fault_kind is None
    # A server whose own patience is shorter than ours says so.
    gave_up = e.fault_kind == "closing" and e.fault_server == e.active and bool(e.active_side and e.active_side.silent)
    return waited or (gave_up and "No transfer timeout" in (e.fault_detail or "")) or _connection_timed_out(e)


def no_data_connection(e: Evidence) -> bool:
    """Whether the active server could not connect, whatever the reason."""
    return _connection_refused(e) or _connection_unreachable(e) or _connection_blocked(e)


def _private_address(e: Evidence) -> bool:
    announced, dialled = e.announced_address, e.dialled_address
    return bool(announced and dialled) and is_private(announced or "") and not is_private(dialled or "") and no_data_connection(e)


def _hairpin(e: Evidence) -> bool:
    # The way leads out of the network that both stand in and back into it: the active server is dialled at the announced address,
    # too, or that is a public one although both are dialled inside.
    announced, dialled, active = e.announced_address, e.dialled_address, e.active_address
    if not (announced and dialled and active and no_data_connection(e)):
        return False
    return same_address(announced, active) or (not is_private(announced) and is_private(dialled) and is_private(active))


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
    ("type_mismatch", _in_ascii),
    ("pret_required", lambda e: _matches(r"\bPRET\b", *_opening(e))),
    ("command_limited", _limited),
    ("active_mode_disabled", _no_active_mode),
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
    ("address_family_mismatch", _other_family),
    ("overwrite_refused", _overwrite_refused),
    ("no_space", lambda e: full_side(e) is not None),
    ("file_refused", _file_refused),
    ("port_address_rewritten", lambda e: bool(e.rewritten) and no_data_connection(e)),
    ("hairpin_nat_missing", _hairpin),
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


__all__ = ("NO_SPACE", "PICTURES", "ascii_side", "file_side", "full_side", "no_data_connection")
