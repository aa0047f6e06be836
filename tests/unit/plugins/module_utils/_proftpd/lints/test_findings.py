# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import findings
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR, NOTE, WARNING, Finding
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.lints.cases import CLASS, CLEAN, PEERS, virtual


def test_sections_that_do_not_nest_are_the_one_finding() -> None:
    assert findings.findings("AllowForeignAddress on\n<Global>\nUmask 022\n") == [
        Finding(
            "sections_do_not_nest",
            ERROR,
            "main",
            2,
            "'<Global>' is never closed",
            "close every section where it ends, innermost first",
        )
    ]


def test_an_undefined_class_is_told_with_those_that_are_defined() -> None:
    (other,) = findings.findings(PEERS + CLASS.replace("peers", "Peers"))
    assert "name 'Peers': case counts" in other.cure
    (other,) = findings.findings(PEERS.replace("peers", "PEERS") + CLASS.replace("peers", "Peers"))
    assert "name 'Peers': case counts" in other.cure
    (other,) = findings.findings(PEERS + CLASS.replace("peers", "friends") + CLASS.replace("peers", "clients"))
    assert "clients, friends" in other.cure


@pytest.mark.parametrize(
    ("directives", "codes"),
    [
        ("RootRevoke off on\n", ["extra_arguments"]),
        ("TimeoutStalled 400 200\n", ["extra_arguments"]),
        ("TimeoutNoTransfer 200 4000\n", ["extra_arguments"]),
        ("HiddenStores on\nAllowStoreRestart off on\n", ["extra_arguments"]),
        ("HiddenStores off .x\nAllowStoreRestart on\n", []),
        ("AllowForeignAddress Enabled\n", ["directive_repeated"]),
    ],
)
def test_the_first_word_counts_whatever_its_case(directives: str, codes: list[str]) -> None:
    assert sorted(each.code for each in findings.findings(CLEAN + directives)) == codes


def test_all_findings_come_at_once_in_the_order_of_lines() -> None:
    found = findings.findings(
        "PassivePorts 50000 50009\nMaxInstances 20\nAllowForeignAddress nobodies\nMasqueradeAddress ::1\n"
        + virtual("Port 2121\n")
    )
    assert [(each.line, each.code) for each in found] == [
        (1, "passive_ports_too_few"),
        (3, "class_undefined"),
        (4, "masquerade_address_ipv6"),
        (5, "foreign_address_does_not_reach"),
        (5, "passive_ports_missing"),
    ]


def test_nothing_that_is_told_steers_a_terminal() -> None:
    name = "\x1b[2Jpeers\u202e"
    texts = [
        PEERS.replace("peers", f'"{name}"'),
        PEERS + CLASS + f'<VirtualHost "{name}">\n</VirtualHost>\n',
        CLEAN + f"Include /{name}\n",
        f"<Global>\n</{name}>\n",
    ]
    for text in texts:
        found = findings.findings(text)
        assert found
        for each in found:
            assert not {"\x1b", "\u202e"} & set(f"{each}{each.sentence}{each.cure}")
    (undefined,) = findings.findings(texts[0])
    assert "\\x1b[2Jpeers\\u202e" in undefined.sentence
    assert "\\x1b[2Jpeers\\u202e" in undefined.cure


def test_what_an_audit_tells_alone_is_no_matter_of_writing() -> None:
    notes = [each for each in findings.of(policy.effective(parser.parse(CLEAN))) if each.severity == NOTE]
    assert [(each.code, each.weight) for each in notes] == [("logins_in_clear", NOTE)]
    assert findings.findings(CLEAN) == []


WORDS = """AllowForeignAddress PassivePorts MasqueradeAddress MaxInstances TimeoutStalled TimeoutNoTransfer HiddenStores
    TLSEngine TLSRequired TLSProtocol TLSOptions TLSVerifyServer TLSTimeoutHandshake NoSessionReuseRequired -TLSv1 SSLv23
    AllowStoreRestart RootRevoke Port LoadModule Include Define From Satisfy on off none all peers 50000 50099 0 -1 9:9:9 1h
    mod_ifsession.c mod_digest.c ::1 192.0.2.1 "" "a" , # \\ \udcff <Global> </Global> <Class </Class> > <IfUser </IfUser>
    <VirtualHost </VirtualHost> <IfModule </IfModule> <IfDefine </IfDefine> !"""


@hypothesis.given(
    st.lists(st.lists(st.one_of(st.sampled_from(WORDS.split()), st.text(max_size=4)), max_size=4).map(" ".join), max_size=12).map(
        "\n".join
    )
)
def test_any_text_has_findings_and_never_a_traceback(text: str) -> None:
    for each in findings.findings(text):
        assert each.severity in (ERROR, WARNING)
        assert 1 <= each.line <= text.count("\n") + 1
