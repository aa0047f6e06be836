# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the playbook takes off. Nothing answers where these hosts are said to be."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

import pytest


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([], 0),
        (["--extra-vars=remove_al=true"], 0),
        (["--extra-vars=remove_all=false"], 0),
        (["--limit", "ftp2"], 1),
        (["--extra-vars=remove_all=true"], 2),
    ],
)
def test_no_server_goes_that_nobody_meant(tmp_path: pathlib.Path, arguments: list[str], asked: int) -> None:
    hosts = {f"ftp{number}": {"ansible_host": "127.0.0.1", "ansible_port": number} for number in (1, 2)}
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"fxp_servers": {"hosts": hosts, "vars": {"ansible_connection": "ssh"}}}))
    command = ["ansible-playbook", "-i", str(inventory), "proftpd.fxp.remove", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}
    )
    output = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert output.count("unreachable=1") == asked
    assert ("-e remove_all=true for all of fxp_servers: ftp1, ftp2." in output) == (asked == 0)
