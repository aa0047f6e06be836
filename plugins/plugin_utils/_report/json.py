# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The report for programs: ``report.json``. Pure. The schema is described in docs/report.md."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import Contents

# Grows by keys. A number of its own for what readers of this one would misunderstand.
SCHEMA = 1
LEG_KEYS = (
    "source",
    "destination",
    "passive",
    "family",
    "face",
    "gateways",
    "expect",
    "ok",
    "repeated",
    "first_cause",
    "cause",
    "server",
    "look_first",
    "certain",
    "also_possible",
    "remedy",
    "seen",
    "placed",
    "place",
    "ends",
    "not_asked",
    "file",
    "bytes",
    "seconds",
    "bytes_per_second",
    "verified_by",
)

BOUNCE_KEYS = ("server", "vulnerable", "tested", "firewall_exposed", "findings", "stranger_sources")


def _leg(leg: _report.Leg, with_dialogue: bool) -> dict[str, t.Any]:
    entry: dict[str, t.Any] = {key: getattr(leg, key) for key in LEG_KEYS}
    entry["summary"] = leg.evidence.get("summary")
    if with_dialogue:
        entry.update(evidence=leg.evidence, listing=leg.listing, transcript=leg.dialogue)
    return entry


def _bounce(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return what is to be known of a server; results of tasks hold much else. The dialogue is kept where it proves a fault."""
    keys = BOUNCE_KEYS + (("transcript",) if entry.get("vulnerable") else ())
    return {key: entry.get(key) for key in keys}


def as_json(contents: Contents) -> str:
    """
    Return the report as JSON, a line for each leg and server, so that two reports can be compared.

    Evidence, listing and dialogue are those of ``Contents.with_dialogue``.
    """
    head = {
        "schema": SCHEMA,
        "title": contents.title,
        "generated": contents.generated,
        "coverage": contents.coverage,
        "ok": contents.good,
        "verdict": contents.verdict,
        "totals": {
            "tried": len(contents.legs),
            "proven": contents.proven,
            "failed": contents.failed,
            "repeated": contents.repeated,
            "bytes": contents.bytes,
            "seconds": round(contents.seconds, 4),
            "transcripts_left_out": contents.failed - len(contents.with_dialogue),
            "vulnerable": contents.vulnerable,
        },
        "servers": contents.servers,
        "other_plans": contents.other_plans,
        "vantage_untold": contents.vantage_untold,
        "files_left": contents.files_left,
    }
    lines = [f"{_dump(key)}: {_dump(value)}" for key, value in head.items()]
    rows = {
        "causes": [
            {"cause": group.cause, "look_first": group.look_first, "transfers": len(group.legs), "remedy": group.remedy}
            for group in contents.groups
        ],
        "legs": [_leg(leg, number in contents.with_dialogue) for number, leg in enumerate(contents.legs)],
        "bounce": [_bounce(entry) for entry in contents.bounce],
    }
    lines += [f"{_dump(key)}: [" + ",".join(f"\n{_dump(row)}" for row in found) + "]" for key, found in rows.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _dump(value: t.Any) -> str:
    return json.dumps(value, default=_plain)


def _plain(value: t.Any) -> t.Any:
    """Return mappings and sequences of other kinds, such as those of Ansible, as plain ones."""
    return dict(value) if isinstance(value, t.Mapping) else list(value)
