# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An authority made with the real openssl, which signs requests as a controller does."""

from __future__ import annotations

import pathlib
import subprocess


def openssl(*arguments: str, text: str = "") -> str:
    done = subprocess.run(["openssl", *arguments], input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def new_key() -> str:
    return openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


class Authority:
    """Its private key and its certificate, in a directory."""

    def __init__(self, directory: pathlib.Path, name: str, days: int = 3650, is_one: bool = True) -> None:
        self.key, self.path = directory / f"{name}.key", directory / f"{name}.pem"
        self.key.write_text(new_key())
        constraints = f"basicConstraints=critical,CA:{'TRUE' if is_one else 'FALSE'}"
        openssl(
            "req",
            "-x509",
            "-new",
            "-key",
            str(self.key),
            "-subj",
            f"/CN={name}",
            "-days",
            str(days),
            "-out",
            str(self.path),
            "-addext",
            constraints,
        )
        self.pem = self.path.read_text()

    def sign(self, request: str, days: int = 365) -> str:
        return openssl(
            "x509",
            "-req",
            "-CA",
            str(self.path),
            "-CAkey",
            str(self.key),
            "-CAcreateserial",
            "-days",
            str(days),
            "-copy_extensions",
            "copyall",
            text=request,
        )

    def issue(self, directory: pathlib.Path, *alternatives: str, days: int = 365) -> tuple[str, str]:
        """Return key and certificate of a server that is known by ``alternatives``."""
        key = directory / "issued.key"
        key.write_text(new_key())
        request = openssl(
            "req", "-new", "-key", str(key), "-subj", "/CN=brought", "-addext", f"subjectAltName={','.join(alternatives)}"
        )
        return key.read_text(), self.sign(request, days)
