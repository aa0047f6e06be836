# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan makes of acknowledgements: nothing but a list for the audit, or a sentence that says what is wrong."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _rule_sheet
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import flows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.digest import digest
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import PlanError
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.test_template import NAME, render
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils.test_any_inventory import plan_of

Entry = t.Dict[str, t.Any]
KNOWN: Entry = {"code": "control_wider_than_said", "advisory": None, "reason": "the office moves", "until": "2027-01-31"}


def plan(*acknowledged: Entry) -> dict[str, t.Any]:
    said: dict[str, t.Any] = {"fxp_tls": "none", "fxp_clients": ["203.0.113.0/24"]}
    entries = {"fxp_acknowledged": list(acknowledged)} if acknowledged else {}
    return plan_of({NAME: {**said, "fxp_address": "198.51.100.11", **entries}, "b": {**said, "fxp_address": "198.51.100.12"}})


def test_the_audit_is_told_what_is_known() -> None:
    forever = {"code": "advisory", "advisory": None, "reason": " no update\nyet ", "until": None}
    one = {"code": "advisory", "advisory": "CVE-2024-48651", "reason": "nobody has an account", "until": None}
    assert plan(KNOWN, forever, one)["hosts"][NAME]["acknowledged"] == [KNOWN, {**forever, "reason": "no update yet"}, one]
    assert plan()["hosts"][NAME]["acknowledged"] == plan(KNOWN)["hosts"]["b"]["acknowledged"] == []
    # To YAML a day without quotes is no text.
    assert plan({**KNOWN, "until": datetime.date(2027, 1, 31)})["hosts"][NAME]["acknowledged"] == [KNOWN]


def test_nothing_changes_on_any_server() -> None:
    without, known = plan(), plan(KNOWN)
    assert known != without
    for host in (NAME, "b"):
        assert digest(known, host) == digest(without, host)
        assert flows.wish(known, host) == flows.wish(without, host)
    assert list(flows.flows(known)) == list(flows.flows(without))
    assert _rule_sheet.rows(known) == _rule_sheet.rows(without)
    assert render(known) == render(without)


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ([{**KNOWN, "code": "control_wider_then_said"}], "'control_wider_then_said' is no code of a finding; did you mean "
         "control_wider_than_said?"),
        ([{**KNOWN, "code": "qwertz"}], "'qwertz' is no code of a finding; the audit prints them in brackets, and docs/audit.md "
         "lists them."),
        ([{**KNOWN, "code": None}], "'' is no code of a finding"),
        # It could not take anything's weight off.
        ([{**KNOWN, "code": "acknowledgement_unused"}], "'acknowledgement_unused' is no code"),
        ([{**KNOWN, "reason": " "}], "' ' is an empty reason; write why the finding may stay."),
        ([{**KNOWN, "reason": None}], "'' is an empty reason; write why the finding may stay."),
        ([{"code": "advisory"}], "[{'code': 'advisory'}] does not fit: missing required arguments: reason"),
        ([{**KNOWN, "code": "advisory", "advisory": "CVE-2024-48561"}], "'CVE-2024-48561' is no advisory; did you mean "
         "CVE-2024-48651?"),
        ([{**KNOWN, "code": "advisory", "advisory": ""}], "'' is no advisory; its name stands before the colon of the finding."),
        ([{**KNOWN, "advisory": "CVE-2024-48651"}], "'CVE-2024-48651' is no control_wider_than_said; say code: advisory beside "
         "it, or leave advisory out."),
        ([{**KNOWN, "code": "CVE-2024-48651"}], "'CVE-2024-48651' is no code of a finding; say code: advisory, and advisory: "
         "CVE-2024-48651."),
        ([{**KNOWN, "code": "advisory", "advisory": "issue-2210"}] * 2, "'advisory issue-2210' stands there more than once; give "
         "every code, or advisory, one entry."),
        ([{**KNOWN, "untill": "2027-01-31"}], "unknown suboption fxp_acknowledged.untill"),
        ([KNOWN, KNOWN], "'control_wider_than_said' stands there more than once; give every code, or advisory, one entry."),
        *(
            ([{**KNOWN, "until": until}], f"{until!r} is no day; write one as YYYY-MM-DD, for example 2027-01-31.")
            for until in ("2027-02-29", "31.1.2027", "2027-1-31", "20270131", "2027-W01-1", "2027-01-31 10:00:00", "soon", "")
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(entries: list[Entry], sentence: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan(*entries)
    (told,) = str(caught.value).splitlines()
    assert told.startswith(f"{NAME}: fxp_acknowledged: {sentence}")
