# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import time

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._mesh import progress as mesh_progress
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.mesh import Progress

HALF = Progress(legs=100, done=50, failed=0, to_repeat=0, repeated=0, seconds=10)


def test_the_file_is_its_owners_and_goes_with_the_mesh(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "progress"
    progress = mesh_progress.ProgressFile(str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    assert mesh_progress.read(path.read_text()) is None
    progress.tell(HALF)
    assert mesh_progress.read(path.read_text()) == HALF
    progress.tell(dataclasses.replace(HALF, done=51))
    assert mesh_progress.read(path.read_text()) == HALF, "written too often"
    progress.remove()
    assert not path.exists()
    progress.tell(HALF)
    progress.remove()


def test_a_shorter_entry_leaves_nothing_of_the_longer_one(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "progress"
    progress = mesh_progress.ProgressFile(str(path))
    progress.tell(dataclasses.replace(HALF, seconds=10.123456789))
    progress._next = 0
    progress.tell(HALF)
    assert mesh_progress.read(path.read_text()) == HALF


def test_nobody_elses_file_is_touched(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mine"
    path.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    for taken in (path, link):
        progress = mesh_progress.ProgressFile(str(taken))
        progress.tell(HALF)
        progress.remove()
    assert path.read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_who_looks_gives_a_sign_of_life(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the file may be any."""
    path = tmp_path / "progress"
    now = time.monotonic()
    progress = mesh_progress.ProgressFile(str(path))
    for look, seconds in enumerate((14, 28, 42)):
        monkeypatch.setattr(time, "monotonic", lambda seconds=seconds: now + seconds)
        os.utime(path, (look, path.stat().st_mtime))
        assert progress.lost() is None
    monkeypatch.setattr(time, "monotonic", lambda: now + 58)
    progress.tell(HALF)
    assert progress.lost() == "because whoever began it has given no sign of life for 15 s"
    progress.remove()


def test_who_takes_the_file_away_ends_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "progress"
    progress = mesh_progress.ProgressFile(str(path))
    assert progress.lost() is None
    path.unlink()
    assert progress.lost() == "because whoever began it was interrupted"
    progress.remove()
    assert progress.lost() is None


def test_no_path_no_file() -> None:
    progress = mesh_progress.ProgressFile("")
    progress.tell(HALF)
    progress.remove()


def test_what_is_no_entry() -> None:
    for text in ("", "{", "[]", "7", json.dumps({"legs": 1})):
        assert mesh_progress.read(text) is None


def test_words() -> None:
    assert mesh_progress.words(HALF) == "50 of 100 transfers tried, 5.0 per second, about 10 s left"
    assert mesh_progress.words(dataclasses.replace(HALF, done=0, seconds=0)) == "0 of 100 transfers tried"
    slow = dataclasses.replace(HALF, failed=2, seconds=500)
    assert mesh_progress.words(slow) == "50 of 100 transfers tried, 2 fell short, 0.1 per second, about 8 min left"
    last = dataclasses.replace(HALF, done=100, failed=2, to_repeat=3, repeated=1)
    assert mesh_progress.words(last) == "100 transfers, 2 fell short; 1 of 3 tried alone"
