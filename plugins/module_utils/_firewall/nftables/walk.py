# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The way of connections through chains, rules and verdicts, and every end that they may come to. Pure.

Who gets in (``exposure``) and where a rule of ours belongs (``ways``) both follow from it.
"""

from __future__ import annotations

import copy
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
    both,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import (
    INCOMING,
    OUTGOING,
    ChainKey,
    Json,
    Ruleset,
)

ACCEPT, DROP, QUEUE, TRANSLATE, BACK = "accept", "drop", "queue", "translate", "back"
MOST_STEPS = 50_000  # rules that one connection is followed through

# Statements by which neither the verdict nor what later rules ask changes.
_HARMLESS = ("counter", "log", "ct helper", "ct timeout", "ct expectation", "dup", "flow", "last", "secmark")
# Matches and targets of iptables, of which nft tells no more than the name.
_SILENT = ("comment", "LOG", "NFLOG", "TRACE", "MARK", "CONNMARK", "TCPMSS", "CHECKSUM")
_TARGETS = {"REJECT": "drop", "DNAT": "translate", "REDIRECT": "translate", "SNAT": "accept", "MASQUERADE": "accept"}
_TRACKING = -200  # before this priority no connection is known


class Verdict(t.NamedTuple):
    """How a rule ends, and for which connections of a kind it does: ``holds`` is one of the answers of ``matches``."""

    holds: str
    name: str
    target: t.Any = ""  # the chain of a jump; where a translation leads
    by_port: bool = False  # it is about some ports or addresses, ours among them: not a default but a decision


_ANYTHING = [Verdict(STRANGE, DROP), Verdict(STRANGE, ACCEPT)]


class Reader:
    """What rules of one table do with connections."""

    def __init__(self, ruleset: Ruleset, base: ChainKey) -> None:
        self.ruleset, self.table = ruleset, base[:2]
        self.matches = Matches(ruleset, base)

    def verdicts(self, rule: Json, traffic: Traffic) -> list[Verdict]:
        """What a rule may do with them, up to what it does with all of them."""
        holds, by_port = ALL, False
        found: list[Verdict] = []
        for expression in rule.get("expr", []):
            for name, body in expression.items():
                answer = ALL
                if name == "match":
                    answer = self.matches.holds(traffic, body)
                    if body.get("op") not in ("!=", "!"):
                        by_port |= (answer != NONE and is_about_ports(body)) or (answer == ALL and _is_about_host(body, traffic))
                elif name in _read.LIMITS:
                    answer = SOME
                elif name == "set":
                    answer = self.matches.adds(body)
                elif name == "vmap":
                    return found + self._mapped(traffic, body, holds)
                elif name in (ACCEPT, DROP, QUEUE, "return", "continue", "jump", "goto"):
                    return [*found, Verdict(holds, name, body["target"] if name in ("jump", "goto") else "", by_port)]
                elif name in ("reject", "fwd"):
                    return [*found, Verdict(holds, DROP, "", by_port)]
                elif name in _read.TRANSLATIONS:
                    return [*found, Verdict(holds, TRANSLATE, {name: body}, by_port)]
                elif name in ("snat", "masquerade"):
                    return [*found, Verdict(holds, ACCEPT)]
                elif name == "notrack":
                    found.append(Verdict(holds, name))
                elif name == "xt":
                    answer, verdicts = _extension(body, holds, by_port)
                    if verdicts:
                        return found + verdicts
                elif name not in _HARMLESS and not (name == "mangle" and not _is_rewritten(body)):
                    found += _ANYTHING
                if answer == NONE:
                    return found
                holds = both(holds, answer)
        return found

    def _mapped(self, traffic: Traffic, vmap: Json, holds: str) -> list[Verdict]:
        entries = _read.entries(self.ruleset.elements, self.table, vmap)
        if entries is None:
            return _ANYTHING
        found: list[Verdict] = []
        for value, verdict in sorted(entries, key=lambda entry: entry[0] == "*"):  # what stands for all others comes last
            match = {"op": "==", "left": vmap["key"], "right": value}
            answer = both(holds, ALL if value == "*" else self.matches.holds(traffic, match))
            if answer != NONE:
                for name, body in verdict.items():
                    found.append(Verdict(answer, name, (body or {}).get("target", ""), is_about_ports(match)))
                if answer == ALL:
                    break
        return found


def _extension(body: t.Any, holds: str, by_port: bool) -> tuple[str, list[Verdict]]:
    """What a match or a target of iptables does."""
    kind, name = (body.get("type"), body.get("name")) if isinstance(body, dict) else (None, None)
    if name in _SILENT:
        return ALL, []
    if kind == "match":
        return STRANGE, []
    return ALL, [Verdict(holds, _TARGETS[name], {}, by_port)] if name in _TARGETS else _ANYTHING


def _is_rewritten(mangle: Json) -> bool:
    """Are ports or addresses set, so that later rules meet others?"""
    return _read.has(mangle["key"], "payload") and mangle["key"]["payload"].get("field") not in ("dscp", "ecn", "ttl", "hoplimit")


def lands(translation: Json, traffic: Traffic) -> str:
    """Which connections come to the same port of this host after all?"""
    for body in translation.values():
        port, address = (body or {}).get("port"), (body or {}).get("addr")
        if (isinstance(port, int) and not all(first <= port <= last for first, last in traffic.ports)) or (
            isinstance(address, str) and traffic.here and address not in traffic.here
        ):
            return NONE
        if (port is None or traffic.ports == ((port, port),)) and ("redirect" in translation or address in traffic.here):
            return ALL
    return STRANGE


def is_about_ports(match: Json) -> bool:
    """Whether a match picks some destination ports."""
    left = match["left"]
    try:
        fields = [part.get("payload", {}).get("field") for part in left.get("concat", [left])]
    except _read.STRANGE:
        return False
    return "dport" in fields and match["right"] != {"range": [0, 65535]}


def _is_about_host(match: Json, traffic: Traffic) -> bool:
    """Whether a match that holds for them picks addresses of this host."""
    payload = match["left"].get("payload", {}) if isinstance(match["left"], dict) else {}
    return payload.get("field") == ("daddr" if traffic.incoming else "saddr")


class Frame:
    """One chain that is being followed, from the base chain on, and how far."""

    def __init__(self, key: ChainKey) -> None:
        self.key = key
        self.rule: Json | None = None
        self.before = False  # some of ours may be denied, or take another way, in front of the rule
        self.within = False  # or by the rule itself


class Branch(t.NamedTuple):
    """A rule by which some may go another way than all."""

    chain: ChainKey
    rule: Json
    verdict: Verdict
    ends: set[str]
    to_policy: bool  # who comes to the end of the chain comes to the policy


class Walk:
    """
    The way of some connections through one base chain. ``sure`` is whether all of them come to it.

    Raises FirewallError if the rules are too many.
    """

    def __init__(self, ruleset: Ruleset, base: ChainKey, traffic: Traffic, sure: bool = True) -> None:
        self.ruleset, self.base, self.traffic = ruleset, base, traffic
        self.reader = Reader(ruleset, base)
        self.policy = ruleset.chains[base].get("policy", ACCEPT)
        self.untracked: set[str] = set()  # for which of them tracking is switched off
        self.translations: list[Json] = []
        self.branches: list[Branch] = []  # in front of where all end
        self.end = ""  # that all come to
        self.by_port = False  # it was about some ports that led them there
        self.path: list[Frame] = []  # to that end
        self._frames: list[Frame] = []
        self._steps = 0
        self.ends = self._chain(base[2], False, sure, True)
        if BACK in self.ends:
            self.ends = self.ends - {BACK} | {self.policy}
        if not sure:
            self.ends.add(ACCEPT)

    def _chain(self, name: str, by_port: bool, sure: bool, to_policy: bool) -> set[str]:
        """Follow them into a chain; return how they leave it."""
        frame = Frame((self.base[0], self.base[1], name))
        self._frames.append(frame)
        found = self._rules(frame, by_port, sure, to_policy)
        self._frames.pop()
        if self._frames and sure:
            self._frames[-1].within |= frame.before or frame.within
        return found

    def _rules(self, frame: Frame, by_port: bool, sure: bool, to_policy: bool) -> set[str]:
        found: set[str] = set()
        for rule in self.ruleset.followed(frame.key):
            frame.rule, frame.before, frame.within = rule, frame.before or frame.within, False
            self._steps += 1
            if self._steps > MOST_STEPS or len(self._frames) > 20:  # the kernel itself allows 16 jumps
                raise FirewallError("The rules in chain {} {} {} are too many to be followed.".format(*frame.key))
            for verdict in self.reader.verdicts(rule, self.traffic):
                name, chosen, all_do = verdict.name, by_port or verdict.by_port, verdict.holds == ALL
                if name in ("jump", "goto"):
                    ends = self._chain(verdict.target, chosen, sure and all_do, to_policy and name == "goto")
                elif name in ("notrack", "continue"):
                    self.untracked.update({verdict.holds} if name == "notrack" else ())
                    continue
                else:
                    ends = {BACK if name == "return" else name}
                    if name == TRANSLATE:
                        self.translations.append(verdict.target)
                found |= ends - {BACK} if name == "jump" else ends
                if not all_do:
                    frame.within |= bool(ends & {DROP, QUEUE}) if name == "jump" else name != ACCEPT
                    if sure and not self.end:
                        self.branches.append(Branch(frame.key, rule, verdict, ends, to_policy))
                    continue
                if name not in ("jump", "goto"):
                    self._all_end(self.policy if name == "return" else name, chosen, sure and (to_policy or name != "return"))
                if name != "jump" or BACK not in ends:
                    return found
        frame.rule, frame.before, frame.within = None, frame.before or frame.within, False
        self._all_end(self.policy, by_port, sure and to_policy)
        return found | {BACK}

    def _all_end(self, end: str, by_port: bool, sure: bool) -> None:
        if sure and not self.end:
            self.end, self.by_port, self.path = end, by_port, list(map(copy.copy, self._frames))


def passage(ruleset: Ruleset, traffic: Traffic, hooks: tuple[str, ...] | None = None) -> t.Iterator[Walk]:
    """The ways through all base chains that connections meet, one after the other. What one does to them, the next ones know."""
    translated = False
    for base in ruleset.bases(traffic.family, hooks or (INCOMING if traffic.incoming else OUTGOING)):
        chain = ruleset.chains[base]
        if chain.get("type") == "nat" and (translated or traffic.state == "untracked"):
            continue
        sure, state = chain.get("type") != "nat" or traffic.state == "new", traffic.state
        if chain["hook"] in ("ingress", "egress"):
            devices = chain.get("dev", [])
            devices = [devices] if isinstance(devices, str) else devices
            if devices == ["lo"] or (traffic.interface and devices and traffic.interface not in devices):
                continue
            sure, state = traffic.interface in devices, "invalid"
        elif chain.get("prio", 0) <= _TRACKING and chain["hook"] in ("prerouting", "output"):
            state = "invalid" if chain.get("prio", 0) < _TRACKING else None
        walk = Walk(ruleset, base, traffic._replace(state=state), sure)
        yield walk
        if walk.untracked and state != traffic.state:  # what is tracked already stays so
            traffic = traffic._replace(state="untracked" if walk.untracked == {ALL} and state == "invalid" else None)
        if walk.translations:
            traffic, translated = traffic._replace(translated=True), walk.ends == {TRANSLATE}
