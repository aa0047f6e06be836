# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Any inventory either plans or explains.

Never a traceback, never a secret in what is said, never a value that breaks out of the line that it is written into.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import typing as t
import unicodedata

import jinja2
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.filter.class_members import class_members
from ansible_collections.proftpd.fxp.plugins.filter.password_hashes import password_hashes
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import read_wish
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import accounts
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _rule_sheet
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import flows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary

ROLES = pathlib.Path(__file__).parents[4] / "roles"
EXAMPLES = 5000 if os.environ.get("FXP_LONG") else 300
SECRET = "S3cret-"

NASTY = st.sampled_from(
    [
        "",
        " ",
        "a b",
        'a"b',
        "a\nPort 21",
        "a'b",
        "$(id)",
        "`id`",
        "<Global>",
        "</Class>",
        "a#b",
        "a;b",
        "{a}",
        "a}",
        "%{env:HOME}",
        "a\\",
        "a:b",
        "../..",
        "/",
        "\x00",
        "\x7f",
        "ü",
        "any",
        "none",
        "0",
        "-1",
        "1e9",
        "0x10",
        "198.51.100",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "198.51.100.1/33",
        "49152:49407",
        "65535-65536",
        "1023-1024",
        "{{ x }}",
        "root",
        "ftp",
    ]
) | st.text(max_size=20)
ADDRESS = st.sampled_from(["198.51.100.11", "198.51.100.12", "198.51.100.13", "2001:db8::11", "2001:DB8::12", "10.0.0.5"])
NETWORK = st.sampled_from(["any", "198.51.100.0/24", "198.51.100.0/25", "2001:db8::/32", "10.0.0.5", "10.0.0.0/8"])
NAME = st.sampled_from(["mirror", "mirror2", "check", "a.b-c_d"])
PASSWORD = st.text(alphabet="abcdefghijklmnop", min_size=8).map(lambda text: SECRET + text)
ODD = (
    NASTY
    | st.integers(-5, 70000)
    | st.none()
    | st.booleans()
    | st.lists(NASTY, max_size=2)
    | st.dictionaries(NASTY, NASTY, max_size=2)
)


def or_odd(good: st.SearchStrategy[t.Any]) -> st.SearchStrategy[t.Any]:
    """Mostly what is right, so that whole inventories pass often enough."""
    return st.integers(0, 39).flatmap(lambda die: ODD if die == 17 else good)


PROOF = or_odd(st.sampled_from([("password", SECRET + "abcdefgh"), ("password_hash", "$6$saltsalt$" + "x" * 86)]))
USER = st.tuples(
    st.fixed_dictionaries(
        {"name": or_odd(NAME)},
        optional={
            "home": or_odd(st.sampled_from(["/srv/a", "/srv/b.c"])),
            "uid": or_odd(st.integers(1000, 2000)),
            "fxp": or_odd(st.booleans()),
            "upload": or_odd(st.booleans()),
            "download": or_odd(st.booleans()),
            "max_sessions": or_odd(st.integers(1, 9)),
            "max_rate": or_odd(st.sampled_from([1, "10MB", 1025])),
        },
    ),
    PROOF,
).map(lambda pair: {**pair[0], **(dict([pair[1]]) if isinstance(pair[1], tuple) else {"nonsense": pair[1]})})
CHECK = st.one_of(st.just({}), st.fixed_dictionaries({"fxp_check_user": or_odd(NAME), "fxp_check_password": or_odd(PASSWORD)}))
# What says that it is a key or a certificate. The body is what must never be shown.
KEY = f"-----BEGIN PRIVATE KEY-----\n{SECRET[:3]}abcd0\n-----END PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PEM = or_odd(
    st.sampled_from(
        [
            KEY,
            CERTIFICATE,
            CERTIFICATE * 2,
            KEY + CERTIFICATE,
            KEY.replace("PRIVATE", "ENCRYPTED PRIVATE"),
            KEY[:-9],
            "files/fxp.pem",
            "/srv/fxp.pem",
        ]
    )
)
TLS = st.one_of(
    st.just({"fxp_tls": "none"}),
    st.just({}),
    st.fixed_dictionaries(
        {"fxp_tls": or_odd(st.sampled_from(["required", "required", "control"]))},
        optional={
            "fxp_tls_versions": or_odd(st.lists(or_odd(st.sampled_from(["1.2", "1.3", 1.2])), min_size=1, max_size=2)),
        },
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "fxp_tls_ca_cert": PEM,
            "fxp_tls_ca_key": PEM,
            "fxp_tls_certificate": PEM,
            "fxp_tls_private_key": PEM,
        },
    ),
)
ACKNOWLEDGEMENT = st.fixed_dictionaries(
    {"code": or_odd(st.sampled_from(["advisory", "peer_missing"])), "reason": or_odd(st.just("it stays"))},
    optional={"until": or_odd(st.just("2027-01-31"))},
)
PARTNER = st.fixed_dictionaries(
    {"name": or_odd(st.sampled_from(["acme", "beta"])), "address": or_odd(st.sampled_from(["203.0.113.77", "2001:db8:7::1"]))},
    optional={
        "egress_addresses": or_odd(st.lists(or_odd(ADDRESS), max_size=2)),
        "passive_ports": or_odd(st.just("40000-40099")),
        "tls": or_odd(st.sampled_from(["none", "required", "control"])),
        "ca": PEM,
        "user": or_odd(NAME),
        "password": or_odd(PASSWORD),
    },
)
LINES = st.lists(
    st.sampled_from(
        [
            "Umask 002",
            "Port 2121",
            "<Global>",
            "</Global>",
            "<VirtualHost 192.0.2.1>\nPort 2222",
            "</VirtualHost>",
            f"SQLConnectInfo base joe {SECRET}word",
            f"{SECRET}word",
            f"<{SECRET}>",
        ]
    ),
    max_size=4,
).map("\n".join)
REST = st.fixed_dictionaries(
    {},
    optional={
        "fxp_control_port": or_odd(st.sampled_from([21, 2121, "990"])),
        "fxp_passive_ports": or_odd(st.sampled_from(["50000-50099", "3000-65535", "50000-50001"])),
        "fxp_masquerade_address": or_odd(st.just("203.0.113.5")),
        "fxp_egress_addresses": or_odd(st.lists(or_odd(ADDRESS), max_size=3)),
        "fxp_gateway": or_odd(st.just("gw1")),
        "fxp_public_control_port": or_odd(st.just(2100)),
        "fxp_inner_address": or_odd(st.sampled_from(["10.0.0.5", "10.0.0.6", "fd00::5"])),
        "fxp_inner_networks": or_odd(st.lists(or_odd(st.sampled_from(["10.0.0.0/8", "10.0.0.0/24", "fd00::/64"])), max_size=2)),
        "fxp_extra_config": or_odd(LINES),
        "fxp_extra_modules": or_odd(st.lists(or_odd(st.sampled_from(["mod_sql", "mod_ban.c", "mod_tls"])), max_size=2)),
        "fxp_extra_packages": or_odd(st.lists(or_odd(st.just("proftpd-mod-sqlite")), max_size=1)),
        "fxp_extra_peers": or_odd(st.lists(PARTNER, max_size=2)),
        "fxp_foreign_addresses": or_odd(st.sampled_from(["peers", "none"])),
        "fxp_clients": or_odd(st.lists(or_odd(NETWORK), max_size=3)),
        "fxp_users": or_odd(st.lists(USER, max_size=2, unique_by=lambda user: repr(user.get("name")))),
        "fxp_vantage": or_odd(st.just("localhost")),
        "fxp_acknowledged": or_odd(st.lists(or_odd(ACKNOWLEDGEMENT), max_size=2)),
    },
)
HOST = st.tuples(REST, CHECK, TLS, st.integers(0, 39)).map(
    lambda parts: {**parts[0], **parts[1], **parts[2], **({"fxp_nonsense": 1} if parts[3] == 17 else {})}
)
SOUND = st.fixed_dictionaries(
    {},
    optional={
        "fxp_users": st.lists(USER, max_size=1),
        "fxp_clients": st.lists(NETWORK, max_size=3),
        "fxp_egress_addresses": st.lists(ADDRESS, max_size=3),
    },
)
NAMES = or_odd(st.sampled_from(["ftp1", "ftp2", "ftp3.example.org"])).map(str)
ADDRESSES = st.tuples(st.sampled_from(["fxp_address", "ansible_host"]), or_odd(ADDRESS))


@st.composite
def inventories(draw: st.DrawFn) -> dict[str, dict[str, t.Any]]:
    """One to three hosts, most of them with an address of their own."""
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    where = draw(st.lists(ADDRESSES, min_size=len(names), max_size=len(names), unique_by=lambda pair: repr(pair[1])))
    return {name: {**draw(HOST), variable: value} for name, (variable, value) in zip(names, where)}


def plan_of(inventory: dict[str, dict[str, t.Any]]) -> dict[str, t.Any]:
    """Return the plan, or raise PlanError with what the user is told."""
    options, problems = {}, []
    for host, variables in inventory.items():
        options[host], found = _vocabulary.options_of(host, variables)
        problems += found
    if problems:
        raise _plan.PlanError(problems)
    return _plan.make_plan(options, gateways={"gw1": {}})


def rendered(role: str, template: str, plan: dict[str, t.Any], host: str) -> str:
    environment = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined)
    environment.filters["comment"] = lambda text: f"#\n# {text}\n#"
    environment.filters["proftpd.fxp.class_members"] = class_members
    source = (ROLES / role / "templates" / template).read_text(encoding="utf-8")
    return environment.from_string(source).render(_plan_fleet=plan, inventory_hostname=host)


def shape(text: str) -> list[str]:
    """The names of all directives and sections, in order."""
    names = []
    pending = list(parser.parse(text))
    while pending:
        node = pending.pop(0)
        if isinstance(node, parser.Section):
            names.append(f"<{node.name}>")
            pending[:0] = [child for child in node.children if child.name != "From"]
        elif node.name:
            names.append(node.name)
    return names


def can_be_seen(text: str) -> bool:
    """No character of it steers a terminal, turns a line or ends one. What no release of Unicode has named yet, may be there."""
    return not {unicodedata.category(letter) for letter in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(inventories())
def test_any_inventory_plans_or_explains(inventory: dict[str, dict[str, t.Any]]) -> None:
    plan, explained = None, ""
    try:
        plan = plan_of(inventory)
    except _plan.PlanError as exc:
        explained = str(exc)
    if plan is None:
        event("explains")
        assert explained
        assert SECRET not in explained
        assert "BEGIN" not in explained
        for line in explained.splitlines():
            assert re.match(r".+: (fxp_[^ ]*|inventory_hostname): ", line), line
            assert line.endswith((".", "?")), line
            assert can_be_seen(line), line
        return
    event("plans")
    assert SECRET not in json.dumps(plan)
    assert "PRIVATE KEY" not in json.dumps(plan)
    check_what_is_written(plan, inventory)


def check_what_is_written(plan: dict[str, t.Any], inventory: dict[str, dict[str, t.Any]]) -> None:
    two = plan_of({"a": SAFE, "b": {**SAFE, "fxp_address": "198.51.100.12"}})
    usual = shape(rendered("server", "proftpd.conf.j2", two, "a"))
    for host, mine in plan["hosts"].items():
        fxp = mine["allow_foreign_address"] != "off"
        tls = mine["tls"] != "none"
        optional = {
            "MasqueradeAddress": [mine["masquerade_address"], mine["inner_masquerade_address"]],
            "<IfClass>": [mine["inner_masquerade_address"]],
            "<Class>": [mine["inner_masquerade_address"], mine["allow_foreign_address"] == "fxp_peers"],
            "TLSOptions": [mine["tls"] == "required" and fxp],
            **{directive: [tls] for directive in TLS_DIRECTIVES},
        }
        names = shape(rendered("server", "proftpd.conf.j2", plan, host))
        limited = [
            row
            for row in mine["accounts"]
            if row["max_sessions"] or row["transfer_rate"] or not (row["upload"] and row["download"])
        ]
        assert names.count("<IfUser>") == len(limited) + len(
            [row for row in mine["accounts"] if row["fxp"] and fxp and row not in limited]
        )
        assert names.count("AllowForeignAddress") == 1 + len([row for row in mine["accounts"] if row["fxp"] and fxp])
        # Three of them only where the daemon has not compiled them in.
        assert names.count("LoadModule") == 5 + tls
        varying = {*optional, *OF_ACCOUNTS}
        assert [name for name in names if name not in varying] == [name for name in usual if name not in varying]
        assert {name: names.count(name) for name in optional} == {name: sum(map(bool, there)) for name, there in optional.items()}
        rows = password_hashes(
            mine["accounts"], inventory[host].get("fxp_users") or [], inventory[host].get("fxp_check_password") or "", host=host
        )
        made = [accounts.Account(row["name"], row["password_hash"], 1, 1, row["home"]) for row in rows]
        lines = accounts.render(made).splitlines()
        assert len(lines) == len(rows)
        assert all(line.count(":") == 6 for line in lines)
    for row in _rule_sheet.rows(plan):
        assert all(can_be_seen(value) and "|" not in value for value in row.values())


TLS_DIRECTIVES = (
    "TLSEngine",
    "TLSRequired",
    "TLSProtocol",
    "TLSCipherSuite",
    "TLSECCertificateFile",
    "TLSECCertificateKeyFile",
    "TLSCACertificateFile",
    "TLSVerifyServer",
    "TLSVerifyClient",
    "TLSRenegotiate",
    "TLSTimeoutHandshake",
    "TLSLog",
)
# What stands there once for an account or a module, and is counted above.
OF_ACCOUNTS = ("<IfUser>", "AllowForeignAddress", "MaxClientsPerUser", "TransferRate", "<Limit>", "DenyAll", "LoadModule")
SAFE = {"fxp_tls": "none", "fxp_address": "198.51.100.11"}


@settings(max_examples=EXAMPLES // 10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SOUND, min_size=1, max_size=3))
def test_rules_of_any_plan_are_rules_for_nft(hosts: list[dict[str, t.Any]]) -> None:
    inventory = {f"ftp{n}": {**SAFE, "fxp_address": f"198.51.100.{n + 1}", **host} for n, host in enumerate(hosts)}
    try:
        plan = plan_of(inventory)
    except _plan.PlanError:
        return
    rules = text_of(read_wish(flows.wish(plan, "ftp0")))
    # In a network namespace of its own: the check wants to look at a kernel's rules, and these are not this machine's business.
    done = subprocess.run(
        ["unshare", "--net", "nft", "--check", "--file", "-"],
        input=rules,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
