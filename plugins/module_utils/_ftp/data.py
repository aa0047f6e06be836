# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Data connections of the client itself: the payload up, a file back, a listing, and the release of a waiting server."""

from __future__ import annotations

import contextlib
import ftplib
import socket
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault, Kind
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import Reached, describe, outcome_of
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import say_goodbye
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

CHUNK = 262144  # bytes that are read or written at once
SLOWEST = 131072  # bytes per second; what is slower than 1 Mbit/s has stopped, as far as a check is concerned
MAX_LISTING = 65536  # bytes

_DATA_FAULTS: dict[Reached, Kind] = {
    "refused": "client_data_refused",
    "no answer": "client_data_timed_out",
    "unreachable": "client_data_unreachable",
}


def time_for(size: int, timeout: float) -> float:
    """Seconds that handling ``size`` bytes may take at most."""
    return timeout + size / SLOWEST


def upload(control: ControlConnection, name: str, chunks: t.Iterable[bytes]) -> None:
    """STOR ``chunks`` under ``name``; every chunk has ``timeout`` seconds to leave."""
    control.take_tls_role(client=False)
    with _data_connection(control, f"STOR {name}") as data:
        for chunk in chunks:
            data.sendall(chunk)
        say_goodbye(data, control.seconds)
    _final(control, "STOR")


def download(control: ControlConnection, name: str, size: int, take: t.Callable[[bytes], None]) -> int:
    """RETR ``name`` into ``take``; the number of bytes, ``size`` and one more at the most. Raises Fault."""
    received = 0
    deadline = time.monotonic() + time_for(size, control.seconds)
    control.take_tls_role(client=False)
    with _data_connection(control, f"RETR {name}") as data:
        for chunk in _chunks(control, data, deadline):
            take(chunk)
            received += len(chunk)
            if received > size:
                break
    reply = control.read_reply()
    if not reply.positive and received <= size:
        raise Fault("refused", control.server, reply.text, "RETR")
    return received


def list_line(control: ControlConnection, name: str) -> str | None:
    """The line that LIST shows for a file, or none if it shows none. Raises Fault."""
    text = b""
    deadline = time.monotonic() + control.seconds
    # A name that begins with a dash would be taken for options.
    with _data_connection(control, f"LIST {'./' if name.startswith('-') else ''}{name}") as data:
        for chunk in _chunks(control, data, deadline):
            text += chunk
            if len(text) > MAX_LISTING:
                raise Fault("malformed", control.server, f"a listing of more than {MAX_LISTING} bytes", "LIST")
    _final(control, "LIST")
    base = printable(name.rstrip("/").rsplit("/", 1)[-1])
    lines = [printable(line) for line in text.decode("utf-8", "backslashreplace").splitlines()]
    return next((line for line in lines if base in line), None)


def release(control: ControlConnection, port: int) -> None:
    """
    Connect to a port that a passive server waits on, and close: ProFTPD in accept() hears nothing else, not even ABOR.

    The connection goes to the address that was dialled, never to an announced one. A refusal needs no release.
    """
    with contextlib.suppress(OSError), socket.create_connection((control.peer_address, port), control.seconds):
        pass


@contextlib.contextmanager
def _data_connection(control: ControlConnection, command: str) -> t.Iterator[socket.socket]:
    verb = command.split(" ", 1)[0]
    data: socket.socket | None = None
    try:
        data = control.transfercmd(command)
        data.settimeout(control.seconds)
        yield data
    except ftplib.Error as error:
        raise Fault("refused", control.server, str(error), verb) from None
    except OSError as error:
        if data is None:
            raise Fault(_DATA_FAULTS[outcome_of(error)], control.server, describe(error), verb) from None
        if not isinstance(error, socket.timeout):
            _final(control, verb)  # the server that closed the connection says why
        raise Fault("client_data_lost", control.server, describe(error), verb) from None
    finally:
        if data:
            data.close()


def _chunks(control: ControlConnection, data: socket.socket, deadline: float) -> t.Iterator[bytes]:
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Fault("client_data_lost", control.server, "the data connection is too slow")
        data.settimeout(min(left, control.seconds))
        chunk = data.recv(CHUNK)
        if not chunk:
            return
        yield chunk


def _final(control: ControlConnection, verb: str) -> None:
    """The reply that ends a transfer; any but a 2xx is a fault."""
    reply = control.read_reply()
    if not reply.positive:
        raise Fault("refused", control.server, reply.text, verb)


__all__ = ("CHUNK", "download", "list_line", "release", "time_for", "upload")
