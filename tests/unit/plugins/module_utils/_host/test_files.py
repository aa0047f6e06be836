# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
import pathlib
import stat
import subprocess

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files


def mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    _files.write(str(path), "new\r\nlines\n", 0o600)
    assert path.read_bytes() == b"new\r\nlines\n"
    assert mode(path) == 0o600
    assert os.listdir(tmp_path) == ["file"]


def test_the_mode_holds_from_the_first_byte_whatever_the_umask(tmp_path: pathlib.Path) -> None:
    old = os.umask(0)
    try:
        _files.stage(str(tmp_path / "secret"), "x", 0o600)
    finally:
        os.umask(old)
    assert mode(tmp_path / "secret") == 0o600


def test_a_planted_link_is_not_followed(tmp_path: pathlib.Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "file.fxp-staged").symlink_to(victim)
    _files.write(str(tmp_path / "file"), "new", 0o600)
    assert victim.read_text() == "precious"


def test_a_failed_write_leaves_nothing_behind(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(FileNotFoundError):
        _files.write(str(tmp_path / "missing" / "file"), "new", 0o600)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_reading_what_is_not_there_and_what_is_not_text(tmp_path: pathlib.Path) -> None:
    assert _files.read_text(str(tmp_path / "missing")) is None
    raw = b"caf\xe9\r\n\xff\n"
    (tmp_path / "latin").write_bytes(raw)
    text = _files.read_text(str(tmp_path / "latin"))
    assert text is not None
    _files.write(str(tmp_path / "copy"), text, 0o644)
    assert (tmp_path / "copy").read_bytes() == raw


def test_what_cannot_be_written_is_named_whatever_step_fails(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as told:
        _files.write(str(tmp_path / "file"), "new", 0o600)
    assert _files.named(told.value.filename) == str(tmp_path / "file")
    assert os.listdir(tmp_path) == []


def test_what_is_not_there_is_removed_from_a_disk_that_takes_no_changes(tmp_path: pathlib.Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", str(tmp_path)], check=True)
    try:
        _files.remove(str(tmp_path / "missing"))
        with pytest.raises(OSError, match="Read-only file system"):
            os.unlink(tmp_path / "missing")
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
