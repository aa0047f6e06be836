# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as Ansible calls it, on a host below a directory. nft and systemd are tested with the cores."""

from __future__ import annotations

import functools
import json
import pathlib
import re
import typing as t
from unittest import mock

import pytest
from ansible.module_utils import basic

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import archive, detect, lockout, managers, state, transaction
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._host import systemd
from ansible_collections.proftpd.fxp.plugins.modules import fxp_firewall

CONTENT = "define control_port = 21\ndefine passive_ports = 50000-50099\ndefine incoming = { $control_port, $passive_ports }\n"
ARGUMENTS = {"content": CONTENT, "unit": "[Unit]\n", "drop_in": "[Service]\n"}


class Answer(t.NamedTuple):
    code: int
    result: dict[str, t.Any]


Call = t.Callable[..., Answer]


@pytest.fixture
def call(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the module. The host has no nft unless a test gives it one."""
    backend = Nftables(str(tmp_path))
    backend.nft.path = None
    here = functools.partial(state.Host, root=str(tmp_path))
    warnings: list[str] = []
    monkeypatch.setattr(state, "Host", here)
    monkeypatch.setattr(managers, "in_use", lambda: backend)
    monkeypatch.setitem(managers.BACKENDS, "nftables", lambda root: backend)
    monkeypatch.setattr(detect, "active", lambda commands, ruleset: [])
    monkeypatch.setattr(lockout, "listening", lambda: {22})
    monkeypatch.setattr(lockout, "ssh_connection", lambda: "192.0.2.1 40000 198.51.100.11 22")
    monkeypatch.setattr(systemd, "Systemd", mock.Mock)
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda module, text: warnings.append(text))

    def run(check_mode: bool = False, **arguments: t.Any) -> Answer:
        options = {**ARGUMENTS, **arguments, "_ansible_check_mode": check_mode, "_ansible_remote_tmp": str(tmp_path)}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit) as exit_info:
            fxp_firewall.main()
        return Answer(int(exit_info.value.code or 0), {**json.loads(capsys.readouterr().out), "warned": list(warnings)})

    return run


def test_host_without_nft_is_told_what_to_install(call: Call, tmp_path: pathlib.Path) -> None:
    code, result = call()
    assert (code, result["changed"], result["missing_packages"], result["validated"]) == (0, False, ["nftables"], False)
    assert not (tmp_path / "etc").exists()


def test_check_mode_on_a_host_without_nft(call: Call, tmp_path: pathlib.Path) -> None:
    code, result = call(check_mode=True)
    assert (code, result["changed"], result["missing_packages"], result["validated"]) == (0, True, ["nftables"], False)
    assert result["diff"][0]["after"] == CONTENT
    # A bare host is no fault.
    assert not result.get("warned")
    assert not (tmp_path / "etc").exists()


def test_another_firewall_is_refused_before_anything_is_installed(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "active", lambda commands, ruleset: ["ufw"])
    code, result = call()
    assert code == 1
    assert result["msg"].startswith("ufw decides on connections here")


@pytest.mark.parametrize("port", [21, 50099])
def test_the_port_of_ssh_is_refused(call: Call, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(lockout, "listening", lambda: {port})
    assert f"listens on port {port} here" in call(check_mode=True).result["msg"]


def test_time_that_is_too_short_is_refused(call: Call) -> None:
    assert call(return_after=4).result["msg"].startswith("return_after is 4,")


def test_rules_without_defines_are_refused(call: Call) -> None:
    assert "define control_port" in call(content="table inet x\n").result["msg"]


def test_confirmation_through_the_old_connection_is_refused(call: Call) -> None:
    answer = call(_phase="confirm", _connection="192.0.2.1 40000 198.51.100.11 22")
    assert answer.code == 1
    assert "proves nothing" in answer.result["msg"]


def test_confirmation_of_nothing_is_too_late(call: Call) -> None:
    answer = call(_phase="confirm", _connection="192.0.2.1 39999 198.51.100.11 22")
    assert (answer.code, answer.result["too_late"]) == (1, True)


def test_program_for_the_host_is_the_archive(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[transaction.Texts] = []

    def preview(change: transaction.Transaction) -> transaction.Outcome:
        seen.append(change.texts)
        return transaction.Outcome(changed=True)

    monkeypatch.setattr(transaction.Transaction, "preview", preview)
    call(check_mode=True)
    interpreter = seen[0].program.partition(b"\n")[0].decode()[2:].split()[0]
    assert pathlib.Path(interpreter).is_absolute()
    assert seen[0].program == archive.build(interpreter)


def test_host_without_systemd_is_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "Systemd", lambda: mock.Mock(is_here=lambda: False))
    code, result = call(check_mode=True)
    assert code == 1
    assert re.search(r"systemd does not run here.*fxp_firewall_backend", result["msg"])


def test_removal_of_nothing_asks_nobody(call: Call, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise FirewallError("systemd does not run here")

    monkeypatch.setattr(systemd, "Systemd", refuse)
    monkeypatch.setattr(detect, "active", lambda commands, ruleset: ["ufw"])
    files = set(tmp_path.rglob("*"))
    for check_mode in (True, False):
        code, result = call(check_mode, state="absent", content=None, unit=None, drop_in=None)
        assert (code, result["changed"], result["warned"]) == (0, False, [])
    assert set(tmp_path.rglob("*")) == files


def test_removal_where_nft_is_gone_says_so(call: Call, tmp_path: pathlib.Path) -> None:
    rules = tmp_path / "etc/proftpd-fxp/firewall.nft"
    rules.parent.mkdir(parents=True)
    rules.write_text(CONTENT)
    code, result = call(check_mode=True, state="absent")
    assert (code, result["changed"], result["diff"][0]["before"]) == (0, True, CONTENT)
    assert "not installed here any more" in result["warned"][0]


@pytest.mark.parametrize("missing", ["content", "unit", "drop_in"])
def test_presence_needs_every_text(call: Call, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delitem(ARGUMENTS, missing)
    assert call().result["msg"] == f"state is present but all of the following are missing: {missing}"
