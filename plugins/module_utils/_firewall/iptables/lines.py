# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The lines that rules of iptables get: where they stand, what is to be done for it, and what text holds them. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.saved import ChainName, Rule, Saved, words_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import Mark
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import COMMENT


class Place(t.NamedTuple):
    """Where lines of ours belong: in front of the rule in one line of the text, or at the end of the chain."""

    chain: ChainName
    before: int | None
    incoming: bool
    interfaces: tuple[str, ...] = ()  # by which they come or go, where a line for all would pass by what others are denied


def words(place: Place, mark: Mark) -> list[str]:
    """What is added to the chain at a place, without its name."""
    by = [f"{'-i' if place.incoming else '-o'} {name} " for name in place.interfaces] or [""]
    return [f"{each}-p tcp -m mark --mark {mark} -m comment --comment {COMMENT} -j ACCEPT" for each in by]


class Lines:
    """The lines of ours in one text, as they are and as they are wanted."""

    def __init__(self, saved: Saved, places: t.Iterable[Place], mark: Mark) -> None:
        self.saved, self.mark = saved, mark
        self.ours = [rule for rule in saved.rules if _is_ours(rule)]
        # In front of the same rule one after the other, in the same order whenever it is asked.
        self.places = sorted(
            set(places), key=lambda place: (place.chain, place.before is None, place.before or 0, place.incoming)
        )

    def are_in_place(self) -> bool:
        """Whether nothing is missing, too much, or elsewhere."""
        chains = {rule.chain for rule in self.ours} | {place.chain for place in self.places}
        return all(self._now(chain) == self._wanted(chain) for chain in chains)

    def _now(self, chain: ChainName) -> list[object]:
        return [sorted(rule.words) if _is_ours(rule) else rule.line for rule in self.saved.in_chain(chain)]

    def _wanted(self, chain: ChainName) -> list[object]:
        return [item if isinstance(item, int) else sorted(words_of(item)) for item in self._order(chain)]

    def _order(self, chain: ChainName) -> list[int | str]:
        """The rules of others by their lines, with what is ours in its places."""
        found: list[int | str] = []
        for line in [*(rule.line for rule in self._others(chain)), None]:
            for place in self.places:
                if place.chain == chain and place.before == line:
                    found += words(place, self.mark)
            found += [] if line is None else [line]
        # Two directions may need the same line at the same place.
        return [item for at, item in enumerate(found) if at == 0 or item != found[at - 1]]

    def _others(self, chain: ChainName) -> list[Rule]:
        return [rule for rule in self.saved.in_chain(chain) if not _is_ours(rule)]

    def batch(self) -> str:
        """
        What ``iptables-restore --noflush`` carries out at once, all of it or nothing.

        Empty if there is nothing to do.
        """
        if self.are_in_place():
            return ""
        said = [f"-D{self.saved.shown(rule.line)[2:]}" for rule in self.ours]
        for chain in dict.fromkeys(place.chain for place in self.places):
            others = len(self._others(chain))
            for at, item in enumerate(self._order(chain)):
                if isinstance(item, str):
                    said.append(f"-A {chain[1]} {item}" if at >= others else f"-I {chain[1]} {at + 1} {item}")
                    others += 1
        return "\n".join(["*filter", *said, "COMMIT", ""])

    def text(self) -> str:
        """The text with ours in their places; every other character stays."""
        if self.are_in_place():
            return "".join(self.saved.lines)
        gone = {rule.line for rule in self.ours}
        inserted: dict[int, list[str]] = {}  # in front of a line
        for chain in dict.fromkeys(place.chain for place in self.places):
            lines = [rule.line for rule in self._others(chain)]
            after = lines[-1] + 1 if lines else self.saved.ends[chain[0]]
            for at, item in enumerate(order := self._order(chain)):
                if isinstance(item, str):
                    following = next((each for each in order[at:] if isinstance(each, int)), after)
                    inserted.setdefault(following, []).append(f"-A {chain[1]} {item}\n")
        found: list[str] = []
        for number, line in enumerate((*self.saved.lines, "")):
            found += inserted.get(number, [])
            found += [] if number in gone else [line]
        return "".join(found)


def _is_ours(rule: Rule) -> bool:
    return rule.is_ours and rule.chain[0] == "filter"


def without(saved: Saved) -> str:
    """The text without what has our comment, and every other character as it was."""
    gone = {rule.line for rule in saved.rules if _is_ours(rule)}
    return "".join(line for number, line in enumerate(saved.lines) if number not in gone)


__all__ = ("Lines", "Place", "without", "words")
