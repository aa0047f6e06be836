# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host adds to its rules file, from what ip(8) prints."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import interfaces, nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.detect import Commands
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import with_interfaces

Rules = t.Callable[..., str]
OWN = [{"ifname": "lo", "addr_info": [{"local": "127.0.0.1"}]}, {"ifname": "eth0", "addr_info": [{"local": "198.51.100.11"}, {}]}]
INNER = [{"ifname": "eth0", "addr_info": [{"local": "10.0.0.2"}]}]


class Scripted(Commands):
    def __init__(self, addresses: t.Any, routes: t.Any) -> None:
        self.answers = {"address": json.dumps(addresses), "route": json.dumps(routes)}

    def output(self, *command: str) -> str:
        return next((text for word, text in self.answers.items() if word in command), "")


def known_here(text: str, commands: Commands) -> str:
    return with_interfaces(text, *interfaces.find(nftables.read_defines(text).addresses, commands))


@pytest.mark.parametrize(
    ("addresses", "routes", "here", "names"),
    [
        (OWN, [], ("198.51.100.11",), ("eth0",)),
        (INNER, [{"dst": "default", "dev": "ens3"}], (), ("ens3",)),
        (INNER, [], (), ()),
    ],
)
def test_interface_is_the_one_that_holds_the_address_or_the_default_route(
    rules: Rules, addresses: t.Any, routes: t.Any, here: tuple[str, ...], names: tuple[str, ...]
) -> None:
    defines = nftables.read_defines(known_here(rules(), Scripted(addresses, routes)))
    assert (defines.here, defines.interfaces, defines.addresses) == (here, names, ("198.51.100.11",))


def test_rules_without_addresses_and_hosts_without_ip_are_left_as_they_are(rules: Rules) -> None:
    plain = "define control_port = 21\ndefine passive_ports = 1-2\ndefine incoming = { 21 }\n"
    assert known_here(plain, Scripted(OWN, [])) == plain
    assert known_here(rules(), Scripted([], [])) == rules()


def test_all_addresses_and_the_only_interface() -> None:
    loopback = {"ifname": "lo", "flags": ["LOOPBACK", "UP"], "addr_info": [{"local": "127.0.0.1"}]}
    assert interfaces.all_here(Scripted([loopback, OWN[1]], [])) == (("198.51.100.11",), "eth0")
    more = {"ifname": "docker0", "addr_info": [{"local": "172.17.0.1"}]}
    assert interfaces.all_here(Scripted([loopback, OWN[1], more], [])) == (("172.17.0.1", "198.51.100.11"), None)
    assert interfaces.all_here(Scripted([], [])) == ((), None)
