# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import describe
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy, releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import findings


def described(text: str, release: str = "1.3.8") -> list[dict[str, t.Any]]:
    around = policy.Surroundings(release=releases.parse(release))
    return describe.describe(policy.effective(parser.parse(text), around))


def test_every_server_with_what_it_listens_on() -> None:
    main, first, off = described("""
        ServerName "the main one"
        DefaultAddress 192.0.2.10 192.0.2.11
        PassivePorts 50000 50099
        <Global>
          MasqueradeAddress 198.51.100.1
        </Global>
        <VirtualHost 192.0.2.1 192.0.2.2>
          Port 2121
          PassivePorts 40000 40099
          MasqueradeAddress 198.51.100.2
        </VirtualHost>
        <VirtualHost 192.0.2.3>
          Port 0
        </VirtualHost>
    """)
    assert (main["server_name"], main["control_port"], main["addresses"]) == ("the main one", 21, ["192.0.2.10", "192.0.2.11"])
    assert (main["passive_ports"], main["masquerade_address"]) == ({"first": 50000, "last": 50099}, "198.51.100.1")
    assert (first["addresses"], first["control_port"], first["line"]) == (["192.0.2.1", "192.0.2.2"], 2121, 8)
    assert (first["passive_ports"], first["masquerade_address"]) == ({"first": 40000, "last": 40099}, "198.51.100.2")
    assert (off["listens"], off["passive_ports"]) == (False, None)


def test_sections_for_some_sessions_are_told_with_what_they_change() -> None:
    (main,) = described("""
        AllowForeignAddress off
        <Class peers>
          From 198.51.100.12
        </Class>
        <IfUser alice,bob>
          AllowForeignAddress peers
          PassivePorts 40000 40099
        </IfUser>
        <IfGroup regex ^fxp>
          Umask 022
        </IfGroup>
        <IfClass inside>
          MasqueradeAddress 192.0.2.1
          TLSRequired off
        </IfClass>
    """)
    user, inside = main["overrides"]
    assert (user["section"], user["for"], user["line"]) == ("IfUser", "alice,bob", 6)
    assert (user["allow_foreign_address"]["members"], user["passive_ports"]["first"]) == (["198.51.100.12"], 40000)
    assert (inside["masquerade_address"], inside["tls_required"]) == ("192.0.2.1", "off")
    assert "allow_foreign_address" not in inside
    assert main["allow_foreign_address"]["port"] == "refused"


@pytest.mark.parametrize(
    ("text", "logins", "data", "reuse"),
    [
        ("", False, False, False),
        ("TLSEngine on\n", False, False, True),
        ("TLSRequired on\n", False, False, False),
        ("TLSEngine on\nTLSRequired on\n", True, True, True),
        ("TLSEngine on\nTLSRequired yes\nTLSOptions NoSessionReuseRequired\n", True, True, False),
        ("TLSEngine on\nTLSRequired ctrl\nTLSOptions NoCertRequest\nTLSOptions nosessionreuserequired\n", True, False, False),
        ("TLSEngine on\nTLSRequired auth+data\nTLSSessionCache off\n", True, True, False),
        ("TLSEngine on\nTLSRequired data\n", False, True, True),
        ("TLSEngine on\nTLSRequired !data\n", False, False, True),
        ("<Global>\nTLSEngine on\nTLSRequired on\n</Global>\n", True, True, True),
        ("TLSEngine off\n<Global>\nTLSEngine on\n</Global>\n", False, False, False),
    ],
)
def test_what_tls_demands(text: str, logins: bool, data: bool, reuse: bool) -> None:
    tls = described(text)[0]["tls"]
    assert (tls["logins_required"], tls["data_required"], tls["session_reuse_required"]) == (logins, data, reuse)


def test_tls_files_and_defaults() -> None:
    tls = described("TLSEngine on\nTLSECCertificateFile /a.pem\nTLSCACertificateFile /ca.pem\nTLSProtocol TLSv1.2\n")[0]["tls"]
    assert (tls["certificate_files"], tls["ca_certificate_file"], tls["protocols"]) == (["/a.pem"], "/ca.pem", ["TLSv1.2"])
    assert (tls["verify_server"], tls["verify_client"]) == ("on", "off")
    assert described("TLSOptions UseImplicitSSL\n")[0]["implicit_tls"]


@pytest.mark.parametrize(
    ("rules", "means"),
    [
        ("From 192.0.2.1\n", "class"),
        ("From none\n", "class"),
        ("From all\n", "anybody"),
        ("From 0.0.0.0/0\n", "anybody"),
        ("From all\nFrom 192.0.2.1\nSatisfy all\n", "class"),
        ("From all\nFrom ::/0\nSatisfy all\n", "anybody"),
    ],
)
def test_a_class_of_everybody_is_anybody(rules: str, means: str) -> None:
    said = described(f"<Class peers>\n{rules}</Class>\nAllowForeignAddress peers\n")[0]["allow_foreign_address"]
    assert (said["port"], said["passive"]) == (means, means)
    assert said["class_defined"]


def test_the_classes() -> None:
    in_force = policy.effective(
        parser.parse("<Class a>\nFrom 192.0.2.1\nFrom !192.0.2.2\nSatisfy all\n</Class>\n<Class b>\n</Class>\n")
    )
    assert describe.classes(in_force) == {
        "a": {"members": ["192.0.2.1", "!192.0.2.2"], "satisfy": "all"},
        "b": {"members": [], "satisfy": "any"},
    }


@pytest.mark.parametrize(
    "options",
    [
        "TLSOptions StdEnvVars\nTLSOptions NoSessionReuseRequired\n",
        "TLSOptions StdEnvVars\n<Global>\nTLSOptions NoSessionReuseRequired\n</Global>\n",
    ],
)
def test_options_of_tls_add_up(options: str) -> None:
    text = f"TLSEngine on\nTLSECCertificateFile /c\nAllowForeignAddress on\n{options}"
    tls = described(text)[0]["tls"]
    assert (tls["options"], tls["session_reuse_required"]) == (["StdEnvVars", "NoSessionReuseRequired"], False)
    assert "tls_data_from_anybody" in {each.code for each in findings.findings(text)}


def test_tls_for_some_sessions_is_told() -> None:
    text = "LoadModule mod_ifsession.c\n<IfClass !local>\nTLSEngine on\nTLSRequired on\n</IfClass>\n"
    (override,) = described(text)[0]["overrides"]
    assert (override["tls_engine"], override["tls_required"]) == ("on", "on")
