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
import os
import sys
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import kinds, lockout
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Wish as Rules
from ansible_collections.proftpd.fxp.plugins.module_utils._host import packages, platform, record, root, sockets, systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._look import host, listeners, parts
from ansible_collections.proftpd.fxp.plugins.module_utils._look.refusal import Refusal

Known = t.Dict[str, t.Any]
AT_WORK = "run_at_work"
# Where files of ours are written beside those of ProFTPD.
DIRECTORIES = ("/etc/proftpd-fxp", "/etc/systemd/system", "/usr/local/lib/proftpd-fxp", "/var/lib/proftpd-fxp", "/run")


@dataclasses.dataclass(frozen=True)
class Wish:
    """
    What the plan wants of this host.

    ``rules``, ``certificate`` are None where they are none of our business; ``now`` is the clock of the controller.
    """

    configuration: parts.Configuration
    passive_ports: tuple[int, int]
    accounts: t.Sequence[t.Mapping[str, t.Any]]
    needs: t.Sequence[str]
    rules: Rules | None
    certificate: t.Mapping[str, t.Any] | None
    now: float
    run: record.Run | None = None
    backend: str = "auto"  # as fxp_firewall_backend says it


def survey(wish: Wish) -> Known:
    """Ask everything, whatever the answers are."""
    manager, row = systemd.Systemd(), platform.nearest()
    refusals = root_is_missing()
    if refusals:
        # Whatever else there is follows from it.
        return _result(row, refusals)
    refusals = host.can_be_served(manager)
    if refusals:
        # So it does here, but for what the server trusts, which is a question to the whole fleet.
        known = {} if wish.certificate is None else {"certificate": parts.certified(row, wish.certificate)}
        return _result(row, refusals, found=known)
    wrong_clock = host.clock(time.time(), wish.now) if wish.certificate is not None else []
    units = [host.unit(name, manager) for name in (f"{row.unit}.service", f"{row.unit}.socket", kinds.KINDS["server"].unit)]
    of_units = host.units(units)
    taken, warnings, heard = _ports(wish, manager.main_pid(row.unit), any(each.code == "inetd_mode" for each in of_units))
    certified = None if wish.certificate is None else parts.certified(row, wish.certificate)
    is_certified = certified is None or certified.in_place
    found = {
        "configuration": parts.configuration(row, wish.configuration, not taken and not of_units, is_certified),
        "accounts": parts.password_file(row, wish.accounts),
        "rules": parts.no_rules()
        if wish.rules is None
        else parts.rules(row, wish.rules, lockout.ssh_connection(), lockout.listening(systemd=manager), wish.backend),
    }
    if certified is not None:
        # By a wrong clock nothing that is said of it counts.
        found["certificate"] = dataclasses.replace(certified, refusals=(), warnings=()) if wrong_clock else certified
    missing = packages.missing([*row.packages(wish.needs), *wish.configuration.packages], row)
    refusals = [*at_work(wish.run), *wrong_clock, *of_units, *taken, *host.conflicts(missing, row=row)]
    if "package" in found["rules"].about and parts.RULES in found["rules"].not_asked:
        missing.append(found["rules"].about["package"])
    if missing or not all(part.in_place for part in found.values()):
        homes = found["accounts"].about.get("homes_to_make", [])
        refusals += host.room([row.directory, *DIRECTORIES, *homes], ["/usr", *row.package_directories] if missing else ())
    for part in found.values():
        refusals += part.refusals
        warnings += part.warnings
    return _result(row, refusals, warnings, units, missing, heard, found)


def gone(run: record.Run | None) -> Known:
    """The same of a server that is to go."""
    row = platform.nearest()
    refusals = root_is_missing()
    if refusals:
        return _result(row, refusals)
    found = parts.gone(row)
    return _result(row, [*at_work(run), *(each for part in found.values() for each in part.refusals)], found=found)


def at_work(run: record.Run | None) -> list[Refusal]:
    """Refuse to begin while another run is at work here, by its id."""
    sentence = record.others(run)
    return [Refusal(AT_WORK, None, (record.at_work() or {}).get("id", ""), sentence)] if sentence else []


def root_is_missing() -> list[Refusal]:
    """Refuse an account that cannot even look."""
    sentence, _separator, cure = root.CURE.partition("; ")
    return (
        [] if os.geteuid() == 0 else [Refusal("not_root", "ansible_become", None, f"{sentence}.", f"{cure[0].upper()}{cure[1:]}")]
    )


def _ports(wish: Wish, main_pid: int, by_socket: bool) -> tuple[list[Refusal], list[str], list[sockets.Listener]]:
    """
    Who listens where the server is to listen: what refuses, what is only told, and all of them.

    ``by_socket``: systemd listens for ProFTPD, which is told elsewhere, and so are the ports that administrators come in by.
    """
    port, (first, last) = wish.configuration.control_port, wish.passive_ports
    heard = [each for each in sockets.listeners() if each.port == port or first <= each.port <= last]
    ssh = lockout.listening() if heard and wish.rules is not None else set()
    others = [each for each in heard if each.port not in ssh]
    refusals = [] if by_socket else listeners.on_control_port(others, port, main_pid)
    if wish.rules is None:
        return refusals, [], heard
    inside = [each for each in others if each.port != port]
    passive = listeners.in_passive_range(inside, wish.passive_ports, _reach() if inside else bool)
    return [*refusals, *passive.refusals], passive.warnings, heard


def _reach() -> t.Callable[[int], bool]:
    # Python reads its code, which is that of every firewall manager, anew in each run; hardly any host needs it.
    from ansible_collections.proftpd.fxp.plugins.module_utils._look.reach import reach

    return reach()


def _result(
    row: platform.Platform,
    refusals: t.Sequence[Refusal],
    warnings: t.Sequence[str] = (),
    units: t.Iterable[host.Unit] = (),
    missing: t.Sequence[str] = (),
    heard: t.Iterable[sockets.Listener] = (),
    found: t.Mapping[str, parts.Part] | None = None,
) -> Known:
    found = found or {}
    return {
        "platform": row.name,
        "python": sys.version.split()[0],
        "units": {each.name: {"loaded": each.loaded, "active": each.active, "enabled": each.enabled} for each in units},
        "packages": {"missing": list(missing), "server": row.package, "service": row.unit},
        "listeners": [{"address": str(each.address), "port": each.port, "program": each.named()} for each in heard],
        # Only the controller can tell whether another run is over.
        "in_place": {each.code for each in refusals} <= {AT_WORK}
        and bool(found)
        and not missing
        and all(part.in_place for part in found.values()),
        "parts": {name: {"in_place": part.in_place, **part.about} for name, part in found.items()},
        "refusals": [dataclasses.asdict(each) for each in refusals],
        "warnings": list(warnings),
        "not_asked": [each for part in found.values() for each in part.not_asked],
    }


__all__ = ("Wish", "gone", "survey")
