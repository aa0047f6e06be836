# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfers between servers that speak TLS: every way that is healthy, and what the client itself sends and trusts."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import parse_server
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.probe import probe_server
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.checking import Checked, check
from ansible_collections.proftpd.fxp.tests.integration.conftest import DESTINATION, SOURCE, Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, LONG, PASSWORD, Proftpd

FREE = "NoSessionReuseRequired"


@dataclasses.dataclass(frozen=True)
class Encrypted:
    """Two daemons with TLS and the options that reach them."""

    source: Proftpd
    destination: Proftpd
    ca: str

    def check(self, tls: str = "explicit", of_source: t.Any = None, of_destination: t.Any = None, **options: t.Any) -> Checked:
        """A check of both legs with a small payload."""
        common = {"tls": tls, "ca_path": self.ca}
        source, destination = {**common, **(of_source or {})}, {**common, **(of_destination or {})}
        return check(
            self.source.options(**source), self.destination.options(**destination), **{"payload_size": 100000, **options}
        )


class StartEncrypted(t.Protocol):
    """Starts a pair: further directives and TLSOptions for both, or those of one of the two."""

    def __call__(
        self, *options: str, versions: str = "TLSv1.2", source: str | None = None, destination: str | None = None
    ) -> Encrypted:
        """The pair, listening."""


@pytest.fixture
def encrypted(start: Starter, authority: Authority) -> StartEncrypted:
    """Pairs of daemons with certificates for their addresses."""

    def make(*options: str, versions: str = "TLSv1.2", source: str | None = None, destination: str | None = None) -> Encrypted:
        def daemon(address: str, directives: str | None) -> Proftpd:
            if directives is None:
                directives = DIGEST + tls(authority.issue(address), authority.path, *options, versions=versions)
            return start(address, ALLOW + directives)

        return Encrypted(daemon(SOURCE, source), daemon(DESTINATION, destination), str(authority.path))

    return make


@pytest.mark.parametrize("mode", ["explicit", "implicit"])
@pytest.mark.parametrize("versions", ["TLSv1.2", "TLSv1.3"])
def test_both_ways(encrypted: StartEncrypted, versions: str, mode: str) -> None:
    """Data is private by default, the receiver is the TLS client, and no command is sent without need."""
    pair = encrypted(FREE, *(["UseImplicitSSL"] if mode == "implicit" else []), versions=versions)
    checked = pair.check(mode, payload_size=10000000 if LONG else 1048576)
    assert checked.result["ok"], checked.message
    for leg in checked.legs:
        facts = leg["evidence"]["tls"]
        assert [facts[role]["version"] for role in ("source", "destination")] == [versions] * 2
        assert all(facts[role]["cipher"] and facts[role]["verified"] for role in facts)
        assert (leg["evidence"]["protection"], leg["evidence"]["sscn"]) == ("private", "destination")
        assert leg["verified_by"] == "HASH SHA-256"
        assert all(leg["listing"].values())
    for server, roles in (("source", []), ("destination", ["SSCN ON"])):
        sent = checked.lines(server=server, direction="sent")
        auth = ["AUTH TLS"] if mode == "explicit" else []
        assert sent[: len(auth) + 3] == [*auth, "PBSZ 0", "PROT P", "USER fxp"]
        assert [line for line in sent if line.startswith(("PBSZ", "PROT", "SSCN"))] == ["PBSZ 0", "PROT P", *roles]


@pytest.mark.parametrize("size", [0, 5])
def test_small_files(encrypted: StartEncrypted, size: int) -> None:
    """Nothing, or less than a handshake, arrives whole as well."""
    checked = encrypted(FREE).check(payload_size=size)
    assert checked.result["ok"], checked.message


def test_sender_as_tls_client(encrypted: StartEncrypted) -> None:
    """When asked for, the sender gets SSCN; under TLS 1.2 that is no risk."""
    checked = encrypted(FREE).check(sscn="source")
    assert checked.result["ok"], checked.message
    assert [line for line in checked.lines(server="source") if line.startswith("SSCN ")] == ["SSCN ON"]
    assert not [line for line in checked.lines(server="destination") if line.startswith("SSCN ")]


@pytest.mark.parametrize("versions", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("sscn", ["destination", "source"])
def test_own_data_connections_resume_the_session(
    encrypted: StartEncrypted, authority: Authority, versions: str, sscn: str
) -> None:
    """The pair's TLS client demands reuse (mod_tls's default), and the client's own upload, listing and read back pass there."""
    strict = {
        role: tls(authority.issue(address), authority.path, *([] if role == sscn else [FREE]), versions=versions)
        for role, address in (("source", SOURCE), ("destination", DESTINATION))
    }
    pair = encrypted(source=strict["source"], destination=strict["destination"])
    # Under TLS 1.3 the end of a file is safe only when it comes at once.
    checked = pair.check(sscn=sscn, payload_size=10)
    assert checked.result["ok"], checked.message
    assert {leg["verified_by"] for leg in checked.legs} == {"read back"}
    assert all(all(leg["listing"].values()) for leg in checked.legs)
    if sscn == "destination":
        roles = [line for line in checked.lines(server="destination", direction="sent") if line.startswith("SSCN")]
        assert roles == ["SSCN ON", "SSCN OFF", "SSCN ON", "SSCN OFF"]


@pytest.mark.parametrize("plain", [None, "source", "destination"])
def test_clear_data(encrypted: StartEncrypted, plain: str | None) -> None:
    """Encrypted logins and clear data, between two servers with TLS or one with and one without, and no session reuse matters."""
    options: dict[str, t.Any] = {f"of_{plain}": {"tls": "none", "ca_path": None}} if plain else {"protection": "clear"}
    checked = encrypted().check(**options)
    assert checked.result["ok"], checked.message
    assert {leg["evidence"]["protection"] for leg in checked.legs} == {"clear"}
    assert not [line for line in checked.lines(direction="sent") if line.startswith("SSCN")]
    for role in ("source", "destination"):
        wanted = [] if role == plain else ["PROT C"]
        assert [line for line in checked.lines(server=role, direction="sent") if line.startswith("PROT")] == wanted


def test_one_implicit_and_one_explicit(encrypted: StartEncrypted, authority: Authority) -> None:
    """How a control connection began does not matter to the data."""
    source = DIGEST + tls(authority.issue(SOURCE), authority.path, FREE, "UseImplicitSSL")
    pair = encrypted(FREE, source=source)
    checked = pair.check(of_source={"tls": "implicit"})
    assert checked.result["ok"], checked.message


def test_authority_as_text(encrypted: StartEncrypted, authority: Authority) -> None:
    """The CA may be given as text."""
    common = {"ca_path": None, "ca_content": authority.pem}
    checked = encrypted(FREE).check(of_source=common, of_destination=common)
    assert checked.result["ok"], checked.message


def test_unverified_when_asked(encrypted: StartEncrypted) -> None:
    """Without verification nobody has to be trusted, and the result says so."""
    common = {"ca_path": None, "validate_certs": False}
    checked = encrypted(FREE).check(of_source=common, of_destination=common)
    assert checked.result["ok"], checked.message
    assert [facts["verified"] for facts in checked.legs[0]["evidence"]["tls"].values()] == [False, False]


def probed(server: Proftpd, **options: t.Any) -> list[dict[str, t.Any]]:
    """The steps of one host's view of a server."""
    return probe_server(parse_server("server", server.options(**options)), 5)


@pytest.mark.parametrize(("host", "trusted"), [("localhost", True), ("127.0.0.1", False)])
def test_identity_is_what_was_dialled(start: Starter, authority: Authority, host: str, trusted: bool) -> None:
    """The certificate has to hold the name if that is dialled, and the address if that is."""
    server = start("127.0.0.1", tls(authority.issue("localhost"), authority.path))
    steps = probed(server, host=host, tls="explicit", ca_path=str(authority.path))
    assert all(step["ok"] for step in steps) is trusted, steps
    assert trusted or steps[1]["cause"] == "tls_certificate_untrusted"


@pytest.mark.parametrize("mode", ["explicit", "implicit"])
def test_probe(start: Starter, authority: Authority, mode: str) -> None:
    """One host's view of one server, encrypted; its own data connection resumes the session that mod_tls demands."""
    options = ["UseImplicitSSL"] if mode == "implicit" else []
    server = start(SOURCE, tls(authority.issue(SOURCE), authority.path, *options))
    steps = probed(server, tls=mode, ca_path=str(authority.path))
    assert [step["ok"] for step in steps] == [True] * 3, steps
    failed = next(step for step in probed(server, tls=mode) if not step["ok"])
    assert failed["cause"] == "tls_certificate_untrusted"
    assert PASSWORD not in repr(failed)


def test_missing_authority(encrypted: StartEncrypted, tmp_path: pathlib.Path) -> None:
    """A CA that cannot be read ends the check before anything is sent."""
    checked = encrypted(FREE).check(of_source={"ca_path": str(tmp_path / "none.pem")})
    assert (checked.causes, checked.servers) == (["tls_certificate_untrusted"] * 2, ["source"] * 2)
    assert "none.pem cannot be read" in checked.message
    assert checked.lines(server="source", direction="sent") == []
