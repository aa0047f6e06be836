# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.causes import CAUSES, POLICY_CAUSES, Cause
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence

# Causes that two servers or the way between them may have; the dialogue looks the same.
UNCERTAIN = {
    "client_data_lost",
    "command_filtered",
    "path_mtu",
    "refused_at_connect",
    "data_connection_refused",
    "data_connection_unreachable",
    "data_connection_blocked",
    "hairpin_nat_missing",
    "transfer_stalled",
    "unknown",
}


ROWS = pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.code)
# Parts in a leg and roles in the pair that a row may name.
PLACES = {"active", "passive", "other", "source", "destination", "network"}


def test_the_last_row_explains_what_no_other_does() -> None:
    nothing = Evidence(passive="source", source="source a:21", destination="destination b:21")
    assert [cause.code for cause in CAUSES if cause.sees(nothing)] == ["unknown"]
    assert CAUSES[-1].code == "unknown"


def test_the_policy_on_foreign_addresses() -> None:
    assert POLICY_CAUSES == ("active_refuses_foreign_address", "passive_refuses_foreign_address")


@ROWS
def test_certainty(cause: Cause) -> None:
    assert cause.certain is (cause.code not in UNCERTAIN)
    assert bool(cause.also) is (cause.code in UNCERTAIN)
    for row in (cause, *cause.nuances):
        assert not (row.certain and row.also)
        assert set(row.also) <= PLACES


@ROWS
def test_texts(cause: Cause) -> None:
    for row in (cause, *cause.nuances):
        cure = row.cure.replace("{cure}", cause.cure)
        assert re.match(r"([A-Z]|\{announced\}).*\.$", cure, re.DOTALL), cure
        assert not row.tells.endswith(".")


# Rows that have no server to look at first.
NOWHERE = {"vantage_is_peer", "unknown"}


@ROWS
def test_every_cure_names_the_server(cause: Cause) -> None:
    """Cures stand in tables and sentences of their own, where nobody knows which one "that server" is."""
    for row in (cause, *cause.nuances):
        cure = row.cure.replace("{cure}", cause.cure)
        assert not re.search(r"(?i)\b(that|this|the|the other) server\b|\b(give|set|for|of) it\b", cure), cure
        assert cause.code in NOWHERE or re.search(r"{(active|passive|offender|destination)}", cure), cure


@ROWS
def test_of_the_nuances_the_first_that_is_seen_counts(cause: Cause) -> None:
    nothing = Evidence(passive="source", source="source a:21", destination="destination b:21")
    seen = next((nuance for nuance in cause.nuances if nuance.sees(nothing)), None)
    row = cause.as_seen(nothing)
    assert (row.certain, row.also) == ((seen.certain, seen.also) if seen else (cause.certain, cause.also))
    assert "{tells}" not in row.tells
    assert "{cure}" not in row.cure


def test_a_server_that_cannot_be_reached_may_be_behind_a_firewall() -> None:
    (cause,) = (cause for cause in CAUSES if cause.code == "control_unreachable")
    assert "firewall" in cause.cure
