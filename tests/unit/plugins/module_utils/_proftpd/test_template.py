# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role prints for a plan is read back as that plan, and nothing is found wrong with it."""

from __future__ import annotations

import pathlib
import typing as t

import jinja2
import pytest
from ansible.plugins.filter.core import comment

from ansible_collections.proftpd.fxp.plugins.filter.class_members import class_members
from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import findings
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import swap
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary

TEMPLATE = pathlib.Path(__file__).parents[5] / "roles" / "server" / "templates" / "proftpd.conf.j2"
PROVISIONED = pathlib.Path(__file__).parent / "provisioned"  # what release 0.2.2 wrote on Debian 12
NAME = "ftp1.example.net"
TLS = {"tls": "required"}
USERS = [
    {"name": "mirror", "password": "p", "fxp": True, "max_sessions": 2, "max_rate": "10MB"},
    {"name": "in", "password": "p", "download": False},
    {"name": "out", "password": "p", "upload": False},
    {"name": "plain", "password": "p"},
]
CHECK = {"check_user": "check", "check_password": "correct-horse-battery"}

PLANS: dict[str, dict[str, dict[str, t.Any]]] = {
    "two servers": {NAME: {}, "b": {}},
    "one server alone": {NAME: {}},
    "behind NAT, with its own ports": {
        NAME: {
            "masquerade_address": "203.0.113.5",
            "egress_addresses": ["203.0.113.6"],
            "control_port": 2121,
            "passive_ports": "40000-40999",
        },
        "b": {"masquerade_address": "203.0.113.7", "egress_addresses": ["203.0.113.8", "203.0.113.9"]},
        "c": {"address": "192.0.2.33"},
    },
    "IPv6": {NAME: {"address": "2001:db8::1"}, "b": {"address": "2001:db8::2", "egress_addresses": ["2001:db8::2", "192.0.2.3"]}},
    "the smallest range": {NAME: {"passive_ports": "50000-50001"}, "b": {}},
    "no foreign addresses": {NAME: {"foreign_addresses": "none"}, "b": {}},
    "anybody": {NAME: {"foreign_addresses": "any", "accept_bounce_risk": True}, "b": {}},
    "TLS": {NAME: TLS, "b": TLS},
    "TLS alone": {NAME: TLS},
    "both versions of TLS": {NAME: {**TLS, "tls_versions": [1.3, 1.2]}, "b": TLS},
    "TLS without foreign addresses": {NAME: {**TLS, "foreign_addresses": "none"}, "b": TLS},
    "TLS for logins": {NAME: {"tls": "control"}, "b": {}},
    "accounts with limits": {NAME: {**TLS, "users": USERS}, "b": TLS},
    "two faces": {
        NAME: {"masquerade_address": "203.0.113.5", "inner_address": "192.0.2.1", "inner_networks": ["192.0.2.0/24"]},
        "b": {"address": "198.51.100.2", "inner_address": "192.0.2.2", "inner_networks": ["192.0.2.0/24"]},
        "c": {"address": "198.51.100.3"},
    },
    "many peers": {NAME: {}, **{f"peer{number}": {"address": f"198.51.100.{number}"} for number in range(1, 101)}},
}


def plan_of(servers: dict[str, dict[str, t.Any]]) -> dict[str, t.Any]:
    options = {}
    for number, (name, said) in enumerate(servers.items()):
        with_address = {"address": f"192.0.2.{number + 1}", "tls": "none", **CHECK, **said}
        options[name], problems = _vocabulary.options_of(name, {f"fxp_{key}": value for key, value in with_address.items()})
        assert not problems
    return _plan.make_plan(options)


def render(plan: dict[str, t.Any]) -> str:
    # As Ansible's template lookup does it.
    environment = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined)
    environment.filters["comment"] = comment
    environment.filters["proftpd.fxp.class_members"] = class_members
    text = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(_plan_fleet=plan, inventory_hostname=NAME)
    return platform.DEBIAN_12.fill(text)


@pytest.mark.parametrize("name", PLANS)
def test_what_the_role_prints_is_read_back_as_the_plan(name: str) -> None:
    plan = plan_of(PLANS[name])
    mine, server = plan["hosts"][NAME], plan["servers"][NAME]
    text = render(plan)
    nodes = parser.parse(text)
    assert parser.render(nodes) == text
    in_force = policy.effective(nodes)
    assert [(each.name, in_force.port(each)) for each in in_force.servers] == [("main", server["control_port"])]

    def said(directive: str) -> tuple[str, ...] | None:
        line = in_force.value(in_force.main, directive)
        return line.arguments if line else None

    ports = server["passive_ports"]
    assert said("PassivePorts") == (str(ports["first"]), str(ports["last"]))
    assert said("MasqueradeAddress") == ((mine["masquerade_address"],) if mine["masquerade_address"] else None)
    # FXP is for single accounts, each of which says it itself.
    assert said("AllowForeignAddress") == ("off",)
    accounts = {scope.name: scope.own("AllowForeignAddress") for scope in in_force.scopes if scope.kind == "ifuser"}
    allowed = {name: line.arguments for name, line in accounts.items() if line}
    may = [row["name"] for row in mine["accounts"] if row["fxp"] and mine["allow_foreign_address"] != "off"]
    assert allowed == {name: (mine["allow_foreign_address"],) for name in may}
    assert said("MaxInstances") == (str(mine["max_instances"]),)
    assert said("ServerName") == (NAME,)
    members = [address for addresses in class_members(plan, NAME).values() for address in addresses]
    inner = {scope.name: scope.own("MasqueradeAddress") for scope in in_force.scopes if scope.kind == "ifclass"}
    announced = [line.arguments for line in inner.values() if line]
    assert announced == ([(mine["inner_masquerade_address"],)] if mine["inner_masquerade_address"] else [])
    assert in_force.members("fxp_inner") == (server["inner_networks"] if announced else None)
    assert in_force.members(_plan.PEER_CLASS) == (members if mine["allow_foreign_address"] == _plan.PEER_CLASS else None)
    assert in_force.unread == []
    assert said("TLSEngine") == (("on",) if mine["tls"] != "none" else None)
    assert said("TLSRequired") == {"required": ("on",), "control": ("ctrl",), "none": None}[mine["tls"]]
    assert said("TLSProtocol") == (tuple(f"TLSv{version}" for version in mine["tls_versions"]) or None)
    relaxed = mine["tls"] == "required" and mine["allow_foreign_address"] != "off"
    assert said("TLSOptions") == (("NoSessionReuseRequired",) if relaxed else None)
    loaded = [line.arguments[0] for line in in_force.modules]
    assert loaded == [*(["mod_tls.c"] if mine["tls"] != "none" else []), "mod_digest.c", "mod_ifsession.c"]


@pytest.mark.parametrize(
    ("name", "file"), [("accounts with limits", "tls.conf"), ("behind NAT, with its own ports", "plain.conf")]
)
def test_hosts_that_an_earlier_release_provisioned_get_the_same_text(name: str, file: str) -> None:
    # Every byte more or less would be a change on each of them, and a reload.
    # The one that counts: tls.log was in no file of logrotate.
    wrote = (PROVISIONED / file).read_text(encoding="utf-8").replace("/tls.log", "/proftpd.log")
    assert render(plan_of(PLANS[name])) == wrote


def test_every_log_is_one_that_the_distribution_rotates() -> None:
    in_force = policy.effective(parser.parse(render(plan_of(PLANS["accounts with limits"]))))
    names = ("tlslog", "systemlog", "transferlog", "extendedlog")
    logs = [line.arguments[0] for name in names for line in in_force.main.said[name]]
    # /etc/logrotate.d/proftpd-core of Debian 12 and 13.
    assert set(logs) == {"/var/log/proftpd/proftpd.log", "/var/log/proftpd/xferlog"}


def test_what_is_said_of_an_account_is_written_for_it() -> None:
    in_force = policy.effective(parser.parse(render(plan_of(PLANS["accounts with limits"]))))
    said = {
        scope.name: {name: line.arguments for name, (line,) in scope.said.items()}
        for scope in in_force.scopes
        if scope.kind == "ifuser"
    }
    assert said == {
        "mirror": {
            "allowforeignaddress": ("fxp_peers",),
            "maxclientsperuser": ("2",),
            "transferrate": ("RETR,STOR,STOU,APPE", "10240.000"),
        },
        "in": {},
        "out": {},
        "check": {"allowforeignaddress": ("fxp_peers",)},
    }
    limits = [(scope.name, scope.parent.name) for scope in in_force.scopes if scope.kind == "limit" and scope.parent]
    assert limits == [("READ", "in"), ("WRITE", "out")]


@pytest.mark.parametrize("name", PLANS)
def test_nothing_is_found_wrong_with_what_the_role_prints(name: str) -> None:
    # Whoever accepts the risk of bounce attacks hears of it again whenever the configuration changes.
    wanted = ["foreign_address_any"] if name == "anybody" else []
    assert [each.code for each in findings.findings(render(plan_of(PLANS[name])))] == wanted


@pytest.mark.parametrize("name", PLANS)
def test_the_daemon_accepts_what_the_role_prints(name: str, tmp_path: pathlib.Path) -> None:
    target = swap.Target(str(tmp_path / "proftpd.conf"), "proftpd", 21, 1)
    outcome = swap.apply(target, render(plan_of(PLANS[name])), take_over=False, check_mode=True)
    assert outcome.validated is True
    assert list(tmp_path.iterdir()) == []


def test_a_directive_that_is_left_out_of_the_template_would_be_found() -> None:
    text = render(plan_of(PLANS["two servers"]))
    for directive, code in (
        ("AllowForeignAddress", "foreign_address_only_conditional"),
        ("PassivePorts", "passive_ports_missing"),
        ("MaxInstances", "max_instances_missing"),
        ("<Class", "sections_do_not_nest"),
        ("  From", "class_empty"),
    ):
        lines = [line for line in text.split("\n") if not line.startswith(directive)]
        assert [each.code for each in findings.findings("\n".join(lines))] == [code]
