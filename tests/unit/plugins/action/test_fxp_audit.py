# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit as a play runs it: a real ProFTPD is looked at, by Ansible, on this machine. Nothing is started."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import subprocess

import pytest

PLAY = """
- hosts: localhost
  gather_facts: false
  connection: local
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  tasks:
    - name: Look
      proftpd.fxp.proftpd_info:
        path: "%(directory)s/proftpd.conf"
        service: no-such-unit
        rules: false
      register: look
    - name: Show
      proftpd.fxp.fxp_audit:
        results: {localhost: "{{ look }}", away: {}}
        report: "%(directory)s/report.json"
        show: "%(show)s"
"""
NEEDED = "User nobody\nGroup nogroup\nAuthOrder mod_auth_file.c\nPassivePorts 50000 50099\nMaxInstances 20\n"


def play(
    directory: pathlib.Path, text: str, *arguments: str, show: str = "everything", template: str = PLAY
) -> subprocess.CompletedProcess[str]:
    (directory / "proftpd.conf").write_text(NEEDED + text)
    (directory / "play.yml").write_text(template % {"directory": directory, "show": show})
    return subprocess.run(
        ["ansible-playbook", "--inventory=localhost,", *arguments, str(directory / "play.yml")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "0"},
    )


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_a_hole_fails_the_play_after_everything_is_shown(tmp_path: pathlib.Path, arguments: tuple[str, ...]) -> None:
    done = play(tmp_path, "", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    table = lines.index(next(line for line in lines if line.startswith("host ")))
    assert lines[table + 1].split()[:5] == ["localhost", "main:21", "anybody", "(passive)", "50000-50099"]
    assert lines[table + 2].split()[:4] == ["away", "not", "looked", "at"]
    hole = f"HOLE   localhost: {tmp_path}/proftpd.conf line 1: AllowForeignAddress is not said"
    assert any(line.startswith(hole) for line in lines)
    assert "Cure: say AllowForeignAddress off" in done.stdout
    report = tmp_path / "report.json"
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    told = json.loads(report.read_text())["hosts"]
    assert (told["localhost"]["verdict"], told["localhost"]["server"]["servers"][0]["control_port"]) == ("hole", 21)
    assert (told["away"]["verdict"], told["away"]["server"]) == ("fault", None)


def test_without_a_hole_the_play_goes_on(tmp_path: pathlib.Path) -> None:
    done = play(tmp_path, "AllowForeignAddress off\nControlsEngine off\n", show="problems")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed=0" in done.stdout
    assert not any(line.startswith("NOTE") for line in done.stdout.splitlines())
    quiet = play(tmp_path, "AllowForeignAddress off\nControlsEngine off\n", show="nothing")
    assert not any(line.startswith(("host ", "FAULT")) for line in quiet.stdout.splitlines())


def test_a_slip_of_a_variable_of_the_playbook_is_told(tmp_path: pathlib.Path) -> None:
    done = play(tmp_path, "AllowForeignAddress off\n", "-e", "audit_reprot=x")
    assert done.returncode == 2
    assert "localhost: audit_reprot: there is no such variable; did you mean audit_report?" in " ".join(done.stdout.split())
    assert play(tmp_path, "AllowForeignAddress off\n", "-e", "audit_log=x").returncode == 0


def test_a_report_that_cannot_be_written_says_so(tmp_path: pathlib.Path) -> None:
    (tmp_path / "report.json").mkdir()
    done = play(tmp_path, "AllowForeignAddress off\n")
    assert done.returncode == 2
    assert "The report could not be written to" in done.stdout + done.stderr


def acknowledged(until: str) -> str:
    return json.dumps({"fxp_acknowledged": [{"code": "passive_open_unset", "reason": "a lab", "until": until}]})


def test_a_hole_that_is_acknowledged_is_shown_and_fails_nothing_until_its_day_is_over(tmp_path: pathlib.Path) -> None:
    done = play(tmp_path, "", "-e", acknowledged("2999-12-31"), show="problems")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"KNOWN  localhost: {tmp_path}/proftpd.conf line 1: AllowForeignAddress is not said" in done.stdout
    assert "       Acknowledged (hole) until 2999-12-31: a lab" in done.stdout.splitlines()
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["summary"].endswith(", 1 acknowledged.")
    (known,) = [each for each in told["hosts"]["localhost"]["findings"] if each["severity"] == "known"]
    assert known["acknowledged"] == {"reason": "a lab", "until": "2999-12-31", "severity": "hole"}
    over = play(tmp_path, "", "-e", acknowledged("2020-01-31"), show="problems")
    assert over.returncode == 2
    assert "acknowledged (a lab), which ran out on 2020-01-31 [passive_open_unset]" in over.stdout


def told(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed, however that is broken into lines; ansible-core 2.18 writes apostrophes as YAML does, twice."""
    return " ".join(done.stdout.split()).replace("''", "'")


def test_an_acknowledgement_is_read_without_a_plan_too_and_only_from_the_inventory(tmp_path: pathlib.Path) -> None:
    done = play(tmp_path, "", "-e", acknowledged("31.12.2999"))
    assert done.returncode == 2
    assert "localhost: fxp_acknowledged: '31.12.2999' is no day; write one as YYYY-MM-DD" in told(done)
    done = play(tmp_path, "", "-e", '{"fxp_acknowledged": "all"}')
    assert done.returncode == 2
    assert "localhost: fxp_acknowledged: 'all' does not fit" in told(done)
    # A host must not vouch for itself.
    text = PLAY.replace("  tasks:\n", "  tasks:\n    - ansible.builtin.set_fact: " + acknowledged("2999-12-31") + "\n")
    done = play(tmp_path, "", template=text)
    assert done.returncode == 2
    assert "KNOWN" not in done.stdout
