# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Commit or return: a change of the firewall rules that takes itself back unless somebody proves that the way in is open.

``apply`` stages the rules, arms a timer and loads them; the confirmed file on disk stays the old one. ``confirm`` makes them
the confirmed ones and disarms the timer. Without it the timer runs ``firewall.py return``. A reboot in between forgets the
change too. ``settle`` says how a change ended that nobody could confirm.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import units
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Fingerprint
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError, TooLate
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.units import File
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd


class Texts(t.NamedTuple):
    """What is to stand on the host."""

    rules: str  # in the language of the backend
    units: tuple[File, ...]  # for systemd
    program: bytes  # what the units run: ``archive``


class Outcome(t.NamedTuple):
    """What ``apply`` found and did."""

    changed: bool = False
    on_trial: bool = False  # the kernel holds new rules that wait for their confirmation
    drift: tuple[str, ...] = ()  # how the kernel differed from the confirmed rules
    diff: tuple[dict[str, str], ...] = ()
    rules_in: tuple[str, ...] = ()  # chains of other tables that hold rules of ours
    warnings: tuple[str, ...] = ()  # what may keep clients or peers out


class Transaction:
    """One change on one host."""

    def __init__(self, host: Host, systemd: Systemd, texts: Texts) -> None:
        self.host = host
        self.systemd = systemd
        self.texts = texts
        program = texts.program.decode("utf-8", "surrogateescape")  # as _files reads and writes what is no text
        # Of what stands beside the rules only the program is needed while a change is on trial.
        self.program = File(host.program, program, 0o755)
        self.units = texts.units
        self.switched_on, self.timer = units.switched_on(host), host.kind.timer

    def apply(self, return_after: int, check_mode: bool = False) -> Outcome:
        """Load the rules on trial if they differ from what is in force; ``return_after`` in seconds. Raises FirewallError."""
        if check_mode:
            return self._apply(return_after, check_mode=True)
        deadline = time.monotonic() + return_after + 10
        while True:
            with self.host.locked():
                if os.path.exists(self.host.pending) and not self.systemd.is_armed(self.timer):
                    self._take_back()  # left over from a change that died; nobody will confirm it
                outcome = None
                if not os.path.exists(self.host.pending):
                    self._tidy()
                    outcome = self._apply(return_after, check_mode=False)
            # Without the lock: the unit that is started takes it itself.
            if outcome is not None:
                if outcome.changed and not outcome.on_trial:
                    self._settle_beside()
                return outcome
            if time.monotonic() > deadline:
                raise FirewallError(
                    "Another change of the firewall rules is still waiting for its confirmation; try again after "
                    f"{self.host.pending} is gone."
                )
            time.sleep(0.2)

    def _tidy(self) -> None:
        """Remove what a process that was killed left beside its files."""
        self.host.forget_trials()
        for path in (self.host.rules, self.host.record, *(path for path, dummy, mode in (self.program, *self.units))):
            _files.remove(_files.staged_name(path))

    def preview(self) -> Outcome:
        """What ``apply`` would write, for a host where the program of the backend is not installed."""
        confirmed = _files.read_text(self.host.rules)
        return Outcome(changed=True, diff=self._diff(confirmed, self._beside(), ()))

    def _beside(self) -> list[File]:
        return [file for file in (self.program, *self.units) if _files.read_text(file[0]) != file[1]]

    def _apply(self, return_after: int, check_mode: bool) -> Outcome:
        finding = self.host.backend.examine(self.texts.rules, self.host.recorded(self.host.record))
        confirmed = _files.read_text(self.host.rules)
        beside = self._beside()
        outcome = Outcome(
            drift=finding.drift if confirmed == self.texts.rules else (),
            diff=self._diff(confirmed, beside, finding.drift, finding.diff),
            rules_in=finding.rules_in,
            warnings=(*self._moves(), *finding.warnings),
        )
        new_rules = bool(confirmed != self.texts.rules or finding.drift or self.host.others())
        if not new_rules and not beside and self._is_on() and not units.unwanted(self.host):
            return outcome
        self.host.backend.check(self.texts.rules)
        if check_mode:
            return outcome._replace(changed=True)
        write(*self.program)
        if not new_rules:
            return outcome._replace(changed=True)
        self._load_on_trial(return_after)
        return outcome._replace(changed=True, on_trial=True)

    def _moves(self) -> list[str]:
        """What is told where another manager decides than the rules on the host are for."""
        name = self.host.backend.name
        return [
            f"The firewall rules of proftpd.fxp here are for {other.backend.name}, but {name} decides now; the playbook site "
            f"moves them to {name}."
            for other in self.host.others()
        ]

    def _settle_beside(self) -> None:
        """What is left to do where the rules in force are as wished."""
        self._install_units()
        self._drop_units()

    def _is_on(self) -> bool:
        return all(self.systemd.is_on(unit) for unit in self.switched_on)

    def _load_on_trial(self, return_after: int) -> None:
        self._stand_by()
        self.systemd.disarm(self.timer)
        # The timer first: whatever dies after this line, the change is taken back.
        self.systemd.arm(self.timer, return_after, self.host.command("return"))
        try:
            write(self.host.pending, "{}", 0o600)
            self._put_on_trial()
            now = self.host.backend.in_force()
            write(self.host.pending, json.dumps(now, sort_keys=True), 0o600)
        except BaseException:
            self._take_back()
            raise

    def _stand_by(self) -> None:
        """
        See to it that a restart of the host in between takes the change back.

        Where a service brings rules back from files of its own, those on trial stand in them, so the unit that puts the files
        right before that service starts must be there first.
        """
        (path, text, mode), unit = self.units[0], self.host.kind.unit
        if self.host.backend.keeper and not (_files.read_text(path) == text and self.systemd.is_enabled(unit)):
            write(path, text, mode)
            self.systemd.reload()
            self.systemd.enable(unit)

    def _put_on_trial(self) -> None:
        write(self.host.new_rules, self.texts.rules, 0o600)
        self.host.backend.load(self.texts.rules)

    def _take_back(self) -> None:
        try:
            self.host.take_back()
        finally:
            if not os.path.exists(self.host.pending):
                self.systemd.disarm(self.timer)
                self._stand_down()

    def _stand_down(self) -> None:
        """Where a first change was taken back, nothing has to be put right at boot any more."""
        path, unit = self.units[0][0], self.host.kind.unit
        if self.host.backend.keeper and os.path.exists(path) and not os.path.exists(self.host.confirmed().rules):
            self.systemd.switch_off(unit)
            _files.remove(path)
            self.systemd.reload()

    def confirm(self) -> None:
        """Make the rules on trial the confirmed ones; raise TooLate if they are not on trial any more."""
        with self.host.locked():
            if self.is_confirmed():
                return  # the answer to an earlier confirmation was lost
            self._on_trial()
        self._install_units()
        with self.host.locked():
            self._on_trial()
            self.host.backend.open(self.texts.rules)
            self._commit(self.host.backend.in_force())
            self._take_over()
            # Under the lock: the next change arms a timer of the same name.
            self.systemd.disarm(self.timer)

    def _take_over(self) -> None:
        """Take away what the host has of the manager that decided before. The text goes last: so the next run finds the rest."""
        for other in self.host.others():
            other.backend.leave(other.backend.guard == self.host.backend.guard)
            _files.remove(other.rules)
        self._drop_units()

    def _drop_units(self) -> None:
        """Remove units that only the manager that decided before needed."""
        paths = units.unwanted(self.host)
        for path in paths:
            if not path.endswith(".conf"):  # of a unit of others
                self.systemd.stop(os.path.basename(path))
                self.systemd.switch_off(os.path.basename(path))
            _files.remove(path)
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(path))  # of drop-ins, if there are no others
        if paths:
            self.systemd.reload()

    def is_confirmed(self) -> bool:
        """True if exactly these rules are the confirmed ones and in force, none are on trial, and the units are as wished."""
        if os.path.exists(self.host.pending) or _files.read_text(self.host.rules) != self.texts.rules:
            return False
        if self._beside() or self.host.others() or units.unwanted(self.host) or not self._is_on():
            return False
        return not self.host.backend.drift(self.texts.rules, self.host.recorded(self.host.record))

    def _commit(self, now: Fingerprint) -> None:
        """The rename decides. If it fails, the record is again that of the former rules."""
        former = _files.read_text(self.host.record)
        try:
            write(self.host.record, json.dumps(now, sort_keys=True) + "\n", 0o600)
            _files.rename(self.host.new_rules, self.host.rules)
        except OSError:
            if _files.read_text(self.host.rules) != self.texts.rules:
                restore(self.host.record, former, 0o600)
            raise
        _files.remove(self.host.pending)

    def _on_trial(self) -> Fingerprint:
        pending = _files.read_text(self.host.pending)
        if pending is None or _files.read_text(self.host.new_rules) != self.texts.rules:
            raise TooLate("The new firewall rules were taken back before their confirmation came.")
        now = self.host.backend.in_force()
        if now != json.loads(pending):
            raise FirewallError(
                f"The {self.host.backend.name} rules were changed by somebody else while the new ones waited for their "
                "confirmation."
            )
        return now

    def _install_units(self) -> None:
        """Write the units and switch them on; put the former ones back if that fails."""
        former = [(path, _files.read_text(path), mode) for path, dummy, mode in self.units]
        was_on = self._is_on()
        if was_on and all(text == wanted[1] for (dummy, text, mode), wanted in zip(former, self.units)):
            return
        try:
            for path, text, mode in self.units:
                write(path, text, mode)
            self.systemd.reload()
            for unit in self.switched_on:
                self.systemd.switch_on(unit)
        except (HostError, OSError):
            if not was_on:
                for unit in self.switched_on:
                    self.systemd.switch_off(unit)
            for path, before, mode in former:
                restore(path, before, mode)
            self.systemd.reload()
            raise

    def settle(self) -> bool:
        """Take back what is still on trial; true if the confirmed rules, or none where there are none, are in force."""
        with self.host.locked():
            if os.path.exists(self.host.pending):
                self._take_back()
            host = self.host.confirmed()
            confirmed = _files.read_text(host.rules)
            if confirmed is None:
                self._stand_down()
                return not any(host.backend.in_force().values())
            return not host.backend.drift(confirmed, host.recorded(host.record))

    def _diff(
        self, confirmed: str | None, beside: list[File], drift: tuple[str, ...], kept: tuple[dict[str, str], ...] = ()
    ) -> tuple[dict[str, str], ...]:
        texts = [(self.host.rules, confirmed, self.texts.rules)] if confirmed != self.texts.rules else []
        texts += [(path, _files.read_text(path), text) for path, text, dummy in beside if path != self.host.program]
        diffs = [
            {"before_header": path, "after_header": path, "before": before or "", "after": after} for path, before, after in texts
        ]
        diffs += kept
        for other in self.host.others():
            gone = {other.rules: _files.read_text(other.rules) or "", **other.backend.kept()}
            diffs += [{"before_header": path, "after_header": path, "before": text, "after": ""} for path, text in gone.items()]
        remarks = [f"{self.host.program} is renewed"] if self.program in beside else []
        remarks += drift if confirmed == self.texts.rules else ()
        if remarks:
            diffs.append({"prepared": "".join(f"# {remark}\n" for remark in remarks)})
        return tuple(diffs)


def write(path: str, text: str, mode: int) -> None:
    """Replace a file in one step; make its directory if there is none."""
    _files.write(path, text, mode, make=True)


def restore(path: str, text: str | None, mode: int) -> None:
    """Give a file its former text, None for none. What has it already is not written: the disk may be full."""
    if text is None:
        _files.remove(path)
    elif _files.read_text(path) != text:
        write(path, text, mode)
