# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Checks from behind real NAT, where servers see the client at another address than it has.

What the same daemons do is asked once more from a host that they see at an address of its own.
"""

from __future__ import annotations

import json
import sys
import typing as t

import pytest

from ansible_collections.proftpd.fxp.tests.integration.bouncing import bounce_inside
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, Proftpd, place_for
from ansible_collections.proftpd.fxp.tests.integration.nat import (
    INSIDE,
    OUTER,
    PASSIVE_PORTS,
    PORT,
    SECOND,
    THIRD,
    WORLD,
    SharedAddress,
)
from ansible_collections.proftpd.fxp.tests.integration.network import check_inside, run
from ansible_collections.proftpd.fxp.tests.integration.other_daemons import PURE_ALLOW, VSFTPD_ALLOW, PureFtpd, Vsftpd

ADDRESSES = {"world": WORLD, "third": THIRD, "inside": INSIDE}
REFUSE = "AllowForeignAddress off\n"
KINDS = ("proftpd", "vsftpd", "pure-ftpd")
Server = t.Union[Proftpd, Vsftpd, PureFtpd]


@pytest.fixture(scope="module")
def hosts() -> t.Iterator[SharedAddress]:
    """The hosts for all tests of this file."""
    network = SharedAddress()
    try:
        yield network
    finally:
        network.remove()


class Starter(t.Protocol):
    """Starts a daemon on one of the hosts with ``ADDRESSES``."""

    def __call__(self, place: str, kind: str = "proftpd", *, allow: bool, announce: bool = True) -> Server:
        """The daemon, listening; inside it announces the gateway's address unless it does not ``announce``."""


@pytest.fixture
def start(hosts: SharedAddress) -> t.Iterator[Starter]:
    """Daemons for one test, which leaves no file on them."""
    servers: list[Server] = []
    with place_for(servers) as root:

        def one(place: str, kind: str = "proftpd", *, allow: bool, announce: bool = True) -> Server:
            address, here, prefix = ADDRESSES[place], root / place, hosts.prefix(place)
            first, last = PASSIVE_PORTS.split("-")
            if kind == "proftpd":
                masquerade = f"MasqueradeAddress {OUTER}\n" if place == "inside" and announce else ""
                directives = f"{ALLOW if allow else REFUSE}PassivePorts {first} {last}\n{masquerade}"
                server: Server = Proftpd(here, address, directives, PORT, prefix)
            elif kind == "vsftpd":
                ports = f"pasv_min_port={first}\npasv_max_port={last}\n"
                server = Vsftpd(here, address, ports + (VSFTPD_ALLOW if allow else ""), PORT, prefix)
            else:
                server = PureFtpd(here, address, ("-p", f"{first}:{last}", *(PURE_ALLOW if allow else ())), PORT, prefix)
            servers.append(server)
            server.wait()
            return server

        yield one


@pytest.mark.parametrize("kind", KINDS)
def test_the_client_shares_the_address_of_a_server(hosts: SharedAddress, start: Starter, kind: str) -> None:
    """The server in the world refuses everybody but its client, and sees that at the address of the peer."""
    world, inside = start("world", kind, allow=False), start("inside", allow=True)
    checked = check_inside(hosts.names["client"], world.options(), inside.options(), payload_size=1000, timeout=3.0)
    assert checked.causes == ["vantage_is_peer"] * 2
    assert (checked.servers, checked.result["vantage_told"]) == ([None, None], True)
    assert checked.legs[0]["evidence"]["client_seen"]["source"] == OUTER
    # The truth, from a host that shares its address with nobody.
    outside = inside.options(host=OUTER)
    checked = check_inside(hosts.names["third"], world.options(), outside, payload_size=1000, timeout=3.0)
    assert not any(leg["ok"] for leg in checked.legs)
    assert (checked.servers, checked.result["vantage_told"]) == (["source", "source"], True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_third_host_behind_nat(hosts: SharedAddress, start: Starter, kind: str) -> None:
    """NAT alone is no fault: neither server is, or announces, what the other one sees."""
    world, third = start("world", kind, allow=True), start("third", allow=True)
    checked = check_inside(hosts.names["client"], world.options(), third.options(), payload_size=1000, timeout=3.0)
    assert checked.result["ok"], checked.message
    # pure-ftpd tells it only when it refuses.
    assert checked.result["vantage_told"] is (kind != "pure-ftpd")


def test_whether_a_peer_beside_the_client_shares_its_nat_is_not_told(hosts: SharedAddress, start: Starter) -> None:
    """It announces its inner address, to which there is a way, and comes from the outer one all the same."""
    world, inside = start("world", allow=False), start("inside", allow=True, announce=False)
    run("ip", "-n", hosts.names["world"], "route", "replace", "10.77.0.0/24", "via", OUTER)
    options = {"payload_size": 1000, "timeout": 3.0, "passive": "source"}
    checked = check_inside(hosts.names["client"], world.options(), inside.options(), **options)
    assert (checked.causes, checked.result["vantage_told"]) == ([None], False)


@pytest.mark.parametrize("kind", KINDS)
def test_no_stranger_behind_one_address(hosts: SharedAddress, start: Starter, kind: str) -> None:
    """The second address of the client is none to the server."""
    probed = bounce_inside(hosts.names["client"], start("world", kind, allow=False).options())
    assert probed.result["stranger_sources"] == [SECOND]
    assert (probed.holes, probed.result["vulnerable"], probed.result["tested"]) == (set(), None, False)
    assert probed.of("passive_by_stranger")["result"] == "untested"
    assert "at the same address" in probed.of("passive_by_stranger")["summary"]
    assert probed.result["firewall_exposed"] is None
    assert OUTER in probed.warnings[0]


def test_mesh(hosts: SharedAddress, start: Starter) -> None:
    """Pairs whose servers the client does not resemble are proven; a server is asked once for all of its pairs."""
    servers = {place: start(place, allow=place != "world").options() for place in ("world", "inside", "third")}
    options = {"servers": servers, "passive": "source", "transcripts": "all", "payload_size": 1000, "timeout": 3.0}
    command = (*hosts.prefix("client"), sys.executable, "-m", "ansible_collections.proftpd.fxp.tests.integration.run_mesh")
    outcome = json.loads(run(*command, text=json.dumps(options)))
    causes = {(leg["source"], leg["destination"]): leg["cause"] for leg in outcome["legs"]}
    # To whoever is outside, the client and the server inside are one.
    beside = {pair: "vantage_is_peer" for pair in causes if "inside" in pair}
    assert causes == {
        **beside,
        ("world", "third"): "passive_refuses_foreign_address",
        ("third", "world"): "active_refuses_foreign_address",
    }
    assert outcome["untold"] == []
    asked = [entry["line"] for leg in outcome["legs"] if not leg["repeated"] for entry in leg["transcript"]]
    assert asked.count("STAT") <= len(servers)
