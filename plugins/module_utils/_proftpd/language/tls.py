# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What mod_tls is told in a context, and what that comes to (contrib/mod_tls.c)."""

from __future__ import annotations

import dataclasses

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy

# Words of TLSRequired that insist on encrypted logins, and on encrypted data.
_LOGINS = frozenset({"on", "ctrl", "control", "auth", "auth+data", "auth+!data", "ctrl+data", "ctrl+!data", "both"})
_DATA = frozenset({"on", "data", "auth+data", "ctrl+data", "both"})
_CERTIFICATES = ("TLSRSACertificateFile", "TLSECCertificateFile", "TLSDSACertificateFile", "TLSPKCS12File")
_RELAXED = "nosessionreuserequired"


@dataclasses.dataclass(frozen=True)
class Tls:
    """What is demanded of the sessions of a context; None is what is not said and depends on the release."""

    engine: bool
    required: str
    logins_required: bool
    data_required: bool
    protocols: list[str] | None
    verify_server: str
    verify_client: str
    session_reuse_required: bool
    options: list[str]
    ca_certificate_file: str | None
    ca_certificate_path: str | None
    certificate_files: list[str]


def of(in_force: policy.Policy, scope: policy.Scope) -> Tls:
    """Return what is in force in ``scope``, a server or a section that counts from the first byte of a session on."""

    def word(directive: str) -> str | None:
        line = in_force.value(scope, directive)
        return None if line is None else line.arguments[0]

    said = word("TLSRequired") or "off"
    truth = policy.boolean(said)
    required = "on" if truth else "off" if truth is False else said.lower()
    engine = bool(in_force.flag(scope, "TLSEngine"))
    protocols = in_force.value(scope, "TLSProtocol")
    return Tls(
        engine=engine,
        required=required,
        logins_required=engine and required in _LOGINS,
        data_required=engine and required in _DATA,
        protocols=None if protocols is None else list(protocols.arguments),
        verify_server=word("TLSVerifyServer") or "on",
        verify_client=word("TLSVerifyClient") or "off",
        session_reuse_required=engine and reuse_waived(in_force, scope) is None,
        options=[option for line in in_force.added(scope, "TLSOptions") for option in line.arguments],
        ca_certificate_file=word("TLSCACertificateFile"),
        ca_certificate_path=word("TLSCACertificatePath"),
        certificate_files=[path for path in map(word, _CERTIFICATES) if path is not None],
    )


def reuse_waived(in_force: policy.Policy, scope: policy.Scope) -> parser.Line | None:
    """The line by which data connections need not take up the client's TLS session; without a cache of sessions none can."""
    for line in in_force.added(scope, "TLSOptions"):
        if _RELAXED in map(str.lower, line.arguments):
            return line
    cache = in_force.value(scope, "TLSSessionCache")
    return cache if cache is not None and policy.boolean(cache.arguments[0]) is False else None
