# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a report tells, whatever the format: the legs in order, sorted by what is to be done about them. Pure."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.text import amount, natural

# How many dialogues of failed legs a report holds. A fleet of 200 servers that is down has 80 000 of them.
DIALOGUES = 200


@dataclasses.dataclass(frozen=True)
class Group:
    """Legs that fell short for one cause and with one server to look at first; ``legs`` are their numbers in the contents."""

    cause: str | None
    look_first: str | None
    remedy: str | None
    legs: tuple[int, ...]

    @property
    def heading(self) -> str:
        """Return cause and place in a few words."""
        where = f", look at {self.look_first} first" if self.look_first else ""
        return (self.cause or "no cause given") + where


@dataclasses.dataclass(frozen=True)
class Contents:
    """
    All that a report tells.

    ``generated`` is a time in UTC as ISO 8601. The legs are sorted by name, so that the same results make the same report.
    ``bounce`` are results of ``fxp_bounce_check`` with the name of the ``server``. ``vantage_untold`` and ``files_left``
    are what ``fxp_mesh_check`` returns so. ``other_plans`` are servers that run another plan than the inventory's.
    """

    title: str
    generated: str
    coverage: str | None
    legs: tuple[_report.Leg, ...]
    bounce: tuple[t.Mapping[str, t.Any], ...] = ()
    vantage_untold: tuple[str, ...] = ()
    files_left: tuple[t.Mapping[str, t.Any], ...] = ()
    other_plans: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        """Return how many legs fell short."""
        return sum(not leg.ok for leg in self.legs)

    @property
    def proven(self) -> int:
        """Return how many legs did what was expected."""
        return len(self.legs) - self.failed

    @property
    def repeated(self) -> int:
        """Return how many legs were proven only when they were repeated."""
        return sum(leg.ok and leg.repeated for leg in self.legs)

    @property
    def vulnerable(self) -> int:
        """Return how many servers strangers can abuse."""
        return sum(bool(entry.get("vulnerable")) for entry in self.bounce)

    @property
    def good(self) -> bool:
        """Tell whether nothing fell short."""
        return not self.failed and not self.vulnerable

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what is to be known besides, in sentences."""
        return tuple(_report.notes(self.other_plans, self.vantage_untold, self.files_left, self.legs))

    @property
    def bytes(self) -> int:
        """Return how many bytes were moved by the legs that did what was expected."""
        return sum(leg.bytes or 0 for leg in self.legs if leg.ok)

    @property
    def seconds(self) -> float:
        """Return how many seconds the transfers took, one after the other."""
        return sum(leg.seconds or 0.0 for leg in self.legs)

    @functools.cached_property
    def servers(self) -> tuple[str, ...]:
        """Return the names of all servers that took part."""
        return tuple(sorted({name for leg in self.legs for name in (leg.source, leg.destination)}, key=natural))

    @functools.cached_property
    def groups(self) -> tuple[Group, ...]:
        """Return what fell short, the largest group first."""
        found: dict[tuple[str | None, str | None], list[int]] = {}
        for number, leg in enumerate(self.legs):
            if not leg.ok:
                found.setdefault((leg.cause, leg.look_first), []).append(number)
        groups = [Group(cause, where, self._remedy(numbers), tuple(numbers)) for (cause, where), numbers in found.items()]
        return tuple(sorted(groups, key=lambda group: (-len(group.legs), group.cause or "", natural(group.look_first or ""))))

    def _remedy(self, numbers: t.Sequence[int]) -> str | None:
        """Return the remedy of these legs; one that names the other server of a leg is said of the first leg."""
        first = self.legs[numbers[0]]
        if first.remedy is None or all(self.legs[number].remedy == first.remedy for number in numbers):
            return first.remedy
        return f"{first.remedy} (Said of {first.source} -> {first.destination}; likewise for the others.)"

    @functools.cached_property
    def with_dialogue(self) -> frozenset[int]:
        """Return the numbers of the failed legs that keep dialogue and evidence: of each group some, ``DIALOGUES`` at most."""
        found: list[int] = []
        # One of each group, then a second of each, and so on: a rare cause must not be hidden by a frequent one.
        depth = 0
        while len(found) < min(DIALOGUES, self.failed):
            found += [group.legs[depth] for group in self.groups if depth < len(group.legs)]
            depth += 1
        return frozenset(found[:DIALOGUES])

    @property
    def verdict(self) -> str:
        """Return the whole in one sentence."""
        tried = len(self.legs)
        if not tried:
            text = "No transfer was tried"
        elif not self.failed:
            text = f"All {amount(tried, 'transfer')} proven" if tried > 1 else "1 of 1 transfer proven"
        else:
            text = f"{self.failed:,} of {amount(tried, 'transfer')} fell short"
        if self.vulnerable:
            text += f"; strangers can abuse {amount(self.vulnerable, 'server')}"
        return text


def contents_of(
    title: str,
    generated: str,
    coverage: str | None,
    legs: t.Iterable[_report.Leg],
    bounce: t.Iterable[t.Mapping[str, t.Any]] = (),
    vantage_untold: t.Iterable[str] = (),
    files_left: t.Iterable[t.Mapping[str, t.Any]] = (),
    other_plans: t.Iterable[str] = (),
) -> Contents:
    """Return the contents of a report, in the order of names."""
    ordered = sorted(
        legs,
        key=lambda leg: (
            natural(leg.source),
            natural(leg.destination),
            leg.family or "",
            leg.face == "inner",
            leg.passive != "source",
            leg.passive,
        ),
    )
    return Contents(
        title,
        generated,
        coverage,
        tuple(ordered),
        tuple(sorted(bounce, key=lambda entry: natural(str(entry["server"])))),
        tuple(sorted(set(vantage_untold), key=natural)),
        # Names of files are random: by these no report is the same as another one, and that is the matter.
        tuple(sorted(files_left, key=lambda left: (natural(str(left.get("server"))), str(left.get("file"))))),
        tuple(sorted(set(other_plans), key=natural)),
    )
