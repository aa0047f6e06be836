# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is to be known of a process by its number, read from proc(5) below ``proc``; of one that has ended nothing is."""

from __future__ import annotations

import os
import re


def exists(pid: int) -> bool:
    """Tell whether there is the process ``pid``."""
    return os.path.exists(f"/proc/{pid}")


def name(pid: int, proc: str = "/proc") -> str:
    """Return its name; empty if there is none."""
    return _read(f"{proc}/{pid}/comm").strip()


def environment(pid: int, proc: str = "/proc") -> str:
    """Return the environment that it was started with, each variable with a null byte at its end; empty if it is not readable."""
    return _read(f"{proc}/{pid}/environ", "surrogateescape")


def parent(pid: int, proc: str = "/proc") -> int:
    """Return the number of its parent; 0 if it has none."""
    fields = _fields(pid, proc)
    return int(fields[1]) if len(fields) > 1 else 0


def ticks(pid: int) -> int | None:
    """Return when it began, in ticks of the clock (sysconf(3), _SC_CLK_TCK) since boot, or None if there is none."""
    fields = _fields(pid, "/proc")
    return int(fields[19]) if len(fields) > 19 else None


def began(pid: int) -> float | None:
    """Return when it began, in seconds since 1970, or None if there is none."""
    since_boot, boot = ticks(pid), re.search(r"^btime (\d+)", _read("/proc/stat"), re.MULTILINE)
    return int(boot.group(1)) + since_boot / os.sysconf("SC_CLK_TCK") if boot and since_boot is not None else None


def is_filtered(pid: int) -> bool | None:
    """Tell whether a filter of system calls is in front of it (seccomp(2)), or None if that cannot be seen."""
    said = re.search(r"^Seccomp:\s*(\d)", _read(f"/proc/{pid}/status"), re.MULTILINE)
    return said.group(1) == "2" if said else None


def waits_for_parent(pid: int) -> bool:
    """Tell whether it has ended and its number is kept until its parent has heard of that."""
    return _fields(pid, "/proc")[:1] == ["Z"]


def boot() -> str:
    """Return the kernel's name for the time since this machine was started; empty where it has none."""
    return _read("/proc/sys/kernel/random/boot_id").strip()


def numbering() -> str:
    """Return the name of the namespace in which this process has its number (pid_namespaces(7)); empty where there is none."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _fields(pid: int, proc: str) -> list[str]:
    """What follows the name in its ``stat``; the name may have anything in it."""
    return _read(f"{proc}/{pid}/stat").rpartition(")")[2].split()


def _read(path: str, errors: str = "replace") -> str:
    try:
        with open(path, encoding="utf-8", errors=errors) as file:
            return file.read()
    except OSError:
        return ""


__all__ = ("began", "boot", "environment", "exists", "is_filtered", "name", "numbering", "parent", "ticks", "waits_for_parent")
