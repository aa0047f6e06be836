# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What an audit notes down, and the words that all of its parts share."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

# A hole lets somebody in who was not meant to. A fault keeps something from working, or from being judged. A note is neither.
# What is known is one of these that the inventory acknowledges.
HOLE, FAULT, KNOWN, NOTE = "hole", "fault", "known", "note"
SEVERITIES = (HOLE, FAULT, KNOWN, NOTE)
CLASS = "class"
ANYBODY, REFUSED, UNKNOWN = "anybody", "refused", "unknown"

Data = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Acknowledgement:
    """Why a finding is known, until which day (YYYY-MM-DD, or None for ever), and its ``severity`` if it were not."""

    reason: str
    until: str | None
    severity: str


@dataclasses.dataclass(frozen=True)
class Finding:
    """
    One thing that an audit found on a host. ``server`` is "main", the arguments of a <VirtualHost>, or empty for the whole host.

    ``sentence`` and ``cure`` have no full stop. ``acknowledged`` is said where ``severity`` is KNOWN, ``advisory`` where the code
    stands for several things that have names of their own.
    """

    code: str
    severity: str
    host: str
    server: str
    sentence: str
    cure: str
    acknowledged: Acknowledgement | None = None
    advisory: str | None = None

    def as_dict(self) -> dict[str, t.Any]:
        """Return it as plain data."""
        return dataclasses.asdict(self)


class Notes:
    """Collects the findings of one host."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.found: list[Finding] = []

    def add(self, code: str, severity: str, server: str, sentence: str, cure: str, advisory: str | None = None) -> None:
        """Note one finding down."""
        # Some of it was written by others.
        self.found.append(Finding(code, severity, self.host, server, printable(sentence), printable(cure), advisory=advisory))


def contexts(server: Data) -> t.Iterator[tuple[str, Data]]:
    """Yield what a server, its <Anonymous> and its sections for some sessions say, each with a name for people."""
    yield "", server
    for each in server["anonymous"]:
        yield f"<Anonymous {each['name']}>", each
    yield from sections(server)


def sections(server: Data) -> t.Iterator[tuple[str, Data]]:
    """Yield what a server's sections for some sessions say, each with a name for people."""
    for each in server["overrides"]:
        yield f"<{each['section']} {each['for']}>", each
