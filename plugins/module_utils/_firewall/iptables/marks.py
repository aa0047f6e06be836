# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Who else uses the bits of a packet's mark that the guard uses? Pure.

The guard changes bits of marks as packets come to or leave this host, at the end of their way through the rules: after ``raw``,
``mangle`` (but for POSTROUTING) and ``nat`` at PREROUTING and OUTPUT, and in front of ``filter``. So what asks for a whole mark
there asks for something else than before, and who sets those bits could open what the guard did not.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.saved import Rule, Saved
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import Mark
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import TABLE, Json, Ruleset

_ALL = 0xFFFFFFFF
PRIORITY = -5  # of the guard's chains
# Chains that packets of ours never come to, or come to before they are marked.
_EARLY = frozenset(
    (
        ("raw", "PREROUTING"),
        ("raw", "OUTPUT"),
        ("mangle", "PREROUTING"),
        ("mangle", "INPUT"),
        ("mangle", "FORWARD"),
        ("mangle", "OUTPUT"),
        ("nat", "PREROUTING"),
        ("nat", "OUTPUT"),
        ("filter", "FORWARD"),
        ("security", "FORWARD"),
    )
)
_SETTING = ("--set-mark", "--set-xmark", "--or-mark", "--xor-mark")


def in_saved(saved: Saved, mark: Mark) -> str:
    """The first rule that gets in the way of the mark, or whose way the mark gets in; empty if there is none."""
    for rule in saved.rules:
        if not rule.is_ours and _collides(rule, mark):
            return saved.shown(rule.line)
    return ""


def _collides(rule: Rule, mark: Mark) -> bool:
    words = rule.words
    if _is_other_protocol(words):
        return False
    module = ""
    for word, value in zip(words, (*words[1:], "")):
        if word in ("-m", "-j"):
            module = value
        elif word == "--mark" and module in ("mark", "connmark"):
            number, mask = _said(value)
            if number & mask & mark.mask or (module == "mark" and mask & mark.mask and rule.chain not in _EARLY):
                return True
        elif word in _SETTING and module in ("MARK", "CONNMARK"):
            if _said(value)[0] & mark.mask:
                return True
        elif word == "--save-mark" and rule.chain not in _EARLY:
            said = dict(zip(words, words[1:]))
            if _number(said.get("--nfmask", said.get("--mask", str(_ALL)))) & mark.mask:
                return True
    return False


def _is_other_protocol(words: t.Sequence[str]) -> bool:
    """Whether no packet of TCP meets the rule."""
    for before, word, value in zip(("", *words), words, words[1:]):
        if word == "-p":
            return (value.lower() in ("tcp", "6", "all", "0")) is (before == "!")
    return False


def _said(text: str) -> tuple[int, int]:
    number, _slash, mask = text.partition("/")
    return _number(number), _number(mask or str(_ALL))


def _number(text: str) -> int:
    try:
        return int(text, 16) if text.lower().startswith("0x") else int(text)
    except ValueError:
        return _ALL


def in_routing(rules: str, mark: Mark) -> str:
    """The first rule of ``ip rule`` that asks for bits of the mark; empty if there is none."""
    for line in rules.splitlines():
        said = re.search(r"\bfwmark (\S+)", line)
        if said:
            number, mask = _said(said.group(1))
            if number & mask & mark.mask:
                return re.sub(r"\s+", " ", line.strip())
    return ""


def in_ruleset(ruleset: Ruleset, mark: Mark) -> tuple[str, str, str, int] | None:
    """
    The first rule in tables of nft that gets in the way: family, table, chain and handle.

    What iptables has is asked of ``iptables-save``, which knows its own words.
    """
    for key, rules in ruleset.rules.items():
        if key[1] == TABLE or ruleset.manager(key):
            continue
        for rule in rules:
            for expression in rule.get("expr", []):
                if _touches(expression, mark, _is_late(ruleset, key)):
                    return (*key, rule["handle"])
    return None


def _is_late(ruleset: Ruleset, key: tuple[str, str, str]) -> bool:
    """May packets come here that the guard has marked? To a chain that is jumped to they may."""
    chain = ruleset.chains.get(key, {})
    hook, priority = chain.get("hook"), chain.get("prio", 0)
    return hook in (None, "postrouting", "egress") or (hook in ("input", "output") and priority >= PRIORITY)


def _touches(expression: Json, mark: Mark, late: bool) -> bool:
    match, mangle = expression.get("match"), expression.get("mangle")
    if match:
        asked, right = _mask_of(match.get("left")), match.get("right")
        if isinstance(right, dict) and "prefix" in right:  # as nft lists the highest bits of a mark
            asked, right = asked & _ALL << 32 - right["prefix"]["len"], right["prefix"]["addr"]
        if not asked & mark.mask:
            return False
        values = _numbers(right)
        return late or values is None or any(value & asked & mark.mask for value in values)
    if mangle and mangle.get("key", {}).get("meta", {}).get("key") == "mark":
        return bool(_bits(mangle.get("value")) & mark.mask)
    if mangle and mangle.get("key", {}).get("ct", {}).get("key") == "mark":
        return late and bool(_mask_of(mangle.get("value")) & mark.mask)
    return "vmap" in expression and late and bool(_mask_of(expression["vmap"].get("key")) & mark.mask)


def _mask_of(left: t.Any) -> int:
    """Which bits of a packet's mark an expression looks at."""
    if not isinstance(left, dict):
        return 0
    if left.get("meta") == {"key": "mark"}:
        return _ALL
    if "&" in left:
        one, other = left["&"][:2]
        return _mask_of(one) & (other if isinstance(other, int) else _ALL)
    if "concat" in left:
        left = {str(at): each for at, each in enumerate(left["concat"])}
    found = 0
    for value in left.values():
        for each in value if isinstance(value, list) else [value]:
            found |= _mask_of(each)
    return found


def _bits(value: t.Any) -> int:
    """Which bits may be set by an expression that a mark is set to, beside those of the former mark."""
    if isinstance(value, int):
        return value
    if isinstance(value, dict):
        if value.get("meta") == {"key": "mark"} or value.get("ct") == {"key": "mark"}:
            return 0
        for name in ("|", "^"):
            if name in value:
                return _bits(value[name][0]) | _bits(value[name][1])
        if "&" in value:
            return _bits(value["&"][0]) & _bits(value["&"][1])
    return _ALL


def _numbers(right: t.Any) -> list[int] | None:
    if isinstance(right, int):
        return [right]
    if isinstance(right, dict) and isinstance(right.get("set"), list):
        return right["set"] if all(isinstance(each, int) for each in right["set"]) else None
    return None


__all__ = ("PRIORITY", "in_routing", "in_ruleset", "in_saved")
