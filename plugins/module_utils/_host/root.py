# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""How modules tell a problem of their host, and what they say where they need root and are not."""

from __future__ import annotations

import os

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import clause

CURE = "Ansible is not root on this host, which this needs; say ansible_become: true in the inventory, or log in as root."


def told(problem: Exception) -> str:
    """Return ``problem`` as a sentence: what is wrong with which file, and the cure, also if root is what is missing."""
    if os.geteuid() != 0:
        return f"{clause(problem)}. {CURE}"
    if isinstance(problem, OSError) and problem.strerror:
        where = f"{files.named(problem.filename)}: " if isinstance(problem.filename, str) else ""
        return f"{where}{problem.strerror}. Mend that and run this again; what was in force still is."
    return str(problem)
