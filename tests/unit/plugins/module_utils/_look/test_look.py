# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import detect, kinds, units
from ansible_collections.proftpd.fxp.plugins.module_utils._look import look


def test_the_guard_of_the_rules_is_no_reason_to_restart_a_daemon() -> None:
    guard = units.guard(kinds.KINDS["server"])
    other = "/etc/systemd/system/proftpd.service.d/local.conf"
    unit = {"FragmentPath": "/lib/systemd/system/proftpd.service", "DropInPaths": f"{guard} {other}"}
    assert look._read_at_start(unit) == ["/lib/systemd/system/proftpd.service", other]


class Etc(detect.Commands):
    """A host with these files."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def text(self, path: str) -> str:
        return self.texts.get(path, "")


UFW = [
    {"table": {"family": "ip", "name": "filter"}},
    {"chain": {"family": "ip", "table": "filter", "name": "ufw-user-input"}},
]
SSH = "\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -j X\n"
PACKAGED = {"/etc/ufw/before.rules": "before\n", "/usr/share/ufw/iptables/before.rules": "before\n"}


@pytest.mark.parametrize(
    ("texts", "evaluated"),
    [
        (PACKAGED, True),
        ({**PACKAGED, "/etc/ufw/before.rules": "before\nmine\n"}, False),
        ({"/etc/ufw/before.rules": "before\n"}, False),
        ({**PACKAGED, "/etc/ufw/user.rules": SSH}, False),
    ],
)
def test_ufw_is_evaluated_where_its_files_are_all_there_is(texts: dict[str, str], evaluated: bool) -> None:
    assert (look._of_ufw(Etc(texts), list(UFW)) is not None) is evaluated


def test_ufw_that_iptables_legacy_carries_out_is_not_evaluated() -> None:
    assert look._of_ufw(Etc(PACKAGED), []) is None
