# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The causes that the checker can tell: a row each of what it is told from, what is said of it, where to look first and the cure.

The first row that sees itself in the evidence counts; what stands higher explains what stands lower. A server that refuses a file
also closes its data port, an address that nobody planned also refuses connections. Texts are filled in by ``diagnosis.diagnose``.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis import pictures
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES, Role
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.signs import (
    active_refuses,
    both_refuse_tls,
    connection_blocked,
    matches,
    no_data_connection,
    no_tls_at_all,
    not_connected,
    one_refuses_tls,
    passive_refuses,
)

# A server by its part in the leg. The offender is the one that the fault happened on or that the transfer shows (``who``); shown
# is what ``who`` alone tells, or none.
Look = t.Optional[t.Literal["active", "passive", "destination", "offender", "shown"]]
Sees = t.Callable[[Evidence], bool]


@dataclasses.dataclass(frozen=True)
class Nuance:
    """
    What more was seen than the row needs, or less, and what that changes; the rest of the row stays.

    ``{tells}`` and ``{cure}`` in its texts are those of the row.
    """

    sees: Sees
    tells: str = "{tells}"
    cure: str = "{cure}"
    certain: bool = True
    also: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Cause:
    """
    One row. A code may have several, where different pictures lead to it.

    ``certain`` is whether the picture alone is proof. ``also`` names the other places if not: parts in the leg, roles, the
    network; without any the place is certain and the reason is not. ``who`` tells which server the transfer itself shows. Of
    ``nuances`` the first that is seen counts. ``policy`` is that of foreign addresses: what refuses so may do so on purpose.
    """

    code: str
    sees: Sees
    look: Look
    tells: str
    cure: str
    certain: bool = True
    also: tuple[str, ...] = ()
    who: t.Callable[[Evidence], Role | None] | None = None
    policy: bool = False
    nuances: tuple[Nuance, ...] = ()

    def as_seen(self, evidence: Evidence) -> Cause:
        """The row with what the first nuance that is seen changes."""
        for nuance in self.nuances:
            if nuance.sees(evidence):
                return dataclasses.replace(
                    self,
                    tells=nuance.tells.replace("{tells}", self.tells),
                    cure=nuance.cure.replace("{cure}", self.cure),
                    certain=nuance.certain,
                    also=nuance.also,
                )
        return self


def always(_evidence: Evidence) -> bool:
    """Nothing further needs to be seen."""
    return True


def unless(sees: Sees) -> Sees:
    """Where something was not seen."""
    return lambda evidence: not sees(evidence)


_BETWEEN = ("active", "network")

_ADDRESS_FAMILY_MISMATCH = Cause(
    "address_family_mismatch",
    sees=pictures.other_family,
    look="active",
    tells="the two servers have no address family in common: {detail}",
    cure=(
        "Use one address family per pair: give {active} and {passive} an fxp_address of the same family, and let nothing in "
        "front of them translate between families."
    ),
)
_TLS_PROTECTION_MISMATCH = Cause(
    "tls_protection_mismatch",
    sees=pictures.protection_mismatch,
    look="offender",
    tells="{offender} does not encrypt the data connection although it was told to: {detail}",
    cure="Let PROT P hold on both servers (fxp_tls); look for what changes PROT on {offender} (mod_rewrite) or on the way.",
    who=pictures.clear_side,
    nuances=(
        # A demand for session reuse on a very slow line would look the same.
        Nuance(lambda e: one_refuses_tls(e) and e.reuse_demanded is not False, certain=False, also=("other",)),
    ),
)
_TLS_ROLES_UNASSIGNED = Cause(
    "tls_roles_unassigned",
    sees=pictures.roles_unassigned,
    look=None,
    tells="neither {active} nor {passive} begins the TLS handshake of the data connection: {detail}",
    cure=(
        "Let {active} or {passive} obey SSCN ON: look for what changes it there (mod_rewrite) or on the way, or set fxp_tls to "
        "control on both."
    ),
    nuances=(Nuance(lambda e: e.fault_kind is None, certain=False, also=("network",)),),
)
# Small packets come through, so nothing looks wrong until the first large one.
_PATH_MTU = Cause(
    "path_mtu",
    sees=pictures.nothing_arrived,
    look=None,
    tells="the data connection is there, and not a byte of the file comes through it: large packets seem to be lost on the way",
    cure=(
        "Look for a part of the way between {active} and {passive} with a smaller MTU (tunnel, VPN, PPPoE) where ICMP is "
        "filtered: let ICMP pass, clamp the MSS of TCP there, or lower the MTU of a server's interface. Else look for a device "
        "that cuts established connections, and at the load of both servers."
    ),
    certain=False,
    also=("network", "passive", "active"),
    nuances=(
        Nuance(
            lambda e: bool(e.small_arrives),
            tells=(
                "the data connection is there, and not a byte of the file comes through it, while the end of the same file, "
                "which fits into one small packet, does: large packets are lost on the way"
            ),
        ),
    ),
)
# The client's own data connections (payload, read back) fail for reasons of their own.
_OF_THE_CLIENT = Cause(
    "data_connection_refused",
    sees=pictures.fault("client_data_refused"),
    look="offender",
    tells="{offender} does not take the data connection of the client itself: {detail}",
    cure=(
        "This was the data connection of the host that checks: fxp_clients of {offender} must admit it to "
        "fxp_passive_ports, and the port forward must lead there."
    ),
    certain=False,
    also=("network",),
)

_ADMITTED_WHERE_DIALLED: dict[str, t.Any] = {
    "tells": (
        "{active} refuses to connect to {announced}, which {passive} announces, and accepts {dialled_address}, where that was "
        "dialled"
    ),
    "cure": "{cure} If {announced} is right, put it into the class that AllowForeignAddress names on {active}.",
    "certain": False,
}

# The server's own log shows it, too (``placing``).
CHANGED_ON_ITS_WAY = Cause(
    "port_address_rewritten",
    sees=pictures.changed_on_its_way,
    look=None,
    tells=(
        "{active} was told to connect to {announced}, which {passive} announces, and connected to the client: something on "
        "the way puts another address into PORT"
    ),
    cure=(
        "Switch off what inspects FTP between the host that checks and {active} (an application level gateway such as "
        "nf_conntrack_ftp with loose=1), or encrypt the logins (fxp_tls), which no device on the way can read."
    ),
)

CAUSES: tuple[Cause, ...] = (
    Cause(
        "vantage_is_peer",
        sees=lambda e: e.vantage_is_peer,
        look=None,
        tells="one server sees the check at the other server's address, which every server accepts, so it would prove nothing",
        cure=(
            "Run the check from a third host: set fxp_vantage to one that is no member of fxp_servers and has no outer "
            "address in common with one."
        ),
    ),
    dataclasses.replace(_ADDRESS_FAMILY_MISMATCH, sees=pictures.fault("no_common_family")),
    Cause(
        "type_mismatch",
        sees=pictures.in_ascii,
        look="offender",
        tells="{offender} moves the file as text (ASCII) although it was told TYPE I, and so changes it",
        cure="Look for what changes TYPE on {offender} (mod_rewrite), or for a device that rewrites the dialogue.",
        who=pictures.ascii_side,
    ),
    Cause(
        "pret_required",
        sees=lambda e: matches(r"\bPRET\b", *pictures.opening(e)),
        look="passive",
        tells="{passive} wants to be told the file by PRET before it listens: {detail}",
        cure="Let {active} listen. A server that wants PRET, which is no part of FTP, cannot: {passive} is one.",
    ),
    Cause(
        "tls_certificate_untrusted",
        sees=pictures.fault("tls_untrusted"),
        look="offender",
        tells="the certificate of {offender} does not prove who it is: {detail}",
        cure=(
            "Give the check the CA that issued it (ca_path or ca_content; fxp_tls_ca_cert), dial a name or an address that "
            "the certificate holds, and renew that of {offender} if it has expired."
        ),
    ),
    Cause(
        "tls_policy_mismatch",
        sees=pictures.wants_tls,
        look="offender",
        tells="{offender} demands another protection than is used: {detail}",
        cure="Set fxp_tls to the same on both servers, and tls and protection of the check to what {offender} says.",
        who=pictures.protection_side,
    ),
    Cause(
        "tls_login_refused",
        sees=pictures.refuses_tls,
        look="offender",
        tells="{offender} does not let the client encrypt the connection: {detail}",
        cure=(
            "Check fxp_tls of {offender}, that mod_tls is loaded and has a certificate there, that TLS 1.2 or later is "
            "allowed, and that tls and port of the check fit together (implicit TLS usually has port 990)."
        ),
        nuances=(
            # It agreed to TLS, and its certificate is the first thing that takes large packets.
            Nuance(
                pictures.fault("tls_silent"),
                cure="If other clients get in there, large packets to this host are lost (path MTU, filtered ICMP). {cure}",
                certain=False,
                also=("network",),
            ),
        ),
    ),
    dataclasses.replace(_TLS_PROTECTION_MISMATCH, sees=pictures.fault("tls_protection")),
    dataclasses.replace(_TLS_ROLES_UNASSIGNED, sees=pictures.fault("tls_roles")),
    Cause(
        "sscn_unsupported",
        sees=lambda e: pictures.refused(e, "SSCN"),
        look="offender",
        tells="{offender} cannot be the TLS client of a data connection, and one of the two has to be: {detail}",
        cure=(
            "Set fxp_tls to control on {offender} and {other} (encrypted logins, clear data); or let {other} be the TLS "
            "client (sscn of the check)."
        ),
    ),
    Cause(
        "command_limited",
        sees=pictures.limited,
        look="offender",
        tells="{offender} forbids the command: {detail}",
        cure="Let no <Limit> on {offender} deny PORT, EPRT, PASV or EPSV to this account.",
        nuances=(Nuance(unless(pictures.command_limited), certain=False),),
    ),
    Cause(
        "active_mode_disabled",
        sees=pictures.no_active_mode,
        look="active",
        tells="{active} opens no data connections to anybody: {detail}",
        cure="Take RootRevoke out of the configuration of {active}, or switch active mode on there.",
        nuances=(
            # The client's own address may be another one at that server.
            Nuance(unless(pictures.active_mode_disabled), certain=False, also=("network",)),
        ),
    ),
    Cause(
        "server_busy",
        sees=pictures.busy,
        look="offender",
        tells="{offender} takes no further session: {detail}",
        cure=(
            "Give {offender} more fxp_passive_ports (a server admits as many sessions as it has ports, up to 100), raise "
            "MaxClients* there, or end other sessions."
        ),
        who=pictures.file_side,
        nuances=(Nuance(unless(pictures.server_busy), certain=False),),
    ),
    Cause(
        "refused_at_connect",
        sees=pictures.turned_away,
        look="offender",
        tells="{offender} takes no session of the host that checks: {detail}",
        cure=(
            "Look whether {offender} has no place left (MaxInstances: more fxp_passive_ports, or fewer sessions) or has shut "
            "this host out: bans (mod_ban, fail2ban), <Limit LOGIN>, hosts.deny, limits for each host. Its log tells."
        ),
        certain=False,
        also=("network",),
        nuances=(Nuance(pictures.said_no, certain=False),),
    ),
    Cause(
        "command_filtered",
        sees=lambda e: bool(e.port_unheard),
        look="active",
        tells="{active} gives no answer to PORT, and to other commands it does: that one seems to be filtered on its way",
        cure=(
            "Switch off what inspects FTP between the host that checks and {active}, or filters it there; or encrypt the logins "
            "(fxp_tls), which no device on the way can read."
        ),
        certain=False,
        also=("network",),
    ),
    Cause(
        "control_unreachable",
        sees=pictures.fault(
            "name_unknown", "connect_refused", "connect_timed_out", "connect_unreachable", "greeting_silent", "greeting_wrong"
        ),
        look="offender",
        tells="{offender} cannot be reached: {detail}",
        cure=(
            "Check that the FTP service runs on {offender} and listens on this port (fxp_control_port), that fxp_clients admits "
            "the host that checks, and that no other firewall, there or on the way, drops or rejects the connection."
        ),
    ),
    Cause(
        "login_refused",
        sees=lambda e: pictures.refused(e, "USER", "PASS"),
        look="offender",
        tells="{offender} refuses the login: {detail}",
        cure="Check fxp_users of {offender}, and fxp_check_user and fxp_check_password of the check.",
    ),
    Cause(
        "protocol_error",
        sees=pictures.fault("malformed"),
        look="offender",
        tells="{offender} broke the protocol: {detail}",
        cure="Check what really answers as {offender}; MasqueradeAddress must be a literal IPv4 address for PASV.",
    ),
    Cause(
        "unexpected_address_advertised",
        sees=lambda e: e.address_unexpected or pictures.announces_what_is_refused(e),
        look="passive",
        tells="{passive} announces {announced}, which is not {expected}",
        cure="Set fxp_masquerade_address or fxp_address of {passive} to the address that its peers can reach, and apply it.",
        nuances=(
            Nuance(
                lambda e: not e.address_unexpected and pictures.in_clear(e), **_ADMITTED_WHERE_DIALLED, also=("active", "network")
            ),
            Nuance(unless(lambda e: e.address_unexpected), **_ADMITTED_WHERE_DIALLED, also=("active",)),
            Nuance(
                pictures.readable,
                cure="{cure} If it is right there, what inspects FTP changes it on its way: switch that off, or use fxp_tls.",
                certain=False,
                also=("network",),
            ),
        ),
    ),
    Cause(
        "passive_port_out_of_range",
        sees=lambda e: e.port_unexpected,
        look="passive",
        tells="{passive} announces port {port}, outside of {ports}",
        cure="Give {passive} more fxp_passive_ports, and check that PassivePorts stands where it is read there.",
    ),
    Cause(
        "privileged_port_refused",
        sees=lambda e: active_refuses(e) and (e.announced_port or 0) < 1024,
        look="passive",
        tells="{active} refuses port {port}, which {passive} announces: ports below 1024 are never connected to",
        cure="Set fxp_passive_ports of {passive} to ports above 1023, and check the port forward.",
    ),
    Cause(
        "active_refuses_foreign_address",
        sees=active_refuses,
        look="active",
        tells="{active} refuses to connect to {announced}, which {passive} announces, but accepts the client's own address",
        cure=(
            "Put {announced} into the class that AllowForeignAddress names on {active}: fxp_address or "
            "fxp_masquerade_address of {passive}; and fxp_foreign_addresses of {active} must not be none."
        ),
        policy=True,
        nuances=(
            # Nobody is to open a server for an address that is a mistake.
            Nuance(
                lambda e: e.address_differs,
                cure=(
                    "First see whether {announced} is right (fxp_masquerade_address of {passive}, which was dialled at "
                    "{dialled_address}). {cure}"
                ),
            ),
        ),
    ),
    _ADDRESS_FAMILY_MISMATCH,
    Cause(
        "overwrite_refused",
        sees=pictures.overwrite_refused,
        look="offender",
        tells="{offender} does not overwrite a file that is there already: {detail}",
        cure="Delete the file on {offender}, or say AllowOverwrite on there.",
        who=pictures.file_side,
    ),
    Cause(
        "no_space",
        sees=lambda e: pictures.full_side(e) is not None,
        look="offender",
        tells="{offender} cannot store the file: {detail}",
        cure=(
            "Make space on the disk of {offender}, or raise the quota of the account or the limit (MaxStoreFileSize); if there "
            "is space, read the log of the kernel for errors of the disk."
        ),
        who=pictures.full_side,
        nuances=(
            Nuance(pictures.upload_aborted, certain=False, also=("network",)),
            Nuance(unless(pictures.space_named), certain=False),
        ),
    ),
    Cause(
        "file_gone",
        sees=pictures.file_gone,
        look="destination",
        tells="both servers reported success, and {destination} does not have the file, or does not show it: {detail}",
        cure=(
            "Look on {destination} for what takes away what arrives (an inbox, a virus scanner, a script), and give the check a "
            "directory that nothing empties; or let the account read what it has written."
        ),
        nuances=(Nuance(always, certain=False),),
    ),
    Cause(
        "file_refused",
        sees=pictures.file_refused,
        look="offender",
        tells="{offender} refuses the file: {detail}",
        cure="Check path, directory and the permissions of the account on {offender}, and whether <Limit> denies it.",
        who=pictures.file_side,
        nuances=(
            Nuance(
                pictures.stops_sending,
                tells="{offender} stops sending the file: {detail}",
                cure="{cure} Look there for limits (MaxRetrieveFileSize, quotas) and for errors of the disk, too.",
                certain=False,
                also=("destination", "network"),
            ),
        ),
    ),
    Cause(
        "hairpin_nat_missing",
        sees=pictures.hairpin,
        look="passive",
        tells=(
            "{active} does not get to {announced} port {port}, the outer address of the network that both servers stand in: "
            "{active_said}"
        ),
        cure=(
            "Let the gateway of {passive} lead connections from inside back inside, or let both servers announce their inner "
            "addresses (no fxp_masquerade_address)."
        ),
        certain=False,
        also=("network",),
    ),
    Cause(
        "private_address_advertised",
        sees=pictures.private_address,
        look="passive",
        tells="{passive} announces the private address {announced} although it was dialled at {dialled_address}",
        cure="Set fxp_masquerade_address of {passive} to the address that its peers can reach.",
        nuances=(
            Nuance(
                lambda e: bool(e.rewritten),
                tells="{tells}, and {active} connects to its client instead (ProFTPD replaces private addresses in PORT)",
            ),
            Nuance(always, certain=False, also=("active", "network")),
        ),
    ),
    CHANGED_ON_ITS_WAY,
    Cause(
        "port_address_rewritten",
        sees=lambda e: bool(e.rewritten) and no_data_connection(e),
        look="active",
        tells=(
            "{active} accepted PORT with the private address {announced} of {passive}, but connected to the client instead: "
            "ProFTPD does so when neither the client nor it has a private address"
        ),
        cure=(
            "Set fxp_masquerade_address of {passive} to the address that its peers can reach, or check from a host inside "
            "that network (fxp_vantage) and dial private addresses (fxp_address)."
        ),
    ),
    Cause(
        "data_connection_refused",
        sees=pictures.connection_refused,
        look="passive",
        tells="{active} was refused at {announced} port {port}, which {passive} announces{dialled}{client}",
        cure=(
            "Nothing listens there, or a rule rejects: check fxp_masquerade_address of {passive}, the port forward of its "
            "gateway, and the firewall (fxp_passive_ports, fxp_firewall_backend), then rules that reject at {active} and in "
            "between."
        ),
        certain=False,
        also=_BETWEEN,
    ),
    Cause(
        "data_connection_blocked",
        sees=connection_blocked,
        look="passive",
        tells=(
            "the data connection of {active} to {announced} port {port}, which {passive} announces{dialled}, gets no "
            "answer{client}"
        ),
        cure=(
            "A firewall drops it: open fxp_passive_ports of {passive} for the fxp_egress_addresses of {active} (role "
            "proftpd.fxp.firewall), then look at outgoing rules of {active} and at filters in between."
        ),
        certain=False,
        also=_BETWEEN,
    ),
    Cause(
        "data_connection_unreachable",
        sees=lambda e: not_connected(e) is not None,
        look="passive",
        tells="{active} has no way to {announced} port {port}, which {passive} announces{dialled}{client}: {active_said}",
        cure="Check fxp_masquerade_address of {passive}, the route between the two servers, and firewalls that reject on it.",
        certain=False,
        also=_BETWEEN,
    ),
    _OF_THE_CLIENT,
    dataclasses.replace(_OF_THE_CLIENT, code="data_connection_unreachable", sees=pictures.fault("client_data_unreachable")),
    dataclasses.replace(_OF_THE_CLIENT, code="data_connection_blocked", sees=pictures.fault("client_data_timed_out")),
    dataclasses.replace(
        _PATH_MTU,
        sees=pictures.fault("client_data_large"),
        tells=(
            "the data connection of the client itself to {offender} stands still, while one with a single small packet does not: "
            "large packets are lost on the way"
        ),
        cure=(
            "Look for a part of the way between the host that checks and {offender} with a smaller MTU (tunnel, VPN, PPPoE) "
            "where ICMP is filtered: let ICMP pass, clamp the MSS of TCP there, or lower the MTU of an interface."
        ),
        nuances=(Nuance(always),),
    ),
    Cause(
        "client_data_lost",
        sees=pictures.fault("client_data_lost"),
        look="offender",
        tells="the data connection of the client itself to {offender} broke or stood still: {detail}",
        cure=(
            "This was the data connection of the host that checks: look for what loses its large packets (path MTU, filtered "
            "ICMP) or cuts its connections on the way to {offender}, and at the load there."
        ),
        certain=False,
        also=("network",),
    ),
    Cause(
        "passive_refuses_foreign_address",
        sees=passive_refuses,
        look="passive",
        tells="{passive} refuses the data connection of {active}: {passive_said}",
        cure=(
            "Put the address that {active} connects from into the class that AllowForeignAddress names on {passive}: "
            "fxp_egress_addresses of {active}; and fxp_foreign_addresses of {passive} must not be none."
        ),
        policy=True,
        nuances=(
            # Where it is not told, the connection may have gone to another host.
            Nuance(
                pictures.passive_silent,
                tells="{passive} never took the data connection that {active} opened to {announced}{dialled}",
                cure=(
                    "{cure} If {passive} never refuses in silence, the connection went to another host: check its "
                    "fxp_masquerade_address."
                ),
                certain=False,
                also=("network",),
            ),
            Nuance(
                unless(pictures.foreign_address_refused),
                cure="{cure} If its words give another reason, that one counts.",
                certain=False,
                also=("network",),
            ),
        ),
    ),
    Cause(
        "tls_versions_disjoint",
        sees=lambda e: both_refuse_tls(e) or (no_tls_at_all(e) and pictures.disjoint(e)),
        look=None,
        tells="{active} and {passive} find no TLS version or cipher in common for the data connection: {versions}",
        cure="Let TLSProtocol of {active} and {passive} overlap (fxp_tls_versions of both), and TLSCipherSuite.",
        nuances=(Nuance(unless(pictures.disjoint), certain=False, also=("network",)),),
    ),
    dataclasses.replace(
        _PATH_MTU,
        sees=pictures.handshake_lost,
        tells=(
            "the data connection is there, and its TLS handshake never ends: large packets, as those with a certificate are, "
            "seem to be lost on the way"
        ),
    ),
    _TLS_ROLES_UNASSIGNED,
    Cause(
        "tls_session_reuse_required",
        sees=pictures.reuse_demanded,
        look="offender",
        tells=(
            "{offender} only takes data connections that resume the TLS session of its own client, which another server "
            "cannot do: {detail}"
        ),
        cure=(
            "Set TLSOptions NoSessionReuseRequired on {offender} (require_ssl_reuse=NO in vsftpd; FileZilla Server cannot), or "
            "fxp_tls to control on both."
        ),
        who=pictures.reuse_side,
        nuances=(Nuance(lambda e: one_refuses_tls(e) and e.reuse_demanded is None, certain=False, also=("other",)),),
    ),
    Cause(
        "tls_peer_certificate_unverified",
        sees=pictures.unverified,
        look="offender",
        tells="{offender} ended its session when it met the certificate of its peer, which it cannot verify",
        cure=(
            "Give {offender} the CA of its peer (fxp_tls_ca_cert, TLSCACertificateFile), best one CA for both, and look into "
            "its TLSLog."
        ),
        who=lambda e: e.sscn,
        nuances=(Nuance(pictures.both_gone, certain=False, also=("network",)),),
    ),
    _TLS_PROTECTION_MISMATCH,
    Cause(
        "tls_data_truncated",
        sees=pictures.truncated,
        look="offender",
        tells="{offender} reports success, and the end of the file was lost: {detail}",
        cure=(
            "Under TLS 1.3 a sender must not be the TLS client, as {offender} is: leave sscn of the check at auto, and let other "
            "clients send SSCN ON to the receiver; or allow only TLS 1.2 (fxp_tls_versions) on one of the two."
        ),
        who=lambda e: e.sscn,
    ),
    Cause(
        "control_lost",
        sees=pictures.fault("lost", "closing", "silent"),
        look="offender",
        tells="{offender} ended the dialogue: {detail}",
        cure=(
            "Read the log of {offender}, its time limits (TimeoutIdle, TimeoutNoTransfer, TimeoutSession), and look for a "
            "device that cuts the control connection."
        ),
        nuances=(
            # Whoever ends a connection in order did so. One that breaks, or is silent, may have been cut by anybody on the way.
            Nuance(pictures.broke_off, certain=False, also=("network",)),
        ),
    ),
    _PATH_MTU,
    Cause(
        "transfer_stalled",
        sees=pictures.stalled,
        look="passive",
        tells="the transfer stopped in mid-course: {moved}",
        cure=(
            "Look for a firewall or device that cuts established connections between {active} and {passive}, and at the load "
            "of both; raise transfer_timeout if bytes still moved."
        ),
        certain=False,
        also=_BETWEEN,
    ),
    Cause(
        "content_mismatch",
        sees=pictures.content,
        look="destination",
        tells="both servers report success, but {destination} holds other content: {difference}",
        cure="Look at the file system of {destination} and at anything that rewrites files or data connections on the way.",
    ),
    # What nothing above explains.
    Cause(
        "unknown",
        sees=always,
        look="shown",
        tells="no known cause explains what was seen: {detail}",
        cure="Read evidence and transcript, and the logs of both servers.",
        certain=False,
        also=(*ROLES, "network"),
        who=pictures.who_spoke,
    ),
)

POLICY_CAUSES = tuple(cause.code for cause in CAUSES if cause.policy)

__all__ = ("CAUSES", "CHANGED_ON_ITS_WAY", "POLICY_CAUSES", "Cause", "Look", "Nuance")
