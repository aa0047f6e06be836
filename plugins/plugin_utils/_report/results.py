# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What single checks returned, each about one pair, as the flat list of legs that everything else reads. Pure."""

from __future__ import annotations

import typing as t


def legs_of(source: str, destination: str, result: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """
    Return the legs of one pair, each with the names of its servers and its dialogue, from what the check returned.

    A check that ended before its first leg, for example at a login, counts as one leg that names the cause.
    """
    found = result.get("legs") or [
        {
            "ok": False,
            **{key: result.get(key) for key in ("cause", "server", "remedy")},
            "also_possible": [] if result.get("cause") else [str(result.get("msg"))],
        }
    ]
    dialogues: list[list[t.Mapping[str, t.Any]]] = [[] for leg in found]
    current = 0
    for entry in result.get("transcript") or ():
        # What belongs to no leg is told where it was said: the log-in before the first leg, the clean-up after the last.
        current = current if entry.get("leg") is None else entry["leg"]
        dialogues[current].append(entry)
    return [
        {**leg, "source": source, "destination": destination, "transcript": dialogues[index] or leg.get("transcript")}
        for index, leg in enumerate(found)
    ]


def side_findings(source: str, destination: str, result: t.Mapping[str, t.Any]) -> tuple[list[str], list[dict[str, t.Any]]]:
    """Return servers whose view of the client is not known, and files that were left, by the names in the inventory."""
    names = {"source": source, "destination": destination}
    left = [{**one, "server": names.get(one.get("server"), one.get("server"))} for one in result.get("files_left") or ()]
    return list(names.values()) if result.get("vantage_told") is False else [], left
