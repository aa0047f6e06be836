# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a host keeps of its firewall rules, and what brings them back: files, one lock, and what the units and the timer do."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Backend, Fingerprint
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.kinds import KINDS, Kind
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.managers import DIRECTORY, beside, path_of, texts
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import lock as _lock
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable_sentence

LOCK_TIMEOUT = 30  # seconds to wait for another change to end


class Host:
    """
    The files of this room, below ``root``, in the language of one backend, and what the boot unit and the timer do with them.

    A change that is not confirmed yet has a ``pending`` file in ``/run``: after a reboot it is forgotten.
    """

    def __init__(self, backend: Backend, root: str = "", kind: Kind = KINDS["server"]) -> None:
        self.backend = backend
        self.root = root
        self.kind = kind
        self.rules = f"{root}{DIRECTORY}/{kind.stem}.{backend.ending}"
        self.new_rules = self.rules + ".new"
        self.record = f"{root}/var/lib/proftpd-fxp/{kind.stem}.json"
        self.program = f"{root}/usr/local/lib/proftpd-fxp/firewall.py"
        self.pending = f"{root}/run/proftpd-fxp/{kind.stem}.pending"
        self.lock = f"{root}/run/proftpd-fxp/firewall.lock"

    def command(self, verb: str) -> list[str]:
        """How the program is told to do something with these rules, without Ansible."""
        return [self.program, verb, *self.kind.arguments]

    def shares_program(self) -> bool:
        """Whether the program is also for rules of another kind on this host."""
        others = [kind for kind in KINDS.values() if kind.name != self.kind.name]
        return any(os.path.exists(path) for kind in others for path in texts(self.root, kind))

    def others(self) -> list[Host]:
        """The same host in the languages of other managers of which it keeps rules, the latest first."""
        kept = [row for row in beside(self.backend, self.kind) if os.path.exists(path_of(row, self.root, self.kind))]
        found = [Host(row.make(self.root), root=self.root, kind=self.kind) for row in kept]
        return sorted(found, key=lambda host: os.stat(host.rules).st_mtime_ns, reverse=True)

    def confirmed(self) -> Host:
        """The host in the language of the manager whose rules are the confirmed ones: this one, if there are none."""
        return self if os.path.exists(self.rules) else next(iter(self.others()), self)

    def locked(self) -> t.ContextManager[None]:
        """One change at a time. Removal takes the lock's file away."""
        return _lock.held(self.lock, LOCK_TIMEOUT, "Another change of the firewall rules has not ended; try again.", make=True)

    def load(self) -> None:
        """
        Put in force what counts now.

        If no rule can be put into another table, the guard is in force all the same. What stays shut is said on standard error,
        for the journal.
        """
        with self.locked():
            text = self._text()
            self._forget_files()
            try:
                self._load(text)
            except FirewallError:
                if text is not None:
                    self.backend.load_guard(text)
                raise
            if text is not None:
                for sentence in self.backend.shut(text):
                    sys.stderr.write(f"{printable_sentence(sentence)}\n")

    def guard(self) -> None:
        """
        Load the rules that count now unless what keeps strangers out is in force; raise FirewallError if it is not then.

        Asked before the server starts. What is in force already is not touched.
        """
        with self.locked():
            text = self._text()
            if text is None:
                return  # nothing to guard: the rules are gone, and the file that made the server ask is about to go
            try:
                if self.backend.is_guarded(self.recorded(self.pending) or self.recorded(self.record)):
                    return
                self.backend.load(text)
            except FirewallError as error:
                try:
                    self.backend.load_guard(text)
                except FirewallError:
                    first = str(error).splitlines()[0].rstrip(".")
                    raise FirewallError(
                        "The server is not started, because the firewall rules that keep strangers off its ports are missing and "
                        f"cannot be loaded: {first}."
                    ) from None
                sys.stderr.write(f"{printable_sentence(error)}\n")

    def watch(self) -> None:
        """
        Load what keeps strangers out where it is lost, and take away what is open without anything that guards it.

        Asked every minute where a manager leaves ports open whatever becomes of the guard. Says so on standard error.
        """
        with self.locked():
            if os.path.exists(self.pending) and not os.path.exists(self.new_rules):
                return  # a removal is on trial
            text = self._text()
            if text is None:
                self._leave()
                return
            if self.backend.is_guarded(self.recorded(self.pending) or self.recorded(self.record)):
                return
            try:
                self.backend.load(text)
            except FirewallError:
                self.backend.load_guard(text)
                raise
            sys.stderr.write("<4>The rules that keep strangers off the FTP ports were gone or changed, and are in force again.\n")

    def _leave(self) -> None:
        """Take away what managers keep without any rules that it is for: a first change died, and its reboot forgot it."""
        for backend in [self.backend, *(row.make(self.root) for row in beside(self.backend, self.kind))]:
            if backend.kept():
                backend.leave(False)

    def recorded(self, path: str) -> Fingerprint:
        """A fingerprint that lies on the host; empty if there is none, or none that can be read."""
        try:
            recorded = json.loads(_files.read_text(path) or "{}")
        except ValueError:
            return {}
        return recorded if isinstance(recorded, dict) else {}

    def _text(self) -> str | None:
        """What counts now: the rules on trial if there are any, else the confirmed ones, else none."""
        trial = None
        if os.path.exists(self.pending):
            trial = _files.read_text(self.new_rules)
        else:
            with contextlib.suppress(OSError):  # nftables.service sees /etc read-only
                self.forget_trials()
        return trial if trial is not None else _files.read_text(self.rules)

    def unload(self) -> None:
        """Take the rules out of the kernel, while nobody else changes them."""
        with self.locked():
            self.backend.unload()

    def go_back(self) -> None:
        """Take the rules on trial back, if they are still on trial."""
        with self.locked():
            if os.path.exists(self.pending):
                self.take_back()

    def take_back(self) -> None:
        """The same for whoever holds the lock. If not even unloading works, the rules stay on trial: the timer tries again."""
        problem: FirewallError | OSError | None = None
        former = self.confirmed()
        text = _files.read_text(former.rules)
        try:
            if text is None:
                self.backend.leave(False)
            else:
                former.backend.load(text)
                former.backend.open(text)
                if former is not self:
                    self.backend.leave(former.backend.guard == self.backend.guard)
        except (FirewallError, OSError) as error:
            problem = error
            self.backend.unload()  # rather no rules than some that may keep the administrator out
        self.forget_trials()
        _files.remove(self.pending)
        if problem is not None:
            raise problem

    def forget_trials(self) -> None:
        """Remove the texts of rules that are on trial no longer."""
        for path in dict.fromkeys([self.new_rules, *(f"{path}.new" for path in texts(self.root, self.kind))]):
            _files.remove(path)

    def _forget_files(self) -> None:
        """Remove what managers have in files of their own by a trial that is over, and would put in force."""
        for row in beside(self.backend, self.kind):
            if row.keeper and not os.path.exists(path_of(row, self.root, self.kind)):
                other = row.make(self.root)
                if other.kept():
                    other.leave(False)

    def _load(self, text: str | None) -> None:
        if text is None:
            self.backend.unload()
        else:
            self.backend.load(text)
