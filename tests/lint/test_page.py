# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That Biome reads style and script of the report's page: what is planted in them is found."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "plugins" / "plugin_utils" / "_report"


def judge(path: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Have one file judged as the session lint does it."""
    command = ["biome", "ci", "--colors=off", "--error-on-warnings", f"--config-path={ROOT / 'biome.jsonc'}", path.name]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", ["page.css", "page.js"])
def test_the_page_passes(name: str) -> None:
    done = judge(PAGE / name)
    assert done.returncode == 0, done.stderr
    assert "Checked 1 file" in done.stdout


@pytest.mark.parametrize(
    ("name", "planted", "complaint"),
    [
        ("page.css", ".never-closed {\n  color: red;\n", "parse"),
        ("page.css", "p {\n  colour: red;\n}\n", "noUnknownProperty"),
        ("page.css", "p{color:red}\n", "format"),
        ("page.js", "const = 1;\n", "parse"),
        ("page.js", "function nobodyCalls() {}\n", "noUnusedVariables"),
        ("page.js", "document.title = nobodySaid;\n", "noUndeclaredVariables"),
        ("page.js", "document.title = 'one quote'\n", "format"),
    ],
)
def test_what_is_planted_is_found(tmp_path: pathlib.Path, name: str, planted: str, complaint: str) -> None:
    (tmp_path / name).write_text((PAGE / name).read_text(encoding="utf-8") + planted, encoding="utf-8")
    done = judge(tmp_path / name)
    assert done.returncode != 0
    assert complaint in done.stderr, done.stderr
