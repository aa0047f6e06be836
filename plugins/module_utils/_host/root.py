# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What modules that need root say where they are not."""

from __future__ import annotations

import os

CURE = "Ansible is not root on this host, which this needs; say ansible_become: true in the inventory, or log in as root."


def is_root() -> bool:
    """Whether this process may do everything."""
    return os.geteuid() == 0


def told(problem: Exception) -> str:
    """Return the words of *problem*, and the cure if root is what is missing."""
    if is_root():
        return str(problem)
    return f"{str(problem).rstrip('.')}. {CURE}"
