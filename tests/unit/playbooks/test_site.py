# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the site playbook refuses before it contacts a host. Nothing answers where these hosts are said to be."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import typing as t

import pytest

KEY = "-----BEGIN PRIVATE KEY-----\nMarkedSecret\n-----END PRIVATE KEY-----\n"


def site(directory: pathlib.Path, hosts: dict[str, dict[str, t.Any]], *arguments: str, code: int | None = None,
         **said: t.Any) -> str:
    """
    Run the playbook verbosely for servers on ports of loopback where nothing listens, and return all that it wrote. It ends
    with *code*, or with some failure.
    """
    nowhere = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1"}
    servers = {
        name: {"fxp_address": f"198.51.100.{number}", **nowhere, "ansible_port": number, **mine}
        for number, (name, mine) in enumerate(hosts.items(), 1)
    }
    inventory = directory / "inventory.json"
    inventory.write_text(json.dumps({"fxp_servers": {"hosts": servers, "vars": {"fxp_firewall_backend": "nftables", **said}}}))
    done = subprocess.run(["ansible-playbook", "-vvv", "-i", str(inventory), "proftpd.fxp.site", *arguments], capture_output=True,
                          text=True, timeout=120, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    assert done.returncode != 0 if code is None else done.returncode == code
    return " ".join((done.stdout + done.stderr).split())


def test_an_authority_that_is_not_there_is_told_before_any_host_changes(tmp_path: pathlib.Path) -> None:
    output = site(tmp_path, {"ftp1": {}, "ftp2": {}}, fxp_tls_ca_cert="our.pem")
    assert f"fxp_tls_ca_cert: the file {tmp_path}/our.pem does not exist on the controller; put it there, or leave" in output
    assert "unreachable=1" not in output


@pytest.mark.parametrize(("brought", "missing"), [
    ({"fxp_tls_certificate": "mine.pem", "fxp_tls_private_key": "mine.key"}, "fxp_tls_certificate: the file {}/mine.pem"),
    ({"fxp_tls_certificate": "our.pem", "fxp_tls_private_key": "/srv/away.key"}, "fxp_tls_private_key: the file /srv/away.key"),
])
def test_so_is_a_certificate_that_a_server_brings(tmp_path: pathlib.Path, brought: dict[str, str], missing: str) -> None:
    (tmp_path / "our.pem").touch()
    output = site(tmp_path, {"ftp1": {}, "ftp2": brought}, fxp_tls_ca_cert="our.pem")
    assert f"ftp2: {missing.format(tmp_path)} does not exist on the controller; put it there." in output
    assert "unreachable=1" not in output


def test_with_all_files_there_the_hosts_are_asked_and_no_key_is_shown(tmp_path: pathlib.Path) -> None:
    (tmp_path / "our.pem").touch()
    brought = {"fxp_tls_certificate": "our.pem", "fxp_tls_private_key": KEY}
    output = site(tmp_path, {"ftp1": {}, "ftp2": brought}, fxp_tls_ca_cert="our.pem")
    assert output.count("unreachable=1") == 2
    assert "MarkedSecret" not in output


@pytest.mark.parametrize("tag", ["firewall", "server"])
def test_a_part_of_the_change_is_refused_and_not_passed_over(tmp_path: pathlib.Path, tag: str) -> None:
    output = site(tmp_path, {"ftp1": {}, "ftp2": {}}, "--tags", tag)
    assert f"--tags {tag}: firewall and server are one change, and half of it leaves a server that its rules do not fit" in output
    assert "unreachable=1" not in output
    # Those of other plays are no business of this one.
    assert "one change" not in site(tmp_path, {"ftp1": {}, "ftp2": {}}, "--tags", "web", code=0)
