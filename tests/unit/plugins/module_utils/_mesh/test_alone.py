# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import Agreed
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.alone import Alone
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import Leg
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import server_at

ENCRYPTED = Agreed("TLSv1.2", "ECDHE", verified=True)
ANY = server_at("any")


def seen(**shown: t.Any) -> Evidence:
    return Evidence(passive="source", source="source a:21", destination="destination b:21", **shown)


def unreachable(role: str) -> Evidence:
    return seen(fault_server=role)


PREPARING: dict[str, t.Any] = {
    "stage": "prepare",
    "tls": {"source": ENCRYPTED, "destination": None},
    "fault_server": "source",
}


def leg(source: str, destination: str) -> Leg:
    return Leg(source, destination, "source")


def foreseen(alone: Alone, one: Leg) -> Evidence | None:
    evidence = Evidence(passive=one.passive, source="source", destination="destination")
    return evidence if alone.foresees(one, evidence) else None


def test_nothing_is_known_at_first() -> None:
    assert foreseen(Alone(), leg("a", "b")) is None


def test_who_was_down_is_so_in_both_roles() -> None:
    alone = Alone()
    alone.learn(leg("a", "b"), unreachable("destination"), Fault("connect_refused", ANY, "no"))
    for other, role in ((leg("c", "b"), "destination"), (leg("b", "c"), "source")):
        evidence = foreseen(alone, other)
        assert evidence is not None
        assert (evidence.stage, evidence.fault_kind, evidence.fault_server) == ("connect", "connect_refused", role)
    assert foreseen(alone, leg("a", "c")) is None


def test_of_two_that_are_down_the_source_counts() -> None:
    alone = Alone()
    alone.learn(leg("a", "x"), unreachable("source"), Fault("connect_refused", ANY, "of a"))
    alone.learn(leg("x", "b"), unreachable("destination"), Fault("connect_timed_out", ANY, "of b"))
    evidence = foreseen(alone, leg("b", "a"))
    assert evidence is not None
    assert (evidence.fault_detail, evidence.fault_server) == ("of b", "source")


def test_who_takes_no_payload_is_known_beside_those_that_can_be_opened() -> None:
    alone = Alone()
    alone.learn(leg("a", "b"), seen(**PREPARING), Fault("client_data_timed_out", ANY, "no answer"))
    assert foreseen(alone, leg("a", "c")) is None, "c may be down, and that would count"
    assert foreseen(alone, leg("b", "a")) is None, "it may receive"
    alone.learn(leg("c", "b"), seen(stage="done", tls={"source": None, "destination": None}), None)
    evidence = foreseen(alone, leg("a", "c"))
    assert evidence is not None
    assert (evidence.stage, evidence.fault_kind, evidence.fault_server) == ("prepare", "client_data_timed_out", "source")
    assert evidence.tls == {"source": ENCRYPTED, "destination": None}


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        (seen(**PREPARING), "refused"),  # at once, and another time it may not be
        (seen(**PREPARING), "client_data_refused"),
        (seen(fault_server="destination", tls=PREPARING["tls"]), "no_common_family"),  # that is of the pair
    ],
)
def test_what_may_be_different_another_time(shown: Evidence, kind: t.Any) -> None:
    alone = Alone()
    alone.learn(leg("a", "b"), shown, Fault(kind, ANY, "no"))
    assert foreseen(alone, leg("a", "b")) is None
