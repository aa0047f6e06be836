# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import here as _here

SERVERS = {"ftp1": ["198.51.100.11"], "ftp2": ["198.51.100.12", "2001:db8::12"]}


@pytest.mark.parametrize(
    ("name", "connection", "here"),
    [
        ("localhost", None, True),
        ("localhost", "ssh", True),
        ("drive", "local", True),
        ("drive", "ansible.builtin.local", True),
        ("drive", None, False),
    ],
)
def test_where_checks_are_driven_from(name: str, connection: str | None, here: bool) -> None:
    assert _here.is_here(name, connection) is here


@pytest.mark.parametrize(
    ("own", "connections", "named", "words"),
    [
        (["127.0.0.1", "198.51.100.1"], {}, [], ""),
        (
            ["127.0.0.1", "198.51.100.11"],
            {},
            ["ftp1"],
            "which has the address 198.51.100.11 of this server; a server always accepts",
        ),
        (["2001:db8::12"], {"ftp2": "ssh"}, ["ftp2"], "2001:db8::12"),
        ([], {"ftp1": "local", "ftp2": "local"}, [], ""),
        ([], {"ftp2": "local"}, ["ftp2"], "which this server is (ansible_connection)"),
    ],
)
def test_a_server_that_is_this_machine_is_named(
    own: list[str], connections: dict[str, str | None], named: list[str], words: str
) -> None:
    problems = _here.servers_here("localhost", SERVERS, connections, own)
    assert [problem.host for problem in problems] == named
    for problem in problems:
        assert problem.told.startswith("fxp_vantage: 'localhost' is the machine that Ansible runs on, ")
        assert words in problem.told
        assert problem.told.endswith("name a third host.")


def test_addresses_that_every_machine_has_say_nothing() -> None:
    servers = {"ftp1": ["127.0.0.1", "fe80::1"], "ftp2": ["198.51.100.12"]}
    assert not _here.servers_here("localhost", servers, {}, ["127.0.0.1", "fe80::1"])


def test_a_server_without_a_partner_may_be_anywhere() -> None:
    assert not _here.servers_here("localhost", {"ftp1": ["198.51.100.11"]}, {"ftp1": "local"}, ["198.51.100.11"])
