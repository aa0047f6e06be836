# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.filter.check_results import check_results
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report


def leg(source: str, destination: str, passive: str, ok: bool = True, lines: t.Sequence[str] = ()) -> dict[str, t.Any]:
    entries = [{"seconds": 0.1, "server": "source", "direction": "sent", "line": line, "leg": None} for line in lines]
    return {
        "source": source,
        "destination": destination,
        "expect": "allowed",
        "passive": passive,
        "ok": ok,
        "cause": None,
        "transcript": entries,
    }


def test_pairs_are_put_together_whichever_host_proved_them() -> None:
    first = {"pairs_passed": [leg("b", "a", "source"), leg("a", "b", "destination", lines=["PASV"])], "pairs_failed": []}
    second = {"pairs_passed": [], "pairs_failed": [leg("a", "b", "source", ok=False, lines=["USER x", "PASV"])]}
    found = check_results([first, second])
    assert [row["item"] for row in found] == [
        {"source": "a", "destination": "b", "expect": "allowed"},
        {"source": "b", "destination": "a", "expect": "allowed"},
    ]
    assert [(one["passive"], one["ok"]) for one in found[0]["legs"]] == [("source", False), ("destination", True)]
    assert [(entry["leg"], entry["line"]) for entry in found[0]["transcript"]] == [(0, "USER x"), (0, "PASV"), (1, "PASV")]


def test_the_report_reads_it() -> None:
    rows = check_results(
        [
            {
                "pairs_passed": [leg("a", "b", "destination", lines=["PASV"])],
                "pairs_failed": [leg("a", "b", "source", ok=False, lines=["QUIT"])],
            }
        ]
    )
    legs = [one for row in rows for one in _report.legs_of(row["item"]["source"], row["item"]["destination"], row)]
    assert [(one.passive, one.ok, [entry["line"] for entry in one.dialogue]) for one in legs] == [
        ("source", False, ["QUIT"]),
        ("destination", True, ["PASV"]),
    ]


def test_check_mode_and_failure_have_no_pairs() -> None:
    assert check_results([{"pairs_passed": None, "pairs_failed": None}, {"failed": True, "msg": "no"}, {"skipped": True}]) == []
