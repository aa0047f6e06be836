# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A few figures, in one run, on the lab's hosts.

Two runs of ``site``, and one check beside lftp doing the same transfer. With ``all`` on 20 hosts too. Seconds depend on the
machine; the ratios are what compares. Nothing is asserted. The lab is started for it and taken down.
"""

from __future__ import annotations

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = [sys.executable, str(ROOT / "tests" / "lab" / "lab.py")]
FLEET = ROOT / "tests" / "lab" / "fleet.yml"
INVENTORY = pathlib.Path(os.environ["PROFTPD_FXP_CACHE"]) / "lab" / "inventory.yml"
RUNS = 5
MANY = 20  # hosts, with ``all``
SIZE = 1_000_000

CHECK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - proftpd.fxp.fxp_check:
        source: {host: "%(source)s", user: "%(user)s", password: "%(password)s", tls: explicit, ca_path: "%(ca)s"}
        destination: {host: "%(destination)s", user: "%(user)s", password: "%(password)s", tls: explicit, ca_path: "%(ca)s"}
        passive: destination
        payload_size: "%(size)s"
"""
NOTHING = "- hosts: localhost\n  gather_facts: false\n  tasks: []\n"
# The same work: put a file on the source, let it flow (never through the client), list it, remove both.
LFTP = """
set ftp:fxp-force yes; set ftp:use-fxp yes; set ftp:use-stat no; set cmd:fail-exit yes; set ssl:ca-file "%(ca)s"
set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ftp:ssl-protect-fxp yes
open -u %(user)s,%(password)s ftp://%(source)s
put %(payload)s -o bench.bin
get bench.bin -o ftp://%(user)s:%(password)s@%(destination)s/bench.bin
rm bench.bin
open -u %(user)s,%(password)s ftp://%(destination)s
cls -l bench.bin
rm bench.bin
"""


def seconds(*command: str) -> float:
    """Run ``command`` and return its wall seconds. Its output is shown if it fails."""
    started = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise SystemExit(f"{command[0]} failed")
    return time.monotonic() - started


def main() -> None:
    fleet = yaml.safe_load(FLEET.read_text())["fxp_servers"]["vars"]
    everything = "all" in sys.argv[1:]
    subprocess.run([*LAB, "down"], check=True)
    subprocess.run([*LAB, "up"], check=True)
    site = ["ansible-playbook", f"--inventory={INVENTORY}", f"--inventory={FLEET}", "proftpd.fxp.site"]
    first, second = seconds(*site), statistics.median(seconds(*site) for _run in range(3))

    hosts = yaml.safe_load(INVENTORY.read_text())["all"]["children"]["fxp_servers"]["hosts"]
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        payload = place / "payload"
        payload.write_bytes(os.urandom(SIZE))
        values = {
            "source": hosts["ftp1"]["ansible_host"],
            "destination": hosts["ftp2"]["ansible_host"],
            "user": fleet["fxp_check_user"],
            "password": fleet["fxp_check_password"],
            "size": SIZE,
            "payload": payload,
            "ca": INVENTORY.parent / "fxp-ca.pem",
        }
        (place / "check.yml").write_text(CHECK % values)
        (place / "nothing.yml").write_text(NOTHING)
        (place / "lftp").write_text(LFTP % values)
        checks, lftps, starts = [], [], []
        for run in range(RUNS):
            print(f"bench: run {run + 1} of {RUNS}", file=sys.stderr)
            checks.append(seconds("ansible-playbook", str(place / "check.yml")))
            lftps.append(seconds("lftp", "-f", str(place / "lftp")))
            starts.append(seconds("ansible-playbook", str(place / "nothing.yml")))
    if everything:
        subprocess.run([*LAB, "up", "--servers", str(MANY)], check=True)
        seconds(*site)
        many = statistics.median(seconds(*site) for _run in range(3))
    subprocess.run([*LAB, "down"], check=True)

    check, lftp, start = (statistics.median(times) for times in (checks, lftps, starts))
    print(f"bench: site, first run, 2 bare hosts          {first:6.2f} s")
    print(f"bench: site, nothing to change                {second:6.2f} s   ({second / first:.2f} of the first)")
    if everything:
        print(
            f"bench: site, nothing to change on {MANY} hosts    {many:6.2f} s   "
            f"({many / MANY:.2f} per host; {second / 2:.2f} with 2)"
        )
    print(f"bench: fxp_check, 1 MB, one leg, median of {RUNS}   {check:6.2f} s   ({check - lftp:+.2f} s)")
    print(f"bench: lftp, the same transfer                {lftp:6.2f} s")
    print(f"bench: a playbook without a task              {start:6.2f} s")


if __name__ == "__main__":
    main()
