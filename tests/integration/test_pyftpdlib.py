# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pyftpdlib, the second implementation: its manners differ, and its file system can be made to lie."""

from __future__ import annotations

import hashlib
import io
import pathlib

import pytest

from ansible_collections.proftpd.fxp.tests.integration.checking import check
from ansible_collections.proftpd.fxp.tests.integration.daemons import Proftpd
from ansible_collections.proftpd.fxp.tests.integration.pyftpd import FlippingFile, Pyftpd, ShorteningFile

Pair = tuple[Proftpd, Proftpd]
ADDRESS = "127.0.1.4"


@pytest.mark.parametrize("size", [0, 1048576, 10000000])
@pytest.mark.parametrize("role", ["source", "destination"])
def test_both_ways(pair: Pair, tmp_path: pathlib.Path, role: str, size: int) -> None:
    """To and from ProFTPD, with either side listening; without digests the file is read back."""
    with Pyftpd(tmp_path / "home", ADDRESS, foreign=True) as server:
        source, destination = (server, pair[1]) if role == "source" else (pair[0], server)
        checked = check(source.options(), destination.options(), payload_size=size)
        assert checked.result["ok"], checked.message
        assert server.files() == set()


@pytest.mark.parametrize("role", ["source", "destination"])
def test_refusals(pair: Pair, tmp_path: pathlib.Path, role: str) -> None:
    """Foreign addresses are refused in words of its own, in both of its parts."""
    with Pyftpd(tmp_path / "home", ADDRESS, foreign=False) as server:
        source, destination = (server, pair[1]) if role == "source" else (pair[0], server)
        checked = check(source.options(), destination.options(), payload_size=100000, timeout=2.0)
        assert set(checked.causes) == {"active_refuses_foreign_address", "passive_refuses_foreign_address"}
        assert checked.servers == [role, role]
        assert [leg["certain"] for leg in checked.legs] == [True, True]
        assert server.files() == set()


@pytest.mark.parametrize(("file_type", "difference"), [(FlippingFile, "digest"), (ShorteningFile, "bytes instead of")])
def test_other_content(pair: Pair, tmp_path: pathlib.Path, file_type: type[io.FileIO], difference: str) -> None:
    """Both servers report success and the destination holds something else."""
    with Pyftpd(tmp_path / "home", ADDRESS, foreign=True, file_type=file_type) as server:
        checked = check(pair[0].options(), server.options(), payload_size=100000)
        assert server.files() == set()
    assert checked.causes == ["content_mismatch"] * 2
    assert checked.servers == ["destination"] * 2
    assert difference in checked.message
    assert [leg["bytes_per_second"] for leg in checked.legs] == [None, None]


STALE = hashlib.sha256(b"what was here before").hexdigest()
EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize("told", [STALE, EMPTY])
@pytest.mark.parametrize("path", [None, "there"])
@pytest.mark.parametrize("role", ["source", "destination"])
def test_wrong_digest_of_a_right_file(pair: Pair, tmp_path: pathlib.Path, role: str, path: str | None, told: str) -> None:
    """A stale digest is no fault of the transfer: what can be read decides, and the server is told on."""
    with Pyftpd(tmp_path / "home", ADDRESS, foreign=True, told_digest=lambda _path: told) as server:
        source, destination = (server, pair[1]) if role == "source" else (pair[0], server)
        (source.home / "there").write_bytes(b"content" * 1000)
        try:
            checked = check(source.options(), destination.options(), payload_size=7000, path=path)
        finally:
            (source.home / "there").unlink()
    assert checked.result["ok"], checked.message
    # The source is asked once, and only about a file that the check did not make; the digest of nothing is not taken for one.
    asked = 2 if role == "destination" else 1 if path else 0
    assert len(checked.warnings) == (asked if told == STALE else 0)
    assert all(role in warning and "wrong digest by HASH SHA-256" in warning for warning in checked.warnings)


@pytest.mark.parametrize("told", [STALE, EMPTY])
def test_wrong_digest_of_a_wrong_file(pair: Pair, tmp_path: pathlib.Path, told: str) -> None:
    """Neither does a stale digest hide that the file is another one, even if both servers tell the same."""
    homes = (tmp_path / "one", tmp_path / "other")
    with Pyftpd(homes[0], ADDRESS, foreign=True, told_digest=lambda _path: told) as source, Pyftpd(
        homes[1], "127.0.1.9", foreign=True, told_digest=lambda _path: told, file_type=FlippingFile
    ) as destination:
        checked = check(source.options(), destination.options(), payload_size=7000)
        assert checked.causes == ["content_mismatch"] * 2
        (homes[0] / "there").write_bytes(b"content" * 1000)
        checked = check(source.options(), destination.options(), path="there")
    # With a file that is not the check's own the word of the servers is all there is, unless it is the digest of nothing.
    assert checked.causes == ([None] * 2 if told == STALE else ["content_mismatch"] * 2)


def test_digest_of_what_was_received(pair: Pair, tmp_path: pathlib.Path) -> None:
    """
    A server that stores something else than it received and tells the digest of what it received is believed.

    It did receive the bytes, which nobody can guess; what it does with them no dialogue can prove.
    """

    def told(path: pathlib.Path) -> str:
        data = path.read_bytes()
        return hashlib.sha256(bytes([data[0] ^ 1]) + data[1:]).hexdigest()

    with Pyftpd(tmp_path / "home", ADDRESS, foreign=True, file_type=FlippingFile, told_digest=told) as server:
        checked = check(pair[0].options(), server.options(), payload_size=1000)
    assert checked.result["ok"]


@pytest.mark.parametrize("role", ["source", "destination"])
def test_type_without_effect(pair: Pair, tmp_path: pathlib.Path, role: str) -> None:
    """TYPE I is answered and changes nothing. pyftpdlib's 150 does not tell the mode, but SIZE is refused in ASCII."""
    with Pyftpd(tmp_path / "home", ADDRESS, foreign=True, text_only=True) as server:
        source, destination = (server, pair[1]) if role == "source" else (pair[0], server)
        checked = check(source.options(), destination.options(), payload_size=10000, timeout=2.0)
        assert server.files() == set()
    assert (set(checked.causes), set(checked.servers)) == ({"type_mismatch"}, {role}), checked.message


def test_files_are_taken_away(pair: Pair, tmp_path: pathlib.Path) -> None:
    """What has arrived is moved away at once, as an inbox does: nothing was refused, and no permission is wrong."""
    settings = {"on_file_received": lambda _handler, name: pathlib.Path(name).unlink()}
    with Pyftpd(tmp_path / "home", ADDRESS, foreign=True, settings=settings) as server:
        checked = check(pair[0].options(), server.options(), payload_size=1000)
    assert (checked.causes, checked.servers) == (["file_gone"] * 2, ["destination"] * 2)
    assert [(leg["certain"], leg["also_possible"]) for leg in checked.legs] == [(False, [])] * 2
    assert "inbox" in checked.result["remedy"]
