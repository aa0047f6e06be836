# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR, WARNING
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.daemon_checker import Ask
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.lints.cases import (
    CLASS,
    CLEAN,
    FOREIGN,
    MOST,
    PEERS,
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
    Case("foreign_address_missing", ERROR, "main", 1, PORTS + MOST, (CLEAN, MOST + common(FOREIGN + PORTS))),
    Case(
        "foreign_address_missing",
        ERROR,
        "main",
        1,
        PORTS + MOST + f"<Anonymous /srv>\n{FOREIGN}</Anonymous>\n",
        (CLEAN + f"<Anonymous /srv>\n{FOREIGN}</Anonymous>\n",),
    ),
    Case(
        "foreign_address_missing",
        ERROR,
        "main",
        1,
        PORTS + MOST + f"<IfModule mod_tls.c>\n{FOREIGN}</IfModule>\n",
        (PORTS + MOST + f"<IfModule !mod_tls.c>\n{FOREIGN}</IfModule>\n",),
    ),
    Case(
        "foreign_address_missing",
        ERROR,
        "127.0.0.2",
        3,
        "Port 0\n" + MOST + virtual(PORTS),
        ("Port 0\n" + MOST + virtual(PORTS + FOREIGN),),
    ),
    Case(
        "foreign_address_does_not_reach",
        ERROR,
        "127.0.0.2",
        4,
        CLEAN + virtual(PORTS),
        (CLEAN + virtual(PORTS + FOREIGN), CLEAN + virtual(PORTS) + common(FOREIGN), CLEAN + virtual("Port 0\n")),
    ),
    Case(
        "foreign_address_only_conditional",
        ERROR,
        "main",
        4,
        SESSION + PORTS + MOST + f"<IfUser a>\n{FOREIGN}</IfUser>\n",
        (SESSION + CLEAN + f"<IfUser a>\n{FOREIGN}</IfUser>\n", SESSION + f"<IfUser a>\n{FOREIGN}</IfUser>\n" + CLEAN),
    ),
    Case(
        "foreign_address_only_conditional",
        ERROR,
        "main",
        4,
        SESSION + PORTS + MOST + f"<IfGroup a>\n{FOREIGN}</IfGroup>\n<IfClass b>\n{FOREIGN}</IfClass>\n",
        (SESSION + CLEAN + f"<IfGroup a>\n{FOREIGN}</IfGroup>\n<IfClass b>\n{FOREIGN}</IfClass>\n",),
    ),
    Case(
        "foreign_address_only_conditional",
        ERROR,
        "main",
        5,
        SESSION + PORTS + MOST + common(f"<IfUser a>\n{FOREIGN}</IfUser>\n"),
        (SESSION + PORTS + MOST + common(f"<IfUser a>\n{FOREIGN}</IfUser>\n{FOREIGN}"),),
    ),
    Case("foreign_address_any", WARNING, "main", 3, PORTS + MOST + "AllowForeignAddress on\n", (CLEAN,)),
    Case(
        "foreign_address_any",
        WARNING,
        "main",
        3,
        PORTS + MOST + "AllowForeignAddress Yes\n",
        (PORTS + MOST + "AllowForeignAddress No\n",),
    ),
    Case(
        "foreign_address_any",
        WARNING,
        "main",
        3,
        PORTS + MOST + "AllowForeignAddress 1\n",
        (PORTS + MOST + "AllowForeignAddress 0\n",),
    ),
    Case(
        "foreign_address_any",
        WARNING,
        "main",
        3,
        PORTS + MOST + "AllowForeignAddress true\n",
        (PORTS + MOST + "AllowForeignAddress false\n",),
    ),
    Case(
        "foreign_address_any",
        WARNING,
        "main",
        5,
        CLEAN + "<Anonymous /srv>\nAllowForeignAddress on\n</Anonymous>\n",
        (CLEAN + "<Anonymous /srv>\nAllowForeignAddress no\n</Anonymous>\n",),
    ),
    Case(
        "foreign_address_any",
        WARNING,
        "main",
        3,
        PEERS + "<Class peers>\nFrom 192.0.2.1 0.0.0.0/0\n</Class>\n",
        (PEERS + "<Class peers>\nFrom 192.0.2.1 0.0.0.0/0\nSatisfy all\n</Class>\n",),
    ),
    Case("foreign_address_any", WARNING, "main", 3, PEERS + "<Class peers>\nFrom ALL\n</Class>\n", (PEERS + CLASS,)),
    Case(
        "foreign_address_any",
        WARNING,
        "main",
        3,
        PEERS + "<Class peers>\nFrom 0.0.0.0/1,128.0.0.0/1\n</Class>\n",
        (PEERS + "<Class peers>\nFrom !192.0.2.1\nFrom 192.0.2.0/24\nSatisfy all\n</Class>\n",),
    ),
    Case(
        "class_wide",
        WARNING,
        "main",
        3,
        PEERS + "<Class peers>\nFrom 44.0.0.0/7\n</Class>\n",
        (PEERS + "<Class peers>\nFrom 44.0.0.0/8 10.0.0.0/8\n</Class>\n",),
    ),
    Case(
        "class_unclear",
        WARNING,
        "main",
        3,
        PEERS + "<Class peers>\nFrom 192.0.2.1 peer.example.com\n</Class>\n",
        (PEERS + "<Class peers>\nFrom 192.0.2.\n</Class>\n",),
    ),
    Case("foreign_address_look_alike", ERROR, "main", 3, PORTS + MOST + "AllowForeignAddress Enabled\n", (PEERS + CLASS,)),
    Case(
        "foreign_address_look_alike",
        ERROR,
        "main",
        3,
        PORTS + MOST + "AllowForeignAddress none\n",
        (PORTS + MOST + "AllowForeignAddress none\n<Class none>\nFrom 192.0.2.1\n</Class>\n",),
    ),
    Case(
        "foreign_address_look_alike",
        ERROR,
        "main",
        3,
        PORTS + MOST + "AllowForeignAddress no\n<Class no>\nFrom 192.0.2.1\n</Class>\n",
        (PORTS + MOST + "AllowForeignAddress no\n<Class No>\nFrom 192.0.2.1\n</Class>\n",),
    ),
    Case("class_undefined", ERROR, "main", 3, PEERS, (PEERS + CLASS, CLASS + PEERS)),
    Case("class_undefined", ERROR, "main", 3, PEERS + CLASS.replace("peers", "Peers"), (PEERS + common(CLASS),)),
    Case(
        "class_undefined",
        ERROR,
        "main",
        4,
        PORTS + MOST + common("AllowForeignAddress peers\n"),
        (PORTS + MOST + common("AllowForeignAddress peers\n") + CLASS,),
    ),
    Case(
        "class_undefined",
        ERROR,
        "main",
        6,
        SESSION + CLEAN + "<IfUser a>\nAllowForeignAddress peers\n</IfUser>\n",
        (SESSION + CLEAN + "<IfUser a>\nAllowForeignAddress peers\n</IfUser>\n" + CLASS,),
    ),
    Case(
        "class_undefined",
        ERROR,
        "main",
        3,
        PEERS + f"<IfDefine FXP>\n{CLASS}</IfDefine>\n",
        (PEERS + f"<IfDefine !FXP>\n{CLASS}</IfDefine>\n",),
    ),
    Case(
        "class_empty",
        ERROR,
        "main",
        3,
        PEERS + "<Class peers>\n# From 192.0.2.1\n</Class>\n",
        (PEERS + "<Class peers>\n</Class>\n" + CLASS, CLEAN + "<Class peers>\n</Class>\n"),
    ),
    Case(
        "class_matches_nobody",
        WARNING,
        "main",
        3,
        PEERS + "<Class peers>\nFrom none\n</Class>\n",
        (PEERS + "<Class peers>\nFrom none\nFrom 192.0.2.1\n</Class>\n", CLEAN + "<Class peers>\nFrom none\n</Class>\n"),
    ),
    Case(
        "class_matches_nobody",
        WARNING,
        "main",
        3,
        PEERS + "<Class peers>\nFrom none\nFrom 192.0.2.1\nSatisfy all\n</Class>\n",
        (PEERS + "<Class peers>\nFrom 192.0.2.1\nSatisfy all\n</Class>\n",),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_finding_in_what_the_daemon_accepts(checker: Ask, case: Case) -> None:
    assert_found(checker, case)


@pytest.mark.parametrize("text", sorted({near for case in CASES for near in case.near}))
def test_no_finding_in_what_comes_near(checker: Ask, text: str) -> None:
    assert_clean(checker, text)
