# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The kernel's own inspection of FTP (nf_conntrack_ftp, nf_nat_ftp) on a gateway in front of a server.

As it comes it leaves FXP alone. With its option ``loose`` it also follows addresses that are not the client's, and replaces them
in PORT by the address that the client has.
"""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, Proftpd, place_for
from ansible_collections.proftpd.fxp.tests.integration.nat import INSIDE, OUTER, PASSIVE_PORTS, PORT, WORLD, SharedAddress
from ansible_collections.proftpd.fxp.tests.integration.network import check_inside, run

LOOSE = pathlib.Path("/sys/module/nf_conntrack_ftp/parameters/loose")
# Between conntrack's and the translation of addresses, where a connection is as the client made it.
INSPECTION = f"""
table ip inspection {{
  ct helper inspects {{ type "ftp" protocol tcp; }}
  chain arriving {{ type filter hook prerouting priority mangle; tcp dport {PORT} ct helper set "inspects"; }}
}}
"""


@pytest.fixture(scope="module")
def hosts() -> t.Iterator[SharedAddress]:
    """The hosts for all tests of this file, and a gateway that inspects."""
    if not LOOSE.exists():
        pytest.skip("this kernel has no inspection of FTP")
    network = SharedAddress()
    try:
        run(*network.prefix("gateway"), "nft", "-f", "-", text=INSPECTION)
        yield network
    finally:
        network.remove()


@pytest.fixture
def loose(request: pytest.FixtureRequest) -> t.Iterator[bool]:
    """The option of the whole kernel, where nothing else uses it, as long as one test takes."""
    before = LOOSE.read_text(encoding="ascii")
    LOOSE.write_text("Y" if request.param else "N", encoding="ascii")
    yield request.param
    LOOSE.write_text(before, encoding="ascii")


@pytest.mark.parametrize("loose", [False, True], ids=["as it comes", "loose"], indirect=True)
@pytest.mark.parametrize("protected", [False, True], ids=["clear", "TLS"])
def test_what_inspects_breaks_nothing_unless_it_is_loose_and_can_read(
    hosts: SharedAddress, authority: Authority, loose: bool, protected: bool
) -> None:
    """The server that is dialled at the gateway's address, and one that is not behind it."""
    first, last = PASSIVE_PORTS.split("-")
    servers: list[Proftpd] = []
    with place_for(servers) as root:
        for place, address, more in (("world", WORLD, ""), ("inside", INSIDE, f"MasqueradeAddress {OUTER}\n")):
            secured = tls(authority.issue(WORLD, OUTER), authority.path, "NoSessionReuseRequired") if protected else ""
            directives = f"{ALLOW}{DIGEST}PassivePorts {first} {last}\n{more}{secured}"
            servers.append(Proftpd(root / place, address, directives, PORT, hosts.prefix(place)))
            servers[-1].wait()
        world, inside = servers
        common = {"tls": "explicit", "ca_content": authority.pem} if protected else {}
        checked = check_inside(
            hosts.names["third"],
            world.options(**common),
            inside.options(host=OUTER, **common),
            payload_size=1000,
            timeout=3.0,
        )
    if protected or not loose:
        assert checked.result["ok"], checked.message
        return
    # PORT of the server inside comes changed, and what it opens comes to the client; the other one's does not pass here.
    assert (checked.causes, checked.servers) == (["port_address_rewritten", None], [None, None])
    assert checked.legs[0]["certain"] is True
    assert "loose=1" in checked.message
