# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Where do connections end on their walk through the chains of others, and may a rule of ours open it there? Pure."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import expressions as _read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.matches import ALL, STRANGE, Traffic
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import ChainKey, Json
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.walk import (
    ACCEPT,
    BACK,
    DROP,
    QUEUE,
    TRANSLATE,
    Branch,
    Frame,
    Verdict,
    Walk,
    lands,
)


class Lister(t.Protocol):
    """What tells a rule as nft writes it (``program``)."""

    def text_of(self, chain: ChainKey, handle: int | None) -> str:
        """The rule with that handle, or the policy of the chain."""


class Stop(t.NamedTuple):
    """Where our connections end. ``reason`` is empty where a rule of ours may open it."""

    chain: ChainKey
    handle: int | None  # None: the policy
    reason: str = ""
    scoped: bool = False  # it drops what comes by our interfaces only
    behind: tuple[ChainKey, int] | None = None  # what else is denied there, which ours would pass by

    def sentence(self, nft: Lister) -> str:
        """What is told people, with a cure; ``nft`` writes the rule as it stands in the kernel."""
        chain = "{} {} {}".format(*self.chain)
        if self.reason == "owner":
            return (
                f"Chain {chain} drops by default and belongs to a running program that lets nobody else add rules; open "
                "the FTP ports there, or stop that program."
            )
        text = nft.text_of(self.chain, self.handle)
        if self.behind:
            later = nft.text_of(*self.behind)
            return (
                f'The rule "{text}" of chain {chain} drops connections that the plan allows, and what proftpd.fxp opens in front '
                f'of it would also pass by the rule "{later}" behind it; move that one in front of it.'
            )
        if self.reason == "early":
            return (
                f'The rule "{text}" of chain {chain} drops connections that the plan allows, on a hook where proftpd.fxp writes '
                "nothing; accept the FTP ports in front of it, or set fxp_firewall_backend to none for this host."
            )
        if self.reason == "translated":
            return (
                f'The rule "{text}" of chain {chain} leads connections to FTP ports elsewhere; leave those ports out of it, or '
                "choose others."
            )
        if self.reason == "denied":
            return (
                f'The rule "{text}" of chain {chain} drops connections that the plan allows, and proftpd.fxp passes by no '
                "decision of the operator; take that rule away, accept the FTP ports in front of it, or set "
                "fxp_firewall_backend to none for this host."
            )
        if self.reason == "shared":
            return (
                f'The rule "{text}" of chain {chain} drops connections that the plan allows, and other rules send there what '
                "they deny, or deny some on the way, so what proftpd.fxp opened in front of it would pass those by; accept the "
                "FTP ports where the operator's denies are over, or set fxp_firewall_backend to none for this host."
            )
        return (
            f'Chain {chain} drops by default ("{text}") and is managed by {self.reason}, so nothing is written there; open the '
            f"FTP ports with {self.reason}, or switch {self.reason} off."
        )


class Way:
    """
    Where connections end on their walk through one base chain, and what else stands there.

    ``others`` are all that a rule of ours would accept there.
    """

    def __init__(self, walk: Walk, others: list[Traffic]) -> None:
        self.ruleset, self.base, self.traffic, self.others = walk.ruleset, walk.base, walk.traffic, others
        self.reader, self.frames = walk.reader, walk.path
        self.drops_at_end = walk.policy == DROP
        self.strange = [(each.chain, each.rule["handle"]) for each in walk.branches if self._is_doubtful(each)]
        self.limits = [(each.chain, each.rule["handle"]) for each in walk.branches if _is_limited(each)]
        self.stop: Stop | None = None
        chain = self.ruleset.chains[self.base]
        last = self.frames[-1] if self.frames else None
        handle = last.rule["handle"] if last and last.rule else None
        if walk.end == QUEUE and last and handle:
            self.strange.append((last.key, handle))
        elif walk.end == DROP and chain.get("type") == "filter" and chain["hook"] in ("input", "output", "forward"):
            self.stop = self._stop(walk.by_port)
        elif walk.end == DROP and last:
            self.stop = Stop(last.key, handle, "early")
        elif walk.end == TRANSLATE and last and lands(walk.translations[-1], self.traffic) != ALL:
            self.stop = Stop(last.key, handle, "translated")

    def _rules(self, chain: str) -> list[Json]:
        return self.ruleset.followed((self.base[0], self.base[1], chain))

    def _parts(self, verdict: Verdict) -> bool:
        """Does a rule that holds for some of ours deny those, or lead them elsewhere? Who is let in by it is no concern."""
        if verdict.name == "jump":
            return bool(self._words(verdict.target, set()) & {DROP, QUEUE})
        return verdict.name != ACCEPT

    def _stop(self, by_port: bool) -> Stop:
        """
        Ours goes as far outside as nothing of the operator's is passed by.

        That is in front of the jump to a chain that does nothing but log and drop, as others may be sent there too; behind the
        denies of a chain that decides, if only the default leads there.
        """
        if not by_port:
            for index, frame in enumerate(self.frames):
                way = self.frames[index:]
                if frame.within or any(inner.before or inner.within for inner in way[1:]):
                    continue
                for others, scoped in self._known():
                    rules = [inner.rule for inner in way if inner.rule is not None]
                    if all(self._ends_all(rule, others) for rule in rules) and self._only_default(frame.key, others, set()):
                        behind = next((later for inner in way for later in [self._behind(inner)] if later is not None), None)
                        if behind is not None:
                            return Stop(frame.key, rules[0]["handle"], "behind", behind=behind)
                        return Stop(frame.key, frame.rule["handle"] if frame.rule else None, scoped=scoped)
        last = self.frames[-1]
        decided = by_port or (last.rule and not any(self._ends_all(last.rule, others) for others, dummy in self._known()))
        return Stop(last.key, last.rule["handle"] if last.rule else None, "denied" if decided else "shared")

    def _known(self) -> list[tuple[list[Traffic], bool]]:
        """What ours accepts: from anywhere, or where that is too much, by the interfaces of the server."""
        anywhere = [traffic._replace(interface=None, beyond=None) for traffic in self.others]
        return [(anywhere, False), (self.others, True)] if self.traffic.interface else [(anywhere, False)]

    def _ends_all(self, rule: Json, others: list[Traffic]) -> bool:
        found = [self.reader.verdicts(rule, traffic) for traffic in others]
        return all(
            verdicts
            and verdicts[0].holds == ALL
            and verdicts[0].name in ("drop", "return", "jump", "goto")
            and verdicts[0][1:3] == found[0][0][1:3]
            and not verdicts[0].by_port
            for verdicts in found
        )

    def _only_default(self, key: ChainKey, others: list[Traffic], seen: set[str]) -> bool:
        """Does nobody whom ours would accept come to this chain but on the way of all? Others may be denied in it."""
        if key == self.base or key[2] in seen:
            return True
        if "hook" in self.ruleset.chains.get(key, {}):
            return False
        seen.add(key[2])
        anything = [traffic._replace(begins=False) for traffic in others]
        for caller in [other for other in self.ruleset.rules if other[:2] == key[:2]]:
            found = [
                verdict.holds
                for rule in self._rules(caller[2])
                for traffic in anything
                for verdict in self.reader.verdicts(rule, traffic)
                if verdict.name in ("jump", "goto") and verdict.target == key[2]
            ]
            if any(holds != ALL for holds in found) or (found and not self._only_default(caller, others, seen)):
                return False
        return True

    def _behind(self, frame: Frame) -> tuple[ChainKey, int] | None:
        """
        A rule that would deny some of ours to whom the rule that ends them all leaves something.

        It stands behind that one, so ours would pass it by.
        """
        rules = self._rules(frame.key[2])
        if frame.rule is None or not any(name in ("match", "vmap") for each in frame.rule.get("expr", []) for name in each):
            return None
        for rule in rules[rules.index(frame.rule) + 1 :]:
            for verdict in self.reader.verdicts(rule, self.traffic):
                if verdict.holds != ALL and self._parts(verdict):
                    return frame.key, rule["handle"]
                if verdict.holds == ALL and verdict.name not in ("jump", "goto"):
                    return None
        return None

    def _is_doubtful(self, branch: Branch) -> bool:
        """Tell whether a rule that is not understood may drop some of ours. What is understood is the operator's wish."""
        name, target = branch.verdict.name, branch.verdict.target
        at_policy = self.drops_at_end and branch.to_policy and name != "jump" and BACK in branch.ends
        if not at_policy and not branch.ends & {DROP, QUEUE}:
            return False
        # A chain that accepts anything as well may be a zone, with a default of its own.
        return branch.verdict.holds == STRANGE or (name in ("jump", "goto") and ACCEPT in self._words(target, set()))

    def _words(self, chain: str, seen: set[str]) -> set[str]:
        """All verdicts that ours may come to in a chain, and whether it accepts anybody."""
        if chain in seen:
            return set()
        seen.add(chain)
        found: set[str] = set()
        for rule in self._rules(chain):
            found |= {"accept"} if '"accept"' in json.dumps(rule) else set()
            for verdict in self.reader.verdicts(rule, self.traffic):
                found.add(verdict.name)
                if verdict.name in ("jump", "goto"):
                    found |= self._words(verdict.target, seen)
        return found


def _is_limited(branch: Branch) -> bool:
    return branch.verdict.name == ACCEPT and any(name in _read.LIMITS for each in branch.rule["expr"] for name in each)
