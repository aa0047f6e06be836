# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import time

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import describe
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import include, parser, policy, releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import finding, findings
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.daemon_checker import Ask

# Each of these is a directive of its own, so that the daemon's own listing shows which files it read.
CONTENTS = {
    ".hidden.conf": "TimeoutIdle 60",
    "10-first.conf": "Umask 022",
    "20-second.txt": "TimeoutLogin 60",
    "backup.conf~": "TimeoutStalled 60",
    "sp ace.conf": "MaxLoginAttempts 2",
    "sub/inner.conf": "PassivePorts 50000 50099",
}
DIRECTIVES = {text.split()[0] for text in CONTENTS.values()}


@pytest.fixture
def place(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory of files to include."""
    for name, text in CONTENTS.items():
        path = tmp_path / "conf.d" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text + "\n")
    (tmp_path / "conf.d" / "30-link.conf").symlink_to(tmp_path / "conf.d" / "20-second.txt")
    (tmp_path / "empty").mkdir()
    return tmp_path / "conf.d"


@pytest.mark.parametrize(
    "argument",
    [
        "{}", "{}/", "{}/*", "{}/*.conf", "{}/.*", "{}/.h*.conf", "{}/10-first.conf", "{}/30-link.conf", "{}/?0-*", "{}/[12]0*",
        "{}/[!1]0*.txt", "{}/*/inner.conf", "{}/su*/*.conf", "{}/su*/inner.conf", "{}/../*/inner.conf",
        "{}/../*/10-first.conf", "{}/../[c]*/*b/*.conf", "{}/../conf*/10*.conf", "{}/sub", "{}/s*", "{}/../empty", "{}/nothing*",
        "{}/absent.conf",
    ],
)  # fmt: skip
def test_the_files_are_those_that_the_daemon_reads(checker: Ask, place: pathlib.Path, argument: str) -> None:
    text = f"ServerName main\nServerIdent off\nInclude {argument.format(place)}\n"
    answer = checker(text)
    assert answer.accepted, answer.said
    in_force = policy.effective(parser.parse(text), policy.Surroundings(include=include.Files().include))
    ours = {directive for directive in DIRECTIVES if in_force.value(in_force.main, directive) is not None}
    assert ours == DIRECTIVES.intersection(answer.servers["main"])


def test_a_path_that_is_not_absolute_is_refused_by_both(checker: Ask) -> None:
    text = "Include conf.d/a.conf\n"
    assert not checker(text).accepted
    (unread,) = policy.effective(parser.parse(text), policy.Surroundings(include=include.Files().include)).unread
    assert "not absolute" in unread.why


def test_what_cannot_be_read_is_told_and_does_not_wait(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    files = include.Files()
    began = time.monotonic()
    assert "no plain file" in files.text(str(tmp_path / "pipe")).problem
    assert "No such file" in files.text(str(tmp_path / "absent")).problem
    assert time.monotonic() - began < 5
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(include.MOST_BYTES + 1)
    assert "more than" in files.text(str(tmp_path / "huge")).problem


def read(texts: dict[str, str], main: str = "/main", release: str = "1.3.8") -> policy.Policy:
    """What a configuration in several texts comes to; an Include names one of them."""

    def take(name: str) -> list[policy.Included]:
        return [policy.Included(name, texts[name]) if name in texts else policy.Included(name, "", f"{name}: not there")]

    return policy.effective(parser.parse(texts[main]), policy.Surroundings(main, take, releases.parse(release)))


def test_what_is_included_stands_in_its_place() -> None:
    in_force = read({
        "/main": "<Global>\nInclude /inner\n</Global>\nUmask 002\nInclude /late\n",
        "/inner": "Umask 077\nInclude /deeper\n",
        "/deeper": "\nAllowForeignAddress off\n",
        "/late": "Umask 022\n<VirtualHost 192.0.2.1>\n</VirtualHost>\n",
    })  # fmt: skip
    assert in_force.files == ["/inner", "/deeper", "/late"]
    main, other = in_force.servers
    umask = in_force.value(main, "Umask")
    assert umask is not None
    assert umask.arguments == ("002",)
    foreign = in_force.value(other, "AllowForeignAddress")
    assert foreign is not None
    assert isinstance(foreign.number, parser.Place)
    assert (foreign.number.file, foreign.number) == ("/deeper", 2)


def test_one_file_may_be_included_twice_but_not_by_itself() -> None:
    twice = read({"/main": "Include /a\nInclude /a\n", "/a": "Umask 022\n"})
    assert (twice.files, twice.unread) == (["/a", "/a"], [])
    loop = read({"/main": "Include /a\n", "/a": "Include /b\n", "/b": "Include /a\nInclude /main\n"})
    assert loop.files == ["/a", "/b"]
    assert ["includes itself" in each.why for each in loop.unread] == [True, True]


def test_many_and_deep_files_are_bounded() -> None:
    deep = read({"/main": "Include /0\n", **{f"/{n}": f"Include /{n + 1}\n" for n in range(200)}})
    assert len(deep.files) <= policy.DEEPEST
    assert len(deep.unread) == 1
    # Every file names ten others: without a bound these would be 10^20.
    wide = {f"/{n}": "".join(f"Include /{n + 1}\n" for _each in range(10)) for n in range(30)}
    began = time.process_time()
    assert len(read({"/main": "Include /0\n", **wide}).files) <= policy.MOST_FILES
    assert time.process_time() - began < 20


def test_findings_name_the_file_of_a_line() -> None:
    in_force = read({"/main": "PassivePorts 50000 50099\nMaxInstances 9\nInclude /a\n", "/a": "\nAllowForeignAddress nobodies\n"})
    (found,) = [each for each in findings.of(in_force) if each.severity != finding.NOTE]
    assert (found.code, found.file, found.line) == ("class_undefined", "/a", 2)
    assert str(found).startswith("line 2 of /a (main): ")
    in_force = read({
        "/main": "PassivePorts 50000 50099\nMaxInstances 9\nAllowForeignAddress off\nInclude /a\n",
        "/a": "AllowForeignAddress on\n",
    })  # fmt: skip
    repeated = [each for each in findings.of(in_force) if each.code == "directive_repeated"]
    assert [each.file for each in repeated] == ["/a"]
    assert "stands on line 3" in repeated[0].sentence


def test_a_file_whose_sections_do_not_nest_is_told_and_the_rest_is_read() -> None:
    in_force = read({"/main": "Include /a\nUmask 022\n", "/a": "<Global>\n"})
    assert "the sections of /a do not nest" in in_force.unread[0].why
    assert in_force.value(in_force.main, "Umask") is not None


@pytest.mark.parametrize(
    ("condition", "applies"),
    [
        (">= 1.3.8", True), ("< 1.3.8", False), ("1.3.8", True), ("= 1.3.8", True), ("!= 1.3.8", False), ("!>= 1.3.9", True),
        ("> 1.3.7", True), ("<= 1.3.7", False), (">= 1.3", True), ("1.3", False), ("> 1.2.10", True),
    ],
)  # fmt: skip
def test_versions_apply_as_for_the_daemon(checker: Ask, condition: str, applies: bool) -> None:
    text = f"ServerName main\nServerIdent off\nLoadModule mod_ifversion.c\n<IfVersion {condition}>\nUmask 022\n</IfVersion>\n"
    in_force = policy.effective(parser.parse(text), policy.Surroundings(release=releases.parse("1.3.8")))
    assert (in_force.value(in_force.main, "Umask") is not None) is applies
    assert in_force.unread == []
    answer = checker(text)
    assert answer.accepted, answer.said
    assert ("Umask" in answer.servers["main"]) is applies


@pytest.mark.parametrize("condition", ["< 1.3.8a", "~ ^1", "= /1.3/", "> 1.3.8rc4", "", "x"])
def test_versions_that_cannot_be_told_are_left_out_and_noted(condition: str) -> None:
    text = f"<IfVersion {condition}>\nUmask 022\n</IfVersion>\n"
    in_force = policy.effective(parser.parse(text), policy.Surroundings(release=releases.parse("1.3.8")))
    assert len(in_force.unread) == 1
    assert in_force.value(in_force.main, "Umask") is None


def test_names_and_modules_come_from_outside() -> None:
    text = "<IfDefine TLS>\nUmask 022\n</IfDefine>\n<IfModule mod_tls.c>\nUmask 077\n</IfModule>\n"
    around = policy.Surroundings(defines=frozenset({"TLS"}))
    in_force = policy.effective(parser.parse(text), around)
    assert [line.arguments[0] for line in in_force.main.all("Umask")] == ["022"]
    around = policy.Surroundings(compiled_in=frozenset({"mod_tls.c"}))
    assert [line.arguments[0] for line in policy.effective(parser.parse(text), around).main.all("Umask")] == ["077"]


LINES = st.sampled_from([
    "<Global>", "</Global>", "<VirtualHost 192.0.2.1>", "</VirtualHost>", "<IfUser a>", "</IfUser>", "<Anonymous "
    "~>", "</Anonymous>",
    "<Class p>", "</Class>", "From 192.0.2.1", "From all", "AllowForeignAddress p", "AllowForeignAddress",
    "PassivePorts 1", "Include /a",
    "PassivePorts x y", "TLSEngine on", "TLSOptions x", "TLSRequired ctrl", "Port 0", "MasqueradeAddress ::1", "<IfVersion >",
    "</IfVersion>", "Include /b", "DefaultAddress", "TLSProtocol",
])  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(LINES, max_size=12).map("\n".join))


@hypothesis.given(
    st.dictionaries(st.sampled_from(["/main", "/a", "/b"]), TEXTS), st.sampled_from(["1.3.5", "1.3.7a", "1.3.8", "1.3.10", ""])
)
@hypothesis.settings(deadline=5000)
def test_any_text_is_described(texts: dict[str, str], release: str) -> None:
    texts.setdefault("/main", "")
    try:
        in_force = read(texts, release=release)
    except parser.ParseError:
        return
    servers = describe.describe(in_force)
    assert servers[0]["name"] == "main"
    assert describe.classes(in_force).keys() == in_force.classes.keys()
    findings.of(in_force)
