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

import dataclasses
import os
import re
import shutil
import subprocess
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import detect, exposure, nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import (
    advisories,
    daemon,
    describe,
    finding,
    findings,
    include,
    launch,
    modules,
    parser,
    policy,
    releases,
    running,
    swap,
)

DEFAULT_PATH = "/etc/proftpd/proftpd.conf"
_UNIT = ("LoadState", "ActiveState", "MainPID", "ExecStart", "ExecReload", "Environment", "EnvironmentFiles")

Known = t.Dict[str, t.Any]


class Asker(detect.Commands):
    """Asks programs in one language and time zone; one that does not answer in time has said nothing."""

    def output(self, *command: str) -> str:
        program = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if program is None:
            return ""
        try:
            return super().output("env", "LC_ALL=C.UTF-8", "TZ=UTC", program, *command[1:])
        except (subprocess.TimeoutExpired, OSError):
            return ""


def look(path: str | None, service: str, rules: bool, asker: detect.Commands | None = None) -> Known:
    """
    Return what is known of the ProFTPD of this host.

    *path*: its configuration; None for the one that the unit *service*, or else the program, names. *rules*: look at the
    firewall too.
    """
    asker = asker or Asker()
    program = daemon.program()
    unit = launch.properties(asker.output("systemctl", "show", f"--property={','.join(_UNIT)}", service))
    started = launch.launch(unit.get("ExecStart", ""), _environment(asker, unit))
    built = asker.output(program, "-V") if program else ""
    path = path or started.path or _built_in(built, "Configuration File") or DEFAULT_PATH
    version = asker.output(program, "-v").strip() if program else ""
    release = releases.parse(version)
    known: Known = {
        "installed": program is not None,
        "version": version or None,
        "release": releases.written(release) if release else None,
        "package_version": asker.output("dpkg-query", "--show", "--showformat=${Version}", "proftpd-core").strip() or None,
        "path": path,
    }
    known.update(_configuration(asker, program, path, release, started.defines, known["package_version"]))
    known["running"] = _running(unit, built, known.pop("_words"), [path, *known["files"]])
    known["rules"] = _rules(asker, known["servers"]) if rules else None
    return t.cast(Known, _printable(known))


def _environment(asker: detect.Commands, unit: t.Mapping[str, str]) -> dict[str, str]:
    found = launch.variables("\n".join(unit.get("Environment", "").split()))
    files = re.findall(r"(/\S+)", unit.get("EnvironmentFiles", "")) or ["/etc/default/proftpd"]
    for name in files:
        found.update(launch.variables(asker.text(name)))
    return found


def _built_in(built: str, name: str) -> str | None:
    """A path that C(proftpd -V) tells."""
    match = re.search(rf"^\s*{name}:\s*\n\s*(/\S+)", built, re.MULTILINE)
    return match.group(1) if match else None


def _configuration(
    asker: detect.Commands,
    program: str | None,
    path: str,
    release: releases.Release | None,
    defines: frozenset[str],
    package: str | None,
) -> Known:
    """What the files say."""
    compiled_in = modules.listed(asker.output(program, "-l")) if program else None
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
    nothing["valid"], nothing["problem"] = _valid(program, path)
    around = policy.Surroundings(path, files.include, release, compiled_in, defines)
    try:
        in_force = policy.effective(parser.parse(main.text), around)
    except parser.ParseError:
        return {**nothing, "findings": [_finding(each, path) for each in findings.findings(main.text)]}
    servers = describe.describe(in_force, release)
    loaded = sorted({line.arguments[0] for line in in_force.modules})
    words = {name: line.arguments[0] for name in ("PidFile", "SystemLog") for line in [in_force.main.own(name)] if line}
    return {
        **nothing,
        "files": in_force.files,
        "modules": {"compiled_in": sorted(compiled_in or ()), "loaded": loaded},
        "servers": [{**each, "file": each["file"] or path} for each in servers],
        "classes": describe.classes(in_force),
        "findings": [_finding(each, path) for each in findings.of(in_force)],
        "advisories": advisories.advisories(release, package, in_force, servers, {*(compiled_in or policy.COMPILED_IN), *loaded}),
        "_words": words,
    }


def _valid(program: str, path: str) -> tuple[bool | None, str | None]:
    """Whether ProFTPD's own checker takes the file, and what it says; None where it cannot be asked."""
    if os.geteuid() != 0:
        return None, None
    try:
        daemon.check_configuration(program, path)
    except daemon.DaemonError as exc:
        return False, f"{exc}."
    return True, None


def _finding(each: finding.Finding, path: str) -> Known:
    return {**dataclasses.asdict(each), "line": int(each.line), "file": each.file or path}


def _running(unit: t.Mapping[str, str], built: str, words: t.Mapping[str, str], files: t.Sequence[str]) -> Known:
    pid = int(unit["MainPID"]) if unit.get("MainPID", "").isdigit() else 0
    if not pid:
        said = running.tail(words.get("PidFile") or _built_in(built, "Pid File") or "/run/proftpd.pid").strip()
        pid = int(said) if said.isdigit() and running.name_of(int(said)) == "proftpd" else 0
    log = running.tail(words["SystemLog"]) if words.get("SystemLog", "").startswith("/") else ""
    found = running.running(pid or None, files, unit.get("ExecReload", ""), log)
    state = unit.get("ActiveState") if unit.get("LoadState") == "loaded" else None
    return {**dataclasses.asdict(found), "newer": list(found.newer), "unit": state}


def _rules(asker: detect.Commands, servers: t.Sequence[describe.Described]) -> Known:
    """Who gets in at the ports of the servers, and at those that our own table is about."""
    nothing: Known = {"evaluated": False, "why": None, "others": [], "own_table": False, "ports": [], "access": []}
    try:
        items = nftables.Nft().everything()
    except nftables.FirewallError as exc:
        return {**nothing, "why": str(exc)}
    view = exposure.View(items)
    own = exposure.ports_of(view, ("inet", nftables.TABLE))
    ports = {*own, *_ports(servers)}
    return {
        **nothing,
        "evaluated": True,
        "others": detect.active(asker, nftables.Ruleset(items)),
        "own_table": any(key[:2] == ("inet", nftables.TABLE) for key in view.chains),
        "ports": [{"first": first, "last": last} for first, last in sorted(own)],
        "access": [each.as_dict() for each in exposure.exposure(view, sorted(ports))],
    }


def _ports(servers: t.Sequence[describe.Described]) -> t.Iterator[tuple[int, int]]:
    """Every port that a server listens on now or for a data connection."""
    for server in servers:
        if server["listens"]:
            yield server["control_port"], server["control_port"]
            for each in [server, *server["anonymous"], *server["overrides"]]:
                if each.get("passive_ports"):
                    yield each["passive_ports"]["first"], each["passive_ports"]["last"]


def _printable(value: t.Any) -> t.Any:
    """The same without bytes that are no text."""
    if isinstance(value, dict):
        return {_printable(key): _printable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable(inner) for inner in value]
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if isinstance(value, str) else value
