# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.locate import (
    FLOWS,
    PLACES,
    Flow,
    Sight,
    answer_of,
    lost_flow,
    place_of,
    place_of_flow,
    sight_of,
)

HERE = ["192.0.2.12"]
SILENT = {"state": "no answer", "left": True, "answered": False}


def arrivals(*sources: str, answered: bool = False, listening: bool | None = None) -> dict[str, t.Any]:
    return {"sources": list(sources), "answered": list(sources) if answered else [], "listening": listening}


@pytest.mark.parametrize(
    ("connection", "watched", "end", "certain", "also"),
    [
        (SILENT, arrivals(*HERE), "passive", True, ()),
        ({**SILENT, "state": "unreachable"}, arrivals(*HERE), "passive", True, ()),
        ({**SILENT, "left": None, "answered": None}, arrivals(*HERE), "passive", True, ()),
        (SILENT, arrivals(*HERE, answered=True), None, True, ()),
        ({**SILENT, "answered": None}, arrivals(*HERE, answered=True), "passive", False, ("network",)),
        ({**SILENT, "answered": True}, arrivals(*HERE, answered=True), "active", True, ()),
        (SILENT, arrivals(), None, True, ()),
        ({**SILENT, "state": "unreachable"}, arrivals(), None, True, ()),
        ({**SILENT, "left": False}, arrivals(), "active", True, ()),
        ({**SILENT, "left": False}, {}, "active", True, ()),
        ({**SILENT, "left": False, "state": "unreachable"}, arrivals(), "passive", False, ("active",)),
        (SILENT, {}, "passive", False, ("network",)),
        ({**SILENT, "left": None}, arrivals(), None, False, ("active", "network")),
        (SILENT, arrivals("203.0.113.7"), "passive", False, ("network",)),
        # Others were answered.
        (SILENT, {**arrivals("203.0.113.7", *HERE), "answered": ["203.0.113.7"]}, "passive", True, ()),
        (SILENT, arrivals("203.0.113.7", *HERE), "passive", True, ()),
        ({**SILENT, "state": "refused"}, arrivals(*HERE, answered=True), None, False, ("passive", "active", "network")),
        ({**SILENT, "state": "refused", "answered": True}, arrivals(*HERE, listening=True), "passive", True, ()),
        ({**SILENT, "state": "refused", "answered": True}, arrivals(), None, True, ()),
        ({**SILENT, "state": "refused", "answered": True}, {}, "passive", False, ("network",)),
        ({**SILENT, "state": "refused", "left": None}, {}, None, False, ("passive", "active", "network")),
        ({**SILENT, "state": "refused", "left": False}, arrivals(), "active", True, ()),
        ({**SILENT, "state": "refused"}, arrivals("203.0.113.7"), "passive", False, ("network",)),
        ({**SILENT, "state": "connected"}, arrivals(*HERE, answered=True), None, False, ("passive", "active", "network")),
    ],
)
def test_places(
    connection: dict[str, t.Any], watched: dict[str, t.Any], end: str | None, certain: bool, also: tuple[str, ...]
) -> None:
    place = place_of(sight_of(connection, watched, HERE))
    assert place is not None
    assert (place.end, place.certain, place.also) == (end, certain, also)


@pytest.mark.parametrize(
    ("connection", "watched"),
    [({}, {}), ({}, arrivals(*HERE)), ({"state": "no answer", "left": None, "answered": None}, {"sources": None})],
)
def test_nothing_seen(connection: dict[str, t.Any], watched: dict[str, t.Any]) -> None:
    assert place_of(sight_of(connection, watched, HERE)) is None


@pytest.mark.parametrize("row", range(len(PLACES)))
def test_rows(row: int) -> None:
    """No row is hidden by the ones above it, and its texts have no other gaps than those that are filled."""
    wanted, place = PLACES[row]
    assert place_of(Sight(**{"state": "no answer", **wanted})) is place
    words = {name: "x" for name in ("active", "passive", "port", "strangers", "egress", "admit", "forward")}
    assert place.cure.format(**words).endswith(".")
    assert not place.seen.format(**words).endswith(".")
    assert not (place.certain and place.also)


def carried(received: int, *, greeted: bool = True, left: int | None = 1000, came: int | None = 1000) -> dict[str, t.Any]:
    return {"size": 5000, "greeted": greeted, "received": received, "largest_left": left, "largest_came": came}


ALL = carried(5000)


@pytest.mark.parametrize(
    ("active", "passive", "flow"),
    [
        (ALL, ALL, None),
        (ALL, None, None),
        (None, ALL, None),
        # Slow is not lost.
        (carried(1), carried(1), None),
        (ALL, carried(0), Flow("active", True, True, True)),
        (ALL, carried(0, came=18), Flow("active", True, True, False)),
        (carried(5000, left=18), carried(0, came=0), Flow("active", True, False, False)),
        (carried(0), ALL, Flow("passive", True, True, True)),
        (carried(0, came=None), carried(5000, left=None), Flow("passive", True, None, None)),
        # Who was not greeted sends nothing further, so of that direction nothing is known.
        (carried(0, greeted=False, came=0), carried(0), Flow("passive", False, True, False)),
        (carried(0, greeted=False, came=0), carried(0, greeted=False), Flow("passive", False, True, False)),
        (carried(0), carried(0, greeted=False, came=18), Flow("active", False, True, True)),
        (carried(0, left=0), carried(0, greeted=False, came=0), Flow("active", False, False, False)),
    ],
)
def test_data_that_is_lost(active: dict[str, t.Any] | None, passive: dict[str, t.Any] | None, flow: Flow | None) -> None:
    assert lost_flow({"carried": active}, {"carried": passive}, Sight("connected", arrived=True)) == flow
    # Unless one heard the other, somebody else may have answered.
    met = any(one["greeted"] for one in (active, passive) if one)
    alone = sight_of({"state": "connected", "carried": active}, {"carried": passive}, HERE)
    assert lost_flow({"carried": active}, {"carried": passive}, alone) == (flow if met else None)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("sender", ["active", "passive"])
@pytest.mark.parametrize("row", range(len(FLOWS)))
def test_places_of_data(row: int, sender: t.Literal["active", "passive"], full: bool) -> None:
    """No row is hidden, and the ends of the data become those of the connection."""
    wanted, told = FLOWS[row]
    place = place_of_flow(Flow(**{"sender": sender, "full": full, "left": None, "came": None, **wanted}))
    ends = {"sender": sender, "receiver": "passive" if sender == "active" else "active"}
    assert (place.end, place.certain) == (ends.get(told.end or ""), told.certain)
    assert set(place.also) <= {"active", "passive", "network"} - {place.end}
    assert not (place.certain and place.also)
    seen = place.seen.format(active="ftp2", passive="ftp1")
    assert f" from {'ftp2' if sender == 'active' else 'ftp1'} {told.seen.split('{')[0]}" in seen
    assert ("full" in seen, place.cure.endswith(".")) == (full, True)


THROUGH = {"state": "connected", "left": True, "answered": True, "carried": ALL}
ELSEWHERE = {**THROUGH, "carried": carried(0, greeted=False)}


@pytest.mark.parametrize(
    ("question", "cause", "connection", "watched", "end", "certain", "words"),
    [
        ("opens", "data_connection_blocked", THROUGH, arrivals(*HERE), None, False, "gets through to {passive} now"),
        ("opens", "data_connection_blocked", ELSEWHERE, arrivals(), "passive", False, "not {passive} that answers"),
        # The watch may have begun late.
        ("opens", "data_connection_blocked", ELSEWHERE, {}, None, False, "gets through to {passive} now"),
        ("announced", "unexpected_address_advertised", THROUGH, arrivals(*HERE), "active", True, "it is the right address"),
        ("announced", "unexpected_address_advertised", SILENT, arrivals(*HERE), "active", True, "is the right address"),
        ("announced", "unexpected_address_advertised", ELSEWHERE, arrivals(), "passive", False, "not {passive} that answers"),
        ("carries", "passive_refuses_foreign_address", THROUGH, arrivals(*HERE), "passive", True, "reaches {passive}"),
        ("carries", "passive_refuses_foreign_address", ELSEWHERE, arrivals(), "passive", False, "not {passive} that answers"),
        ("control", "control_unreachable", SILENT, {"listening": True}, "passive", True, "nobody listens"),
        ("control", "control_unreachable", SILENT, arrivals(*HERE), "passive", True, "is dropped there"),
        ("control", "control_unreachable", SILENT, {"listening": None}, "passive", False, "leaves {active}"),
        ("control", "control_unreachable", SILENT, arrivals(), None, True, "does not reach {passive}"),
        ("control", "control_unreachable", {**SILENT, "state": "refused"}, arrivals(*HERE), "passive", True, "is refused there"),
        # Others come to that port, too.
        ("control", "control_unreachable", SILENT, arrivals("203.0.113.7"), "passive", False, "leaves {active}"),
        ("control", "control_unreachable", SILENT, arrivals("203.0.113.7", *HERE), "passive", True, "is dropped there"),
    ],
)
def test_answers(
    question: t.Any,
    cause: str,
    connection: dict[str, t.Any],
    watched: dict[str, t.Any],
    end: str | None,
    certain: bool,
    words: str,
) -> None:
    place = answer_of(question, cause, connection, watched, sight_of(connection, watched, HERE))
    assert place is not None
    assert (place.end, place.certain, place.told) == (end, certain, False)
    assert words.replace("it is", "that is") in place.seen


@pytest.mark.parametrize(
    ("question", "cause"), [("announced", "active_mode_disabled"), ("leads", "unexpected_address_advertised")]
)
def test_who_it_is_that_refuses_or_announces_no_connection_shows(question: t.Any, cause: str) -> None:
    """It may be a device on the way, in the place of the server."""
    watched = arrivals(*HERE)
    place = answer_of(question, cause, THROUGH, watched, sight_of(THROUGH, watched, HERE))
    assert place is not None
    assert (place.told, place.without) == (True, ())


@pytest.mark.parametrize(
    ("question", "cause"),
    [
        ("announced", "unexpected_address_advertised"),
        ("leads", "unexpected_address_advertised"),
        ("carries", "transfer_stalled"),
        ("carries", "tls_roles_unassigned"),
    ],
)
def test_what_is_met_now_is_no_place_of_what_was_met_before(question: t.Any, cause: str) -> None:
    place = answer_of(question, cause, SILENT, arrivals(), sight_of(SILENT, arrivals(), HERE))
    assert place is not None
    assert (place.told, place.without) == (True, ())
    assert "does not reach {passive}" in place.seen


@pytest.mark.parametrize(
    ("cause", "data", "without", "words"),
    [
        ("tls_roles_unassigned", ALL, ("network",), "carries data both ways"),
        ("tls_versions_disjoint", carried(1), (), "reaches"),
        ("transfer_stalled", ALL, (), "carries data both ways"),
    ],
)
def test_a_way_that_is_open_leaves_what_the_dialogue_told(
    cause: str, data: dict[str, t.Any], without: tuple[str, ...], words: str
) -> None:
    watched = {**arrivals(*HERE, answered=True), "carried": data}
    place = answer_of("carries", cause, THROUGH, watched, sight_of(THROUGH, watched, HERE))
    assert place is not None
    assert (place.told, place.without) == (True, without)
    assert words in place.seen


def test_a_stranger_that_the_probe_hears_is_the_server_itself() -> None:
    watched = {**arrivals("203.0.113.7"), "carried": ALL}
    place = answer_of("carries", "passive_refuses_foreign_address", THROUGH, watched, sight_of(THROUGH, watched, HERE))
    assert place is not None
    assert (place.end, place.certain) == ("passive", True)
    assert "fxp_egress" not in place.cure
    assert "{strangers}" in place.cure


@pytest.mark.parametrize(
    ("egress", "arrived"),
    [(["203.0.113.8/30"], True), (["203.0.113.12/30"], False), (["198.51.100.1", "203.0.113.9"], True), ([], False)],
)
def test_what_comes_from_a_pool_has_arrived(egress: list[str], arrived: bool) -> None:
    sight = sight_of({"state": "no answer"}, {"sources": ["203.0.113.9"], "answered": []}, egress)
    assert (sight.arrived, sight.strange) == (arrived, not arrived)
