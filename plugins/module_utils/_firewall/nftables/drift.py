# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""How does the kernel differ from the rules that were loaded? Pure."""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import read_defines
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.judgement import Placement, judge
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import ChainKey, Json, Ruleset


def in_force(ruleset: Ruleset) -> dict[str, list[str]]:
    """Fingerprint of what the kernel holds of ours: digest of the own table, digests of the rules in other tables by hook."""
    found: dict[str, set[str]] = {"table": set(), "input": set(), "output": set()}
    if ruleset.own:
        # Whether sets or chains are listed first is a matter of the release; the rules of a chain stay in their order.
        found["table"].add(_digest(sorted(ruleset.own, key=lambda item: next(iter(item)))))
    for key in ruleset.chains:
        for rule in ruleset.ours(key):
            found[_hook_of(rule)].add(_digest(rule.get("expr")))
    return {name: sorted(digests) for name, digests in found.items()}


def _hook_of(rule: Json) -> str:
    """A rule of ours names the far side's address if and only if it is for connections that this host opens."""
    return "output" if '"concat"' in json.dumps(rule.get("expr")) else "input"


def drift(text: str, ruleset: Ruleset, recorded: dict[str, list[str]], opened_by: str = "") -> list[str]:
    """
    Say how the kernel differs from a rules file of the fingerprint that was ``recorded`` at its load; empty if not at all.

    ``opened_by``: a manager whose tables are opened by itself.
    """
    return differences(ruleset, recorded, judge(ruleset, read_defines(text), opened_by).places)


def differences(ruleset: Ruleset, recorded: dict[str, list[str]], places_wanted: t.Iterable[Placement]) -> list[str]:
    """The same where it is known already which places in other tables need rules of ours."""
    found, now = [], in_force(ruleset)
    table, comment = ruleset.marks
    if not now["table"]:
        found.append(f"table inet {table} is not loaded")
    elif now["table"] != recorded.get("table"):
        found.append(f"table inet {table} differs from its file")
    wanted: dict[ChainKey, list[Placement]] = {}
    for place in places_wanted:
        wanted.setdefault(place.chain, []).append(place)
    for key in ruleset.chains:
        chain = "chain {} {} {}".format(*key)
        ours = ruleset.ours(key)
        places = wanted.get(key, [])
        if not places:
            if ours:
                found.append(f"{chain} no longer needs the rule of {comment}")
        elif len(ours) != sum(len(place.rules) for place in places) or not all(
            _digest(rule.get("expr")) in recorded.get(_hook_of(rule), []) for rule in ours
        ):
            found.append(f"{chain} drops by default and lacks the rule of {comment}")
        elif not all(_in_place(ruleset, place) for place in places):
            found.append(f"{chain} has the rule of {comment} elsewhere than directly in front of what drops by default")
    return found


def _in_place(ruleset: Ruleset, place: Placement) -> bool:
    """Directly in front: further back it would open nothing, further in front it would pass what others deny."""
    rules = ruleset.rules[place.chain]
    limit = len(rules) if place.before is None else next(at for at, rule in enumerate(rules) if rule["handle"] == place.before)
    ours = ruleset.ours(place.chain)
    return limit >= len(place.rules) and all(rule in ours for rule in rules[limit - len(place.rules) : limit])


def _digest(value: t.Any) -> str:
    return hashlib.sha256(json.dumps(_settled(value), sort_keys=True).encode()).hexdigest()


def _settled(value: t.Any) -> t.Any:
    """The same JSON whatever release of nft lists it: without handles and what only some tell, and with sets in one order."""
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if not isinstance(value, dict):
        return value
    settled = {key: _settled(item) for key, item in value.items() if key not in ("handle", "auto-merge")}
    for key in ("set", "elem"):
        if isinstance(settled.get(key), list):
            settled[key] = sorted(settled[key], key=lambda item: json.dumps(item, sort_keys=True))
    return settled
