# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certification authority of the tests' own, and the directives that make ProFTPD use its certificates."""

from __future__ import annotations

import datetime
import ipaddress
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Issues certificates into a directory; keys are those of elliptic curves, because they are made at once."""

    def __init__(self, root: pathlib.Path, name: str = "ca") -> None:
        self.root, self.name = root, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} of the tests")])
        certificate = self._builder(self._subject, self._key, 365).add_extension(x509.BasicConstraints(True, None), True)
        self.path = root / f"{name}.pem"
        self.path.write_bytes(_pem(certificate.sign(self._key, hashes.SHA256())))
        self.path.chmod(0o644)

    @property
    def pem(self) -> str:
        """The authority's own certificate."""
        return self.path.read_text()

    def issue(self, *names: str, days: int = 30, signed: bool = True) -> pathlib.Path:
        """
        Key and certificate in one file, for addresses and names.

        ``days`` below zero is how long ago it expired. One that is not ``signed`` by the authority is signed by itself.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        builder = self._builder(subject, key, days, None if signed else subject).add_extension(alternatives, False)
        certificate = builder.sign(self._key if signed else key, hashes.SHA256())
        path = self.root / f"{self.name}-{'-'.join(names)}-{days}-{signed}.pem".replace(":", ".")
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.touch(0o600)
        path.write_bytes(private + _pem(certificate))
        return path

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int, issuer: x509.Name | None = None
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=60))
            .not_valid_after(now + datetime.timedelta(days=days))
        )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def tls(certificate: pathlib.Path, ca: pathlib.Path | None, *options: str, versions: str = "TLSv1.2", more: str = "") -> str:
    """
    Directives of a daemon that admits TLS; ``options`` are TLSOptions and ``more`` lines to add.

    A server that waits for a handshake gives up after 3 seconds instead of 300.
    """
    lines = [
        "LoadModule mod_tls.c",
        "TLSEngine on",
        f"TLSProtocol {versions}",
        f"TLSECCertificateFile {certificate}",
        f"TLSECCertificateKeyFile {certificate}",
        "TLSVerifyClient off",
        "TLSTimeoutHandshake 3",
        *([f"TLSCACertificateFile {ca}"] if ca else []),
        *([f"TLSOptions {' '.join(options)}"] if options else []),
        more,
    ]
    return "\n".join(lines) + "\n"
