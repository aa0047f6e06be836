# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One server during one check: its control connection, what it can do, and the files that were made on it."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
import typing as t
import weakref

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection, Endpoint
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault, Kind
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.seen import View, seen_by
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import VERSIONS, TlsError, Version, client_context
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Record

# Seconds that a login step has at least. ProFTPD's master sleeps 0.2 s whenever a session has just ended, and pauses of 5 s
# between USER and its reply were seen.
LOGIN_SECONDS = 15
READY_SECONDS = 3  # that what comes right behind the login has at least: nothing tells yet how fast the server is
LATE_SECONDS = 1.0  # in which a server that was left while it stored a file begins to do so
STEP = 0.1  # between two looks for that file, or for an interrupt
AGAIN = 0.5  # between two logins of a heir


class _Living:
    """
    All sessions of this process, until they are cut: from then on none logs in or makes a file.

    There is no lock, because a signal may stop the main thread while it has it. What is done goes before the look at ``cut``, and
    that is set before anything is looked at.
    """

    def __init__(self) -> None:
        self.sessions: weakref.WeakSet[Session] = weakref.WeakSet()
        self.cut = False

    def pass_by(self) -> None:
        """Return at once, or never: this process ends (SystemExit in the main thread), and whoever comes here is not to go on."""
        if self.cut and threading.current_thread() is threading.main_thread():
            # It is on its way out already, and has more to take away than what is on servers.
            raise SystemExit(1)
        if self.cut:
            threading.Event().wait()


_LIVING = _Living()


class Session:
    """
    Opens the control connection, and opens it anew when the old one died or no longer keeps replies and commands in step.

    With TLS in ``spec`` nothing but the greeting and AUTH is ever sent or taken in clear. ``private`` is whether data
    connections are encrypted, too, until somebody changes that. ``own`` is the client's address to come from, if not any.
    """

    def __init__(
        self, spec: ServerSpec, timeout: float, record: Record, private: bool | None = None, own: str | None = None
    ) -> None:
        self.spec = spec
        self.private = spec.tls != "none" if private is None else private
        self._context: ssl.SSLContext | None = None
        self.endpoint: Endpoint | None = None
        self.features: dict[str, str] = {}
        self.lists = True  # until the client cannot open a data connection for LIST
        self._timeout = timeout
        self._record = record
        self._own = own
        self._control: ControlConnection | None = None
        self._asked_seen = self._asked_announced = False
        self._seen: str | None = None
        self._announced: str | None = None
        self._fresh: ControlConnection | None = None  # greeted, but not logged in
        self._files: dict[str, ControlConnection | None] = {}  # with the connection whose STOR has not ended
        self._stayed: dict[str, ControlConnection | None] = {}  # those that could not be deleted yet
        self._is_heir = False
        _LIVING.sessions.add(self)

    @property
    def control(self) -> ControlConnection:
        """The connection, logged in and in binary mode."""
        if self._control is None:
            self._control = self._open()
        return self._control

    def greet(self) -> None:
        """Open the connection as far as the greeting; ``control`` logs in over it."""
        self._fresh = self._greeted()

    @property
    def connected(self) -> bool:
        """Whether a connection is open now."""
        return self._control is not None

    @property
    def greeting(self) -> str:
        """What the server said first."""
        return self.control.welcome or ""

    def drop(self) -> None:
        """Close the connection without a word; the next use opens another one."""
        if self._control is not None:
            self._control.close()
            self._control = None

    @property
    def seen(self) -> str | None:
        """The address at which the server sees the client, none if it does not tell; it is asked once."""
        if not self._asked_seen:
            self._asked_seen = True
            try:
                self._seen = seen_by(self.control)
            except Fault:
                # It does not tell. What is wrong with it shows where it matters.
                self.drop()
        return self._seen

    @property
    def announced(self) -> str | None:
        """The address that the server announces over IPv4, none if it cannot be told; it is asked once."""
        if not self._asked_announced:
            self._asked_announced = True
            try:
                self._announced = self.control.passive_port()[0]
            except Fault as fault:
                if fault.kind != "refused":
                    self.drop()
        return self._announced

    def view(self) -> View:
        """The client and this server as seen from one another."""
        control = self.control
        return View(control.own_address, self.seen, control.peer_address, self.spec.expected_address, lambda: self.announced)

    def settle(self) -> None:
        """After a failed leg: keep the connection only if NOOP is answered as NOOP."""
        try:
            if self._control and not (self._control.command("NOOP").code == 200 and self._control.synchronised):
                self.drop()
        except Fault:
            self.drop()

    def created(self, name: str) -> None:
        """Note a file that may exist from now on and must not outlive the check."""
        self._files[name] = self._control
        _LIVING.pass_by()

    def ended(self, name: str) -> None:
        """Note that the server has ended its STOR of a file: what is not there now does not come later."""
        self._files[name] = None

    def remove_files(self) -> None:
        """
        Delete every noted file, over a new connection if the present one fails. What stays is left to ``remove_for_good``.

        Over another connection than that of its STOR, a file that is not there may be about to come: a busy server has not read
        the command yet.
        """
        for name, storing in list(self._files.items()):
            # Asked first: a file may come between the look for it and this.
            over = storing is None or storing.is_over
            state = self._removed(name) or self._removed(name)
            if not (state == "deleted" or (state == "absent" and (over or storing is self._control))):
                self._stayed[name] = storing
            # At every moment it is noted somewhere, or gone.
            self._files.pop(name, None)

    def remove_for_good(self) -> list[str]:
        """The same for the last time: the names of those that remain or may come. They are the caller's to tell."""
        self._insist()
        left = list(self.noted())
        self._forget()
        return left

    def _insist(self) -> None:
        """Delete what can be deleted, and wait a moment for files that come late."""
        self._try_again()
        deadline = time.monotonic() + (self._control.patience(LATE_SECONDS) if self._control else 0)
        while self._stayed and self._control is not None and time.monotonic() < deadline:
            time.sleep(STEP)
            self._try_again()

    def remove_earlier(self, names: t.Iterable[str]) -> list[str]:
        """Delete files that somebody else made, who has long gone; those that remain."""
        self._files.update(dict.fromkeys(names))
        return self.remove_for_good()

    @property
    def holds_files(self) -> bool:
        """Whether something that was made here is still to be deleted."""
        return bool(self.noted())

    def noted(self) -> dict[str, ControlConnection | None]:
        """The files that were made here and may be there still; with the connection whose STOR has not ended."""
        return {**self._files, **self._stayed}

    def heir(self) -> Session:
        """Cut the connection, and return another session that has nothing to do but to delete the files, which are its now."""
        heir = Session(self.spec, self._timeout, lambda direction, line: None, own=self._own)
        heir.endpoint, heir._files, heir._is_heir = self.endpoint, self.noted(), True
        self._forget()
        for control in (self._control, self._fresh):
            if control is not None:
                control.cut()
        return heir

    def aside(self) -> Session:
        """Another session of this server, for what cannot be asked over a connection that is busy."""
        session = Session(self.spec, self._timeout, self._record, own=self._own)
        session.endpoint = self.endpoint
        return session

    def _forget(self) -> None:
        self._files, self._stayed = {}, {}

    def inherit(self, until: float) -> None:
        """Delete the files until that moment (of ``time.monotonic()``), over as many logins as it takes."""
        self._insist()
        while self.holds_files and time.monotonic() + AGAIN < until:
            time.sleep(AGAIN)
            self._insist()
        self.close()

    def _try_again(self) -> None:
        self._files.update(self._stayed)
        self._stayed = {}
        self.remove_files()

    def complaint(self, name: str) -> str:
        """The sentence about a file that remains."""
        return f"{self.spec.label} still holds the file {name} in {self.spec.directory}, or is about to; delete it."

    def close(self) -> None:
        """Take leave."""
        if self._control is not None:
            with contextlib.suppress(Fault):
                self._control.command("QUIT", min(self._timeout, 2))
        self.drop()

    def _removed(self, name: str) -> t.Literal["deleted", "absent"] | None:
        # 550 may mean that the file is not there, or that it must not be deleted; SIZE tells.
        try:
            if self.control.command(f"DELE {name}").positive:
                return "deleted"
            return None if self.control.command(f"SIZE {name}").positive else "absent"
        except Fault:
            self.drop()
            return None

    def _open(self) -> ControlConnection:
        control, self._fresh = self._fresh or self._greeted(), None
        try:
            control.seconds = max(self._timeout, LOGIN_SECONDS)
            if self.spec.tls == "explicit":
                control.authenticate(self._trusting(), self.spec.host)
            if self.spec.tls != "none":
                control.first_protection(self.private)
            self._log_in(control)
            control.seconds = max(self._timeout, READY_SECONDS)
            self.features = _features(control)
            control.require("TYPE I")
            if self.spec.directory != ".":
                control.require(f"CWD {self.spec.directory}")
            control.seconds = self._timeout
        except BaseException:
            control.close()
            raise
        return control

    def _greeted(self) -> ControlConnection:
        if self.endpoint is None:
            raise ValueError("the session has no endpoint")
        if not self._is_heir:
            _LIVING.pass_by()
        for last in (False, True):
            control = ControlConnection(self.spec, self._timeout, self._record)
            control.dial(self.endpoint, self._own)
            try:
                if self.spec.tls == "implicit":
                    self._encrypt_first(control)
                control.greeting(max(self._timeout, LOGIN_SECONDS))
                return control
            except Fault as fault:
                control.close()
                if last or fault.kind != "greeting_silent":
                    raise
        raise AssertionError("the loop above returns or raises")  # pragma: no cover

    def _encrypt_first(self, control: ControlConnection) -> None:
        """The handshake of a server that speaks TLS from the first byte: what is late or missing is what a greeting would be."""
        try:
            control.encrypt(self._trusting(), self.spec.host, max(self._timeout, LOGIN_SECONDS))
        except TlsError as error:
            kinds: dict[str, Kind] = {"silent": "greeting_silent", "closed": "greeting_closed", "untrusted": "tls_untrusted"}
            raise Fault(kinds.get(error.kind, "tls_refused"), self.spec, str(error)) from None

    def _trusting(self) -> ssl.SSLContext:
        if self._context is None:
            spec = self.spec
            try:
                self._context = client_context(spec.validate_certs, spec.ca_path, spec.ca_content)
            except TlsError as error:
                raise Fault("tls_untrusted", self.spec, str(error)) from None
        return self._context

    def offers(self, version: Version) -> bool | None:
        """Whether the server takes a handshake of that version, over a connection of its own; none if that cannot be told."""
        control = ControlConnection(self.spec, self._timeout, self._record)
        # No secret goes over this connection, so nobody has to be trusted.
        context = client_context(verify=False)
        context.minimum_version = context.maximum_version = VERSIONS[version]
        try:
            if self.endpoint is None or self.spec.tls == "none":
                return None
            control.dial(self.endpoint)
            if self.spec.tls == "explicit":
                control.greeting(max(self._timeout, LOGIN_SECONDS))
                control.require("AUTH TLS")
            control.encrypt(context, self.spec.host, self._timeout)
        except TlsError as error:
            return False if error.kind == "refused" else None
        except Fault:
            return None
        finally:
            control.close()
        return True

    def _log_in(self, control: ControlConnection) -> None:
        try:
            verb, reply = "USER", control.command(f"USER {self.spec.user}")
            if reply.code == 331:
                verb, reply = "PASS", control.command(f"PASS {self.spec.password}")
        except Fault as fault:
            raise Fault(
                "login_closing" if fault.kind == "closing" else fault.kind, self.spec, fault.detail, fault.command
            ) from None
        if reply.code not in (230, 202):
            raise Fault("refused", self.spec, reply.text, verb)
        control.logged_in = True


def wait_for(threads: t.Iterable[threading.Thread]) -> None:
    """Wait until threads that use sessions have ended. Once all sessions are cut they never do, and nobody waits (SystemExit)."""
    for thread in threads:
        while thread.is_alive():
            thread.join(STEP)
            _LIVING.pass_by()


def cut_all() -> list[Session]:
    """Cut all sessions of this process for good, and return a heir of each that may have left files."""
    _LIVING.cut = True
    sessions: list[Session] | None = None
    while sessions is None:
        with contextlib.suppress(RuntimeError):  # another thread begins one meanwhile
            sessions = list(_LIVING.sessions)
    heirs = [session.heir() for session in sessions]
    return [heir for heir in heirs if heir.holds_files]


def _features(control: ControlConnection) -> dict[str, str]:
    # RFC 2389: one feature per line, indented by a blank. A server without FEAT has none.
    reply = control.command("FEAT")
    rows = [line.strip().split(" ", 1) for line in reply.lines[1:-1]] if reply.positive else []
    return {row[0].upper(): row[-1] if len(row) > 1 else "" for row in rows}


__all__ = ("LOGIN_SECONDS", "Session", "cut_all", "wait_for")
