# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The course of STOR and RETR as a state machine: events go in, what to do next comes out. It has no clock and no socket.

Every event and every question carries its moment, in seconds of any one clock. Nobody is given up before what has come until then
was looked at: the process may have been too busy to see it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import time_for
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reply import Reply
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Side
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import Role

MAX_SURPLUS = 8  # replies without a command
PROGRESS_SECONDS = 2.0  # between two questions for the size that has arrived
# Replies to SIZE of a server that cannot tell it now. After a 1xx a transfer ends with none of these.
_NO_SIZE = (450, 500, 501, 502, 503, 504, 550)


@dataclasses.dataclass(frozen=True)
class Wait:
    """Take in what comes until that moment; if it has passed, what is here already."""

    until: float


@dataclasses.dataclass(frozen=True)
class AskSize:
    """Ask the destination how much has arrived, and say so by ``asked``."""


@dataclasses.dataclass(frozen=True)
class Done:
    """What was waited for has come."""


@dataclasses.dataclass(frozen=True)
class GiveUp:
    """It has not come: nothing moved for too long (``stalled``), or the whole took too long (``limit``)."""

    why: t.Literal["stalled", "limit"]


Step = t.Union[Wait, AskSize, Done, GiveUp]


class Unasked(Exception):
    """A server says more than it is asked; the text is the reply."""

    def __init__(self, role: Role, text: str) -> None:
        super().__init__(text)
        self.role: Role = role


class Course:
    """
    Who has answered what, and whether bytes still move.

    A server that is asked for SIZE while it receives answers at once (ProFTPD, pyftpdlib) or after its final reply (vsftpd).
    As long as sizes come, a transfer may take any time and only standing still ends it. ProFTPD no longer hears the control
    connection when no data comes, so falling silent is standing still, too. A server that never answers is given a time that
    follows from the size, and then it is looked in another way whether the file has grown (``seen``).

    Nothing may stand still for ``patience`` seconds; ``limit`` is for the whole, 0 for none. ``interval`` lies between two
    questions.
    """

    def __init__(self, size: int, patience: float, limit: float = 0.0, interval: float = PROGRESS_SECONDS) -> None:
        self.sides: dict[Role, Side] = {}
        self.arrived: int | None = None
        self._size = size
        self._patience = patience
        self._limit = limit
        self._interval = interval
        self._sent: dict[Role, float] = {}
        self._moved = 0.0  # when something was last heard or seen to grow
        self._ask_at = 0.0
        self._asking = False  # a reply to SIZE is due
        self._told = False  # SIZE was answered during this transfer
        self._deaf = False  # SIZE was refused
        self._surplus = 0  # replies that answer nothing
        self._looked: float | None = None  # the deadline at which it was looked for what had come until then

    # Events

    def sent(self, role: Role, now: float) -> None:
        """A server got its data command."""
        if not self._sent:
            self._ask_at = now + self._interval
        self.sides[role] = Side()
        self._sent[role] = self._moved = now

    def asked(self, now: float) -> None:
        """The destination got SIZE."""
        self._asking, self._ask_at = True, now + self._interval

    def replied(self, role: Role, reply: Reply, now: float) -> None:
        """A server has said something. Raises ``Unasked``."""
        side = self.sides[role]
        if role == "destination" and self._asking and (reply.code == 213 or (side.preliminary and reply.code in _NO_SIZE)):
            self._size_told(reply, now)
            return
        if side.final is not None or (side.preliminary and reply.preliminary):
            # Nothing is due any more: a server may say one thing too much, but not keep the client waiting with it.
            self._surplus += 1
            if self._surplus > MAX_SURPLUS:
                raise Unasked(role, reply.text)
            return
        self._moved = now
        since = round(now - self._sent[role], 4)
        if side.silent:
            side.seconds = since
        if reply.preliminary:
            side.preliminary = reply.text
        else:
            side.final, side.ended = reply.text, since

    def ended(self, role: Role, gone: bool, now: float) -> None:
        """A server ended the dialogue: its connection has ``gone``, or it said 421."""
        side = self.sides[role]
        if side.final is None:
            side.gone, side.ended = gone, round(now - self._sent[role], 4)

    def seen(self, size: int, now: float) -> bool:
        """So many bytes have arrived, as was seen in another way; whether that is more than before."""
        grown = size > (self.arrived or 0)
        if grown:
            self.arrived, self._moved = size, now
        return grown

    # Questions

    @property
    def unheard(self) -> bool:
        """Whether the destination stores, and does not tell over this connection how much has arrived."""
        side = self.sides["destination"]
        moving = side.preliminary and side.final is None and not any(side.silent for side in self.sides.values())
        return bool(moving) and (self._deaf or (self._asking and not self._told))

    def first_answer(self, role: Role, now: float) -> Step:
        """What to do until one server has said its first reply."""
        if not self.sides[role].silent:
            return Done()
        return self._until(self._sent[role] + self._patience, now)

    def last_words(self, role: Role, until: float, now: float) -> Step:
        """What to do until one server has said its final reply, when the other one has gone."""
        return Done() if self.sides[role].final is not None else self._until(until, now)

    def both_finals(self, now: float) -> Step:
        """What to do until both have said their final replies, and none is due to SIZE."""
        if not self._asking and all(side.final is not None for side in self.sides.values()):
            return Done()
        limit = min(self._sent.values()) + self._limit if self._limit else None
        still = self._moved + self._stillness()
        deadline = still if limit is None else min(still, limit)
        if now < deadline and self._may_ask():
            if now >= self._ask_at:
                return AskSize()
            return Wait(min(deadline, self._ask_at))
        return self._until(deadline, now, "limit" if limit is not None and now >= limit else "stalled")

    def unfinished(self, begun: t.Mapping[Role, str]) -> tuple[Role, str] | None:
        """Whoever began a reply and does not end it was heard, so nothing on the way is to blame; ``begun`` has what there is."""
        return next(((role, begun[role]) for role, side in self.sides.items() if side.final is None and begun[role]), None)

    @property
    def seconds(self) -> float | None:
        """From the first command to the last final reply."""
        ends = [self._sent[role] + side.ended for role, side in self.sides.items() if side.final and side.ended is not None]
        return round(max(ends) - min(self._sent.values()), 4) if len(ends) == 2 else None

    def _until(self, deadline: float, now: float, why: t.Literal["stalled", "limit"] = "stalled") -> Step:
        if now < deadline:
            return Wait(deadline)
        if self._looked == deadline:
            return GiveUp(why)
        self._looked = deadline
        return Wait(deadline)

    def _stillness(self) -> float:
        return time_for(self._size, self._patience) if self.unheard else self._patience

    def _may_ask(self) -> bool:
        side = self.sides["destination"]
        return bool(side.preliminary) and side.final is None and not (self._asking or self._deaf)

    def _size_told(self, reply: Reply, now: float) -> None:
        self._asking, self._deaf = False, reply.code != 213
        size = parse_size(reply)
        self._told = self._told or size is not None
        if size is not None:
            self.seen(size, now)


def parse_size(reply: Reply) -> int | None:
    """The number of bytes in a reply to SIZE (RFC 3659), none if it holds no number."""
    words = reply.lines[-1][4:].split()
    return int(words[0]) if reply.code == 213 and len(words) == 1 and words[0].isdecimal() else None


__all__ = ("MAX_SURPLUS", "PROGRESS_SECONDS", "AskSize", "Course", "Done", "GiveUp", "Step", "Unasked", "Wait", "parse_size")
