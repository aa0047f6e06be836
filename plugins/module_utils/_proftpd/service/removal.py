# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Take our proftpd.conf off a host and put back what stood there before.

The service is stopped first, so nothing listens with a configuration that is on its way out. It is started again only with a
configuration that somebody made by hand and had running: the distribution's file lets every system user log in, and the
firewall rules that kept strangers off are about to go. A process that is killed in between leaves our file or the record
of what stood there, and the next run goes on from there.
"""

from __future__ import annotations

import dataclasses
import os
import time

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import lock, processes
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError, clause
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import hidden
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import before, daemon, swap, uncork

_systemd = Systemd()


@dataclasses.dataclass(frozen=True)
class Outcome:
    """
    What was done.

    ``restored`` is the file that stands in the place of ours now, by where it came from, None where there is none;
    ``running`` says whether its service was started. ``shown_before`` and ``shown_after`` are for the diff.
    """

    changed: bool = False
    restored: str | None = None
    running: bool = False
    shown_before: str = ""
    shown_after: str = ""


# Where nothing is known of what stood there before, nothing is started.
UNKNOWN = before.Before(made_by_hand=False, running=False, enabled=False, mode=swap.MODE)


def remove(target: swap.Target, *, check_mode: bool) -> Outcome:
    """Take our configuration off, if it is there; raises HostError with one sentence."""
    directory = os.path.dirname(target.path)
    if check_mode or not os.path.isdir(directory):
        return _remove(target, check_mode)
    with lock.beside(target.path):
        return _remove(target, check_mode)


def _remove(target: swap.Target, check_mode: bool) -> Outcome:
    text = _files.read_text(target.path)
    if text is not None and not swap.is_ours(text):
        return _not_ours(target, text, check_mode)
    kept = _files.read_text(target.before_us)
    if text is None and kept is None and not before.is_recorded(target.before_us):
        return _tidy(target, Outcome(), check_mode)
    packaged = _files.read_text(target.platform.packaged)
    was = UNKNOWN if kept is None else before.recall(target.before_us) or UNKNOWN
    source = target.before_us if kept is not None else target.platform.packaged if packaged is not None else None
    shown_after = swap.NOT_SHOWN if kept not in (None, packaged) else packaged or ""
    if was.runs_again:
        _ask_checker(target)
    if not check_mode:
        earlier_log = swap.log_of_earlier_releases(target, [text, _files.read_text(target.previous)])
        _take_off(target, was)
        if earlier_log is not None:
            _files.remove(earlier_log)
        _put_back(target, was, source, packaged)
        _tidy(target, Outcome(), check_mode)
    return Outcome(True, source, was.runs_again, hidden.without(text or ""), shown_after)


def _not_ours(target: swap.Target, text: str, check_mode: bool) -> Outcome:
    """Somebody's own file is in place: it stays, and so does its service, unless a removal was cut short before the start."""
    kept = _files.read_text(target.before_us)
    was = before.recall(target.before_us) or UNKNOWN
    cut_short = kept is None and was.runs_again
    if not check_mode:
        if cut_short:
            _start(target, was)
        if kept == text:
            _files.remove(target.before_us)
    return _tidy(target, Outcome(cut_short or kept == text, None, cut_short), check_mode)


def _tidy(target: swap.Target, outcome: Outcome, check_mode: bool) -> Outcome:
    """Take away what is ours beside the configuration, the record last."""
    staged = [_files.staged_name(path) for path in (target.path, target.previous, target.before_us)]
    found = [path for path in (*staged, target.previous) if os.path.exists(path)]
    recorded = before.is_recorded(target.before_us)
    place = uncork.Place(target.service)
    found += place.found()
    if not check_mode:
        uncork.take_away(place, _systemd)
        for path in found:
            _files.remove(path)
        before.forget(target.before_us)
    return dataclasses.replace(outcome, changed=outcome.changed or recorded or bool(found))


def _ask_checker(target: swap.Target) -> None:
    proftpd = daemon.program()
    try:
        if proftpd is None:
            raise HostError("the program proftpd is not installed")
        daemon.check_configuration(proftpd, target.before_us)
    except HostError as exc:
        raise HostError(
            f"Nothing was removed, because what stood here before, {target.before_us}, cannot be served again: {clause(exc)}; "
            "repair that file, or delete it if nobody wants it."
        ) from None


def _take_off(target: swap.Target, was: before.Before) -> None:
    if daemon.program() is None:
        return  # the package is gone, and its service with it
    try:
        _systemd.systemctl("stop", target.service)
        if not was.enabled_again and _systemd.is_enabled(target.service):
            _systemd.systemctl("disable", target.service)
        uncork.take_away(uncork.Place(target.service), _systemd)
    except HostError as exc:
        raise HostError(f"{target.path} is left as it is because {clause(exc)}; mend that and run this again.") from None


def _put_back(target: swap.Target, was: before.Before, source: str | None, packaged: str | None) -> None:
    if source == target.before_us:
        os.chmod(source, was.mode)
        _files.rename(source, target.path)
    elif packaged is not None:
        _files.write(target.path, packaged, swap.MODE)
    else:
        _files.remove(target.path)
    if was.runs_again:
        _start(target, was)


def _start(target: swap.Target, was: before.Before) -> None:
    try:
        if was.enabled_again and not _systemd.is_enabled(target.service):
            _systemd.systemctl("enable", target.service)
        _systemd.restart_afresh(target.service)
        _see_it_last(target)
    except HostError as exc:
        raise HostError(f"{target.path} is again what stood there before, but it does not serve: {clause(exc)}.") from None


def _see_it_last(target: swap.Target) -> None:
    # Where it listens is its maker's affair, so all that can be asked is whether it stays.
    pid, began = _systemd.main_pid(target.service), time.monotonic()
    while processes.exists(pid) and time.monotonic() < began + target.settle:
        time.sleep(0.05)
    if not processes.exists(pid):
        raise HostError(f"the service {target.service} ended at once{_systemd.last_words(target.service)}")
