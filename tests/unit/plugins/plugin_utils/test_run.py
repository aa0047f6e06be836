# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions run in children of the process that is the run."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import processes
from ansible_collections.proftpd.fxp.plugins.plugin_utils._run import is_over, this_run


def in_child(asked: t.Callable[[], t.Any]) -> t.Any:
    """What ``asked`` returns in a child of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(asked()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with open(reading, encoding="utf-8") as answer:
        return json.load(answer)


def test_all_actions_of_a_run_name_the_same_one() -> None:
    first, second = in_child(this_run), in_child(this_run)
    assert first == second
    assert "@" in first["who"]


def test_another_run_of_the_same_user_is_another_one() -> None:
    assert in_child(this_run)["id"] != in_child(lambda: in_child(this_run))["id"]


@pytest.fixture
def another() -> t.Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A run on this machine, by its id, and its process."""
    asks = f"from {this_run.__module__} import this_run; print(this_run()['id'], flush=True)"
    script = 'import subprocess, sys; subprocess.run([sys.executable, "-c", sys.argv[1]]); sys.stdin.read()'
    with subprocess.Popen([sys.executable, "-c", script, asks], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as main:
        assert main.stdout is not None
        try:
            yield main.stdout.readline().decode().strip(), main
        finally:
            main.kill()


def test_a_run_is_over_when_its_process_is(another: tuple[str, subprocess.Popen[bytes]]) -> None:
    run, main = another
    assert not is_over(run)
    main.kill()
    # Nobody has waited for it yet, and nobody may ever.
    os.waitid(os.P_PID, main.pid, os.WEXITED | os.WNOWAIT)
    assert is_over(run)
    main.wait()
    assert is_over(run)


def test_it_is_also_over_when_another_process_has_its_number() -> None:
    here, main, began = in_child(this_run)["id"].split("-")
    assert not is_over(f"{here}-{main}-{began}")
    assert is_over(f"{here}-{main}-1{began}")


def test_that_of_another_user_goes_on_while_it_does() -> None:
    """The first process is root's, whoever asks."""
    here, _main, _began = in_child(this_run)["id"].split("-")
    began = pathlib.Path("/proc/1/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    assert not is_over(f"{here}-1-{began}")


@pytest.mark.parametrize("run", ["", "x", "0123456789abcdef-1-1", "HERE-", "HERE-x-1", "HERE-²-1", "HERE-99999999999999999999-1"])
def test_of_others_nothing_is_known(run: str) -> None:
    here = in_child(this_run)["id"].partition("-")[0]
    assert not is_over(run.replace("HERE", here))


def test_a_machine_that_tells_less_is_asked_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS: without /proc a process is known by its number."""
    monkeypatch.setattr(processes, "_read", lambda *_anything: "")
    monkeypatch.setattr(processes, "numbering", lambda: "")
    run = in_child(this_run)["id"]
    assert run.endswith(f"-{os.getpid()}-None")
    assert not is_over(run)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_over(run.replace(f"-{os.getpid()}-", f"-{ended.pid}-"))
