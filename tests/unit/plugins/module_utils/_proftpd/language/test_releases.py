# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.releases import (
    ANYBODY,
    CLASS,
    REFUSED,
    UNKNOWN,
    Meaning,
)

# In the order in which they were published.
PUBLISHED = [
    "1.3.5rc4", "1.3.5", "1.3.5a", "1.3.5e", "1.3.6rc1", "1.3.6", "1.3.6a", "1.3.6e", "1.3.7rc1", "1.3.7", "1.3.7a", "1.3.7c",
    "1.3.7d", "1.3.7f", "1.3.8rc1", "1.3.8rc2", "1.3.8rc3", "1.3.8", "1.3.8a", "1.3.8d", "1.3.9rc1", "1.3.9rc2", "1.3.9",
    "1.3.9c", "1.3.9d", "1.3.10rc1", "1.3.10rc3", "1.3.10rc4", "1.3.10rc10", "1.3.10",
]  # fmt: skip


def release(text: str) -> releases.Release:
    found = releases.parse(text)
    assert found is not None
    return found


def test_releases_follow_one_another_as_they_were_published() -> None:
    known = [release(text) for text in PUBLISHED]
    assert known == sorted(known)
    assert len(set(known)) == len(known)
    assert [releases.written(each) for each in known] == PUBLISHED


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ProFTPD Version 1.3.8\n", "1.3.8"),
        ("ProFTPD Version 1.3.8c (maint)", "1.3.8c"),
        ("  Version: 1.3.9rc2 (devel)", "1.3.9rc2"),
        ("1.3.8.c+dfsg-4+deb13u1", "1.3.8c"),
        ("1.3.8+dfsg-4+deb12u5", "1.3.8"),
        ("1.3.8beta", "1.3.8"),
        ("1.3", None),
        ("", None),
    ],
)
def test_what_programs_and_packages_write(text: str, wanted: str | None) -> None:
    found = releases.parse(text)
    assert (None if found is None else releases.written(found)) == wanted


@hypothesis.given(
    st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)),
    st.sampled_from(["rc1", "rc2", "rc10", "", "a", "b", "z"]),
)
def test_a_release_comes_back_as_it_was_written(numbers: tuple[int, int, int], last: str) -> None:
    text = ".".join(map(str, numbers)) + last
    assert releases.written(release(text)) == text


@hypothesis.given(st.lists(st.sampled_from(["rc1", "rc2", "rc10", "", "a", "b", "z"]), min_size=2, max_size=2, unique=True))
def test_candidates_come_before_and_letters_after(pair: list[str]) -> None:
    order = ["rc1", "rc2", "rc10", "", "a", "b", "z"]
    first, second = sorted(pair, key=order.index)
    assert release("1.3.8" + first) < release("1.3.8" + second) < release("1.3.9rc1") < release("1.3.10")


@hypothesis.given(st.text(max_size=60))
def test_any_text_is_a_release_or_none(text: str) -> None:
    found = releases.parse(text)
    assert found is None or releases.parse(releases.written(found)) == found


# Columns: not said, off, a class, a class that is not defined; what it means on the passive port.
MATRIX = {
    "1.3.5a": (REFUSED, REFUSED, REFUSED, REFUSED),
    "1.3.6e": (REFUSED, REFUSED, REFUSED, REFUSED),
    "1.3.7": (REFUSED, REFUSED, ANYBODY, ANYBODY),
    "1.3.7c": (REFUSED, REFUSED, ANYBODY, ANYBODY),
    "1.3.7d": (ANYBODY, REFUSED, CLASS, ANYBODY),
    "1.3.7f": (ANYBODY, REFUSED, CLASS, ANYBODY),
    "1.3.8": (ANYBODY, REFUSED, CLASS, ANYBODY),
    "1.3.8d": (ANYBODY, REFUSED, CLASS, ANYBODY),
    "1.3.9": (ANYBODY, REFUSED, CLASS, ANYBODY),
    "1.3.9c": (ANYBODY, REFUSED, CLASS, ANYBODY),
    "1.3.9d": (REFUSED, REFUSED, CLASS, REFUSED),
    "1.3.10rc1": (ANYBODY, REFUSED, CLASS, ANYBODY),
    "1.3.10rc3": (ANYBODY, REFUSED, CLASS, ANYBODY),
    "1.3.10rc4": (REFUSED, REFUSED, CLASS, REFUSED),
    "1.3.10": (REFUSED, REFUSED, CLASS, REFUSED),
}


@pytest.mark.parametrize("text", MATRIX)
def test_what_each_release_makes_of_the_directive(text: str) -> None:
    known = release(text)
    asked: list[tuple[bool | str | None, bool]] = [(None, False), (False, False), ("peers", True), ("peers", False)]
    assert tuple(releases.meaning(known, value, defined).passive for value, defined in asked) == MATRIX[text]
    assert releases.meaning(known, True, False) == Meaning(ANYBODY, ANYBODY)
    # PORT and EPRT were never open by mistake.
    by_port = [releases.meaning(known, value, defined).port for value, defined in asked]
    assert by_port == [REFUSED, REFUSED, CLASS if known >= release("1.3.7rc1") else REFUSED, REFUSED]


def test_where_the_release_is_not_known_nothing_is_guessed() -> None:
    assert releases.meaning(None, None, False) == Meaning(REFUSED, UNKNOWN)
    assert releases.meaning(None, "peers", True) == Meaning(CLASS, UNKNOWN)
    assert releases.meaning(None, False, False) == Meaning(REFUSED, REFUSED)
