# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the host itself has in the way: its clock, other packages, its units, its disks."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._look import host

NOON = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC
DAY = 86_400


@pytest.mark.parametrize(("off", "refused"), [(0, False), (DAY, False), (-DAY, False), (DAY + 1, True), (-4000 * DAY, True)])
def test_a_clock_is_refused_when_certificates_made_now_are_not_good_by_it(off: float, refused: bool) -> None:
    found = host.clock(NOON + off, NOON)
    assert [each.code for each in found] == (["clock_off"] if refused else [])


def test_both_clocks_are_named() -> None:
    (refusal,) = host.clock(NOON - 3650 * DAY, NOON)
    assert "the clock here says 2013-11-16 22:13 UTC, the controller's 2023-11-14 22:13 UTC" in refusal.sentence
    assert refusal.value == "2013-11-16 22:13"


# As dpkg-query prints them.
PROFTPD = "proftpd-core|installed|ftp-server, proftpd, proftpd-abi-1.3.8, proftpd-mod-dnsbl"
VSFTPD = "vsftpd|installed|ftp-server"
PURE = "pure-ftpd|installed|ftp-server"


@pytest.mark.parametrize(
    ("installed", "named"),
    [
        ([VSFTPD], ["vsftpd"]),
        ([VSFTPD, PURE], ["pure-ftpd", "vsftpd"]),
        (["vsftpd|config-files|ftp-server"], []),
        (["openssl|installed|", "bash|installed|not-ftp-server"], []),
        ([PROFTPD], []),
    ],
)
def test_another_ftp_server_is_named_while_ours_is_missing(installed: list[str], named: list[str]) -> None:
    found = host.conflicts(["proftpd-core"], lambda *command: "\n".join(installed))
    assert [each.value for each in found] == ([named] if named else [])
    if named:
        assert f"apt remove {' '.join(named)}" in found[0].cure


def test_nobody_is_asked_where_nothing_is_missing() -> None:
    assert host.conflicts([], lambda *command: pytest.fail("asked")) == []


def unit(name: str = "proftpd.service", loaded: str = "loaded", active: str = "inactive", enabled: str = "enabled") -> host.Unit:
    return host.Unit(name, loaded, active, enabled)


@pytest.mark.parametrize(
    ("each", "code"),
    [
        (unit(), None),
        (unit(loaded="not-found", enabled=""), None),
        (unit(loaded="masked", enabled="masked"), "unit_masked"),
        (unit(loaded="masked", enabled="masked-runtime"), "unit_masked"),
        # Masked while it runs.
        (unit(active="active", enabled="masked"), "unit_masked"),
        (unit("proftpd.socket"), None),
        (unit("proftpd.socket", active="active"), "inetd_mode"),
    ],
)
def test_units_that_are_in_the_way(each: host.Unit, code: str | None) -> None:
    assert [refusal.code for refusal in host.units([each])] == ([code] if code else [])


@contextlib.contextmanager
def disk(place: pathlib.Path, options: str) -> t.Iterator[pathlib.Path]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("size=8m", None),
        ("size=64k", "disk_full"),
        ("size=8m,nr_inodes=1", "disk_full"),
        ("size=8m,ro", "disk_read_only"),
    ],
)
def test_a_disk_that_cannot_take_our_files(tmp_path: pathlib.Path, options: str, code: str | None) -> None:
    with disk(tmp_path, options) as place:
        # Of what is not there yet, the place where it will be made counts; several directories on one disk are one reason.
        found = host.room([str(place / "etc" / "proftpd"), str(place)])
    assert [(each.code, each.value) for each in found] == ([(code, str(tmp_path))] if code else [])
