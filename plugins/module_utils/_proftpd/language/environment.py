# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The environment of the daemon, and what %{env:NAME} in its configuration comes to (get_config_word() in src/parser.c). Pure.

Only what ``SHOWN`` names is resolved. Anything else, passwords of databases for example, stays as it is written, so that no value
of it can get into what is told.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

_REFERENCE = re.compile(r"%\{env:([^}]*)\}")
# A word that is shorter than one with a name of one letter is not looked at.
_SHORTEST = len("%{env:x}")
# A value may refer to other variables, even to itself: ProFTPD then never ends.
_DEEPEST = 20
# What the audit judges by; sections in angle brackets by what they take.
_DIRECTIVES = """
    Port PassivePorts AllowForeignAddress MasqueradeAddress DefaultAddress From Satisfy Include LoadModule Define
    MaxInstances TimeoutIdle TimeoutLinger TimeoutLogin TimeoutNoTransfer TimeoutStalled HiddenStores AllowStoreRestart RootRevoke
    SFTPEngine TLSEngine TLSRequired TLSOptions TLSProtocol TLSVerifyServer TLSVerifyClient TLSTimeoutHandshake TLSSessionCache
    UseIPv6 UseReverseDNS
    <Class> <VirtualHost> <IfDefine> <IfModule> <IfVersion> <IfClass> <IfUser> <IfGroup>
"""
SHOWN = frozenset(_DIRECTIVES.lower().split())
# systemd sets these itself, and tells nobody to what (systemd.exec(5), "Environment variables set by the service manager").
_BY_SYSTEMD = frozenset(
    word
    for line in (
        "CACHE_DIRECTORY CONFIGURATION_DIRECTORY CREDENTIALS_DIRECTORY HOME INVOCATION_ID JOURNAL_STREAM LISTEN_FDNAMES",
        "LISTEN_FDS LISTEN_PID LOGNAME LOGS_DIRECTORY MAINPID MANAGERPID MEMORY_PRESSURE_WATCH MEMORY_PRESSURE_WRITE",
        "NOTIFY_SOCKET PIDFILE RUNTIME_DIRECTORY SHELL STATE_DIRECTORY SYSTEMD_EXEC_PID TERM USER WATCHDOG_PID WATCHDOG_USEC",
    )
    for word in line.split()
)


@dataclasses.dataclass(frozen=True)
class Environment:
    """
    The variables that are known.

    ``whole``: there are no others, but those that systemd sets itself. ``past``: those that may have had another value when the
    daemon was started.
    """

    values: t.Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    whole: bool = False
    past: frozenset[str] = frozenset()

    def get(self, name: str) -> str | None:
        """The value of a variable, empty if it is not set; None if that cannot be told."""
        if name in self.past:
            return None
        if name in self.values:
            return self.values[name]
        return "" if self.whole and name not in _BY_SYSTEMD else None

    def word(self, word: str) -> str:
        """Return ``word`` with the values of the variables that it names. What cannot be told stays as it is written."""
        for _round in range(_DEEPEST):
            if len(word) < _SHORTEST or not _REFERENCE.search(word):
                return word
            resolved = _REFERENCE.sub(self._value, word)
            if resolved == word:
                return word
            word = resolved
        return word

    def _value(self, reference: re.Match[str]) -> str:
        value = self.get(reference.group(1))
        return reference.group(0) if value is None else value

    def words(self, words: t.Sequence[str], splits: bool) -> tuple[str, ...]:
        """
        Return the words of a line, its directive first, with the values of variables where ``SHOWN`` has it.

        ``splits``: whether a value of several words becomes several (ProFTPD 1.3.10rc1 and later).
        """
        if not words or words[0].lower() not in SHOWN:
            return tuple(words)
        found: list[str] = []
        for word in words:
            resolved = self.word(word)
            found += resolved.split() if splits and resolved != word and " " in resolved else [resolved]
        return tuple(found)

    def hidden(self, text: str, secrets: t.Iterable[str]) -> str:
        """Return ``text``, in which the values of the variables with these names are replaced by their names."""
        values = {self.values.get(name, ""): name for name in secrets}
        for value in sorted(values, key=len, reverse=True):
            if value:
                text = text.replace(value, f"%{{env:{values[value]}}}")
        return text


def is_unknown(words: t.Iterable[str]) -> bool:
    """Tell whether any of the ``words`` still depends on a variable, so that what it comes to is not known."""
    return any(len(word) >= _SHORTEST and _REFERENCE.search(word) for word in words)


def names(text: str) -> set[str]:
    """The variables that a ``text`` names."""
    return set(_REFERENCE.findall(text))


def of_process(block: str) -> Environment:
    """Return what a ``block`` of /proc/PID/environ says. Where proftpd has written its title over it, it says nothing."""
    pairs = [entry.partition("=") for entry in block.split("\0") if entry]
    if not pairs or not all(separator and name for name, separator, _value in pairs):
        return Environment()
    return Environment({name: value for name, _separator, value in pairs}, True)


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def of_file(text: str) -> dict[str, str]:
    """Return what an environment file sets, as systemd reads it (systemd.exec(5), EnvironmentFile)."""
    found: dict[str, str] = {}
    at, end = 0, len(text)
    while at < end:
        stop = text.find("\n", at)
        stop = end if stop < 0 else stop
        line = text[at:stop].lstrip(" \t")
        name, separator, _rest = line.partition("=")
        if not separator or line.startswith(("#", ";")):
            at = stop + 1
            continue
        value, at = _assigned(text, text.index("=", at) + 1)
        if _NAME.fullmatch(name.strip()):
            found[name.strip()] = value
    return found


def _assigned(text: str, at: int) -> tuple[str, int]:
    """The value that begins at ``at``, and where the next line begins: quotes, backslashes and continued lines."""
    value: list[str] = []
    # ``fresh``: nothing was said since the value, or its last quoted part; only there a quote is one, and blanks are skipped.
    fresh, quote, kept, end = True, "", 0, len(text)
    while at < end:
        char = text[at]
        at += 1
        if not quote and char == "\n":
            break
        if quote and char == quote:
            fresh, quote, kept = True, "", len(value)
        elif fresh and not quote and char in " \t\r":
            continue
        elif fresh and not quote and char in "'\"":
            quote = char
        elif char == "\\" and quote != "'" and at < end:
            after = text[at]
            at += 1
            fresh = False
            if after != "\n":
                value += [after] if not quote or after in '"\\`$' else [char, after]
                kept = len(value)
        else:
            fresh = False
            value.append(char)
    return "".join(value[:kept]) + "".join(value[kept:]).rstrip(" \t\r"), at
