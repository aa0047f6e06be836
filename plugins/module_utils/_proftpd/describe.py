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

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import classes as holding
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import (
    environment,
    foreign,
    parser,
    policy,
    tls,
)

Described = t.Dict[str, t.Any]

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


def describe(in_force: policy.Policy) -> list[Described]:
    """Return every server of a configuration, the main one first, those that are switched off with ``listens`` false."""
    return [_server(in_force, server) for server in in_force.servers]


def classes(in_force: policy.Policy) -> dict[str, Described]:
    """Return the classes with their rules. One without a rule is dropped by ProFTPD and has ``members`` empty."""
    return {
        name: {
            "members": in_force.members(name) or [],
            "satisfy": "all" if in_force.members(name) and in_force.satisfies_all(name) else "any",
        }
        for name in sorted(in_force.classes)
    }


def _server(in_force: policy.Policy, server: policy.Scope) -> Described:
    port = in_force.port(server)
    sections = in_force.sections(server)
    return {
        "name": server.name,
        "server_name": _word(in_force.value(server, "ServerName")),
        **_place(server.line),
        "listens": port != 0,
        "sftp": in_force.speaks_sftp(server),
        "control_port": port,
        "addresses": _addresses(in_force, server),
        "implicit_tls": "useimplicitssl" in map(str.lower, tls.of(in_force, server).options),
        **_settings(in_force, server),
        "anonymous": [
            {"name": scope.name, **_place(scope.line), **_settings(in_force, scope)}
            for scope in sections
            if scope.kind == policy.ANONYMOUS
        ],
        "overrides": [each for scope in sections for each in _override(in_force, scope)],
    }


def _settings(in_force: policy.Policy, scope: policy.Scope) -> Described:
    """What is in force in a context for sessions that no section of mod_ifsession is about."""
    return {
        "allow_foreign_address": _foreign(in_force, in_force.value(scope, "AllowForeignAddress")),
        "passive_ports": _range(in_force.value(scope, "PassivePorts")),
        "masquerade_address": _word(in_force.value(scope, "MasqueradeAddress")),
        "tls": dataclasses.asdict(tls.of(in_force, scope)),
        "unknown": _unknown(in_force, scope),
    }


def _unknown(in_force: policy.Policy, scope: policy.Scope) -> list[str]:
    """The directives whose values depend on variables of the environment that are not known, or on what was not read."""
    directives = [*_KEYS, *_TLS, *(["Port", "SFTPEngine"] if scope.parent is None else [])]
    lines = {directive: [in_force.value(scope, directive)] for directive in sorted(set(directives))}
    lines["TLSOptions"] = [*in_force.added(scope, "TLSOptions")]
    return [
        directive
        for directive, said in lines.items()
        if any(line is not None and (environment.is_unknown(line.arguments) or in_force.is_overtaken(line)) for line in said)
    ]


def _override(in_force: policy.Policy, scope: policy.Scope) -> t.Iterator[Described]:
    """What one section of mod_ifsession says for some sessions."""
    if scope.kind not in policy.CONDITIONAL:
        return
    said: Described = {}
    unknown = []
    for directive in _KEYS:
        line = scope.own(directive)
        if line is None:
            continue
        if environment.is_unknown(line.arguments) or in_force.is_overtaken(line):
            unknown.append(directive)
        if directive == "AllowForeignAddress":
            said[_KEYS[directive]] = _foreign(in_force, line)
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
            **({"tls": dataclasses.asdict(tls.of(in_force, scope))} if scope.counts_before_login else {}),
            "unknown": unknown,
        }


def _foreign(in_force: policy.Policy, line: parser.Line | None) -> Described:
    said = foreign.said(in_force, line)
    named = said.word if said.names_class else None
    return {
        "said": said.word,
        **_place(0 if line is None else line.number),
        "port": said.meaning.port,
        "passive": said.meaning.passive,
        "class": named,
        "class_defined": None if named is None else bool(said.members),
        "members": said.members or [],
        "holds": holding.networks(said.made.held.sure),
        "unclear": list(said.made.unclear),
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
