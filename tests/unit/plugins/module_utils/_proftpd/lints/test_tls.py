# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import findings
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR, WARNING
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.certificate.openssl_authority import Authority
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.daemon_checker import Ask
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.lints.cases import (
    CLASS,
    CLEAN,
    MOST,
    PEERS,
    PORTS,
    Case,
    assert_clean,
    assert_found,
    common,
    name_of,
)

LOAD = "LoadModule mod_tls.c\n"
SESSION = "LoadModule mod_ifsession.c\n"
ENGINE = "TLSEngine on\n"
# The checker reads these files; a fixture makes them, in every process that runs tests.
PLACE = f"/tmp/proftpd-fxp-test-lint-tls-{os.getpid()}"
CERTIFICATE = f"TLSECCertificateFile {PLACE}/server.pem\nTLSECCertificateKeyFile {PLACE}/server.key\n"
REQUIRED = "TLSRequired on\n"
AUTHORITY = f"TLSCACertificateFile {PLACE}/server.pem\n"
TIMEOUT = "TLSTimeoutHandshake 30\n"
REUSE = "TLSOptions NoSessionReuseRequired\n"
ALONE = LOAD + CLEAN + ENGINE + CERTIFICATE
WITH_PEERS = LOAD + PEERS + CLASS + ENGINE + CERTIFICATE + REQUIRED
FOR_ONE = LOAD + SESSION + CLEAN + CLASS + "<IfUser a>\nAllowForeignAddress peers\n</IfUser>\n" + ENGINE + CERTIFICATE + REQUIRED
ANYBODY = "AllowForeignAddress on\n"

CASES = [
    Case(
        "tls_without_certificate",
        ERROR,
        "main",
        5,
        LOAD + CLEAN + ENGINE + REQUIRED,
        (ALONE + REQUIRED, ALONE.replace("EC", "RSA") + REQUIRED, LOAD + CLEAN + ENGINE + REQUIRED + common(CERTIFICATE)),
    ),
    Case("tls_not_switched_on", ERROR, "main", 5, LOAD + CLEAN + REQUIRED, (LOAD + CLEAN + "TLSRequired off\n",)),
    Case(
        "tls_not_switched_on",
        ERROR,
        "main",
        6,
        LOAD + CLEAN + "TLSEngine off\nTLSRequired auth+data\n",
        (LOAD + CLEAN + "TLSEngine off\n",),
    ),
    Case("tls_not_required", WARNING, "main", 5, ALONE, (ALONE + REQUIRED, ALONE + common(REQUIRED))),
    Case("tls_not_required", WARNING, "main", 8, ALONE + "TLSRequired off\n", (ALONE + "TLSRequired ctrl\n",)),
    Case("tls_not_required", WARNING, "main", 8, ALONE + "TLSRequired data\n", (ALONE + "TLSRequired auth+data\n",)),
    Case(
        "tls_protocol_old",
        WARNING,
        "main",
        9,
        ALONE + REQUIRED + "TLSProtocol TLSv1 TLSv1.2\n",
        (ALONE + REQUIRED + "TLSProtocol TLSv1.2\n", ALONE + REQUIRED + "TLSProtocol TLSv1.2 TLSv1.3\n"),
    ),
    Case(
        "tls_protocol_old",
        WARNING,
        "main",
        9,
        ALONE + REQUIRED + "TLSProtocol ALL -SSLv3\n",
        (ALONE + REQUIRED + "TLSProtocol ALL -SSLv3 -TLSv1 -TLSv1.1\n",),
    ),
    Case(
        "tls_peer_not_verified",
        ERROR,
        "main",
        13,
        WITH_PEERS + TIMEOUT + "TLSVerifyServer off\n",
        (WITH_PEERS + TIMEOUT + AUTHORITY, ALONE + REQUIRED + "TLSVerifyServer off\n"),
    ),
    Case("tls_authority_missing", WARNING, "main", 8, WITH_PEERS + TIMEOUT, (WITH_PEERS + TIMEOUT + AUTHORITY,)),
    Case("tls_authority_missing", WARNING, "main", 12, FOR_ONE + TIMEOUT, (FOR_ONE + TIMEOUT + AUTHORITY,)),
    Case("tls_handshake_long", WARNING, "main", 8, WITH_PEERS + AUTHORITY, (ALONE + REQUIRED,)),
    Case(
        "tls_handshake_long",
        WARNING,
        "main",
        13,
        WITH_PEERS + AUTHORITY + "TLSTimeoutHandshake 300\n",
        (WITH_PEERS + AUTHORITY + "TLSTimeoutHandshake 10\n",),
    ),
]


@pytest.fixture(autouse=True, scope="module")
def certificate() -> t.Iterator[None]:
    place = pathlib.Path(PLACE)
    place.mkdir(mode=0o700, exist_ok=True)
    Authority(place, "server")
    yield
    for path in place.iterdir():
        path.unlink()
    place.rmdir()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_finding_in_what_the_daemon_accepts(checker: Ask, case: Case) -> None:
    assert_found(checker, case)


@pytest.mark.parametrize("text", sorted({near for case in CASES for near in case.near}))
def test_no_finding_in_what_comes_near(checker: Ask, text: str) -> None:
    assert_clean(checker, text)


def test_data_connections_that_anybody_may_take(checker: Ask) -> None:
    text = LOAD + PORTS + MOST + ANYBODY + ENGINE + CERTIFICATE + REQUIRED + AUTHORITY + TIMEOUT + REUSE
    assert checker(text).accepted
    assert [(each.code, each.severity) for each in findings.findings(text)] == [
        ("foreign_address_any", WARNING),
        ("tls_data_from_anybody", ERROR),
    ]
    assert findings.findings(WITH_PEERS + AUTHORITY + TIMEOUT + REUSE) == []
