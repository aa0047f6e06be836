# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Which servers of a fleet are proven against which, in what order and with which roles. Pure and deterministic.

Names are put in order first, so that the schedule is the same wherever and however often it is made: several hosts can each take
a share of it without a word between them.
"""

from __future__ import annotations

import collections
import hashlib
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES, Role, other

Edge = t.Tuple[str, str]  # two servers; ordered, source and destination, where that is said
COVERAGES = ("all", "ring", "sample")
PASSIVES = ("alternate", "both", "source", "destination")


@dataclass(frozen=True)
class Leg:
    """One transfer that is to be proven; ``expect`` is allowed or refused."""

    source: str
    destination: str
    passive: Role
    expect: str = "allowed"

    @property
    def servers(self) -> tuple[str, str]:
        """Both names."""
        return (self.source, self.destination)

    @property
    def ends(self) -> dict[Role, str]:
        """Both names by role."""
        return {"source": self.source, "destination": self.destination}


def rounds(names: t.Iterable[str]) -> list[list[Edge]]:
    """
    All pairs of servers as a round-robin tournament by the circle method.

    No server is twice in one round, and every round has as many pairs as that allows.
    """
    circle: list[str | None] = [*sorted(set(names))]
    if len(circle) % 2:
        circle.append(None)  # whoever meets it pauses
    half = len(circle) // 2
    tournament = []
    for turn in range(len(circle) - 1):
        turned = circle[:1] + circle[1 + turn :] + circle[1 : 1 + turn]
        pairs = zip(turned[:half], reversed(turned[half:]))
        tournament.append([(one, two) for one, two in pairs if one is not None and two is not None])
    return [pairs for pairs in tournament if pairs]


def edges(names: t.Iterable[str], coverage: str, peers: int = 0, seed: str = "") -> set[frozenset[str]]:
    """
    The pairs that a coverage wants.

    ``all`` wants every pair, ``ring`` each server with its neighbours in the order of names. ``sample`` wants ``peers`` of them
    per server: the servers stand in a circle whose order the seed decides, and each is paired with those nearest to it, so that
    the sample hangs together. If servers and peers are both odd in number, one server has one more.
    """
    ordered = sorted(set(names))
    count = len(ordered)
    if coverage == "sample":
        ordered.sort(key=lambda name: (hashlib.sha256(f"{seed}\0{name}".encode("utf-8", "surrogateescape")).digest(), name))
    if coverage == "all" or (coverage == "sample" and peers >= count - 1):
        return {frozenset((one, two)) for index, one in enumerate(ordered) for two in ordered[:index]}
    steps = [1] if coverage == "ring" else range(1, peers // 2 + 1)
    wanted = {frozenset((ordered[at], ordered[(at + step) % count])) for step in steps for at in range(count)}
    if coverage == "sample" and peers % 2:
        across = count // 2
        wanted |= {frozenset((ordered[at], ordered[(at + across) % count])) for at in range((count + 1) // 2)}
    return {pair for pair in wanted if len(pair) == 2}


def both_ways(wanted: t.Iterable[frozenset[str]]) -> dict[Edge, str]:
    """Every ordered pair of the wanted ones, each to be allowed."""
    ends = [tuple(sorted(pair)) for pair in wanted]
    return {pair: "allowed" for one, two in ends for pair in ((one, two), (two, one))}


def legs(
    tournament: t.Iterable[t.Iterable[Edge]],
    passive: str,
    expect: t.Mapping[Edge, str],
    listens: t.Callable[[str, str], bool] = lambda name, to: True,
) -> list[list[Leg]]:
    """
    The transfers of each pair of a tournament, in its order; a list per pair. ``expect`` has the ordered pairs that are wanted.

    Where a server does not listen to the other one, and a firewall would speak for it, the refusal is proven the other way round.

    ``both`` proves an ordered pair with either side listening, ``source`` and ``destination`` with that side. ``alternate`` does
    one of these two by turns. Where both directions are wanted, each server listens and connects equally often in any case.
    """
    schedule: list[list[Leg]] = []
    for pairs in tournament:
        for one, two in pairs:
            listening = ROLES if passive == "both" else (_role(passive, len(schedule)),)
            ways = [ends for ends in ((one, two), (two, one)) if ends in expect]
            if ways:
                wanted = (Leg(*ends, role, expect[ends]) for role in listening for ends in ways)
                schedule.append(list(dict.fromkeys(_heard(leg, listens) for leg in wanted)))
    return schedule


def _heard(leg: Leg, listens: t.Callable[[str, str], bool]) -> Leg:
    turned = other(leg.passive)
    passive, active = leg.ends[leg.passive], leg.ends[turned]
    return leg if leg.expect == "allowed" or listens(passive, active) else replace(leg, passive=turned)


class Face(t.NamedTuple):
    """Servers that reach one another at inner addresses, by the name of the outer one, and the shares of hosts that do, too."""

    inner: t.Mapping[str, str]
    shares: frozenset[int]


def share(schedule: list[list[Leg]], index: int, count: int, faces: t.Sequence[Face] = ()) -> list[list[Leg]]:
    """
    The pairs that host ``index`` of ``count`` proves. Neighbours in the schedule go to different hosts.

    A pair with two faces is proven once by hosts inside, at the inner addresses, and once by others, at the outer ones.
    """
    units = [unit for pair in schedule for unit in _by_face(pair, faces, frozenset(range(count)))]
    return [pair for turn, (pair, hosts) in enumerate(units) if _whose(turn, count, hosts) == index]


def _by_face(pair: list[Leg], faces: t.Sequence[Face], everybody: frozenset[int]) -> t.Iterator[tuple[list[Leg], frozenset[int]]]:
    face = face_of(pair[0], faces)
    if face is None:
        yield pair, everybody
        return
    outside = everybody - face.shares
    if face.shares:
        yield [replace(leg, source=face.inner[leg.source], destination=face.inner[leg.destination]) for leg in pair], face.shares
    if outside:
        yield pair, outside


def face_of(leg: Leg, faces: t.Iterable[Face]) -> Face | None:
    """Return the inner addresses of both servers, if they have some in common. What must be refused is proven at outer ones."""
    return next((face for face in faces if leg.expect == "allowed" and face.inner.keys() >= {*leg.servers}), None)


def _whose(turn: int, count: int, hosts: t.Collection[int]) -> int:
    return turn % count if turn % count in hosts else sorted(hosts)[turn % len(hosts)]


def lanes(schedule: t.Iterable[t.Sequence[Leg]], count: int) -> list[int]:
    """
    On which of ``count`` connections of its two servers each pair of a schedule runs, counted from 0.

    Every server has its pairs spread evenly over its connections, so that all of them have the same to do.
    """
    load: collections.Counter[tuple[str, int]] = collections.Counter()
    chosen = []
    for pair in schedule:
        one, two = pair[0].servers
        lane = min(range(count), key=lambda at: (max(load[one, at], load[two, at]), load[one, at] + load[two, at]))
        load[one, lane] += 1
        load[two, lane] += 1
        chosen.append(lane)
    return chosen


def _role(passive: str, turn: int) -> Role:
    if passive == "alternate":
        return ROLES[turn % 2]
    return "source" if passive == "source" else "destination"


__all__ = ("COVERAGES", "PASSIVES", "Edge", "Face", "Leg", "both_ways", "edges", "face_of", "lanes", "legs", "rounds", "share")
