# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Through Ansible, in the Python that it runs on and as a module in another one: what people see.

At the highest verbosity, in check mode and when it fails.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

import ansible_collections.proftpd.fxp as collection
from ansible_collections.proftpd.fxp.plugins.module_utils._check.result import RESULT_KEYS
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.checking import LEG_KEYS
from ansible_collections.proftpd.fxp.tests.integration.conftest import started
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, PASSWORD, Proftpd

WRONG = "a secret that is wrong"
PLAYBOOK = """
- name: Check two servers
  hosts: localhost
  connection: local
  gather_facts: false
  environment: %(environment)s
  vars_files:
    - variables.json
    - secret.yml
  tasks:
    - name: Check
      proftpd.fxp.fxp_check:
        source: "{{ source }}"
        destination: "{{ destination }}"
        payload_size: 100KB
      register: passed
    - name: Check in check mode
      proftpd.fxp.fxp_check:
        source: "{{ source }}"
        destination: "{{ destination }}"
      check_mode: true
      register: checked
    - name: Check over TLS
      proftpd.fxp.fxp_check:
        source: "{{ encrypted_source }}"
        destination: "{{ encrypted_destination }}"
        payload_size: 100KB
        protection: private
        sscn: auto
      register: encrypted
    - name: Fail
      block:
        - name: Check with the wrong password
          proftpd.fxp.fxp_check:
            source: "{{ source }}"
            destination: "{{ destination | combine({'password': wrong}) }}"
      rescue:
        - name: Keep the failure
          ansible.builtin.set_fact:
            failed_check: "{{ ansible_failed_result }}"
    - name: Fail for an option
      block:
        - name: Check with a port that cannot be
          proftpd.fxp.fxp_check:
            source: "{{ source | combine({'port': 0}) }}"
            destination: "{{ destination }}"
      rescue:
        - name: Keep the results
          ansible.builtin.copy:
            content: "{{ [passed, checked, failed_check, encrypted, ansible_failed_result] | to_json }}"
            dest: "{{ playbook_dir }}/results.json"
            mode: "0600"
"""


@pytest.fixture(scope="module")
def encrypted(authority: Authority) -> t.Iterator[list[dict[str, t.Any]]]:
    """Options of two daemons with TLS, as a playbook has them."""
    for start in started():
        servers = [
            start(address, ALLOW + tls(authority.issue(address), authority.path, "NoSessionReuseRequired"))
            for address in ("127.0.1.11", "127.0.1.12")
        ]
        common = {"user": "fxp", "password": PASSWORD, "tls": "explicit"}
        yield [
            {"host": servers[0].address, "port": servers[0].port, "ca_path": str(authority.path), **common},
            {"host": servers[1].address, "port": servers[1].port, "ca_content": authority.pem, **common},
        ]


def vaulted(directory: pathlib.Path, text: str) -> str:
    """A YAML value as ``ansible-vault encrypt_string`` prints it, for the password file ``vault`` in ``directory``."""
    (directory / "vault").write_text("of the vault\n")
    encrypted = VaultLib([("default", VaultSecret(b"of the vault"))]).encrypt(text).decode()
    return "!vault |\n" + "".join(f"  {line}\n" for line in encrypted.splitlines())


@pytest.fixture(scope="module", params=["the same Python", "another one"])
def run(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    common_pair: tuple[Proftpd, Proftpd],
    encrypted: list[dict[str, t.Any]],
) -> tuple[str, list[dict[str, t.Any]]]:
    """Everything that Ansible printed, and the results of the five tasks, the two that fail before the one with TLS."""
    directory = tmp_path_factory.mktemp("playbook")
    common = {"user": "fxp", "password": "{{ vaulted }}"}
    servers = [{"host": server.address, "port": server.port, **common} for server in common_pair]
    variables = {"source": servers[0], "destination": servers[1], "wrong": WRONG}
    # Relative to the playbook.
    (directory / "ca.pem").write_bytes(pathlib.Path(encrypted[0]["ca_path"]).read_bytes())
    variables.update(encrypted_source={**encrypted[0], "ca_path": "ca.pem"}, encrypted_destination=encrypted[1])
    (directory / "variables.json").write_text(json.dumps(variables))
    (directory / "secret.yml").write_text(f"vaulted: {vaulted(directory, PASSWORD)}")
    environment = "{}" if request.param == "the same Python" else "{LC_ALL: C}"
    (directory / "playbook.yml").write_text(PLAYBOOK % {"environment": environment})
    (directory / "ansible.cfg").write_text("[defaults]\n")
    root = pathlib.Path(next(iter(collection.__path__))).parents[2]
    done = subprocess.run(
        [
            pathlib.Path(sys.executable).with_name("ansible-playbook"),
            "-vvvv",
            "--diff",
            f"--vault-password-file={directory / 'vault'}",
            directory / "playbook.yml",
        ],
        # Not where the playbook is.
        cwd=directory.parent,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(root), "ANSIBLE_CONFIG": str(directory / "ansible.cfg")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Options that do not fit are refused by the module in any case.
    modules = len(re.findall("Using module file .*/fxp_check.py", done.stdout))
    assert modules == (1 if request.param == "the same Python" else 5)
    results = (directory / "results.json").read_text()
    return done.stdout + done.stderr + results, json.loads(results)


def test_no_password_at_any_verbosity(run: tuple[str, list[dict[str, t.Any]]]) -> None:
    """Neither the right password nor the wrong one."""
    printed, _results = run
    assert "PASS ****" in printed
    assert PASSWORD not in printed
    assert WRONG not in printed


def test_passes(run: tuple[str, list[dict[str, t.Any]]]) -> None:
    """A check that passes changes nothing and returns what it measured."""
    result = run[1][0]
    assert (result["ok"], result["changed"], result["failed"]) == (True, False, False)
    assert [leg["bytes"] for leg in result["legs"]] == [102400, 102400]
    assert [set(leg) for leg in result["legs"]] == [LEG_KEYS, LEG_KEYS]
    assert {entry["leg"] for entry in result["transcript"]} == {None, 0, 1}


def test_passes_over_tls(run: tuple[str, list[dict[str, t.Any]]]) -> None:
    """With the CA as a file and as text, and the result says what was agreed on."""
    result = run[1][3]
    assert (result["ok"], result["failed"]) == (True, False)
    facts = result["legs"][0]["evidence"]
    assert (facts["protection"], facts["sscn"]) == ("private", "destination")
    assert [facts["tls"][role]["verified"] for role in ("source", "destination")] == [True, True]


def test_check_mode(run: tuple[str, list[dict[str, t.Any]]]) -> None:
    """The same keys, all of them null."""
    result = run[1][1]
    assert {key: result[key] for key in RESULT_KEYS} == dict.fromkeys(RESULT_KEYS)
    assert (result["changed"], result["failed"]) == (False, False)
    assert set(result) == set(run[1][0])


def test_fails_with_everything_measured(run: tuple[str, list[dict[str, t.Any]]]) -> None:
    """A check that fails says why in one sentence, and returns the rest nevertheless."""
    result = run[1][2]
    assert (result["failed"], result["ok"], result["cause"], result["server"]) == (True, False, "login_refused", "destination")
    assert "530" in result["msg"]
    assert result["remedy"] in result["msg"]
    assert len(result["legs"]) == 2
    assert any(entry["line"].startswith("530") for entry in result["transcript"])


def test_refuses_an_option(run: tuple[str, list[dict[str, t.Any]]]) -> None:
    """In one sentence, and nothing is contacted."""
    result = run[1][4]
    assert (result["failed"], result["msg"]) == (True, "source.port is 0, but ports are 1 to 65535; FTP servers usually have 21.")
    assert "transcript" not in result


def test_shows_the_options(run: tuple[str, list[dict[str, t.Any]]]) -> None:
    """Where Ansible shows them, and without the password."""
    shown = run[1][2]["invocation"]["module_args"]
    assert (shown["passive"], shown["payload_size"], shown["timeout"], shown["sscn"]) == ("both", 1048576, 10, "auto")
    assert shown["source"]["password"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
