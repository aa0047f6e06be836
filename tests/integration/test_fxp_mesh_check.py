# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mesh through Ansible: passwords, progress, shares, check mode, failure, and a job on a host that becomes another user."""

from __future__ import annotations

import json
import os
import pathlib
import pty
import subprocess
import sys
import typing as t

import pytest

import ansible_collections.proftpd.fxp as collection
from ansible_collections.proftpd.fxp.plugins.modules.fxp_mesh_check import RESULT_KEYS
from ansible_collections.proftpd.fxp.tests.integration.conftest import Starter, started
from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD
from ansible_collections.proftpd.fxp.tests.integration.meshing import MESH_LEG_KEYS

WRONG = "a secret that is wrong"
PLAYBOOK = """
- name: Check a fleet
  hosts: vantages
  gather_facts: false
  vars_files:
    - variables.json
  tasks:
    - name: Prove a share
      proftpd.fxp.fxp_mesh_check:
        servers: "{{ servers }}"
        passive: both
        progress: "{{ progress }}"
        payload_size: "{{ payload_size }}"
        shares: "{{ ansible_play_hosts | length }}"
        share: "{{ ansible_play_hosts.index(inventory_hostname) }}"
      register: passed
    - name: Check in check mode
      proftpd.fxp.fxp_mesh_check:
        servers: "{{ servers }}"
        progress: "{{ progress }}"
      check_mode: true
      register: checked
    - name: Check with a wrong password
      proftpd.fxp.fxp_mesh_check:
        servers: "{{ servers | combine({'ftp3': {'password': wrong}}, recursive=true) }}"
        progress: "{{ progress }}"
      register: failed
      ignore_errors: true
    - name: Check with a server that lacks something
      proftpd.fxp.fxp_mesh_check:
        servers: "{{ servers | combine({'ftp4': {'host': '127.0.1.4', 'password': wrong}}) }}"
        progress: "{{ progress }}"
      register: refused
      ignore_errors: true
    - name: Keep the results
      ansible.builtin.copy:
        content: >-
          {{ {'one': passed, 'two': hostvars['two'].passed, 'checked': checked, 'failed': failed, 'refused': refused} | to_json }}
        dest: "{{ playbook_dir }}/results.json"
        mode: "0600"
      run_once: true
    - name: Show what both have proven
      proftpd.fxp.fxp_report:
        legs: "{{ ansible_play_hosts | map('extract', hostvars, 'passed') | proftpd.fxp.mesh_legs }}"
        show: table
      run_once: true
"""
INVENTORY = """
vantages:
  hosts: {one: {}, two: {}}
  vars: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""


class Played(t.NamedTuple):
    """What one run printed, and the results that it kept."""

    printed: str
    results: dict[str, dict[str, t.Any]]


def play(directory: pathlib.Path, start: Starter, progress: str, *arguments: str, payload_size: str = "64KB") -> Played:
    """Run the playbook at a terminal, on a fleet of its own."""
    fleet = {f"ftp{number}": start(f"127.0.1.{number}") for number in range(1, 4)}
    servers = {
        name: {"host": server.address, "port": server.port, "user": "fxp", "password": PASSWORD} for name, server in fleet.items()
    }
    variables = {"servers": servers, "wrong": WRONG, "progress": progress, "payload_size": payload_size}
    (directory / "variables.json").write_text(json.dumps(variables))
    (directory / "playbook.yml").write_text(PLAYBOOK)
    (directory / "inventory.yml").write_text(INVENTORY)
    (directory / "ansible.cfg").write_text("[defaults]\n")
    root = pathlib.Path(next(iter(collection.__path__))).parents[2]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(root), "ANSIBLE_CONFIG": str(directory / "ansible.cfg")}
    playbook = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [playbook, "-i", "inventory.yml", *arguments, "playbook.yml"],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    printed = b""
    try:
        while block := os.read(ours, 65536):
            printed += block
    except OSError:
        pass  # how a terminal tells that nobody writes to it any more
    os.close(ours)
    assert process.wait(60) == 0, printed.decode()
    return Played(printed.decode(), json.loads((directory / "results.json").read_text()))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Played]:
    """At the highest verbosity, without progress."""
    for starter in started():
        yield play(tmp_path_factory.mktemp("quiet"), starter, "never", "-vvvv", "--diff")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Played]:
    """With progress, because there is a terminal; large payloads make it last for a moment."""
    for starter in started():
        yield play(tmp_path_factory.mktemp("watched"), starter, "auto", payload_size="30MB")


def test_no_password_at_any_verbosity(quiet: Played, watched: Played) -> None:
    """Neither the right ones nor a wrong one, nor in options that the module refuses."""
    for played in (quiet, watched):
        everything = played.printed + json.dumps(played.results)
        assert "PASS ****" in everything
        assert PASSWORD not in everything
        assert WRONG not in everything


@pytest.mark.parametrize("name", ["quiet", "watched"])
def test_shares_together_are_the_whole(name: str, request: pytest.FixtureRequest) -> None:
    """Every ordered pair of three servers with either side listening, by one host or the other."""
    played = request.getfixturevalue(name)
    parts = [played.results[host] for host in ("one", "two")]
    assert all((part["ok"], part["changed"], part["failed"]) == (True, False, False) for part in parts)
    legs = [(leg["source"], leg["destination"], leg["passive"]) for part in parts for leg in part["pairs_passed"]]
    assert len(legs) == len(set(legs)) == 12
    assert [part["coverage"]["share"] for part in parts] == [0, 1]
    assert sum(part["pairs"] for part in parts) == 6
    assert all(set(leg) == MESH_LEG_KEYS for part in parts for leg in part["pairs_passed"])
    assert all(set(part) - {"invocation"} == {*RESULT_KEYS, "failed", "changed"} for part in parts)
    assert played.printed.count(" verified by ") == 12, "the report shows both shares"


@pytest.mark.parametrize("name", ["quiet", "watched"])
def test_check_mode(name: str, request: pytest.FixtureRequest) -> None:
    """The same keys, all of them null."""
    result = request.getfixturevalue(name).results["checked"]
    assert {key: result[key] for key in RESULT_KEYS} == dict.fromkeys(RESULT_KEYS)
    assert (result["changed"], result["failed"]) == (False, False)


@pytest.mark.parametrize("name", ["quiet", "watched"])
def test_fails_with_everything_measured(name: str, request: pytest.FixtureRequest) -> None:
    """One sentence says what is wrong, and the result has all transfers."""
    result = request.getfixturevalue(name).results["failed"]
    assert (result["failed"], result["ok"]) == (True, False)
    assert result["msg"].startswith("4 of 6 transfers fell short, the first from ftp")
    assert "(login_refused, look first at the" in result["msg"]
    assert {leg["cause"] for leg in result["pairs_failed"]} == {"login_refused"}
    assert result["legs"] == {"total": 6, "passed": 2, "failed": 4, "repeated": 4}
    assert sum(bool(leg["transcript"]) for leg in result["pairs_failed"]) == 1


@pytest.mark.parametrize("name", ["quiet", "watched"])
def test_an_option_that_is_missing_is_named_with_its_server(name: str, request: pytest.FixtureRequest) -> None:
    """By Ansible's own words."""
    result = request.getfixturevalue(name).results["refused"]
    assert result["failed"]
    assert "user found in servers -> ftp4" in result["msg"]


def test_progress_is_seen_where_it_is_wanted(quiet: Played, watched: Played) -> None:
    """On a terminal, and not where it is switched off."""
    assert "transfers tried" in watched.printed
    assert "transfers tried" not in quiet.printed


def test_nothing_is_left_behind(watched: Played) -> None:
    """Neither the progress nor the job."""
    assert not list(pathlib.Path("/tmp").glob(".fxp-mesh-*"))
    jobs = pathlib.Path("~/.ansible_async").expanduser()
    assert not [path for path in jobs.glob("j*") if "pairs_passed" in path.read_text()]
