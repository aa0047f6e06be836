# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
The rules of ufw as nft would write them, so that who gets in can be told exactly. Pure.

What ufw makes iptables load is extensions to nft, of which it tells no more than the names. What its files say is exact, where
the kernel has as many rules of them, and where the rules that stand in front of the operator's are those of the package.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import Json, Ruleset
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.ufw import rules as _rules
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.ufw.rules import ANYWHERE, Rule

TABLES = {4: ("ip", "filter"), 6: ("ip6", "filter")}
_CHAINS = {4: "ufw-user-input", 6: "ufw6-user-input"}


def is_in_force(ruleset: Ruleset, family: int, text: str) -> bool:
    """Whether the kernel has as many rules as the file says, in a table of ufw."""
    table, chain = TABLES[family], _CHAINS[family]
    said = sum(line.startswith(f"-A {chain} ") for rule in _rules.read(text) for line in rule.lines)
    return (*table, chain) in ruleset.chains and said == len(ruleset.rules[(*table, chain)])


def with_rules(items: t.Iterable[Json], texts: t.Mapping[int, str]) -> list[Json]:
    """What nft lists, with the rules of those files in the place where INPUT leads to the chains of ufw."""
    found: list[Json] = []
    done: set[int] = set()
    for item in items:
        body = item.get("rule", {})
        family = next((each for each in texts if TABLES[each] == (body.get("family"), body.get("table"))), None)
        if family is None or body["chain"] != "INPUT" or not _leads_to_ufw(body):
            found.append(item)
        elif family not in done:
            done.add(family)
            found += [{"rule": rule} for rule in _of(family, texts[family])]
    return found


def _leads_to_ufw(rule: Json) -> bool:
    targets = [each[name].get("target", "") for each in rule.get("expr", []) for name in ("jump", "goto") if each.get(name)]
    return any(target.startswith(("ufw-", "ufw6-")) for target in targets)


def _of(family: int, text: str) -> t.Iterator[Json]:
    for number, rule in enumerate(_rules.read(text), 1):
        if rule.direction == "in" and rule.protocol in ("tcp", "any"):
            expressions = [*_matches(rule, "ip" if family == 4 else "ip6"), {"drop" if _is_shut(rule) else "accept": None}]
            yield {
                "family": TABLES[family][0],
                "table": TABLES[family][1],
                "chain": "INPUT",
                "handle": number,
                "expr": expressions,
            }


def _is_shut(rule: Rule) -> bool:
    return rule.action in ("deny", "reject")


def _matches(rule: Rule, protocol: str) -> t.Iterator[Json]:
    for field, value in (("saddr", rule.source), ("daddr", rule.to)):
        if value not in ANYWHERE:
            address, _slash, length = value.partition("/")
            right: t.Any = {"prefix": {"addr": address, "len": int(length)}} if length else address
            yield _match({"payload": {"protocol": protocol, "field": field}}, right)
    if rule.interface:
        yield _match({"meta": {"key": "iifname"}}, rule.interface)
    for field, ports in (("sport", rule.source_ports), ("dport", rule.ports)):
        if ports != "any":
            spans = [{"range": list(span)} for span in rule._replace(ports=ports).spans]
            yield _match({"payload": {"protocol": "tcp", "field": field}}, {"set": spans})


def _match(left: Json, right: t.Any) -> Json:
    return {"match": {"op": "==", "left": left, "right": right}}


__all__ = ("TABLES", "is_in_force", "with_rules")
