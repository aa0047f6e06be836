# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transfers of meshes, flat, and by pairs as it was done up to release 0.2."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import typing as t

from ansible_collections.proftpd.fxp.plugins.filter.check_results import check_results
from ansible_collections.proftpd.fxp.plugins.filter.mesh_legs import mesh_legs
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import results as _results


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


MESHES: list[dict[str, t.Any]] = [
    {"pairs_passed": [leg("b", "a", "source"), leg("a", "b", "destination", lines=["PASV"])], "pairs_failed": []},
    {"pairs_passed": [], "pairs_failed": [leg("a", "b", "source", ok=False, lines=["QUIT"])]},
    {"pairs_passed": None, "pairs_failed": None},
    {"failed": True, "msg": "no"},
    {"skipped": True},
]


def test_legs_are_in_the_order_of_names_whichever_host_proved_them() -> None:
    assert [(one["source"], one["destination"], one["passive"], one["ok"]) for one in mesh_legs(MESHES)] == [
        ("a", "b", "source", False),
        ("a", "b", "destination", True),
        ("b", "a", "source", True),
    ]


def test_the_report_reads_the_same_of_both() -> None:
    flat = _report.listed(mesh_legs(MESHES))
    pairs = [
        one
        for row in check_results(MESHES)
        for one in _report.listed(_results.legs_of(row["item"]["source"], row["item"]["destination"], row))
    ]
    said = [[(one.label, one.ok, [entry["line"] for entry in one.dialogue]) for one in legs] for legs in (flat, pairs)]
    assert said[0] == said[1]
    assert [lines for label, ok, lines in said[0]] == [["QUIT"], ["PASV"], []]


def told_about(place: pathlib.Path, expression: str) -> str:
    """What Ansible says where an expression holds; it must hold."""
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.assert": {"that": expression}}]}]
    (place / "play.yml").write_text(json.dumps(play))
    (place / "vars.json").write_text(json.dumps({"meshes": MESHES, "flat": mesh_legs(MESHES)}))
    done = subprocess.run(
        ["ansible-playbook", "-i", "localhost,", "-c", "local", "-e", f"@{place}/vars.json", str(place / "play.yml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=place,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_DEPRECATION_WARNINGS": "1", "COLUMNS": "400"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def test_pairs_still_work_and_say_what_comes_instead(tmp_path: pathlib.Path) -> None:
    told = told_about(tmp_path, "(meshes | proftpd.fxp.check_results | map(attribute='legs') | flatten) == flat")
    assert "Use the filter proftpd.fxp.mesh_legs, and the option legs of the module proftpd.fxp.fxp_report" in told
    assert "version 1.0.0" in told


def test_nobody_else_is_told_of_it(tmp_path: pathlib.Path) -> None:
    assert "DEPRECATION" not in told_about(tmp_path, "(meshes | proftpd.fxp.mesh_legs) == flat")


def test_check_mode_and_failure_have_no_pairs() -> None:
    assert check_results(MESHES[2:]) == mesh_legs(MESHES[2:]) == []
