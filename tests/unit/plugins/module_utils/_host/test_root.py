# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Root and somebody else, as the kernel knows them."""

from __future__ import annotations

import errno
import os
import pathlib

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import root as _root

NOBODY = 65534


def told_as(user: int, path: pathlib.Path) -> str:
    """Return what is told of a file that is root's own, by a process of ``user``."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(user)
        try:
            with open(path, encoding="utf-8"):
                said = "opened"
        except OSError as exc:
            said = _root.told(exc)
        os.write(writer, said.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        return pipe.read()


def test_somebody_else_is_told_to_become_root(tmp_path: pathlib.Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    assert told_as(NOBODY, secret) == f"{secret}: Permission denied. {_root.CURE}"
    assert told_as(0, secret) == "opened"


def test_a_file_that_cannot_be_written_is_told_by_the_name_that_people_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    cure = "Mend that and run this again; what was in force still is."
    for name in ("/etc/a.pem", "/etc/a.pem.fxp-staged"):
        assert _root.told(OSError(errno.EROFS, "Read-only file system", name)) == f"/etc/a.pem: Read-only file system. {cure}"
    assert _root.told(OSError(errno.EIO, "Input/output error")) == f"Input/output error. {cure}"


def test_words_end_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    assert _root.told(ValueError("It is wrong.")) == f"It is wrong. {_root.CURE}"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert _root.told(ValueError("It is wrong.")) == "It is wrong."
