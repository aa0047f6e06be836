# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The only places that a server under test is told to connect to: listeners of this host, gone with the probe."""

from __future__ import annotations

import errno
import secrets
import socket
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import is_ipv6
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import describe

LOW_PORTS = range(512, 1024)
_ATTEMPTS = 32  # ports that may be taken before a search is given up


class NoListener(Exception):
    """No port can be listened on; the text is a clause that says why."""


class Listener:
    """Listens on one port of one local address; ``arrived`` is whoever came."""

    def __init__(self, address: str, port: int = 0) -> None:
        """Raises ``NoListener``."""
        family = socket.AF_INET6 if is_ipv6(address) else socket.AF_INET
        try:
            self._socket = socket.create_server((address, port), family=family, backlog=4)
        except OSError as error:
            raise NoListener(f"this host cannot listen on port {port} of {address}: {describe(error)}") from error
        self.address, self.port = address, t.cast(int, self._socket.getsockname()[1])
        self.arrived: str | None = None

    def wait(self, seconds: float) -> bool:
        """Whether somebody has come, now or within ``seconds``; the connection is closed at once."""
        if self.arrived is None:
            self._socket.settimeout(max(seconds, 0.001))
            try:
                connection, peer = self._socket.accept()
            except OSError:
                return False
            connection.close()
            self.arrived = peer[0]
        return True

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def low_listener(address: str) -> Listener:
    """A listener on a free port below 1024. Raises ``NoListener``, also where that takes root and nobody is."""
    for port in secrets.SystemRandom().sample(LOW_PORTS, _ATTEMPTS):
        try:
            return Listener(address, port)
        except NoListener as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno in (errno.EACCES, errno.EPERM):
                raise NoListener("listening on ports below 1024 takes root (become: true) where the check runs") from None
            if not (isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE):
                raise
    raise NoListener(f"none of {_ATTEMPTS} ports below 1024 of {address} is free")


__all__ = ("LOW_PORTS", "Listener", "NoListener", "low_listener")
