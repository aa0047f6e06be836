# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Addresses in FTP commands and replies: RFC 959 (PASV, PORT), RFC 2428 (EPSV, EPRT)."""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t

# What is not reachable from everywhere. Not ipaddress.is_private: that also holds documentation and benchmark ranges.
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1/128",
        "fe80::/10",
        "fc00::/7",
    )
)
_RFC1918 = _PRIVATE[:3]
# Neither brackets nor the final dot are certain: pure-ftpd and vsftpd differ from RFC 959's example.
_PASV = re.compile(r"(?<![0-9,])([0-9]{1,3}(?:,[0-9]{1,3}){5})(?![0-9,])", re.ASCII)
_EPSV = re.compile(r"\(([\x21-\x7e])\1\1([0-9]{1,5})\1\)", re.ASCII)


@functools.lru_cache(maxsize=4096)
def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    # A mesh asks for the same addresses several times in every leg.
    return ipaddress.ip_address(address)


def parse_pasv(text: str) -> tuple[str, int]:
    """
    Address and port of a 227 reply.

    Raises ``ValueError`` unless there are exactly six numbers from 0 to 255 and the port is not 0.
    """
    match = _PASV.search(text, 4)
    if match is None:
        raise ValueError("expected six numbers h1,h2,h3,h4,p1,p2")
    numbers = [int(number) for number in match.group(1).split(",")]
    port = numbers[4] * 256 + numbers[5]
    if max(numbers) > 255 or port == 0:
        raise ValueError("expected numbers from 0 to 255 and a port other than 0")
    return ".".join(str(number) for number in numbers[:4]), port


def parse_epsv(text: str) -> int:
    """Port of a 229 reply. Raises ``ValueError`` unless it holds (|||port|) with a port from 1 to 65535."""
    match = _EPSV.search(text)
    port = int(match.group(2)) if match else 0
    if not 0 < port < 65536:
        raise ValueError("expected (|||port|) with a port from 1 to 65535")
    return port


def port_command(address: str, port: int) -> str:
    """The command that makes a server connect to ``address``: PORT for IPv4, EPRT for IPv6."""
    if is_ipv6(address):
        return f"EPRT |2|{address}|{port}|"
    return f"PORT {address.replace('.', ',')},{port >> 8},{port & 255}"


def is_ipv6(address: str) -> bool:
    """Whether a literal address is an IPv6 one."""
    return ":" in address


def is_private(address: str) -> bool:
    """Whether a literal address is private, shared, loopback or link-local (RFC 1918, 6598, 1122, 3927, 4291, 4193)."""
    ip = _ip(address)
    return any(ip in network for network in _PRIVATE)


def is_rfc1918(address: str) -> bool:
    """Whether a literal address is one of RFC 1918's, the ones that ProFTPD replaces in PORT (modules/mod_core.c)."""
    ip = _ip(address)
    return any(ip in network for network in _RFC1918)


def is_unspecified(address: str) -> bool:
    """Whether a literal address is 0.0.0.0 or ::, which nobody can dial."""
    return _ip(address).is_unspecified


def same_address(one: str, two: str) -> bool:
    """Whether two literal addresses are the same, however they are written."""
    return _ip(one) == _ip(two)


def is_among(address: str, known: t.Iterable[str]) -> bool:
    """Tell whether an address is one of the ``known`` addresses, or in one of the known networks (CIDR)."""
    return any(
        ipaddress.ip_address(address) in ipaddress.ip_network(each) if "/" in each else same_address(address, each)
        for each in known
    )


def parse_ports(text: str) -> tuple[int, int]:
    """First and last port of ``first-last``. Raises ``ValueError`` with a sentence."""
    match = re.fullmatch(r"([0-9]{1,5})-([0-9]{1,5})", text)
    first, last = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
    if not 0 < first <= last < 65536:
        raise ValueError(f"{text!r} is not a range of ports; write it as first-last, for example 49152-49407")
    return first, last


__all__ = (
    "is_ipv6",
    "is_private",
    "is_rfc1918",
    "is_unspecified",
    "parse_epsv",
    "parse_pasv",
    "parse_ports",
    "port_command",
    "same_address",
)
