# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import machines as _machines

HERE = {"ansible_host": "10.0.0.5"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (HERE, HERE, True),
        (HERE, {**HERE, "ansible_user": "other", "fxp_address": "198.51.100.12"}, True),
        (HERE, {"ansible_host": "10.0.0.6"}, False),
        (HERE, {**HERE, "ansible_port": 2222}, False),
        (HERE, {**HERE, "ansible_ssh_common_args": "-J elsewhere"}, False),
        (HERE, {**HERE, "ansible_connection": "local"}, False),
        # Names alone say nothing: each is resolved by whatever connects.
        ({}, {}, False),
        ({"ansible_connection": "local", **HERE}, {"ansible_connection": "local", **HERE}, False),
    ],
)
def test_names_for_one_machine(one: dict[str, t.Any], other: dict[str, t.Any], same: bool) -> None:
    assert [problem.host for problem in _machines.shared({"a": one, "b": other})] == (["b"] if same else [])
