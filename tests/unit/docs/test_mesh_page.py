# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that docs/mesh.md shows, as far as it goes without servers; and the figures of its tables."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import both_ways, edges

PAGE = (pathlib.Path(__file__).parents[3] / "docs" / "mesh.md").read_text()
INVENTORY = """
all:
  vars:
    ansible_connection: local
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    fxp_tls: none
    fxp_check_user: fxpcheck
    fxp_check_password: correct-horse-battery
  children:
    fxp_servers: {hosts: {ftp1: {ansible_host: 198.51.100.11}, ftp2: {ansible_host: 198.51.100.12}}}
    vantages: {hosts: {one: {}, two: {}}}
"""


def play(directory: pathlib.Path, playbook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (directory / "inventory.yml").write_text(INVENTORY)
    return subprocess.run(
        ["ansible-playbook", "-i", str(directory / "inventory.yml"), playbook, "--check", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
    )


def test_the_playbook_runs_in_check_mode(tmp_path: pathlib.Path) -> None:
    (playbook,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "play.yml").write_text(playbook)
    done = play(tmp_path, str(tmp_path / "play.yml"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^two +: ok=1 ", done.stdout, re.MULTILINE), done.stdout


def test_smoke_test_shares_the_work_as_the_page_says(tmp_path: pathlib.Path) -> None:
    (variables,) = re.findall(r"^```yml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (name,) = yaml.safe_load(variables)
    done = play(tmp_path, "proftpd.fxp.smoke_test", "-e", json.dumps({name: ["one", "two"]}))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^ok: \[ftp1 -> one\] => \(item=IPv4\)$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^ok: \[ftp2 -> two\] => \(item=IPv4\)$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize(("said", "told"), [(["one", "ftp2"], "one, ftp2"), ([], "empty"), ("one", "one")])
def test_vantages_are_hosts_that_are_no_servers(tmp_path: pathlib.Path, said: object, told: str) -> None:
    done = play(tmp_path, "proftpd.fxp.smoke_test", "-e", json.dumps({"smoke_test_vantages": said}))
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"smoke_test_vantages is {told}, but it is a list" in " ".join((done.stdout + done.stderr).split())


def test_the_figures_of_a_hundred_servers() -> None:
    names = [f"ftp{number:03}" for number in range(100)]
    for coverage, peers in (("all", 0), ("sample", 4), ("ring", 0)):
        (figure,) = re.findall(rf"^\| `{coverage}`.*? \| (\d+) \|", PAGE, re.MULTILINE)
        assert len(both_ways(edges(names, coverage, peers))) == int(figure)
