# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One change at a time: a lock that a process lets go of when it dies, whatever it dies of (flock(2))."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError

TIMEOUT = 60  # seconds to wait for another run
_INTERVAL = 0.1  # seconds


@contextlib.contextmanager
def held(path: str, seconds: float, busy: str, *, make: bool = False) -> t.Iterator[None]:
    """
    Keep others who ask for the lock ``path`` waiting, a directory that is there or a file, which is made with ``make``.

    Waits ``seconds`` at most and then raises HostError with the sentence ``busy``. What was locked must still be what stands
    there: whoever had it may have taken the file away, and a lock on that keeps nobody out. Raises OSError where there is
    nothing.
    """
    deadline = time.monotonic() + seconds
    while True:
        handle = _open(path, make)
        try:
            _wait_for(handle, deadline, busy)
            if _stands_there(handle, path):
                yield
                return
        finally:
            os.close(handle)


def beside(path: str) -> t.ContextManager[None]:
    """Keep other runs out of the directory of the file ``path``, which is to change."""
    directory = os.path.dirname(path)
    who = f"another run is at work in {directory} and did not end within {TIMEOUT:g} s"
    return held(directory, TIMEOUT, f"{path} is left as it was because {who}; try again.")


def _open(path: str, make: bool) -> int:
    if not make:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _wait_for(handle: int, deadline: float, busy: str) -> None:
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise HostError(busy) from None
            time.sleep(_INTERVAL)


def _stands_there(handle: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


__all__ = ("beside", "held")
