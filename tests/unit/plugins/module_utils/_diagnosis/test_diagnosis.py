# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.diagnosis import diagnose
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import Agreed
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES

# A leg in which the source listens and everything goes well. Each row below says what was different.
GOOD = Evidence(
    passive="source",
    source="source a:21",
    destination="destination b:21",
    stage="done",
    dialled_address="198.51.100.11",
    announced_address="198.51.100.11",
    announced_port=50018,
    address_announced=True,
    port_reply="200 PORT command successful",
    active_side=Side("150 Opening", "226 Transfer complete", 0.001, 0.002),
    passive_side=Side("150 Opening", "226 Transfer complete", 0.001, 0.002),
    seconds=0.002,
    expected_size=1000,
    size=1000,
    expected_digest="aa",
    digest="aa",
    verified_by="HASH SHA-256",
)

BETWEEN = ("destination", "network")
# Where these are not certain, the place is all the same.
ONLY_THE_REASON = ("no_space", "command_limited", "server_busy", "refused_at_connect", "file_gone")
OPEN: dict[str, t.Any] = {"stage": "transfer", "size": None, "digest": None, "verified_by": None, "seconds": None}


def fault(kind: str, server: str, detail: str = "x", command: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    seen: dict[str, t.Any] = {"stage": "connect", "active_side": None, "passive_side": None, "fault_kind": kind}
    return {**seen, "fault_server": server, "fault_detail": detail, "fault_command": command, **more}


def refused_port(reply: str, own: str | None, **more: t.Any) -> dict[str, t.Any]:
    return {
        **OPEN,
        "stage": "port",
        "port_reply": reply,
        "own_port_reply": own,
        "active_side": None,
        "passive_side": None,
        **more,
    }


def active(final: str | None, preliminary: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    """The active side answered this, and the passive side was not commanded."""
    return {**OPEN, "active_side": Side(preliminary, final), "passive_side": None, **more}


def both(active_side: Side, passive_side: Side, **more: t.Any) -> dict[str, t.Any]:
    return {**OPEN, "active_side": active_side, "passive_side": passive_side, **more}


def gave_up(said: str) -> dict[str, t.Any]:
    """The passive side hung up with these words."""
    return {"fault_kind": "closing", "fault_server": "source", "fault_detail": said}


ILLEGAL = "500 Illegal PORT command"
CONNECT = "425 Unable to build data connection: "
ABORTED = "426 Transfer aborted. Data connection closed"

DONE: dict[str, t.Any] = {"active_side": GOOD.active_side, "passive_side": GOOD.passive_side}

# What was seen: cause, server to look at, and whether that is certain. The comments name who answers so.
TABLE: list[tuple[dict[str, t.Any], str, str | None, bool]] = [
    ({"vantage_is_peer": True, "stage": "prepare"}, "vantage_is_peer", None, True),
    (fault("no_common_family", "destination"), "address_family_mismatch", "destination", True),
    # The control connection.
    (fault("name_unknown", "source"), "control_unreachable", "source", True),
    (fault("connect_refused", "destination"), "control_unreachable", "destination", True),
    (fault("connect_timed_out", "destination"), "control_unreachable", "destination", True),
    (fault("connect_unreachable", "source"), "control_unreachable", "source", True),
    (fault("greeting_silent", "source"), "control_unreachable", "source", True),
    (fault("greeting_wrong", "source", "no 220 greeting, but '230 hello'"), "control_unreachable", "source", True),
    (fault("greeting_wrong", "source", "no 220 greeting, but '530 Access denied'"), "refused_at_connect", "source", False),
    (
        fault("greeting_wrong", "source", "no 220 greeting, but '530 Sorry, the maximum number of connections (1)'"),
        "server_busy",
        "source",
        True,
    ),
    # Nobody tells whether that is a ban or a lack of places.
    (fault("greeting_closed", "source"), "refused_at_connect", "source", False),
    (fault("login_closing", "source", "421 not you"), "refused_at_connect", "source", False),
    (fault("login_closing", "source", "421 too many"), "server_busy", "source", True),
    (
        fault("refused", "destination", "530 Sorry, the maximum number of allowed clients (1) are already connected.", "PASS"),
        "server_busy",
        "destination",
        True,
    ),
    (fault("refused", "destination", "530 Login incorrect.", "PASS"), "login_refused", "destination", True),
    (fault("refused", "source", "530 no", "USER"), "login_refused", "source", True),
    (fault("malformed", "source"), "protocol_error", "source", True),
    (fault("lost", "destination"), "control_lost", "destination", True),
    (fault("closing", "source", "421 Session Timeout"), "control_lost", "source", True),
    # Anybody on the way may have cut what does not end in order.
    (fault("silent", "source"), "control_lost", "source", False),
    (fault("lost", "source", "the control connection broke: Connection reset by peer"), "control_lost", "source", False),
    # Whoever refuses PASV is to blame, whatever the words; they only make the reason certain.
    (fault("refused", "source", "502 no", "PASV"), "command_limited", "source", False),
    (fault("refused", "source", "501 EPSV : non", "EPSV"), "command_limited", "source", True),
    (fault("refused", "source", "425 no", "PASV"), "unknown", "source", False),
    (fault("refused", "source", "501 PASV: Operation not permitted", "PASV"), "command_limited", "source", True),
    (fault("refused", "source", "501 EPSV: Operation not permitted", "EPSV"), "command_limited", "source", True),
    (fault("refused", "source", "550 Permission denied.", "PASV"), "command_limited", "source", True),
    (fault("refused", "source", "500 You need to use a client supporting PRET", "PASV"), "pret_required", "source", True),
    (fault("refused", "source", "522 protocol not supported, use (1)", "EPSV"), "address_family_mismatch", "destination", True),
    (fault("refused", "source", "450 PASV: data transfer in progress", "PASV"), "server_busy", "source", True),
    # Announcement.
    # What is said in clear may have been changed on its way.
    ({"stage": "passive", "expected_address": "198.51.100.99"}, "unexpected_address_advertised", "source", False),
    (
        {"stage": "passive", "expected_address": "198.51.100.99", "tls": dict.fromkeys(ROLES, Agreed("TLSv1.2", "x", True))},
        "unexpected_address_advertised",
        "source",
        True,
    ),
    ({"stage": "passive", "announced_address": "0.0.0.0"}, "unexpected_address_advertised", "source", True),
    ({"stage": "passive", "expected_ports": (51000, 51001)}, "passive_port_out_of_range", "source", True),
    # PORT. Only an accepted own address makes a refusal a policy.
    (refused_port(ILLEGAL, "200 PORT command successful"), "active_refuses_foreign_address", "destination", True),
    (refused_port("500 Illegal EPRT command", "200 ok"), "active_refuses_foreign_address", "destination", True),
    (
        refused_port("501 Rejected data connection to foreign address 192.0.2.1:5.", "200 ok"),
        "active_refuses_foreign_address",
        "destination",
        True,
    ),
    (refused_port(ILLEGAL, ILLEGAL), "active_mode_disabled", "destination", False),
    (refused_port(ILLEGAL, None), "unknown", "destination", False),
    (refused_port("450 busy", None), "server_busy", "destination", False),
    # FileZilla Server refuses by 421 and goes on; a server that connects at once says so late, if at all.
    (refused_port("421 no", "200 ok", port_seconds=0.01), "active_refuses_foreign_address", "destination", True),
    (refused_port("421 Active data channel timed out.", None, port_seconds=30.0), "data_connection_blocked", "source", False),
    (fault("silent", "destination", stage="port", port_unanswered=True), "data_connection_blocked", "source", False),
    (
        fault("silent", "destination", stage="port", port_unanswered=True, port_unheard=True),
        "command_filtered",
        "destination",
        False,
    ),
    # From behind NAT the client's own address is foreign, too; pyftpdlib says what it minds.
    (
        refused_port("501 Rejected data connection to foreign address 192.0.2.1:5.", "501 Rejected data connection to foreign x"),
        "active_refuses_foreign_address",
        "destination",
        True,
    ),
    # The active server would connect to where the passive one is, and not to what that announces.
    (
        refused_port(ILLEGAL, "200 ok", announced_address="203.0.113.9", dialled_port_reply="200 ok"),
        "unexpected_address_advertised",
        "source",
        False,
    ),
    (
        refused_port(ILLEGAL, "200 ok", announced_address="203.0.113.9", dialled_port_reply=ILLEGAL),
        "active_refuses_foreign_address",
        "destination",
        True,
    ),
    (refused_port(ILLEGAL, "200 ok", announced_port=80), "privileged_port_refused", "source", True),
    (refused_port("425 Can't connect to specified address.", None), "data_connection_unreachable", "source", False),
    (refused_port("500 Unable to service PORT commands", ILLEGAL), "active_mode_disabled", "destination", True),
    (refused_port("501 Active mode is disabled", "501 Active mode is disabled"), "active_mode_disabled", "destination", True),
    (refused_port("550 Permission denied.", "550 Permission denied."), "active_mode_disabled", "destination", True),
    (refused_port("501 PORT: Operation not permitted", "501 PORT: x"), "command_limited", "destination", True),
    (refused_port("501 EPRT: Operation not permitted", None), "command_limited", "destination", True),
    (refused_port("450 PORT: data transfer in progress", None), "server_busy", "destination", True),
    (refused_port("522 Network protocol not supported, use (1)", ILLEGAL), "address_family_mismatch", "destination", True),
    # The active side's data command.
    (active("550 f: No such file or directory"), "file_refused", "destination", True),
    (active("553 f: Permission denied"), "file_refused", "destination", True),
    (active(CONNECT + "Connection refused"), "data_connection_refused", "source", False),
    # What the client met is no proof either: a rule at the active server or between may be about one or both.
    (active(CONNECT + "Connection refused", client_reached="connected"), "data_connection_refused", "source", False),
    (active(CONNECT + "Connection refused", client_reached="refused"), "data_connection_refused", "source", False),
    (active("425 Verbindungsaufbau abgelehnt"), "data_connection_unreachable", "source", False),
    ({**active(None), "active_side": Side(None, "425 sans réponse", 127.0, 127.0)}, "data_connection_blocked", "source", False),
    (active(CONNECT + "No route to host"), "data_connection_unreachable", "source", False),
    (active(CONNECT + "Network is unreachable"), "data_connection_unreachable", "source", False),
    (active(CONNECT + "Connection timed out"), "data_connection_blocked", "source", False),
    (active(None), "data_connection_blocked", "source", False),
    (active("425 Failed to establish connection."), "data_connection_unreachable", "source", False),
    (active(CONNECT + "Address family not supported by protocol"), "address_family_mismatch", "destination", True),
    # Over IPv4 this is a route that leads nowhere.
    (active(CONNECT + "Invalid argument"), "data_connection_unreachable", "source", False),
    (
        active(CONNECT + "Invalid argument", announced_address="2001:db8::1", dialled_address="2001:db8::1"),
        "address_family_mismatch",
        "destination",
        True,
    ),
    (active("450 STOR: data transfer in progress"), "server_busy", "destination", True),
    # The disk, and a name that is taken.
    (active("550 f: Overwrite permission denied"), "overwrite_refused", "destination", True),
    (active("553 Anonymous users may not overwrite existing files"), "overwrite_refused", "destination", True),
    (active("552 quota exceeded"), "no_space", "destination", True),
    (fault("refused", "source", "550 f: Overwrite permission denied", "STOR"), "overwrite_refused", "source", True),
    (fault("refused", "source", "452 Disk full", "STOR", stage="prepare"), "no_space", "source", True),
    (
        fault("refused", "source", "451 Transfer aborted. Input/output error", "STOR", stage="prepare"),
        "no_space",
        "source",
        False,
    ),
    (fault("refused", "source", "550 SIZE not allowed in ASCII mode", "SIZE", stage="prepare"), "type_mismatch", "source", True),
    (active("500 RETR not understood"), "unknown", "destination", False),
    (active("451 f: no"), "file_refused", "destination", True),
    (
        active(None, **fault("closing", "destination", "421 No transfer timeout (12 seconds)", active_side=Side())),
        "data_connection_blocked",
        "source",
        False,
    ),
    (
        active(None, **fault("closing", "destination", "421 Zeit abgelaufen", active_side=Side(ended=12.0))),
        "data_connection_blocked",
        "source",
        False,
    ),
    (active(None, **fault("closing", "destination", "421 x", active_side=Side(ended=0.01))), "control_lost", "destination", True),
    (active(None, **fault("lost", "destination", active_side=Side())), "control_lost", "destination", True),
    # A private or wrong address explains why nothing answers there; the cause says which where that is plain.
    # Two servers on one network may meet at private addresses, so a rule between them looks the same.
    (active(CONNECT + "Connection refused", announced_address="10.1.0.11"), "private_address_advertised", "source", False),
    (active(CONNECT + "No route to host", announced_address="100.64.0.1"), "private_address_advertised", "source", False),
    (active(None, announced_address="192.168.1.1"), "private_address_advertised", "source", False),
    (active(CONNECT + "Connection refused", announced_address="203.0.113.9"), "data_connection_refused", "source", False),
    # The client got the connection that was meant for the private address: that begins with who announces it.
    (
        active(CONNECT + "Connection refused", announced_address="10.1.0.11", rewritten=True),
        "private_address_advertised",
        "source",
        True,
    ),
    (active(None, announced_address="10.1.0.11", rewritten=True), "private_address_advertised", "source", True),
    # The announced address is the right one inside, where the passive server was dialled.
    (
        active(None, announced_address="10.1.0.11", dialled_address="10.1.0.11", active_address="192.0.2.1", rewritten=True),
        "port_address_rewritten",
        "destination",
        True,
    ),
    (
        active(CONNECT + "Connection refused", announced_address="10.1.0.11", rewritten=False),
        "private_address_advertised",
        "source",
        False,
    ),
    # No server replaces a public address.
    (active(CONNECT + "Connection refused", rewritten=True), "port_address_rewritten", None, True),
    # One gateway in front of both, seen from outside and from inside.
    (active(None, active_address="198.51.100.11"), "hairpin_nat_missing", "source", False),
    (active(CONNECT + "Connection refused", active_address="198.51.100.11"), "hairpin_nat_missing", "source", False),
    (active(None, dialled_address="10.1.0.11", active_address="10.1.0.12"), "hairpin_nat_missing", "source", False),
    (active(None, dialled_address="10.1.0.11", active_address="192.0.2.1"), "data_connection_blocked", "source", False),
    (active(None, active_address="198.51.100.12"), "data_connection_blocked", "source", False),
    (
        active(CONNECT + "Connection refused", announced_address="10.1.0.11", dialled_address="10.1.0.12"),
        "data_connection_refused",
        "source",
        False,
    ),
    (active("550 no", announced_address="10.1.0.11"), "file_refused", "destination", True),
    # The passive side refuses the peer.
    (both(Side("150 x", "226 x"), Side(None, CONNECT + "Permission denied")), "passive_refuses_foreign_address", "source", True),
    (both(Side("150 x", ABORTED), Side(None, CONNECT + "Permission denied")), "passive_refuses_foreign_address", "source", True),
    (
        both(Side("150 x", ABORTED), Side(None, "425 Security: Bad IP connecting.")),
        "passive_refuses_foreign_address",
        "source",
        True,
    ),
    (
        both(Side("150 x", ABORTED), Side("150 x", "425 Rejected data connection from foreign address 192.0.2.1:5.")),
        "passive_refuses_foreign_address",
        "source",
        True,
    ),
    (both(Side("150 x", "226 x"), Side(), stopped="stalled"), "passive_refuses_foreign_address", "source", False),
    (
        both(Side("150 x", "226 x"), Side(), **gave_up("421 No transfer timeout (20 seconds): closing control connection")),
        "passive_refuses_foreign_address",
        "source",
        False,
    ),
    (both(Side("150 x", ABORTED), Side(), **gave_up("421 Timeout")), "passive_refuses_foreign_address", "source", False),
    (both(Side("150 x", "226 x"), Side(), **gave_up("421 Shutting down")), "control_lost", "source", True),
    # A connection that is not taken, in words that nobody knows.
    (
        both(Side("150 x", ABORTED), Side(None, CONNECT + "Operation not permitted")),
        "passive_refuses_foreign_address",
        "source",
        False,
    ),
    (both(Side("150 x", "226 x"), Side(None, "425 keine Berechtigung")), "passive_refuses_foreign_address", "source", False),
    (both(Side("150 x", "226 x"), Side(None, "421 other address")), "passive_refuses_foreign_address", "source", False),
    (both(Side("150 x", ABORTED), Side(None, "435 no")), "passive_refuses_foreign_address", "source", False),
    (both(Side("150 x", ABORTED), Side(None, "450 no")), "file_refused", "source", True),
    (
        both(Side("150 x", "226 x"), Side(ended=20.0), **gave_up("421 délai expiré")),
        "passive_refuses_foreign_address",
        "source",
        False,
    ),
    (both(Side("150 x", "226 x"), Side(ended=0.01), **gave_up("421 au revoir")), "control_lost", "source", True),
    (both(Side("150 x", ABORTED), Side("150 x", CONNECT + "Permission denied")), "unknown", None, False),
    # Its file error is the cause, whatever the active side makes of the closed port.
    (both(Side("150 x", "226 x"), Side(None, "550 f: No such file or directory")), "file_refused", "source", True),
    (both(Side(None, CONNECT + "Connection refused"), Side(None, "550 f: no")), "file_refused", "source", True),
    # Both were under way.
    (both(Side("150 x"), Side("150 x"), stopped="stalled"), "transfer_stalled", "source", False),
    (both(Side("150 x", ABORTED), Side("150 x"), stopped="stalled"), "transfer_stalled", "source", False),
    (both(Side("150 x"), Side("150 x"), stopped="stalled", size=512), "transfer_stalled", "source", False),
    (both(Side("150 x"), Side("150 x"), stopped="stalled", size=0), "path_mtu", None, False),
    (both(Side("150 x"), Side("150 x"), stopped="stalled", size=0, small_arrives=False), "path_mtu", None, False),
    (both(Side("150 x"), Side("150 x"), stopped="stalled", size=0, small_arrives=True), "path_mtu", None, True),
    (
        {**fault("refused", "destination", "550 no", "SIZE"), "stage": "verify", **DONE},
        "file_gone",
        "destination",
        False,
    ),
    (both(Side("150 x"), Side("150 x"), stopped="limit"), "transfer_stalled", "source", False),
    (both(Side("150 x", ABORTED), Side("150 x", "226 x")), "unknown", None, False),
    # Who is cut off says so; the end of a file comes from whoever sends it.
    (both(Side("150 x", "226 x"), Side("150 x", "451 Transfer aborted. Input/output error")), "file_refused", "source", False),
    (both(Side("150 x", "226 x"), Side("150 x", "426 Transfer aborted. Nicht erlaubt")), "file_refused", "source", False),
    (
        both(Side("150 x", "451 Transfer aborted. Input/output error"), Side("150 x", ABORTED)),
        "no_space",
        "destination",
        False,
    ),
    (both(Side("150 x", "552 Disk quota exceeded"), Side("150 x", ABORTED)), "no_space", "destination", True),
    # vsftpd has these words for every disk.
    (both(Side("150 x", "451 Failure writing to local file."), Side("150 x", ABORTED)), "no_space", "destination", False),
    # What a server says about quotas while all is well is no fault.
    (
        both(Side("150 x", "226-10 Kbytes used (10%) of the quota\n226 x"), Side("150 x", ABORTED)),
        "file_refused",
        "source",
        False,
    ),
    (
        fault("lost", "source", active_side=Side("150 x"), passive_side=Side("150 x"), stage="transfer"),
        "control_lost",
        "source",
        True,
    ),
    # Both said that it is done.
    ({"stage": "verify", "size": 0, "digest": None}, "content_mismatch", "destination", True),
    ({"stage": "verify", "digest": "bb"}, "content_mismatch", "destination", True),
    (
        {"stage": "verify", "size": 1010, "digest": None, "passive_side": Side("150 in ASCII mode", "226 x")},
        "type_mismatch",
        "source",
        True,
    ),
    (
        {"stage": "verify", "digest": "bb", "active_side": Side("150 Opening ASCII mode data connection for f", "226 x")},
        "type_mismatch",
        "destination",
        True,
    ),
    (
        {"stage": "verify", "digest": "bb", "active_side": Side("150 打开ASCII模式", "226 x")},
        "type_mismatch",
        "destination",
        True,
    ),
    (
        {"stage": "verify", "digest": "bb", "active_side": Side("150 Opening BINARY mode data connection for ASCII", "226 x")},
        "content_mismatch",
        "destination",
        True,
    ),
    (
        fault(
            "refused",
            "destination",
            "550 no",
            "SIZE",
            active_side=GOOD.active_side,
            passive_side=GOOD.passive_side,
            size=None,
            digest=None,
        ),
        "file_refused",
        "destination",
        True,
    ),
    # The client's own data connections.
    (fault("client_data_refused", "source", stage="prepare"), "data_connection_refused", "source", False),
    (fault("client_data_timed_out", "source", stage="prepare"), "data_connection_blocked", "source", False),
    (fault("client_data_unreachable", "source", stage="prepare"), "data_connection_unreachable", "source", False),
    (fault("client_data_lost", "source", stage="prepare"), "client_data_lost", "source", False),
    (fault("client_data_large", "source", stage="prepare"), "path_mtu", None, True),
    (fault("refused", "source", "426 None; transfer aborted.", "STOR", stage="prepare"), "no_space", "source", False),
    (fault("refused", "source", "553 no", "STOR", stage="prepare"), "file_refused", "source", True),
    (fault("refused", "destination", "550 no", "CWD", stage="prepare"), "file_refused", "destination", True),
    (fault("refused", "source", "550 there: No such file or directory", "SIZE", stage="prepare"), "file_refused", "source", True),
]

NO_SPACE = "452 Transfer aborted. No space left on device"
BROKEN = "451 Transfer aborted. Input/output error"
EPERM = CONNECT + "Operation not permitted"
NEW, OLD = Agreed("TLSv1.3", "TLS_AES_256_GCM_SHA384", True), Agreed("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384", True)


def private(client: Side, server: Side, **more: t.Any) -> dict[str, t.Any]:
    """An encrypted transfer in which the destination is the TLS client; it connects, and the source listens."""
    tls = {"tls": {"source": NEW, "destination": NEW}, "protection": "private", "sscn": "destination"}
    return {**both(client, server), **tls, **more}


def sending(client: Side, server: Side, **more: t.Any) -> dict[str, t.Any]:
    """The same with the source as the TLS client."""
    return private(server, client, sscn="source", **more)


def hung_up(server: str) -> dict[str, t.Any]:
    """One server went away in the transfer."""
    return {"fault_kind": "lost", "fault_server": server, "fault_detail": "the server closed the control connection"}


GONE = Side("150 x", gone=True)
QUIET = Side("150 x", "226 x", 0.001, 0.4)
SOON, LATE = Side("150 x", EPERM, 0.001, 0.2), Side("150 x", EPERM, 0.001, 300.0)
STRANGE = Side("150 x", "425 Die Operation ist nicht erlaubt", 0.001, 0.2)
ONLY_OLD = {"tls_versions": {"source": ["TLSv1.2"], "destination": ["TLSv1.3"]}}
ALSO_NEW = {"tls_versions": {"source": ["TLSv1.2"], "destination": ["TLSv1.2", "TLSv1.3"]}}

# The same for TLS.
TLS_TABLE: list[tuple[dict[str, t.Any], str, str | None, bool]] = [
    # The control connection.
    (fault("tls_refused", "source", "500 AUTH not understood", "AUTH"), "tls_login_refused", "source", True),
    (fault("login_closing", "source", "421 TLS handshake failed"), "tls_login_refused", "source", True),
    (fault("login_closing", "source", "421 TLS握手失败"), "tls_login_refused", "source", True),
    (fault("refused", "source", "550 SSL/TLS requis sur le canal", "USER"), "tls_policy_mismatch", "source", True),
    (fault("tls_untrusted", "destination", "it has expired", "AUTH"), "tls_certificate_untrusted", "destination", True),
    # Policies.
    (
        fault("refused", "source", "550 SSL/TLS required on the control channel", "USER"),
        "tls_policy_mismatch",
        "source",
        True,
    ),
    (
        fault("refused", "destination", "530 Non-anonymous sessions must use encryption.", "USER"),
        "tls_policy_mismatch",
        "destination",
        True,
    ),
    (
        fault("login_closing", "source", "421 Sorry, cleartext sessions and weak ciphers are not accepted on this server."),
        "tls_policy_mismatch",
        "source",
        True,
    ),
    (fault("refused", "source", "534 Unwilling to accept security parameters", "PROT"), "tls_policy_mismatch", "source", True),
    (fault("refused", "source", "503 no", "PBSZ"), "tls_policy_mismatch", "source", True),
    (fault("refused", "source", "522 Data connections must be encrypted.", "STOR"), "tls_policy_mismatch", "source", True),
    (active("522 SSL/TLS required on the data channel"), "tls_policy_mismatch", "destination", True),
    (both(QUIET, Side(None, "521 not with this PROT setting")), "tls_policy_mismatch", "source", True),
    (fault("refused", "source", "530 Login incorrect. See our page about TLS.", "PASS"), "login_refused", "source", True),
    (
        fault("refused", "destination", "500 SSCN not understood", "SSCN", stage="protect"),
        "sscn_unsupported",
        "destination",
        True,
    ),
    (fault("tls_protection", "source", "200 Protection set to Clear", "PROT"), "tls_protection_mismatch", "source", True),
    (fault("tls_roles", "source", "200 SSCN:SERVER METHOD", "SSCN", stage="protect"), "tls_roles_unassigned", None, True),
    # Codes and their order tell what the words are about: after a 1xx the connection is there, and only TLS is not.
    (private(STRANGE, STRANGE), "tls_versions_disjoint", None, False),
    (private(QUIET, STRANGE, reuse_demanded=True), "tls_session_reuse_required", "source", True),
    (sending(GONE, STRANGE, **hung_up("source"), reuse_demanded=True), "tls_session_reuse_required", "destination", True),
    (private(STRANGE, QUIET), "tls_protection_mismatch", "source", True),
    (private(STRANGE, Side(None, "425 keine Berechtigung")), "passive_refuses_foreign_address", "source", False),
    (
        private(Side("150 x", ABORTED), Side(None, "450 TLS session of data connection has not resumed")),
        "tls_session_reuse_required",
        "source",
        True,
    ),
    # One has said that it begins the handshake, so what it sends is lost; and once bytes have come, the handshake is over.
    (private(Side("150 x"), Side("150 x"), stopped="stalled", sscn_taken=True), "path_mtu", None, False),
    (private(GONE, QUIET, **hung_up("destination"), size=512), "control_lost", "destination", True),
    # Both complain: at once, or after somebody's patience.
    (private(SOON, SOON), "tls_versions_disjoint", None, False),
    (private(SOON, SOON, **ONLY_OLD), "tls_versions_disjoint", None, True),
    (private(SOON, SOON, **ALSO_NEW), "tls_versions_disjoint", None, False),
    (private(LATE, LATE), "tls_roles_unassigned", None, False),
    (private(SOON, LATE), "tls_roles_unassigned", None, False),
    (private(Side("150 x"), Side("150 x"), stopped="stalled"), "tls_roles_unassigned", None, False),
    (private(Side("150 x"), LATE, stopped="stalled"), "tls_roles_unassigned", None, False),
    (private(Side("150 x"), QUIET, stopped="stalled"), "transfer_stalled", "source", False),
    (private(Side("150 x"), Side("150 x"), stopped="stalled", size=16384), "transfer_stalled", "source", False),
    (both(Side("150 x"), Side("150 x"), stopped="stalled"), "transfer_stalled", "source", False),
    # The TLS server complains at once, and the client's own question tells why.
    (private(QUIET, SOON), "tls_session_reuse_required", "source", False),
    (private(QUIET, SOON, reuse_demanded=True), "tls_session_reuse_required", "source", True),
    (private(QUIET, SOON, reuse_demanded=False), "tls_protection_mismatch", "destination", True),
    (sending(GONE, SOON, **hung_up("source"), reuse_demanded=True), "tls_session_reuse_required", "destination", True),
    (sending(GONE, SOON, **hung_up("source"), reuse_demanded=False), "tls_protection_mismatch", "source", True),
    (
        private(
            Side("150 x", ABORTED), Side("150 x", "522 SSL connection failed; session reuse required: see require_ssl_reuse")
        ),
        "tls_session_reuse_required",
        "source",
        True,
    ),
    (
        private(Side("150 x", "425 Unable to build data connection: TLS session of data connection not resumed."), QUIET),
        "tls_session_reuse_required",
        "destination",
        True,
    ),
    # Who said what is wrong counts, not whose connection died of it.
    (private(Side("150 x", NO_SPACE), GONE, **hung_up("source")), "no_space", "destination", True),
    (sending(GONE, Side("150 x", NO_SPACE), **hung_up("source")), "no_space", "destination", True),
    (private(Side("150 x", BROKEN), GONE, **hung_up("source")), "no_space", "destination", False),
    (private(Side(None, "522 no"), GONE, **hung_up("source")), "tls_policy_mismatch", "destination", True),
    (private(GONE, Side(None, "521 no"), **hung_up("destination")), "tls_policy_mismatch", "source", True),
    (private(GONE, Side(None, "550 no"), **hung_up("destination")), "file_refused", "source", True),
    (both(GONE, Side(None, "550 no"), **hung_up("destination")), "file_refused", "source", True),
    # Late, or from the TLS client: the other one does not encrypt.
    (private(QUIET, LATE), "tls_protection_mismatch", "destination", False),
    (private(QUIET, Side("150 x", EPERM, 0.001, 6.0), reuse_demanded=True), "tls_session_reuse_required", "source", True),
    (private(QUIET, Side("150 x", EPERM, 0.001, 6.0)), "tls_protection_mismatch", "destination", False),
    (private(QUIET, LATE, reuse_demanded=True), "tls_protection_mismatch", "destination", False),
    (private(QUIET, LATE, reuse_demanded=False), "tls_protection_mismatch", "destination", True),
    (private(SOON, QUIET), "tls_protection_mismatch", "source", True),
    (private(SOON, Side("150 x", ABORTED)), "tls_protection_mismatch", "source", True),
    # The TLS client hangs up.
    (private(GONE, QUIET, **hung_up("destination")), "tls_peer_certificate_unverified", "destination", True),
    (sending(GONE, QUIET, **hung_up("source")), "tls_peer_certificate_unverified", "source", True),
    (private(GONE, GONE, **hung_up("destination")), "tls_peer_certificate_unverified", "destination", False),
    (private(GONE, GONE, **hung_up("source")), "tls_peer_certificate_unverified", "destination", False),
    (private(GONE, Side("150 x"), **hung_up("destination")), "control_lost", "destination", True),
    (private(Side("150 x", ABORTED), GONE, **hung_up("source")), "control_lost", "source", True),
    (both(GONE, QUIET, **hung_up("destination")), "control_lost", "destination", True),
    # The end of the file is lost.
    (sending(Side("150 x", "226 x"), Side("150 x", ABORTED)), "tls_data_truncated", "source", True),
    (
        sending(Side("150 x", "226 x"), QUIET, stage="verify", size=999, digest=None),
        "tls_data_truncated",
        "source",
        True,
    ),
    (sending(QUIET, QUIET, stage="verify", size=1001, digest=None), "content_mismatch", "destination", True),
    (sending(QUIET, Side("150 x", ABORTED), tls={"source": NEW, "destination": OLD}), "unknown", None, False),
    (private(Side("150 x", ABORTED), QUIET), "unknown", None, False),
    # Addresses come first, with TLS as without.
    (private(SOON, Side(None, CONNECT + "Permission denied")), "passive_refuses_foreign_address", "source", True),
    (
        private(GONE, Side(None, CONNECT + "Permission denied"), **hung_up("destination")),
        "passive_refuses_foreign_address",
        "source",
        True,
    ),
    # In clear the same words are no picture of TLS.
    (both(SOON, SOON), "unknown", None, False),
]


@pytest.mark.parametrize(("changes", "cause", "server", "certain"), TLS_TABLE)
def test_pictures_of_tls(changes: dict[str, t.Any], cause: str, server: str | None, certain: bool) -> None:
    test_pictures(changes, cause, server, certain)


def test_versions_are_named() -> None:
    diagnosis = diagnose(dataclasses.replace(GOOD, **private(SOON, SOON, **ALSO_NEW)))
    assert diagnosis is not None
    assert "the source takes TLSv1.2, the destination takes TLSv1.2 and TLSv1.3" in diagnosis.summary


def test_nothing_wrong() -> None:
    assert diagnose(GOOD) is None
    assert diagnose(dataclasses.replace(GOOD, expected_address="198.51.100.11", expected_ports=(50000, 50099))) is None


@pytest.mark.parametrize(("changes", "cause", "server", "certain"), TABLE)
def test_pictures(changes: dict[str, t.Any], cause: str, server: str | None, certain: bool) -> None:
    diagnosis = diagnose(dataclasses.replace(GOOD, **changes))
    assert diagnosis is not None
    assert (diagnosis.cause, diagnosis.server, diagnosis.certain) == (cause, server, certain)
    assert not (certain and diagnosis.also_possible)
    assert certain or diagnosis.also_possible or diagnosis.cause in ONLY_THE_REASON
    assert diagnosis.server not in diagnosis.also_possible
    assert diagnosis.summary
    assert diagnosis.remedy.endswith(".")
    assert "{" not in diagnosis.summary + diagnosis.remedy


def test_the_other_way_round() -> None:
    """Roles follow the passive side, not the direction of the data."""
    leg = dataclasses.replace(GOOD, passive="destination", **active(None))
    diagnosis = diagnose(leg)
    assert diagnosis is not None
    assert (diagnosis.server, diagnosis.also_possible) == ("destination", ("source", "network"))
    assert "fxp_passive_ports of destination b:21" in diagnosis.remedy


def test_also_possible() -> None:
    diagnosis = diagnose(dataclasses.replace(GOOD, **active(None)))
    assert diagnosis is not None
    assert diagnosis.also_possible == BETWEEN


def test_texts_name_the_servers_and_what_was_announced() -> None:
    diagnosis = diagnose(dataclasses.replace(GOOD, **active(CONNECT + "Connection refused", announced_address="203.0.113.9")))
    assert diagnosis is not None
    assert diagnosis.summary == (
        "destination b:21 was refused at 203.0.113.9 port 50018, which source a:21 announces "
        "(but it was dialled at 198.51.100.11)"
    )


@pytest.mark.parametrize(
    ("reached", "words"),
    [("connected", "where the client gets through"), ("no answer", "the client gets no answer, either"), (None, "no answer")],
)
def test_texts_tell_what_the_client_met(reached: t.Any, words: str) -> None:
    diagnosis = diagnose(dataclasses.replace(GOOD, **active(None, client_reached=reached)))
    assert diagnosis is not None
    assert diagnosis.summary.endswith(words)


def test_unknown_shows_what_both_said() -> None:
    diagnosis = diagnose(dataclasses.replace(GOOD, **both(Side("150 x", ABORTED), Side("150 x", "226 done"))))
    assert diagnosis is not None
    assert ABORTED in diagnosis.summary
    assert "226 done" in diagnosis.summary


@pytest.mark.parametrize("closed", ["source", "destination"])
def test_who_has_no_space_is_quoted_and_not_whose_connection_ended(closed: str) -> None:
    ended = fault("lost", closed, "the server closed the control connection", stage="transfer")
    leg = both(Side("150 x", "451 Transfer aborted. Input/output error"), Side("150 x", ABORTED))
    diagnosis = diagnose(dataclasses.replace(GOOD, **{**ended, **leg}))
    assert diagnosis is not None
    assert (diagnosis.cause, diagnosis.server) == ("no_space", "destination")
    assert "destination b:21 cannot store the file: 451 Transfer aborted. Input/output error" in diagnosis.summary


def test_braces_in_what_a_server_says() -> None:
    diagnosis = diagnose(dataclasses.replace(GOOD, **fault("refused", "source", "530 {host} {0}\n530 end", "PASS")))
    assert diagnosis is not None
    assert "530 {host} {0} / 530 end" in diagnosis.summary


def test_replies_of_several_lines_are_quoted_whole() -> None:
    said = "425-Sorry, user\n Only the client's own address.\n425 no"
    diagnosis = diagnose(dataclasses.replace(GOOD, **both(Side("150 x", "226 x"), Side(None, said))))
    assert diagnosis is not None
    assert "425-Sorry, user /  Only the client's own address. / 425 no" in diagnosis.summary
    long = "\n".join(["226-a", *(f" {number}" for number in range(100)), "226 z"])
    diagnosis = diagnose(dataclasses.replace(GOOD, **both(Side("150 x", ABORTED), Side("150 x", long))))
    assert diagnosis is not None
    assert "226-a /  0 /  1 /  2 /  3 / ... / 226 z" in diagnosis.summary


def test_nobody_is_told_to_open_a_server_for_a_mistaken_address() -> None:
    announced = {"announced_address": "203.0.113.9"}
    admitted = refused_port(ILLEGAL, "200 ok", dialled_port_reply="200 ok", **announced)
    diagnosis = diagnose(dataclasses.replace(GOOD, **admitted))
    assert diagnosis is not None
    assert diagnosis.also_possible == ("destination", "network")
    assert "fxp_masquerade_address" in diagnosis.remedy.split(".")[0]
    # What nobody on the way can read, nobody there changes.
    encrypted = diagnose(dataclasses.replace(GOOD, **admitted, tls=dict.fromkeys(ROLES, NEW)))
    assert encrypted is not None
    assert encrypted.also_possible == ("destination",)
    neither = refused_port(ILLEGAL, "200 ok", dialled_port_reply=ILLEGAL, **announced)
    diagnosis = diagnose(dataclasses.replace(GOOD, **neither))
    assert diagnosis is not None
    assert diagnosis.remedy.startswith("First see whether 203.0.113.9 is right")
    planned = refused_port(ILLEGAL, "200 ok", expected_address="203.0.113.9", **announced)
    diagnosis = diagnose(dataclasses.replace(GOOD, **planned))
    assert diagnosis is not None
    assert diagnosis.remedy.startswith("Put 203.0.113.9 into the class")
