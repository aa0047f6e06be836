# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ctypes
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.plugin_utils._sha_crypt import libxcrypt_salt, sha512_crypt

SALTS = st.text("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=1, max_size=16)
# openssl reads one line of UTF-8.
PASSWORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("password", "salt", "rounds", "expected"),
    [
        # Those of the specification's test program.
        (
            "Hello world!",
            "saltstring",
            5000,
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        ),
        (
            "Hello world!",
            "saltstringsaltstring",
            10000,
            "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
        ),
        (
            "we have a short salt string but not a short password",
            "short",
            77777,
            "$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0",
        ),
    ],
)
def test_published_vectors(password: str, salt: str, rounds: int, expected: str) -> None:
    assert sha512_crypt(password, salt, rounds) == expected


@settings(max_examples=60, deadline=None)
@given(PASSWORDS, SALTS)
def test_openssl_says_the_same(password: str, salt: str) -> None:
    openssl = subprocess.run(
        ["openssl", "passwd", "-6", "-salt", salt, "-stdin"], input=f"{password}\n".encode(), check=True, capture_output=True
    )
    assert sha512_crypt(password, salt) == openssl.stdout.decode().strip()


@pytest.mark.parametrize("length", [1, 63, 64, 65, 128, 200])
def test_long_passwords(length: int) -> None:
    password = "p" * length
    # openssl reads at most 256 characters.
    openssl = subprocess.run(["openssl", "passwd", "-6", "-salt", "salt", password], check=True, capture_output=True, text=True)
    assert sha512_crypt(password, "salt") == openssl.stdout.strip()


@settings(max_examples=60, deadline=None)
@given(st.text("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=16, max_size=16), PASSWORDS)
def test_libxcrypt_says_the_same(seed: str, password: str) -> None:
    """As ansible-core 2.21 asks it: the salt goes through crypt_gensalt, and what comes out into crypt."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt_gensalt.argtypes = [ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_int]
    library.crypt_gensalt.restype = library.crypt.restype = ctypes.c_char_p
    setting = library.crypt_gensalt(b"$6$", 5000, seed.encode(), len(seed))
    assert f"$6${libxcrypt_salt(seed)}" == setting.decode()
    whole = library.crypt(password.encode(), setting)
    assert whole.decode() == sha512_crypt(password, libxcrypt_salt(seed))


def test_a_password_that_c_would_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        sha512_crypt("a\0b", "salt")
