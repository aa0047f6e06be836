# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import findings
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
    Case("directive_repeated", ERROR, "main", 4, CLEAN + "AllowForeignAddress no\n", (CLEAN + FOREIGN,)),
    Case(
        "directive_repeated",
        WARNING,
        "main",
        4,
        CLEAN + "PassivePorts 51000 51999\n",
        (CLEAN + common("PassivePorts 51000 51999\n"), CLEAN + virtual(FOREIGN + "PassivePorts 51000 51999\n")),
    ),
    Case(
        "directive_repeated",
        WARNING,
        "main",
        5,
        CLEAN + "MasqueradeAddress 203.0.113.5\nmasqueradeaddress 203.0.113.6\n",
        (CLEAN + "MasqueradeAddress 203.0.113.5\nmasqueradeaddress 203.0.113.5\n",),
    ),
    Case(
        "directive_repeated",
        WARNING,
        "main",
        5,
        CLEAN + "TimeoutIdle 900\nTimeoutIdle 1200\n",
        (CLEAN + "TimeoutIdle 900\nTimeoutLogin 1200\n",),
    ),
    Case("directive_repeated", WARNING, "main", 3, FOREIGN + PORTS + "MaxInstances 5\n" + MOST, (FOREIGN + PORTS + MOST + MOST,)),
    Case(
        "directive_repeated",
        WARNING,
        "main",
        6,
        CLEAN + "<Directory /srv>\nAllowOverwrite on\nAllowOverwrite off\n</Directory>\n",
        (CLEAN + "AllowOverwrite off\n<Directory /srv>\nAllowOverwrite on\n</Directory>\n",),
    ),
    Case(
        "directive_repeated",
        WARNING,
        "global",
        5,
        CLEAN + common("AllowOverwrite on\n") + common("AllowOverwrite off\n"),
        (CLEAN + common("AllowOverwrite on\n") + "AllowOverwrite off\n",),
    ),
    Case(
        "directive_repeated",
        ERROR,
        "main",
        6,
        SESSION + CLEAN + "<IfUser a>\nAllowForeignAddress no\nAllowForeignAddress off\n</IfUser>\n",
        (SESSION + CLEAN + "<IfUser a>\nAllowForeignAddress no\n</IfUser>\n<IfUser b>\nAllowForeignAddress 0\n</IfUser>\n",),
    ),
    Case(
        "extra_arguments",
        ERROR,
        "main",
        3,
        PORTS + MOST + "AllowForeignAddress off on\n",
        (PORTS + MOST + "AllowForeignAddress off # on\n",),
    ),
    Case(
        "extra_arguments",
        WARNING,
        "main",
        2,
        FOREIGN + "PassivePorts 50000 50099 51000\n" + MOST,
        (FOREIGN + "PassivePorts 50000 50099 # 51000\n" + MOST,),
    ),
    Case(
        "extra_arguments",
        WARNING,
        "main",
        4,
        CLEAN + "AllowOverwrite on off\n",
        (CLEAN + "HiddenStores .in. .x\nTimeoutSession 60 user a\n",),
    ),
    Case(
        "module_after_ifsession",
        WARNING,
        "main",
        2,
        SESSION + "LoadModule mod_digest.c\n" + CLEAN,
        (
            "LoadModule mod_digest.c\n" + SESSION + CLEAN,
            "LoadModule mod_digest.c\n" + SESSION + "LoadModule mod_digest.c\n" + CLEAN,
        ),
    ),
    Case(
        "not_looked_at",
        WARNING,
        "main",
        4,
        CLEAN + "Include /nonexistent/fxp.conf\n",
        (CLEAN + "<IfDefine NEVER_DEFINED>\nInclude /nonexistent/fxp.conf\n</IfDefine>\n",),
    ),
    Case(
        "not_looked_at",
        WARNING,
        "main",
        5,
        "LoadModule mod_ifversion.c\n" + CLEAN + "<IfVersion >= 1.3.0>\nUmask 022\n</IfVersion>\n",
        (CLEAN + "<IfModule mod_ifversion.c>\n<IfVersion >= 1.3.0>\nUmask 022\n</IfVersion>\n</IfModule>\n",),
    ),
]


def test_the_line_that_counts_is_named_with_its_file() -> None:
    def include(name: str) -> list[policy.Included]:
        return [policy.Included(name, "AllowForeignAddress on\n")]

    for text, wanted in (
        ("AllowForeignAddress off\nInclude /etc/f\n", "which stands on line 1 of the main file"),
        ("Include /etc/f\nAllowForeignAddress off\n", "which stands on line 1 of /etc/f"),
        ("AllowForeignAddress off\nAllowForeignAddress on\n", "which stands on line 1"),
    ):
        in_force = policy.effective(parser.parse(text + PORTS + MOST), policy.Surroundings(include=include))
        found = findings.of(in_force)
        (repeated,) = [each for each in found if each.code == "directive_repeated"]
        assert repeated.sentence.endswith(wanted)
        # A line without an effect lets nobody in.
        assert all(each.line != repeated.line or each.file != repeated.file for each in found if each is not repeated)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_finding_in_what_the_daemon_accepts(checker: Ask, case: Case) -> None:
    assert_found(checker, case)


@pytest.mark.parametrize("text", sorted({near for case in CASES for near in case.near}))
def test_no_finding_in_what_comes_near(checker: Ask, text: str) -> None:
    assert_clean(checker, text)
