# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strangers who try to use real and broken servers, and what the firewall in front of them lets through."""

from __future__ import annotations

import pathlib
import shutil
import tempfile
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError
from ansible_collections.proftpd.fxp.tests.integration.bouncing import STRANGER, Probed, bounce, bounce_inside
from ansible_collections.proftpd.fxp.tests.integration.conftest import Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import Proftpd, free_ports, place_for, server_options
from ansible_collections.proftpd.fxp.tests.integration.network import CLIENT, PASSIVE_PORTS, SOURCE, SOURCE6, Network, run
from ansible_collections.proftpd.fxp.tests.integration.other_daemons import PURE_ALLOW, VSFTPD_ALLOW, PureFtpd, Vsftpd
from ansible_collections.proftpd.fxp.tests.integration.pyftpd import Pyftpd
from ansible_collections.proftpd.fxp.tests.integration.scripted import CLOSE, SILENCE, Answer, ScriptedServer, drip, for_ever

SERVER = "127.0.1.6"
MEMBER = "127.0.8.8"
CLASS = f"<Class fxp_peers>\nFrom {MEMBER}\n</Class>\n"
TO_STRANGER = {"port_to_stranger", "eprt_to_stranger"}
TO_LOW_PORTS = {
    "port_to_low_port_of_stranger",
    "eprt_to_low_port_of_stranger",
    "port_to_own_low_port",
    "eprt_to_own_low_port",
}
OFF = "AllowForeignAddress off\n"
HAVE_CLASS = CLASS + "AllowForeignAddress fxp_peers\n"
ANYBODY = "<Class anybody>\nFrom 0.0.0.0/0\n</Class>\nAllowForeignAddress anybody\n"
MISSPELT = CLASS + "AllowForeignAddress FXP_peers\n"
CONDITIONAL = CLASS + "<IfUser somebody>\nAllowForeignAddress fxp_peers\n</IfUser>\n"
SESSIONS = "LoadModule mod_ifsession.c\n"


@pytest.mark.parametrize(
    ("directives", "holes"),
    [
        pytest.param(OFF, set(), id="off"),
        pytest.param(HAVE_CLASS, set(), id="class"),
        pytest.param("AllowForeignAddress on\n", {"passive_by_stranger", *TO_STRANGER}, id="on"),
        pytest.param(ANYBODY, {"passive_by_stranger", *TO_STRANGER}, id="class of everybody"),
        # Nothing bounces off these, but a stranger may take the data.
        pytest.param("", {"passive_by_stranger"}, id="unset"),
        pytest.param(MISSPELT, {"passive_by_stranger"}, id="undefined class"),
        pytest.param(SESSIONS + CONDITIONAL, {"passive_by_stranger"}, id="for another user only"),
        pytest.param(SESSIONS + CONDITIONAL + OFF, set(), id="for another user and off"),
    ],
)
def test_policies_of_proftpd(start: Starter, directives: str, holes: set[str]) -> None:
    """Each setting of AllowForeignAddress, with the connection that proves it."""
    server = start(SERVER, directives)
    server.put("hello", b"content")
    probed = bounce(server.options())
    assert probed.holes == holes
    assert (probed.result["vulnerable"], probed.result["tested"]) == (bool(holes), True)
    assert probed.result["firewall_exposed"] is True
    assert all(probed.of(hole)["proven"] for hole in holes)
    # ProFTPD refuses these in any case.
    assert {probed.answers()[probe] for probe in TO_LOW_PORTS} == {"refused"}
    assert probed.answers()["passive_ports_in_sequence"] != "untested"
    assert "port_address_rewritten" not in probed.answers()
    assert ("fxp_foreign_addresses" in probed.message) is bool(holes)


def test_an_empty_directory_proves_as_much(start: Starter) -> None:
    """Success without a byte is success: nobody else was connected."""
    assert bounce(start(SERVER, "").options()).of("passive_by_stranger")["proven"]


def test_a_member_is_no_stranger(start: Starter) -> None:
    """Who is named as a stranger and is let in as a peer is told by its address; another one beside it is refused."""
    server = start(SERVER, HAVE_CLASS)
    probed = bounce(server.options(), [STRANGER, MEMBER])
    assert probed.result["stranger_sources"] == [STRANGER, MEMBER]
    assert {one["stranger"] for one in probed.result["findings"] if one["vulnerable"]} == {MEMBER}
    assert f"connection came there from {SERVER}" in probed.of("port_to_stranger", MEMBER)["summary"]
    assert MEMBER in probed.message
    assert STRANGER not in probed.message


def test_a_stranger_is_found(start: Starter) -> None:
    """All of 127.0.0.0/8 is this host."""
    probed = bounce(start(SERVER, OFF).options(), None)
    assert probed.result["stranger_sources"] == ["127.0.0.2"]
    assert (probed.result["vulnerable"], probed.result["tested"]) == (False, True)


def test_the_whole_class_of_passive_ports(start: Starter) -> None:
    """Ports of a small range are still no sequence, and all of them are given back."""
    first = free_ports(SERVER, 8)
    server = start(SERVER, f"PassivePorts {first} {first + 7}\n{OFF}")
    for _attempt in range(4):
        assert bounce(server.options()).result["vulnerable"] is False


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        (["192.0.2.1"], r"stranger_sources has 192\.0\.2\.1, which is no address of "),
        (["127.0.0.1"], r"stranger_sources has 127\.0\.0\.1, which the control connection itself comes from"),
        ([SERVER], r"stranger_sources has 127\.0\.1\.6, which the server itself has"),
        (["::1"], r"stranger_sources is ::1, but the server is dialled at 127\.0\.1\.6; name an IPv4 address"),
    ],
)
def test_no_strangers(start: Starter, sources: list[str], sentence: str) -> None:
    """Addresses that cannot play a stranger are errors, whatever the server is like."""
    with pytest.raises(RequestError, match=sentence):
        bounce(start(SERVER, OFF).options(), sources)


def test_login_refused(start: Starter) -> None:
    """Who does not get in has proven nothing, and says so as fxp_check does."""
    probed = bounce(start(SERVER, OFF).options(user="nobody-knows"))
    assert "login_refused" in probed.message
    assert (probed.result["vulnerable"], probed.result["tested"], probed.result["findings"]) == (None, False, [])


def test_no_listing(start: Starter) -> None:
    """Where the client itself may not list, the policy on passive connections cannot be asked, and that is said."""
    probed = bounce(start(SERVER, "DenyFilter ^[.]$\n").options())
    assert probed.of("passive_by_stranger")["result"] == "untested"
    assert probed.of("port_to_stranger")["result"] == "refused"
    assert (probed.result["vulnerable"], probed.result["tested"]) == (None, False)
    assert "the client itself gets no listing" in probed.warnings[0]


Other = t.Union[Vsftpd, PureFtpd]


@pytest.fixture
def start_other() -> t.Iterator[t.Callable[[str, bool], Other]]:
    """vsftpd or pure-ftpd for one test, which leaves no file on it."""
    servers: list[Other] = []
    with place_for(servers) as root:

        def start(kind: str, allow: bool) -> Other:
            if kind == "vsftpd":
                servers.append(Vsftpd(root / kind, SERVER, VSFTPD_ALLOW if allow else "", free_ports(SERVER)))
            else:
                servers.append(PureFtpd(root / kind, SERVER, PURE_ALLOW if allow else (), free_ports(SERVER)))
            servers[-1].wait()
            return servers[-1]

        yield start


def test_other_servers_that_refuse(start_other: t.Callable[[str, bool], Other]) -> None:
    """They refuse in words of their own, or without any."""
    for kind in ("vsftpd", "pure-ftpd"):
        probed = bounce(start_other(kind, False).options())
        assert (kind, probed.result["vulnerable"], probed.result["tested"]) == (kind, False, True), probed.result["findings"]


@pytest.mark.parametrize(("kind", "cure"), [("vsftpd", "port_promiscuous"), ("pure-ftpd", "-w")])
def test_other_servers_that_let_in(start_other: t.Callable[[str, bool], Other], kind: str, cure: str) -> None:
    """The cure is in the words of the server."""
    probed = bounce(start_other(kind, True).options())
    assert probed.holes >= {"passive_by_stranger", "port_to_stranger"}
    assert probed.of("passive_by_stranger")["proven"]
    assert probed.of("port_to_stranger")["proven"]
    # Only vsftpd connects to any port once it may connect anywhere.
    assert ("port_to_low_port_of_stranger" in probed.holes) is (kind == "vsftpd")
    assert cure in probed.message


@pytest.mark.parametrize("foreign", [True, False])
def test_pyftpdlib(tmp_path: pathlib.Path, foreign: bool) -> None:
    """It connects when it is told PORT, and looks at who came before it is told LIST."""
    with Pyftpd(tmp_path / "home", SERVER, foreign=foreign) as server:
        probed = bounce(server.options())
    assert probed.holes == ({"passive_by_stranger", *TO_STRANGER} if foreign else set())
    assert (probed.result["tested"], all(probed.of(hole)["proven"] for hole in probed.holes)) == (True, True)
    assert ("permit_foreign_addresses" in probed.message) is foreign


# Hostile and broken servers: what they say is bounded and decides nothing that it does not prove.


def scripted(answers: t.Mapping[str, Answer], timeout: float = 0.4) -> tuple[Probed, list[str]]:
    """A check of a scripted server, and the commands that this was sent."""
    began = time.monotonic()
    with ScriptedServer(SERVER, answers) as server:
        probed = bounce(server_options(SERVER, server.port), timeout=timeout)
    assert time.monotonic() - began < 40
    return probed, server.commands


@pytest.mark.parametrize("answer", [b"\xff\xfe garbage\r\n", b"2\r\n" * 9, SILENCE, CLOSE, b"421 bye\r\n", b"150 wait\r\n"])
@pytest.mark.parametrize("verb", ["PORT", "PASV", "LIST"])
def test_broken_answers(verb: str, answer: Answer) -> None:
    """No answer to one command, or one that is none."""
    probed, _commands = scripted({verb: answer})
    assert probed.of("passive_by_stranger")["result"] == "untested"
    assert probed.result["tested"] is False


@pytest.mark.parametrize("answer", [for_ever(b"x" * 4096), drip(b"200 fine\r\n", 0.5), for_ever(b"200-more\r\n")])
def test_endless_answers(answer: Answer) -> None:
    """Answers that never end."""
    probed, commands = scripted({"PORT": answer})
    assert probed.of("port_to_stranger")["result"] == "untested"
    assert not [command for command in commands if command.startswith("LIST")]


def test_refusals_are_followed_by_nothing() -> None:
    """Neither PORT nor EPRT nor PASV is accepted, so there is nothing that LIST might be sent for."""
    refusals: dict[str, Answer] = {verb: b"500 no\r\n" for verb in ("PORT", "EPRT", "PASV")}
    probed, commands = scripted(refusals)
    assert [command for command in commands if command.split()[0] in ("LIST", "RETR", "STOR", "NLST")] == []
    assert {probed.answers()[probe] for probe in TO_STRANGER | TO_LOW_PORTS} == {"refused"}
    assert (probed.result["vulnerable"], probed.result["tested"]) == (None, False)


@pytest.mark.parametrize("answer", [b"200 fine\r\n", b"425 Can't connect to specified address.\r\n"])
def test_a_promise_is_enough(answer: bytes) -> None:
    """Who accepts a stranger's address and never gets through to it is vulnerable, and not proven to be."""
    probed, _commands = scripted({"PORT": answer, "EPRT": answer})
    assert probed.holes == TO_STRANGER | TO_LOW_PORTS
    assert not any(probed.of(hole)["proven"] for hole in probed.holes)
    assert "no connection came there in time" in probed.message


# Firewalls and addresses, in network namespaces.

SECOND, CLIENT6, SECOND6 = "198.51.100.2", "2001:db8:51::1", "2001:db8:51::2"
INSIDE = "10.20.0.1"


@pytest.fixture(scope="module")
def hosts() -> t.Iterator[Network]:
    """The hosts for all tests of this file; the client has further addresses."""
    network = Network()
    try:
        client = network.names["client"]
        for address in (f"{SECOND}/24", f"{INSIDE}/24"):
            run("ip", "-n", client, "address", "add", address, "dev", "bridge")
        run("ip", "-n", client, "address", "add", f"{SECOND6}/64", "dev", "bridge", "nodad")
        # Addresses of a bridge for containers are no strangers.
        run("ip", "-n", client, "link", "add", "containers", "type", "bridge")
        run("ip", "-n", client, "address", "add", "203.0.113.1/24", "dev", "containers")
        yield network
    finally:
        network.remove()


@pytest.fixture
def start_there(hosts: Network) -> t.Iterator[t.Callable[[str], Proftpd]]:
    """A daemon on the host ``source`` for one test, which leaves no file and no rule."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="fxp-integration-"))
    root.chmod(0o711)
    servers: list[Proftpd] = []

    def start(directives: str) -> Proftpd:
        servers.append(hosts.start(root, "source", directives))
        return servers[0]

    try:
        yield start
    finally:
        for server in servers:
            server.stop()
        left = [server.files() for server in servers]
        shutil.rmtree(root)
        hosts.unfilter()
    assert left == [set()] * len(servers)


Start = t.Callable[[str], Proftpd]


def test_no_firewall(hosts: Network, start_there: Start) -> None:
    """Strangers are found among the client's addresses; a port that they can reach is no fault."""
    probed = bounce_inside(hosts.names["client"], start_there(OFF).options())
    assert probed.result["stranger_sources"] == [SECOND]
    assert (probed.result["vulnerable"], probed.result["firewall_exposed"]) == (False, True)
    # ProFTPD replaces private addresses in PORT between public hosts.
    assert (probed.of("port_address_rewritten")["result"], probed.of("port_address_rewritten")["proven"]) == ("accepted", True)
    assert probed.message == ""


@pytest.mark.parametrize("verdict", ["drop", "reject with tcp reset"])
def test_firewall(hosts: Network, start_there: Start, verdict: str) -> None:
    """Whom the firewall keeps out of passive ports cannot ask the policy there; PORT is asked all the same."""
    server = start_there("")
    hosts.filter("source", "input", f"ip saddr {SECOND} tcp dport {PASSIVE_PORTS} {verdict}")
    probed = bounce_inside(hosts.names["client"], server.options(), timeout=1.0)
    assert probed.of("passive_port_reachable")["result"] == "refused"
    assert probed.of("passive_by_stranger")["result"] == "untested"
    assert probed.of("port_to_stranger")["result"] == "refused"
    assert [probed.result[key] for key in ("vulnerable", "tested", "firewall_exposed")] == [False, True, False]


def test_firewall_before_the_whole_server(hosts: Network, start_there: Start) -> None:
    """The server would connect to a stranger that cannot be seen to be here, so it is not made to."""
    server = start_there("AllowForeignAddress on\n")
    hosts.filter("source", "input", f"ip saddr {SECOND} drop")
    probed = bounce_inside(hosts.names["client"], server.options(), timeout=1.0)
    assert probed.holes == TO_STRANGER
    assert not probed.of("port_to_stranger")["proven"]
    assert "may lead to another host" in probed.message
    assert [entry["probe"] for entry in probed.result["transcript"] if entry["line"].startswith("LIST")] == [None]
    assert probed.of("port_address_rewritten")["result"] == "untested"


def test_a_stranger_who_gets_nowhere(hosts: Network, start_there: Start) -> None:
    """
    Neither the passive ports nor the control port answer: that may be no firewall, so nothing is proven by it.

    Nothing is to be mended either, so there is no warning.
    """
    server = start_there("")
    hosts.filter("source", "input", f"ip saddr {SECOND} drop")
    probed = bounce_inside(hosts.names["client"], server.options(), timeout=1.0)
    assert [probed.result[key] for key in ("vulnerable", "tested", "firewall_exposed")] == [None, False, None]
    assert probed.warnings == []
    told = f"a firewall shuts control and passive ports to {SECOND}, or no way leads there"
    assert probed.of("passive_by_stranger")["summary"] == probed.of("passive_port_reachable")["summary"] == told


def test_passive_ports_shut_for_everybody(hosts: Network, start_there: Start) -> None:
    """If not even the client gets through, nothing is known about strangers."""
    server = start_there(OFF)
    hosts.filter("source", "input", f"tcp dport {PASSIVE_PORTS} drop")
    probed = bounce_inside(hosts.names["client"], server.options(), timeout=1.0)
    assert [probed.result[key] for key in ("vulnerable", "tested", "firewall_exposed")] == [None, False, None]
    assert "the client itself gets no listing" in probed.warnings[0]


def test_private_stranger_between_public_hosts(hosts: Network, start_there: Start) -> None:
    """PORT to a private stranger is answered with 200, but the data comes to the client: that harms nobody."""
    server = start_there(OFF)
    probed = bounce_inside(hosts.names["client"], server.options(), [INSIDE])
    assert (probed.of("port_to_stranger")["result"], probed.result["tested"]) == ("untested", False)
    run("ip", "-n", hosts.names["source"], "route", "add", "10.20.0.0/24", "via", CLIENT)
    probed = bounce_inside(hosts.names["client"], server.options(), [INSIDE])
    assert probed.of("port_to_stranger")["result"] == "refused"
    assert probed.of("port_to_stranger")["server_said"].startswith("200 ")
    assert (probed.holes, probed.result["tested"]) == (set(), True)


@pytest.mark.parametrize(
    ("directives", "holes"),
    [(OFF, set()), ("AllowForeignAddress on\n", {"passive_by_stranger", "eprt_to_stranger"})],
)
def test_ipv6(hosts: Network, start_there: Start, directives: str, holes: set[str]) -> None:
    """Over IPv6 there is EPSV and EPRT only."""
    probed = bounce_inside(hosts.names["client"], start_there(directives).options(host=SOURCE6))
    # Which of its two addresses the client takes for itself is the kernel's choice.
    assert probed.result["stranger_sources"] in ([CLIENT6], [SECOND6])
    assert (probed.holes, probed.result["tested"]) == (holes, True)
    assert not any(line.startswith(("PORT", "PASV")) for line in probed.lines)


def test_nobody_to_play_a_stranger(hosts: Network, start_there: Start) -> None:
    """On a host with one address only the client's own low ports are tried, and that proves nothing about strangers."""
    server = start_there(OFF)
    probed = bounce_inside(hosts.names["destination"], server.options(host=SOURCE))
    assert (probed.result["vulnerable"], probed.result["tested"], probed.result["stranger_sources"]) == (None, False, [])
    assert probed.of("port_to_own_low_port")["result"] == "refused"
    assert "no second address" in probed.of("port_to_stranger")["summary"]
    assert probed.warnings == []


def test_the_client_itself_is_no_stranger(hosts: Network, start_there: Start) -> None:
    """The address that the kernel chooses for the control connection is not played."""
    with pytest.raises(RuntimeError, match=rf"stranger_sources has {CLIENT}, which the control connection itself comes from"):
        bounce_inside(hosts.names["client"], start_there(OFF).options(), [CLIENT])
