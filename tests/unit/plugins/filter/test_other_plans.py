# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.filter.other_plans import other_plans
from ansible_collections.proftpd.fxp.plugins.filter.plan_digest import plan_digest
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils.test_any_inventory import plan_of

PLAN = plan_of({f"ftp{n}": {"fxp_tls": "none", "fxp_address": f"198.51.100.1{n}"} for n in range(1, 6)})


def test_only_servers_that_carry_another_digest_are_named() -> None:
    answers = [
        {"item": "ftp1", "plan_digest": plan_digest(PLAN, "ftp1")},
        {"item": "ftp2", "plan_digest": plan_digest(PLAN, "ftp1")},
        {"item": "ftp3", "plan_digest": None},
        {"item": "ftp4", "unreachable": True, "msg": "no route"},
        {"item": "gone", "plan_digest": "0" * 64},
    ]
    assert other_plans(PLAN, answers) == ["ftp2"]
