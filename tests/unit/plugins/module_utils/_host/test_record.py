# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import pathlib
import stat
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import record
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.record import forget_plan_digest, keep_plan_digest, plan_digest

DIGEST = "0123456789abcdef" * 4


def test_a_digest_is_kept_read_and_forgotten(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "proftpd-fxp" / "plan.json")
    assert plan_digest(path) is None
    forget_plan_digest(path)
    keep_plan_digest(DIGEST, path)
    assert plan_digest(path) == DIGEST
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
    forget_plan_digest(path)
    assert plan_digest(path) is None
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"digest": 1}', '{"digest": "x"}', '"' + DIGEST + '"', "\x00"])
def test_what_is_none_counts_as_none(tmp_path: pathlib.Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    assert plan_digest(str(path)) is None


def run(who: str = "anna@east", number: int = 1, *left: str, over: str | None = None, **seen: str) -> dict[str, t.Any]:
    return {"id": f"{who} {number}", "who": who, "over": over, "left": list(left), "seen": seen}


BOTH = ("rules", "configuration")
LATER = [(1, True), (record.LASTS - 1, True), (record.LASTS + 1, False), (-3600, False)]


@pytest.fixture
def path(tmp_path: pathlib.Path) -> str:
    return str(tmp_path / "proftpd-fxp" / "run.json")


def begin(which: dict[str, t.Any], path: str, *paths: str, source: str = "") -> None:
    record.begin(which, paths, source, path)


def end(which: dict[str, t.Any], part: str, path: str, *paths: str, done: bool = True) -> None:
    record.end(which, part, paths, done=done, path=path)


@pytest.mark.parametrize("other", [run("bert@west"), run("anna@east", 2)], ids=["of somebody else", "of the same user"])
def test_another_run_is_told_and_stops_a_step(path: str, other: dict[str, t.Any]) -> None:
    begin(run("anna@east", 1, *BOTH), path, source="192.0.2.1")
    told = record.others(other, path)
    assert told is not None
    assert told.startswith("anna@east (from 192.0.2.1) is at work on this host since ")
    with pytest.raises(HostError, match="anna@east"):
        begin(other, path)
    # Nor does that one take it away.
    end(other, "rules", path)
    assert record.others(other, path) == told


def test_it_goes_when_nothing_is_left(path: str) -> None:
    mine = run("anna@east", 1, *BOTH)
    for part in BOTH:
        begin(mine, path)
        assert record.others(run("bert@west"), path)
        end(mine, part, path, done=False)
        assert record.others(run("bert@west"), path)
        end(mine, part, path)
    assert not os.path.exists(path)
    begin(run("bert@west"), path)


def test_a_step_renews_it_and_keeps_when_it_began(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for later in (0, 500):
        monkeypatch.setattr(time, "time", lambda: now + later)  # noqa: B023
        begin(run("anna@east", 1, *BOTH), path)
    kept = json.loads(pathlib.Path(path).read_text())
    assert (kept["since"], kept["until"]) == (now, now + 500 + record.LASTS)


@pytest.mark.parametrize(("later", "counts"), LATER)
def test_one_that_expired_stops_nobody_nor_does_one_by_a_clock_that_was_wrong(
    path: str, monkeypatch: pytest.MonkeyPatch, later: int, counts: bool
) -> None:
    now = time.time()
    begin(run("anna@east", 1, *BOTH), path)
    monkeypatch.setattr(time, "time", lambda: now + later)
    assert bool(record.others(run("bert@west"), path)) == counts
    assert bool(record.at_work(path)) == counts
    if not counts:
        begin(run("bert@west"), path)
        assert record.others(run("anna@east"), path)


def test_a_run_that_is_known_to_be_over_stops_nobody_who_knows(path: str) -> None:
    begin(run("anna@east", 1, *BOTH), path)
    again = run("anna@east", 3, "configuration", over="anna@east 1")
    with pytest.raises(HostError, match="anna@east"):
        begin({**again, "over": "anna@east 2"}, path)
    begin(again, path)
    end(again, "configuration", path)
    assert not os.path.exists(path)


def write_in_place(file: pathlib.Path) -> None:
    file.write_text("longer than before")


def replace(file: pathlib.Path) -> None:
    other = file.with_name("other")
    other.write_text(file.read_text())
    other.replace(file)


def remove(file: pathlib.Path) -> None:
    file.unlink()


def open_to_all(file: pathlib.Path) -> None:
    file.chmod(0o666)


CHANGES: list[t.Callable[[pathlib.Path], None]] = [write_in_place, replace, remove, open_to_all]


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_not_as_it_was_seen_stops_a_step(
    tmp_path: pathlib.Path, path: str, change: t.Callable[[pathlib.Path], None]
) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other file"
    mine.write_text("before")
    seen = run("anna@east", 1, *BOTH, **record.marks([str(mine), str(other)]))
    begin(seen, path, str(mine), str(other))
    change(mine)
    with pytest.raises(HostError, match=f"^{mine} on this host was changed by somebody else since this run looked"):
        begin(seen, path, str(mine), str(other))
    begin(seen, path, str(other))
    # Whoever has not looked is asked for nothing.
    begin(run("anna@east", 1, *BOTH), path, str(mine))


def test_what_is_there_now_and_was_not_seen_stops_a_step(tmp_path: pathlib.Path, path: str) -> None:
    mine = tmp_path / "mine"
    seen = run("anna@east", 1, *BOTH, **record.marks([str(mine)]))
    mine.touch()
    with pytest.raises(HostError, match="changed by somebody else"):
        begin(seen, path, str(mine))


def test_what_the_run_itself_has_changed_stops_no_step_of_it(tmp_path: pathlib.Path, path: str) -> None:
    mine = tmp_path / "mine"
    seen = run("anna@east", 1, *BOTH, **record.marks([str(mine)]))
    for text in ("wider", "narrow"):
        begin(seen, path, str(mine))
        mine.write_text(text)
        end(seen, "rules", path, str(mine), done=False)
    mine.write_text("by somebody else")
    with pytest.raises(HostError, match="changed by somebody else"):
        begin(seen, path, str(mine))


def test_a_mark_tells_nothing_of_what_is_in_a_file(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "passwd"
    file.write_text("correct horse")
    said = record.marks([str(file)])
    about = file.stat()
    with file.open("r+") as same:
        same.write("battery stapl")
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert record.marks([str(file)]) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"who": "x"}',
        '{"id": 1, "who": 1, "from": 1, "since": "x", "until": 1, "left": []}',
        '{"id": 1, "who": 1, "from": 1, "since": 1, "until": 1, "left": [], "made": "x"}',
    ],
)
def test_what_is_no_record_stops_nobody(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path))
    pathlib.Path(path).write_text(text)
    assert record.others(run("bert@west"), path) is None
    begin(run("bert@west"), path)


def test_without_a_run_nothing_is_recorded(path: str) -> None:
    record.begin(None, ["/"], "", path)
    record.end(None, "rules", ["/"], path=path)
    assert not os.path.exists(os.path.dirname(path))
