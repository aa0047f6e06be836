# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Make directories as root for others, without being led elsewhere.

Whoever may write to a directory on the way can put a link there, also between two steps of ours. So the way is walked by
descriptors, nothing is changed by its name, and a directory is made only where root alone decides what stands there.
"""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError

MAX_LINKS = 40  # as in Linux, path_resolution(7)
_WAY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def make(path: str, mode: int, uid: int, gid: int, *, check_mode: bool = False) -> list[str]:
    """
    Make the directory ``path`` for ``uid`` and ``gid``, parents as root's with mode 0755; return those that were made.

    An existing directory is left as it is. Raises HostError, whose text says why as the end of a sentence, where somebody beside
    root may write to a directory on the way, and OSError. With ``check_mode`` it only tells what it would make.
    """
    if os.path.isdir(path):
        return []
    rest, where, links = _parts(path), "/", 0
    made: list[str] = []
    handle = os.open("/", _WAY)
    try:
        while rest:
            name = rest.pop(0)
            _require_roots(handle, where)
            entry = _entry(name, handle)
            if entry is not None and stat.S_ISLNK(entry.st_mode):
                links += 1
                target = _target(name, handle, entry, os.path.join(where, name), links)
                rest = _parts(target) + rest
                if os.path.isabs(target):
                    handle, where = _instead(handle, "/", None), "/"
                continue
            where = os.path.normpath(os.path.join(where, name))
            if entry is None:
                if check_mode:
                    return [*made, *_all_of(where, rest)]
                _make_one(name, handle, (mode, uid, gid) if not rest else (0o755, 0, 0))
                made.append(where)
            elif not stat.S_ISDIR(entry.st_mode):
                raise HostError(f"{where} is no directory")
            if rest:
                handle = _instead(handle, name, handle)
    finally:
        os.close(handle)
    return made


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _all_of(where: str, rest: t.Sequence[str]) -> list[str]:
    return [os.path.join(where, *rest[:count]) for count in range(len(rest) + 1)]


def _instead(handle: int, name: str, within: int | None) -> int:
    """Open the directory ``name`` and let go of ``handle``, which stays open if that fails."""
    opened = os.open(name, _WAY, dir_fd=within)
    os.close(handle)
    return opened


def _entry(name: str, handle: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _require_roots(handle: int, where: str) -> None:
    """Refuse a directory in which somebody beside root decides what a name leads to; in a sticky one they decide on their own."""
    status = os.fstat(handle)
    if status.st_uid != 0:
        raise HostError(f"{where} belongs to uid {status.st_uid}, who could lead it elsewhere")
    if status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX:
        raise HostError(f"others than root may write to {where}, and could lead it elsewhere")


def _target(name: str, handle: int, entry: os.stat_result, where: str, links: int) -> str:
    if entry.st_uid != 0:
        raise HostError(f"{where} is a link of uid {entry.st_uid}")
    if links > MAX_LINKS:
        raise HostError(f"{where} is a link that leads to links without end")
    return os.readlink(name, dir_fd=handle)


def _make_one(name: str, handle: int, wanted: tuple[int, int, int]) -> None:
    """Make one directory, under another name until it is whole: one that is there is taken as it is by the next run."""
    mode, uid, gid = wanted
    staged = f"{name}.fxp-staged"
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(staged, dir_fd=handle)
    os.mkdir(staged, 0o700, dir_fd=handle)
    try:
        made = os.open(staged, _WAY, dir_fd=handle)
        try:
            os.fchown(made, uid, gid)
            os.fchmod(made, mode)
        finally:
            os.close(made)
        os.rename(staged, name, src_dir_fd=handle, dst_dir_fd=handle)
    except BaseException:
        os.rmdir(staged, dir_fd=handle)
        raise


__all__ = ("make",)
