# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import MASK, Masker, Transcript


@pytest.mark.parametrize(
    ("secrets", "text", "masked"),
    [
        (["secret"], "my secret, secrets", f"my {MASK}, secrets"),
        (["long secret"], "my long secrets", f"my {MASK}s"),
        (["sec", "secret"], "secret sec", f"{MASK} {MASK}"),
        (["long sec", "long secret"], "long secret", MASK),
        (["226"], "226 226 2260\n226-226\n 226", f"226 {MASK} 2260\n226-{MASK}\n {MASK}"),
        (["226 done, well"], "226 done, well", f"226 {MASK}"),
        (["ok"], "200 ok, okay", f"200 {MASK}, okay"),
        ([" blanks "], "331 need blanks", f"331 need {MASK}"),
        (["back\\slash's"], repr("550 no back\\slash's \""), f"'550 no {MASK} \"'"),
        (["p\u00e4ssw\u00f6rter"], "530 p\\xe4ssw\\xf6rter", f"530 {MASK}"),
        (["a secret word"], "530 a%20secret%20word YSBzZWNyZXQgd29yZA==", f"530 {MASK} {MASK}"),
        (["", "x"], "abc", "abc"),
        (["bell\x07"], "550 bell\\x07 rings", f"550 {MASK} rings"),
        ([], "anything", "anything"),
    ],
)
def test_masker(secrets: list[str], text: str, masked: str) -> None:
    assert Masker(secrets).text(text) == masked


def test_missing_text_stays_missing() -> None:
    assert Masker(["secret"]).optional(None) is None
    assert Masker(["secret"]).optional("a secret") == f"a {MASK}"


def test_what_is_sent_is_no_secret_but_the_password() -> None:
    transcript = Transcript(Masker(["PASV"]))
    for line in ("USER PASV", "PASS PASV", "PASV"):
        transcript.add("source", "sent", line)
    assert [entry["line"] for entry in transcript.entries()] == ["USER PASV", f"PASS {MASK}", "PASV"]


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
