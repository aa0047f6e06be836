# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module that changes a host leaves it alone while another run is at work there, or where it is not as it was seen."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import time
import types
import typing as t

import pytest
from ansible.module_utils import basic

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import choose, lockout, phases, state
from ansible_collections.proftpd.fxp.plugins.module_utils._host import record
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import accounts
from ansible_collections.proftpd.fxp.plugins.modules import (
    fxp_firewall,
    fxp_gateway,
    proftpd_accounts,
    proftpd_certificate,
    proftpd_config,
)
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.toy import Toy

RUN: dict[str, t.Any] = {"id": "b", "who": "bert@west", "left": ["rules", "accounts", "certificate", "configuration"]}
SPAN = {"first": 50000, "last": 50099}
MODULES: list[tuple[types.ModuleType, dict[str, t.Any]]] = [
    (proftpd_accounts, {"accounts": []}),
    (proftpd_certificate, {"addresses": ["198.51.100.11"], "trust": ""}),
    (proftpd_config, {"content": "# Managed by the Ansible collection proftpd.fxp\n", "control_port": 21}),
    (fxp_firewall, {"wish": {"control_port": 21, "passive_ports": SPAN}}),
]
# What tells whether somebody else has changed what the module changes.
FILES = ("there", "trust", "host/etc/proftpd-fxp/firewall.nft")
Asked = t.Callable[[dict[str, t.Any]], str]


@pytest.fixture(params=[(*each, state) for each in MODULES for state in ("present", "absent")], ids=str)
def asked(
    request: pytest.FixtureRequest, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Asked:
    """Ask a module to make its part, or to take it away, in a run; it returns why it did not, and has changed nothing."""
    module, arguments, state_asked = request.param
    path = tmp_path / "run" / "run.json"
    for name in ("begin", "end"):
        monkeypatch.setattr(record, name, functools.partial(getattr(record, name), path=str(path)))
    monkeypatch.setattr(accounts, "owner", lambda name: (os.getuid(), os.getgid()))
    # A host with a firewall manager and systemd.
    monkeypatch.setattr(choose, "choose", lambda commands, wanted: Toy(tmp_path / "kernel"))
    monkeypatch.setattr(state, "Host", functools.partial(state.Host, root=str(tmp_path / "host")))
    monkeypatch.setattr(lockout, "listening", lambda: {22})
    monkeypatch.setattr(Systemd, "is_here", lambda manager: True)
    for each in FILES:
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_text("# by somebody else\n")
    where = {"trust_path": str(tmp_path / "trust")} if module is proftpd_certificate else {}
    where.update({} if module is fxp_firewall else {"path": str(tmp_path / "there")})
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)

    def ask(run: dict[str, t.Any]) -> str:
        said = {**arguments, **where, "state": state_asked, "run": run, "_ansible_remote_tmp": str(tmp_path)}
        if state_asked == "absent":
            said.pop("wish", None)
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": said}).encode())
        before = {each: each.lstat().st_mtime_ns for each in tmp_path.rglob("*") if each.is_file()}
        with pytest.raises(SystemExit) as ended:
            module.main()
        assert {each: each.lstat().st_mtime_ns for each in tmp_path.rglob("*") if each.is_file()} == before
        assert ended.value.code == 1
        return str(json.loads(capsys.readouterr().out)["msg"])

    return ask


def test_another_run(tmp_path: pathlib.Path, asked: Asked) -> None:
    path, now = tmp_path / "run" / "run.json", time.time()
    path.parent.mkdir()
    path.write_text(
        json.dumps({"id": "a", "who": "anna@east", "from": "192.0.2.1", "since": now, "until": now + 300, "left": ["rules"]})
    )
    assert asked(RUN).startswith("anna@east (from 192.0.2.1) is at work on this host since ")


def test_what_is_not_as_it_was_seen(tmp_path: pathlib.Path, asked: Asked) -> None:
    seen = {str(tmp_path / each): "none" for each in FILES}
    assert " on this host was changed by somebody else since this run looked at it, " in asked({**RUN, "seen": seen})


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize(
    ("module", "wish"),
    [
        (fxp_firewall, {"control_port": 21, "passive_ports": SPAN}),
        (fxp_gateway, {"outer_address": "198.51.100.10", "servers": []}),
    ],
)
def test_a_change_whose_confirmation_lost_its_answer_is_over(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    module: types.ModuleType,
    wish: dict[str, t.Any],
    confirmed: bool,
) -> None:
    """Else the next run would wait for one that has ended; and a gateway would forward nothing."""
    path = tmp_path / "run" / "run.json"
    run = {**RUN, "left": ["rules"], "seen": {}}
    for name in ("begin", "end"):
        monkeypatch.setattr(record, name, functools.partial(getattr(record, name), path=str(path)))
    monkeypatch.setattr(choose, "choose", lambda commands, wanted: Toy(tmp_path / "kernel"))
    monkeypatch.setattr(state, "Host", functools.partial(state.Host, root=str(tmp_path / "host")))
    monkeypatch.setattr(Systemd, "is_here", lambda manager: True)
    monkeypatch.setattr(phases, "settle", lambda change, host: {"settled": True, "rules": True, "confirmed": confirmed})
    finished: list[t.Any] = []
    if module is fxp_gateway:
        monkeypatch.setattr(fxp_gateway, "change_of", lambda wish, host: None)
        monkeypatch.setattr(fxp_gateway, "finish", finished.append)
    record.begin(run, [])
    said = {"wish": wish, "run": run, "_phase": "settle", "_ansible_remote_tmp": str(tmp_path)}
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": said}).encode())
    with pytest.raises(SystemExit):
        module.main()
    assert json.loads(capsys.readouterr().out)["confirmed"] is confirmed
    assert path.exists() is not confirmed
    assert len(finished) == (confirmed and module is fxp_gateway)


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("whose", [RUN["id"], "another"])
def test_a_run_that_finds_its_gateway_as_planned_is_over_there(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    in_place: bool,
    whose: str,
) -> None:
    """It adds to gateways before the servers, and often there is nothing to take away behind them."""
    path = tmp_path / "run" / "run.json"
    run = {**RUN, "left": ["rules"], "seen": {}}
    for name in ("begin", "end"):
        monkeypatch.setattr(record, name, functools.partial(getattr(record, name), path=str(path)))
    monkeypatch.setattr(state, "Host", functools.partial(state.Host, root=str(tmp_path / "host")))
    monkeypatch.setattr(fxp_gateway._look, "look", lambda wish, run: {"in_place": in_place, "warnings": []})
    record.begin({**run, "id": whose}, [])
    wish = {"outer_address": "198.51.100.10", "servers": []}
    said = {"wish": wish, "run": run, "look": True, "_ansible_remote_tmp": str(tmp_path)}
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": said}).encode())
    with pytest.raises(SystemExit):
        fxp_gateway.main()
    assert json.loads(capsys.readouterr().out)["in_place"] is in_place
    assert path.exists() is not (in_place and whose == RUN["id"])
