# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Rules of iptables as text: what ``iptables-save`` prints, and what ``iptables-restore`` reads from a file. Pure.

A file may be written by hand, with other words for the same options.
"""

from __future__ import annotations

import re
import shlex
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import COMMENT

ChainName = t.Tuple[str, str]  # table and chain

# Words of iptables(8) for the same option; -save prints the short ones.
_SAME = {
    "--append": "-A",
    "--protocol": "-p",
    "--proto": "-p",
    "--source": "-s",
    "--src": "-s",
    "--destination": "-d",
    "--dst": "-d",
    "--in-interface": "-i",
    "--out-interface": "-o",
    "--match": "-m",
    "--jump": "-j",
    "--goto": "-g",
    "--destination-port": "--dport",
    "--destination-ports": "--dports",
    "--source-port": "--sport",
    "--source-ports": "--sports",
    "--new-chain": "-N",
    "--policy": "-P",
}
_GLUED = re.compile(r"-[Apsdiomjg][^-]")  # -jDROP
_COUNTERS = re.compile(r"^\[\d+:\d+\]\s+")


class Rule(t.NamedTuple):
    """One rule: ``words`` behind the name of its chain, and the number of its line in the text, from 0."""

    chain: ChainName
    words: tuple[str, ...]
    line: int

    @property
    def is_ours(self) -> bool:
        """Whether it has the comment of our rules."""
        pairs = zip(self.words, self.words[1:])
        return ("--comment", COMMENT) in pairs


class Saved(t.NamedTuple):
    """A text, line by line with their ends, and what it says."""

    lines: tuple[str, ...]
    rules: tuple[Rule, ...]
    policies: t.Mapping[ChainName, str]  # of each chain, "-" where it is no chain of the kernel's own
    ends: t.Mapping[str, int]  # the line that ends each table
    strange: tuple[int, ...]  # lines of tables that do more than add rules and chains

    def in_chain(self, chain: ChainName) -> list[Rule]:
        """The rules of one chain, in order."""
        return [rule for rule in self.rules if rule.chain == chain]

    def shown(self, line: int) -> str:
        """A line as people know it."""
        return _COUNTERS.sub("", self.lines[line].strip())


def read(text: str) -> Saved:
    """What a text says; nothing in it is refused."""
    lines = tuple(text.splitlines(keepends=True))
    rules: list[Rule] = []
    policies: dict[ChainName, str] = {}
    ends: dict[str, int] = {}
    strange: list[int] = []
    table = ""
    for number, line in enumerate(lines):
        said = _COUNTERS.sub("", line.strip())
        if said.startswith("*"):
            table = said[1:].strip()
        elif said == "COMMIT":
            ends[table], table = number, ""
        elif table and said and not said.startswith("#"):
            words = words_of(said)
            if said.startswith(":") and len(words) > 1:
                policies[table, words[0][1:]] = words[1]
            elif words[0] == "-A" and len(words) > 1:
                rules.append(Rule((table, words[1]), tuple(words[2:]), number))
            elif words[0] == "-P" and len(words) == 3:
                policies[table, words[1]] = words[2]
            elif words[0] == "-N" and len(words) == 2:
                policies.setdefault((table, words[1]), "-")
            else:
                strange.append(number)
    return Saved(lines, tuple(rules), policies, ends, tuple(strange))


def words_of(line: str) -> list[str]:
    """The words of a line, without quotes, options by the names that ``iptables-save`` has for them."""
    try:
        words = shlex.split(line)
    except ValueError:  # a quote that does not end: iptables would not take it either
        words = line.split()
    found: list[str] = []
    for word in words:
        option, equals, value = word.partition("=")
        if word.startswith("--") and equals:
            found += [_SAME.get(option, option), value]
        elif _GLUED.match(word):
            found += [word[:2], word[2:]]
        else:
            found.append(_SAME.get(word, word))
    return found


__all__ = ("ChainName", "Rule", "Saved", "read", "words_of")
