# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Read which findings of the audit are known of a server. They change nothing on it. Pure."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.codes import ADVISORIES, CODES
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Reader

OPTION = "acknowledged"
# The only code under which an audit tells things that have names of their own.
ADVISORY = "advisory"


def acknowledged(reader: Reader) -> list[dict[str, t.Any]]:
    """
    Return the acknowledgements of a server.

    Each has ``code``, ``advisory`` (which one, None for all that is told under the code), ``reason`` (one line) and ``until``
    (YYYY-MM-DD or None).
    """
    rows = [
        {
            "code": reader.parse(OPTION, _code, entry["code"] or ""),
            "advisory": reader.parse(OPTION, _advisory, entry["advisory"]),
            "reason": reader.parse(OPTION, _reason, entry["reason"] or ""),
            "until": reader.parse(OPTION, _values.day, entry["until"]),
        }
        for entry in reader.options[OPTION]
    ]
    for row in rows:
        if row["advisory"] is not None and row["code"] not in (None, ADVISORY):
            reader.complain(
                OPTION, row["advisory"], f"is no {row['code']}; say code: {ADVISORY} beside it, or leave advisory out"
            )
    named = [" ".join(filter(None, (row["code"], row["advisory"]))) for row in rows if row["code"] is not None]
    for name in sorted({name for name in named if named.count(name) > 1}):
        reader.complain(OPTION, name, "stands there more than once; give every code, or advisory, one entry")
    return rows


def _code(text: str) -> str:
    """Return ``text`` if it is the code of something that an audit can find."""
    if text in ADVISORIES:
        raise ValueError(f"is no code of a finding; say code: {ADVISORY}, and advisory: {text}")
    if text not in CODES:
        cure = _near(text, CODES) or "the audit prints them in brackets, and docs/audit.md lists them"
        raise ValueError(f"is no code of a finding; {cure}")
    return text


def _advisory(text: str) -> str:
    """Return ``text`` if it names something that an audit can tell under the code "advisory"."""
    if text not in ADVISORIES:
        raise ValueError(f"is no advisory; {_near(text, ADVISORIES) or 'its name stands before the colon of the finding'}")
    return text


def _near(text: str, known: t.Iterable[str]) -> str | None:
    near = difflib.get_close_matches(text, sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else None


def _reason(text: str) -> str:
    """Return ``text`` on one line if it says anything."""
    line = " ".join(text.split())
    if not line:
        raise ValueError("is an empty reason; write why the finding may stay")
    return line
