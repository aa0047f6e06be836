# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vsftpd and pure-ftpd, healthy and broken, as partners of ProFTPD: other words for the same causes."""

from __future__ import annotations

import socket
import typing as t

import pytest

from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.checking import Checked, check
from ansible_collections.proftpd.fxp.tests.integration.conftest import SOURCE, Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, LONG, Proftpd, free_ports, place_for
from ansible_collections.proftpd.fxp.tests.integration.other_daemons import PURE_ALLOW, VSFTPD_ALLOW, PureFtpd, Vsftpd

Pair = tuple[Proftpd, Proftpd]
Other = t.Union[Vsftpd, PureFtpd]
ADDRESS = "127.0.1.8"


class Start(t.Protocol):
    """Starts vsftpd with further settings or pure-ftpd with further arguments."""

    def __call__(self, kind: str, *settings: str, allow: bool = True) -> Other:
        """The daemon, listening."""


@pytest.fixture
def start_other() -> t.Iterator[Start]:
    """Daemons for one test, which leaves no file on them."""
    servers: list[Other] = []
    with place_for(servers) as root:

        def start(kind: str, *settings: str, allow: bool = True) -> Other:
            place, port = root / str(len(servers)), free_ports(ADDRESS)
            if kind == "vsftpd":
                lines = (VSFTPD_ALLOW if allow else "") + "".join(f"{line}\n" for line in settings)
                servers.append(Vsftpd(place, ADDRESS, lines, port))
            else:
                servers.append(PureFtpd(place, ADDRESS, (*(PURE_ALLOW if allow else ()), *settings), port))
            servers[-1].wait()
            return servers[-1]

        yield start


def between(role: str, server: Other, peer: Proftpd, **options: t.Any) -> Checked:
    """A check with the other daemon in one role and ProFTPD in the opposite one."""
    pair = (server, peer) if role == "source" else (peer, server)
    return check(pair[0].options(), pair[1].options(), **{"payload_size": 100000, **options})


KINDS = pytest.mark.parametrize("kind", ["vsftpd", "pure-ftpd"])
BOTH_ROLES = pytest.mark.parametrize("role", ["source", "destination"])


@pytest.mark.parametrize("size", [0, 1048576, 10000000] if LONG else [0, 10000000])
@BOTH_ROLES
@KINDS
def test_both_ways(pair: Pair, start_other: Start, kind: str, role: str, size: int) -> None:
    """Every size arrives whole, in both roles and with either side listening."""
    checked = between(role, start_other(kind), pair[1], payload_size=size)
    assert checked.result["ok"], checked.message
    assert checked.warnings == []


@BOTH_ROLES
@KINDS
def test_active_refuses(pair: Pair, start_other: Start, kind: str, role: str) -> None:
    """PORT with a foreign address is refused, and PORT with the client's own is not."""
    server = start_other(kind, allow=False)
    checked = between(role, server, pair[1], passive="destination" if role == "source" else "source")
    assert (checked.causes, checked.servers) == (["active_refuses_foreign_address"], [role])
    assert checked.legs[0]["certain"]


@pytest.mark.parametrize("size", [0, 100000])
@BOTH_ROLES
def test_vsftpd_refuses_the_connection(pair: Pair, start_other: Start, role: str, size: int) -> None:
    """pasv_promiscuous=NO: 425 Security: Bad IP connecting."""
    checked = between(role, start_other("vsftpd", allow=False), pair[1], passive=role, payload_size=size)
    assert (checked.causes, checked.servers) == (["passive_refuses_foreign_address"], [role])
    assert checked.legs[0]["certain"]


@BOTH_ROLES
def test_pure_ftpd_refuses_the_connection_in_silence(pair: Pair, start_other: Start, role: str) -> None:
    """It says nothing, and its peer claims success over an empty file: a cause, but none that is certain."""
    checked = between(role, start_other("pure-ftpd", allow=False), pair[1], passive=role, timeout=1.5)
    assert (checked.causes, checked.servers) == (["passive_refuses_foreign_address"], [role])
    assert not checked.legs[0]["certain"]


@BOTH_ROLES
def test_connection_that_fails_without_a_reason(pair: Pair, start_other: Start, role: str) -> None:
    """vsftpd gives no reason; the announced port is one that ProFTPD does not listen on."""
    peer = "destination" if role == "source" else "source"
    server = start_other("vsftpd")
    options = {role: server.options(), peer: pair[1].options()}
    root = server.root / "peer"
    elsewhere = Proftpd(root, "127.0.1.2", "AllowForeignAddress on\nMasqueradeAddress 127.0.1.9\n", free_ports("127.0.1.2"))
    try:
        elsewhere.wait()
        options[peer] = elsewhere.options()
        checked = check(options["source"], options["destination"], passive=peer, payload_size=1000)
        assert elsewhere.files() == set()
    finally:
        elsewhere.stop()
    assert (checked.causes, checked.servers) == (["data_connection_unreachable"], [peer])
    assert not checked.legs[0]["certain"]
    assert "Failed to establish connection" in checked.message


def test_pure_ftpd_tells_that_nothing_listens(start_other: Start, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same with pure-ftpd, which does give the reason."""
    server = start_other("pure-ftpd")
    root = server.root / "peer"
    elsewhere = Proftpd(root, "127.0.1.2", "AllowForeignAddress on\nMasqueradeAddress 127.0.1.9\n", free_ports("127.0.1.2"))
    try:
        elsewhere.wait()
        checked = check(elsewhere.options(), server.options(), passive="source", payload_size=1000)
    finally:
        elsewhere.stop()
    assert (checked.causes, checked.servers) == (["data_connection_refused"], ["source"])


def test_no_active_mode(pair: Pair, start_other: Start) -> None:
    """vsftpd's port_enable=NO refuses every PORT."""
    checked = between("destination", start_other("vsftpd", "port_enable=NO"), pair[0], passive="source")
    assert (checked.causes, checked.servers) == (["active_mode_disabled"], ["destination"])


def test_no_passive_mode(pair: Pair, start_other: Start) -> None:
    """vsftpd's pasv_enable=NO refuses every PASV."""
    checked = between("destination", start_other("vsftpd", "pasv_enable=NO"), pair[0], passive="destination")
    assert (checked.causes, checked.servers) == (["command_limited"], ["destination"])


@pytest.mark.parametrize(
    ("kind", "setting"),
    [("vsftpd", "max_clients=1"), ("vsftpd", "max_per_ip=1"), ("pure-ftpd", "-c1"), ("pure-ftpd", "-C1")],
)
def test_too_many_clients(pair: Pair, start_other: Start, kind: str, setting: str) -> None:
    """421 instead of a greeting."""
    server = start_other(kind, setting)
    with socket.create_connection((server.address, server.port)) as holder:
        assert holder.recv(100).startswith(b"220")
        checked = between("destination", server, pair[0])
    assert (checked.causes, checked.servers) == (["server_busy"] * 2, ["destination"] * 2)


def test_unexpected_address(pair: Pair, start_other: Start) -> None:
    """pure-ftpd's -P and vsftpd's pasv_address announce whatever they are told."""
    for server in (start_other("pure-ftpd", "-P", "198.51.100.7"), start_other("vsftpd", "pasv_address=198.51.100.7")):
        options = server.options(expected_address=ADDRESS)
        checked = check(options, pair[1].options(), passive="source", payload_size=1000)
        assert (checked.causes, checked.servers) == (["unexpected_address_advertised"], ["source"])


@KINDS
def test_port_out_of_range(pair: Pair, start_other: Start, kind: str) -> None:
    """Ports beside the planned ones."""
    ports = {"vsftpd": ("pasv_min_port=50200", "pasv_max_port=50250"), "pure-ftpd": ("-p", "50200:50250")}[kind]
    options = start_other(kind, *ports).options(passive_ports="50300-50399")
    checked = check(options, pair[1].options(), passive="source", payload_size=1000)
    assert (checked.causes, checked.servers) == (["passive_port_out_of_range"], ["source"])


def test_quota(pair: Pair, start_other: Start) -> None:
    """pure-ftpd's virtual quota ends the transfer."""
    server = start_other("pure-ftpd", "-n", "1000:1")
    checked = between("destination", server, pair[0], payload_size=3000000)
    assert set(checked.causes) == {"no_space"}, checked.message
    assert checked.servers == ["destination", "destination"]


# Both take their time to say no.
@pytest.mark.parametrize("kind", ["vsftpd", "pure-ftpd"] if LONG else ["vsftpd"])
def test_wrong_password(pair: Pair, start_other: Start, kind: str) -> None:
    """A refused login."""
    server = start_other(kind, *(("anonymous_enable=NO", "local_enable=YES") if kind == "vsftpd" else ()))
    options = server.options(password="a secret that is wrong")
    checked = check(pair[0].options(), options, payload_size=1000)
    assert (checked.causes, checked.servers) == (["login_refused"] * 2, ["destination"] * 2)


def secured(kind: str, authority: Authority, demand: bool = False) -> list[str]:
    """Settings that let a server speak TLS, or take no login without it."""
    certificate = authority.issue(ADDRESS)
    if kind == "pure-ftpd":
        return ["-Y", "2" if demand else "1", "-2", str(certificate)]
    force = "YES" if demand else "NO"
    return [
        "ssl_enable=YES",
        "ssl_ciphers=HIGH",
        f"rsa_cert_file={certificate}",
        f"rsa_private_key_file={certificate}",
        "allow_anon_ssl=YES",
        f"force_anon_logins_ssl={force}",
        "force_anon_data_ssl=NO",
    ]


@pytest.fixture
def encrypted_peer(start: Starter, authority: Authority) -> Proftpd:
    """A ProFTPD with TLS."""
    return start(SOURCE, ALLOW + DIGEST + tls(authority.issue(SOURCE), authority.path))


@BOTH_ROLES
@KINDS
def test_encrypted_logins(encrypted_peer: Proftpd, start_other: Start, authority: Authority, kind: str, role: str) -> None:
    """With servers that know no SSCN clear data over encrypted control connections works, and private data says why not."""
    server = start_other(kind, *secured(kind, authority))
    common = {"tls": "explicit", "ca_path": str(authority.path)}
    pair = (server, encrypted_peer) if role == "source" else (encrypted_peer, server)
    options = [one.options(**common) for one in pair]
    checked = check(options[0], options[1], protection="clear", payload_size=100000)
    assert checked.result["ok"], checked.message
    private = check(options[0], options[1], payload_size=100000, sscn=role)
    assert (private.causes, private.servers) == (["sscn_unsupported"] * 2, [role] * 2)
    # The client's own upload, which comes before SSCN, was encrypted.
    assert "PROT P" in private.lines(server="source", direction="sent")
    assert [line for line in private.lines(server="source", direction="received") if line.startswith("226")]


@BOTH_ROLES
@KINDS
def test_files_are_encrypted_if_one_of_them_knows_sscn(
    start: Starter, start_other: Start, authority: Authority, kind: str, role: str
) -> None:
    """The one that does is the TLS client, whether it receives or sends, and the other one has to do without a former session."""
    server = start_other(kind, *secured(kind, authority), *(["require_ssl_reuse=NO"] if kind == "vsftpd" else []))
    peer = start(SOURCE, ALLOW + DIGEST + tls(authority.issue(SOURCE), authority.path, versions="TLSv1.2"))
    common = {"tls": "explicit", "ca_path": str(authority.path)}
    pair = (server, peer) if role == "source" else (peer, server)
    checked = check(*(one.options(**common) for one in pair), payload_size=1000000)
    assert checked.result["ok"], checked.message
    used = {(leg["evidence"]["protection"], leg["evidence"]["sscn"]) for leg in checked.legs}
    assert used == {("private", "destination" if role == "source" else "source")}


@KINDS
def test_encryption_is_demanded(pair: Pair, start_other: Start, authority: Authority, kind: str) -> None:
    """The words of other servers for a login without TLS."""
    server = start_other(kind, *secured(kind, authority, demand=True))
    checked = between("source", server, pair[1])
    assert (checked.causes, checked.servers) == (["tls_policy_mismatch"] * 2, ["source"] * 2)


def test_session_reuse_in_other_words(encrypted_peer: Proftpd, start_other: Start, authority: Authority) -> None:
    """vsftpd's require_ssl_reuse, which is on by default."""
    server = start_other("vsftpd", *secured("vsftpd", authority))
    common = {"tls": "explicit", "ca_path": str(authority.path)}
    checked = check(server.options(**common), encrypted_peer.options(**common), payload_size=100000)
    assert (checked.causes, checked.servers) == (["tls_session_reuse_required"] * 2, ["source"] * 2)
