# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import advisories, advisory_rows
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy, releases

DEBIAN = "1.3.8+dfsg-4+deb12u"
MODULES = ("mod_cap.c", "mod_facts.c", "mod_ctrls.c")
OFF = "AllowForeignAddress off\n"


def known(release: str, text: str = OFF, package: str | None = None, *modules: str) -> dict[str, dict[str, t.Any]]:
    """What is told of a release."""
    in_force = policy.effective(parser.parse(text), policy.Surroundings(release=releases.parse(release)))
    found = advisories.advisories(package, in_force, [*MODULES, *modules])
    assert all(each["cure"] and each["source"] and not each["what"].endswith(".") for each in found)
    return {each["id"]: each for each in found}


def told(release: str, text: str = OFF, package: str | None = None, *modules: str) -> dict[str, bool]:
    """Which advisories there are for a release, and whether they apply."""
    return {name: each["applies"] for name, each in known(release, text, package, *modules).items()}


def test_the_newest_release_has_none() -> None:
    assert told("1.3.10") == {}


@pytest.mark.parametrize(
    ("release", "code", "there"),
    [
        ("1.3.8", "issue-2272", True),
        ("1.3.9d", "issue-2272", False),
        ("1.3.7c", "issue-1346", True),
        ("1.3.7c", "issue-2272", False),
        ("1.3.7d", "issue-1346", False),
        ("1.3.6e", "class-unsupported", True),
        ("1.3.7rc1", "class-unsupported", False),
        ("1.3.6", "sscn-unusable", True),
        ("1.3.6a", "sscn-unusable", False),
        ("1.3.8a", "CVE-2023-51713", False),
        ("1.3.8", "CVE-2023-51713", True),
        ("1.3.9rc2", "CVE-2024-48651", True),
        ("1.3.9rc3", "CVE-2024-48651", False),
        ("1.3.9b", "issue-2146", True),
        ("1.3.9c", "issue-2146", False),
        ("1.3.10rc1", "issue-2146", True),
        ("1.3.10rc3", "issue-2146", False),
        ("1.3.10rc1", "CVE-2026-44331", True),
        ("1.3.9d", "issue-2286", True),
        ("1.3.9e", "issue-2286", False),
        ("1.3.8d", "CVE-2024-57392", False),
        ("1.3.9rc3", "CVE-2024-57392", True),
        ("1.3.9", "CVE-2024-57392", False),
        ("1.3.6e", "issue-1171", False),
        ("1.3.7a", "issue-1171", True),
        ("1.3.7b", "issue-1171", False),
        ("1.3.10rc1", "issue-2095", True),
        ("1.3.10rc2", "issue-2095", False),
        ("1.3.6rc2", "CVE-2017-7418", True),
        ("1.3.5e", "CVE-2017-7418", False),
    ],
)
def test_they_end_with_the_release_that_mends_them(release: str, code: str, there: bool) -> None:
    assert (code in told(release)) is there


# What needs a newer OpenSSL than these releases have.
OPENSSL = {"issue-2056"}


@pytest.mark.parametrize(
    ("update", "mended"),
    [
        (2, set()),
        (3, {"CVE-2023-48795", "CVE-2023-51713"}),
        (4, {"CVE-2023-48795", "CVE-2023-51713", "CVE-2024-48651"}),
        (5, {"CVE-2023-48795", "CVE-2023-51713", "CVE-2024-48651", "CVE-2024-57392", "CVE-2026-42167"}),
    ],
)
def test_what_debian_mends_counts(update: int, mended: set[str]) -> None:
    assert set(told("1.3.8")) - set(told("1.3.8", package=f"{DEBIAN}{update}")) == mended | OPENSSL


TRIXIE_3 = {"CVE-2024-57392", "CVE-2026-42167", "CVE-2026-44331", "CVE-2026-63090", "CVE-2026-63091"}
EARLY = {"CVE-2023-48795", "CVE-2023-51713", "CVE-2024-48651"}


@pytest.mark.parametrize(
    ("release", "package", "mended"),
    [
        ("1.3.7a", "1.3.7a+dfsg-12+deb11u2", OPENSSL),
        ("1.3.7a", "1.3.7a+dfsg-12+deb11u3", OPENSSL | EARLY),
        ("1.3.7a", "1.3.7a+dfsg-12+deb11u5", OPENSSL | EARLY | {"CVE-2024-57392", "issue-1171"}),
        ("1.3.8", "1.3.8+dfsg-4", OPENSSL),
        ("1.3.8b", "1.3.8.b+dfsg-1build3", OPENSSL),
        ("1.3.8b", "1.3.8.b+dfsg-1ubuntu0.1", OPENSSL | {"CVE-2024-48651"}),
        ("1.3.8c", "1.3.8.c+dfsg-4", {"CVE-2024-57392"}),
        ("1.3.8c", "1.3.8.c+dfsg-4+deb13u1", {"CVE-2024-57392"}),
        ("1.3.8c", "1.3.8.c+dfsg-4+deb13u2", {"CVE-2024-57392", "CVE-2026-42167"}),
        ("1.3.8c", "1.3.8.c+dfsg-4+deb13u3", TRIXIE_3),
        ("1.3.8c", "1.3.8.c+dfsg-4+deb13u4", TRIXIE_3 | OPENSSL),
    ],
)
def test_so_does_what_other_releases_of_debian_mend(release: str, package: str, mended: set[str]) -> None:
    assert set(told(release)) - set(told(release, package=package)) == mended


def test_they_apply_where_what_they_need_is_there() -> None:
    unset = told("1.3.8", "")
    assert unset["issue-2272"]
    assert not told("1.3.8")["issue-2272"]
    assert told("1.3.8", "AllowForeignAddress nobodies\n")["issue-2272"]
    assert told("1.3.8", "AllowForeignAddress off\n<VirtualHost 192.0.2.1>\n</VirtualHost>\n")["issue-2272"]
    assert not told("1.3.8", "AllowForeignAddress off\n<VirtualHost 192.0.2.1>\nPort 0\n</VirtualHost>\n")["issue-2272"]
    assert told("1.3.7a", "AllowForeignAddress peers\n")["issue-1346"]
    assert not told("1.3.8")["issue-2095"]
    assert told("1.3.8", "AllowForeignAddress off\n", None, "mod_copy.c")["issue-2095"]
    assert not told("1.3.8", "AllowForeignAddress off\nCopyEngine off\n", None, "mod_copy.c")["issue-2095"]
    assert told("1.3.8")["issue-2210"]
    assert not told("1.3.8", "ControlsEngine off\n")["issue-2210"]
    assert told("1.3.8", "", None, "mod_wrap2_sql.c")["CVE-2026-44331"]
    assert not told("1.3.8", "UseReverseDNS off\n", None, "mod_wrap2_sql.c")["CVE-2026-44331"]
    assert told("1.3.8", "UseReverseDNS off\nUseReverseDNS on\n", None, "mod_wrap2_sql.c")["CVE-2026-44331"]
    assert not told("1.3.8")["issue-2158"]
    assert told("1.3.8", "<Global>\nMaxTransfersPerUser RETR 1\n</Global>\n")["issue-2158"]
    # One server that means it is enough.
    host = "<VirtualHost 192.0.2.1>\nAllowChrootSymlinks off\n</VirtualHost>\n"
    assert told("1.3.5", host)["CVE-2017-7418"]
    assert not told("1.3.5", "")["CVE-2017-7418"]


@pytest.mark.parametrize(
    ("package", "certain"),
    [
        (None, True),
        ("1.3.8+dfsg-4", True),
        (f"{DEBIAN}5", True),
        # Nobody here has read what it mends.
        (f"{DEBIAN}6", False),
        ("1.3.8.c+dfsg-4", False),
        ("1.3.8.c+dfsg-4+deb13u1", False),
        ("1.3.8.b+dfsg-1ubuntu0.1", False),
    ],
)
def test_another_package_may_have_a_fix_of_its_own(package: str | None, certain: bool) -> None:
    found = known("1.3.8", "", package)
    assert found["issue-2146"]["certain"] is certain
    assert found["issue-2272"]["certain"]


@pytest.mark.parametrize(
    ("release", "package", "name", "severity", "cure"),
    [
        ("1.3.8", None, "issue-2146", "fault", "update ProFTPD to 1.3.9c or later"),
        ("1.3.10rc1", None, "issue-2146", "fault", "update ProFTPD to 1.3.10rc3 or later"),
        ("1.3.8", f"{DEBIAN}5", "issue-2146", "note",
         "there is nothing to be done until your distribution has a package with the fix of 1.3.9c"),
        ("1.3.8", f"{DEBIAN}6", "issue-2146", "fault",
         "update to a package of your distribution that has the fix, as 1.3.9c and later do"),
        # What the configuration can do it can do on every release.
        ("1.3.8", f"{DEBIAN}5", "issue-2210", "fault", "say ControlsEngine off"),
        ("1.3.8", f"{DEBIAN}2", "CVE-2023-51713", "fault", f"update the package of ProFTPD to {DEBIAN}3 or later"),
        ("1.3.7a", "1.3.7a+dfsg-12+deb11u2", "issue-1171", "fault",
         "update the package of ProFTPD to 1.3.7a+dfsg-12+deb11u5 or later"),
        ("1.3.7a", None, "issue-1171", "fault", "update ProFTPD to 1.3.7b or later"),
        ("1.3.8c", "1.3.8.c+dfsg-4+deb13u3", "issue-2056", "fault",
         "update the package of ProFTPD to 1.3.8.c+dfsg-4+deb13u4 or later"),
        ("1.3.8c", "1.3.8.c+dfsg-4+deb13u2", "CVE-2026-63090", "fault",
         "do not load mod_sftp, or update the package of ProFTPD to 1.3.8.c+dfsg-4+deb13u3 or later"),
        ("1.3.8b", "1.3.8.b+dfsg-1build3", "CVE-2024-48651", "fault",
         "update the package of ProFTPD to 1.3.8.b+dfsg-1ubuntu0.1 or later"),
        ("1.3.8", None, "issue-2272", "hole",
         "say AllowForeignAddress off, or the name of a class that is defined, in every server, "
         "or update ProFTPD to 1.3.9d or later"),
        ("1.3.6b", None, "CVE-2020-9273", "hole", "update ProFTPD to 1.3.6c or later"),
    ],
)  # fmt: skip
def test_the_cure_is_one_that_is_there_and_without_one_it_is_a_note(
    release: str, package: str | None, name: str, severity: str, cure: str
) -> None:
    found = known(release, "", package)[name]
    assert (found["severity"], found["cure"]) == (severity, cure)


def test_nothing_is_said_of_a_release_that_is_not_known() -> None:
    assert known("") == {}


def test_every_row_has_a_name_of_its_own_and_is_about_what_is_known() -> None:
    names = [row.id for row in advisory_rows.ROWS]
    assert len(set(names)) == len(names)
    for row in advisory_rows.ROWS:
        assert row.severity in {"hole", "fault", "note"}
        assert set(row.packages) <= set(advisory_rows.DISTRIBUTIONS)
        assert all(releases.parse(span.first) and releases.parse(span.fixed) for span in row.affected)
        # Whatever keeps it from applying is told.
        assert bool(row.needs.told) is (row.needs != advisory_rows.Needs())
