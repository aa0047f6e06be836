# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import advisories, describe
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy, releases

DEBIAN = "1.3.8+dfsg-4+deb12u"
MODULES = ("mod_cap.c", "mod_facts.c", "mod_ctrls.c")


def told(release: str, text: str = "AllowForeignAddress off\n", package: str | None = None, *modules: str) -> dict[str, bool]:
    """Which advisories there are for a release, and whether they apply."""
    known = releases.parse(release)
    in_force = policy.effective(parser.parse(text), policy.Surroundings(release=known))
    servers = describe.describe(in_force)
    found = advisories.advisories(known, package, in_force, servers, [*MODULES, *modules])
    assert all(each["cure"] and each["source"] and not each["what"].endswith(".") for each in found)
    return {each["id"]: each["applies"] for each in found}


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
        ("1.3.10rc1", "issue-2095", True),
        ("1.3.10rc2", "issue-2095", False),
        ("1.3.6rc2", "CVE-2017-7418", True),
        ("1.3.5e", "CVE-2017-7418", False),
    ],
)
def test_they_end_with_the_release_that_mends_them(release: str, code: str, there: bool) -> None:
    assert (code in told(release)) is there


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
    assert set(told("1.3.8")) - set(told("1.3.8", package=f"{DEBIAN}{update}")) == mended


EARLY = {"CVE-2023-48795", "CVE-2023-51713", "CVE-2024-48651"}


@pytest.mark.parametrize(
    ("release", "package", "mended"),
    [
        ("1.3.7a", "1.3.7a+dfsg-12+deb11u2", set()),
        ("1.3.7a", "1.3.7a+dfsg-12+deb11u3", EARLY),
        ("1.3.7a", "1.3.7a+dfsg-12+deb11u5", EARLY | {"CVE-2024-57392"}),
        ("1.3.8", "1.3.8+dfsg-4", set()),
        ("1.3.8c", "1.3.8.c+dfsg-4", {"CVE-2024-57392"}),
        ("1.3.8c", "1.3.8.c+dfsg-4+deb13u1", {"CVE-2024-57392"}),
        ("1.3.8c", "1.3.8.c+dfsg-4+deb13u2", {"CVE-2024-57392", "CVE-2026-42167"}),
        ("1.3.8c", "1.3.8.c+dfsg-4+deb13u3", {"CVE-2024-57392", "CVE-2026-42167", "CVE-2026-44331"}),
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


@pytest.mark.parametrize(
    ("package", "certain"),
    [
        (None, True),
        ("1.3.8+dfsg-4", True),
        (f"{DEBIAN}5", True),
        ("1.3.8.c+dfsg-4", False),
        ("1.3.8.c+dfsg-4+deb13u1", False),
        ("1.3.8.b+dfsg-1ubuntu0.1", False),
    ],
)
def test_another_package_may_have_a_fix_of_its_own(package: str | None, certain: bool) -> None:
    known = releases.parse("1.3.8")
    in_force = policy.effective(parser.parse(""), policy.Surroundings(release=known))
    found = advisories.advisories(known, package, in_force, describe.describe(in_force), MODULES)
    by_id = {each["id"]: each["certain"] for each in found}
    assert by_id["issue-2146"] is certain
    assert by_id["issue-2272"]


def test_nothing_is_said_of_a_release_that_is_not_known() -> None:
    in_force = policy.effective(parser.parse(""))
    assert advisories.advisories(None, None, in_force, [], []) == []


def test_every_one_has_a_name_of_its_own_and_a_severity() -> None:
    names = [each.id for each in advisories.ADVISORIES]
    assert len(set(names)) == len(names)
    assert {each.severity for each in advisories.ADVISORIES} <= {advisories.HOLE, advisories.FAULT, advisories.NOTE}
    assert all(span.first and span.fixed for each in advisories.ADVISORIES for span in each.affected)
