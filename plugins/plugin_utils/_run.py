# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whose run this is, for hosts that keep two runs apart: the same for all plays of one run. And whether another one is over."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import processes

AT_WORK = "run_at_work"  # the code of that refusal


def this_run() -> dict[str, str]:
    """Return ``id`` and ``who``. Actions run in children of the process that is the run."""
    main = os.getppid()
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        user = str(os.getuid())
    return {"id": f"{_here()}-{main}-{processes.ticks(main)}", "who": f"{user}@{platform.node()}, process {main}"}


def is_over(run: str) -> bool:
    """Tell whether the run of that ``id`` is known to have ended. Of those that began elsewhere nothing is known."""
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
    return processes.waits_for_parent(int(main)) or str(processes.ticks(int(main))) not in ("None", began)


def forget_what_is_over(look: dict[str, t.Any]) -> None:
    """Take out of what a host answered what refuses for a run of this controller that is over: only the controller can tell."""
    for refusal in look.get("refusals", [])[:]:
        if refusal["code"] == AT_WORK and is_over(refusal["value"]):
            look["refusals"].remove(refusal)
            look["run"]["over"] = refusal["value"]


def _here() -> str:
    """Return a word for the machine since it was started, and who counts processes there. Some know no more than their name."""
    return hashlib.sha256(f"{platform.node()} {processes.boot()} {processes.numbering()}".encode()).hexdigest()[:16]


__all__ = ("forget_what_is_over", "is_over", "this_run")
