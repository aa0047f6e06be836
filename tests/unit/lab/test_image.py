# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import image
import pytest

OWN = """\
http://mirror.example/debian/ bookworm main Debian
http://mirror.example/debian/ bookworm contrib Debian
http://mirror.example/debian/ bookworm-updates main Debian
http://mirror.example/debian-security/ bookworm-security main Debian
http://mirror.example/debian/ bookworm main Debian
https://tools.example/apt tools main Tools Ltd
"""
BASE = ("bookworm", ["http://mirror.example/debian/ bookworm main"], ['Acquire::Check-Date "false";'], b"code")


def test_sources_are_the_machines_own_with_the_release_first() -> None:
    expected = [
        "http://mirror.example/debian/ bookworm main",
        "http://mirror.example/debian-security/ bookworm-security main",
        "http://mirror.example/debian/ bookworm-updates main",
    ]
    assert image.sources(OWN, "bookworm") == expected


@pytest.mark.parametrize(
    "index_targets",
    [
        "",
        OWN.replace("bookworm", "trixie"),
        "http://mirror.example/debian/ bookworm-updates main Debian\n",
        "http://short.example/\n",
    ],
)
def test_sources_fall_back_to_debians_address(index_targets: str) -> None:
    assert image.sources(index_targets, "bookworm")[0] == "http://deb.debian.org/debian/ bookworm main"


@pytest.mark.parametrize("release", ["bullseye", "trixie"])
def test_other_releases_get_their_updates_and_security_fixes(release: str) -> None:
    suites = [entry.split()[1] for entry in image.sources(OWN, release)]
    assert suites == [release, f"{release}-updates", f"{release}-security"]


def test_what_is_in_the_making_has_one_suite() -> None:
    assert image.sources(OWN, "sid") == ["http://deb.debian.org/debian/ sid main"]


def test_apt_settings_keep_only_what_reaching_the_archive_needs() -> None:
    dump = """\
Acquire "";
Acquire::http "";
Acquire::http::Proxy "http://proxy.example:3142";
Acquire::http::Proxy::mirror.example "DIRECT";
Acquire::http::Proxy-Auto-Detect "/usr/local/bin/detect";
Acquire::https::Proxy "";
Acquire::Check-Valid-Until "false";
APT::NeverAutoRemove:: "^linux-image.*";
"""
    assert image.apt_settings(dump) == [
        'Acquire::http::Proxy "http://proxy.example:3142";',
        'Acquire::http::Proxy::mirror.example "DIRECT";',
        'Acquire::Check-Valid-Until "false";',
    ]


def test_cache_key_names_the_release_and_is_a_valid_tag() -> None:
    assert re.fullmatch(r"bookworm-[0-9a-f]{12}", image.cache_key(*BASE))
    assert image.cache_key(*BASE) == image.cache_key(*BASE)


@pytest.mark.parametrize(
    "changed",
    [
        ("trixie", *BASE[1:]),
        (BASE[0], ["http://other.example/debian/ bookworm main"], *BASE[2:]),
        (*BASE[:2], [], BASE[3]),
        (*BASE[:3], b"other code"),
    ],
)
def test_cache_key_changes_with_everything_that_shapes_the_image(
    changed: tuple[str, list[str], list[str], bytes],
) -> None:
    assert image.cache_key(*changed) != image.cache_key(*BASE)


def test_cache_key_changes_with_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image.cache_key(*BASE)
    monkeypatch.setattr(image, "PACKAGES", (*image.PACKAGES, "curl"))
    assert image.cache_key(*BASE) != before
