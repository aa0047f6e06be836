# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import network
import pytest

SUBNET = ipaddress.IPv4Network("198.51.100.0/24")


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([], None),
        ([{"dst": "default", "gateway": "192.0.2.1", "dev": "eth0"}], None),
        ([{"dst": "198.51.101.0/24", "dev": "eth0"}, {"dst": "198.51.99.0/24", "dev": "eth1"}], None),
        ([{"dst": "198.51.100.0/24", "dev": "br0"}], "198.51.100.0/24 dev br0"),
        ([{"dst": "198.51.0.0/16", "dev": "tun0"}], "198.51.0.0/16 dev tun0"),
        ([{"dst": "198.51.100.128/25", "dev": "eth0"}], "198.51.100.128/25 dev eth0"),
        ([{"dst": "192.0.2.0/24", "dev": "eth0"}, {"dst": "198.51.100.7", "dev": "eth0"}], "198.51.100.7 dev eth0"),
        ([{"type": "blackhole", "dst": "198.51.100.0/26"}], "198.51.100.0/26"),
    ],
)
def test_overlapping_route(routes: list[dict[str, str]], expected: str | None) -> None:
    assert network.overlapping_route(routes, SUBNET) == expected


def test_hardware_addresses_are_local_and_follow_the_address() -> None:
    assert [network.hardware_address(number) for number in (1, 66)] == ["02:00:c6:33:64:01", "02:00:c6:33:64:42"]


def test_addresses_lie_in_the_subnet() -> None:
    assert [network.address(number) for number in (1, 11, 66)] == ["198.51.100.1", "198.51.100.11", "198.51.100.66"]
    assert [network.address6(number) for number in (1, 11)] == ["2001:db8:c633:6400::1", "2001:db8:c633:6400::b"]
