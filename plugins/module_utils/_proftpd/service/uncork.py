# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Put the program that takes the cork off (``uncork_program``) in front of ProFTPD, or take it away.

ProFTPD corks the socket of a data connection (TCP_CORK) and, where it is the TLS client of it, does not uncork it for the
handshake (tls_connect() in contrib/mod_tls.c; tls_accept() does since Bug#4108), so the kernel holds each of its two flights back
for 200 ms. What starts it is a drop-in of the service. Sessions inherit what their master was started with, so it is started
anew, which ends them.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import processes
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError, clause
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import daemon, launch, proof, uncork_program

_PYTHON = "/usr/bin/python3"
_MODE = 0o644
_USUAL = "/usr/sbin/proftpd -c $CONFIG_FILE $OPTIONS"  # Debian's unit, of a package that is not there yet
# What systemd.service(5) takes in front of a program, and what changes what its words mean.
_PREFIXES, _OTHER_WORDS = "@:+!|-", "@:|"
_NOT_RUN = "proftpd.fxp: ProFTPD starts without fxp_tls_uncork, as Python cannot run"
_DROP_IN = """\
#
# Managed by the Ansible collection proftpd.fxp; changes made by hand are overwritten.
#
# fxp_tls_uncork: TLS handshakes between servers are not held back by the kernel. Where Python cannot see to that, ProFTPD starts
# as ever. The words after {mark} are those that the unit has without this file.
[Service]
ExecStart=
ExecStart={prefix}/bin/sh -c '{script}' {mark} {command}
"""
# Asked first, since from exec there is no way back. Without semicolons, by which systemd separates what it tells of a unit.
_SCRIPT = '{python} {program} && exec {python} {program} "$$@" || echo "{not_run}" >&2 || : && exec "$$@"'


class Outcome(t.NamedTuple):
    """What was done, with the text of the drop-in before and after it."""

    changed: bool = False
    before: str = ""
    after: str = ""


class Place:
    """The files that take the cork off a service, below ``root``."""

    def __init__(self, service: str, root: str = "") -> None:
        self.service = service
        self.unit = f"{service}.service"
        # Behind those of others by its name: the last one that says how a unit starts counts.
        self.drop_in = f"{root}/etc/systemd/system/{self.unit}.d/zz-proftpd-fxp-uncork.conf"
        self.program = f"{root}/usr/local/lib/proftpd-fxp/uncork.py"

    def found(self) -> list[str]:
        """Return those that are there."""
        return [path for path in (self.drop_in, self.program) if os.path.lexists(path)]


def drop_in_of(exec_start: str, program: str) -> str:
    """
    Return the drop-in for a unit that says ``exec_start`` itself.

    Raises HostError where nothing can be put in front of that.
    """
    prefix, command = re.match(f"([{_PREFIXES}]*)(.*)", exec_start, re.DOTALL).groups()  # type: ignore[union-attr]
    if set(prefix) & set(_OTHER_WORDS):
        raise HostError(
            f"its unit starts ProFTPD with '{exec_start}', and fxp_tls_uncork cannot be put in front of '{prefix}'; take that "
            "out of the unit, or say fxp_tls_uncork: false"
        )
    script = _SCRIPT.format(python=f"{_PYTHON} -IS", program=program, not_run=_NOT_RUN)
    return _DROP_IN.format(prefix=prefix, script=script, mark=launch.UNCORK_MARK, command=command)


def said(units: str, drop_in: str) -> str:
    """
    Return the command by which a unit starts, as ``systemctl cat`` prints its files, ``units``, all but our own.

    Empty where it says none. As in systemd.service(5) the last one counts, and an empty one takes back those before it.
    """
    found = ""
    for part in re.split(r"^# (?=/)", units, flags=re.MULTILINE):
        path, _newline, text = part.partition("\n")
        if path != drop_in:
            # A comment ends with its line, and does not end what is continued around it.
            text = re.sub(r"^[ \t]*[#;].*\n?", "", text, flags=re.MULTILINE)
            for line in re.sub(r"\\\n", " ", text).splitlines():
                match = re.match(r"\s*ExecStart\s*=\s*(.*?)\s*$", line)
                found = match.group(1) if match else found
    return found


def apply(place: Place, wanted: bool, control_port: int, timeout: float, settle: float, *, check_mode: bool) -> Outcome:
    """
    Have the service run without the cork, or with it, and prove that it serves; ``timeout`` and ``settle`` are those of a swap.

    Raises HostError; then the service runs as it did before, but for a removal, which the next run goes on with.
    """
    manager = Systemd()
    before = _files.read_text(place.drop_in)
    if not (wanted and _is_corked()):
        if not place.found():
            return Outcome()
        if not check_mode:
            _take_off(place, manager, control_port, timeout, settle)
        return Outcome(True, before or "", "")
    # What was written since systemd read the files of the unit, it tells of only when it has read them again.
    stale = manager.shown(place.unit, "NeedDaemonReload").get("NeedDaemonReload") == "yes"
    if stale and not check_mode:
        manager.reload()
    units = manager.cat(place.unit)
    after = drop_in_of(said(units, place.drop_in) or _USUAL, place.program)
    program = source()
    is_there = before == after and _files.read_text(place.program) == program
    if is_there and not stale and _is_started(place, manager):
        return Outcome()
    if not check_mode:
        _put_in_front(place, manager, after, program, control_port, timeout, settle)
    return Outcome(True, before or "", after)


def _is_corked() -> bool:
    """Tell whether the release that is installed, or is to be, needs it."""
    program = daemon.program()
    release = releases.parse(daemon.version(program)) if program else None
    return release is None or releases.among(release, releases.CORKED_HANDSHAKE)


def source() -> str:
    """Return the text of the program."""
    loader: t.Any = uncork_program.__spec__.loader
    text: bytes = loader.get_data(uncork_program.__file__)
    return text.decode()


def _is_started(place: Place, manager: Systemd) -> bool:
    """Tell whether the service, if it runs, was started with the files as they are."""
    pid = manager.main_pid(place.service)
    began = processes.began(pid) if pid else None
    return began is None or began >= max(os.stat(path).st_mtime for path in place.found()) - 1


def _put_in_front(
    place: Place, manager: Systemd, text: str, program: str, control_port: int, timeout: float, settle: float
) -> None:
    former = [(path, _files.read_text(path)) for path in (place.program, place.drop_in)]
    is_written = False
    try:
        _files.write(place.program, program, _MODE, make=True)
        _files.write(place.drop_in, text, _MODE, make=True)
        is_written = True
        _start(place, manager, control_port, timeout, settle)
    except (HostError, OSError) as exc:
        more = _go_back(place, manager, former, is_written)
        raise HostError(f"fxp_tls_uncork was taken back because {clause(exc)}{more}.") from None


def _go_back(place: Place, manager: Systemd, former: t.Sequence[tuple[str, str | None]], is_written: bool) -> str:
    """Write back what was there, start the service with that if it was started with something else; what fails then."""
    try:
        for path, text in former:
            if text is not None and _files.read_text(path) != text:
                _files.write(path, text, _MODE)
        if former[-1][1] is None:
            take_away(place, manager)
        elif is_written:
            manager.reload()
        if is_written:
            manager.restart_afresh(place.service)
    except (HostError, OSError) as exc:
        return f"; then {clause(exc)}"
    return ""


def _take_off(place: Place, manager: Systemd, control_port: int, timeout: float, settle: float) -> None:
    """The program goes last: where it is left alone, the service may still run with what it did."""
    _files.remove(place.drop_in)
    _start(place, manager, control_port, timeout, settle)
    take_away(place, manager)


def _start(place: Place, manager: Systemd, control_port: int, timeout: float, settle: float) -> None:
    manager.reload()
    manager.restart_afresh(place.service)
    proof.lasting(place.service, control_port, timeout, settle)


def take_away(place: Place, manager: Systemd) -> None:
    """Remove the files, and what directories of ours are empty then. The service is started anew by whoever wants it."""
    known = os.path.lexists(place.drop_in)
    for path in (place.drop_in, place.program):
        _files.remove(path)
        _files.remove(_files.staged_name(path))
        _files.remove_own_directory(os.path.dirname(path))
    if known:
        manager.reload()


__all__ = ("Outcome", "Place", "apply", "drop_in_of", "said", "source", "take_away")
