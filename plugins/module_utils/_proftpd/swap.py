# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Put a new proftpd.conf into force, or leave the old one in force.

The order is: look for what the checker lets pass, lay beside, have it checked, keep the old one, swap by one rename,
reload, hear the greeting. A step that fails brings the old file and the old service back. A process that is killed in
between leaves the kept file, and the next run takes the configuration for unproven and reloads again.
"""

from __future__ import annotations

import dataclasses
import os
import stat
import tempfile

from ansible_collections.proftpd.fxp.plugins.module_utils import _files
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import before, daemon, finding, findings

# The first words of every file that this collection writes.
MARK = "Managed by the Ansible collection proftpd.fxp"
# What Debian's package copies to /etc/proftpd/proftpd.conf (its postinst script).
PACKAGED = "/usr/share/proftpd/templates/proftpd.conf"
MODE = 0o644
NOT_SHOWN = "(not written by proftpd.fxp, not shown)\n"


class ConfigError(Exception):
    """The new configuration is not in force; the text is a sentence that says why and what is in force instead."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was done. C(validated) is None where the daemon's checker was not there to ask, C(warnings) has a sentence each."""

    changed: bool
    before: str
    validated: bool | None
    greeting: str | None
    kept: str | None
    warnings: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Target:
    """The file and the service that reads it."""

    path: str
    service: str
    control_port: int
    greeting_timeout: float

    @property
    def staged(self) -> str:
        return self.path + ".fxp-staged"

    @property
    def previous(self) -> str:
        """The old file while the new one is unproven."""
        return self.path + ".fxp-previous"

    @property
    def before_us(self) -> str:
        """What stood there before this collection came."""
        return self.path + ".before-fxp"


def is_ours(text: str) -> bool:
    """Tell whether this collection wrote *text*."""
    return MARK in text[:500]


def is_made_by_hand(text: str, packaged: str | None, drop_ins: list[str]) -> bool:
    """
    Tell whether somebody's work would be lost if *text* were replaced.

    *packaged* is the file as the distribution ships it, *drop_ins* are the files that it includes besides.
    """
    if is_ours(text):
        return False
    return text != packaged or bool(drop_ins)


def _drop_ins(path: str) -> list[str]:
    directory = os.path.join(os.path.dirname(path), "conf.d")
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else []


def apply(target: Target, content: str, *, take_over: bool, check_mode: bool) -> Outcome:
    """
    Make *content* the configuration in force and return what was done.

    With *check_mode* nothing changes; the daemon's checker is still asked where it is installed. Raises ConfigError.
    """
    old = _files.read_text(target.path)
    if old is not None and not take_over and is_made_by_hand(old, _files.read_text(PACKAGED), _drop_ins(target.path)):
        raise ConfigError(f"{target.path} (or a file in conf.d beside it) was made by hand and is left as it is; "
                          "say fxp_take_over: true to replace it, the old file is kept then.")
    shown = "" if old is None else old if is_ours(old) else NOT_SHOWN
    unproven = os.path.exists(target.previous)
    if content == old and not unproven and daemon.program() is not None:
        return _ensure_running(target, shown, check_mode)
    warnings = _lint(target, content)
    validated = _validate(target, content, check_mode)
    if check_mode:
        return Outcome(True, shown, validated, None, None, warnings)
    return dataclasses.replace(_swap(target, old, content, shown), warnings=warnings)


def _ensure_running(target: Target, shown: str, check_mode: bool) -> Outcome:
    running = daemon.is_active(target.service)
    enabled = daemon.is_enabled(target.service)
    heard = None
    try:
        if not check_mode:
            if not enabled:
                daemon.systemctl("enable", target.service)
            if not running:
                daemon.systemctl("start", target.service)
        if running or not check_mode:
            heard = daemon.greeting(target.control_port, target.greeting_timeout)
    except daemon.DaemonError as exc:
        raise ConfigError(f"The configuration is in place, but the service does not answer: {exc}.") from None
    return Outcome(not (running and enabled), shown, True, heard, None)


def _lint(target: Target, content: str, most: int = 5) -> tuple[str, ...]:
    """Return what is doubtful about *content*, a sentence each; raises ConfigError with the first *most* that are wrong."""
    found = findings.findings(content)
    wrong = [str(each) for each in found if each.severity == finding.ERROR]
    if wrong:
        more = f"; and {len(wrong) - most} more" if len(wrong) > most else ""
        raise ConfigError(f"The new configuration is refused, {target.path} is left as it was: {'; '.join(wrong[:most])}{more}.")
    return tuple(f"The new configuration, {each}." for each in found)


def _validate(target: Target, content: str, check_mode: bool) -> bool | None:
    """Have the daemon's checker read *content*; leaves the staged file behind unless *check_mode*."""
    proftpd = daemon.program()
    if proftpd is None:
        if check_mode:
            return None
        raise ConfigError("The program proftpd is not installed; install ProFTPD first.")
    try:
        if check_mode:
            with tempfile.TemporaryDirectory() as directory:
                trial = os.path.join(directory, "proftpd.conf")
                _files.stage(trial, _with_stand_ins(content, directory), 0o600)
                daemon.check_configuration(proftpd, trial)
        else:
            _files.stage(target.staged, content, MODE)
            daemon.check_configuration(proftpd, target.staged)
    except daemon.DaemonError as exc:
        _files.remove(target.staged)
        raise ConfigError(f"proftpd -t refuses the new configuration, {target.path} is left as it was: {exc}.") from None
    return True


def _with_stand_ins(content: str, directory: str) -> str:
    """Name an empty password file in the place of one that only a real run would write."""
    lines = content.splitlines(keepends=True)
    for index, line in enumerate(lines):
        words = line.split()
        if len(words) >= 2 and words[0].lower() == "authuserfile" and not os.path.exists(words[1]):
            stand_in = os.path.join(directory, "passwd")
            _files.stage(stand_in, "", 0o600)
            lines[index] = f"AuthUserFile {stand_in}\n"
    return "".join(lines)


def _swap(target: Target, old: str | None, content: str, shown: str) -> Outcome:
    was_running = daemon.is_active(target.service)
    kept = None
    if old is not None:
        if not is_ours(old):
            _keep(target, old, was_running)
            kept = target.before_us
        if not os.path.exists(target.previous):
            _files.write(target.previous, old, 0o600)
    # A first start and a change of hands get a fresh process; our own changes leave running sessions alone.
    verb = "reload" if was_running and old is not None and is_ours(old) else "restart"
    try:
        _files.rename(target.staged, target.path)
        if not daemon.is_enabled(target.service):
            daemon.systemctl("enable", target.service)
        daemon.systemctl(verb, target.service)
        heard = daemon.greeting(target.control_port, target.greeting_timeout)
    except (daemon.DaemonError, OSError) as exc:
        raise ConfigError(f"The new configuration was taken back because {exc}. {_return(target, was_running, verb)}") from None
    _files.remove(target.previous)
    return Outcome(True, shown, True, heard, kept)


def _keep(target: Target, old: str, was_running: bool) -> None:
    by_hand = is_made_by_hand(old, _files.read_text(PACKAGED), _drop_ins(target.path))
    mode = stat.S_IMODE(os.stat(target.path).st_mode)
    before.keep(target.before_us, old, before.Before(by_hand, was_running, daemon.is_enabled(target.service), mode))


def _return(target: Target, was_running: bool, verb: str) -> str:
    """Bring the old file and the old service back, and say what is in force now."""
    try:
        if os.path.exists(target.previous):
            os.chmod(target.previous, MODE)
            _files.rename(target.previous, target.path)
        else:
            _files.remove(target.path)
        if not was_running:
            daemon.systemctl("stop", target.service)
            return "The old file is back, the service is stopped as it was before."
        daemon.systemctl(verb if daemon.is_active(target.service) else "restart", target.service)
    except (daemon.DaemonError, OSError) as exc:
        return f"The old file is back, but the old service is not: {exc}."
    return "The old file is back and the old service runs."
