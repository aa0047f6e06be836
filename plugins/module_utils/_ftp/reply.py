# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Replies of RFC 959 section 4.2, put together from bytes without any input or output of their own."""

from __future__ import annotations

import collections
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

MAX_LINE = 8192  # bytes; the limit of ftplib
MAX_LINES = 500  # of one reply
MAX_REPLY = 65536  # bytes of one reply

# What steers a terminal, and what turns the direction of a text around.


class MalformedReply(Exception):
    """The server sent something that is no reply, or more of one than is sensible."""


@dataclass(frozen=True)
class Reply:
    """One complete reply: its code and all of its lines, without line ends."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines of the reply, joined by newlines."""
        return "\n".join(self.lines)

    @property
    def preliminary(self) -> bool:
        """Whether another reply will follow (1xx)."""
        return self.code < 200

    @property
    def positive(self) -> bool:
        """Whether the command was done (2xx)."""
        return 200 <= self.code < 300


class ReplyAssembler:
    """Collects bytes of one control connection into replies; memory is bounded by the limits above."""

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[str] = []
        self._size = 0
        self._replies: collections.deque[Reply] = collections.deque()

    def feed(self, data: bytes) -> t.Iterator[str]:
        """
        Take bytes as they arrived and yield each line that they complete.

        Raises ``MalformedReply`` for a line that cannot be part of a reply; the offending line is yielded first.
        """
        self._buffer += data
        while b"\n" in self._buffer:
            raw, self._buffer = self._buffer.split(b"\n", 1)
            yield from self._take(raw[:-1] if raw.endswith(b"\r") else raw)
        if len(self._buffer) > MAX_LINE:
            yield from self._take(self._buffer)

    def next_reply(self) -> Reply | None:
        """The oldest complete reply that was not handed out yet."""
        return self._replies.popleft() if self._replies else None

    @property
    def waiting(self) -> int:
        """How many complete replies were not handed out yet."""
        return len(self._replies)

    @property
    def idle(self) -> bool:
        """Whether nothing is left over: no reply that nobody asked for, no part of one."""
        return not (self._replies or self._lines or self._buffer)

    @property
    def begun(self) -> str:
        """What has come of a reply that has not ended yet, empty if none has begun."""
        return "\n".join([*self._lines, *([_readable(self._buffer)] if self._buffer else [])])

    def _take(self, raw: bytes) -> t.Iterator[str]:
        line = _readable(raw)
        if len(raw) > MAX_LINE:
            yield line[:200] + " ..."
            raise MalformedReply(f"a line of more than {MAX_LINE} bytes")
        yield line
        self._size += len(raw)
        if len(self._lines) >= MAX_LINES or self._size > MAX_REPLY:
            raise MalformedReply(f"a reply of more than {MAX_LINES} lines or {MAX_REPLY} bytes")
        if not self._lines and not re.match(r"[1-5][0-9]{2}([ -]|$)", line, re.ASCII):
            raise MalformedReply(f"instead of a reply code: {line[:200]!r}")
        self._lines.append(line)
        first = self._lines[0]
        if first[3:4] != "-" or (len(self._lines) > 1 and line[:3] == first[:3] and line[3:4] in ("", " ")):
            self._replies.append(Reply(int(first[:3]), tuple(self._lines)))
            self._lines = []
            self._size = 0


def _readable(raw: bytes) -> str:
    return printable(raw[:MAX_LINE].decode("utf-8", "backslashreplace"))


__all__ = ("MAX_LINE", "MAX_LINES", "MAX_REPLY", "MalformedReply", "Reply", "ReplyAssembler")
