# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewalls, routes and address families between the servers."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, Proftpd, listens
from ansible_collections.proftpd.fxp.tests.integration.languages import language, refused
from ansible_collections.proftpd.fxp.tests.integration.network import (
    CLIENT,
    DEAD,
    DESTINATION,
    DESTINATION6,
    NO_ROUTE,
    PASSIVE_PORTS,
    PORT,
    SOURCE,
    SOURCE6,
    Gateway,
    Network,
    run,
    wait_for_growth,
)


@pytest.fixture(scope="module")
def hosts() -> t.Iterator[Network]:
    """The hosts for all tests of this file."""
    network = Network()
    try:
        yield network
    finally:
        network.remove()


class Starter(t.Protocol):
    """Starts the daemons of both hosts."""

    def __call__(self, source: str = ALLOW + DIGEST, destination: str = ALLOW + DIGEST) -> tuple[Proftpd, Proftpd]:
        """The daemons of source and destination, listening."""


@pytest.fixture
def start(hosts: Network) -> t.Iterator[Starter]:
    """Daemons for one test, which leaves no file on them and no rule between them."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="fxp-integration-"))
    root.chmod(0o711)
    servers: list[Proftpd] = []

    def both(source: str = ALLOW + DIGEST, destination: str = ALLOW + DIGEST) -> tuple[Proftpd, Proftpd]:
        for name, directives in (("source", source), ("destination", destination)):
            servers.append(hosts.start(root, name, directives))
        return servers[0], servers[1]

    try:
        yield both
    finally:
        for server in servers:
            server.stop()
        left = [server.files() for server in servers]
        shutil.rmtree(root)
        hosts.unfilter()
    assert left == [set()] * len(servers)


def test_ipv4(hosts: Network, start: Starter) -> None:
    """The hosts are healthy before anything is broken."""
    source, destination = start()
    checked = hosts.check(source.options(expected_address=SOURCE, passive_ports=PASSIVE_PORTS), destination.options())
    assert checked.result["ok"], checked.message


def test_ipv6(hosts: Network, start: Starter) -> None:
    """IPv6 uses EPSV and EPRT, in both passive roles."""
    source, destination = start()
    expected = {"passive_ports": PASSIVE_PORTS, "expected_address": SOURCE6}
    checked = hosts.check(source.options(host=SOURCE6, **expected), destination.options(host=DESTINATION6), family="ipv6")
    assert checked.result["ok"], checked.message
    sent = checked.lines(direction="sent")
    assert "EPSV" in sent
    assert "PASV" not in sent
    assert any(line.startswith(f"EPRT |2|{SOURCE6}|") for line in sent)


def test_ipv6_refusals(hosts: Network, start: Starter) -> None:
    """Both refusals, over IPv6."""
    source, destination = start(destination="AllowForeignAddress off\n")
    checked = hosts.check(source.options(host=SOURCE6), destination.options(host=DESTINATION6), payload_size=1000)
    assert checked.causes == ["active_refuses_foreign_address", "passive_refuses_foreign_address"]
    assert checked.servers == ["destination", "destination"]


def over_tls(authority: Authority, *addresses: str) -> str:
    """Directives of a daemon with a certificate for its addresses."""
    return ALLOW + DIGEST + tls(authority.issue(*addresses), authority.path, "NoSessionReuseRequired")


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_tls(hosts: Network, start: Starter, authority: Authority, family: str) -> None:
    """Certificates hold addresses of both families, and the one that is dialled is verified."""
    source, destination = start(over_tls(authority, SOURCE, SOURCE6), over_tls(authority, DESTINATION, DESTINATION6))
    common = {"tls": "explicit", "ca_content": authority.pem}
    dialled = {"ipv4": (SOURCE, DESTINATION), "ipv6": (SOURCE6, DESTINATION6)}[family]
    options = [server.options(host=host, **common) for server, host in zip((source, destination), dialled)]
    checked = hosts.check(options[0], options[1], payload_size=100000)
    assert checked.result["ok"], checked.message
    assert {leg["evidence"]["protection"] for leg in checked.legs} == {"private"}


@pytest.mark.parametrize(
    ("name", "rule", "cause"),
    [
        ("source", f"ip saddr {DESTINATION} drop", "data_connection_blocked"),
        ("source", f"ip saddr {DESTINATION} reject with tcp reset", "data_connection_refused"),
        # The connection comes about, and what follows is too large for the way: the certificate never arrives.
        ("destination", f"ip saddr {SOURCE} meta length > 300 drop", "path_mtu"),
    ],
)
def test_filters_are_told_under_tls(
    hosts: Network, start: Starter, authority: Authority, name: str, rule: str, cause: str
) -> None:
    """A connection that never comes about looks the same with TLS; a handshake that is lost has a cause of its own."""
    source, destination = start(over_tls(authority, SOURCE), over_tls(authority, DESTINATION))
    hosts.filter(name, "input", rule if name == "destination" else f"tcp dport {PASSIVE_PORTS} {rule}")
    common = {"tls": "explicit", "ca_content": authority.pem}
    options = [server.options(**common) for server in (source, destination)]
    checked = hosts.check(options[0], options[1], passive="source", payload_size=1000, timeout=2.0)
    assert checked.causes == [refused() if cause == "data_connection_refused" else cause]
    assert cause == "data_connection_refused" or "network" in checked.legs[0]["also_possible"]


PASSIVE_FROM_PEER = f"tcp dport {PASSIVE_PORTS} ip saddr"


@pytest.mark.parametrize(
    ("name", "hook", "rule"),
    [
        ("source", "input", f"{PASSIVE_FROM_PEER} {DESTINATION} drop"),
        ("destination", "output", f"tcp dport {PASSIVE_PORTS} ip daddr {SOURCE} drop"),
    ],
)
def test_blocked(hosts: Network, start: Starter, name: str, hook: str, rule: str) -> None:
    """
    A silent drop, on the way in or on the way out: the dialogue cannot tell which.

    The destination opened the file before it tried to connect and stays in connect(), so the clean-up needs a new control
    connection there.
    """
    source, destination = start()
    hosts.filter(name, hook, rule)
    began = time.monotonic()
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, timeout=1.5)
    assert time.monotonic() - began < 8
    assert checked.causes == ["data_connection_blocked", None]
    leg = checked.legs[0]
    assert (leg["server"], leg["certain"], leg["also_possible"]) == ("source", False, ["destination", "network"])
    assert "fxp_passive_ports" in leg["remedy"]
    assert leg["evidence"]["client_reached"] == "connected"
    # The source was never commanded, so nothing hangs there.
    assert not any(line.startswith("RETR") for line in checked.lines(leg=0, direction="sent"))
    assert leg["bytes"] is None


def test_blocked_source(hosts: Network, start: Starter) -> None:
    """The active side is the source: the destination is not commanded and makes no file."""
    source, destination = start()
    hosts.filter("destination", "input", f"{PASSIVE_FROM_PEER} {SOURCE} drop")
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, timeout=1.5, passive="destination")
    assert (checked.causes, checked.servers) == (["data_connection_blocked"], ["destination"])
    assert checked.legs[0]["file"] is None


def test_server_gives_up_first(hosts: Network, start: Starter) -> None:
    """A server whose own time limit is shorter than the check's, not than logging in, hangs up; the cause is still the same."""
    source, destination = start(destination=ALLOW + "TimeoutNoTransfer 4\n")
    hosts.filter("source", "input", f"{PASSIVE_FROM_PEER} {DESTINATION} drop")
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, timeout=10.0, passive="source")
    assert (checked.causes, checked.servers) == (["data_connection_blocked"], ["source"])


@pytest.mark.parametrize("reject", ["tcp reset", "icmp type port-unreachable"])
@pytest.mark.parametrize(("name", "hook"), [("source", "input"), ("destination", "output")])
def test_rejected_as_refused(hosts: Network, start: Starter, reject: str, name: str, hook: str) -> None:
    """A rule that rejects looks like a port that nobody listens on, and at either end the same: no dialogue tells which."""
    source, destination = start()
    hosts.filter(name, hook, f"{PASSIVE_FROM_PEER} {DESTINATION} reject with {reject}")
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, passive="source")
    assert (checked.causes, checked.servers) == ([refused()], ["source"])
    leg = checked.legs[0]
    assert (leg["certain"], leg["also_possible"]) == (False, ["destination", "network"])
    assert leg["evidence"]["client_reached"] == "connected"
    assert "the client gets through" in checked.message


def test_rejected_as_prohibited(hosts: Network, start: Starter) -> None:
    """A rule that rejects in the way of firewalld."""
    source, destination = start()
    hosts.filter("source", "input", f"{PASSIVE_FROM_PEER} {DESTINATION} reject with icmp type admin-prohibited")
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, passive="source")
    assert (checked.causes, checked.servers) == (["data_connection_unreachable"], ["source"])
    assert (checked.legs[0]["certain"], checked.legs[0]["also_possible"]) == (False, ["destination", "network"])


@pytest.mark.parametrize("address", [DEAD, NO_ROUTE])
def test_unreachable(hosts: Network, start: Starter, address: str) -> None:
    """An announced address that nobody has, or that no route leads to."""
    source, destination = start(ALLOW + f"MasqueradeAddress {address}\n")
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, passive="source")
    assert (checked.causes, checked.servers) == (["data_connection_unreachable"], ["source"])
    assert address in checked.message
    assert f"dialled at {SOURCE}" in checked.message


def test_private_address(hosts: Network, start: Starter) -> None:
    """A server that is dialled at a public address announces its private one, which leads nowhere."""
    source, destination = start(ALLOW + "MasqueradeAddress 100.64.9.9\n")
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, passive="source")
    assert (checked.causes, checked.servers) == (["private_address_advertised"], ["source"])
    assert "fxp_masquerade_address" in checked.result["remedy"]


ADMITS = "<Class peers>\nFrom {}\n</Class>\nAllowForeignAddress peers\n"


@pytest.mark.parametrize(
    ("admitted", "cause", "server", "certain"),
    [
        (SOURCE, "unexpected_address_advertised", "source", False),
        (CLIENT, "active_refuses_foreign_address", "destination", True),
        (DEAD, "data_connection_unreachable", "source", False),
    ],
)
def test_mistaken_address_meets_a_class(
    hosts: Network, start: Starter, admitted: str, cause: str, server: str, certain: bool
) -> None:
    """A wrong MasqueradeAddress is not in the class of the other server, and that is no reason to put it there."""
    source, destination = start(ALLOW + f"MasqueradeAddress {DEAD}\n", ADMITS.format(admitted))
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, passive="source")
    assert (checked.causes, checked.servers) == ([cause], [server])
    assert checked.legs[0]["certain"] is certain
    assert checked.legs[0]["remedy"].split(f"{DEAD} into the class")[0].count("fxp_masquerade_address") == 1
    if cause == "data_connection_unreachable":
        return
    planned = hosts.check(source.options(expected_address=DEAD), destination.options(), payload_size=1000, passive="source")
    assert (planned.causes, planned.servers) == (["active_refuses_foreign_address"], ["destination"])
    assert planned.legs[0]["remedy"].startswith(f"Put {DEAD} into the class")


@pytest.mark.parametrize("policy", [ALLOW, "AllowForeignAddress off\n"])
def test_port_address_rewritten(hosts: Network, start: Starter, policy: str) -> None:
    """
    ProFTPD replaces a private address in PORT by the client's, whatever its policy: only the client sees that it did.

    It begins with the server that announces such an address although it is dialled at a public one.
    """
    source, destination = start(ALLOW + "MasqueradeAddress 10.99.0.1\n", policy)
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, passive="source")
    assert (checked.causes, checked.servers) == (["private_address_advertised"], ["source"])
    leg = checked.legs[0]
    assert (leg["certain"], leg["evidence"]["rewritten"], leg["evidence"]["client_reached"]) == (True, True, "connected")
    assert "fxp_masquerade_address" in leg["remedy"]


def test_port_address_rewritten_and_lost(hosts: Network, start: Starter) -> None:
    """The client's own firewall hides the rewrite; then nothing proves it, and the announced address is the cause."""
    source, destination = start(ALLOW + "MasqueradeAddress 10.99.0.1\n")
    hosts.filter("client", "input", f"ip saddr {DESTINATION} tcp flags & (syn | ack) == syn drop")
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, passive="source", timeout=1.5)
    assert (checked.causes, checked.servers) == (["private_address_advertised"], ["source"])
    assert (checked.legs[0]["certain"], checked.legs[0]["evidence"]["rewritten"]) == (False, False)


def test_translated_family(hosts: Network, start: Starter) -> None:
    """Something in front of a server turns IPv6 into IPv4: the server is told an address that it cannot connect to."""
    source, destination = start()
    relay = [sys.executable, str(pathlib.Path(__file__).with_name("relay.py")), DESTINATION6, "2199", DESTINATION, str(PORT)]
    with subprocess.Popen(["ip", "netns", "exec", hosts.names["destination"], *relay]) as process:
        try:
            while not listens(process.pid, 2199):
                assert process.poll() is None
                time.sleep(0.01)
            translated = destination.options(host=DESTINATION6, port=2199)
            checked = hosts.check(source.options(host=SOURCE6), translated, payload_size=1000, passive="source")
        finally:
            process.kill()
    # That it is the family is known from the server's words alone.
    told = (["address_family_mismatch"], ["destination"]) if language() is None else ([refused()], ["source"])
    assert (checked.causes, checked.servers) == told, checked.message
    assert checked.legs[0]["certain"] is (language() is None)


@pytest.mark.parametrize("hairpin", [False, True])
def test_hairpin(hairpin: bool) -> None:
    """Two servers behind one gateway reach one another at its outer address only if it leads them back inside."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="fxp-integration-"))
    root.chmod(0o711)
    gateway = Gateway(hairpin=hairpin)
    servers: list[Proftpd] = []
    try:
        servers = [gateway.start(root, name) for name in ("source", "destination")]
        checked = gateway.check(servers[0].options(), servers[1].options(), payload_size=100000)
        assert [server.files() for server in servers] == [set(), set()]
    finally:
        for server in servers:
            server.stop()
        gateway.remove()
        shutil.rmtree(root)
    if hairpin:
        assert checked.result["ok"], checked.message
        return
    assert (checked.causes, checked.servers) == (["hairpin_nat_missing"] * 2, ["source", "destination"])
    assert [leg["certain"] for leg in checked.legs] == [False, False]
    assert "gateway of" in checked.result["remedy"]


def test_control_connection_dropped(hosts: Network, start: Starter) -> None:
    """Nothing answers on the control port."""
    source, destination = start()
    hosts.filter("destination", "input", f"tcp dport {PORT} ip saddr {CLIENT} drop")
    checked = hosts.check(source.options(), destination.options(), timeout=1.0)
    assert (checked.causes, checked.servers) == (["control_unreachable"] * 2, ["destination"] * 2)
    assert "timed out" in checked.message


def test_control_connection_without_route(hosts: Network, start: Starter) -> None:
    """No route leads to the destination."""
    source, destination = start()
    checked = hosts.check(source.options(), destination.options(host=NO_ROUTE), timeout=1.0)
    assert (checked.causes, checked.servers) == (["control_unreachable"] * 2, ["destination"] * 2)
    assert "unreachable" in checked.message


def test_payload_cannot_be_uploaded(hosts: Network, start: Starter) -> None:
    """The client's own data connection is dropped."""
    source, destination = start()
    hosts.filter("source", "input", f"{PASSIVE_FROM_PEER} {CLIENT} drop")
    checked = hosts.check(source.options(), destination.options(), timeout=1.0)
    assert (checked.causes, checked.servers) == (["data_connection_blocked"] * 2, ["source"] * 2)
    assert "fxp_clients" in checked.result["remedy"]


LARGE = "ip protocol tcp meta length > 900 drop"


def test_large_packets_are_lost(hosts: Network, start: Starter) -> None:
    """Both are connected, and nothing arrives but the end of the file, which fits into one packet: that is proof."""
    source, destination = start()
    between = f"table bridge test {{\nchain forward {{\ntype filter hook forward priority 0\n{LARGE}\n}}\n}}\n"
    run("ip", "netns", "exec", hosts.names["client"], "nft", "-f", "-", text=between)
    checked = hosts.check(source.options(), destination.options(), payload_size=100000, timeout=2.0, passive="source")
    assert (checked.causes, checked.servers) == (["path_mtu"], [None])
    assert checked.legs[0]["certain"]
    assert "MTU" in checked.result["remedy"]


def test_large_packets_of_the_client_are_lost(hosts: Network, start: Starter) -> None:
    """The payload never arrives, and a little one does."""
    source, destination = start()
    hosts.filter("source", "prerouting", f"tcp dport {PASSIVE_PORTS} ip saddr {CLIENT} {LARGE}")
    checked = hosts.check(source.options(), destination.options(), payload_size=9000000, timeout=2.0, passive="source")
    assert (checked.causes, checked.servers) == (["path_mtu"], [None])
    assert checked.legs[0]["certain"]


def test_a_command_is_lost(hosts: Network, start: Starter) -> None:
    """A filter swallows PORT and nothing else, so the server is not silent about its data connection: it never heard of it."""
    source, destination = start()
    hosts.filter("destination", "prerouting", f"tcp dport {PORT} @th,256,32 0x504f5254 drop")  # PORT, behind 32 bytes of TCP
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, timeout=1.5, passive="source")
    assert (checked.causes, checked.servers) == (["command_filtered"], ["destination"])
    assert (checked.legs[0]["certain"], checked.legs[0]["also_possible"]) == (False, ["network"])


def test_listing_decides_nothing(hosts: Network, start: Starter) -> None:
    """Where the client cannot open data connections the transfer is proven all the same, and one wait is enough."""
    source, destination = start()
    hosts.filter("destination", "input", f"{PASSIVE_FROM_PEER} {CLIENT} drop")
    checked = hosts.check(source.options(), destination.options(), payload_size=1000, timeout=1.0)
    assert checked.result["ok"], checked.message
    assert [leg["listing"]["destination"] for leg in checked.legs] == [None, None]
    assert all(leg["listing"]["source"] for leg in checked.legs)
    assert len([line for line in checked.lines(server="destination", direction="sent") if line == "PASV"]) == 2


@pytest.mark.parametrize("cut", ["drop", "reject with tcp reset"])
def test_cut_in_mid_transfer(hosts: Network, start: Starter, cut: str) -> None:
    """An established data connection stops moving."""
    source, destination = start(ALLOW + "TransferRate RETR 300\n", ALLOW)
    outcome = []

    def check() -> None:
        outcome.append(
            hosts.check(source.options(), destination.options(), payload_size=3000000, timeout=1.5, passive="destination")
        )

    thread = threading.Thread(target=check)
    thread.start()
    try:
        wait_for_growth(destination.home, 200000)
        hosts.filter("destination", "input", f"{PASSIVE_FROM_PEER} {SOURCE} {cut}")
    finally:
        thread.join(60)
    checked = outcome[0]
    assert (checked.causes, checked.servers) == (["transfer_stalled"], ["destination"])
    assert (checked.legs[0]["certain"], checked.legs[0]["also_possible"]) == (False, ["source", "network"])
    assert 0 < checked.legs[0]["bytes"] < 3000000
