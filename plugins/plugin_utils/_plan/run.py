# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whose run this is, for hosts that keep two controllers apart: the same for all plays of one run, no part of what is planned."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import platform


def this_run() -> dict[str, str]:
    """Return ``id`` and ``who``. Actions run in children of the process that is the run."""
    main, began = os.getppid(), ""
    with contextlib.suppress(OSError, IndexError), open(f"/proc/{main}/stat", encoding="utf-8", errors="replace") as file:
        began = file.read().rpartition(")")[2].split()[19]  # in ticks since boot, see proc(5)
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        user = str(os.getuid())
    who = f"{user}@{platform.node()}"
    return {"id": hashlib.sha256(f"{who} {main} {began}".encode()).hexdigest()[:16], "who": who}


__all__ = ("this_run",)
