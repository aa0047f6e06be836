# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The few things that this room asks of systemd: one unit that is on, one timer that fires once.
"""

from __future__ import annotations

import os
import subprocess
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import FirewallError

TIMEOUT = 90  # seconds for one call of systemctl or systemd-run


class Systemd:
    """
    systemctl(1) and systemd-run(1) of the running system.
    """

    def __init__(self) -> None:
        if not os.path.isdir("/run/systemd/system"):
            raise FirewallError(
                "systemd does not run here, and the timer that takes a bad change of the firewall back needs it; set "
                "fxp_firewall_backend to none for this host and open the ports yourself."
            )

    def is_on(self, unit: str) -> bool:
        """
        True if the unit is enabled, active, and systemd has read its file as it is now.
        """
        words = "ActiveState", "UnitFileState", "NeedDaemonReload"
        shown = self._run(["systemctl", "show", "-p", ",".join(words), unit]).split()
        return {"ActiveState=active", "UnitFileState=enabled", "NeedDaemonReload=no"} <= set(shown)

    def reload(self) -> None:
        self._run(["systemctl", "daemon-reload"])

    def switch_on(self, unit: str) -> None:
        self._run(["systemctl", "enable", "--quiet", unit])
        self._run(["systemctl", "start", unit])

    def stop(self, unit: str) -> None:
        self._run(["systemctl", "stop", unit], may_fail=True)

    def switch_off(self, unit: str) -> None:
        """
        Disable the unit and forget that it was active, without running its ExecStop.
        """
        self._run(["systemctl", "disable", "--quiet", unit], may_fail=True)
        self._run(["systemctl", "reset-failed", unit], may_fail=True)

    def arm(self, timer: str, seconds: int, command: list[str]) -> None:
        """
        Run the command once, C(seconds) from now, whatever happens to the caller; every 5 seconds from then until it succeeds.
        """
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
        """
        True if the timer still runs, or has fired and its command is not done.
        """
        states = self._run(["systemctl", "is-active", f"{timer}.timer", f"{timer}.service"], may_fail=True).split()
        return "active" in states or "activating" in states

    def disarm(self, timer: str) -> None:
        """
        Stop the timer, and its command if that waits for the lock, which the caller holds.
        """
        self._run(["systemctl", "stop", f"{timer}.timer", f"{timer}.service"], may_fail=True)

    def _run(self, command: t.Sequence[str], may_fail: bool = False) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            raise FirewallError(f"{' '.join(command)} took over {TIMEOUT} seconds.") from None
        if done.returncode and not may_fail:
            raise FirewallError(f"{' '.join(command)} says: {done.stderr.strip()[:1000]}")
        return done.stdout
