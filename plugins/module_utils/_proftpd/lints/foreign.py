# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Who may use a server for other people's data connections: AllowForeignAddress and the classes that it names.

A passive data connection is open to everybody where the directive is absent, or names a class that is not defined, in
ProFTPD 1.3.7d to 1.3.7f, 1.3.8 to 1.3.8d and 1.3.9 to 1.3.9c: pr_inet_accept() in src/inet.c. Where the release is known, what is
told is what it does; else what several do.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import foreign, parser, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.releases import ANYBODY, CLASS, UNKNOWN
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import (
    ERROR,
    FAULT,
    HOLE,
    NOTE,
    WARNING,
    Finding,
)

# Words that people take for a boolean, or for a keyword, where ProFTPD sees the name of a class.
_LOOK_ALIKES = frozenset(
    {
        "all",
        "allow",
        "allowed",
        "always",
        "any",
        "deny",
        "denied",
        "disable",
        "disabled",
        "enable",
        "enabled",
        "f",
        "n",
        "never",
        "none",
        "t",
        "y",
    }
)


_CURE = "say AllowForeignAddress off, or the name of a class of peers, in this server itself or in <Global>"
_GIVE = "give it the addresses of the peers with From, or say AllowForeignAddress off"
_ONLY_PEERS = "give it only the addresses of the peers"


def _then(in_force: policy.Policy, said: foreign.Said) -> tuple[str, str]:
    """What follows where no class is named that is defined, and how bad that is."""
    if said.meaning.port == UNKNOWN:
        return "so it cannot be told who may use data connections", FAULT
    if in_force.release is None:
        return "and several releases then let anybody take a passive data connection", FAULT
    if said.meaning.passive == ANYBODY:
        return "and on this release anybody may then take a passive data connection", HOLE
    return "which other releases take for leave to everybody to take a passive data connection", NOTE


def missing(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Servers that take the default, which is not the same in all releases."""
    for server in in_force.listening:
        said = foreign.said(in_force, in_force.value(server, foreign.DIRECTIVE))
        if said.line is not None:
            continue
        then, weight = _then(in_force, said)
        conditional = in_force.conditional(server, foreign.DIRECTIVE)
        if conditional:
            yield Finding(
                "foreign_address_only_conditional",
                ERROR,
                server.name,
                conditional[0].line,
                f"AllowForeignAddress is said only in <{policy.CONDITIONAL[conditional[0].kind]}>, for some sessions, and not "
                f"for all others, {then}",
                "say AllowForeignAddress off outside of that section too",
                weight,
            )
        elif server is not in_force.main and in_force.main.own(foreign.DIRECTIVE):
            yield Finding(
                "foreign_address_does_not_reach",
                ERROR,
                server.name,
                server.line,
                f"AllowForeignAddress of the main server does not reach this <VirtualHost>, {then}",
                _CURE,
                weight,
            )
        else:
            where = " in what could be read" if in_force.unread else ""
            yield Finding(
                "foreign_address_missing",
                ERROR,
                server.name,
                server.line,
                f"AllowForeignAddress is not said{where}, {then}",
                _CURE,
                weight,
            )


def values(in_force: policy.Policy) -> t.Iterator[Finding]:
    """What the directive says, in every server where it counts."""
    for server in in_force.listening:
        for where, said in foreign.contexts(in_force, server):
            if said.line is not None:
                yield from _value(in_force, server.name, said.line.number, f"in {where} " if where else "", said)


def _why_unclear(in_force: policy.Policy, line: parser.Line | None) -> tuple[str, str]:
    """Why it cannot be told what a line means, and what to do about it."""
    if line is not None and in_force.is_repeated(line):
        why = "stands in a section that says a directive more than once, of which ProFTPD takes now one, now another"
        return why, "say every directive of the section once"
    if line is not None and in_force.is_overtaken(line):
        why = "may not be the one that counts, as something that was not looked at may say it too"
        return why, "say it further up, in the server itself and not in <Global>"
    why = "depends on a variable of the daemon's environment, which is not known here"
    return why, "say AllowForeignAddress off, or the name of a class of peers"


def _value(in_force: policy.Policy, server: str, line: int, place: str, said: foreign.Said) -> t.Iterator[Finding]:
    word = said.word or ""
    if said.meaning.port == UNKNOWN:
        why, cure = _why_unclear(in_force, said.line)
        told = f"{place}AllowForeignAddress {word} {why}, so it cannot be told who may use data connections"
        yield Finding("foreign_address_unknown", NOTE, server, line, told, cure, FAULT)
        return
    if said.truth is not None and in_force.members(word) is not None:
        yield Finding(
            "foreign_address_look_alike",
            ERROR,
            server,
            line,
            f"{place}AllowForeignAddress {word} is the boolean, not the class of that name",
            "give the class another name",
        )
    if said.truth:
        yield Finding(
            "foreign_address_any",
            WARNING,
            server,
            line,
            f"{place}AllowForeignAddress {word} lets anybody use this server for bounce attacks (RFC 2577)",
            "name a class of peers instead",
            HOLE,
        )
    elif said.truth is None and said.members:
        yield from _class(in_force, server, line, place, said)
    elif said.truth is None:
        yield _undefined(in_force, server, line, place, said)


def _class(in_force: policy.Policy, server: str, line: int, place: str, said: foreign.Said) -> t.Iterator[Finding]:
    """What is to say of the addresses that a class holds, and of what the release makes of it."""
    names, made = f"{place}the class {said.word!r} that AllowForeignAddress names", said.made
    if not made.held.may:
        yield Finding("class_matches_nobody", WARNING, server, line, f"{names} takes no address at all", _GIVE)
    elif made.held.is_everybody:
        yield Finding(
            "foreign_address_any",
            WARNING,
            server,
            line,
            f"{names} takes every address, or nearly so: anybody can use this server for bounce attacks (RFC 2577)",
            _ONLY_PEERS,
            HOLE,
        )
    elif made.held.is_wide:
        yield Finding(
            "class_wide",
            WARNING,
            server,
            line,
            f"{names} takes more addresses of the internet than any partner has",
            _ONLY_PEERS,
            FAULT,
        )
    if made.unclear and not made.held.is_everybody:
        yield Finding(
            "class_unclear",
            WARNING,
            server,
            line,
            f"which addresses {names} takes cannot be told: what {', '.join(map(repr, made.unclear[:3]))}"
            f"{' and more' if len(made.unclear) > 3 else ''} means is decided by DNS when somebody comes, or is a pattern that "
            "is not evaluated",
            f"{_ONLY_PEERS}, as numbers",
            FAULT,
        )
    if made.held.is_everybody:
        return
    if said.meaning.passive == ANYBODY:
        yield Finding(
            "passive_open_release",
            WARNING,
            server,
            line,
            f"{place}on this release AllowForeignAddress with the name of a class lets anybody take a passive data connection, "
            "and no configuration keeps strangers off",
            "run ProFTPD 1.3.7d, 1.3.8 or later (Debian 12 and later have one), or say AllowForeignAddress off",
            HOLE,
        )
    elif in_force.release is None:
        yield Finding(
            "foreign_address_unknown",
            NOTE,
            server,
            line,
            f"{place}the release of ProFTPD is not known, so it cannot be told who may take a passive data connection",
            "see what proftpd -v says",
            FAULT,
        )


def _undefined(in_force: policy.Policy, server: str, line: int, place: str, said: foreign.Said) -> Finding:
    """A name that is that of no class, or of one that is dropped because it is empty."""
    word, (then, weight) = said.word or "", _then(in_force, said)
    if said.members is not None:
        sentence = f"{place}the class {word!r} that AllowForeignAddress names has no rule and is dropped, {then}"
        return Finding("class_empty", ERROR, server, line, sentence, _GIVE, weight)
    if word.lower() in _LOOK_ALIKES:
        return Finding(
            "foreign_address_look_alike",
            ERROR,
            server,
            line,
            f"{place}AllowForeignAddress {word} is no boolean but the name of a class, which is not defined, {then}",
            "say on or off, or the name of a class that is defined",
            # Whoever wrote it meant something else than what it does, whatever the release makes of it.
            HOLE if weight == HOLE else FAULT,
        )
    names = sorted(in_force.classes)
    cases = [name for name in names if name.lower() == word.lower()]
    known = f"name {cases[0]!r}: case counts" if cases else f"name one that is: {', '.join(names)}" if names else "name one"
    return Finding(
        "class_undefined",
        ERROR,
        server,
        line,
        f"{place}AllowForeignAddress names the class {word!r}, which is not defined, {then}",
        f"define it with <Class {word}>, or {known}",
        weight,
    )


def anonymous(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Guests who may have a server connect to others."""
    for server in in_force.listening:
        for scope in in_force.sections(server):
            if scope.kind != policy.ANONYMOUS:
                continue
            line = in_force.value(scope, foreign.DIRECTIVE)
            if foreign.said(in_force, line).meaning.port in (CLASS, ANYBODY):
                yield Finding(
                    "anonymous_may_do_fxp",
                    NOTE,
                    server.name,
                    scope.line,
                    f"in {scope.heading} people without an account may have this server connect to others",
                    "say AllowForeignAddress off inside of <Anonymous>",
                    FAULT,
                )
