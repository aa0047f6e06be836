# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pyftpdlib as a second implementation of FTP, also with a file system that does not keep what it is given."""

from __future__ import annotations

# pyftpdlib is not typed.
# mypy: disable-error-code="import-untyped, misc"
import io
import pathlib
import threading
import types
import typing as t

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD, USER, server_options


class FlippingFile(io.FileIO):
    """Writes the first byte of every block as another one."""

    def write(self, data: t.Any) -> int:
        """Write a block."""
        return super().write(bytes([data[0] ^ 1]) + bytes(data[1:])) if data else 0


class ShorteningFile(io.FileIO):
    """Loses the last byte when it is closed."""

    def close(self) -> None:
        """Close the file."""
        if not self.closed and self.writable() and self.tell():
            self.truncate(self.tell() - 1)
        super().close()


class Pyftpd:
    """
    One server in a thread of its own.

    ``file_type`` opens the files that are stored, ``told_digest`` makes the answer to HASH, and with ``text_only`` TYPE I is
    answered and has no effect. ``settings`` are attributes of the handler.
    """

    def __init__(
        self,
        home: pathlib.Path,
        address: str,
        *,
        foreign: bool,
        file_type: type[io.FileIO] | None = None,
        told_digest: t.Callable[[pathlib.Path], str] | None = None,
        text_only: bool = False,
        port: int = 0,
        most: int = 512,
        settings: t.Mapping[str, t.Any] = types.MappingProxyType({}),
    ) -> None:
        home.mkdir(parents=True)
        self.home, self.kept = home, set[str]()

        class FileSystem(AbstractedFS):
            def open(self, filename: str, mode: str) -> t.IO[t.Any]:
                if file_type is not None and "w" in mode:
                    return t.cast("t.IO[t.Any]", file_type(filename, "wb"))
                return t.cast("t.IO[t.Any]", super().open(filename, mode))

        class Handler(FTPHandler):
            authorizer = DummyAuthorizer()
            permit_foreign_addresses = foreign
            abstracted_fs = FileSystem

            def __init__(self, *arguments: t.Any, **options: t.Any) -> None:
                super().__init__(*arguments, **options)
                if told_digest:
                    self._extra_feats.append("HASH SHA-256*")

            def ftp_TYPE(self, line: str) -> None:
                super().ftp_TYPE(line)
                if text_only:
                    self._current_type = "a"

            def ftp_HASH(self, path: str) -> None:
                digest = told_digest(pathlib.Path(path)) if told_digest else ""
                self.respond(f"213 SHA-256 0-9 {digest} {pathlib.Path(path).name}")

        for name, value in settings.items():
            setattr(Handler, name, value)
        if told_digest:
            command = {"perm": "r", "auth": True, "arg": True, "help": "Syntax: HASH <SP> path"}
            Handler.proto_cmds = {**FTPHandler.proto_cmds, "HASH": command}

        Handler.authorizer.add_user(USER, PASSWORD, str(home), perm="elradfmw")
        self._loop = IOLoop()
        self._server = FTPServer((address, port), Handler, ioloop=self._loop)
        self._server.max_cons = most
        self.address, self.port = self._server.address[:2]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            self._loop.loop(timeout=0.02, blocking=False)
        self._server.close_all()

    def stop(self) -> None:
        """End the server."""
        self._stopped.set()
        self._thread.join(10)

    def files(self) -> set[str]:
        """All files in the home."""
        return {path.name for path in self.home.iterdir()}

    def options(self, **more: t.Any) -> dict[str, t.Any]:
        """This server as an option of the check."""
        return {**server_options(self.address, self.port), **more}

    def __enter__(self) -> Pyftpd:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        self.stop()
