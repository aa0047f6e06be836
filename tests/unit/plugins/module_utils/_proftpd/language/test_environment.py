# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import properties_in
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import describe
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import environment, parser, policy, releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.environment import Environment
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import launch

KNOWN = Environment({"PORT": "2121", "BOTH": "50000 50100", "AGAIN": "%{env:PORT}", "LOOP": "%{env:LOOP}", "PW": "s3cret"}, True)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("%{env:PORT}", "2121"),
        ("a%{env:PORT}b%{env:PORT}", "a2121b2121"),
        ("%{env:AGAIN}", "2121"),
        ("%{env:LOOP}", "%{env:LOOP}"),
        ("%{env:NOT_SET}", ""),
        ("%{env:PORT", "%{env:PORT"),
        ("%{env:}", "%{env:}"),
        ("%{env:INVOCATION_ID}", "%{env:INVOCATION_ID}"),
        ("plain", "plain"),
    ],
)
def test_words(word: str, wanted: str) -> None:
    assert KNOWN.word(word) == wanted


def test_nothing_is_guessed_where_the_environment_is_not_known() -> None:
    assert Environment().word("%{env:PORT}") == "%{env:PORT}"
    assert environment.is_unknown(["%{env:PORT}"])
    assert not environment.is_unknown(["%{env:}", "2121"])


def test_only_what_is_judged_is_resolved() -> None:
    assert KNOWN.words(("port", "%{env:PORT}"), splits=False) == ("port", "2121")
    assert KNOWN.words(("SQLConnectInfo", "db", "%{env:PW}"), splits=False) == ("SQLConnectInfo", "db", "%{env:PW}")
    assert KNOWN.words(("PassivePorts", "%{env:BOTH}"), splits=False) == ("PassivePorts", "50000 50100")
    assert KNOWN.words(("PassivePorts", "%{env:BOTH}"), splits=True) == ("PassivePorts", "50000", "50100")
    assert KNOWN.hidden("bad password s3cret", {"PW"}) == "bad password %{env:PW}"
    assert "s3cret" not in repr(KNOWN)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A=b\n# C=d\n; E=f\nexport G=h\n", {"A": "b"}),
        ("A = b\n", {"A": "b"}),
        ('A=b # no comment \nB=\'single $x\' \nC="d \\" e"\n', {"A": "b # no comment", "B": "single $x", "C": 'd " e'}),
        ('A=one \\\ntwo\nB="three\nfour"\n', {"A": "one two", "B": "three\nfour"}),
        ('A=x\\ny\nB="x\\ny"\n', {"A": "xny", "B": "x\\ny"}),
        ("1A=b\nno\nA=", {"A": ""}),
        ("A=it's\n", {"A": "it's"}),
    ],
)
def test_environment_files_as_systemd_reads_them(text: str, wanted: dict[str, str]) -> None:
    assert environment.of_file(text) == wanted


@hypothesis.given(st.text(alphabet="A=b'\"\\\n #;x", max_size=60))
def test_any_file(text: str) -> None:
    environment.of_file(text)


def test_what_a_process_tells() -> None:
    assert environment.of_process("A=b\0C=d=e\0") == Environment({"A": "b", "C": "d=e"}, True)
    # proftpd writes its title over it.
    assert environment.of_process("\0" * 200) == Environment()
    assert environment.of_process("connections)\0\0\0") == Environment()


def test_the_properties_of_a_unit() -> None:
    unit = properties_in(
        'Environment=OPTIONS= "B=two words"\nEnvironmentFiles=/etc/default/a b (ignore_errors=yes)\n'
        "EnvironmentFiles=/etc/c (ignore_errors=no)\nFragmentPath=/lib/u\nDropInPaths=/etc/u.d/1 /etc/u.d/2\n"
    )
    assert launch.files(unit) == ["/lib/u", "/etc/u.d/1", "/etc/u.d/2", "/etc/default/a b", "/etc/c"]
    assert launch.assignments(unit["Environment"]) == {"OPTIONS": "", "B": "two words"}
    assert launch.environment_files(unit) == [("/etc/default/a b", True), ("/etc/c", False)]


SOUND = releases.parse("1.3.10")
TEXT = "Port %{env:PORT}\nPassivePorts %{env:LOW} 50100\nAllowForeignAddress %{env:FXP}\nMasqueradeAddress %{env:MASQ}\n"


def test_a_server_of_which_nothing_is_known() -> None:
    (main,) = describe.describe(policy.effective(parser.parse(TEXT), policy.Surroundings(release=SOUND)))
    assert (main["listens"], main["control_port"], main["passive_ports"]) == (True, None, None)
    assert main["unknown"] == ["AllowForeignAddress", "MasqueradeAddress", "PassivePorts", "Port"]
    assert (main["allow_foreign_address"]["port"], main["allow_foreign_address"]["passive"]) == ("unknown", "unknown")


def test_a_server_of_which_all_is_known() -> None:
    known = Environment({"PORT": "2121", "LOW": "50000", "FXP": "off", "MASQ": "192.0.2.1"})
    around = policy.Surroundings(release=SOUND, environment=known)
    (main,) = describe.describe(policy.effective(parser.parse(TEXT), around))
    assert (main["control_port"], main["passive_ports"]) == (2121, {"first": 50000, "last": 50100})
    assert (main["unknown"], main["masquerade_address"]) == ([], "192.0.2.1")
    assert main["allow_foreign_address"]["passive"] == "refused"


@pytest.mark.parametrize("argument", ["%{env:X}", "%{env:X}.c"])
@pytest.mark.parametrize("section", ["IfDefine", "IfModule", "IfVersion"])
def test_sections_that_depend_on_it_are_left_out_and_told(section: str, argument: str) -> None:
    text = f"<{section} {argument}>\nAllowForeignAddress on\n</{section}>\n"
    in_force = policy.effective(parser.parse(text), policy.Surroundings(release=SOUND))
    assert [each.line.name for each in in_force.unread] == [f"<{section}>"]
    (main,) = describe.describe(in_force)
    assert main["allow_foreign_address"]["port"] == "unknown"
