# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Releases of ProFTPD: how they follow one another, and which of them treat data connections from other addresses in which way.

A release is written 1.3.9rc2 (a candidate), 1.3.9, or 1.3.9c (a maintenance release); Debian writes 1.3.8.c.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

Release = t.Tuple[int, int, int, int, int]

_CANDIDATE, _FINAL = 0, 1
_WRITTEN = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:\.?rc(\d{1,4})|\.?([a-z])(?![a-z]))?", re.IGNORECASE)


def parse(text: str) -> Release | None:
    """
    Return the first release that is named in ``text`` as a value that can be compared, or None.

    Such a text is what ``proftpd -v`` says. A candidate comes before its release, a letter after it.
    """
    match = _WRITTEN.search(text)
    if not match:
        return None
    major, minor, revision = (int(word) for word in match.groups()[:3])
    if match.group(4):
        return major, minor, revision, _CANDIDATE, int(match.group(4))
    return major, minor, revision, _FINAL, ord(match.group(5).lower()) - ord("a") + 1 if match.group(5) else 0


def written(release: Release) -> str:
    """Return ``release`` as it is written."""
    numbers, kind, last = ".".join(map(str, release[:3])), release[3], release[4]
    return numbers + (f"rc{last}" if kind == _CANDIDATE else chr(ord("a") + last - 1) if last else "")


def _known(text: str) -> Release:
    release = parse(text)
    if release is None:
        raise ValueError(text)
    return release


@dataclasses.dataclass(frozen=True)
class Span:
    """The releases from the one that is written ``first`` to before the one that is written ``fixed``."""

    first: str
    fixed: str

    def __contains__(self, release: Release) -> bool:
        return _known(self.first) <= release < _known(self.fixed)


def among(release: Release, spans: t.Iterable[Span]) -> bool:
    """Tell whether ``release`` is in one of ``spans``."""
    return any(release in span for span in spans)


# pr_inet_accept() in src/inet.c, compared over the releases; 1.3.9d and 1.3.10rc4 mend what came with issue 1346 (issue 2272).
# Maintenance releases of 1.3.7 and 1.3.8 that are not out yet are taken to be like the last one.
ABSENT_FAILS_OPEN = (Span("1.3.7d", "1.3.8rc1"), Span("1.3.8rc3", "1.3.9d"), Span("1.3.10rc1", "1.3.10rc4"))
# A class name is read there as if it were "on".
CLASS_FAILS_OPEN = (Span("1.3.7rc1", "1.3.7d"), Span("1.3.8rc1", "1.3.8rc3"))
# Before, a word that is no boolean keeps the daemon from starting.
CLASS_SINCE = "1.3.7rc1"
# tls_connect() leaves the socket corked since tls_accept() does not any more (Bug#4108). Read up to 1.3.9d and the source of 22
# August 2026; not mended in any release yet.
CORKED_HANDSHAKE = (Span("1.3.6rc1", "9999.0.0"),)

REFUSED, CLASS, ANYBODY, UNKNOWN = "refused", "class", "anybody", "unknown"


@dataclasses.dataclass(frozen=True)
class Meaning:
    """
    Whose addresses a server takes beside that of its client: REFUSED (nobody's), CLASS, ANYBODY, or UNKNOWN.

    ``port`` is for PORT and EPRT, where the server connects; ``passive`` for PASV and EPSV, where it listens.
    """

    port: str
    passive: str


def meaning(release: Release | None, value: bool | str | None, defined: bool) -> Meaning:
    """
    Return what AllowForeignAddress with the ``value`` (a boolean, the name of a class, None where it is not said) means.

    ``defined``: whether there is a class of that name with a rule in it. Where the ``release`` is not known, what depends on it
    is UNKNOWN.
    """
    if value is True:
        return Meaning(ANYBODY, ANYBODY)
    if value is False:
        return Meaning(REFUSED, REFUSED)
    if value is None or not defined:
        if release is None:
            return Meaning(REFUSED, UNKNOWN)
        opens = among(release, ABSENT_FAILS_OPEN) or (value is not None and among(release, CLASS_FAILS_OPEN))
        return Meaning(REFUSED, ANYBODY if opens else REFUSED)
    if release is None:
        return Meaning(CLASS, UNKNOWN)
    if release < _known(CLASS_SINCE):
        return Meaning(REFUSED, REFUSED)
    return Meaning(CLASS, ANYBODY if among(release, CLASS_FAILS_OPEN) else CLASS)
