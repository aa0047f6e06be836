# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _networks

NETWORKS = st.lists(
    st.one_of(
        st.builds(lambda number, bits: f"{ipaddress.IPv4Address(number)}/{bits}", st.integers(0, 2**32 - 1), st.integers(0, 32)),
        st.builds(
            lambda number, bits: f"{ipaddress.IPv6Address(number)}/{bits}", st.integers(0, 2**128 - 1), st.integers(0, 128)
        ),
    ),
    max_size=4,
)


def has(spans: list[_networks.Span], address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(family == address.version and first <= int(address) <= last for family, first, last in spans)


@hypothesis.given(NETWORKS, NETWORKS, st.ip_addresses())
def test_what_is_left_is_in_the_one_and_not_in_the_other(
    wanted: list[str], taken: list[str], address: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    some, others = _networks.spans(wanted), _networks.spans(taken)
    # Addresses at the edges matter more than any others.
    edges = [
        (ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address)(end)
        for family, *ends in [*some, *others]
        for end in ends
    ]
    for each in [address, *edges]:
        assert has(_networks.without(some, others), each) is (has(some, each) and not has(others, each))
        assert has(_networks.common(some, others), each) is (has(some, each) and has(others, each))
    _networks.told(_networks.without(some, others))


@pytest.mark.parametrize(
    ("networks", "wanted"),
    [
        (["192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1/24"], "192.0.2.0/24"),
        (["0.0.0.0/0", "::/0"], "everybody (IPv4), everybody (IPv6)"),
        (["::ffff:192.0.2.1"], "192.0.2.1"),
        (["2001:db8::/32"], "2001:db8::/32"),
        (["192.0.2.1", "192.0.2.3", "192.0.2.5", "192.0.2.7"], "192.0.2.1, 192.0.2.3, 192.0.2.5 and 1 more"),
        ([], ""),
        (["0.0.0.0/1", "192.0.0.0/2", "2001:db8::1"], "everybody else (IPv4), 2001:db8::1"),
    ],
)
def test_networks_for_people(networks: list[str], wanted: str) -> None:
    assert _networks.told(_networks.spans(networks)) == wanted


def test_a_range_that_is_no_network() -> None:
    assert (
        _networks.told(_networks.without(_networks.spans(["192.0.2.0/24"]), _networks.spans(["192.0.2.0"])))
        == "192.0.2.1-192.0.2.255"
    )
    with pytest.raises(ValueError, match="ftp"):
        _networks.spans(["ftp.example.com"])
