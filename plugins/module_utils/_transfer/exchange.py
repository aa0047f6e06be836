# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""STOR and RETR under way on both servers: who has answered what, and whether bytes still move."""

from __future__ import annotations

import selectors
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import time_for
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reply import Reply
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Side
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import Role

MAX_SURPLUS = 8  # replies without a command
PROGRESS_SECONDS = 2.0  # between two questions for the size that has arrived
# Replies to SIZE of a server that cannot tell it now. After a 1xx a transfer ends with none of these.
_NO_SIZE = (450, 500, 501, 502, 503, 504, 550)


class Exchange:
    """
    Reads both control connections at once.

    A server that is asked for SIZE while it receives answers at once (ProFTPD, pyftpdlib) or after its final reply (vsftpd).
    As long as sizes come, a transfer may take any time and only standing still ends it. ProFTPD no longer hears the control
    connection when no data comes, so falling silent is standing still, too. A server that never answers is given a time that
    follows from the size.
    """

    def __init__(
        self, controls: t.Mapping[Role, ControlConnection], target: str, size: int, timeout: float, transfer_timeout: float
    ) -> None:
        self.sides: dict[Role, Side] = {}
        self.stopped: t.Literal["stalled", "limit"] | None = None
        self.arrived: int | None = None
        self._controls = controls
        self._target = target
        self._size = size
        self._timeout = timeout
        self._limit = transfer_timeout
        self._sent: dict[Role, float] = {}
        self._moved = 0.0  # when something was last heard or seen to grow
        self._asking = False  # a reply to SIZE is due
        self._told = False  # SIZE was answered during this transfer
        self._deaf = False  # SIZE was refused
        self._surplus = 0  # replies that answer nothing

    def send(self, role: Role, line: str) -> None:
        """Send a data command; nothing is read yet."""
        self._controls[role].putline(line)
        self.sides[role] = Side()
        self._sent[role] = self._moved = time.monotonic()

    def first_answer(self, role: Role) -> bool:
        """Wait up to ``timeout`` for the first reply of one server, longer where all replies are slow; whether it is a 1xx."""
        deadline = self._sent[role] + self.patience(self._timeout)
        with self._selector() as selector:
            while self.sides[role].silent and time.monotonic() < deadline:
                self._read(selector, deadline - time.monotonic())
            if self.sides[role].silent:
                self._read(selector, 0)
        # Behind a first reply the next one may have begun, and has time to end.
        if self.sides[role].silent:
            self._refuse_half_replies()
        return self.sides[role].preliminary is not None

    def finish(self) -> None:
        """Wait for the final replies of both; ``stopped`` tells why it was given up."""
        interval = min(PROGRESS_SECONDS, self._timeout / 4)
        start = min(self._sent.values())
        ask_at = start + interval
        with self._selector() as selector:
            while self._asking or any(side.final is None for side in self.sides.values()):
                now = time.monotonic()
                give_up = self._moved + self._patience()
                if self._limit:
                    give_up = min(give_up, start + self._limit)
                if now >= give_up and not self._came_late(selector):
                    self.stopped = "limit" if self._limit and now >= start + self._limit else "stalled"
                    self._refuse_half_replies()
                    return
                if now >= ask_at and self._can_ask():
                    self._controls["destination"].putline(f"SIZE {self._target}")
                    self._asking = True
                    ask_at = now + interval
                self._read(selector, min(give_up, max(ask_at, now + 0.05)) - now)

    def last_words(self, role: Role, seconds: float) -> None:
        """Wait up to ``seconds`` for the final reply of one server, when the other one has gone."""
        side, deadline = self.sides[role], time.monotonic() + seconds
        try:
            self._listen(role, side, deadline)
        except Fault as fault:
            self.ended(role, fault)

    def _listen(self, role: Role, side: Side, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            sock = self._controls[role].sock
            if sock is None:
                return
            selector.register(sock, selectors.EVENT_READ)
            self._take_all_of(role)
            while side.final is None and time.monotonic() < deadline:
                if selector.select(max(deadline - time.monotonic(), 0)):
                    self._controls[role].receive_ready()
                self._take_all_of(role)
            if side.final is None:
                self._controls[role].receive_ready()
                self._take_all_of(role)

    def ended(self, role: Role, fault: Fault) -> None:
        """Note that one server ended the dialogue, silently or with a 421."""
        side = self.sides[role]
        if side.final is None:
            side.gone, side.ended = fault.kind == "lost", round(time.monotonic() - self._sent[role], 4)

    @property
    def seconds(self) -> float | None:
        """From the first command to the last final reply."""
        ends = [self._sent[role] + side.ended for role, side in self.sides.items() if side.final and side.ended is not None]
        return round(max(ends) - min(self._sent.values()), 4) if len(ends) == 2 else None

    def _refuse_half_replies(self) -> None:
        """Whoever began a reply and does not end it was heard, so nothing on the way is to blame."""
        for role, side in self.sides.items():
            begun = self._controls[role].begun
            if begun and side.final is None:
                raise Fault("malformed", self._controls[role].server, f"a reply that begins and does not end: {begun!r}")

    def patience(self, seconds: float) -> float:
        """``seconds``, or more where one of the two servers was seen to need more."""
        return max(control.patience(seconds) for control in self._controls.values())

    def _came_late(self, selector: selectors.BaseSelector) -> bool:
        """Whether something has moved that this process was too busy to see."""
        moved = self._moved
        self._read(selector, 0)
        return self._moved > moved

    def _patience(self) -> float:
        side = self.sides["destination"]
        moving = side.preliminary and side.final is None and not any(side.silent for side in self.sides.values())
        seconds = self.patience(self._timeout)
        return time_for(self._size, seconds) if moving and (self._deaf or (self._asking and not self._told)) else seconds

    def _can_ask(self) -> bool:
        side = self.sides["destination"]
        return bool(side.preliminary) and side.final is None and not (self._asking or self._deaf)

    def _selector(self) -> selectors.BaseSelector:
        selector = selectors.DefaultSelector()
        for role in self.sides:
            sock = self._controls[role].sock
            if sock is not None:
                selector.register(sock, selectors.EVENT_READ, role)
        return selector

    def _read(self, selector: selectors.BaseSelector, seconds: float) -> None:
        # First what came together with an earlier reply.
        if self._take_all():
            return
        for key, _events in selector.select(max(seconds, 0)):
            self._controls[t.cast(Role, key.data)].receive_ready()
        self._take_all()

    def _take_all(self) -> bool:
        found = [self._take_all_of(role) for role in self.sides]
        return any(found)

    def _take_all_of(self, role: Role) -> bool:
        found = False
        reply = self._controls[role].next_reply()
        while reply is not None:
            found = True
            self._take(role, reply)
            reply = self._controls[role].next_reply()
        return found

    def _take(self, role: Role, reply: Reply) -> None:
        side = self.sides[role]
        now = time.monotonic()
        if role == "destination" and self._asking and (reply.code == 213 or (side.preliminary and reply.code in _NO_SIZE)):
            self._asking, self._deaf = False, reply.code != 213
            size = parse_size(reply)
            self._told = self._told or size is not None
            if size is not None and size > (self.arrived or 0):
                self.arrived, self._moved = size, now
            return
        if side.final is not None or (side.preliminary and reply.preliminary):
            # Nothing is due any more: a server may say one thing too much, but not keep the client waiting with it.
            self._surplus += 1
            if self._surplus > MAX_SURPLUS:
                raise Fault("malformed", self._controls[role].server, f"a reply to no command: {reply.text!r}")
            return
        self._moved = now
        since = round(now - self._sent[role], 4)
        if side.silent:
            side.seconds = since
        if reply.preliminary:
            side.preliminary = reply.text
        else:
            side.final, side.ended = reply.text, since


def parse_size(reply: Reply) -> int | None:
    """The number of bytes in a reply to SIZE (RFC 3659), none if it holds no number."""
    words = reply.lines[-1][4:].split()
    return int(words[0]) if reply.code == 213 and len(words) == 1 and words[0].isdecimal() else None


__all__ = ("PROGRESS_SECONDS", "Exchange", "parse_size")
