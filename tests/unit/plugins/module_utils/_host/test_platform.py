# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which row a host has, and that what stands in a row stands nowhere else."""

from __future__ import annotations

import ast
import dataclasses
import pathlib
import re
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import releases

ROOT = pathlib.Path(__file__).parents[5]
# Of the files as the releases have them.
OS_RELEASE = {
    "Debian 11": 'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\nVERSION_ID="11"\nVERSION="11 (bullseye)"\nID=debian\n',
    "Debian 12": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\nHOME_URL="https://www.debian.org/"\n',
    "Debian 13": 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nDEBIAN_VERSION_FULL=13.2\nID=debian\n',
    "Debian sid": 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nNAME="Debian GNU/Linux"\nVERSION_CODENAME=forky\nID=debian\n',
    "Ubuntu 24.04": 'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n',
    "Ubuntu 26.04": 'PRETTY_NAME="Ubuntu 26.04 LTS"\nVERSION_ID="26.04"\nID=ubuntu\nID_LIKE=debian\n',
}


def paths(directory: pathlib.Path, text: str | None) -> list[str]:
    """The two places of os-release(5), of which only the second is there."""
    if text is not None:
        (directory / "usr").write_text(text, encoding="utf-8")
    return [str(directory / "etc"), str(directory / "usr")]


@pytest.mark.parametrize("name", OS_RELEASE)
def test_every_platform_is_known_by_what_it_says_of_itself(name: str, tmp_path: pathlib.Path) -> None:
    where = paths(tmp_path, OS_RELEASE[name])
    assert platform.here(where).name == platform.nearest(where).name == name


def test_every_row_is_tried() -> None:
    assert [row.name for row in platform.PLATFORMS] == list(OS_RELEASE)


def test_every_row_says_which_proftpd_it_ships() -> None:
    """As measured; on Debian 11 alone anybody is taken for a peer."""
    ships = {row.name: releases.parse(row.ships) for row in platform.PLATFORMS}
    assert all(ships.values())
    assert [row.ships for row in platform.PLATFORMS] == ["1.3.7a", "1.3.8", "1.3.8c", "1.3.9e", "1.3.8b", "1.3.9"]
    open_to_all = [name for name, release in ships.items() if release and releases.among(release, releases.CLASS_FAILS_OPEN)]
    assert open_to_all == ["Debian 11"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            'NAME="Rocky Linux"\nPRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)"\nID="rocky"\nVERSION_ID="9.6"\n',
            "Rocky Linux 9.6 (Blue Onyx)",
        ),
        ('PRETTY_NAME="Ubuntu 22.04.5 LTS"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n', "Ubuntu 22.04.5 LTS"),
        ("ID=raspbian\nID_LIKE=debian\nVERSION_ID=12\n", "raspbian 12"),
        ("ID='broken\n", "'broken"),
        ("", "what {place} does not tell"),
        (None, "what {place} does not tell"),
    ],
)
def test_what_has_no_row_is_named(text: str | None, told: str, tmp_path: pathlib.Path) -> None:
    where = paths(tmp_path, text)
    with pytest.raises(HostError) as refused:
        platform.here(where)
    assert str(refused.value) == (
        f"This host runs {told.format(place=where[0])}, which is not supported; supported are Debian 11, Debian 12, Debian 13, "
        "Debian sid, Ubuntu 24.04 and Ubuntu 26.04."
    )
    assert platform.nearest(where) == platform.USUAL


def test_only_known_placeholders_are_filled() -> None:
    row = dataclasses.replace(platform.USUAL, group="nobody", directory="/etc")
    assert row.fill("Group @group@\nAuthUserFile @password_file@\nServerAdmin a@group.example @unit@ @group\n") == (
        "Group nobody\nAuthUserFile /etc/fxp.passwd\nServerAdmin a@group.example @unit@ @group\n"
    )


def test_every_placeholder_of_the_templates_is_filled() -> None:
    for path in (ROOT / "roles").rglob("*.j2"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"@[a-z_]+@", platform.USUAL.fill(text)) == [], path


DOCUMENTED = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
# Words of the language, too, and not only of a row: nobody could tell one from the other.
WORDS = {"debian", "ubuntu", "proftpd", "ftp", "openssl"}


def values(row: platform.Platform) -> t.Iterator[str]:
    """Every path, package and account of a row that can be told from an ordinary word."""
    of_ours = [row.password_file, row.certificate, row.trust]
    for field in dataclasses.fields(row):
        value = getattr(row, field.name)
        if field.name in ("name", "id", "version", "ships", "compiled_in"):
            continue
        if isinstance(value, t.Mapping):
            of_ours += [package for packages in value.values() for package in packages]
        else:
            of_ours += [value] if isinstance(value, str) else value if field.name == "package_directories" else [value[0]]
    yield from (value for value in of_ours if value not in WORDS)


VALUES = sorted({value for row in platform.PLATFORMS for value in values(row)}, key=len, reverse=True)
LITERAL = re.compile("|".join(rf"{re.escape(value)}(?![\w-])" for value in VALUES))


def spoken(tree: ast.Module) -> t.Iterator[str]:
    """Every string of a file that does something: documentation is for people, and says where things are."""
    told = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            told.add(body[0].value)
        if isinstance(node, ast.Assign) and {getattr(name, "id", "") for name in node.targets} & DOCUMENTED:
            told.add(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in told:
            yield node.value


def test_no_path_package_or_account_of_a_row_stands_elsewhere() -> None:
    assert {"/etc/proftpd", "proftpd-core", "nogroup", "/var/log/proftpd", "dpkg-query", "/var/cache/apt", "apt remove"} <= set(
        VALUES
    )
    found = []
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        if path.name == "platform.py" and path.parent.name == "_host":
            continue
        found += [(path.name, text) for text in spoken(ast.parse(path.read_text(encoding="utf-8"))) if LITERAL.search(text)]
    # One of the directories of any system that no account may have for its home.
    found.remove(("values.py", "/var/lib/dpkg"))
    for path in sorted((ROOT / "roles").rglob("*")):
        if path.suffix in (".j2", ".yml") and path.parent.name != "meta":
            found += [(path.name, line) for line in path.read_text(encoding="utf-8").splitlines() if LITERAL.search(line)]
    assert found == []
