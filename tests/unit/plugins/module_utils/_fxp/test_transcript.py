# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.transcript import MASK, Masker, Transcript


@pytest.mark.parametrize(
    ("secrets", "text", "masked"),
    [
        (["secret"], "my secret, secrets", f"my {MASK}, {MASK}s"),
        (["sec", "secret"], "secret sec", f"{MASK} {MASK}"),
        (["", "x"], "abc", "abc"),
        (["bell\x07"], "550 bell\\x07 rings", f"550 {MASK} rings"),
        ([], "anything", "anything"),
    ],
)
def test_masker(secrets: list[str], text: str, masked: str) -> None:
    assert Masker(secrets).text(text) == masked


def test_masker_goes_into_everything_but_keys() -> None:
    value = {"secret": ["secret", {"a": ("secret", 1, None, 2.5, True)}]}
    assert Masker(["secret"]).value(value) == {"secret": [MASK, {"a": [MASK, 1, None, 2.5, True]}]}


@pytest.mark.parametrize("line", ["PASS secret", "pass another word", "PASS "])
def test_argument_of_pass_is_never_kept(line: str) -> None:
    transcript = Transcript(Masker([]))
    transcript.add("source", "sent", line)
    assert transcript.entries()[0]["line"] == f"PASS {MASK}"


def test_entries() -> None:
    transcript = Transcript(Masker(["secret"]))
    transcript.add("source", "sent", "NOOP")
    transcript.leg = 1
    transcript.add("destination", "received", "200 secret")
    entries = transcript.entries()
    assert [(entry["server"], entry["direction"], entry["line"], entry["leg"]) for entry in entries] == [
        ("source", "sent", "NOOP", None),
        ("destination", "received", f"200 {MASK}", 1),
    ]
    assert 0 <= entries[0]["seconds"] <= entries[1]["seconds"] < 60
