# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with TLS on real servers has to come out as its cause, and nothing may go on in clear."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.checking import Checked, check
from ansible_collections.proftpd.fxp.tests.integration.conftest import DESTINATION, SOURCE, Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, Proftpd, small_disk
from ansible_collections.proftpd.fxp.tests.integration.languages import language, spoken

FREE = "NoSessionReuseRequired"
ADDRESSES = {"source": SOURCE, "destination": DESTINATION}


class Servers:
    """Two daemons that are told apart by what is wrong with one of them."""

    def __init__(self, start: Starter, authority: Authority) -> None:
        self._start, self.authority = start, authority
        self.daemons: dict[str, Proftpd] = {}

    def start(self, role: str, *options: str, allow: bool = True, own: t.Any = None, **more: t.Any) -> None:
        """One daemon; ``own`` replaces its certificate, and so the other arguments of ``tls``."""
        certificate = own or self.authority.issue(ADDRESSES[role])
        arguments = {"ca": self.authority.path, **more}
        text = DIGEST + tls(certificate, arguments.pop("ca"), *(options or (FREE,)), **arguments)
        self.daemons[role] = self._start(ADDRESSES[role], (ALLOW if allow else "AllowForeignAddress off\n") + text)

    def check(self, of_source: t.Any = None, of_destination: t.Any = None, **options: t.Any) -> Checked:
        """A check over TLS; daemons that were not started yet have nothing wrong with them."""
        given: list[dict[str, t.Any]] = []
        for role, changes in (("source", of_source), ("destination", of_destination)):
            if role not in self.daemons:
                self.start(role)
            server = {"tls": "explicit", "ca_path": str(self.authority.path), **(changes or {})}
            given.append(self.daemons[role].options(**server))
        return check(given[0], given[1], **{"payload_size": 100000, **options})


@pytest.fixture
def servers(start: Starter, authority: Authority) -> Servers:
    """Daemons for one test."""
    return Servers(start, authority)


def no_secrets(checked: Checked, role: str) -> None:
    """Whoever refuses TLS gets neither account nor password."""
    sent = checked.lines(server=role, direction="sent")
    assert not [line for line in sent if line.startswith(("USER", "PASS"))], sent


BOTH_ROLES = pytest.mark.parametrize("role", ["source", "destination"])
BOTH_CLIENTS = pytest.mark.parametrize("sscn", ["source", "destination"])
EITHER_PASSIVE = pytest.mark.parametrize("passive", ["source", "destination"])


def other(role: str) -> str:
    """The opposite role."""
    return "source" if role == "destination" else "destination"


# The control connection.


@BOTH_ROLES
def test_server_without_tls(start: Starter, servers: Servers, role: str) -> None:
    """500 to AUTH."""
    servers.daemons[role] = start(ADDRESSES[role])
    checked = servers.check()
    assert (checked.causes, checked.servers) == (["tls_login_refused"] * 2, [role] * 2)
    no_secrets(checked, role)


def test_implicit_on_an_explicit_port(servers: Servers) -> None:
    """The greeting comes in clear where a handshake should begin."""
    checked = servers.check(of_source={"tls": "implicit"})
    assert (checked.causes, checked.servers) == (["tls_login_refused"] * 2, ["source"] * 2)
    assert "not TLS" in checked.message
    assert "990" in checked.result["remedy"]
    no_secrets(checked, "source")


def test_explicit_on_an_implicit_port(servers: Servers) -> None:
    """No greeting comes where the server waits for a handshake, until its patience ends."""
    servers.start("source", FREE, "UseImplicitSSL")
    checked = servers.check()
    assert (checked.causes, checked.servers) == (["tls_login_refused"] * 2, ["source"] * 2)
    no_secrets(checked, "source")


def test_only_old_versions(servers: Servers) -> None:
    """TLS 1.1 is not spoken."""
    servers.start("source", versions="TLSv1.1", more="TLSCipherSuite ALL:@SECLEVEL=0")
    checked = servers.check()
    assert (checked.causes, checked.servers) == (["tls_login_refused"] * 2, ["source"] * 2)
    assert "TLS 1.2" in checked.message
    no_secrets(checked, "source")


@BOTH_ROLES
@pytest.mark.parametrize("wrong", ["host", "expired", "authority", "self-signed"])
def test_certificate(servers: Servers, role: str, wrong: str) -> None:
    """Another host's certificate, an old one, one of a stranger."""
    authority, address = servers.authority, ADDRESSES[role]
    stranger = Authority(authority.root, f"stranger-{role}")
    own = {
        "host": lambda: authority.issue(ADDRESSES[other(role)]),
        "expired": lambda: authority.issue(address, days=-1),
        "authority": lambda: stranger.issue(address),
        "self-signed": lambda: authority.issue(address, signed=False),
    }[wrong]()
    servers.start(role, own=own)
    checked = servers.check()
    assert (checked.causes, checked.servers) == (["tls_certificate_untrusted"] * 2, [role] * 2)
    no_secrets(checked, role)
    told = {"host": "address mismatch|not valid for", "expired": "expired", "authority": "issuer", "self-signed": "self.signed"}
    assert re.search(told[wrong], checked.message), checked.message


# What servers demand.


@BOTH_ROLES
def test_login_without_tls_is_refused(servers: Servers, role: str) -> None:
    """TLSRequired on, and the check logs in without TLS."""
    servers.start(role, more="TLSRequired on")
    checked = servers.check(**{f"of_{role}": {"tls": "none", "ca_path": None}})
    assert (checked.causes, checked.servers) == (["tls_policy_mismatch"] * 2, [role] * 2)
    assert "fxp_tls" in checked.result["remedy"]


@BOTH_ROLES
@pytest.mark.parametrize(("required", "protection"), [("on", "clear"), ("data", "clear"), ("ctrl+!data", None)])
def test_other_protection_is_refused(servers: Servers, role: str, required: str, protection: str | None) -> None:
    """The data of one server must be encrypted, or must not be."""
    servers.start(role, more=f"TLSRequired {required}")
    checked = servers.check(protection=protection)
    assert (checked.causes, checked.servers) == (["tls_policy_mismatch"] * 2, [role] * 2)
    assert "534" in checked.message


@BOTH_CLIENTS
@EITHER_PASSIVE
@pytest.mark.parametrize("versions", ["TLSv1.2", "TLSv1.3"])
def test_session_reuse_required(servers: Servers, sscn: str, passive: str, versions: str) -> None:
    """mod_tls's default on the TLS server of the data connection."""
    servers.start(other(sscn), "EnableDiags", versions=versions)
    servers.start(sscn, versions=versions)
    checked = servers.check(sscn=sscn, passive=passive)
    assert (checked.causes, checked.servers) == (["tls_session_reuse_required"], [other(sscn)])
    assert checked.legs[0]["certain"]
    assert "NoSessionReuseRequired" in checked.result["remedy"]


@BOTH_CLIENTS
@EITHER_PASSIVE
@pytest.mark.parametrize("wrong", ["nothing", "stranger"])
def test_peer_is_not_verified(servers: Servers, sscn: str, passive: str, wrong: str) -> None:
    """The TLS client of the data connection has no CA, or another one."""
    stranger = Authority(servers.authority.root, f"other-{sscn}")
    servers.start(sscn, ca=stranger.path if wrong == "stranger" else None, more="TLSVerifyServer on")
    checked = servers.check(sscn=sscn, passive=passive)
    assert (checked.causes, checked.servers) == (["tls_peer_certificate_unverified"], [sscn])
    assert "TLSCACertificateFile" in checked.result["remedy"]


@EITHER_PASSIVE
@pytest.mark.parametrize("versions", [("TLSv1.2", "TLSv1.3"), ("TLSv1.3", "TLSv1.2")])
def test_no_version_in_common(servers: Servers, passive: str, versions: tuple[str, str]) -> None:
    """The client speaks both, and asks both servers what they take."""
    servers.start("source", versions=versions[0])
    servers.start("destination", versions=versions[1])
    checked = servers.check(passive=passive)
    assert (checked.causes, checked.servers) == (["tls_versions_disjoint"], [None])
    leg = checked.legs[0]
    assert leg["certain"]
    assert leg["evidence"]["tls_versions"] == {"source": [versions[0]], "destination": [versions[1]]}


def test_no_cipher_in_common(servers: Servers) -> None:
    """The versions overlap, so something else keeps the two apart, and that is said."""
    servers.start("source", more="TLSCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256")
    servers.start("destination", more="TLSCipherSuite ECDHE-ECDSA-AES256-GCM-SHA384")
    checked = servers.check(passive="source")
    assert checked.causes == ["tls_versions_disjoint"]
    assert not checked.legs[0]["certain"]
    assert checked.legs[0]["evidence"]["tls_versions"] == {"source": ["TLSv1.2"], "destination": ["TLSv1.2"]}
    assert "TLSCipherSuite" in checked.result["remedy"]


# Roles and protection that do not hold.

REWRITE = "LoadModule mod_rewrite.c\nRewriteEngine on\nRewriteCondition %m {0}\nRewriteRule ({1}) {2}"


@BOTH_CLIENTS
def test_tls_role_is_changed(servers: Servers, sscn: str) -> None:
    """mod_rewrite turns ON into OFF, and the server says so: nothing is transferred."""
    servers.start(sscn, more=REWRITE.format("SSCN", "ON", "OFF"))
    checked = servers.check(sscn=sscn)
    assert (checked.causes, checked.servers) == (["tls_roles_unassigned"] * 2, [None] * 2)
    assert checked.legs[0]["certain"]
    assert not checked.lines(leg=0, direction="sent", line="PASV")


@EITHER_PASSIVE
@pytest.mark.parametrize("timeout", [1.0, 10.0])
def test_nobody_begins_the_handshake(servers: Servers, passive: str, timeout: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SSCN both wait until their patience or the client's ends."""
    monkeypatch.setattr(ControlConnection, "take_tls_role", lambda *_arguments, **_more: None)
    checked = servers.check(passive=passive, timeout=timeout)
    assert checked.causes == ["tls_roles_unassigned"]
    assert not checked.legs[0]["certain"]


def test_both_begin_the_handshake(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSCN on both looks like versions that do not overlap; asking for the versions keeps that from being called certain."""
    take = ControlConnection.take_tls_role
    monkeypatch.setattr(ControlConnection, "take_tls_role", lambda self, client: take(self, True))
    servers.start("source")
    servers.daemons["source"].put("file", b"x" * 100)
    checked = servers.check(passive="source", path="file")
    assert (checked.causes, checked.legs[0]["certain"]) == (["tls_versions_disjoint"], False)


@BOTH_ROLES
def test_protection_is_changed(servers: Servers, role: str) -> None:
    """mod_rewrite turns P into C, and the server says so: nothing is sent in clear."""
    servers.start(role, more=REWRITE.format("PROT", "P", "C"))
    checked = servers.check()
    assert (checked.causes, checked.servers) == (["tls_protection_mismatch"] * 2, [role] * 2)
    assert "STOR" not in repr(checked.lines(server=role, direction="sent"))


@BOTH_ROLES
@BOTH_CLIENTS
def test_protection_does_not_hold(servers: Servers, role: str, sscn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One server moves its data in clear although it was told otherwise: the sender's or receiver's, TLS client or not."""

    def deceive(control: ControlConnection, _private: bool) -> None:
        control.require("PROT C" if control.server.host == ADDRESSES[role] else "PROT P")
        control.private = True

    monkeypatch.setattr(ControlConnection, "_ask_for_protection", deceive)
    servers.start("source")
    servers.daemons["source"].put("file", b"x" * 100000)
    checked = servers.check(sscn=sscn, path="file", passive="source")
    assert (checked.causes, checked.servers) == (["tls_protection_mismatch"], [role])


@pytest.mark.parametrize("verb", ["SSCN"])
def test_no_sscn(servers: Servers, verb: str) -> None:
    """A server that does not know the command."""
    servers.start("destination", more=f"<Limit {verb}>\nDenyAll\n</Limit>")
    checked = servers.check()
    assert (checked.causes, checked.servers) == (["sscn_unsupported"] * 2, ["destination"] * 2)
    assert "fxp_tls" in checked.result["remedy"]


def test_data_is_truncated(servers: Servers) -> None:
    """TLS 1.3 and the sender as TLS client: about every second transfer loses its end, and that never passes."""
    servers.start("source", versions="TLSv1.3")
    servers.start("destination", versions="TLSv1.3")
    seen: set[str | None] = set()
    for _attempt in range(12):
        checked = servers.check(sscn="source", payload_size=10000000)
        seen |= set(checked.causes)
        for leg in checked.legs:
            assert leg["ok"] or (leg["cause"], leg["server"], leg["certain"]) == ("tls_data_truncated", "source", True)
        if "tls_data_truncated" in seen:
            break
    assert "tls_data_truncated" in seen


@EITHER_PASSIVE
@BOTH_CLIENTS
@pytest.mark.parametrize("versions", ["TLSv1.2", "TLSv1.3"])
def test_foreign_address_is_refused(servers: Servers, passive: str, sscn: str, versions: str) -> None:
    """A policy on addresses stays what it is, whatever TLS makes of the connection that was closed."""
    servers.start(passive, allow=False, versions=versions)
    servers.start(other(passive), versions=versions)
    checked = servers.check(passive=passive, sscn=sscn)
    assert (checked.causes, checked.servers) == (["passive_refuses_foreign_address"], [passive])
    assert checked.legs[0]["certain"] is (language() is None)


# What is no fault of TLS.


@EITHER_PASSIVE
@BOTH_CLIENTS
@pytest.mark.parametrize("versions", ["TLSv1.2", "TLSv1.3"])
def test_no_space(servers: Servers, passive: str, sscn: str, versions: str) -> None:
    """A full disk at the receiver, of which the sender's session dies with TLS: who said so is to blame, not who died."""
    servers.start("source", versions=versions)
    servers.start("destination", versions=versions)
    with small_disk(servers.daemons["destination"].home / "full"):
        checked = servers.check(of_destination={"directory": "full"}, passive=passive, sscn=sscn, payload_size=5000000)
    assert (checked.causes, checked.servers) == (["no_space"], ["destination"]), checked.message
    assert checked.legs[0]["certain"] is (spoken("Input/output error") not in checked.message)
