# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.causes import CAUSES, Cause
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.diagnosis import POLICY_CAUSES
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.pictures import PICTURES

# Causes that two servers or the way between them may have; the dialogue looks the same.
UNCERTAIN = {
    "data_connection_refused",
    "data_connection_unreachable",
    "data_connection_blocked",
    "hairpin_nat_missing",
    "transfer_stalled",
    "unknown",
}


def test_every_picture_has_its_cause() -> None:
    assert {cause for cause, _applies in PICTURES} == set(CAUSES) - {"unknown"}
    assert set(POLICY_CAUSES) < set(CAUSES)


@pytest.mark.parametrize(("code", "cause"), CAUSES.items())
def test_certainty(code: str, cause: Cause) -> None:
    assert cause.certain is (code not in UNCERTAIN)
    assert bool(cause.also) is (code in UNCERTAIN - {"unknown"})


@pytest.mark.parametrize("cause", CAUSES.values())
def test_texts(cause: Cause) -> None:
    assert re.match(r"[A-Z].*\.$", cause.cure, re.DOTALL)
    assert not cause.seen.endswith(".")


def test_a_server_that_cannot_be_reached_may_be_behind_a_firewall() -> None:
    assert "firewall" in CAUSES["control_unreachable"].cure
