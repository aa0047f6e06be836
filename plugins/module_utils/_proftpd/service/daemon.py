# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What this collection asks of systemd and of the proftpd program, every call bounded."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import modules

# systemd itself gives a unit 90 s to start (DefaultTimeoutStartSec); the caller waits a little longer.
SYSTEMCTL_TIMEOUT = 120
CHECK_TIMEOUT = 60


class DaemonError(Exception):
    """The daemon did not do what it was asked; the text says what it answered."""


def program() -> str | None:
    """Return the path of the proftpd program, or None if it is not installed."""
    return shutil.which("proftpd", path="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin")


def _run(argv: list[str], timeout: float, variables: t.Mapping[str, str] | None = None) -> tuple[int, str]:
    environment = dict(os.environ if variables is None else variables, LC_ALL="C.UTF-8")
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DaemonError(f"'{' '.join(argv)}' did not end within {timeout:g} s") from None
    except OSError as exc:
        raise DaemonError(f"'{argv[0]}' could not be run: {exc.strerror}") from None
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()


def compiled_in(proftpd: str) -> frozenset[str] | None:
    """Return the modules that are a part of the program; None if it does not say."""
    try:
        return modules.listed(_run([proftpd, "-l"], CHECK_TIMEOUT)[1])
    except DaemonError:
        return None


def check_configuration(
    proftpd: str, path: str, variables: t.Mapping[str, str] | None = None, defines: t.Iterable[str] = ()
) -> None:
    """
    Have the daemon's own checker read *path* (proftpd -t). Raises DaemonError with what it says.

    *variables*: its environment, by default ours. *defines*: what is defined on its command line. An error in a file that is
    included is told as fatal, and until 1.3.9rc1 the checker then says that all is well (issue 1721).
    """
    code, output = _run([proftpd, "-t", *(f"-D{name}" for name in sorted(defines)), "-c", path], CHECK_TIMEOUT, variables)
    if code != 0 or re.search(r"(?:^|: )fatal: ", output, re.MULTILINE):
        said = [line.split(": ", 1)[-1] for line in output.splitlines() if "fatal:" in line or "unable" in line]
        raise DaemonError(f"proftpd -t refuses the configuration: {'; '.join(said) or output}")


def is_active(service: str) -> bool:
    """Tell whether systemd says that *service* runs."""
    return _run(["systemctl", "is-active", "--quiet", service], SYSTEMCTL_TIMEOUT)[0] == 0


def is_enabled(service: str) -> bool:
    """Tell whether *service* starts at boot."""
    return _run(["systemctl", "is-enabled", "--quiet", service], SYSTEMCTL_TIMEOUT)[0] == 0


def main_pid(service: str) -> int:
    """Return the number of the main process of *service*, 0 if it does not run."""
    answer = _run(["systemctl", "show", "--property", "MainPID", "--value", service], SYSTEMCTL_TIMEOUT)[1]
    return int(answer) if answer.isdigit() else 0


def is_alive(pid: int) -> bool:
    """Tell whether the process *pid* is there."""
    return os.path.exists(f"/proc/{pid}")


def systemctl(verb: str, service: str) -> None:
    """Have systemd do *verb* (enable, start, stop, reload, restart). Raises DaemonError with its last words."""
    code, output = _run(["systemctl", verb, service], SYSTEMCTL_TIMEOUT)
    if code != 0:
        said = output.splitlines()[0] if output else str(code)
        raise DaemonError(f"'systemctl {verb} {service}' failed: {said}" + last_words(service))


def restart_afresh(service: str) -> None:
    """Restart *service* even if it failed so often that systemd refuses to (systemd.unit(5), StartLimitBurst)."""
    _run(["systemctl", "reset-failed", service], SYSTEMCTL_TIMEOUT)
    systemctl("restart", service)


def last_words(service: str, lines: int = 5) -> str:
    """Return the end of the journal of *service* as the end of a sentence; empty if there is none."""
    try:
        code, journal = _run(
            ["journalctl", "--unit", service, "--lines", str(lines), "--no-pager", "--output", "cat"], CHECK_TIMEOUT
        )
    except DaemonError:
        return ""
    said = [line for line in journal.splitlines() if not line.startswith("-- ")]
    return f"; its journal ends with: {' | '.join(said).rstrip('.')}" if code == 0 and said else ""


def first_line(port: int, timeout: float) -> str:
    """Return the first line that the server on *port* of 127.0.0.1 says, without its end. Raises OSError."""
    deadline = time.monotonic() + timeout
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        while b"\n" not in received and len(received) < 4096:
            connection.settimeout(max(0.05, deadline - time.monotonic()))
            chunk = connection.recv(4096)
            if not chunk:
                break
            received += chunk
    return received.split(b"\r\n")[0].decode("utf-8", "replace").strip()
