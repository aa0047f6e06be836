# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients inside and outside are told by a server with two faces, and whose addresses it takes: a real daemon's word."""

from __future__ import annotations

import ftplib
import typing as t

import pytest

from ansible_collections.proftpd.fxp.tests.integration.provisioned import PASSWORD, Server, said
from ansible_collections.proftpd.fxp.tests.integration.test_provisioned import CHECK, Fleet, fleet_of

OUTER = "198.51.100.77"  # as inventories say it; at the daemon it is one of this machine
CLEAR = {**CHECK, "tls": "none"}
# Half of the addresses that servers of tests have is inside.
INSIDE = {"inner_networks": ["198.51.100.0/26"]}
TOLD_OUTER, TOLD_INNER = "127,0,9,77", "127,0,9,1"


@pytest.fixture(scope="module")
def fleet() -> t.Iterator[Fleet]:
    a = {**CLEAR, **INSIDE, "masquerade_address": OUTER, "inner_address": "198.51.100.1"}
    b = {**CLEAR, **INSIDE, "address": "198.51.100.102", "inner_address": "198.51.100.2"}
    with fleet_of({"a": a, "b": b, "c": {**CLEAR, "address": "198.51.100.103"}}) as found:
        yield found


def session(server: Server, source: str) -> ftplib.FTP:
    """A session of the check account, from an address of this machine."""
    ftp = ftplib.FTP(timeout=10)
    ftp.connect("127.0.9.1" if server.address.endswith(".1") else server.address, server.port, source_address=(source, 0))
    ftp.login("check", PASSWORD)
    return ftp


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("127.0.9.50", TOLD_INNER),
        # A peer is in both classes, of which the one for those inside stands first.
        ("127.0.9.2", TOLD_INNER),
        ("127.0.9.102", TOLD_OUTER),
        ("127.0.9.66", TOLD_OUTER),
        ("127.0.0.1", TOLD_OUTER),
    ],
)
def test_each_is_told_the_address_that_it_reaches(fleet: Fleet, source: str, told: str) -> None:
    reply = session(fleet["a"], source).sendcmd("PASV")
    assert f"({told}," in reply


@pytest.mark.parametrize("source", ["127.0.9.50", "127.0.0.1"])
def test_both_addresses_of_those_inside_are_taken(fleet: Fleet, source: str) -> None:
    ftp = session(fleet["a"], source)
    answers = {last: said(ftp.sendcmd, f"PORT 127,0,9,{last},200,10")[:3] for last in (2, 102, 103, 3)}
    assert answers == {2: "200", 102: "200", 103: "200", 3: "500"}


def test_who_is_outside_takes_no_inner_address(fleet: Fleet) -> None:
    ftp = session(fleet["c"], "127.0.0.1")
    answers = {last: said(ftp.sendcmd, f"PORT 127,0,9,{last},200,10")[:3] for last in (77, 102, 1, 2)}
    assert answers == {77: "200", 102: "200", 1: "500", 2: "500"}
