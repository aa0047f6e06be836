# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Passwords hashed as crypt(3) does with SHA-512 (U. Drepper, "Unix crypt using SHA-256 and SHA-512", version 0.6).

An implementation of our own because the same account must get the same text from every controller: Python has no crypt since
3.13, passlib would be one more library to install, and what ansible-core makes of a given salt depends on its release.
"""

from __future__ import annotations

import hashlib

# The default of crypt(3) and of ProFTPD's ftpasswd; a login takes about 3 ms with it.
ROUNDS = 5000
MAX_SALT = 16
_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def sha512_crypt(password: str, salt: str, rounds: int = ROUNDS) -> str:
    """
    Return the hash of ``password`` in the form ``$6$salt$hash``; other than 5000 rounds are named in it.

    ``salt`` is cut to 16 characters, as the specification says. Raises ValueError for a NUL, which ends a password in C.
    """
    key, seed = password.encode(), salt.encode()[:MAX_SALT]
    if b"\0" in key:
        raise ValueError("a password must not hold a NUL character")
    other = hashlib.sha512(key + seed + key).digest()
    start = hashlib.sha512(key + seed + _stretched(other, len(key)))
    bits = len(key)
    while bits:
        start.update(other if bits & 1 else key)
        bits >>= 1
    digest = start.digest()
    stretched_key = _stretched(hashlib.sha512(key * len(key)).digest(), len(key))
    stretched_seed = _stretched(hashlib.sha512(seed * (16 + digest[0])).digest(), len(seed))
    for number in range(rounds):
        text = stretched_key if number & 1 else digest
        if number % 3:
            text += stretched_seed
        if number % 7:
            text += stretched_key
        digest = hashlib.sha512(text + (digest if number & 1 else stretched_key)).digest()
    named = "" if rounds == ROUNDS else f"rounds={rounds}$"
    return f"$6${named}{seed.decode()}${_printable(digest)}"


def libxcrypt_salt(seed: str) -> str:
    """
    Return the salt that crypt_gensalt(3) of libxcrypt makes of the bytes of ``seed``: it takes them for noise and encodes them.

    It uses three bytes at a time for four letters, up to 16, and leaves the last byte alone (gensalt_sha_rn in crypt-sha512.c).
    """
    noise = seed.encode()
    groups = (noise[start : start + 3] for start in range(0, len(noise) - 3, 3))
    return "".join(_letters(int.from_bytes(group, "little"), 4) for group in groups)[:MAX_SALT]


def _stretched(digest: bytes, length: int) -> bytes:
    return (digest * (length // len(digest) + 1))[:length]


def _printable(digest: bytes) -> str:
    """Return the digest in crypt's own alphabet: three bytes of a fixed order at a time, lowest six bits first."""
    groups = []
    first, second, third = 0, 21, 42
    for _group in range(21):
        groups.append(_letters(digest[first] << 16 | digest[second] << 8 | digest[third], 4))
        first, second, third = second + 1, third + 1, first + 1
    groups.append(_letters(digest[63], 2))
    return "".join(groups)


def _letters(value: int, count: int) -> str:
    return "".join(_ALPHABET[value >> 6 * place & 63] for place in range(count))
