# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that are shown have no secret of a configuration."""

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.hidden import NOT_SHOWN, SECRET, compared, without


@pytest.mark.parametrize("name", sorted(SECRET))
def test_whatever_stands_behind_such_a_directive(name: str) -> None:
    text = f"Umask 022\n  {name.upper()} joe \\\n  s3cret\nPort 21\n"
    assert without(text) == f"Umask 022\n  {name.upper()} {NOT_SHOWN}\nPort 21\n"


def test_everything_else_is_shown() -> None:
    text = "# UserPassword is not said\nSetEnv LC_ALL C.UTF-8\nSQLLogFile /x\nUserPasswords a\n"
    assert without(text) == text


def test_a_secret_that_changes_is_told_and_not_shown() -> None:
    one, other = (f"Umask 022\nUserPassword joe {word}\n" for word in ("one", "other"))
    assert compared(one, one) == (without(one), without(one))
    before, after = compared(one, other)
    assert after == f"{before}# What is not shown has changed.\n"
    assert compared(one, other + "Port 21\n") == (before, f"{before}Port 21\n")
