# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.station import Lines, Station
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.file import File
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import server_at


@pytest.fixture
def station() -> Station:
    return Station(server_at("192.0.2.1"), 1)


def test_the_file_is_made_once_and_outlives_the_leg(station: Station) -> None:
    made: list[File] = []

    def make() -> File:
        made.append(File("one", 5))
        station.created("one")
        return made[-1]

    assert station.supply(make) is station.supply(make)
    assert len(made) == 1
    station.remove_files()  # would have to connect for a file that is noted
    assert station.holds_files


def test_who_could_not_take_the_file_is_not_asked_again(station: Station) -> None:
    asked: list[str] = []

    def make() -> File:
        asked.append("once")
        raise Fault("client_data_timed_out", station.spec, "no answer", "STOR")

    faults = []
    for _leg in range(2):
        with pytest.raises(Fault) as caught:
            station.supply(make)
        faults.append(caught.value)
    assert asked == ["once"]
    assert faults[0] is not faults[1]
    assert vars(faults[0]) == vars(faults[1])


def test_the_dialogue_goes_to_the_leg_that_is_under_way(station: Station) -> None:
    """As that of the role which the server has in it."""
    legs = [Lines(Masker(()), time.monotonic()) for _leg in range(2)]
    for lines, role in zip(legs, ("source", "destination")):
        station.told_to(lines.of(role))
        station._record("sent", "NOOP")
    station.told_to(None)
    station._record("sent", "QUIT")
    assert [[(entry["server"], entry["line"]) for entry in lines.entries()] for lines in legs] == [
        [("source", "NOOP")],
        [("destination", "NOOP")],
    ]
