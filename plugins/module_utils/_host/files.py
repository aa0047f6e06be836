# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Write files whole or not at all, with their mode from the first byte."""

from __future__ import annotations

import contextlib
import os
import stat

_STAGED = ".fxp-staged"
# How the names of directories end that we make beside those of the system.
_OWN = ("/proftpd-fxp", ".service.d")


def read_text(path: str) -> str | None:
    """Return the text of ``path``, or None if there is no such file. Bytes that are not UTF-8 survive a round trip."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


def stage(path: str, text: str, mode: int) -> None:
    """Write ``text`` to the new file ``path`` and to the disk. A left-over is replaced. An OSError names ``path``."""
    remove(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        remove(path)
        # A descriptor that cannot be written to does not know its name.
        raise OSError(exc.errno, exc.strerror, path) from None
    except BaseException:
        remove(path)
        raise


def rename(source: str, destination: str) -> None:
    """Put ``source`` in the place of ``destination`` in one step, and make the step last."""
    os.replace(source, destination)
    directory = os.open(os.path.dirname(destination), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def staged_name(path: str) -> str:
    """Return the name under which the new text of ``path`` lies before it is put in its place."""
    return path + _STAGED


def named(path: str) -> str:
    """Return the name that people know the file ``path`` by, which may be the one under which its new text lies."""
    return path[: -len(_STAGED)] if path.endswith(_STAGED) else path


def write(path: str, text: str, mode: int, *, make: bool = False) -> None:
    """Replace the file ``path`` by ``text`` in one step; ``make`` its directory if there is none."""
    if make:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    staged = staged_name(path)
    stage(staged, text, mode)
    try:
        rename(staged, path)
    except BaseException:
        remove(staged)
        raise


def has_mode(path: str, mode: int) -> bool:
    """Tell whether the file ``path`` is there with exactly this ``mode``."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode) == mode
    except FileNotFoundError:
        return False


def second_name(path: str, name: str) -> None:
    """Give the file ``path`` the further name ``name``: owner, mode and text stay the same, and a full disk is no obstacle."""
    remove(name)
    os.link(path, name, follow_symlinks=False)


def remove(path: str) -> None:
    """Remove the file ``path`` if it is there. Where it is not, a disk that takes no changes is no obstacle."""
    if os.path.lexists(path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def remove_own_directory(path: str) -> None:
    """Remove the directory ``path`` if it is empty and one that only we make; the system's own stay."""
    if path.endswith(_OWN):
        with contextlib.suppress(OSError):
            os.rmdir(path)
