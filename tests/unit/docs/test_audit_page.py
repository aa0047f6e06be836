# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page about the audit has every code that the audit can tell by itself, and no other."""

from __future__ import annotations

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[3]
PAGE = (ROOT / "docs/audit.md").read_text(encoding="utf-8")
SOURCE = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "plugins/plugin_utils/_audit").glob("*.py")))


def listed() -> set[str]:
    cells = re.findall(r"^\| (`[a-z_0-9]+`(?:, `[a-z_0-9]+`)*) \|", PAGE, re.MULTILINE)
    return {code for cell in cells for code in re.findall(r"`([a-z_0-9]+)`", cell)}


def test_every_code_is_explained() -> None:
    told = set(re.findall(r'notes\.add\(\s*"([a-z_0-9]+)"', SOURCE))
    for ending in re.findall(r'notes\.add\(\s*f"\{code\}(_[a-z_]+)"', SOURCE):
        told |= {f"control{ending}", f"passive{ending}"}
    assert len(told) > 30
    assert listed() == told
