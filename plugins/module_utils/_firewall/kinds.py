# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""For what do rules stand on a host? Paths and names follow from it, so that rules for something else are one row more."""

from __future__ import annotations

import typing as t


class Kind(t.NamedTuple):
    """The names of everything that belongs to the rules of one kind."""

    name: str
    stem: str  # of the files
    unit: str  # that loads the rules at boot
    drop_in: str  # for services that flush rules
    timer: str  # that takes a change back
    title: str  # of the unit, for people
    owner: str  # whose rules they are, for people
    guarded: str  # the service that does not start without the rules; empty if there is none

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the program that the units run is told, beside what it is to do."""
        return () if self.name == "server" else (self.name,)


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "server",
            "firewall",
            "proftpd-fxp-firewall.service",
            "proftpd-fxp.conf",
            "proftpd-fxp-return",
            "Firewall rules of the FXP server",
            "the FXP server",
            "proftpd.service",
        ),
        Kind(
            "gateway",
            "gateway",
            "proftpd-fxp-gateway.service",
            "proftpd-fxp-gateway.conf",
            "proftpd-fxp-gateway-return",
            "What is forwarded to FXP servers",
            "the gateway",
            "",
        ),
    )
}

__all__ = ("KINDS", "Kind")
