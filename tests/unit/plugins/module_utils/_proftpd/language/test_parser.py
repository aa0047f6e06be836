# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import pathlib
import typing as t

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.daemon_checker import Ask, read

# What Debian's package installs: its templates, and ProFTPD's own sample configurations.
SAMPLES = sorted(
    path
    for directory in ("/usr/share/proftpd/templates", "/usr/share/doc/proftpd-core/sample-configurations")
    for path in pathlib.Path(directory).glob("*.conf*")
)


def text_of(path: pathlib.Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8", "surrogateescape")


def directives(nodes: t.Sequence[parser.Node]) -> list[tuple[int, tuple[str, ...]]]:
    """Line and words of all that is not blank, sections included."""
    found = []
    for node in nodes:
        if isinstance(node, parser.Section):
            found += [(node.number, node.opening.words), *directives(node.children)]
        elif node.words:
            found.append((node.number, node.words))
    return found


def test_there_are_samples() -> None:
    assert "proftpd.conf" in {path.name for path in SAMPLES}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples_round_trip(path: pathlib.Path) -> None:
    """Whether the daemon accepts them or not: some name hosts that nobody has, but all of them nest."""
    text = text_of(path)
    nodes = parser.parse(text)
    assert parser.render(nodes) == text
    assert len(directives(nodes)) == sum(bool(line.words) and line.name[:2] != "</" for line in parser.logical_lines(text))


def test_the_packaged_configuration_is_read_as_the_daemon_reads_it() -> None:
    """In ServerName, the names of directives, and what is not in force."""
    path = pathlib.Path("/usr/share/proftpd/templates/proftpd.conf")
    answer = read(path)
    assert answer.accepted
    top = [node for node in parser.parse(text_of(path)) if isinstance(node, parser.Line) and node.words]
    (name,) = (line.arguments[0] for line in top if line.key == "servername")
    assert name in answer.servers
    for directive in ("TimeoutStalled", "AllowOverwrite", "DefaultServer", "SystemLog"):
        assert directive in [line.name for line in top]
        assert directive in answer.servers[name]
    for comment in ("PassivePorts", "MasqueradeAddress", "DefaultRoot"):
        assert comment not in [line.name for line in top]
        assert comment not in answer.servers[name]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Port 21", ["Port", "21"]),
        ("  \t Port\t\v21 \f", ["Port", "21"]),
        ('ServerName "two words"', ["ServerName", "two words"]),
        (r'ServerName "a \"b\" \\ \c"', ["ServerName", r'a "b" \ c']),
        (r"ServerName a\ b", ["ServerName", "a\\", "b"]),
        ('ServerName a"b c"', ["ServerName", 'a"b', 'c"']),
        ('ServerName "a"b', ["ServerName", "a", "b"]),
        ('ServerName "never closed', ["ServerName", "never closed"]),
        ('ServerName "ends in \\', ["ServerName", "ends in \\"]),
        ('ServerName ""', ["ServerName", ""]),
        ("Port 21 # control", ["Port", "21"]),
        ("Port 21#3", ["Port", "21#3"]),
        ('Port "#21"', ["Port", "#21"]),
        ("# Port 21", []),
        ("", []),
        (" \t", []),
    ],
)
def test_words(text: str, wanted: list[str]) -> None:
    assert parser.split_words(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Port \\\n21\n", [(1, ("Port", "21"))]),
        ("Po\\\nrt 21\n", [(1, ("Port", "21"))]),
        ("# comment \\\nPort 21\n", [(2, ("Port", "21"))]),
        ("Port \\\n  # comment \\\n21\n", [(1, ("Port", "21"))]),
        ("Port 21 \\\n# comment\nUmask 022\n", [(1, ("Port", "21")), (3, ("Umask", "022"))]),
        ("Port 21\\", [(1, ("Port", "21\\"))]),
        ("Port 21 \\\n", [(1, ("Port", "21"))]),
        # A carriage return between backslash and line feed ends the line.
        ("Port \\\r\n21\r\n", [(1, ("Port", "\\")), (2, ("21",))]),
        ('ServerName "a\r\nPort 21\r\n', [(1, ("ServerName", "a")), (2, ("Port", "21"))]),
        ("Port 21\rUmask 022\n", [(1, ("Port", "21", "Umask", "022"))]),
        ("Port 21\x85Umask 022\n", [(1, ("Port", "21\x85Umask", "022"))]),
        ("\n\\\n\nPort 21", [(4, ("Port", "21"))]),
    ],
)
def test_lines(text: str, wanted: list[tuple[int, tuple[str, ...]]]) -> None:
    nodes = parser.parse(text)
    assert directives(nodes) == wanted
    assert parser.render(nodes) == text


@pytest.mark.parametrize(
    ("opening", "name", "arguments"),
    [
        ("<Global>", "Global", ()),
        ("<Global >", "Global", ()),
        ("  <global>  # for all", "global", ()),
        ("<Class peers>", "Class", ("peers",)),
        ("<Class> peers", "Class", ("peers",)),
        ("<Limit LOGIN ALL >", "Limit", ("LOGIN", "ALL")),
        ('<Directory "/srv/two words">', "Directory", ("/srv/two words",)),
        ("<IfVersion >= 1.3.8>", "IfVersion", (">=", "1.3.8")),
        ("<VirtualHost \\\n 192.0.2.1>", "VirtualHost", ("192.0.2.1",)),
    ],
)
def test_sections(opening: str, name: str, arguments: tuple[str, ...]) -> None:
    text = f"{opening}\n  Port 21\n</{name.upper()} >\n"
    nodes = parser.parse(text)
    assert parser.render(nodes) == text
    (section,) = nodes
    assert isinstance(section, parser.Section)
    assert (section.name, section.key, section.arguments) == (name, name.lower(), arguments)
    assert [child.key for child in section.children] == ["port"]


@pytest.mark.parametrize(
    ("text", "line", "shown", "reason"),
    [
        ("Port 21\n\n <Global>\n", 3, "<Global>", "never closed"),
        ("<Global>\n<Limit ALL>\n</Global>\n", 3, "</Global>", "<Limit> of line 2 must be closed first"),
        ("Port 21\n</Global>", 2, "</Global>", "closes nothing"),
        ("<Global\n</Global>", 1, "<Global", "angle bracket"),
        ("<IfModule mod_tls.c>\n</IfModule mod_tls.c>\n", 2, "</IfModule mod_tls.c>", "more than the name"),
        ("<IfModule a>\n<Global>\n</IfModule>\n</Global>\n", 3, "</IfModule>", "must be closed first"),
    ],
)
def test_what_does_not_nest_is_told_with_line_and_text(text: str, line: int, shown: str, reason: str) -> None:
    with pytest.raises(parser.ParseError) as caught:
        parser.parse(text)
    assert (caught.value.line, caught.value.text) == (line, shown)
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"line {line}: ")


@pytest.mark.parametrize(
    "text",
    [
        "<Global>\nUmask 022\n",
        "<Global>\n<Limit ALL>\nDenyAll\n</Global>\n</Limit>\n",
        "</Global>\n",
        "<Global\nUmask 022\n</Global>\n",
        "<IfModule mod_core.c>\n</IfModule mod_core.c>\n",
    ],
)
def test_the_daemon_refuses_them_too(checker: Ask, text: str) -> None:
    assert not checker(text).accepted
    with pytest.raises(parser.ParseError):
        parser.parse(text)


def test_depth_and_size_cost_neither_recursion_nor_much_time() -> None:
    deep = "<IfModule mod_core.c>\n" * 20000 + "</IfModule>\n" * 20000
    assert parser.render(parser.parse(deep)) == deep
    long = "Port \\\n" * 50000 + "21\n" + "x" * 1000000
    assert parser.render(parser.parse(long)) == long


CHARACTERS = st.sampled_from('ab1 \t\r\n\n\\"#<>/!\x00\x0b\x85\u2028é\udcff')
# Lines that people write, glued together with anything.
PIECES = st.sampled_from(
    [
        "<Global>\n",
        "</Global>\r\n",
        "</GLOBAL >",
        "<IfModule !mod_x.c>\n",
        "</IfModule>\n",
        "Port 21\n",
        '  ServerName "a',
        "\\\n",
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(CHARACTERS, max_size=20), st.text(max_size=5)), max_size=30).map("".join)


@hypothesis.given(TEXTS)
def test_lines_of_any_text_are_that_text(text: str) -> None:
    lines = list(parser.logical_lines(text))
    assert "".join(line.raw for line in lines) == text
    starts = [text[: sum(len(line.raw) for line in lines[:index])].count("\n") + 1 for index in range(len(lines))]
    assert [line.number for line in lines] == starts


@hypothesis.given(TEXTS)
def test_any_text_round_trips_or_is_refused_with_a_line_of_it(text: str) -> None:
    error = None
    rendered = text
    try:
        rendered = parser.render(parser.parse(text))
    except parser.ParseError as exc:
        error = exc
    assert rendered == text
    assert error is None or (error.text in text and 1 <= error.line <= text.count("\n") + 1)


def nested(depth: int = 3) -> st.SearchStrategy[str]:
    """Texts whose sections nest, in every style of spacing."""
    space = st.sampled_from(["", " ", "\t", "\\\n", " \\\n\t"])
    end = st.sampled_from(["\n", "\r\n", " # remark\n", "\n\n"])
    plain = st.one_of(
        st.builds("{}Port{} 21{}".format, space, space, end),
        st.builds("{}# <Global>{}".format, st.sampled_from(["", " "]), end),
        st.builds('ServerName{} "{}"\n'.format, space, st.text(st.sampled_from("ab <>#'"), max_size=5)),
    )
    if depth == 0:
        return plain
    inner = st.lists(nested(depth - 1), max_size=3).map("".join)
    section = st.builds(
        "{0}<{1}{2}>{3}{4}{0}</{1}{5}>{3}".format,
        st.sampled_from(["", "  ", "\t"]),
        st.sampled_from(["Global", "IfModule", "vIRTUALhOST", "Limit"]),
        st.sampled_from(["", " x", ' "x y" z', " "]),
        end,
        inner,
        st.sampled_from(["", " "]),
    )
    return st.lists(st.one_of(plain, section), max_size=4).map("".join)


@hypothesis.given(nested())
def test_texts_whose_sections_nest_are_never_refused(text: str) -> None:
    assert parser.render(parser.parse(text)) == text


@hypothesis.given(rest=st.text(st.sampled_from('ab \t\\"#<>\n'), min_size=1, max_size=16))
@hypothesis.settings(max_examples=40, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_words_are_those_that_the_daemon_sees(checker: Ask, rest: str) -> None:
    """ServerName takes the first word after it; the daemon tells it when it lists what is in force."""
    text = f'ServerName "x{rest}\nServerIdent off\n'
    answer = checker(text)
    hypothesis.assume(answer.accepted)
    lines = [line for line in parser.logical_lines(text) if line.key == "servername"]
    assert list(answer.servers) == [lines[-1].arguments[0]]


@hypothesis.given(
    st.lists(PIECES | st.sampled_from(["<Limit ALL>\n", "</Limit>\n", "DenyAll\n", "# x\\\n"]), max_size=8).map("".join)
)
@hypothesis.settings(max_examples=40, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_what_the_daemon_accepts_is_accepted(checker: Ask, text: str) -> None:
    """But for IfModule, which the daemon lets open and close across other sections."""
    hypothesis.assume("IfModule" not in text)
    if checker(text).accepted:
        assert parser.render(parser.parse(text)) == text
