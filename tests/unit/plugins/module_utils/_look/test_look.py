# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import kinds, units
from ansible_collections.proftpd.fxp.plugins.module_utils._look import look


def test_the_guard_of_the_rules_is_no_reason_to_restart_a_daemon() -> None:
    guard = units.guard(kinds.KINDS["server"])
    other = "/etc/systemd/system/proftpd.service.d/local.conf"
    unit = {"FragmentPath": "/lib/systemd/system/proftpd.service", "DropInPaths": f"{guard} {other}"}
    assert look._read_at_start(unit) == ["/lib/systemd/system/proftpd.service", other]
