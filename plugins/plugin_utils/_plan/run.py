# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whose run this is, for hosts that keep two controllers apart: the same for all plays of one run, no part of what is planned."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform

from ansible_collections.proftpd.fxp.plugins.module_utils._host import processes


def this_run() -> dict[str, str]:
    """Return ``id`` and ``who``. Actions run in children of the process that is the run."""
    main = os.getppid()
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        user = str(os.getuid())
    who = f"{user}@{platform.node()}"
    return {"id": hashlib.sha256(f"{who} {main} {processes.ticks(main)}".encode()).hexdigest()[:16], "who": who}


__all__ = ("this_run",)
