# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the lints have in common: a clean configuration, and cases around it."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import findings
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.daemon_checker import Ask

FOREIGN = "AllowForeignAddress off\n"
PORTS = "PassivePorts 50000 50099\n"
MOST = "MaxInstances 100\n"
CLEAN = FOREIGN + PORTS + MOST
CLASS = "<Class peers>\nFrom 192.0.2.1\n</Class>\n"
PEERS = PORTS + MOST + "AllowForeignAddress peers\n"
SESSION = "LoadModule mod_ifsession.c\n"


def virtual(directives: str, address: str = "127.0.0.2") -> str:
    return f"<VirtualHost {address}>\nServerIdent off\n{directives}</VirtualHost>\n"


def common(directives: str) -> str:
    return f"<Global>\n{directives}</Global>\n"


class Case(t.NamedTuple):
    """A configuration with one finding, and its neighbours that have none."""

    code: str
    severity: str
    server: str
    line: int
    text: str
    near: tuple[str, ...]


def assert_found(checker: Ask, case: Case) -> None:
    """The daemon accepts it, and the case's finding is the only one."""
    answer = checker(case.text)
    assert answer.accepted, answer.said
    (found,) = findings.findings(case.text)
    assert (found.code, found.severity, found.server, found.line) == (case.code, case.severity, case.server, case.line)
    assert str(found) == f"line {found.line} ({found.server}): {found.sentence}; {found.cure}"
    assert "\n" not in str(found)
    assert not found.sentence.endswith(".")
    assert not found.cure.endswith(".")


def assert_clean(checker: Ask, text: str) -> None:
    """The daemon accepts it, and so do we."""
    answer = checker(text)
    assert answer.accepted, answer.said
    assert findings.findings(text) == []


def name_of(case: Case) -> str:
    """What a case is listed as."""
    return f"{case.code}-{case.line}"
