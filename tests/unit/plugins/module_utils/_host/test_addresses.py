# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._host import addresses


def test_this_host_has_a_loopback_interface() -> None:
    assert addresses.Local("127.0.0.1", "lo") in addresses.local()
    assert not addresses.is_bridge("lo")
