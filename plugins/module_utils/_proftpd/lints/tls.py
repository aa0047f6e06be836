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

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import environment, foreign, policy, tls
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.releases import ANYBODY
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR, FAULT, NOTE, WARNING, Finding

# Formally ended by RFC 7568 and RFC 8996.
_OLD = ("SSLv3", "TLSv1", "TLSv1.1")
_EVERY = (*_OLD, "TLSv1.2", "TLSv1.3")
# Where systems keep the authorities that everybody can have a certificate of.
_PUBLIC_AUTHORITIES = ("/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/pki/ca-trust", "/usr/share/ca-certificates")
# Seconds. mod_tls waits 300 where nothing is said (TLS_HANDSHAKE_TIMEOUT).
_LONG_HANDSHAKE = 60


def _with_tls(in_force: policy.Policy) -> t.Iterator[policy.Scope]:
    return (server for server in in_force.listening if in_force.flag(server, "TLSEngine"))


def _takes_peers(in_force: policy.Policy, server: policy.Scope) -> bool:
    """Whether the server exchanges files with others than its clients, in some session."""
    return any(said.takes_peers for _where, said in foreign.contexts(in_force, server))


def _is_unknown(in_force: policy.Policy, server: policy.Scope, directive: str) -> bool:
    """Whether the directive depends on an environment that is not known, so that nothing can be said of it."""
    line = in_force.value(server, directive)
    return line is not None and environment.is_unknown(line.arguments)


def _at(in_force: policy.Policy, server: policy.Scope, *directives: str) -> int:
    """The line to look at: that of the first directive that is said, else where the server begins."""
    lines = (in_force.value(server, directive) for directive in directives)
    return next((line.number for line in lines if line is not None), server.line)


def engine(in_force: policy.Policy) -> t.Iterator[Finding]:
    """TLS that is not there, that is described and not switched on, or switched on without a certificate."""
    for server in in_force.listening:
        said = tls.of(in_force, server)
        if said.engine:
            if not said.certificate_files:
                yield Finding(
                    "tls_without_certificate",
                    ERROR,
                    server.name,
                    _at(in_force, server, "TLSEngine"),
                    "TLSEngine is on, but there is no certificate, so no session can be encrypted",
                    "say TLSECCertificateFile and TLSECCertificateKeyFile, or those for RSA",
                )
        elif _is_unknown(in_force, server, "TLSEngine"):
            continue
        elif said.required != "off":
            yield Finding(
                "tls_not_switched_on",
                ERROR,
                server.name,
                _at(in_force, server, "TLSRequired"),
                "TLSRequired has no effect without TLSEngine on: logins and files go in the clear"
                + _beside(in_force, server, "TLSEngine"),
                "say TLSEngine on",
            )
        else:
            yield Finding(
                "logins_in_clear",
                NOTE,
                server.name,
                _at(in_force, server, "TLSEngine"),
                f"there is no TLS{_beside(in_force, server, 'TLSEngine')}, so passwords cross the network in the clear",
                "say fxp_tls: required, or TLSEngine on and TLSRequired on",
            )


def required(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Servers that offer TLS and take passwords without it."""
    for server in _with_tls(in_force):
        if not tls.of(in_force, server).logins_required and not _is_unknown(in_force, server, "TLSRequired"):
            yield Finding(
                "tls_not_required",
                WARNING,
                server.name,
                _at(in_force, server, "TLSRequired", "TLSEngine"),
                f"TLS is offered, but logins in the clear are taken too{_beside(in_force, server, 'TLSRequired')}",
                "say TLSRequired on, or TLSRequired ctrl where partners need files in the clear",
            )


def _beside(in_force: policy.Policy, server: policy.Scope, directive: str) -> str:
    """The sessions of which something else is said."""
    sections = [scope.heading for scope in in_force.conditional(server, directive)]
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
        said = tls.of(in_force, server)
        authorities = [path for path in (said.ca_certificate_file, said.ca_certificate_path) if path]
        if in_force.flag(server, "TLSVerifyServer") is False:
            yield Finding(
                "tls_peer_not_verified",
                ERROR,
                server.name,
                _at(in_force, server, "TLSVerifyServer"),
                "TLSVerifyServer off lets anybody on the way stand in for a peer of secure FXP",
                "say TLSVerifyServer NoReverseDNS, and in TLSCACertificateFile the authority of the peers",
            )
        elif not authorities:
            yield Finding(
                "tls_authority_missing",
                WARNING,
                server.name,
                _at(in_force, server, "TLSVerifyServer", "TLSEngine"),
                "no authority is named, so that no peer is trusted where this server is the TLS client of secure FXP (SSCN ON)",
                "say TLSCACertificateFile with the authority of the peers",
            )
        elif any(path.startswith(_PUBLIC_AUTHORITIES) for path in authorities):
            yield Finding(
                "tls_public_authority",
                NOTE,
                server.name,
                _at(in_force, server, "TLSCACertificateFile", "TLSCACertificatePath"),
                "ProFTPD checks the chain of a peer's certificate and not whose it is, so everybody with a certificate of a "
                "public authority passes",
                "take an authority for the fleet alone",
                FAULT,
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
    """Data connections that are tied to the client's TLS session, which no peer has, or neither to that nor to an address."""
    for server in _with_tls(in_force):
        waived = tls.reuse_waived(in_force, server)
        if waived is None and _takes_peers(in_force, server) and not _options_unknown(in_force, server):
            yield Finding(
                "tls_session_reuse",
                NOTE,
                server.name,
                _at(in_force, server, "TLSOptions", "TLSEngine"),
                "no file flows over an encrypted data connection that this server accepts, because a peer cannot take up the "
                "client's TLS session",
                "say TLSOptions NoSessionReuseRequired",
            )
        elif waived is not None and any(said.meaning.port == ANYBODY for _where, said in foreign.contexts(in_force, server)):
            yield Finding(
                "tls_data_from_anybody",
                ERROR,
                server.name,
                waived.number,
                f"{' '.join(waived.words)} together with an AllowForeignAddress that takes everybody lets anybody take a data "
                "connection of others",
                "name a class of peers in AllowForeignAddress",
            )


def _options_unknown(in_force: policy.Policy, server: policy.Scope) -> bool:
    return any(environment.is_unknown(line.arguments) for line in in_force.added(server, "TLSOptions"))


def short_files(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Clients that give SSCN to the sender cut files short over TLS 1.3, which is a default."""
    for server in _with_tls(in_force):
        line = in_force.value(server, "TLSProtocol")
        taken = line is None or "TLSv1.3" in _taken(line.arguments)
        if taken and _takes_peers(in_force, server) and not _is_unknown(in_force, server, "TLSProtocol"):
            yield Finding(
                "tls_1_3",
                NOTE,
                server.name,
                _at(in_force, server, "TLSProtocol", "TLSEngine"),
                "TLS 1.3 is not ruled out: a client that gives SSCN to the sender cuts files short with it",
                "say TLSProtocol TLSv1.2, or use clients that give SSCN to the receiver",
            )
