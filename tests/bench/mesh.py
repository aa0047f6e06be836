# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A mesh beside others who do the same transfers: lftp pair by pair, lftp eight at a time, and a bare loop over open connections.

Twenty real servers on loopback, 64 KiB per transfer, every ordered pair in both roles: 760 transfers. lftp does some of them, and
its time is scaled up. With ``tls`` or ``all`` the same with TLS, on servers as they are and as fxp_tls_uncork starts them, for
several numbers of transfers at once; with ``all`` a ring and a sample of up to 200 servers, too. Seconds depend on the machine;
the ratios are what compares. Nothing is asserted.
"""

from __future__ import annotations

import concurrent.futures
import ftplib
import itertools
import multiprocessing
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import port_command
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.mesh import MeshRequest, run_mesh
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import both_ways, edges, legs, rounds
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import uncork_program
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.conftest import Starter, started
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, PASSWORD, USER, Proftpd
from ansible_collections.proftpd.fxp.tests.integration.meshing import mesh_request

SERVERS = 20
LARGE = (20, 100, 200)
RUNS = 5
SIZE = 65536
PAIRS = 20  # that lftp does; the rest is extrapolated
AT_ONCE = 8
TLS_CONNECTIONS = (1, 2, 4, 8)  # per server
# The same work for one ordered pair and one role: log in to both, let the file flow, list it, remove it.
LFTP = """
set ftp:fxp-force yes; set ftp:use-fxp yes; set ftp:use-stat no; set cmd:fail-exit yes
set ftp:ssl-allow %(tls)s; set ftp:ssl-force %(tls)s; set ftp:ssl-protect-data %(tls)s; set ftp:ssl-protect-fxp %(tls)s
set ssl:ca-file "%(ca)s"
set ftp:fxp-passive-source %(passive_source)s
open -u "%(user)s,%(password)s" ftp://%(source)s
put %(payload)s -o %(name)s
get %(name)s -o "ftp://%(user)s:%(quoted)s@%(destination)s/%(name)s.copy"
rm %(name)s
open -u "%(user)s,%(password)s" ftp://%(destination)s
cls -l %(name)s.copy
rm %(name)s.copy
"""

Pair = t.Tuple[int, Proftpd, Proftpd]


class Run(t.NamedTuple):
    """What a mesh took: seconds, and the peak of its process in KiB, before it began and at its end."""

    seconds: float
    before: int
    peak: int


def lftp(place: pathlib.Path, ca: str, job: Pair) -> None:
    """One transfer with a client of its own."""
    number, source, destination = job
    script = place / f"lftp-{number}"
    script.write_text(
        LFTP
        % {
            "user": USER,
            "password": PASSWORD,
            "quoted": PASSWORD.replace(" ", "%20"),
            "payload": place / "payload",
            "source": f"{source.address}:{source.port}",
            "destination": f"{destination.address}:{destination.port}",
            "name": f"bench-{number}",
            "passive_source": "yes" if number % 2 else "no",
            "tls": "yes" if ca else "no",
            "ca": ca,
        }
    )
    done = subprocess.run(["lftp", "-f", str(script)], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise SystemExit(f"lftp failed: {done.stderr}")


def lftp_one(place: pathlib.Path, ca: str, jobs: t.Sequence[Pair]) -> float:
    """Seconds per transfer, one after the other."""
    begun = time.monotonic()
    for job in jobs:
        lftp(place, ca, job)
    return (time.monotonic() - begun) / len(jobs)


def lftp_many(place: pathlib.Path, ca: str, jobs: t.Sequence[Pair]) -> float:
    """Seconds per transfer, several at a time."""
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for waiting in [pool.submit(lftp, place, ca, job) for job in jobs]:
            waiting.result()
    return (time.monotonic() - begun) / len(jobs)


def bare_loop(servers: t.Sequence[Proftpd]) -> float:
    """The least that a client can do: one login per server, one leg after the other, no proof but both replies and the size."""
    begun = time.monotonic()
    controls = []
    for server in servers:
        control = ftplib.FTP(timeout=10)
        control.connect(server.address, server.port)
        control.login(USER, PASSWORD)
        control.voidcmd("TYPE I")
        with control.transfercmd("STOR bench") as data:
            data.sendall(os.urandom(SIZE))
        control.voidresp()
        controls.append(control)
    for source, destination in itertools.permutations(controls, 2):
        for passive, active in ((source, destination), (destination, source)):
            numbers = re.findall(r"\d+", passive.sendcmd("PASV"))[1:]
            active.voidcmd(port_command(".".join(numbers[:4]), int(numbers[4]) * 256 + int(numbers[5])))
            for control in (active, passive):
                control.putcmd("RETR bench" if control is source else "STOR copy")
                control.getresp()
            source.voidresp()
            destination.voidresp()
            if destination.size("copy") != SIZE:
                raise SystemExit("the bare loop moved too little")
            destination.delete("copy")
    for control in controls:
        control.delete("bench")
        control.quit()
    return time.monotonic() - begun


def _measure(request: MeshRequest) -> Run:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = run_mesh(request)
    if outcome.message:
        raise RuntimeError(outcome.message)
    return Run(outcome.seconds, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def measured(request: MeshRequest) -> Run:
    """A mesh in a process of its own, as a module has one: what this process holds does not count."""
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measure, request).result()


def say(what: str, seconds: float, remark: str = "") -> None:
    print(f"bench: {what:<58} {seconds:8.2f} s" + (f"   ({remark})" if remark else ""), flush=True)


def pairs_of(servers: t.Sequence[Proftpd]) -> list[Pair]:
    """Those that lftp does, spread over all servers."""
    count = len(servers)
    return [(number, servers[number % count], servers[(number * 7 + 3) % count]) for number in range(PAIRS)]


def plain(start: Starter, place: pathlib.Path, runs: int) -> None:
    """Everybody in turn, so that whatever else the machine does hits all of them."""
    servers = [start(f"127.0.1.{number}") for number in range(1, SERVERS + 1)]
    request = mesh_request({f"ftp{number:02}": server.options() for number, server in enumerate(servers)})
    some, count = pairs_of(servers), 2 * SERVERS * (SERVERS - 1)
    times: dict[str, list[float]] = {"mesh": [], "bare": [], "lftp": [], "lftps": []}
    for run in range(runs):
        print(f"bench: run {run + 1} of {runs}", file=sys.stderr)
        took = measured(request)
        times["mesh"].append(took.seconds)
        times["bare"].append(bare_loop(servers))
        times["lftp"].append(lftp_one(place, "", some) * count)
        times["lftps"].append(lftp_many(place, "", some) * count)
    mesh, bare, one, many = (statistics.median(times[key]) for key in ("mesh", "bare", "lftp", "lftps"))
    say(
        f"mesh, {SERVERS} servers, {count} transfers, median of {runs}",
        mesh,
        f"{count / mesh:.0f} per second, {took.peak / 1024:.0f} MiB of which {took.before / 1024:.0f} before it began",
    )
    say("bare loop over open connections", bare, f"the mesh takes {mesh / bare:.2f} of it")
    say("lftp pair by pair, extrapolated", one, f"{one / mesh:.0f} times the mesh")
    say(f"lftp {AT_ONCE} at a time, extrapolated", many, f"{many / mesh:.0f} times the mesh")


def encrypted(start: Starter, place: pathlib.Path, named: str) -> tuple[float, float]:
    """TLS 1.2 with private data, as the role sets it up; return what the mesh and lftp took, both one by one."""
    took_one = 0.0
    authority = Authority(place)
    servers = []
    for number in range(1, SERVERS + 1):
        address = f"127.0.2.{number}"
        certificate = authority.issue(address)
        servers.append(start(address, ALLOW + DIGEST + tls(certificate, authority.path, "NoSessionReuseRequired")))
    some, count, ca = pairs_of(servers), 2 * SERVERS * (SERVERS - 1), str(authority.path)
    fleet = {f"ftp{number:02}": server.options(tls="explicit", ca_path=ca) for number, server in enumerate(servers)}
    one, many = lftp_one(place, ca, some) * count, lftp_many(place, ca, some) * count
    say(f"lftp with TLS pair by pair, {named}, extrapolated", one)
    say(f"lftp with TLS {AT_ONCE} at a time, {named}, extrapolated", many)
    for number in TLS_CONNECTIONS:
        request = mesh_request(fleet, connections=number)
        took = measured(request)
        faster = f"{one / took.seconds:.0f} and {many / took.seconds:.1f} times faster"
        say(
            f"mesh with TLS, {SERVERS} servers, {named}, {count} transfers, {number} per server",
            took.seconds,
            f"{request.concurrency} at once, {faster}, {took.peak / 1024:.0f} MiB",
        )
        took_one = took_one or took.seconds
    return took_one, one


def large(start: Starter) -> None:
    """Time and memory of parts of fleets that grow."""
    servers = [start(f"127.0.{3 + number // 200}.{number % 200 + 1}") for number in range(max(LARGE))]
    for coverage, peers in (("ring", 0), ("sample", 4)):
        for count in LARGE:
            fleet = {f"ftp{number:03}": server.options() for number, server in enumerate(servers[:count])}
            schedule = legs(rounds(fleet), "both", both_ways(edges(fleet, coverage, peers)))
            number = sum(map(len, schedule))
            runs = [measured(mesh_request(fleet, schedule=schedule)) for _run in range(3)]
            took = statistics.median(run.seconds for run in runs)
            say(
                f"mesh, {coverage} of {count} servers, {number} transfers, median of 3",
                took,
                f"{1000 * took / count:.0f} ms per server, {runs[0].peak / 1024:.0f} MiB",
            )


def main() -> None:
    everything = "all" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        (place / "payload").write_bytes(os.urandom(SIZE))
        for start in started():
            plain(start, place, RUNS if everything else 3)
        if everything or "tls" in sys.argv[1:]:
            for start in started():
                stock, lftp_stock = encrypted(start, place, "stock")
            # As fxp_tls_uncork starts them.
            for start in started([sys.executable, "-IS", uncork_program.__file__]):
                uncorked, lftp_uncorked = encrypted(start, place, "uncorked")
            say(
                "mesh with TLS, uncorked",
                uncorked,
                f"{stock / uncorked:.1f} times faster than stock, {lftp_stock / uncorked:.0f} than lftp there",
            )
            say("lftp with TLS, uncorked", lftp_uncorked, f"{lftp_stock / lftp_uncorked:.1f} times faster than stock")
        if everything:
            for start in started():
                large(start)


if __name__ == "__main__":
    main()
