# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import socket
import ssl
import threading
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import (
    VERSIONS,
    TlsError,
    agreed,
    client_context,
    explain,
    handshake,
    identity,
    say_goodbye,
)
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


class Other:
    """The other end of a connection, a TLS server that takes one handshake and then sends back what it gets."""

    def __init__(self, certificate: pathlib.Path, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.context.minimum_version = self.context.maximum_version = version
        self.client, self._server = socket.socketpair()
        self.got = b""
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        try:
            with self.context.wrap_socket(self._server, server_side=True) as server:
                while data := server.recv(4096):
                    self.got += data
                server.unwrap()
        except OSError:
            return

    def __enter__(self) -> Other:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.close()
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.mark.parametrize("version", VERSIONS)
def test_handshake(authority: Authority, version: t.Literal["TLSv1.2", "TLSv1.3"]) -> None:
    with Other(authority.issue("192.0.2.1", "ftp.example.com"), VERSIONS[version]) as other:
        context = client_context(True, str(authority.path))
        with handshake(context, other.client, "192.0.2.1", 5) as sock:
            found = agreed(sock)
            assert (found.version, found.verified) == (version, True)
            assert found.cipher == sock.cipher()[0]
            sock.sendall(b"to the last byte")
            say_goodbye(sock, 5)
    assert other.got == b"to the last byte"


@pytest.mark.parametrize("host", ["ftp.example.com", "2001:db8::1", "2001:DB8:0::1"])
def test_identity_is_verified_in_any_notation(authority: Authority, host: str) -> None:
    with Other(authority.issue("2001:db8::1", "ftp.example.com")) as other:
        handshake(client_context(True, None, authority.pem), other.client, host, 5).close()


@pytest.mark.parametrize("host", ["192.0.2.2", "www.example.com", "192.0.2.1.example.com"])
def test_another_identity(authority: Authority, host: str) -> None:
    with Other(authority.issue("192.0.2.1", "ftp.example.com")) as other:
        with pytest.raises(TlsError, match=r"its certificate is not trusted: .*(mismatch|not valid for)") as caught:
            handshake(client_context(True, str(authority.path)), other.client, host, 5)
        assert caught.value.kind == "untrusted"
        assert other.client.fileno() == -1


def test_unverified(authority: Authority) -> None:
    with Other(authority.issue("192.0.2.1")) as other, handshake(client_context(False), other.client, "x.example", 5) as sock:
        assert not agreed(sock).verified


def test_system_does_not_trust_ours(authority: Authority) -> None:
    with Other(authority.issue("192.0.2.1")) as other, pytest.raises(TlsError, match="issuer") as caught:
        handshake(client_context(True), other.client, "192.0.2.1", 5)
    assert caught.value.kind == "untrusted"


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        (b"220 hello\r\n", "refused", "not TLS"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "refused", "no TLS 1.2 or later"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "refused", "handshake failure"),
        (b"", "closed", "closed the connection"),
        (None, "silent", "in time"),
    ],
)
def test_handshake_fails(said: bytes | None, kind: str, text: str) -> None:
    client, server = socket.socketpair()
    with server:
        if said is not None:
            server.sendall(said)
            server.shutdown(socket.SHUT_WR)
        with pytest.raises(TlsError, match=text) as caught:
            handshake(client_context(False), client, "192.0.2.1", 0.3)
        assert caught.value.kind == kind
        assert client.fileno() == -1


def test_handshake_is_bounded_as_a_whole() -> None:
    """A byte now and then does not prolong it."""
    client, server = socket.socketpair()
    stop = threading.Event()

    def drip() -> None:
        # The beginning of a record that is to be very long.
        server.sendall(b"\x16\x03\x03\x40\x00\x02")
        while not stop.wait(0.05):
            server.sendall(b"\0")

    thread = threading.Thread(target=drip)
    thread.start()
    began = time.monotonic()
    try:
        with pytest.raises(TlsError, match="in time"):
            handshake(client_context(False), client, "192.0.2.1", 0.4)
        assert time.monotonic() - began < 2
    finally:
        stop.set()
        thread.join(5)
        server.close()


@pytest.mark.parametrize(
    ("content", "text"),
    [(None, "cannot be read .*No such file"), ("no certificate", "no certificate in PEM"), ("", "no certificate")],
)
def test_authority_file(tmp_path: pathlib.Path, content: str | None, text: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TlsError, match=f"ca_path {path} .*{text}") as caught:
        client_context(True, str(path))
    assert caught.value.kind == "untrusted"


def test_authority_text() -> None:
    with pytest.raises(TlsError, match="ca_content holds no certificate"):
        client_context(True, None, "no certificate")


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("FTP.example.com", "FTP.example.com"),
    ],
)
def test_identity(host: str, wanted: str) -> None:
    assert identity(host) == wanted


@pytest.mark.parametrize("error", [ConnectionResetError(), BrokenPipeError(), ssl.SSLEOFError(), OSError(107, "not connected")])
def test_explain_the_end(error: OSError) -> None:
    assert explain(error).kind == "closed"


def test_goodbye_to_what_is_not_encrypted() -> None:
    client, server = socket.socketpair()
    with client, server:
        say_goodbye(client, 0.1)
        client.sendall(b"x")
        assert server.recv(1) == b"x"


def test_goodbye_that_is_not_answered(authority: Authority) -> None:
    client, server = socket.socketpair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("192.0.2.1"))
    held: list[ssl.SSLSocket] = []
    thread = threading.Thread(target=lambda: held.append(context.wrap_socket(server, server_side=True)))
    thread.start()
    with handshake(client_context(False), client, "192.0.2.1", 5) as sock:
        thread.join(5)
        began = time.monotonic()
        say_goodbye(sock, 0.2)
        assert time.monotonic() - began < 2
    held[0].close()
