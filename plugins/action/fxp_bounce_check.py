# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of strangers: the module as it is, and no longer than the controller lives."""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.plugin_utils._lifeline import BoundAction


class ActionModule(BoundAction):
    """Run the module."""

    MODULE = "proftpd.fxp.fxp_bounce_check"
