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

What is outside of the one text is told by the caller as Surroundings: files that are included, the release for IfVersion, the
modules that are compiled in, names that are defined on the command line. What it does not tell is left out, and noted.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import modules, parser, releases

# What Debian 12's package compiles in, for where there is no daemon to ask (modules.listed).
_COMPILED_IN = "auth auth_file auth_pam auth_unix cap core ctrls delay dso facts lang log ls rlimit site xfer"
COMPILED_IN = frozenset(f"mod_{name}.c" for name in _COMPILED_IN.split())
MAIN, VIRTUAL_HOST, GLOBAL, CLASS = "main", "virtualhost", "global", "class"
# Sections of mod_ifsession: for some sessions they replace what stands around them.
CONDITIONAL = {name.lower(): name for name in ("IfUser", "IfGroup", "IfClass", "IfAuthenticated")}
_FTP_PORT = 21
# ProFTPD itself sets no bounds, and dies of files that include one another.
MOST_FILES, DEEPEST = 2000, 20
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


class Included(t.NamedTuple):
    """A file that an Include takes in: its C(name), and its C(text), or why it could not be read as C(problem)."""

    name: str
    text: str
    problem: str = ""


class Unknown(t.NamedTuple):
    """A directive or section of a module that is neither compiled in nor loaded further up, with its server or <Global>."""

    root: Scope
    line: parser.Line
    module: str


class Unread(t.NamedTuple):
    """A line whose effect was not looked at, with the server or <Global> that it stands in and, if there is more to say, why."""

    root: Scope
    line: parser.Line
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """
    What a configuration means different things with.

    C(include) returns the files that the argument of Include names, in ProFTPD's order; without it none is read. C(path) is the
    name of the first file, C(compiled_in) what the daemon that reads it says of itself, None where there is none to ask.
    """

    path: str = ""
    include: t.Callable[[str], t.Sequence[Included]] | None = None
    release: releases.Release | None = None
    compiled_in: frozenset[str] | None = None
    defines: frozenset[str] = frozenset()


@dataclasses.dataclass(eq=False)
class Scope:
    """
    A context: the main server, a section, or all <Global> sections together.

    C(kind) is the section's name in lower case, C(name) what it is told people by, C(line) where it begins, C(said) has its own
    directives that have an argument, by their names in lower case, C(arguments) is all that its opening line says. A server and
    <Global> have no C(parent); C(root) is the one of them that it stands in.
    """

    kind: str
    name: str
    line: int
    parent: Scope | None = None
    said: dict[str, list[parser.Line]] = dataclasses.field(default_factory=dict)
    arguments: tuple[str, ...] = ()

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
    C(modules) every LoadModule, C(unread) what was left out, C(files) the names of the files that were included, C(unknown)
    what the daemon does not know.
    """

    main: Scope
    servers: list[Scope]
    common: Scope
    scopes: list[Scope]
    classes: dict[str, list[Scope]]
    modules: list[parser.Line]
    unread: list[Unread]
    files: list[str] = dataclasses.field(default_factory=list)
    unknown: list[Unknown] = dataclasses.field(default_factory=list)

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


class _File(t.NamedTuple):
    """A file that was taken in, as a tree."""

    name: str
    tree: list[parser.Node]


class _Reader:
    """Goes through the tree in ProFTPD's order and collects what is in force."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.main = Scope(MAIN, MAIN, 1)
        self.common = Scope(GLOBAL, GLOBAL, 1)
        self.servers = [self.main]
        self.scopes: list[Scope] = []
        self.classes: dict[str, list[Scope]] = {}
        self.modules: list[parser.Line] = []
        self.unread: list[Unread] = []
        self.files: list[str] = []
        self.unknown: list[Unknown] = []
        self.loaded = set(COMPILED_IN if around.compiled_in is None else around.compiled_in)
        self.defined = set(around.defines)
        # What is gone through just now, the innermost last: what is left of it, its context, the file if it is a whole one.
        self.open: list[tuple[t.Iterator[parser.Node | _File], Scope, str]] = []

    def know(self, name: str, line: parser.Line, scope: Scope) -> None:
        """Take note of *name*, a directive or section, if its module is not there. What was not read may have loaded it."""
        module = modules.MODULE_OF.get(name)
        if module is not None and module not in self.loaded and self.around.compiled_in is not None and not self.unread:
            self.unknown.append(Unknown(scope.root, line, module))

    def read(self, line: parser.Line, scope: Scope) -> None:
        """Take note of one directive."""
        self.know(line.key, line, scope)
        if not line.arguments:
            return
        scope.said.setdefault(line.key, []).append(line)
        if line.key == "define":
            self.defined.add(line.arguments[0])
        elif line.key == "loadmodule":
            self.modules.append(line)
            self.loaded.add(line.arguments[0])
        elif line.key == "include":
            self.include(line, scope)

    def include(self, line: parser.Line, scope: Scope) -> None:
        """Go on with the files that *line* names, in its place. More than its first argument ProFTPD does not look at."""
        if self.around.include is None:
            self.unread.append(Unread(scope.root, line))
            return
        files = self.around.include(line.arguments[0])
        trees: list[_File] = []
        for name, text, problem in files:
            within = [file for _left, _scope, file in self.open if file]
            if not problem and name in within:
                problem = f"{name} includes itself, of which ProFTPD dies"
            if not problem and (len(within) >= DEEPEST or len(self.files) >= MOST_FILES):
                problem = f"no more than {MOST_FILES} files are read, {DEEPEST} within one another"
            if not problem:
                try:
                    trees.append(_File(name, parser.parse(text, name)))
                    self.files.append(name)
                    continue
                except parser.ParseError as exc:
                    problem = f"the sections of {name} do not nest, line {exc.line}: {exc.text!r} {exc.reason}"
            self.unread.append(Unread(scope.root, line, problem))
        self.open.append((iter(trees), scope, ""))

    def enter(self, section: parser.Section, scope: Scope) -> Scope | None:
        """Return the context that *section* makes, the surrounding one where it makes none, or None if it does not apply."""
        if section.key in ("ifdefine", "ifmodule"):
            known = self.defined if section.key == "ifdefine" else self.loaded
            word = section.arguments[0] if section.arguments else ""
            return scope if (word[1:] not in known if word.startswith("!") else word in known) else None
        if section.key == "ifversion":
            applies = _version_applies(section.arguments, self.around.release)
            if applies is None:
                self.unread.append(Unread(scope.root, section.opening))
            return scope if applies else None
        self.know(section.key, section.opening, scope)
        if section.key == GLOBAL:
            return self.common
        if section.key == VIRTUAL_HOST:
            made = Scope(VIRTUAL_HOST, " ".join(section.arguments), section.number)
            self.servers.append(made)
        else:
            made = Scope(section.key, " ".join(section.arguments[:1]), section.number, scope, arguments=section.arguments)
            if section.key == CLASS:
                self.classes.setdefault(made.name, []).append(made)
            else:
                self.scopes.append(made)
        return made

    def go(self, nodes: t.Sequence[parser.Node]) -> None:
        """Go through a whole tree. No recursion: depth costs nothing."""
        self.open.append((iter(nodes), self.main, self.around.path))
        while self.open:
            left, scope, _file = self.open[-1]
            node = next(left, None)
            if node is None:
                self.open.pop()
            elif isinstance(node, parser.Line):
                self.read(node, scope)
            elif isinstance(node, _File):
                self.open.append((iter(node.tree), scope, node.name))
            else:
                inner = self.enter(node, scope)
                if inner is not None:
                    self.open.append((iter(node.children), inner, ""))


_VERSION = re.compile(r"(!?)(|=|==|>=|<=|>|<)((?:[0-9]{1,4}\.){0,2}[0-9]{1,4})")


def _version_applies(arguments: t.Sequence[str], release: releases.Release | None) -> bool | None:
    """
    Tell whether <IfVersion> applies (contrib/mod_ifversion.c); None where that cannot be told.

    Only versions of numbers alone are compared here, which leave no doubt: patterns are not, nor candidates and letters, of
    which mod_ifversion has an order of its own.
    """
    match = _VERSION.fullmatch("".join(arguments))
    if match is None or release is None:
        return None
    numbers = tuple(int(word) for word in match.group(3).split("."))
    given = numbers + (0,) * (3 - len(numbers))
    # A candidate or a letter beside the same numbers: see above.
    if given == release[:3] and release[3:] != (1, 0):
        return None
    answer = {
        "": given == release[:3],
        "=": given == release[:3],
        "==": given == release[:3],
        ">=": release[:3] >= given,
        "<=": release[:3] <= given,
        ">": release[:3] > given,
        "<": release[:3] < given,
    }[match.group(2)]
    return answer is not bool(match.group(1))


def effective(nodes: t.Sequence[parser.Node], around: Surroundings | None = None) -> Policy:
    """
    Return what the tree of a configuration comes to in its surroundings, by default those of Debian's package and no other file.

    The order of sections and directives counts, so it is read once.
    """
    reader = _Reader(around or Surroundings())
    reader.go(nodes)
    return Policy(
        reader.main,
        reader.servers,
        reader.common,
        reader.scopes,
        reader.classes,
        reader.modules,
        reader.unread,
        reader.files,
        reader.unknown,
    )
