# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBcert\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIBhide\n-----END PRIVATE KEY-----\n"
BROUGHT = {"tls_ca_cert": CERTIFICATE, "tls_certificate": "files/a.pem", "tls_private_key": KEY}
CHECK = {"check_user": "check", "check_password": "correct-horse-battery"}
A = {"address": "198.51.100.11", **CHECK}
B = {"address": "198.51.100.12", **CHECK}


def plan_of(directory: str = "/srv/inventory", **servers: dict[str, t.Any]) -> dict[str, t.Any]:
    options = {}
    for name, said in servers.items():
        options[name], problems = _vocabulary.options_of(name, {f"fxp_{key}": value for key, value in said.items()})
        assert not problems
    return _plan.make_plan(options, directory=directory)


def problems_of(**servers: dict[str, t.Any]) -> list[str]:
    with pytest.raises(_plan.PlanError) as caught:
        plan_of(**servers)
    return str(caught.value).splitlines()


def test_tls_is_required_where_nothing_is_said() -> None:
    plan = plan_of(a=A, b=B)
    assert plan["servers"]["a"]["tls"] == "required"
    assert {key: plan["hosts"]["a"][key] for key in plan["hosts"]["a"] if key.startswith(("tls", "certificate"))} == {
        "tls": "required",
        "tls_uncork": False,
        "tls_versions": ["1.2"],
        "certificate_from": "authority",
        "certificate_addresses": ["198.51.100.11"],
        "certificate_name": "a",
    }
    assert plan["authority"] == {
        "directory": "/srv/inventory",
        "host": "a",
        "certificate": "/srv/inventory/fxp-ca.pem",
        "certificate_text": None,
        "key": "/srv/inventory/fxp-ca.key",
        "is_default": True,
    }
    assert plan["cautions"] == []


def test_a_certificate_has_every_address_that_is_dialled_or_seen() -> None:
    said = {**A, "masquerade_address": "203.0.113.5", "egress_addresses": ["203.0.113.6", "2001:db8::6"]}
    assert plan_of(a=said)["hosts"]["a"]["certificate_addresses"] == [
        "198.51.100.11",
        "2001:db8::6",
        "203.0.113.5",
        "203.0.113.6",
    ]


@pytest.mark.parametrize(
    ("name", "certified"),
    [("ftp1.example.net", "ftp1.example.net"), ("198.51.100.11", None), ("ftp_1", None), ("-ftp", None), ("2001:db8::11", None)],
)
def test_the_name_of_a_server_is_certified_if_it_is_one(name: str, certified: str | None) -> None:
    assert plan_of(**{name: A})["hosts"][name]["certificate_name"] == certified


def test_without_tls_nothing_is_planned_for_it() -> None:
    plan = plan_of(a={**A, "tls": "none", "tls_versions": ["1.3"]})
    assert plan["authority"] is None
    assert (plan["hosts"]["a"]["certificate_from"], plan["hosts"]["a"]["tls_versions"]) == (None, [])
    assert plan["cautions"] == []


def test_logins_alone_may_be_encrypted_beside_servers_without_tls() -> None:
    plan = plan_of(a={**A, "tls": "control"}, b={**B, "tls": "none"})
    assert [plan["servers"][name]["tls"] for name in "ab"] == ["control", "none"]
    assert plan["authority"]["host"] == "a"


@pytest.mark.parametrize(
    ("said", "certificate", "text", "key"),
    [
        ({"tls_ca_cert": "ca/ours.pem", "tls_ca_key": "/safe/ours.key"}, "/srv/inventory/ca/ours.pem", None, "/safe/ours.key"),
        ({"tls_ca_cert": CERTIFICATE, "tls_ca_key": KEY}, None, CERTIFICATE, None),
        ({"tls_ca_key": KEY}, "/srv/inventory/fxp-ca.pem", None, None),
    ],
)
def test_where_the_authority_is(said: dict[str, t.Any], certificate: str | None, text: str | None, key: str | None) -> None:
    plan = plan_of(a={**A, **said}, b={**B, **said})
    found = plan["authority"]
    assert (found["certificate"], found["certificate_text"], found["key"]) == (certificate, text, key)
    assert found["is_default"] == ("tls_ca_cert" not in said)
    assert "MIIBhide" not in json.dumps(plan)


def test_who_brings_a_certificate_needs_no_key_of_the_authority() -> None:
    plan = plan_of(a={**A, **BROUGHT}, b={**B, "tls_ca_cert": CERTIFICATE, "tls_ca_key": KEY})
    assert [plan["hosts"][name]["certificate_from"] for name in "ab"] == ["brought", "authority"]
    assert plan["authority"]["host"] == "b"
    assert "MIIBhide" not in json.dumps(plan)


def test_both_versions_are_a_caution() -> None:
    plan = plan_of(a={**A, "tls_versions": [1.3, 1.2]}, b=B)
    assert plan["hosts"]["a"]["tls_versions"] == ["1.2", "1.3"]
    (caution,) = plan["cautions"]
    assert caution.startswith("a: fxp_tls_versions: with TLS 1.3 files may arrive short")


MISTAKES: list[tuple[dict[str, t.Any], str]] = [
    ({"tls_versions": []}, "fxp_tls_versions: [] has no version in it; write ['1.2']"),
    ({"tls_certificate": CERTIFICATE, "tls_ca_cert": CERTIFICATE}, "fxp_tls_private_key: it is not said although its"),
    ({"tls_private_key": KEY}, "fxp_tls_certificate: it is not said although its counterpart is; say both"),
    ({"tls_certificate": CERTIFICATE, "tls_private_key": KEY}, "fxp_tls_ca_cert: it is not said, but who brings"),
    ({"tls_ca_cert": KEY}, "fxp_tls_ca_cert: the value, not shown, has a private key in it"),
    ({"tls_ca_cert": CERTIFICATE.replace("CERT", "DERT")}, "fxp_tls_ca_cert: the value, not shown, has a block 'DERTIFICATE'"),
    ({"tls_ca_cert": CERTIFICATE[:-12]}, "fxp_tls_ca_cert: the value, not shown, is PEM text that was cut"),
    ({"tls_ca_cert": CERTIFICATE.replace("MIIB", "M!IB")}, "fxp_tls_ca_cert: the value, not shown, is PEM text that was cut"),
    ({"tls_ca_cert": " "}, "fxp_tls_ca_cert: the value, not shown, is neither PEM text nor the path of a file"),
    ({"tls_ca_key": CERTIFICATE}, "fxp_tls_ca_key: the value, not shown, is not the PEM text of one private key"),
    ({"tls_ca_key": KEY * 2}, "fxp_tls_ca_key: the value, not shown, is not the PEM text of one private key"),
    ({"tls_ca_key": KEY.replace("PRIV", "ENCRYPTED PRIV")}, "fxp_tls_ca_key: the value, not shown, has a passphrase"),
]


@pytest.mark.parametrize(("said", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence(said: dict[str, t.Any], sentence: str) -> None:
    (found,) = problems_of(a={**A, **said})
    assert found.startswith(f"a: {sentence}")
    assert found.endswith(".")
    assert "MIIB" not in found
    # Who goes is not asked, and who has no TLS needs none of it.
    plan_of(a={**A, **said, "tls": "none"})


@pytest.mark.parametrize("mode", ["control", "none"])
def test_a_mixture_that_could_not_exchange_files(mode: str) -> None:
    assert problems_of(a={**A, "tls": mode}, b=B) == [
        f"a: fxp_tls: {mode!r} does not go with 'required' of b, which takes files over TLS only; say the same for all servers."
    ]


def test_servers_without_a_version_in_common() -> None:
    assert problems_of(a={**A, "tls_versions": ["1.3"]}, b=B) == [
        "a: fxp_tls_versions: ['1.3'] has no version in common with ['1.2'] of b; say the same for both.",
        "b: fxp_tls_versions: ['1.2'] has no version in common with ['1.3'] of a; say the same for both.",
    ]


def test_a_fleet_has_one_authority() -> None:
    said = {"tls_ca_cert": "one.pem", "tls_ca_key": "one.key"}
    found = problems_of(a={**A, **said}, b={**B, **said, "tls_ca_key": "two.key"}, c={**A, "address": "198.51.100.13"})
    assert [sentence.split(": it is")[0] for sentence in found] == ["c: fxp_tls_ca_cert", "b, c: fxp_tls_ca_key"]
