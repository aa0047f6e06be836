# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.bounce import parse_bounce, run_bounce
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.result import BOUNCE_KEYS
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError

SERVER = {"host": "127.0.1.1", "port": 21, "user": "fxp", "password": "secret", "directory": "."}
OPTIONS: dict[str, t.Any] = {
    "server": {**SERVER, "passive_ports": None, "expected_address": None},
    "stranger_sources": None,
    "timeout": 10.0,
}


def test_options() -> None:
    request = parse_bounce({**OPTIONS, "stranger_sources": ["127.0.9.9"]})
    assert (request.server.host, request.sources, request.timeout) == ("127.0.1.1", ("127.0.9.9",), 10.0)
    assert parse_bounce(OPTIONS).sources == ()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"timeout": 0.0}, "timeout is 0.0"),
        ({"timeout": float("nan")}, "timeout is nan"),
        ({"stranger_sources": ["here"]}, "stranger_sources has 'here'"),
        ({"server": {**OPTIONS["server"], "port": 0}}, "server.port is 0"),
    ],
)
def test_bad_options(options: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        parse_bounce({**OPTIONS, **options})


def test_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.1.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome = run_bounce(parse_bounce({**OPTIONS, "server": {**OPTIONS["server"], "port": port}, "timeout": 2.0}))
    assert outcome.message.startswith(f"127.0.1.1:{port} could not be tested: ")
    assert "(control_unreachable)" in outcome.message
    assert tuple(outcome.result) == BOUNCE_KEYS
    assert (outcome.result["vulnerable"], outcome.result["tested"], outcome.result["findings"]) == (None, False, [])


def test_a_stranger_who_is_not_here_is_told_before_anybody_is_dialled() -> None:
    with socket.create_server(("127.0.1.1", 0)) as listener:
        server = {**OPTIONS["server"], "port": listener.getsockname()[1]}
        with pytest.raises(RequestError, match=r"192\.0\.2\.1, which is no address of"):
            run_bounce(parse_bounce({**OPTIONS, "server": server, "stranger_sources": ["192.0.2.1"]}))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
