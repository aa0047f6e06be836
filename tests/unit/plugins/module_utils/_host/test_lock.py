# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import stat

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import lock
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError


def is_free(path: pathlib.Path, make: bool = False) -> bool:
    with contextlib.suppress(HostError), lock.held(str(path), 0, "busy", make=make):
        return True
    return False


def test_a_directory_keeps_others_out_until_it_is_let_go(tmp_path: pathlib.Path) -> None:
    with lock.held(str(tmp_path), 0, "busy"):
        assert not is_free(tmp_path)
        with pytest.raises(HostError, match=r"^Busy; try again\.$"), lock.held(str(tmp_path), 0, "Busy; try again."):
            pass
    assert is_free(tmp_path)


def test_a_file_is_made_for_root_alone(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "run" / "lock"
    with lock.held(str(path), 0, "busy", make=True):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert not is_free(path, make=True)
    with pytest.raises(FileNotFoundError):
        is_free(tmp_path / "nowhere")


def test_a_file_that_was_taken_away_while_one_waited_is_no_lock(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock"
    wait, waited = lock._wait_for, []

    def wait_and_replace(handle: int, deadline: float, busy: str) -> None:
        wait(handle, deadline, busy)
        if not waited:
            path.unlink()
        waited.append(handle)

    monkeypatch.setattr(lock, "_wait_for", wait_and_replace)
    with lock.held(str(path), 1, "busy", make=True):
        assert len(waited) == 2
        monkeypatch.undo()
        assert not is_free(path, make=True)


def test_a_process_that_is_killed_lets_go(tmp_path: pathlib.Path) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with lock.held(str(tmp_path), 0, "busy"):
            os.write(writing, b"x")
            signal.pause()
    os.read(reading, 1)
    assert not is_free(tmp_path)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    assert is_free(tmp_path)


def test_beside_a_file_is_a_sentence_about_it(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TIMEOUT", 0)
    said = (
        rf"^{tmp_path}/a is left as it was because another run is at work in {tmp_path} and did not end within 0 s; try again\.$"
    )
    with lock.beside(str(tmp_path / "a")), pytest.raises(HostError, match=said), lock.beside(str(tmp_path / "a")):
        pass
