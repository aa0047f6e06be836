# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""All rules in force, those of both variants of iptables as their own programs tell them, to see who gets in (``exposure``)."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.exposure import ports_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.files import PATHS, RulesFiles
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.program import Xtables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.translate import FAMILIES
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.translate import items as items_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import COMMENT, TABLE, Json, Ruleset


def everything(items: t.Sequence[Json], xtables: Xtables) -> Ruleset:
    """
    What nft lists, ``items``, with the tables of iptables as that tells them, and with those that nft does not list.

    Lines of ours there accept what the guard marks, which is what it lets through at its ports: that is told of them. Raises
    FirewallError where a program of iptables does not answer.
    """
    listed = Ruleset(items, whole=True)
    found = [item for item in items if not _is_managed(listed, item)]
    own = ("inet", TABLE)
    opened = sorted(ports_of(listed, own)) if own in listed.tables else []
    for table in xtables.tables(listed):
        found += items_of(table.family, xtables.saved(table), opened, f" ({table.variant})")
    return Ruleset(found, whole=True)


def unkept(view: Ruleset, files: RulesFiles) -> list[str]:
    """The files that would keep lines of ours which stand in the kernel, and are not there."""
    kept = {text.family for text in files.texts()}
    ours = [rule for rules in view.rules.values() for rule in rules if "said" in rule and rule.get("comment") == COMMENT]
    standing = {rule["family"] for rule in ours}
    return [PATHS[family] for family, name in FAMILIES.items() if name in standing and family not in kept]


def _is_managed(listed: Ruleset, item: Json) -> bool:
    """Whether something is in a table of iptables, or ufw, which writes rules of iptables."""
    for kind, body in item.items():
        table = body.get("name" if kind == "table" else "table")
        chains = [key for key in listed.chains if key[:2] == (body.get("family"), table)]
        if chains and listed.manager(chains[0]) in ("iptables", "ufw"):
            return True
    return False


__all__ = ("everything", "unkept")
