# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Look at a private key with its certificate, as a TLS client would: by a handshake, in memory.

That is all the standard library needs to tell whether the key belongs to the certificate, whether the chain ends at the
authority, which addresses are certified, and for how long.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import ipaddress
import os
import re
import ssl
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

DAY = 86400  # seconds
# Days before the end of an authority at which people are told: every server needs a new certificate by then.
AUTHORITY_ENDS = 90

BROKEN, UNTRUSTED, ADDRESSES, ENDS = "broken", "untrusted", "addresses", "ends"
# Of OpenSSL, X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED.
NOT_YET_VALID, EXPIRED = 9, 10
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(\s*Proc-Type: 4,ENCRYPTED)?")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """
    What a certificate must be like.

    ``trust`` is the PEM text of the authorities. One that the fleet's authority signs (``signed``) comes from the first of them
    and has exactly the ``addresses`` and the ``name``; one that somebody brings comes from any of them, and may have more.
    ``renew_before`` is in days.
    """

    addresses: tuple[str, ...]
    name: str | None
    trust: str
    signed: bool
    renew_before: int = 30


@dataclasses.dataclass(frozen=True)
class Fault:
    """
    Why a pair does not do: ``kind`` for programs, ``told`` as the end of a sentence that begins with "the certificate".

    ``of_key`` ends one that begins with "the private key", where that is at fault.
    """

    kind: str
    told: str
    of_key: str = ""


@dataclasses.dataclass(frozen=True)
class Certified:
    """What a certificate says. ``ends`` is in seconds since the epoch."""

    subject: str
    issuer: str
    addresses: frozenset[str]
    names: frozenset[str]
    ends: int

    def describe(self) -> str:
        """Return it in lines, for a diff. All of it is public."""
        alternatives = sorted(self.addresses) + sorted(self.names)
        return f"subject: {self.subject}\nissuer: {self.issuer}\nfor: {', '.join(alternatives)}\nends: {day(self.ends)}\n"


class PairError(HostError):
    """Nothing could be learned of a pair."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.told)
        self.fault = fault


def day(moment: float) -> str:
    """Return ``moment`` (seconds since the epoch) as a date in UTC."""
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%d")


def first_of(trust: str) -> str:
    """Return the first certificate of the PEM text ``trust``; empty if there is none."""
    match = _CERTIFICATE.search(trust)
    return match.group(0) + "\n" if match else ""


def look(pair: str, trust: str) -> Certified:
    """
    Return what the certificate in the PEM text ``pair`` says.

    Raises PairError unless its key belongs to it and it comes from ``trust``.
    """
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with _file_in_memory(pair) as path:
        try:
            # Never asks anybody for a passphrase.
            server.load_cert_chain(path, password=lambda: "")
        except (ssl.SSLError, OSError, ValueError) as exc:
            raise PairError(_unreadable(pair, getattr(exc, "reason", None))) from None
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    try:
        client.load_verify_locations(cadata=trust)
    except (ssl.SSLError, ValueError):
        raise PairError(Fault(UNTRUSTED, "cannot be checked, because the certificate of the authority cannot be read")) from None
    try:
        return _certified(_handshake(client, server))
    except ssl.SSLCertVerificationError as exc:
        # Both depend on what the host takes for now, and a clock that is off by years is more common than such a certificate.
        clock = f"; the clock of this host says {day(time.time())}" if exc.verify_code in (NOT_YET_VALID, EXPIRED) else ""
        raise PairError(Fault(UNTRUSTED, f"is not one that the authority stands for ({exc.verify_message}{clock})")) from None
    except ssl.SSLError as exc:
        raise PairError(Fault(BROKEN, f"cannot serve ({_words(exc.reason)})")) from None


def fault_of(pair: str, wanted: Wanted, now: float | None = None) -> tuple[Fault | None, Certified | None]:
    """Return what is wrong with the PEM text ``pair``, and what its certificate says where that can be learned."""
    try:
        found = look(pair, first_of(wanted.trust) if wanted.signed else wanted.trust)
    except PairError as exc:
        return exc.fault, None
    addresses, names = set(map(_canonical, wanted.addresses)), {wanted.name} if wanted.name and wanted.signed else set()
    missing = sorted(addresses - found.addresses) + sorted(names - found.names)
    if missing:
        return Fault(ADDRESSES, f"does not have {', '.join(missing)} in it"), found
    surplus = sorted(found.addresses - addresses) + sorted(found.names - names)
    if wanted.signed and surplus:
        return Fault(ADDRESSES, f"has {', '.join(surplus)} in it, which is not this server's any more"), found
    if found.ends < (time.time() if now is None else now) + wanted.renew_before * DAY:
        return Fault(ENDS, f"ends on {day(found.ends)}"), found
    return None, found


def each_of(trust: str) -> list[str]:
    """Return every certificate in the PEM text ``trust``, each once, in their order."""
    return [text + "\n" for text in dict.fromkeys(_CERTIFICATE.findall(trust))]


def identities(trust: str) -> list[dict[str, str]]:
    """
    Return ``subject`` and ``fingerprint`` of every authority in the PEM text ``trust``, each once, in their order.

    The fingerprint is the SHA-256 of the certificate, as ``openssl x509 -fingerprint -sha256`` prints it.
    """
    found: dict[str, str] = {}
    for text in each_of(trust):
        # One that cannot be read is trusted by nobody.
        with contextlib.suppress(ValueError):
            subject = authorities(text)[0][0]
            digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest().upper()
            found.setdefault(":".join(digest[at : at + 2] for at in range(0, len(digest), 2)), subject)
    return [{"subject": subject, "fingerprint": fingerprint} for fingerprint, subject in found.items()]


def ends_soon(ends: int) -> bool:
    """Tell whether an authority that ends at ``ends`` (seconds since the epoch) is to be replaced now."""
    return ends < time.time() + AUTHORITY_ENDS * DAY


def authorities(trust: str) -> list[tuple[str, int]]:
    """Return name and end (seconds since the epoch) of every authority in the PEM text ``trust``. Raises ValueError."""
    if not first_of(trust):
        raise ValueError("has no certificate in it")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=trust)
    except ssl.SSLError as exc:
        raise ValueError(f"cannot be read ({_words(exc.reason)})") from None
    found: list[t.Mapping[str, t.Any]] = list(context.get_ca_certs())
    if len(found) < len(each_of(trust)):
        raise ValueError("has a certificate in it that is not the certificate of an authority (CA:TRUE)")
    return [(_common_name(each["subject"]), int(ssl.cert_time_to_seconds(each["notAfter"]))) for each in found]


def _unreadable(pair: str, reason: str | None) -> Fault:
    """Return why OpenSSL does not take the PEM text ``pair``. It says so little that the text is asked, too."""
    key = _KEY.search(pair)
    if reason == "KEY_VALUES_MISMATCH":
        return Fault(BROKEN, "does not belong to its private key")
    if key is None:
        return Fault(BROKEN, "has no private key", "is no private key as PEM text")
    if "ENCRYPTED" in key.group(0):
        passphrase = "a passphrase, which nobody is there to enter when a server starts"
        return Fault(BROKEN, f"has a private key with {passphrase}", f"has {passphrase}; write the key without one")
    if not first_of(pair):
        return Fault(BROKEN, "is no certificate as PEM text")
    return Fault(BROKEN, f"or its private key cannot be read ({_words(reason)})")


def _words(reason: str | None) -> str:
    """Return a reason of OpenSSL as words."""
    return (reason or "it is no PEM text").replace("_", " ").lower()


@contextlib.contextmanager
def _file_in_memory(text: str) -> t.Iterator[str]:
    """Yield a name for ``text``: the standard library reads keys from files only, and this one is on no disk."""
    with os.fdopen(os.memfd_create("pair"), "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> t.Mapping[str, t.Any]:
    """Let the two talk in memory and return the certificate that the client saw."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True)]
    waiting = list(sides)
    # A handshake takes three flights (RFC 8446) or four (RFC 5246).
    for _flight in range(10):
        for side in list(waiting):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
                waiting.remove(side)
        if sides[0] not in waiting:
            return sides[0].getpeercert() or {}
    raise ssl.SSLError("the handshake does not end")


def _certified(said: t.Mapping[str, t.Any]) -> Certified:
    alternatives = said.get("subjectAltName", ())
    return Certified(
        _common_name(said["subject"]),
        _common_name(said["issuer"]),
        frozenset(_canonical(text) for kind, text in alternatives if kind == "IP Address"),
        frozenset(printable(text) for kind, text in alternatives if kind == "DNS"),
        int(ssl.cert_time_to_seconds(said["notAfter"])),
    )


def _common_name(name: t.Iterable[t.Iterable[tuple[str, str]]]) -> str:
    parts = [part for relative in name for part in relative]
    # Whoever made the certificate chose it, and it is told in diffs and sentences.
    return printable(dict(parts).get("commonName") or ", ".join(f"{kind}={text}" for kind, text in parts))


def _canonical(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError:
        return address
