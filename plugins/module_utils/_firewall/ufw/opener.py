# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
ufw as an opener: an application profile, and one rule for it.

A rule for plain ports would not do: where the operator has the same, ufw takes both for one, and our removal would delete his. It
knows no sets and no marks, so who may connect is the guard's business alone, and a lost guard is looked for every minute.
The rule stands behind everything that the operator denies or limits, as the first that holds decides. What cannot be had raises
FirewallError.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.opener import Kept, Opening
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.ufw import rules as _rules
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.ufw.rules import Rule
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span, without
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import run as _run

PROFILE = f"/etc/ufw/applications.d/{_rules.APP}"
DEFAULTS = "/etc/default/ufw"
TIMEOUT = 120  # seconds for one command
# Addresses of peers for each of which there is a rule where what leaves is denied: ufw takes a quarter of a second for one.
MOST_PEERS = 100
_PROGRAMS = {4: "iptables", 6: "ip6tables"}
_CHAINS = {4: ("ufw-user-input", "ufw-user-output"), 6: ("ufw6-user-input", "ufw6-user-output")}


class Ufw:
    """ufw on this host, or on one whose files are below ``root``. What it refuses raises FirewallError."""

    name = "ufw"
    package = "ufw"
    watched = True
    mark = ""

    def __init__(self, root: str = "") -> None:
        self.root = root

    def is_installed(self) -> bool:
        return bool(_run.find("ufw"))

    def wanted(self, opening: Opening) -> Kept:
        by_family = self._wanted(opening)
        everything = [rule for rules in by_family.values() for rule in rules]
        return {
            PROFILE: _rules.profiles(everything),
            **{_rules.FILES[family]: _rules.shown(by_family[family]) for family in by_family},
        }

    def _wanted(self, opening: Opening) -> dict[int, list[Rule]]:
        return {family: _rules.wanted(opening, family, self._denies_out()) for family in self._families()}

    def kept(self) -> Kept:
        found = {PROFILE: _files.read_text(self.root + PROFILE)}
        for family, path in _rules.FILES.items():
            found[path] = _rules.shown(self._rules(family)) or None
        return {path: text for path, text in found.items() if text is not None}

    def ports(self) -> list[Span]:
        spans = [span for family in (4, 6) for rule in self._ours(family) if rule.direction == "in" for span in rule.spans]
        # What the kernel still has counts, too: ufw does not always reload.
        ports = [line.split(" ")[1] for family in (4, 6) for line in self._in_kernel(family) if line.startswith("in ")]
        return without([*spans, *(span for each in ports for span in _rules.spans(each))], [])

    def test(self, opening: Opening) -> list[str]:
        families, asked = self._families(), opening.families
        if 6 in asked and 6 not in families:
            raise FirewallError(
                f"ufw lets no IPv6 in here (IPV6=no in {DEFAULTS}), and this server has an address of it; say IPV6=yes there and "
                "run ufw reload, or leave the address out of the plan."
            )
        if not all(self._is_up(family) for family in families):
            raise FirewallError(
                "ufw is switched on here (ENABLED=yes in /etc/ufw/ufw.conf), but its rules are not in force; run ufw reload, or "
                "ufw disable."
            )
        warnings: dict[str, None] = {}
        for family in families:
            rules = self._rules(family)
            rule = _rules.denied(rules, opening) if family in asked else None
            rule = rule or _rules.denied_out(rules, opening.outgoing[family])
            if rule:
                raise FirewallError(
                    f'The rule "{rule}" of ufw denies connections that the plan allows, and proftpd.fxp passes by no decision '
                    "of the operator; take that rule away (ufw status numbered, ufw delete), or set fxp_firewall_backend to none "
                    "for this host."
                )
            for rule in _rules.limited(rules, opening) if family in asked else ():
                warnings[
                    f'The rule "{rule}" of ufw stays in force: an address that connects more than 5 times in 30 seconds is kept '
                    "out, and each transfer is a connection."
                ] = None
        peers = {address for family in families for address, dummy in opening.outgoing[family]} if self._denies_out() else set()
        if len(peers) > MOST_PEERS:
            raise FirewallError(
                f"ufw denies what leaves this host (ufw default deny outgoing), and the peers have {len(peers)} addresses, more "
                f"than the {MOST_PEERS} for each of which proftpd.fxp makes a rule; run ufw default allow outgoing, or set "
                "fxp_firewall_backend to none for this host and allow them yourself."
            )
        return list(warnings)

    def apply(self, opening: Opening) -> None:
        by_family = self._wanted(opening)
        everything = [rule for rules in by_family.values() for rule in rules]
        commands = {tuple(rule.command()) for rule in everything}
        misplaced = any(_rules.behind(self._rules(family)) for family in by_family)
        self._delete(
            rule
            for family in (4, 6)
            for rule in self._ours(family)
            if (misplaced and rule.direction == "in") or tuple(rule._replace(action="allow").command()) not in commands
        )
        text = _rules.profiles(everything)
        if _files.read_text(self.root + PROFILE) != text:
            _files.write(self.root + PROFILE, text, 0o644)
        # A rule that is there gets the ports of its profile, and stays where it is.
        for app in sorted({rule.app for rule in everything}):
            if any(
                there and there != {rule.ports for rule in by_family[family] if rule.app == app}
                for family in by_family
                for there in [{rule.ports for rule in self._ours(family) if rule.app == app}]
            ):
                self._ufw("app", "update", app)
        there = {family: {tuple(rule._replace(action="allow").command()) for rule in self._ours(family)} for family in by_family}
        for family, rules in by_family.items():
            for command in dict.fromkeys(tuple(rule.command()) for rule in rules):
                if command not in there[family]:
                    self._ufw(*command, "comment", _rules.COMMENT)
                    for each in there.values():
                        each.add(command)
        if self.kept() != self.wanted(opening):
            raise FirewallError("ufw has not taken the rule of proftpd.fxp as it was told; see ufw status.")
        # Where it is called by ssh, ufw app update leaves the kernel as it is.
        self.restore()
        if any(self._is_up(family) for family in by_family) and not self.is_in_force(opening):
            raise FirewallError("ufw has the rule of proftpd.fxp, but iptables has not; run ufw reload, and see iptables-save.")

    def _delete(self, rules: t.Iterable[Rule]) -> None:
        """Have ufw delete rules of ours. It finds them by their profiles, so those are made to fit first."""
        found = list(rules)
        if not found:
            return
        if not self.is_installed():
            for path in _rules.FILES.values():
                text = _files.read_text(self.root + path)
                if text is not None and _rules.strip(text) != text:
                    _files.write(self.root + path, _rules.strip(text), 0o640)
            return
        ours = [rule for family in (4, 6) for rule in self._ours(family)]
        text = _rules.profiles(ours)
        if _files.read_text(self.root + PROFILE) != text:
            _files.write(self.root + PROFILE, text, 0o644)
        for command in dict.fromkeys(tuple(rule.command()) for rule in found):
            self._ufw("delete", *command)

    def is_in_force(self, opening: Opening) -> bool:
        wanted = self._wanted(opening)
        return all(set(self._in_kernel(family)) == {_digest(rule) for rule in rules} for family, rules in wanted.items())

    def in_force(self) -> list[str]:
        return [f"{family} {line}" for family in (4, 6) for line in self._in_kernel(family)]

    def withhold(self) -> None:
        for family in (4, 6):
            self._tell(family, ["-D " + line[3:] for line in self._lines(family)])

    def restore(self) -> None:
        for family in (4, 6):
            ours = self._ours(family)
            if self._is_up(family) and set(self._in_kernel(family)) != {_digest(rule) for rule in ours}:
                old = ["-D " + line[3:] for line in self._lines(family)]
                self._tell(family, [*old, *(line for rule in ours for line in rule.lines)])

    def remove(self) -> None:
        self._delete(rule for family in (4, 6) for rule in self._ours(family))
        self.withhold()
        _files.remove(self.root + PROFILE)

    def _rules(self, family: int) -> list[Rule]:
        return _rules.read(_files.read_text(self.root + _rules.FILES[family]) or "")

    def _ours(self, family: int) -> list[Rule]:
        return [rule for rule in self._rules(family) if rule.is_ours]

    def _families(self) -> tuple[int, ...]:
        """Those that ufw has rules of."""
        return (4, 6) if self._default("IPV6").lower() == "yes" else (4,)

    def _denies_out(self) -> bool:
        return self._default("DEFAULT_OUTPUT_POLICY").upper() != "ACCEPT"

    def _default(self, name: str) -> str:
        found = re.findall(rf"^\s*{name}\s*=\s*[\"']?(\w+)", _files.read_text(self.root + DEFAULTS) or "", re.MULTILINE)
        return found[-1] if found else {"IPV6": "no"}.get(name, "ACCEPT")

    def _saved(self, family: int) -> str:
        """The rules of the kernel, by the program that ufw itself uses."""
        return _run.output(f"{_PROGRAMS[family]}-save", "-t", "filter")

    def _is_up(self, family: int) -> bool:
        return all(f"\n:{chain} " in self._saved(family) for chain in _CHAINS[family])

    def _lines(self, family: int) -> list[str]:
        """What the kernel holds of ours, as iptables writes it."""
        start = tuple(f"-A {chain} " for chain in _CHAINS[family])
        return [line for line in self._saved(family).splitlines() if line.startswith(start) and f"dapp_{_rules.APP}" in line]

    def _in_kernel(self, family: int) -> list[str]:
        found = set()
        for line in self._lines(family):
            ports = re.search(r"--dports? (\S+)", line)
            to = re.search(r" -d (\S+)", line)
            far = re.sub(r"/(32|128)$", "", to.group(1)) if to else ""
            found.add(f"{'out' if '-output ' in line else 'in'} {ports.group(1) if ports else 'any'} {far}")
        return sorted(found)

    def _tell(self, family: int, lines: t.Sequence[str]) -> None:
        """Change rules of the kernel, all of these or none, and nothing else."""
        if not lines:
            return
        program = f"{_PROGRAMS[family]}-restore"
        path = _run.find(program)
        if path is None:
            raise FirewallError(f"{program} is not installed; install the package iptables.")
        batch = "\n".join(["*filter", *lines, "COMMIT", ""])
        done = _run.run([path, "-w", "5", "--noflush"], TIMEOUT, text=batch)
        if done.status:
            raise FirewallError(f"{program} says: {done.errors[:1000]}")

    def _ufw(self, *words: str) -> None:
        path = _run.find("ufw")
        if path is None:
            raise FirewallError("ufw is not installed; install the package ufw.")
        done = _run.run([path, *words], TIMEOUT, environment={**os.environ, "PATH": _run.PATH}, merged=True)
        if done.status:
            raise FirewallError(f"ufw {' '.join(words)} says: {done.output[:1000]}")


def _digest(rule: Rule) -> str:
    return f"{rule.direction} {rule.ports} {rule.to if rule.direction == 'out' else ''}"


__all__ = ("Ufw",)
