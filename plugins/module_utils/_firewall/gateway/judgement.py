# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What rules of others mean for connections through a gateway: where rules of ours are needed, and what stays shut. Pure.

The ways are those of ``nftables.walk``: on the hook where packets are forwarded they have been translated already; in front of
our own translation they are still as they arrive.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.leads import BOTH, Leads
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.text import DSTNAT, TABLE
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.judgement import Judgement, Placement, who_opens
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.matches import Traffic
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import (
    FORWARDED,
    ChainKey,
    Own,
    Ruleset,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.walk import Walk, passage
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ways import Stop, Way

MARKS = Own(TABLE, "proftpd.fxp gateway")
# By the name of each kind of connections with its family, and of what comes back: what goes into chains of others.
STATEMENTS = {
    "in4": "ct status dnat ip daddr . tcp dport $forwarded4 accept",
    "in6": "ip6 daddr . tcp dport $forwarded6 accept",
    "out4": "ip saddr . ip daddr . tcp dport $passing4 accept",
    "out6": "ip6 saddr . ip6 daddr . tcp dport $passing6 accept",
    "back from in4": "ct state established,related ip saddr . tcp sport $forwarded4 accept",
    "back from in6": "ct state established,related ip6 saddr . tcp sport $forwarded6 accept",
    "back from out4": "ct state established,related ip daddr . ip saddr . tcp sport $passing4 accept",
    "back from out6": "ct state established,related ip6 daddr . ip6 saddr . tcp sport $passing6 accept",
}
_FAMILIES = {"inet": BOTH, "ip": (4,), "ip6": (6,)}
_ALL_PORTS = ((1, 65535),)


def judge(ruleset: Ruleset, leads: Leads) -> Judgement:
    """Where rules of ours are needed in other tables, what stays shut, and what may."""
    stops: dict[Stop, dict[str, Traffic]] = {}
    strange: dict[tuple[ChainKey, int], None] = {}
    limits: dict[tuple[ChainKey, int], None] = {}
    for walk, traffic in _walks(ruleset, leads):
        way = Way(walk, [other for other in forwarded(leads, walk.base[0]) if _are_alike(other, traffic)] or [traffic])
        if way.stop:
            stops.setdefault(who_opens(ruleset, way.stop), {}).setdefault(traffic.kind, traffic)
        if not ruleset.manager(walk.base):
            strange.update(dict.fromkeys(way.strange))
            limits.update(dict.fromkeys(way.limits if way.stop else ()))
    places: dict[tuple[ChainKey, int | None], Placement] = {}
    for stop, found in stops.items():
        if not stop.reason:
            rules = tuple(_rule_text(found[kind], stop) for kind in STATEMENTS if kind in found)
            place = (stop.chain, stop.handle)
            former = places[place].rules if place in places else ()
            new = (*former, *(rule for rule in rules if rule not in former))
            places[place] = Placement(stop.chain, new, stop.handle, stop.scoped)
    return Judgement(list(places.values()), [stop for stop in stops if stop.reason], list(strange), list(limits))


def _are_alike(one: Traffic, other: Traffic) -> bool:
    """Whether a rule of ours for one would hold for the other, too."""
    return one.kind == other.kind and one.interface == other.interface and one.beyond == other.beyond


def _walks(ruleset: Ruleset, leads: Leads) -> t.Iterator[tuple[Walk, Traffic]]:
    for traffic in arriving(leads):
        for walk in passage(ruleset, traffic, ("ingress", "prerouting")):
            if walk.ruleset.chains[walk.base].get("prio", 0) < DSTNAT:
                yield walk, traffic
    for traffic in forwarded(leads):
        for walk in passage(ruleset, traffic, FORWARDED):
            chain = ruleset.chains[walk.base]
            came_earlier = chain["hook"] in ("ingress", "prerouting") and chain.get("prio", 0) < DSTNAT
            # What others translate comes after ours, which has translated already; and is none of them where ours has not.
            if chain.get("type") != "nat" and not (came_earlier and traffic.kind == "in4"):
                yield walk, traffic


def arriving(leads: Leads) -> list[Traffic]:
    """Connections of the plan as they arrive, before they are translated."""
    here = tuple(dict.fromkeys((leads.arrival, leads.outer)))
    return [
        Traffic("arriving", 4, (lead.ports,), here, name, inwards=True)
        for lead in leads.leads
        for name in leads.outside or (None,)
    ]


def forwarded(leads: Leads, table: str = "inet") -> list[Traffic]:
    """The connections of the plan that rules in a table of this family are about, as they are forwarded."""
    found: list[Traffic] = []
    for family in _FAMILIES.get(table, ()):
        ports = leads.ports[family]
        for one, other in _pairs(leads, family):
            for port in ports:
                led = Traffic(
                    f"in{family}", family, (port.ports,), (port.inner,), one, forwarded=True, beyond=other, inwards=True
                )
                found.append(led._replace(translated=family == 4))
                found.append(_back(led, "back from ", False))
        for one in leads.outside or (None,):
            for other in leads.inside or (None,):
                for inner in dict.fromkeys(out.inner for out in leads.out[family]):
                    spans = tuple(dict.fromkeys(out.ports for out in leads.out[family] if out.inner == inner))
                    out = Traffic(f"out{family}", family, spans, (inner,), one, forwarded=True, beyond=other, inwards=False)
                    found += [out, _back(out, "back from ", True)]
    return list(dict.fromkeys(found))


def _pairs(leads: Leads, family: int) -> list[tuple[str | None, str | None]]:
    """The interfaces by which connections come and go on: from outside, and between servers behind the gateway."""
    pairs = [(one, other) for one in leads.outside or (None,) for other in leads.inside or (None,)]
    behind = dict.fromkeys(port.inner for port in leads.ports[family])
    if len(behind) > 1:
        pairs += [(one, other) for one in leads.inside for other in leads.inside]
    return list(dict.fromkeys(pairs))


def _back(traffic: Traffic, before: str, inwards: bool) -> Traffic:
    """What comes back on such a connection; of its ports only the other end's is known."""
    return traffic._replace(kind=before + traffic.kind, ports=_ALL_PORTS, state="established", begins=False, inwards=inwards)


def _rule_text(traffic: Traffic, stop: Stop) -> str:
    by = ""
    if stop.scoped:
        sides = ("iifname", "oifname") if traffic.incoming else ("oifname", "iifname")
        named = [(side, name) for side, name in zip(sides, (traffic.interface, traffic.beyond)) if name]
        by = "".join(f'{side} "{name}" ' for side, name in sorted(named))
    return f'{by}{STATEMENTS[traffic.kind]} comment "{MARKS.comment}"'


__all__ = ("MARKS", "STATEMENTS", "arriving", "forwarded", "judge")
