# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import time
import unicodedata

import hypothesis
import hypothesis.strategies as st
import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import (
    printable,
    printable_data,
    printable_lines,
    printable_sentence,
)


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
        ("soft\u00adhyphen, tag\U000e0041, no character\U0001ffff", r"soft\xadhyphen, tag\U000e0041, no character\U0001ffff"),
        ("\u26a0\ufe0e 葛\U000e0100", "\u26a0\ufe0e 葛\U000e0100"),
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


# Cf that is seen: signs in front of Arabic, Syriac and Kaithi numbers.
NUMBER_SIGNS = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")


def test_no_character_is_forgotten() -> None:
    """By what this Python knows of Unicode."""
    every = map(chr, range(sys.maxunicode + 1))
    left = {each for each in every if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") and printable(each) == each}
    assert left <= NUMBER_SIGNS


def test_lines_stay_lines_where_they_are_meant() -> None:
    assert printable_lines("a\tb\r\n\x1bc\u202e\n") == "a\tb\\r\n\\x1bc\\u202e\n"
    assert printable_sentence(" nft says:\n\n  no\x1b \r\n^^ \n") == "nft says: no\\x1b ^^"
    assert printable(7) == "7"


def test_data_keep_their_shape() -> None:
    given = {"\x1b": [1, None, True, ("\u202e\n", {"a": 1.5})]}
    assert printable_data(given) == {"\\x1b": [1, None, True, ["\\u202e\n", {"a": 1.5}]]}


@pytest.mark.parametrize("text", [" \t" * 100_000 + "b", "\n" * 200_000, "\x1b" * 200_000])
def test_much_takes_no_long(text: str) -> None:
    began = time.process_time()
    for function in (printable, printable_lines, printable_sentence):
        function(text)
    assert time.process_time() - began < 5
