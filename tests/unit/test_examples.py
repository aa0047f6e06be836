# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What the documentation shows is run: every example of a module, filter and playbook.

In check mode, where nothing is contacted or written, on the machine itself.
"""

from __future__ import annotations

import importlib
import os
import pathlib
import re
import shutil
import subprocess
import typing as t

import pytest
import yaml

from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.certificate.openssl_authority import Authority

ROOT = pathlib.Path(__file__).parents[2]
PLUGINS = sorted(path for kind in ("modules", "filter") for path in (ROOT / "plugins" / kind).glob("*.py"))
# What the examples take as given. The passwords only have to be long enough.
INVENTORY = """
others:
  hosts:
    alpha:
    beta:
  vars: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
fxp_servers:
  hosts:
    ftp1: {ansible_host: 198.51.100.11}
    ftp2: {ansible_host: 198.51.100.12}
  vars:
    ansible_connection: local
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    fxp_check_user: fxpcheck
    fxp_check_password: correct-horse-battery
    vault_mirror_password: another-horse-battery
    vault_upload_password: another-horse-battery
    vault_mirror_hash: $6$saltsalt$xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    partner_password: another-horse-battery
    servers:
      ftp1: {host: 198.51.100.11, user: fxpcheck, password: correct-horse-battery}
      ftp2: {host: 198.51.100.12, user: fxpcheck, password: correct-horse-battery}
"""


def examples(path: pathlib.Path) -> list[dict[str, t.Any]]:
    module = importlib.import_module(f"ansible_collections.proftpd.fxp.plugins.{path.parent.name}.{path.stem}")
    tasks = yaml.safe_load(module.EXAMPLES)
    assert isinstance(tasks, list)
    return tasks


def readme_plays() -> list[list[dict[str, t.Any]]]:
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return [block for block in map(yaml.safe_load, blocks) if isinstance(block, list)]


def run(place: pathlib.Path, plays: list[dict[str, t.Any]], *arguments: str) -> subprocess.CompletedProcess[str]:
    (place / "inventory.yml").write_text(INVENTORY)
    (place / "play.yml").write_text(yaml.safe_dump(plays, sort_keys=False))
    # Lookups of templates find those of the roles, as in the role that an example comes from.
    (place / "templates").mkdir()
    authority = Authority(place, "example")
    shutil.copy(authority.path, place / "fxp-ca.pem")
    shutil.copy(authority.key, place / "fxp-ca.key")
    for template in ROOT.glob("roles/*/templates/*"):
        (place / "templates" / template.name).symlink_to(template)
    return subprocess.run(
        ["ansible-playbook", "-i", str(place / "inventory.yml"), str(place / "play.yml"), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
    )


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_examples_of_a_plugin_run(path: pathlib.Path, tmp_path: pathlib.Path) -> None:
    play = {"hosts": "ftp1", "gather_facts": False, "roles": ["proftpd.fxp.plan"], "tasks": examples(path)}
    # These want a systemd even to look; the tasks of the roles are their examples, and Molecule's scenario runs that.
    done = run(tmp_path, [play], *(["--syntax-check"] if path.stem in ("fxp_firewall", "fxp_gateway") else ["--check", "--diff"]))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("plays", readme_plays(), ids=lambda plays: plays[0]["name"])
def test_the_examples_of_the_readme_are_understood(plays: list[dict[str, t.Any]], tmp_path: pathlib.Path) -> None:
    if "hosts" in plays[0]:
        done = run(tmp_path, plays, "--syntax-check")
    else:
        done = run(tmp_path, [{"hosts": "ftp1", "gather_facts": False, "tasks": plays}], "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_inventory_of_the_readme_is_planned(tmp_path: pathlib.Path) -> None:
    text = next(
        block
        for block in re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
        if "fxp_servers:" in block
    )
    (tmp_path / "shown.yml").write_text(text)
    done = run(
        tmp_path,
        [{"hosts": "fxp_servers", "gather_facts": False, "roles": ["proftpd.fxp.plan"]}],
        "--check",
        "-i",
        str(tmp_path / "shown.yml"),
        "-e",
        "vault_fxp_check_password=correct-horse-battery",
    )
    assert done.returncode == 0, done.stdout + done.stderr
