# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as Ansible calls it, on a host below a directory. nft and systemd are tested with the cores."""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib
import re
import typing as t
from unittest import mock

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import arg_spec

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import archive, detect, lockout, managers, state, transaction
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform, systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import served, swap
from ansible_collections.proftpd.fxp.plugins.modules import fxp_firewall

CONTENT = "define control_port = 21\ndefine passive_ports = 50000-50099\ndefine incoming = { $control_port, $passive_ports }\n"
WISH = {
    "control_port": 21,
    "passive_ports": {"first": 50000, "last": 50099},
    "addresses": ["198.51.100.11"],
    "clients4": ["192.0.2.0/24"],
    "peers4": [{"name": "ftp2", "addresses": ["198.51.100.12"]}],
    "outgoing4": [{"name": "ftp2", "addresses": ["198.51.100.12"], "first": 61000, "last": 61049}],
}
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
    monkeypatch.setattr(managers, "in_use", lambda **kind: backend)
    monkeypatch.setitem(managers.BACKENDS, "nftables", managers.BACKENDS["nftables"]._replace(make=lambda root: backend))
    monkeypatch.setattr(detect, "active", lambda commands, ruleset: [])
    monkeypatch.setattr(lockout, "listening", lambda: {22})
    monkeypatch.setattr(lockout, "ssh_connection", lambda: "192.0.2.1 40000 198.51.100.11 22")
    monkeypatch.setattr(systemd, "Systemd", mock.Mock)
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda module, text: warnings.append(text))

    def run(check_mode: bool = False, **arguments: t.Any) -> Answer:
        said = {name: value for name, value in {**ARGUMENTS, **arguments}.items() if value is not None}
        options = {**said, "_ansible_check_mode": check_mode, "_ansible_remote_tmp": str(tmp_path)}
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
    monkeypatch.setattr(detect, "active", lambda commands, ruleset: ["firewalld", "ufw"])
    code, result = call()
    assert code == 1
    assert result["msg"].startswith("firewalld and ufw decide on connections here")


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


def test_presence_needs_a_wish(call: Call) -> None:
    told = call(content=None, unit=None, drop_in=None).result["msg"]
    assert told == "state is present but any of the following are missing: wish, content"


def test_a_wish_and_a_text_are_one_too_many(call: Call) -> None:
    assert "mutually exclusive: wish|content" in call(wish=WISH).result["msg"]


def changes(result: dict[str, t.Any]) -> dict[str, str]:
    return {entry["after_header"].rpartition("/")[2]: entry["after"] for entry in result["diff"] if "after_header" in entry}


def test_a_wish_becomes_the_text_that_people_read(call: Call) -> None:
    code, result = call(check_mode=True, wish=WISH, content=None, unit=None, drop_in=None)
    assert (code, result["changed"]) == (0, True)
    after = changes(result)
    assert sorted(after) == ["firewall.nft", "proftpd-fxp-firewall.conf", "proftpd-fxp-firewall.service", "proftpd-fxp.conf"]
    text = after["firewall.nft"]
    assert "define passive_ports = 50000-50099\n" in text
    assert "\t\t\t198.51.100.12, # ftp2\n" in text
    assert "\t198.51.100.12 . 61000-61049, # ftp2\n" in text


@pytest.mark.parametrize("option", ["content", "unit", "drop_in"])
def test_texts_of_the_callers_own_still_work_and_are_deprecated(call: Call, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(arg_spec, "deprecate", lambda msg, version, **more: told.append((msg, version)))
    code, result = call(check_mode=True)
    assert code == 0
    path = {"content": "firewall.nft", "unit": "proftpd-fxp-firewall.service", "drop_in": "proftpd-fxp.conf"}[option]
    assert changes(result)[path] == ARGUMENTS[option]
    assert [version for text, version in told if f"'{option}'" in text] == ["1.0.0"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"clients4": ["192.0.2.0/24 accept"]}, "clients4 of the wish holds '192.0.2.0/24 accept', which is no IPv4 address"),
        (
            {"peers6": [{"name": "ftp2", "addresses": ["198.51.100.12"]}]},
            "peers6 of the wish holds '198.51.100.12', which is no IPv6",
        ),
        ({"addresses": ["ftp1.example.org"]}, "addresses of the wish holds 'ftp1.example.org', which is no IPv4 or IPv6 address"),
        ({"passive_ports": {"first": 50099, "last": 50000}}, "passive_ports of the wish is 50099-50000"),
        ({"control_port": 0}, "control_port of the wish is 0"),
        ({"kind": "bridge"}, "value of kind must be one of: server, got: bridge"),
        ({"outgoing4": [{"name": "ftp2", "addresses": []}]}, "missing required arguments: first, last"),
    ],
)
def test_a_wish_that_is_none_is_refused_by_name(call: Call, changed: dict[str, t.Any], told: str) -> None:
    code, result = call(check_mode=True, wish={**WISH, **changed}, content=None, unit=None, drop_in=None)
    assert code == 1
    assert told in result["msg"]


@pytest.mark.parametrize("port", [21, 50099])
def test_the_port_of_ssh_is_refused_in_a_wish(call: Call, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(lockout, "listening", lambda: {port})
    told = call(check_mode=True, wish=WISH, content=None, unit=None, drop_in=None).result["msg"]
    assert f"listens on port {port} here" in told


def test_a_name_cannot_end_the_comment_that_it_stands_in(call: Call) -> None:
    wish = {**WISH, "peers4": [{"name": "ftp2\n0.0.0.0/0,", "addresses": ["198.51.100.12"]}]}
    result = call(check_mode=True, wish=wish, content=None, unit=None, drop_in=None).result
    assert "\t\t\t198.51.100.12, # ftp2\\n0.0.0.0/0,\n" in changes(result)["firewall.nft"]


def test_ports_that_the_server_still_has_are_guarded(call: Call, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the module finds of a server of ours is in its rules, and is told; the same server with the new ports is not."""
    configuration = tmp_path / "proftpd.conf"
    monkeypatch.setattr(platform, "nearest", lambda: dataclasses.replace(platform.USUAL, configuration=str(configuration)))
    monkeypatch.setattr(served, "Systemd", lambda: mock.Mock(main_pid=lambda unit: 0))
    configuration.write_text(f"# {swap.MARK}\nPort 2121\nPassivePorts 50050 50149\n")
    told = call(check_mode=True, wish=WISH, content=None, unit=None, drop_in=None).result
    assert told["former_ports"] == [{"first": 2121, "last": 2121}, {"first": 50100, "last": 50149}]
    assert "define former_ports = { 2121, 50100-50149 }" in told["diff"][0]["after"]
    configuration.write_text(f"# {swap.MARK}\nPort 21\nPassivePorts 50000 50099\n")
    told = call(check_mode=True, wish=WISH, content=None, unit=None, drop_in=None).result
    assert told["former_ports"] == []
    assert "former" not in told["diff"][0]["after"]
