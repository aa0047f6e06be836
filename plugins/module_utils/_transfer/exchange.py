# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""STOR and RETR under way on both servers: does what the course of the transfer asks for next, and tells it what comes."""

from __future__ import annotations

import selectors
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.course import (
    PROGRESS_SECONDS,
    AskSize,
    Course,
    Done,
    GiveUp,
    Step,
    Unasked,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Side
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import Role
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.signs import HANDSHAKE_TRIPS

MOST_FOR_A_HANDSHAKE = 30.0  # seconds in which a byte of private data is to arrive, however long the way


class Exchange:
    """Reads both control connections at once. ``private`` is whether a handshake comes before the data."""

    def __init__(
        self,
        controls: t.Mapping[Role, ControlConnection],
        target: str,
        size: int,
        timeout: float,
        transfer_timeout: float,
        *,
        private: bool = False,
    ) -> None:
        self.stopped: t.Literal["stalled", "limit"] | None = None
        self._controls = controls
        self._target = target
        # What goes between the two servers takes the way of the client to both, at most.
        self.between = sum(control.quickest for control in controls.values())
        handshake = min(HANDSHAKE_TRIPS * self.between, MOST_FOR_A_HANDSHAKE) if private else 0.0
        patience = max(self.patience(timeout), handshake)
        self._course = Course(size, patience, transfer_timeout, min(PROGRESS_SECONDS, timeout / 4))

    def send(self, role: Role, line: str) -> None:
        """Send a data command; nothing is read yet."""
        self._controls[role].putline(line)
        self._course.sent(role, time.monotonic())

    def first_answer(self, role: Role) -> bool:
        """Wait up to ``timeout`` for the first reply of one server, longer where all replies are slow; whether it is a 1xx."""
        # Behind a first reply the next one may have begun, and has time to end.
        if self._follow(lambda now: self._course.first_answer(role, now), self.sides):
            self._refuse_half_replies()
        return self.sides[role].preliminary is not None

    def finish(self, look: t.Callable[[], int | None] = lambda: None) -> None:
        """
        Wait for the final replies of both; ``stopped`` tells why it was given up.

        ``look`` tells how much has arrived when the destination itself does not, or none.
        """
        given_up = self._follow(self._course.both_finals, self.sides)
        while given_up and given_up.why == "stalled" and self._course.unheard:
            size = look()
            if size is None or not self._course.seen(size, time.monotonic()):
                break
            given_up = self._follow(self._course.both_finals, self.sides)
        if given_up:
            self.stopped = given_up.why
            self._refuse_half_replies()

    def last_words(self, role: Role, seconds: float) -> None:
        """Wait up to ``seconds`` for the final reply of one server, when the other one has gone."""
        if self._controls[role].sock is None:
            return
        until = time.monotonic() + seconds
        try:
            self._follow(lambda now: self._course.last_words(role, until, now), (role,))
        except Fault as fault:
            self.ended(role, fault)

    def ended(self, role: Role, fault: Fault) -> None:
        """Note that one server ended the dialogue, silently or with a 421."""
        self._course.ended(role, fault.kind == "lost", time.monotonic())

    def patience(self, seconds: float) -> float:
        """``seconds``, or more where one of the two servers was seen to need more."""
        return max(control.patience(seconds) for control in self._controls.values())

    @property
    def sides(self) -> dict[Role, Side]:
        """What each server that was commanded has answered."""
        return self._course.sides

    @property
    def arrived(self) -> int | None:
        """How many bytes were seen to arrive."""
        return self._course.arrived

    @property
    def seconds(self) -> float | None:
        """From the first command to the last final reply."""
        return self._course.seconds

    def _follow(self, next_step: t.Callable[[float], Step], roles: t.Collection[Role]) -> GiveUp | None:
        """Do what is to be done next, step by step, while these servers are listened to."""
        with selectors.DefaultSelector() as selector:
            for role in roles:
                sock = self._controls[role].sock
                if sock is not None:
                    selector.register(sock, selectors.EVENT_READ, role)
            # What came together with an earlier reply.
            self._tell(roles)
            while True:
                now = time.monotonic()
                step = next_step(now)
                if isinstance(step, Done):
                    return None
                if isinstance(step, GiveUp):
                    return step
                if isinstance(step, AskSize):
                    self._controls["destination"].putline(f"SIZE {self._target}")
                    self._course.asked(now)
                    continue
                for key, _events in selector.select(max(step.until - now, 0)):
                    self._controls[t.cast(Role, key.data)].receive_ready()
                self._tell(roles)

    def _tell(self, roles: t.Iterable[Role]) -> None:
        """Hand on the replies that are here."""
        for role in roles:
            control = self._controls[role]
            reply = control.next_reply()
            while reply is not None:
                try:
                    self._course.replied(role, reply, time.monotonic())
                except Unasked as error:
                    raise Fault("malformed", control.server, f"a reply to no command: {str(error)!r}") from None
                reply = control.next_reply()

    def _refuse_half_replies(self) -> None:
        half = self._course.unfinished({role: control.begun for role, control in self._controls.items()})
        if half is not None:
            role, begun = half
            raise Fault("malformed", self._controls[role].server, f"a reply that begins and does not end: {begun!r}")


__all__ = ("Exchange",)
