# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The files that an Include takes in, as ProFTPD looks for them (pr_parser_parse_file() and what calls it in src/dirtree.c).

A plain path is a file, or a directory of which every file is read, those of hidden names too and in the order of names, but no
directory in it. With a pattern in its last part the names that match are read, those of hidden names only where the pattern says
the dot; directories that match are not. With a pattern further up, what follows is looked for below every name that matches, and
the first one where it is not there ends the search. Paths must be absolute.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.policy import Included

# A configuration is read whole; nothing near this size is one.
MOST_BYTES = 8 * 1024 * 1024
_MOST_NAMES = 5000


class Files:
    """Reads files below ``root``, which is empty but in tests."""

    def __init__(self, root: str = "") -> None:
        self.root = root

    def text(self, path: str) -> Included:
        """One file, or why it cannot be read. Bytes that are not UTF-8 come as surrogates."""
        try:
            # What is no plain file, a pipe for example, could keep the reader waiting for ever.
            with open(os.open(self.root + path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return Included(path, "", f"{path} is no plain file")
                data = file.read(MOST_BYTES + 1)
        except OSError as exc:
            return _failed(path, exc)
        if len(data) > MOST_BYTES:
            return Included(path, "", f"{path} has more than {MOST_BYTES} bytes")
        return Included(path, data.decode("utf-8", "surrogateescape"))

    def include(self, argument: str) -> list[Included]:
        """The files that ``argument`` of Include names."""
        if not argument.startswith("/"):
            return [Included(argument, "", "its path is not absolute, so ProFTPD does not start")]
        found: list[Included] = []
        try:
            self._take("", argument.strip("/").split("/"), found)
        except OSError as exc:
            found.append(_failed(argument, exc))
        return found

    def _take(self, place: str, parts: list[str], found: list[Included]) -> bool:
        """Add what ``parts`` mean below ``place``; tell whether ProFTPD goes on after it."""
        while parts and not _is_pattern(parts[0]):
            place, parts = f"{place}/{parts[0]}", parts[1:]
        if not parts:
            if os.path.isdir(f"{self.root}{place}/"):
                found += self._all(place or "/", None)
                return True
            found.append(self.text(place))
            return not found[-1].problem
        if len(parts) == 1:
            found += self._all(place or "/", parts[0])
            return True
        for name in sorted(os.listdir(f"{self.root}{place}/"))[:_MOST_NAMES]:
            if _matches(name, parts[0]) and not self._take(f"{place}/{name}", parts[1:], found):
                return False
            if len(found) > _MOST_NAMES:
                return False
        return True

    def _all(self, directory: str, pattern: str | None) -> list[Included]:
        names = sorted(os.listdir(f"{self.root}{directory}/"))
        paths = [f"{directory.rstrip('/')}/{name}" for name in names if pattern is None or _matches(name, pattern)]
        return [self.text(path) for path in paths[:_MOST_NAMES] if not os.path.isdir(self.root + path)]


def _failed(path: str, exc: OSError) -> Included:
    return Included(path, "", f"{path}: {exc.strerror}", isinstance(exc, (FileNotFoundError, NotADirectoryError)))


def _is_pattern(text: str) -> bool:
    return re.search(r"[*?\[]", text) is not None


def _matches(name: str, pattern: str) -> bool:
    return (not name.startswith(".") or pattern.startswith(".")) and fnmatch.fnmatchcase(name, pattern.replace("[^", "[!"))
