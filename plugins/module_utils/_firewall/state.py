# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What a host keeps of its firewall rules, and what brings them back: the files, one lock, and what the units and the timer do.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Backend
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.managers import DIRECTORY
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files

LOCK_TIMEOUT = 30  # seconds to wait for another change to end


UNIT = "proftpd-fxp-firewall.service"


class Host:
    """
    The files of this room, below C(root), in the language of one backend, and what the boot unit and the timer do with them.

    A change that is not confirmed yet has a C(pending) file in C(/run): after a reboot it is forgotten.
    """

    def __init__(self, backend: Backend, root: str = "") -> None:
        self.backend = backend
        self.rules = f"{root}{DIRECTORY}/{backend.file}"
        self.new_rules = self.rules + ".new"
        self.record = root + "/var/lib/proftpd-fxp/firewall.json"
        self.program = root + "/usr/local/lib/proftpd-fxp/firewall.py"
        self.pending = root + "/run/proftpd-fxp/firewall.pending"
        self.lock = root + "/run/proftpd-fxp/firewall.lock"
        units = root + "/etc/systemd/system"
        self.unit = f"{units}/{UNIT}"
        self.drop_in = f"{units}/{backend.service}.d/proftpd-fxp.conf"

    @contextlib.contextmanager
    def locked(self) -> t.Iterator[None]:
        """
        One change at a time. Removal takes the lock's file away, so what was locked must still be that file.
        """
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            os.makedirs(os.path.dirname(self.lock), mode=0o700, exist_ok=True)
            handle = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                self._wait_for(handle, deadline)
                if self._is_lock(handle):
                    yield
                    return
            finally:
                os.close(handle)

    def _is_lock(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), os.stat(self.lock))
        except FileNotFoundError:
            return False

    @staticmethod
    def _wait_for(handle: int, deadline: float) -> None:
        while True:
            try:
                return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    raise FirewallError("Another change of the firewall rules has not ended; try again.") from None
                time.sleep(0.1)

    def load(self) -> None:
        """
        Put in force what counts now: the rules on trial if there are any, else the confirmed ones, else none. If no rule can be
        put into another table, the guard is in force all the same. What stays shut is said on standard error, for the journal.
        """
        with self.locked():
            trial = None
            if os.path.exists(self.pending):
                trial = _files.read_text(self.new_rules)
            else:
                with contextlib.suppress(OSError):  # nftables.service sees /etc read-only
                    _files.remove(self.new_rules)
            text = trial if trial is not None else _files.read_text(self.rules)
            try:
                self._load(text)
            except FirewallError:
                if text is not None:
                    self.backend.load_guard(text)
                raise
            if text is not None:
                for sentence in self.backend.shut(text):
                    sys.stderr.write(f"{sentence}\n")

    def unload(self) -> None:
        with self.locked():
            self.backend.unload()

    def go_back(self) -> None:
        """
        Take the rules on trial back, if they are still on trial.
        """
        with self.locked():
            if os.path.exists(self.pending):
                self.take_back()

    def take_back(self) -> None:
        """
        The same for whoever holds the lock. If not even the unloading works, the rules stay on trial, for the timer to try again.
        """
        problem: FirewallError | OSError | None = None
        try:
            self._load(_files.read_text(self.rules))
        except (FirewallError, OSError) as error:
            problem = error
            self.backend.unload()  # rather no rules than some that may keep the administrator out
        _files.remove(self.new_rules)
        _files.remove(self.pending)
        if problem is not None:
            raise problem

    def _load(self, text: str | None) -> None:
        if text is None:
            self.backend.unload()
        else:
            self.backend.load(text)
