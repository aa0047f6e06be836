# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One server during a mesh: a session that plays both roles in turn and keeps its payload."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Direction, Masker, Record, Transcript
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.file import File
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import Role


class Lines(Transcript):
    """A part of the dialogue; seconds count from a moment that all parts share (of ``time.monotonic()``)."""

    def __init__(self, masker: Masker, start: float) -> None:
        super().__init__(masker)
        self._start = start


class _Switch:
    """Hands lines on to the transcript of the leg that is under way, if that one is kept."""

    def __init__(self) -> None:
        self.target: Record | None = None

    def __call__(self, direction: Direction, line: str) -> None:
        if self.target is not None:
            self.target(direction, line)


class Station(Session):
    """
    A session for many legs, in either role.

    A connection that died is opened anew at its next use. If that fails the server is given up: whatever needs it fails at once
    with the same fault, so that nobody waits for it again and no account is locked for too many logins.
    """

    def __init__(self, spec: ServerSpec, timeout: float, clear: bool = False) -> None:
        self._switch = _Switch()
        super().__init__(spec, timeout, self._switch, private=False if clear else None)
        self.given_up: Fault | None = None
        self._payload: File | None = None
        self._payload_fault: Fault | None = None
        self._opening: Transcript | None = None

    def open(self, lines: Transcript | None = None) -> None:
        """Log in; whoever needs the connection hears of a fault, so none is raised here. ``lines`` take the dialogue."""
        self._opening = lines
        self.told_to(lines.of(self.spec.label) if lines else None)
        with contextlib.suppress(Fault):
            _opened = self.control
        self.told_to(None)

    def opening(self, role: Role) -> list[dict[str, t.Any]]:
        """The dialogue of the login, once, as that of the role in the first leg."""
        lines, self._opening = self._opening, None
        return [dict(entry, server=role) for entry in lines.entries()] if lines else []

    def told_to(self, record: Record | None) -> None:
        """Who takes the lines of the dialogue from now on."""
        self._switch.target = record

    @property
    def control(self) -> ControlConnection:
        """The connection, logged in and in binary mode."""
        if self.given_up is not None:
            raise self.given_up.again()
        try:
            return super().control
        except Fault as fault:
            self.given_up = fault
            raise

    def noted(self) -> dict[str, ControlConnection | None]:
        """The payload, too."""
        return {**super().noted(), **({self._payload.name: None} if self._payload is not None else {})}

    def _forget(self) -> None:
        super()._forget()
        self._payload = None

    def supply(self, make: t.Callable[[], File]) -> File:
        """The file that all transfers of this server send, made once. Raises ``Fault``, always the same one."""
        if self._payload_fault is not None:
            raise self._payload_fault.again()
        if self._payload is None:
            try:
                payload = make()
            except Fault as fault:
                self._payload_fault = fault
                raise
            self._payload = payload
            self._files.pop(payload.name, None)
        return self._payload

    def leave(self, for_good: bool) -> list[str]:
        """Delete what was made and close. ``for_good`` if nobody comes back: the names of the files that remain."""
        self.told_to(None)
        if self._payload is not None:
            self._files[self._payload.name] = None
            self._payload = None
        left: list[str] = []
        if for_good:
            left = self.remove_for_good()
        else:
            self.remove_files()
        self.close()
        return left


__all__ = ("Lines", "Station")
