# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.sources import (
    MOST_FOUND,
    found_strangers,
    named_strangers,
    parse_sources,
    require_local,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError
from ansible_collections.proftpd.fxp.plugins.module_utils._host import addresses
from ansible_collections.proftpd.fxp.plugins.module_utils._host.addresses import Local

OWN, PEER = "198.51.100.1", "198.51.100.11"


def test_sources_are_literal_and_each_is_taken_once() -> None:
    assert parse_sources(["2001:DB8::1", "192.0.2.1", "2001:db8:0::1"]) == ("2001:db8::1", "192.0.2.1")
    with pytest.raises(RequestError, match=r"stranger_sources has 'ftp1', but a name would hide .* write literal addresses"):
        parse_sources(["192.0.2.1", "ftp1"])


def test_sources_are_of_this_host() -> None:
    require_local(["127.0.9.9", "127.0.0.1"])
    with pytest.raises(RequestError, match=rf"stranger_sources has 192\.0\.2\.1, which is no address of {socket.gethostname()}"):
        require_local(["127.0.9.9", "192.0.2.1"])


def test_named_strangers_of_the_right_family() -> None:
    assert named_strangers(["2001:db8::1", "198.51.100.2"], OWN, PEER) == ["198.51.100.2"]
    with pytest.raises(RequestError, match=r"dialled at 198\.51\.100\.11; name an IPv4 address or leave the option out"):
        named_strangers(["2001:db8::1"], OWN, PEER)


@pytest.mark.parametrize("address", [OWN, PEER])
def test_neither_end_is_a_stranger(address: str) -> None:
    with pytest.raises(RequestError, match=rf"stranger_sources has {address}, which .*name another"):
        named_strangers(["198.51.100.2", address], OWN, PEER)


LOCAL = [
    Local("127.0.0.1", "lo"),
    Local(OWN, "eth0"),
    Local("198.51.100.2", "eth0"),
    Local("10.88.0.1", "containers"),
    Local("203.0.113.1", "containers"),
    Local("10.9.0.1", "eth1"),
    Local("169.254.3.3", "eth1"),
    Local("203.0.113.7", "eth1"),
    Local("2001:db8::1", "eth0"),
    Local("fe80::1", "eth0"),
]


@pytest.fixture(autouse=True)
def containers_is_a_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "is_bridge", lambda interface: interface == "containers")


@pytest.mark.parametrize(
    ("own", "peer", "strangers"),
    [
        (OWN, PEER, ["198.51.100.2", "203.0.113.7"]),
        # Where either end is private, private addresses are addresses like others.
        ("10.9.0.1", PEER, [OWN, "198.51.100.2", "203.0.113.7"]),
        (OWN, "10.9.0.9", ["198.51.100.2", "10.9.0.1", "203.0.113.7"]),
        # The server may stand behind the bridge itself.
        ("203.0.113.1", "203.0.113.9", [OWN, "198.51.100.2", "203.0.113.7"]),
        ("10.88.0.1", "10.88.0.9", [OWN, "198.51.100.2", "203.0.113.1", "10.9.0.1"]),
        (OWN, "198.51.100.2", ["203.0.113.7"]),
        ("2001:db8::1", "2001:db8::9", []),
        ("2001:db8::7", "2001:db8::9", ["2001:db8::1"]),
        ("127.0.0.1", "127.0.1.1", ["127.0.0.2"]),
        ("127.0.0.1", "127.0.0.2", ["127.0.0.3"]),
        ("::1", "::1", []),
    ],
)
def test_found_strangers(own: str, peer: str, strangers: list[str]) -> None:
    assert found_strangers(own, peer, LOCAL) == strangers


def test_a_few_are_enough() -> None:
    many = [Local(f"198.51.100.{last}", "eth0") for last in range(100, 150)]
    assert len(found_strangers(OWN, PEER, many)) == MOST_FOUND
