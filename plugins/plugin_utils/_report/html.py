# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The report for people: one HTML file that needs nothing else. Pure but for reading the three files of the page beside this one.

What the page shows is chosen here, as plain values; how, in ``page.html.j2``, ``page.css`` and ``page.js``. No text of a server
can become markup: the template's environment escapes everything, and the page's own policy allows exactly the style and the
script that are in it and no connection to anywhere.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import pathlib
import typing as t

import jinja2

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import matrix as _report_matrix
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import DIALOGUES, Contents, Group
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.matrix import STATES
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.text import amount, natural, size

_HERE = pathlib.Path(__file__).parent
STYLE = (_HERE / "page.css").read_text(encoding="utf-8")
SCRIPT = (_HERE / "page.js").read_text(encoding="utf-8")
# The most legs that stand in the table itself; more of them are data that the script shows a page at a time.
ROWS = 1000
# The most groups of causes, and the most names of legs without a dialogue in each.
GROUPS, NAMES = 200, 40
# The groups that stand open to the eye; what comes after them is folded away, so that the matrix is not far below.
FIRST = 8
# The same for the legs of a group.
LEGS = 5
Values = t.Dict[str, t.Any]


def _finished(value: t.Any) -> t.Any:
    """Return what an expression of the template prints, as text that can be shown; markup is already made of such text."""
    return value if hasattr(value, "__html__") else printable(value)


@functools.lru_cache(maxsize=None)
def page() -> jinja2.Template:
    """Return the template of the page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finished,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["amount"] = amount
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return environment.get_template("page.html.j2")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class _Page:
    """The values of one page, in the order of the page."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.pairs = _report_matrix.pairs_of(contents)
        self.large = len(contents.legs) > ROWS or len(contents.servers) > _report_matrix.TABLE
        self.group_of = {number: index for index, group in enumerate(contents.groups) for number in group.legs}

    def place(self, number: int) -> str:
        """Return the anchor that tells most about a leg."""
        if number in self.contents.with_dialogue and self.group_of[number] < GROUPS:
            return f"leg-{number}"
        if self.group_of.get(number, GROUPS) < GROUPS:
            return f"group-{self.group_of[number]}"
        return "legs" if self.large else f"row-{number}"

    def head(self) -> Values:
        """Return the verdict and the facts around it."""
        contents = self.contents
        facts = [
            ("Proven", f"{contents.proven:,} of {amount(len(contents.legs), 'transfer')}"),
            ("Servers", f"{len(contents.servers):,}"),
            ("Coverage", contents.coverage),
            ("Moved", f"{size(contents.bytes)} in {duration(contents.seconds)} of transfer" if contents.bytes else None),
            ("Second attempt", f"{contents.repeated:,} proven only then" if contents.repeated else None),
        ]
        return {
            "title": contents.title,
            "verdict": contents.verdict,
            "generated": contents.generated,
            "state": _report.FAILED if not contents.good else _report.PROVEN if contents.legs else _report.UNCERTAIN,
            "facts": [fact for fact in facts if fact[1]],
        }

    def notes(self) -> Values:
        """Return what is to be known besides."""
        notes = self.contents.notes
        return {"notes": notes[:NAMES], "further_notes": max(0, len(notes) - NAMES)}

    def failures(self) -> Values:
        """Return what fell short, by cause and server."""
        groups = self.contents.groups
        shown = [self._group(index, group) for index, group in enumerate(groups[:GROUPS])]
        return {
            "causes": self._causes(),
            "groups": shown[:FIRST],
            "further_groups": shown[FIRST:],
            "groups_left": f"{len(groups) - GROUPS:,}" if len(groups) > GROUPS else None,
            "legs_left": sum(len(group.legs) for group in groups[GROUPS:]),
        }

    def _causes(self) -> list[Values]:
        """Return how often each cause was met, and the servers that are named most often with it."""
        causes: dict[str | None, list[Group]] = {}
        for group in self.contents.groups:
            causes.setdefault(group.cause, []).append(group)
        rows = []
        for cause, groups in sorted(causes.items(), key=lambda item: -sum(len(group.legs) for group in item[1])):
            most = ", ".join(f"{group.look_first or 'no server'} ({len(group.legs):,})" for group in groups[:4])
            rows.append(
                {
                    "count": f"{sum(len(group.legs) for group in groups):,}",
                    "cause": cause or "no cause given",
                    "places": most + (f" and {len(groups) - 4:,} more" if len(groups) > 4 else ""),
                }
            )
        return rows

    def _group(self, index: int, group: Group) -> Values:
        contents = self.contents
        detailed = [self._leg(number) for number in group.legs if number in contents.with_dialogue]
        plain = [number for number in group.legs if number not in contents.with_dialogue]
        return {
            "number": index,
            "open": index == 0,
            "state": contents.legs[group.legs[0]].state,
            "count": f"{len(group.legs):,}",
            "noun": "transfer" if len(group.legs) == 1 else "transfers",
            "heading": group.heading,
            "remedy": group.remedy,
            "first": detailed[:LEGS],
            "more": detailed[LEGS:],
            "named": [_names(contents.legs[number]) for number in plain[:NAMES]],
            "unnamed": f"{len(plain) - NAMES:,}" if len(plain) > NAMES else None,
        }

    def _leg(self, number: int) -> Values:
        leg = self.contents.legs[number]
        return {
            **_names(leg),
            "number": number,
            "state": leg.state,
            "summary": leg.evidence.get("summary"),
            "verdict": _report.verdict(leg),
            "remedy": leg.remedy,
            "dialogue": list(dialogue(leg)),
            "evidence": list(evidence_rows(leg.evidence)),
        }

    def matrix(self) -> Values:
        """Return the matrix of outcomes and, where any is known, that of rates."""
        contents = self.contents
        present = {leg.state for leg in contents.legs}
        values: Values = {
            "servers": contents.servers,
            "present": [state for state in STATES if state in present],
            "outcome": None,
            "rate": None,
            "scale": [],
        }
        if not contents.legs:
            return values
        rates = [leg.bytes_per_second for leg in contents.legs if leg.bytes_per_second]
        heat = _report_matrix.Heat(rates)
        if len(contents.servers) <= _report_matrix.TABLE:
            values["outcome"] = _report_matrix.outcome_table(contents, self.pairs, self.place)
            values["rate"] = _report_matrix.rate_table(contents, self.pairs, self.place, heat) if rates else None
        else:
            values["outcome"] = _report_matrix.outcome_drawing(contents, self.pairs)
            values["rate"] = _report_matrix.rate_drawing(contents, self.pairs, heat) if rates else None
        return {**values, "scale": [heat.words(step) for step in range(_report_matrix.STEPS)]}

    def strangers(self) -> list[Values]:
        """Return what strangers can do, with the servers that they can abuse first."""
        rows = []
        for entry in sorted(self.contents.bounce, key=lambda entry: (not entry.get("vulnerable"), natural(str(entry["server"])))):
            state, words = _report.strangers(entry)
            uncertain = "open" if _report.is_meant(entry) else "not tested"
            result = {_report.FAILED: "vulnerable", _report.PROVEN: "safe"}.get(state, uncertain)
            rows.append({"server": entry["server"], "state": state, "result": result, "words": words})
        return rows

    def rows(self) -> list[Values]:
        """Return the table of all legs; nothing where the script has to show it."""
        return [] if self.large else [self._row(number) for number in range(len(self.contents.legs))]

    def _row(self, number: int) -> Values:
        leg, place = self.contents.legs[number], self.place(number)
        return {
            **_names(leg),
            "number": number,
            "listens": leg.listens,
            "state": leg.state,
            "rate": _report.rate(leg.bytes_per_second),
            "words": _report.evidence_in_short(leg),
            "place": None if place.startswith("row-") else place,
        }

    def data(self) -> Values | None:
        """Return the legs for the script, seven numbers each; see ``parts`` there."""
        if not self.large:
            return None
        contents = self.contents
        index = {name: number for number, name in enumerate(contents.servers)}
        states, words = list(STATES), {"": 0}
        over = list(dict.fromkeys(["", *(leg.over for leg in contents.legs)]))
        flat: list[int] = []
        for number, leg in enumerate(contents.legs):
            group = self.group_of.get(number, -1)
            text = contents.groups[group].heading if group >= 0 else _report.evidence_in_short(leg)
            flat += [
                index[leg.source],
                index[leg.destination],
                {"source": 0, "destination": 1}.get(leg.passive, 2) + 3 * over.index(leg.over),
                states.index(leg.state),
                words.setdefault(text, len(words)),
                round((leg.bytes_per_second or -1024) / 1024),
                group if group < GROUPS else -1,
            ]
        return {
            # The template makes only what it prints itself visible.
            "names": [printable(name) for name in contents.servers],
            "over": [way and f" ({way})" for way in over],
            "states": [[state, STATES[state].sign, STATES[state].words] for state in states],
            "words": [printable(text) for text in words],
            "legs": flat,
        }

    def values(self) -> Values:
        """Return everything that the template prints."""
        contents = self.contents
        without = contents.failed - len(contents.with_dialogue)
        return {
            "style": STYLE,
            "style_hash": _hash(STYLE),
            "script": SCRIPT,
            "script_hash": _hash(SCRIPT),
            "states": {state: shape.legend() for state, shape in STATES.items()},
            **self.head(),
            **self.notes(),
            **self.failures(),
            **self.matrix(),
            "strangers": self.strangers(),
            "tried": len(contents.legs),
            "ways": _ways(contents.legs),
            "rows": self.rows(),
            "without_dialogue": f"{without:,}" if without else None,
            "dialogues_at_most": DIALOGUES,
            "data": self.data(),
        }


def _ways(legs: t.Sequence[_report.Leg]) -> str:
    """Return in which order the transfers of a pair are shown where they go by several families or addresses, in words."""
    families = [name for key, name in _report.FAMILIES.items() if any(leg.over.startswith(name) for leg in legs)]
    over = f"over {' and then over '.join(families)}" if families else ""
    inside = "first outside and then inside" if any(leg.face == "inner" for leg in legs) else ""
    return ", ".join(filter(None, (over, inside)))


def _names(leg: _report.Leg) -> Values:
    return {"source": leg.source, "destination": leg.destination, "listens": None if leg.listens == "-" else leg.listens}


def dialogue(leg: _report.Leg) -> t.Iterator[Values]:
    """Yield the lines of a dialogue as rows of a table, and the listing on both servers after them."""
    for entry in _report.dialogue_entries(leg):
        role = entry["server"] if entry["server"] in ("source", "destination") else "soft"
        yield {
            "role": role,
            "timed": True,
            "at": f"{entry['seconds']:.4f}",
            "name": leg.name(role) or "",
            "sign": "\u2192" if entry["direction"] == "sent" else "\u2190",
            "text": entry["line"],
        }
    for role in ("source", "destination"):
        if leg.listing.get(role):
            yield {
                "role": role,
                "timed": False,
                "at": "LIST",
                "name": leg.name(role) or "",
                "sign": "=",
                "text": leg.listing[role],
            }


def duration(seconds: float) -> str:
    """Return seconds with as many digits as mean something."""
    if seconds >= 600:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds:.0f} s" if seconds >= 100 else f"{seconds:.3g} s"


def evidence_rows(evidence: t.Mapping[str, t.Any], prefix: str = "") -> t.Iterator[tuple[str, str]]:
    """Yield name and value of everything that was seen; what stands inside of something else has both names."""
    for key, value in evidence.items():
        name = f"{prefix}{key.replace('_', ' ')}"
        if isinstance(value, t.Mapping):
            yield from evidence_rows(value, f"{name}: ")
        elif value not in (None, "", [], (), False) and name != "summary":
            yield name, ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def values_of(contents: Contents) -> Values:
    """Return everything that the template prints about a report."""
    return _Page(contents).values()


def as_html(contents: Contents) -> str:
    """Return the report as one HTML document."""
    return page().render(values_of(contents))
