# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostile passwords through Ansible: nothing shows them, and nothing else is lost for that."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

import ansible_collections.proftpd.fxp as collection
from ansible_collections.proftpd.fxp.tests.integration.conftest import started
from ansible_collections.proftpd.fxp.tests.integration.daemons import ACCOUNT, ALLOW, DIGEST, PASSWORD, USER, Proftpd

# The first one is innocent: what it leads to is what all others must lead to.
PASSWORDS = [
    PASSWORD,
    "226",
    "ok",
    "source",
    "PASV",
    "Transfer complete",
    "data_connection_blocked",
    """it's "quoted" """,
    "$(id) and `id`",
    "{{ 7*7 }} {% raw %}",
    "%n%s back\\slash\\n",
    "Pässwörter für 日本",
    "  leading and trailing blanks  ",
    USER,
]
# Of those that are no word that people write anyway, not one may be anywhere.
SECRETS = [password for password in PASSWORDS if " " in password.strip() and password != "Transfer complete"]
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
TASKS = """
    - name: Check {number}
      proftpd.fxp.fxp_check:
        source: "{{{{ alpha{number} }}}}"
        destination: "{{{{ beta{number} }}}}"
        payload_size: 10KB
      environment: {environment}
      register: passed{number}
    - name: Check {number} where it is refused
      proftpd.fxp.fxp_check:
        source: "{{{{ alpha{number} }}}}"
        destination: "{{{{ gamma{number} }}}}"
        payload_size: 10KB
        passive: source
      environment: {environment}
      register: refused{number}
      ignore_errors: true
    - name: Check the mesh {number}
      proftpd.fxp.fxp_mesh_check:
        servers:
          alpha: "{{{{ alpha{number} }}}}"
          gamma: "{{{{ gamma{number} }}}}"
        payload_size: 10KB
        passive: both
      register: mesh{number}
      ignore_errors: true
"""
LAST = """
    - name: Check with an option that cannot be
      proftpd.fxp.fxp_check:
        source: "{{ alpha7 | combine({'port': 0}) }}"
        destination: "{{ beta7 }}"
      register: unfit
      ignore_errors: true
    - name: Keep the results
      ansible.builtin.copy:
        content: "{{ results | to_json }}"
        dest: "{{ playbook_dir }}/results.json"
        mode: "0600"
      vars:
        results:
"""

Results = t.Dict[str, t.Dict[str, t.Any]]


def account(number: int) -> str:
    """One account per password; the last one's password is its own name."""
    return USER if PASSWORDS[number] in (PASSWORD, USER) else f"user{number}"


def add_accounts(server: Proftpd) -> None:
    """Replace the accounts of a server; ProFTPD reads the file at every login."""
    rows = []
    for number, password in enumerate(PASSWORDS):
        digest = subprocess.run(
            ["openssl", "passwd", "-1", "-stdin"], input=password + "\n", capture_output=True, text=True, check=True
        ).stdout.strip()
        name = f"{account(number)}-{number}" if password == PASSWORD else account(number)
        rows.append(f"{name}:{digest}:{ACCOUNT}:{ACCOUNT}::{server.home}:/bin/false\n")
    (server.root / "passwd").write_text("".join(rows))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[tuple[str, Results]]:
    """Everything that Ansible printed, and the results by their names."""
    for start in started():
        servers = {
            "alpha": start("127.0.1.21", ALLOW + DIGEST),
            "beta": start("127.0.1.22", ALLOW + DIGEST),
            "gamma": start("127.0.1.23", DIGEST + "AllowForeignAddress off\n"),
        }
        for server in servers.values():
            add_accounts(server)
        yield play(tmp_path_factory.mktemp("masking"), servers)


def play(directory: pathlib.Path, servers: t.Mapping[str, Proftpd]) -> tuple[str, Results]:
    """Run all tasks."""
    variables, tasks, names = [], "", ["unfit"]
    for number, password in enumerate(PASSWORDS):
        user = f"{account(number)}-{number}" if password == PASSWORD else account(number)
        for name, server in servers.items():
            variables.append(
                f"{name}{number}: {{host: {server.address}, port: {server.port}, user: {user}, "
                f"password: !unsafe {json.dumps(password)}}}\n"
            )
        # By turns in the Python that Ansible runs on and, with an environment of its own, as a module in another one.
        tasks += TASKS.format(number=number, environment="{LC_ALL: C}" if number % 2 else "{}")
        names += [f"{kind}{number}" for kind in ("passed", "refused", "mesh")]
    last = LAST + "".join(f'          {name}: "{{{{ {name} }}}}"\n' for name in names)
    (directory / "variables.yml").write_text("".join(variables))
    head = "- hosts: localhost\n  connection: local\n  gather_facts: false\n  vars_files: [variables.yml]\n  tasks:"
    (directory / "playbook.yml").write_text(head + tasks + last)
    (directory / "ansible.cfg").write_text("[defaults]\n")
    root = pathlib.Path(next(iter(collection.__path__))).parents[2]
    done = subprocess.run(
        [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-vvvvv", "--diff", "playbook.yml"],
        cwd=directory,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(root), "ANSIBLE_CONFIG": str(directory / "ansible.cfg")},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    results = (directory / "results.json").read_text()
    return done.stdout + done.stderr + results, json.loads(results)


def decided(legs: t.Iterable[dict[str, t.Any]]) -> list[t.Any]:
    """What of each leg is no measurement."""
    keys = ("passive", "ok", "cause", "server", "certain", "also_possible", "remedy", "bytes", "verified_by")
    return [[leg[key] for key in keys] + sorted(leg) + sorted(leg["evidence"]) for leg in legs]


def words(result: dict[str, t.Any]) -> list[tuple[str, str]]:
    """Verbs that were sent and codes that came back."""
    lines = [(entry["direction"], entry["server"], entry["line"]) for entry in result["transcript"]]
    return sorted((who, line.split(" ")[0] if way == "sent" else line[:3]) for way, who, line in lines if line[:1] != " ")


@pytest.mark.parametrize("number", range(len(PASSWORDS)))
def test_results_are_those_of_an_innocent_password(run: tuple[str, Results], number: int) -> None:
    """ProFTPD takes every one of them, in UTF-8 too, and causes, places, words and reply codes are whole."""
    _printed, results = run
    for kind in ("passed", "refused"):
        result, innocent = results[f"{kind}{number}"], results[f"{kind}0"]
        assert decided(result["legs"]) == decided(innocent["legs"])
        assert words(result) == words(innocent)
        assert [result[key] for key in ("cause", "server", "remedy")] == [innocent[key] for key in ("cause", "server", "remedy")]
    assert results[f"passed{number}"]["ok"] is True
    refused = results[f"refused{number}"]
    assert (refused["cause"], refused["server"]) == ("active_refuses_foreign_address", "destination")
    assert refused["msg"].startswith("FXP from source ")
    assert "active_refuses_foreign_address" in refused["msg"]
    mesh, innocent = results[f"mesh{number}"], results["mesh0"]
    assert mesh["legs"] == innocent["legs"]
    assert decided(mesh["pairs_failed"]) == decided(innocent["pairs_failed"]) != []
    assert {leg["source"] for leg in mesh["pairs_failed"]} == {"alpha", "gamma"}


def test_options_are_shown_without_password(run: tuple[str, Results]) -> None:
    """In results of checks that pass and that fail, for every server of a mesh, and in an error before anything is asked."""
    printed, results = run
    assert results["unfit"]["failed"]
    shown = re.findall(r'"password": (.*)', printed)
    assert set(shown) == {f'"{HIDDEN}",'}
    # Two servers in each of three tasks, and in the one whose options are unfit.
    assert len(shown) == 6 * len(PASSWORDS) + 2
    assert printed.count('"host": "127.0.1.21"') == 3 * len(PASSWORDS) + 1
    for password in PASSWORDS:
        for form in (password, json.dumps(password)[1:-1]):
            assert f"PASS {form}" not in printed


def test_no_secret_at_any_verbosity(run: tuple[str, Results]) -> None:
    """Not even as JSON writes it, nor in an error that comes before anything is asked of a server."""
    printed, _results = run
    assert "PASS ****" in printed
    for secret in SECRETS:
        for form in (
            secret,
            secret.strip(),
            json.dumps(secret)[1:-1].strip(),
            json.dumps(secret, ensure_ascii=False)[1:-1].strip(),
        ):
            assert form not in printed
