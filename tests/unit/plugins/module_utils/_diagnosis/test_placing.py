# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Legs and what both of their servers showed become legs with a place; what the role hands on is what the modules returned."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.filter.placed_legs import placed_legs
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.placing import connections_of, placed

LEG: dict[str, t.Any] = {
    "source": "ftp1",
    "destination": "ftp2",
    "passive": "source",
    "ok": False,
    "cause": "data_connection_blocked",
    "server": "source",
    "certain": False,
    "also_possible": ["destination", "network"],
    "remedy": "Open the passive range.",
    "evidence": {
        "active_address": "192.0.2.12",
        "announced_address": "192.0.2.11",
        "announced_port": 49152,
        "summary": "silence",
    },
    "transcript": [],
}
SENT = {"state": "no answer", "left": True, "answered": False}
ARRIVED = {"sources": ["192.0.2.12"], "answered": []}
NOTHING: dict[str, t.Any] = {"sources": [], "answered": []}
JOB = {"ansible_job_id": "j1", "started": 1}


def probe(connect: t.Mapping[str, t.Any], watch: t.Mapping[str, t.Any], **other: t.Any) -> dict[str, t.Any]:
    (connection,) = connections_of([LEG])
    return {**connection, "egress": ["192.0.2.12"], "connect": connect, "watch": watch, **other}


def one(connect: t.Mapping[str, t.Any], watch: t.Mapping[str, t.Any], **other: t.Any) -> t.Mapping[str, t.Any]:
    (leg,) = placed_legs([LEG], [probe(connect, watch, **other)])
    return leg


def test_what_is_asked_of_whom() -> None:
    other = {**LEG, "passive": "destination"}
    asked = {"source": "ftp1", "destination": "ftp2", "address": "192.0.2.11", "port": 49152}
    assert connections_of([LEG, other]) == [
        {**asked, "passive": "source", "connecting": "ftp2", "listening": "ftp1"},
        {**asked, "passive": "destination", "connecting": "ftp1", "listening": "ftp2"},
    ]


@pytest.mark.parametrize(
    "told",
    [
        {"ok": True},
        {"certain": True},
        {"cause": "active_refuses_foreign_address"},
        {"cause": None},
        {"passive": None},
        {"evidence": {**LEG["evidence"], "active_address": None}},
        {"evidence": {**LEG["evidence"], "announced_address": None}},
        {"evidence": None},
    ],
)
def test_nobody_is_asked_about_what_is_told_or_cannot_be_tried(told: dict[str, t.Any]) -> None:
    assert connections_of([{**LEG, **told}]) == []


def test_a_place_that_both_servers_showed() -> None:
    there = one({"connection": SENT}, {**JOB, "finished": 1, "arrivals": ARRIVED})
    assert (there["server"], there["certain"], there["also_possible"]) == ("source", True, [])
    assert there["seen"] == "the connection of ftp2 reaches ftp1 and is dropped there"
    assert "fxp_passive_ports of ftp1" in there["remedy"]
    changed = ("server", "certain", "also_possible", "remedy", "seen")
    assert {key: there[key] for key in LEG if key not in changed} == {key: LEG[key] for key in LEG if key not in changed}


def test_a_watch_that_goes_on_has_seen_nothing() -> None:
    way = one({"connection": SENT}, {**JOB, "finished": 0})
    assert (way["server"], way["certain"]) == (None, True)
    assert way["seen"] == "the connection leaves ftp2 and does not reach ftp1"


def test_a_watch_that_ended_without_seeing_anything_says_nothing() -> None:
    half = one({"connection": SENT}, {**JOB, "finished": 1, "arrivals": NOTHING})
    assert (half["server"], half["certain"], half["also_possible"]) == ("source", False, ["network"])
    assert half["seen"] == "the connection leaves ftp2"


def test_a_stranger_at_the_door_is_named() -> None:
    there = one({"connection": SENT}, {"arrivals": {"sources": ["203.0.113.7"], "answered": []}})
    assert "from 203.0.113.7" in there["seen"]
    assert "fxp_egress_addresses of ftp2" in there["remedy"]


@pytest.mark.parametrize(
    ("connect", "watch", "seen"),
    [
        pytest.param(
            {"connection": SENT},
            {"failed": True, "msg": "Missing sudo password.\n"},
            "the connection leaves ftp2; ftp1 could not be asked: Missing sudo password",
            id="no watch",
        ),
        pytest.param(
            {"unreachable": True, "msg": "Timeout"},
            {**JOB, "finished": 1, "arrivals": ARRIVED},
            "ftp2 could not be asked: Timeout",
            id="no connection",
        ),
        pytest.param(
            {},
            {},
            "ftp2 could not be asked: it gave no reason; ftp1 could not be asked: it gave no reason",
            id="neither",
        ),
        pytest.param(
            {"connection": SENT},
            {**JOB, "finished": 1, "failed": True, "msg": "no packet sockets"},
            "the connection leaves ftp2; ftp1 could not be asked: no packet sockets",
            id="the job failed",
        ),
    ],
)
def test_a_server_that_could_not_be_asked_is_told_with_the_reason(
    connect: dict[str, t.Any], watch: dict[str, t.Any], seen: str
) -> None:
    half = one(connect, watch)
    assert half["seen"] == seen
    if "connection" not in connect:
        assert {**half, "seen": None} == {**LEG, "seen": None}


# Its own data connection is not the one that the servers tried.
OF_THE_CLIENT = {"evidence": {"fault_kind": "client_data_timed_out"}}


def test_probes_of_others_say_nothing() -> None:
    shown = ({"connection": SENT}, {"arrivals": ARRIVED})
    assert one(*shown, passive="destination") is LEG
    assert one(*shown, source="ftp3") is LEG
    assert one({"connection": None}, {"arrivals": None}) is LEG
    for told in ({"ok": True}, {"certain": True}, {"cause": "server_busy"}, OF_THE_CLIENT):
        leg = {**LEG, **told}
        assert placed_legs([leg], [probe(*shown)]) == [leg]


def test_the_first_probe_that_shows_a_place_counts() -> None:
    (leg,) = placed([LEG], [{**LEG, "connection": {}}, {**LEG, "port": 1, "connection": SENT, "arrivals": {}}])
    assert leg["seen"] == "the connection leaves ftp2"


def test_what_is_missing_is_said() -> None:
    incomplete = probe({}, {})
    del incomplete["egress"]
    with pytest.raises(AnsibleFilterError, match=r"^placed_legs: entry 1 of the probes has no egress; give entries of"):
        placed_legs([LEG], [probe({}, {}), incomplete])
