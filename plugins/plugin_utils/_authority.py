# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Whose authority is in force: what the controller has, held against what every server trusts, before anything changes.

An authority that a second controller makes cuts the fleet apart, so one is made only where every server was asked and none trusts
one. "Another" authority means no certificate in common: while one is replaced old and new stand side by side.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import pair
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _libraries
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values

# Who plans asks for it (_libraries); what merely imports this file must not fail.
with contextlib.suppress(ImportError):
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509 import load_pem_x509_certificate

UNCHANGED = "No host was changed."

Identity = t.Mapping[str, str]


class AuthorityError(Exception):
    """No host may change; the text says why, and the cure."""


@dataclasses.dataclass(frozen=True)
class Held:
    """
    What the controller has.

    ``text`` are the certificates, empty where there are none; ``certificate`` and ``key`` say in words where they belong,
    ``has_key`` whether a key is there, which is not read for that.
    """

    text: str
    certificate: str
    key: str
    has_key: bool


@dataclasses.dataclass(frozen=True)
class Run:
    """The servers that the fleet's TLS is about, the hosts that the play is for, and those of its batches to come."""

    servers: t.Sequence[str]
    targeted: t.Collection[str]
    later: t.Collection[str]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether an authority is to be made, and why its key is needed, by server."""

    make: bool
    to_sign: t.Mapping[str, str]


def read(text: str, where: str) -> None:
    """Raise AuthorityError if ``text``, which lies at ``where``, is not the certificates of authorities and nothing else."""
    try:
        if "PRIVATE KEY-----" in text:
            raise ValueError("has a private key in it, and every server would get it")
        pair.authorities(text)
    except ValueError as exc:
        raise AuthorityError(f"{where} {exc}; write the certificate of the fleet's authority there. {UNCHANGED}") from None


def judge(held: Held, looks: t.Mapping[str, t.Mapping[str, t.Any]], run: Run) -> Verdict:
    """
    Tell what may be done, or raise AuthorityError.

    ``looks`` has for each server what ``proftpd.fxp.proftpd_certificate`` returned in check mode; for one that did not answer,
    anything else.
    """
    refused = [f"{name}: {looks[name]['msg']}" for name in run.servers if looks.get(name, {}).get("refused")]
    if refused:
        raise AuthorityError(" ".join([*refused, UNCHANGED]))
    seen = {name: looks[name] for name in run.servers if "trusted" in looks.get(name, {})}
    if held.text:
        _refuse_another(held, seen)
    else:
        _refuse_a_second(held, seen, run)
    to_sign = {name: str(look["reason"]) for name, look in seen.items() if look["reason"]}
    if to_sign and held.text and not held.has_key:
        raise AuthorityError(
            f"{_reasons(to_sign)}, and the key that signs a new one is not there: {held.key}. {UNCHANGED} Bring "
            "the key back from where it is kept; if it is lost, docs/tls.md of proftpd.fxp tells how to replace "
            "the authority."
        )
    return Verdict(not held.text, to_sign)


def check_places(places: t.Mapping[str, str]) -> None:
    """Raise AuthorityError unless every file of ``places``, by the variable that names it, can be made where it belongs."""
    for variable, path in places.items():
        directory = os.path.dirname(path)
        try:
            # Tried and not asked for: a file system can be read-only or full, whatever the permissions say.
            with tempfile.TemporaryFile(dir=directory):
                pass
        except OSError as exc:
            raise AuthorityError(
                f"{variable}: no authority of the fleet can be made at {path}: {directory}: {exc.strerror}. "
                f"{UNCHANGED} Let the account that runs Ansible write there, or keep the inventory where it "
                "may."
            ) from None


def check_key(held: Held, key: str) -> None:
    """Raise AuthorityError unless ``key`` is the one of the first certificate; there may be no certificate yet."""
    lacking = _libraries.lacks_for_authority()
    if lacking:
        raise AuthorityError(lacking)
    try:
        if not _values.is_pem(key):
            raise ValueError("is not the PEM text of one private key; write that key alone")
        _values.private_key(key)
    except ValueError as exc:
        raise AuthorityError(f"{held.key} {exc}. {UNCHANGED}") from None
    try:
        public = _public(serialization.load_pem_private_key(key.encode(), None))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise AuthorityError(
            f"{held.key} cannot be read as a private key; bring it back from where it is kept. {UNCHANGED}"
        ) from None
    identities = pair.identities(held.text)
    owners = [
        each
        for text in pair.each_of(held.text)
        for each in pair.identities(text)
        if _public(load_pem_x509_certificate(text.encode())) == public
    ]
    if not identities or identities[0] in owners:
        return
    whose = (
        f"is the key of {_named(owners)}, which does not come first there; put it first"
        if owners
        else "is the key of another authority"
    )
    raise AuthorityError(
        f"{held.key} {whose}: {held.certificate} begins with {_named(identities[:1])}, and the first one signs. "
        f"{UNCHANGED} Bring key and certificate that belong together."
    )


def _public(owner: t.Any) -> bytes:
    return bytes(owner.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def _refuse_another(held: Held, seen: t.Mapping[str, t.Mapping[str, t.Any]]) -> None:
    ours = pair.identities(held.text)
    known = {each["fingerprint"] for each in ours}
    others = {
        name: look["trusted"]
        for name, look in seen.items()
        if look["trusted"] and known.isdisjoint(each["fingerprint"] for each in look["trusted"])
    }
    if others:
        raise AuthorityError(
            f"{_trusting(others)}, and {held.certificate} on the controller has {_named(ours)}: no certificate in common. "
            f"{UNCHANGED} If that is not the fleet's file, put the fleet's own there, and its key: {held.key}. If "
            f"{', '.join(others)} missed a step of a replacement, append {platform.USUAL.trust} of "
            f"{' and of '.join(others)} to the controller's file, run proftpd.fxp.site for all servers, and "
            "only then go on (docs/tls.md of proftpd.fxp)."
        )


def _refuse_a_second(held: Held, seen: t.Mapping[str, t.Mapping[str, t.Any]], run: Run) -> None:
    none = (
        f"the controller has no certificate of the fleet's authority ({held.certificate}"
        f"{', but a key: ' if held.has_key else ', nor a key: '}{held.key})"
    )
    bring = "Put both there from where they are kept, or name them in fxp_tls_ca_cert and fxp_tls_ca_key"
    in_force = {name: look["trusted"] for name, look in seen.items() if look["trusted"]}
    if in_force:
        raise AuthorityError(
            f"{_trusting(in_force)}, and {none}. {UNCHANGED} {bring}; if they are lost, docs/tls.md of proftpd.fxp tells the way."
        )
    unseen = [name for name in run.servers if name not in seen]
    if not unseen:
        return
    left_out = [name for name in unseen if name not in run.targeted]
    later = [name for name in unseen if name in run.later]
    silent = [name for name in unseen if name in run.targeted and name not in run.later]
    reasons = ((left_out, "not part of this run"), (later, "in another batch, by serial"), (silent, "out of reach, or failed"))
    why = [f"{', '.join(names)} ({reason})" for names, reason in reasons if names]
    raise AuthorityError(
        f"Whether the fleet has an authority already could not be seen on {'; '.join(why)}, and {none}. None was made. "
        f"{UNCHANGED} {bring}; if the fleet has none yet, run proftpd.fxp.site once for all servers, "
        f"{'without serial and ' if later else ''}with all of them in reach."
    )


def _trusting(trusted: t.Mapping[str, t.Sequence[Identity]]) -> str:
    """Say who trusts what, those that trust the same together."""
    groups: dict[str, list[str]] = {}
    for name, identities in trusted.items():
        groups.setdefault(_named(identities), []).append(name)
    return " and ".join(f"{', '.join(names)} {'trusts' if len(names) == 1 else 'trust'} {what}" for what, names in groups.items())


def _named(identities: t.Sequence[Identity]) -> str:
    return " and ".join(f"the authority '{each['subject']}' (SHA-256 {each['fingerprint']})" for each in identities)


def _reasons(to_sign: t.Mapping[str, str]) -> str:
    return "; ".join(f"the certificate of {name} {reason}" for name, reason in to_sign.items())
