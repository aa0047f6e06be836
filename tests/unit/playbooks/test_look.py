# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a run asks a host, and what it prints of what it asked. On this machine, whatever that answers."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

SECRET = "$6$marked$hash"
LOOK = {
    "control_port": 21,
    "passive_ports": {"first": 61000, "last": 61049},
    "configuration": "# nothing\n",
    "accounts": [{"name": "mirror", "password_hash": SECRET, "former_hashes": [f"{SECRET}2"], "home": "/srv/mirror"}],
}

# What this machine has of it, by the user who asks.
SEEN = [
    "_look_host.refusals | map(attribute='code') | list in [[], ['not_root']]",
    "_look_host.in_place == (_look_host.refusals | length == 0)",
]


def look(**more: t.Any) -> dict[str, t.Any]:
    return {
        "proftpd.fxp.fxp_look": {**LOOK, **more},
        "register": "_look_host",
        "failed_when": "_look_host.refusals is not defined",
    }


def play(*tasks: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"hosts": "all", "gather_facts": False, "tasks": list(tasks)}


def run(directory: pathlib.Path, *plays: dict[str, t.Any]) -> str:
    """Run them at the highest verbosity and return all that is printed."""
    playbook = directory / "play.yml"
    playbook.write_text(json.dumps(plays))
    python = f"ansible_python_interpreter={sys.executable}"
    done = subprocess.run(
        ["ansible-playbook", "-vvvvv", "--diff", "-i", "ftp1,", "-c", "local", "-e", python, str(playbook)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def asked(output: str) -> list[int]:
    """How often the module ran in each play."""
    return [part.count("/plugins/modules/fxp_look.py") for part in output.split("\nPLAY [")[1:]]


def test_a_play_asks_once_and_the_next_one_again(tmp_path: pathlib.Path) -> None:
    output = run(tmp_path, play(look(), look()), play(look()))
    assert asked(output) == [1, 1]
    assert SECRET not in output


def test_what_was_seen_ahead_is_taken_by_one_play(tmp_path: pathlib.Path) -> None:
    assert asked(run(tmp_path, play(look(ahead=True)), play(look(), look()), play(look()))) == [1, 0, 1]


def test_something_else_is_asked_anew_and_so_is_what_was_changed(tmp_path: pathlib.Path) -> None:
    output = run(tmp_path, play(look(ahead=True)), play(look(control_port=2121)), play(look(), look(again=True)))
    assert asked(output) == [1, 1, 2]


def test_a_server_that_is_to_go_is_asked_as_often_and_is_in_place_where_nothing_is_left(tmp_path: pathlib.Path) -> None:
    gone = {"proftpd.fxp.fxp_look": {"state": "absent", "ahead": True}, "register": "_look_host"}
    seen = {"ansible.builtin.assert": {"that": SEEN}}
    assert asked(run(tmp_path, play(gone), play(gone, gone, seen))) == [1, 0]
