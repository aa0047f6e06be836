# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What a configuration comes to for FXP, per server, as plain data for people and for comparisons.

Who may use a server for other people's data connections depends on the release as well (releases.meaning()), so it is told for
the side that connects and the side that listens apart.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import classes as holding
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import environment, parser, policy, releases

Described = t.Dict[str, t.Any]

_ANONYMOUS = "anonymous"
# Words of TLSRequired (contrib/mod_tls.c) that insist on encrypted logins, and on encrypted data.
_LOGINS = frozenset({"on", "ctrl", "control", "auth", "auth+data", "auth+!data", "ctrl+data", "ctrl+!data", "both"})
_DATA = frozenset({"on", "data", "auth+data", "ctrl+data", "both"})
# What matters for FXP and may differ inside of a section.
_KEYS = {
    "AllowForeignAddress": "allow_foreign_address",
    "PassivePorts": "passive_ports",
    "MasqueradeAddress": "masquerade_address",
    "TLSEngine": "tls_engine",
    "TLSRequired": "tls_required",
    "TLSOptions": "tls_options",
}
_TLS = ("TLSProtocol", "TLSVerifyServer")


def describe(in_force: policy.Policy, release: releases.Release | None) -> list[Described]:
    """Return every server of a configuration, the main one first, those that are switched off with C(listens) false."""
    return [_server(in_force, server, release) for server in in_force.servers]


def classes(in_force: policy.Policy) -> dict[str, Described]:
    """Return the classes with their rules. One without a rule is dropped by ProFTPD and has C(members) empty."""
    return {
        name: {
            "members": in_force.members(name) or [],
            "satisfy": "all" if in_force.members(name) and in_force.satisfies_all(name) else "any",
        }
        for name in sorted(in_force.classes)
    }


def _server(in_force: policy.Policy, server: policy.Scope, release: releases.Release | None) -> Described:
    port = in_force.port(server)
    inner = [scope for scope in in_force.scopes if scope.root is server]
    shared = [scope for scope in in_force.scopes if scope.root is in_force.common]
    return {
        "name": server.name,
        "server_name": _word(in_force.value(server, "ServerName")),
        **_place(server.line),
        "listens": port != 0,
        "sftp": in_force.speaks_sftp(server),
        "control_port": port,
        "addresses": _addresses(in_force, server),
        "implicit_tls": "useimplicitssl" in _lower(_options(in_force, server)),
        **_settings(in_force, server, release),
        "anonymous": [
            {"name": scope.name, **_place(scope.line), **_settings(in_force, scope, release)}
            for scope in inner + shared
            if scope.kind == _ANONYMOUS
        ],
        "overrides": [each for scope in inner + shared for each in _override(in_force, scope, release)],
    }


def _settings(in_force: policy.Policy, scope: policy.Scope, release: releases.Release | None) -> Described:
    """What is in force in a context for sessions that no section of mod_ifsession is about."""
    return {
        "allow_foreign_address": _foreign(in_force, in_force.value(scope, "AllowForeignAddress"), release),
        "passive_ports": _range(in_force.value(scope, "PassivePorts")),
        "masquerade_address": _word(in_force.value(scope, "MasqueradeAddress")),
        "tls": _tls(in_force, scope),
        "unknown": _unknown(in_force, scope),
    }


def _unknown(in_force: policy.Policy, scope: policy.Scope) -> list[str]:
    """The directives whose values depend on variables of the daemon's environment that are not known."""
    directives = [*_KEYS, *_TLS, *(["Port", "SFTPEngine"] if scope.parent is None else [])]
    lines = {directive: [in_force.value(scope, directive)] for directive in sorted(set(directives))}
    lines["TLSOptions"] = [*in_force.added(scope, "TLSOptions")]
    return [
        directive
        for directive, said in lines.items()
        if any(line is not None and environment.is_unknown(line.arguments) for line in said)
    ]


def _override(in_force: policy.Policy, scope: policy.Scope, release: releases.Release | None) -> t.Iterator[Described]:
    """What one section of mod_ifsession says for some sessions."""
    if scope.kind not in policy.CONDITIONAL:
        return
    said: Described = {}
    unknown = []
    for directive in _KEYS:
        line = scope.own(directive)
        if line is None:
            continue
        if environment.is_unknown(line.arguments):
            unknown.append(directive)
        if directive == "AllowForeignAddress":
            said[_KEYS[directive]] = _foreign(in_force, line, release)
        elif directive == "PassivePorts":
            said[_KEYS[directive]] = _range(line)
        else:
            said[_KEYS[directive]] = " ".join(line.arguments)
    if said:
        within = scope.parent
        yield {
            "section": policy.CONDITIONAL[scope.kind],
            "for": " ".join(scope.arguments),
            "within": within.name if within is not None and within.parent is not None else None,
            **_place(scope.line),
            **said,
            "unknown": unknown,
        }


def _foreign(in_force: policy.Policy, line: parser.Line | None, release: releases.Release | None) -> Described:
    word = None if line is None else line.arguments[0]
    if environment.is_unknown([word or ""]) or (word is None and in_force.unread):
        # What was not read may say it.
        place = _place(0 if line is None else line.number)
        nothing: Described = {"class": None, "class_defined": None, "members": [], "holds": [], "unclear": []}
        return {"said": word, **place, "port": releases.UNKNOWN, "passive": releases.UNKNOWN, **nothing}
    value = None if word is None else policy.boolean(word)
    members = None if word is None or value is not None else in_force.members(word)
    means = releases.meaning(release, word if value is None else value, bool(members))
    made = holding.of(in_force, str(word)) if members else holding.NOTHING
    if made.held.is_everybody:
        everybody = {releases.CLASS: releases.ANYBODY}
        means = releases.Meaning(everybody.get(means.port, means.port), everybody.get(means.passive, means.passive))
    return {
        "said": word,
        **_place(0 if line is None else line.number),
        "port": means.port,
        "passive": means.passive,
        "class": word if word is not None and value is None else None,
        "class_defined": bool(members) if word is not None and value is None else None,
        "members": members or [],
        "holds": holding.networks(made.held.sure),
        "unclear": list(made.unclear),
    }


def _options(in_force: policy.Policy, scope: policy.Scope) -> list[str]:
    return [word for line in in_force.added(scope, "TLSOptions") for word in line.arguments]


def _lower(words: t.Iterable[str]) -> list[str]:
    return [word.lower() for word in words]


def _tls(in_force: policy.Policy, scope: policy.Scope) -> Described:
    """What mod_tls is told (contrib/mod_tls.c); None where it is not said and the default depends on the release."""
    required = _word(in_force.value(scope, "TLSRequired")) or "off"
    options = _options(in_force, scope)
    cache = _word(in_force.value(scope, "TLSSessionCache"))
    protocols = in_force.value(scope, "TLSProtocol")
    verify = in_force.value(scope, "TLSVerifyServer")
    truth = policy.boolean(required)
    word = "on" if truth else "off" if truth is False else required.lower()
    engine = bool(in_force.flag(scope, "TLSEngine"))
    return {
        "engine": engine,
        "required": word,
        "logins_required": engine and word in _LOGINS,
        "data_required": engine and word in _DATA,
        "protocols": None if protocols is None else list(protocols.arguments),
        "verify_server": "on" if verify is None else verify.arguments[0],
        "verify_client": _word(in_force.value(scope, "TLSVerifyClient")) or "off",
        "session_reuse_required": engine
        and "nosessionreuserequired" not in _lower(options)
        and not (cache is not None and policy.boolean(cache) is False),
        "options": options,
        "ca_certificate_file": _word(in_force.value(scope, "TLSCACertificateFile")),
        "ca_certificate_path": _word(in_force.value(scope, "TLSCACertificatePath")),
        "certificate_files": [
            line.arguments[0]
            for directive in ("TLSRSACertificateFile", "TLSECCertificateFile", "TLSDSACertificateFile", "TLSPKCS12File")
            for line in [in_force.value(scope, directive)]
            if line is not None
        ],
    }


def _addresses(in_force: policy.Policy, server: policy.Scope) -> list[str]:
    """What a server is said to listen on; empty for the main server without DefaultAddress: every address of the host."""
    said = in_force.main.own("DefaultAddress") if server is in_force.main else None
    if server is in_force.main:
        return list(said.arguments) if said else []
    return server.name.split()


def _range(line: parser.Line | None) -> Described | None:
    if line is None or len(line.arguments) < 2 or environment.is_unknown(line.arguments[:2]):
        return None
    first, last = (policy.number(word) for word in line.arguments[:2])
    return {"first": first, "last": last}


def _word(line: parser.Line | None) -> str | None:
    return None if line is None else line.arguments[0]


def _place(number: int) -> Described:
    return {"file": number.file if isinstance(number, parser.Place) else "", "line": int(number)}
