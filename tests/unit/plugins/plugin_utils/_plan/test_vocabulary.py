# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary

HIDDEN = "fxp_users: the value, not shown, "


def test_defaults_and_the_address_from_ansible_host() -> None:
    options, problems = _vocabulary.options_of("ftp1", {"ansible_host": "198.51.100.11", "fxp_tls": "none", "other": 1})
    assert not problems
    assert options["address"] == ["198.51.100.11"]
    assert options["passive_ports"] == "49152-49407"
    assert options["clients"] == ["any"]


def test_a_name_that_is_an_address_is_one() -> None:
    assert _vocabulary.options_of("198.51.100.11", {})[0]["address"] == ["198.51.100.11"]
    assert _vocabulary.options_of("ftp1", {"ansible_host": "ftp1.example.org"})[0]["address"] is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1", "0.0.0.0"])
def test_no_address_that_nobody_else_can_dial_is_taken_from_ansible(host: str) -> None:
    assert _vocabulary.options_of("ftp1", {"ansible_host": host})[0]["address"] is None


def test_a_number_is_as_good_as_its_text_where_every_letter_does_not_count() -> None:
    said = {"fxp_tls_versions": [1.2], "fxp_users": [{"name": "x", "password": "83"}]}
    options, problems = _vocabulary.options_of("ftp1", said)
    assert not problems
    assert options["tls_versions"] == ["1.2"]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"fxp_tsl": "none"}, "fxp_tsl: there is no such variable; did you mean fxp_tls?"),
        ({"fxp_qwertz": 1}, "fxp_qwertz: there is no such variable; 'ansible-doc proftpd.fxp.fxp_plan' lists the variables."),
        ({"fxp_control_port": "x"}, "fxp_control_port: 'x' does not fit; it must be of the type int"),
        # By ansible-core 2.22 itself, and by us.
        (
            {"fxp_control_port": "Infinity"},
            (
                "fxp_control_port: 'Infinity' does not fit; it must be of the type int",
                "fxp_control_port: 'Infinity' does not fit; it must be an ordinary number",
            ),
        ),
        ({"fxp_users": [{"name": "x", "password": "secret", "uid": "inf"}]}, "fxp_users: the value, not shown, does not fit"),
        (
            {"fxp_firewall_backend": "pf"},
            "fxp_firewall_backend: 'pf' does not fit; it must be one of auto, nftables, firewalld, ufw, iptables, none",
        ),
        ({"fxp_take_over": "perhaps"}, "fxp_take_over: 'perhaps' does not fit; it must be of the type bool"),
        ({"fxp_users": "mirror"}, "fxp_users: the value, not shown, does not fit"),
        ({"fxp_users": [{"name": "x", "passwort": "secret"}]}, "fxp_users: unknown suboption fxp_users.passwort"),
        (
            {"fxp_users": [{"name": "x", "password": {"secret": 1}}]},
            HIDDEN + "has a password of 'x' that is a mapping, not text; write text",
        ),
        ({"fxp_users": [{"name": "x", "password": ["secret"]}]}, HIDDEN + "has a password of 'x' that is a list"),
        (
            {"fxp_users": [{"name": "x", "password": 0o123}]},
            HIDDEN + "has a password of 'x' that is a number, and YAML may have read another one than was written "
            "(0123 is 83); put it in quotes.",
        ),
        ({"fxp_users": [{"name": "x", "password": 1.5}]}, HIDDEN + "has a password of 'x' that is a number"),
        ({"fxp_users": [{"name": "x", "password": True}]}, HIDDEN + "has a password of 'x' that is true or false"),
        ({"fxp_users": [{"name": "x", "uid": True}]}, HIDDEN + "has a uid of 'x' that is true or false to YAML"),
        ({"fxp_check_password": 123456789012}, "fxp_check_password: the value, not shown, is a number, and YAML may"),
        ({"fxp_control_port": True}, "fxp_control_port: True is true or false to YAML, not a number; write a number."),
        ({"fxp_vantage": {"host": "x"}}, "fxp_vantage: {'host': 'x'} is a mapping, not text"),
        ({"fxp_clients": [["any"]]}, "fxp_clients: [['any']] has an entry that is a list, not text"),
        (
            {"fxp_users": [{"password": "secret"}]},
            "fxp_users: the value, not shown, does not fit: missing required arguments: name",
        ),
    ],
)
def test_what_does_not_fit(variables: dict[str, t.Any], sentence: str | tuple[str, ...]) -> None:
    problems = _vocabulary.options_of("ftp1", variables)[1]
    assert len(problems) == 1
    assert problems[0].told.startswith(sentence)
    assert "secret" not in problems[0].told


@pytest.mark.parametrize("variables", [{"fxp_tsl": "none"}, {"fxp_control_port": "x"}, {"fxp_users": "mirror"}])
def test_nothing_that_is_said_of_a_server_stops_its_removal(variables: dict[str, t.Any]) -> None:
    options, problems = _vocabulary.options_of("ftp1", {**variables, "fxp_state": "absent"})
    assert (options["state"], problems) == ("absent", [])
    assert _vocabulary.options_of("ftp1", {**variables, "fxp_state": "gone"})[1]
