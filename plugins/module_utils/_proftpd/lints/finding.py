# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a finding is."""

from __future__ import annotations

import dataclasses

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser

ERROR, WARNING = "error", "warning"


@dataclasses.dataclass(frozen=True)
class Finding:
    """
    One thing in a configuration that will not do what it seems to do.

    C(severity) is ERROR where strangers get in, or where what is written can never work, else WARNING. C(server) is "main",
    "global" or the arguments of the <VirtualHost>, C(line) counts from 1. C(sentence) says what is wrong and C(cure) what to
    do, both without a full stop.
    """

    code: str
    severity: str
    server: str
    line: int
    sentence: str
    cure: str

    @property
    def file(self) -> str:
        """The file that the line stands in, if it is one that was included; else empty."""
        return self.line.file if isinstance(self.line, parser.Place) else ""

    def __str__(self) -> str:
        place = f"line {self.line} of {self.file}" if self.file else f"line {self.line}"
        return f"{place} ({self.server}): {self.sentence}; {self.cure}"
