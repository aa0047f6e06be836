# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.run import find, output, run


def test_both_channels_and_the_status() -> None:
    assert run(["sh", "-c", "echo said; echo wrong >&2; exit 3"], 10) == (3, "said", "wrong")
    assert run(["sh", "-c", "echo wrong >&2; echo said"], 10, merged=True) == (0, "wrong\nsaid", "")


def test_standard_input_is_the_text_or_empty() -> None:
    assert run(["cat"], 10, text="süß").output == "süß"
    assert run(["cat"], 10).output == ""


def test_one_language_whatever_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert run(["sh", "-c", "echo $LC_ALL"], 10).output == "C.UTF-8"
    assert run(["/bin/sh", "-c", "echo $LC_ALL$HOME$X"], 10, environment={"X": "x"}).output == "C.UTF-8x"


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert run(["printf", r"\377x"], 10).output == "\ufffdx"


def test_what_does_not_end_or_cannot_start_is_a_sentence() -> None:
    with pytest.raises(HostError, match=r"^'sleep 30' did not end within 0\.2 s\.$"):
        run(["sleep", "30"], 0.2)
    with pytest.raises(HostError, match=r"^'/nowhere/at/all' could not be run: No such file or directory\.$"):
        run(["/nowhere/at/all"], 1)


def test_programs_of_the_system_are_found_without_a_path(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.delenv("PATH")
    assert find("ip")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find("ip")
    assert find("no-such-program") is None


def test_output_of_nobody_is_empty() -> None:
    assert output("no-such-program", "x") == ""
    assert output("sleep", "30", seconds=0.2) == ""
    assert output("echo", "x") == "x"
