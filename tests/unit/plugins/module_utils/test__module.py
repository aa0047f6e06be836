# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules return, warn of and fail with, as Ansible gets it."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t

import pytest

PROGRAM = """
from ansible.module_utils import basic
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = b'{"ANSIBLE_MODULE_ARGS": {"secret": "s\\\\u001bs"}}', "legacy"
module = Module(argument_spec={"secret": {"type": "str", "no_log": True}})
module.warn("one\\n  two\\x1b[2J\\u202e s\\x1bs")
"""


def run(ending: str) -> dict[str, t.Any]:
    done = subprocess.run([sys.executable, "-c", PROGRAM + ending], capture_output=True, text=True, timeout=60, check=False)
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


@pytest.mark.parametrize(
    "ending",
    [
        "module.exit_json(msg='over', found={'\\u2028': ['\\x9b', '\\udcff', 's\\x1bs']}, text='a\\n\\tb\\x00')",
        "module.fail_json(msg='over', found={'\\u2028': ['\\x9b', '\\udcff', 's\\x1bs']}, text='a\\n\\tb\\x00')",
    ],
)
def test_what_cannot_be_seen_is_written(ending: str) -> None:
    result = run(ending)
    assert result["msg"] == "over"
    assert list(result["found"]) == ["\\u2028"]
    assert result["found"]["\\u2028"][:2] == ["\\x9b", "\\udcff"]
    # Masked as Ansible masks it, although it cannot be seen.
    assert "VALUE_SPECIFIED" in result["found"]["\\u2028"][2]
    assert result["text"] == "a\n\tb\\x00"
    warning = result["warnings"][0]
    assert (warning if isinstance(warning, str) else warning["event"]["msg"]).startswith("one two\\x1b[2J\\u202e ****")


def test_a_message_is_one_line() -> None:
    assert run("module.fail_json(msg='nft says: no\\n   ^\\x1b')")["msg"] == "nft says: no ^\\x1b"
