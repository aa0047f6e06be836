# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Results of meshes of any size, for tests of the report. The same arguments make the same results.

What is seen of a leg is made up here; what is concluded from it is the checker's own work, so the shapes are real.
"""

from __future__ import annotations

import functools
import random
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.result import leg_result
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.trial import Tried
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import contents as _report_contents
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report

GENERATED = "2026-03-01T12:00:00Z"
SIZE = 1048576
Failing = t.Literal["none", "some", "all"]
# What goes wrong, as evidence; keys are only for people who read this.
FAULTS: dict[str, dict[str, t.Any]] = {
    "blocked": {"stage": "transfer", "active_side": Side(), "stopped": "stalled", "client_reached": "connected"},
    "refused by the active": {
        "stage": "port",
        "port_reply": "500 Illegal PORT command",
        "own_port_reply": "200 PORT command successful",
    },
    "refused by the passive": {
        "stage": "transfer",
        "active_side": Side("150 Opening BINARY mode data connection", "226 Transfer complete", 0.001, 0.02),
        "passive_side": Side(None, "425 Unable to build data connection: Permission denied", 0.01, 0.01),
    },
    "another port": {"stage": "passive", "expected_ports": (61000, 61099), "announced_port": 44427},
}


def _evidence(names: t.Mapping[str, str], passive: t.Literal["source", "destination"], **seen: t.Any) -> Evidence:
    return Evidence(
        passive=passive,
        **names,
        **{
            "dialled_address": "198.51.100.11",
            "active_address": "198.51.100.12",
            "announced_address": "198.51.100.11",
            "announced_port": 61007,
            "address_announced": True,
            "expected_size": SIZE,
            "port_reply": "200 PORT command successful",
            **seen,
        },
    )


def _transcript(passive: str, last: str) -> list[dict[str, t.Any]]:
    active = "destination" if passive == "source" else "source"
    said = [
        (passive, "received", "220 ProFTPD Server (ftp) [198.51.100.11]"),
        (active, "received", "220 ProFTPD Server (ftp) [198.51.100.12]"),
        (passive, "sent", "USER fxpcheck"),
        (passive, "received", "331 Password required for fxpcheck"),
        (passive, "sent", "PASS ****"),
        (passive, "received", "230 User fxpcheck logged in"),
        (active, "sent", "USER fxpcheck"),
        (active, "received", "331 Password required for fxpcheck"),
        (active, "sent", "PASS ****"),
        (active, "received", "230 User fxpcheck logged in"),
        (passive, "sent", "PASV"),
        (passive, "received", "227 Entering Passive Mode (198,51,100,11,238,79)."),
        (active, "sent", "PORT 198,51,100,11,238,79"),
        (active, "received", "200 PORT command successful"),
        (active, "sent", "RETR fxp-check-0a1b.bin"),
        (active, "received", last),
    ]
    return [
        {"seconds": round(0.01 + 0.003 * index, 4), "server": server, "direction": direction, "line": line}
        for index, (server, direction, line) in enumerate(said)
    ]


def pairs(servers: int, sample: int | None = None, seed: int = 1) -> t.Iterator[tuple[str, str]]:
    """Ordered pairs of servers: all, or so many destinations for each source."""
    chance = random.Random(seed)
    names = [f"ftp{number + 1}" for number in range(servers)]
    for source in names:
        others = [name for name in names if name != source]
        for destination in others if sample is None else chance.sample(others, sample):
            yield source, destination


def legs(servers: int, failing: Failing, sample: int | None = None, seed: int = 1) -> list[dict[str, t.Any]]:
    """Legs as ``proftpd.fxp.fxp_mesh_check`` returns them. With ``some``, one server in ten is at fault, and a few pairs."""
    chance = random.Random(seed)
    found = []
    faults = list(FAULTS.values())
    for source, destination in pairs(servers, sample, seed):
        names = {"source": source, "destination": destination}
        for passive in ("source", "destination"):
            ill = int(names[passive][3:]) % 10 == 2
            fault = None
            if failing == "all":
                fault = faults[int(names[passive][3:]) % len(faults)]
            elif failing == "some" and (ill or chance.random() < 0.01):
                fault = faults[0] if ill else chance.choice(faults[1:])
            leg = _failed(names, passive, fault) if fault else _proven(names, passive, chance)
            again = fault is None and failing == "some" and chance.random() < 0.02
            leg.update(names, repeated=again, first_cause="data_connection_blocked" if again else None)
            found.append(leg)
    return found


def _failed(names: dict[str, str], passive: t.Any, fault: dict[str, t.Any]) -> dict[str, t.Any]:
    last = fault.get("port_reply") or "150 Opening BINARY mode data connection for fxp-check-0a1b.bin (1048576 bytes)"
    leg = leg_result(Tried(_evidence(names, passive, **fault), "fxp-check-0a1b.bin"), "allowed", Masker(()))
    return {**leg, "transcript": _transcript(passive, last)}


def _proven(names: dict[str, str], passive: t.Any, chance: random.Random) -> dict[str, t.Any]:
    # From 2 to 300 MB/s, and every seventh source is slow.
    seconds = round(0.0035 * 10 ** (chance.random() * 0.9 + (1.2 if int(names["source"][3:]) % 7 == 3 else 0)), 4)
    side = Side("150 Opening BINARY mode data connection", "226 Transfer complete", 0.001, seconds)
    seen = _evidence(
        names,
        passive,
        stage="done",
        active_side=side,
        passive_side=side,
        seconds=seconds,
        size=SIZE,
        expected_digest="aa",
        digest="aa",
        verified_by="HASH SHA-256",
    )
    leg = leg_result(Tried(seen, "fxp-check-0a1b.bin"), "allowed", Masker(()))
    row = "-rw-r--r--   1 fxpcheck fxpcheck  1048576 Mar  1 12:00 fxp-check-0a1b.bin"
    return {**leg, "listing": {"source": row, "destination": row}, "transcript": _transcript(passive, "226 Transfer complete")}


def bounce(servers: int, failing: Failing) -> list[dict[str, t.Any]]:
    """Results of ``proftpd.fxp.fxp_bounce_check`` for some of the servers."""
    worst = {"none": 0, "some": 1, "all": 3}[failing]
    found: list[dict[str, t.Any]] = []
    for number in range(min(servers, 3)):
        ill = number < worst
        findings = [
            _finding("port_to_stranger", "accepted" if ill else "refused", "PORT to the stranger 198.51.100.77 was "),
            _finding("passive_by_stranger", "refused" if number != 2 else "untested", "the stranger 198.51.100.77 was "),
        ]
        tested = ill or number != 2
        found.append(
            {
                "server": f"ftp{number + 1}",
                "vulnerable": ill if tested else None,
                "tested": tested,
                "firewall_exposed": False,
                "findings": findings,
                "stranger_sources": ["198.51.100.77"],
                "transcript": [],
            }
        )
    return found


def _finding(probe: str, result: str, summary: str) -> dict[str, t.Any]:
    wrong = result == "accepted"
    return {
        "probe": probe,
        "stranger": "198.51.100.77",
        "result": result,
        "vulnerable": wrong,
        "exposure": "policy",
        "proven": wrong,
        "server_said": None,
        "summary": summary + result,
        "remedy": "Set fxp_foreign_addresses to peers." if wrong else None,
    }


@functools.lru_cache(maxsize=16)
def contents(servers: int, failing: Failing, sample: int | None = None) -> _report_contents.Contents:
    """The contents of a report about such a mesh."""
    coverage = (
        "all ordered pairs, each side listening once"
        if sample is None
        else f"a sample of {sample} destinations per source, seed 1"
    )
    return _report_contents.contents_of(
        "Transfers between the FTP servers",
        GENERATED,
        coverage,
        _report.listed(legs(servers, failing, sample)),
        bounce(servers, failing),
    )
