# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The report for a merge request: Markdown as GitLab and GitHub render it. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import Contents, Group
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.text import amount, size

# GitHub takes 65 536 characters in a comment, and people want to say something as well.
LIMIT = 60_000
GROUPS, ROWS = 50, 200


def plain(value: t.Any) -> str:
    """
    Return ``value`` so that Markdown shows it and does nothing else with it, also in a table.

    Everything but letters, digits and harmless signs becomes a reference; a space of no width keeps ``@name`` from calling people
    and ``#1``, ``!1`` from linking.
    """
    text = re.sub(r"[^\w \-.,:;()/=+%?']|(?<![^\W_])_|_(?![^\W_])", lambda match: f"&#{ord(match.group())};", printable(value))
    text = re.sub(r"&#(64|35|33|36|37|126|38);(?=\w)", r"&#\1;&#8203;", text)
    return re.sub(r"(?i)\b(https?|ftps?|www)(?=[:.])", r"\1&#8203;", text)


def fenced(lines: t.Iterable[str]) -> str:
    """Return lines as a block of code that none of them can end."""
    text = "\n".join(printable(line) for line in lines)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _head(contents: Contents) -> t.Iterator[str]:
    yield f"## {plain(contents.title)}\n"
    yield f"{'✅' if contents.good else '❌'} **{plain(contents.verdict)}**\n"
    facts = [amount(len(contents.servers), "server"), contents.generated]
    if contents.coverage:
        facts.append(f"coverage: {contents.coverage}")
    if contents.repeated:
        facts.append(f"{contents.repeated:,} proven only at the second attempt")
    yield plain("; ".join(facts)) + "\n"
    for note in contents.notes[:ROWS]:
        yield f"⚠️ {plain(note)}\n"


def _causes(contents: Contents) -> t.Iterator[str]:
    yield _row("transfers", "cause", "look first at", "cure")
    yield _row("---:", "---", "---", "---")
    for group in contents.groups[:GROUPS]:
        yield _row(
            f"{len(group.legs):,}",
            plain(group.cause or "no cause given"),
            plain(group.look_first or "-"),
            plain(group.remedy or _report.verdict(contents.legs[group.legs[0]])),
        )
    if len(contents.groups) > GROUPS:
        yield f"\n{len(contents.groups) - GROUPS:,} more causes are in report.json."
    yield ""


def _details(summary: str, *inner: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n" + "\n".join(inner) + "\n\n</details>\n"


def _example(contents: Contents, group: Group) -> str:
    leg = contents.legs[group.legs[0]]
    more = f" and {amount(len(group.legs) - 1, 'more', 'more')}" if len(group.legs) > 1 else ""
    return _details(plain(f"{group.heading}: {leg.label}") + more, fenced(line for line, part in _report.dialogue(leg)))


def _legs(heading: str, legs: t.Sequence[_report.Leg]) -> str:
    rows = [_row("source", "destination", "listens", "rate", "cause or proof"), _row("---", "---", "---", "---:", "---")]
    for leg in legs[:ROWS]:
        rows.append(
            _row(
                plain(leg.source),
                plain(leg.destination),
                plain(leg.listens),
                plain(_report.rate(leg.bytes_per_second)),
                plain(_report.evidence_in_short(leg)),
            )
        )
    if len(legs) > ROWS:
        rows.append(f"\n{len(legs) - ROWS:,} more are in report.json.")
    return _details(f"{len(legs):,} {heading}", *rows)


def _bounce(contents: Contents) -> t.Iterator[str]:
    yield _row("server", "strangers")
    yield _row("---", "---")
    signs = {_report.FAILED: "❌", _report.PROVEN: "✅"}
    for entry in contents.bounce[:ROWS]:
        state, words = _report.strangers(entry)
        yield _row(plain(entry["server"]), f"{signs.get(state, '❔')} {plain(words)}")
    if len(contents.bounce) > ROWS:
        yield f"\n{len(contents.bounce) - ROWS:,} more are in report.json."
    yield ""


def as_markdown(contents: Contents) -> str:
    """Return the report as Markdown of ``LIMIT`` characters at most: verdict and causes first, the rest folded away."""
    parts = list(_head(contents))
    if contents.groups:
        parts += ["\n".join(_causes(contents))]
    if contents.bounce:
        parts += ["\n".join(_bounce(contents))]
    if contents.failed:
        parts += [_example(contents, group) for group in contents.groups[:GROUPS]]
        parts += [_legs("transfers that fell short", [leg for leg in contents.legs if not leg.ok])]
    well = [leg for leg in contents.legs if leg.ok]
    if well:
        moved = f"transfers that did what was expected ({size(contents.bytes)})"
        parts += [_legs(moved, sorted(well, key=lambda leg: not leg.repeated))]
    text, left = "", 0
    for part in parts:
        # Part by part: half a table or an open block of code would spoil whatever stands below.
        if len(text) + len(part) + 200 > LIMIT:
            left += 1
            continue
        text += part + "\n"
    return text + (f"{amount(left, 'part')} of this report would be too long for a comment: see report.html.\n" if left else "")
