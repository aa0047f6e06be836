# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import (
    is_private,
    is_unspecified,
    parse_epsv,
    parse_pasv,
    parse_ports,
    port_command,
    same_address,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("227 Entering Passive Mode (10,1,0,11,195,98).", ("10.1.0.11", 50018)),
        ("227 Entering Passive Mode (10,1,0,11,195,98)", ("10.1.0.11", 50018)),
        ("227 Entering Passive Mode 10,1,0,11,0,21", ("10.1.0.11", 21)),
        ("227 =10,1,0,11,0,21", ("10.1.0.11", 21)),
        ("227-Text\n227 Entering (0,0,0,0,255,255)", ("0.0.0.0", 65535)),
    ],
)
def test_parse_pasv(text: str, expected: tuple[str, int]) -> None:
    assert parse_pasv(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "227 Entering Passive Mode (11,195,160).",
        "227 Entering Passive Mode (1,2,3,4,5,6,7).",
        "227 (256,1,1,1,1,1)",
        "227 (1,1,1,1,256,1)",
        "227 (1,1,1,1,0,0)",
        "227 (1,1,1,1,1,1111)",
        "227 (1,1,1,1,-1,1)",
        "227 (1, 1, 1, 1, 1, 1)",
        "227 (\u0661,\u0661,\u0661,\u0661,\u0661,\u0661)",
        "227",
    ],
)
def test_parse_pasv_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_pasv(text)


@pytest.mark.parametrize(
    ("text", "port"), [("229 Entering (|||50018|)", 50018), ("229 x (!!!1!).", 1), ("229 (|||65535|)", 65535)]
)
def test_parse_epsv(text: str, port: int) -> None:
    assert parse_epsv(text) == port


@pytest.mark.parametrize("text", ["229 x", "229 (|||0|)", "229 (|||65536|)", "229 (||50018|)", "229 (|!|5|)", "229 (|1|a|5|)"])
def test_parse_epsv_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_epsv(text)


@given(st.ip_addresses(v=4), st.integers(1, 65535))
def test_port_says_what_pasv_said(address: ipaddress.IPv4Address, port: int) -> None:
    command = port_command(str(address), port)
    assert command.startswith("PORT ")
    assert parse_pasv(f"227 ({command[5:]})") == (str(address), port)


def test_eprt() -> None:
    assert port_command("2001:db8::1", 50018) == "EPRT |2|2001:db8::1|50018|"


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("10.0.0.0", True),
        ("172.15.255.255", False),
        ("172.16.0.1", True),
        ("172.31.255.255", True),
        ("172.32.0.0", False),
        ("192.168.255.1", True),
        ("100.63.255.255", False),
        ("100.64.0.1", True),
        ("100.127.255.255", True),
        ("127.0.1.1", True),
        ("169.254.1.1", True),
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("203.0.113.1", False),
        ("8.8.8.8", False),
        ("::1", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("2001:db8::1", False),
    ],
)
def test_is_private(address: str, private: bool) -> None:
    assert is_private(address) is private


@pytest.mark.parametrize(("address", "unspecified"), [("0.0.0.0", True), ("::", True), ("0.0.0.1", False), ("::1", False)])
def test_is_unspecified(address: str, unspecified: bool) -> None:
    assert is_unspecified(address) is unspecified


def test_same_address() -> None:
    assert same_address("2001:db8:0::1", "2001:DB8::1")
    assert not same_address("127.0.0.1", "127.0.0.2")


@pytest.mark.parametrize(("text", "expected"), [("49152-49407", (49152, 49407)), ("1-1", (1, 1))])
def test_parse_ports(text: str, expected: tuple[int, int]) -> None:
    assert parse_ports(text) == expected


@pytest.mark.parametrize("text", ["", "5", "5-4", "0-4", "4-65536", "a-b", "4 - 5", "4-5\n", "-4-5", "\u0664-\u0665"])
def test_parse_ports_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="first-last"):
        parse_ports(text)
