# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The findings of an audit in short: a line of the table for each server, a verdict, a sentence."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.findings import (
    ANYBODY,
    FAULT,
    HOLE,
    KNOWN,
    NOTE,
    REFUSED,
    SEVERITIES,
    UNKNOWN,
    Data,
    Finding,
    contexts,
    sections,
)

# Verdicts on a server beside the first two.
OUTDATED, OK = "outdated", "ok"


@dataclasses.dataclass(frozen=True)
class Row:
    """A server in the table."""

    host: str
    server: str
    partners: str
    passive_ports: str
    tls: str
    verdict: str


def rows(host: str, look: Data, found: t.Sequence[Finding]) -> list[Row]:
    """Return the lines of the table for a host: one for each server that listens, or one that says why there is none."""
    servers = [server for server in look.get("servers") or [] if server["listens"]]
    if not servers:
        return [Row(host, _why_none(look), "-", "-", "-", verdict(found))]
    return [
        Row(
            host,
            f"{server['name']}:{'?' if server['control_port'] is None else server['control_port']}",
            *(("-", "-", "SFTP") if server["sftp"] else (_partners(server), _ports(server), _tls(server))),
            verdict([each for each in found if each.server in ("", "global", server["name"])]),
        )
        for server in servers
    ]


def _why_none(look: Data) -> str:
    """Why a host has no server to tell of."""
    if "installed" not in look:
        return "not looked at"
    if not look["installed"]:
        return "not installed"
    ports = sorted({each["port"] for each in (look.get("running") or {}).get("listening") or []})
    return f"unexplained:{','.join(map(str, ports))}" if ports else "no server listens"


def verdict(found: t.Iterable[Finding]) -> str:
    """Return the worst of some findings in one word: a hole, a fault, or that only the release is outdated."""
    found = list(found)
    severities = {each.severity for each in found}
    if HOLE not in severities and all(each.code == "advisory" for each in found if each.severity == FAULT):
        return OUTDATED if FAULT in severities else OK
    return HOLE if HOLE in severities else FAULT


def _partners(server: Data) -> str:
    """Whose addresses a server takes beside that of its client."""
    words = []
    for where, context in contexts(server):
        said = context.get("allow_foreign_address")
        if said is None:
            continue
        meant = {said["port"], said["passive"]} - {REFUSED}
        if not meant:
            continue
        whom = (
            "anybody"
            if ANYBODY in meant
            else "unknown"
            if UNKNOWN in meant
            else f"{said['class']} (unclear)"
            if said["unclear"]
            else f"{said['class']} ({len(said['members'])} address{'' if len(said['members']) == 1 else 'es'})"
        )
        if ANYBODY in meant and said["port"] != ANYBODY:
            whom = "anybody (passive)"
        words.append(whom + (f" for {where[1:-1]}" if where else ""))
    shown = list(dict.fromkeys(words))
    return "; ".join(shown[:2]) + (f"; {len(shown) - 2} more" if len(shown) > 2 else "") if shown else "nobody"


def _ports(server: Data) -> str:
    ports = server["passive_ports"]
    if "PassivePorts" in server["unknown"]:
        return "unknown"
    return f"{ports['first']}-{ports['last']}" if ports else "any"


def _tls(server: Data) -> str:
    """What a server demands, and what it demands of clients from some addresses if that is something else."""
    words = {where[1:-1]: _tls_word(said["tls"]) for where, said in sections(server) if "tls" in said}
    usual = _tls_word(server["tls"])
    return "; ".join([usual, *(f"{word} for {where}" for where, word in words.items() if word != usual)])


def _tls_word(tls: Data) -> str:
    if not tls["engine"]:
        return "none"
    if tls["logins_required"]:
        return "required" if tls["data_required"] else "control"
    return "optional"


def summary(found: t.Sequence[Finding], hosts: int) -> str:
    """Return one sentence on everything; for the first hole it names the cure."""
    counts = {severity: sum(each.severity == severity for each in found) for severity in SEVERITIES}
    looked = f"{hosts} host{'' if hosts == 1 else 's'}"
    if not counts[HOLE]:
        known = f", {counts[KNOWN]} acknowledged" if counts[KNOWN] else ""
        return f"No holes on {looked}; {counts[FAULT]} faults, {counts[NOTE]} notes{known}."
    first = next(each for each in found if each.severity == HOLE)
    return (
        f"{counts[HOLE]} hole{'' if counts[HOLE] == 1 else 's'} on {looked}, first {first.host}: {first.sentence}. "
        f"Cure: {first.cure}."
    )
