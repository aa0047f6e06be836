# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the tables of others mean for connections of the plan: where rules of ours are needed, what stays shut, what may. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import Defines
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.matches import Traffic
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import (
    COMMENT,
    FAMILIES,
    STATEMENTS,
    ChainKey,
    Ruleset,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.walk import passage
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ways import Lister, Stop, Way


class Placement(t.NamedTuple):
    """One place in a foreign chain that needs rules of ours; a chain may have several."""

    chain: ChainKey
    rules: tuple[str, ...]
    before: int | None  # handle of the rule that ours go in front of; None: at the end
    scoped: bool = False  # for what comes by our interfaces only


class Judgement(t.NamedTuple):
    """What other tables mean for us."""

    places: list[Placement]
    shut: list[Stop]
    strange: list[tuple[ChainKey, int]]  # rules that may drop ours under conditions that are not understood; they stay in front
    limits: list[tuple[ChainKey, int]]  # rules that accept ours up to a limit; what is over it comes to the rule that ours opens

    def refuse(self, nft: Lister) -> None:
        """Raise FirewallError if something stays shut."""
        if self.shut:
            raise FirewallError(" ".join(stop.sentence(nft) for stop in self.shut))

    def warnings(self, nft: Lister) -> list[str]:
        """A sentence for each rule that stays in force as it is and may do other than people expect."""
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


def judge(ruleset: Ruleset, defines: Defines, opened_by: str = "") -> Judgement:
    """
    Where rules of ours are needed in other tables, what stays shut, and what may.

    ``opened_by``: a manager whose tables are opened by itself, so that what they drop is no matter here. Ports that the server is
    about to leave are opened along with those of the plan, or not at all: nothing is refused for them.
    """
    judgement = _judge(ruleset, defines, opened_by)
    return _judge(ruleset, defines.planned(), opened_by) if judgement.shut and defines.former_ports else judgement


def _judge(ruleset: Ruleset, defines: Defines, opened_by: str) -> Judgement:
    stops: dict[Stop, set[str]] = {}
    strange: dict[tuple[ChainKey, int], None] = {}
    limits: dict[tuple[ChainKey, int], None] = {}
    # Ours accepts both families in a table of both; whether it opens those that the server has is what counts.
    families = {6 if ":" in address else 4 for address in defines.addresses} or {4, 6}
    for traffic in _traffic(defines):
        for walk in passage(ruleset, traffic) if traffic.family in families or not traffic.incoming else ():
            key = walk.base
            way = Way(walk, [other for other in _traffic(defines, key[0]) if other.kind == traffic.kind])
            if way.stop and not (opened_by and ruleset.manager(way.stop.chain) == opened_by and way.stop.reason != "translated"):
                stops.setdefault(who_opens(ruleset, way.stop), set()).add(traffic.kind)
            if not ruleset.manager(key):
                strange.update(dict.fromkeys(way.strange))
                limits.update(dict.fromkeys(way.limits if way.stop else ()))
    places: dict[tuple[ChainKey, int | None], Placement] = {}
    for stop, found in stops.items():
        if not stop.reason:
            rules = tuple(_rule_text(kind, stop, defines) for kind in FAMILIES[stop.chain[0]] if kind in found)
            place = (stop.chain, stop.handle)
            former = places[place].rules if place in places else ()
            new = (*former, *(rule for rule in rules if rule not in former))
            places[place] = Placement(stop.chain, new, stop.handle, stop.scoped)
    return Judgement(list(places.values()), [stop for stop in stops if stop.reason], list(strange), list(limits))


def who_opens(ruleset: Ruleset, stop: Stop) -> Stop:
    """The same stop, with the reason for which a rule of ours cannot open it where there is one."""
    if "owner" in ruleset.tables.get(stop.chain[:2], {}).get("flags", []):
        return stop._replace(reason="owner")
    manager = ruleset.manager(stop.chain)
    return stop._replace(reason=manager) if manager and stop.reason != "translated" else stop


def _traffic(defines: Defines, table: str = "inet") -> list[Traffic]:
    """The connections of the plan that rules in a table of this family are about."""
    found = []
    former = [(span,) for span in defines.former_ports]
    incoming = [((defines.control_port, defines.control_port),), (defines.passive_ports,), *former]
    for kind in FAMILIES.get(table, ()):
        for version in {"ip": (4,), "ip6": (6,)}.get(table, (4, 6)) if kind == "incoming" else (int(kind[-1]),):
            for ports in (incoming if kind == "incoming" else [defines.outgoing_ports]) if kind in defines.names else ():
                found += [Traffic(kind, version, ports, defines.here, name) for name in defines.interfaces or (None,)]
    return found


def _rule_text(kind: str, stop: Stop, defines: Defines) -> str:
    by = ""
    if stop.scoped:
        names = ", ".join(f'"{name}"' for name in defines.interfaces)
        by = f"{'iifname' if kind == 'incoming' else 'oifname'} {{ {names} }} "
    statement = STATEMENTS[kind].replace("$incoming", f"${defines.opened}")
    return f'{by}{statement} comment "{COMMENT}"'
