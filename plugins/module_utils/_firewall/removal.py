# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Take everything of ours out of the kernel and off the disk, by commit or return like any other change.

Somebody may have come to depend on our rules since they were loaded, for example by giving sshd one of the ports that they
open. So the rules leave the kernel on trial, with everything else still in place, and only the confirmation removes that
too. A removal that dies after its confirmation is finished by the next one.
"""

from __future__ import annotations

import os

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Backend
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError, TooLate
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.managers import beside, texts
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.transaction import (
    Outcome,
    Texts,
    Transaction,
    write,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.units import files as units_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.units import unwanted
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd


def is_in_kernel(host: Host) -> bool:
    """Are rules of ours in force? Without the program of the backend nobody can tell."""
    return host.backend.is_installed() and any(host.backend.in_force().values())


def is_found(host: Host) -> bool:
    """Is anything of ours on this host?"""
    files = _files_of(host)
    return any(map(os.path.lexists, (*files, *map(_files.staged_name, files)))) or bool(_kept(host)) or is_in_kernel(host)


def _kept(host: Host) -> dict[str, str]:
    """What managers keep of ours beside those files; those that decided once, too."""
    return {name: text for backend in _backends(host) for name, text in backend.kept().items()}


def _backends(host: Host) -> list[Backend]:
    return [host.backend, *(row.make(host.root) for row in beside(host.backend, host.kind))]


def _rules_of(host: Host) -> list[str]:
    """The texts of all managers."""
    return list(dict.fromkeys([host.rules, *texts(host.root, host.kind)]))


def _files_of(host: Host) -> tuple[str, ...]:
    units = [*(file.path for file in units_of(host)), *unwanted(host)]
    rules = _rules_of(host)
    program = [] if host.shares_program() else [host.program]
    return (*rules, *units, host.record, *program, *(f"{path}.new" for path in rules), host.pending)


class Removal(Transaction):
    """One removal on one host on which something of ours is found."""

    def __init__(self, host: Host, systemd: Systemd, program: bytes) -> None:
        super().__init__(host, systemd, Texts("", units_of(host), program))
        self.files = _files_of(host)
        self.unit_files = (*(file.path for file in self.units), *unwanted(host))

    def _settle_beside(self) -> None:
        """Where the kernel holds no rules of ours there is nothing to try, and what else there is goes at once."""
        self._clean()

    def _apply(self, return_after: int, check_mode: bool) -> Outcome:
        outcome = Outcome(changed=True, diff=self._removed())
        if not is_in_kernel(self.host):
            return outcome
        self.host.backend.check_removal()
        if check_mode:
            return outcome
        if not os.access(self.host.program, os.X_OK):
            write(*self.program)
        self._load_on_trial(return_after)
        return outcome._replace(on_trial=True)

    def _put_on_trial(self) -> None:
        _files.remove(self.host.new_rules)
        self.host.backend.unload()

    def _removed(self) -> tuple[dict[str, str], ...]:
        diffs = []
        found = [(path, _files.read_text(path)) for path in (*_rules_of(self.host), *self.unit_files)]
        for path, text in (*found, *_kept(self.host).items()):
            if text is not None:
                diffs.append({"before_header": path, "after_header": path, "before": text, "after": ""})
        gone = [path for path in (self.host.program, self.host.record) if path in self.files]
        remarks = [f"{path} is removed" for path in gone if os.path.exists(path)]
        remarks += ["the rules in the kernel are removed"] if is_in_kernel(self.host) else []
        return (*diffs, {"prepared": "".join(f"# {remark}\n" for remark in remarks)}) if remarks else tuple(diffs)

    def confirm(self) -> None:
        """
        Remove what would bring the rules back, then everything else.

        Raises TooLate if the rules are back already, FirewallError if somebody loaded them meanwhile.
        """
        with self.host.locked():
            if self.is_confirmed():
                return  # the answer to an earlier confirmation was lost
            pending = _files.read_text(self.host.pending)
            if pending is None or os.path.exists(self.host.new_rules):
                raise TooLate("The firewall rules were put back before the confirmation of their removal came.")
            if is_in_kernel(self.host):
                raise FirewallError("Somebody loaded the firewall rules again while their removal waited for its confirmation.")
            self._leave()
            # From here on nothing on this host knows rules that could come back.
            for path in _rules_of(self.host):
                _files.remove(path)
            _files.remove(self.host.pending)
        self._clean()

    def is_confirmed(self) -> bool:
        """True if nothing of ours is left."""
        return not any(map(os.path.lexists, self.files)) and not _kept(self.host) and not is_in_kernel(self.host)

    def _leave(self) -> None:
        """Nothing is in force any more; what managers keep goes, too."""
        for backend in _backends(self.host):
            if backend.kept():
                backend.leave(False)

    def _clean(self) -> None:
        """The unit first, because it runs our program when it stops."""
        self.systemd.disarm(self.timer)
        self._leave()
        if any(map(os.path.lexists, self.unit_files)):
            # What looks after the rules first.
            for unit in reversed(self.switched_on):
                self.systemd.stop(unit)
                self.systemd.switch_off(unit)
            self._drop_units()
            for path in self.unit_files:
                _files.remove(path)
            self.systemd.reload()
        for path in (*self.files, self.host.lock):
            _files.remove(_files.staged_name(path))
            _files.remove(path)
        for path in (*self.files, self.host.lock):
            _files.remove_own_directory(os.path.dirname(path))
