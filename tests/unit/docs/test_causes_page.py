# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page about causes and the causes have the same entries."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.causes import CAUSES
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.vocabulary import VOCABULARY

PAGE = (pathlib.Path(__file__).parents[3] / "docs/causes.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^### ([a-z_]+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
PARTS = ["You see", "It means", "Told from", "Look first", "Cure"]


def test_every_cause_has_an_entry_and_every_entry_a_cause() -> None:
    assert set(ENTRIES) == set(CAUSES)
    assert len(re.findall(r"^### ", PAGE, re.MULTILINE)) == len(CAUSES)


@pytest.mark.parametrize("code", CAUSES)
def test_an_entry_says_everything(code: str) -> None:
    assert re.findall(r"^- \*\*(.+?):\*\* \S", ENTRIES[code], re.MULTILINE) == PARTS


@pytest.mark.parametrize("code", CAUSES)
def test_the_variables_that_cure_are_those_of_the_check(code: str) -> None:
    """What the check names as a cure is on the page as well."""
    named = set(re.findall(r"\bfxp_\w+", CAUSES[code].cure))
    assert named <= set(re.findall(r"\bfxp_\w+", ENTRIES[code]))


@pytest.mark.parametrize("code", [code for code, cause in CAUSES.items() if not cause.certain and code != "unknown"])
def test_what_is_not_certain_is_said_to_be(code: str) -> None:
    assert re.search(r"\bnot\s+certain", ENTRIES[code], re.IGNORECASE)


def test_other_codes_are_mentioned_by_their_names() -> None:
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+){1,4})`", PAGE))
    endings = ("refused", "lost", "mismatch", "blocked", "unreachable", "busy", "advertised")
    others = {word for word in words if word.endswith(endings)}
    assert others <= set(CAUSES)


WITH_CURES = ["docs/causes.md", "plugins/module_utils/_diagnosis/causes.py", "plugins/module_utils/_diagnosis/locate.py"]


@pytest.mark.parametrize("where", WITH_CURES)
def test_no_cure_names_a_variable_that_does_not_exist(where: str) -> None:
    text = (pathlib.Path(__file__).parents[3] / where).read_text(encoding="utf-8")
    named = set(re.findall(r"\bfxp_\w+", text)) - {"fxp_servers"}  # a group
    plugins = {path.stem for path in (pathlib.Path(__file__).parents[3] / "plugins/modules").glob("*.py")}
    assert named - plugins <= set(VOCABULARY)
