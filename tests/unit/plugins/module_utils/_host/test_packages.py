# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What dpkg of this machine says, and what it says of packages in states that this machine should not have."""

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import packages


def test_dpkg_is_asked() -> None:
    assert packages.missing(["no-such-package-of-proftpd-fxp", "dpkg", "base-files"]) == ["no-such-package-of-proftpd-fxp"]
    assert packages.missing([]) == []


def test_without_dpkg_all_are_missing() -> None:
    assert packages.missing(["proftpd-core", "openssl"], output=lambda *command: "") == ["proftpd-core", "openssl"]


@pytest.mark.parametrize(
    ("state", "missing"),
    [
        ("installed", []),
        ("config-files", ["proftpd-core"]),  # removed, and known for its configuration
        ("half-configured", ["proftpd-core"]),
        ("not-installed", ["proftpd-core"]),
    ],
)
def test_only_what_is_installed_counts(state: str, missing: list[str]) -> None:
    def told(*command: str) -> str:
        assert command[0] == "dpkg-query"
        return f"proftpd-core 1.3.8 {state}\nopenssl 3.0.20-1~deb12u1 installed\n"

    assert packages.missing(["proftpd-core", "openssl"], output=told) == missing
    versions = packages.installed(["proftpd-core", "openssl"], output=told)
    assert versions == {"openssl": "3.0.20-1~deb12u1", **({} if missing else {"proftpd-core": "1.3.8"})}


def test_who_stands_for_the_same() -> None:
    told = "vsftpd|installed|ftp-server\nftpd|config-files|ftp-server\nother-ftpd|installed|ftp-server (= 2), x\nx|installed|\n"
    assert packages.providing("ftp-server", output=lambda *command: told) == ["other-ftpd", "vsftpd"]
    # Every dpkg knows who is the awk.
    assert "mawk" in packages.providing("awk")
