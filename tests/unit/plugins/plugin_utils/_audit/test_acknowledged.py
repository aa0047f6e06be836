# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an acknowledgement takes the weight off, until when, and that nothing is hidden by it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import acknowledged as _acknowledged
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import audit as _audit
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import rows as _rows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.findings import Finding
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils._audit.test_audit import PORTS, Data, plan, seen

DAY = "2027-01-31"
OPEN = seen(PORTS + "AllowForeignAddress on\n")


def entry(code: str, until: str | None = DAY, reason: str = "the office moves") -> Data:
    return {"code": code, "reason": reason, "until": until}


def settled(look: Data, *entries: Data, today: str = DAY, wanted: Data | None = None) -> list[Finding]:
    return _acknowledged.settle("ftp1", _audit.judge("ftp1", look, wanted), entries, today)


def told(found: t.Iterable[Finding], *codes: str) -> list[tuple[str, str]]:
    return [(each.code, each.severity) for each in found if each.code in codes]


def test_a_hole_that_is_known_is_shown_and_counts_as_none() -> None:
    found = settled(OPEN, entry("foreign_address_any"))
    assert [row.verdict for row in _rows.rows("ftp1", OPEN, found)] == ["ok"]
    assert [row.verdict for row in _rows.rows("ftp1", OPEN, settled(OPEN))] == ["hole"]
    assert _rows.summary(found, 1).startswith("No holes on 1 host; 0 faults, ")
    assert _rows.summary(found, 1).endswith(" notes, 1 acknowledged.")
    (known,) = [each for each in found if each.acknowledged]
    assert known.as_dict()["severity"] == "known"
    assert known.as_dict()["acknowledged"] == {"reason": "the office moves", "until": DAY, "severity": "hole"}
    # Notes are left out, and this is none.
    lines = [line for line, _part in _report.findings(found, notes=False)]
    assert lines == [
        f"KNOWN  ftp1: {known.sentence} [foreign_address_any]",
        f"       Cure: {known.cure}",
        "       Acknowledged (hole) until 2027-01-31: the office moves",
    ]


def test_everything_else_keeps_its_weight() -> None:
    look = seen(PORTS + "AllowForeignAddress on\n", "1.3.8", rules={**OPEN["rules"], "own_table": False})
    before = settled(look, wanted=plan())
    after = settled(look, entry("foreign_address_any"), wanted=plan())
    assert told(before, "foreign_address_any", "rules_not_loaded") == [
        ("rules_not_loaded", "hole"),
        ("foreign_address_any", "hole"),
    ]
    assert told(after, "foreign_address_any", "rules_not_loaded") == [
        ("rules_not_loaded", "hole"),
        ("foreign_address_any", "known"),
    ]
    others = [each for each in before if each.code != "foreign_address_any"]
    assert [each for each in after if not each.acknowledged] == others


def test_hosts_that_share_a_finding_and_not_its_reason_are_told_apart() -> None:
    first = settled(OPEN, entry("foreign_address_any"))
    other = settled(OPEN, entry("foreign_address_any", None, "a lab"))
    lines = [line for line, _part in _report.findings([*first, *other], notes=False)]
    assert [line for line in lines if "Acknowledged" in line] == [
        "       Acknowledged (hole) until 2027-01-31: the office moves",
        "       Acknowledged (hole): a lab",
    ]


@pytest.mark.parametrize(
    ("until", "today", "severity"),
    [(DAY, "2027-01-30", "known"), (DAY, DAY, "known"), (DAY, "2027-02-01", "hole"), (None, "2999-12-31", "known")],
)
def test_it_holds_up_to_its_day(until: str | None, today: str, severity: str) -> None:
    (found,) = [each for each in settled(OPEN, entry("foreign_address_any", until), today=today) if "foreign" in each.code]
    assert found.severity == severity
    said = "; acknowledged (the office moves), which ran out on 2027-01-31"
    assert found.sentence.endswith(said) == (severity == "hole")


def test_one_that_matches_nothing_is_a_note() -> None:
    for today in (DAY, "2027-02-01"):
        (note,) = [each for each in settled(OPEN, entry("peer_missing"), today=today) if each.code == "acknowledgement_unused"]
        assert (note.severity, note.host) == ("note", "ftp1")
        assert note.sentence == "fxp_acknowledged has peer_missing (the office moves), and this audit finds no such thing"
    assert told(settled(OPEN, entry("foreign_address_any")), "acknowledgement_unused") == []


OLD = seen(PORTS + "AllowForeignAddress off\n", "1.3.8")


def test_one_advisory_is_known_and_the_next_one_is_not() -> None:
    """Nobody who acknowledges one defect means those that are found later."""
    told_of = [each.advisory for each in settled(OLD) if each.code == "advisory"]
    first, *others = [each for each in told_of if each is not None]
    assert len(told_of) == len({first, *others})
    assert others
    found = {each.advisory: each for each in settled(OLD, {**entry("advisory"), "advisory": first}) if each.advisory}
    assert found[first].severity == "known"
    assert all(found[name].severity != "known" for name in others)
    assert found[first].as_dict()["advisory"] == first
    assert found[first].sentence.startswith(f"{first}: ")
    # As all of them are, where none is named.
    assert {each.severity for each in settled(OLD, entry("advisory")) if each.advisory} == {"known"}
    assert all(each.advisory is None for each in settled(OLD) if each.code != "advisory")


def test_what_is_said_of_one_advisory_counts_before_what_is_said_of_all() -> None:
    first = next(each.advisory for each in settled(OLD) if each.advisory)
    entries = [entry("advisory"), {**entry("advisory", reason="this one"), "advisory": first}]
    for order in (entries, entries[::-1]):
        reasons = {each.advisory: each.acknowledged.reason for each in settled(OLD, *order) if each.acknowledged}
        assert {name for name, reason in reasons.items() if reason == "this one"} == {first}
        assert len(set(reasons.values())) == 2


def test_an_advisory_that_is_not_here_is_a_note() -> None:
    found = settled(OLD, {**entry("advisory"), "advisory": "CVE-2015-3306"})
    (note,) = [each for each in found if each.code == "acknowledgement_unused"]
    assert note.sentence == "fxp_acknowledged has advisory CVE-2015-3306 (the office moves), and this audit finds no such thing"


@pytest.mark.parametrize(
    "look",
    [
        {},
        {"installed": False},
        seen(valid=None, problem="Permission denied.", servers=[]),
        seen(rules={**OPEN["rules"], "evaluated": False, "why": "nft is not installed."}),
    ],
)
def test_what_was_not_looked_at_may_still_be_there(look: Data) -> None:
    assert told(settled(look, entry("peer_missing"), wanted=plan()), "acknowledgement_unused") == []


def test_a_reason_cannot_steer_a_terminal() -> None:
    for today in (DAY, "2027-02-01"):
        found = settled(
            OPEN, entry("foreign_address_any", reason="a \x1b[2J b"), entry("peer_missing", reason="\x1b[2J"), today=today
        )
        text = repr([each.as_dict() for each in found]) + repr(list(_report.findings(found, notes=True)))
        assert "\\x1b[2J" in text
        assert not any("\x1b" in line for line, _part in _report.findings(found, notes=True))
        assert not any("\x1b" in each.sentence + (each.acknowledged.reason if each.acknowledged else "") for each in found)
