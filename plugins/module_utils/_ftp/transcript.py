# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The dialogue with both servers, in order, without passwords."""

from __future__ import annotations

import base64
import functools
import re
import threading
import time
import typing as t
import urllib.parse

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

MASK = "****"
SHORT = 8  # characters; a shorter secret may well be an ordinary word or number

Direction = t.Literal["sent", "received"]
# Takes one line of one server's dialogue; whoever made it knows which server that is.
Record = t.Callable[[Direction, str], None]

_CODE = re.compile(r"[1-5][0-9]{2}(?:[ -]|\Z)", re.ASCII)


class Masker:
    """
    Replaces secrets in text that came from outside: what servers and the operating system say, never what the checker says.

    A secret of fewer than ``SHORT`` characters is replaced only where it stands as a word of its own, a longer one wherever it
    occurs. The reply code that a line begins with stays: it is never a secret.
    """

    def __init__(self, secrets: t.Iterable[str]) -> None:
        secrets = set(secrets)
        long = {form for secret in secrets if len(secret.strip()) >= SHORT for form in _forms(secret)}
        short = {form for secret in secrets if len(secret.strip()) < SHORT for form in _forms(secret)}
        self._patterns = []
        if long:
            self._patterns.append(re.compile(_any_of(long)))
        if short:
            self._patterns.append(re.compile(rf"(?<!\w)(?:{_any_of(short)})(?!\w)"))

    def text(self, text: str) -> str:
        """The text with every secret replaced; ``text`` may have several lines."""
        return "\n".join(self._line(line) for line in text.split("\n"))

    def optional(self, text: str | None) -> str | None:
        """The same for a text that may be missing."""
        return None if text is None else self.text(text)

    def _line(self, line: str) -> str:
        code = _CODE.match(line)
        kept = code.end() if code else 0

        def masked(found: re.Match[str]) -> str:
            if found.end() <= kept:
                return found.group()
            return found.string[found.start() : kept] + MASK

        for pattern in self._patterns:
            line = pattern.sub(masked, line)
        return line


def _any_of(forms: t.Iterable[str]) -> str:
    # The longest first: a secret may be part of another one.
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


def _forms(secret: str) -> set[str]:
    """How a server may echo a secret, or how the checker may quote what a server said; none for blanks alone."""
    raw = secret.encode("utf-8", "surrogatepass")
    echoed = {
        secret,
        secret.strip(),
        base64.b64encode(raw).decode("ascii"),
        urllib.parse.quote(raw),
        urllib.parse.quote_plus(raw),
    }
    echoed.add(secret.encode("latin-1", "replace").decode("utf-8", "backslashreplace"))
    shown = echoed | {printable(form) for form in echoed}
    # Replies are quoted with repr() in sentences: it doubles backslashes, and escapes one kind of quotes or none.
    quoted = {repr(form)[1:-1] for form in shown} | {repr(form + '"')[1:-2] for form in shown}
    return {form for form in shown | quoted if form.strip()}


class Transcript:
    """Lines of both control connections; seconds count from its creation."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._entries: list[dict[str, t.Any]] = []
        self.leg: int | None = None

    def of(self, server: str) -> Record:
        """What takes the lines of one server, which the entries name so."""
        return functools.partial(self.add, server)

    def add(self, server: str, direction: Direction, line: str) -> None:
        """Append one line; the argument of PASS is never kept, and everything else that is sent is no secret."""
        if direction == "received":
            line = self._masker.text(line)
        elif line[:5].upper() == "PASS ":
            line = f"PASS {MASK}"
        entry: dict[str, t.Any] = {"seconds": 0.0, "server": server, "direction": direction, "line": line}
        # Both servers are logged in to at once, and time must not run backwards from one entry to the next.
        with self._lock:
            entry.update(seconds=round(time.monotonic() - self._start, 4), leg=self.leg)
            self._entries.append(entry)

    def entries(self) -> list[dict[str, t.Any]]:
        """All lines so far, as dictionaries of seconds, server, direction, line and leg (null outside of legs)."""
        return list(self._entries)


__all__ = ("MASK", "SHORT", "Direction", "Masker", "Record", "Transcript")
