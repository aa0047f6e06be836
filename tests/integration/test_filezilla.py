# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A partner's FileZilla Server 1.x, which Debian does not have, and a real ProFTPD.

What it says and asks for is played: no SSCN, and every protected data connection must take up the TLS session of the control
connection. The handshake is a real one, and whether a session was taken up is what OpenSSL says of it.
"""

from __future__ import annotations

import socket
import ssl
import typing as t

import pytest

from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.checking import check
from ansible_collections.proftpd.fxp.tests.integration.conftest import SOURCE, Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, server_options
from ansible_collections.proftpd.fxp.tests.integration.scripted import Answer, ScriptedServer

HERE = "127.0.1.7"
SECONDS = 5  # for what comes from another process of this machine
FEATURES = (
    "211-Features:\r\n MDTM\r\n REST STREAM\r\n SIZE\r\n MLST type*;size*;modify*;perm*;\r\n MLSD\r\n AUTH SSL\r\n AUTH TLS\r\n"
    " PROT\r\n PBSZ\r\n UTF8\r\n TVFS\r\n EPSV\r\n EPRT\r\n MFMT\r\n211 End\r\n"
)


class DataConnection:
    """What FileZilla Server does with a data connection, whichever side opens it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server((HERE, 0))
        self._listener.settimeout(SECONDS)
        self._dialled: tuple[str, int] | None = None

    def passive(self, _argument: str) -> t.Iterable[bytes]:
        """The reply to PASV."""
        self._dialled = None
        high, low = divmod(self._listener.getsockname()[1], 256)
        yield f"227 Entering Passive Mode ({HERE.replace('.', ',')},{high},{low})\r\n".encode()

    def active(self, argument: str) -> t.Iterable[bytes]:
        """The reply to PORT."""
        *address, high, low = argument.split(",")
        self._dialled = (".".join(address), int(high) * 256 + int(low))
        yield b"200 PORT command successful.\r\n"

    def stored(self, _argument: str) -> t.Iterable[bytes]:
        """What STOR is answered: by whom the session was begun decides, before any byte of the file."""
        yield b"150 Starting data transfer.\r\n"
        plain = socket.create_connection(self._dialled, SECONDS) if self._dialled else self._listener.accept()[0]
        with plain:
            plain.settimeout(SECONDS)
            with self._context.wrap_socket(plain, server_side=True) as protected:
                assert not protected.session_reused
        yield b"425 Unable to build data connection: TLS session of data connection not resumed.\r\n"

    def __enter__(self) -> DataConnection:
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.close()


@pytest.mark.parametrize("passive", ["source", "destination"])
def test_a_session_that_is_not_taken_up_is_named(start: Starter, authority: Authority, passive: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue(HERE))
    sender = start(SOURCE, ALLOW + DIGEST + tls(authority.issue(SOURCE), authority.path, "NoSessionReuseRequired"))
    common = {"tls": "explicit", "ca_path": str(authority.path)}
    with DataConnection(context) as data:
        answers: dict[str, Answer] = {
            "": b"220-FileZilla Server 1.9.4\r\n220 Please visit https://filezilla-project.org/\r\n",
            "AUTH": b"234 Using authentication type TLS.\r\n",
            "PBSZ": b"200 PBSZ=0\r\n",
            "PROT": b"200 Protection level set to P\r\n",
            "FEAT": FEATURES.encode(),
            "PASV": data.passive,
            "PORT": data.active,
            "STOR": data.stored,
        }
        with ScriptedServer(HERE, answers, context) as partner:
            receiver = {**server_options(partner.address, partner.port), **common}
            checked = check(sender.options(**common), receiver, passive=passive, payload_size=1000)
    (leg,) = checked.legs
    assert (leg["cause"], leg["server"]) == ("tls_session_reuse_required", "destination"), checked.message
    assert leg["evidence"]["sscn"] == "source"
    # What cannot be switched off there is left: files in the clear behind protected logins.
    assert "FileZilla Server cannot), or fxp_tls to control" in leg["remedy"], leg["remedy"]
