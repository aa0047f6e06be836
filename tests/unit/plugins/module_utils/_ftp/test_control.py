# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import pathlib
import socket
import ssl
import threading
import time
from unittest import mock

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp import control as control_module
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import (
    MANY,
    MOST,
    ControlConnection,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import client_context
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import Connect, Line, server_at


def test_command_and_reply(connect: Connect) -> None:
    line = connect("source")
    line.server.sendall(b"213-Computing\r\n213 done\r\n")
    reply = line.control.command("HASH ä b")
    assert (reply.code, reply.lines) == (213, ("213-Computing", "213 done"))
    assert line.sent() == ["HASH ä b"]
    assert [entry["line"] for entry in line.transcript.entries()] == ["HASH ä b", "213-Computing", "213 done"]
    assert line.control.synchronised


class Encrypted:
    """The server's end of an encrypted control connection, which decides how many bytes of a record are on the way."""

    def __init__(self, line: Line, certificate: pathlib.Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._line = line
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        thread = threading.Thread(target=self._shake_hands)
        thread.start()
        line.control.encrypt(client_context(verify=False), "192.0.2.1", 5)
        thread.join(5)

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._line.server.sendall(self._out.read())
                self._in.write(self._line.server.recv(65536))
            else:
                self._line.server.sendall(self._out.read())
                return

    def record(self, data: bytes) -> bytes:
        """The data, encrypted."""
        self._tls.write(data)
        return self._out.read()


@pytest.fixture
def certificate(tmp_path: pathlib.Path) -> pathlib.Path:
    return Authority(tmp_path).issue("192.0.2.1")


def test_half_a_record_is_nothing_yet(connect: Connect, certificate: pathlib.Path) -> None:
    line = connect("source", 1)
    record = Encrypted(line, certificate).record(b"213 5\r\n")
    line.server.sendall(record[:9])
    line.control.receive_ready()
    assert line.control.next_reply() is None
    line.server.sendall(record[9:])
    line.control.receive_ready()
    assert line.control.next_reply() is not None


def test_nothing_decrypted_is_left_behind(connect: Connect, certificate: pathlib.Path) -> None:
    """What ``select()`` cannot see has been taken in."""
    line = connect("source", 1)
    end = Encrypted(line, certificate)
    text = b"211-Features:\r\n" + b" one of many\r\n" * 400 + b"211 End\r\n226 done\r\n"
    line.server.sendall(end.record(text[:100]) + end.record(text[100:]))
    assert line.control.command("FEAT").lines[-1] == "211 End"
    assert line.control.read_reply().code == 226
    assert line.control.synchronised
    assert isinstance(line.control.sock, ssl.SSLSocket)
    assert line.control.sock.pending() == 0


def test_tls_roles_and_protection_are_not_told_twice(connect: Connect) -> None:
    line = connect("source")
    line.control.take_tls_role(client=False)
    line.control.protect(private=False)
    assert line.sent() == []
    for reply in (b"220 SSCN:CLIENT METHOD\r\n", b"200 Protection set to Private\r\n", b"200 fine\r\n", b"200 fine\r\n"):
        line.server.sendall(reply)
    line.control.take_tls_role(client=True)
    line.control.protect(private=True)
    line.control.take_tls_role(client=True)
    line.control.protect(private=True)
    line.control.take_tls_role(client=False)
    line.control.protect(private=False)
    assert line.sent() == ["SSCN ON", "PROT P", "SSCN OFF", "PROT C"]


@pytest.mark.parametrize(
    ("reply", "kind"), [(b"200 SSCN:SERVER METHOD\r\n", "tls_roles"), (b"500 SSCN not understood\r\n", "refused")]
)
def test_role_that_is_not_taken(connect: Connect, reply: bytes, kind: str) -> None:
    line = connect("source")
    line.server.sendall(reply)
    with pytest.raises(Fault) as caught:
        line.control.take_tls_role(client=True)
    assert (caught.value.kind, caught.value.command, line.control.tls_client) == (kind, "SSCN", False)


@pytest.mark.parametrize(
    ("private", "reply", "kind"),
    [
        (True, b"200 Protection set to Clear\r\n", "tls_protection"),
        (True, b"534 Unwilling to accept security parameters\r\n", "refused"),
    ],
)
def test_protection_that_is_not_given(connect: Connect, private: bool, reply: bytes, kind: str) -> None:
    line = connect("source")
    line.server.sendall(reply)
    with pytest.raises(Fault) as caught:
        line.control.protect(private)
    assert (caught.value.kind, caught.value.command, line.control.private) == (kind, "PROT", False)


@pytest.mark.parametrize("command", ["NOOP\r\nDELE x", "NOOP\nDELE x", "NOOP\rx", "RETR a\0b"])
def test_no_second_command_in_an_argument(connect: Connect, command: str) -> None:
    line = connect("source")
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        line.control.command(command)
    assert line.sent() == []
    assert line.transcript.entries() == []


def test_password_is_sent_and_not_kept(connect: Connect) -> None:
    line = connect("source")
    line.server.sendall(b"230 hello secret\r\n")
    assert line.control.command("PASS other").text == "230 hello secret"
    assert line.sent() == ["PASS other"]
    assert [entry["line"] for entry in line.transcript.entries()] == ["PASS ****", "230 hello ****"]


def test_require(connect: Connect) -> None:
    line = connect("source")
    line.server.sendall(b"550 no\r\n")
    with pytest.raises(Fault) as caught:
        line.control.require("CWD x")
    assert (caught.value.kind, caught.value.detail, caught.value.command) == ("refused", "550 no", "CWD")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "silent"),
        (b"213-half", "silent"),
        (b"213-half\r\n", "silent"),
        (b"nonsense\r\n", "malformed"),
        (b"421 No transfer timeout\r\n", "closing"),
    ],
)
def test_faults(connect: Connect, data: bytes, kind: str) -> None:
    line = connect("destination")
    line.server.sendall(data)
    with pytest.raises(Fault) as caught:
        line.control.command("SIZE x")
    assert (caught.value.kind, caught.value.server.host) == (kind, "destination")


def test_421_is_a_refusal_if_the_session_goes_on(connect: Connect) -> None:
    line = connect("destination")
    line.control.logged_in = True
    line.server.sendall(b"421 other address\r\n")
    assert line.control.command("PORT 192,0,2,1,200,10").code == 421
    line.server.sendall(b"421 bye\r\n")
    line.server.shutdown(socket.SHUT_WR)
    with pytest.raises(Fault) as caught:
        line.control.command("NOOP")
    assert (caught.value.kind, caught.value.detail) == ("closing", "421 bye")


def test_end_of_file(connect: Connect) -> None:
    line = connect("source")
    line.server.shutdown(socket.SHUT_WR)
    with pytest.raises(Fault, match="closed the control connection") as caught:
        line.control.command("NOOP")
    assert (caught.value.kind, caught.value.command) == ("lost", "NOOP")


def test_broken_pipe(connect: Connect) -> None:
    line = connect("source")
    line.server.close()
    with pytest.raises(Fault) as caught:
        line.control.command("NOOP")
    assert caught.value.kind == "lost"


def test_closed_connection(connect: Connect) -> None:
    line = connect("source")
    line.control.close()
    with pytest.raises(Fault, match="is closed"):
        line.control.command("NOOP")
    with pytest.raises(Fault, match="is closed"):
        line.control.read_reply()


def test_deadline_holds_while_bytes_come(connect: Connect) -> None:
    line = connect("source", 30)
    line.server.sendall(b"220-x\r\n" * 3)
    began = time.monotonic()
    with pytest.raises(Fault, match="in time"):
        line.control.read_reply(0.1)
    assert time.monotonic() - began < 10
    with pytest.raises(Fault, match="in time"):
        line.control.read_reply(-1)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "greeting_silent"),
        (b"530 no\r\n", "greeting_wrong"),
        (b"230 odd\r\n", "greeting_wrong"),
        (b"421 busy\r\n", "login_closing"),
        (b"junk\r\n", "malformed"),
    ],
)
def test_greeting_faults(connect: Connect, data: bytes, kind: str) -> None:
    line = connect("source")
    line.server.sendall(data)
    with pytest.raises(Fault) as caught:
        line.control.greeting(0.1)
    assert caught.value.kind == kind


def test_no_greeting_at_all(connect: Connect) -> None:
    line = connect("source")
    line.server.close()
    with pytest.raises(Fault) as caught:
        line.control.greeting(0.1)
    assert caught.value.kind == "greeting_closed"


def test_delayed_greeting(connect: Connect) -> None:
    line = connect("source")
    line.server.sendall(b"120 wait\r\n120 wait\r\n220-hello\r\n220 world\r\n")
    line.control.greeting(1)
    assert line.control.welcome == "220-hello\n220 world"


def test_client_takes_only_the_port_of_an_announcement(connect: Connect) -> None:
    line = connect("source")
    line.server.sendall(b"227 (192,0,2,1,1,2)\r\n")
    assert line.control.makepasv() == ("127.0.0.1", 258)


@pytest.mark.parametrize(
    ("family", "reply", "expected"),
    [
        (socket.AF_INET, b"227 (192,0,2,1,1,2)\r\n", ("192.0.2.1", 258)),
        (socket.AF_INET6, b"229 (|||258|)\r\n", ("127.0.0.1", 258)),
    ],
)
def test_passive_port(connect: Connect, family: socket.AddressFamily, reply: bytes, expected: tuple[str, int]) -> None:
    line = connect("source")
    line.control.af = family
    line.server.sendall(reply)
    assert line.control.passive_port()[:2] == expected
    assert line.sent() == ["PASV" if family == socket.AF_INET else "EPSV"]


def test_malformed_announcement(connect: Connect) -> None:
    line = connect("source")
    line.server.sendall(b"227 (1,2,3)\r\n")
    with pytest.raises(Fault, match=r"expected six numbers .* got '227 \(1,2,3\)'") as caught:
        line.control.passive_port()
    assert caught.value.kind == "malformed"


def test_leftovers_are_not_synchronised(connect: Connect) -> None:
    line = connect("source")
    line.server.sendall(b"200 fine\r\n226 and this\r\n")
    line.control.command("NOOP")
    assert not line.control.synchronised


def test_dial_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    control = ControlConnection(server_at("source"), 1, Transcript(Masker([])).of("source"))
    with pytest.raises(Fault) as caught:
        control.dial((socket.AF_INET, ("127.0.0.1", port)))
    assert (caught.value.kind, caught.value.detail) == ("connect_refused", "Connection refused")


def test_dial() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        control = ControlConnection(server_at("source"), 1, Transcript(Masker([])).of("source"))
        control.dial((socket.AF_INET, listener.getsockname()))
        assert (control.own_address, control.peer_address) == ("127.0.0.1", "127.0.0.1")
        control.close()
        assert control.own_address == ""


def test_a_reply_that_is_here_when_the_time_is_over_counts(connect: Connect) -> None:
    """This process may have been kept from looking until then."""
    line = connect("source")
    line.server.sendall(b"200 here\r\n")
    assert line.control.read_reply(0).code == 200


def test_slow_replies_make_patient(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    line = connect("source", 5)
    line.control.logged_in = True
    assert line.control.patience(0.5) == 0.5
    line.server.sendall(b"200 here\r\n")
    # A clock that goes on by 0.2 s whenever somebody looks at it.
    monkeypatch.setattr(control_module, "time", mock.Mock(monotonic=mock.Mock(side_effect=itertools.count(0, 0.2))))
    line.control.command("NOOP")
    assert 0.2 <= line.control.slowest == line.control.quickest < 5
    assert line.control.patience(0.5) == MANY * line.control.slowest
    line.server.sendall(b"200 here\r\n")
    line.control.quickest = 100
    line.control.command("NOOP")
    assert line.control.quickest < 5
    line.control.slowest = 100
    assert line.control.patience(0.5) == MOST
