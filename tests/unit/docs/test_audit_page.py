# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page about the audit has every code that the audit can tell, and no other."""

from __future__ import annotations

import ast
import pathlib
import re

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import advisory_rows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.codes import ADVISORIES, CODES

ROOT = pathlib.Path(__file__).parents[3]
PAGE = (ROOT / "docs/audit.md").read_text(encoding="utf-8")
LINTS = sorted((ROOT / "plugins/module_utils/_proftpd/lints").glob("*.py"))
AUDIT = sorted((ROOT / "plugins/plugin_utils/_audit").glob("*.py"))
SOURCE = "".join(path.read_text(encoding="utf-8") for path in AUDIT)
# What the audit calls otherwise, wherever it tells of it.
RENAMED = {
    "foreign_address_missing",
    "foreign_address_only_conditional",
    "foreign_address_does_not_reach",
    "class_undefined",
    "class_empty",
}


def listed() -> set[str]:
    cells = re.findall(r"^\| (`[a-z_0-9]+`(?:, `[a-z_0-9]+`)*) \|", PAGE, re.MULTILINE)
    codes = [code for cell in cells for code in re.findall(r"`([a-z_0-9]+)`", cell)]
    assert len(codes) == len(set(codes))
    return set(codes)


def by_the_audit() -> set[str]:
    """What it notes down by itself, and what it calls by a name of its own."""
    told = set(re.findall(r'notes\.add\(\s*"([a-z_0-9]+)"', SOURCE))
    for ending in re.findall(r'notes\.add\(\s*f"\{code\}(_[a-z_]+)"', SOURCE):
        told |= {f"control{ending}", f"passive{ending}"}
    return told | set(re.findall(r': "(passive_open_[a-z_]+|foreign_address_[a-z_]+)"', SOURCE))


def by_lints() -> set[str]:
    calls = [
        node for path in LINTS for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    made = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Finding"]
    assert all(isinstance(code, ast.Constant) for code in made)
    return {str(code.value) for code in made if isinstance(code, ast.Constant)}


def test_every_code_is_explained() -> None:
    told, lints = by_the_audit(), by_lints()
    assert len(told) > 30
    assert len(lints) > 30
    assert lints >= RENAMED
    assert listed() == told | (lints - RENAMED)
    # Each of them is named beside the code that it has here.
    assert all(f"`{code}`" in PAGE for code in RENAMED)


def test_every_code_can_be_acknowledged_but_the_one_about_acknowledging() -> None:
    assert listed() - {"acknowledgement_unused"} == CODES


def test_every_advisory_that_is_told_can_be_acknowledged() -> None:
    assert {row.id for row in advisory_rows.ROWS if not row.in_findings} == ADVISORIES
