# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The dialogue with both servers, in order, without passwords."""

from __future__ import annotations

import threading
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.faults import Role
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.reply import printable

MASK = "****"


class Masker:
    """Replaces secrets in anything that leaves the checker."""

    def __init__(self, secrets: t.Iterable[str]) -> None:
        known = {form for secret in secrets for form in (secret, printable(secret)) if form}
        # The longest first: a secret may be part of another one.
        self._secrets = sorted(known, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text with every secret replaced."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def value(self, value: t.Any) -> t.Any:
        """A copy of lists, dictionaries and scalars with every secret replaced in the values; keys are ours."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value


class Transcript:
    """Lines of both control connections; seconds count from its creation."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._entries: list[dict[str, t.Any]] = []
        self.leg: int | None = None

    def add(self, server: Role, direction: t.Literal["sent", "received"], line: str) -> None:
        """Append one line; the argument of PASS is never kept."""
        if direction == "sent" and line[:5].upper() == "PASS ":
            line = f"PASS {MASK}"
        entry: dict[str, t.Any] = {"seconds": 0.0, "server": server, "direction": direction, "line": self._masker.text(line)}
        # Both servers are logged in to at once, and time must not run backwards from one entry to the next.
        with self._lock:
            entry.update(seconds=round(time.monotonic() - self._start, 4), leg=self.leg)
            self._entries.append(entry)

    def entries(self) -> list[dict[str, t.Any]]:
        """All lines so far, as dictionaries of seconds, server, direction, line and leg (null outside of legs)."""
        return list(self._entries)


__all__ = ("MASK", "Masker", "Transcript")
