# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pyftpdlib, the second implementation: its manners differ, and its file system can be made to lie."""

from __future__ import annotations

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
