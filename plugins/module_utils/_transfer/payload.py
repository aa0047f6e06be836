# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A random payload as a stream: nothing on the way can compress or guess it, and no copy of it is kept."""

from __future__ import annotations

import os
import re
import secrets
import typing as t
import zlib

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import CHUNK


class Digest(t.Protocol):
    """What is used of hashlib's objects."""

    def update(self, data: bytes) -> None:
        """Take in bytes."""

    def hexdigest(self) -> str:
        """The digest so far, lower case."""


class Crc32:
    """CRC-32 in the manner of hashlib, 8 hexadecimal digits."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        """Take in bytes."""
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        """The checksum so far, lower case."""
        return f"{self._value:08x}"


def random_chunks(size: int, digest: Digest) -> t.Iterator[bytes]:
    """``size`` random bytes in chunks; ``digest`` has seen all of them at the end."""
    left = size
    while left > 0:
        chunk = os.urandom(min(left, CHUNK))
        digest.update(chunk)
        left -= len(chunk)
        yield chunk


def unguessable_name() -> str:
    """A file name that nobody can foresee and that cannot be mistaken for somebody's file."""
    return f"fxp-check-{secrets.token_hex(16)}"


def is_ours(name: str) -> bool:
    """Whether ``unguessable_name`` could have made a name."""
    return re.fullmatch("fxp-check-[0-9a-f]{32}", name) is not None


__all__ = ("Crc32", "Digest", "is_ours", "random_chunks", "unguessable_name")
