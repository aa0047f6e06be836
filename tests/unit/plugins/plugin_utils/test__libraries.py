# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller needs, wherever it is named."""

from __future__ import annotations

import ast
import json
import pathlib
import re
import sys
import types
import typing as t

import pytest
import yaml

from ansible_collections.proftpd.fxp.plugins.modules import fxp_plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _libraries

ROOT = pathlib.Path(__file__).parents[4]
NEEDED = {*_libraries.ALWAYS, *_libraries.AUTHORITY}
# ansible-core brings these itself.
WITH_ANSIBLE = {"ansible", "ansible_collections", "jinja2", "yaml"}


def only(*names: str, version: str = "3.0.0", place: pathlib.Path | None = None) -> t.Callable[[str], t.Any]:
    """Find these and nothing else, collections with the manifest of a ``version``."""
    if place is not None:
        (place / "MANIFEST.json").write_text(json.dumps({"collection_info": {"version": version}}))
    there = types.SimpleNamespace(submodule_search_locations=[str(place)] if place else None)
    return lambda name: there if name in names else None


def test_every_place_names_the_same_libraries() -> None:
    readme = re.findall(r"^\$ pip install (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert [set(line.split()) for line in readme] == [NEEDED]
    lines = (ROOT / "meta" / "ee-requirements.txt").read_text().splitlines()
    assert {line for line in lines if line and not line.startswith("#")} == NEEDED
    environment = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text())
    assert environment["dependencies"] == {"python": "meta/ee-requirements.txt"}
    documented = yaml.safe_load(fxp_plan.DOCUMENTATION)["requirements"]
    assert {line.split()[0] for line in documented} == {*NEEDED, "The"}
    assert any(f"C({_libraries.COLLECTION}) {_libraries.OLDEST} or newer" in line for line in documented)


def test_the_collection_is_the_one_that_galaxy_installs() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    assert galaxy["dependencies"] == {_libraries.COLLECTION: f">={_libraries.OLDEST}"}
    named = set()
    for path in [*(ROOT / "roles").rglob("*.yml"), *(ROOT / "playbooks").glob("*.yml")]:
        named |= set(re.findall(r"\b([a-z]+\.[a-z]+)\.[a-z][a-z0-9_]+:", path.read_text()))
        named |= set(re.findall(r"\| ([a-z]+\.[a-z]+)\.[a-z][a-z0-9_]+", path.read_text()))
    assert named - {"ansible.builtin", "proftpd.fxp"} == {_libraries.COLLECTION}


def test_nothing_else_is_imported() -> None:
    imported: set[str] = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    assert imported - set(sys.stdlib_module_names) - WITH_ANSIBLE == NEEDED


def test_here_is_what_is_needed() -> None:
    assert _libraries.lacks_for_plan() is None
    assert _libraries.lacks_for_authority() is None


def test_everything_that_is_missing_is_named_at_once_with_the_cure() -> None:
    assert _libraries.lacks_for_plan(only()) == (
        "The controller lacks the Python library netaddr, which reads addresses and networks, and the Python library "
        "cryptography, which makes keys and certificates for TLS, and the collection community.crypto, 2.20.0 or newer. "
        f"Nothing was changed. Install it beside Ansible: '{sys.executable} -m pip install netaddr cryptography' and "
        "'ansible-galaxy collection install --upgrade community.crypto'."
    )
    # Who has no TLS needs no more.
    assert _libraries.lacks_for_plan(only("netaddr")) is None


@pytest.mark.parametrize(
    ("there", "version", "words"),
    [
        (("ansible_collections.community.crypto",), "2.20.0", "lacks the Python library cryptography"),
        (("cryptography",), "", "lacks the collection community.crypto, 2.20.0 or newer. Nothing"),
        (("cryptography", "ansible_collections.community.crypto"), "2.19.3", "community.crypto, 2.20.0 or newer (it has 2.19.3)"),
        (("cryptography", "ansible_collections.community.crypto"), "3.0.0-a1", None),
    ],
)
def test_the_authority_needs_a_library_and_a_collection(
    tmp_path: pathlib.Path, there: tuple[str, ...], version: str, words: str | None
) -> None:
    said = _libraries.lacks_for_authority(only(*there, version=version, place=tmp_path))
    assert said is None if words is None else words in (said or "")
