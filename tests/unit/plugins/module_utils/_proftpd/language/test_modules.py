# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to which module, as the real daemon has it, and what is said of a directive whose module is not there."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import modules, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import findings
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import daemon
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.daemon_checker import PROGRAM, Ask
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.lints.cases import CLEAN

HERE = daemon.compiled_in(PROGRAM)
# Debian 13 has them as modules of their own.
DEBIAN_13 = policy.Surroundings(compiled_in=policy.COMPILED_IN - {"mod_xfer.c", "mod_ls.c", "mod_delay.c"})
# Not known to 1.3.8 yet.
LATER = {"ifsessionoptions"}


def codes(text: str, around: policy.Surroundings) -> list[tuple[str, int]]:
    return [(each.code, each.line) for each in findings.findings(text, around)]


def test_what_is_compiled_in_is_what_the_daemon_lists() -> None:
    said = subprocess.run([PROGRAM, "-l"], stdout=subprocess.PIPE, encoding="utf-8", timeout=60, check=True).stdout
    assert HERE is not None
    assert len(HERE) == said.count("mod_") > 5


@pytest.mark.parametrize("said", ["", "proftpd: invalid option -- 'l'\n", "Compiled-in modules:\n"])
def test_a_daemon_that_lists_nothing_is_not_taken_for_one_without_modules(said: str) -> None:
    assert modules.listed(said) is None


@pytest.mark.parametrize("name", sorted(modules.MODULE_OF))
def test_the_daemon_knows_a_directive_by_its_module_alone(checker: Ask, name: str) -> None:
    module = modules.MODULE_OF[name]
    line = f"<{name} x>\n</{name}>\n" if name.startswith("if") and name != "ifsessionoptions" else f"{name}\n"
    unknown = f"unknown configuration directive '{line.split()[0]}"
    load = "" if HERE is None or module in HERE else f"LoadModule {module}\n"
    if load:
        assert unknown in checker(line).said
    if name not in LATER:
        assert unknown not in checker(load + line).said


def test_what_the_daemon_here_lacks_is_found_and_what_it_has_is_not(checker: Ask) -> None:
    here = policy.Surroundings(compiled_in=HERE)
    for text, found in (
        ("TLSEngine off\n", [("module_missing", 4)]),
        ("LoadModule mod_tls.c\nTLSEngine off\n", []),
        ("<IfModule mod_tls.c>\nTLSEngine off\n</IfModule>\n", []),
        ("<IfModule !mod_tls.c>\nLoadModule mod_tls.c\n</IfModule>\nTLSEngine off\n", []),
        ("<IfUser a>\nUmask 077\n</IfUser>\n", [("module_missing", 4)]),
        ("AllowOverwrite on\nDelayEngine off\nListOptions -a\n", []),
    ):
        assert checker(CLEAN + text).accepted is (found == [])
        assert codes(CLEAN + text, here) == found


def test_what_debian_12_compiles_in_must_be_loaded_on_debian_13() -> None:
    text = "AllowOverwrite on\nTimeoutStalled 600\n<Global>\nDelayEngine off\nListOptions -a\n</Global>\n"
    first, second, third = findings.findings(CLEAN + text, DEBIAN_13)
    assert [first.code, first.severity, first.server, first.line] == ["module_missing", ERROR, "main", 4]
    assert (second.server, second.line, third.line) == ("global", 7, 8)
    assert str(first) == (
        "line 4 (main): AllowOverwrite is of mod_xfer.c, which is neither a part of the ProFTPD here nor loaded further up; "
        "say LoadModule mod_xfer.c before it"
    )
    loaded = "".join(
        f"<IfModule !{name}>\nLoadModule {name}\n</IfModule>\n" for name in ("mod_xfer.c", "mod_ls.c", "mod_delay.c")
    )
    assert codes(CLEAN + loaded + text, DEBIAN_13) == []
    assert codes(CLEAN + text + loaded, DEBIAN_13) == [("module_missing", 4), ("module_missing", 7), ("module_missing", 8)]


def test_nobody_is_accused_where_it_cannot_be_told() -> None:
    assert codes(CLEAN + "TLSEngine off\n", policy.Surroundings()) == []
    read = [code for code, _line in codes(CLEAN + "Include /etc/proftpd/modules.conf\nDelayEngine off\n", DEBIAN_13)]
    assert read == ["not_looked_at"]
