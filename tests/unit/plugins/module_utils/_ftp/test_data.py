# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import threading
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import download, list_line, release, time_for, upload
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import Connect, Line


class Server:
    """The passive side of the client's data connections: sends or takes bytes and answers on the control connection."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.received = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        high, low = divmod(self.listener.getsockname()[1], 256)
        line.server.sendall(f"227 (192,0,2,1,{high},{low})\r\n".encode())

    def serve(self, content: bytes | None, final: bytes) -> threading.Thread:
        """Send the content, or take everything if there is none, then say the final reply."""

        def act() -> None:
            connection = self.listener.accept()[0]
            with connection:
                self.line.server.sendall(b"150 go\r\n")
                try:
                    if content is not None:
                        connection.sendall(content)
                    while content is None:
                        piece = connection.recv(65536)
                        self.received += piece
                        if not piece:
                            break
                except OSError:
                    self.received = b"broken"
            self.line.server.sendall(final)

        thread = threading.Thread(target=act)
        thread.start()
        return thread


@pytest.fixture
def server(connect: Connect) -> t.Iterator[Server]:
    made = Server(connect("source", 2))
    yield made
    made.listener.close()


def test_upload(server: Server) -> None:
    thread = server.serve(None, b"226 done\r\n")
    upload(server.line.control, "name", [b"abc", b"def"])
    thread.join()
    assert server.received == b"abcdef"
    assert server.line.sent() == ["PASV", "STOR name"]


def test_upload_that_fails_in_the_end(server: Server) -> None:
    thread = server.serve(None, b"451 Input/output error\r\n")
    with pytest.raises(Fault, match="451 Input/output error") as caught:
        upload(server.line.control, "name", [b"abc"])
    thread.join()
    assert (caught.value.kind, caught.value.command) == ("refused", "STOR")


def test_upload_that_is_cut_off(server: Server) -> None:
    thread = server.serve(b"", b"552 quota\r\n")
    with pytest.raises(Fault, match="552 quota"):
        upload(server.line.control, "name", (b"x" * 65536 for _chunk in range(1000)))
    thread.join()


def test_download(server: Server) -> None:
    chunks: list[bytes] = []
    thread = server.serve(b"hello", b"226 done\r\n")
    assert download(server.line.control, "name", 5, chunks.append) == 5
    thread.join()
    assert b"".join(chunks) == b"hello"


def test_download_of_more_than_there_should_be(server: Server) -> None:
    taken = 0

    def take(chunk: bytes) -> None:
        nonlocal taken
        taken += len(chunk)

    thread = server.serve(b"x" * 50_000_000, b"426 closed\r\n")
    assert download(server.line.control, "name", 5, take) > 5
    thread.join()
    assert taken < 1_000_000
    assert server.line.control.synchronised


@pytest.mark.parametrize(
    ("content", "name", "line"),
    [
        (b"-rw-r--r-- 1 fxp fxp 5 Nov 23 01:00 name\r\n", "dir/name", "-rw-r--r-- 1 fxp fxp 5 Nov 23 01:00 name"),
        (b"total 5\r\n-rw a \x1bb\r\n", "a \x1bb", "-rw a \\x1bb"),
        (b"", "name", None),
        (b"other\r\n", "name", None),
    ],
)
def test_list_line(server: Server, content: bytes, name: str, line: str | None) -> None:
    thread = server.serve(content, b"226 done\r\n")
    assert list_line(server.line.control, name) == line
    thread.join()


def test_list_of_a_name_like_an_option(server: Server) -> None:
    thread = server.serve(b"-rw -R\r\n", b"226 done\r\n")
    assert list_line(server.line.control, "-R") == "-rw -R"
    thread.join()
    assert server.line.sent() == ["PASV", "LIST ./-R"]


def test_endless_listing(server: Server) -> None:
    thread = server.serve(b"x" * 1_000_000, b"226 done\r\n")
    with pytest.raises(Fault, match="a listing of more than"):
        list_line(server.line.control, "name")
    thread.join()


def test_refused_connection(server: Server) -> None:
    server.listener.close()
    with pytest.raises(Fault) as caught:
        download(server.line.control, "name", 5, lambda _chunk: None)
    assert (caught.value.kind, caught.value.command) == ("client_data_refused", "RETR")


def test_refused_command(server: Server) -> None:
    server.line.server.sendall(b"550 no\r\n")
    with pytest.raises(Fault) as caught:
        download(server.line.control, "name", 5, lambda _chunk: None)
    assert (caught.value.kind, caught.value.detail, caught.value.command) == ("refused", "550 no", "RETR")


def test_release(server: Server) -> None:
    release(server.line.control, server.listener.getsockname()[1])
    connection = server.listener.accept()[0]
    with connection:
        assert connection.recv(1) == b""
    server.listener.close()
    release(server.line.control, 1)


@pytest.mark.parametrize(("size", "timeout", "seconds"), [(0, 10, 10), (131072, 10, 11), (1310720, 0.5, 10.5)])
def test_time_for(size: int, timeout: float, seconds: float) -> None:
    assert time_for(size, timeout) == seconds
