# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError, parse_port, parse_server, parse_timeout
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.probe import parse_connection


def test_usable() -> None:
    assert parse_connection({"address": "2001:DB8::0:1", "port": 50000}) == ("2001:db8::1", 50000)
    assert (parse_port("watch", 65535), parse_timeout(0.5)) == (65535, 0.5)


@pytest.mark.parametrize(
    ("call", "option"),
    [
        (lambda: parse_connection({"address": "ftp.example.org", "port": 1}), "connect.address"),
        (lambda: parse_connection({"address": "192.0.2.1\r\nQUIT", "port": 1}), "connect.address"),
        (lambda: parse_connection({"address": "192.0.2.1", "port": 0}), "connect.port"),
        (lambda: parse_port("watch", 65536), "watch"),
        (lambda: parse_timeout(0), "timeout"),
        (lambda: parse_timeout(float("inf")), "timeout"),
        (lambda: parse_timeout(float("nan")), "timeout"),
        (
            lambda: parse_server(
                "server",
                {
                    **dict.fromkeys(("user", "password", "directory"), "x"),
                    **{"host": "", "port": 21, "passive_ports": None, "expected_address": None},
                },
            ),
            "server.host",
        ),
    ],
)
def test_unusable(call: t.Callable[[], t.Any], option: str) -> None:
    with pytest.raises(RequestError, match=f"^{option} is"):
        call()
