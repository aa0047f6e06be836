# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
Who gets in at which port, as far as the nftables rules in force can be evaluated. Pure.

A new TCP connection from an address that is not the host's own must be accepted by every base chain that it meets on its way in.
What a rule asks that is not known here (an interface, a mark, a rate, an extension) makes both answers possible, and the answer
is then unknown: nothing is guessed. To be exact without asking for every address, the address space is cut where rules cut it,
and each piece is asked once.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import expressions as _read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.matches import ALL, NONE, Traffic
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import INCOMING, Ruleset
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.walk import (
    ACCEPT,
    DROP,
    TRANSLATE,
    Walk,
    lands,
    passage,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span

UNKNOWN = "unknown"
# One question costs a walk through the rules. A ruleset that needs more of them is told as unknown.
MOST_QUESTIONS = 200_000
_MOST_CUTS = 4000
_BITS = {4: 32, 6: 128}
_HERE = {4: (127 << 24, (128 << 24) - 1), 6: (1, 1)}


class Access(t.NamedTuple):
    """Ports ``first`` to ``last`` for addresses of one ``family``: the networks that get in, and those not known."""

    family: int
    first: int
    last: int
    accepted: list[str]
    unknown: list[str]
    why: str = ""  # it is not known

    def as_dict(self) -> dict[str, t.Any]:
        """The same as a dictionary of what a module returns."""
        return dict(self._asdict())


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


class Host(t.NamedTuple):
    """What is known of the host: its addresses, and the interface by which everybody comes."""

    addresses: tuple[str, ...] = ()
    interface: str | None = None


NOTHING_KNOWN = Host()


def exposure(ruleset: Ruleset, ports: t.Iterable[Span], host: Host = NOTHING_KNOWN) -> list[Access]:
    """
    Return who gets in at each of ``ports`` (ranges, both ends included), by family, in pieces that differ.

    The ruleset is a whole one, with our own rules and all elements.
    """
    cuts: dict[int, set[int]] = {0: set(), 4: set(), 6: set()}
    _gather([rule.get("expr") for rules in ruleset.rules.values() for rule in rules], cuts)
    _gather(list(ruleset.elements.values()), cuts)
    ranges = list(ports)
    cuts[0].update(edge for first, last in ranges for edge in (first, last + 1))
    pieces = sorted({piece for first, last in ranges for piece in _pieces(first, last, cuts[0])})
    found: list[Access] = []
    for family in (4, 6):
        bases = ruleset.bases(family, INCOMING)
        everything = (0, 2 ** _BITS[family] - 1)
        sources = _pieces(*everything, cuts[family]) if bases else [everything]
        if len(sources) > _MOST_CUTS or len(sources) * len(pieces) * max(1, len(bases)) > MOST_QUESTIONS:
            why = f"the rules tell {len(sources)} ranges of addresses and {len(pieces)} of ports apart, too many to ask for each"
            found += [Access(family, first, last, [], _networks(family, [everything]), why) for first, last in pieces]
            continue
        asked = _Asked(ruleset, family, host)
        for first, last in pieces:
            answers: dict[str, list[Span]] = {ACCEPT: [], UNKNOWN: [], DROP: []}
            answer, why = ACCEPT, ""
            for source in sources:
                # From the host itself nothing comes but on its own interface: there the answer of its neighbours stands.
                if not _HERE[family][0] <= source[0] <= _HERE[family][1]:
                    answer, reason = asked.answer(source[0], first)
                    why = why or reason
                answers[answer].append(source)
            accepted, unknown = (_networks(family, answers[kind]) for kind in (ACCEPT, UNKNOWN))
            now = Access(family, first, last, accepted, unknown, why)
            if found and found[-1].last + 1 == first and found[-1][:1] + found[-1][3:] == now[:1] + now[3:]:
                found[-1] = found[-1]._replace(last=last)
            else:
                found.append(now)
    return found


class _Asked:
    """The questions of one family, whether one address gets in at one port."""

    def __init__(self, ruleset: Ruleset, family: int, host: Host) -> None:
        self.ruleset, self.family, self.host = ruleset, family, host
        self.translates = any(ruleset.chains[base].get("type") == "nat" for base in ruleset.bases(family, INCOMING))

    def answer(self, source: int, port: int) -> tuple[str, str]:
        """The answer, and why it is not known."""
        traffic = Traffic("incoming", self.family, ((port, port),), self.host.addresses, self.host.interface, source)
        try:
            answer, why = _together(passage(self.ruleset, traffic))
            if answer == DROP and self.translates and self._is_led_to(traffic):
                answer, why = _together(passage(self.ruleset, traffic._replace(translated=True), ("input",)))
                return (DROP, "") if answer == DROP else (UNKNOWN, "other ports are led to this one")
        except FirewallError as exc:
            return UNKNOWN, str(exc)
        return answer, why

    def _is_led_to(self, traffic: Traffic) -> bool:
        """May another port lead to this one, so that what stands in front of the translation is passed by?"""
        port, translations = traffic.ports[0][0], []
        for walk in passage(self.ruleset, traffic._replace(ports=((0, 65535),)), ("ingress", "prerouting")):
            if walk.ends == {DROP}:
                return False
            translations += walk.translations
        ports = [(body or {}).get("port") for translation in translations for body in translation.values()]
        return {} in translations or any(said == port if isinstance(said, int) else said is not None for said in ports)


def _together(walks: t.Iterator[Walk]) -> tuple[str, str]:
    """What all base chains come to, and why that is not known."""
    answer, why = ACCEPT, ""
    for walk in walks:
        ends = set(walk.ends)
        if TRANSLATE in ends:
            ends.remove(TRANSLATE)
            for translation in walk.translations:
                landed = lands(translation, walk.traffic)
                ends |= {ACCEPT} if landed == ALL else {DROP} if landed == NONE else {ACCEPT, DROP}
        if ends == {DROP}:
            return DROP, ""
        if ends != {ACCEPT}:
            answer, why = UNKNOWN, why or _doubt(walk)
    return answer, why


def _doubt(walk: Walk) -> str:
    """The first rule by which some may come to another end than most do."""
    chain = "chain {} {} {}".format(*walk.base)
    for branch in walk.branches:
        if branch.ends - {walk.end}:
            rule = f'"{branch.rule["said"]}"' if "said" in branch.rule else f"with handle {branch.rule.get('handle')}"
            return f"it depends on the rule {rule} of {'chain {} {} {}'.format(*branch.chain)}"
    return f"it depends on {chain}"


def _pieces(first: int, last: int, cuts: t.Iterable[int]) -> list[Span]:
    """The range from ``first`` to ``last``, cut before each of ``cuts``."""
    starts = [first, *sorted(cut for cut in set(cuts) if first < cut <= last)]
    return list(zip(starts, [start - 1 for start in starts[1:]] + [last]))


def _networks(family: int, spans: t.Iterable[Span]) -> list[str]:
    """Addresses as the fewest networks."""
    make = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    return [str(net) for first, last in _read.joined(spans) for net in ipaddress.summarize_address_range(make(first), make(last))]


def ports_of(ruleset: Ruleset, table: tuple[str, str]) -> set[Span]:
    """The ports that rules of ``table`` (family and name) ask for with ``tcp dport``."""
    found: set[Span] = set()
    for key, rules in ruleset.rules.items():
        matches = [body for rule in rules for each in rule["expr"] for name, body in each.items() if name == "match"]
        for body in matches if key[:2] == table else []:
            left = body.get("left")
            if isinstance(left, dict) and left.get("payload", {}).get("field") == "dport":
                elements = _read.elements(ruleset.elements, table, body.get("right"))
                found.update(span for span in map(_read.span, elements or []) if span is not None)
    return found
