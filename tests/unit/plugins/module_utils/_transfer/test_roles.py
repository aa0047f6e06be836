# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES, named, other
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import server_at


def test_other() -> None:
    assert [other(role) for role in ROLES] == ["destination", "source"]


def test_a_server_is_named_with_its_role_only_in_a_pair() -> None:
    assert [named(role, server_at("192.0.2.1")) for role in ROLES] == ["source 192.0.2.1:21", "destination 192.0.2.1:21"]


def test_two_servers_said_in_the_same_words_are_two() -> None:
    assert server_at("192.0.2.1") != server_at("192.0.2.1")
