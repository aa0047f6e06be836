# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import typing as t

import pytest
import yaml

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.result import BOUNCE_KEYS, Bounced
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp import options
from ansible_collections.proftpd.fxp.plugins.modules import fxp_bounce_check
from ansible_collections.proftpd.fxp.tests.unit.plugins.modules.stand_in import PASSWORD, Ended, Module

SERVER = {"host": "127.0.1.1", "user": "fxp", "password": PASSWORD, "port": 1}


def run(monkeypatch: pytest.MonkeyPatch, check_mode: bool = False, **options: t.Any) -> tuple[Ended, list[str]]:
    module = Module({"server": dict(SERVER), **options}, check_mode)
    monkeypatch.setattr(fxp_bounce_check, "Module", module)
    with pytest.raises(Ended) as caught:
        fxp_bounce_check.main()
    return caught.value, module.warnings


def test_check_mode_contacts_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.1.1", 0)) as listener:
        # Not even an address that is no one's is looked for.
        server = {**SERVER, "port": listener.getsockname()[1]}
        ended, _warnings = run(monkeypatch, check_mode=True, server=server, stranger_sources=["192.0.2.1"])
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert (ended.failed, ended.values) == (False, dict.fromkeys(BOUNCE_KEYS))


def test_who_cannot_log_in_has_proven_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, _warnings = run(monkeypatch, timeout=2)
    assert ended.failed
    assert set(ended.values) == {"msg", *BOUNCE_KEYS}
    assert "control_unreachable" in ended.values["msg"]
    assert (ended.values["vulnerable"], ended.values["tested"]) == (None, False)


@pytest.mark.parametrize(("message", "failed"), [("", False), ("strangers get in", True)])
def test_outcome(monkeypatch: pytest.MonkeyPatch, message: str, failed: bool) -> None:
    result = dict.fromkeys(BOUNCE_KEYS)
    monkeypatch.setattr(fxp_bounce_check, "run_bounce", lambda _request: Bounced(result, message, ["not proven"]))
    ended, warnings = run(monkeypatch)
    assert (ended.failed, warnings) == (failed, ["not proven"])
    assert ended.values == ({"msg": message, **result} if failed else result)


@pytest.mark.parametrize("check_mode", [True, False])
def test_bad_option(monkeypatch: pytest.MonkeyPatch, check_mode: bool) -> None:
    ended, _warnings = run(monkeypatch, check_mode, stranger_sources=["ftp1"])
    assert ended.failed
    assert list(ended.values) == ["msg"]
    assert "stranger_sources has 'ftp1'" in ended.values["msg"]


def test_a_stranger_who_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, _warnings = run(monkeypatch, stranger_sources=["192.0.2.1"])
    assert ended.failed
    assert "is no address of" in ended.values["msg"]


def test_passwords_are_secret() -> None:
    assert options.server_options()["password"]["no_log"] is True


def test_documentation_of_return_values() -> None:
    assert tuple(yaml.safe_load(fxp_bounce_check.RETURN)) == BOUNCE_KEYS
