# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""
What an interrupted check leaves behind: deleted at once if that can be done in time, else by name for the next check.

The names are kept by the user who checks, beside nothing that is secret. A next check of the same server, by the same account in
the same directory, deletes the files and tells it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import threading
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.resolve import resolve
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session, cut_all, wait_for
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files, lock
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.interrupts import Reader, errand
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.payload import is_ours

_Name = t.TypeVar("_Name", bound=str)  # what results call a server
SECONDS = 3.5  # that deleting has after an interrupt, of the 5 that all of it has


class Left(t.NamedTuple):
    """A file that may be left: whose, where, and its name."""

    host: str
    port: int
    user: str
    directory: str
    file: str

    def belongs_to(self, spec: ServerSpec) -> bool:
        """Whether it is on this server, for this account."""
        return self[:4] == (spec.host, spec.port, spec.user, spec.directory)


class Cleared(t.NamedTuple):
    """What became of the files of earlier checks: what people must read, and those that remain (server, directory, file)."""

    warnings: list[str]
    files_left: list[dict[str, str]]


def ending_well(lost: t.Callable[[], str | None] | None = None) -> t.ContextManager[None]:
    """
    Inside, an interrupt closes all sessions and deletes their files within 5 seconds, and keeps the names of what stayed.

    ``lost`` says why nobody waits any more (``errand``), by default that nobody reads the result of this module.
    """
    return errand(_end, SECONDS + 0.5, lost or Reader().lost)


def ending_well_within_ansible() -> t.ContextManager[None]:
    """The same in a process of Ansible's own, which prints no result."""

    def end(_why: str) -> None:
        _keep(_leave_all())

    return errand(end, SECONDS + 0.5)


def _end(why: str) -> None:
    left = _leave_all()
    told = f"The check was ended {why}; its connections are closed and its files deleted."
    if left:
        names = ", ".join(f"{one.file} in {one.directory} of {one.host}:{one.port}" for one in left)
        kept = "the next check of these servers deletes them" if _keep(left) else "delete them"
        told = f"The check was ended {why}; its connections are closed, and these files may be left: {names}; {kept}."
    # Somebody may read it all the same: a job's result is kept.
    with contextlib.suppress(OSError):
        os.write(1, json.dumps({"failed": True, "msg": told}).encode() + b"\n")


def _leave_all() -> list[Left]:
    until = time.monotonic() + SECONDS
    heirs = cut_all()
    threads = [threading.Thread(target=heir.inherit, args=(until,), daemon=True) for heir in heirs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))
    return [Left(*_whose(heir.spec), name) for heir in heirs for name in heir.noted()]


def _whose(spec: ServerSpec) -> tuple[str, int, str, str]:
    return spec.host, spec.port, spec.user, spec.directory


def _directory() -> str:
    # XDG Base Directory Specification, for data that is to persist and is of no use elsewhere.
    return os.path.join(os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state"), "proftpd-fxp")


def _keep(left: t.Sequence[Left]) -> bool:
    """Keep names in a file of this process's own; whether that could be done."""
    if not left:
        return True
    path = os.path.join(_directory(), f"{secrets.token_hex(8)}.json")
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        files.write(path, json.dumps(left) + "\n", 0o600)
    except OSError:
        return False
    return True


def clear_earlier(servers: t.Mapping[_Name, ServerSpec], family: str, timeout: float) -> Cleared:
    """
    Delete what interrupted checks left on these servers, given by the names that results have for them.

    Nothing is asked where nothing was kept. Whatever cannot be done is told; nothing is raised.
    """
    cleared = Cleared([], [])
    directory = _directory()
    # Another check that is at it needs no help.
    with contextlib.suppress(OSError, HostError), lock.held(directory, 0, ""):
        status = os.stat(directory)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o022:
            return cleared
        for name in sorted(each for each in os.listdir(directory) if each.endswith(".json")):
            path = os.path.join(directory, name)
            kept = _kept(path)
            remaining = _delete(kept, servers, family, timeout, cleared)
            if not remaining:
                files.remove(path)
            elif remaining != kept:
                files.write(path, json.dumps(remaining) + "\n", 0o600)
    return cleared


def _kept(path: str) -> list[Left]:
    """The names in a file; nothing but what a check could have made is ever deleted."""
    try:
        rows = [Left(*row) for row in json.loads(files.read_text(path) or "[]")]
    except (ValueError, TypeError):
        return []
    return [row for row in rows if isinstance(row.file, str) and is_ours(row.file)]


def _delete(
    kept: t.Sequence[Left], servers: t.Mapping[_Name, ServerSpec], family: str, timeout: float, cleared: Cleared
) -> list[Left]:
    """Delete what is on these servers, all of them at once; what remains, of other servers too."""
    remaining = [one for one in kept if not any(one.belongs_to(spec) for spec in servers.values())]

    def delete(name: str, spec: ServerSpec, mine: t.Sequence[Left]) -> None:
        session = Session(spec, timeout, lambda direction, line: None)
        left = {one.file for one in mine}
        with contextlib.suppress(Fault):
            session.endpoint = resolve(spec, timeout, family)
            left = set(session.remove_earlier(sorted(left)))
            session.close()
        for one in mine:
            if one.file in left:
                remaining.append(one)
                cleared.files_left.append({"server": name, "directory": spec.directory, "file": one.file})
                cleared.warnings.append(session.complaint(one.file))
            else:
                told = f"the file {one.file} in {spec.directory}, which an interrupted check had left there, is gone now."
                cleared.warnings.append(f"{spec.label}: {told}")

    threads = []
    for name, spec in servers.items():
        mine = [one for one in kept if one.belongs_to(spec)]
        if mine:
            threads.append(threading.Thread(target=delete, args=(name, spec, mine)))
            threads[-1].start()
    wait_for(threads)
    return remaining


__all__ = ("Cleared", "Left", "clear_earlier", "ending_well", "ending_well_within_ansible")
