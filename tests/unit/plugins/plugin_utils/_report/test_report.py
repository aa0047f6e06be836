# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import results as _results

PROVEN: dict[str, t.Any] = {
    "legs": [
        {
            "passive": "destination",
            "ok": True,
            "cause": None,
            "server": None,
            "certain": True,
            "also_possible": [],
            "remedy": None,
            "file": "fxp-check-1.bin",
            "bytes": 1048576,
            "seconds": 0.5,
            "bytes_per_second": 2097152.0,
            "verified_by": "HASH SHA-256",
            "listing": {"source": "-rw-r--r-- 1 ftp ftp 1048576 a", "destination": "-rw-r--r-- 1 ftp ftp 1048576 b"},
        }
    ],
    "transcript": [
        {"seconds": 0.01, "server": "source", "direction": "received", "line": "220 ready", "leg": None},
        {"seconds": 0.01, "server": "source", "direction": "received", "line": " MDTM", "leg": None},
        {"seconds": 0.02, "server": "destination", "direction": "sent", "line": "PASV", "leg": 0},
        {"seconds": 0.03, "server": "source", "direction": "sent", "line": "PORT 198,51,100,12,195,80", "leg": 0},
        {"seconds": 0.04, "server": "source", "direction": "sent", "line": "QUIT", "leg": None},
    ],
}
BLOCKED: dict[str, t.Any] = {
    "legs": [
        {
            "passive": "source",
            "ok": False,
            "cause": "data_connection_blocked",
            "server": "source",
            "certain": False,
            "also_possible": ["destination", "network"],
            "remedy": "Open the passive range.",
        }
    ],
    "transcript": [],
}


def legs_of(source: str, destination: str, result: t.Mapping[str, t.Any]) -> list[_report.Leg]:
    return _report.listed(_results.legs_of(source, destination, result))


def text(lines: t.Iterable[_report.Line]) -> str:
    return "\n".join(line[0] for line in lines)


def test_a_dialogue_has_a_colour_and_a_name_per_server() -> None:
    leg = legs_of("ftp1", "ftp2", PROVEN)[0]
    lines = list(_report.dialogue(leg))
    assert lines[0] == ("ftp1 -> ftp2, ftp2 listens", _report.HEADING)
    assert [(line.split()[1:4], part) for line, part in lines[1:4]] == [
        (["ftp1", "<--", "220"], _report.SOURCE),
        (["ftp2", "-->", "PASV"], _report.DESTINATION),
        (["ftp1", "-->", "PORT"], _report.SOURCE),
    ]
    assert lines[4][0].endswith("ftp1  --> QUIT")
    assert "MDTM" not in text(lines)
    assert [part for line, part in lines if "LIST" in line] == [_report.SOURCE, _report.DESTINATION]
    assert lines[-1] == (
        "  fxp-check-1.bin: 1048576 bytes sent in 0.5000 secs (2.00 MiB/s), verified by HASH SHA-256",
        _report.GOOD,
    )


def test_a_dialogue_over_tls_ends_with_what_it_was_encrypted_with() -> None:
    agreed = {"version": "TLSv1.2", "cipher": "ECDHE-ECDSA-AES256-GCM-SHA384", "verified": True}
    seen = {"tls": {"source": agreed, "destination": agreed}, "protection": "private", "sscn": "destination"}

    def last(evidence: dict[str, t.Any]) -> str:
        return list(_report.dialogue(_report.listed([{**PROVEN["legs"][0], "evidence": evidence}])[0]))[-1][0]

    words = "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384"
    assert last(seen).endswith(f"verified by HASH SHA-256, {words}, data private (SSCN on the destination)")
    one = {"tls": {"source": agreed, "destination": None}, "protection": "clear", "sscn": None}
    assert last(one).endswith(f", {words} / clear, data clear")
    assert last({"tls": {"source": None, "destination": None}}).endswith("verified by HASH SHA-256")


def test_a_leg_that_falls_short_ends_with_cause_and_cure() -> None:
    lines = list(_report.dialogue(legs_of("ftp1", "ftp2", BLOCKED)[0]))
    assert lines[-2] == (
        "  FAILED: data_connection_blocked, look at ftp1 first (not certain, also possible: ftp2, network)",
        _report.BAD,
    )
    assert lines[-1] == ("  Cure: Open the passive range.", _report.BAD)


def test_a_check_that_ended_before_its_first_leg_counts() -> None:
    result = {"ok": False, "cause": "login_refused", "server": "destination", "remedy": "Say the password.", "legs": []}
    leg = legs_of("ftp1", "ftp2", result)[0]
    assert (leg.ok, _report.verdict(leg)) == (False, "login_refused, look at ftp2 first")


def test_a_module_that_died_counts_too() -> None:
    leg = legs_of("ftp1", "ftp2", {"failed": True, "msg": "No such interpreter"})[0]
    assert (leg.ok, _report.verdict(leg)) == (False, "No such interpreter")


def test_the_table_has_a_line_for_each_leg() -> None:
    legs = legs_of("ftp1", "ftp2", PROVEN) + legs_of("ftp2", "ftp1", BLOCKED)
    lines = list(_report.table(legs))
    assert [line[1] for line in lines] == [_report.HEADING, _report.GOOD, _report.BAD]
    assert lines[1][0].split()[:5] == ["ftp1", "ftp2", "ftp2", "ok", "1048576"]
    assert lines[2][0].split()[:5] == ["ftp2", "ftp1", "ftp2", "FAILED", "-"]
    assert len({line.index(word) for line, word in ((lines[0][0], "result"), (lines[1][0], "ok "), (lines[2][0], "FAILED"))}) == 1


def test_the_summary_names_the_first_that_fell_short() -> None:
    legs = legs_of("ftp1", "ftp2", PROVEN)
    assert _report.summary(legs) == "All 1 transfers were proven."
    legs += legs_of("ftp2", "ftp1", BLOCKED)
    assert _report.summary(legs).startswith(
        "1 of 2 transfers fell short, first ftp2 -> ftp1 with ftp2 listening: data_connection_blocked, look at ftp2 first"
    )


def test_rates() -> None:
    assert [_report.rate(value) for value in (None, 12.0, 2048.0, 3.5 * 2**30)] == ["-", "12 B/s", "2.00 KiB/s", "3.50 GiB/s"]


PLACED = {**BLOCKED["legs"][0], "source": "ftp1", "destination": "ftp2", "seen": "the connection of ftp2 reaches ftp1"}


def test_what_both_servers_showed_is_told_as_it_was_found() -> None:
    told = [
        _report.verdict(leg)
        for leg in _report.listed(
            [
                PLACED,
                {**PLACED, "certain": True, "also_possible": []},
                {**PLACED, "certain": True, "also_possible": [], "server": None},
            ]
        )
    ]
    assert told == [
        (
            "data_connection_blocked, look at ftp1 first: the connection of ftp2 reaches ftp1 "
            "(not certain, also possible: ftp2, network)"
        ),
        "data_connection_blocked, look at ftp1 first: the connection of ftp2 reaches ftp1",
        "data_connection_blocked, look between the two: the connection of ftp2 reaches ftp1",
    ]


SURE = {**PLACED, "placed": True, "certain": True, "also_possible": [], "server": None, "vantage": "client"}


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({"place": "client", "ends": ["client", "ftp2"]}, "look at client first: "),
        ({"place": "network", "ends": ["client", "ftp2"]}, "look between client and ftp2: "),
        ({"place": "network", "ends": ["ftp2", "ftp1"]}, "look between the two: "),
        ({"certain": False, "server": "source", "also_possible": ["client"]}, "look at ftp1 first: the"),
    ],
)
def test_a_connection_of_the_client_has_other_ends(told: dict[str, t.Any], where: str) -> None:
    (leg,) = _report.listed([{**SURE, **told}])
    assert where in _report.verdict(leg)
    assert ("(not certain, also possible: client)" in _report.verdict(leg)) is not leg.certain


def test_where_nobody_showed_anything_the_dialogue_is_told_and_why_nobody_did() -> None:
    mute = {
        **PLACED,
        "evidence": {"summary": "silence"},
        "seen": "ftp1 could not be asked: Timeout",
        "not_asked": [{"server": "ftp1", "reason": "Timeout"}],
    }
    told, shown = (_report.sentence(leg) for leg in _report.listed([{**mute, "placed": False}, mute]))
    assert told.startswith("silence; ftp1 could not be asked: Timeout (data_connection_blocked")
    assert shown.startswith("ftp1 could not be asked: Timeout (data_connection_blocked")


def test_what_was_expected_is_said_by_the_leg_and_not_by_how_a_module_was_called() -> None:
    refused = {**PROVEN["legs"][0], "expect": "refused", "cause": "passive_refuses_foreign_address"}
    called = {"invocation": {"module_args": {"expect": "allowed"}}}
    assert [leg.state for leg in legs_of("ftp1", "ftp2", {"legs": [refused], **called})] == [_report.REFUSED]
    called = {"invocation": {"module_args": {"expect": "refused"}}}
    assert [leg.state for leg in legs_of("ftp1", "ftp2", {**PROVEN, **called})] == [_report.PROVEN]


def test_what_strangers_could_do_is_told_by_the_findings_that_decide() -> None:
    wrong = {"result": "accepted", "vulnerable": True, "summary": "PORT to a stranger was accepted", "remedy": "Close it."}
    right = {"result": "refused", "vulnerable": False, "summary": "EPRT was refused", "remedy": None}
    left = {"result": "untested", "vulnerable": False, "summary": "no stranger has a way", "remedy": None}
    found = [
        _report.strangers({"server": "a", **entry})
        for entry in (
            {"vulnerable": True, "tested": True, "findings": [right, wrong]},
            {"vulnerable": False, "tested": True, "findings": [right]},
            {"vulnerable": None, "tested": False, "findings": [right, left]},
            {"vulnerable": None, "tested": False, "findings": [], "msg": "a cannot be logged in to"},
        )
    ]
    assert found == [
        (_report.FAILED, "can abuse it: PORT to a stranger was accepted. Close it."),
        (_report.PROVEN, "are refused"),
        (_report.UNCERTAIN, "were not played: no stranger has a way"),
        (_report.UNCERTAIN, "were not played: a cannot be logged in to"),
    ]


def test_strangers_of_whom_the_same_is_said_are_told_at_once_and_ports_are_left_out() -> None:
    def shut(probe: str, stranger: str) -> dict[str, t.Any]:
        return {"probe": probe, "stranger": stranger, "result": "untested", "summary": f"a firewall shuts all to {stranger}"}

    low = {"probe": "port_to_own_low_port", "stranger": None, "result": "untested", "summary": "a port is taken"}
    refused = {"probe": "port_to_stranger", "stranger": "198.51.100.7", "result": "refused", "summary": "PORT was refused"}
    found = [shut(probe, name) for name in ("198.51.100.7", "198.51.100.77") for probe in _report.STRANGERS_PROBES[:2]]
    alone = {"probe": "port_to_stranger", "result": "untested", "summary": "the host that checks has no second address"}
    told = [
        _report.strangers({"server": "a", "tested": False, "findings": findings})[1]
        for findings in (
            [*found, low],
            [*found, refused, low],
            [{**alone, "probe": "passive_by_stranger"}, alone],
        )
    ]
    assert told == [
        "were not played: a firewall shuts all to 198.51.100.7, 198.51.100.77",
        "are refused as far as they could be played: a firewall shuts all to 198.51.100.7, 198.51.100.77",
        "were not played: the host that checks has no second address",
    ]


def test_a_success_is_a_table_and_no_dialogue() -> None:
    legs = legs_of("ftp1", "ftp2", PROVEN)
    assert not [*_report.dialogues(legs, failed_only=True), *_report.sentences(legs)]


def test_failures_are_one_sentence_each_in_names_of_the_inventory() -> None:
    evidence = {
        "source": "source 198.51.100.11:21",
        "destination": "destination 198.51.100.12:21",
        "summary": "destination 198.51.100.12:21 got no answer from source 198.51.100.11:21",
    }
    failed = {**BLOCKED["legs"][0], "evidence": evidence, "remedy": "Open the passive range of source 198.51.100.11:21."}
    pair = {"source": "ftp1", "destination": "ftp2"}
    legs = _report.listed(
        [
            {**failed, **pair},
            {**PROVEN["legs"][0], "source": "a", "destination": "b"},
            {**failed, **pair, "passive": "destination"},
        ]
    )
    lines = text(_report.sentences(legs)).splitlines()
    assert lines == [
        "",
        (
            "ftp1 -> ftp2, ftp1 listens; ftp1 -> ftp2, ftp2 listens: ftp2 got no answer from ftp1 (data_connection_blocked, "
            "look at ftp1 first, not certain, also possible: ftp2, network). Open the passive range of ftp1."
        ),
    ]
    dialogues = text(_report.dialogues(legs, failed_only=True))
    assert dialogues.count("FAILED") == 2
    assert "a -> b" not in dialogues
    assert "198.51.100" not in dialogues


def test_of_many_reasons_and_transfers_some_are_told() -> None:
    failed = {**BLOCKED["legs"][0], "also_possible": ["network"], "source": "a"}
    legs = _report.listed([{**failed, "remedy": f"Cure {number % 25}.", "destination": f"b{number}"} for number in range(25 * 6)])
    lines = text(_report.sentences(legs)).splitlines()
    assert len(lines) == 1 + _report.MAX_REASONS + 1
    assert lines[1].startswith("a -> b0, a listens; a -> b25, a listens; a -> b50, a listens; a -> b75, a listens; and 2 more: ")
    assert lines[-1] == "and 5 more reasons"
    dialogues = text(_report.dialogues(legs, failed_only=True))
    assert "The dialogues of 140 further transfers that fell short are not shown." in dialogues


def test_a_leg_that_was_repeated_tells_what_was_met_at_first() -> None:
    again = {"source": "a", "destination": "b", "repeated": True, "first_cause": "server_busy"}
    leg = _report.listed([{**PROVEN["legs"][0], **again}])[0]
    assert leg.state == _report.REPEATED
    assert _report.evidence_in_short(leg) == "verified by HASH SHA-256, at the second attempt (at first server_busy)"


def test_the_family_is_told_where_there_are_two() -> None:
    (proven,) = PROVEN["legs"]
    legs = [{**proven, "source": "ftp1", "destination": "ftp2", "family": family} for family in ("ipv4", "ipv6")]
    assert [leg.listens for leg in _report.listed(legs)] == ["ftp2 (IPv4)", "ftp2 (IPv6)"]
    assert [leg.label for leg in _report.listed(legs)][1] == "ftp1 -> ftp2, ftp2 (IPv6) listens"
    assert "ftp2 (IPv6)  ok" in text(_report.table(_report.listed(legs)))
    assert [leg.listens for leg in _report.listed(legs[1:])] == ["ftp2"]
    assert [leg.listens for leg in _report.listed([*legs, {**legs[0], "passive": "-"}])][2] == "-"
    inside = [*legs, {**legs[0], "face": "inner"}]
    assert [leg.listens for leg in _report.listed(inside)] == ["ftp2 (IPv4)", "ftp2 (IPv6)", "ftp2 (IPv4, inside)"]
    assert [leg.listens for leg in _report.listed([legs[0], inside[2]])] == ["ftp2", "ftp2 (inside)"]
    behind = [{**leg, "gateways": {"source": None, "destination": "gw1"}} for leg in legs]
    assert [leg.listens for leg in _report.listed(behind)] == ["ftp2 (IPv4, behind gw1)", "ftp2 (IPv6, behind gw1)"]
    assert [leg.listens for leg in _report.listed([{**behind[0], "passive": "source"}])] == ["ftp1"]
