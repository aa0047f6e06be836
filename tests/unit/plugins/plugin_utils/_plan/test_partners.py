# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers of partners: in class, rules, trust and checks of ours, and configured by nobody here."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.filter.check_servers import check_servers
from ansible_collections.proftpd.fxp.plugins.filter.mesh_coverage import mesh_coverage
from ansible_collections.proftpd.fxp.plugins.filter.partner_letter import partner_letter
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import pair
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _rule_sheet
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import digest, faces, families, flows, partners
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import partner_rows as _partner_rows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.certificate.openssl_authority import Authority

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PASSWORD = "partner-7Qm2vX9r"
ACME: dict[str, t.Any] = {"name": "acme", "address": "203.0.113.5", "tls": "none"}
PROVEN: dict[str, t.Any] = {
    **ACME,
    "egress_addresses": ["203.0.113.6", "203.0.113.8/30"],
    "control_port": 2121,
    "passive_ports": "40000-40099",
    "user": "ours",
    "password": PASSWORD,
}
A: dict[str, t.Any] = {"fxp_address": "198.51.100.11", "fxp_tls": "none", "fxp_passive_ports": "61000-61049"}
B: dict[str, t.Any] = {**A, "fxp_address": "198.51.100.12"}
CHECK = {"fxp_check_user": "check", "fxp_check_password": "correct-horse-battery"}


def planned(**servers: dict[str, t.Any]) -> dict[str, t.Any]:
    options = {}
    for name, said in servers.items():
        options[name], problems = _vocabulary.options_of(name, {**CHECK, **said})
        if problems:
            raise _plan.PlanError(problems)
    return _plan.make_plan(options)


def with_partners(server: dict[str, t.Any], *entries: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {**server, "fxp_extra_peers": list(entries), **more}


def test_a_partner_is_in_class_and_rules_of_those_that_name_it() -> None:
    plan = planned(a=with_partners(A, PROVEN), b=B)
    assert faces.members(plan, "a")["acme"] == ["203.0.113.5", "203.0.113.6", "203.0.113.8/30"]
    assert "acme" not in faces.members(plan, "b")
    wish = flows.wish(plan, "a")
    assert wish["peers4"][1] == {"name": "acme", "addresses": ["203.0.113.6", "203.0.113.8/30"]}
    # Nobody listens at a whole network.
    assert wish["outgoing4"][1] == {"name": "acme", "addresses": ["203.0.113.5", "203.0.113.6"], "first": 40000, "last": 40099}
    assert [peer["name"] for peer in flows.wish(plan, "b")["peers4"]] == ["a"]
    assert plan["partners"]["acme"]["servers"] == ["a"]


def test_of_a_partner_that_tells_no_ports_any_is_dialled() -> None:
    plan = planned(a=with_partners(A, ACME), b=B)
    assert flows.wish(plan, "a")["outgoing4"][1] == {"name": "acme", "addresses": ["203.0.113.5"], "first": 1024, "last": 65535}


def test_a_server_alone_has_a_peer_then() -> None:
    plan = planned(a=with_partners(A, ACME))
    assert plan["hosts"]["a"]["allow_foreign_address"] == _plan.PEER_CLASS
    assert plan["families"] == [4]
    refusing = planned(a=with_partners(A, PROVEN, fxp_foreign_addresses="none"), b=B)
    assert refusing["partners"]["acme"]["servers"] == []
    assert flows.wish(refusing, "a")["peers4"] == []
    assert partners.of(refusing, "a") == {}
    assert "acme" not in check_servers(refusing, {"a": CHECK, "b": CHECK})


def test_by_families() -> None:
    six = {**PROVEN, "address": ["203.0.113.5", "2001:db8:5::5"], "egress_addresses": []}
    plan = planned(a=with_partners({**A, "fxp_address": ["198.51.100.11", "2001:db8::11"]}, six), b=B)
    assert plan["families"] == [4, 6]
    assert flows.wish(plan, "a")["peers6"] == [{"name": "acme", "addresses": ["2001:db8:5::5"]}]
    view = families.view(plan, 6)
    assert (list(view["servers"]), view["partners"]["acme"]["address"]) == (["a"], "2001:db8:5::5")
    assert check_servers(view, {"a": {**CHECK, "fxp_extra_peers": [six]}})["acme"]["host"] == "2001:db8:5::5"
    # One that shares a family with a partner alone is none that shares it with nobody.
    assert planned(a=with_partners({**A, "fxp_address": "2001:db8::11"}, six), b=B, c={**B, "fxp_address": "198.51.100.13"})


def test_the_rule_sheet_has_what_the_partner_must_let_in() -> None:
    plan = planned(a=with_partners(A, PROVEN), b=B)
    rows = [(row["source_name"], row["source"], row["destination"], row["ports"]) for row in _rule_sheet.rows(plan)]
    assert ("a", "198.51.100.11", "203.0.113.5", "40000-40099") in rows
    assert ("acme", "203.0.113.6", "198.51.100.11", "61000-61049") in rows
    assert not [row for row in rows if "acme" in row[0] and row[2] == "198.51.100.12"]


def test_the_account_is_in_checks_and_in_nothing_else() -> None:
    servers = {"a": with_partners(A, PROVEN), "b": B}
    plan = planned(**servers)
    assert PASSWORD not in json.dumps(plan)
    assert check_servers(plan, {name: {**CHECK, **said} for name, said in servers.items()})["acme"] == {
        "host": "203.0.113.5",
        "port": 2121,
        "user": "ours",
        "password": PASSWORD,
        "expected_address": "203.0.113.5",
        "passive_ports": "40000-40099",
    }
    untold = planned(a=with_partners(A, ACME), b=B)
    assert "acme" not in check_servers(untold, {name: {**CHECK, **said} for name, said in servers.items()})
    mesh = {"coverage": {"pairs": 2, "text": "all"}}
    assert mesh_coverage([mesh], plan) == "all"
    assert mesh_coverage([mesh], untold) == "all; nothing is proven with acme, of whom no account is said (fxp_extra_peers)"


def test_the_authority_of_a_partner_is_trusted() -> None:
    tls = {"fxp_tls": "required"}
    plan = planned(a=with_partners({**A, **tls}, {**PROVEN, "tls": "required", "ca": PEM}), b={**B, **tls})
    assert (partners.authorities(plan, "a"), partners.authorities(plan, "b")) == ([PEM], [])
    assert (digest.share(plan, "a")["authorities"], "authorities" in digest.share(plan, "b")) == ([PEM], False)
    said = {"a": {**CHECK, "fxp_extra_peers": [PROVEN]}, "b": CHECK}
    assert check_servers(plan, said, "ours")["acme"]["ca_content"] == PEM
    assert check_servers(plan, said, "ours")["a"]["ca_content"] == "ours"


def test_paths_of_authorities_are_read_where_the_inventory_lies() -> None:
    def read_file(path: str) -> str:
        if path == "here.pem":
            return PEM
        raise FileNotFoundError(2, "No such file or directory", path)

    entries = [
        {"name": "a", "ca": "here.pem"},
        {"name": "b", "ca": PEM},
        {"name": "c", "ca": None},
        {"name": "d", "ca": "gone.pem"},
    ]
    found, wrong = _partner_rows.with_text(entries, read_file, lambda text: None)
    assert [entry["ca"] for entry in found] == [PEM, PEM, None, None]
    assert wrong == [
        "ca of d: the file gone.pem cannot be read on the controller (No such file or directory); put the certificate of the "
        "partner's authority there, or write its PEM text"
    ]


def test_what_is_no_authority_is_told_of_the_partner(tmp_path: pathlib.Path) -> None:
    entries = [{"name": "acme", "ca": "acme.pem"}]
    found, wrong = _partner_rows.with_text(entries, lambda path: PEM, pair.authorities)
    assert found[0]["ca"] is None
    assert wrong[0].startswith("ca of acme: it cannot be read (")
    assert wrong[0].endswith("; write the certificate of the authority that the partner's one comes from")
    (entry,), wrong = _partner_rows.with_text(entries, lambda path: Authority(tmp_path, "acme").pem, pair.authorities)
    assert (entry["ca"].count("BEGIN"), wrong) == (1, [])


def test_the_letter() -> None:
    tls = {"fxp_tls": "required"}
    entry = {**PROVEN, "tls": "required", "ca": PEM}
    plan = planned(a=with_partners({**A, **tls}, entry), b=with_partners({**B, **tls}, entry))
    text = partner_letter(plan, "acme", PEM)
    assert PASSWORD not in text
    assert "ours@" not in text
    assert "| in | 198.51.100.11 | 203.0.113.5 | 40000-40099 | a |" in text
    assert "| out | 203.0.113.6 | 198.51.100.12 | 61000-61049 | b |" in text
    assert "| a | 198.51.100.11 | 21 | 198.51.100.11 | 61000-61049 | 198.51.100.11 |" in text
    assert "nobody else's: 198.51.100.11, 198.51.100.12." in text
    assert PEM in text
    assert "get ftp://ACCOUNT@203.0.113.5:2121/FILE -o ftp://ACCOUNT@198.51.100.11:21/FILE'" in text
    assert "{{" not in text
    # Tables and paragraphs are apart by one empty line, as Markdown wants it.
    assert "\n\n\n" not in text
    plain = partner_letter(planned(a=with_partners(A, ACME)), "acme")
    assert "We do not know your passive ports." in plain
    assert "## TLS" not in plain
    with pytest.raises(AnsibleFilterError, match=r"^partner_letter: other is no partner of this plan; name"):
        partner_letter(plan, "other")


WRONG: dict[str, tuple[dict[str, dict[str, t.Any]], str]] = {
    "no address": (
        {"a": with_partners(A, {**ACME, "address": "ftp.example.net"}), "b": B},
        "a: fxp_extra_peers: address of acme: 'ftp.example.net' is not a literal address; write an IPv4 or IPv6 address",
    ),
    "a name": (
        {"a": with_partners(A, {**ACME, "name": "the acme"}), "b": B},
        "a: fxp_extra_peers: name of the acme: 'the acme' is no name that can be written into a configuration; use letters",
    ),
    "the name of a server": (
        {"a": with_partners(A, {**ACME, "name": "b"}), "b": B},
        "a: fxp_extra_peers: 'b' is one of fxp_servers and a peer already; take it out, or give it another name.",
    ),
    "the address of a server": (
        {"a": with_partners(A, {**ACME, "address": "198.51.100.12"}), "b": B},
        "a: fxp_extra_peers: '198.51.100.12' of acme is the address of b, one of fxp_servers; correct one of them.",
    ),
    "twice": (
        {"a": with_partners(A, ACME, ACME), "b": B},
        "a: fxp_extra_peers: 'acme' stands there more than once; give every partner one entry.",
    ),
    "not the same": (
        {"a": with_partners(A, ACME), "b": with_partners(B, {**ACME, "control_port": 2121})},
        "b: fxp_extra_peers: 'acme' is not the same as that of a; say it once, for the group fxp_servers.",
    ),
    "half an account": (
        {"a": with_partners(A, {**ACME, "user": "ours"}), "b": B},
        "a: fxp_extra_peers: password of acme: it is not said although its counterpart is; say both, or none of them.",
    ),
    "no family in common": (
        {"a": with_partners(A, {**ACME, "address": "2001:db8:5::5"}), "b": B},
        "a: fxp_extra_peers: '2001:db8:5::5' of acme is of no family that 198.51.100.11 of this server is of, and no file flows",
    ),
    "a partner without TLS": (
        {"a": with_partners({**A, "fxp_tls": "required"}, ACME), "b": {**B, "fxp_tls": "required"}},
        "a: fxp_extra_peers: 'none' of acme does not go with 'required' (fxp_tls) of this server, since this one takes",
    ),
    "a server without TLS": (
        {"a": with_partners(A, {**ACME, "tls": "required"}), "b": B},
        "a: fxp_extra_peers: 'required' of acme does not go with 'none' (fxp_tls) of this server, since acme takes files",
    ),
    "no certificate": (
        {
            "a": with_partners(
                {**A, "fxp_tls": "control"}, {**ACME, "tls": "control", "ca": PEM.replace("CERTIFICATE", "PRIVATE KEY")}
            )
        },
        "a: fxp_extra_peers: ca of acme: has a private key in it, where everybody may read it; write certificates only.",
    ),
    "an empty password": (
        {"a": with_partners(A, {**ACME, "user": "ours", "password": " "}), "b": B},
        "a: fxp_extra_peers: password of acme: is an empty password, with which anybody could log in; write one.",
    ),
}


@pytest.mark.parametrize(("servers", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_one_sentence(servers: dict[str, dict[str, t.Any]], told: str) -> None:
    with pytest.raises(_plan.PlanError) as caught:
        planned(**servers)
    assert any(line.startswith(told) for line in str(caught.value).splitlines()), str(caught.value)
    assert PASSWORD not in str(caught.value)
