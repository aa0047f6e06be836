# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml
from access import render_inventory, ssh_options
from hosts import Host

HOSTS = [Host("one", 11, "fxp_servers"), Host("two", 12, "fxp_servers"), Host("visitor", 20, "lab_others")]


@pytest.mark.parametrize("directory", ["/var/cache/lab", "/home/some body/lab", '/srv/with "quotes": and #'])
def test_inventory_is_yaml_that_says_how_to_reach_every_host(directory: str) -> None:
    state = Path(directory)
    inventory = yaml.safe_load(render_inventory(HOSTS, state / "key", state / "known", state / "cp"))
    assert inventory["all"]["children"] == {
        "fxp_servers": {"hosts": {"one": {"ansible_host": "198.51.100.11"}, "two": {"ansible_host": "198.51.100.12"}}},
        "lab_others": {"hosts": {"visitor": {"ansible_host": "198.51.100.20"}}},
    }
    variables = inventory["all"]["vars"]
    assert variables["ansible_ssh_private_key_file"] == f"{directory}/key"
    assert variables["ansible_control_path_dir"] == f"{directory}/cp"
    assert f"UserKnownHostsFile={directory}/known" in shlex.split(variables["ansible_ssh_common_args"])


def test_inventory_leaves_the_collections_variables_to_others() -> None:
    rendered = render_inventory(HOSTS, Path("/key"), Path("/known"), Path("/cp"))
    assert not [name for name in yaml.safe_load(rendered)["all"]["vars"] if name.startswith("fxp_")]


def test_ssh_always_checks_the_host_key() -> None:
    options = shlex.split(ssh_options(Path("/known")))
    assert "StrictHostKeyChecking=yes" in options
    assert options[::2] == ["-o"] * (len(options) // 2)
