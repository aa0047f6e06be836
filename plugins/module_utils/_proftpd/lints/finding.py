# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a finding is."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser

# What becomes of a configuration that is to be written: it is refused, or somebody is warned; a note is for an audit alone.
ERROR, WARNING, NOTE = "error", "warning", "note"
# How bad it is where it is in force: it lets somebody in who was not meant to, it keeps something from working or from being
# judged, or neither. Where a finding does not say it, this is what its severity comes to.
HOLE, FAULT = "hole", "fault"
_WEIGHTS = {ERROR: FAULT, WARNING: NOTE, NOTE: NOTE}


@dataclasses.dataclass(frozen=True)
class Finding:
    """
    One thing in a configuration that will not do what it seems to do.

    ``severity`` is ERROR, WARNING or NOTE, ``weight`` HOLE, FAULT or NOTE. ``server`` is "main", "global" or the arguments of the
    <VirtualHost>, ``line`` counts from 1. ``sentence`` says what is wrong and ``cure`` what to do, both without a full stop.
    """

    code: str
    severity: str
    server: str
    line: int
    sentence: str
    cure: str
    weight: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", self.weight or _WEIGHTS[self.severity])
        # Some of it was written by others.
        object.__setattr__(self, "sentence", printable(self.sentence))
        object.__setattr__(self, "cure", printable(self.cure))

    @property
    def file(self) -> str:
        """The file that the line stands in, if it is one that was included; else empty."""
        return self.line.file if isinstance(self.line, parser.Place) else ""

    def __str__(self) -> str:
        place = f"line {self.line} of {self.file}" if self.file else f"line {self.line}"
        return f"{printable(place)} ({printable(self.server)}): {self.sentence}; {self.cure}"

    def as_dict(self) -> dict[str, t.Any]:
        """Return it as plain data, with its file."""
        return {**dataclasses.asdict(self), "line": int(self.line), "file": self.file}
