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


def run(who: str = "anna@east", number: int = 1, *left: str) -> dict[str, t.Any]:
    return {"id": f"{who} {number}", "who": who, "left": list(left)}


BOTH = ("rules", "configuration")


@pytest.fixture
def path(tmp_path: pathlib.Path) -> str:
    return str(tmp_path / "proftpd-fxp" / "run.json")


def test_the_run_of_somebody_else_is_told_and_stops_a_step(path: str) -> None:
    record.begin(run("anna@east", 1, *BOTH), "192.0.2.1", path)
    told = record.others(run("bert@west"), path)
    assert told is not None
    assert told.startswith("anna@east (from 192.0.2.1) is at work on this host since ")
    with pytest.raises(HostError, match="anna@east"):
        record.begin(run("bert@west"), "", path)
    # Nor does he take it away.
    record.end(run("bert@west"), "rules", path)
    assert record.others(run("bert@west"), path) == told


def test_it_goes_when_nothing_is_left(path: str) -> None:
    mine = run("anna@east", 1, *BOTH)
    for part in BOTH:
        record.begin(mine, "", path)
        assert record.others(run("bert@west"), path)
        record.end(mine, part, path)
    assert not os.path.exists(path)
    record.begin(run("bert@west"), "", path)


def test_a_step_renews_it_and_keeps_when_it_began(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for later in (0, 500):
        monkeypatch.setattr(time, "time", lambda: now + later)  # noqa: B023
        record.begin(run("anna@east", 1, *BOTH), "", path)
    kept = json.loads(pathlib.Path(path).read_text())
    assert (kept["since"], kept["until"]) == (now, now + 500 + record.LASTS)


@pytest.mark.parametrize("later", [record.LASTS + 1, -3600])
def test_one_that_expired_stops_nobody_nor_does_one_by_a_clock_that_was_wrong(
    path: str, monkeypatch: pytest.MonkeyPatch, later: int
) -> None:
    now = time.time()
    record.begin(run("anna@east", 1, *BOTH), "", path)
    monkeypatch.setattr(time, "time", lambda: now + later)
    assert record.others(run("bert@west"), path) is None
    record.begin(run("bert@west"), "", path)
    assert record.others(run("anna@east"), path)


def test_a_run_that_was_killed_does_not_stop_the_next_one_of_the_same_user(path: str) -> None:
    record.begin(run("anna@east", 1, *BOTH), "", path)
    again = run("anna@east", 2, "configuration")
    record.begin(again, "", path)
    record.end(again, "configuration", path)
    assert not os.path.exists(path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"who": "x"}', '{"id": 1, "who": 1, "from": 1, "since": "x", "until": 1, "left": []}']
)
def test_what_is_no_record_stops_nobody(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path))
    pathlib.Path(path).write_text(text)
    assert record.others(run("bert@west"), path) is None
    record.begin(run("bert@west"), "", path)


def test_without_a_run_nothing_is_recorded(path: str) -> None:
    record.begin(None, "", path)
    record.end(None, "rules", path)
    assert not os.path.exists(os.path.dirname(path))
