# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
How the daemon is started: which file it reads, and which names are defined on its command line (-D). Pure.

The command line of a running proftpd cannot be read, because it writes its state over it; the unit's can. Of a daemon that is not
the unit's neither is known.
"""

from __future__ import annotations

import re
import shlex
import typing as t

_DEFAULT = "-c $CONFIG_FILE $OPTIONS"  # Debian's unit and its init script
UNCORK_MARK = "proftpd-fxp-uncork"  # behind what ``uncork`` puts in front of the command


class Launch(t.NamedTuple):
    """The file that is named on the command line, or None, and the names that are defined there."""

    path: str | None
    defines: frozenset[str]


def environment_files(unit: t.Mapping[str, str]) -> list[tuple[str, bool]]:
    """Return the environment files of a unit, each with whether the unit starts without it."""
    said = re.findall(r"^(/.*) \(ignore_errors=(yes|no)\)$", unit.get("EnvironmentFiles", ""), re.MULTILINE)
    return [(path, ignored == "yes") for path, ignored in said]


def files(unit: t.Mapping[str, str]) -> list[str]:
    """Return the files that say how the unit starts: its own, those beside it, and those with its environment."""
    own = [unit.get("FragmentPath", ""), *unit.get("DropInPaths", "").split()]
    return [path for path in own if path] + [path for path, _ignored in environment_files(unit)]


def assignments(text: str) -> dict[str, str]:
    """Return the variables that the property Environment of a unit sets."""
    pairs = [word.partition("=") for word in _words(text.replace("\n", " "))]
    return {name: value for name, separator, value in pairs if separator}


def variables(text: str) -> dict[str, str]:
    """Return the variables that a file of an init script sets."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$", line)
        if match:
            found[match.group(1)] = " ".join(_words(match.group(2)))
    return found


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def launch(exec_start: str, environment: t.Mapping[str, str]) -> Launch:
    """
    Return what the command line says. ``exec_start`` is the property of that name of the unit; empty where there is none.

    ``environment``: the variables of the unit. As in systemd.service(5) a word $NAME becomes the words of its value, and ${NAME}
    is replaced where it stands.
    """
    match = re.search(r"argv\[\]=(.*?)(?: ; |$)", exec_start)
    words: list[str] = []
    for word in (match.group(1) if match else _DEFAULT).rpartition(f" {UNCORK_MARK} ")[2].split():
        if re.fullmatch(r"\$[A-Za-z_][A-Za-z0-9_]*", word):
            words += _words(environment.get(word[1:], ""))
        else:
            words.append(re.sub(r"\$\{([A-Za-z0-9_]+)\}", lambda name: environment.get(name.group(1), ""), word))
    return _read(words)


def is_uncorked(exec_start: str) -> bool:
    """Tell whether the unit is to start with nothing corked (``uncork``), by the same property."""
    return f" {UNCORK_MARK} " in exec_start


def _read(words: t.Sequence[str]) -> Launch:
    path, defines = None, set()
    following = iter(words)
    for word in following:
        if word in ("-c", "--config"):
            path = next(following, None) or path
        elif word.startswith("--config="):
            path = word[len("--config=") :]
        elif word.startswith("-c") and not word.startswith("--") and len(word) > 2:
            path = word[2:]
        elif word in ("-D", "--define"):
            defines.add(next(following, ""))
        elif word.startswith("--define="):
            defines.add(word[len("--define=") :])
        elif word.startswith("-D") and len(word) > 2:
            defines.add(word[2:])
        elif word in ("-d", "--debug", "-p", "--persistent", "-S", "--serveraddr"):
            next(following, None)
    # getopt() takes "-c" without a word for a mistake; an empty one comes of a variable that is not set.
    return Launch(None if path is None or path.startswith("-") else path, frozenset(defines - {""}))
