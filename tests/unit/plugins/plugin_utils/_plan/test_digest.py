# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.digest import digest, share
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils.test_any_inventory import plan_of

Inventory = t.Dict[str, t.Dict[str, t.Any]]
SECRET = "correct horse battery"
USER = {"name": "mirror", "password": SECRET, "home": "/srv/mirror"}
FLEET: Inventory = {
    "ftp1": {"fxp_address": "198.51.100.11", "fxp_users": [USER], "fxp_clients": ["203.0.113.0/24"]},
    "ftp2": {"fxp_address": "198.51.100.12"},
    "ftp3": {"fxp_address": "198.51.100.13"},
}


def of(name: str = "ftp1", fleet: Inventory | None = None) -> str:
    return digest(plan_of(fleet or FLEET), name)


def changed(name: str, **said: t.Any) -> Inventory:
    return {**FLEET, name: {**FLEET[name], **said}}


@pytest.mark.parametrize(
    "said",
    [
        {"fxp_passive_ports": "50000-50099"},
        {"fxp_control_port": 2121},
        {"fxp_clients": ["203.0.113.0/25"]},
        {"fxp_users": [{**USER, "fxp": True}]},
        {"fxp_users": [{**USER, "upload": False}]},
        {"fxp_users": [{**USER, "max_rate": "1MB"}]},
        {"fxp_tls_versions": ["1.2", "1.3"]},
        {"fxp_foreign_addresses": "none"},
        {"fxp_firewall_backend": "none"},
        {"fxp_address": "198.51.100.21"},
        {"fxp_masquerade_address": "203.0.113.9"},
    ],
)
def test_what_the_plan_decides_about_a_server_makes_another_digest(said: dict[str, t.Any]) -> None:
    assert of("ftp1", changed("ftp1", **said)) != of()


@pytest.mark.parametrize("tls", ["control", "none"])
def test_so_does_how_all_of_them_are_encrypted(tls: str) -> None:
    assert of("ftp1", {name: {**said, "fxp_tls": tls} for name, said in FLEET.items()}) != of()


def test_a_peer_that_comes_moves_or_listens_elsewhere_makes_another_digest() -> None:
    assert of("ftp1", {**FLEET, "ftp4": {"fxp_address": "198.51.100.14"}}) != of()
    assert of("ftp1", changed("ftp2", fxp_egress_addresses=["198.51.100.12", "198.51.100.112"])) != of()
    assert of("ftp1", changed("ftp2", fxp_passive_ports="50000-50099")) != of()
    assert of("ftp1", changed("ftp2", fxp_foreign_addresses="none")) != of()


def test_what_is_of_others_only_or_no_business_of_the_plan_keeps_it() -> None:
    assert of("ftp1", changed("ftp2", fxp_control_port=2121)) == of()
    assert of("ftp1", changed("ftp2", fxp_clients=["203.0.113.0/24"], fxp_users=[USER])) == of()
    assert of("ftp1", changed("ftp1", fxp_users=[{**USER, "password": SECRET + "!", "home": "/srv/elsewhere"}])) == of()
    assert of("ftp1", changed("ftp1", fxp_take_over=True)) == of()
    assert of("ftp1", changed("ftp1", fxp_acknowledged=[{"code": "advisory", "reason": "no update yet"}])) == of()


def test_a_server_that_is_known_by_both_its_addresses_keeps_it_when_it_moves() -> None:
    both = ["198.51.100.11", "198.51.100.31"]
    before = changed("ftp1", fxp_egress_addresses=both, fxp_tls="none")
    after = changed("ftp1", fxp_egress_addresses=both, fxp_address="198.51.100.31", fxp_tls="none")
    plain = [{name: {**said, "fxp_tls": "none"} for name, said in fleet.items()} for fleet in (before, after)]
    assert of("ftp1", plain[0]) == of("ftp1", plain[1])


def test_the_order_of_the_inventory_does_not_matter() -> None:
    assert of("ftp1", dict(reversed(FLEET.items()))) == of()


def test_a_share_has_no_secret_and_no_path() -> None:
    text = json.dumps(share(plan_of(FLEET), "ftp1"))
    assert SECRET not in text
    assert "/srv" not in text
