# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import socket
import typing as t

import pytest
import yaml

from ansible_collections.proftpd.fxp.plugins.module_utils._probe.probe import PROBE_KEYS
from ansible_collections.proftpd.fxp.plugins.modules import fxp_probe
from ansible_collections.proftpd.fxp.tests.unit.plugins.modules.stand_in import PASSWORD, Ended, Module

SERVER = {"host": "127.0.1.1", "user": "fxp", "password": PASSWORD, "port": 1}
CONNECT = {"address": "127.0.1.1", "port": 1}


def run(monkeypatch: pytest.MonkeyPatch, check_mode: bool = False, **options: t.Any) -> Ended:
    monkeypatch.setattr(fxp_probe, "Module", Module(options, check_mode))
    with pytest.raises(Ended) as caught:
        fxp_probe.main()
    return caught.value


@pytest.mark.parametrize("options", [{"server": SERVER}, {"connect": CONNECT}, {"watch": 50000}, {"logged": "STOR x"}])
def test_check_mode_contacts_nobody(monkeypatch: pytest.MonkeyPatch, options: dict[str, t.Any]) -> None:
    ended = run(monkeypatch, check_mode=True, **options)
    assert (ended.failed, ended.values) == (False, dict.fromkeys(PROBE_KEYS))


def test_unreachable_is_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run(monkeypatch, server=SERVER, timeout=2)
    assert (ended.failed, ended.values["reachable"]) == (False, False)
    assert [step["cause"] for step in ended.values["steps"]] == ["control_unreachable", None, None]
    assert ended.values["connection"] is ended.values["arrivals"] is None


def test_refused_is_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.1.1", 0)) as listener:
        port = listener.getsockname()[1]
    ended = run(monkeypatch, connect={"address": "127.0.1.1", "port": port}, timeout=2)
    assert (ended.values["reachable"], ended.values["connection"]["state"]) == (True, "refused")


def test_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run(monkeypatch, watch=50000, timeout=0.05)
    assert (ended.values["reachable"], ended.values["steps"]) == (None, None)
    assert set(ended.values["arrivals"]) == {"sources", "answered", "listening", "carried"}


def test_what_was_logged(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    log = tmp_path / "log"
    line = '2026-11-28 12:00:00,123 192.0.2.1:4711 mirror "{}" {}\n'
    log.write_text(line.format("PORT 192,0,2,9,4,5", 200) + line.format("STOR x", "-"))
    ended = run(monkeypatch, logged="STOR x", log=str(log))
    assert ended.values["logged"] == [{"command": "PORT 192,0,2,9,4,5", "code": 200}]
    assert run(monkeypatch, logged="STOR y", log=str(log)).values["logged"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the following is required"),
        ({"watch": 1, "connect": CONNECT}, "mutually exclusive"),
        ({"watch": 0}, "watch is 0"),
        ({"logged": "PORT 1,2,3,4,5,6"}, "logged is 'PORT 1,2,3,4,5,6', but it must be RETR or STOR and the name of a file"),
        ({"watch": 50000, "log": "/var/log/x"}, "missing parameter(s) required by 'log': logged"),
        ({"connect": {"address": "localhost", "port": 1}}, "connect.address is 'localhost'"),
        ({"server": {**SERVER, "host": "a\nb"}}, "server.host is 'a\\nb'"),
        ({"watch": 1, "timeout": -1}, "timeout is -1"),
        ({"watch": 1, "carry": -1}, "carry is -1"),
        ({"connect": CONNECT, "carry": 16777217}, "carry is 16777217, but it must be a number of bytes from 0 to 16777216."),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_bad_options(monkeypatch: pytest.MonkeyPatch, check_mode: bool, options: dict[str, t.Any], message: str) -> None:
    ended = run(monkeypatch, check_mode, **options)
    assert ended.failed
    assert message in ended.values["msg"]


def test_documentation_is_complete() -> None:
    assert set(yaml.safe_load(fxp_probe.RETURN)) == set(PROBE_KEYS)
    options = {"server", "connect", "watch", "whole", "carry", "logged", "log", "timeout"}
    assert set(yaml.safe_load(fxp_probe.DOCUMENTATION)["options"]) == options
