# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import string

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import near as _near
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import said as _said
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary

OURS = _vocabulary.VOCABULARY


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("fxp_tsl", "fxp_tls"),
        ("fxp_contrl_port", "fxp_control_port"),
        ("fxp_controll_port", "fxp_control_port"),
        ("fxp_user", "fxp_users"),
        ("fxp_client", "fxp_clients"),
        ("fxp_adress", "fxp_address"),
        ("fxp_addresss", "fxp_address"),
        ("fxp_masquerade_addr", "fxp_masquerade_address"),
        ("fxp_check_pass", "fxp_check_password"),
        ("fxp_addr", "fxp_address"),
        ("fxp_pasive_port", "fxp_passive_ports"),
        ("fxp_tls_cert", "fxp_tls_certificate"),
        ("fxp_vantge", "fxp_vantage"),
        ("fxp_gateways", "fxp_gateway"),
        ("fxp_stat", "fxp_state"),
    ],
)
def test_slips_are_told(name: str, meant: str) -> None:
    assert _near.mistyped(name, OURS, "fxp_") == meant


@pytest.mark.parametrize(
    "name",
    [
        *OURS,
        "fxp_result",
        "fxp_status",
        "fxp_port",
        "fxp_ports",
        "fxp_check",
        "fxp_check_result",
        "fxp_servers",
        "fxp_server",
        "fxp_host",
        "fxp_hosts",
        "fxp_home",
        "fxp_add",
        "fxp_masquerade",
        "fxp_tls_ca",
        "fxp_firewall",
        "fxp_state_file",
        "fxp_version",
        "fxp_vars",
        "fxp_",
        "other",
        "tls",
        "contrl_port",
    ],
)
def test_names_of_others_pass(name: str) -> None:
    assert _near.mistyped(name, OURS, "fxp_") is None


@pytest.mark.parametrize(
    "name",
    [
        "smoke_test_url",
        "smoke_test_user",
        "smoke_test_ports",
        "audit_log",
        "audit_rules",
        "audit_user",
        "audit_hosts_file",
        "rule_sheet_title",
        "rule_sheet",
    ],
)
def test_names_of_other_playbooks_pass(name: str) -> None:
    assert not _said.slips("ftp1", [name])


def test_every_single_slip_is_told() -> None:
    dice = random.Random(1)
    for name in (name for name in OURS if len(name) > 8):
        for place in range(len("fxp_"), len(name)):
            letter = dice.choice(string.ascii_lowercase)
            before, rest = name[:place], name[place:]
            swapped = rest[:2][::-1] + rest[2:]
            for slip in (before + rest[1:], before + letter + rest, before + letter + rest[1:], before + swapped):
                assert slip in OURS or _near.mistyped(slip, OURS, "fxp_") == name, slip
