# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import Agreed
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import server_at


def evidence() -> Evidence:
    return Evidence(passive="source", source="source a:21", destination="destination b:21")


@pytest.mark.parametrize(
    ("side", "code", "done", "silent"),
    [
        (Side(), 0, False, True),
        (Side(preliminary="150 x"), 0, False, False),
        (Side("150 x", "226 x"), 226, True, False),
        (Side(None, "550 x"), 550, False, False),
    ],
)
def test_side(side: Side, code: int, done: bool, silent: bool) -> None:
    assert (side.code, side.done, side.silent) == (code, done, silent)


@pytest.mark.parametrize(
    ("announced", "by_pasv", "expected", "unexpected"),
    [
        (None, False, "192.0.2.1", False),
        ("192.0.2.1", True, None, False),
        ("192.0.2.1", True, "192.0.2.1", False),
        ("192.0.2.1", True, "192.0.2.2", True),
        ("2001:db8::1", False, "2001:db8::2", False),
        ("0.0.0.0", True, None, True),
    ],
)
def test_address_unexpected(announced: str | None, by_pasv: bool, expected: str | None, unexpected: bool) -> None:
    leg = evidence()
    leg.announced_address, leg.address_announced, leg.expected_address = announced, by_pasv, expected
    assert leg.address_unexpected is unexpected


@pytest.mark.parametrize(
    ("port", "ports", "unexpected"),
    [(None, (1, 2), False), (5, None, False), (5, (5, 6), False), (6, (5, 6), False), (7, (5, 6), True), (4, (5, 6), True)],
)
def test_port_unexpected(port: int | None, ports: tuple[int, int] | None, unexpected: bool) -> None:
    leg = evidence()
    leg.announced_port, leg.expected_ports = port, ports
    assert leg.port_unexpected is unexpected


def test_record() -> None:
    leg = evidence()
    leg.record(Fault("refused", server_at("b"), "550 no", "STOR"), "destination")
    assert (leg.fault_kind, leg.fault_server, leg.fault_detail, leg.fault_command) == ("refused", "destination", "550 no", "STOR")
    assert leg.active == "destination"


def test_plain_data() -> None:
    leg = evidence()
    leg.active_side = Side("150 x", "226 y", 0.1, 0.2)
    leg.expected_ports = (50000, 50099)
    leg.tls = {"source": Agreed("TLSv1.2", "ECDHE", True), "destination": None}
    leg.tls_versions = {"source": ["1.2", "1.3"]}
    plain = leg.as_dict()
    assert plain == dataclasses.asdict(leg)
    assert json.loads(json.dumps(plain))["active_side"]["final"] == "226 y"
    plain["active_side"].clear()
    plain["tls_versions"]["source"].clear()
    assert (leg.active_side.final, leg.tls_versions["source"]) == ("226 y", ["1.2", "1.3"])
