# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

import lab
import pytest


def arguments(monkeypatch: pytest.MonkeyPatch, *words: str) -> dict[str, str]:
    monkeypatch.setattr(sys, "argv", ["lab", "up", *words])
    return dict(lab._arguments().release)


def test_releases_are_said_host_by_host(monkeypatch: pytest.MonkeyPatch) -> None:
    assert arguments(monkeypatch) == {}
    said = ("--servers", "3", "--release", "ftp2=trixie", "--release=ftp3=sid")
    assert arguments(monkeypatch, *said) == {"ftp2": "trixie", "ftp3": "sid"}


@pytest.mark.parametrize("word", ["trixie", "ftp2=", "=trixie", "ftp2=forky", "ftp2=trixie=sid"])
def test_what_is_no_release_is_refused_with_those_that_are(
    word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        arguments(monkeypatch, "--release", word)
    assert f"{word!r} is not a host and one of bullseye, bookworm, trixie, sid" in capsys.readouterr().err
