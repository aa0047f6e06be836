# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An FTP server that says exactly what a test tells it to, to play servers that are broken or hostile."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import types
import typing as t

CLOSE = b""  # instead of a reply: close the connection
SILENCE = None  # instead of a reply: say nothing

Answer = t.Union[bytes, None, t.Callable[[str], t.Iterable[bytes]]]

POLITE: dict[str, Answer] = {
    "": b"220 ready\r\n",
    "USER": b"331 password\r\n",
    "PASS": b"230 logged in\r\n",
    "FEAT": b"502 no features\r\n",
    "TYPE": b"200 binary\r\n",
    "SIZE": b"213 5\r\n",
    "PORT": b"200 fine\r\n",
    "NOOP": b"200 here\r\n",
    "DELE": b"250 gone\r\n",
    "QUIT": b"221 bye\r\n",
}


class ScriptedServer:
    """
    Answers each verb from a table; the empty verb is the greeting. An iterable of bytes is sent piece by piece.

    With ``context`` the reply to AUTH is followed by a handshake, and everything else is encrypted.
    """

    def __init__(self, address: str, answers: t.Mapping[str, Answer], context: ssl.SSLContext | None = None) -> None:
        self.address = address
        self.commands: list[str] = []
        self.connections = 0
        self._answers = {**POLITE, **answers}
        self._context = context
        self._listener = socket.create_server((address, 0))
        self._open: list[socket.socket] = []
        self._stopped = threading.Event()
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            lines = self._read_from(connection, stack)
            going = self._say(connection, "", "")
            while going:
                line = lines.readline()
                if not line:
                    return
                verb, _blank, argument = line.decode(errors="backslashreplace").rstrip("\r\n").partition(" ")
                self.commands.append(f"{verb} {argument}".strip())
                going = self._say(connection, verb, argument)
                if verb == "AUTH" and going and self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                    lines = self._read_from(connection, stack)

    def _read_from(self, connection: socket.socket, stack: contextlib.ExitStack) -> t.BinaryIO:
        self._open.append(stack.enter_context(connection))
        # Nothing may be read ahead: what follows AUTH belongs to the handshake.
        lines = connection.makefile("rb") if self._context is None else connection.makefile("rb", buffering=0)
        return stack.enter_context(t.cast(t.BinaryIO, lines))

    def _say(self, connection: socket.socket, verb: str, argument: str) -> bool:
        answer = self._answers.get(verb, b"502 not here\r\n")
        if answer is None:
            return True
        pieces = [answer] if isinstance(answer, bytes) else answer(argument)
        for piece in pieces:
            if piece == CLOSE or self._stopped.is_set():
                return False
            connection.sendall(piece)
        return True

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        self._stopped.set()
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(10)


def for_ever(piece: bytes) -> t.Callable[[str], t.Iterable[bytes]]:
    """An answer that never ends."""

    def answer(_argument: str) -> t.Iterable[bytes]:
        while True:
            yield piece

    return answer


def drip(text: bytes, seconds: float) -> t.Callable[[str], t.Iterable[bytes]]:
    """An answer that comes byte by byte."""

    def answer(_argument: str) -> t.Iterable[bytes]:
        for index in range(len(text)):
            time.sleep(seconds)
            yield text[index : index + 1]

    return answer


class Sink:
    """Listens on some ports and counts who connects; whoever does is never answered."""

    def __init__(self, address: str, ports: t.Iterable[int]) -> None:
        self._listeners = [socket.create_server((address, port)) for port in ports]
        self.ports = [listener.getsockname()[1] for listener in self._listeners]

    def connections(self) -> int:
        """How many connections have arrived."""
        count = 0
        for listener in self._listeners:
            listener.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    listener.accept()[0].close()
                    count += 1
        return count

    def __enter__(self) -> Sink:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        for listener in self._listeners:
            listener.close()
