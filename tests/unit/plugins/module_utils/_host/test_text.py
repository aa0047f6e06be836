# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import unicodedata

import hypothesis
import hypothesis.strategies as st
import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("226 Übertragung beendet 完了", "226 Übertragung beendet 完了"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("one\r\ntwo", r"one\r\ntwo"),
        ("exe\u202egpj", r"exe\u202egpj"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("\udcff", r"\udcff"),
        ("\u061c", r"\u061c"),
    ],
)
def test_what_cannot_be_seen_is_written(text: str, shown: str) -> None:
    assert printable(text) == shown


@hypothesis.given(st.text())
def test_nothing_steers_or_turns_a_line(text: str) -> None:
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in shown)
    assert not any(
        unicodedata.bidirectional(character) in ("RLO", "LRO", "RLE", "LRE", "RLI", "LRI", "PDI") for character in shown
    )
    shown.encode("utf-8")
