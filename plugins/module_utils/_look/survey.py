# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
One look at a host, held against the plan: what is there, what differs, what stands against it. Nothing changes, nothing raises.

Nothing that is compared waits for it, so one round trip tells all. What only an installed program can say is named where it is
missing, and asked again when it is there.
"""

from __future__ import annotations

import dataclasses
import platform
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import lockout, transaction
from ansible_collections.proftpd.fxp.plugins.module_utils._host import packages, root, systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._look import host, listeners, parts
from ansible_collections.proftpd.fxp.plugins.module_utils._look.refusal import Refusal
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import files as certificate
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import swap

Known = t.Dict[str, t.Any]
SERVICE = "proftpd"
CONFIGURATION, ACCOUNTS = "/etc/proftpd/proftpd.conf", "/etc/proftpd/fxp.passwd"
CERTIFICATE, TRUST = "/etc/proftpd/fxp-tls.pem", "/etc/proftpd/fxp-tls-ca.pem"
DIRECTORIES = (
    "/etc/proftpd",
    "/etc/proftpd-fxp",
    "/etc/systemd/system",
    "/usr/local/lib/proftpd-fxp",
    "/var/lib/proftpd-fxp",
    "/run",
)
# Packages whose absence means that no server of ours is here yet.
FIREWALL_PACKAGES = ("nftables",)


@dataclasses.dataclass(frozen=True)
class Wish:
    """
    What the plan wants of this host.

    C(rules), C(certificate) are None where they are none of our business; C(now) is the clock of the controller.
    """

    control_port: int
    passive_ports: tuple[int, int]
    configuration: str
    take_over: bool
    accounts: t.Sequence[t.Mapping[str, t.Any]]
    packages: t.Sequence[str]
    rules: t.Mapping[str, str] | None
    certificate: t.Mapping[str, t.Any] | None
    now: float


def survey(wish: Wish) -> Known:
    """Ask everything, whatever the answers are."""
    manager, about = systemd.Systemd(), host.platform()
    refusals = root_is_missing()
    if refusals:
        return _result(about, refusals, [], [], {}, {})
    refusals += host.can_be_served(about, manager)
    wrong_clock = host.clock(time.time(), wish.now) if wish.certificate is not None else []
    refusals += wrong_clock
    missing = packages.missing([*wish.packages, *(FIREWALL_PACKAGES if wish.rules is not None else ())])
    refusals += host.conflicts([name for name in missing if name not in FIREWALL_PACKAGES])
    found_units = [host.unit(name, manager) for name in (host.SERVICE, host.SOCKET, transaction.UNIT)]
    of_units = host.units(found_units)
    refusals += of_units
    taken, ssh, warnings, heard = _ports(wish, manager, any(each.code == "inetd_mode" for each in of_units))
    refusals += taken
    found = {
        "configuration": parts.configuration(
            swap.Target(CONFIGURATION, SERVICE, wish.control_port, 10),
            wish.configuration,
            wish.take_over,
            not taken and not of_units,
        ),
        "accounts": parts.password_file(ACCOUNTS, wish.accounts),
    }
    found["rules"] = parts.no_rules() if wish.rules is None else parts.rules(wish.rules, lockout.ssh_connection(), ssh)
    if wish.certificate is not None:
        found["certificate"] = parts.certified(wish.certificate, certificate.Place(CERTIFICATE, TRUST))
        if wrong_clock:
            # By that clock nothing that is said of it counts.
            found["certificate"] = dataclasses.replace(found["certificate"], refusals=(), warnings=())
    in_place = not missing and all(part.in_place for part in found.values())
    if not in_place:
        homes = found["accounts"].about.get("homes_to_make", [])
        refusals += host.room([*DIRECTORIES, *homes], bool(missing))
    for part in found.values():
        refusals += part.refusals
        warnings += part.warnings
    told = {
        "units": {each.name: each._asdict() for each in found_units},
        "packages": {"missing": missing},
        "listeners": [each._asdict() for each in heard],
    }
    return _result(about, refusals, warnings, [each for part in found.values() for each in part.not_asked], told, found)


def root_is_missing() -> list[Refusal]:
    """Refuse an account that cannot even look."""
    sentence, _separator, cure = root.CURE.partition("; ")
    return [] if root.is_root() else [Refusal("not_root", "ansible_become", None, f"{sentence}.", f"{cure[0].upper()}{cure[1:]}")]


def _ports(
    wish: Wish, manager: systemd.Systemd, by_socket: bool
) -> tuple[list[Refusal], set[int], list[str], list[listeners.Listener]]:
    """Who listens where the server is to listen, and by which of those ports administrators come in."""
    first, last = wish.passive_ports
    heard = listeners.listeners(lambda port: port == wish.control_port or first <= port <= last)
    ssh = listeners.ssh_ports(heard)
    pid = manager.main_pid(host.SERVICE)
    others = [each for each in heard if each.port not in ssh]
    refusals = [] if by_socket else listeners.on_control_port(others, wish.control_port, pid)
    warnings: list[str] = []
    if wish.rules is not None:
        inside = [each for each in others if each.port != wish.control_port and each.pid != pid]
        passive = listeners.in_passive_range(inside, wish.passive_ports, parts.reach() if inside else bool)
        refusals += passive.refusals
        warnings += passive.warnings
    elif wish.control_port in ssh:
        refusals += listeners.on_control_port(heard, wish.control_port, pid)
    return refusals, ssh, warnings, heard


def _result(
    about: Known,
    refusals: t.Iterable[Refusal],
    warnings: t.Sequence[str],
    not_asked: t.Sequence[str],
    told: Known,
    found: t.Mapping[str, parts.Part],
) -> Known:
    return {
        "platform": about,
        "python": platform.python_version(),
        **{"units": {}, "packages": {"missing": []}, "listeners": [], **told},
        "parts": {name: {"in_place": part.in_place, **part.about} for name, part in found.items()},
        "refusals": [dataclasses.asdict(each) for each in refusals],
        "warnings": list(warnings),
        "not_asked": list(not_asked),
    }


__all__ = ("Wish", "survey")
