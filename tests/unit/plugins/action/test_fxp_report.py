# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as a play writes it. No host is contacted."""

from __future__ import annotations

import html
import json
import os
import pathlib
import re
import subprocess
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.action import fxp_report
from ansible_collections.proftpd.fxp.tests import report_samples

FILES = ["junit.xml", "report.html", "report.json", "report.md"]


class Run(t.NamedTuple):
    """What a play came to: the task's result, and what was printed."""

    result: dict[str, t.Any]
    output: str


def report(place: pathlib.Path, options: dict[str, t.Any], *arguments: str) -> Run:
    (place / "options.json").write_text(json.dumps({"options": options}))
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {
                    "name": "Tell",
                    "proftpd.fxp.fxp_report": {name: "{{ options." + name + " }}" for name in options},
                    "register": "told",
                    "ignore_errors": True,
                },
                {
                    "name": "Keep",
                    "check_mode": False,
                    "diff": False,
                    "ansible.builtin.copy": {"content": "{{ told | to_json }}", "dest": str(place / "told.json"), "mode": "0600"},
                },
            ],
        }
    ]
    (place / "play.yml").write_text(json.dumps(play))
    command = ["ansible-playbook", "-i", "localhost,", "-c", "local", "-e", f"@{place}/options.json", str(place / "play.yml")]
    done = subprocess.run(
        [*command, "-e", "ansible_python_interpreter={{ ansible_playbook_python }}", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=place,
        umask=0o077,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(json.loads((place / "told.json").read_text()), done.stdout)


def by_server(rows: list[dict[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    return {row["server"]: {key: row[key] for key in row if key != "server"} for row in rows}


def test_an_earlier_report_is_taken_away(tmp_path: pathlib.Path) -> None:
    report(tmp_path, {"legs": report_samples.legs(2, "none"), "directory": "kept"})
    (tmp_path / "kept" / "other.html").touch()
    absent = {"directory": "kept", "state": "absent"}
    assert report(tmp_path, absent, "--check").result["changed"]
    assert len(list((tmp_path / "kept").iterdir())) == 5
    assert report(tmp_path, absent).result["changed"]
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["other.html"]
    assert not report(tmp_path, absent).result["changed"]


def test_the_directory_is_written_once(tmp_path: pathlib.Path) -> None:
    options = {
        "legs": report_samples.legs(2, "some"),
        "bounce": by_server(report_samples.bounce(2, "some")),
        "directory": "a/b",
        "coverage": "all of them",
        "title": "Two",
    }
    foreseen = report(tmp_path, options, "--check", "--diff")
    assert (foreseen.result["changed"], (tmp_path / "a").exists()) == (True, False)
    (difference,) = foreseen.result["diff"]
    assert (difference["before"], difference["after"].splitlines()[0]) == ("", "## Two")

    first = report(tmp_path, options)
    directory = tmp_path / "a" / "b"
    assert first.result["changed"]
    assert first.result["failed"]
    assert first.result["msg"].startswith("2 of 4 transfers fell short, first ftp1 -> ftp2 with ftp2 listening")
    assert first.result["msg"].endswith("Strangers can abuse ftp1.")
    assert first.result["directory"] == str(directory)
    assert sorted(first.result["files"]) == [str(directory / name) for name in FILES]
    assert sorted(path.name for path in directory.iterdir()) == FILES
    assert {path.stat().st_mode & 0o7777 for path in (tmp_path / "a", directory)} == {0o755}
    assert {path.stat().st_mode & 0o7777 for path in directory.iterdir()} == {0o644}
    assert "Coverage: all of them" in first.output
    written = {name: (directory / name).read_bytes() for name in FILES}
    assert all(b"all of them" in text for text in written.values())

    second = report(tmp_path, options)
    assert not second.result["changed"]
    assert {name: (directory / name).read_bytes() for name in FILES} == written

    (directory / "junit.xml").unlink()
    (directory / "report.md").chmod(0o600)
    assert report(tmp_path, options).result["changed"]
    assert {name: (directory / name).read_bytes() for name in FILES} == written

    better = report(tmp_path, {**options, "legs": report_samples.legs(2, "none"), "bounce": {}}, "--diff")
    assert (better.result["changed"], better.result["failed"]) == (True, False)
    assert better.result["msg"] == "All 4 transfers were proven."
    assert re.search(r"^-.*2 of 4 transfers fell short", better.output, re.MULTILINE)
    assert json.loads((directory / "report.json").read_text())["ok"]


def test_of_many_transfers_the_failures_are_shown(tmp_path: pathlib.Path) -> None:
    told = report(tmp_path, {"legs": report_samples.legs(12, "some"), "show": "dialogues"})
    short = [leg for leg in told.result["legs"] if not leg["ok"]]
    assert (told.result["tried"], told.result["passed"]) == (264, 264 - len(short))
    assert told.output.count("FAILED: ") == 10
    assert "The dialogues of 254 further transfers are not shown." in told.output
    rows = [line for line in told.output.splitlines() if re.match(r"^ftp\d+ +ftp\d+ ", line)]
    assert sum(" FAILED " in row for row in rows) == len(short)
    assert f"and {264 - len(rows)} more that did what was expected" in told.output


def test_success_is_short(tmp_path: pathlib.Path) -> None:
    told = report(
        tmp_path,
        {
            "legs": report_samples.legs(2, "none"),
            "bounce": by_server(report_samples.bounce(2, "none")),
            "coverage": "all of them",
        },
    )
    assert (told.result["ok"], told.result["failed"]) == (True, False)
    own = told.output.split("TASK [Tell]")[1].split("ok: [localhost]")[0].splitlines()[1:]
    assert len(own) == 1 + 5 + 1 + 3 + 2
    assert not re.search("PASV|226", told.output)


@pytest.mark.parametrize(
    ("callback", "shown"),
    [
        ("ansible.posix.json", False),
        ("ansible.posix.jsonl", False),
        ("community.general.null", False),
        ("ansible.builtin.minimal", True),
        ("ansible.posix.debug", True),
        ("ansible.builtin.default", True),
    ],
)
def test_nothing_stands_beside_the_stream_of_a_program(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, callback: str, shown: bool
) -> None:
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", callback)
    told = report(tmp_path, {"legs": report_samples.legs(2, "some"), "coverage": "all of them"})
    assert not told.result["ok"]
    assert ("Coverage: all of them" in told.output) is shown
    if callback == "ansible.posix.json":
        assert json.loads(told.output)["stats"]["localhost"]["failures"] == 0


@pytest.mark.parametrize(
    ("option", "entry", "words"),
    [
        ("results", {"ok": True}, "results: an entry has no item with the keys source and destination"),
        ("legs", {"source": "a", "ok": True}, "legs: entry 0 has no destination"),
    ],
)
def test_what_is_missing_is_named(option: str, entry: dict[str, t.Any], words: str) -> None:
    options = {"results": [], "legs": [], "bounce": {}, option: [entry]}
    assert (fxp_report.incomplete(options, options["results"]) or "").startswith(words)


@pytest.mark.parametrize("entry", [{"tested": True}, None, "text"])
def test_what_is_missing_about_strangers_is_named(entry: object) -> None:
    options = {"results": [], "legs": [], "bounce": {"ftp1": entry}}
    assert fxp_report.incomplete(options, []) == "bounce: the entry of ftp1 has no vulnerable; give what the check returned."


def test_a_server_that_could_not_be_tested_is_no_success(tmp_path: pathlib.Path) -> None:
    nothing = {"vulnerable": None, "tested": False, "findings": []}
    told = report(tmp_path, {"bounce": {"ftp1": nothing, "ftp2": {**nothing, "findings": [{"probe": "port_to_stranger"}]}}})
    assert told.result["failed"]
    assert told.result["msg"] == "Whether strangers can abuse ftp1 could not be tested."


def test_who_lets_strangers_in_as_is_meant_is_told_and_no_failure(tmp_path: pathlib.Path) -> None:
    safe = {"vulnerable": False, "tested": True, "findings": [{"probe": "passive_by_stranger", "result": "refused"}]}
    meant = {**safe, "findings": [{"probe": "passive_by_stranger", "result": "accepted", "meant": True, "summary": "s"}]}
    told = report(tmp_path, {"bounce": {"ftp1": meant, "ftp2": safe}, "directory": str(tmp_path / "report")})
    assert not told.result["failed"]
    assert told.result["msg"] == (
        "No server was found that strangers can abuse, but for what is meant. "
        "Strangers may take passive data connections of ftp1, as the inventory says."
    )
    assert "ftp1    are refused but for what is meant: s" in told.output
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"<tr><td>(ftp[12])</td><td>.*?(open|safe)</span></td>", page) == [("ftp1", "open"), ("ftp2", "safe")]
    assert (tmp_path / "report" / "junit.xml").read_text(encoding="utf-8").count("<skipped") == 1


def test_something_has_to_be_told(tmp_path: pathlib.Path) -> None:
    told = report(tmp_path, {"title": "x"})
    assert told.result["failed"]
    assert "any of the following are missing: results, legs, bounce" in told.result["msg"]


def test_a_place_that_cannot_be_written_to_is_named_after_all_is_shown(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    told = report(tmp_path, {"legs": report_samples.legs(2, "none"), "directory": "file/report"})
    assert told.result["failed"]
    assert f"The report cannot be written to {tmp_path}/file/report: Not a directory. Set directory to" in told.result["msg"]
    assert told.result["passed"] == 4
    assert "verified by HASH SHA-256" in told.output


def test_what_is_to_be_known_stands_in_every_form(tmp_path: pathlib.Path) -> None:
    """Checks that passed may have proven nothing, and may have left files: whoever reads only one form must hear of it."""
    leg = {"passive": "source", "ok": True, "cause": None, "verified_by": "SIZE"}
    check = {
        "item": {"source": "ftp1", "destination": "ftp2"},
        "ok": True,
        "legs": [leg],
        "vantage_told": False,
        "files_left": [{"server": "destination", "directory": "in", "file": "fxp-check-1"}],
    }
    told = {**check, "item": {"source": "ftp4", "destination": "ftp5"}, "vantage_told": True, "files_left": []}
    options = {
        "results": [check, told],
        "directory": "a",
        "other_plans": ["ftp5"],
        "vantage_untold": ["ftp3"],
        "files_left": [{"server": "ftp3", "directory": ".", "file": "fxp-check-2"}],
    }
    run = report(tmp_path, options)
    assert not run.result["failed"]
    assert run.result["msg"].startswith("ftp5 runs another plan than the inventory makes now")
    said = (
        "ftp5 runs another plan than the inventory makes now: run proftpd.fxp.site there",
        "ftp1, ftp2, ftp3 may see the client at the address of a peer",
        "ftp2 still holds the file fxp-check-1 in in",
        "ftp3 still holds the file fxp-check-2 in .",
    )
    for name in ("report.html", "report.md", "junit.xml"):
        text = html.unescape((tmp_path / "a" / name).read_text()).replace("\u200b", "")
        assert all(words in text for words in said), name
    assert all(words in run.output for words in said)
    found = json.loads((tmp_path / "a" / "report.json").read_text())
    assert found["other_plans"] == ["ftp5"]
    assert found["vantage_untold"] == ["ftp1", "ftp2", "ftp3"]
    assert [left["server"] for left in found["files_left"]] == ["ftp2", "ftp3"]
