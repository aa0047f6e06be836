# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import threading
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault, Role
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.resolve import resolve_pair
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec


def spec(role: Role, host: str) -> ServerSpec:
    return ServerSpec(role, host, 2121, "fxp", "password", ".", None, None)


def pair(source: str, destination: str) -> dict[Role, ServerSpec]:
    return {"source": spec("source", source), "destination": spec("destination", destination)}


def test_literals() -> None:
    found = resolve_pair(pair("127.0.1.1", "127.0.1.2"), "auto", 5)
    assert found == {"source": (socket.AF_INET, ("127.0.1.1", 2121)), "destination": (socket.AF_INET, ("127.0.1.2", 2121))}


def test_ipv6() -> None:
    found = resolve_pair(pair("::1", "::1"), "ipv6", 5)
    assert found["source"][0] == socket.AF_INET6


@pytest.mark.parametrize(
    ("source", "destination", "family", "kind", "role"),
    [
        ("127.0.1.1", "::1", "auto", "no_common_family", "destination"),
        ("::1", "127.0.1.1", "ipv6", "name_unknown", "destination"),
        ("::1", "127.0.1.1", "ipv4", "name_unknown", "source"),
        ("a" * 70 + ".invalid", "127.0.1.1", "auto", "name_unknown", "source"),
        ("127.0.1.1", "two..dots", "auto", "name_unknown", "destination"),
    ],
)
def test_refuses(source: str, destination: str, family: str, kind: str, role: str) -> None:
    with pytest.raises(Fault) as caught:
        resolve_pair(pair(source, destination), family, 5)
    assert (caught.value.kind, caught.value.server) == (kind, role)


def test_common_family_in_the_order_of_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {
        "both": [(socket.AF_INET6, ("2001:db8::1", 2121)), (socket.AF_INET, ("192.0.2.1", 2121))],
        "old": [(socket.AF_INET, ("192.0.2.2", 2121)), (socket.AF_INET, ("192.0.2.3", 2121))],
    }
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *_rest: [(family, 1, 6, "", address) for family, address in rows[host]]
    )
    assert resolve_pair(pair("both", "old"), "auto", 5) == {
        "source": (socket.AF_INET, ("192.0.2.1", 2121)),
        "destination": (socket.AF_INET, ("192.0.2.2", 2121)),
    }
    assert resolve_pair(pair("both", "both"), "auto", 5)["destination"][1][0] == "2001:db8::1"


def test_resolver_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()

    def hang(*_arguments: t.Any) -> list[t.Any]:
        end.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    with pytest.raises(Fault, match="in time"):
        resolve_pair(pair("slow", "slow"), "auto", 0.1)
    end.set()
    assert time.monotonic() - began < 5
