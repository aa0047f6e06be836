# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The rules of an FXP server in the kernel, by nft(8).

The whole wish is one text, C(/etc/proftpd-fxp/firewall.nft): a few C(define) lines and one own table, the guard, which
keeps strangers off the FTP ports. An accept there does not overrule the drop of another base chain on the same hook, so
every other chain that drops by default also gets a rule with the comment C(proftpd.fxp): directly in front of the drop that
every new connection would come to, or at the end in front of the policy. There it lets through nothing but what the very next
step would drop: whatever else the operator denies (block lists, states, rates, a rule that is not understood) stays in front
of it. Tables that another program manages (iptables-nft, ufw, firewalld) are never written to.

It is part of the archive that is installed on the host (C(archive)): the module, the units that restore the rules and the
timer that takes an unconfirmed change back all run this code.
"""

from __future__ import annotations

import contextlib
import fcntl
import fnmatch
import hashlib
import ipaddress
import json
import os
import re
import sys
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.run import find, run

COMMENT = "proftpd.fxp"
TABLE = "proftpd_fxp"
NFT_TIMEOUT = 60  # seconds for one call of nft
LOCK_TIMEOUT = 30  # seconds to wait for another change to end

MOST_STEPS = 50_000  # rules that one connection is followed through

Json = t.Dict[str, t.Any]
Span = t.Tuple[int, int]
ChainKey = t.Tuple[str, str, str]  # family, table, chain

# The statements that go into other tables' chains; the defines are those of the rules file.
STATEMENTS = {
    "incoming": "tcp dport $incoming accept",
    "outgoing4": "ip daddr . tcp dport $outgoing4 accept",
    "outgoing6": "ip6 daddr . tcp dport $outgoing6 accept",
}
# Which of them make sense in a table of this family.
FAMILIES = {
    "inet": ("incoming", "outgoing4", "outgoing6"),
    "ip": ("incoming", "outgoing4"),
    "ip6": ("incoming", "outgoing6"),
}


# The tables of iptables-nft, with the hooks of their chains.
_HOOKS = {"PREROUTING": "prerouting", "INPUT": "input", "FORWARD": "forward", "OUTPUT": "output", "POSTROUTING": "postrouting"}
IPTABLES = {
    "filter": {name: _HOOKS[name] for name in ("INPUT", "FORWARD", "OUTPUT")},
    "security": {name: _HOOKS[name] for name in ("INPUT", "FORWARD", "OUTPUT")},
    "mangle": _HOOKS,
    "nat": {name: _HOOKS[name] for name in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")},
    "raw": {name: _HOOKS[name] for name in ("PREROUTING", "OUTPUT")},
}


class FirewallError(HostError):
    """
    Something that stops a change. The text is a full sentence for people.
    """


class Defines(t.NamedTuple):
    """
    What the C(define) lines of a rules file say.
    """

    control_port: int
    passive_ports: Span
    names: frozenset[str]
    outgoing_ports: tuple[Span, ...] = ()
    addresses: tuple[str, ...] = ()  # of this server, as the plan knows them
    here: tuple[str, ...] = ()  # those of them that an interface of this host holds
    interfaces: tuple[str, ...] = ()  # by which connections to this server come; none if that is not known

    def opens(self, port: int) -> bool:
        return port == self.control_port or self.passive_ports[0] <= port <= self.passive_ports[1]


def read_defines(text: str) -> Defines:
    """
    Read the C(define) lines of a rules file; raise FirewallError if one that is needed is missing.
    """
    defines = dict(re.findall(r"^define\s+(\w+)\s*=\s*(.*)", text, re.MULTILINE))
    port = re.match(r"(\d+)\s*$", defines.get("control_port", ""))
    passive = re.match(r"(\d+)-(\d+)\s*$", defines.get("passive_ports", ""))
    if not port or not passive or "incoming" not in defines:
        raise FirewallError(
            'The rules must begin with "define control_port = 21", "define passive_ports = first-last" and '
            '"define incoming = { $control_port, $passive_ports }".'
        )
    outgoing = "".join(re.findall(r"^define outgoing[46] = \{([^}]*)\}", text, re.MULTILINE))
    spans = {(int(first), int(last)) for first, last in re.findall(r" \. (\d+)-(\d+),", outgoing)}
    return Defines(
        int(port.group(1)),
        (int(passive.group(1)), int(passive.group(2))),
        frozenset(defines),
        tuple(sorted(spans)),
        *(tuple(re.findall(r"[^\s{},\"]+", defines.get(name, ""))) for name in ("addresses", "here", "interfaces")),
    )


class Ruleset:
    """
    What nft lists (libnftables-json(5)), by chain.
    """

    def __init__(self, items: t.Iterable[Json]) -> None:
        self.tables: dict[tuple[str, str], Json] = {}
        self.chains: dict[ChainKey, Json] = {}
        self.rules: dict[ChainKey, list[Json]] = {}
        self.lists: dict[ChainKey, Json] = {}
        self.own: list[Json] = []
        for item in items:
            if _is_own(item):
                self.own.append(item)
            else:
                for kind, body in item.items():
                    self._take(kind, body)

    def _take(self, kind: str, body: Json) -> None:
        if kind == "table":
            self.tables[body["family"], body["name"]] = body
        elif kind == "chain":
            self.chains[body["family"], body["table"], body["name"]] = body
            self.rules.setdefault((body["family"], body["table"], body["name"]), [])
        elif kind == "rule":
            self.rules.setdefault((body["family"], body["table"], body["chain"]), []).append(body)
        elif kind in ("map", "set"):
            self.lists[body["family"], body["table"], body["name"]] = body

    def base_chains(self) -> t.Iterator[tuple[ChainKey, str]]:
        """
        Every chain of other tables that decides on packets to or from this host, with its hook.
        """
        for key, chain in self.chains.items():
            if chain.get("type") == "filter" and chain.get("hook") in ("input", "output") and key[0] in FAMILIES:
                yield key, chain["hook"]

    def ours(self, key: ChainKey) -> list[Json]:
        """
        The rules of a foreign chain that are ours.
        """
        return [rule for rule in self.rules[key] if rule.get("comment") == COMMENT]

    def manager(self, key: ChainKey) -> str:
        """
        Which program manages the table that the chain is in; empty if it is the operator's own.

        iptables-nft takes every table of its names for its own in which no base chain is of another name or place. What nft
        writes there, iptables lists and saves without its ports.
        """
        family, table = key[:2]
        if table == "firewalld":
            return "firewalld"
        if family not in ("ip", "ip6") or table not in IPTABLES:
            return ""
        bases = [other for other in self._of(key) if "hook" in self.chains[other]]
        if any(IPTABLES[table].get(base[2]) != self.chains[base]["hook"] for base in bases):
            return ""
        return "ufw" if any(name.startswith(("ufw-", "ufw6-")) for dummy, dummy, name in self._of(key)) else "iptables"

    def _of(self, key: ChainKey) -> list[ChainKey]:
        return [other for other in self.chains if other[:2] == key[:2]]


def _is_own(item: Json) -> bool:
    """
    Is this our table, or something in it?
    """
    return any(
        kind != "metainfo" and body.get("family") == "inet" and body.get("name" if kind == "table" else "table") == TABLE
        for kind, body in item.items()
    )


class Traffic(t.NamedTuple):
    """
    New TCP connections of one kind, of which all that is known here is known alike.
    """

    kind: str  # of STATEMENTS
    family: int
    ports: tuple[Span, ...]
    here: tuple[str, ...]
    interface: str | None


# Which connections of a kind a match holds for. It may be known that it picks some of them, or the match is not understood.
ALL, SOME, STRANGE, NONE = "all", "some", "strange", "none"


def _not(answer: str) -> str:
    return {ALL: NONE, NONE: ALL}.get(answer, answer)


class _Verdict(t.NamedTuple):
    holds: str
    name: str
    target: str = ""
    by_port: bool = False  # it is about some ports, ours among them: not a default but a decision


class _Matches:
    """
    Which connections does a match in this table hold for? Expressions are those of libnftables-json(5).
    """

    def __init__(self, ruleset: Ruleset, base: ChainKey) -> None:
        self.ruleset, self.table = ruleset, base[:2]
        self.incoming = ruleset.chains[base]["hook"] == "input"

    def holds(self, traffic: Traffic, match: Json) -> str:
        left, right, op = match["left"], match["right"], match.get("op", "==")
        if not isinstance(left, dict):
            return STRANGE
        protocol = left.get("payload", {}).get("protocol")
        if protocol in NEVER_TCP:
            return NONE
        if protocol == ("ip6" if traffic.family == 4 else "ip"):
            return NONE
        if left.get("payload", {}).get("field") == "dport" and op in ("<", "<=", ">", ">=") and isinstance(right, int):
            span = (0, right - (op == "<")) if op in ("<", "<=") else (right + (op == ">"), 65535)
            return self._ports(traffic, [{"range": span}])
        if op not in ("==", "!=", "in"):
            return STRANGE
        answer = self._equal(traffic, left, right)
        return _not(answer) if op == "!=" else answer

    def _equal(self, traffic: Traffic, left: Json, right: t.Any) -> str:
        values = self._values(right)
        meta, field = left.get("meta", {}).get("key"), left.get("payload", {}).get("field")
        if "concat" in left:
            return SOME if f'"{self._far_side}"' in json.dumps(left) else STRANGE
        if "fib" in left:
            return self._route(left["fib"], values)
        if field == self._far_side:
            return SOME
        if field in ("saddr", "daddr") and left["payload"].get("protocol") in ("ip", "ip6"):
            return self._own_address(traffic, values)
        if values is None:
            return STRANGE
        if field == "dport":
            return self._ports(traffic, values)
        if meta in INTERFACES:
            return self._interface(traffic, values) if meta.startswith("i") is self.incoming else STRANGE
        words = {str(value).lower() for value in values}
        if left.get("ct", {}).get("key") == "state":
            return ALL if "new" in words else NONE
        if meta == "l4proto" or field in ("protocol", "nexthdr"):
            return ALL if words & {"tcp", "6"} else NONE
        if meta in ("nfproto", "protocol"):
            return ALL if words & ({"ipv4", "ip", "2"} if traffic.family == 4 else {"ipv6", "ip6", "10"}) else NONE
        if meta == "pkttype":
            return ALL if words & {"host", "unicast"} else NONE
        if field == "flags":
            return ALL if "syn" in words else NONE
        if "&" in left and '"field": "flags"' in json.dumps(left):
            return self._flags(left["&"], words)
        return STRANGE

    @property
    def _far_side(self) -> str:
        return "saddr" if self.incoming else "daddr"

    def _values(self, right: t.Any) -> list[t.Any] | None:
        """
        The right-hand side one by one; None if it is not listed.
        """
        if isinstance(right, str) and right.startswith("@"):
            found = self.ruleset.lists.get((*self.table, right[1:]), {}).get("elem")
            return None if found is None else [item["elem"]["val"] if _has(item, "elem") else item for item in found]
        if isinstance(right, dict) and "set" in right:
            return self._values(right["set"])
        return list(right) if isinstance(right, list) else [right]

    def _route(self, fib: Json, values: list[t.Any] | None) -> str:
        flags = fib.get("flags", [])
        if fib.get("result") == "type" and "daddr" in flags and self.incoming and values is not None:
            return ALL if "local" in values else NONE
        return SOME if "saddr" in flags else STRANGE

    @staticmethod
    def _own_address(traffic: Traffic, values: list[t.Any] | None) -> str:
        """
        An address of this host: never loopback, as it comes by another interface, never of a group.
        """
        if values is None:
            return STRANGE
        networks = list(map(_network, values))
        if all(network and (network.is_multicast or network.is_loopback or str(network) in BROADCAST) for network in networks):
            return NONE
        here = [ipaddress.ip_address(address) for address in traffic.here if (":" in address) is (traffic.family == 6)]
        if not here or None in networks:
            return STRANGE
        held = [any(network and address in network for network in networks) for address in here]
        return ALL if all(held) else SOME if any(held) else NONE

    @staticmethod
    def _interface(traffic: Traffic, values: list[t.Any]) -> str:
        if values == ["lo"]:
            return NONE
        if traffic.interface is None or not all(isinstance(value, str) for value in values):
            return STRANGE
        return ALL if any(fnmatch.fnmatchcase(traffic.interface, value) for value in values) else NONE

    @staticmethod
    def _ports(traffic: Traffic, values: list[t.Any]) -> str:
        spans = [tuple(value["range"]) if _has(value, "range") else (value, value) for value in values]
        if not all(isinstance(port, int) for span in spans for port in span):
            return STRANGE
        asked = sum(last - first + 1 for first, last in traffic.ports)
        held = sum(max(0, min(last, high) - max(first, low) + 1) for first, last in traffic.ports for low, high in _joined(spans))
        return NONE if not held else ALL if held >= asked else SOME

    @staticmethod
    def _flags(operands: t.Any, words: set[str]) -> str:
        mask = {str(word).lower() for word in re.findall(r"\w+", json.dumps(operands[1]))}
        if mask & {"ecn", "cwr"} or any(word.isdigit() for word in mask):
            return STRANGE
        wanted = {word for word in words if word != "0"}
        return ALL if mask & {"syn"} == wanted else NONE


NEVER_TCP = ("udp", "udplite", "sctp", "dccp", "icmp", "icmpv6", "igmp", "esp", "ah", "comp", "arp")
LIMITS = ("limit", "ct count", "quota", "meter")
INTERFACES = ("iif", "iifname", "oif", "oifname")
BROADCAST = ("255.255.255.255/32",)


def _has(value: t.Any, key: str) -> bool:
    return isinstance(value, dict) and key in value


def _network(value: t.Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        text = "{addr}/{len}".format(**value["prefix"]) if isinstance(value, dict) else value
        return ipaddress.ip_network(text, strict=False)
    except (KeyError, TypeError, ValueError):
        return None


def _joined(spans: t.Iterable[t.Any]) -> list[Span]:
    joined: list[Span] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


class Placement(t.NamedTuple):
    """
    One foreign chain that needs rules of ours.
    """

    chain: ChainKey
    rules: tuple[str, ...]
    before: int | None  # handle of the rule that ours go in front of; None: at the end


class Stop(t.NamedTuple):
    """
    Where our connections end. C(reason) is empty where a rule of ours may open it.
    """

    chain: ChainKey
    handle: int | None  # None: the policy
    reason: str = ""
    scoped: bool = False  # it drops what comes by our interfaces only
    behind: tuple[ChainKey, int] | None = None  # what else is denied there, which ours would pass by

    def sentence(self, nft: Nft) -> str:
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


class Judgement(t.NamedTuple):
    """
    What other tables mean for us.
    """

    places: list[Placement]
    shut: list[Stop]
    strange: list[tuple[ChainKey, int]]  # rules that may drop ours under conditions that are not understood; they stay in front
    limits: list[tuple[ChainKey, int]]  # rules that accept ours up to a limit; what is over it comes to the rule that ours opens

    def refuse(self, nft: Nft) -> None:
        """
        Raise FirewallError if something stays shut.
        """
        if self.shut:
            raise FirewallError(" ".join(stop.sentence(nft) for stop in self.shut))

    def warnings(self, nft: Nft) -> list[str]:
        doubtful = (
            "may drop FTP connections that the plan allows; it is not understood here, so it stays in front of what proftpd.fxp "
            "opens. If clients or peers are kept out, accept them in front of it."
        )
        limited = (
            "accepts FTP connections up to a limit; what proftpd.fxp opens behind it accepts those over the limit, too. If the "
            "limit is to hold, drop what is over it (limit rate over, ct count over) instead."
        )
        return [
            f'The rule "{nft.text_of(chain, handle)}" (table {chain[0]} {chain[1]}, chain {chain[2]}, handle {handle}) {why}'
            for rules, why in ((self.strange, doubtful), (self.limits, limited))
            for chain, handle in rules
        ]


class _Frame:
    """
    One chain that is being followed, from the base chain on, and how far.
    """

    def __init__(self, key: ChainKey) -> None:
        self.key = key
        self.rule: Json | None = None
        self.before = False  # some of ours may be denied, or take another way, in front of the rule
        self.within = False  # or by the rule itself


class _Way:
    """
    The way of one kind of connections through one base chain, up to where all of them end.
    """

    def __init__(self, ruleset: Ruleset, base: ChainKey, traffic: Traffic, others: list[Traffic]) -> None:
        self.ruleset, self.base, self.traffic, self.others = ruleset, base, traffic, others
        self.matches = _Matches(ruleset, base)
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
        """
        Follow them into a chain; true if they come back from it.
        """
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
                    if verdict.name == "accept" and any(name in LIMITS for each in rule["expr"] for name in each):
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
        """
        Who went to a chain comes back to where he was called from; from the base chain, to the policy.
        """
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

    def _parts(self, verdict: _Verdict) -> bool:
        """
        Does a rule that holds for some of ours deny those, or lead them elsewhere? Who is let in by it is no concern.
        """
        if verdict.name == "jump":
            return bool(self._words(verdict.target, set()) & {"drop", "queue"})
        return verdict.name != "accept"

    def _stop(self, by_port: bool) -> Stop:
        """
        Ours goes as far outside as nothing of the operator's is passed by: in front of the jump to a chain that does nothing but
        log and drop, as others may be sent there too; behind the denies of a chain that decides, if only the default leads there.
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
        """
        What ours accepts: from anywhere, or where that is too much, by the interfaces of the server.
        """
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
        """
        Does nobody whom ours would accept come to this chain but on the way of all? A chain may also be where others are denied.
        """
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
        """
        What leads to a chain: from which chain, on which conditions, and whether those are all.
        """
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
        A rule that would deny some of ours to whom the rule that ends them all leaves something: it stands behind that one, so
        ours would pass it by.
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

    def _is_doubtful(self, verdict: _Verdict, depth: int) -> bool:
        """
        May a rule that holds for some of ours drop those, without being understood? What is understood is the operator's wish.
        """
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
        """
        All verdicts that ours may come to in a chain, and whether it accepts anybody.
        """
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

    def _verdicts(self, rule: Json, traffic: Traffic) -> list[_Verdict]:
        """
        What a rule may do with them, up to what it does with all of them.
        """
        holds, by_port = ALL, False
        for expression in rule.get("expr", []):
            for name, body in expression.items():
                answer = ALL
                if name == "match":
                    answer = self.matches.holds(traffic, body)
                    by_port = by_port or (body.get("op") != "!=" and _is_about_ports(body))
                elif name in LIMITS:
                    answer = SOME
                elif name == "set":
                    answer = SOME if _has(body, "stmt") else STRANGE
                elif name == "xt" and not (_has(body, "name") and body["name"] in ("comment", "tcp", "LOG")):
                    rejects = _has(body, "name") and body["name"] == "REJECT"
                    return [_Verdict(holds if rejects else STRANGE, "drop", "", by_port)]
                elif name == "vmap":
                    return self._mapped(traffic, body, holds)
                elif name in ("accept", "drop", "reject", "queue", "return", "jump", "goto"):
                    target = body["target"] if name in ("jump", "goto") else ""
                    return [_Verdict(holds, "drop" if name == "reject" else name, target, by_port)]
                if answer == NONE:
                    return []
                holds = _both(holds, answer)
        return []

    def _mapped(self, traffic: Traffic, vmap: Json, holds: str) -> list[_Verdict]:
        found = []
        for value, verdict in self._entries(vmap):
            match = {"op": "==", "left": vmap["key"], "right": value}
            answer = ALL if value == "*" else _both(holds, self.matches.holds(traffic, match))
            if answer == NONE:
                continue
            for name, body in verdict.items():
                found.append(_Verdict(_both(holds, answer), name, (body or {}).get("target", ""), _is_about_ports(match)))
            if found[-1].holds == ALL:
                break
        return sorted(found, key=lambda verdict: verdict.holds == ALL)

    def _entries(self, vmap: Json) -> t.Iterator[tuple[t.Any, Json]]:
        data = vmap["data"]
        if isinstance(data, str):
            entries = self.ruleset.lists.get((self.base[0], self.base[1], data.lstrip("@")), {}).get("elem", [])
        else:
            entries = data.get("set", [])
        for key, verdict in entries:
            yield key["elem"]["val"] if _has(key, "elem") else key, verdict


def _is_about_ports(match: Json) -> bool:
    return '"dport"' in json.dumps(match["left"]) and match["right"] != {"range": [0, 65535]}


def _is_never_ours(match: Json) -> bool:
    """
    Where this does not hold for new connections to our ports, it holds for no packet that a rule of ours accepts. Of states and
    flags that cannot be said: ours asks for none.
    """
    left = match["left"]
    if not isinstance(left, dict):
        return False
    return (
        left.get("meta", {}).get("key") in ("l4proto", "nfproto", "protocol", *INTERFACES)
        or left.get("payload", {}).get("field") in ("dport", "protocol", "nexthdr")
        or left.get("payload", {}).get("protocol") in NEVER_TCP
    )


def _both(one: str, other: str) -> str:
    """
    What two matches of one rule hold for.
    """
    return next(answer for answer in (NONE, STRANGE, SOME, ALL) if answer in (one, other))


def judge(ruleset: Ruleset, defines: Defines) -> Judgement:
    """
    Where rules of ours are needed in other tables, what stays shut, and what may.
    """
    stops: dict[Stop, set[str]] = {}
    strange: dict[tuple[ChainKey, int], None] = {}
    limits: dict[tuple[ChainKey, int], None] = {}
    for key, hook in ruleset.base_chains():
        # Ours accepts both families in a table of both; whether it opens those that the server has is what counts.
        kinds = _traffic(defines, key[0], hook)
        families = {6 if ":" in address else 4 for address in defines.addresses} or {4, 6}
        for traffic in kinds:
            if traffic.family in families or hook == "output":
                way = _Way(ruleset, key, traffic, [other for other in kinds if hook == "input" or other.kind == traffic.kind])
                way.go()
                if way.stop:
                    stops.setdefault(_who_opens(ruleset, way.stop), set()).add(traffic.kind)
                if not ruleset.manager(key):
                    strange.update(dict.fromkeys(way.strange))
                    limits.update(dict.fromkeys(way.limits if way.stop else ()))
    places: dict[ChainKey, Placement] = {}
    for stop, found in stops.items():
        if not stop.reason:
            rules = tuple(_rule_text(kind, stop, defines) for kind in FAMILIES[stop.chain[0]] if kind in found)
            former = places.get(stop.chain)
            if former and former.before == stop.handle:
                rules = (*former.rules, *(rule for rule in rules if rule not in former.rules))
            places[stop.chain] = Placement(stop.chain, rules, stop.handle)
    return Judgement(list(places.values()), [stop for stop in stops if stop.reason], list(strange), list(limits))


def _who_opens(ruleset: Ruleset, stop: Stop) -> Stop:
    if "owner" in ruleset.tables.get(stop.chain[:2], {}).get("flags", []):
        return stop._replace(reason="owner")
    manager = ruleset.manager(stop.chain)
    return stop._replace(reason=manager) if manager else stop


def _traffic(defines: Defines, family: str, hook: str) -> list[Traffic]:
    found = []
    for kind in FAMILIES[family]:
        if kind not in defines.names or kind.startswith("incoming") is not (hook == "input"):
            continue
        control = (defines.control_port, defines.control_port)
        groups = [(control,), (defines.passive_ports,)] if hook == "input" else [defines.outgoing_ports]
        versions = {"ip": (4,), "ip6": (6,), "inet": (4, 6)}[family] if hook == "input" else (int(kind[-1]),)
        for version in versions:
            for ports in groups:
                found += [Traffic(kind, version, ports, defines.here, name) for name in defines.interfaces or (None,)]
    return found


def _rule_text(kind: str, stop: Stop, defines: Defines) -> str:
    by = ""
    if stop.scoped:
        names = ", ".join(f'"{name}"' for name in defines.interfaces)
        by = f"{'iifname' if kind == 'incoming' else 'oifname'} {{ {names} }} "
    return f'{by}{STATEMENTS[kind]} comment "{COMMENT}"'


def batch(text: str, ruleset: Ruleset) -> str:
    """
    One transaction for C(nft -f -): the rules file, and our rules in other tables put where they belong now.
    """
    lines = [text.rstrip("\n"), *_removals(ruleset)]
    for place in judge(ruleset, read_defines(text)).places:
        chain = "{} {} {}".format(*place.chain)
        for rule in place.rules:
            if place.before is None:
                lines.append(f"add rule {chain} {rule}")
            else:
                lines.append(f"insert rule {chain} handle {place.before} {rule}")
    return "\n".join(lines) + "\n"


def removal_batch(ruleset: Ruleset) -> str:
    """
    One transaction that takes everything of ours out of the kernel.
    """
    own = [f"table inet {TABLE}", f"delete table inet {TABLE}"]
    return "\n".join(own + _removals(ruleset)) + "\n"


def _removals(ruleset: Ruleset) -> list[str]:
    return [
        "delete rule {} {} {} handle {}".format(key[0], key[1], key[2], rule["handle"])
        for key in ruleset.chains
        for rule in ruleset.ours(key)
    ]


def in_force(ruleset: Ruleset) -> dict[str, list[str]]:
    """
    Fingerprint of what the kernel holds of ours: digest of the own table, digests of the rules in other tables by hook.
    """
    found: dict[str, set[str]] = {"table": set(), "input": set(), "output": set()}
    if ruleset.own:
        # Whether sets or chains are listed first is a matter of the release; the rules of a chain stay in their order.
        found["table"].add(_digest(sorted(ruleset.own, key=lambda item: next(iter(item)))))
    for key in ruleset.chains:
        for rule in ruleset.ours(key):
            found[_hook_of(rule)].add(_digest(rule.get("expr")))
    return {name: sorted(digests) for name, digests in found.items()}


def _hook_of(rule: Json) -> str:
    """
    A rule of ours names the far side's address if and only if it is for connections that this host opens.
    """
    return "output" if '"concat"' in json.dumps(rule.get("expr")) else "input"


def drift(text: str, ruleset: Ruleset, recorded: dict[str, list[str]]) -> list[str]:
    """
    Say how the kernel differs from a rules file whose fingerprint was C(recorded) when it was loaded; empty if it
    does not.
    """
    found, now = [], in_force(ruleset)
    if not now["table"]:
        found.append(f"table inet {TABLE} is not loaded")
    elif now["table"] != recorded.get("table"):
        found.append(f"table inet {TABLE} differs from its file")
    wanted = {place.chain: place for place in judge(ruleset, read_defines(text)).places}
    for key in ruleset.chains:
        chain = "chain {} {} {}".format(*key)
        ours = ruleset.ours(key)
        place = wanted.get(key)
        if not place:
            if ours:
                found.append(f"{chain} no longer needs the rule of {COMMENT}")
        elif len(ours) != len(place.rules) or not all(
            _digest(rule.get("expr")) in recorded.get(_hook_of(rule), []) for rule in ours
        ):
            found.append(f"{chain} drops by default and lacks the rule of {COMMENT}")
        elif not _in_place(ruleset, place):
            found.append(f"{chain} has the rule of {COMMENT} elsewhere than directly in front of what drops by default")
    return found


def _in_place(ruleset: Ruleset, place: Placement) -> bool:
    """
    Directly in front: further back it would open nothing, further in front it would pass what others deny.
    """
    handles = [rule["handle"] for rule in ruleset.rules[place.chain]]
    limit = len(handles) if place.before is None else handles.index(place.before)
    ours = [handles.index(rule["handle"]) for rule in ruleset.ours(place.chain)]
    return ours == list(range(limit - len(ours), limit))


def _digest(value: t.Any) -> str:
    return hashlib.sha256(json.dumps(_settled(value), sort_keys=True).encode()).hexdigest()


def _settled(value: t.Any) -> t.Any:
    """
    The same JSON whatever release of nft lists it: without handles, without what only some tell, and with sets in one order.
    """
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if not isinstance(value, dict):
        return value
    settled = {key: _settled(item) for key, item in value.items() if key not in ("handle", "auto-merge")}
    for key in ("set", "elem"):
        if isinstance(settled.get(key), list):
            settled[key] = sorted(settled[key], key=lambda item: json.dumps(item, sort_keys=True))
    return settled


class Nft:
    """
    The nft program. C(prefix) goes before it on the command line, for another network namespace.
    """

    def __init__(self, prefix: t.Sequence[str] = ()) -> None:
        self.prefix = list(prefix)
        self.path = find("nft")

    def ruleset(self) -> Ruleset:
        """
        All rules, with the elements of our own sets, of verdict maps, and of sets of interfaces or ports. Other sets are not
        read: block lists of 100 000 addresses would take a second each time.
        """
        for _attempt in range(3):
            try:
                return Ruleset(self._items())
            except FirewallError as error:
                problem = error  # what was listed first may be gone by the time its elements are listed
        raise problem

    def everything(self) -> list[Json]:
        """
        All there is, with every element of every set, as C(nft list ruleset) tells it.
        """
        return self._list("list", "ruleset")

    def _items(self) -> list[Json]:
        items = self._list("-t", "list", "ruleset")
        if any(map(_is_own, items)):
            items = [item for item in items if not _is_own(item)] + self._list("list", "table", "inet", TABLE)
        for item in list(items):
            for kind, body in item.items():
                verdicts = kind == "map" and body.get("map") == "verdict"
                small = kind == "set" and body.get("type") in ("ifname", "inet_service")
                if (verdicts or small) and not _is_own(item):
                    items += self._list("list", kind, body["family"], body["table"], body["name"])
        return items

    def owned(self, places: t.Sequence[Placement]) -> list[Stop]:
        """
        Which of these chains belong to a running program: nft 1.0.6 does not list that, but the kernel says so.
        """
        found = []
        for place in places:
            try:
                self.check("add rule {} {} {} counter\n".format(*place.chain))
            except FirewallError as error:
                if "Operation not permitted" in str(error):
                    found.append(Stop(place.chain, place.before, "owner"))
        return found

    def text_of(self, chain: ChainKey, handle: int | None) -> str:
        """
        A rule as nft writes it, for people.
        """
        if handle is None:
            return "policy drop"
        listed = re.search(rf"^\s*(.*) # handle {handle}$", self._run(["-a", "-s", "list", "chain", *chain]), re.MULTILINE)
        return listed.group(1) if listed else f"handle {handle}"

    def _list(self, *arguments: str) -> list[Json]:
        answer = self._run(["-j", "-s", *arguments])
        return t.cast(t.List[Json], json.loads(answer)["nftables"]) if answer.strip() else []

    def check(self, lines: str) -> None:
        self._run(["-c", "-f", "-"], lines)

    def run(self, lines: str) -> None:
        self._run(["-f", "-"], lines)

    def load(self, text: str) -> None:
        """
        Put a rules file in force, atomically. Another program may change its tables in between: look again then.
        """
        self._settle(lambda ruleset: batch(text, ruleset))

    def unload(self) -> None:
        self._settle(removal_batch)

    def _settle(self, lines_for: t.Callable[[Ruleset], str]) -> None:
        lines = lines_for(self.ruleset())
        for _dummy in range(5):
            try:
                return self.run(lines)
            except FirewallError:
                again = lines_for(self.ruleset())
                if again == lines:
                    raise
                lines = again
        raise FirewallError("Other programs keep changing the nftables rules; stop them, or try again.")

    def _run(self, arguments: list[str], lines: str | None = None) -> str:
        if not self.path:
            raise FirewallError("nft is not installed; install the package nftables.")
        try:
            done = run([*self.prefix, self.path, *arguments], NFT_TIMEOUT, text=lines)
        except HostError as error:
            raise FirewallError(str(error)) from None
        if done.status:
            raise FirewallError("nft {} says: {}".format(" ".join(arguments), done.errors[:1000]))
        return done.output


def shut(nft: Nft, text: str, root: str = "") -> list[str]:
    """
    Say what stays shut although the rules are loaded, and how it is opened.
    """
    ruleset = nft.ruleset()
    found = [stop.sentence(nft) for stop in judge(ruleset, read_defines(text)).shut]
    if ufw_is_on(read(f"{root}/etc/ufw/ufw.conf") or "") and not any("ufw" in sentence for sentence in found):
        found.append(
            "ufw is switched on and decides here, so proftpd.fxp puts nothing in front of its rules; open the FTP ports in ufw."
        )
    return found


def ufw_is_on(conf: str) -> bool:
    """
    Does C(/etc/ufw/ufw.conf) say that ufw loads its rules?
    """
    return bool(re.search(r"^\s*ENABLED\s*=\s*[\"']?yes", conf, re.MULTILINE | re.IGNORECASE))


class Host:
    """
    The files of this room, below C(root), and what the boot unit and the timer do with them.

    A change that is not confirmed yet has a C(pending) file in C(/run): after a reboot it is forgotten.
    """

    def __init__(self, root: str = "", nft: Nft | None = None) -> None:
        self.nft = nft or Nft()
        self.root = root
        self.rules = root + "/etc/proftpd-fxp/firewall.nft"
        self.new_rules = self.rules + ".new"
        self.record = root + "/var/lib/proftpd-fxp/firewall.json"
        self.program = root + "/usr/local/lib/proftpd-fxp/firewall.py"
        self.pending = root + "/run/proftpd-fxp/firewall.pending"
        self.lock = root + "/run/proftpd-fxp/firewall.lock"

    @contextlib.contextmanager
    def locked(self) -> t.Iterator[None]:
        """
        One change at a time. Removal takes the lock's file away, so what was locked must still be that file.
        """
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            os.makedirs(os.path.dirname(self.lock), mode=0o700, exist_ok=True)
            handle = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                self._wait_for(handle, deadline)
                if self._is_lock(handle):
                    yield
                    return
            finally:
                os.close(handle)

    def _is_lock(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), os.stat(self.lock))
        except FileNotFoundError:
            return False

    @staticmethod
    def _wait_for(handle: int, deadline: float) -> None:
        while True:
            try:
                return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    raise FirewallError("Another change of the firewall rules has not ended; try again.") from None
                time.sleep(0.1)

    def load(self) -> None:
        """
        Put in force what counts now: the rules on trial if there are any, else the confirmed ones, else none. If no rule can be
        put into another table, the guard is in force all the same. What stays shut is said on standard error, for the journal.
        """
        with self.locked():
            trial = None
            if os.path.exists(self.pending):
                trial = read(self.new_rules)
            else:
                with contextlib.suppress(OSError):  # nftables.service sees /etc read-only
                    remove(self.new_rules)
            text = trial if trial is not None else read(self.rules)
            try:
                self._load(text)
            except FirewallError:
                if text is not None:
                    self.nft.run(text)
                raise
            if text is not None:
                for sentence in shut(self.nft, text, self.root):
                    sys.stderr.write(f"{sentence}\n")

    def unload(self) -> None:
        with self.locked():
            self.nft.unload()

    def go_back(self) -> None:
        """
        Take the rules on trial back, if they are still on trial.
        """
        with self.locked():
            if os.path.exists(self.pending):
                self.take_back()

    def take_back(self) -> None:
        """
        The same for whoever holds the lock. If not even the unloading works, the rules stay on trial, for the timer to try again.
        """
        problem: FirewallError | OSError | None = None
        try:
            self._load(read(self.rules))
        except (FirewallError, OSError) as error:
            problem = error
            self.nft.unload()  # rather no rules than some that may keep the administrator out
        remove(self.new_rules)
        remove(self.pending)
        if problem is not None:
            raise problem

    def _load(self, text: str | None) -> None:
        if text is None:
            self.nft.unload()
        else:
            self.nft.load(text)


def read(path: str) -> str | None:
    """
    A file's text, or V(None) if there is no such file.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def main(arguments: t.Sequence[str]) -> int:
    """
    C(firewall.py load|unload|return): for the units that are installed with it.
    """
    host = Host()
    verbs = {"load": host.load, "unload": host.unload, "return": host.go_back}
    if len(arguments) != 1 or arguments[0] not in verbs:
        sys.stderr.write("Usage: firewall.py load|unload|return\n")
        return 2
    try:
        verbs[arguments[0]]()
    except (HostError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
