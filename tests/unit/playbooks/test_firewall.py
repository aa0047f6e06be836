# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role does on a host whose firewall it is not to open. In check mode, after a look that is said here."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

SAID = {
    "fxp_address": "198.51.100.1",
    "fxp_tls": "none",
    "fxp_vantage": "another",
    "fxp_firewall_backend": "none",
    "ansible_connection": "local",
    "ansible_python_interpreter": sys.executable,
}
AWAY = r"Take the rules away, unless that cuts Ansible off\] \*+ ok: \[ftp1\]"


ROLE = pathlib.Path(__file__).parents[3] / "roles" / "firewall" / "tasks" / "main.yml"


@pytest.mark.parametrize(
    ("said", "in_place", "taken_away"),
    [
        ({}, False, True),
        # The look found none.
        ({}, True, False),
        # There the rules are the last to go, when the server is gone.
        ({"fxp_state": "absent"}, False, False),
    ],
)
def test_rules_of_earlier_runs_are_taken_away(
    tmp_path: pathlib.Path, said: dict[str, t.Any], in_place: bool, taken_away: bool
) -> None:
    inventory, playbook = tmp_path / "inventory.json", tmp_path / "play.yml"
    inventory.write_text(json.dumps({"fxp_servers": {"hosts": {"ftp1": {**SAID, **said}}}}))
    tasks = [{"ansible.builtin.import_role": {"name": "proftpd.fxp.plan"}}, {"ansible.builtin.import_tasks": str(ROLE)}]
    look = {"_look_host": {"parts": {"rules": {"in_place": in_place}}}}
    playbook.write_text(json.dumps([{"hosts": "fxp_servers", "gather_facts": False, "vars": look, "tasks": tasks}]))
    done = subprocess.run(
        ["ansible-playbook", "--check", "-i", str(inventory), str(playbook)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
    )
    output = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0, output
    assert (re.search(AWAY, output) is not None) == taken_away
    assert re.search(r"Load the rules of the plan, unless they cut Ansible off\] \*+ skipping: \[ftp1\]", output)
