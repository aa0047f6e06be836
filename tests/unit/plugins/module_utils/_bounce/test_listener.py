# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce import listener as bounce_listener
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.listener import (
    LOW_PORTS,
    Listener,
    NoListener,
    low_listener,
)


def test_who_came() -> None:
    with Listener("127.0.9.9") as listener:
        assert listener.port >= 1024
        assert not listener.wait(0)
        with socket.create_connection(("127.0.9.9", listener.port), 2, source_address=("127.0.1.1", 0)):
            assert listener.wait(2)
        assert listener.arrived == "127.0.1.1"
        assert listener.wait(0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.9.9", listener.port), 2)


def test_a_port_that_is_taken() -> None:
    with Listener("127.0.9.9") as listener, pytest.raises(NoListener, match=f"cannot listen on port {listener.port} of 127"):
        Listener("127.0.9.9", listener.port)


def test_low_ports() -> None:
    with low_listener("127.0.9.9") as listener:
        assert listener.port in LOW_PORTS
    assert max(LOW_PORTS) == 1023


def test_low_ports_that_are_all_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with low_listener("127.0.9.9") as listener:
        monkeypatch.setattr(bounce_listener, "LOW_PORTS", [listener.port] * 64)
        with pytest.raises(NoListener, match="none of 32 ports below 1024"):
            low_listener("127.0.9.9")


def test_low_ports_without_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_arguments: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(bounce_listener.socket, "create_server", denied)
    with pytest.raises(NoListener, match="takes root"):
        low_listener("127.0.9.9")


def test_low_ports_of_an_address_that_is_not_here() -> None:
    with pytest.raises(NoListener, match=r"cannot listen on port \d+ of 192\.0\.2\.1"):
        low_listener("192.0.2.1")
