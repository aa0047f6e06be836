# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Legs and what both of their servers showed become legs with a place; what the role hands on is what the modules returned."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.filter.placed_legs import placed_legs
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.placing import connections_of, is_open, placed, question_of

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
    asked = {"source": "ftp1", "destination": "ftp2", "address": "192.0.2.11", "port": 49152, "local_port": 49152}
    asked["question"] = "opens"
    assert connections_of([LEG, other]) == [
        {**asked, "passive": "source", "connecting": "ftp2", "listening": "ftp1"},
        {**asked, "passive": "destination", "connecting": "ftp1", "listening": "ftp2"},
    ]


@pytest.mark.parametrize(
    "told",
    [
        {"ok": True},
        {"certain": True},
        {"also_possible": []},
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
            "ftp2 and ftp1 could not be asked: it gave no reason",
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
        silent = {"seen": None, "not_asked": [], "placed": False}
        assert half["placed"] is False
        assert {**half, **silent} == {**LEG, **silent}
    silent_ones = {name for name in ("ftp1", "ftp2") if f"{name} could" in seen or f"{name} and" in seen}
    assert {each["server"] for each in half["not_asked"]} == silent_ones


def test_probes_of_others_say_nothing() -> None:
    shown = ({"connection": SENT}, {"arrivals": ARRIVED})
    for other in ({"passive": "destination"}, {"source": "ftp3"}):
        leg = one(*shown, **other)
        assert leg["seen"] == "ftp2 and ftp1 were not asked: of all transfers that leave the place open 1 were tried again"
        silent = {"seen": None, "not_asked": [], "placed": False}
        assert {**leg, **silent} == {**LEG, **silent}
    assert one({"connection": None}, {"arrivals": None}) is LEG
    for told in ({"ok": True}, {"certain": True}, {"also_possible": []}):
        leg = {**LEG, **told}
        assert placed_legs([leg], [probe(*shown)]) == [leg]


def test_nobody_who_asks_for_nothing_is_told() -> None:
    """The report is complete without probes, and takes legs that are placed already as they are."""
    assert placed_legs([LEG], []) == [LEG]
    there = one({"connection": SENT}, {"arrivals": ARRIVED})
    assert placed([there], [], told=False) == [there]
    half = one({"connection": SENT}, {})
    assert placed([half], [], told=False) == [half]
    assert placed_legs([half], []) == [half]


SAID = {"preliminary": "150 Opening", "final": None}
INSIDE = {"cause": "tls_session_reuse_required", "also_possible": ["destination"]}
OF_TLS = {"cause": "tls_roles_unassigned", "server": None, "also_possible": ["network"]}


def leg_of(told: t.Mapping[str, t.Any] | None = None, **evidence: t.Any) -> dict[str, t.Any]:
    return {**LEG, **(told or {}), "evidence": {**LEG["evidence"], **evidence}}


@pytest.mark.parametrize(
    ("leg", "question"),
    [
        (leg_of(), "opens"),
        (leg_of(port_reply="425 No", active_side=None), "opens"),
        (leg_of(port_reply="500 Illegal PORT command", active_side=None), "announced"),
        (leg_of(active_side={"preliminary": None, "final": "425 No"}), "opens"),
        (leg_of(stage="passive", active_side=None), "leads"),
        (leg_of(OF_TLS, active_side=SAID), "carries"),
        (leg_of(INSIDE, active_side=SAID), None),
        (leg_of(fault_kind="connect_timed_out", fault_server="source"), "control"),
        (leg_of(fault_kind="client_data_timed_out", fault_server="source"), "client data"),
        (leg_of(fault_kind="client_data_lost", fault_server="source", active_side=SAID), "client data"),
    ],
)
def test_questions(leg: dict[str, t.Any], question: str | None) -> None:
    assert question_of(leg) == question


@pytest.mark.parametrize(
    ("evidence", "question"),
    [
        ({"stopped": "stalled", "size": 0, "active_side": SAID}, "carries"),
        ({"stopped": "stalled", "size": 9, "active_side": SAID}, None),
        ({"stopped": "stalled", "size": 0}, None),
        ({"fault_kind": "client_data_lost", "fault_server": "source"}, "client data"),
        ({"fault_kind": "connect_refused", "fault_server": "source"}, "control"),
        ({"fault_kind": "greeting_silent", "fault_server": "source"}, None),
    ],
)
def test_a_reason_that_is_certain_leaves_the_place_open_where_the_way_counts(
    evidence: dict[str, t.Any], question: str | None
) -> None:
    leg = leg_of({"certain": True, "server": None, "also_possible": [], "vantage": "client"}, **evidence)
    assert is_open(leg) is (question is not None)
    assert [one["question"] for one in connections_of([leg], SERVERS)] == ([question] if question else [])


@pytest.mark.parametrize(
    ("leg", "words"),
    [
        (leg_of(INSIDE, active_side=SAID), "ftp2 and ftp1 were not asked: it is decided inside of the servers"),
        (leg_of({"cause": "unknown"}, announced_address=None), "ftp2 and ftp1 were not asked: the dialogue did not come to"),
        (
            {**leg_of(fault_kind="connect_timed_out", fault_server="destination"), "vantage": "client"},
            "client and ftp2 were not asked: it is not known where to connect to",
        ),
    ],
)
def test_what_no_connection_shows_says_so(leg: dict[str, t.Any], words: str) -> None:
    assert connections_of([leg]) == []
    (told,) = placed_legs([leg], [])
    assert words in told["seen"]
    assert told["placed"] is False


SERVERS = {
    name: {
        "address": f"192.0.2.1{number}",
        "public_control_port": 2121,
        "control_port": 21,
        "passive_ports": {"first": 50000, "last": 50099},
        "egress": [f"192.0.2.1{number}"],
    }
    for number, name in enumerate(("ftp1", "ftp2", "ftp3"), 1)
}


def test_the_client_is_asked_once_about_a_server_that_it_does_not_reach() -> None:
    down = {"cause": "control_unreachable", "server": "destination", "also_possible": ["network"], "vantage": "client"}
    legs = [
        leg_of({**down, "passive": role}, fault_kind="connect_timed_out", fault_server="destination")
        for role in ("source", "destination")
    ]
    (asked,) = connections_of(legs, SERVERS)
    ends = {key: asked[key] for key in ("question", "connecting", "listening", "address", "port", "local_port")}
    assert ends == {
        "question": "control",
        "connecting": "client",
        "listening": "ftp2",
        "address": "192.0.2.12",
        "port": 2121,
        "local_port": 21,
    }
    connect = {"connection": {**SENT, "left": None, "answered": None}}
    arrived = {"sources": ["192.0.2.1"], "answered": [], "listening": None}
    found = placed_legs(legs, [{**asked, "egress": ["192.0.2.1"], "connect": connect, "watch": {"arrivals": arrived}}])
    for leg in found:
        assert (leg["place"], leg["server"], leg["certain"]) == ("destination", "destination", True)
        assert leg["seen"] == "the connection of client reaches ftp2 and is dropped there"
        assert leg["remedy"].startswith("Let fxp_clients of ftp2 admit client")
    stays = placed_legs(
        legs, [{**asked, "egress": [], "connect": {"connection": {**SENT, "left": False}}, "watch": {"arrivals": NOTHING}}]
    )
    for leg in stays:
        assert (leg["place"], leg["server"], leg["certain"], leg["ends"]) == ("client", None, True, ["client", "ftp2"])


@pytest.mark.parametrize(
    ("watch", "place", "seen"),
    [
        # It is not over, so who came is not known.
        ({**JOB, "finished": 0}, None, "the connection leaves client"),
        ({**JOB, "finished": 1, "arrivals": NOTHING}, "network", "the connection leaves client and does not reach ftp1"),
        ({**JOB, "finished": 1, "arrivals": {**ARRIVED, "listening": True}}, "source", "nobody listens on port 21 of ftp1"),
    ],
)
def test_a_control_port_is_watched_to_the_end(watch: dict[str, t.Any], place: str | None, seen: str) -> None:
    leg = leg_of({"vantage": "client", "cause": "control_unreachable"}, fault_kind="connect_timed_out", fault_server="source")
    (asked,) = connections_of([leg], SERVERS)
    (told,) = placed_legs([leg], [{**asked, "egress": ["192.0.2.1"], "connect": {"connection": SENT}, "watch": watch}])
    assert (told["place"], told["seen"]) == (place, seen)
    # What the cause says of a server that cannot be reached is more than that it may be its rules.
    assert (told["remedy"] == leg["remedy"]) is (place is None)


def test_its_own_data_goes_to_a_passive_port() -> None:
    leg = leg_of({"vantage": "client"}, fault_kind="client_data_refused", fault_server="source")
    (asked,) = connections_of([leg], SERVERS)
    assert (asked["question"], asked["connecting"], asked["listening"], asked["port"]) == ("client data", "client", "ftp1", 50099)


def test_of_many_as_many_servers_as_possible_are_asked() -> None:
    names = [f"ftp{number}" for number in range(6)]
    legs = [{**LEG, "source": one, "destination": other} for one in names for other in names if one != other]
    assert len(connections_of(legs)) == 30
    few = connections_of(legs, most=6)
    assert [few.index(one) for one in connections_of(legs) if one in few] == list(range(6))
    for end in ("connecting", "listening"):
        assert {one[end] for one in few} == set(names)


def test_a_handshake_that_the_way_carries_is_not_lost_on_it() -> None:
    leg = leg_of(OF_TLS, active_side=SAID)
    whole = {"size": 9, "greeted": True, "received": 9, "largest_left": 9, "largest_came": 9}
    (asked,) = connections_of([leg])
    connect = {"connection": {"state": "connected", "left": True, "answered": True, "carried": whole}}
    arrived = {"arrivals": {**ARRIVED, "answered": ["192.0.2.12"], "listening": True, "carried": whole}}
    (told,) = placed_legs([leg], [{**asked, "egress": ["192.0.2.12"], "connect": connect, "watch": arrived}])
    assert (told["placed"], told["place"], told["server"], told["certain"]) == (True, None, None, False)
    assert (told["also_possible"], told["remedy"]) == ([], leg["remedy"])
    assert told["seen"] == "the connection of ftp2 reaches ftp1 and carries data both ways now"


@pytest.mark.parametrize(
    ("cause", "place", "remedy"),
    [
        ("data_connection_blocked", "network", "Look at what stands between"),
        ("hairpin_nat_missing", "network", LEG["remedy"]),
        ("private_address_advertised", None, LEG["remedy"]),
    ],
)
def test_what_a_cause_knows_of_the_way_stays(cause: str, place: str | None, remedy: str) -> None:
    leg = {**LEG, "cause": cause}
    (asked,) = connections_of([leg])
    (told,) = placed_legs([leg], [{**asked, "egress": [], "connect": {"connection": SENT}, "watch": {**JOB, "finished": 0}}])
    assert told["seen"] == "the connection leaves ftp2 and does not reach ftp1"
    assert (told["place"], told["certain"]) == (place, place is not None)
    assert told["remedy"].startswith(remedy)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({}, "ftp1: the port forward of a gateway"),
        ({"gateways": {"source": "gw1", "destination": None}}, "ftp1: the port forward of gw1"),
        ({"gateways": {"source": None, "destination": "gw1"}}, "ftp1: the port forward of a gateway"),
        ({"gateways": {"source": "gw1", "destination": None}, "face": "inner"}, "ftp1: the port forward of a gateway"),
    ],
)
def test_the_gateway_on_the_way_is_named(more: dict[str, t.Any], named: str) -> None:
    leg = {**LEG, **more}
    (asked,) = connections_of([leg])
    (told,) = placed_legs([leg], [{**asked, "egress": [], "connect": {"connection": SENT}, "watch": {**JOB, "finished": 0}}])
    assert told["remedy"].startswith(f"Look at what stands between ftp2 and {named}, routers")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "Task failed: Failed to create temporary directory. In some cases, you may\nhave",
            "Failed to create temporary directory",
        ),
        ("Failed to connect to the host via ssh: connect to host 192.0.2.1 port 22: No route to host", None),
        ("Task failed: Action failed: Missing sudo password", "Missing sudo password"),
        ("...", "it gave no reason"),
    ],
)
def test_a_reason_is_one_sentence(message: str, reason: str | None) -> None:
    half = one({"connection": SENT}, {"unreachable": True, "msg": message})
    assert half["not_asked"] == [{"server": "ftp1", "reason": reason or message}]


def test_without_root_the_other_end_tells() -> None:
    plain = {"connection": {**SENT, "left": None, "answered": None}, "without_root": "Missing sudo password\n"}
    there = one(plain, {**JOB, "finished": 1, "arrivals": ARRIVED})
    assert (there["place"], there["certain"]) == ("source", True)
    assert there["seen"].endswith(
        "there; ftp2 could not be asked: without root it does not see what its own rules do (Missing sudo password)"
    )


def test_the_first_probe_that_shows_a_place_counts() -> None:
    (leg,) = placed([LEG], [{**LEG, "connection": {}}, {**LEG, "port": 1, "connection": SENT, "arrivals": {}}])
    assert leg["seen"] == "the connection leaves ftp2"


def test_what_is_missing_is_said() -> None:
    incomplete = probe({}, {})
    del incomplete["egress"]
    with pytest.raises(AnsibleFilterError, match=r"^placed_legs: entry 1 of the probes has no egress; give entries of"):
        placed_legs([LEG], [probe({}, {}), incomplete])


def test_legs_of_two_families_are_told_apart() -> None:
    four, six = ({**LEG, "family": family} for family in ("ipv4", "ipv6"))
    (asked,) = connections_of([six])
    found = placed_legs(
        [four, six], [{**asked, "egress": ["192.0.2.12"], "connect": {"connection": SENT}, "watch": {"arrivals": NOTHING}}]
    )
    assert [leg.get("placed", False) for leg in found] == [False, True]
    # Who wrote it down himself may have left the family out.
    bare = {key: value for key, value in asked.items() if key != "family"}
    found = placed_legs(
        [six], [{**bare, "egress": ["192.0.2.12"], "connect": {"connection": SENT}, "watch": {"arrivals": NOTHING}}]
    )
    assert found[0]["placed"]


@pytest.mark.parametrize(("family", "address"), [("ipv4", "192.0.2.11"), ("ipv6", "2001:db8::11"), (None, "2001:db8::11")])
def test_the_clients_own_connection_is_tried_again_by_the_same_family(family: str | None, address: str) -> None:
    server = {"address": "2001:db8::11", "address4": "192.0.2.11", "address6": "2001:db8::11"}
    ports = {"public_control_port": 21, "control_port": 21, "passive_ports": {"first": 1, "last": 2}}
    leg = {
        **LEG,
        "family": family,
        "cause": "control_unreachable",
        "vantage": "bastion",
        "evidence": {"fault_kind": "connect_timed_out", "fault_server": "source"},
    }
    assert [one["address"] for one in connections_of([leg], {"ftp1": {**server, **ports}})] == [address]
    inside = {"inner_address": "10.0.0.11", "public_control_port": 2121}
    (asked,) = connections_of([{**leg, "face": "inner"}], {"ftp1": {**server, **ports, **inside}})
    assert (asked["address"], asked["port"], asked["local_port"]) == ("10.0.0.11", 21, 21)
