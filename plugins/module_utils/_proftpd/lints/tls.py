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
_AUTHORITIES, _OPTIONS = ("TLSCACertificateFile", "TLSCACertificatePath"), "TLSOptions"
# Where systems keep the authorities that everybody can have a certificate of.
_PUBLIC_AUTHORITIES = ("/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/pki/ca-trust", "/usr/share/ca-certificates")
# Seconds. mod_tls waits 300 where nothing is said (TLS_HANDSHAKE_TIMEOUT).
_LONG_HANDSHAKE = 60


class _Context(t.NamedTuple):
    """Sessions that one thing is true of: those of the ``server``, or those of a section in it; ``place`` is for people."""

    server: policy.Scope
    scope: policy.Scope
    place: str


def _contexts(in_force: policy.Policy, *directives: str) -> t.Iterator[_Context]:
    """
    Every server, and the sections for clients from some addresses where something else is said by ``directives`` or of TLSEngine.

    What is said for accounts comes too late for TLS, which begins before anybody has a name.
    """
    for server in in_force.listening:
        sections = [each for each in in_force.sections(server) if each.kind == policy.IF_CLASS]
        if not any(_is_left_to_sections(sections, directive) for directive in directives):
            yield _Context(server, server, "")
        for scope in sections:
            switched = in_force.flag(scope, "TLSEngine") is not in_force.flag(server, "TLSEngine")
            if switched or any(scope.own(directive) for directive in directives):
                yield _Context(server, scope, f"in {scope.heading} ")


def _is_left_to_sections(sections: t.Sequence[policy.Scope], directive: str) -> bool:
    """Whether one section says it for a class and another one for everybody else, so that the server's own word is nobody's."""
    classes = {scope.name for scope in sections if scope.own(directive) and len(scope.arguments) == 1 and "," not in scope.name}
    return any(f"!{name}" in classes for name in classes)


def _with_tls(in_force: policy.Policy, *directives: str) -> t.Iterator[_Context]:
    return (each for each in _contexts(in_force, *directives) if in_force.flag(each.scope, "TLSEngine"))


def _with_peers(in_force: policy.Policy, *directives: str) -> t.Iterator[_Context]:
    """Of those the ones of servers that exchange files with others than their clients, in some session."""
    for each in _with_tls(in_force, *directives):
        if any(said.takes_peers for _where, said in foreign.contexts(in_force, each.server)):
            yield each


def _is_unknown(in_force: policy.Policy, scope: policy.Scope, directive: str) -> bool:
    """Whether the directive depends on an environment that is not known, so that nothing can be said of it."""
    return any(environment.is_unknown(line.arguments) for line in in_force.added(scope, directive))


def _at(in_force: policy.Policy, scope: policy.Scope, *directives: str) -> int:
    """The line to look at: that of the first directive that is said, else where the server or section begins."""
    lines = (in_force.value(scope, directive) for directive in directives)
    return next((line.number for line in lines if line is not None), scope.line)


def engine(in_force: policy.Policy) -> t.Iterator[Finding]:
    """TLS that is not there, that is described and not switched on, or switched on without a certificate."""
    for server, scope, place in _contexts(in_force, "TLSEngine"):
        said, line = tls.of(in_force, scope), in_force.value(scope, "TLSEngine")
        if said.engine:
            if not said.certificate_files:
                yield Finding(
                    "tls_without_certificate",
                    ERROR,
                    server.name,
                    _at(in_force, scope, "TLSEngine"),
                    f"{place}TLSEngine is on, but there is no certificate, so no session can be encrypted",
                    "say TLSECCertificateFile and TLSECCertificateKeyFile, or those for RSA",
                )
        elif line is not None and environment.is_unknown(line.arguments):
            continue
        elif said.required != "off" and _is_meant(in_force, server, scope):
            yield Finding(
                "tls_not_switched_on",
                ERROR,
                server.name,
                _at(in_force, scope, "TLSRequired"),
                f"{place}TLSRequired has no effect without TLSEngine on: logins and files go in the clear",
                "say TLSEngine on",
            )
        else:
            yield Finding(
                "logins_in_clear",
                NOTE,
                server.name,
                _at(in_force, scope, "TLSEngine"),
                f"{place}there is no TLS{_beside(in_force, scope, 'TLSEngine')}, so passwords cross the network in the clear",
                "say fxp_tls: required, or TLSEngine on and TLSRequired on",
            )


def _is_meant(in_force: policy.Policy, server: policy.Scope, scope: policy.Scope) -> bool:
    """Whether TLSRequired is meant for just these sessions, and not for those of another section that has TLS."""
    return not in_force.conditional(server, "TLSEngine") if scope is server else scope.own("TLSRequired") is not None


def required(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Servers that offer TLS and take passwords without it."""
    for server, scope, place in _with_tls(in_force, "TLSRequired"):
        line = in_force.value(scope, "TLSRequired")
        if not tls.of(in_force, scope).logins_required and not (line and environment.is_unknown(line.arguments)):
            yield Finding(
                "tls_not_required",
                WARNING,
                server.name,
                _at(in_force, scope, "TLSRequired", "TLSEngine"),
                f"{place}TLS is offered, but logins in the clear are taken too{_beside(in_force, scope, 'TLSRequired')}",
                "say TLSRequired on, or TLSRequired ctrl where partners need files in the clear",
            )


def _beside(in_force: policy.Policy, scope: policy.Scope, directive: str) -> str:
    """The sessions of a server of which something else is said."""
    sections = [each.heading for each in in_force.conditional(scope, directive)] if scope.parent is None else []
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
    """Servers that exchange files with peers over TLS, and do not look who they are."""
    for server, scope, place in _with_peers(in_force, "TLSVerifyServer", *_AUTHORITIES):
        said = tls.of(in_force, scope)
        authorities = [path for path in (said.ca_certificate_file, said.ca_certificate_path) if path]
        if in_force.flag(scope, "TLSVerifyServer") is False:
            yield Finding(
                "tls_peer_not_verified",
                ERROR,
                server.name,
                _at(in_force, scope, "TLSVerifyServer"),
                f"{place}TLSVerifyServer off lets anybody on the way stand in for a peer of secure FXP",
                "say TLSVerifyServer NoReverseDNS, and in TLSCACertificateFile the authority of the peers",
            )
        elif not authorities:
            yield Finding(
                "tls_authority_missing",
                WARNING,
                server.name,
                _at(in_force, scope, "TLSVerifyServer", "TLSEngine"),
                f"{place}no authority is named, so that no peer is trusted where this server is the TLS client of secure FXP "
                "(SSCN ON)",
                "say TLSCACertificateFile with the authority of the peers",
            )
        elif any(path.startswith(_PUBLIC_AUTHORITIES) for path in authorities):
            yield Finding(
                "tls_public_authority",
                NOTE,
                server.name,
                _at(in_force, scope, *_AUTHORITIES),
                f"{place}ProFTPD checks the chain of a peer's certificate and not whose it is, so everybody with a certificate "
                "of a public authority passes",
                "take an authority for the fleet alone",
                FAULT,
            )


def handshake(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Two servers of which neither begins."""
    for server, scope, place in _with_peers(in_force, "TLSTimeoutHandshake"):
        timeout = in_force.value(scope, "TLSTimeoutHandshake")
        if timeout is None or not 1 <= (policy.seconds(timeout.arguments[0]) or 0) <= _LONG_HANDSHAKE:
            yield Finding(
                "tls_handshake_long",
                WARNING,
                server.name,
                _at(in_force, scope, "TLSTimeoutHandshake", "TLSEngine"),
                f"{place}two servers that both wait for the other's TLS handshake hang for minutes",
                "say TLSTimeoutHandshake 30",
            )


def session_reuse(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Data connections that only the client can take up, because they are tied to its TLS session."""
    for server, scope, place in _with_peers(in_force, _OPTIONS):
        if tls.reuse_waived(in_force, scope) is None and not _is_unknown(in_force, scope, _OPTIONS):
            yield Finding(
                "tls_session_reuse",
                NOTE,
                server.name,
                _at(in_force, scope, _OPTIONS, "TLSEngine"),
                f"{place}no file flows over an encrypted data connection that this server accepts, because a peer cannot take up "
                f"the client's TLS session{_beside(in_force, scope, _OPTIONS)}",
                "say TLSOptions NoSessionReuseRequired",
            )


def from_anybody(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Data connections that nothing ties to their session: neither its TLS session nor an address."""
    for server, scope, place in [*_with_tls(in_force, _OPTIONS), *_after_login(in_force)]:
        waived = tls.reuse_waived(in_force, scope)
        said = [each for _where, each in foreign.contexts(in_force, server)]
        if scope is not server:
            said = [foreign.said(in_force, in_force.value(scope, foreign.DIRECTIVE))]
        if waived is not None and any(each.meaning.port == ANYBODY for each in said):
            yield Finding(
                "tls_data_from_anybody",
                ERROR,
                server.name,
                waived.number,
                f"{place}{' '.join(waived.words)} together with an AllowForeignAddress that takes everybody lets anybody take a "
                "data connection of others",
                "name a class of peers in AllowForeignAddress",
            )


def _after_login(in_force: policy.Policy) -> t.Iterator[_Context]:
    """The sections that say TLSOptions for accounts: these come to those of the server, when it offers TLS to anybody."""
    offering = {id(each.server) for each in _with_tls(in_force)}
    for server in in_force.listening:
        for scope in in_force.conditional(server, _OPTIONS):
            if not scope.counts_before_login and id(server) in offering:
                yield _Context(server, scope, f"in {scope.heading} ")


def short_files(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Clients that give SSCN to the sender cut files short over TLS 1.3, which is a default."""
    for server, scope, place in _with_peers(in_force, "TLSProtocol"):
        line = in_force.value(scope, "TLSProtocol")
        if line is None or ("TLSv1.3" in _taken(line.arguments) and not environment.is_unknown(line.arguments)):
            yield Finding(
                "tls_1_3",
                NOTE,
                server.name,
                _at(in_force, scope, "TLSProtocol", "TLSEngine"),
                f"{place}TLS 1.3 is not ruled out: a client that gives SSCN to the sender cuts files short with it",
                "say TLSProtocol TLSv1.2, or use clients that give SSCN to the receiver",
            )
