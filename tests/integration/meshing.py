# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a mesh in the test's own process, with what holds for every mesh."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import parse_server
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.mesh import MeshOutcome, MeshRequest, Progress, run_mesh
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.request import legs_at_once
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import Leg, both_ways, edges, legs, rounds
from ansible_collections.proftpd.fxp.tests.integration.checking import LEG_KEYS
from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD

MESH_LEG_KEYS = LEG_KEYS | {"source", "destination", "face", "family", "repeated", "first_cause", "transcript"}


def mesh_request(servers: t.Mapping[str, t.Mapping[str, t.Any]], passive: str = "both", **options: t.Any) -> MeshRequest:
    """A request for all pairs of servers, given as options of a check by name."""
    schedule: t.Sequence[t.Sequence[Leg]] = options.pop("schedule", None) or legs(
        rounds(servers), passive, both_ways(edges(servers, "all"))
    )
    specs = {name: parse_server(f"servers.{name}", server) for name, server in servers.items()}
    defaults: dict[str, t.Any] = {
        "family": "auto",
        "payload_size": 65536,
        "timeout": 10.0,
        "concurrency": legs_at_once(specs, options.get("clear", False), options.get("connections", 1)),
        "transcripts": "failed",
    }
    return MeshRequest(servers=specs, schedule=schedule, **{**defaults, **options})


def mesh(
    servers: t.Mapping[str, t.Mapping[str, t.Any]], tell: t.Callable[[Progress], None] | None = None, **options: t.Any
) -> MeshOutcome:
    """Run a mesh and look at what every outcome has to fulfil."""
    request = mesh_request(servers, **options)
    told: list[Progress] = []

    def hear(progress: Progress) -> None:
        told.append(progress)
        if tell is not None:
            tell(progress)

    outcome = run_mesh(request, hear)
    wanted = [(leg.source, leg.destination, leg.passive, leg.expect) for pair in request.schedule for leg in pair]
    assert [(leg["source"], leg["destination"], leg["passive"], leg["expect"]) for leg in outcome.legs] == wanted
    assert all(set(leg) == MESH_LEG_KEYS for leg in outcome.legs)
    assert PASSWORD not in json.dumps([outcome.legs, outcome.message, outcome.warnings])
    failed = [leg for leg in outcome.legs if not leg["ok"]]
    assert all(leg["repeated"] or leg["first_cause"] is None for leg in failed)
    assert bool(outcome.message) is bool(failed)
    assert (told[-1].done, told[-1].failed, told[-1].repeated) == (len(wanted), len(failed), told[-1].to_repeat)
    assert [(one.done, one.repeated) for one in told] == sorted((one.done, one.repeated) for one in told)
    return outcome
