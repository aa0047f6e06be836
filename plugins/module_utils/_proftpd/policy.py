# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What a proftpd.conf means for each of its servers, as far as findings need it.

The rules are those of ProFTPD's src/configdb.c and src/dirtree.c: in one context the first occurrence of a directive
counts (the last one where mod_ifsession merges, and for MaxInstances); <Global> reaches every server that does not say it
itself, whichever server it stands in; what the main server says does not reach a <VirtualHost>; <Anonymous> and
<Directory> have what surrounds them unless they say otherwise. IfModule applies to modules that are compiled in or loaded
further up, IfDefine to names that are defined further up.

Files that are included are not read, nor is what stands in IfVersion, because the release is not known here.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import parser

# What Debian's package compiles in (proftpd -l).
_COMPILED_IN = "auth auth_file auth_pam auth_unix cap core ctrls delay dso facts lang log ls rlimit site xfer"
COMPILED_IN = frozenset(f"mod_{name}.c" for name in _COMPILED_IN.split())
MAIN, VIRTUAL_HOST, GLOBAL, CLASS = "main", "virtualhost", "global", "class"
# Sections of mod_ifsession: for some sessions they replace what stands around them.
CONDITIONAL = {name.lower(): name for name in ("IfUser", "IfGroup", "IfClass", "IfAuthenticated")}
_FTP_PORT = 21
_BOOLEANS = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


def boolean(word: str) -> bool | None:
    """Return what *word* is for pr_str_is_boolean() (src/str.c), or None if it is no boolean there."""
    return _BOOLEANS.get(word.lower())


def number(word: str) -> int:
    """Return what atoi() makes of *word*."""
    match = re.match(r"\s*([+-]?[0-9]+)", word)
    return int(match.group(1)) if match else 0


def seconds(word: str) -> int | None:
    """Return the duration *word* in seconds as pr_str_get_duration() (src/str.c) reads it; None if it is none."""
    clock = re.match(r"\s*([0-9]{1,2}):\s*([0-9]{1,2}):\s*([0-9]{1,2})", word)
    if clock:
        return int(clock.group(1)) * 3600 + int(clock.group(2)) * 60 + int(clock.group(3))
    count = re.match(r"\s*([0-9]+)", word)
    if not count:
        return None
    for suffixes, unit in ((("s", "sec"), 1), (("m", "min"), 60), (("h", "hr"), 3600)):
        if word.lower().endswith(suffixes):
            return int(count.group(1)) * unit
    return int(count.group(1)) if count.end() == len(word) else None


@dataclasses.dataclass(eq=False)
class Scope:
    """
    A context: the main server, a section, or all <Global> sections together.

    C(kind) is the section's name in lower case, C(name) what it is told people by, C(line) where it begins, C(said) has its own
    directives that have an argument, by their names in lower case. A server and <Global> have no C(parent); C(root) is the
    one of them that it stands in.
    """

    kind: str
    name: str
    line: int
    parent: Scope | None = None
    said: dict[str, list[parser.Line]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root: Scope = self if self.parent is None else self.parent.root

    def all(self, directive: str) -> list[parser.Line]:
        """Its own occurrences of *directive*."""
        return self.said.get(directive.lower(), [])

    def own(self, directive: str) -> parser.Line | None:
        """The occurrence of *directive* that counts among its own."""
        lines = self.all(directive)
        return lines[-1 if self.kind in CONDITIONAL else 0] if lines else None


@dataclasses.dataclass(frozen=True)
class Policy:
    """
    A configuration in force.

    C(servers) begins with C(main), C(common) is <Global>, C(scopes) are the other contexts, C(classes) the definitions by name,
    C(modules) every LoadModule, C(unread) what was left out, with the server or <Global> that it stands in.
    """

    main: Scope
    servers: list[Scope]
    common: Scope
    scopes: list[Scope]
    classes: dict[str, list[Scope]]
    modules: list[parser.Line]
    unread: list[tuple[Scope, parser.Line]]

    def value(self, scope: Scope, directive: str) -> parser.Line | None:
        """The occurrence of *directive* that is in force in *scope*, or None if ProFTPD's default is."""
        at: Scope | None = scope
        while at is not None:
            line = at.own(directive)
            if line is not None:
                return line
            at = at.parent
        return self.common.own(directive)

    def flag(self, scope: Scope, directive: str) -> bool | None:
        """The boolean in force in *scope*; None where it is not said, or said with another word."""
        line = self.value(scope, directive)
        return None if line is None else boolean(line.arguments[0])

    def port(self, server: Scope) -> int:
        """The control port of *server*; 0 switches it off."""
        line = self.value(server, "Port")
        return _FTP_PORT if line is None else number(line.arguments[0])

    @property
    def listening(self) -> list[Scope]:
        """The servers that are not switched off."""
        return [server for server in self.servers if self.port(server) != 0]

    @property
    def contexts(self) -> list[Scope]:
        """Every context but what stands in servers that are switched off."""
        return [
            scope
            for scope in [*self.servers, self.common, *self.scopes]
            if scope.root is self.common or self.port(scope.root) != 0
        ]

    def everywhere(self, directive: str) -> t.Iterator[tuple[Scope, parser.Line]]:
        """Every occurrence of *directive* in those contexts, with its server or <Global>."""
        return ((scope.root, line) for scope in self.contexts for line in scope.all(directive))

    def members(self, name: str) -> list[str] | None:
        """
        Return the rules of the class *name*, or None if it is not defined. Names of classes are case-sensitive.

        A class without rules is dropped by ProFTPD (pr_class_close() in src/class.c); it is an empty list here.
        """
        rules = [_rules(scope) for scope in self.classes.get(name, [])]
        return next((each for each in rules if each), []) if rules else None

    def satisfies_all(self, name: str) -> bool:
        """Tell whether an address must meet every rule of the class *name*, not just one."""
        scope = next(scope for scope in self.classes[name] if _rules(scope))
        return any(line.arguments[0].lower() == "all" for line in scope.all("Satisfy")[-1:])


def _rules(scope: Scope) -> list[str]:
    """The rules of a class as add_from() in modules/mod_core.c takes them: after "all" or "none" nothing is read."""
    rules: list[str] = []
    for line in scope.all("From"):
        if line.arguments[0].lower() in ("all", "none"):
            rules.append(line.arguments[0].lower())
            continue
        for entry in ",".join(line.arguments).split(","):
            if entry.lower() in ("all", "none"):
                break
            if entry:
                rules.append(entry)
    return rules


class _Reader:
    """Goes through the tree in ProFTPD's order and collects what is in force."""

    def __init__(self) -> None:
        self.main = Scope(MAIN, MAIN, 1)
        self.common = Scope(GLOBAL, GLOBAL, 1)
        self.servers = [self.main]
        self.scopes: list[Scope] = []
        self.classes: dict[str, list[Scope]] = {}
        self.modules: list[parser.Line] = []
        self.unread: list[tuple[Scope, parser.Line]] = []
        self.loaded = set(COMPILED_IN)
        self.defined: set[str] = set()

    def read(self, line: parser.Line, scope: Scope) -> None:
        """Take note of one directive."""
        if not line.arguments:
            return
        scope.said.setdefault(line.key, []).append(line)
        if line.key == "define":
            self.defined.add(line.arguments[0])
        elif line.key == "loadmodule":
            self.modules.append(line)
            self.loaded.add(line.arguments[0])
        elif line.key == "include":
            self.unread.append((scope.root, line))

    def enter(self, section: parser.Section, scope: Scope) -> Scope | None:
        """Return the context that *section* makes, the surrounding one where it makes none, or None if it does not apply."""
        if section.key in ("ifdefine", "ifmodule"):
            known = self.defined if section.key == "ifdefine" else self.loaded
            word = section.arguments[0] if section.arguments else ""
            return scope if (word[1:] not in known if word.startswith("!") else word in known) else None
        if section.key == "ifversion":
            self.unread.append((scope.root, section.opening))
            return None
        if section.key == GLOBAL:
            return self.common
        if section.key == VIRTUAL_HOST:
            made = Scope(VIRTUAL_HOST, " ".join(section.arguments), section.number)
            self.servers.append(made)
        else:
            made = Scope(section.key, " ".join(section.arguments[:1]), section.number, scope)
            if section.key == CLASS:
                self.classes.setdefault(made.name, []).append(made)
            else:
                self.scopes.append(made)
        return made


def effective(nodes: t.Sequence[parser.Node]) -> Policy:
    """Return what the tree of a configuration comes to. The order of sections and directives counts, so it is read once."""
    reader = _Reader()
    open_sections: list[tuple[t.Iterator[parser.Node], Scope]] = [(iter(nodes), reader.main)]
    while open_sections:
        left, scope = open_sections[-1]
        node = next(left, None)
        if node is None:
            open_sections.pop()
        elif isinstance(node, parser.Line):
            reader.read(node, scope)
        else:
            inner = reader.enter(node, scope)
            if inner is not None:
                open_sections.append((iter(node.children), inner))
    return Policy(reader.main, reader.servers, reader.common, reader.scopes, reader.classes, reader.modules, reader.unread)
