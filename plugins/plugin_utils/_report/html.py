# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The report for people: one HTML file that needs nothing else. Pure.

No text of a server can become markup: everything goes through C(e), and the page's own policy allows exactly the style and the
script that are in it and no connection to anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import matrix as _report_matrix
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import DIALOGUES, Contents, Group
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.matrix import STATES, e
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.script import SCRIPT
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.style import HEAT, STYLE
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.text import amount, natural, size

# The most legs that stand in the table itself; more of them are data that the script shows a page at a time.
ROWS = 1000
# The most groups of causes, and the most names of legs without a dialogue in each.
GROUPS, NAMES = 200, 40
# The groups that stand open to the eye; what comes after them is folded away, so that the matrix is not far below.
FIRST = 8
# The same for the legs of a group.
LEGS = 5


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _badge(state: str, words: str | None = None) -> str:
    sign, usual = STATES[state][:2]
    return f'<span class="badge {state}"><span class="sign" aria-hidden="true">{sign}</span> {e(words or usual)}</span>'


def _pair(leg: _report.Leg) -> str:
    listens = leg.name(leg.passive)
    return f"{e(leg.source)} \u2192 {e(leg.destination)}" + (f", <strong>{e(listens)} listens</strong>" if listens else "")


class _Page:
    """The parts of one page, in the order of the page."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.pairs = _report_matrix.pairs_of(contents)
        self.large = len(contents.legs) > ROWS or len(contents.servers) > _report_matrix.TABLE
        self.heat = _report_matrix.Heat([leg.bytes_per_second for leg in contents.legs if leg.bytes_per_second])
        self.group_of = {number: index for index, group in enumerate(contents.groups) for number in group.legs}

    def place(self, number: int) -> str:
        """Return the anchor that tells most about a leg."""
        if number in self.contents.told and self.group_of[number] < GROUPS:
            return f"leg-{number}"
        if self.group_of.get(number, GROUPS) < GROUPS:
            return f"group-{self.group_of[number]}"
        return "legs" if self.large else f"row-{number}"

    def head(self) -> str:
        """Return the verdict and the facts around it."""
        contents = self.contents
        state = _report.PROVEN if contents.good and contents.legs else _report.FAILED if not contents.good else _report.UNCERTAIN
        when = contents.generated.replace("T", " ").replace("Z", " UTC")
        facts = [
            ("Proven", f"{contents.proven:,} of {amount(len(contents.legs), 'transfer')}"),
            ("Servers", f"{len(contents.servers):,}"),
            ("Coverage", e(contents.coverage) if contents.coverage else ""),
            ("Moved", f"{size(contents.bytes)} in {duration(contents.seconds)} of transfer" if contents.bytes else ""),
            ("Second attempt", f"{contents.repeated:,} proven only then" if contents.repeated else ""),
            ("When", f'<time datetime="{e(contents.generated)}">{e(when)}</time>'),
        ]
        cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts if value)
        return (
            f'<header><h1>{e(contents.title)}</h1><div class="headline {state}" role="status">'
            '<span class="sign" aria-hidden="true">'
            f'{STATES[state][0]}</span><span>{e(contents.verdict)}</span></div><dl class="facts">{cells}</dl></header>'
        )

    def notes(self) -> str:
        """Return what is to be known besides."""
        found = "".join(f"<li>{e(note)}</li>" for note in self.contents.notes[:NAMES])
        more = len(self.contents.notes) - NAMES
        found += f"<li>{more:,} more are in report.json.</li>" if more > 0 else ""
        return f'<section id="notes"><h2>To be known</h2><ul>{found}</ul></section>' if found else ""

    def failures(self) -> str:
        """Return what fell short, by cause and server."""
        groups = self.contents.groups
        if not groups:
            return ""
        parts = ['<section id="failures"><h2>What fell short, and what cures it</h2>']
        if len(groups) > FIRST:
            parts.append(self._causes())
        parts += [self._group(index, group) for index, group in enumerate(groups[:FIRST])]
        if len(groups) > FIRST:
            further = "".join(self._group(index, group) for index, group in enumerate(groups[:GROUPS]) if index >= FIRST)
            parts.append(
                f'<details class="all"><summary>{amount(len(groups[:GROUPS]) - FIRST, "further pair")}'
                " of cause and server</summary>"
                f"<div>{further}</div></details>"
            )
        if len(groups) > GROUPS:
            legs = sum(len(group.legs) for group in groups[GROUPS:])
            parts.append(f"<p>{len(groups) - GROUPS:,} more of them, about {amount(legs, 'transfer')}, are in report.json.</p>")
        return "".join(parts) + "</section>"

    def _causes(self) -> str:
        """Return how often each cause was met, and the servers that are named most often with it."""
        causes: dict[str | None, list[Group]] = {}
        for group in self.contents.groups:
            causes.setdefault(group.cause, []).append(group)
        rows = []
        for cause, groups in sorted(causes.items(), key=lambda item: -sum(len(group.legs) for group in item[1])):
            most = ", ".join(f"{e(group.look_first or 'no server')} ({len(group.legs):,})" for group in groups[:4])
            more = f" and {len(groups) - 4:,} more" if len(groups) > 4 else ""
            count = sum(len(group.legs) for group in groups)
            rows.append(f'<tr><td class="number">{count:,}</td><td>{e(cause or "no cause given")}</td><td>{most}{more}</td></tr>')
        return (
            '<div class="scroll"><table class="wide"><thead><tr><th scope="col" class="number">transfers</th>'
            '<th scope="col">cause</th>'
            f'<th scope="col">look first at</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
        )

    def _group(self, index: int, group: Group) -> str:
        contents = self.contents
        told = [number for number in group.legs if number in contents.told]
        untold = [number for number in group.legs if number not in contents.told]
        first = contents.legs[group.legs[0]]
        parts = [
            f'<details class="group"{" open" if index == 0 else ""}><summary>'
            f'<span class="count {first.state}"><span class="sign" aria-hidden="true">{STATES[first.state][0]}</span> '
            f"{len(group.legs):,}</span> {amount(len(group.legs), 'transfer').split()[1]}: {e(group.heading)}</summary>"
            f'<div id="group-{index}">'
        ]
        if group.remedy:
            parts.append(f'<p class="cure"><strong>Cure:</strong> {e(group.remedy)}</p>')
        parts += [self._leg(number) for number in told[:LEGS]]
        if told[LEGS:]:
            more = "".join(self._leg(number) for number in told[LEGS:])
            folded = f"<summary>{len(told) - LEGS:,} more of the same</summary><div>{more}</div>"
            parts.append(f'<details class="all">{folded}</details>')
        if untold:
            names = "".join(f"<li>{_pair(contents.legs[number])}</li>" for number in untold[:NAMES])
            parts.append(f'<p class="soft">The same without its dialogue here:</p><ul class="names">{names}</ul>')
        if len(untold) > NAMES:
            parts.append(f"<p>and {len(untold) - NAMES:,} more, all of them in report.json.</p>")
        return "".join(parts) + "</div></details>"

    def _leg(self, number: int) -> str:
        leg = self.contents.legs[number]
        summary = leg.evidence.get("summary")
        parts = [
            f'<details class="leg"><summary>{_badge(leg.state, " ")}{_pair(leg)}'
            + (f'<br><span class="soft">{e(summary)}</span>' if summary else "")
            + f'</summary><div id="leg-{number}">',
            f"<p><strong>{e(_report.verdict(leg))}</strong></p>",
        ]
        if leg.remedy:
            parts.append(f'<p class="cure"><strong>Cure:</strong> {e(leg.remedy)}</p>')
        parts.append(self._dialogue(leg))
        seen = "".join(f"<dt>{e(name)}</dt><dd>{e(value)}</dd>" for name, value in evidence_rows(leg.evidence))
        if seen:
            parts.append(f'<details class="all"><summary>What was seen</summary><dl class="evidence">{seen}</dl></details>')
        return "".join(parts) + "</div></details>"

    @staticmethod
    def _dialogue(leg: _report.Leg) -> str:
        rows = []
        for entry in _report.spoken(leg):
            role = entry["server"] if entry["server"] in ("source", "destination") else "soft"
            arrow = "\u2192" if entry["direction"] == "sent" else "\u2190"
            rows.append(
                f'<tr class="{role}"><td class="number">{entry["seconds"]:.4f}</td><td>{e(leg.name(role) or "")}</td>'
                f"<td>{arrow}</td>"
                f"<td>{e(entry['line'])}</td></tr>"
            )
        for role in ("source", "destination"):
            if leg.listing.get(role):
                rows.append(
                    f'<tr class="{role}"><td>LIST</td><td>{e(leg.name(role))}</td><td>=</td><td>{e(leg.listing[role])}</td></tr>'
                )
        if not rows:
            return '<p class="soft">There is no dialogue of this transfer.</p>'
        return (
            '<div class="scroll"><table class="said" aria-label="Dialogue with both servers"><tbody>'
            f"{''.join(rows)}</tbody></table></div>"
        )

    def matrix(self) -> str:
        """Return the matrix of outcomes and that of rates, one of which is shown."""
        contents = self.contents
        if not contents.legs:
            return ""
        if len(contents.servers) <= _report_matrix.TABLE:
            outcome = _report_matrix.outcome_table(contents, self.pairs, self.place)
            rate = _report_matrix.rate_table(contents, self.pairs, self.place, self.heat)
            hint = "A cell has a sign for each transfer: first the source listens, then the destination. Each is a link."
            speed = "A cell has the rate of the slower of the two transfers in bytes per second."
        else:
            outcome = _report_matrix.outcome_drawing(contents, self.pairs)
            rate = _report_matrix.rate_drawing(contents, self.pairs, self.heat)
            keys = " Point at a cell, tap it, or move with the arrow keys; Enter opens it."
            hint = "A cell has a half for each transfer: on the left the source listens, on the right the destination." + keys
            speed = "A cell has the colour of the slower of the two transfers." + keys
        timed = any(leg.bytes_per_second for leg in contents.legs)
        views = '<input type="radio" name="view" id="view-outcome" checked aria-label="Outcome">'
        if timed:
            views += (
                '<label for="view-outcome">Outcome</label><input type="radio" name="view" id="view-rate" aria-label="Rate">'
                '<label for="view-rate">Rate</label>'
            )
        return (
            f'<section id="matrix"><h2>Every pair</h2><div class="views">{views}'
            f'<section class="outcome" aria-label="Outcome"><p class="soft">{hint}</p>{self._signs()}{outcome}</section>'
            + (
                f'<section class="rate" aria-label="Rate"><p class="soft">{speed}</p>{self._scale()}{rate}</section>'
                if timed
                else ""
            )
            + '</div><div id="panel" class="panel" hidden></div><p id="spoken" class="soft" aria-live="polite"></p></section>'
        )

    def _signs(self) -> str:
        present = {leg.state for leg in self.contents.legs}
        items = []
        for state, (sign, words, top, height) in STATES.items():
            if state not in present:
                continue
            key = f'<span class="key sign {state}" aria-hidden="true">{sign}</span>'
            if len(self.contents.servers) > _report_matrix.TABLE:
                key = (
                    f'<svg width="18" height="18" aria-hidden="true"><rect class="self" width="18" height="18"/>'
                    f'<rect class="{state}" '
                    f'y="{top * 18:g}" width="18" height="{height * 18:g}"/></svg>'
                )
            items.append(f"<li>{key}{e(words)}</li>")
        return f'<ul class="legend">{"".join(items)}</ul>'

    def _scale(self) -> str:
        items = "".join(
            f'<li><span class="key h{step}">&nbsp;</span>{e(self.heat.words(step))}</li>' for step in range(len(HEAT))
        )
        none = (
            '<li><svg width="18" height="18" aria-hidden="true"><rect class="failed" y="5" width="18" height="5"/>'
            "</svg>no rate</li>"
            if len(self.contents.servers) > _report_matrix.TABLE
            else ""
        )
        return f'<ul class="legend" aria-label="Logarithmic scale of rates">{items}{none}</ul>'

    def bounce(self) -> str:
        """Return what strangers can do."""
        entries = self.contents.bounce
        if not entries:
            return ""
        rows = []
        for entry in sorted(entries, key=lambda entry: (not entry.get("vulnerable"), natural(str(entry["server"])))):
            state, words = _report.strangers(entry)
            sign = {"failed": "vulnerable", "proven": "safe"}.get(state, "not tested")
            rows.append(f"<tr><td>{e(entry['server'])}</td><td>{_badge(state, sign)}</td><td>{e('strangers ' + words)}</td></tr>")
        return (
            '<section id="strangers"><h2>Whether strangers can abuse the servers</h2>'
            '<div class="scroll tall" tabindex="0" role="region" '
            'aria-label="Strangers"><table class="wide"><thead><tr><th scope="col">server</th><th scope="col">result</th>'
            f'<th scope="col">what was found</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div></section>'
        )

    def legs(self) -> str:
        """Return the table of all legs."""
        contents = self.contents
        if not contents.legs:
            return ""
        columns = ("source", "destination", "listens", "result", "rate", "cause or proof")
        head = "".join(f'<th scope="col"{" class=number" if name == "rate" else ""}>{name}</th>' for name in columns)
        rows, controls = "", ""
        if self.large:
            present = {leg.state for leg in contents.legs}
            choices = "".join(f'<option value="{state}">{e(STATES[state][1])}</option>' for state in STATES if state in present)
            controls = (
                "<noscript><p>A table this long needs JavaScript to be shown; report.json has all of it.</p></noscript>"
                '<div class="controls" id="controls" hidden><input id="find" type="search" placeholder="server or cause" '
                'aria-label="Server or cause">'
                f'<select id="state" aria-label="Result"><option value="">every result</option>{choices}</select>'
                '<button id="back" type="button">\u2190 before</button><span id="where" aria-live="polite"></span>'
                '<button id="next" type="button">next \u2192</button></div>'
            )
        else:
            rows = "".join(self._row(number) for number in range(len(contents.legs)))
        return (
            f'<details class="all"{" open" if len(contents.legs) <= 40 else ""}><summary>'
            f"<strong>All {amount(len(contents.legs), 'transfer')}</strong> "
            f'as a table</summary><div id="legs">{controls}<div class="scroll tall" tabindex="0" '
            'role="region" aria-label="All transfers">'
            f'<table class="wide"><thead><tr>{head}</tr></thead><tbody id="rows">{rows}</tbody></table></div></div></details>'
        )

    def _row(self, number: int) -> str:
        leg = self.contents.legs[number]
        words, place = e(_report.evidence_in_short(leg)), self.place(number)
        if not place.startswith("row-"):
            words = f'<a href="#{place}">{words}</a>'
        return (
            f'<tr id="row-{number}"><td>{e(leg.source)}</td><td>{e(leg.destination)}</td>'
            f"<td>{e(leg.name(leg.passive) or '-')}</td>"
            f'<td>{_badge(leg.state)}</td><td class="number">{e(_report.rate(leg.bytes_per_second))}</td><td>{words}</td></tr>'
        )

    def limits(self) -> str:
        """Return what is left out."""
        contents = self.contents
        left = contents.failed - len(contents.told)
        notes = []
        if left:
            notes.append(
                f"The dialogues of {left:,} transfers that fell short are left out: {DIALOGUES} are told, some of each cause."
            )
        notes.append(
            "Dialogues of transfers that did what was expected are not kept here. This file needs no network and opens none; "
            "the same results "
            "stand in report.json, junit.xml and report.md beside it."
        )
        return (
            f'<footer><p class="soft">{e(" ".join(notes))}</p><p class="paper">'
            "On paper one dialogue stands for each cause and server; the others "
            "open on a screen.</p></footer>"
        )

    def data(self) -> str:
        """Return the legs for the script, seven numbers each; see C(parts) there."""
        if not self.large:
            return ""
        contents = self.contents
        index = {name: number for number, name in enumerate(contents.servers)}
        states, words = list(STATES), {"": 0}
        flat: list[int] = []
        for number, leg in enumerate(contents.legs):
            group = self.group_of.get(number, -1)
            text = contents.groups[group].heading if group >= 0 else _report.evidence_in_short(leg)
            flat += [
                index[leg.source],
                index[leg.destination],
                {"source": 0, "destination": 1}.get(leg.passive, 2),
                states.index(leg.state),
                words.setdefault(text, len(words)),
                round((leg.bytes_per_second or -1024) / 1024),
                group if group < GROUPS else -1,
            ]
        found = {
            "names": contents.servers,
            "states": [[state, *STATES[state][:2]] for state in states],
            "words": list(words),
            "legs": flat,
        }
        # What would end the element is written otherwise. A block of data is no script: the policy does not concern it.
        text = json.dumps(found, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        return f'<script type="application/json" id="data">{text}</script>'


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


def as_html(contents: Contents) -> str:
    """Return the report as one HTML document."""
    page = _Page(contents)
    policy = f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{e(contents.verdict)} \u2013 {e(contents.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(
            part
            for part in (
                page.head(),
                "<main>",
                page.notes(),
                page.failures(),
                page.matrix(),
                page.bounce(),
                page.legs(),
                "</main>",
                page.limits(),
                page.data(),
            )
            if part
        )
        + f"\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
