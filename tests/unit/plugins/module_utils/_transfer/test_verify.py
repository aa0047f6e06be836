# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.verify import READ_BACK, Method, choose, digest_of
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import Connect, Line

PROFTPD = {"HASH": "CRC32;MD5;SHA-1*;SHA-256;SHA-512", "XCRC": "", "XMD5": "", "XSHA1": "", "XSHA256": ""}
SHA256 = hashlib.sha256(b"hello\n").hexdigest()


class KnownSession:
    """What is used of a session."""

    def __init__(self, line: Line, features: dict[str, str]) -> None:
        self.control = line.control
        self.features = features

    def cast(self) -> Session:
        return t.cast(Session, self)


@pytest.mark.parametrize(
    ("features", "algorithm", "label"),
    [
        (PROFTPD, None, "HASH SHA-256"),
        (PROFTPD, "MD5", "HASH MD5"),
        ({"HASH": "SHA-1*;MD5;"}, None, "HASH SHA-1"),
        ({"HASH": "SHA-3;"}, None, READ_BACK),
        ({"HASH": "SHA-1", "XSHA256": ""}, "SHA-256", "XSHA256"),
        ({"XCRC": "filename;start;end", "XMD5": ""}, None, "XMD5"),
        ({"XCRC": ""}, None, "XCRC"),
        ({"XCRC": ""}, "SHA-256", READ_BACK),
        ({}, None, READ_BACK),
        ({}, "MD5", READ_BACK),
    ],
)
def test_choose(features: dict[str, str], algorithm: str | None, label: str) -> None:
    method = choose(features, algorithm)
    assert method.label == label
    if algorithm:
        assert method.algorithm == algorithm


@pytest.mark.parametrize(
    ("method", "reply", "digest"),
    [
        (Method("HASH", "SHA-256"), f"213-Computing SHA-256 digest\r\n213 SHA-256 0-6 {SHA256} hello\r\n", SHA256),
        (Method("XSHA256", "SHA-256"), f"250-Computing SHA256 digest\r\n250 {SHA256.upper()}\r\n", SHA256),
        (Method("XCRC", "CRC32"), "250-Computing CRC32 digest\r\n Computing...\r\n250 363A3020\r\n", "363a3020"),
        (
            Method("XMD5", "MD5"),
            "251-Computing MD5 digest\r\n251 hello B1946AC92492D2347C6235B4D2611184\r\n",
            "b1946ac92492d2347c6235b4d2611184",
        ),
        (Method("XCRC", "CRC32"), "250 hello 363A3020 deadbeef\r\n", "363a3020"),
    ],
)
def test_answers(connect: Connect, method: Method, reply: str, digest: str) -> None:
    line = connect("destination")
    line.server.sendall(reply.encode())
    session = KnownSession(line, {"HASH": f"{method.algorithm}*"})
    assert digest_of(session.cast(), "hello", 6, method) == (digest, method.label)


def test_algorithm_is_selected_once(connect: Connect) -> None:
    line = connect("destination")
    session = KnownSession(line, dict(PROFTPD))
    answer = f"213 SHA-256 0-6 {SHA256} hello\r\n".encode()
    line.server.sendall(b"200 SHA-256\r\n" + answer + answer)
    for _round in range(2):
        assert digest_of(session.cast(), "hello", 6, choose(session.features))[0] == SHA256
    assert line.sent() == ["OPTS HASH SHA-256", "HASH hello", "HASH hello"]


def test_names_with_blanks_are_quoted_for_x_commands(connect: Connect) -> None:
    line = connect("destination")
    line.server.sendall(b"250 363A3020\r\n")
    digest_of(KnownSession(line, {}).cast(), "a b", 6, Method("XCRC", "CRC32"))
    assert line.sent() == ['XCRC "a b"']


@pytest.mark.parametrize("reply", [b"550 no\r\n", b"250 nothing like a digest\r\n", b"556 src: Operation not permitted\r\n"])
def test_other_answers_lead_to_reading_back(connect: Connect, reply: bytes) -> None:
    line = connect("destination")
    line.server.sendall(reply + b"500 no PASV\r\n")
    with pytest.raises(Fault) as caught:
        digest_of(KnownSession(line, {}).cast(), "hello", 6, Method("XCRC", "CRC32"))
    assert caught.value.command == "PASV"
    assert line.sent() == ["XCRC hello", "PASV"]


@pytest.mark.parametrize("algorithm", ["SHA-256", "SHA-512", "SHA-1", "MD5"])
def test_digests(algorithm: str) -> None:
    digest = Method("HASH", algorithm).digest()
    digest.update(b"hello\n")
    assert digest.hexdigest() == hashlib.new(algorithm.replace("-", ""), b"hello\n").hexdigest()
