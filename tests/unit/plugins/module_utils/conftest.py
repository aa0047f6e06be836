# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Role
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


class Connect(t.Protocol):
    """Makes a control connection for one role."""

    def __call__(self, role: Role, timeout: float = 0.2) -> Line:
        """The connection, past its greeting and login."""


@pytest.fixture
def connect() -> t.Iterator[Connect]:
    transcript = Transcript(Masker(["secret"]))
    lines: list[Line] = []

    def make(role: Role, timeout: float = 0.2) -> Line:
        client, server = socket.socketpair()
        control = ControlConnection(role, timeout, transcript)
        control.sock, control.af, control.host = client, socket.AF_INET, "127.0.0.1"
        lines.append(Line(control, server, transcript))
        return lines[-1]

    yield make
    for line in lines:
        line.control.close()
        line.server.close()
