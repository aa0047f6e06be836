# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys, requests and certificates by the real openssl, in a directory."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import files as certificate
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import pair
from ansible_collections.proftpd.fxp.tests import faults
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.certificate.openssl_authority import (
    Authority,
    new_key,
    openssl,
)

ADDRESSES = ("198.51.100.11", "2001:db8::11")


@pytest.fixture
def place(tmp_path: pathlib.Path) -> certificate.Place:
    (tmp_path / "etc").mkdir()
    return certificate.Place(str(tmp_path / "etc" / "fxp-tls.pem"), str(tmp_path / "etc" / "fxp-tls-ca.pem"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "ours")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("other"), "other")


def wanted(*authorities: Authority, **changes: t.Any) -> pair.Wanted:
    first = pair.Wanted(ADDRESSES, "ftp1.example.net", "".join(each.pem for each in authorities), signed=True)
    return dataclasses.replace(first, **changes)


def look(place: certificate.Place, want: pair.Wanted, check_mode: bool = False) -> certificate.Outcome:
    return certificate.apply(place, want, None, None, check_mode=check_mode)


def provide(place: certificate.Place, authority: Authority, want: pair.Wanted, days: int = 365) -> certificate.Outcome:
    """Both calls of a play, and what the controller does in between."""
    first = look(place, want)
    assert first.request is not None
    return certificate.apply(place, want, authority.sign(first.request, days), None, check_mode=False)


def names(place: certificate.Place) -> set[str]:
    return set(os.listdir(os.path.dirname(place.path)))


def test_a_key_that_never_leaves_and_then_nothing_to_do(place: certificate.Place, authority: Authority) -> None:
    first = look(place, wanted(authority))
    assert (first.changed, first.reason, first.ends) == (True, f"is not at {place.path}", None)
    assert names(place) == {"fxp-tls-ca.pem", "fxp-tls.pem.fxp-key"}
    assert _files.has_mode(place.key, 0o600)
    assert first.request is not None
    text = openssl("req", "-noout", "-text", "-verify", text=first.request)
    for part in ("CA:FALSE", "IP Address:198.51.100.11", "DNS:ftp1.example.net", "P-256"):
        assert part in text
    done = certificate.apply(place, wanted(authority), authority.sign(first.request), None, check_mode=False)
    assert (done.changed, done.request, done.reason) == (True, None, None)
    assert "ends: 2" in done.shown_after
    assert names(place) == {"fxp-tls-ca.pem", "fxp-tls.pem"}
    assert _files.has_mode(place.path, 0o600)
    again = look(place, wanted(authority))
    assert (again.changed, again.request, again.reason, again.ends) == (False, None, None, done.ends)
    assert again.shown_before == again.shown_after


def test_a_look_tells_what_was_trusted_and_whether_anything_is_to_be_done(place: certificate.Place, authority: Authority) -> None:
    first = look(place, wanted(authority), check_mode=True)
    assert (first.trusted, first.in_place) == ((), False)
    assert names(place) == set()
    provide(place, authority, wanted(authority))
    done = look(place, wanted(authority), check_mode=True)
    fingerprint = openssl("x509", "-noout", "-fingerprint", "-sha256", text=authority.pem).strip().partition("=")[2]
    assert done.trusted == ({"subject": "ours", "fingerprint": fingerprint},)
    assert done.in_place
    # Left by a run that was killed.
    _files.write(place.key, "key", 0o600)
    assert not look(place, wanted(authority), check_mode=True).in_place


def test_what_is_trusted_can_be_appended_to_however_it_was_read(place: certificate.Place, authority: Authority) -> None:
    provide(place, authority, wanted(trust=authority.pem.strip()))
    assert _files.read_text(place.trust_path) == authority.pem
    assert look(place, wanted(authority), check_mode=True).in_place


def test_a_certificate_out_of_its_time_names_the_clock(place: certificate.Place, authority: Authority) -> None:
    first = look(place, wanted(authority))
    signed = authority.sign(first.request or "", days=0)
    # Its end is a whole second.
    time.sleep(1.1)
    with pytest.raises(HostError, match=f"has expired; the clock of this host says {pair.day(time.time())}"):
        certificate.apply(place, wanted(authority), signed, None, check_mode=False)


def test_nothing_secret_is_shown(place: certificate.Place, authority: Authority) -> None:
    first = look(place, wanted(authority))
    key = (_files.read_text(place.key) or "").splitlines()[1]
    done = certificate.apply(place, wanted(authority), authority.sign(first.request or ""), None, check_mode=False)
    assert key in (_files.read_text(place.path) or "")
    for outcome in (first, done, look(place, wanted(authority, name="other.example.net"))):
        assert key not in repr(outcome)
        assert "PRIVATE KEY" not in repr(outcome)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"addresses": (*ADDRESSES, "198.51.100.31")}, "does not have 198.51.100.31 in it"),
        ({"addresses": ADDRESSES[:1]}, "has 2001:db8::11 in it, which is not this server's any more"),
        ({"name": "ftp2.example.net"}, "does not have ftp2.example.net in it"),
        ({"name": None}, "has ftp1.example.net in it, which is not this server's any more"),
        ({"renew_before": 400}, "ends on 2"),
    ],
)
def test_what_asks_for_a_new_certificate(
    place: certificate.Place, authority: Authority, changes: dict[str, t.Any], reason: str
) -> None:
    provide(place, authority, wanted(authority))
    old = _files.read_text(place.path)
    looked = look(place, wanted(authority, **changes), check_mode=True)
    assert (looked.changed, looked.request) == (True, None)
    assert looked.reason is not None
    assert looked.reason.startswith(reason)
    assert names(place) == {"fxp-tls-ca.pem", "fxp-tls.pem"}
    first = look(place, wanted(authority, **changes))
    # The old one serves until the new one comes.
    assert _files.read_text(place.path) == old
    certificate.apply(place, wanted(authority, **changes), authority.sign(first.request or "", 1000), None, check_mode=False)
    assert not look(place, wanted(authority, **changes)).changed


def test_addresses_are_the_same_however_they_are_written(place: certificate.Place, authority: Authority) -> None:
    provide(place, authority, wanted(authority))
    assert not look(place, wanted(authority, addresses=("2001:DB8:0::11", "198.51.100.11"))).changed


def test_a_key_that_others_could_read_is_not_used_again(place: certificate.Place, authority: Authority) -> None:
    provide(place, authority, wanted(authority))
    os.chmod(place.path, 0o644)
    old = _files.read_text(place.path)
    assert look(place, wanted(authority)).reason == "lay with its key in a file that others may read"
    provide(place, authority, wanted(authority))
    assert _files.has_mode(place.path, 0o600)
    assert (_files.read_text(place.path) or "").split()[3] not in (old or "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no private key"),
        ("nonsense\n", "has no private key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is no certificate as PEM text"),
    ],
)
def test_what_cannot_be_read_is_made_anew(place: certificate.Place, authority: Authority, text: str, reason: str) -> None:
    _files.write(place.path, text, 0o600)
    assert look(place, wanted(authority)).reason == reason
    provide(place, authority, wanted(authority))
    assert not look(place, wanted(authority)).changed


def test_a_key_of_somebody_else_is_noticed(place: certificate.Place, authority: Authority) -> None:
    provide(place, authority, wanted(authority))
    text = _files.read_text(place.path) or ""
    _files.write(place.path, new_key() + pair.first_of(text), 0o600)
    assert look(place, wanted(authority)).reason == "does not belong to its private key"


def test_rotation_in_three_steps(place: certificate.Place, authority: Authority, other: Authority) -> None:
    provide(place, authority, wanted(authority))
    old = _files.read_text(place.path)
    # The new authority is trusted, the old one still signs.
    first = look(place, wanted(authority, other))
    assert (first.changed, first.request, _files.read_text(place.path)) == (True, None, old)
    assert _files.read_text(place.trust_path) == authority.pem + other.pem
    assert not look(place, wanted(authority, other)).changed
    # It is the first one now: a new certificate.
    second = look(place, wanted(other, authority))
    assert (second.reason or "").startswith("is not one that the authority stands for")
    certificate.apply(place, wanted(other, authority), other.sign(second.request or ""), None, check_mode=False)
    # However often one stands there.
    assert look(place, wanted(other, authority, other)).request is None
    # The old one goes, and with it all that it has signed.
    assert look(place, wanted(other)).request is None
    assert _files.read_text(place.trust_path) == other.pem
    with pytest.raises(pair.PairError, match="is not one that the authority stands for"):
        pair.look(old or "", _files.read_text(place.trust_path) or "")


def test_a_certificate_that_does_not_do_is_not_put_into_place(
    place: certificate.Place, authority: Authority, other: Authority
) -> None:
    provide(place, authority, wanted(authority))
    old = _files.read_text(place.path)
    first = look(place, wanted(authority, name="new.example.net"))
    for signed in (other.sign(first.request or ""), authority.sign(first.request or "", days=1), pair.first_of(old or "")):
        with pytest.raises(HostError, match=r"The certificate that the authority gave .*nothing was"):
            certificate.apply(place, wanted(authority, name="new.example.net"), signed, None, check_mode=False)
        assert _files.read_text(place.path) == old


def test_a_certificate_without_the_key_that_waits_for_it(place: certificate.Place, authority: Authority) -> None:
    provide(place, authority, wanted(authority))
    with pytest.raises(HostError, match="No key waits for this certificate"):
        certificate.apply(place, wanted(authority), pair.first_of(_files.read_text(place.path) or ""), None, check_mode=False)


def test_what_somebody_brings(place: certificate.Place, authority: Authority, other: Authority, tmp_path: pathlib.Path) -> None:
    want = wanted(authority, other, signed=False)
    alternatives = ["IP:198.51.100.11", "IP:2001:db8::11", "IP:198.51.100.99", "DNS:any.example.net"]

    def bring(key: str, text: str, check_mode: bool = False) -> certificate.Outcome:
        return certificate.apply(place, want, text, key, check_mode=check_mode)

    key, text = other.issue(tmp_path, *alternatives)
    assert bring(key, text, check_mode=True).changed
    assert names(place) == set()
    assert bring(key, text).changed
    assert _files.has_mode(place.path, 0o600)
    assert not bring(key, text).changed
    os.chmod(place.path, 0o640)
    assert bring(key, text).changed
    assert _files.has_mode(place.path, 0o600)
    # Nobody but its owner can renew it.
    key, text = other.issue(tmp_path, *alternatives, days=10)
    (warning,) = bring(key, text).warnings
    assert re.fullmatch(r"fxp_tls_certificate ends on [-0-9]{10}; bring a new one\.", warning)
    for mistake, sentence in (
        ((new_key(), text), "fxp_tls_certificate does not belong to its private key; nothing was changed"),
        (other.issue(tmp_path, "IP:198.51.100.11"), "fxp_tls_certificate does not have 2001:db8::11 in it"),
        ((key, "nonsense"), "fxp_tls_certificate is no certificate as PEM text; nothing was changed"),
        (("nonsense", text), "fxp_tls_private_key is no private key as PEM text; nothing was changed"),
        ((key[:60] + "!" + key[60:], text), r"fxp_tls_certificate or its private key cannot be read \("),
        (
            (openssl("ec", "-aes256", "-passout", "pass:x", text=key), text),
            "fxp_tls_private_key has a passphrase, .* without one;",
        ),
        (
            (openssl("pkey", "-aes256", "-passout", "pass:x", text=key), text),
            "fxp_tls_private_key has a passphrase, .* without one;",
        ),
    ):
        with pytest.raises(HostError, match=sentence):
            bring(*mistake)


def test_check_mode_before_there_is_anything(tmp_path: pathlib.Path) -> None:
    nowhere = certificate.Place(str(tmp_path / "no" / "fxp-tls.pem"), str(tmp_path / "no" / "fxp-tls-ca.pem"))
    looked = look(nowhere, wanted(), check_mode=True)
    assert (looked.changed, looked.reason, looked.request) == (True, f"is not at {nowhere.path}", None)
    with pytest.raises(HostError, match="install ProFTPD first"):
        look(nowhere, wanted())


def test_an_authority_that_ends_soon_is_told_of(place: certificate.Place, authority: Authority, tmp_path: pathlib.Path) -> None:
    (warning,) = look(place, wanted(Authority(tmp_path, "short", days=80), authority)).warnings
    assert warning.startswith("The authority 'short' of fxp_tls_ca_cert ends on 20")
    assert look(place, wanted(authority)).warnings == ()


def test_what_is_no_authority(place: certificate.Place, authority: Authority, tmp_path: pathlib.Path) -> None:
    server = Authority(tmp_path, "server", is_one=False)
    for trust, sentence in (
        ("", "has no certificate in it"),
        ("nonsense", "has no certificate"),
        (server.pem, "CA:TRUE"),
        (authority.pem + server.pem, "CA:TRUE"),
    ):
        with pytest.raises(HostError, match=f"fxp_tls_ca_cert .*{sentence}"):
            look(place, wanted(trust=trust))
    assert names(place) == set()


def test_everything_goes(place: certificate.Place, authority: Authority) -> None:
    provide(place, authority, wanted(authority))
    look(place, wanted(authority, name=None))
    assert certificate.remove(place, check_mode=True)
    assert len(names(place)) == 3
    assert certificate.remove(place, check_mode=False)
    assert names(place) == set()
    assert not certificate.remove(place, check_mode=False)


@pytest.mark.parametrize("fault", [faults.KILL, "no space", "i/o error"])
def test_whatever_kills_a_run_key_and_certificate_belong_together(
    place: certificate.Place, authority: Authority, tmp_path: pathlib.Path, fault: str
) -> None:
    keys = [authority.issue(tmp_path, *(f"IP:{address}" for address in ADDRESSES)) for _number in range(2)]
    want = wanted(authority, signed=False)
    certificate.apply(place, want, keys[0][1], keys[0][0], check_mode=False)
    struck = 0
    for steps in faults.rounds(fault):
        turn = keys[(struck + 1) % 2]

        def operation(steps: faults.Steps = steps, turn: tuple[str, str] = turn) -> None:
            with faults.patched((_files, "os", steps.of_os())):
                certificate.apply(place, want, turn[1], turn[0], check_mode=False)

        if not faults.inject(steps, operation):
            break
        struck += 1
        text = _files.read_text(place.path) or ""
        assert pair.fault_of(text, want)[0] is None
        assert _files.has_mode(place.path, 0o600)
        for name in names(place):
            assert _files.has_mode(os.path.join(os.path.dirname(place.path), name), 0o644 if "-ca" in name else 0o600)
        certificate.apply(place, want, turn[1], turn[0], check_mode=False)
        assert names(place) == {"fxp-tls-ca.pem", "fxp-tls.pem"}
    assert struck > 5
