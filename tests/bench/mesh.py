# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A mesh beside others who do the same transfers: lftp pair by pair, lftp eight at a time, and a bare loop over open connections.

Twenty real servers on loopback, 64 KiB per transfer, every ordered pair in both roles: 760 transfers. lftp does some of them, and
its time is scaled up. Seconds depend on the machine; the ratios are what compares. Nothing is asserted.
"""

from __future__ import annotations

import concurrent.futures
import ftplib
import itertools
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.addresses import port_command
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.mesh import run_mesh
from ansible_collections.proftpd.fxp.tests.integration.conftest import started
from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD, USER, Proftpd
from ansible_collections.proftpd.fxp.tests.integration.meshing import mesh_request

SERVERS = 20
RUNS = 5
SIZE = 65536
PAIRS = 20  # that lftp does; the rest is extrapolated
AT_ONCE = 8
# The same work for one ordered pair and one role: log in to both, let the file flow, list it, remove it.
LFTP = """
set ftp:fxp-force yes; set ftp:use-fxp yes; set ftp:ssl-allow no; set ftp:use-stat no; set cmd:fail-exit yes
set ftp:fxp-passive-source %(passive_source)s
open -u "%(user)s,%(password)s" ftp://%(source)s
put %(payload)s -o %(name)s
get %(name)s -o "ftp://%(user)s:%(quoted)s@%(destination)s/%(name)s.copy"
rm %(name)s
open -u "%(user)s,%(password)s" ftp://%(destination)s
cls -l %(name)s.copy
rm %(name)s.copy
"""


def lftp(place: pathlib.Path, number: int, source: Proftpd, destination: Proftpd) -> None:
    """One transfer with a client of its own."""
    script = place / f"lftp-{number}"
    script.write_text(LFTP % {
        "user": USER, "password": PASSWORD, "quoted": PASSWORD.replace(" ", "%20"), "payload": place / "payload",
        "source": f"{source.address}:{source.port}", "destination": f"{destination.address}:{destination.port}",
        "name": f"bench-{number}", "passive_source": "yes" if number % 2 else "no",
    })
    done = subprocess.run(["lftp", "-f", str(script)], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise SystemExit(f"lftp failed: {done.stderr}")


def bare_loop(servers: t.Sequence[Proftpd]) -> float:
    """
    The least that a client can do: ftplib, one login per server, one leg after the other, no proof but both replies and the size.
    """
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


def main() -> None:
    for start in started():
        servers = [start(f"127.0.1.{number}") for number in range(1, SERVERS + 1)]
        fleet = {f"ftp{number:02}": server.options() for number, server in enumerate(servers)}
        legs = 2 * SERVERS * (SERVERS - 1)
        some = [(number, servers[number % SERVERS], servers[(number * 7 + 3) % SERVERS]) for number in range(PAIRS)]
        times: dict[str, list[float]] = {"mesh": [], "bare": [], "lftp": [], "lftps": []}
        with tempfile.TemporaryDirectory() as directory:
            place = pathlib.Path(directory)
            (place / "payload").write_bytes(os.urandom(SIZE))
            for run in range(RUNS):
                print(f"bench: run {run + 1} of {RUNS}", file=sys.stderr)
                outcome = run_mesh(mesh_request(fleet))
                if outcome.message:
                    raise SystemExit(outcome.message)
                times["mesh"].append(outcome.seconds)
                times["bare"].append(bare_loop(servers))
                begun = time.monotonic()
                for job in some:
                    lftp(place, *job)
                times["lftp"].append((time.monotonic() - begun) / PAIRS * legs)
                begun = time.monotonic()
                with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                    for waiting in [pool.submit(lftp, place, *job) for job in some]:
                        waiting.result()
                times["lftps"].append((time.monotonic() - begun) / PAIRS * legs)
    mesh, bare, one, eight = (statistics.median(times[key]) for key in ("mesh", "bare", "lftp", "lftps"))
    print(f"bench: mesh, {SERVERS} servers, {legs} transfers, median of {RUNS}   {mesh:8.2f} s   ({legs / mesh:.0f} per second)")
    print(f"bench: bare loop over open connections            {bare:8.2f} s   (the mesh takes {mesh / bare:.2f} of it)")
    print(f"bench: lftp pair by pair, extrapolated            {one:8.2f} s   ({one / mesh:.0f} times the mesh)")
    print(f"bench: lftp {AT_ONCE} at a time, extrapolated              {eight:8.2f} s   ({eight / mesh:.0f} times the mesh)")


if __name__ == "__main__":
    main()
