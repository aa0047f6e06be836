# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Put a new proftpd.conf into force, or leave the old one in force.

The order is: look for what the checker lets pass and whether the port is free, lay beside, have it checked, give the old
one a second name, swap by one rename, reload, hear the greeting, hear it again when the service has had time to die. A step
that fails brings the old file and the old service back; that needs no space on the disk. A process that is killed in between
leaves the second name, and the next run takes the configuration for unproven and reloads again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import stat
import tempfile
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import lock, packages, sockets
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError, clause
from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import USUAL, Platform
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import hidden, own, parser, policy, releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import before, daemon, proof

# The first words of every file that this collection writes.
MARK = "Managed by the Ansible collection proftpd.fxp"
MODE = 0o644
SECRET_MODE = 0o600
_systemd = Systemd()
# What releases before 0.3.0 had in TLSLog, and no distribution rotates.
_EARLIER_LOG = "tls.log"
NOT_SHOWN = "(not written by proftpd.fxp, not shown)\n"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was done. ``validated`` is None where the daemon's checker was not there to ask, ``warnings`` has a sentence each."""

    changed: bool
    before: str
    validated: bool | None
    greeting: str | None
    kept: str | None
    warnings: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Target:
    """
    The file and the service that reads it, on a host of a ``platform``.

    ``settle`` is the time in seconds that a service must go on serving after its first greeting before a change has succeeded.
    ``is_secret``: whether nobody but root may read the new file. ``packages`` are what it needs beside ProFTPD itself.
    """

    path: str
    service: str
    control_port: int
    greeting_timeout: float
    settle: float = 3
    platform: Platform = USUAL
    is_secret: bool = False
    packages: tuple[str, ...] = ()

    @property
    def mode(self) -> int:
        """The mode of the new file, from its first byte."""
        return SECRET_MODE if self.is_secret else MODE

    @property
    def staged(self) -> str:
        """The new file until it takes the place of the old one."""
        return _files.staged_name(self.path)

    @property
    def previous(self) -> str:
        """The old file while the new one is unproven; empty if there was none."""
        return self.path + ".fxp-previous"

    @property
    def before_us(self) -> str:
        """What stood there before this collection came."""
        return self.path + ".before-fxp"


def is_ours(text: str) -> bool:
    """Tell whether this collection wrote ``text``."""
    return MARK in text[:500]


def is_made_by_hand(text: str, packaged: str | None, drop_ins: list[str]) -> bool:
    """
    Tell whether somebody's work would be lost if ``text`` were replaced.

    ``packaged`` is the file as the distribution ships it, ``drop_ins`` are the files that it includes besides.
    """
    if is_ours(text):
        return False
    return text != packaged or bool(drop_ins)


def log_of_earlier_releases(target: Target, texts: t.Iterable[str | None], content: str = "") -> str | None:
    """
    Return the log that ``texts``, configurations of ours, wrote and that nothing reads or rotates once ``content`` is in force.

    None where there is none, or where it may be somebody else's: of a configuration that was made by hand and stood here before.
    """
    log = f"{target.platform.log_directory}/{_EARLIER_LOG}"
    line = re.compile(rf"^\s*TLSLog\s+{re.escape(log)}\s*$", re.MULTILINE | re.IGNORECASE)
    wrote_it = any(text is not None and is_ours(text) and line.search(text) for text in texts)
    if not wrote_it or log in content or not os.path.lexists(log):
        return None
    kept, was = _files.read_text(target.before_us), before.recall(target.before_us)
    if kept is None or kept == _files.read_text(target.platform.packaged) or (was is not None and not was.made_by_hand):
        return log
    return None


def _drop_ins(path: str) -> list[str]:
    directory = os.path.join(os.path.dirname(path), "conf.d")
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else []


def stands_by_hand(target: Target) -> bool:
    """Tell whether somebody's work stands where ours is to stand."""
    old = _files.read_text(target.path)
    return old is not None and _is_made_by_hand(target, old)


def apply(target: Target, content: str, *, take_over: bool, check_mode: bool, is_certified: bool = True) -> Outcome:
    """
    Make ``content`` the configuration in force and return what was done.

    With ``check_mode`` nothing changes; the daemon's checker is still asked where it is installed. What cannot greet before its
    certificate is written (not ``is_certified``), which comes first in a real run, is not asked to there. Raises HostError.
    """
    if check_mode or daemon.program() is None:
        return _apply(target, content, take_over=take_over, check_mode=check_mode, is_certified=is_certified)
    with lock.beside(target.path):
        return _apply(target, content, take_over=take_over, check_mode=check_mode, is_certified=is_certified)


def _apply(target: Target, content: str, *, take_over: bool, check_mode: bool, is_certified: bool) -> Outcome:
    old = _files.read_text(target.path)
    if not take_over and stands_by_hand(target):
        raise HostError(
            f"{target.path} (or a file in conf.d beside it) was made by hand and is left as it is; "
            "say fxp_take_over: true to replace it, the old file is kept then."
        )
    shown = "" if old is None else old if is_ours(old) else NOT_SHOWN
    unproven = os.path.lexists(target.previous)
    if not check_mode:
        _files.remove(target.staged)  # left by a run that was killed
    if content == old and not unproven and daemon.program() is not None:
        lost = _lost_files(content)
        return _ensure_running(target, shown, lost, check_mode, hears=is_certified and not lost)
    warnings = _lint(target, content)
    try:
        validated = _validate(target, content, check_mode)
        if check_mode:
            return Outcome(True, shown, validated, None, None, warnings)
        former = _set_aside(target, old)
    except (HostError, OSError) as exc:
        _files.remove(target.staged)
        raise HostError(f"{target.path} is left as it was because {clause(exc)}.") from None
    earlier_log = log_of_earlier_releases(target, [old, _files.read_text(target.previous)], content)
    return dataclasses.replace(_swap(target, former, earlier_log), before=shown, warnings=warnings)


def _is_made_by_hand(target: Target, text: str) -> bool:
    return is_made_by_hand(text, _files.read_text(target.platform.packaged), _drop_ins(target.path))


def _ensure_running(target: Target, shown: str, lost: t.Sequence[str], check_mode: bool, *, hears: bool) -> Outcome:
    heard = None
    try:
        running = _systemd.is_active(target.service)
        enabled = _systemd.is_enabled(target.service)
        if not check_mode and not enabled:
            _systemd.systemctl("enable", target.service)
        if running and (hears or not check_mode):
            heard = proof.hear(target.service, target.control_port, target.greeting_timeout).greeting
        else:
            proof.refuse_taken_port(target.service, target.control_port)
            if not check_mode:
                _systemd.restart_afresh(target.service)
                heard = proof.lasting(target.service, target.control_port, target.greeting_timeout, target.settle)
    except HostError as exc:
        why = clause(exc)
        if lost:
            named = f"{' and '.join(lost)}, which the configuration names, {'is' if len(lost) == 1 else 'are'} missing or empty"
            why = f"{named}: run the playbook proftpd.fxp.site without --tags, which makes what is lost anew; {why}"
        raise HostError(f"The configuration is in place, but the service does not answer: {why}.") from None
    return Outcome(not (running and enabled), shown, True, heard, None)


def _lint(target: Target, content: str, most: int = 5) -> tuple[str, ...]:
    """Return what is doubtful about ``content``, a sentence each; raises HostError with the first ``most`` that are wrong."""
    # Python reads its code anew in each run, and where a configuration stays as it is, nothing needs it.
    from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import finding, findings

    proftpd = daemon.program()
    around = policy.Surroundings(compiled_in=target.platform.compiled_in)
    if proftpd:
        around = policy.Surroundings(release=releases.parse(daemon.version(proftpd)), compiled_in=daemon.compiled_in(proftpd))
    found = findings.findings(content, around)
    # The one server that is planned may be said to be open. Nobody says so of another one, and it would open it for good.
    holes = [each for each in found if each.weight == finding.HOLE and each.server != policy.MAIN]
    wrong = [str(each) for each in found if each.severity == finding.ERROR or each in holes]
    if wrong:
        more = f"; and {len(wrong) - most} more" if len(wrong) > most else ""
        raise HostError(f"The new configuration is refused, {target.path} is left as it was: {'; '.join(wrong[:most])}{more}.")
    return tuple(f"The new configuration, {each}." for each in found)


def _validate(target: Target, content: str, check_mode: bool) -> bool | None:
    """Have the daemon's checker read ``content``; leaves the staged file behind unless ``check_mode``."""
    proof.refuse_taken_port(target.service, target.control_port)
    proftpd = daemon.program()
    if check_mode and (proftpd is None or _lacks_packages(target, content)):
        return None
    if proftpd is None:
        raise HostError("the program proftpd is not installed; install ProFTPD first")
    if check_mode:
        with tempfile.TemporaryDirectory() as directory:
            trial = os.path.join(directory, "proftpd.conf")
            _files.stage(trial, _with_stand_ins(content, directory), 0o600)
            _check(proftpd, trial, content)
    else:
        _files.stage(target.staged, content, target.mode)
        _check(proftpd, target.staged, content)
    return True


def _check(proftpd: str, path: str, content: str) -> None:
    """Have the checker read ``path``, which goes: what it says of a line of it is told with the line of ``content``."""
    lines = content.splitlines()
    try:
        daemon.check_configuration(proftpd, path)
    except HostError as exc:
        line = f" on line ([0-9]+) of '{re.escape(path)}'"
        numbers = [int(number) for number in re.findall(line, clause(exc))]
        shown = {number: hidden.without(lines[number - 1]).strip() for number in numbers}
        said = re.sub(line, lambda found: f" on line {found[1]} ({shown[int(found[1])]})", clause(exc))
        for number in filter(lambda each: hidden.has_secret(lines[each - 1]), numbers):
            if any(word in said for word in lines[number - 1].split()[1:]):
                said = f"proftpd -t refuses line {number} ({shown[number]})"
        cure = "where that line is right, install the packages of ProFTPD on this host again"
        if any(own.is_own(lines, number) for number in numbers):
            cure = "mend it in fxp_extra_config; what knows it may be missing in fxp_extra_modules and fxp_extra_packages"
        raise HostError(f"{said}; {cure}") from None


def _lacks_packages(target: Target, content: str) -> bool:
    """Tell whether a real run installs packages first that ``content`` needs."""
    needs = ["server", "tls"] if re.search("^LoadModule mod_tls", content, re.MULTILINE) else ["server"]
    return bool(packages.missing([*target.platform.packages(needs), *target.packages], target.platform))


# Files of TLS that the checker reads, and that only a real run writes.
_TLS_FILES = ("tlseccertificatefile", "tlseccertificatekeyfile", "tlscacertificatefile")


def _lost_files(content: str) -> list[str]:
    """Return the files of TLS that ``content`` names and that nobody can be served without, if they are missing or empty."""
    words = [line.split() for line in content.splitlines()]
    named = {line[1] for line in words if len(line) > 1 and line[0].lower() in _TLS_FILES and line[1].startswith("/")}
    return sorted(path for path in named if not os.path.exists(path) or not os.path.getsize(path))


def _with_stand_ins(content: str, directory: str) -> str:
    """Do without files that only a real run would write: an empty password file, and no line that names one of TLS."""
    lines, lost = content.splitlines(keepends=True), _lost_files(content)
    for index, line in enumerate(lines):
        words = line.split()
        if len(words) < 2 or (os.path.exists(words[1]) and words[1] not in lost):
            continue
        if words[0].lower() == "authuserfile":
            stand_in = os.path.join(directory, "passwd")
            _files.stage(stand_in, "", 0o600)
            lines[index] = f"AuthUserFile {stand_in}\n"
        elif words[0].lower() in _TLS_FILES:
            lines[index] = "\n"
    return "".join(lines)


@dataclasses.dataclass(frozen=True)
class Former:
    """
    What is in force until the new configuration has proven itself.

    ``ours`` says whose file it is, ``running`` whether its service is to run, ``ports`` where that listens if it is known;
    ``kept`` is the file that keeps it for good if it is not ours.
    """

    ours: bool
    running: bool
    ports: frozenset[int]
    kept: str | None


def _set_aside(target: Target, old: str | None) -> Former:
    """Keep what is in force where it can be put back from, whatever happens to this process."""
    running = _systemd.is_active(target.service)
    unproven = os.path.lexists(target.previous)
    was = before.recall(target.before_us)
    kept = None
    if old is not None and not is_ours(old) and not (unproven and _files.read_text(target.before_us) == old):
        _keep(target, old, running)
        kept = target.before_us
    if unproven:
        # A run was killed in the middle: what it replaced counts, and its service may be down by what came in between.
        text = _files.read_text(target.previous) or ""
        return Former(is_ours(text), running or is_ours(text) or (was is not None and was.running), _ports(text), kept)
    if old is None:
        _files.stage(target.previous, "", MODE)
    else:
        _files.second_name(target.path, target.previous)
    if old is not None and is_ours(old):
        return Former(True, running, _ports(old), kept)
    return Former(False, running, frozenset(sockets.ports(_systemd.main_pid(target.service))) if running else frozenset(), kept)


def _ports(text: str) -> frozenset[int]:
    """Return where a configuration of ours listens. What its process does now tells nothing, if a run was killed."""
    if not is_ours(text):
        return frozenset()
    try:
        in_force = policy.effective(parser.parse(text))
    except parser.ParseError:  # edited since we wrote it
        return frozenset()
    port = in_force.port(in_force.main)
    return frozenset() if port is None else frozenset([port])


def _keep(target: Target, old: str, was_running: bool) -> None:
    by_hand = _is_made_by_hand(target, old)
    mode = stat.S_IMODE(os.stat(target.path).st_mode)
    before.keep(target.before_us, old, before.Before(by_hand, was_running, _systemd.is_enabled(target.service), mode))


def _swap(target: Target, former: Former, earlier_log: str | None) -> Outcome:
    try:
        _files.rename(target.staged, target.path)
        if not _systemd.is_enabled(target.service):
            _systemd.systemctl("enable", target.service)
        # A first start and a change of hands get a fresh process; our own changes leave running sessions alone.
        if former.ours and _systemd.is_active(target.service):
            _systemd.systemctl("reload", target.service)
        else:
            _systemd.restart_afresh(target.service)
        heard = proof.lasting(target.service, target.control_port, target.greeting_timeout, target.settle)
    except (HostError, OSError) as exc:
        raise HostError(f"The new configuration was taken back because {clause(exc)}. {_return(target, former)}") from None
    if earlier_log is not None:
        # Only what is proven needs it no more, and what tells that it is ours goes last. That it cannot go harms nobody.
        with contextlib.suppress(OSError):
            _files.remove(earlier_log)
    _files.remove(target.previous)
    return Outcome(True, "", True, heard, former.kept)


def _return(target: Target, former: Former) -> str:
    """Bring the old file and the old service back, and say what is in force now. What was set aside goes last."""
    try:
        _put_back(target)
    except OSError as exc:
        where = f"it is kept as {target.previous}, and the next run goes on from there"
        return f"The old file could not be put back: {clause(exc)}; {where}."
    try:
        if former.running:
            _serve_again(target, former)
        else:
            _systemd.systemctl("stop", target.service)
        _files.remove(target.previous)
    except (HostError, OSError) as exc:
        return f"The old file is back, but the old service is not: {clause(exc)}."
    service = " and the old service runs" if former.running else ", the service is stopped as it was before"
    return f"The old file is back{service}."


def _put_back(target: Target) -> None:
    if os.lstat(target.previous).st_size == 0:
        _files.remove(target.path)
        _files.remove(target.staged)
        return
    _files.second_name(target.previous, target.staged)
    _files.rename(target.staged, target.path)
    _files.remove(target.staged)  # still there where both names were of one file, see rename(2)


def _serve_again(target: Target, former: Former) -> None:
    if former.ports and _systemd.is_active(target.service):
        try:
            _systemd.systemctl("reload", target.service)
            return proof.listening(target.service, former.ports, target.greeting_timeout)
        except HostError:
            pass  # it does not come to itself, or was about to end
    _systemd.restart_afresh(target.service)
    return proof.listening(target.service, former.ports, target.greeting_timeout)
