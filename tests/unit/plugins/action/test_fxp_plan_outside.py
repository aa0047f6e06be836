# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way in which a play can say a variable beside the inventory, as Ansible itself carries it out. No host is contacted."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import textwrap
import typing as t

import pytest

SERVERS = {"ftp1": {"ansible_host": "198.51.100.11"}, "ftp2": {"ansible_host": "198.51.100.12"}}
# Nobody is contacted: every play ends with the plan, and this interpreter does nothing.
SAID = {"fxp_tls": "none", "ansible_connection": "local", "ansible_python_interpreter": "/bin/false"}
WAYS = "where proftpd.fxp.smoke_test and proftpd.fxp.audit do not see it; say it in the inventory, or with -e"
IN_PLAY = "is said in the play's vars"
FOR_TASK = "is said for a role, a block or a task of this play"
IN_FILES = "is said in a role of this play, or in its vars_files"
AS_FACT = "is said as a fact (set_fact, register, include_vars)"
BESIDE = "is said in group_vars or host_vars beside the playbook"
TAIL = """
  tasks:
    - name: Get as far as this
      ansible.builtin.debug:
        msg: Nothing was refused.
      run_once: true
"""


# With this the last task shows the plan.
SHOWN = ("Nothing was refused.", '"{{ _plan_fleet.servers.ftp1 }}"')


class Run(t.NamedTuple):
    """What a play came to; ``output`` is in one line."""

    code: int
    output: str


def play(
    directory: pathlib.Path,
    text: str,
    *arguments: str,
    files: t.Mapping[str, str] | None = None,
    servers: t.Mapping[str, t.Any] | None = None,
    variables: t.Mapping[str, t.Any] | None = None,
    **environment: str,
) -> Run:
    """Run a play with ``text`` in it, and with ``files`` beside it, on an inventory that lies elsewhere."""
    inventory = directory / "inventory" / "hosts.json"
    inventory.parent.mkdir(exist_ok=True)
    hosts = {"hosts": servers or SERVERS, "vars": {**SAID, **(variables or {})}}
    inventory.write_text(json.dumps({"fxp_servers": hosts}))
    playbook = directory / "playbooks" / "play.yml"
    for name, content in {playbook.name: text, **(files or {})}.items():
        path = playbook.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    shown = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"}
    done = subprocess.run(
        ["ansible-playbook", "-i", str(inventory), str(playbook), *arguments],
        cwd=directory,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **shown, **environment},
    )
    return Run(done.returncode, " ".join((done.stdout + done.stderr).replace("''", "'").split()))


def written(head: str, roles: str = "[proftpd.fxp.plan]") -> str:
    """A play with the lines ``head``, a role that plans, and a task that shows that it came through."""
    return (
        f"- hosts: fxp_servers\n  gather_facts: false\n{textwrap.indent(textwrap.dedent(head).strip(), '  ')}\n"
        f"  roles: {roles}\n{TAIL}"
    )


def tasks(text: str) -> str:
    return f"- hosts: fxp_servers\n  gather_facts: false\n  tasks:\n{textwrap.indent(textwrap.dedent(text).strip(), '    ')}\n"


PORT = "fxp_control_port: 2121"
BOTH, SECOND = "ftp1, ftp2: ", "ftp2: "
PARAMETER = "{role: proftpd.fxp.firewall, fxp_control_port: 2121}"
ROLE = {"roles/ours/meta/main.yml": "dependencies: [proftpd.fxp.plan]\n", "roles/ours/tasks/main.yml": "[]\n"}
OURS = "  collections: []\n  roles: [ours]\n"
FACT = {"ansible.builtin.set_fact": {"fxp_control_port": 2121}}

# The play, the files beside it, whom it is said of, and where it is told to stand.
EVERY_WAY: dict[str, tuple[str, dict[str, str], str, str]] = {
    "vars": (written(f"vars: {{{PORT}}}"), {}, BOTH, IN_PLAY),
    "vars_files": (written("vars_files: [more.yml]"), {"more.yml": PORT}, BOTH, IN_FILES),
    "vars_files of one host": (
        written("vars_files: ['{{ inventory_hostname }}.yml']"),
        {"ftp1.yml": "{}", "ftp2.yml": PORT},
        SECOND,
        IN_FILES,
    ),
    "role parameter": (written("", f"[{PARAMETER}]"), {}, BOTH, FOR_TASK),
    "parameter of the second role": (written("", f"[proftpd.fxp.firewall, {PARAMETER}]"), {}, BOTH, FOR_TASK),
    "vars of the second role": (
        written("", "[proftpd.fxp.firewall, {role: proftpd.fxp.server, vars: {fxp_control_port: 2121}}]"),
        {},
        BOTH,
        FOR_TASK,
    ),
    "include_role": (
        tasks(f"""
        - ansible.builtin.include_role: {{name: proftpd.fxp.firewall}}
          vars: {{{PORT}}}
        """),
        {},
        BOTH,
        FOR_TASK,
    ),
    "import_role": (
        tasks(f"""
        - ansible.builtin.import_role: {{name: proftpd.fxp.firewall}}
          vars: {{{PORT}}}
        """),
        {},
        BOTH,
        FOR_TASK,
    ),
    "import_role after another": (
        tasks(f"""
        - ansible.builtin.import_role: {{name: proftpd.fxp.plan}}
        - ansible.builtin.import_role: {{name: proftpd.fxp.server}}
          vars: {{{PORT}}}
        """),
        {},
        BOTH,
        FOR_TASK,
    ),
    "block": (
        tasks(f"""
        - vars: {{{PORT}}}
          block:
            - ansible.builtin.import_role: {{name: proftpd.fxp.firewall}}
        """),
        {},
        BOTH,
        FOR_TASK,
    ),
    "defaults of a role": (written("", "[ours]"), {**ROLE, "roles/ours/defaults/main.yml": PORT}, BOTH, IN_FILES),
    "vars of a role": (written("", "[ours]"), {**ROLE, "roles/ours/vars/main.yml": PORT}, BOTH, IN_FILES),
    "set_fact": (
        written(f"""
        pre_tasks:
          - ansible.builtin.set_fact: {{{PORT}}}
        """),
        {},
        BOTH,
        AS_FACT,
    ),
    "set_fact of one host": (
        written(f"""
        pre_tasks:
          - ansible.builtin.set_fact: {{{PORT}}}
            when: inventory_hostname == 'ftp2'
        """),
        {},
        SECOND,
        AS_FACT,
    ),
    "set_fact between two roles": (
        tasks(f"""
        - ansible.builtin.import_role: {{name: proftpd.fxp.plan}}
        - ansible.builtin.set_fact: {{{PORT}}}
        - ansible.builtin.import_role: {{name: proftpd.fxp.server}}
        """),
        {},
        BOTH,
        AS_FACT,
    ),
    "include_vars": (
        written("""
        pre_tasks:
          - ansible.builtin.include_vars: {file: more.yml}
        """),
        {"more.yml": PORT},
        BOTH,
        AS_FACT,
    ),
    "group_vars": (written(""), {"group_vars/fxp_servers.yml": PORT}, BOTH, BESIDE),
    "host_vars": (written(""), {"host_vars/ftp2.yml": PORT}, SECOND, BESIDE),
}


@pytest.mark.parametrize("way", EVERY_WAY)
def test_every_way_is_refused_by_name(tmp_path: pathlib.Path, way: str) -> None:
    text, files, hosts, where = EVERY_WAY[way]
    run = play(tmp_path, text, files=files)
    assert run.code == 2, run.output
    assert f"{hosts}fxp_control_port: 2121 {where}, {WAYS}." in run.output
    assert f"ftp1, {hosts}fxp_control_port" not in run.output
    assert "Nothing was refused" not in run.output
    assert "Traceback" not in run.output


def test_no_role_runs_before_what_is_said_for_another_one_is_refused(tmp_path: pathlib.Path) -> None:
    run = play(tmp_path, written("", f"[proftpd.fxp.firewall, {PARAMETER}]"))
    assert "proftpd.fxp.firewall :" not in run.output
    run = play(tmp_path, written("", "[{role: ours, fxp_control_port: 2121}]"), "-e", "fxp_control_port=2222", files=ROLE)
    assert run.code == 0, run.output


@pytest.mark.parametrize("way", ["set_fact between two roles", "import_role after another"])
def test_every_role_is_looked_at_in_a_fleet_of_one_too(tmp_path: pathlib.Path, way: str) -> None:
    run = play(tmp_path, EVERY_WAY[way][0], servers={"ftp1": SERVERS["ftp1"]})
    assert run.code == 2, run.output
    assert "ftp1: fxp_control_port: 2121 is said" in run.output


def test_a_cached_fact_of_an_earlier_run(tmp_path: pathlib.Path) -> None:
    cache = {
        "ANSIBLE_INJECT_FACT_VARS": "true",
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts"),
    }
    keep = tasks("""
        - ansible.builtin.set_fact: {fxp_control_port: 2121, fxp_result: 1, cacheable: true}
        """)
    assert play(tmp_path, keep, **cache).code == 0
    run = play(tmp_path, written(""), **cache)
    assert f"{BOTH}fxp_control_port: 2121 {AS_FACT}" in run.output
    assert "fxp_result" not in run.output


def test_what_is_registered(tmp_path: pathlib.Path) -> None:
    register = """
        pre_tasks:
          - ansible.builtin.command: echo words
            register: %s
            delegate_to: localhost
        """
    run = play(tmp_path, written(register % "fxp_users"))
    assert run.code == 2
    assert f"{BOTH}fxp_users: it {AS_FACT}" in run.output
    assert "words" not in run.output.split("fxp_users: it")[1]
    # What a task returned is nobody's slip, however near the name is.
    run = play(tmp_path, written(register % "fxp_user"))
    assert run.code == 0, run.output


STRANGERS = {
    "fxp_result": 1,
    "fxp_status": "on",
    "fxp_check_result": {},
    "smoke_test_url": "x",
    "audit_log": "x",
    "audit_rules": [],
    "rule_sheet_title": "x",
    "fxp_port": 1,
}


def test_names_of_others_pass_wherever_they_stand(tmp_path: pathlib.Path) -> None:
    text = written(f"vars: {json.dumps(STRANGERS)}\npre_tasks:\n  - ansible.builtin.set_fact: {json.dumps(STRANGERS)}\n")
    run = play(tmp_path, text, files={"group_vars/all.yml": json.dumps(STRANGERS)})
    assert run.code == 0, run.output
    assert "Nothing was refused" in run.output


@pytest.mark.parametrize(
    ("head", "arguments", "told"),
    [
        ("vars: {fxp_contrl_port: 2121}", [], f"{BOTH}fxp_contrl_port: it {IN_PLAY}, {WAYS}; did you mean fxp_control_port?"),
        (
            "vars: {fxp_check_pasword: secret-secret}",
            [],
            f"{BOTH}fxp_check_pasword: it {IN_PLAY}, {WAYS}; did you mean fxp_check_password?",
        ),
        ("vars: {fxp_check_password: secret-secret}", [], f"{BOTH}fxp_check_password: the value, not shown, {IN_PLAY}, {WAYS}."),
        ("vars: {smoke_test_peer: 2}", [], "ftp1: smoke_test_peer: there is no such variable; did you mean smoke_test_peers?"),
        (
            "",
            ["-e", "smoke_test_report_dir=x"],
            "smoke_test_report_dir: there is no such variable; did you mean smoke_test_report_directory?",
        ),
        ("", ["-e", "audit_host=x"], "audit_host: there is no such variable; did you mean audit_hosts?"),
        ("", ["-e", "rule_sheet_dir=x"], "rule_sheet_dir: there is no such variable; did you mean rule_sheet_directory?"),
    ],
)
def test_slips(tmp_path: pathlib.Path, head: str, arguments: list[str], told: str) -> None:
    run = play(tmp_path, written(head), *arguments)
    assert run.code == 2, run.output
    assert told in run.output
    assert "secret-secret" not in run.output


def test_everything_that_is_wrong_is_told_at_once(tmp_path: pathlib.Path) -> None:
    wrong = {"fxp_tsl": "none", "fxp_users": 1}
    run = play(tmp_path, written("vars: {fxp_control_port: 2121, audit_host: x}"), variables=wrong)
    for told in ("fxp_control_port: 2121 is said", "did you mean audit_hosts?", "did you mean fxp_tls?", "fxp_users: the value"):
        assert told in run.output


def test_what_is_said_with_e_counts_and_beats_the_rest(tmp_path: pathlib.Path) -> None:
    run = play(tmp_path, written(f"vars: {{{PORT}}}").replace(*SHOWN), "-e", '{"fxp_control_port": 2222}')
    assert run.code == 0, run.output
    assert "control_port: 2222" in run.output


def test_what_a_template_names_is_said_in_the_inventory_too(tmp_path: pathlib.Path) -> None:
    """A fact that this play gathered or set would make another plan than the next play's."""
    named = {"fxp_control_port": "{{ our_port | default(21) }}"}
    text = written("pre_tasks:\n  - ansible.builtin.set_fact: {our_port: 2121}\n").replace(*SHOWN)
    run = play(tmp_path, text, variables=named)
    assert run.code == 0, run.output
    assert "control_port: 21 " in run.output
    run = play(tmp_path, text, variables={"fxp_control_port": "{{ our_port }}"})
    assert "fxp_control_port: its template cannot be resolved" in run.output
    run = play(tmp_path, text, variables={**named, "our_port": 2222})
    assert "control_port: 2222" in run.output


def test_no_fact_stops_the_removal_of_a_server(tmp_path: pathlib.Path) -> None:
    servers = {**SERVERS, "ftp2": {"fxp_state": "absent"}}
    run = play(tmp_path, EVERY_WAY["set_fact of one host"][0], servers=servers)
    assert run.code == 0, run.output
    run = play(tmp_path, EVERY_WAY["vars"][0], "--limit", "ftp2", servers=servers)
    assert run.code == 0, run.output


def test_files_that_only_another_playbook_reads_are_warned_of(tmp_path: pathlib.Path) -> None:
    for kind, name in (("group_vars", "fxp_servers.yml"), ("group_vars", "strangers.yml"), ("host_vars", "ftp1/main.yml")):
        path = tmp_path / kind / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{PORT}\nfxp_result: 1\nother: 2\n")
    run = play(tmp_path, written(""))
    assert run.code == 0, run.output
    assert "/group_vars/fxp_servers.yml: fxp_control_port: not read by this playbook, which lies elsewhere; put" in run.output
    assert "/host_vars/ftp1/main.yml: fxp_control_port: not read" in run.output
    assert "strangers" not in run.output
    # Beside the inventory they are read, and nothing is to be told.
    (tmp_path / "group_vars").rename(tmp_path / "inventory" / "group_vars")
    (tmp_path / "host_vars").rename(tmp_path / "inventory" / "host_vars")
    run = play(tmp_path, written(""))
    assert run.code == 2, run.output
    assert "ftp1, ftp2: fxp_result: there is no such variable" in run.output
