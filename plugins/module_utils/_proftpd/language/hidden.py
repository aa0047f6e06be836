# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Directives whose arguments are secrets, and texts without these."""

from __future__ import annotations

import re

# In lower case: ProFTPD ignores it. SetEnv hands passwords to libraries (PGPASSWORD, MYSQL_PWD).
SECRET = frozenset(
    {
        "grouppassword",
        "ldapbinddn",
        "radiusacctserver",
        "radiusauthserver",
        "redissentinel",
        "redisserver",
        "setenv",
        "sqlconnectinfo",
        "sqlnamedconnectinfo",
        "userpassword",
    }
)
NOT_SHOWN = "(not shown)"
# With its continuations.
_LINE = re.compile(rf"^(?P<name>[ \t]*(?:{'|'.join(sorted(SECRET))}))[ \t](?:\\\n|[^\n])*", re.MULTILINE | re.IGNORECASE)
# What the role itself sets is none.
_OURS = re.compile(r"\A\s*SetEnv\s+LC_ALL\s+C\.UTF-8\s*\Z", re.IGNORECASE)


def without(text: str) -> str:
    """Return the configuration ``text`` with nothing behind directives that may have a secret there."""
    return _LINE.sub(lambda line: line.group() if _OURS.match(line.group()) else f"{line['name']} {NOT_SHOWN}", text)


def compared(before: str, after: str) -> tuple[str, str]:
    """Return two configurations for a diff, which tells that a secret changes where nothing else does."""
    shown = without(before), without(after)
    return shown if shown[0] != shown[1] or before == after else (shown[0], f"{shown[1]}# What is not shown has changed.\n")


def has_secret(line: str) -> bool:
    """Tell whether a directive in ``line`` may have a secret."""
    return without(line) != line


__all__ = ("NOT_SHOWN", "SECRET", "compared", "has_secret", "without")
