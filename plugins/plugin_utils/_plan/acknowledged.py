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
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.codes import CODES
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Reader

OPTION = "acknowledged"


def acknowledged(reader: Reader) -> list[dict[str, t.Any]]:
    """Return the acknowledgements of a server, each as ``code``, ``reason`` (one line) and ``until`` (YYYY-MM-DD or None)."""
    rows = [
        {
            "code": reader.parse(OPTION, _code, entry["code"] or ""),
            "reason": reader.parse(OPTION, _reason, entry["reason"] or ""),
            "until": reader.parse(OPTION, _values.day, entry["until"]),
        }
        for entry in reader.options[OPTION]
    ]
    codes = [row["code"] for row in rows if row["code"] is not None]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        reader.complain(OPTION, code, "stands there more than once; give every code one entry")
    return rows


def _code(text: str) -> str:
    """Return ``text`` if it is the code of something that an audit can find."""
    if text not in CODES:
        near = difflib.get_close_matches(text, sorted(CODES), n=1)
        cure = f"did you mean {near[0]}?" if near else "the audit prints them in brackets, and docs/audit.md lists them"
        raise ValueError(f"is no code of a finding; {cure}")
    return text


def _reason(text: str) -> str:
    """Return ``text`` on one line if it says anything."""
    line = " ".join(text.split())
    if not line:
        raise ValueError("is an empty reason; write why the finding may stay")
    return line
