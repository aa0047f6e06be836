# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A play may say ``become: true`` for its servers; that must not reach the controller or a vantage, which may have no sudo."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

TREE = Path(__file__).parents[3]
FILES = sorted([*TREE.glob("roles/*/tasks/*.yml"), *TREE.glob("playbooks/*.yml")])


def delegated(entries: list[dict[str, t.Any]]) -> t.Iterator[dict[str, t.Any]]:
    for entry in entries:
        if "delegate_to" in entry:
            yield entry
        for part in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            yield from delegated(entry.get(part, []))


def test_there_are_some() -> None:
    assert sum(len(list(delegated(yaml.safe_load(path.read_text()) or []))) for path in FILES) >= 9


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:]))
def test_each_says_whether_it_needs_root(path: Path) -> None:
    silent = [task["name"] for task in delegated(yaml.safe_load(path.read_text()) or []) if "become" not in task]
    assert not silent
