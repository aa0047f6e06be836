# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The text of a proftpd.conf as a tree, and back without a byte lost.

Lines, continuations, quotes and comments are read as ProFTPD reads them: pr_fsio_getline() in src/fsio.c,
pr_parser_read_line() and pr_parser_parse_line() in src/parser.c, pr_str_get_word() in src/str.c. Environment variables
(%{env:NAME}) are left as they are written. Bytes that are not UTF-8 are expected as surrogates (surrogateescape).

Sections must nest here. ProFTPD itself closes IfDefine, IfModule and IfVersion wherever it likes, and does not read what
stands in those that do not apply; such a file is refused.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError

# isspace() of the C locale, limited to ASCII (PR_ISSPACE).
_SPACES = " \t\n\v\f\r"


class ParseError(HostError):
    """The sections of the text do not nest. ``line`` counts from 1, ``text`` stands there, ``reason`` says what is wrong."""

    def __init__(self, line: int, text: str, reason: str) -> None:
        super().__init__(f"line {line}: {text!r} {reason}")
        self.line = line
        self.text = text
        self.reason = reason


class Place(int):
    """The number of a line, counted from 1, and the ``file`` that it stands in; empty where there is one text only."""

    file = ""

    @classmethod
    def of(cls, number: int, file: str) -> Place:
        """Return the line of this ``number`` in ``file``."""
        place = cls(number)
        place.file = file
        return place


@dataclasses.dataclass(frozen=True)
class Line:
    """
    A logical line: a directive, or a comment or blank line, which has no words.

    ``raw`` is all of its text with every continuation and line end, ``number`` where it begins, counted from 1. In a file that
    is included it is a Place.
    """

    number: int
    raw: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The directive as it is written; empty for a comment or blank line. ProFTPD ignores its case."""
        return self.words[0] if self.words else ""

    @property
    def key(self) -> str:
        """The directive for comparisons."""
        return self.name.lower()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words behind the directive."""
        return self.words[1:]


@dataclasses.dataclass(frozen=True, eq=False)
class Section:
    """What stands between <Name arguments> and </Name>."""

    opening: Line
    children: list[Node]
    closing: Line

    @property
    def name(self) -> str:
        """The name without its angle brackets, as it is written."""
        return self.opening.name[1:-1]

    @property
    def key(self) -> str:
        """The name for comparisons."""
        return self.name.lower()

    @property
    def number(self) -> int:
        """The line that it begins on."""
        return self.opening.number

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words behind its name."""
        return self.opening.arguments


Node = t.Union[Line, Section]


def split_words(text: str) -> list[str]:
    """Return the words of a logical line. Quotes count only where a word begins, a backslash only between quotes."""
    words: list[str] = []
    at, end = 0, len(text)
    while True:
        while at < end and text[at] in _SPACES:
            at += 1
        if at == end or text[at] == "#":
            return words
        quoted = text[at] == '"'
        at += quoted
        word = []
        while at < end and (text[at] != '"' if quoted else text[at] not in _SPACES):
            if quoted and text[at] == "\\" and at + 1 < end:
                at += 1
            word.append(text[at])
            at += 1
        at += 1
        words.append("".join(word))
        at = min(at, end)


def _bracketed(words: list[str]) -> list[str]:
    """Move the bracket that ends the last word of <Name arguments> to the name, as pr_parser_parse_line() does."""
    if len(words) > 1 and words[0].startswith("<") and words[-1].endswith(">"):
        last = words.pop()[:-1]
        if last:
            words.append(last)
        if not words[0].endswith(">"):
            words[0] += ">"
    return words


def logical_lines(text: str, file: str = "") -> t.Iterator[Line]:
    """Yield the logical lines of ``text``, which ``file`` has; their ``raw`` texts joined are ``text`` again, whatever it is."""
    raw: list[str] = []
    said: list[str] = []
    number = 1
    pieces = text.split("\n")
    for index, piece in enumerate(pieces, 1):
        last = index == len(pieces)
        if last and not piece:
            break
        raw.append(piece if last else piece + "\n")
        if not last and piece.endswith("\\"):
            # A comment does not continue: its backslash is part of it, and what it stands in goes on after it.
            if not piece.lstrip(_SPACES).startswith("#"):
                said.append(piece[:-1])
                continue
            if said:
                continue
        else:
            said.append(piece)
        yield _line(Place.of(number, file) if file else number, raw, said)
        raw, said, number = [], [], index + 1
    if raw:
        yield _line(Place.of(number, file) if file else number, raw, said)


def _line(number: int, raw: list[str], said: list[str]) -> Line:
    meaning = "".join(said)
    if meaning.endswith("\r"):
        meaning = meaning[:-1]
    return Line(number, "".join(raw), tuple(_bracketed(split_words(meaning))))


def parse(text: str, file: str = "") -> list[Node]:
    """
    Return the tree of ``text``, which ``file`` has.

    Raises ParseError where a section is not closed, or closed by something else.
    """
    root: list[Node] = []
    # Sections that are still open, each with the list that it will stand in. No recursion: depth costs nothing.
    opened: list[tuple[Line, list[Node]]] = []
    nodes = root
    for line in logical_lines(text, file):
        if not line.name.startswith("<"):
            nodes.append(line)
            continue
        shown = line.raw.strip(_SPACES)
        if not line.name.endswith(">"):
            raise ParseError(line.number, shown, "lacks its closing angle bracket")
        if not line.name.startswith("</"):
            opened.append((line, nodes))
            nodes = []
            continue
        if not opened:
            raise ParseError(line.number, shown, "closes nothing that is open")
        opening, outer = opened.pop()
        if line.key[2:] != opening.key[1:]:
            raise ParseError(line.number, shown, f"stands where {opening.name} of line {opening.number} must be closed first")
        if line.arguments:
            raise ParseError(line.number, shown, "has more than the name of what it closes")
        outer.append(Section(opening, nodes, line))
        nodes = outer
    if opened:
        opening = opened[-1][0]
        raise ParseError(opening.number, opening.raw.strip(_SPACES), "is never closed")
    return root


def render(nodes: t.Sequence[Node]) -> str:
    """Return the text of a tree: of an unchanged one, the very text that was parsed."""
    parts = []
    left = list(reversed(nodes))
    while left:
        node = left.pop()
        if isinstance(node, Line):
            parts.append(node.raw)
        else:
            parts.append(node.opening.raw)
            left.append(node.closing)
            left.extend(reversed(node.children))
    return "".join(parts)
