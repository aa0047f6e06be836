# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""What can be asked of the host itself: its platform, its clock, its packages, its units, and the room on its disks."""

from __future__ import annotations

import datetime
import os
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import packages, platform, run, systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._look.refusal import Refusal

# From which of its days on a certificate is good for anybody: those that are made begin a day early.
MOST_SECONDS_OFF = 86_400
# Free bytes of a file system that take all files of ours twice: the new ones are laid beside the old ones.
ROOM = 1 << 20
# The packages need about 15 MB, and their installer its lists and downloads.
ROOM_FOR_PACKAGES = 100 << 20


def can_be_served(manager: systemd.Systemd) -> list[Refusal]:
    """Refuse a host that lacks what everything else stands on."""
    cure = "Take the host out of fxp_servers."
    try:
        platform.here()
    except HostError as exc:
        return [Refusal("platform_unknown", None, None, str(exc), "Move it to one of these, or take it out of fxp_servers.")]
    if manager.is_here():
        return []
    return [
        Refusal(
            "no_systemd",
            None,
            None,
            "systemd does not run here, and the server and the timer that takes a bad change of the firewall back need it.",
            cure,
        )
    ]


def clock(now: float, controllers: float) -> list[Refusal]:
    """Refuse a clock by which certificates that are good would not be."""
    if abs(now - controllers) <= MOST_SECONDS_OFF:
        return []
    here, there = (
        datetime.datetime.fromtimestamp(each, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M") for each in (now, controllers)
    )
    return [
        Refusal(
            "clock_off",
            "fxp_tls",
            here,
            f"the clock here says {here} UTC, the controller's {there} UTC, and new certificates may not be good here.",
            "Set the clock, and have it kept (timedatectl set-ntp true).",
        )
    ]


def conflicts(
    missing: t.Sequence[str], output: t.Callable[..., str] = run.output, row: platform.Platform = platform.USUAL
) -> list[Refusal]:
    """Refuse other FTP servers where ours is still ``missing``: Debian's conflict with one another."""
    if not missing:
        return []
    found = packages.providing(row.ftp_servers_provide, row, output)
    others = [name for name in found if not name.startswith("proftpd")]
    if not others:
        return []
    names = " and ".join(others)
    return [
        Refusal(
            "package_conflicts",
            None,
            others,
            f"{names} is installed, and Debian's FTP servers conflict with one another; none is removed to make room.",
            f"Remove it ({row.package_remover} {' '.join(others)}) if ProFTPD is to serve here, or take the host out of "
            "fxp_servers.",
        )
    ]


class Unit(t.NamedTuple):
    """What systemd says of a unit."""

    name: str
    loaded: str  # loaded, not-found, masked
    active: str
    enabled: str


def unit(name: str, manager: systemd.Systemd) -> Unit:
    """Ask systemd."""
    said = manager.shown(name, "LoadState", "ActiveState", "UnitFileState")
    return Unit(name, said.get("LoadState", ""), said.get("ActiveState", ""), said.get("UnitFileState", ""))


def units(found: t.Iterable[Unit]) -> list[Refusal]:
    """Refuse units that cannot be started, and the socket that starts a server for each connection."""
    refusals = [
        Refusal(
            "unit_masked",
            None,
            each.name,
            f"the unit {each.name} is masked, so nobody can start it.",
            f"Unmask it (systemctl unmask {each.name}), or take the host out of fxp_servers.",
        )
        for each in found
        if "masked" in (each.loaded, each.enabled) or each.enabled == "masked-runtime"
    ]
    refusals += [
        Refusal(
            "inetd_mode",
            None,
            each.name,
            f"systemd listens for ProFTPD ({each.name}), so a server that stays cannot have the port.",
            f"Switch that off (systemctl disable --now {each.name}).",
        )
        for each in found
        if each.name.endswith(".socket") and each.active == "active"
    ]
    return refusals


def room(directories: t.Iterable[str], packages: t.Iterable[str] = ()) -> list[Refusal]:
    """Refuse file systems that cannot take what a run writes: to ``directories``, and to those that ``packages`` come to."""
    needed: dict[int, tuple[str, int]] = {}
    for directory, size in [
        *((each, ROOM) for each in directories),
        *((each, ROOM_FOR_PACKAGES) for each in packages),
    ]:
        place = _nearest(directory)
        device = os.stat(place).st_dev
        needed[device] = max(needed.get(device, (place, 0)), (place, size), key=lambda each: each[1])
    refusals = []
    for place, size in needed.values():
        about = os.statvfs(place)
        free = about.f_bavail * about.f_frsize if os.geteuid() else about.f_bfree * about.f_frsize
        if about.f_flag & os.ST_RDONLY:
            refusals.append(
                Refusal(
                    "disk_read_only",
                    None,
                    place,
                    f"{place} is on a file system that is mounted read-only.",
                    "Mount it for writing.",
                )
            )
        elif free < size or (about.f_files and not about.f_ffree):
            what = f"{free // 1024} KiB" if free < size else "no inode"
            refusals.append(
                Refusal(
                    "disk_full",
                    None,
                    place,
                    f"the file system of {place} has {what} left, and {size // 1024} KiB are needed.",
                    "Make room.",
                )
            )
    return refusals


def _nearest(directory: str) -> str:
    """The directory, or the nearest one above it that is there already."""
    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    return directory


__all__ = ("Unit", "can_be_served", "clock", "conflicts", "room", "unit", "units")
