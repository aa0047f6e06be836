# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page about causes and the causes have the same entries."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.causes import CAUSES, Cause
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.vocabulary import VOCABULARY

PAGE = (pathlib.Path(__file__).parents[3] / "docs/causes.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^### ([a-z_]+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
CODES = list(dict.fromkeys(cause.code for cause in CAUSES))
PARTS = ["You see", "It means", "Told from", "Look first", "Cure"]


def test_every_cause_has_an_entry_and_every_entry_a_cause() -> None:
    assert set(ENTRIES) == set(CODES)
    assert len(re.findall(r"^### ", PAGE, re.MULTILINE)) == len(CODES)


@pytest.mark.parametrize("code", CODES)
def test_an_entry_says_everything(code: str) -> None:
    assert re.findall(r"^- \*\*(.+?):\*\* \S", ENTRIES[code], re.MULTILINE) == PARTS


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.code)
def test_the_variables_that_cure_are_those_of_the_check(cause: Cause) -> None:
    """What the check names as a cure is on the page as well, and that of each nuance."""
    cures = " ".join(row.cure for row in (cause, *cause.nuances))
    assert set(re.findall(r"\bfxp_\w+", cures)) <= set(re.findall(r"\bfxp_\w+", ENTRIES[cause.code]))


@pytest.mark.parametrize("code", sorted({cause.code for cause in CAUSES if not cause.certain} - {"unknown"}))
def test_what_is_not_certain_is_said_to_be(code: str) -> None:
    assert re.search(r"\bnot\s+certain", ENTRIES[code], re.IGNORECASE)


@pytest.mark.parametrize("code", sorted({cause.code for cause in CAUSES for nuance in cause.nuances if not nuance.certain}))
def test_when_it_is_certain_is_said_where_that_depends(code: str) -> None:
    assert re.search(r"\b(un)?certain\b", ENTRIES[code], re.IGNORECASE)


def test_other_codes_are_mentioned_by_their_names() -> None:
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+){1,4})`", PAGE))
    endings = ("refused", "lost", "mismatch", "blocked", "unreachable", "busy", "advertised")
    others = {word for word in words if word.endswith(endings)}
    assert others <= set(CODES)


WITH_CURES = ["docs/causes.md", "plugins/module_utils/_diagnosis/causes.py", "plugins/module_utils/_diagnosis/locate.py"]


@pytest.mark.parametrize("where", WITH_CURES)
def test_no_cure_names_a_variable_that_does_not_exist(where: str) -> None:
    text = (pathlib.Path(__file__).parents[3] / where).read_text(encoding="utf-8")
    named = set(re.findall(r"\bfxp_\w+", text)) - {"fxp_servers"}  # a group
    plugins = {path.stem for path in (pathlib.Path(__file__).parents[3] / "plugins/modules").glob("*.py")}
    assert named - plugins <= set(VOCABULARY)
