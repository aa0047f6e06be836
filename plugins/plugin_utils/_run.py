# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whose run this is, for hosts that keep two runs apart: the same for all plays of one run. And whether another one is over."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import platform

BOOT = "/proc/sys/kernel/random/boot_id"
PROCESSES = "/proc/self/ns/pid"  # by whose numbers processes go here


def this_run() -> dict[str, str]:
    """Return C(id) and C(who). Actions run in children of the process that is the run."""
    main = os.getppid()
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        user = str(os.getuid())
    return {"id": f"{_here()}-{main}-{_began(main)}", "who": f"{user}@{platform.node()}, process {main}"}


def is_over(run: str) -> bool:
    """Tell whether the run of that C(id) is known to have ended. Of those that began elsewhere nothing is known."""
    here, _separator, process = run.partition("-")
    main, _separator, began = process.partition("-")
    if here != _here() or not main.isdecimal():
        return False
    try:
        os.kill(int(main), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # somebody else's
        pass
    return _began(int(main)) not in ("", began)


def _here() -> str:
    """A word for the machine since it was started, and who counts processes there. Some know no more than their name."""
    boot = processes = ""
    with contextlib.suppress(OSError):
        processes = os.readlink(PROCESSES)
        with open(BOOT, encoding="ascii") as file:
            boot = file.read().strip()
    return hashlib.sha256(f"{platform.node()} {boot} {processes}".encode()).hexdigest()[:16]


def _began(process: int) -> str:
    """When a process began, in ticks since the machine was started (proc(5)); empty where that is not told."""
    with contextlib.suppress(OSError, IndexError), open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
        state, *more = file.read().rpartition(")")[2].split()
        return "ended" if state == "Z" else more[18]
    return ""


__all__ = ("is_over", "this_run")
