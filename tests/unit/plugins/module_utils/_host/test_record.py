# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import stat

import pytest

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
