# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import pathlib
import stat
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import directories as _directories
from ansible_collections.proftpd.fxp.plugins.module_utils._host.directories import make
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError

ALICE = 1000


def mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(name="etc")
def some_place_that_matters(tmp_path: pathlib.Path) -> pathlib.Path:
    place = tmp_path / "etc"
    place.mkdir(mode=0o755)
    return place


@pytest.fixture(name="alice")
def directory_of_a_user(tmp_path: pathlib.Path) -> pathlib.Path:
    place = tmp_path / "alice"
    place.mkdir()
    os.chown(place, ALICE, ALICE)
    return place


def test_made_for_their_owner_and_left_alone_later(tmp_path: pathlib.Path) -> None:
    home = tmp_path / "srv" / "fxp" / "mirror"
    names = [str(home.parent.parent), str(home.parent), str(home)]
    assert make(str(home), 0o750, 1234, 1235, check_mode=True) == names
    assert not home.parent.parent.exists()
    assert make(str(home), 0o750, 1234, 1235) == names
    assert (home.stat().st_uid, home.stat().st_gid, mode(home)) == (1234, 1235, 0o750)
    assert (home.parent.stat().st_uid, mode(home.parent)) == (0, 0o755)
    assert make(str(home), 0o700, 1, 1) == []
    assert (home.stat().st_uid, mode(home)) == (1234, 0o750)


def test_a_link_of_a_user_is_not_followed(alice: pathlib.Path, etc: pathlib.Path) -> None:
    (alice / "x").symlink_to(etc)
    os.chown(alice / "x", ALICE, ALICE, follow_symlinks=False)
    for check_mode in (True, False):
        with pytest.raises(HostError, match=f"alice belongs to uid {ALICE}"):
            make(str(alice / "x" / "ftp"), 0o750, ALICE, ALICE, check_mode=check_mode)
    assert not list(etc.iterdir())


def test_a_link_of_a_user_in_a_shared_directory_is_not_followed(tmp_path: pathlib.Path, etc: pathlib.Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "x").symlink_to(etc)
    os.chown(shared / "x", ALICE, ALICE, follow_symlinks=False)
    with pytest.raises(HostError, match=f"x is a link of uid {ALICE}"):
        make(str(shared / "x" / "ftp"), 0o750, ALICE, ALICE)
    assert not list(etc.iterdir())
    assert make(str(shared / "y"), 0o750, ALICE, ALICE) == [str(shared / "y")]


@pytest.mark.parametrize("bits", [0o777, 0o775])
def test_a_directory_that_others_may_write_to(tmp_path: pathlib.Path, bits: int) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(bits)
    with pytest.raises(HostError, match="others than root may write"):
        make(str(shared / "ftp"), 0o750, ALICE, ALICE)


def test_a_link_of_root_is_followed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "data").mkdir()
    for name, target in (("absolute", str(tmp_path / "data")), ("relative", "data"), ("dots", "data/../data")):
        (tmp_path / name).symlink_to(target)
        assert make(str(tmp_path / name / f"of_{name}"), 0o750, ALICE, ALICE) == [str(tmp_path / "data" / f"of_{name}")]
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(HostError, match="without end"):
        make(str(tmp_path / "round" / "x"), 0o750, ALICE, ALICE)


def test_a_file_on_the_way(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in ("file", "file/x"):
        with pytest.raises(HostError, match="file is no directory"):
            make(str(tmp_path / path), 0o750, ALICE, ALICE)


@pytest.mark.parametrize("moment", ["mkdir", "open", "fchown", "fchmod"])
def test_a_name_that_is_exchanged_between_two_steps_leads_nowhere(
    tmp_path: pathlib.Path, etc: pathlib.Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whatever an attacker could put in the place of the name that is being made, what stands elsewhere keeps owner and mode."""
    parent = tmp_path / "parent"
    parent.mkdir()
    real = getattr(os, moment)

    def then_exchanged(*arguments: t.Any, **options: t.Any) -> t.Any:
        answer = real(*arguments, **options)
        staged = parent / "ftp.fxp-staged"
        if staged.is_dir() and not staged.is_symlink():
            staged.rmdir()
            staged.symlink_to(etc)
        return answer

    monkeypatch.setattr(_directories.os, moment, then_exchanged)
    with contextlib.suppress(OSError):
        make(str(parent / "ftp"), 0o777, ALICE, ALICE)
    assert (etc.stat().st_uid, mode(etc)) == (0, 0o755)
