# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import re
import zlib

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.payload import CHUNK, Crc32, random_chunks, unguessable_name


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_size_and_digest(size: int) -> None:
    digest = hashlib.sha256()
    chunks = list(random_chunks(size, digest))
    assert sum(map(len, chunks)) == size
    assert all(0 < len(chunk) <= CHUNK for chunk in chunks)
    assert digest.hexdigest() == hashlib.sha256(b"".join(chunks)).hexdigest()


def test_incompressible() -> None:
    payload = b"".join(random_chunks(100000, Crc32()))
    assert len(zlib.compress(payload, 9)) > 99000


def test_made_as_it_is_taken() -> None:
    chunks = random_chunks(10**15, Crc32())
    assert next(chunks) != next(chunks)


@pytest.mark.parametrize(("data", "expected"), [(b"", "00000000"), (b"hello\n", "363a3020")])
def test_crc32(data: bytes, expected: str) -> None:
    crc = Crc32()
    crc.update(data[:2])
    crc.update(data[2:])
    assert crc.hexdigest() == expected


def test_names() -> None:
    names = {unguessable_name() for _index in range(100)}
    assert len(names) == 100
    assert all(re.fullmatch(r"fxp-check-[0-9a-f]{32}", name) for name in names)
