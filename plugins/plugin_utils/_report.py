# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Lay out what M(proftpd.fxp.fxp_check) returned so that people can read it.

Pure: returns lines with the part that each plays; whoever prints them gives each part its colour.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp import locate

# What a line is. The two servers differ by more than hue: every line of a dialogue also names its server.
SOURCE, DESTINATION, HEADING, GOOD, BAD, PLAIN = "source", "destination", "heading", "good", "bad", "plain"
Line = t.Tuple[str, str]


@dataclasses.dataclass(frozen=True)
class Leg:
    """One transfer of one pair, with the names that the servers have in the inventory."""

    source: str
    destination: str
    passive: str
    ok: bool
    cause: str | None
    server: str | None
    certain: bool
    also_possible: tuple[str, ...]
    remedy: str | None
    file: str | None
    bytes: int | None
    seconds: float | None
    bytes_per_second: float | None
    verified_by: str | None
    listing: t.Mapping[str, str | None]
    dialogue: tuple[t.Mapping[str, t.Any], ...]
    seen: str | None = None  # what both ends showed when they were asked where the connection is lost

    def name(self, role: str | None) -> str | None:
        """The inventory name behind C(source) or C(destination)."""
        return {"source": self.source, "destination": self.destination}.get(role or "")


def legs_of(source: str, destination: str, result: t.Mapping[str, t.Any]) -> list[Leg]:
    """
    Return the legs of one pair from what the check returned.

    A check that ended before its first leg, for example at a login, counts as one leg that names the cause.
    """
    transcript = result.get("transcript") or []
    found = result.get("legs") or [
        {
            "ok": False,
            **{key: result.get(key) for key in ("cause", "server", "remedy")},
            "also_possible": [] if result.get("cause") else [str(result.get("msg"))],
        }
    ]
    said: list[list[t.Mapping[str, t.Any]]] = [[] for leg in found]
    current = 0
    for entry in transcript:
        # What belongs to no leg is told where it was said: the log-in before the first leg, the clean-up after the last.
        current = current if entry.get("leg") is None else entry["leg"]
        said[current].append(entry)
    legs = []
    for index, leg in enumerate(found):
        legs.append(
            Leg(
                source=source,
                destination=destination,
                passive=leg.get("passive") or "-",
                ok=bool(leg.get("ok")),
                cause=leg.get("cause"),
                server=leg.get("server"),
                certain=leg.get("certain") is not False,
                also_possible=tuple(leg.get("also_possible") or ()),
                remedy=leg.get("remedy"),
                file=leg.get("file"),
                bytes=leg.get("bytes"),
                seconds=leg.get("seconds"),
                bytes_per_second=leg.get("bytes_per_second"),
                verified_by=leg.get("verified_by"),
                listing=leg.get("listing") or {},
                dialogue=tuple(said[index]),
            )
        )
    return legs


def placed(leg: Leg, probes: t.Iterable[t.Mapping[str, t.Any]]) -> Leg:
    """
    Return the leg with the place that probes on both of its servers showed, if they showed any.

    A probe has the keys C(source), C(destination), C(passive), C(port), C(egress) (addresses of the active server), and
    C(connection) and C(arrivals) as M(proftpd.fxp.fxp_probe) returns them on the active and on the passive server.
    """
    if leg.ok or leg.certain or leg.cause not in locate.UNPLACED:
        return leg
    for probe in probes:
        if (probe["source"], probe["destination"], probe["passive"]) != (leg.source, leg.destination, leg.passive):
            continue
        place = locate.place_of(
            locate.sight_of(probe.get("connection") or {}, probe.get("arrivals") or {}, probe.get("egress") or ())
        )
        if place is None:
            continue
        roles = {"passive": leg.passive, "active": DESTINATION if leg.passive == SOURCE else SOURCE}
        words = {end: leg.name(role) or role for end, role in roles.items()}
        words["port"] = f"port {probe.get('port')}"
        words["strangers"] = ", ".join((probe.get("arrivals") or {}).get("sources") or ())
        return dataclasses.replace(
            leg,
            server=roles[place.end] if place.end else None,
            certain=place.certain,
            also_possible=tuple(roles.get(where, where) for where in place.also),
            remedy=place.cure.format(**words),
            seen=place.seen.format(**words),
        )
    return leg


def rate(bytes_per_second: float | None) -> str:
    """Return a transfer rate as FTP clients print it."""
    if bytes_per_second is None:
        return "-"
    for unit, size in (("GiB/s", 1 << 30), ("MiB/s", 1 << 20), ("KiB/s", 1 << 10)):
        if bytes_per_second >= size:
            return f"{bytes_per_second / size:.2f} {unit}"
    return f"{bytes_per_second:.0f} B/s"


def dialogue(leg: Leg) -> t.Iterator[Line]:
    """Yield what was said on both control connections, the listing on both servers, and the closing line."""
    listens = leg.name(leg.passive)
    yield f"{leg.source} -> {leg.destination}" + (f", {listens} listens" if listens else ""), HEADING
    width = max(len(leg.source), len(leg.destination))
    for entry in leg.dialogue:
        if entry["direction"] == "received" and entry["line"].startswith(" "):
            continue  # the inner lines of a long reply such as that to FEAT
        arrow = "-->" if entry["direction"] == "sent" else "<--"
        yield f"  {entry['seconds']:8.4f}  {leg.name(entry['server']) or '':{width}}  {arrow} {entry['line']}", entry["server"]
    for role in (SOURCE, DESTINATION):
        if leg.listing.get(role):
            yield f"  {'LIST':>8}  {leg.name(role) or '':{width}}  {leg.listing[role]}", role
    if leg.ok:
        yield (
            (
                f"  {leg.file}: {leg.bytes} bytes sent in {leg.seconds:.4f} secs ({rate(leg.bytes_per_second)}), "
                f"verified by {leg.verified_by}"
            ),
            GOOD,
        )
    else:
        yield f"  FAILED: {verdict(leg)}", BAD
        if leg.remedy:
            yield f"  Cure: {leg.remedy}", BAD


def verdict(leg: Leg) -> str:
    """Return in a few words why a leg fell short and where to look first."""
    if leg.cause is None:
        return "; ".join(leg.also_possible) or "no cause given"
    where = leg.name(leg.server)
    between = leg.seen is not None and leg.certain
    text = leg.cause + (f", look at {where} first" if where else ", look between the two" if between else "")
    if leg.seen:
        text += f": {leg.seen}"
    if not leg.certain:
        others = [leg.name(place) or place for place in leg.also_possible]
        text += f" (not certain, also possible: {', '.join(others)})" if others else " (not certain)"
    return text


def table(legs: t.Sequence[Leg]) -> t.Iterator[Line]:
    """Yield a table of all legs, a line each."""
    rows = [("source", "destination", "listens", "result", "bytes", "seconds", "rate", "cause or proof")]
    for leg in legs:
        rows.append(
            (
                leg.source,
                leg.destination,
                leg.name(leg.passive) or "-",
                "ok" if leg.ok else "FAILED",
                "-" if leg.bytes is None else str(leg.bytes),
                "-" if leg.seconds is None else f"{leg.seconds:.4f}",
                rate(leg.bytes_per_second),
                f"verified by {leg.verified_by}" if leg.ok else verdict(leg),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for index, row in enumerate(rows):
        text = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths)).rstrip()
        yield text, HEADING if index == 0 else GOOD if legs[index - 1].ok else BAD


def summary(legs: t.Sequence[Leg]) -> str:
    """Return one sentence on all legs; for the first that fell short it names cause and cure."""
    short = [leg for leg in legs if not leg.ok]
    if not short:
        return f"All {len(legs)} transfers were proven."
    first = short[0]
    listens = first.name(first.passive)
    return (
        f"{len(short)} of {len(legs)} transfers fell short, first {first.source} -> {first.destination}"
        + (f" with {listens} listening" if listens else "")
        + f": {verdict(first)}."
        + (f" {first.remedy}" if first.remedy else "")
    )
