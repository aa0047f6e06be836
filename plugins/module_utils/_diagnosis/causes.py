# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The causes that the checker can tell, with where to look first and what cures them.

Where to look is a role in the leg: ``active``, ``passive``, ``destination``, ``offender`` (the server that the fault happened on)
or none. Texts are filled in by ``diagnosis.diagnose``.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Look = t.Optional[t.Literal["active", "passive", "destination", "offender"]]


@dataclass(frozen=True)
class Cause:
    """One code: where to look first, whether the dialogue alone is proof, what was seen, and the cure."""

    look: Look
    seen: str
    cure: str
    certain: bool = True
    also: tuple[str, ...] = ()


_BETWEEN = ("active", "network")

CAUSES: dict[str, Cause] = {
    "control_unreachable": Cause(
        "offender",
        "{offender} cannot be reached: {detail}",
        "Check that the FTP service runs there and listens on this port (fxp_control_port), that fxp_clients admits the host "
        "that checks, and that no other firewall, there or on the way, drops or rejects the connection.",
    ),
    "server_busy": Cause(
        "offender",
        "{offender} takes no further session: {detail}",
        "Give it more fxp_passive_ports (a server admits as many sessions as it has ports, up to 100), raise MaxClients* there, "
        "or end other sessions.",
    ),
    "login_refused": Cause(
        "offender",
        "{offender} refuses the login: {detail}",
        "Check fxp_users on that server, and fxp_check_user and fxp_check_password of the check.",
    ),
    "tls_login_refused": Cause(
        "offender",
        "{offender} does not let the client encrypt the connection: {detail}",
        "Check fxp_tls of that server, that mod_tls is loaded and has a certificate there, that TLS 1.2 or later is allowed, and "
        "that tls and port of the check fit together (implicit TLS usually has port 990).",
    ),
    "tls_certificate_untrusted": Cause(
        "offender",
        "the certificate of {offender} does not prove who it is: {detail}",
        "Give the check the CA that issued it (ca_path or ca_content; fxp_tls_ca_cert), dial a name or an address that the "
        "certificate holds, and renew it if it has expired.",
    ),
    "tls_policy_mismatch": Cause(
        "offender",
        "{offender} demands another protection than is used: {detail}",
        "Set fxp_tls to the same on both servers, and tls and protection of the check to what it says.",
    ),
    "sscn_unsupported": Cause(
        "offender",
        "{offender} cannot be the TLS client of a data connection, and one of the two has to be: {detail}",
        "Set fxp_tls to control on both servers (encrypted logins, clear data); or let the other server be the TLS client "
        "(sscn of the check).",
    ),
    "tls_session_reuse_required": Cause(
        "offender",
        "{offender} only takes data connections that resume the TLS session of its own client, which another server cannot do: "
        "{detail}",
        "Set TLSOptions NoSessionReuseRequired on {offender} (require_ssl_reuse=NO in vsftpd), or fxp_tls to control on both.",
    ),
    "tls_peer_certificate_unverified": Cause(
        "offender",
        "{offender} ended its session when it met the certificate of its peer, which it cannot verify",
        "Give {offender} the CA of its peer (fxp_tls_ca_cert, TLSCACertificateFile), best one CA for both, and look "
        "into its TLSLog.",
    ),
    "tls_roles_unassigned": Cause(
        None,
        "neither {active} nor {passive} begins the TLS handshake of the data connection: {detail}",
        "One of them has to obey SSCN ON: look for what changes it on the way or on the server (mod_rewrite), or set fxp_tls to "
        "control on both.",
    ),
    "tls_versions_disjoint": Cause(
        None,
        "{active} and {passive} find no TLS version or cipher in common for the data connection: {versions}",
        "Let TLSProtocol of the two servers overlap (fxp_tls_versions of both), and TLSCipherSuite.",
    ),
    "tls_protection_mismatch": Cause(
        "offender",
        "{offender} does not encrypt the data connection although it was told to: {detail}",
        "Let PROT P hold on both servers (fxp_tls); look for what changes PROT on {offender} (mod_rewrite) or on the way.",
    ),
    "tls_data_truncated": Cause(
        "offender",
        "{offender} reports success, and the end of the file was lost: {detail}",
        "Under TLS 1.3 a sender must not be the TLS client: leave sscn of the check at auto, and let other clients send "
        "SSCN ON to the receiver; or allow only TLS 1.2 (fxp_tls_versions) on one of the two.",
    ),
    "address_family_mismatch": Cause(
        "active",
        "the two servers have no address family in common: {detail}",
        "Use one address family per pair: give both hosts an fxp_address of the same family, and let nothing in front of them "
        "translate between families.",
    ),
    "vantage_is_peer": Cause(
        None,
        "one server sees the check at the other server's address, which every server accepts, so it would prove nothing",
        "Run the check from a third host: set fxp_vantage to one that is no member of fxp_servers and has no outer address in "
        "common with one.",
    ),
    "command_limited": Cause(
        "offender",
        "{offender} forbids the command: {detail}",
        "Let no <Limit> on {offender} deny PORT, EPRT, PASV or EPSV to this account.",
    ),
    "active_mode_disabled": Cause(
        "active",
        "{active} opens no data connections to anybody: {detail}",
        "Take RootRevoke out of the configuration of {active}, or switch active mode on there.",
    ),
    "pret_required": Cause(
        "passive",
        "{passive} wants to be told the file by PRET before it listens: {detail}",
        "A server of that kind cannot take part: its PRET is no part of FTP. Let the other server listen.",
    ),
    "active_refuses_foreign_address": Cause(
        "active",
        "{active} refuses to connect to {announced}, which {passive} announces, but accepts the client's own address",
        "Put {announced} into the class that AllowForeignAddress names on {active}: fxp_address or fxp_masquerade_address of "
        "{passive}; and fxp_foreign_addresses of {active} must not be none.",
    ),
    "passive_refuses_foreign_address": Cause(
        "passive",
        "{passive} refuses the data connection of {active}: {passive_said}",
        "Put the address that {active} connects from into the class that AllowForeignAddress names on {passive}: "
        "fxp_egress_addresses of {active}; and fxp_foreign_addresses of {passive} must not be none.",
    ),
    "privileged_port_refused": Cause(
        "passive",
        "{active} refuses port {port}, which {passive} announces: ports below 1024 are never connected to",
        "Set fxp_passive_ports of {passive} to ports above 1023, and check the port forward.",
    ),
    "data_connection_refused": Cause(
        "passive",
        "{active} was refused at {announced} port {port}, which {passive} announces{dialled}{client}",
        "Nothing listens there, or a rule rejects: check fxp_masquerade_address of {passive}, the port forward of its "
        "gateway, and the firewall (fxp_passive_ports, fxp_firewall_backend), then rules that reject at {active} and in between.",
        certain=False,
        also=_BETWEEN,
    ),
    "data_connection_unreachable": Cause(
        "passive",
        "{active} has no way to {announced} port {port}, which {passive} announces{dialled}{client}: {active_said}",
        "Check fxp_masquerade_address of {passive}, the route between the two servers, and firewalls that reject on it.",
        certain=False,
        also=_BETWEEN,
    ),
    "data_connection_blocked": Cause(
        "passive",
        "the data connection of {active} to {announced} port {port}, which {passive} announces{dialled}, gets no answer{client}",
        "A firewall drops it: open fxp_passive_ports of {passive} for the fxp_egress_addresses of {active} (role "
        "proftpd.fxp.firewall), then look at outgoing rules of {active} and at filters in between.",
        certain=False,
        also=_BETWEEN,
    ),
    "private_address_advertised": Cause(
        "passive",
        "{passive} announces the private address {announced} although it was dialled at {dialled_address}",
        "Set fxp_masquerade_address of {passive} to the address that its peers can reach.",
    ),
    "port_address_rewritten": Cause(
        "active",
        "{active} accepted PORT with the private address {announced} of {passive}, but connected to the client instead: ProFTPD "
        "does so when neither the client nor it has a private address",
        "Set fxp_masquerade_address of {passive} to the address that its peers can reach, or check from a host inside that "
        "network (fxp_vantage) and dial private addresses (fxp_address).",
    ),
    "hairpin_nat_missing": Cause(
        "passive",
        "{active} does not get to {announced} port {port}, the outer address of the network that both servers stand in: "
        "{active_said}",
        "Let the gateway of {passive} lead connections from inside back inside, or let both servers announce their "
        "inner addresses (no fxp_masquerade_address).",
        certain=False,
        also=("network",),
    ),
    "unexpected_address_advertised": Cause(
        "passive",
        "{passive} announces {announced}, which is not {expected}",
        "Set fxp_masquerade_address or fxp_address of {passive} to the address that its peers can reach, and apply it.",
    ),
    "passive_port_out_of_range": Cause(
        "passive",
        "{passive} announces port {port}, outside of {ports}",
        "Give {passive} more fxp_passive_ports, and check that PassivePorts stands where this server reads it.",
    ),
    "file_refused": Cause(
        "offender",
        "{offender} refuses the file: {detail}",
        "Check path, directory and the permissions of the account there, and whether <Limit> denies it.",
    ),
    "overwrite_refused": Cause(
        "offender",
        "{offender} does not overwrite a file that is there already: {detail}",
        "Delete the file there, or allow AllowOverwrite.",
    ),
    "no_space": Cause(
        "offender",
        "{offender} cannot store the file: {detail}",
        "Make space on the disk there, or raise the quota of the account; if there is space, read the log of the kernel for "
        "errors of the disk.",
    ),
    "type_mismatch": Cause(
        "offender",
        "{offender} moves the file as text (ASCII) although it was told TYPE I, and so changes it",
        "Look for what changes TYPE on {offender} (mod_rewrite), or for a device that rewrites the dialogue.",
    ),
    "content_mismatch": Cause(
        "destination",
        "both servers report success, but {destination} holds other content: {difference}",
        "Look at the file system there and at anything that rewrites files or data connections on the way.",
    ),
    "transfer_stalled": Cause(
        "passive",
        "the transfer stopped in mid-course: {moved}",
        "Look for a firewall or device that cuts established connections, and at the load of both servers; raise "
        "transfer_timeout if bytes still moved.",
        certain=False,
        also=_BETWEEN,
    ),
    "control_lost": Cause(
        "offender",
        "{offender} ended the dialogue: {detail}",
        "Read the log of that server, its time limits (TimeoutIdle, TimeoutNoTransfer, TimeoutSession), and look for a device "
        "that cuts the control connection.",
    ),
    "protocol_error": Cause(
        "offender",
        "{offender} broke the protocol: {detail}",
        "Check what really answers at this address; MasqueradeAddress must be a literal IPv4 address for PASV.",
    ),
    "unknown": Cause(
        None,
        "no known cause explains what was seen: {detail}",
        "Read evidence and transcript, and the logs of both servers.",
        certain=False,
    ),
}

# The client's own data connections (payload, read back) fail for reasons of their own.
CLIENT_DATA_SEEN = "{host} does not take the data connection of the client itself: {detail}"
CLIENT_DATA_CURE = (
    "This was the data connection of the host that checks: fxp_clients of that server must admit it to fxp_passive_ports, and "
    "the port forward must lead there."
)

# A refusal by the passive server in silence, or in words that are not known.
NEVER_TAKEN = "{passive} never took the data connection that {active} opened to {announced}{dialled}"
STRAYED_CURE = " If that server never refuses in silence, the connection went to another host: check its fxp_masquerade_address."
OTHER_REASON_CURE = " If its words give another reason, that one counts."

# An announced address that the active server refuses, though it would connect to the passive one where that is dialled.
ONLY_DIALLED_ADMITTED = (
    "{active} refuses to connect to {announced}, which {passive} announces, and accepts {dialled_address}, where that was dialled"
)
ADMIT_ANNOUNCED_CURE = " If {announced} is right, put it into the class that AllowForeignAddress names on {active}."
# Nobody is to open a server for an address that is a mistake.
MISTAKEN_ADDRESS_CURE = (
    "First see whether {announced} is right (fxp_masquerade_address of {passive}, which was dialled at {dialled_address}). "
)
REWRITTEN = ", and {active} connects to its client instead (ProFTPD replaces private addresses in PORT)"

__all__ = (
    "ADMIT_ANNOUNCED_CURE",
    "CAUSES",
    "CLIENT_DATA_CURE",
    "CLIENT_DATA_SEEN",
    "MISTAKEN_ADDRESS_CURE",
    "NEVER_TAKEN",
    "ONLY_DIALLED_ADMITTED",
    "OTHER_REASON_CURE",
    "REWRITTEN",
    "STRAYED_CURE",
    "Cause",
    "Look",
)
