# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""TLS as the client speaks it: what it trusts, a handshake whose time is bounded, and what was agreed on."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
import time
import typing as t
from dataclasses import dataclass

# OpenSSL's reasons for bytes that are no record; which of them depends on its version and on the bytes.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")

Version = t.Literal["TLSv1.2", "TLSv1.3"]
VERSIONS: dict[Version, ssl.TLSVersion] = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


class TlsError(Exception):
    """A handshake that failed; the text says why. ``kind`` tells what part the other end had in it."""

    def __init__(self, kind: t.Literal["untrusted", "refused", "silent", "closed"], text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True)
class Agreed:
    """What a control connection is encrypted with, in OpenSSL's names, and whether the server's certificate was verified."""

    version: str
    cipher: str
    verified: bool


def client_context(verify: bool, ca_path: str | None = None, ca_content: str | None = None) -> ssl.SSLContext:
    """
    TLS 1.2 or later. Verified are chain and identity, against one CA if it is given and else those that the system trusts.

    Raises ``TlsError`` (``untrusted``) for a CA that cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_path is None and ca_content is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(cafile=ca_path, cadata=ca_content)
        except (OSError, ValueError) as error:
            where = "ca_content" if ca_path is None else f"ca_path {ca_path}"
            unreadable = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
            what = f"cannot be read ({error})" if unreadable else "holds no certificate in PEM"
            raise TlsError("untrusted", f"{where} {what}") from None
    return context


def handshake(
    context: ssl.SSLContext, sock: socket.socket, host: str, seconds: float, session: ssl.SSLSession | None = None
) -> ssl.SSLSocket:
    """
    Encrypt a connection within ``seconds``; ``host`` is whom the certificate has to name, an IP address or a name.

    ``session`` is resumed if the server agrees. The socket is closed if this fails. Raises ``TlsError``.
    """
    deadline = time.monotonic() + seconds
    encrypted: ssl.SSLSocket | None = None
    try:
        encrypted = context.wrap_socket(sock, server_hostname=identity(host), do_handshake_on_connect=False, session=session)
        # The whole handshake has this time, not each of its reads (Modules/_ssl.c).
        encrypted.settimeout(max(deadline - time.monotonic(), 0.001))
        encrypted.do_handshake()
    except (OSError, ValueError) as error:
        # The encrypted socket has taken over the descriptor, if it came to that.
        (encrypted or sock).close()
        raise explain(error) from None
    return encrypted


def identity(host: str) -> str:
    """The name or address that a certificate has to hold for ``host``: without the zone of a link-local address."""
    try:
        return str(ipaddress.ip_address(host.split("%", 1)[0]))
    except ValueError:
        return host


def explain(error: Exception) -> TlsError:
    """Why a handshake failed, in a clause."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsError("untrusted", f"its certificate is not trusted: {error.verify_message.rstrip('.')}")
    if isinstance(error, socket.timeout):
        return TlsError("silent", "no end of the TLS handshake in time")
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError)) or (
        isinstance(error, OSError) and error.errno == errno.ENOTCONN
    ):
        return TlsError("closed", "it closed the connection during the TLS handshake")
    reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else ""
    if reason in _NOT_TLS:
        return TlsError("refused", "what it sends is not TLS")
    if reason in ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION"):
        return TlsError("refused", "it offers no TLS 1.2 or later")
    return TlsError("refused", f"the TLS handshake failed: {reason.replace('_', ' ').lower() or error}")


def agreed(sock: ssl.SSLSocket) -> Agreed:
    """What an encrypted connection uses."""
    cipher = sock.cipher()
    return Agreed(sock.version() or "", cipher[0] if cipher else "", sock.context.verify_mode != ssl.CERT_NONE)


def say_goodbye(sock: socket.socket, seconds: float) -> None:
    """
    End the sending half of a connection so that the other end loses nothing.

    A TLS connection that is just closed may lose its last bytes: what the server has sent unasked, such as tickets, makes
    the kernel reset it. Whether everything has arrived is told by the reply, not by what becomes of this farewell.
    """
    if isinstance(sock, ssl.SSLSocket):
        try:
            sock.settimeout(seconds)
            sock.unwrap()
        except (OSError, ValueError):
            return


__all__ = (
    "VERSIONS",
    "Agreed",
    "TlsError",
    "Version",
    "agreed",
    "client_context",
    "explain",
    "handshake",
    "identity",
    "say_goodbye",
)
