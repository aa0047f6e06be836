# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A control connection whose every wait is bounded and whose every line is recorded."""

from __future__ import annotations

import contextlib
import ftplib
import os
import socket
import ssl
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import parse_epsv, parse_pasv
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault, Kind
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import Reached, describe, outcome_of
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reply import MalformedReply, Reply, ReplyAssembler
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import Agreed, TlsError, agreed, handshake
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Record

# Family and socket address, as socket.getaddrinfo returns them.
Endpoint = t.Tuple[socket.AddressFamily, t.Tuple[t.Any, ...]]

# What the end of an attempt to connect means.
_DIAL_FAULTS: dict[Reached, Kind] = {
    "refused": "connect_refused",
    "no answer": "connect_timed_out",
    "unreachable": "connect_unreachable",
}
# What a fault means while the greeting is awaited, and what to say of it if the fault's own words do not tell.
_GREETING_FAULTS: dict[Kind, tuple[Kind, str]] = {
    "silent": ("greeting_silent", "no 220 greeting in time"),
    "lost": ("greeting_closed", "it closed the connection before any greeting"),
    "closing": ("login_closing", ""),
}


CLOSED = "the server closed the control connection"
# What a busy machine or a slow line needs is not in any option; it shows in the replies that have come.
MANY = 8  # times the slowest reply so far, and whoever is as slow has not fallen silent yet
MOST = 15.0  # seconds that this may come to
DIAL_SECONDS = 4.0  # that a connection has at least: the kernel repeats a lost SYN after 1 and after 3 seconds
# Servers may connect before they answer these, and that is no round trip.
_SLOW = ("PORT", "EPRT", "PASS")
FAREWELL_SECONDS = 2.0  # that a server has from its 421 to the end of the connection
_TCP_CLOSE = 7  # include/net/tcp_states.h: both ends have closed, or one has reset
MOST_LAST_WORDS = 8  # replies that may come behind it; whoever goes on talking has not taken leave


class ControlConnection(ftplib.FTP):
    """
    ftplib's client with replies read from the socket itself.

    ftplib reads through a buffered file: what waits in that buffer is invisible to ``select()``, and a timeout there bounds one
    ``recv()``, not one reply. Here a reply as a whole has ``timeout`` seconds. Everything that ends the dialogue is a ``Fault``.

    ``ftplib.FTP_TLS`` reads through such a file too, and its data connections resume no session, which servers demand.
    """

    def __init__(self, server: ServerSpec, timeout: float, record: Record) -> None:
        super().__init__(timeout=timeout)
        self.encoding = "utf-8"
        self.server = server
        self.seconds = timeout
        self._record = record
        self._assembler = ReplyAssembler()
        self._context: ssl.SSLContext | None = None
        self._identity = ""
        self.logged_in = False
        self.sent = ""  # the verb of the last command
        self.slowest = 0.0  # seconds that a reply to a short command took, at most
        self.quickest = 0.0  # and at least: the round trip, as near as it shows
        self.private = False  # PROT: whether data connections are encrypted
        self.resumes = True  # whether own data connections resume the TLS session of this connection
        self.tls_client = False  # SSCN: whether the server is the TLS client of STOR and RETR
        self._data: socket.socket | None = None  # the last data connection of the client itself
        self._rest: socket.socket | None = None  # what was cut

    def dial(self, endpoint: Endpoint, own: str | None = None) -> None:
        """Open the TCP connection, within ``timeout`` seconds, from the address ``own`` if that is given."""
        family, address = endpoint
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(max(self.seconds, DIAL_SECONDS))
            if own is not None:
                sock.bind((own, 0))
            sock.connect(address)
        except OSError as error:
            sock.close()
            raise Fault(_DIAL_FAULTS[outcome_of(error)], self.server, describe(error)) from None
        self.sock = sock
        self.af = family
        self.host, self.port = address[:2]

    def greeting(self, seconds: float) -> None:
        """Read the greeting (220, after any 120), within ``seconds``; it becomes ``welcome``."""
        deadline = time.monotonic() + seconds
        try:
            reply = self.read_reply(deadline - time.monotonic())
            while reply.code == 120:
                reply = self.read_reply(deadline - time.monotonic())
        except Fault as fault:
            kind, detail = _GREETING_FAULTS.get(fault.kind, (fault.kind, fault.detail))
            if kind == "greeting_closed" and fault.detail != CLOSED:
                kind, detail = "greeting_broke", "the connection broke before any greeting"
            raise Fault(kind, self.server, detail or fault.detail) from None
        if reply.code != 220:
            raise Fault("greeting_wrong", self.server, f"no 220 greeting, but {reply.text!r}")
        self.welcome = reply.text

    def authenticate(self, context: ssl.SSLContext, host: str) -> None:
        """AUTH TLS, and the handshake within ``timeout`` seconds; ``host`` is whom the certificate has to name."""
        try:
            reply = self.command("AUTH TLS")
        except Fault as fault:
            raise Fault(
                "login_closing" if fault.kind == "closing" else fault.kind, self.server, fault.detail, fault.command
            ) from None
        if reply.code != 234:
            raise Fault("tls_refused", self.server, reply.text, "AUTH")
        if not self.synchronised:
            # Whoever stands in between may add replies in clear that would be taken for encrypted ones.
            raise Fault("malformed", self.server, "more than the reply to AUTH came before the TLS handshake", "AUTH")
        try:
            self.encrypt(context, host, self.seconds)
        except TlsError as error:
            kinds: dict[str, Kind] = {"untrusted": "tls_untrusted", "silent": "tls_silent"}
            kind = kinds.get(error.kind, "tls_refused")
            raise Fault(kind, self.server, str(error), "AUTH") from None

    def encrypt(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """The handshake on the control connection. Raises ``TlsError``; the connection is closed then."""
        if self.sock is None:
            raise Fault("lost", self.server, "the control connection is closed")
        sock, self.sock = self.sock, None
        self.sock = handshake(context, sock, host, seconds)
        self._context, self._identity = context, host

    def protect(self, private: bool) -> None:
        """PROT for the data connections to come, unless it is so already. A server that says Clear to P is a fault."""
        if private == self.private:
            return
        self._ask_for_protection(private)

    def first_protection(self, private: bool) -> None:
        """PBSZ and PROT after the handshake. The level is said even if it is the default, so that a refusal comes early."""
        self.require("PBSZ 0")
        self._ask_for_protection(private)

    def _ask_for_protection(self, private: bool) -> None:
        reply = self.require("PROT P" if private else "PROT C")
        if private and "clear" in reply.text.lower():
            raise Fault("tls_protection", self.server, reply.text, "PROT")
        self.private = private

    def take_tls_role(self, client: bool) -> None:
        """SSCN for the data connections to come, unless it is so already. A server that says the opposite is a fault."""
        if client == self.tls_client:
            return
        reply = self.require(f"SSCN {'ON' if client else 'OFF'}")
        if f"SSCN:{'SERVER' if client else 'CLIENT'}" in reply.text.upper():
            raise Fault("tls_roles", self.server, reply.text, "SSCN")
        self.tls_client = client

    @property
    def tls(self) -> Agreed | None:
        """What this connection is encrypted with, none if it is not."""
        return agreed(self.sock) if isinstance(self.sock, ssl.SSLSocket) else None

    @property
    def own_address(self) -> str:
        """The client's own address on this connection."""
        return t.cast(str, self.sock.getsockname()[0]) if self.sock else ""

    @property
    def peer_address(self) -> str:
        """The address that was dialled."""
        return self.host

    @property
    def synchronised(self) -> bool:
        """Whether no unread bytes are at hand; a reply that is still under way cannot be seen."""
        return self.sock is not None and self._assembler.idle

    def command(self, line: str, seconds: float | None = None) -> Reply:
        """Send one command and return its reply, whatever its code."""
        began = time.monotonic()
        self.putline(line)
        reply = self.read_reply(seconds, line)
        if self.logged_in and seconds is None and not line.startswith(_SLOW):
            took = time.monotonic() - began
            self.slowest, self.quickest = max(self.slowest, took), min(self.quickest or took, took)
        return reply

    def patience(self, seconds: float) -> float:
        """``seconds``, or more where this server was seen to need more: by itself, on its way, or because this host is busy."""
        return max(seconds, min(MANY * self.slowest, MOST))

    def require(self, line: str, seconds: float | None = None) -> Reply:
        """Send one command and return its 2xx reply; any other one is a fault."""
        reply = self.command(line, seconds)
        if not reply.positive:
            raise Fault("refused", self.server, reply.text, line.split(" ", 1)[0])
        return reply

    def read_reply(self, seconds: float | None = None, line: str = "") -> Reply:
        """The next reply, complete within ``seconds`` (default: ``timeout``); a 421 that ends the connection is a fault."""
        verb = line.split(" ", 1)[0]
        deadline = time.monotonic() + (self.patience(self.seconds) if seconds is None else seconds)
        # The deadline holds even if bytes never cease to come. Who got no processor until then looks once all the same.
        last = False
        while not last:
            reply = self.next_reply()
            if reply is not None:
                return reply
            last = time.monotonic() >= deadline
            self.receive(deadline - time.monotonic(), verb)
        reply = self.next_reply()
        if reply is not None:
            return reply
        raise Fault("silent", self.server, f"no whole reply to {verb or 'the client'} in time", verb)

    def next_reply(self) -> Reply | None:
        """A reply that is already here."""
        reply = self._assembler.next_reply()
        # FileZilla Server refuses foreign addresses by 421, and the session goes on.
        if reply is not None and reply.code == 421 and (not self.logged_in or self._ends()):
            raise Fault("closing", self.server, reply.text)
        return reply

    def _ends(self) -> bool:
        """Whether the server closes the connection, too, after it has said so."""
        deadline = time.monotonic() + min(FAREWELL_SECONDS, self.seconds)
        while time.monotonic() < deadline and self._assembler.waiting < MOST_LAST_WORDS:
            try:
                self.receive(deadline - time.monotonic())
            except Fault as fault:
                if fault.kind == "malformed":
                    raise
                return fault.kind == "lost"
        return False

    @property
    def begun(self) -> str:
        """What has come of a reply that has not ended yet, empty if none has begun."""
        return self._assembler.begun

    def receive(self, seconds: float, verb: str = "") -> None:
        """Wait up to ``seconds`` for bytes and take in what has come; ``verb`` is what they should answer."""
        if self.sock is None:
            raise Fault("lost", self.server, "the control connection is closed", verb)
        try:
            self.sock.settimeout(max(seconds, 0.001))
            data = self.sock.recv(16384)
            # What is decrypted already is invisible to select().
            while isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
                data += self.sock.recv(self.sock.pending())
        except socket.timeout:
            raise Fault("silent", self.server, f"no reply to {verb or 'the client'} in time", verb) from None
        except ssl.SSLEOFError:
            data = b""  # it took leave of TCP, and not of TLS
        except OSError as error:
            raise Fault("lost", self.server, f"the control connection broke: {describe(error)}", verb) from None
        if not data:
            raise Fault("lost", self.server, CLOSED, verb)
        try:
            for text in self._assembler.feed(data):
                self._record("received", text)
        except MalformedReply as error:
            raise Fault("malformed", self.server, str(error), verb) from None

    def receive_ready(self) -> None:
        """Take in what ``select()`` has seen. With TLS that may be less than a record, and then it is nothing yet."""
        try:
            self.receive(0)
        except Fault as fault:
            if fault.kind != "silent":
                raise

    def putline(self, line: str) -> None:
        """Send one line. CR, LF and NUL are a ValueError: they would begin another command or cut this one."""
        if any(character in line for character in "\r\n\0"):
            raise ValueError("a command must not contain CR, LF or NUL")
        verb = line.split(" ", 1)[0]
        if self.sock is None:
            raise Fault("lost", self.server, "the control connection is closed", verb)
        self.sent = verb
        self._record("sent", line)
        try:
            self.sock.settimeout(self.seconds)
            self.sock.sendall(line.encode(self.encoding) + b"\r\n")
        except OSError as error:
            raise Fault("lost", self.server, f"the control connection broke: {describe(error)}", verb) from None

    def getmultiline(self) -> str:
        """ftplib's own commands read their replies here."""
        return self.read_reply().text

    def makepasv(self) -> tuple[str, int]:
        """Ask for a passive port for the client itself. The address in the reply is never used: only the dialled one is."""
        return self.peer_address, self.passive_port()[1]

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """
        ftplib's data connection of the client itself, encrypted if PROT says so.

        It resumes the session of the control connection: that is how servers tell that both have the same client.
        """
        connection, size = super().ntransfercmd(cmd, rest)
        self._data = connection
        if not self.private or self._context is None or not isinstance(self.sock, ssl.SSLSocket):
            return connection, size
        try:
            session = self.sock.session if self.resumes else None
            self._data = handshake(self._context, connection, self._identity, self.seconds, session)
            return self._data, size
        except TlsError as error:
            verb = cmd.split(" ", 1)[0]
            if error.kind == "untrusted":
                raise Fault("tls_untrusted", self.server, f"{error} (data connection)", verb) from None
            # The server that ended it says why.
            final = "" if error.kind == "silent" else f": {self.read_reply().text}"
            raise Fault("tls_refused", self.server, f"{error} (data connection){final}", verb) from None

    def cut(self) -> None:
        """End both connections under whoever waits on them, from any thread."""
        control = self.sock
        with contextlib.suppress(OSError):
            # Whoever waits closes what is cut, and what becomes of it would not be known.
            self._rest = None if control is None else socket.socket(fileno=os.dup(control.fileno()))
        for sock in (control, self._data):
            if sock is not None:
                with contextlib.suppress(OSError):
                    # TLS would take leave first, in the midst of what the other thread does.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    @property
    def is_over(self) -> bool:
        """
        Whether the server has answered or ended a connection that was cut: it acts on no command of it any more.

        One command at most waits for its reply, so whatever the server sends has come behind that. False where it is not known.
        """
        if self._rest is None:
            return False
        try:
            return self._rest.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _TCP_CLOSE
        except (AttributeError, OSError):  # not Linux
            return False

    def passive_port(self) -> tuple[str, int, str]:
        """
        PASV, or EPSV over IPv6: announced address, port and the reply.

        EPSV announces no address, so the dialled one stands for it. A reply without a usable port is ``malformed``.
        """
        verb = "EPSV" if self.af == socket.AF_INET6 else "PASV"
        reply = self.require(verb)
        try:
            if verb == "EPSV":
                return self.peer_address, parse_epsv(reply.text), reply.text
            address, port = parse_pasv(reply.text)
        except ValueError as error:
            raise Fault("malformed", self.server, f"{error}, got {reply.text!r}", verb) from None
        return address, port, reply.text


__all__ = ("ControlConnection", "Endpoint")
