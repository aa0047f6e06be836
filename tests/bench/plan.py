# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
How long a plan takes, for fleets of growing size, with Ansible's own variables and templates.

Each size is played twice, with the plan and with a task that does nothing, and the difference counts. Nobody is contacted and
nothing is asserted.
"""

from __future__ import annotations

import pathlib
import statistics
import subprocess
import tempfile
import time
import typing as t

import yaml

SIZES = (2, 20, 200, 1000)
RUNS = 3
PLAN: dict[str, t.Any] = {"proftpd.fxp.fxp_plan": None, "run_once": True}
NOTHING: dict[str, t.Any] = {"ansible.builtin.meta": "noop"}


def inventory(size: int) -> dict[str, t.Any]:
    """A fleet whose facts are those of the group, but for the addresses; passwords are templates, as those in a vault are."""
    hosts = {f"ftp{n}": {"ansible_host": f"198.18.{n // 250}.{n % 250 + 1}"} for n in range(size)}
    return {
        "fxp_servers": {
            "hosts": hosts,
            "vars": {
                "fxp_passive_ports": "61000-61099",
                "fxp_clients": ["198.18.0.0/15"],
                "fxp_users": [{"name": "mirror", "password": "{{ vault_mirror }}", "fxp": True}],
                "vault_mirror": "another-horse-battery",
                "fxp_check_user": "fxpcheck",
                "fxp_check_password": "correct-horse-battery",
            },
        }
    }


def seconds(place: pathlib.Path, task: t.Mapping[str, t.Any]) -> float:
    """The wall time of one play with ``task`` in it."""
    play = place / "play.yml"
    play.write_text(yaml.safe_dump([{"hosts": "fxp_servers", "gather_facts": False, "tasks": [dict(task)]}]))
    started = time.monotonic()
    subprocess.run(
        ["ansible-playbook", f"--inventory={place / 'inventory.yml'}", str(play)],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=600,
    )
    return time.monotonic() - started


def main() -> None:
    for size in SIZES:
        with tempfile.TemporaryDirectory() as directory:
            place = pathlib.Path(directory)
            (place / "inventory.yml").write_text(yaml.safe_dump(inventory(size)))
            planned = statistics.median(seconds(place, PLAN) for _run in range(RUNS))
            idle = statistics.median(seconds(place, NOTHING) for _run in range(RUNS))
        print(f"bench: plan of {size:4} hosts, median of {RUNS}   {planned - idle:6.2f} s   (Ansible's own start {idle:.2f} s)")


if __name__ == "__main__":
    main()
