# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Who may use a server for other people's data connections: AllowForeignAddress and the classes that it names.

A passive data connection is open to everybody where the directive is absent, or names a class that is not defined, in
ProFTPD 1.3.7d to 1.3.7f, 1.3.8 to 1.3.8d and 1.3.9 to 1.3.9c: pr_inet_accept() in src/inet.c.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import classes, environment, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR, WARNING, Finding

_DIRECTIVE = "AllowForeignAddress"
_OPEN = "and several releases then let anybody take a passive data connection"
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


def missing(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Servers that take the default, which is not the same in all releases."""
    for server in in_force.listening:
        if in_force.value(server, _DIRECTIVE) is not None:
            continue
        conditional = in_force.conditional(server, _DIRECTIVE)
        cure = "say AllowForeignAddress off, or the name of a class of peers, in this server itself or in <Global>"
        if conditional:
            name = policy.CONDITIONAL[conditional[0].kind]
            yield Finding(
                "foreign_address_only_conditional",
                ERROR,
                server.name,
                conditional[0].line,
                f"AllowForeignAddress is said only in <{name}>, for some sessions, {_OPEN} of all others",
                "say AllowForeignAddress off outside of that section too",
            )
        elif server is not in_force.main and in_force.main.own(_DIRECTIVE):
            yield Finding(
                "foreign_address_does_not_reach",
                ERROR,
                server.name,
                server.line,
                f"AllowForeignAddress of the main server does not reach this <VirtualHost>, {_OPEN}",
                cure,
            )
        else:
            yield Finding(
                "foreign_address_missing", ERROR, server.name, server.line, f"AllowForeignAddress is not said, {_OPEN}", cure
            )


def values(in_force: policy.Policy) -> t.Iterator[Finding]:
    """What the directive says, wherever it stands and counts."""
    for scope in in_force.contexts:
        line = scope.own(_DIRECTIVE)
        if line is None:
            continue
        for code, severity, sentence, cure in _value(in_force, line.arguments[0]):
            yield Finding(code, severity, scope.root.name, line.number, sentence, cure)


def _value(in_force: policy.Policy, word: str) -> t.Iterator[tuple[str, str, str, str]]:
    if environment.is_unknown([word]):
        return
    truth = policy.boolean(word)
    members = in_force.members(word)
    if truth is not None and members is not None:
        yield (
            "foreign_address_look_alike",
            ERROR,
            f"AllowForeignAddress {word} is the boolean, not the class of that name",
            "give the class another name",
        )
    if truth:
        yield (
            "foreign_address_any",
            WARNING,
            f"AllowForeignAddress {word} lets anybody use this server for bounce attacks (RFC 2577)",
            "name a class of peers instead",
        )
    if truth is not None:
        return
    if members is None:
        yield _undefined(in_force, word)
    elif not members:
        yield (
            "class_empty",
            ERROR,
            f"the class {word!r} that AllowForeignAddress names has no rule and is dropped, {_OPEN}",
            "give it the addresses of the peers with From, or say AllowForeignAddress off",
        )
    else:
        yield from _class(word, classes.of(in_force, word))


def _class(word: str, made: classes.Class) -> t.Iterator[tuple[str, str, str, str]]:
    """What is to say of the addresses that a class holds."""
    cure = "give it only the addresses of the peers"
    if not made.held.may:
        yield (
            "class_matches_nobody",
            WARNING,
            f"the class {word!r} that AllowForeignAddress names takes no address at all",
            "give it the addresses of the peers with From, or say AllowForeignAddress off",
        )
    elif made.held.is_everybody:
        yield (
            "foreign_address_any",
            WARNING,
            f"the class {word!r} that AllowForeignAddress names takes every address, or nearly so: anybody can use this server "
            "for bounce attacks (RFC 2577)",
            cure,
        )
    elif made.held.is_wide:
        yield (
            "class_wide",
            WARNING,
            f"the class {word!r} that AllowForeignAddress names takes more addresses of the internet than any partner has",
            cure,
        )
    if made.unclear and not made.held.is_everybody:
        yield (
            "class_unclear",
            WARNING,
            f"which addresses the class {word!r} that AllowForeignAddress names takes cannot be told: what "
            f"{', '.join(map(repr, made.unclear[:3]))}{' and more' if len(made.unclear) > 3 else ''} means is decided by DNS "
            "when somebody comes, or is a pattern that is not evaluated",
            cure + ", as numbers",
        )


def _undefined(in_force: policy.Policy, word: str) -> tuple[str, str, str, str]:
    if word.lower() in _LOOK_ALIKES:
        return (
            "foreign_address_look_alike",
            ERROR,
            f"AllowForeignAddress {word} is no boolean but the name of a class, which is not defined, {_OPEN}",
            "say on or off, or the name of a class that is defined",
        )
    names = sorted(in_force.classes)
    cases = [name for name in names if name.lower() == word.lower()]
    known = f"name {cases[0]!r}: case counts" if cases else f"name one that is: {', '.join(names)}" if names else "name one"
    return (
        "class_undefined",
        ERROR,
        f"AllowForeignAddress names the class {word!r}, which is not defined, {_OPEN}",
        f"define it with <Class {word}>, or {known}",
    )
