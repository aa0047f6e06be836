# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Private key and certificate of a server, and the authorities that it trusts.

Key and certificate are one file, so that one rename replaces both: whatever kills a run, they belong to one another. ProFTPD
reads the files at the beginning of every session, so a change needs no reload. A new key waits under a name of its own until
its certificate comes; it never leaves the host.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import re

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import lock
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.run import find, run
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import pair

MODE = 0o600
TRUST_MODE = 0o644
OPENSSL_TIMEOUT = 60  # seconds
MOST_OF_A_COMMON_NAME = 64  # characters (RFC 5280, ub-common-name)
NOT_OURS = "(not from the fleet's authority, not shown)\n"
REQUEST = """[req]
prompt = no
distinguished_name = subject
req_extensions = extensions
[subject]
CN = {common_name}
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = {alternatives}
"""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the files are: key and certificate, and the authorities that are trusted."""

    path: str
    trust_path: str

    @property
    def key(self) -> str:
        """The new key while its certificate is still to come."""
        return self.path + ".fxp-key"

    @property
    def leftovers(self) -> tuple[str, ...]:
        """What is there only while a certificate is made, or after a run that was killed."""
        return (self.key, *map(_files.staged_name, (self.path, self.trust_path, self.key)))

    @property
    def every(self) -> tuple[str, ...]:
        """All files that may be there, what is in use first."""
        return (self.path, self.trust_path, *self.leftovers)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """
    What was done.

    ``request`` is to be signed, ``reason`` says why a new certificate is needed, ``ends`` is in seconds since the epoch.
    ``trusted`` are the authorities that were trusted before. ``in_place`` tells that there was nothing at all to do.
    ``shown_before`` and ``shown_after`` are for the diff and have public parts only.
    """

    changed: bool
    request: str | None = None
    reason: str | None = None
    ends: int | None = None
    warnings: tuple[str, ...] = ()
    trusted: tuple[dict[str, str], ...] = ()
    in_place: bool = False
    shown_before: str = ""
    shown_after: str = ""


def apply(place: Place, wanted: pair.Wanted, certificate: str | None, private_key: str | None, *, check_mode: bool) -> Outcome:
    """
    See to it that key, certificate and authorities are as wanted.

    Without ``certificate`` it looks at what is there and makes a new key and a request where that does not do. With it, that
    certificate is put into its place, with ``private_key`` or with the key that was made for it. Raises HostError.
    """
    directory = os.path.dirname(place.path)
    if check_mode:
        return _apply(place, wanted, certificate, private_key, check_mode=True)
    if not os.path.isdir(directory):
        raise HostError(f"The directory {directory} is missing; install ProFTPD first.")
    with lock.beside(place.path):
        return _apply(place, wanted, certificate, private_key, check_mode=False)


def _apply(place: Place, wanted: pair.Wanted, certificate: str | None, private_key: str | None, *, check_mode: bool) -> Outcome:
    warnings = _about_authorities(wanted.trust) if wanted.trust or not check_mode else ()
    old = _files.read_text(place.path)
    trust_before = _files.read_text(place.trust_path)
    fault, found = _look(place, old, wanted)
    before = "" if old is None else NOT_OURS if found is None else found.describe()
    new = None
    if certificate is not None:
        new = _together(place, certificate, private_key)
        warnings += _judge(new, wanted)
        if new == old and _files.has_mode(place.path, MODE):
            new = None
    # Ansible's lookup of a file takes its last newline off; who fetches the file and appends to it needs that.
    trust = wanted.trust.rstrip("\n") + "\n"
    trust_changes = trust != trust_before or not _files.has_mode(place.trust_path, TRUST_MODE)
    request = None
    needed = certificate is None and fault is not None
    leftovers = any(map(os.path.lexists, place.leftovers))
    if not check_mode:
        for staged in map(_files.staged_name, (place.path, place.trust_path, place.key)):
            _files.remove(staged)  # left by a run that was killed
        # First, and on every server before the first of them gets a new certificate: nobody may meet one that it does not trust.
        if trust_changes:
            _files.write(place.trust_path, trust, TRUST_MODE)
        if new is not None:
            _files.write(place.path, new, MODE)
        if certificate is not None or fault is None:
            _files.remove(place.key)
        else:
            request = _request(place, wanted)
    now = found
    if new is not None:
        now = pair.fault_of(new, wanted)[1]
    after = _planned(wanted) if needed else "" if now is None else now.describe()
    changed = trust_changes or new is not None or needed
    return Outcome(
        changed,
        request,
        fault.told if fault is not None and needed else None,
        None if now is None or needed else now.ends,
        warnings,
        tuple(pair.identities(trust_before or "")),
        not changed and not leftovers,
        before + _named(trust_before or ""),
        after + _named(wanted.trust),
    )


def remove(place: Place, *, check_mode: bool) -> bool:
    """Take everything away; return whether there was anything to take away."""
    found = [name for name in place.every if os.path.lexists(name)]
    if not check_mode:
        for name in found:
            _files.remove(name)
    return bool(found)


def _look(place: Place, text: str | None, wanted: pair.Wanted) -> tuple[pair.Fault | None, pair.Certified | None]:
    if text is None:
        return pair.Fault(pair.BROKEN, f"is not at {place.path}"), None
    fault, found = pair.fault_of(text, wanted)
    if fault is None and not _files.has_mode(place.path, MODE):
        fault = pair.Fault(pair.BROKEN, "lay with its key in a file that others may read")
    return fault, found


def _together(place: Place, certificate: str, private_key: str | None) -> str:
    """Return key and certificates as one text."""
    key = _files.read_text(place.key) if private_key is None else private_key
    if key is None:
        raise HostError(f"No key waits for this certificate at {place.key}; run this again from the beginning.")
    return f"{key.strip()}\n{certificate.strip()}\n"


def _judge(text: str, wanted: pair.Wanted) -> tuple[str, ...]:
    """Raise HostError if key and certificate ``text`` do not do; return what is to be told people."""
    fault, found = pair.fault_of(text, wanted)
    if fault is None:
        return ()
    whose = "The certificate that the authority gave this server" if wanted.signed else "fxp_tls_certificate"
    # Nobody but its owner can renew it, and it serves until it ends.
    if fault.kind == pair.ENDS and found is not None and not wanted.signed:
        return (f"{whose} {fault.told}; bring a new one.",)
    if fault.of_key and not wanted.signed:
        raise HostError(f"fxp_tls_private_key {fault.of_key}; nothing was changed.")
    raise HostError(f"{whose} {fault.told}; nothing was changed.")


def _about_authorities(trust: str) -> tuple[str, ...]:
    """Return what is to be told of the authorities in ``trust``; raises HostError if they are none."""
    try:
        found = pair.authorities(trust)
    except ValueError as exc:
        raise HostError(f"fxp_tls_ca_cert {exc}; write the certificate of the fleet's authority.") from None
    return tuple(
        f"The authority {name!r} of fxp_tls_ca_cert ends on {pair.day(ends)}, and every certificate with it; replace it in time, "
        "see docs/tls.md of proftpd.fxp."
        for name, ends in found
        if pair.ends_soon(ends)
    )


def _named(trust: str) -> str:
    """Return the authorities in ``trust`` in lines, for a diff."""
    try:
        return "".join(f"trusts: {name}, until {pair.day(ends)}\n" for name, ends in pair.authorities(trust)) if trust else ""
    except ValueError:
        return "trusts: (cannot be read)\n"


def _planned(wanted: pair.Wanted) -> str:
    """Return what a certificate that is still to be made will say."""
    issuer = _issuer(wanted.trust)
    alternatives = ", ".join([*sorted(wanted.addresses), *([wanted.name] if wanted.name else [])])
    return f"subject: {_common_name(wanted)}\nissuer: {issuer}\nfor: {alternatives}\nends: (still to be made)\n"


def _issuer(trust: str) -> str:
    try:
        return pair.authorities(pair.first_of(trust))[0][0] if trust else "(still to be made)"
    except (ValueError, IndexError):
        return "(cannot be read)"


def _common_name(wanted: pair.Wanted) -> str:
    return (wanted.name or wanted.addresses[0])[:MOST_OF_A_COMMON_NAME]


def _request(place: Place, wanted: pair.Wanted) -> str:
    """Make a new key that waits for its certificate, and return the request for that."""
    for address in wanted.addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise HostError(f"{address!r} is no literal address; a certificate needs one.") from None
    if wanted.name is not None and not re.fullmatch(r"[A-Za-z0-9.-]{1,253}", wanted.name):
        raise HostError(f"{wanted.name!r} is no name that can stand in a certificate.")
    key = _openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "")
    _files.stage(place.key, key, MODE)
    alternatives = [f"IP:{address}" for address in wanted.addresses] + ([f"DNS:{wanted.name}"] if wanted.name else [])
    request = REQUEST.format(common_name=_common_name(wanted), alternatives=", ".join(alternatives))
    try:
        return _openssl(["req", "-new", "-sha256", "-key", place.key, "-config", "/dev/stdin"], request)
    except BaseException:
        _files.remove(place.key)
        raise


def _openssl(arguments: list[str], text: str) -> str:
    """Return what the program openssl prints. What it says on the other channel is shown only if it fails."""
    if find("openssl") is None:
        raise HostError("The program openssl is missing; install the package openssl.")
    done = run(["openssl", *arguments], OPENSSL_TIMEOUT, text=text)
    if done.status != 0:
        raise HostError(f"'openssl {arguments[0]}' failed: {done.errors.splitlines()[-1] if done.errors else done.status}.")
    return done.output + "\n"
