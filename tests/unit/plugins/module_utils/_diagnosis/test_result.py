# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._check.result import RESULT_KEYS, whole_result
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.result import leg_result, message_of
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import MASK, Masker
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.trial import Tried

MOVED = Evidence(
    passive="source",
    source="source a:21",
    destination="destination b:21",
    stage="done",
    active_side=Side("150 x", "226 x"),
    passive_side=Side("150 x", "226 x"),
    seconds=0.5,
    expected_size=1000,
    size=1000,
    verified_by="HASH SHA-256",
)
REFUSED = dataclasses.replace(
    MOVED,
    stage="port",
    port_reply="500 Illegal PORT command",
    own_port_reply="200 ok",
    announced_address="192.0.2.1",
    announced_port=50000,
    active_side=None,
    passive_side=None,
    seconds=None,
    size=None,
    verified_by=None,
)
UNREACHABLE = dataclasses.replace(
    REFUSED,
    stage="connect",
    port_reply=None,
    fault_kind="connect_refused",
    fault_server="source",
    fault_detail="Connection refused",
)


def test_moved() -> None:
    leg = leg_result(Tried(MOVED, "name", {"source": "a secret", "destination": None}), "allowed", Masker(["secret"]))
    assert (leg["ok"], leg["cause"], leg["bytes"], leg["bytes_per_second"], leg["file"]) == (True, None, 1000, 2000, "name")
    assert leg["verified_by"] == "HASH SHA-256"
    assert leg["listing"] == {"source": f"a {MASK}", "destination": None}


@pytest.mark.parametrize(
    ("evidence", "expect", "ok", "cause", "cured"),
    [
        (MOVED, "allowed", True, None, False),
        (MOVED, "refused", False, None, True),
        (REFUSED, "allowed", False, "active_refuses_foreign_address", True),
        (REFUSED, "refused", True, "active_refuses_foreign_address", False),
        (UNREACHABLE, "allowed", False, "control_unreachable", True),
        (UNREACHABLE, "refused", False, "control_unreachable", True),
    ],
)
def test_expectation(evidence: Evidence, expect: str, ok: bool, cause: str | None, cured: bool) -> None:
    leg = leg_result(Tried(evidence), expect, Masker(()))
    assert (leg["ok"], leg["cause"], leg["remedy"] is not None) == (ok, cause, cured)
    assert leg["evidence"]["summary"] or ok


def test_first_leg_that_falls_short() -> None:
    legs = [leg_result(Tried(evidence), "allowed", Masker(())) for evidence in (MOVED, REFUSED, UNREACHABLE)]
    result = whole_result(legs, [])
    assert tuple(result) == RESULT_KEYS
    assert (result["ok"], result["cause"], result["server"]) == (False, "active_refuses_foreign_address", "destination")
    assert result["remedy"] == legs[1]["remedy"]


def test_all_well() -> None:
    legs = [leg_result(Tried(MOVED), "allowed", Masker(()))]
    result = whole_result(legs, [])
    assert [result[key] for key in ("ok", "cause", "server", "remedy")] == [True, None, None, None]
    assert message_of(legs) == ""


@pytest.mark.parametrize(
    ("evidence", "expect", "words"),
    [
        (
            REFUSED,
            "allowed",
            [
                "FXP from source a:21 to destination b:21 with the source passive: ",
                "(active_refuses_foreign_address, look first at the destination). ",
                "fxp_masquerade_address",
            ],
        ),
        (UNREACHABLE, "allowed", ["FXP from source a:21 to destination b:21: ", "Connection refused", "fxp_control_port"]),
        (MOVED, "refused", ["the file was moved", "(not refused). ", "fxp_foreign_addresses"]),
    ],
)
def test_message(evidence: Evidence, expect: str, words: list[t.Any]) -> None:
    message = message_of([leg_result(Tried(evidence), expect, Masker(()))])
    assert all(word in message for word in words), message
    assert "\n" not in message
