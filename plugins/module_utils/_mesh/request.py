# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is to be proven of a fleet: the options of a mesh as typed, validated data."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.options import server_options
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import (
    RequestError,
    ServerSpec,
    is_private,
    parse_server,
    parse_timeout,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.mesh import MeshRequest
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import (
    COVERAGES,
    PASSIVES,
    Edge,
    Face,
    Leg,
    both_ways,
    edges,
    face_of,
    legs,
    rounds,
    share,
)

# By default. In the clear a fleet on one machine has enough at 8, one on a network spends its time on round trips. With TLS both
# servers spend most of a transfer waiting (docs/performance.md).
MOST_LEGS_AT_ONCE = 32
MOST_ENCRYPTED_AT_ONCE = 64
OF_FACE = ("host", "port", "expected_address")  # what of a server is another one at its inner address


def mesh_options(names: t.Iterable[str]) -> dict[str, t.Any]:
    """The argument spec of a mesh of these servers."""
    servers = {name: {"type": "dict", "required": True, "options": server_options()} for name in names}
    return {
        "servers": {"type": "dict", "required": True, **({"options": servers} if servers else {})},
        "pairs": {
            "type": "list",
            "elements": "dict",
            "options": {
                "source": {"type": "str", "required": True},
                "destination": {"type": "str", "required": True},
                "expect": {"type": "str", "choices": ["allowed", "refused"], "default": "allowed"},
            },
        },
        "refusing": {"type": "list", "elements": "str", "default": []},
        "shut": {"type": "list", "elements": "str", "default": []},
        "only": {"type": "list", "elements": "str"},
        "partners": {"type": "dict", "default": {}},
        "faces": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "servers": {"type": "dict", "required": True},
                "shares": {"type": "list", "elements": "int", "required": True},
            },
        },
        "protection": {"type": "str", "choices": ["private", "clear"]},
        "passive": {"type": "str", "choices": list(PASSIVES), "default": "alternate"},
        "coverage": {"type": "str", "choices": list(COVERAGES), "default": "all"},
        "peers": {"type": "int"},
        "seed": {"type": "str", "default": ""},
        "share": {"type": "int", "default": 0},
        "shares": {"type": "int", "default": 1},
        "family": {"type": "str", "choices": ["auto", "ipv4", "ipv6"], "default": "auto"},
        "payload_size": {"type": "bytes", "default": "64KB"},
        "timeout": {"type": "float", "default": 10},
        "concurrency": {"type": "int"},
        "connections": {"type": "int", "default": 1},
        "transcripts": {"type": "str", "choices": ["all", "failed", "none"], "default": "failed"},
    }


class Plan(t.NamedTuple):
    """The request, and what of the fleet it covers as results tell it."""

    request: MeshRequest
    coverage: dict[str, t.Any]


def parse_mesh(options: t.Mapping[str, t.Any]) -> Plan:
    """Options of the module, with its types and defaults applied, as a plan. Raises ``RequestError``."""
    _check_numbers(options)
    names = sorted(options["servers"])
    specs = {name: parse_server(f"servers.{name}", options["servers"][name]) for name in names}
    if len(names) < 2:
        raise RequestError(f"servers has {len(names)} entries, but a transfer needs two; name all servers of the fleet.")
    # Two partners are nobody's business here.
    fleet = [pair for pair in both_ways(edges(names, "all")) if _may_meet(pair, options["partners"])]
    asked = _wishes(fleet, options, names) if options["pairs"] is None else _pairs(options["pairs"], names)
    chosen = both_ways(edges(names, options["coverage"], options["peers"] or 0, options["seed"]))
    expect = {pair: wish for pair, wish in asked.items() if pair in chosen}
    refusing, shut = frozenset(options["refusing"]), frozenset(options["shut"])
    every = legs(rounds(names), options["passive"], expect, lambda name, to: name not in shut or to in refusing)
    faces, inside = _faces(options, names)
    schedule = share(every, options["share"], options["shares"], faces)
    specs.update((key, parse_server(f"faces.{key}", mine)) for key, (_name, mine) in inside.items())
    is_private(options["protection"], {f"servers.{name}": spec for name, spec in specs.items()})
    clear = options["protection"] == "clear"
    _check_ports(options["connections"], specs)
    request = MeshRequest(
        servers=specs,
        schedule=schedule,
        family=options["family"],
        payload_size=options["payload_size"],
        timeout=options["timeout"],
        concurrency=options["concurrency"] or legs_at_once(specs, clear, options["connections"]),
        transcripts=options["transcripts"],
        clear=clear,
        connections=options["connections"],
        names={key: name for key, (name, _mine) in inside.items()},
    )
    mine = len({(leg.source, leg.destination) for pair in schedule for leg in pair})
    told = ("passive", "share", "shares")
    coverage = {
        "kind": options["coverage"],
        "peers": options["peers"] if options["coverage"] == "sample" else None,
        "seed": options["seed"] if options["coverage"] == "sample" else None,
        **{key: options[key] for key in told},
        "servers": len(names),
        "pairs": mine,
        "pairs_asked": len(asked),
        "pairs_of_fleet": len(fleet),
        "pairs_inside": sum(leg[0].source in inside for leg in schedule),
        **_untried(every, faces, options["shares"]),
    }
    return Plan(request, {**coverage, "text": _words(coverage)})


def _faces(options: t.Mapping[str, t.Any], names: t.Sequence[str]) -> tuple[list[Face], dict[str, tuple[str, dict[str, t.Any]]]]:
    """The faces, and by the names that inner addresses have in the schedule those of the servers and their options there."""
    faces, inside = [], {}
    for index, face in enumerate(options["faces"]):
        inner = {}
        for name, said in face["servers"].items():
            if name not in names:
                raise RequestError(f"faces[{index}].servers has {name!r}, which servers does not have; {_instead(name, names)}")
            odd = sorted({*said} - {*OF_FACE}) if isinstance(said, t.Mapping) else [str(said)]
            if odd or "host" not in said:
                raise RequestError(
                    f"faces[{index}].servers.{name} has {', '.join(odd) or 'no host'}, but it is a host, and may have a port and "
                    "an expected_address; write for example {host: 10.0.0.11, port: 21}."
                )
            inner[name] = f"{name} (inside)"
            inside[inner[name]] = name, {**options["servers"][name], "expected_address": None, **said}
        faces.append(Face(inner, frozenset(face["shares"])))
    return faces, inside


def _untried(every: t.Iterable[t.Sequence[Leg]], faces: t.Sequence[Face], shares: int) -> dict[str, int]:
    """The numbers of pairs of which no host tries one of the two faces."""
    untried = {"inner_untried": 0, "outer_untried": 0}
    for leg in (leg for pair in every for leg in {each.servers: each for each in pair}.values()):
        face = face_of(leg, faces)
        untried["inner_untried"] += face is not None and not face.shares
        untried["outer_untried"] += face is not None and face.shares >= {*range(shares)}
    return untried


def legs_at_once(servers: t.Mapping[str, ServerSpec], clear: bool, connections: int = 1) -> int:
    """How many legs of a fleet are under way at a time if nobody says it: a connection can be in one."""
    encrypted = not clear and sum(spec.tls != "none" for spec in servers.values()) > 1
    return max(1, min(MOST_ENCRYPTED_AT_ONCE if encrypted else MOST_LEGS_AT_ONCE, len(servers) * connections // 2))


def _check_numbers(options: t.Mapping[str, t.Any]) -> None:
    parse_timeout(options["timeout"])
    if options["concurrency"] is not None and options["concurrency"] < 1:
        raise RequestError(f"concurrency is {options['concurrency']}, but something has to be done at a time; write 1 or more.")
    if options["connections"] < 1:
        raise RequestError(f"connections is {options['connections']}, but every server needs one; write 1 or more.")
    if options["coverage"] == "sample" and (options["peers"] or 0) < 1:
        raise RequestError("coverage is sample, so peers must say how many peers of each server are tried; write for example 4.")
    if options["coverage"] != "sample" and options["peers"] is not None:
        raise RequestError(f"peers is {options['peers']}, which only a sample has; set coverage to sample, or leave peers out.")
    if not 0 <= options["share"] < options["shares"]:
        raise RequestError(
            f"share is {options['share']} of shares {options['shares']}, but shares are counted from 0; "
            "write for example 0 and 1 of 2."
        )


def _check_ports(connections: int, specs: t.Mapping[str, ServerSpec]) -> None:
    for name, spec in specs.items():
        first, last = spec.passive_ports or (0, 65535)
        if connections > last - first + 1:
            raise RequestError(
                f"connections is {connections}, but servers.{name}.passive_ports has {last - first + 1} ports, and each transfer "
                f"needs one; write at most {last - first + 1}, or widen the range."
            )


def _wishes(fleet: t.Iterable[Edge], options: t.Mapping[str, t.Any], names: t.Sequence[str]) -> dict[Edge, str]:
    """The pairs that are asked for, and what each must come to: a server that takes no foreign address refuses in either role."""
    for option in ("refusing", "shut", "only"):
        for name in options[option] or ():
            if name not in names:
                raise RequestError(f"{option} has {name!r}, which servers does not have; {_instead(name, names)}")
    refusing = frozenset(options["refusing"])
    only = frozenset(names if options["only"] is None else options["only"])
    return {pair: "allowed" if refusing.isdisjoint(pair) else "refused" for pair in fleet if not only.isdisjoint(pair)}


def _may_meet(pair: Edge, partners: t.Mapping[str, t.Collection[str]]) -> bool:
    """Whether a pair is one that a partner in it exchanges files with, if there is one in it."""
    return all(other in partners[name] for name, other in (pair, pair[::-1]) if name in partners)


def _instead(name: str, names: t.Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean {near[0]!r}?" if near else "add it there, or take it out."


def _pairs(rows: t.Iterable[t.Mapping[str, t.Any]], names: t.Sequence[str]) -> dict[Edge, str]:
    pairs: dict[Edge, str] = {}
    for index, row in enumerate(rows):
        for end in ("source", "destination"):
            if row[end] not in names:
                cure = _instead(row[end], names)
                raise RequestError(f"pairs[{index}].{end} is {row[end]!r}, which servers does not have; {cure}")
        if row["source"] == row["destination"]:
            raise RequestError(f"pairs[{index}] sends from {row['source']!r} to itself; name two servers.")
        pair = (row["source"], row["destination"])
        if pair in pairs:
            raise RequestError(f"pairs[{index}] has {pair[0]!r} to {pair[1]!r} once more; name every pair once.")
        pairs[pair] = row["expect"]
    return pairs


def _words(coverage: t.Mapping[str, t.Any]) -> str:
    """The coverage for people."""
    kind = {
        "all": "all pairs",
        "ring": "a ring",
        "sample": f"a sample of {coverage['peers']} peers per server with the seed {coverage['seed']!r}",
    }[coverage["kind"]]
    part = f", share {coverage['share']} of {coverage['shares']}" if coverage["shares"] > 1 else ""
    listens = {
        "both": "either side listening in turn",
        "alternate": "sides listening by turns",
    }.get(coverage["passive"], f"the {coverage['passive']} listening")
    pairs = f"{coverage['pairs']} of {coverage['pairs_of_fleet']} ordered pairs of {coverage['servers']} servers"
    untried = [
        f"the {face} addresses of {coverage[f'{face}_untried']} of them were not tried"
        for face in ("inner", "outer")
        if coverage[f"{face}_untried"] and not coverage["share"]
    ]
    return ", ".join([f"{kind}{part}: {pairs}, {listens}", *untried])


__all__ = ("Plan", "legs_at_once", "mesh_options", "parse_mesh")
