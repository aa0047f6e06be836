# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The rules of an FXP server in the hands of firewalld, by what firewalld itself has: sets of addresses (ipsets) and policies.

The policy ``fxp-strangers`` drops whoever is in none of the sets before any zone is asked; ``fxp-partners`` accepts the others
after the zones, so whatever the operator denies there holds. firewalld keeps both over its reloads, restarts and the host's
reboots by itself, from its own files. Nothing is ever written into its table past it.
"""
