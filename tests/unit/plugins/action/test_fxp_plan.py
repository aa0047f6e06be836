# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan as a play makes it, with Ansible's own variable and run_once machinery. No host is contacted."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import typing as t

import pytest

INVENTORY = """
fxp_servers:
  hosts:
    ftp1: {ansible_host: 198.51.100.11}
    ftp2: {ansible_host: 198.51.100.12}
    ftp3: {ansible_host: 10.0.0.13, fxp_address: 198.51.100.13, fxp_masquerade_address: 198.51.100.13, fxp_gateway: gw1}
  vars:
    fxp_tls: none
    fxp_check_user: check
    fxp_check_password: correct-horse-battery
fxp_gateways:
  hosts:
    gw1: {}
bystanders:
  hosts:
    other: {}
"""
KNOWN = "fxp_acknowledged: [{code: advisory, reason: no update yet, until: 2027-01-31}]"
PLAY = """
- hosts: %(hosts)s
  gather_facts: false
  strategy: %(strategy)s
  serial: %(serial)s
  roles:
    - proftpd.fxp.plan
  tasks:
    - name: Write down what this host was told
      ansible.builtin.copy:
        content: "{{ dict(_plan_fleet | dictsort | rejectattr(0, 'eq', 'play')) | to_json(sort_keys=true) }}"
        dest: "%(directory)s/{{ inventory_hostname }}.json"
        mode: "0600"
      delegate_to: localhost
      tags: always
"""

HIDE = """
import importlib.util
found = importlib.util.find_spec
def find_spec(name, package=None):
    return None if name.startswith(%r) else found(name, package)
importlib.util.find_spec = find_spec
"""


class Run(t.NamedTuple):
    """What a play came to. ``plans`` are the plans by host name."""

    code: int
    output: str
    plans: dict[str, t.Any]


def play(
    directory: pathlib.Path,
    *arguments: str,
    hosts: str = "fxp_servers",
    strategy: str = "linear",
    serial: str = "'100%'",
    inventory: str = INVENTORY,
) -> Run:
    (directory / "inventory.yml").write_text(inventory)
    (directory / "play.yml").write_text(PLAY % {"hosts": hosts, "strategy": strategy, "serial": serial, "directory": directory})
    command = ["ansible-playbook", "-i", str(directory / "inventory.yml"), str(directory / "play.yml"), *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "5"},
    )
    plans = {path.stem: json.loads(path.read_text()) for path in directory.glob("*.json")}
    return Run(done.returncode, done.stdout + done.stderr, plans)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return play(tmp_path_factory.mktemp("whole"))


def test_every_host_is_told_the_same(whole: Run) -> None:
    assert whole.code == 0, whole.output
    assert set(whole.plans) == {"ftp1", "ftp2", "ftp3"}
    assert len({json.dumps(plan, sort_keys=True) for plan in whole.plans.values()}) == 1
    assert whole.plans["ftp1"]["servers"]["ftp3"]["gateway"] == "gw1"
    assert "correct-horse-battery" not in json.dumps(whole.plans)


@pytest.mark.parametrize("arguments", [["--limit", "ftp2"], ["--tags", "nothing-of-the-kind"], ["--check"]])
def test_the_plan_knows_everybody_whatever_is_left_out(whole: Run, tmp_path: pathlib.Path, arguments: list[str]) -> None:
    run = play(tmp_path, *arguments)
    assert run.code == 0, run.output
    for plan in run.plans.values():
        assert plan == whole.plans["ftp1"]
    assert run.plans or "--check" in arguments


def test_the_plan_is_the_same_in_every_batch(whole: Run, tmp_path: pathlib.Path) -> None:
    run = play(tmp_path, serial="1")
    assert run.code == 0, run.output
    assert run.plans == whole.plans


def test_a_day_without_quotes_is_a_day(whole: Run, tmp_path: pathlib.Path) -> None:
    run = play(tmp_path, inventory=INVENTORY.replace("198.51.100.11}", "198.51.100.11, " + KNOWN + "}"))
    assert run.code == 0, run.output
    plan = run.plans["ftp1"]
    known = {"code": "advisory", "advisory": None, "reason": "no update yet", "until": "2027-01-31"}
    assert plan["hosts"]["ftp1"].pop("acknowledged") == [known]
    assert whole.plans["ftp1"]["hosts"]["ftp1"]["acknowledged"] == []
    assert plan["hosts"]["ftp1"].items() <= whole.plans["ftp1"]["hosts"]["ftp1"].items()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"arguments": ["-e", "fxp_tsl=none"]},
            "ftp1, ftp2, ftp3, gw1: fxp_tsl: there is no such variable; did you mean fxp_tls?",
        ),
        (
            {"arguments": ["-e", "fxp_passive_ports=9-3"], "serial": "1"},
            "ftp1, ftp2, ftp3: fxp_passive_ports: '9-3' begins below",
        ),
        ({"arguments": ["-e", "fxp_clients={{ nowhere }}"]}, "fxp_clients: its template cannot be resolved"),
        (
            {"arguments": ["-e", "fxp_gateway=gw2"]},
            "fxp_gateway: 'gw2' is not in the inventory group fxp_gateways, which has gw1",
        ),
        (
            {
                "inventory": INVENTORY.replace(
                    "fxp_address: 198.51.100.13", "ansible_connection: local, fxp_address: 198.51.100.13"
                )
            },
            "ftp3: fxp_vantage: 'localhost' is the machine that Ansible runs on, which this server is (ansible_connection); "
            "a server",
        ),
        (
            {"inventory": INVENTORY.replace("fxp_tls: none", "fxp_tls: none\n    " + KNOWN.replace("2027-01-31", "soon"))},
            "ftp1, ftp2, ftp3: fxp_acknowledged: 'soon' is no day; write one as YYYY-MM-DD, for example 2027-01-31.",
        ),
        (
            {"inventory": INVENTORY.replace("gw1: {}", "gw1: {fxp_adress: 203.0.113.5}")},
            "gw1: fxp_adress: there is no such variable; did you mean fxp_address?",
        ),
        (
            {
                "inventory": INVENTORY.replace(
                    "ftp2: {ansible_host: 198.51.100.12}", "ftp2: {ansible_host: 198.51.100.11, fxp_address: 198.51.100.12}"
                )
            },
            "ftp2: ansible_host: '198.51.100.11' is also where Ansible reaches ftp1, but a machine has one FTP server; keep one",
        ),
        ({"strategy": "free"}, "strategy is 'free'"),
        ({"hosts": "all"}, "other: not in the inventory group fxp_servers"),
        (
            {"hosts": "other", "inventory": "bystanders: {hosts: {other: {}}}"},
            "The inventory group fxp_servers is missing or empty",
        ),
    ],
)
def test_a_mistake_stops_the_play_at_once(tmp_path: pathlib.Path, changes: dict[str, t.Any], sentence: str) -> None:
    run = play(tmp_path, *changes.pop("arguments", []), **changes)
    assert run.code != 0
    # However Ansible breaks its lines, and YAML writes quotes within quotes.
    assert sentence in " ".join(run.output.replace("''", "'").split())
    assert not run.plans
    assert "Traceback" not in run.output
    assert "exception" not in run.output.lower()
    assert "changed=1" not in run.output
    assert "correct-horse-battery" not in run.output


def test_no_mistake_in_what_is_said_of_a_server_stops_its_removal(tmp_path: pathlib.Path) -> None:
    said = {"fxp_state": "absent", "fxp_tsl": 1, "fxp_passive_ports": "9-3", "fxp_users": "{{ nowhere }}"}
    inventory = re.sub("ftp3: {.*}", f"ftp3: {json.dumps(said)}", INVENTORY)
    run = play(tmp_path, inventory=inventory)
    assert run.code == 0, run.output
    assert set(run.plans["ftp3"]["servers"]) == {"ftp1", "ftp2"}
    assert run.plans["ftp3"]["hosts"]["ftp3"] == {"state": "absent"}


@pytest.mark.parametrize(
    ("hidden", "lacks", "lacks_not"),
    [
        ("netaddr", ["the Python library netaddr, which", "-m pip install netaddr'"], []),
        ("cryptography", ["the Python library cryptography, which", "-m pip install cryptography'"], ["netaddr"]),
        (
            "ansible_collections.community",
            [
                "the collection community.crypto, 2.20.0 or newer",
                "'ansible-galaxy collection install --upgrade community.crypto'",
            ],
            ["pip install"],
        ),
    ],
)
def test_what_the_controller_lacks_is_named_before_any_host_is_asked(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, hidden: str, lacks: list[str], lacks_not: list[str]
) -> None:
    # Python that does not find it, as where it is not installed; what Ansible itself has imported before stays.
    (tmp_path / "sitecustomize.py").write_text(HIDE % hidden)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    run = play(tmp_path, inventory=INVENTORY.replace("fxp_tls: none", "fxp_tls: required"))
    output = " ".join(run.output.replace("''", "'").split())
    assert run.code != 0
    for words in lacks:
        assert words in output
    for words in lacks_not:
        assert words not in output
    assert not run.plans
    assert play(tmp_path).code == (2 if hidden == "netaddr" else 0)
