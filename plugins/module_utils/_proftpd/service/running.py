# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
Whether the daemon runs, and whether it has read the configuration as it is now.

It reads its files when it starts and on SIGHUP. Both are known to systemd if it was asked to, and SIGHUP is in the daemon's own
log as well (SystemLog). A SIGHUP that somebody sent by hand to a daemon without that log cannot be known.
"""

from __future__ import annotations

import calendar
import dataclasses
import os
import re
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import processes

# systemd tells whole seconds.
_TOLERANCE = 1.0
_LOG_TAIL = 262_144  # bytes


@dataclasses.dataclass(frozen=True)
class Running:
    """
    What is known of the daemon. Times are seconds since 1970, None where they are not known.

    ``newer`` are the files that were changed after ``loaded``; ``current`` is None where nothing can be said.
    """

    active: bool
    pid: int | None
    started: float | None
    loaded: float | None
    loaded_known_by: str | None
    changed: float | None
    newer: tuple[str, ...]
    current: bool | None


def reload_of(exec_reload: str) -> float | None:
    """Return when systemd last reloaded the unit, by its property ExecReload as it is told with TZ=UTC."""
    match = re.search(r"start_time=\[(?:[A-Z][a-z]{2} )?(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) UTC\]", exec_reload)
    return float(calendar.timegm(time.strptime(match.group(1), "%Y-%m-%d %H:%M:%S"))) if match else None


def hangup_in(log: str, pid: int) -> float | None:
    """Return when the daemon says in its SystemLog that it read its configuration again; the host's own time zone."""
    wanted = rf"^(\d{{4}}-\d{{2}}-\d{{2}} \d{{2}}:\d{{2}}:\d{{2}})(?:,(\d{{3}}))? .*\[{pid}\].*received SIGHUP"
    told = list(re.finditer(wanted, log, re.MULTILINE))
    if not told:
        return None
    last = told[-1]
    return time.mktime(time.strptime(last.group(1), "%Y-%m-%d %H:%M:%S")) + int(last.group(2) or 0) / 1000


def tail(path: str) -> str:
    """Return the end of a log, empty if it cannot be read."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_TAIL))
            return file.read(_LOG_TAIL).decode("utf-8", "replace")
    except OSError:
        return ""


def _changes(files: t.Iterable[str]) -> dict[str, float]:
    """When each of the files was changed, as far as that can be seen."""
    times = {}
    for path in files:
        try:
            times[path] = os.stat(path).st_mtime
        except OSError:
            continue
    return times


def running(pid: int | None, files: t.Iterable[str], exec_reload: str, log: str, restarts: t.Iterable[str] = ()) -> Running:
    """
    Return what is known of the process ``pid`` that reads ``files``. ``log`` is the end of its SystemLog.

    ``restarts``: files that count only when it starts, such as those with its environment.
    """
    times = _changes(files)
    changed = max(times.values(), default=None)
    started = processes.began(pid) if pid else None
    if pid is None or started is None:
        return Running(False, None, None, None, None, changed, (), None)
    known = [(started, "start"), (reload_of(exec_reload), "systemd"), (hangup_in(log, pid), "log")]
    loaded, by = max((when, how) for when, how in known if when is not None)
    newer = tuple(path for path, when in times.items() if when > loaded + _TOLERANCE)
    newer += tuple(path for path, when in _changes(restarts).items() if when > started + _TOLERANCE)
    return Running(True, pid, started, loaded, by, changed, newer, not newer)
