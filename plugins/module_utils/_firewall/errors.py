# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What stops a change of the firewall. The texts are full sentences for people."""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError


class FirewallError(HostError):
    """Something that stops a change."""


class TooLate(FirewallError):
    """The host has returned to the old rules, because no confirmation got through to it."""


__all__ = ("FirewallError", "TooLate")
