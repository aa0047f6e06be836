# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
TLS that is not what it seems: not switched on, not demanded, without a certificate, or with nobody looking who the peer is.

The defaults are those of contrib/mod_tls.c and its documentation, which ProFTPD's checker does not question.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR, WARNING, Finding

_CERTIFICATES = ("TLSECCertificateFile", "TLSRSACertificateFile", "TLSDSACertificateFile", "TLSPKCS12File")
_AUTHORITIES = ("TLSCACertificateFile", "TLSCACertificatePath")
# Formally ended by RFC 7568 and RFC 8996.
_OLD = ("SSLv3", "TLSv1", "TLSv1.1")
_EVERY = (*_OLD, "TLSv1.2", "TLSv1.3")
# Values of TLSRequired with which a login may go in the clear.
_CLEAR_LOGINS = frozenset({"off", "no", "false", "0", "data", "!data"})
# Seconds. mod_tls waits 300 where nothing is said (TLS_HANDSHAKE_TIMEOUT).
_LONG_HANDSHAKE = 60


def _with_tls(in_force: policy.Policy) -> t.Iterator[policy.Scope]:
    return (server for server in in_force.listening if in_force.flag(server, "TLSEngine"))


def _foreign(in_force: policy.Policy, server: policy.Scope) -> set[bool | None]:
    """What the server says of foreign addresses, to anybody: False for off, True for on, None for a class."""
    return {
        policy.boolean(line.arguments[0])
        for root, line in in_force.everywhere("AllowForeignAddress")
        if root in (server, in_force.common)
    }


def _takes_peers(in_force: policy.Policy, server: policy.Scope) -> bool:
    return bool(_foreign(in_force, server) - {False})


def _at(in_force: policy.Policy, server: policy.Scope, *directives: str) -> int:
    """The line to look at: that of the first directive that is said, else where the server begins."""
    lines = (in_force.value(server, directive) for directive in directives)
    return next((line.number for line in lines if line is not None), server.line)


def engine(in_force: policy.Policy) -> t.Iterator[Finding]:
    """TLS that is described and not switched on, or switched on without a certificate."""
    for server in in_force.listening:
        if in_force.flag(server, "TLSEngine"):
            if not any(in_force.value(server, directive) for directive in _CERTIFICATES):
                yield Finding(
                    "tls_without_certificate",
                    ERROR,
                    server.name,
                    _at(in_force, server, "TLSEngine"),
                    "TLSEngine is on, but there is no certificate, so no session can be encrypted",
                    "say TLSECCertificateFile and TLSECCertificateKeyFile, or those for RSA",
                )
        elif in_force.value(server, "TLSRequired") and in_force.flag(server, "TLSRequired") is not False:
            yield Finding(
                "tls_not_switched_on",
                ERROR,
                server.name,
                _at(in_force, server, "TLSRequired"),
                "TLSRequired has no effect without TLSEngine on: logins and files go in the clear",
                "say TLSEngine on",
            )


def required(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Servers that offer TLS and take passwords without it."""
    for server in _with_tls(in_force):
        line = in_force.value(server, "TLSRequired")
        if line is None or line.arguments[0].lower() in _CLEAR_LOGINS:
            yield Finding(
                "tls_not_required",
                WARNING,
                server.name,
                _at(in_force, server, "TLSRequired", "TLSEngine"),
                f"TLS is offered, but logins in the clear are taken too{_beside(in_force, server)}",
                "say TLSRequired on, or TLSRequired ctrl where partners need files in the clear",
            )


def _beside(in_force: policy.Policy, server: policy.Scope) -> str:
    """The sessions of which something else is said."""
    sections = [
        f"<{policy.CONDITIONAL[scope.kind]} {' '.join(scope.arguments)}>" for scope in in_force.conditional(server, "TLSRequired")
    ]
    return f", but for what {' and '.join(sections)} says" if sections else ""


def protocols(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Versions of TLS that are no protection any more."""
    for root, line in in_force.everywhere("TLSProtocol"):
        taken = _taken(line.arguments)
        old = [version for version in _OLD if version in taken]
        if old:
            yield Finding(
                "tls_protocol_old",
                WARNING,
                root.name,
                line.number,
                f"TLSProtocol takes {', '.join(old)}, which is no protection any more (RFC 8996)",
                "say TLSProtocol TLSv1.2",
            )


def _taken(words: t.Sequence[str]) -> set[str]:
    """The versions that TLSProtocol takes: it adds up, and a minus takes away."""
    taken: set[str] = set()
    for word in words:
        version = word.lstrip("+-")
        every = version.lower() in ("all", "sslv23")
        named = {each for each in _EVERY if every or each.lower() == version.lower()}
        taken = taken - named if word.startswith("-") else taken | named
    return taken


def peers(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Servers that exchange files with peers over TLS."""
    for server in _with_tls(in_force):
        if not _takes_peers(in_force, server):
            continue
        if in_force.flag(server, "TLSVerifyServer") is False:
            yield Finding(
                "tls_peer_not_verified",
                ERROR,
                server.name,
                _at(in_force, server, "TLSVerifyServer"),
                "TLSVerifyServer off lets anybody on the way stand in for a peer of secure FXP",
                "say TLSVerifyServer NoReverseDNS, and in TLSCACertificateFile the authority of the peers",
            )
        elif not any(in_force.value(server, directive) for directive in _AUTHORITIES):
            yield Finding(
                "tls_authority_missing",
                WARNING,
                server.name,
                _at(in_force, server, "TLSVerifyServer", "TLSEngine"),
                "no authority is named, so that no peer is trusted where this server is the TLS client of secure FXP (SSCN ON)",
                "say TLSCACertificateFile with the authority of the peers",
            )
        timeout = in_force.value(server, "TLSTimeoutHandshake")
        if timeout is None or not 1 <= (policy.seconds(timeout.arguments[0]) or 0) <= _LONG_HANDSHAKE:
            yield Finding(
                "tls_handshake_long",
                WARNING,
                server.name,
                _at(in_force, server, "TLSTimeoutHandshake", "TLSEngine"),
                "two servers that both wait for the other's TLS handshake hang for minutes",
                "say TLSTimeoutHandshake 30",
            )


def session_reuse(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Data connections that nothing ties to their session: neither its TLS session nor an address."""
    for server in _with_tls(in_force):
        said = in_force.added(server, "TLSOptions")
        options = next((line for line in said if "nosessionreuserequired" in map(str.lower, line.arguments)), None)
        if options is None:
            continue
        if True in _foreign(in_force, server):
            yield Finding(
                "tls_data_from_anybody",
                ERROR,
                server.name,
                options.number,
                "NoSessionReuseRequired together with AllowForeignAddress on lets anybody take a data connection of others",
                "name a class of peers in AllowForeignAddress",
            )
