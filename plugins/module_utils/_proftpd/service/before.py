# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What stood on a host before this collection came: the configuration, kept beside ours, and a record of its service.

The record says what removal must know and could not find out later: whether the file was somebody's work, and what its
service did.
"""

from __future__ import annotations

import dataclasses
import json
import os

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files

# A kept configuration may hold other people's secrets.
KEPT_MODE = 0o600


@dataclasses.dataclass(frozen=True)
class Before:
    """The configuration that was replaced and its service. ``mode`` is that of the file."""

    made_by_hand: bool
    running: bool
    enabled: bool
    mode: int

    @property
    def runs_again(self) -> bool:
        """Whether removal starts the service again: only with what somebody made by hand, and had running."""
        return self.made_by_hand and self.running

    @property
    def enabled_again(self) -> bool:
        """Whether the service starts at boot after removal: on the same terms."""
        return self.made_by_hand and self.enabled


def _record(kept: str) -> str:
    return kept + ".json"


def keep(kept: str, text: str, before: Before) -> None:
    """Keep ``text`` as the file ``kept``. A different one that is kept there already stays, under a name with a number."""
    earlier = _files.read_text(kept)
    if earlier is not None and earlier != text:
        number = 1
        while os.path.exists(f"{kept}.{number}"):
            number += 1
        _files.rename(kept, f"{kept}.{number}")
    _files.write(kept, text, KEPT_MODE)
    _files.write(_record(kept), json.dumps(dataclasses.asdict(before), sort_keys=True) + "\n", KEPT_MODE)


def recall(kept: str) -> Before | None:
    """Return what is recorded beside ``kept``, or None if there is no record that can be read."""
    try:
        found = json.loads(_files.read_text(_record(kept)) or "null")
        return Before(bool(found["made_by_hand"]), bool(found["running"]), bool(found["enabled"]), int(found["mode"]))
    except (ValueError, TypeError, KeyError):
        return None


def is_recorded(kept: str) -> bool:
    """Tell whether there is a record beside ``kept``; it is the last thing that removal takes away."""
    return os.path.exists(_record(kept))


def forget(kept: str) -> None:
    """Take the record beside ``kept`` away."""
    _files.remove(_record(kept))
