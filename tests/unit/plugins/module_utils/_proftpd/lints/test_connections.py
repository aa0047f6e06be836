# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR, WARNING
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.daemon_checker import Ask
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.lints.cases import (
    CLEAN,
    FOREIGN,
    MOST,
    PORTS,
    SESSION,
    Case,
    assert_clean,
    assert_found,
    common,
    name_of,
    virtual,
)

CASES = [
    Case("passive_ports_missing", ERROR, "main", 1, FOREIGN + MOST, (CLEAN, FOREIGN + MOST + common(PORTS))),
    Case(
        "passive_ports_missing",
        ERROR,
        "127.0.0.2",
        4,
        CLEAN + virtual(FOREIGN),
        (CLEAN + virtual(FOREIGN + PORTS), CLEAN + virtual(FOREIGN) + common(PORTS)),
    ),
    Case(
        "passive_ports_missing",
        ERROR,
        "main",
        1,
        SESSION + FOREIGN + MOST + f"<IfUser a>\n{PORTS}</IfUser>\n",
        (SESSION + CLEAN + f"<IfUser a>\n{PORTS}</IfUser>\n",),
    ),
    Case(
        "passive_ports_too_few",
        WARNING,
        "main",
        2,
        FOREIGN + "PassivePorts 50000 50098\n" + MOST,
        (CLEAN, FOREIGN + "PassivePorts 50000 50098\nMaxInstances 99\n"),
    ),
    Case(
        "passive_ports_too_few",
        WARNING,
        "global",
        4,
        FOREIGN + MOST + common("PassivePorts 50000 50009\n") + PORTS,
        (FOREIGN + MOST + common("PassivePorts 50000 50999\n") + PORTS,),
    ),
    Case("max_instances_missing", WARNING, "main", 1, FOREIGN + PORTS, (CLEAN,)),
    Case(
        "max_instances_missing",
        WARNING,
        "main",
        3,
        FOREIGN + PORTS + "MaxInstances none\n",
        (FOREIGN + PORTS + "MaxInstances 1\n",),
    ),
    Case(
        "masquerade_address_not_literal",
        WARNING,
        "main",
        4,
        CLEAN + "MasqueradeAddress localhost\n",
        (CLEAN + "MasqueradeAddress 203.0.113.5\n",),
    ),
    Case(
        "masquerade_address_not_literal",
        WARNING,
        "main",
        4,
        CLEAN + "MasqueradeAddress lo\n",
        (CLEAN + "# MasqueradeAddress lo\n",),
    ),
    Case(
        "masquerade_address_ipv6",
        ERROR,
        "127.0.0.2",
        8,
        CLEAN + virtual(FOREIGN + PORTS + "MasqueradeAddress 2001:db8::5\n"),
        (CLEAN + virtual(FOREIGN + PORTS + "MasqueradeAddress ::ffff:203.0.113.5\n"),),
    ),
    Case(
        "timeout_stalled_first",
        WARNING,
        "main",
        5,
        CLEAN + "TimeoutNoTransfer 600\nTimeoutStalled 600\n",
        (CLEAN + "TimeoutNoTransfer 599\nTimeoutStalled 10m\n", CLEAN + "TimeoutNoTransfer 3599\n"),
    ),
    Case("timeout_stalled_first", WARNING, "main", 4, CLEAN + "TimeoutStalled 5min\n", (CLEAN + "TimeoutStalled 0\n",)),
    Case(
        "timeout_stalled_first",
        WARNING,
        "main",
        4,
        CLEAN + "TimeoutNoTransfer 0\n",
        (CLEAN + "TimeoutNoTransfer 0\nTimeoutStalled 0\n",),
    ),
    Case(
        "timeout_stalled_first",
        WARNING,
        "global",
        10,
        CLEAN + virtual(FOREIGN + PORTS) + common("TimeoutStalled 100\n"),
        (
            CLEAN
            + "TimeoutNoTransfer 10\n"
            + virtual(FOREIGN + PORTS + "TimeoutNoTransfer 10\n")
            + common("TimeoutStalled 100\n"),
        ),
    ),
    Case(
        "root_revoke_refuses_port",
        WARNING,
        "main",
        4,
        CLEAN + "RootRevoke on\n",
        (CLEAN + "RootRevoke on\nPort 1024\n", CLEAN + "RootRevoke off\n", CLEAN + "RootRevoke UseNonCompliantActiveTransfers\n"),
    ),
    Case(
        "root_revoke_refuses_port",
        WARNING,
        "main",
        5,
        CLEAN + "Port 990\nRootRevoke on\n",
        (CLEAN + "Port 2121\nRootRevoke on\n",),
    ),
    Case(
        "root_revoke_refuses_port",
        WARNING,
        "global",
        5,
        CLEAN + common("RootRevoke on\n"),
        (CLEAN + common("RootRevoke on\n") + "RootRevoke off\n",),
    ),
    Case(
        "root_revoke_refuses_port",
        WARNING,
        "main",
        5,
        CLEAN + "<Anonymous /srv>\nRootRevoke on\n</Anonymous>\n",
        (CLEAN + "Port 2121\n<Anonymous /srv>\nRootRevoke on\n</Anonymous>\n",),
    ),
    Case(
        "hidden_stores_forbid_restart",
        WARNING,
        "main",
        5,
        CLEAN + "HiddenStores on\nAllowStoreRestart on\n",
        (
            CLEAN + "HiddenStores on\n",
            CLEAN + "AllowStoreRestart on\n",
            CLEAN + "HiddenStores on\nAllowStoreRestart off\n",
            CLEAN + "HiddenStores no\nAllowStoreRestart on\n",
            CLEAN + "HiddenStores on\nAllowRetrieveRestart on\n",
        ),
    ),
    Case(
        "hidden_stores_forbid_restart",
        WARNING,
        "main",
        5,
        CLEAN + "AllowStoreRestart on\nHiddenStores .part. .x\n",
        (CLEAN + "AllowStoreRestart on\nHiddenStores false\n",),
    ),
    Case(
        "hidden_stores_forbid_restart",
        WARNING,
        "main",
        6,
        CLEAN + "HiddenStores on\n" + common("AllowStoreRestart on\n"),
        (CLEAN + "HiddenStores on\nAllowStoreRestart off\n" + common("AllowStoreRestart on\n"),),
    ),
    Case(
        "hidden_stores_forbid_restart",
        WARNING,
        "main",
        6,
        CLEAN + "AllowStoreRestart on\n<Directory /srv>\nHiddenStores on\n</Directory>\n",
        (CLEAN + "AllowStoreRestart on\n<Directory /srv>\nHiddenStores on\nAllowStoreRestart off\n</Directory>\n",),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_finding_in_what_the_daemon_accepts(checker: Ask, case: Case) -> None:
    assert_found(checker, case)


@pytest.mark.parametrize("text", sorted({near for case in CASES for near in case.near}))
def test_no_finding_in_what_comes_near(checker: Ask, text: str) -> None:
    assert_clean(checker, text)
