# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.result import (
    BOUNCE_KEYS,
    Finding,
    Probe,
    Result,
    message_of,
    remedy_for,
    warnings_of,
    whole_result,
)


def finding(probe: Probe, result: Result, vulnerable: bool = False) -> Finding:
    remedy = f"Cure {probe}." if vulnerable else None
    return Finding(probe, "192.0.2.1", result, vulnerable, summary=f"{probe} {result}", remedy=remedy)


REACHED, KEPT_OUT = finding("passive_port_reachable", "accepted"), finding("passive_port_reachable", "refused")
UNKNOWN = finding("passive_port_reachable", "untested")
PORT, PORT_UNTESTED = finding("port_to_stranger", "refused"), finding("port_to_stranger", "untested")
PASSIVE, PASSIVE_UNTESTED = finding("passive_by_stranger", "refused"), finding("passive_by_stranger", "untested")
HOLE = finding("passive_by_stranger", "accepted", vulnerable=True)
LOW = finding("port_to_own_low_port", "refused")
EPRT = finding("eprt_to_stranger", "refused")


@pytest.mark.parametrize(
    ("findings", "vulnerable", "tested", "exposed"),
    [
        ([], None, False, None),
        ([LOW], None, False, None),
        ([REACHED, PASSIVE, PORT], False, True, True),
        ([REACHED, PASSIVE, EPRT], False, True, True),
        # The network keeps all strangers out, so none can take anything.
        ([KEPT_OUT, PASSIVE_UNTESTED, PORT], False, True, False),
        ([KEPT_OUT, KEPT_OUT, PORT], False, True, False),
        ([KEPT_OUT, REACHED, PASSIVE_UNTESTED, PORT], None, False, True),
        ([KEPT_OUT, UNKNOWN, PORT], False, True, False),
        ([UNKNOWN, PASSIVE_UNTESTED, PORT], None, False, None),
        ([REACHED, PASSIVE, PORT_UNTESTED], None, False, True),
        # A hole is one, whatever else is not known.
        ([REACHED, HOLE, PORT_UNTESTED], True, False, True),
        ([REACHED, HOLE, PORT], True, True, True),
    ],
)
def test_verdict(findings: list[Finding], vulnerable: bool | None, tested: bool, exposed: bool | None) -> None:
    result = whole_result(findings, ["192.0.2.1"], [])
    assert tuple(result) == BOUNCE_KEYS
    assert (result["vulnerable"], result["tested"], result["firewall_exposed"]) == (vulnerable, tested, exposed)
    told = [{key: value for key, value in dataclasses.asdict(one).items() if key != "wanted"} for one in findings]
    assert result["findings"] == told


def test_the_message_has_all_holes_and_each_cure_once() -> None:
    again = dataclasses.replace(HOLE, summary="once more")
    other = finding("port_to_stranger", "accepted", vulnerable=True)
    assert message_of([PORT, HOLE, again, other], "192.0.2.11:21") == (
        "192.0.2.11:21 lets strangers in: passive_by_stranger accepted; once more; port_to_stranger accepted. "
        "Cure passive_by_stranger. Cure port_to_stranger."
    )
    assert message_of([PORT, PASSIVE], "192.0.2.11:21") == ""


def test_what_is_not_proven_is_told() -> None:
    assert warnings_of([PASSIVE_UNTESTED, PORT_UNTESTED, PORT_UNTESTED], "192.0.2.11:21", False) == [
        "It is not proven that 192.0.2.11:21 keeps strangers out: passive_by_stranger untested; port_to_stranger untested. Check "
        "again, and if it stays so look into the log of the server."
    ]
    assert warnings_of([PASSIVE_UNTESTED, PORT], "192.0.2.11:21", True) == []


def test_what_is_as_it_shall_be_is_no_warning() -> None:
    shut = dataclasses.replace(PASSIVE_UNTESTED, wanted=True)
    # A probe of ports decides nothing about strangers.
    low = finding("port_to_low_port_of_stranger", "untested")
    assert warnings_of([shut, PORT, low], "192.0.2.11:21", False) == []
    (told,) = warnings_of([shut, PORT_UNTESTED, low], "192.0.2.11:21", False)
    assert "port_to_stranger untested. Check" in told


@pytest.mark.parametrize(
    ("probe", "greeting", "cure"),
    [
        ("port_to_stranger", "220 ProFTPD Server", "never be 'on'"),
        ("passive_by_stranger", "220 ProFTPD Server", "names an undefined class"),
        ("port_to_own_low_port", "220 ready", "RFC 2577"),
        ("port_to_own_low_port", "220 (vsFTPd 3.0.3)", "port_promiscuous"),
        ("passive_by_stranger", "220---------- Welcome to Pure-FTPd", "-w"),
        ("port_to_stranger", "220 pyftpdlib 2.2.0 ready.", "permit_foreign_addresses"),
    ],
)
def test_cures(probe: Probe, greeting: str, cure: str) -> None:
    assert cure in remedy_for(Finding(probe), greeting)
