# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module that changes a host leaves it alone while the run of somebody else is at work there."""

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

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import choose, lockout, state
from ansible_collections.proftpd.fxp.plugins.module_utils._host import record
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import accounts
from ansible_collections.proftpd.fxp.plugins.modules import fxp_firewall, proftpd_accounts, proftpd_certificate, proftpd_config
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.toy import Toy

RUN = {"id": "b", "who": "bert@west", "left": ["rules", "accounts", "certificate", "configuration"]}
SPAN = {"first": 50000, "last": 50099}
MODULES: list[tuple[types.ModuleType, dict[str, t.Any]]] = [
    (proftpd_accounts, {"accounts": []}),
    (proftpd_certificate, {"addresses": ["198.51.100.11"], "trust": ""}),
    (proftpd_config, {"content": "# Managed by the Ansible collection proftpd.fxp\n", "control_port": 21}),
    (fxp_firewall, {"wish": {"control_port": 21, "passive_ports": SPAN}}),
]


@pytest.mark.parametrize(("module", "arguments"), MODULES, ids=lambda each: getattr(each, "__name__", "").rpartition(".")[2])
def test_the_run_of_somebody_else(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    module: types.ModuleType,
    arguments: dict[str, t.Any],
) -> None:
    path = tmp_path / "run" / "run.json"
    for name in ("begin", "end"):
        monkeypatch.setattr(record, name, functools.partial(getattr(record, name), path=str(path)))
    monkeypatch.setattr(accounts, "owner", lambda name: (os.getuid(), os.getgid()))
    # A host with a firewall manager and systemd.
    monkeypatch.setattr(choose, "choose", lambda commands: Toy(tmp_path / "kernel"))
    monkeypatch.setattr(state, "Host", functools.partial(state.Host, root=str(tmp_path / "host")))
    monkeypatch.setattr(lockout, "listening", lambda: {22})
    monkeypatch.setattr(Systemd, "is_here", lambda manager: True)
    path.parent.mkdir()
    now = time.time()
    path.write_text(
        json.dumps({"id": "a", "who": "anna@east", "from": "192.0.2.1", "since": now, "until": now + 300, "left": ["rules"]})
    )
    where = {"trust_path": str(tmp_path / "trust")} if module is proftpd_certificate else {}
    where.update({} if module is fxp_firewall else {"path": str(tmp_path / "there")})
    said = {**arguments, **where, "run": RUN, "_ansible_remote_tmp": str(tmp_path)}
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": said}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["msg"].startswith("anna@east (from 192.0.2.1) is at work on this host since ")
    assert sorted(tmp_path.rglob("*")) == before
