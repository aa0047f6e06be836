# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules, rule sheet and audit print the same flows: held in random fleets, against what nft itself makes of the rules."""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import read_wish
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _rule_sheet
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.audit import judge
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import flows
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils._audit.test_audit import PORTS, RULES, seen
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils.test_any_inventory import plan_of

Plan = t.Dict[str, t.Any]
EXAMPLES = 300 if os.environ.get("FXP_LONG") else 30
NETWORKS = st.lists(
    st.sampled_from(["203.0.113.0/24", "203.0.113.64/26", "198.51.100.12", "10.1.0.0/16"]), min_size=1, max_size=3
)


@st.composite
def fleets(draw: st.DrawFn) -> Plan:
    """Two to five servers, some behind a gateway, some that refuse, some with clients of their own or further addresses."""
    inventory: dict[str, dict[str, t.Any]] = {}
    for number in range(draw(st.integers(2, 5))):
        own = f"198.51.100.{11 + number}"
        first = 50000 + 100 * number
        said: dict[str, t.Any] = {"fxp_tls": "none", "fxp_address": own, "fxp_passive_ports": f"{first}-{first + 99}"}
        if draw(st.booleans()):
            said["fxp_clients"] = draw(NETWORKS)
        if draw(st.booleans()):
            said["fxp_foreign_addresses"] = "none"
        if draw(st.booleans()):
            said["fxp_egress_addresses"] = [own, f"198.51.100.{111 + number}"]
        if draw(st.booleans()):
            outer = f"203.0.113.{1 + number}"
            said.update(fxp_gateway="gw1", fxp_masquerade_address=outer, fxp_address=outer)
        if number < 2 or draw(st.booleans()):
            said["fxp_address"] = [said["fxp_address"], f"2001:db8::{11 + number}"]
        elif "fxp_gateway" not in said and draw(st.booleans()):
            said["fxp_address"] = f"2001:db8::{11 + number}"
            said.pop("fxp_egress_addresses", None)
        inventory[f"ftp{number}"] = said
    return plan_of(inventory)


def addresses(entries: t.Iterable[t.Any]) -> set[int]:
    """The IPv4 addresses of nft's set elements, of networks and of literals, but for those of networks wider than /16."""
    found: set[int] = set()
    for entry in entries:
        if isinstance(entry, dict) and "range" in entry:
            first, last = (int(ipaddress.IPv4Address(end)) for end in entry["range"])
            found.update(range(first, last + 1))
            continue
        text = "{addr}/{len}".format(**entry["prefix"]) if isinstance(entry, dict) else entry
        network = ipaddress.ip_network(text)
        if network.version == 4 and network.prefixlen >= 16:
            found.update(range(int(network[0]), int(network[-1]) + 1))
    return found


def loaded(rules: str) -> dict[str, list[t.Any]]:
    """The elements of the sets that nft has after it loaded the rules, in a namespace of its own."""
    lines = "nft --file /dev/stdin && nft --json list table inet proftpd_fxp"
    command = ["unshare", "--net", "sh", "-c", lines]
    done = subprocess.run(command, input=rules, capture_output=True, text=True, timeout=60, check=True)
    sets = [item["set"] for item in json.loads(done.stdout)["nftables"] if "set" in item]
    return {each["name"]: each.get("elem", []) for each in sets}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(fleets())
def test_rules_and_sheet_let_the_same_in_on_every_server(plan: Plan) -> None:
    sheet = _rule_sheet.rows(plan)
    for name in plan["servers"]:
        sets = loaded(text_of(read_wish(flows.wish(plan, name))))
        if 4 not in plan["servers"][name]["families"]:
            continue
        control = [row["source"] for row in sheet if row["destination_name"] == name and "control" in row["why"]]
        passive = [row["source"] for row in sheet if row["destination_name"] == name and "control" not in row["why"]]
        assert addresses(sets["clients4"]) == addresses(control)
        assert addresses([*sets["clients4"], *sets["peers4"]]) == addresses(passive)


def is_control(row: t.Mapping[str, str]) -> bool:
    return "control" in row["why"]


def look_of(server: Plan, access: list[Plan]) -> Plan:
    """What proftpd_info tells of a server that is as planned, with these rules."""
    ports = server["passive_ports"]
    text = f"Port {server['control_port']}\n{PORTS}".replace("50000 50099", f"{ports['first']} {ports['last']}")
    return seen(text, rules={**RULES, "access": access})


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(fleets())
def test_the_audit_wants_what_the_rules_let_in(plan: Plan) -> None:
    for name, server in plan["servers"].items():
        rows = [row for row in _rule_sheet.rows(plan) if row["destination_name"] == name]
        ports, control = server["passive_ports"], server["control_port"]
        found = {
            family: {
                (first, last): [
                    row["source"] for row in rows if (":" in row["source"]) == (family == 6) and is_control(row) == kind
                ]
                for first, last, kind in ((control, control, True), (ports["first"], ports["last"], False))
            }
            for family in server["families"]
        }
        access = [
            {"first": first, "last": last, "family": family, "unknown": [], "accepted": accepted}
            for family, each in found.items()
            for (first, last), accepted in each.items()
        ]
        codes = {finding.code for finding in judge(name, look_of(server, access), plan)}
        assert not codes & {"control_wider_than_said", "control_closed", "passive_wider_than_said", "passive_closed"}
        # One address more or one network less is told.
        accepted, stranger = access[1]["accepted"], "192.0.2.77" if access[1]["family"] == 4 else "2001:db8:77::1"
        access[1]["accepted"] = [] if {"0.0.0.0/0", "::/0"} & {*accepted} else [*accepted, stranger]
        changed = {finding.code for finding in judge(name, look_of(server, access), plan)}
        assert changed & {"passive_wider_than_said", "passive_closed"}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(fleets())
def test_what_one_server_opens_lands_at_another(plan: Plan) -> None:
    opened = {
        (name, one.peer, family) for name in plan["servers"] for family in (4, 6) for one in flows.out_of(plan, name, family)
    }
    landed = {(flow.source, flow.server, flow.family) for flow in flows.flows(plan) if flow.kind == flows.FXP}
    pairs = {(one, two) for one in plan["servers"] for two in plan["servers"] if flows.exchange_files(plan, one, two)}
    assert opened == landed
    assert {(one, two) for one, two, _family in landed} == pairs
    for one, two, family in landed:
        assert plan["servers"][one][f"address{family}"]
        assert plan["servers"][two][f"address{family}"]


def test_a_server_that_refuses_is_open_for_its_clients_only() -> None:
    said = {"fxp_tls": "none", "fxp_clients": ["203.0.113.0/24"]}
    plan = plan_of(
        {
            "a": {**said, "fxp_address": "198.51.100.11", "fxp_foreign_addresses": "none"},
            "b": {**said, "fxp_address": "198.51.100.12"},
            "c": {**said, "fxp_address": "198.51.100.13"},
        }
    )
    assert [flow.source for flow in flows.into(plan, "a")] == [None, None]
    assert [flow.source for flow in flows.into(plan, "b")] == [None, None, "c"]
    assert flows.wish(plan, "a")["outgoing4"] == []
    assert [one["name"] for one in flows.wish(plan, "b")["outgoing4"]] == ["c"]


@pytest.mark.parametrize(("name", "ports", "lands"), [("a", (2121, 2121), (21, 21)), ("b", (21, 21), (21, 21))])
def test_ports_of_a_gateway_and_of_the_server_itself(name: str, ports: tuple[int, int], lands: tuple[int, int]) -> None:
    behind = {"fxp_gateway": "gw1", "fxp_masquerade_address": "203.0.113.5", "fxp_public_control_port": 2121}
    plan = plan_of(
        {
            "a": {"fxp_tls": "none", "fxp_address": "203.0.113.5", **behind},
            "b": {"fxp_tls": "none", "fxp_address": "198.51.100.12"},
        }
    )
    control = next(flow for flow in flows.into(plan, name) if flow.kind == flows.CONTROL)
    assert (control.ports, control.lands) == (ports, lands)
