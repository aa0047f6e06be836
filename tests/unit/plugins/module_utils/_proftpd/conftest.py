# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.daemon_checker import NEEDED, Answer, Ask, read


@pytest.fixture
def checker(tmp_path: pathlib.Path) -> Ask:
    """The checker, which reads texts to which what it needs is added."""

    def ask(text: str) -> Answer:
        path = tmp_path / "proftpd.conf"
        path.write_bytes((NEEDED + text).encode("utf-8", "surrogateescape"))
        return read(path)

    return ask
