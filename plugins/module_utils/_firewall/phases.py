# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The steps of a change, which the controller asks for one after the other: it is applied, confirmed, or asked how it ended."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.transaction import Transaction

APPLY, CONFIRM, SETTLE = "apply", "confirm", "settle"
MINIMUM = 5  # seconds that a new connection may need


def options() -> dict[str, t.Any]:
    """The argument spec of what every module has whose changes take themselves back."""
    return {
        "return_after": {"type": "int", "default": 30},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "_phase": {"type": "str", "default": APPLY, "choices": [APPLY, CONFIRM, SETTLE]},
        "_manager": {"type": "str", "default": ""},
        "_connection": {"type": "str", "default": ""},
    }


def refuse_haste(return_after: int) -> None:
    """Raise FirewallError if nobody could come back in ``return_after`` seconds."""
    if return_after < MINIMUM:
        raise FirewallError(f"return_after is {return_after}, which leaves no time to come back; make it {MINIMUM} or more.")


def settle(change: Transaction, host: Host) -> dict[str, bool]:
    """Take back what is still on trial, and tell how the change ended."""
    settled = change.settle()
    return {"settled": settled, "rules": os.path.exists(host.rules), "confirmed": settled and change.is_confirmed()}


def confirm(change: Transaction, connection: str, former: str) -> None:
    """
    Confirm a change that was applied over the connection ``former``; both are SSH_CONNECTION.

    Raises FirewallError where it is still the same one.
    """
    if connection and connection == former:
        raise FirewallError(
            "The confirmation came through the connection that was open before, which proves nothing; let Ansible manage ssh's "
            "ControlPath for this host, or set ControlPath=none for it."
        )
    change.confirm()


__all__ = ("APPLY", "SETTLE", "confirm", "options", "refuse_haste", "settle")
