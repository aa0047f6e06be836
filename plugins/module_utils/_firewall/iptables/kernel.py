# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Lines of ours in the rules of iptables that the kernel holds: looked at, put where they belong, taken out."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.lines import Lines, Place
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.places import Text, find
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.program import LEGACY, Table, Xtables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import DEFAULT, Mark
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import Defines
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import Ruleset

_ATTEMPTS = 5  # another program may change rules between a look and a change


class Kernel:
    """Both variants and both families, as far as they have rules."""

    def __init__(self, xtables: Xtables, ruleset: t.Callable[[], Ruleset]) -> None:
        self.xtables, self.ruleset = xtables, ruleset

    def texts(self) -> dict[Table, Text]:
        """What there is, by the table that it is in."""
        return {
            table: Text(table.family, table.variant if table.variant == LEGACY else "", self.xtables.saved(table))
            for table in self.xtables.tables(self.ruleset())
        }

    def lines(self, texts: t.Mapping[Table, Text], defines: Defines | None, mark: Mark | None) -> dict[Table, Lines]:
        """What each of them has of ours and is to have: nothing without ``defines``."""
        places: t.Mapping[tuple[int, str], t.Sequence[Place]] = {}
        if defines is not None:
            places = find(list(texts.values()), defines).places
        return {table: Lines(text.saved, places.get(text.key, ()), mark or DEFAULT) for table, text in texts.items()}

    def check(self, defines: Defines | None, mark: Mark | None) -> None:
        """Have the programs say whether they would take what ``settle`` is about to do."""
        for table, lines in self.lines(self.texts(), defines, mark).items():
            if lines.batch():
                self.xtables.check(table, lines.batch())

    def settle(self, defines: Defines | None, mark: Mark | None) -> None:
        """
        Put lines of ours where they belong, and take away all others; without ``defines`` all.

        Where a line came to stand elsewhere, because somebody changed rules at that moment, it is moved. Raises FirewallError if
        that does not end.
        """
        for _attempt in range(_ATTEMPTS):
            changes = {
                table: lines.batch()
                for table, lines in self.lines(self.texts(), defines, mark).items()
                if not lines.are_in_place()
            }
            if not changes:
                return
            for table, batch in changes.items():
                self.xtables.carry_out(table, batch)
        raise FirewallError("Other programs keep changing the rules of iptables; stop them, or try again.")


__all__ = ("Kernel",)
