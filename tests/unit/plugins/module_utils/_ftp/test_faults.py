# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import server_at


def test_fault_says_where_and_what() -> None:
    assert str(Fault("refused", server_at("::1"), "550 no", "RETR")) == "[::1]:21: refused: 550 no"


def test_once_more() -> None:
    first = Fault("refused", server_at("192.0.2.1"), "550 no", "RETR")
    again = first.again()
    assert again is not first
    assert vars(again) == vars(first)
