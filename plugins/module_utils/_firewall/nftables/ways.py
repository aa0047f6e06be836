# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The way of connections through the chains of others, up to where all of them end, and whether ours may open it there. Pure."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import expressions as _read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.matches import (
    ALL,
    NONE,
    SOME,
    STRANGE,
    Matches,
    Traffic,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import COMMENT, ChainKey, Json, Ruleset

MOST_STEPS = 50_000  # rules that one connection is followed through


class Lister(t.Protocol):
    """What tells a rule as nft writes it (``program``)."""

    def text_of(self, chain: ChainKey, handle: int | None) -> str: ...


class Stop(t.NamedTuple):
    """Where our connections end. ``reason`` is empty where a rule of ours may open it."""

    chain: ChainKey
    handle: int | None  # None: the policy
    reason: str = ""
    scoped: bool = False  # it drops what comes by our interfaces only
    behind: tuple[ChainKey, int] | None = None  # what else is denied there, which ours would pass by

    def sentence(self, nft: Lister) -> str:
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


class Verdict(t.NamedTuple):
    holds: str
    name: str
    target: str = ""
    by_port: bool = False  # it is about some ports, ours among them: not a default but a decision


class _Frame:
    """One chain that is being followed, from the base chain on, and how far."""

    def __init__(self, key: ChainKey) -> None:
        self.key = key
        self.rule: Json | None = None
        self.before = False  # some of ours may be denied, or take another way, in front of the rule
        self.within = False  # or by the rule itself


class Way:
    """The way of one kind of connections through one base chain, up to where all of them end."""

    def __init__(self, ruleset: Ruleset, base: ChainKey, traffic: Traffic, others: list[Traffic]) -> None:
        self.ruleset, self.base, self.traffic, self.others = ruleset, base, traffic, others
        self.matches = Matches(ruleset, base)
        self.drops_at_end = ruleset.chains[base].get("policy", "accept") == "drop"
        self.stop: Stop | None = None
        self.strange: list[tuple[ChainKey, int]] = []
        self.limits: list[tuple[ChainKey, int]] = []
        self.steps = 0
        self.frames: list[_Frame] = []

    def go(self) -> None:
        if self._goes_through(self.base[2], False) and self.drops_at_end:
            self.stop = Stop(self.base, None)

    def _rules(self, chain: str) -> list[Json]:
        key = (self.base[0], self.base[1], chain)
        return [rule for rule in self.ruleset.rules.get(key, []) if rule.get("comment") != COMMENT]

    def _goes_through(self, chain: str, by_port: bool) -> bool:
        """Follow them into a chain; true if they come back from it."""
        frame = _Frame((self.base[0], self.base[1], chain))
        self.frames.append(frame)
        back = self._goes_on(frame, by_port)
        self.frames.pop()
        if self.frames:
            self.frames[-1].within |= frame.before or frame.within
        return back

    def _goes_on(self, frame: _Frame, by_port: bool) -> bool:
        depth = len(self.frames) - 1
        for rule in self._rules(frame.key[2]):
            frame.rule, frame.before, frame.within = rule, frame.before or frame.within, False
            self.steps += 1
            if self.steps > MOST_STEPS or depth > 20:  # the kernel itself allows 16 jumps
                raise FirewallError("The rules in chain {} {} {} are too many to be followed.".format(*frame.key))
            for verdict in self._verdicts(rule, self.traffic):
                if verdict.holds != ALL:
                    frame.within |= self._parts(verdict)
                    if self._is_doubtful(verdict, depth):
                        self.strange.append((frame.key, rule["handle"]))
                    if verdict.name == "accept" and any(name in _read.LIMITS for each in rule["expr"] for name in each):
                        self.limits.append((frame.key, rule["handle"]))
                    continue
                chosen = by_port or verdict.by_port
                if verdict.name == "drop" or (verdict.name == "return" and depth == 0):
                    if verdict.name == "drop" or self.drops_at_end:
                        self.stop = self._stop(chosen)
                    return False
                if verdict.name == "return":
                    return True
                if verdict.name == "queue":
                    self.strange.append((frame.key, rule["handle"]))
                    return False
                if verdict.name == "accept":
                    return False
                if not self._goes_through(verdict.target, chosen):
                    return False
                if verdict.name == "goto":
                    return self._comes_back(verdict.target, chosen)
        frame.rule, frame.before, frame.within = None, frame.before or frame.within, False
        return True

    def _comes_back(self, target: str, by_port: bool) -> bool:
        """Who went to a chain comes back to where he was called from; from the base chain, to the policy."""
        if len(self.frames) > 1:
            return True
        if self.drops_at_end:
            end = _Frame((self.base[0], self.base[1], target))
            former = self.frames
            end.before, former[0].within = former[0].within, False
            self.frames = [*former, end]
            self.stop = self._stop(by_port)
            self.frames = former
        return False

    def _parts(self, verdict: Verdict) -> bool:
        """Does a rule that holds for some of ours deny those, or lead them elsewhere? Who is let in by it is no concern."""
        if verdict.name == "jump":
            return bool(self._words(verdict.target, set()) & {"drop", "queue"})
        return verdict.name != "accept"

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
        anywhere = [traffic._replace(interface=None) for traffic in self.others]
        return [(anywhere, False), (self.others, True)] if self.traffic.interface else [(anywhere, False)]

    def _ends_all(self, rule: Json, others: list[Traffic]) -> bool:
        found = [self._verdicts(rule, traffic) for traffic in others]
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
        return all(
            all(self._is_way_of_all(matches, whole, traffic) for traffic in others) and self._only_default(caller, others, seen)
            for caller, matches, whole in self._callers(key)
        )

    def _is_way_of_all(self, matches: list[Json], whole: bool, traffic: Traffic) -> bool:
        answers = [self.matches.holds(traffic, match) for match in matches]
        if any(answer == NONE and _is_never_ours(match) for answer, match in zip(answers, matches)):
            return True
        return whole and all(answer == ALL for answer in answers)

    def _callers(self, key: ChainKey) -> t.Iterator[tuple[ChainKey, list[Json], bool]]:
        """What leads to a chain: from which chain, on which conditions, and whether those are all."""
        for caller in [other for other in self.ruleset.rules if other[:2] == key[:2]]:
            for rule in self._rules(caller[2]):
                matches, whole = [], True
                for expression in rule.get("expr", []):
                    for name, body in expression.items():
                        if name == "match":
                            matches.append(body)
                        elif name == "vmap":
                            for value, verdict in self._entries(body):
                                if any((target or {}).get("target") == key[2] for target in verdict.values()):
                                    entry = {"op": "==", "left": body["key"], "right": value}
                                    yield caller, matches if value == "*" else [*matches, entry], whole
                        elif name in ("jump", "goto"):
                            if body["target"] == key[2]:
                                yield caller, matches, whole
                        elif name not in ("counter", "log", "accept", "drop", "return"):
                            whole = False

    def _behind(self, frame: _Frame) -> tuple[ChainKey, int] | None:
        """
        A rule that would deny some of ours to whom the rule that ends them all leaves something.

        It stands behind that one, so ours would pass it by.
        """
        rules = self._rules(frame.key[2])
        if frame.rule is None or not any(name in ("match", "vmap") for each in frame.rule.get("expr", []) for name in each):
            return None
        for rule in rules[rules.index(frame.rule) + 1 :]:
            for verdict in self._verdicts(rule, self.traffic):
                if verdict.holds != ALL and self._parts(verdict):
                    return frame.key, rule["handle"]
                if verdict.holds == ALL and verdict.name not in ("jump", "goto"):
                    return None
        return None

    def _is_doubtful(self, verdict: Verdict, depth: int) -> bool:
        """May a rule that holds for some of ours drop those and is not understood? One that is says the operator's wish."""
        name = verdict.name
        if name in ("drop", "queue"):
            return verdict.holds == STRANGE
        falls_to_policy = self.drops_at_end and depth == 0
        if name == "return":
            return verdict.holds == STRANGE and falls_to_policy
        if name not in ("jump", "goto"):
            return False
        words = self._words(verdict.target, set())
        drops = bool(words & {"drop", "queue"}) or (name == "goto" and falls_to_policy)
        # A chain that accepts anything as well may be a zone, with a default of its own.
        return drops and (verdict.holds == STRANGE or "accept" in words)

    def _words(self, chain: str, seen: set[str]) -> set[str]:
        """All verdicts that ours may come to in a chain, and whether it accepts anybody."""
        if chain in seen:
            return set()
        seen.add(chain)
        found: set[str] = set()
        for rule in self._rules(chain):
            found |= {"accept"} if '"accept"' in json.dumps(rule) else set()
            for verdict in self._verdicts(rule, self.traffic):
                found.add(verdict.name)
                if verdict.target:
                    found |= self._words(verdict.target, seen)
        return found

    def _verdicts(self, rule: Json, traffic: Traffic) -> list[Verdict]:
        """What a rule may do with them, up to what it does with all of them."""
        holds, by_port = ALL, False
        for expression in rule.get("expr", []):
            for name, body in expression.items():
                answer = ALL
                if name == "match":
                    answer = self.matches.holds(traffic, body)
                    by_port = by_port or (body.get("op") != "!=" and _is_about_ports(body))
                elif name in _read.LIMITS:
                    answer = SOME
                elif name == "set":
                    answer = SOME if _read.has(body, "stmt") else STRANGE
                elif name == "xt" and not (_read.has(body, "name") and body["name"] in ("comment", "tcp", "LOG")):
                    rejects = _read.has(body, "name") and body["name"] == "REJECT"
                    return [Verdict(holds if rejects else STRANGE, "drop", "", by_port)]
                elif name == "vmap":
                    return self._mapped(traffic, body, holds)
                elif name in ("accept", "drop", "reject", "queue", "return", "jump", "goto"):
                    target = body["target"] if name in ("jump", "goto") else ""
                    return [Verdict(holds, "drop" if name == "reject" else name, target, by_port)]
                if answer == NONE:
                    return []
                holds = _both(holds, answer)
        return []

    def _mapped(self, traffic: Traffic, vmap: Json, holds: str) -> list[Verdict]:
        found = []
        for value, verdict in self._entries(vmap):
            match = {"op": "==", "left": vmap["key"], "right": value}
            answer = ALL if value == "*" else _both(holds, self.matches.holds(traffic, match))
            if answer == NONE:
                continue
            for name, body in verdict.items():
                found.append(Verdict(_both(holds, answer), name, (body or {}).get("target", ""), _is_about_ports(match)))
            if found[-1].holds == ALL:
                break
        return sorted(found, key=lambda verdict: verdict.holds == ALL)

    def _entries(self, vmap: Json) -> list[tuple[t.Any, Json]]:
        return _read.entries(self.ruleset.elements, (self.base[0], self.base[1]), vmap) or []


def _is_about_ports(match: Json) -> bool:
    return '"dport"' in json.dumps(match["left"]) and match["right"] != {"range": [0, 65535]}


def _is_never_ours(match: Json) -> bool:
    """
    Where this does not hold for new connections to our ports, it holds for no packet that a rule of ours accepts.

    Of states and flags that cannot be said: ours asks for none.
    """
    left = match["left"]
    if not isinstance(left, dict):
        return False
    return (
        left.get("meta", {}).get("key") in ("l4proto", "nfproto", "protocol", *_read.INTERFACES)
        or left.get("payload", {}).get("field") in ("dport", "protocol", "nexthdr")
        or left.get("payload", {}).get("protocol") in _read.NEVER_TCP
    )


def _both(one: str, other: str) -> str:
    """What two matches of one rule hold for."""
    return next(answer for answer in (NONE, STRANGE, SOME, ALL) if answer in (one, other))
