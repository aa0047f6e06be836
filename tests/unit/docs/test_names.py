# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No message, page, role, template or example names a variable that does not exist: what a cure says can be done."""

from __future__ import annotations

import ast
import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.faces import INNER_CLASS
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.plan import PEER_CLASS
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.said import PLAYBOOKS
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.vocabulary import VOCABULARY

ROOT = pathlib.Path(__file__).parents[3]
PLACES = ("README.md", "docs", "plugins", "roles", "playbooks", "templates", "molecule", "tests/lab", "changelogs/fragments")
ENDINGS = (".md", ".yml", ".py", ".j2", ".cfg")
NAME = re.compile(r"(?<![\w.$/-])(?:fxp|smoke_test|audit|rule_sheet)_[a-z0-9_]*[a-z0-9](?![\w(])")
# Groups of the inventory, a class in what is written on servers, and what stands for a name that a user chose.
OTHERS = {"fxp_servers", "fxp_gateways", PEER_CLASS, INNER_CLASS, "fxp_result"}


def texts(path: pathlib.Path) -> t.Iterator[str]:
    """What ``path`` says: of a program its strings, of everything else all of it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield text
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def files() -> list[pathlib.Path]:
    found = [path for place in PLACES for path in ([ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*"))]
    return sorted(path for path in found if path.suffix in ENDINGS and "__pycache__" not in path.parts)


def plugins() -> set[str]:
    return {path.stem for path in (ROOT / "plugins").rglob("*.py")} | {path.name for path in (ROOT / "roles").iterdir()}


def variables() -> set[str]:
    return {*VOCABULARY, *(name for names in PLAYBOOKS.values() for name in names)}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_that_is_named_exists(path: pathlib.Path) -> None:
    named = {name for text in texts(path) for name in NAME.findall(text)}
    assert not named - variables() - plugins() - OTHERS


def test_the_list_of_the_playbooks_variables_is_whole() -> None:
    spec = yaml.safe_load((ROOT / "roles/smoke_test/meta/argument_specs.yml").read_text(encoding="utf-8"))
    assert set(PLAYBOOKS["smoke_test_"]) == set(spec["argument_specs"]["main"]["options"])
    for name in ("audit", "rule_sheet"):
        text = (ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8")
        assert set(PLAYBOOKS[f"{name}_"]) == set(re.findall(rf"\b{name}_\w+(?= [|]| is )", text))
