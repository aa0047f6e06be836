# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Is a file what it should be? By the server's own hash where it has one, else by reading it back."""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import download, time_for
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.payload import Crc32, Digest

READ_BACK = "read back"

_ALGORITHMS: dict[str, t.Callable[[], Digest]] = {
    "SHA-256": hashlib.sha256,
    "SHA-512": hashlib.sha512,
    "SHA-1": hashlib.sha1,
    "MD5": hashlib.md5,
    "CRC32": Crc32,
}
# mod_digest's commands that take a name and answer with a digest.
_X_COMMANDS = {"XSHA256": "SHA-256", "XSHA1": "SHA-1", "XMD5": "MD5", "XCRC": "CRC32"}


@dataclass(frozen=True)
class Method:
    """How a server tells a digest: ``command`` is HASH, an X command, or empty for none."""

    command: str
    algorithm: str

    @property
    def label(self) -> str:
        """The method as results name it."""
        return f"{self.command} {self.algorithm}" if self.command == "HASH" else self.command or READ_BACK

    def digest(self) -> Digest:
        """A fresh digest of the same algorithm for the client's own use."""
        return _ALGORITHMS[self.algorithm]()


def choose(features: t.Mapping[str, str], algorithm: str | None = None) -> Method:
    """The best method that FEAT offers, of one algorithm if that is given; without an offer reading back with SHA-256."""
    offered = {name.strip("* ").upper() for name in features.get("HASH", "").split(";")}
    for name in _ALGORITHMS:
        if name in offered and algorithm in (None, name):
            return Method("HASH", name)
    for command, name in _X_COMMANDS.items():
        if command in features and algorithm in (None, name):
            return Method(command, name)
    return Method("", algorithm or "SHA-256")


def digest_of(session: Session, name: str, size: int, method: Method) -> tuple[str, str]:
    """
    The digest of a file on a server, lower case, and the label of the method that gave it.

    A server that offers a hash and then refuses it (DigestMaxSize, a limit) is read back instead. Raises ``Fault``.
    """
    if method.command:
        told = _ask(session, name, size, method)
        # The digest of nothing is what a broken server tells of everything.
        if told and told != method.digest().hexdigest():
            return told, method.label
    return read_back(session, name, size, method), READ_BACK


def read_back(session: Session, name: str, size: int, method: Method) -> str:
    """The digest of what the client gets when it reads a file; at most one byte more than ``size`` is read."""
    digest = method.digest()
    download(session.control, name, size, digest.update)
    return digest.hexdigest()


def _ask(session: Session, name: str, size: int, method: Method) -> str | None:
    control = session.control
    seconds = time_for(size, control.seconds)
    if method.command == "HASH":
        if f"{method.algorithm}*" not in session.features.get("HASH", "").upper().split(";"):
            if not control.command(f"OPTS HASH {method.algorithm}").positive:
                return None
            session.features["HASH"] = f"{method.algorithm}*"
        reply = control.command(f"HASH {name}", seconds)
    else:
        reply = control.command(f'{method.command} "{name}"' if " " in name else f"{method.command} {name}", seconds)
    if not reply.positive:
        return None
    # "213 SHA-256 0-6 f572... hello" or "250 363A3020": the digest is the only word of its length in hexadecimal digits, unless
    # the name is one too; it comes after the digest.
    length = len(method.digest().hexdigest())
    match = re.search(rf"(?:^|\s)([0-9A-Fa-f]{{{length}}})(?=\s|$)", reply.lines[-1][4:])
    return match.group(1).lower() if match else None


__all__ = ("READ_BACK", "Method", "choose", "digest_of", "read_back")
