# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import ROLES, Fault, other


def test_other() -> None:
    assert [other(role) for role in ROLES] == ["destination", "source"]


def test_fault_says_where_and_what() -> None:
    assert str(Fault("refused", "source", "550 no", "RETR")) == "source: refused: 550 no"
