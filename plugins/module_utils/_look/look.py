# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Look at the ProFTPD of this host and its firewall: everything that is known, as plain data. Nothing is changed.

Reads files and asks programs; what it all means is the business of policy, findings, describe, advisories and exposure.
"""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import os
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import (
    detect,
    exposure,
    interfaces,
    kinds,
    managers,
    nftables,
    state,
    units,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.backend import Iptables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.files import RulesFiles
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.program import Xtables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.view import everything, unkept
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import neighbours
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.ufw import rules as ufw_rules
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.ufw import view as ufw_view
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import packages, platform, processes, sockets
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError, clause
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import advisories, describe
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import (
    environment,
    include,
    parser,
    policy,
    releases,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import finding, findings
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import daemon, launch, running, swap

_UNIT = (
    "LoadState",
    "ActiveState",
    "MainPID",
    "ExecStart",
    "ExecReload",
    "Environment",
    "EnvironmentFiles",
    "UnsetEnvironment",
    "FragmentPath",
    "DropInPaths",
)

Known = t.Dict[str, t.Any]


def look(path: str | None, service: str, rules: bool, manager: Systemd | None = None) -> Known:
    """
    Return what is known of the ProFTPD of this host.

    ``path``: its configuration; None for the one that the unit ``service``, or else the program, names. ``rules``: look at the
    firewall too.
    """
    manager = manager or Systemd()
    commands, row = detect.Commands(), platform.nearest()
    program = daemon.program()
    unit = manager.shown(service, *_UNIT)
    has_unit = unit.get("LoadState") == "loaded"
    around = _environment(manager, unit) if has_unit else environment.Environment()
    started = launch.launch(
        unit.get("ExecStart", ""), around.values if has_unit else launch.variables(commands.text(row.environment_file))
    )
    built = commands.output(program, "-V") if program else ""
    path = path or started.path or _built_in(built, "Configuration File") or row.configuration
    version = daemon.version(program) if program else ""
    release = releases.parse(version)
    known: Known = {
        "installed": program is not None,
        "version": version or None,
        "release": releases.written(release) if release else None,
        "package_version": packages.installed([row.package], row, commands.output).get(row.package),
        "path": path,
    }
    start = _Start(started.defines if has_unit else None, around)
    read = _configuration(program, path, release, start, known["package_version"])
    pid = _pid(unit, read["_words"], _built_in(built, "Pid File") or row.pid_file)
    process = environment.of_process(processes.environment(pid)) if pid else environment.Environment()
    if process.whole or (pid and unit.get("MainPID") != str(pid)):
        # Not what the unit says counts, but what this daemon was started with.
        start = _Start(start.defines if unit.get("MainPID") == str(pid) else None, process)
        read = _configuration(program, path, release, start, known["package_version"])
    known.update(read)
    # A reload does not read them again.
    restarts = _read_at_start(unit) if unit.get("MainPID") == str(pid) else []
    known["running"] = _running(pid, unit, known.pop("_words"), [path, *known["files"]], restarts)
    listening = known["running"]["listening"] or []
    known["rules"] = _rules(commands, known["servers"], [each["port"] for each in listening]) if rules else None
    return known


class _Start(t.NamedTuple):
    """How the daemon is started: the names that its command line defines, None where they are not known, and its environment."""

    defines: frozenset[str] | None
    environment: environment.Environment


def _read_at_start(unit: t.Mapping[str, str]) -> list[str]:
    """
    The files that say how the unit starts, but for the guard of the rules.

    A daemon that began before that was put there runs as the files say all the same.
    """
    guards = {units.guard(kind) for kind in kinds.KINDS.values() if kind.guarded}
    return [path for path in launch.files(unit) if path not in guards]


def _environment(manager: Systemd, unit: t.Mapping[str, str]) -> environment.Environment:
    """
    The environment in which systemd starts the unit; later ones win (systemd.exec(5)).

    What the manager itself sets may change at any time and bears no date, so of a daemon that runs already it tells nothing.
    """
    told = manager.environment()
    found = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    past = set(found) if unit.get("MainPID", "0") != "0" else set()
    # Values that need quoting are told in a shell's own way.
    whole = bool(told) and not any(value.startswith("$'") for value in found.values())
    said = launch.assignments(unit.get("Environment", ""))
    for pattern, _ignored in launch.environment_files(unit):
        # A unit does not start without a file that it insists on, so nothing is wrong with one that is not there.
        for name in sorted(glob.glob(pattern)) or [pattern]:
            try:
                with open(name, encoding="utf-8", errors="surrogateescape") as file:
                    said.update(environment.of_file(file.read()))
            except FileNotFoundError:
                continue
            except OSError:
                whole = False
    found.update(said)
    past -= set(said)
    for word in unit.get("UnsetEnvironment", "").split():
        name, separator, value = word.partition("=")
        if name in found and (not separator or found[name] == value):
            del found[name]
            past.discard(name)
    return environment.Environment(found, whole, frozenset(past))


def _built_in(built: str, name: str) -> str | None:
    """A path that ``proftpd -V`` tells."""
    match = re.search(rf"^\s*{name}:\s*\n\s*(/\S+)", built, re.MULTILINE)
    return match.group(1) if match else None


def _configuration(
    program: str | None,
    path: str,
    release: releases.Release | None,
    start: _Start,
    package: str | None,
) -> Known:
    """What the files say."""
    compiled_in = daemon.compiled_in(program) if program else None
    nothing: Known = {
        "managed": False,
        "valid": None,
        "problem": None,
        "files": [],
        "modules": {"compiled_in": sorted(compiled_in or ()), "loaded": []},
        "servers": [],
        "classes": {},
        "findings": [],
        "advisories": [],
        "_words": {},
    }
    if program is None:
        return nothing
    files = include.Files()
    main = files.text(path)
    if main.problem:
        return {**nothing, "problem": f"The configuration could not be read: {main.problem}."}
    nothing["managed"] = swap.is_ours(main.text)
    texts = [main.text]

    def include_files(argument: str) -> list[policy.Included]:
        found = files.include(argument)
        texts.extend(each.text for each in found)
        return found

    around = policy.Surroundings(path, include_files, release, compiled_in, start.defines, start.environment)
    try:
        tree = parser.parse(main.text)
        in_force = policy.effective(tree, around)
        nothing["valid"], problem = _valid(program, path, start, texts)
        broken = frozenset((file, int(line)) for line, file in re.findall(r" on line (\d+) of '([^']+)'", problem or ""))
        nothing["problem"] = problem and start.environment.hidden(problem, _secrets(texts))
        if broken:
            in_force = policy.effective(tree, dataclasses.replace(around, broken=broken))
    except parser.ParseError:
        nothing["valid"], problem = _valid(program, path, start, texts)
        nothing["problem"] = problem and start.environment.hidden(problem, _secrets(texts))
        return {**nothing, "findings": [_finding(each, path) for each in findings.findings(main.text)]}
    servers = describe.describe(in_force)
    loaded = sorted({line.arguments[0] for line in in_force.modules})
    words = {name: line.arguments[0] for name in ("PidFile", "SystemLog") for line in [in_force.main.own(name)] if line}
    return {
        **nothing,
        "files": in_force.files,
        "modules": {"compiled_in": sorted(compiled_in or ()), "loaded": loaded},
        "servers": [{**each, "file": each["file"] or path} for each in servers],
        "classes": describe.classes(in_force),
        "findings": [_finding(each, path) for each in findings.of(in_force)],
        "advisories": advisories.advisories(package, in_force, {*(compiled_in or policy.COMPILED_IN), *loaded}),
        "_words": words,
    }


def _valid(program: str, path: str, start: _Start, texts: t.Sequence[str]) -> tuple[bool | None, str | None]:
    """
    Whether ProFTPD's own checker takes the file, and what it says; None where it cannot be asked.

    It is asked with what the daemon is started with; where the ``texts`` depend on what is not known of that, it would tell of
    another configuration.
    """
    named = {name for text in texts for name in environment.names(text)}
    if os.geteuid() != 0 or any(start.environment.get(name) is None for name in named):
        return None, None
    variables = {"PATH": os.defpath, **start.environment.values} if start.environment.whole else None
    try:
        daemon.check_configuration(program, path, variables, start.defines or ())
    except HostError as exc:
        return False, f"{clause(exc)}."
    return True, None


def _secrets(texts: t.Sequence[str]) -> set[str]:
    """The variables that directives name whose values are not told."""
    lines = [line for text in texts for line in parser.logical_lines(text)]
    return {name for line in lines if line.key not in environment.SHOWN for name in environment.names(line.raw)}


def _finding(each: finding.Finding, path: str) -> Known:
    return {**each.as_dict(), "file": each.file or path}


def _pid(unit: t.Mapping[str, str], words: t.Mapping[str, str], usual: str) -> int | None:
    """The main process: that of the unit, or the one that the configuration's PidFile names, or the ``usual`` one."""
    pid = int(unit["MainPID"]) if unit.get("MainPID", "").isdigit() else 0
    if not pid:
        said = running.tail(words.get("PidFile") or usual).strip()
        pid = int(said) if said.isdigit() and processes.name(int(said)) == "proftpd" else 0
    return pid or None


def _running(
    pid: int | None, unit: t.Mapping[str, str], words: t.Mapping[str, str], files: t.Sequence[str], restarts: t.Sequence[str]
) -> Known:
    """Whether the daemon runs, where it listens, and whether it has read its ``files``, and ``restarts`` when it was started."""
    log = running.tail(words["SystemLog"]) if words.get("SystemLog", "").startswith("/") else ""
    found = running.running(pid, files, unit.get("ExecReload", ""), log, restarts)
    state = unit.get("ActiveState") if unit.get("LoadState") == "loaded" else None
    listening = sockets.of(found.pid) if found.pid else None
    told = None if listening is None else [{"address": address, "port": port} for address, port in listening]
    is_uncorked = launch.is_uncorked(unit.get("ExecStart", "")) and (processes.is_filtered(found.pid) if found.pid else None)
    more = {"newer": list(found.newer), "unit": state, "listening": told, "uncorked": is_uncorked}
    return {**dataclasses.asdict(found), **more}


def _rules(commands: detect.Commands, servers: t.Sequence[describe.Described], listening: t.Iterable[int]) -> Known:
    """Who gets in at the ports of the servers, at those where the daemon listens, and at those that our own table is about."""
    nothing: Known = {"evaluated": False, "why": None, "others": [], "unkept": [], "own_table": False, "ports": [], "access": []}
    nothing["no_neighbours"] = None
    try:
        items = nftables.Nft().everything()
    except nftables.FirewallError as exc:
        return {**nothing, "why": str(exc)}
    others = detect.active(commands, nftables.Ruleset(items))
    lost: list[str] = []
    readable = _of_ufw(commands, items) if others == ["ufw"] else None
    view = nftables.Ruleset(readable or items, whole=True)
    if "ufw" not in others:
        with contextlib.suppress(nftables.FirewallError):
            view = everything(items, Xtables())
            others = [name for name in others if name != Iptables.name]
            lost = unkept(view, RulesFiles())
    host = exposure.Host(*interfaces.all_here(commands))
    own, keeper = exposure.ports_of(view, ("inet", nftables.TABLE)), ""
    is_loaded = any(key[:2] == ("inet", nftables.TABLE) for key in view.chains)
    if not is_loaded:
        try:
            own, keeper = _kept_by_manager()
        except (HostError, OSError) as exc:
            return {**nothing, "why": str(exc)}
    ports = {*own, *_ports(servers), *((port, port) for port in listening)}
    deaf = neighbours.dropped(view, [host.interface] if host.interface else [])
    return {
        **nothing,
        "evaluated": True,
        # Whose rules could not be read, beside those of nftables; firewalld's stand in a table that was.
        "others": [] if readable else [name for name in others if name != keeper],
        "own_table": is_loaded or bool(keeper),
        "unkept": lost,
        "no_neighbours": " ".join(deaf) if deaf else None,
        "ports": [{"first": first, "last": last} for first, last in sorted(own)],
        "access": [each.as_dict() for each in exposure.exposure(view, sorted(ports), host)],
    }


def _kept_by_manager() -> tuple[set[tuple[int, int]], str]:
    """The ports that our rules are about, where a manager has those in force in tables of its own, and its name."""
    backend = managers.in_use()
    text = _files.read_text(state.Host(backend).rules) if backend.keeper else None
    if text is None or not any(found for part, found in backend.in_force().items() if part != "files"):
        return set(), ""
    ports = backend.ports(text)
    return {(ports.control, ports.control), ports.passive}, backend.name


def _of_ufw(commands: detect.Commands, items: list[Known]) -> list[Known] | None:
    """What nft lists, with the rules of ufw as ufw itself tells them; None where other rules may stand in front of those."""
    ruleset, texts = nftables.Ruleset(items), {}
    for family, path in ufw_rules.FILES.items():
        before = path.replace("user", "before")
        packaged = commands.text(before.replace("/etc/ufw", "/usr/share/ufw/iptables"))
        if ufw_view.TABLES[family] in ruleset.tables:
            texts[family] = commands.text(path)
            if not packaged or commands.text(before) != packaged or not ufw_view.is_in_force(ruleset, family, texts[family]):
                return None
    return ufw_view.with_rules(items, texts) if texts else None


def _ports(servers: t.Sequence[describe.Described]) -> t.Iterator[tuple[int, int]]:
    """Every port that a server listens on now or for a data connection."""
    for server in servers:
        if server["listens"]:
            if server["control_port"] is not None:
                yield server["control_port"], server["control_port"]
            if server["sftp"]:
                continue
            for each in [server, *server["anonymous"], *server["overrides"]]:
                if each.get("passive_ports"):
                    yield each["passive_ports"]["first"], each["passive_ports"]["last"]
