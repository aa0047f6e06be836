# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What busctl and firewall-offline-cmd answer, as they were seen to answer on Debian 11, 12 and 13."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.program import Program

Answer = t.Callable[..., Program]
PROPERTY = "Failed to get property state on interface org.fedoraproject.FirewallD1: "


@pytest.fixture
def answers(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """A firewalld of which a program prints this."""

    def make(name: str, output: str = "", errors: str = "", status: int = 0) -> Program:
        (tmp_path / "errors").write_text(errors)
        (tmp_path / "output").write_text(output)
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\necho "$@" >{tmp_path}/asked\ncat {tmp_path}/output\ncat {tmp_path}/errors >&2\nexit {status}\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return Program(str(tmp_path))

    return make


@pytest.mark.parametrize(
    "errors",
    [
        'Call failed: Name "org.fedoraproject.FirewallD1" does not exist',
        f"{PROPERTY}The name org.fedoraproject.FirewallD1 was not provided by any .service files",
        "Failed to connect to bus: Connection refused",
        "Failed to connect to bus: No such file or directory",
    ],
)
def test_it_does_not_run(answers: Answer, errors: str) -> None:
    assert answers("busctl", errors=errors, status=1).state() == ""


def test_that_it_cannot_be_asked_is_not_that_it_does_not_run(answers: Answer) -> None:
    with pytest.raises(FirewallError, match="Connection timed out"):
        answers("busctl", errors=f"{PROPERTY}Connection timed out", status=1).state()
    with pytest.raises(FirewallError, match="answers no JSON"):
        answers("busctl", output="RUNNING").state()


def test_it_runs(answers: Answer, tmp_path: pathlib.Path) -> None:
    assert answers("busctl", output='{"type":"s","data":"RUNNING"}').state() == "RUNNING"
    assert "--auto-start=no" in (tmp_path / "asked").read_text()


def test_answers_of_methods(answers: Answer) -> None:
    assert answers("busctl", output='{"type":"as","data":[["10.0.0.1"]]}').names("ipset", "getEntries", "s", "x") == {"10.0.0.1"}
    told = '{"type":"a{sv}","data":[{"target":{"type":"s","data":"default"}}]}'
    assert answers("busctl", output=told).settings("zone", "getZoneSettings2", "s", "public") == {"target": "default"}
    assert answers("busctl").call("", "reload") is None


@pytest.mark.parametrize(
    "errors",
    [
        "Call failed: INVALID_ENTRY: no address",
        'Call failed: INVALID_ENTRY: no address\n\nJSON blob:\n{"nftables": []}',
        'Call failed: Traceback (most recent call last):\n  File "/usr/lib/x.py"\nINVALID_ENTRY: no address\n',
    ],
)
def test_what_it_refuses_is_told_in_its_words(answers: Answer, errors: str) -> None:
    with pytest.raises(FirewallError, match=r"^firewalld \(setEntries\) says: INVALID_ENTRY: no address$"):
        answers("busctl", errors=errors, status=1).set_entries("x", ["y"])


def test_checker_is_asked_about_a_copy(answers: Answer, tmp_path: pathlib.Path) -> None:
    (tmp_path / "etc/firewalld/zones").mkdir(parents=True)
    program = answers("firewall-offline-cmd", output="success")
    program.check({"ipsets/x.xml": "<ipset/>"})
    assert not (tmp_path / "etc/firewalld/ipsets").exists()
    with pytest.raises(FirewallError, match="finds fault with its own files"):
        answers("firewall-offline-cmd", errors="WARNING: INVALID_ENTRY: x").check({})
    with pytest.raises(FirewallError, match="Configuration error"):
        answers("firewall-offline-cmd", output="Configuration error: INVALID_IPSET: x", status=135).check({})


def test_only_what_is_new_is_a_fault_of_ours(answers: Answer, tmp_path: pathlib.Path) -> None:
    (tmp_path / "etc/firewalld").mkdir(parents=True)
    program = answers("firewall-offline-cmd")
    script = '#!/bin/sh\nfor word; do case $word in --system-config=*) ls "${word#*=}" | sed "s/^/WARNING: /";; esac; done\n'
    (tmp_path / "firewall-offline-cmd").write_text(script)
    with pytest.raises(FirewallError, match=r"would not take its new files: WARNING: mine$"):
        program.check({"mine/x.xml": ""})
