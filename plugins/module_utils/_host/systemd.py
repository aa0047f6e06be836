# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""systemctl(1), systemd-run(1) and journalctl(1) of the running system, every call bounded, times in UTC."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.run import run

# systemd itself gives a unit 90 s to start (DefaultTimeoutStartSec); the caller waits a little longer.
TIMEOUT = 120  # seconds for one call


def properties_in(text: str) -> dict[str, str]:
    """Return what ``systemctl show`` prints, by name. What it prints several times has a line for each."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        if separator:
            found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


class Systemd:
    """The running systemd. One object, so that tests can stand in for it."""

    def is_here(self) -> bool:
        """Whether systemd is what runs this host (sd_booted(3))."""
        return os.path.isdir("/run/systemd/system")

    def shown(self, unit: str, *properties: str) -> dict[str, str]:
        """
        Properties of a unit by name, as ``systemctl show`` prints them; what it prints several times has a line for each.

        Empty where there is no systemd. A unit that does not exist has properties, too: ``LoadState`` is then not-found.
        """
        return properties_in(self._run(["systemctl", "show", f"--property={','.join(properties)}", unit], may_fail=True))

    def cat(self, unit: str) -> str:
        """The files of a unit one after the other, each behind a comment with its path; empty where there is none."""
        return self._run(["systemctl", "cat", unit], may_fail=True)

    def environment(self) -> str:
        """The variables that systemd gives every unit, a line each; empty where there is no systemd."""
        return self._run(["systemctl", "show-environment"], may_fail=True)

    def sockets(self) -> dict[tuple[str, int], str]:
        """The socket unit of every address and port on which systemd listens for others; empty where there is no systemd."""
        told = self._run(["systemctl", "show", "--property=Id,ActiveState,Listen", "*.socket"], may_fail=True)
        found: dict[tuple[str, int], str] = {}
        for unit in map(properties_in, told.split("\n\n")):
            for listen in unit.get("Listen", "").splitlines() if unit.get("ActiveState") == "active" else ():
                address, _separator, port = listen.partition(" (Stream)")[0].rpartition(":")
                if listen.endswith(" (Stream)") and port.isdigit():
                    found[address.strip("[]"), int(port)] = unit["Id"]
        return found

    def is_active(self, unit: str) -> bool:
        """Whether the unit runs."""
        return run(["systemctl", "is-active", "--quiet", unit], TIMEOUT).status == 0

    def is_enabled(self, unit: str) -> bool:
        """Whether the unit starts at boot."""
        return run(["systemctl", "is-enabled", "--quiet", unit], TIMEOUT).status == 0

    def is_on(self, unit: str) -> bool:
        """Whether the unit is enabled, active, and systemd has read its file as it is now."""
        wanted = {"ActiveState": "active", "UnitFileState": "enabled", "NeedDaemonReload": "no"}
        return self.shown(unit, *wanted) == wanted

    def main_pid(self, unit: str) -> int:
        """The number of the main process of a service, 0 if it does not run."""
        answer = self.shown(unit, "MainPID").get("MainPID", "")
        return int(answer) if answer.isdigit() else 0

    def systemctl(self, verb: str, unit: str) -> None:
        """Have systemd do ``verb`` (enable, start, stop, reload, restart). Raises HostError with both their last words."""
        done = run(["systemctl", verb, unit], TIMEOUT, merged=True)
        if done.status != 0:
            said = done.output.splitlines()[0] if done.output else str(done.status)
            raise HostError(f"'systemctl {verb} {unit}' failed: {said}" + self.last_words(unit))

    def restart_afresh(self, unit: str) -> None:
        """Restart a service even if it failed so often that systemd refuses to (systemd.unit(5), StartLimitBurst)."""
        run(["systemctl", "reset-failed", unit], TIMEOUT)
        self.systemctl("restart", unit)

    def last_words(self, unit: str, lines: int = 5) -> str:
        """The end of the journal of a unit, as the end of a sentence; empty if there is none."""
        command = ["journalctl", "--unit", unit, "--lines", str(lines), "--no-pager", "--output", "cat"]
        try:
            done = run(command, TIMEOUT)
        except HostError:
            return ""
        said = [line for line in done.output.splitlines() if not line.startswith("-- ")]
        return f"; its journal ends with: {' | '.join(said).rstrip('.')}" if done.status == 0 and said else ""

    def reload(self) -> None:
        """Have systemd read the files of all units again."""
        self._run(["systemctl", "daemon-reload"])

    def enable(self, unit: str) -> None:
        """Have a unit start at boot."""
        self._run(["systemctl", "enable", "--quiet", unit])

    def switch_on(self, unit: str) -> None:
        """Enable and start a unit."""
        self.enable(unit)
        self._run(["systemctl", "start", unit])

    def stop(self, unit: str) -> None:
        """Stop a unit, if there is one."""
        self._run(["systemctl", "stop", unit], may_fail=True)

    def switch_off(self, unit: str) -> None:
        """Disable a unit and forget that it was active, without running its ExecStop."""
        self._run(["systemctl", "disable", "--quiet", unit], may_fail=True)
        self._run(["systemctl", "reset-failed", unit], may_fail=True)

    def arm(self, timer: str, seconds: int, command: t.Sequence[str]) -> None:
        """Run a command once, ``seconds`` from now, whatever happens to the caller; every 5 s from then until it succeeds."""
        self._run(
            [
                "systemd-run",
                "--quiet",
                "--collect",
                f"--unit={timer}",
                f"--on-active={seconds}s",
                "--timer-property=AccuracySec=100ms",
                "--service-type=oneshot",
                "--property=TimeoutStartSec=120s",
                "--property=Restart=on-failure",
                "--property=RestartSec=5s",
                *command,
            ]
        )

    def is_armed(self, timer: str) -> bool:
        """Whether the timer still runs, or has fired and its command is not done."""
        states = self._run(["systemctl", "is-active", f"{timer}.timer", f"{timer}.service"], may_fail=True).split()
        return "active" in states or "activating" in states

    def disarm(self, timer: str) -> None:
        """Stop the timer, and its command if that waits for a lock that the caller holds."""
        self._run(["systemctl", "stop", f"{timer}.timer", f"{timer}.service"], may_fail=True)

    def _run(self, command: t.Sequence[str], may_fail: bool = False) -> str:
        try:
            done = run(command, TIMEOUT, environment={**os.environ, "TZ": "UTC"})
        except HostError:
            if may_fail:
                return ""
            raise
        if done.status and not may_fail:
            raise HostError(f"{' '.join(command)} says: {done.errors[:1000]}")
        return done.output


__all__ = ("Systemd", "properties_in")
