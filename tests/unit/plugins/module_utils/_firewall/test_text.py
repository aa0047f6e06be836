# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lands on hosts, held against what release 0.2.2 wrote there: hosts that it provisioned keep their rules as they are."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import units
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import read_defines, with_interfaces
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Former, Wish, data_ports, former
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.conftest import wish_of
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.toy import Toy

FILES = pathlib.Path(__file__).parent / "files"
WISH = wish_of("198.51.100.12", "2001:db8::12", "198.51.100.13", clients=("192.0.2.0/24", "203.0.113.7", "2001:db8:1::/48"))


def test_rules_are_those_of_the_template_of_0_2_2() -> None:
    assert text_of(WISH) == (FILES / "0.2.2-firewall.nft").read_text()


def test_what_only_the_host_knows_stands_where_0_2_2_put_it() -> None:
    former = with_interfaces((FILES / "0.2.2-firewall.nft").read_text(), ["198.51.100.11"], ["ens3", "eth0"])
    text = text_of(WISH._replace(here=("198.51.100.11",), interfaces=("ens3", "eth0")))
    assert text == former
    assert (read_defines(text).here, read_defines(text).interfaces) == (("198.51.100.11",), ("ens3", "eth0"))


def test_the_kernel_takes_them(nft: Nft) -> None:
    backend = Nftables("", nft)
    backend.load((FILES / "0.2.2-firewall.nft").read_text())
    former = backend.in_force()
    backend.unload()
    backend.load(text_of(WISH))
    assert backend.in_force() == former
    assert backend.is_guarded(former)


def test_units_are_those_of_0_2_2() -> None:
    unit, drop_in, guard = units.files(Host(Nftables()))
    assert unit.text == (FILES / "0.2.2-proftpd-fxp-firewall.service").read_text()
    assert drop_in.text == (FILES / "0.2.2-proftpd-fxp.conf").read_text()
    assert guard.path == "/etc/systemd/system/proftpd.service.d/proftpd-fxp-firewall.conf"


def test_the_guard_ties_the_server_to_nothing() -> None:
    """A restart of the rules, or of the firewall, must not touch transfers."""
    (guard,) = (file.text for file in units.files(Host(Nftables())) if "proftpd.service.d" in file.path)
    settings = [line.partition("=")[0] for line in guard.splitlines() if "=" in line and not line.startswith("#")]
    assert settings == ["After", "ExecStartPre"]


@pytest.mark.parametrize("service", ["toy.service", ""])
def test_another_manager_has_its_own_service_or_none(tmp_path: pathlib.Path, service: str) -> None:
    backend = Toy(tmp_path / "kernel")
    backend.service = service
    texts = {file.path.rpartition("/etc/systemd/system/")[2]: file.text for file in units.files(Host(backend))}
    assert ("toy.service.d/proftpd-fxp.conf" in texts) is bool(service)
    assert "nftables" not in "".join(texts.values())
    assert ("After=toy.service" in texts["proftpd-fxp-firewall.service"]) is bool(service)


def with_former(control: int, passive: tuple[int, int], others: tuple[int, ...] = ()) -> Wish:
    return WISH._replace(former=former(WISH.ports, [WISH.ports.control, control], [WISH.ports.passive, passive], others))


def test_ports_that_the_server_still_has_stand_beside_those_of_the_plan() -> None:
    text = text_of(with_former(2121, (50050, 50199), (50150,)))
    defines = read_defines(text)
    assert defines.ports == WISH.ports
    assert defines.former_ports == ((2121, 2121), (50100, 50149), (50151, 50199))
    assert "define incoming = { $control_port, $passive_ports, 2121, 50100-50149, 50151-50199 }\n" in text
    assert "define data_ports = { 50000-50149, 50151-50199 }\n" in text


@pytest.mark.parametrize("ports", [(21, (50000, 50099)), (50050, (50010, 50020))])
def test_a_server_whose_ports_are_within_those_of_the_plan_changes_no_text(ports: tuple[int, tuple[int, int]]) -> None:
    assert text_of(with_former(*ports)) == text_of(WISH)


def test_peers_come_to_no_control_port_that_is_in_the_other_range() -> None:
    wish = WISH._replace(former=former(WISH.ports, [2121], [(1, 40), (2100, 2200)], []))
    assert data_ports(wish) == [(1, 20), (22, 40), (2100, 2120), (2122, 2200), (50000, 50099)]


def test_no_way_in_of_an_administrator_is_guarded_for_being_in_a_range_that_is_left() -> None:
    assert former(WISH.ports, [2121], [(40000, 40009)], [40005, 2121]) == Former((), ((40000, 40004), (40006, 40009)))


def test_the_kernel_takes_ports_that_touch_each_other(nft: Nft) -> None:
    backend = Nftables("", nft)
    for passive in ((50100, 50199), (49000, 49999), (49000, 51000), (50050, 50060), (1, 65535)):
        backend.load(text_of(with_former(2121, passive)))
        assert backend.is_guarded(backend.in_force())
