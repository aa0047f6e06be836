# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
A whole fleet: connections that all legs of a server share, and what fails repeated alone before it is told.

Nothing here grows with the payload: one file per source is streamed up once, and passed legs keep no dialogue.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import threading
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.result import leg_result, message_of
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.resolve import resolve
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.alone import Alone
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.patience import Patience
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import Leg, lanes
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.station import Lines, Station
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.work import Work, run_apart
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.file import random_file
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.leftovers import clear_earlier
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.pair import Pair, planned
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES, Role
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.trial import Terms, Trial, Tried, try_pair
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.verify import choose

MAX_TRANSCRIPTS = 200  # of failed legs; a fleet where everything fails must not fill the memory
RESOLVERS = 16  # names that are asked for at once


@dataclasses.dataclass(frozen=True)
class MeshRequest:
    """
    A fleet by name and the legs to prove, a list per pair. Times are seconds, sizes bytes.

    ``concurrency`` is the number of legs at once, ``connections`` that of control connections per server. ``transcripts`` says
    whose dialogue is kept: all, failed or none. Data is encrypted where both servers have TLS, and never with ``clear``.
    Servers at inner addresses have names of their own here; ``names`` are those that they are called by elsewhere.
    """

    servers: t.Mapping[str, ServerSpec]
    schedule: t.Sequence[t.Sequence[Leg]]
    family: str
    payload_size: int
    timeout: float
    concurrency: int
    transcripts: str
    clear: bool = False
    connections: int = 1
    names: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


# One of the connections to a server: its name and a number from 0.
Place = t.Tuple[str, int]


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a mesh is. Some legs are tried alone after all others; ``repeated`` of ``to_repeat`` have been."""

    legs: int
    done: int
    failed: int
    to_repeat: int
    repeated: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class MeshOutcome:
    """Every leg in the order of the schedule, how long it took, and what people must read."""

    legs: list[dict[str, t.Any]]
    seconds: float
    message: str
    warnings: list[str]
    files_left: list[dict[str, str]]
    untold: list[str]  # servers that may see the client at the address of a peer


def run_mesh(request: MeshRequest, tell: t.Callable[[Progress], None] = lambda progress: None) -> MeshOutcome:
    """
    Prove every leg. Whatever the servers do ends up in the outcome, nothing is raised for it.

    ``tell`` hears of the beginning and of every leg that has ended, from any thread but never twice at once.
    """
    return _Mesh(request, tell).run()


class _Mesh:
    def __init__(self, request: MeshRequest, tell: t.Callable[[Progress], None]) -> None:
        self.request = request
        self.tell = tell
        self.legs = [leg for pair in request.schedule for leg in pair]
        on = zip(request.schedule, lanes(request.schedule, request.connections))
        self.lanes = [lane for pair, lane in on for _leg in pair]
        needed = {place for at in range(len(self.legs)) for place in self._places(at)}
        self.stations = {place: Station(request.servers[place[0]], request.timeout, request.clear) for place in sorted(needed)}
        self.names: dict[str, list[Station]] = {}
        for (name, _lane), station in self.stations.items():
            self.names.setdefault(name, []).append(station)
        self.masker = Masker(server.password for server in request.servers.values())
        self.results: dict[int, dict[str, t.Any]] = {}
        self.first_causes: dict[int, str | None] = {}  # of legs that are to be tried alone
        self.tried: dict[int, bool] = {}  # of these, whether they were tried among the others
        self.patience = Patience()
        self.alone = Alone()
        self.failed = self.done = self.transcripts = 0
        self.repeated: int = 0
        self.warnings: list[str] = []
        self.files_left: list[dict[str, str]] = []
        self.untold: set[str] = set()
        self.lock = threading.Lock()
        self.start = time.monotonic()

    def run(self) -> MeshOutcome:
        self._tell()
        mine = {name: self.request.servers[name] for name in self.names}
        self.warnings, self.files_left = clear_earlier(mine, self.request.family, self.request.timeout)
        self._apart([Work((name,), functools.partial(self._locate, name)) for name in self.names], RESOLVERS)
        self._one_family()
        try:
            opening = [Work(self._places_of(name), functools.partial(self._open, name)) for name in self.names]
            proving = [Work(self._places(at), functools.partial(self._prove, at)) for at in range(len(self.legs))]
            self._apart(opening + proving)
        finally:
            # What is repeated has both servers for itself; a server that was given up is asked about its files last.
            self._leave((place for place, station in self.stations.items() if station.given_up is None), for_good=False)
        # A check asks both servers at once and tells of one. So who was given up is first asked beside one that was not.
        for given_up in range(3):
            ranked = [at for at in sorted(self.first_causes) if self._given_up(at) == given_up]
            alone = [(at, tuple(map(self._called, self.legs[at].servers))) for at in ranked]
            self._apart([Work(servers, functools.partial(self._repeat, at)) for at, servers in alone])
        # Over fresh connections, now that nobody else needs the servers.
        self._leave((place for place, station in self.stations.items() if station.holds_files), for_good=True)
        return self._outcome()

    def _apart(self, works: t.Iterable[Work], threads: int | None = None) -> None:
        run_apart(works, threads or self.request.concurrency)

    def _locate(self, name: str, family: str | None = None) -> None:
        stations = self.names[name]
        try:
            endpoint = resolve(stations[0].spec, self.request.timeout, family or self.request.family)
        except Fault as fault:
            if stations[0].endpoint is None:
                _give_up(stations, fault)
            return
        for station in stations:
            station.endpoint = endpoint

    def _one_family(self) -> None:
        """If the servers prefer different families, let those that can have the one that most of them prefer."""
        families = collections.Counter(self._family(name) for name in self.names if self._family(name))
        for name in self.names if len(families) > 1 else ():
            common = families.most_common(1)[0][0]
            if self._family(name) not in ("", common):
                self._locate(name, common)

    def _family(self, name: str) -> str:
        endpoint = self.names[name][0].endpoint
        return "" if endpoint is None else "ipv6" if len(endpoint[1]) == 4 else "ipv4"

    def _open(self, name: str) -> None:
        """One after the other: who refuses the first login is not asked for another."""
        stations = self.names[name]
        for index, station in enumerate(stations):
            station.open(Lines(self.masker, self.start) if self.request.transcripts == "all" else None)
            if station.given_up is not None:
                _give_up(stations[index:], station.given_up)
                return

    def _prove(self, at: int) -> None:
        leg = self.legs[at]
        cause: str | None = None
        families = {self._family(name) for name in leg.servers} - {""}
        result: dict[str, t.Any] | None = None
        dialogue: list[dict[str, t.Any]] = []
        if len(families) < 2 and not self.patience.is_spent(leg):
            begun = time.monotonic()
            result, dialogue = self._shared(at)
            cause = result["cause"]
            if result["evidence"]["stage"] not in ("connect", "prepare"):
                self.patience.learn(leg, result["ok"], time.monotonic() - begun >= self.request.timeout)
        with self.lock:
            self.done += 1
            if result is not None and result["ok"]:
                self.results[at] = self._told(leg, result, dialogue)
            else:
                self.failed += result is not None
                self.tried[at] = result is not None
                self.first_causes[at] = cause
            self._tell()

    def _shared(self, at: int) -> tuple[dict[str, t.Any], list[dict[str, t.Any]]]:
        """One leg over connections that others used before: its entry in ``legs``, and the dialogue if that is kept."""
        leg = self.legs[at]
        source, destination = (self.stations[place] for place in self._places(at))
        stations: dict[Role, Station] = {"source": source, "destination": destination}
        lines = Lines(self.masker, self.start) if self.request.transcripts == "all" else None
        for role, station in stations.items():
            station.told_to(lines.of(role) if lines else None)
        pair = Pair(stations, self._private(leg), at_once=False)
        trial = Trial(
            pair,
            lambda: source.supply(lambda: random_file(source, self.request.payload_size, choose(destination.features))),
            self.request.timeout,
            listed=lines is not None,
        )
        (tried,) = trial.run((leg.passive,))
        with self.lock:
            self.warnings += trial.warnings
            self.untold.update(leg.ends[role] for role in pair.untold or ())
        # The logins too, if this is the first leg after them.
        said = [entry for role in ROLES for entry in stations[role].opening(role)] + (lines.entries() if lines else [])
        return leg_result(tried, leg.expect, self.masker), sorted(said, key=lambda entry: float(entry["seconds"]))

    def _repeat(self, at: int) -> None:
        leg = self.legs[at]
        result, dialogue, warnings, left = self._foreseen(leg), [], [], []
        untold: t.Sequence[Role] = ()
        if result is None:
            transcript = Transcript(self.masker)
            shown = try_pair(self._terms(leg), transcript)
            result, dialogue, warnings = leg_result(shown.legs[0], leg.expect, self.masker), transcript.entries(), shown.warnings
            left = [{**one, "server": self._called(leg.ends[t.cast(Role, one["server"])])} for one in shown.files_left]
            untold = shown.untold or ()
            self.alone.learn(leg, shown.legs[0].evidence, shown.fault)
        with self.lock:
            self.warnings += warnings
            self.files_left += left
            self.untold.update(leg.ends[role] for role in untold)
            told = self._told(leg, result, dialogue)
            self.results[at] = {**told, "repeated": self.tried[at], "first_cause": self.first_causes[at]}
            self.repeated += 1
            self.failed += (not result["ok"]) - self.tried[at]
            if result["ok"]:
                self._flaky(leg, self.first_causes[at])
            self._tell()

    def _flaky(self, leg: Leg, cause: str | None) -> None:
        if cause is not None and leg.expect == "allowed":
            self.warnings.append(
                f"{leg.source} -> {leg.destination} with the {leg.passive} passive failed among the others ({cause}) and passed "
                "alone; look for a limit on connections or a server that is short of time."
            )

    def _places(self, at: int) -> tuple[Place, Place]:
        leg, lane = self.legs[at], self.lanes[at]
        return (leg.source, lane), (leg.destination, lane)

    def _places_of(self, name: str) -> tuple[Place, ...]:
        return tuple(place for place in self.stations if place[0] == name)

    def _given_up(self, at: int) -> int:
        return sum(self.stations[place].given_up is not None for place in self._places(at))

    def _foreseen(self, leg: Leg) -> dict[str, t.Any] | None:
        """What a check would say of servers that were asked a moment ago, without waiting for them once more."""
        evidence = planned(self._servers(leg), leg.passive, self._private(leg))
        return leg_result(Tried(evidence), leg.expect, self.masker) if self.alone.foresees(leg, evidence) else None

    def _told(self, leg: Leg, result: dict[str, t.Any], dialogue: list[dict[str, t.Any]]) -> dict[str, t.Any]:
        evidence = result["evidence"]
        if result["ok"]:
            evidence = {key: value for key, value in evidence.items() if value is not None}
        keep = self.request.transcripts == "all"
        if self.request.transcripts == "failed" and not result["ok"] and self.transcripts < MAX_TRANSCRIPTS:
            self.transcripts += 1
            keep = True
        return {
            "source": self._called(leg.source),
            "destination": self._called(leg.destination),
            "face": "inner" if leg.source in self.request.names else "outer",
            "family": self._family(leg.destination) or None,
            "expect": leg.expect,
            **result,
            "evidence": evidence,
            "repeated": False,
            "first_cause": None,
            "transcript": dialogue if keep else [],
        }

    def _called(self, name: str) -> str:
        return self.request.names.get(name, name)

    def _servers(self, leg: Leg) -> dict[Role, ServerSpec]:
        return {role: self.request.servers[name] for role, name in leg.ends.items()}

    def _private(self, leg: Leg) -> bool:
        return not self.request.clear and all(self.request.servers[name].tls != "none" for name in leg.servers)

    def _terms(self, leg: Leg) -> Terms:
        """The same leg as a check of its own."""
        return Terms(
            servers=self._servers(leg),
            passive=(leg.passive,),
            family=self.request.family,
            path=None,
            payload_size=self.request.payload_size,
            timeout=self.request.timeout,
            private=self._private(leg),
        )

    def _leave(self, places: t.Iterable[Place], for_good: bool) -> None:
        def leave(place: Place) -> None:
            station = self.stations[place]
            if place[0] not in self.alone.down:
                station.given_up = None
            left = station.leave(for_good)
            with self.lock:
                self._note_left(place[0], station, left)

        self._apart([Work((place,), functools.partial(leave, place)) for place in places])

    def _note_left(self, name: str, session: Session, files: t.Iterable[str]) -> None:
        for file in files:
            self.files_left.append({"server": self._called(name), "directory": session.spec.directory, "file": file})
            self.warnings.append(session.complaint(file))

    def _tell(self) -> None:
        seconds = time.monotonic() - self.start
        self.tell(Progress(len(self.legs), self.done, self.failed, len(self.first_causes), self.repeated, seconds))

    def _outcome(self) -> MeshOutcome:
        legs = [self.results[at] for at in range(len(self.legs))]
        failed = [at for at, leg in enumerate(legs) if not leg["ok"]]
        message = ""
        if failed:
            first = self.legs[failed[0]]
            message = (
                f"{len(failed)} of {len(legs)} transfers fell short, the first from {first.source} to {first.destination}. "
                + message_of([legs[failed[0]]])
            )
        warnings, seconds = list(dict.fromkeys(self.warnings)), time.monotonic() - self.start
        return MeshOutcome(legs, seconds, message, warnings, self.files_left, sorted(self.untold))


def _give_up(stations: t.Iterable[Station], fault: Fault) -> None:
    for station in stations:
        station.given_up = fault


__all__ = ("MeshOutcome", "MeshRequest", "Progress", "run_mesh")
