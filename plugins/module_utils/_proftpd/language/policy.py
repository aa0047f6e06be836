# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What a proftpd.conf means for each of its servers, as far as findings need it.

The rules are those of ProFTPD's src/configdb.c and src/dirtree.c: in one context the first occurrence of a directive
counts (the last one where mod_ifsession merges, and for MaxInstances); <Global> reaches every server that does not say it
itself, whichever server it stands in, those of the main server before those of others, and of one server the last one before the
others; what the main server says does not reach a <VirtualHost>; <Anonymous> and <Directory> have what surrounds them unless
they say otherwise. IfModule applies to modules that are compiled in or loaded further up, IfDefine to names that are defined
further up.

What is outside of the one text is told by the caller as Surroundings: files that are included, the release for IfVersion, the
modules that are compiled in, names that are defined on the command line, the daemon's environment. What it does not tell is left
out, and noted.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import USUAL
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import environment, modules, parser, releases

# For where there is no daemon to ask (modules.listed).
COMPILED_IN = USUAL.compiled_in
MAIN, VIRTUAL_HOST, GLOBAL, CLASS, ANONYMOUS, IF_CLASS = "main", "virtualhost", "global", "class", "anonymous", "ifclass"
# Sections of mod_ifsession: for some sessions they replace what stands around them.
CONDITIONAL = {name.lower(): name for name in ("IfClass", "IfAuthenticated", "IfGroup", "IfUser")}
# They are merged one kind after the other, in that order, so one that stands in its own kind or a later one never is (tried with
# 1.3.8; contrib/mod_ifsession.c is another one since 1.3.9rc1).
_MERGED = list(CONDITIONAL)
_MERGED_SO = (releases.Span("1.3.7", "1.3.9rc1"),)
_FTP_PORT = 21
_SPLITS_SINCE = (1, 3, 10, 0, 1)
_STOPS_SINCE = (1, 3, 9, 0, 1)
# ProFTPD itself sets no bounds, and dies of files that include one another.
MOST_FILES, DEEPEST = 2000, 20
_BOOLEANS = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


def boolean(word: str) -> bool | None:
    """Return what ``word`` is for pr_str_is_boolean() (src/str.c), or None if it is no boolean there."""
    return _BOOLEANS.get(word.lower())


def number(word: str) -> int:
    """Return what atoi() makes of ``word``."""
    match = re.match(r"\s*([+-]?[0-9]+)", word)
    return int(match.group(1)) if match else 0


def seconds(word: str) -> int | None:
    """Return the duration ``word`` in seconds as pr_str_get_duration() (src/str.c) reads it; None if it is none."""
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
    """
    A file that an Include takes in: its ``name``, and its ``text``, or why it could not be read as ``problem``.

    One that is ``absent`` ProFTPD goes without, so nothing is unknown of it.
    """

    name: str
    text: str
    problem: str = ""
    absent: bool = False


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

    ``include`` returns the files that the argument of Include names, in ProFTPD's order; without it none is read. ``path`` is the
    name of the first file, ``compiled_in`` what the daemon that reads it says of itself, None where there is none to ask.
    ``defines`` is None where the command line is not known. ``broken`` has the lines, by file and number, that ProFTPD's checker
    refuses.
    """

    path: str = ""
    include: t.Callable[[str], t.Sequence[Included]] | None = None
    release: releases.Release | None = None
    compiled_in: frozenset[str] | None = None
    defines: frozenset[str] | None = frozenset()
    environment: environment.Environment = dataclasses.field(default_factory=environment.Environment)
    broken: frozenset[tuple[str, int]] = frozenset()

    @property
    def splits(self) -> bool:
        """Whether the value of a variable that has several words becomes several."""
        return self.release is not None and self.release >= _SPLITS_SINCE


@dataclasses.dataclass(eq=False)
class Scope:
    """
    A context: the main server, a section, or all <Global> sections together.

    ``kind`` is the section's name in lower case, ``name`` what it is told people by, ``line`` where it begins, ``said`` has its
    own directives that have an argument, by their names in lower case, ``arguments`` is all that its opening line says. A server
    and <Global> have no ``parent``; ``root`` is the one of them that it stands in. ``ipv6`` tells whether UseIPv6 is on where it
    begins.
    """

    kind: str
    name: str
    line: int
    parent: Scope | None = None
    said: dict[str, list[parser.Line]] = dataclasses.field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    ipv6: bool | None = True

    def __post_init__(self) -> None:
        self.root: Scope = self if self.parent is None else self.parent.root

    @property
    def heading(self) -> str:
        """What people call a section."""
        return f"<{CONDITIONAL.get(self.kind, self.kind.capitalize())} {' '.join(self.arguments)}>"

    @property
    def counts_before_login(self) -> bool:
        """Whether what it says is in force from the first byte of a session on: nobody is known by name then."""
        return self.kind not in CONDITIONAL or self.kind == IF_CLASS

    def all(self, directive: str) -> list[parser.Line]:
        """Its own occurrences of ``directive``."""
        return self.said.get(directive.lower(), [])

    def own(self, directive: str) -> parser.Line | None:
        """The occurrence of ``directive`` that counts among its own."""
        lines = self.all(directive)
        return lines[-1 if self.kind in CONDITIONAL else 0] if lines else None


@dataclasses.dataclass(frozen=True)
class Policy:
    """
    A configuration in force.

    ``servers`` begins with ``main``, ``common`` is <Global>, ``scopes`` are the other contexts, ``classes`` the definitions by
    name, ``modules`` every LoadModule, ``release`` the one that reads it or None, ``unread`` what was left out, ``files`` the
    names of the files that were included, ``absent`` the Includes of files that are not there, ``lost`` the lines behind whose
    Include nothing is read any more, ``unmerged`` the sections of mod_ifsession that this release passes over, ``unknown`` what
    the daemon does not know, ``overtaken`` the lines in whose place one that was left out may count.
    """

    main: Scope
    servers: list[Scope]
    common: Scope
    scopes: list[Scope]
    classes: dict[str, list[Scope]]
    modules: list[parser.Line]
    release: releases.Release | None
    unread: list[Unread]
    files: list[str] = dataclasses.field(default_factory=list)
    absent: list[Unread] = dataclasses.field(default_factory=list)
    lost: list[Unread] = dataclasses.field(default_factory=list)
    unmerged: list[Unread] = dataclasses.field(default_factory=list)
    unknown: list[Unknown] = dataclasses.field(default_factory=list)
    overtaken: list[parser.Line] = dataclasses.field(default_factory=list)

    def value(self, scope: Scope, directive: str) -> parser.Line | None:
        """The occurrence of ``directive`` that is in force in ``scope``, or None if ProFTPD's default is."""
        at: Scope | None = scope
        while at is not None:
            line = at.own(directive)
            if line is not None:
                return line
            at = at.parent
        return self.common.own(directive)

    def added(self, scope: Scope, directive: str) -> list[parser.Line]:
        """
        Every occurrence of a ``directive`` that adds up: those of the server, and those of <Global> behind them.

        Of a section for some sessions only the last one counts. In <IfClass> it takes the place of those of the server; after
        the login it comes to them (tried with 1.3.8).
        """
        found: list[parser.Line] = []
        at: Scope | None = scope
        while at is not None:
            if at.kind in CONDITIONAL:
                found += at.all(directive)[-1:]
                if found and at.counts_before_login:
                    return found
            at = at.parent
        root = scope.root
        return [*found, *root.all(directive), *(self.common.all(directive) if root is not self.common else [])]

    def sections(self, server: Scope) -> list[Scope]:
        """The sections in ``server``, and behind them those in <Global>, which are in every server."""
        return [scope for root in (server, self.common) for scope in self.scopes if scope.root is root]

    def conditional(self, server: Scope, directive: str) -> list[Scope]:
        """The sections for some sessions of ``server`` that say ``directive``."""
        return [scope for scope in self.sections(server) if scope.kind in CONDITIONAL and scope.own(directive) is not None]

    def is_repeated(self, line: parser.Line) -> bool:
        """
        Whether ``line`` stands in a section for some sessions that says a directive more than once.

        Of those now the first counts, now the second, or none of that section at all, by what else there is (tried with 1.3.8).
        """
        return any(
            scope.kind in CONDITIONAL
            and any(each is line for each in scope.all(line.key))
            and any(len(lines) > 1 for lines in scope.said.values())
            for scope in self.scopes
        )

    def is_overtaken(self, line: parser.Line) -> bool:
        """
        Whether something that was not read may say the same and count in the place of ``line``.

        Of a server the first line counts, so that is what comes before it; <Global> may be gone on with anywhere,
        and what it says there counts (tried with 1.3.8).
        """
        if self.unread and any(each is line for each in self.common.all(line.key)):
            return True
        return any(each is line for each in self.overtaken)

    def flag(self, scope: Scope, directive: str) -> bool | None:
        """The boolean in force in ``scope``; None where it is not said, or said with another word."""
        line = self.value(scope, directive)
        return None if line is None else boolean(line.arguments[0])

    def port(self, server: Scope) -> int | None:
        """The control port of ``server``; 0 switches it off, None is one that is not known."""
        line = self.value(server, "Port")
        if line is None:
            return _FTP_PORT
        return None if environment.is_unknown(line.arguments[:1]) else number(line.arguments[0])

    def speaks_sftp(self, server: Scope) -> bool:
        """Whether mod_sftp speaks for ``server``: there is no PASV and no PORT in SFTP, nor anything else of FTP."""
        return self.flag(server, "SFTPEngine") is True

    @property
    def listening(self) -> list[Scope]:
        """The FTP servers that are not known to be switched off."""
        return [server for server in self.servers if self._serves(server)]

    @property
    def contexts(self) -> list[Scope]:
        """Every context but what stands in servers that are switched off, or that speak SFTP."""
        return [
            scope for scope in [*self.servers, self.common, *self.scopes] if scope.root is self.common or self._serves(scope.root)
        ]

    def _serves(self, server: Scope) -> bool:
        return self.port(server) != 0 and not self.speaks_sftp(server)

    def everywhere(self, directive: str) -> t.Iterator[tuple[Scope, parser.Line]]:
        """Every occurrence of ``directive`` in those contexts, with its server or <Global>."""
        return ((scope.root, line) for scope in self.contexts for line in scope.all(directive))

    def members(self, name: str) -> list[str] | None:
        """
        Return the rules of the class ``name``, or None if it is not defined. Names of classes are case-sensitive.

        A class without rules is dropped by ProFTPD (pr_class_close() in src/class.c); it is an empty list here.
        """
        rules = [_rules(scope) for scope in self.classes.get(name, [])]
        return next((each for each in rules if each), []) if rules else None

    def satisfies_all(self, name: str) -> bool:
        """Tell whether an address must meet every rule of the class ``name``, not just one."""
        return any(line.arguments[0].lower() == "all" for line in self._class(name).all("Satisfy")[-1:])

    def uses_ipv6(self, name: str) -> bool | None:
        """Whether UseIPv6 is on where the class ``name`` is defined; some rules mean something else without it."""
        return self._class(name).ipv6

    def uses_reverse_dns(self) -> bool | None:
        """Whether UseReverseDNS is on; a plain variable in ProFTPD, so the last one counts."""
        said = self.main.all("UseReverseDNS")
        return boolean(said[-1].arguments[0]) if said else True

    def _class(self, name: str) -> Scope:
        """The definition of a class that counts: the first one with a rule."""
        return next(scope for scope in self.classes[name] if _rules(scope))


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


_VARIABLE = "it depends on a variable of the daemon's environment, which is not known here"


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
        # How many lines of each directive the <Global> that is read just now has, and in which server it stands.
        self.in_global: dict[str, int] = {}
        self.holder = 0
        self.holders: dict[str, list[int]] = {}  # of the lines of <Global>, as they lie there
        self.servers = [self.main]
        self.scopes: list[Scope] = []
        self.classes: dict[str, list[Scope]] = {}
        self.modules: list[parser.Line] = []
        self.unread: list[Unread] = []
        self.files: list[str] = []
        self.absent: list[Unread] = []
        self.lost: list[Unread] = []
        self.unmerged: list[Unread] = []
        self.unknown: list[Unknown] = []
        self.overtaken: list[parser.Line] = []
        # Contexts of which something was left out.
        self.gaps: set[Scope] = set()
        self.loaded = set(COMPILED_IN if around.compiled_in is None else around.compiled_in)
        self.defined = set(around.defines or ())
        # What is gone through just now, the innermost last: what is left of it, its context, the file if it is a whole one.
        self.open: list[tuple[t.Iterator[parser.Node | _File], Scope, str]] = []

    def resolved(self, line: parser.Line) -> parser.Line:
        """The same line with the values of the variables that it names, as far as they are known."""
        words = self.around.environment.words(line.words, self.around.splits)
        return line if words == line.words else dataclasses.replace(line, words=words)

    def know(self, name: str, line: parser.Line, scope: Scope) -> None:
        """Take note of ``name``, a directive or section, if its module is not there. What was not read may have loaded it."""
        module = modules.MODULE_OF.get(name)
        if module is not None and module not in self.loaded and self.around.compiled_in is not None and not self.unread:
            self.unknown.append(Unknown(scope.root, line, module))

    def read(self, written: parser.Line, scope: Scope) -> None:
        """Take note of one directive."""
        line = self.resolved(written)
        if self.is_broken(line):
            self.lose(line, scope)
            return
        self.know(line.key, line, scope)
        if not line.arguments:
            return
        said = scope.said.setdefault(line.key, [])
        place = len(said) if scope is not self.common else self.in_common(line.key)
        said.insert(place, line)
        if scope in self.gaps:
            self.overtaken.append(line)
        if line.key == "define":
            self.defined.add(line.arguments[0])
        elif line.key == "loadmodule":
            self.modules.append(line)
            self.loaded.add(line.arguments[0])
        elif line.key == "include":
            self.include(line, scope)

    def leave(self, scope: Scope, line: parser.Line, why: str = "") -> None:
        """Take note of what is left out of ``scope``. In a section for some sessions the last line counts, not the first."""
        self.unread.append(Unread(scope.root, line, why))
        self.gaps.add(scope)
        if scope.kind in CONDITIONAL:
            self.overtaken += [said for lines in scope.said.values() for said in lines]

    def is_broken(self, line: parser.Line) -> bool:
        """Tell whether the checker refuses a ``line`` of an included file. It names the last one of those that continue."""
        if not self.around.broken or not isinstance(line.number, parser.Place):
            return False
        last = line.number + line.raw.rstrip("\n").count("\n")
        return any((line.number.file, number) in self.around.broken for number in range(line.number, last + 1))

    def lose(self, line: parser.Line, scope: Scope) -> None:
        """
        Go on as releases before 1.3.9rc1 do after an error in a file that is included (pr_parser_parse_file() in src/parser.c).

        They read the rest of that file as if the one outside of it went on there, and never the rest of any file around it, whose
        end they take its own for. The other files of a directory or pattern are still read.
        """
        if self.around.release is None or self.around.release >= _STOPS_SINCE:
            self.leave(scope, line, "ProFTPD cannot use it")
            return
        innermost = max(index for index, (_left, _scope, file) in enumerate(self.open) if file)
        around = [file for _left, _scope, file in self.open[:innermost] if file]
        for index in range(innermost):
            left, at, file = self.open[index]
            self.open[index] = (iter([node for node in left if isinstance(node, _File)]), at, file)
        self.lost.append(Unread(scope.root, line, " and ".join(around)))

    def include(self, line: parser.Line, scope: Scope) -> None:
        """Go on with the files that ``line`` names, in its place. More than its first argument ProFTPD does not look at."""
        if self.around.include is None:
            self.leave(scope, line)
            return
        if environment.is_unknown(line.arguments[:1]):
            self.leave(scope, line, _VARIABLE)
            return
        files = self.around.include(line.arguments[0])
        trees: list[_File] = []
        for name, text, problem, absent in files:
            if absent:
                self.absent.append(Unread(scope.root, line, problem))
                continue
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
            self.leave(scope, line, problem)
        self.open.append((iter(trees), scope, ""))

    def in_common(self, key: str) -> int:
        """
        Return where the next line of a <Global> goes among those of all <Global>, of which the first one counts.

        Of several in one server the last one counts, and those of a server go before those of the servers behind it (tried
        with 1.3.8).
        """
        holders, so_far = self.holders.setdefault(key, []), self.in_global.get(key, 0)
        place = sum(holder < self.holder for holder in holders) + so_far
        holders.insert(place, self.holder)
        self.in_global[key] = so_far + 1
        return place

    def enter(self, section: parser.Section, scope: Scope) -> Scope | None:
        """Return the context that ``section`` makes, the surrounding one where it makes none, or None if it does not apply."""
        opening = self.resolved(section.opening)
        if self.is_broken(opening):
            self.lose(opening, scope)
            return None
        if section.key in ("ifdefine", "ifmodule", "ifversion"):
            applies, why = self.applies(section.key, opening.arguments)
            if applies is None:
                self.leave(scope, section.opening, why)
            return scope if applies else None
        self.know(section.key, section.opening, scope)
        if section.key == GLOBAL:
            self.in_global, self.holder = {}, self.servers.index(scope.root) if scope.root in self.servers else 0
            return self.common
        if not self.is_merged(section, scope):
            self.unmerged.append(Unread(scope.root, opening))
            return None
        if section.key == VIRTUAL_HOST:
            made = Scope(VIRTUAL_HOST, " ".join(opening.arguments), section.number)
            self.servers.append(made)
        else:
            made = Scope(section.key, " ".join(opening.arguments[:1]), section.number, scope, arguments=opening.arguments)
            if section.key == CLASS:
                said = self.main.all("UseIPv6")
                made.ipv6 = boolean(said[-1].arguments[0]) if said else True
                self.classes.setdefault(made.name, []).append(made)
            else:
                self.scopes.append(made)
        return made

    def is_merged(self, section: parser.Section, scope: Scope) -> bool:
        """Tell whether mod_ifsession of this release ever looks at ``section``, which stands in ``scope``."""
        if section.key not in CONDITIONAL or self.around.release is None:
            return True
        if not releases.among(self.around.release, _MERGED_SO):
            return True
        around: Scope | None = scope
        while around is not None:
            if around.kind in CONDITIONAL and _MERGED.index(around.kind) >= _MERGED.index(section.key):
                return False
            around = around.parent
        return True

    def applies(self, key: str, arguments: tuple[str, ...]) -> tuple[bool | None, str]:
        """Tell whether what stands in a section for some cases counts; None where that is not known, and why."""
        if environment.is_unknown(arguments):
            return None, _VARIABLE
        if key == "ifversion":
            return _version_applies(arguments, self.around.release), ""
        word = arguments[0] if arguments else ""
        name = word[1:] if word.startswith("!") else word
        if key == "ifmodule":
            return (name in self.loaded) is (name == word), ""
        if name not in self.defined and self.around.defines is None:
            return None, f"whether {name} is defined on the daemon's command line (-D) is not known"
        return (name in self.defined) is (name == word), ""

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
        reader.around.release,
        reader.unread,
        reader.files,
        reader.absent,
        reader.lost,
        reader.unmerged,
        reader.unknown,
        reader.overtaken,
    )
