# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.afterwards import (
    ask_whether_heard,
    ask_whose_port,
    compare_versions,
    insist_on_a_new_session,
    look_closer,
    see_what_arrived,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import Connect

MOVED: dict[str, t.Any] = {
    "stage": "transfer",
    "sscn": "destination",
    "protection": "private",
    "dialled_address": "127.0.0.1",
    "announced_address": "10.0.0.1",
    "announced_port": 50000,
    "port_reply": "200 PORT command successful",
    "active_side": Side("150 x", "226 x", 0.1, 0.2),
    "passive_side": Side("150 x", "226 x", 0.1, 0.2),
}


def evidence(**changes: t.Any) -> Evidence:
    return Evidence(passive="source", source="source a:21", destination="destination b:21", **{**MOVED, **changes})


@pytest.mark.parametrize("stopped", [{}, {"active_side": Side("150 x", "550 gone", 0.1, 0.2)}])
def test_nobody_is_asked_where_nothing_calls_for_it(connect: Connect, stopped: dict[str, t.Any]) -> None:
    seen = evidence(**stopped)
    before = seen.as_dict()
    line = connect("destination")
    ask_whose_port(line.control, seen)
    nobody: dict[t.Any, Session] = {}  # whoever looks somebody up in it fails
    look_closer(nobody, seen, 1)
    compare_versions(nobody, seen)
    insist_on_a_new_session(nobody, seen)
    nobody_at_all = t.cast(Session, None)
    ask_whether_heard(nobody_at_all, seen)
    see_what_arrived(nobody_at_all, "file", seen)
    assert line.sent() == []
    assert seen.as_dict() == before


@pytest.mark.parametrize(
    ("refusal", "replies", "asked"),
    [
        ("500 Illegal PORT command", b"500 no\r\n", ["PORT 127,0,0,1"]),
        ("500 Illegal PORT command", b"200 ok\r\n500 no\r\n", ["PORT 127,0,0,1", "PORT 198,51,100,11"]),
        ("425 Cannot connect", b"", []),
    ],
)
def test_whose_port_is_refused(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, refusal: str, replies: bytes, asked: list[str]
) -> None:
    line = connect("destination", 1)
    seen = evidence(
        stage="port",
        port_reply=refusal,
        address_announced=True,
        dialled_address="198.51.100.11",
        active_side=None,
        passive_side=None,
    )
    line.server.sendall(replies)
    monkeypatch.setattr(ControlConnection, "own_address", "127.0.0.1")
    ask_whose_port(line.control, seen)
    assert [command.rsplit(",", 2)[0] for command in line.sent()] == asked
