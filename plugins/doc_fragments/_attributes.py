# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the attributes of a module mean, said once; every module says how far it supports them."""

from __future__ import annotations


class ModuleDocFragment:
    """The attributes that every module has, and those of some."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
"""

    # For modules that look and change nothing.
    LOOKS = r"""
options: {}
attributes:
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
"""

    # For modules that try servers and change nothing.
    CHECKS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - Nothing is contacted in check mode. All return values are present and null.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: posix
"""

    PLATFORM = r"""
options: {}
attributes:
  platform:
    description: Target OS/families that can be operated against.
    support: full
"""
