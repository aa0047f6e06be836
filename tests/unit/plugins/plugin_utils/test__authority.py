# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose authority is in force, with certificates of the real openssl."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import pair
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _authority
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.certificate.openssl_authority import (
    Authority,
    openssl,
)

ALL = ("ftp1", "ftp2", "ftp3")
Looks = dict[str, dict[str, t.Any]]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("old"), "old")


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("new"), "new")


def held(*authorities: Authority, has_key: bool = True) -> _authority.Held:
    return _authority.Held(
        "".join(each.pem for each in authorities), "fxp_tls_ca_cert: /a/fxp-ca.pem", "fxp_tls_ca_key: /a/fxp-ca.key", has_key
    )


def look(*authorities: Authority, reason: str | None = None) -> dict[str, t.Any]:
    return {"trusted": pair.identities("".join(each.pem for each in authorities)), "reason": reason}


def run(targeted: t.Collection[str] = ALL, later: t.Collection[str] = ()) -> _authority.Run:
    return _authority.Run(ALL, targeted, later)


def refusal(has: _authority.Held, looks: Looks, of: _authority.Run | None = None) -> str:
    with pytest.raises(_authority.AuthorityError) as caught:
        _authority.judge(has, looks, of or run())
    assert "No host was changed." in str(caught.value)
    return str(caught.value)


def fingerprint(authority: Authority) -> str:
    return openssl("x509", "-noout", "-fingerprint", "-sha256", text=authority.pem).strip().partition("=")[2]


def test_one_can_be_made_only_where_files_can_be(tmp_path: pathlib.Path) -> None:
    _authority.check_places({"fxp_tls_ca_cert": f"{tmp_path}/fxp-ca.pem", "fxp_tls_ca_key": f"{tmp_path}/fxp-ca.key"})
    assert not list(tmp_path.iterdir())
    # Where nobody may write, root included, and where there is nothing.
    for place, why in (("/proc/self", "No such file or directory"), (f"{tmp_path}/away", "No such file or directory")):
        with pytest.raises(_authority.AuthorityError) as caught:
            _authority.check_places({"fxp_tls_ca_cert": f"{tmp_path}/fxp-ca.pem", "fxp_tls_ca_key": f"{place}/fxp-ca.key"})
        assert (
            f"fxp_tls_ca_key: no authority of the fleet can be made at {place}/fxp-ca.key: {place}: {why}. No host was "
            "changed." in str(caught.value)
        )


def test_one_is_made_where_everybody_was_asked_and_nobody_trusts_one() -> None:
    looks = {name: look(reason="is not there yet") for name in ALL}
    assert _authority.judge(held(has_key=False), looks, run()).make


@pytest.mark.parametrize(
    ("looks", "of", "told"),
    [
        (("ftp1", "ftp2"), run(("ftp1", "ftp2")), "seen on ftp3 (not part of this run), and"),
        (("ftp1", "ftp2"), run(), "seen on ftp3 (out of reach, or failed), and"),
        (("ftp1",), run(later=("ftp3",)), "seen on ftp3 (in another batch, by serial); ftp2 (out of reach, or failed), and"),
    ],
)
def test_none_is_made_where_a_server_was_not_asked(looks: tuple[str, ...], of: _authority.Run, told: str) -> None:
    text = refusal(held(has_key=False), {name: look() for name in looks}, of)
    assert told in text
    assert "/a/fxp-ca.pem" in text
    assert "/a/fxp-ca.key" in text
    assert ("without serial" in text) == bool(of.later)


def test_nor_where_one_trusts_one_and_it_is_named(old: Authority) -> None:
    text = refusal(held(has_key=False), {"ftp1": look(old), "ftp2": look(old), "ftp3": look()})
    assert text.startswith(
        f"ftp1, ftp2 trust the authority 'old' (SHA-256 {fingerprint(old)}), and the controller has no certificate"
    )


def test_a_key_alone_makes_no_second_authority_either(old: Authority) -> None:
    assert "but a key: fxp_tls_ca_key: /a/fxp-ca.key" in refusal(held(), {"ftp1": look(old)})


def test_another_authority_is_refused_and_both_are_named(old: Authority, new: Authority) -> None:
    text = refusal(held(new), {"ftp1": look(new), "ftp2": look(old), "ftp3": look()})
    assert text.startswith(
        f"ftp2 trusts the authority 'old' (SHA-256 {fingerprint(old)}), and fxp_tls_ca_cert: /a/fxp-ca.pem on "
        f"the controller has the authority 'new' (SHA-256 {fingerprint(new)}): no certificate in common."
    )
    assert "append /etc/proftpd/fxp-tls-ca.pem of ftp2 to the controller" in text


def test_each_step_of_a_replacement_passes(old: Authority, new: Authority) -> None:
    for has, trusted in ((held(old, new), (old,)), (held(new, old), (old, new)), (held(new), (new, old))):
        assert not _authority.judge(has, dict.fromkeys(ALL, look(*trusted)), run()).make


def test_a_step_that_was_left_out_does_not(old: Authority, new: Authority) -> None:
    refusal(held(new), dict.fromkeys(ALL, look(old)))


def test_servers_out_of_reach_do_not_stop_a_controller_that_has_the_authority(old: Authority) -> None:
    assert _authority.judge(held(old), {"ftp1": look(old)}, run(("ftp1",))) == _authority.Verdict(False, {})


def test_a_key_is_asked_for_only_where_something_is_to_be_signed(old: Authority) -> None:
    _authority.judge(held(old, has_key=False), dict.fromkeys(ALL, look(old)), run())
    text = refusal(held(old, has_key=False), {"ftp1": look(old), "ftp2": look(old, reason="ends on 2026-12-01")})
    assert text.startswith(
        "the certificate of ftp2 ends on 2026-12-01, and the key that signs a new one is not there: "
        "fxp_tls_ca_key: /a/fxp-ca.key."
    )


def test_what_a_host_refuses_stops_all(old: Authority) -> None:
    looks: Looks = {"ftp1": look(old), "ftp2": {"refused": True, "msg": "fxp_tls_certificate ends on 2026-01-01."}}
    assert refusal(held(old), looks).startswith("ftp2: fxp_tls_certificate ends on 2026-01-01.")


def test_the_key_of_the_first_one_signs(old: Authority, new: Authority) -> None:
    _authority.check_key(held(old), old.key.read_text())
    _authority.check_key(held(old, new), old.key.read_text())
    _authority.check_key(held(), old.key.read_text())


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("new", "is the key of another authority: fxp_tls_ca_cert: /a/fxp-ca.pem begins with the authority 'new'"),
        ("new old", "is the key of the authority 'old'"),
    ],
)
def test_the_key_of_another_does_not(old: Authority, new: Authority, order: str, told: str) -> None:
    with pytest.raises(_authority.AuthorityError) as caught:
        _authority.check_key(held(*({"new": new, "old": old}[name] for name in order.split())), old.key.read_text())
    assert str(caught.value).startswith(f"fxp_tls_ca_key: /a/fxp-ca.key {told}")


@pytest.mark.parametrize("text", ["", "nothing", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_neither_does_what_is_no_key(old: Authority, text: str) -> None:
    with pytest.raises(_authority.AuthorityError, match=r"^fxp_tls_ca_key: /a/fxp-ca\.key (is not|cannot be read)"):
        _authority.check_key(held(old), text)


@pytest.mark.parametrize("form", ["pkcs8", "traditional"])
def test_nor_one_with_a_passphrase(old: Authority, form: str) -> None:
    words = ("pkey", "-aes256", "-passout", "pass:secret") if form == "pkcs8" else ("ec", "-aes256", "-passout", "pass:secret")
    with pytest.raises(_authority.AuthorityError, match="has a passphrase, which nobody could type in; encrypt it"):
        _authority.check_key(held(old), openssl(*words, text=old.key.read_text()))


def test_a_server_s_own_certificate_is_no_authority(tmp_path: pathlib.Path) -> None:
    with pytest.raises(_authority.AuthorityError, match="not the certificate of an authority"):
        _authority.read(Authority(tmp_path, "server", is_one=False).pem, "fxp_tls_ca_cert: /a/fxp-ca.pem")


def test_an_authority_is_the_same_however_it_is_written(old: Authority) -> None:
    text = "\n some words\n" + old.pem.replace("\n", "\r\n")
    assert not _authority.judge(_authority.Held(text, "", "", has_key=True), {"ftp1": look(old)}, run()).make
