# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What firewalld has in force of ours, as it says itself and as the kernel tells, and how that differs from what is wanted."""

from __future__ import annotations

import hashlib
import json
import os
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.layout import (
    FILES,
    PARTNERS,
    PRIORITIES,
    SETS,
    STRANGERS,
    Wanted,
    entry,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.program import Program
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import expressions as _read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files

TABLE = ("inet", "firewalld")
DISPATCH = "filter_INPUT_POLICIES"  # how the chains begin in which policies for this host are asked


class Policy(t.NamedTuple):
    """A policy as firewalld tells it."""

    priority: int
    target: str
    ways: tuple[str, str]  # from where, to where
    rules: frozenset[str]
    more: tuple[str, ...] = ()  # what else somebody put into it


class Found(t.NamedTuple):
    """What there is of ours."""

    files: t.Mapping[str, str]  # texts by path below firewalld's directory
    runs: bool
    sets: t.Mapping[str, frozenset[str]]
    policies: t.Mapping[str, Policy]
    kernel: t.Mapping[str, tuple[str, ...]] | None  # by set and policy; None where the kernel's own rules cannot be read

    @property
    def is_in_force(self) -> bool:
        """Whether firewalld has anything of ours in force."""
        return bool(self.sets or self.policies)

    def fingerprint(self) -> dict[str, list[str]]:
        """Digests of the files, of what keeps strangers out, and of what lets others in."""
        kernel = self.kernel or {}
        guard = [[name, sorted(entries), kernel.get(name)] for name, entries in sorted(self.sets.items())]
        parts: dict[str, list[t.Any]] = {
            "files": sorted(self.files.items()),
            "guard": guard + self._policy(STRANGERS),
            "openings": self._policy(PARTNERS),
        }
        return {name: [_digest(value)] if value else [] for name, value in parts.items()}

    def _policy(self, name: str) -> list[t.Any]:
        policy = self.policies.get(name)
        return [[*policy[:3], sorted(policy.rules), policy.more, (self.kernel or {}).get(name)]] if policy else []


def files(program: Program) -> dict[str, str]:
    """The texts of our files, by path below firewalld's directory."""
    found: dict[str, str] = {}
    for path in FILES:
        text = _files.read_text(f"{program.directory}/{path}")
        if text is not None:
            found[path] = text
    return found


def find(program: Program, nft: Nft) -> Found:
    """Look. Raises FirewallError if firewalld runs and does not answer."""
    there_are = files(program)
    state = program.state()
    if not state:
        return Found(there_are, False, {}, {}, None)
    if state == "FAILED":  # it lists what it has not applied
        return Found(there_are, True, {}, {}, {})
    here, there = program.names("ipset", "getIPSets"), program.names("policy", "getPolicies")
    sets = {name: frozenset(map(entry, program.names("ipset", "getEntries", "s", name))) for name in SETS if name in here}
    policies = {name: _policy(program.settings("policy", "getPolicySettings", "s", name)) for name in PRIORITIES if name in there}
    kernel = _kernel(program, nft, sets, policies) if sets or policies else {}
    return Found(there_are, True, sets, policies, kernel)


def _policy(settings: t.Mapping[str, t.Any]) -> Policy:
    known = ("short", "description", "version", "priority", "target", "ingress_zones", "egress_zones", "rich_rules")
    return Policy(
        settings.get("priority", -1),
        settings.get("target", "CONTINUE"),
        (" ".join(settings.get("ingress_zones", ())), " ".join(settings.get("egress_zones", ()))),
        frozenset(settings.get("rich_rules", settings.get("rules_str", ()))),
        tuple(sorted(name for name, value in settings.items() if name not in known and value)),
    )


def _kernel(program: Program, nft: Nft, sets: t.Iterable[str], policies: t.Iterable[str]) -> dict[str, tuple[str, ...]] | None:
    """
    What the kernel has of them: the addresses of sets, and the rules of policies that are asked.

    firewalld believes what it once did; another program may have changed its table where nobody owns that.
    """
    if not nft.path:
        return None
    try:
        ruleset = nft.ruleset()
        if TABLE not in ruleset.tables:
            return {} if program.uses_nftables() else None
        listed = {name: nft.elements(*TABLE, name) for name in sets if (*TABLE, name) in ruleset.elements}
    except FirewallError:
        return None
    found = {name: _addresses(map(_read.span, elements)) for name, elements in listed.items()}
    rules = {key[2]: rules for key, rules in ruleset.rules.items() if key[:2] == TABLE}
    asked = [_uncounted(rule) for chain in rules if chain.startswith(DISPATCH) for rule in rules[chain]]
    for name in policies:
        chain = f"filter_IN_policy_{name}"
        inner = [_uncounted(rule) for part in ("_deny", "_allow") for rule in rules.get(chain + part, ())]
        if [{"jump": {"target": chain}}] in asked:
            found[name] = tuple(sorted(json.dumps(expression, sort_keys=True) for expression in inner))
    return found


def _uncounted(rule: t.Mapping[str, t.Any]) -> list[t.Any]:
    return [part for part in rule["expr"] if "counter" not in part]


def _addresses(spans: t.Iterable[Span | None]) -> tuple[str, ...]:
    """The addresses as ranges: neighbours may be told as one."""
    return tuple("{}-{}".format(*span) for span in _read.joined(span for span in spans if span is not None))


class Difference(t.NamedTuple):
    """How what is found differs from what is wanted, in sentences."""

    files: tuple[str, ...]  # that are to be written
    entries: tuple[str, ...]  # that firewalld takes without a reload
    rules: tuple[str, ...]  # that need one

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.rules, *self.entries, *self.files)


def differ(found: Found, wanted: Wanted, directory: str) -> Difference:
    """Hold the one against the other."""
    right = wanted.files()
    on_disk = [
        f"{directory}/{path} {'differs from what is wanted' if path in right else 'is left over'}"
        if path in found.files
        else f"{directory}/{path} is missing"
        for path in sorted({*right, *found.files})
        if found.files.get(path) != right.get(path)
    ]
    if not found.runs:
        return Difference(tuple(on_disk), (), ("firewalld does not run",) if right else ())
    rules = _rules(found, wanted)
    entries = [
        f"ipset {name} {_counts(found.sets[name], frozenset(wanted.sets[name]))}"
        for name in wanted.sets
        if name in found.sets and found.sets[name] != frozenset(wanted.sets[name])
    ]
    return Difference(tuple(on_disk), tuple(entries), tuple(rules))


def _rules(found: Found, wanted: Wanted) -> list[str]:
    said = [f"ipset {name} is not in force" for name in wanted.sets if name not in found.sets]
    said += [f"ipset {name} is still in force" for name in found.sets if name not in wanted.sets]
    for name, rules in wanted.policies.items():
        right = Policy(PRIORITIES[name], "CONTINUE", ("ANY", "HOST"), frozenset(map(str, rules)))
        if name not in found.policies:
            said.append(f"policy {name} is not in force")
        elif found.policies[name] != right:
            said.append(f"policy {name} in force is not what is wanted")
        elif found.kernel is not None and len(found.kernel.get(name, ())) != len(rules):
            said.append(f"policy {name} of firewalld is not in the kernel as firewalld made it")
    said += [f"policy {name} is still in force" for name in found.policies if name not in wanted.policies]
    if found.kernel is not None:
        said += [
            f"ipset {name} of firewalld is not in the kernel as firewalld made it"
            for name, entries in found.sets.items()
            if name in wanted.sets and found.kernel.get(name) != _addresses(map(_read.span, map(_element, entries)))
        ]
    return said


def _element(said: str) -> t.Any:
    """An entry as nft tells it."""
    address, slash, length = said.partition("/")
    return {"prefix": {"addr": address, "len": int(length)}} if slash else address


def _counts(now: frozenset[str], right: frozenset[str]) -> str:
    more, less = len(now - right), len(right - now)
    return " and ".join(
        part for part in (f"has {more} entries that are not wanted" if more else "", f"lacks {less}" if less else "") if part
    )


def _digest(value: t.Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def write(wanted: Wanted, directory: str) -> None:
    """Make the files what is wanted, each whole or not at all; those that are right already are not touched."""
    right = wanted.files()
    for path in FILES:
        name = f"{directory}/{path}"
        _files.remove(_files.staged_name(name))
        if path not in right:
            _files.remove(name)
        elif _files.read_text(name) != right[path]:
            os.makedirs(os.path.dirname(name), exist_ok=True)
            _files.write(name, right[path], 0o644)


__all__ = ("Difference", "Found", "differ", "files", "find", "write")
