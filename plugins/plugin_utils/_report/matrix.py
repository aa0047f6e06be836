# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The matrix of servers in C(report.html): what came of each leg, and how fast it was. Pure.

A table where its cells can be read; beyond that a drawing of paths, because a table of 40 000 cells is far larger, and slow.
"""

from __future__ import annotations

import html
import math
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import Contents
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.style import HEAT
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.text import visible

# The most servers that are shown as a table.
TABLE = 30
# Sign and words of each state, and where in a cell of the drawing its shape begins and how high it is.
STATES: dict[str, tuple[str, str, float, float]] = {
    _report.FAILED: ("\u2717", "fell short", 0.0, 0.9),
    _report.UNCERTAIN: ("?", "fell short, place not certain", 0.45, 0.45),
    _report.REPEATED: ("\u26a0\ufe0e", "proven at the second attempt", 0.0, 0.45),
    _report.PROVEN: ("\u2713", "proven", 0.3, 0.3),
    _report.REFUSED: ("\u2298", "refused, as it must be", 0.3, 0.3),
}
_STEPS = [step * unit for unit in (1 << 10, 1 << 20, 1 << 30) for step in (1, 3, 10, 30, 100, 300)]
Pairs = t.Mapping[t.Tuple[str, str], t.Sequence[int]]


def e(value: t.Any) -> str:
    """Return *value* as text in HTML, also inside of quotes."""
    return html.escape(visible(value))


class Heat:
    """A scale of rates with a step for each colour, up to the fastest of the given bytes per second."""

    def __init__(self, rates: t.Sequence[float]) -> None:
        fastest = max(rates, default=0.0)
        top = max((index for index, step in enumerate(_STEPS) if step <= fastest), default=0)
        first = max(0, top - len(HEAT) + 2)
        self.edges = _STEPS[first : first + len(HEAT) - 1]

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


def told_as(leg: _report.Leg) -> str:
    """Return a leg in one line, for a title."""
    why = _report.evidence_in_short(leg)
    rate = f", {_report.rate(leg.bytes_per_second)}" if leg.bytes_per_second else ""
    return (
        f"{leg.source} \u2192 {leg.destination}"
        + (f", {leg.name(leg.passive)} listens" if leg.name(leg.passive) else "")
        + f": {STATES[leg.state][1]}{rate}; {why}"
    )


def _short_rate(value: float) -> str:
    for unit, size in (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
        if value >= size:
            return f"{value / size:.3g}{unit}" if value / size < 100 else f"{value / size:.0f}{unit}"
    return f"{value:.0f}"


def _table(contents: Contents, caption: str, cell: t.Callable[[t.Sequence[int]], str], pairs: Pairs) -> str:
    names = contents.servers
    many = len(names) > 8 or max(map(len, names)) > 12
    classes = "matrix" + (" many" if many else "") + (" shrink" if len(names) > 14 else "")
    head = "".join(f'<th scope="col"><span>{e(name)}</span></th>' for name in names)
    rows = []
    for source in names:
        cells = []
        for destination in names:
            numbers = pairs.get((source, destination), ())
            if source == destination:
                cells.append('<td class="self"></td>')
            else:
                cells.append(f"<td>{cell(numbers)}</td>" if numbers else '<td><span title="not tried">\u00b7</span></td>')
        rows.append(f'<tr><th scope="row">{e(source)}</th>{"".join(cells)}</tr>')
    return (
        f'<div class="scroll {classes}" tabindex="0" role="region" aria-label="{e(caption)}"><table><thead><tr>'
        f'<th scope="col">from \u2193 to \u2192</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def outcome_table(contents: Contents, pairs: Pairs, place: t.Callable[[int], str]) -> str:
    """Return the matrix of outcomes as a table; C(place) tells the anchor that a leg leads to."""

    def cell(numbers: t.Sequence[int]) -> str:
        links = []
        for number in numbers:
            leg = contents.legs[number]
            words = e(told_as(leg))
            links.append(
                f'<a class="sign {leg.state}" href="#{place(number)}" title="{words}" '
                f'aria-label="{words}">{STATES[leg.state][0]}</a>'
            )
        return "".join(links)

    return _table(contents, "What came of each transfer, from row to column", cell, pairs)


def rate_table(contents: Contents, pairs: Pairs, place: t.Callable[[int], str], heat: Heat) -> str:
    """Return the matrix of rates as a table."""

    def cell(numbers: t.Sequence[int]) -> str:
        rate = slowest(contents, numbers)
        words = "&#10;".join(e(told_as(contents.legs[number])) for number in numbers)
        if rate is None:
            worst = next((number for number in numbers if not contents.legs[number].ok), numbers[0])
            leg = contents.legs[worst]
            return (
                f'<a class="sign {leg.state}" href="#{place(worst)}" title="{words}" aria-label="{words}">'
                f"{STATES[leg.state][0]}</a>"
            )
        worst = min(numbers, key=lambda number: contents.legs[number].bytes_per_second or 0)
        return f'<a class="h{heat.step(rate)}" href="#{place(worst)}" title="{words}">{_short_rate(rate)}</a>'

    return _table(contents, "Rate of each pair, from row to column", cell, pairs)


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

    def svg(self) -> str:
        self.close()
        return "".join(f'<path class="{name}" d="{"".join(parts)}"/>' for name, parts in self.paths.items())


def cell_size(servers: int) -> int:
    """Return the width of a cell of the drawing in pixels."""
    return max(4, min(14, 1200 // max(1, servers)))


def _drawn(contents: Contents, body: str, caption: str) -> str:
    names = contents.servers
    size, count = cell_size(len(names)), len(names)
    every = math.ceil(11 / size)
    short = [name if len(name) <= 18 else name[:17] + "\u2026" for name in names]
    label = 12 + 6 * max(map(len, short))
    whole = size * count
    lines = "".join(f"M0 {step * size - 0.5:g}h{whole}M{step * size - 0.5:g} 0v{whole}" for step in range(0, count + 1, 10))
    own = "".join(f"M{step * size} {step * size}h{size}v{size}h-{size}z" for step in range(count))
    top = "".join(
        f'<text transform="translate({index * size + size / 2 + 3.5:g} {label - 4}) rotate(-90)">{e(short[index])}</text>'
        for index in range(0, count, every)
    )
    left = "".join(
        f'<text x="{label - 5}" y="{index * size + size / 2 + 3.5:g}" text-anchor="end">{e(short[index])}</text>'
        for index in range(0, count, every)
    )
    return (
        f'<div class="big shrink"><div class="corner">from \u2193<br>to \u2192</div>'
        f'<svg class="top" width="{whole}" height="{label}" aria-hidden="true">{top}</svg>'
        f'<svg class="left" width="{label}" height="{whole}" aria-hidden="true">{left}</svg>'
        f'<svg class="cells" width="{whole}" height="{whole}" viewBox="0 0 {whole} {whole}" data-cell="{size}" '
        'tabindex="0" role="img" '
        f'aria-label="{e(caption)}"><path class="self" d="{own}"/>{body}<path class="grid" d="{lines}"/>'
        f'<rect class="cursor" width="{size}" height="{size}" visibility="hidden"/></svg></div>'
    )


def outcome_drawing(contents: Contents, pairs: Pairs) -> str:
    """Return the matrix of outcomes as a drawing; each cell has a half for each leg."""
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
                    round(row * size + STATES[state][2] * size, 2),
                    width,
                    round(STATES[state][3] * size, 2),
                )
    caption = (
        f"Matrix of {len(contents.servers)} servers: {contents.proven} transfers did what was expected, "
        f"{contents.failed} fell short. Arrow keys move, Enter opens a pair."
    )
    return _drawn(contents, drawing.svg(), caption)


def rate_drawing(contents: Contents, pairs: Pairs, heat: Heat) -> str:
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
    return _drawn(contents, drawing.svg(), f"Rates between {len(contents.servers)} servers. Arrow keys move, Enter opens a pair.")
