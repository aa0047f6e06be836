# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The last part of the diagnosis: legs whose data connection was lost, and what both of their servers showed when asked.

Legs in, legs out, as plain data; what a place is called and how it is cured stands in ``locate``. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis import locate

LegData = t.Mapping[str, t.Any]
OTHER = {"source": "destination", "destination": "source"}


def is_open(leg: LegData) -> bool:
    """Whether the place where this leg fell short is not told by its dialogue, and may be told by its servers."""
    told = leg.get("ok") or leg.get("certain") is not False or leg.get("passive") not in OTHER
    # The client's own data connection is another one than that between the servers.
    fault = (leg.get("evidence") or {}).get("fault_kind") or ""
    if fault.startswith("client_"):
        return False
    return not told and leg.get("cause") in locate.UNPLACED


def connections_of(legs: t.Iterable[LegData]) -> list[dict[str, t.Any]]:
    """
    The data connections that are to be tried again to learn where they are lost: of every leg whose place is open.

    ``connecting`` and ``listening`` are the names of its servers, ``address`` and ``port`` what the listening one announced.
    """
    found = []
    for leg in legs:
        evidence = leg.get("evidence") or {}
        if is_open(leg) and evidence.get("active_address") and evidence.get("announced_address"):
            found.append(
                {
                    **{key: leg[key] for key in ("source", "destination", "passive")},
                    "connecting": leg[OTHER[leg["passive"]]],
                    "listening": leg[leg["passive"]],
                    "address": evidence["announced_address"],
                    "port": evidence["announced_port"],
                }
            )
    return found


def probe_of(asked: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """
    What two servers showed, from what the module fxp_probe returned on both.

    ``asked`` is a connection of ``connections_of`` with ``egress``, the addresses that the connecting server should come from,
    ``connect``, what the module returned there, and ``watch``, what it returned on the listening one, or what is known of the job
    that watches.
    """
    connect, watch = asked["connect"], asked["watch"]
    under_way = not watch.get("finished", True)
    arrivals = watch.get("arrivals") or {}
    if watch.get("started") and under_way:
        # A watch that goes on has seen nothing all the while.
        arrivals = {"sources": [], "answered": []}
    elif not arrivals.get("sources"):
        # One that ended without seeing anything may have ended too early.
        arrivals = {}
    mute = []
    if "connection" not in connect:
        mute.append({"server": asked["connecting"], "reason": connect.get("msg") or "it gave no reason"})
    if not under_way and "arrivals" not in watch:
        mute.append({"server": asked["listening"], "reason": watch.get("msg") or "it gave no reason"})
    return {
        **{key: asked[key] for key in ("source", "destination", "passive", "port", "egress")},
        "connection": connect.get("connection") or {},
        "arrivals": arrivals,
        "not_asked": mute,
    }


def placed(legs: t.Iterable[LegData], probes: t.Iterable[t.Mapping[str, t.Any]]) -> list[LegData]:
    """
    The legs, each with the place that probes on both of its servers showed, if they showed any; ``seen`` then says what they saw.

    A probe is one of ``probe_of``.
    """
    by_leg: dict[tuple[t.Any, ...], list[t.Mapping[str, t.Any]]] = {}
    for probe in probes:
        by_leg.setdefault(_key(probe), []).append(probe)
    return [_placed(leg, by_leg.get(_key(leg), ())) for leg in legs]


def _key(leg: LegData) -> tuple[t.Any, ...]:
    return leg.get("source"), leg.get("destination"), leg.get("passive")


def _placed(leg: LegData, probes: t.Iterable[t.Mapping[str, t.Any]]) -> LegData:
    if not is_open(leg):
        return leg
    for probe in probes:
        arrivals = probe.get("arrivals") or {}
        mute = "; ".join(
            f"{each['server']} could not be asked: {str(each['reason']).strip().rstrip('.')}"
            for each in probe.get("not_asked") or ()
        )
        place = locate.place_of(locate.sight_of(probe.get("connection") or {}, arrivals, probe.get("egress") or ()))
        if place is None:
            if mute:
                return {**leg, "seen": mute}
            continue
        roles = {"passive": leg["passive"], "active": OTHER[leg["passive"]]}
        words = {
            **{end: leg[role] for end, role in roles.items()},
            "port": f"port {probe.get('port')}",
            "strangers": ", ".join(arrivals.get("sources") or ()),
        }
        return {
            **leg,
            "server": roles[place.end] if place.end else None,
            "certain": place.certain,
            "also_possible": [roles.get(where, where) for where in place.also],
            "remedy": place.cure.format(**words),
            "seen": "; ".join(filter(None, (place.seen.format(**words), mute))),
        }
    return leg


__all__ = ("connections_of", "is_open", "placed", "probe_of")
