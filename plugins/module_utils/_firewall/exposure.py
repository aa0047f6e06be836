# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
Who gets in at which port, as far as the nftables rules in force can be evaluated. Pure.

A new TCP connection from an address that is not the host's own is taken through every base chain on the hooks prerouting and
input, in whatever order: it must be accepted by all of them. What a rule asks that is not known here (an interface, a mark, a
rate, a set whose elements are not listed, an extension) makes both answers possible, and the answer is then unknown: nothing is
guessed. To be exact without asking for every address, the address space is cut where rules cut it, and each piece is asked once.

Expressions are those of libnftables-json(5).
"""

from __future__ import annotations

import bisect
import ipaddress
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import expressions as _read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import ChainKey, Json
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span

ACCEPT, DROP, UNKNOWN = "accept", "drop", "unknown"
HOOKS = ("prerouting", "input")
# One question costs a walk through the rules. A ruleset that needs more of them is told as unknown.
MOST_QUESTIONS = 200_000
_MOST_CUTS = 4000
_MOST_STEPS = 20_000
_BITS = {4: 32, 6: 128}
_HERE = {4: (127 << 24, (128 << 24) - 1), 6: (1, 1)}

# True, False, or None where it cannot be told.
Truth = t.Optional[bool]


class Access(t.NamedTuple):
    """Ports ``first`` to ``last`` for addresses of one ``family``: the networks that get in, and those not known."""

    family: int
    first: int
    last: int
    accepted: list[str]
    unknown: list[str]

    def as_dict(self) -> dict[str, t.Any]:
        return dict(self._asdict())


class _Packet(t.NamedTuple):
    """A new TCP connection."""

    family: int
    source: int
    port: int


class View:
    """All chains, rules, maps and sets of a ruleset, those of our own table too."""

    def __init__(self, items: t.Iterable[Json]) -> None:
        self.chains: dict[ChainKey, Json] = {}
        self.rules: dict[ChainKey, list[list[Json]]] = {}
        self.elements: dict[ChainKey, list[t.Any]] = {}
        for item in items:
            for kind, body in item.items():
                if kind == "chain":
                    self.chains[body["family"], body["table"], body["name"]] = body
                elif kind == "rule":
                    self.rules.setdefault((body["family"], body["table"], body["chain"]), []).append(body.get("expr", []))
                elif kind in ("set", "map"):
                    self.elements[body["family"], body["table"], body["name"]] = body.get("elem", [])

    def bases(self, family: int) -> list[ChainKey]:
        """The chains that decide on connections of that family to this host."""
        tables = ("inet", "ip" if family == 4 else "ip6")
        return [
            key
            for key, chain in self.chains.items()
            if key[0] in tables and chain.get("type") == "filter" and chain.get("hook") in HOOKS
        ]


class _Numbers:
    """The numbers that a right-hand side holds, quick to ask; ``whole`` is false if it holds something else too."""

    def __init__(self, elements: t.Sequence[t.Any]) -> None:
        spans = [_read.span(element) for element in elements]
        self.whole = None not in spans
        self.firsts: list[int] = []
        self.lasts: list[int] = []
        for first, last in _read.joined(span for span in spans if span is not None):
            self.firsts.append(first)
            self.lasts.append(last)

    def holds(self, number: int) -> Truth:
        at = bisect.bisect_right(self.firsts, number) - 1
        return True if at >= 0 and number <= self.lasts[at] else False if self.whole else None


def _words(value: t.Any) -> set[str]:
    """All words in a right-hand side."""
    if isinstance(value, dict):
        return set().union(*map(_words, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_words, value)) if value else set()
    return {str(value).lower()}


class _Asked:
    """Answers whether a match holds for a packet."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.numbers: dict[t.Any, tuple[t.Any, _Numbers]] = {}

    def elements(self, base: ChainKey, right: t.Any) -> list[t.Any] | None:
        """What is on the right-hand side, one by one; None if that is not listed."""
        return _read.elements(self.view.elements, base[:2], right)

    def among(self, base: ChainKey, right: t.Any, number: int) -> Truth:
        # By identity: the view keeps what it was made of, so nothing else gets the same one meanwhile.
        key = (base[:2], right) if isinstance(right, str) else id(right)
        if key not in self.numbers:
            elements = self.elements(base, right)
            self.numbers[key] = right, _Numbers([{}] if elements is None else elements)
        return self.numbers[key][1].holds(number)

    def match(self, base: ChainKey, packet: _Packet, body: Json) -> Truth:
        """The truth of a match, with ``==``, ``!=`` and ``in``; of anything else it is not known."""
        try:
            return self._match(base, packet, body)
        except _read.STRANGE:
            return None

    def _match(self, base: ChainKey, packet: _Packet, body: Json) -> Truth:
        op = body.get("op", "==")
        if op not in ("==", "!=", "in"):
            return None
        left, right = body.get("left"), body.get("right")
        if not isinstance(left, dict):
            return None
        if not self._concerns(packet, left):
            return False  # the protocol that the match needs is not that of the packet, however it is turned
        truth = self._equal(base, packet, left, right)
        return truth if truth is None or op != "!=" else not truth

    @staticmethod
    def _concerns(packet: _Packet, left: Json) -> bool:
        protocols = [
            part["payload"].get("protocol") for part in left.get("concat", [left]) if isinstance(part, dict) and "payload" in part
        ]
        return not _read.NEVER_TCP.union({_read.OTHER_FAMILY[packet.family]}).intersection(protocols)

    def _equal(self, base: ChainKey, packet: _Packet, left: Json, right: t.Any) -> Truth:
        if "concat" in left:
            return self._concatenated(base, packet, left["concat"], right)
        payload, meta, words = left.get("payload", {}), left.get("meta", {}).get("key"), _words(right)
        field = payload.get("field")
        if field == "saddr":
            return self.among(base, right, packet.source)
        if field == "dport":
            return self.among(base, right, packet.port)
        if meta == "l4proto" or field in ("protocol", "nexthdr"):
            return self._word(base, right, _read.TCP)
        if meta in ("nfproto", "protocol"):
            return self._word(base, right, _read.FAMILY[packet.family])
        if meta in ("iifname", "iif"):
            # It does not come from the host itself; which of its other interfaces it comes by is not known.
            return False if words == {"lo"} else None
        if "ct" in left and left["ct"].get("key") == "state":
            return self._word(base, right, {"new"})
        if "&" in left and "flags" in str(left["&"]):
            return True if right == "syn" else None
        if "fib" in left and left["fib"].get("result") == "type" and words == {"local"}:
            return True
        return None

    def _word(self, base: ChainKey, right: t.Any, wanted: t.AbstractSet[str]) -> Truth:
        elements = self.elements(base, right)
        return None if elements is None else bool(_words(elements) & wanted)

    def _concatenated(self, base: ChainKey, packet: _Packet, left: list[t.Any], right: t.Any) -> Truth:
        elements = self.elements(base, right)
        if elements is None:
            return None
        answer: Truth = False
        for element in elements:
            parts = element.get("concat", []) if isinstance(element, dict) else []
            truths = [self._equal(base, packet, one, value) if isinstance(one, dict) else None for one, value in zip(left, parts)]
            if len(parts) != len(left):
                truths.append(None)
            if False not in truths:
                if None not in truths:
                    return True
                answer = None
        return answer


class _Walk:
    """One packet on its way through one base chain, and every end that it may come to."""

    def __init__(self, asked: _Asked, base: ChainKey, packet: _Packet) -> None:
        self.asked, self.base, self.packet = asked, base, packet
        self.steps = 0
        self.ends: set[str] = set()

    def go(self) -> set[str]:
        if self._chain(self.base[2], 0):
            self.ends.add(DROP if self.asked.view.chains[self.base].get("policy") == DROP else ACCEPT)
        return self.ends

    def _chain(self, name: str, depth: int) -> bool:
        """Go through a chain; tell whether the packet may come back from it."""
        back = False
        for expressions in self.asked.view.rules.get((self.base[0], self.base[1], name), []):
            self.steps += 1
            if self.steps > _MOST_STEPS or depth > 20:  # the kernel itself allows 16 jumps
                self.ends.update((ACCEPT, DROP))
                return True
            matches, verdicts = self._rule(expressions)
            if matches is False:
                continue
            on = matches is None
            for kind, target in verdicts:
                if kind == "jump":
                    on = self._chain(target, depth + 1) or on
                elif kind == "goto":
                    back = self._chain(target, depth + 1) or back
                elif kind == "return":
                    back = True
                elif kind == "continue":
                    on = True
                else:
                    self.ends.add(kind)
            if not on:
                return back
        return True

    def _rule(self, expressions: list[Json]) -> tuple[Truth, list[tuple[str, str]]]:
        """Whether a rule matches, and the verdicts that it may come to if it does."""
        matches: Truth = True
        strange = False
        for expression in expressions:
            for name, body in expression.items():
                if name == "match":
                    truth = self.asked.match(self.base, self.packet, body)
                    if truth is False:
                        return False, []
                    matches = truth and matches
                elif name in ("accept", "drop", "return", "continue"):
                    return matches, [(name, "")]
                elif name == "reject":
                    return matches, [(DROP, "")]
                elif name in ("jump", "goto"):
                    return matches, [(name, body["target"])]
                elif name == "vmap":
                    return matches, self._vmap(body)
                elif name in (*_read.LIMITS, "xt", "queue", "synproxy", "tproxy", "ct timeout"):
                    matches = None
                    strange = strange or name not in _read.LIMITS
        return matches, [(ACCEPT, ""), (DROP, ""), ("continue", "")] if strange else [("continue", "")]

    def _vmap(self, vmap: Json) -> list[tuple[str, str]]:
        entries = _read.entries(self.asked.view.elements, self.base[:2], vmap)
        if entries is None:
            return [(ACCEPT, ""), (DROP, ""), ("continue", "")]
        verdicts = []
        for key, verdict in entries:
            truth = self.asked.match(self.base, self.packet, {"op": "==", "left": vmap["key"], "right": key})
            if truth is not False:
                verdicts += [(kind, (body or {}).get("target", "")) for kind, body in verdict.items()]
            if truth:
                return verdicts
        return [*verdicts, ("continue", "")]


def _kind(value: t.Any) -> int:
    """The family of an address, of a network or of a range of them; 0 for numbers such as ports."""
    value = _read.bare(value)
    if isinstance(value, dict):
        return _kind(value["prefix"]["addr"] if "prefix" in value else value["range"][0])
    return ipaddress.ip_address(value).version if isinstance(value, str) else 0


def _gather(value: t.Any, cuts: dict[int, set[int]]) -> None:
    """Note where anything that stands in rules or sets begins, and where what follows it begins: ``cuts``, by kind."""
    span = _read.span(value)
    if span is not None:
        cuts[_kind(value)].update((span[0], span[1] + 1))
    elif isinstance(value, dict):
        for inner in value.values():
            _gather(inner, cuts)
    elif isinstance(value, list):
        for inner in value:
            _gather(inner, cuts)


def exposure(view: View, ports: t.Iterable[Span]) -> list[Access]:
    """Return who gets in at each of ``ports`` (ranges, both ends included), by family, in pieces that differ."""
    cuts: dict[int, set[int]] = {0: set(), 4: set(), 6: set()}
    _gather(list(view.rules.values()), cuts)
    _gather(list(view.elements.values()), cuts)
    ranges = list(ports)
    cuts[0].update(edge for first, last in ranges for edge in (first, last + 1))
    pieces = sorted({piece for first, last in ranges for piece in _pieces(first, last, cuts[0])})
    asked = _Asked(view)
    found: list[Access] = []
    for family in (4, 6):
        bases = view.bases(family)
        sources = _pieces(0, 2 ** _BITS[family] - 1, cuts[family]) if bases else [(0, 2 ** _BITS[family] - 1)]
        if len(sources) > _MOST_CUTS or len(sources) * len(pieces) * max(1, len(bases)) > MOST_QUESTIONS:
            everybody = _networks(family, [(0, 2 ** _BITS[family] - 1)])
            found += [Access(family, first, last, [], everybody) for first, last in pieces]
            continue
        for first, last in pieces:
            answers: dict[str, list[Span]] = {ACCEPT: [], UNKNOWN: [], DROP: []}
            answer = ACCEPT
            for source in sources:
                # From the host itself nothing comes but on its own interface: there the answer of its neighbours stands.
                if not _HERE[family][0] <= source[0] <= _HERE[family][1]:
                    answer = _together([_Walk(asked, base, _Packet(family, source[0], first)).go() for base in bases])
                answers[answer].append(source)
            accepted, unknown = (_networks(family, answers[kind]) for kind in (ACCEPT, UNKNOWN))
            previous = found[-1] if found else None
            if previous and previous[0] == family and previous.last + 1 == first and previous[3:] == (accepted, unknown):
                found[-1] = previous._replace(last=last)
            else:
                found.append(Access(family, first, last, accepted, unknown))
    return found


def _together(ends: t.Sequence[set[str]]) -> str:
    """What all base chains come to."""
    if any(each == {DROP} for each in ends):
        return DROP
    return ACCEPT if all(each == {ACCEPT} for each in ends) else UNKNOWN


def _pieces(first: int, last: int, cuts: t.Iterable[int]) -> list[Span]:
    """The range from ``first`` to ``last``, cut before each of ``cuts``."""
    starts = [first, *sorted(cut for cut in set(cuts) if first < cut <= last)]
    return list(zip(starts, [start - 1 for start in starts[1:]] + [last]))


def _networks(family: int, spans: t.Iterable[Span]) -> list[str]:
    """Addresses as the fewest networks."""
    make = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    return [str(net) for first, last in _read.joined(spans) for net in ipaddress.summarize_address_range(make(first), make(last))]


def ports_of(view: View, table: tuple[str, str]) -> set[Span]:
    """The ports that rules of ``table`` (family and name) ask for with ``tcp dport``."""
    found: set[Span] = set()
    for key, rules in view.rules.items():
        matches = [body for rule in rules for each in rule for name, body in each.items() if name == "match"]
        for body in matches if key[:2] == table else []:
            left = body.get("left")
            if isinstance(left, dict) and left.get("payload", {}).get("field") == "dport":
                elements = _Asked(view).elements(key, body.get("right"))
                found.update(span for span in map(_read.span, elements or []) if span is not None)
    return found
