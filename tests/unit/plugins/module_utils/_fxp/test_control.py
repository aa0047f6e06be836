# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import socket
import time

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.control import ControlConnection, connect_kind, describe
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._fxp.conftest import Connect


def test_command_and_reply(connect: Connect) -> None:
    line = connect("source")
    line.server.sendall(b"213-Computing\r\n213 done\r\n")
    reply = line.control.command("HASH ä b")
    assert (reply.code, reply.lines) == (213, ("213-Computing", "213 done"))
    assert line.sent() == ["HASH ä b"]
    assert [entry["line"] for entry in line.transcript.entries()] == ["HASH ä b", "213-Computing", "213 done"]
    assert line.control.synchronised


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
    assert (caught.value.kind, caught.value.server) == (kind, "destination")


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
    line = connect("source")
    line.server.sendall(b"220-x\r\n" * 3)
    began = time.monotonic()
    with pytest.raises(Fault, match="in time"):
        line.control.read_reply(0.1)
    assert time.monotonic() - began < 1
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
    control = ControlConnection("source", 1, Transcript(Masker([])))
    with pytest.raises(Fault) as caught:
        control.dial((socket.AF_INET, ("127.0.0.1", port)))
    assert (caught.value.kind, caught.value.detail) == ("connect_refused", "Connection refused")


def test_dial() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        control = ControlConnection("source", 1, Transcript(Masker([])))
        control.dial((socket.AF_INET, listener.getsockname()))
        assert (control.own_address, control.peer_address) == ("127.0.0.1", "127.0.0.1")
        control.close()
        assert control.own_address == ""


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "connect_refused", "Connection refused"),
        (socket.timeout("timed out"), "connect_timed_out", "timed out"),
        (OSError(errno.ETIMEDOUT, "Connection timed out"), "connect_timed_out", "Connection timed out"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "connect_unreachable", "No route to host"),
        (OSError("odd"), "connect_unreachable", "odd"),
    ],
)
def test_words_for_errors(error: OSError, kind: str, words: str) -> None:
    assert (connect_kind(error), describe(error)) == (kind, words)
