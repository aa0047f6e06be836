# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import threading

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.active import Told, command_for, tell
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.listener import Listener
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import Connect, Line

STRANGER = "127.0.9.9"


@pytest.mark.parametrize(
    ("verb", "address", "command"),
    [
        ("PORT", "192.0.2.1", "PORT 192,0,2,1,195,80"),
        ("EPRT", "192.0.2.1", "EPRT |1|192.0.2.1|50000|"),
        ("EPRT", "2001:db8::1", "EPRT |2|2001:db8::1|50000|"),
    ],
)
def test_commands(verb: str, address: str, command: str) -> None:
    assert command_for(verb, address, 50000) == command


def ask(line: Line, answer: bytes, listener: Listener, *, may_connect: bool = True) -> Told:
    line.server.sendall(answer)
    command = command_for("PORT", STRANGER, listener.port)
    return tell(line.control, command, [listener], 0.5, lambda: may_connect)


@pytest.mark.parametrize("answer", [b"500 Illegal PORT command\r\n", b"501 Rejected\r\n"])
def test_a_refusal_is_followed_by_nothing(connect: Connect, answer: bytes) -> None:
    line = connect("source")
    with Listener(STRANGER) as listener:
        told = ask(line, answer, listener)
    assert (told.accepted, told.came_to, told.asked) == (False, None, False)
    assert line.sent() == [command_for("PORT", STRANGER, listener.port)]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(b"150 wait\r\n", "malformed"), (b"331 what\r\n", "malformed"), (b"450 busy\r\n", "refused")],
)
def test_what_is_neither(connect: Connect, answer: bytes, kind: str) -> None:
    line = connect("source")
    with Listener(STRANGER) as listener, pytest.raises(Fault) as caught:
        ask(line, answer, listener)
    assert (caught.value.kind, caught.value.command, len(line.sent())) == (kind, "PORT", 1)


def test_an_attempt_in_vain_is_one(connect: Connect) -> None:
    line = connect("source")
    with Listener(STRANGER) as listener:
        told = ask(line, b"425 Can't connect to specified address.\r\n", listener)
    assert (told.accepted, told.came_to, len(line.sent())) == (True, None, 1)


def test_an_accepted_address_is_not_connected_to_if_that_may_hit_others(connect: Connect) -> None:
    line = connect("source")
    with Listener(STRANGER) as listener:
        told = ask(line, b"200 fine\r\n", listener, may_connect=False)
    assert (told.accepted, told.came_to, told.asked, len(line.sent())) == (True, None, False, 1)


def test_an_accepted_address_is_connected_to(connect: Connect) -> None:
    line = connect("source")

    def serve() -> None:
        command = line.server.recv(4096)
        line.server.sendall(b"200 fine\r\n")
        assert command.startswith(b"PORT ")
        assert line.server.recv(4096) == b"LIST .\r\n"
        line.server.sendall(b"150 here it comes\r\n")
        socket.create_connection((STRANGER, listener.port), 2).close()

    with Listener(STRANGER) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        told = tell(line.control, command_for("PORT", STRANGER, listener.port), [listener], 5, lambda: True)
        thread.join()
    assert (told.accepted, told.came_to, told.asked) == (True, listener, True)


def test_a_connection_before_the_reply(connect: Connect) -> None:
    """pyftpdlib's way: no command that moves data is needed."""
    line = connect("source")
    with Listener(STRANGER) as listener, socket.create_connection((STRANGER, listener.port), 2):
        told = ask(line, b"200 Active data connection established.\r\n", listener)
    assert (told.accepted, told.came_to, len(line.sent())) == (True, listener, 1)


def test_a_connection_in_spite_of_a_refusal(connect: Connect) -> None:
    """Counts if it comes from the server, and not if somebody else happens to come."""
    for source, accepted in (("127.0.0.1", True), ("127.0.7.7", False)):
        with Listener(STRANGER) as listener, socket.create_connection((STRANGER, listener.port), 2, (source, 0)):
            told = ask(connect("source"), b"500 no\r\n", listener)
        assert (told.accepted, told.came_to is listener) == (accepted, accepted)


def test_who_accepts_and_dies_has_accepted(connect: Connect) -> None:
    line = connect("source")
    line.server.sendall(b"200 fine\r\n421 bye\r\n")
    with Listener(STRANGER) as listener:
        told = tell(line.control, command_for("PORT", STRANGER, listener.port), [listener], 1, lambda: True)
    assert (told.accepted, told.came_to) == (True, None)
