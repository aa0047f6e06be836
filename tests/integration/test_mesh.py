# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole fleets of real servers, some of which refuse, are down, stall or die while the mesh runs."""

from __future__ import annotations

import contextlib
import itertools
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp import session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.mesh import Progress
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import Leg
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.checking import check
from ansible_collections.proftpd.fxp.tests.integration.conftest import Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, PASSWORD, Proftpd, free_ports, server_options
from ansible_collections.proftpd.fxp.tests.integration.meshing import mesh

REFUSE = "AllowForeignAddress off\n"
Fleet = t.Dict[str, Proftpd]


@pytest.fixture
def fleet(start: Starter) -> Fleet:
    """Six servers that do everything right."""
    return {f"ftp{number}": start(f"127.0.1.{number}") for number in range(1, 7)}


def options(fleet: Fleet) -> dict[str, dict[str, t.Any]]:
    """The servers as options."""
    return {name: server.options() for name, server in fleet.items()}


def logins(server: Proftpd) -> int:
    """How often somebody logged in."""
    return (server.root / "output").read_text().count("FTP session opened")


def agree(servers: t.Mapping[str, t.Mapping[str, t.Any]], legs: t.Iterable[t.Mapping[str, t.Any]], **more: t.Any) -> None:
    """Single checks of the same pairs come to the same results."""
    keys = ("ok", "cause", "server", "certain", "also_possible", "remedy", "verified_by")
    for leg in legs:
        ends = (servers[leg["source"]], servers[leg["destination"]])
        alone = check(*ends, passive=leg["passive"], payload_size=65536, expect=leg["expect"], **more).legs[0]
        assert {key: alone[key] for key in keys} == {key: leg[key] for key in keys}, (leg["source"], leg["destination"])


def test_a_fleet_passes_over_one_connection_per_server(fleet: Fleet) -> None:
    """All ordered pairs with either side listening; one login per server, whatever it is used for."""
    outcome = mesh(options(fleet))
    assert (outcome.message, outcome.warnings) == ("", [])
    assert len(outcome.legs) == 60
    assert {(leg["bytes"], leg["verified_by"], leg["cause"]) for leg in outcome.legs} == {(65536, "HASH SHA-256", None)}
    assert not any(leg["transcript"] or leg["repeated"] for leg in outcome.legs)
    assert {name: logins(server) for name, server in fleet.items()} == dict.fromkeys(fleet, 1)
    agree(options(fleet), outcome.legs[:4])


@pytest.mark.parametrize("encrypted", [False, True])
def test_several_connections_per_server(start: Starter, authority: Authority, encrypted: bool) -> None:
    """Every pair is proven over one of them, each server is logged in to that often, and nothing has to be repeated."""
    servers, daemons = {}, {}
    for number in range(1, 7):
        address, directives, more = f"127.0.1.{number}", ALLOW + DIGEST, {}
        if encrypted:
            directives += tls(authority.issue(address), authority.path, "NoSessionReuseRequired")
            more = {"tls": "explicit", "ca_path": str(authority.path)}
        daemons[f"ftp{number}"] = start(address, directives)
        servers[f"ftp{number}"] = daemons[f"ftp{number}"].options(**more)
    outcome = mesh(servers, connections=3, concurrency=9)
    assert (outcome.message, outcome.warnings) == ("", [])
    assert len(outcome.legs) == 60
    assert not any(leg["repeated"] for leg in outcome.legs)
    assert {name: logins(server) for name, server in daemons.items()} == dict.fromkeys(daemons, 3)


def test_a_server_that_limits_its_sessions(start: Starter, fleet: Fleet) -> None:
    """What does not fit into its limit is proven alone, and people are told; who refuses the first login hears no second one."""
    wrong = start("127.0.1.8")
    limited = start("127.0.1.7", ALLOW + DIGEST + "MaxClientsPerUser 1\n")
    servers = {**options(fleet), "limited": limited.options(), "wrong": wrong.options(password="a horse of another colour")}
    outcome = mesh(servers, connections=3)
    assert {leg["cause"] for leg in outcome.legs if not leg["ok"]} == {"login_refused"}
    assert all("wrong" in (leg["source"], leg["destination"]) for leg in outcome.legs if not leg["ok"])
    repeated = [leg for leg in outcome.legs if leg["repeated"] and leg["ok"]]
    assert 0 < len(repeated) < 24
    assert all("limited" in (leg["source"], leg["destination"]) for leg in repeated)
    assert any("limit on connections" in text for text in outcome.warnings)
    assert (wrong.root / "output").read_text().count("Incorrect password") == 2


def test_alternating_roles_prove_every_ordered_pair_once(fleet: Fleet) -> None:
    """Half as many transfers, and every server listens and connects."""
    outcome = mesh(options(fleet), passive="alternate")
    assert len(outcome.legs) == 30
    assert all(leg["ok"] for leg in outcome.legs)
    assert {leg[leg["passive"]] for leg in outcome.legs} == set(fleet)


def test_every_dialogue_is_there_if_it_is_wanted(fleet: Fleet) -> None:
    """Each leg has its own lines, beginning with its own PASV, and the listing of both files."""
    outcome = mesh(options(fleet), transcripts="all")
    for leg in outcome.legs:
        sent = [entry["line"].split()[0] for entry in leg["transcript"] if entry["direction"] == "sent"]
        assert sent.count("RETR") == 1
        assert sent.count("STOR") in (1, 2)  # the payload of the source, where this leg is its first
        assert {entry["server"] for entry in leg["transcript"]} == {"source", "destination"}
        assert leg["file"] in leg["listing"]["destination"]


def test_mixed_servers(start: Starter) -> None:
    """Servers that tell no digest, and one whose files are read back for it, are proven all the same."""
    servers = {"plain1": start("127.0.1.1", ALLOW), "plain2": start("127.0.1.2", ALLOW), "digest": start("127.0.1.3")}
    outcome = mesh(options(servers))
    assert outcome.message == ""
    assert {leg["verified_by"] for leg in outcome.legs if leg["destination"] == "digest"} == {"HASH SHA-256"}
    assert {leg["verified_by"] for leg in outcome.legs if leg["destination"] != "digest"} == {"read back"}


def test_empty_payload(fleet: Fleet) -> None:
    """There is nothing to compare but sizes."""
    outcome = mesh(options(fleet), payload_size=0, passive="alternate")
    assert {leg["verified_by"] for leg in outcome.legs} == {"SIZE"}


def test_what_is_broken_costs_only_its_own_pairs(start: Starter, fleet: Fleet) -> None:
    """One server refuses strangers, one is down, one has another password, one another address: single checks say the same."""
    servers = options(fleet)
    servers["refuses"] = start("127.0.1.7", REFUSE + DIGEST).options()
    servers["down"] = server_options("127.0.1.8", free_ports("127.0.1.8"))
    wrong = start("127.0.1.9")
    servers["wrong"] = wrong.options(password="a horse of another colour")
    servers["planned"] = start("127.0.1.10").options(expected_address="192.0.2.1")
    outcome = mesh(servers)
    assert not [leg for leg in outcome.legs if not leg["ok"] and {leg["source"], leg["destination"]} <= set(fleet)]
    failed = [leg for leg in outcome.legs if not leg["ok"]]
    assert [leg for leg in outcome.legs if leg["repeated"]] == failed
    causes: dict[str, set[str]] = {name: set() for name in servers}
    for leg in failed:
        if len(bad := {leg["source"], leg["destination"]} - set(fleet)) == 1:
            causes[bad.pop()].add(leg["cause"])
    assert causes["refuses"] == {"passive_refuses_foreign_address", "active_refuses_foreign_address"}
    assert causes["down"] == {"control_unreachable"}
    assert causes["wrong"] == {"login_refused"}
    assert causes["planned"] == {"unexpected_address_advertised"}
    assert "a horse of another colour" not in repr(outcome)
    # Asked once in the mesh and once alone, for all of its 36 transfers.
    assert (wrong.root / "output").read_text().count("Incorrect password") == 2
    # All of one peer's, and those among the broken.
    broken = set(servers) - set(fleet)
    agree(servers, [leg for leg in failed if {leg["source"], leg["destination"]} - broken <= {"ftp1"}])


def test_what_must_be_refused_is(start: Starter, fleet: Fleet) -> None:
    """A refusal that was expected is a pass and needs no repetition; one that did not come is told."""
    servers = {**options(fleet), "refuses": start("127.0.1.7", REFUSE + DIGEST).options()}
    wanted = [
        [Leg("ftp1", "refuses", "source", "refused"), Leg("refuses", "ftp1", "source", "refused")],
        [Leg("ftp1", "ftp2", "source", "refused")],
    ]
    outcome = mesh(servers, schedule=wanted)
    assert [leg["ok"] for leg in outcome.legs] == [True, True, False]
    assert [leg["repeated"] for leg in outcome.legs] == [False, False, True]
    assert "although this was to be refused" in outcome.message
    agree(servers, outcome.legs)


def at(count: int, server: Proftpd, act: t.Callable[[], None]) -> t.Callable[[Progress], None]:
    """Does something when so many legs are done and the server has had a part in them: the others do not wait for its login."""
    once = threading.Event()

    def hear(progress: Progress) -> None:
        if progress.done >= count and not once.is_set() and any(server.home.glob("fxp-check-*")):
            once.set()
            act()

    return hear


def test_a_server_that_dies_in_the_middle(fleet: Fleet) -> None:
    """What it had proven stays proven, the rest of its pairs fails as a single check does, and nobody else notices."""
    outcome = mesh(options(fleet), tell=at(25, fleet["ftp3"], fleet["ftp3"].stop))
    failed = [leg for leg in outcome.legs if not leg["ok"]]
    assert failed
    assert all("ftp3" in (leg["source"], leg["destination"]) for leg in failed)
    assert {leg["cause"] for leg in failed} == {"control_unreachable"}
    agree(options(fleet), failed)
    assert any("ftp3 " in text or fleet["ftp3"].address in text for text in outcome.warnings), "its payload is still there"
    for path in fleet["ftp3"].home.glob("fxp-check-*"):
        path.unlink()


def kill_sessions(server: Proftpd) -> None:
    """End what the server has forked, as the kernel does when memory is short."""
    children = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    for child in children.split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)


def kill_at(monkeypatch: pytest.MonkeyPatch, server: Proftpd, verb: str) -> None:
    """The server's session dies when the client is about to send that command to it for the third time."""
    send = ControlConnection.putline
    sent = itertools.count(1)

    def putline(self: ControlConnection, line: str) -> None:
        if self.host == server.address and line.startswith(verb) and next(sent) == 3:
            kill_sessions(server)
        send(self, line)

    monkeypatch.setattr(ControlConnection, "putline", putline)


def test_a_session_that_dies_is_opened_anew(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """The leg under way is repeated and passes; the next ones have a new connection."""
    kill_at(monkeypatch, fleet["ftp3"], "RETR")
    outcome = mesh(options(fleet))
    assert outcome.message == ""
    flaky = [leg for leg in outcome.legs if leg["repeated"]]
    assert len(flaky) == 1
    assert all(leg["ok"] and leg["first_cause"] and leg["source"] == "ftp3" for leg in flaky)
    assert any("passed alone" in text for text in outcome.warnings)
    # The first one, the one that followed it, and the leg alone.
    assert logins(fleet["ftp3"]) == 3


def test_a_session_that_dies_behind_a_leg_costs_nothing(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was proven stays proven; the file is deleted over a new connection."""
    kill_at(monkeypatch, fleet["ftp3"], "DELE")
    outcome = mesh(options(fleet))
    assert (outcome.message, outcome.warnings) == ("", [])
    assert not any(leg["repeated"] for leg in outcome.legs)
    assert logins(fleet["ftp3"]) == 2


def test_a_file_that_a_busy_server_stores_late(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has not read STOR yet when its connection is given up and the file is looked for in vain; none may stay, unsaid."""
    send, server, once = ControlConnection.putline, fleet["ftp3"], threading.Event()

    def tell(number: signal.Signals, sessions: t.Iterable[str]) -> None:
        for session_id in sessions:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(session_id), number)

    def putline(self: ControlConnection, line: str) -> None:
        if self.host == server.address and line.startswith("STOR fxp-check") and not once.is_set():
            once.set()
            sessions = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
            tell(signal.SIGSTOP, sessions)
            threading.Timer(1.2, tell, [signal.SIGCONT, sessions]).start()
        send(self, line)

    monkeypatch.setattr(ControlConnection, "putline", putline)
    target = [Leg("ftp1", "ftp3", "source", "allowed")]
    outcome = mesh(options(fleet), schedule=[target], timeout=0.3)
    assert once.is_set()
    time.sleep(1)
    assert server.files() == set()
    assert (outcome.message, outcome.files_left) == ("", [])


def test_a_server_that_stalls(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops in the middle of the run. The others go on meanwhile, and it is not waited for in each of its pairs."""
    monkeypatch.setattr(session, "LOGIN_SECONDS", 1)
    passed: list[float] = []
    begun = time.monotonic()

    def stall() -> None:
        passed.append(time.monotonic() - begun)
        os.killpg(fleet["ftp3"].process.pid, signal.SIGSTOP)

    try:
        outcome = mesh(options(fleet), tell=at(20, fleet["ftp3"], stall), timeout=1.0)
        failed = [leg for leg in outcome.legs if not leg["ok"]]
        assert len(failed) >= 5
        assert all("ftp3" in (leg["source"], leg["destination"]) for leg in failed)
        # One silent command, one login in the mesh (tried twice), one alone; not one for each of its pairs.
        assert outcome.seconds - passed[0] < 12
        agree(options(fleet), failed[:3], timeout=1.0)
    finally:
        os.killpg(fleet["ftp3"].process.pid, signal.SIGCONT)
        for path in fleet["ftp3"].home.glob("fxp-check-*"):
            path.unlink()


def test_a_name_that_nobody_knows(fleet: Fleet) -> None:
    """It costs its own pairs."""
    servers = {**options(fleet), "typo": server_options("no-such-host.invalid", 21)}
    failed = [leg for leg in mesh(servers, passive="source").legs if not leg["ok"]]
    assert len(failed) == 12
    assert {leg["cause"] for leg in failed} == {"control_unreachable"}
    agree(servers, failed[:2])


MEMORY = """
import resource, sys
from ansible_collections.proftpd.fxp.tests.integration.meshing import mesh
from ansible_collections.proftpd.fxp.tests.integration.daemons import server_options
servers = {name: server_options(*name.split(":")[:1], int(name.split(":")[1])) for name in sys.argv[2:]}
outcome = mesh(servers, payload_size=int(sys.argv[1]), passive="alternate")
assert all(leg["ok"] for leg in outcome.legs), outcome.message
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_payload(fleet: Fleet) -> None:
    """A thousand times the payload needs hardly more memory than its buffers."""
    addresses = [f"{server.address}:{server.port}" for server in list(fleet.values())[:3]]
    peak = {}
    for size in (65536, 64 << 20):
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(size), *addresses], capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        peak[size] = int(re.findall(r"\d+", done.stdout)[-1])
    assert peak[64 << 20] < peak[65536] + 8192, peak  # KiB


def test_no_password_is_told(fleet: Fleet) -> None:
    """Not in a dialogue either."""
    outcome = mesh(options(fleet), transcripts="all", passive="source")
    lines = [entry["line"] for leg in outcome.legs for entry in leg["transcript"]]
    assert lines
    assert not any(PASSWORD in line for line in lines)
