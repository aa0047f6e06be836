# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
How far a mesh is, passed on through a small file, because a module cannot print.

Whatever happens to that file, the mesh goes on: progress is a courtesy.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time

from ansible_collections.proftpd.fxp.plugins.module_utils._host.interrupts import SILENT
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.mesh import Progress

PAUSE = 0.5  # seconds between two entries
LOOK = "touch -a -c {path} && cat {path}"  # in a shell; reading alone does not tell on all disks that somebody reads


class ProgressFile:
    """Made by its owner alone, for its owner alone; gone when the mesh has ended. An empty path makes no file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._next = 0.0
        self._file: int | None = None
        self._looked: tuple[int, float] = (0, time.monotonic())  # when somebody looked, by two clocks
        if path:
            with contextlib.suppress(OSError):
                self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY, 0o600)

    def tell(self, progress: Progress) -> None:
        """Replace the entry, unless the last one is fresh."""
        if self._file is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PAUSE
        entry = json.dumps(dataclasses.asdict(progress)).encode()
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, entry, 0)

    @property
    def is_made(self) -> bool:
        """Whether somebody can look at it."""
        return self._file is not None

    def lost(self) -> str | None:
        """Why nobody looks any more, None while somebody does: they touch the file (``LOOK``) or take it away."""
        if self._file is None:
            return None
        status = os.fstat(self._file)
        if not status.st_nlink:
            return "because whoever began it was interrupted"
        if status.st_atime_ns != self._looked[0]:
            self._looked = (status.st_atime_ns, time.monotonic())
        if time.monotonic() - self._looked[1] > SILENT:
            return f"because whoever began it has given no sign of life for {SILENT:g} s"
        return None

    def remove(self) -> None:
        """Take the file away, which tells that the mesh has ended."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._path)
            file, self._file = self._file, None
            os.close(file)


def read(text: str) -> Progress | None:
    """The entry, or none if it is not whole at the moment."""
    try:
        values = json.loads(text)
        return Progress(**{field.name: values[field.name] for field in dataclasses.fields(Progress)})
    except (ValueError, TypeError, KeyError):
        return None


def words(progress: Progress) -> str:
    """The progress as a line for people."""
    short = f", {progress.failed} fell short" if progress.failed else ""
    if progress.done >= progress.legs:
        return f"{progress.legs} transfers{short}; {progress.repeated} of {progress.to_repeat} tried alone"
    per_second = progress.done / progress.seconds if progress.seconds > 0 else 0.0
    tried = f"{progress.done} of {progress.legs} transfers tried{short}"
    if not per_second:
        return tried
    return f"{tried}, {per_second:.1f} per second, about {_span((progress.legs - progress.done) / per_second)} left"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


__all__ = ("LOOK", "PAUSE", "ProgressFile", "read", "words")
