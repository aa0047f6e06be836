# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript


class Line(t.NamedTuple):
    """A control connection whose other end is in the hands of the test."""

    control: ControlConnection
    server: socket.socket
    transcript: Transcript

    def sent(self) -> list[str]:
        """What the client has sent so far, line by line."""
        self.server.setblocking(False)
        try:
            return self.server.recv(65536).decode().splitlines()
        except BlockingIOError:
            return []
        finally:
            self.server.setblocking(True)


def server_at(host: str, port: int = 21, directory: str = ".") -> ServerSpec:
    """A server by itself; tests of pairs call the two after their roles."""
    return ServerSpec(host, port, "fxp", "correct horse", directory, None, None)


class Connect(t.Protocol):
    """Makes a control connection to the server of that name."""

    def __call__(self, name: str, timeout: float = 0.2) -> Line:
        """The connection, past its greeting and login."""


@pytest.fixture
def connect() -> t.Iterator[Connect]:
    transcript = Transcript(Masker(["secret"]))
    lines: list[Line] = []

    def make(name: str, timeout: float = 0.2) -> Line:
        client, server = socket.socketpair()
        control = ControlConnection(server_at(name), timeout, transcript.of(name))
        control.sock, control.af, control.host = client, socket.AF_INET, "127.0.0.1"
        lines.append(Line(control, server, transcript))
        return lines[-1]

    yield make
    for line in lines:
        line.control.close()
        line.server.close()
