# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What a server of ours logged as received.

A device on the way can change a command, and neither client nor server sees that from its own end. The server's log has each one
as it came (``%r`` of mod_log's LogFormat, doc/modules/mod_log.html), in the format that the template of role server writes.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError

MOST = 4 << 20  # bytes at the end of the log that are read; a transfer of a moment ago is there
_LINE = re.compile(r'\A\S+ \S+ (?P<session>\S+:\d+) \S+ "(?P<command>[^"]*)" (?P<code>\d{3}|-)\s*\Z')
_TRANSFER = re.compile(r"\A(?:RETR|STOR) \S+\Z")
_ADDRESS = re.compile(r"\A(?:PORT|EPRT) ", re.IGNORECASE)


def parse_transfer(command: str) -> str:
    """Return the command that a client gave for its transfer. Raises ``RequestError``."""
    if not _TRANSFER.match(command):
        raise RequestError(
            f"logged is {command!r}, but it must be RETR or STOR and the name of a file; write for example STOR x."
        )
    return command


def addresses_before(log: str, transfer: str) -> list[dict[str, t.Any]] | None:
    """
    Return with which addresses the server was told to connect before ``transfer`` (such as ``STOR NAME``), oldest first.

    Each has the ``command`` as received, PORT or EPRT, and the reply's ``code``, None where nothing was answered. None if the log
    ``log`` cannot be read, or has no such transfer.
    """
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - MOST))
            text = file.read(MOST).decode("utf-8", "replace")
    except OSError:
        return None
    last: dict[str, dict[str, t.Any]] = {}
    found, known = [], False
    for line in text.splitlines():
        read = _LINE.match(line)
        if read is None:
            continue  # SystemLog writes there, too
        session, command, code = read.group("session", "command", "code")
        if _ADDRESS.match(command):
            last[session] = {"command": command, "code": None if code == "-" else int(code)}
        elif command == transfer:
            known = True
            found += [last[session]] if session in last else []
    return found if known else None


__all__ = ("addresses_before", "parse_transfer")
