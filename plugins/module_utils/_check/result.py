# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The values that a check returns."""

from __future__ import annotations

import typing as t

RESULT_KEYS = ("ok", "cause", "server", "remedy", "legs", "vantage_told", "files_left", "transcript")


def whole_result(
    legs: t.Sequence[dict[str, t.Any]],
    transcript: list[dict[str, t.Any]],
    files_left: t.Sequence[dict[str, str]] = (),
    vantage_told: bool | None = None,
) -> dict[str, t.Any]:
    """A dictionary of ``RESULT_KEYS``; cause, server and remedy are those of the first leg that falls short."""
    failed = next((leg for leg in legs if not leg["ok"]), None)
    return {
        "ok": failed is None,
        "cause": failed["cause"] if failed else None,
        "server": failed["server"] if failed else None,
        "remedy": failed["remedy"] if failed else None,
        "legs": list(legs),
        "vantage_told": vantage_told,
        "files_left": list(files_left),
        "transcript": transcript,
    }


__all__ = ("RESULT_KEYS", "whole_result")
