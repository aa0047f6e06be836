# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import DIALOGUES, contents_of
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.text import natural
from ansible_collections.proftpd.fxp.tests import report_samples


def test_the_order_of_the_results_does_not_matter() -> None:
    legs = report_samples.legs(12, "some")
    contents = contents_of("t", "2026-03-01T12:00:00Z", None, _report.listed(legs))
    random.Random(7).shuffle(legs)
    assert contents_of("t", "2026-03-01T12:00:00Z", None, _report.listed(legs)) == contents
    assert contents.servers == tuple(f"ftp{number}" for number in range(1, 13))


def test_every_failure_is_in_one_group() -> None:
    contents = report_samples.contents(20, "some")
    numbers = [number for group in contents.groups for number in group.legs]
    assert sorted(numbers) == [number for number, leg in enumerate(contents.legs) if not leg.ok]
    assert contents.failed == len(numbers) > 0
    first = contents.groups[0]
    assert (first.heading, len(first.legs)) == ("data_connection_blocked, look at ftp2 first", 38)
    assert (first.remedy or "").endswith("(Said of ftp1 -> ftp2; likewise for the others.)")


def test_no_cause_is_hidden_by_a_frequent_one() -> None:
    contents = report_samples.contents(30, "all")
    assert contents.failed == 30 * 29 * 2
    assert len(contents.with_dialogue) == DIALOGUES
    assert all(contents.with_dialogue.intersection(group.legs) for group in contents.groups)


@pytest.mark.parametrize(
    ("failing", "verdict"),
    [
        ("none", "All 4 transfers proven"),
        ("some", "2 of 4 transfers fell short; strangers can abuse 1 server"),
        ("all", "4 of 4 transfers fell short; strangers can abuse 2 servers"),
    ],
)
def test_the_verdict(failing: report_samples.Failing, verdict: str) -> None:
    contents = report_samples.contents(2, failing)
    assert (contents.verdict, contents.good) == (verdict, failing == "none")


def test_nothing_tried_is_not_called_proven() -> None:
    assert contents_of("t", "now", None, []).verdict == "No transfer was tried"


def test_names_are_sorted_as_people_count() -> None:
    assert sorted(["ftp10", "ftp2", "a", "ftp1b", "2", "\u00b2"], key=natural) == ["2", "a", "ftp1b", "ftp2", "ftp10", "\u00b2"]


@given(st.text())
def test_every_character_can_be_seen(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable() or any(letter.isspace() or not letter.isprintable() for letter in text)
    assert not set(shown) & set("\x00\x07\x1b\r\n\x85\u200b\u202e\u2066\u2028\ufeff\uffff\ud800")
    shown.encode()


def test_what_steers_terminals_is_written_out() -> None:
    assert printable("220 \x1b[2J\u202ehi\r\n") == "220 \\x1b[2J\\u202ehi\\r\\n"


@pytest.mark.parametrize(
    ("seconds", "protection", "told"),
    [
        ((0.43, 0.42, 0.45), "private", True),
        # One that took less shows that nothing is held back.
        ((0.43, 0.02, 0.45), "private", False),
        ((0.43, 0.42, 0.45), "clear", False),
        # Of a slow network nobody knows what else took the time.
        ((2.1, 1.9, 2.0), "private", False),
    ],
)
def test_a_handshake_that_is_held_back_is_told_once(seconds: tuple[float, ...], protection: str, told: bool) -> None:
    legs = report_samples.legs(2, "none")
    for index, leg in enumerate(legs):
        leg.update(seconds=seconds[index % len(seconds)], evidence={**leg["evidence"], "protection": protection})
    notes = [note for note in contents_of("t", report_samples.GENERATED, None, _report.listed(legs)).notes if "TLS" in note]
    assert len(notes) == told
    assert all(f"{min(seconds):.2f} s over TLS" in note and "fxp_tls_uncork: true" in note for note in notes)
