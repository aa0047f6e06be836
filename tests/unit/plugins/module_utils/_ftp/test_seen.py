# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.seen import View, addresses_in, names_socket, seen_by, vantage
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.tests.integration.scripted import Answer, ScriptedServer
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import server_at

# As the daemons say it, with another address.
PROFTPD = (
    "211-Status of '{name}'\r\n Connected from client.example ({seen})\r\n Logged in as fxp\r\n"
    " TYPE: ASCII, STRUcture: File, Mode: Stream\r\n No data connection\r\n211 End of status\r\n"
)
PROFTPD_IN_FRENCH = "211-État de '{name}'\r\n Connecté depuis {seen} ({seen})\r\n211 Fin de l'état\r\n"
VSFTPD = (
    "211-FTP server status:\r\n     Connected to {seen}\r\n     TYPE: ASCII\r\n     Session timeout in seconds is 300\r\n"
    "     vsFTPd 3.0.3 - secure, fast, stable\r\n211 End of status\r\n"
)
PURE_FTPD = "211 https://www.pureftpd.org/\r\n"
PYFTPDLIB = (
    "211-FTP server status:\r\n Connected to: 127.0.0.1:{port}\r\n Logged in as: fxp\r\n TYPE: ASCII; STRUcture: File\r\n"
    "211 End of status.\r\n"
)
REFUSED = "500 I won't open a connection to 127.0.0.1 (only to {seen})\r\n"
FOREIGN = "501 Rejected data connection to foreign address 127.0.0.1:{port}.\r\n"
UNKNOWN = "502 not here\r\n"
FINE = "200 fine\r\n"


def answers(text: str) -> Answer:
    """The text with the address at which the server sees the client."""
    return text.format(seen="198.51.100.7", name="integration", port=2121).encode()


@pytest.mark.parametrize(
    ("stat", "port", "seen"),
    [
        (PROFTPD, FINE, "198.51.100.7"),
        (PROFTPD_IN_FRENCH, FINE, "198.51.100.7"),
        (VSFTPD, FINE, "198.51.100.7"),
        (PROFTPD.replace("{name}", "203.0.113.9"), REFUSED, "198.51.100.7"),  # two that may be it
        (PURE_FTPD, REFUSED, "198.51.100.7"),
        (PURE_FTPD, FINE, "127.0.0.1"),
        (UNKNOWN, FINE, "127.0.0.1"),
        (UNKNOWN, FOREIGN, None),
        (PYFTPDLIB, FOREIGN, None),
        (PYFTPDLIB, FINE, None),
    ],
)
def test_seen_by(stat: str, port: str, seen: str | None) -> None:
    assert _ask({"STAT": answers(stat), "PORT": answers(port)})[0] == seen


def _ask(said: t.Mapping[str, Answer], **options: bool) -> tuple[str | None, list[str]]:
    with ScriptedServer("127.0.0.1", said) as server:
        control = ControlConnection(server_at("127.0.0.1", server.port), 2, Transcript(Masker([])).of("127.0.0.1"))
        control.dial((socket.AF_INET, ("127.0.0.1", server.port)))
        control.greeting(2)
        try:
            return seen_by(control, **options), [command.split()[0] for command in server.commands]
        finally:
            control.close()


def test_a_server_that_connects_at_once_is_only_asked_by_stat() -> None:
    assert _ask({"STAT": answers(PYFTPDLIB)})[1] == ["STAT"]
    assert _ask({"STAT": answers(PYFTPDLIB)}, disposable=True) == ("127.0.0.1", ["STAT", "PORT"])
    assert _ask({"STAT": answers(PYFTPDLIB), "PORT": b"425 in vain\r\n"}, disposable=True)[0] == "127.0.0.1"


def test_a_server_that_connects_at_once_is_made_to_forget_it() -> None:
    def port(argument: str) -> t.Iterable[bytes]:
        *address, high, low = argument.split(",")
        with socket.create_connection((".".join(address), int(high) * 256 + int(low))):
            yield b"200 connected\r\n"

    seen, commands = _ask({"PORT": port, "PASV": b"227 (127,0,0,1,200,1)\r\n"})
    assert (seen, commands) == ("127.0.0.1", ["STAT", "PORT", "PASV"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from ::ffff:192.0.2.1 (2001:DB8::1).", ["192.0.2.1", "2001:db8::1"]),
        ("192.0.2.1, 192.0.2.1: and 192.0.2.300 at 10:21:07, version 3.0.3", ["192.0.2.1"]),
        ("::", []),
    ],
)
def test_addresses_in(text: str, found: list[str]) -> None:
    assert addresses_in(text) == found


def test_names_socket() -> None:
    assert names_socket("Connected to: 192.0.2.1:21")
    assert not names_socket("up since 10:21, from 192.0.2.1: fine, 2001:db8::9:11")


CLIENT, NAT, A, B = "10.0.0.2", "198.51.100.254", "198.51.100.11", "198.51.100.12"


def view(seen: str | None, dialled: str, announced: str | None = None, own: str = CLIENT, expected: str | None = None) -> View:
    return View(own, seen, dialled, expected, lambda: announced or dialled)


@pytest.mark.parametrize(
    ("server", "peer", "found"),
    [
        (view(NAT, A), view(NAT, B), "stranger"),
        (view(CLIENT, A), view(CLIENT, B), "stranger"),
        (view(CLIENT, A), view(CLIENT, CLIENT), "peer"),
        (view(NAT, A), view(CLIENT, "10.0.0.12", NAT), "peer"),
        (view(NAT, A), view(CLIENT, "10.0.0.12", B, expected=NAT), "peer"),
        (view(NAT, A), view(CLIENT, "10.0.0.12", B), "stranger"),  # its own outer address
        (view(NAT, A), view(CLIENT, "10.0.0.12"), "untold"),
        (view(None, A), view(CLIENT, B), "untold"),
        (view(None, A), view(None, CLIENT), "peer"),
        # The client is on the peer itself and reaches it by another of its addresses.
        (view(B, A, own=B), view("127.0.0.1", "127.0.0.1", B, own="127.0.0.1"), "peer"),
    ],
)
def test_vantage(server: View, peer: View, found: str) -> None:
    assert vantage(server, peer) == found


def test_a_server_is_not_asked_what_it_announces_without_need() -> None:
    def never() -> str | None:
        raise AssertionError("asked")

    plain = View(CLIENT, CLIENT, B, None, never)
    assert vantage(view(CLIENT, A), plain) == "stranger"
