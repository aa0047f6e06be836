# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-playbook interrupted in the midst of transfers: within seconds nothing of it is left, and what stayed is known."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import time
import typing as t

import pytest

import ansible_collections.proftpd.fxp as collection
from ansible_collections.proftpd.fxp.plugins.module_utils._host.interrupts import BEAT
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.payload import is_ours, unguessable_name
from ansible_collections.proftpd.fxp.tests.integration.conftest import DESTINATION, SOURCE, Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, PASSWORD, Proftpd
from ansible_collections.proftpd.fxp.tests.integration.network import CLIENT, Network
from ansible_collections.proftpd.fxp.tests.integration.scripted import SILENCE, ScriptedServer

PROMISED = 5.0  # seconds from an interrupt to the end, on the controller
SILENT = 15.0  # seconds without a sign of life that a job goes on
SLOW = ALLOW + DIGEST + "TransferRate RETR 20\n"  # kilobytes per second: a transfer lasts until it is interrupted
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Play:
    """ansible-playbook at a terminal of its own, with one task; ``state`` is where the user keeps what stayed."""

    def __init__(self, directory: pathlib.Path, module: str, arguments: t.Mapping[str, t.Any], **keywords: t.Any) -> None:
        directory.mkdir(exist_ok=True)
        self.state = directory / "state"
        self.results = directory / "result.json"
        self.unpacked = directory / "unpacked"
        self.unpacked.mkdir()
        task = {"name": "Check", f"proftpd.fxp.{module}": arguments, "register": "result", "failed_when": False, **keywords}
        keep = {"copy": {"content": "{{ result | to_json }}", "dest": str(self.results), "mode": "0600"}}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task, keep]}
        (directory / "playbook.yml").write_text(json.dumps([play]))
        root = pathlib.Path(next(iter(collection.__path__))).parents[2]
        self._mark = f"XDG_STATE_HOME={self.state}"
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(root), "XDG_STATE_HOME": str(self.state)}
        environment.update(ANSIBLE_PYTHON_INTERPRETER=sys.executable, TMPDIR=str(self.unpacked))
        playbook = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
        self.terminal, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [playbook, "-i", "localhost,", "playbook.yml"],
            cwd=directory,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def running(self) -> list[int]:
        """The processes that belong to it, jobs too; without Ansible's own, which looks every 5 s whether a job has ended."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                environment, command = ((process / name).read_text(errors="replace") for name in ("environ", "cmdline"))
                if self._mark in environment.split("\0") and "async_wrapper" not in command:
                    found.append(int(process.name))
        return found

    def told(self) -> str:
        """What those processes are, and what the kernel has each of their threads wait for."""
        lines = []
        for number in self.running():
            with contextlib.suppress(OSError):
                process = pathlib.Path(f"/proc/{number}")
                waits = [
                    f"{(task / 'wchan').read_text()} {(task / 'syscall').read_text().strip()}" for task in process.glob("task/*")
                ]
                lines.append(f"{number} {(process / 'cmdline').read_text()[:200]!r}: {waits}")
        return "; ".join(lines)

    def kept(self) -> list[list[t.Any]]:
        """What is kept of files that stayed."""
        return [row for path in self.state.glob("proftpd-fxp/*.json") for row in json.loads(path.read_text())]

    def result(self) -> dict[str, t.Any]:
        """The result of the task, when the playbook has come to its end."""
        with contextlib.suppress(OSError):
            while os.read(self.terminal, 65536):
                pass
        assert self.process.wait(60) == 0
        return t.cast("dict[str, t.Any]", json.loads(self.results.read_text()))

    def __enter__(self) -> Play:
        return self

    def __exit__(self, *_error: object) -> None:
        for number in self.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.process.wait(10)
        os.close(self.terminal)


def until(holds: t.Callable[[], bool], seconds: float) -> bool:
    """Whether something comes to hold in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def options(server: t.Any) -> dict[str, t.Any]:
    return {"host": server.address, "port": server.port, "user": "fxp", "password": PASSWORD}


def check_of(servers: t.Sequence[Proftpd]) -> dict[str, t.Any]:
    return {"source": options(servers[0]), "destination": options(servers[1]), "payload_size": "4MB"}


def mesh_of(servers: t.Sequence[Proftpd], progress: str = "never") -> dict[str, t.Any]:
    named = {f"ftp{number}": options(server) for number, server in enumerate(servers)}
    return {"servers": named, "payload_size": "4MB", "progress": progress}


def under_way(servers: t.Sequence[Proftpd]) -> bool:
    """Whether one of them has a whole payload and another one a part of a file."""
    sizes = [size for server in servers for path in server.home.iterdir() for size in [path.stat().st_size]]
    return 4 << 20 in sizes and any(0 < size < 4 << 20 for size in sizes)


def interrupt(play: Play, servers: t.Sequence[Proftpd], number: signal.Signals, seconds: float = PROMISED) -> None:
    """Interrupt it in the midst of a transfer as a terminal does, and see everything of it gone in time."""
    assert until(lambda: under_way(servers), 60)
    os.killpg(play.process.pid, number)
    began = time.monotonic()
    play.process.poll()
    assert until(lambda: not play.running(), seconds), f"{number.name}: still running after {seconds} s: {play.told()}"
    took = time.monotonic() - began
    play.process.wait(1)
    assert [server.files() for server in servers] == [set()] * len(servers)
    # But for Ansible's module that asks after a job, and ends at once where a signal finds it.
    left = [path.name for path in play.unpacked.glob("ansible_*") if "async_status" not in path.name]
    assert left == [], "places that modules were unpacked in are left"
    assert play.kept() == [], f"after {took:.1f} s"


@pytest.mark.parametrize("number", INTERRUPTS)
def test_a_check_within_ansible(tmp_path: pathlib.Path, start: Starter, number: signal.Signals) -> None:
    servers = [start(SOURCE, SLOW), start(DESTINATION)]
    with Play(tmp_path, "fxp_check", check_of(servers)) as play:
        interrupt(play, servers, number)


@pytest.mark.parametrize("number", [*INTERRUPTS, signal.SIGKILL])
def test_a_check_as_a_module(tmp_path: pathlib.Path, start: Starter, number: signal.Signals) -> None:
    """In an environment that is not Ansible's own."""
    servers = [start(SOURCE, SLOW), start(DESTINATION)]
    with Play(tmp_path, "fxp_check", check_of(servers), environment={"FXP_TEST": "1"}) as play:
        interrupt(play, servers, number)


@pytest.mark.parametrize("progress", ["never", "always"])
@pytest.mark.parametrize("number", [*INTERRUPTS, signal.SIGKILL])
def test_a_mesh(tmp_path: pathlib.Path, start: Starter, number: signal.Signals, progress: str) -> None:
    """Four servers with several transfers at once, as a module and as the job that people watch."""
    servers = [start(f"127.0.1.{last}", SLOW) for last in range(1, 5)]
    with Play(tmp_path, "fxp_mesh_check", mesh_of(servers, progress)) as play:
        interrupt(play, servers, number)


def test_a_job_whose_watcher_is_gone(tmp_path: pathlib.Path, start: Starter) -> None:
    """Nobody could tell the job; it misses the looks."""
    servers = [start(f"127.0.1.{last}", SLOW) for last in range(1, 5)]
    with Play(tmp_path, "fxp_mesh_check", mesh_of(servers, "always")) as play:
        assert until(lambda: under_way(servers), 60)
        # The worker, too: all that is not detached as a job is.
        parents = {pid: int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) for pid in play.running()}
        watchers = {play.process.pid} | {pid for pid, parent in parents.items() if parent == play.process.pid}
        for pid in watchers:
            os.kill(pid, signal.SIGKILL)
        play.process.wait(10)
        assert until(lambda: not play.running(), SILENT + PROMISED)
        assert [server.files() for server in servers] == [set()] * 4


def test_what_stays_is_kept_and_the_next_check_deletes_it(tmp_path: pathlib.Path, start: Starter) -> None:
    """The destination lets nobody delete; a file of the operator's is never touched, whatever stands in what was kept."""
    forbidden = "<Limit DELE>\nDenyAll\n</Limit>\n"
    servers = [start(SOURCE, SLOW), start(DESTINATION, ALLOW + DIGEST + forbidden)]
    with Play(tmp_path, "fxp_check", check_of(servers)) as play:
        assert until(lambda: under_way(servers), 60)
        os.killpg(play.process.pid, signal.SIGINT)
        assert until(lambda: not play.running(), PROMISED)
        assert servers[0].files() == set()
        (name,) = servers[1].files()
        assert is_ours(name)
        assert play.kept() == [[servers[1].address, servers[1].port, "fxp", ".", name]]
        (path,) = play.state.glob("proftpd-fxp/*")
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert PASSWORD not in path.read_text()
    servers[1].put("precious", b"of the operator")
    elsewhere = ["127.0.9.9", 21, "fxp", ".", unguessable_name()]
    path.write_text(json.dumps([*play.kept(), [*play.kept()[0][:4], "precious"], elsewhere]))
    arguments = {**check_of(servers), "payload_size": "10KB"}
    with Play(tmp_path / "again", "fxp_check", arguments, environment={"XDG_STATE_HOME": str(play.state)}) as again:
        result = again.result()
    assert {"server": "destination", "directory": ".", "file": name} in result["files_left"]
    assert any(name in warning for warning in result["warnings"])
    assert {row[4] for row in play.kept()} == {name, elsewhere[4]}
    # Those of a check that was not interrupted are the operator's.
    for left in result["files_left"]:
        if left["file"] != name:
            (servers[1].home / left["file"]).unlink()

    allowed = servers[1].root / "proftpd.conf"
    allowed.write_text(allowed.read_text().replace(forbidden, ""))
    os.kill(servers[1].process.pid, signal.SIGHUP)
    with Play(tmp_path / "last", "fxp_check", arguments, environment={"XDG_STATE_HOME": str(play.state)}) as last:
        result = last.result()
    assert (result["ok"], result["files_left"]) == (True, [])
    assert any(name in warning and "is gone now" in warning for warning in result["warnings"])
    assert [row[4] for row in play.kept()] == [elsewhere[4]], "a server of others is left to a check of it"
    (servers[1].home / "precious").read_bytes()


@pytest.mark.parametrize("number", [*INTERRUPTS, signal.SIGKILL])
@pytest.mark.parametrize("module", ["fxp_bounce_check", "fxp_probe"])
def test_what_makes_no_files(tmp_path: pathlib.Path, module: str, number: signal.Signals) -> None:
    """Its connection ends, whatever it waits for."""
    with ScriptedServer("127.0.1.1", {"PASS": SILENCE}) as server, Play(tmp_path, module, {"server": options(server)}) as play:
        assert until(lambda: any(line.startswith("PASS") for line in server.commands), 60)
        os.killpg(play.process.pid, number)
        play.process.poll()
        assert until(lambda: not play.running(), PROMISED)


# Whoever calls becomes the process whose output goes over that connection, as sshd hands it on.
CALLS = f"""
import os, socket, sys, time
from ansible_collections.proftpd.fxp.plugins.module_utils._host.interrupts import Reader, errand

while True:
    line = socket.socket()
    if not line.connect_ex(("{CLIENT}", 2200)):
        break
    time.sleep(0.05)
os.environ["SSH_CONNECTION"] = "{CLIENT} 2200 %s %s" % line.getsockname()
os.dup2(line.fileno(), 1)
with errand(sys.stderr.write, 1, Reader().lost):
    time.sleep(60)
"""
HEARS = f"""
import socket
line = socket.create_server(("{CLIENT}", 2200)).accept()[0]
while line.recv(99):
    print(flush=True)
"""


def test_a_controller_whose_network_is_gone(request: pytest.FixtureRequest) -> None:
    """Nothing hangs up; what is written is not answered any more."""
    network = Network()
    request.addfinalizer(network.remove)
    inside = {name: ["ip", "netns", "exec", own, sys.executable, "-c"] for name, own in network.names.items()}
    with subprocess.Popen([*inside["client"], HEARS], stdout=subprocess.PIPE) as controller:
        vantage = subprocess.Popen([*inside["source"], CALLS], stderr=subprocess.PIPE, text=True)
        try:
            assert controller.stdout
            for _beat in range(3):
                assert controller.stdout.readline() == b"\n"
            network.filter("client", "input", "tcp dport 2200 drop")
            with pytest.raises(subprocess.TimeoutExpired):
                vantage.wait(SILENT - 2 * BEAT)
            # One look more, because the first of them may have come right before.
            told = vantage.communicate(timeout=3 * BEAT)[1]
            assert (vantage.returncode, told) == (143, "because the controller has given no sign of life for 15 s")
        finally:
            vantage.kill()
            controller.kill()
