# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Transactions for ``nft -f -``. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import read_defines
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.judgement import Placement, judge
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import Ruleset


def batch(text: str, ruleset: Ruleset, opened_by: str = "") -> str:
    """
    One transaction for ``nft -f -``: the rules file, and our rules in other tables put where they belong now.

    ``opened_by``: a manager whose tables are opened by itself.
    """
    return put(text, ruleset, judge(ruleset, read_defines(text), opened_by).places)


def put(text: str, ruleset: Ruleset, places: t.Iterable[Placement]) -> str:
    """The same where it is known already which places those are."""
    lines = [text.rstrip("\n"), *_removals(ruleset)]
    for place in places:
        chain = "{} {} {}".format(*place.chain)
        for rule in place.rules:
            if place.before is None:
                lines.append(f"add rule {chain} {rule}")
            else:
                lines.append(f"insert rule {chain} handle {place.before} {rule}")
    return "\n".join(lines) + "\n"


def removal_batch(ruleset: Ruleset) -> str:
    """One transaction that takes everything of ours out of the kernel."""
    own = [f"table inet {ruleset.marks.table}", f"delete table inet {ruleset.marks.table}"]
    return "\n".join(own + _removals(ruleset)) + "\n"


def _removals(ruleset: Ruleset) -> list[str]:
    return [
        "delete rule {} {} {} handle {}".format(key[0], key[1], key[2], rule["handle"])
        for key in ruleset.chains
        for rule in ruleset.ours(key)
    ]
