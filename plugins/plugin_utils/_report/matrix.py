# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The matrix of servers in ``report.html``: what came of each leg, and how fast it was. Pure.

A table where its cells can be read; beyond that a drawing of paths, because a table of 40 000 cells is far larger, and slow. Both
are plain values here; ``page.html.j2`` makes markup of them.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import Contents

# The most servers that are shown as a table.
TABLE = 30
# How many colours of rates page.css has, h0 to h6.
STEPS = 7


@dataclasses.dataclass(frozen=True)
class Shape:
    """How a state is shown: by sign and words, and where in a cell of the drawing its shape begins and how high it is."""

    sign: str
    words: str
    top: float
    height: float

    def legend(self, size: int = 18) -> dict[str, str]:
        """Return sign, words and shape in a cell of ``size`` pixels."""
        return {"sign": self.sign, "words": self.words, "y": f"{self.top * size:g}", "height": f"{self.height * size:g}"}


STATES: dict[str, Shape] = {
    _report.FAILED: Shape("\u2717", "fell short", 0.0, 0.9),
    _report.UNCERTAIN: Shape("?", "fell short, place not certain", 0.45, 0.45),
    _report.REPEATED: Shape("\u26a0\ufe0e", "proven at the second attempt", 0.0, 0.45),
    _report.PROVEN: Shape("\u2713", "proven", 0.3, 0.3),
    _report.REFUSED: Shape("\u2298", "refused, as it must be", 0.3, 0.3),
}
_STEPS = [step * unit for unit in (1 << 10, 1 << 20, 1 << 30) for step in (1, 3, 10, 30, 100, 300)]
# The numbers of the legs of each pair.
Pairs = t.Mapping[t.Tuple[str, str], t.Sequence[int]]
Place = t.Callable[[int], str]
Values = t.Dict[str, t.Any]


class Heat:
    """A scale of rates with a step for each colour, up to the fastest of the given bytes per second."""

    def __init__(self, rates: t.Sequence[float]) -> None:
        fastest = max(rates, default=0.0)
        top = max((index for index, step in enumerate(_STEPS) if step <= fastest), default=0)
        first = max(0, top - STEPS + 2)
        self.edges = _STEPS[first : first + STEPS - 1]

    def step(self, value: float) -> int:
        """Return the number of the colour for a rate."""
        return sum(value >= edge for edge in self.edges)

    def words(self, step: int) -> str:
        """Return the rates that the colour with this number stands for."""

        def short(value: int) -> str:
            return _report.rate(value).replace(".00", "")

        if step == 0:
            return f"< {short(self.edges[0])}"
        return f"\u2265 {short(self.edges[step - 1])}"


def pairs_of(contents: Contents) -> dict[tuple[str, str], list[int]]:
    """Return the numbers of the legs of each pair."""
    pairs: dict[tuple[str, str], list[int]] = {}
    for number, leg in enumerate(contents.legs):
        pairs.setdefault((leg.source, leg.destination), []).append(number)
    return pairs


def slowest(contents: Contents, numbers: t.Iterable[int]) -> float | None:
    """Return the rate of the slowest of these legs, or none if one of them has none."""
    rates = [contents.legs[number].bytes_per_second for number in numbers]
    known = [rate for rate in rates if rate]
    return min(known) if known and len(known) == len(rates) else None


def title_of(leg: _report.Leg) -> str:
    """Return a leg in one line, for a title."""
    why = _report.evidence_in_short(leg)
    rate = f", {_report.rate(leg.bytes_per_second)}" if leg.bytes_per_second else ""
    return (
        f"{leg.source} \u2192 {leg.destination}"
        + (f", {leg.listens} listens" if leg.listens != "-" else "")
        + f": {STATES[leg.state].words}{rate}; {why}"
    )


def _short_rate(value: float) -> str:
    for unit, size in (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
        if value >= size:
            return f"{value / size:.3g}{unit}" if value / size < 100 else f"{value / size:.0f}{unit}"
    return f"{value:.0f}"


def _table(contents: Contents, caption: str, links: t.Callable[[t.Sequence[int]], list[Values]], pairs: Pairs) -> Values:
    names = contents.servers
    many = len(names) > 8 or max(map(len, names)) > 12
    rows = []
    for source in names:
        cells = [None if source == destination else links(pairs.get((source, destination), ())) for destination in names]
        rows.append({"name": source, "cells": cells})
    return {
        "drawn": False,
        "caption": caption,
        "classes": "matrix" + (" many" if many else "") + (" shrink" if len(names) > 14 else ""),
        "rows": rows,
    }


def _sign(contents: Contents, number: int, place: Place, words: list[str]) -> Values:
    state = contents.legs[number].state
    return {"classes": f"sign {state}", "place": place(number), "words": words, "is_sign": True, "text": STATES[state].sign}


def outcome_table(contents: Contents, pairs: Pairs, place: Place) -> Values:
    """Return the matrix of outcomes as a table; ``place`` tells the anchor that a leg leads to."""

    def links(numbers: t.Sequence[int]) -> list[Values]:
        return [_sign(contents, number, place, [title_of(contents.legs[number])]) for number in numbers]

    return _table(contents, "What came of each transfer, from row to column", links, pairs)


def rate_table(contents: Contents, pairs: Pairs, place: Place, heat: Heat) -> Values:
    """Return the matrix of rates as a table."""

    def links(numbers: t.Sequence[int]) -> list[Values]:
        if not numbers:
            return []
        rate = slowest(contents, numbers)
        words = [title_of(contents.legs[number]) for number in numbers]
        if rate is None:
            return [_sign(contents, next((n for n in numbers if not contents.legs[n].ok), numbers[0]), place, words)]
        worst = min(numbers, key=lambda number: contents.legs[number].bytes_per_second or 0)
        classes, text = f"h{heat.step(rate)}", _short_rate(rate)
        return [{"classes": classes, "place": place(worst), "words": words, "is_sign": False, "text": text}]

    return _table(contents, "Rate of each pair, from row to column", links, pairs)


class _Drawing:
    """Rectangles by class, with neighbours in a row made one."""

    def __init__(self) -> None:
        self.paths: dict[str, list[str]] = {}
        self.open: tuple[str, float, float, float, float] | None = None

    def add(self, name: str, x: float, y: float, width: float, height: float) -> None:
        last = self.open
        if last and (last[0], last[2], last[4]) == (name, y, height) and abs(last[1] + last[3] - x) < 0.01:
            self.open = (name, last[1], y, last[3] + width, height)
            return
        self.close()
        self.open = (name, x, y, width, height)

    def close(self) -> None:
        if self.open:
            name, x, y, width, height = self.open
            self.paths.setdefault(name, []).append(f"M{x:g} {y:g}h{width:g}v{height:g}h-{width:g}z")
        self.open = None

    def by_class(self) -> dict[str, str]:
        """Return the path of each class."""
        self.close()
        return {name: "".join(parts) for name, parts in self.paths.items()}


def cell_size(servers: int) -> int:
    """Return the width of a cell of the drawing in pixels."""
    return max(4, min(14, 1200 // max(1, servers)))


def _drawn(contents: Contents, drawing: _Drawing, caption: str) -> Values:
    names = contents.servers
    size, count = cell_size(len(names)), len(names)
    every = math.ceil(11 / size)
    short = [name if len(name) <= 18 else name[:17] + "\u2026" for name in names]
    whole = size * count
    return {
        "drawn": True,
        "caption": caption,
        "cell": size,
        "width": whole,
        "label": 12 + 6 * max(map(len, short)),
        "labels": [{"name": short[index], "at": f"{index * size + size / 2 + 3.5:g}"} for index in range(0, count, every)],
        "diagonal": "".join(f"M{step * size} {step * size}h{size}v{size}h-{size}z" for step in range(count)),
        "paths": drawing.by_class(),
        "lines": "".join(f"M0 {step * size - 0.5:g}h{whole}M{step * size - 0.5:g} 0v{whole}" for step in range(0, count + 1, 10)),
    }


def outcome_drawing(contents: Contents, pairs: Pairs) -> Values:
    """Return the matrix of outcomes as a drawing; each cell has a part for each leg."""
    size = cell_size(len(contents.servers))
    drawing = _Drawing()
    for row, source in enumerate(contents.servers):
        for column, destination in enumerate(contents.servers):
            numbers = pairs.get((source, destination), ())
            for index, number in enumerate(numbers):
                state = contents.legs[number].state
                width = size / len(numbers)
                drawing.add(
                    state,
                    column * size + index * width,
                    round(row * size + STATES[state].top * size, 2),
                    width,
                    round(STATES[state].height * size, 2),
                )
    caption = (
        f"Matrix of {len(contents.servers)} servers: {contents.proven} transfers did what was expected, "
        f"{contents.failed} fell short. Arrow keys move, Enter opens a pair."
    )
    return _drawn(contents, drawing, caption)


def rate_drawing(contents: Contents, pairs: Pairs, heat: Heat) -> Values:
    """Return the matrix of rates as a drawing."""
    size = cell_size(len(contents.servers))
    drawing = _Drawing()
    for row, source in enumerate(contents.servers):
        for column, destination in enumerate(contents.servers):
            numbers = pairs.get((source, destination), ())
            if not numbers:
                continue
            rate = slowest(contents, numbers)
            if rate is None:
                drawing.add("failed", column * size, round((row + 0.3) * size, 2), size, round(0.3 * size, 2))
            else:
                drawing.add(f"h{heat.step(rate)}", column * size, row * size, size, round(0.9 * size, 2))
    return _drawn(contents, drawing, f"Rates between {len(contents.servers)} servers. Arrow keys move, Enter opens a pair.")
