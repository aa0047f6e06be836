# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.patience import Patience
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import Leg

TO_B = Leg("a", "b", "destination")  # b listens
FROM_B = Leg("b", "a", "source")
BY_B = Leg("b", "a", "destination")  # a listens


def test_two_peers_in_vain_are_enough() -> None:
    patience = Patience()
    patience.learn(TO_B, passed=False, waited=True)
    patience.learn(FROM_B, passed=False, waited=True)
    assert not patience.is_spent(TO_B), "one peer may be to blame itself"
    patience.learn(Leg("c", "b", "destination"), passed=False, waited=True)
    assert patience.is_spent(TO_B)
    assert patience.is_spent(Leg("b", "d", "source"))


def test_the_other_part_and_other_servers_are_not_meant() -> None:
    patience = Patience()
    for peer in ("a", "c"):
        patience.learn(Leg(peer, "b", "destination"), passed=False, waited=True)
    assert not patience.is_spent(BY_B)
    assert not patience.is_spent(Leg("a", "c", "source"))


def test_who_connects_may_be_to_blame() -> None:
    patience = Patience()
    for peer in ("a", "c"):
        patience.learn(Leg("b", peer, "destination"), passed=False, waited=True)
    assert patience.is_spent(Leg("d", "b", "source"))
    assert not patience.is_spent(TO_B)


def test_a_server_that_passed_is_waited_for() -> None:
    patience = Patience()
    for peer in ("a", "c"):
        patience.learn(Leg(peer, "b", "destination"), passed=False, waited=True)
    patience.learn(Leg("d", "b", "destination"), passed=True, waited=False)
    assert not patience.is_spent(TO_B)


def test_refusals_take_no_patience() -> None:
    patience = Patience()
    for peer in ("a", "c", "d"):
        patience.learn(Leg(peer, "b", "destination"), passed=False, waited=False)
    assert not patience.is_spent(TO_B)
