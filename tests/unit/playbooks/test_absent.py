# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A server that goes (fxp_state: absent) stays in the inventory for a while, and every playbook takes it for what it is.

In check mode, on this machine: nothing is sent, and no host is contacted.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

SAID = {
    "fxp_tls": "none",
    "fxp_check_user": "check",
    "fxp_check_password": "correct-horse-battery",
    "fxp_firewall_backend": "none",
    "ansible_connection": "local",
    "ansible_python_interpreter": sys.executable,
}


class Run(t.NamedTuple):
    """What a playbook came to; ``output`` is in one line."""

    code: int
    output: str


def play(directory: pathlib.Path, playbook: str, *arguments: str) -> Run:
    """Run ``playbook`` for two servers and one that goes."""
    hosts = {f"ftp{n}": {"fxp_address": f"203.0.113.{n}"} for n in (1, 2, 3)}
    hosts["ftp3"]["fxp_state"] = "absent"
    inventory = directory / "inventory.json"
    inventory.write_text(json.dumps({"fxp_servers": {"hosts": hosts, "vars": SAID}}))
    command = ["ansible-playbook", "-i", str(inventory), f"proftpd.fxp.{playbook}", "--check", *arguments]
    done = subprocess.run(
        command,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
    )
    return Run(done.returncode, " ".join((done.stdout + done.stderr).split()))


ALL_OF_THEM = ["-e", "fxp_state=absent"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], None),
        (["--limit", "ftp1,ftp3"], None),
        (["--limit", "ftp3"], "Nothing was proven: fxp_state is absent for ftp3, and no other server is in this run."),
        (ALL_OF_THEM, "Nothing was proven: fxp_state is absent for ftp1, ftp2, ftp3, and no other server is in this run."),
    ],
)
def test_the_smoke_test_proves_the_others(tmp_path: pathlib.Path, arguments: list[str], told: str | None) -> None:
    run = play(tmp_path, "smoke_test", *arguments)
    assert run.code == 0, run.output
    assert ("Nothing was proven" in run.output) == (told is not None)
    assert told is None or told in run.output
    # The strangers are played towards those that serve.
    assert ("ok: [ftp1 -> localhost]" in run.output) == (told is None)
    assert "skipping: [ftp3]" in run.output
    assert "were proven" not in run.output


@pytest.mark.parametrize("arguments", [["--limit", "ftp3"], ALL_OF_THEM])
@pytest.mark.parametrize("playbook", ["audit", "rule_sheet"])
def test_nothing_is_wrong_where_nothing_is_left(tmp_path: pathlib.Path, playbook: str, arguments: list[str]) -> None:
    run = play(tmp_path, playbook, *arguments)
    assert run.code == 0, run.output


def test_the_rule_sheet_leaves_it_out(tmp_path: pathlib.Path) -> None:
    run = play(tmp_path, "rule_sheet", "-e", f"rule_sheet_directory={tmp_path}", "--diff")
    assert run.code == 0, run.output
    assert "203.0.113.1" in run.output
    assert "203.0.113.3" not in run.output
