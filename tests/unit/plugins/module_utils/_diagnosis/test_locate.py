# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.causes import CAUSES
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.locate import PLACES, UNPLACED, Sight, place_of, sight_of

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
        (SILENT, arrivals("203.0.113.7", *HERE), "passive", True, ()),
        ({**SILENT, "state": "refused"}, arrivals(*HERE, answered=True), None, False, ("passive", "active", "network")),
        ({**SILENT, "state": "refused", "answered": True}, arrivals(*HERE, listening=True), "passive", True, ()),
        ({**SILENT, "state": "refused", "answered": True}, arrivals(), None, True, ()),
        ({**SILENT, "state": "refused", "answered": True}, {}, None, False, ("passive", "active", "network")),
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
    words = {name: "x" for name in ("active", "passive", "port", "strangers")}
    assert place.cure.format(**words).endswith(".")
    assert not place.seen.format(**words).endswith(".")
    assert not (place.certain and place.also)


def test_codes() -> None:
    assert all(not cause.certain for cause in CAUSES if cause.code in UNPLACED)
    assert set(UNPLACED) <= {cause.code for cause in CAUSES}
