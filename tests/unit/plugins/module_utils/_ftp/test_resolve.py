# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import threading
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.resolve import resolve, resolve_pair
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import server_at


def test_literals() -> None:
    found = resolve_pair(server_at("127.0.1.1", 2121), server_at("127.0.1.2", 2122), "auto", 5)
    assert found == ((socket.AF_INET, ("127.0.1.1", 2121)), (socket.AF_INET, ("127.0.1.2", 2122)))


def test_ipv6() -> None:
    found = resolve_pair(server_at("::1"), server_at("::1"), "ipv6", 5)
    assert [family for family, _address in found] == [socket.AF_INET6] * 2


@pytest.mark.parametrize(
    ("first", "second", "family", "kind", "at"),
    [
        ("127.0.1.1", "::1", "auto", "no_common_family", 1),
        ("::1", "127.0.1.1", "ipv6", "name_unknown", 1),
        ("::1", "127.0.1.1", "ipv4", "name_unknown", 0),
        ("a" * 70 + ".invalid", "127.0.1.1", "auto", "name_unknown", 0),
        ("127.0.1.1", "two..dots", "auto", "name_unknown", 1),
    ],
)
def test_refuses(first: str, second: str, family: str, kind: str, at: int) -> None:
    servers = (server_at(first), server_at(second))
    with pytest.raises(Fault) as caught:
        resolve_pair(*servers, family, 5)
    assert (caught.value.kind, caught.value.server) == (kind, servers[at])


def test_common_family_in_the_order_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {
        "both": [(socket.AF_INET6, ("2001:db8::1", 2121)), (socket.AF_INET, ("192.0.2.1", 2121))],
        "old": [(socket.AF_INET, ("192.0.2.2", 2121)), (socket.AF_INET, ("192.0.2.3", 2121))],
    }
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *_rest: [(family, 1, 6, "", address) for family, address in rows[host]]
    )
    assert resolve_pair(server_at("both"), server_at("old"), "auto", 5) == (
        (socket.AF_INET, ("192.0.2.1", 2121)),
        (socket.AF_INET, ("192.0.2.2", 2121)),
    )
    assert resolve_pair(server_at("both"), server_at("both"), "auto", 5)[1][1][0] == "2001:db8::1"
    assert resolve(server_at("both"), 5)[1][0] == "2001:db8::1"


def test_resolver_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()

    def hang(*_arguments: t.Any) -> list[t.Any]:
        end.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    with pytest.raises(Fault, match="in time"):
        resolve(server_at("slow"), 0.1)
    end.set()
    assert time.monotonic() - began < 5
