# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Fleets behind firewalls that drop: every leg that is waited for takes the whole timeout, so few may be.

All servers have addresses of the loopback device of a network namespace; the client comes from 127.0.0.1.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import typing as t

import pytest

from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, Proftpd
from ansible_collections.proftpd.fxp.tests.integration.network import add_namespace, check_inside, run

PORT = 2121
PASSIVE_PORTS = "50000-50099"
TIMEOUT = 0.5  # seconds
NAMES = [f"ftp{number}" for number in range(1, 5)]
AGREED = ("ok", "cause", "server", "certain", "also_possible", "remedy", "verified_by")


class Fleet:
    """Four servers in a namespace of their own."""

    def __init__(self, root: pathlib.Path, authority: Authority | None = None) -> None:
        self.namespace = f"fxp{os.getpid()}m"
        self.servers: dict[str, Proftpd] = {}
        self.trust = {"tls": "explicit", "ca_path": str(authority.path)} if authority else {}
        with contextlib.ExitStack() as undo:
            undo.callback(self.remove)
            add_namespace(self.namespace)
            for number, name in enumerate(NAMES, 1):
                address = f"127.0.1.{number}"
                directives = f"PassivePorts {PASSIVE_PORTS.replace('-', ' ')}\n{ALLOW}{DIGEST}"
                if authority:
                    directives += tls(authority.issue(address), authority.path, "NoSessionReuseRequired")
                prefix = ("ip", "netns", "exec", self.namespace)
                self.servers[name] = Proftpd(root / name, address, directives, PORT, prefix)
            for server in self.servers.values():
                server.wait()
            undo.pop_all()

    def block(self, rule: str) -> None:
        """Drop what a rule matches of the connections to passive ports."""
        table = f"table inet test {{\nchain input {{\ntype filter hook input priority 0\n{rule} drop\n}}\n}}\n"
        run("ip", "netns", "exec", self.namespace, "nft", "-f", "-", text=table)

    def options(self) -> dict[str, dict[str, t.Any]]:
        """The servers as options."""
        return {name: server.options(**self.trust) for name, server in self.servers.items()}

    def mesh(self, **options: t.Any) -> dict[str, t.Any]:
        """The outcome of a mesh of all servers with the destination or the source listening by turns."""
        given = {"servers": self.options(), "passive": "alternate", "timeout": TIMEOUT, **options}
        command = (sys.executable, "-m", "ansible_collections.proftpd.fxp.tests.integration.run_mesh")
        outcome: dict[str, t.Any] = json.loads(run("ip", "netns", "exec", self.namespace, *command, text=json.dumps(given)))
        return outcome

    def agrees(self, legs: t.Iterable[dict[str, t.Any]]) -> None:
        """Single checks of the same pairs come to the same results."""
        servers = self.options()
        for leg in legs:
            ends = (servers[leg["source"]], servers[leg["destination"]])
            more = {"passive": leg["passive"], "timeout": TIMEOUT, "payload_size": 65536}
            alone = check_inside(self.namespace, *ends, **more).legs[0]
            assert {key: alone[key] for key in AGREED} == {key: leg[key] for key in AGREED}, (leg["source"], leg["destination"])
            for fact in ("stage", "tls", "protection", "sscn", "fault_kind", "fault_server", "expected_size"):
                assert alone["evidence"][fact] == leg["evidence"][fact]

    @staticmethod
    def blames(legs: t.Iterable[dict[str, t.Any]], server: str | None = None) -> None:
        """All legs failed because the data connection was blocked, on that server if one is named."""
        wrong = [leg for leg in legs if leg["cause"] != "data_connection_blocked" or server not in (None, leg[leg["server"]])]
        assert not wrong, json.dumps(wrong, indent=1)

    def remove(self) -> None:
        """End the servers and delete the namespace."""
        for server in self.servers.values():
            server.stop()
        if self.namespace in run("ip", "netns", "list").split():
            run("ip", "netns", "delete", self.namespace)


def started(authority: Authority | None = None) -> t.Iterator[Fleet]:
    """A fleet, on which no file may be left."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="fxp-integration-"))
    root.chmod(0o711)
    fleet = Fleet(root, authority)
    try:
        yield fleet
    finally:
        fleet.remove()
        left = {name: server.files() for name, server in fleet.servers.items()}
        shutil.rmtree(root)
    assert left == {name: set() for name in NAMES}


@pytest.fixture
def fleet() -> t.Iterator[Fleet]:
    """Servers without TLS."""
    yield from started()


@pytest.fixture
def encrypted(authority: Authority) -> t.Iterator[Fleet]:
    """Servers with TLS."""
    yield from started(authority)


def test_one_server_takes_no_data_connections_of_peers(fleet: Fleet) -> None:
    """It is waited for twice among the others, then alone; nobody else is held up, and what it sends actively passes."""
    fleet.block(f"ip saddr 127.0.1.0/24 ip daddr 127.0.1.3 tcp dport {PASSIVE_PORTS}")
    outcome = fleet.mesh(passive="both")
    listens = [leg for leg in outcome["legs"] if leg[leg["passive"]] == "ftp3"]
    fleet.blames(listens, "ftp3")
    assert len(listens) == 6
    assert all(leg["ok"] for leg in outcome["legs"] if leg not in listens)
    first_causes = [leg["first_cause"] for leg in listens]
    # In both directions with the first of its three peers, in one with the second.
    assert sorted(first_causes, key=str) == [None] * 3 + ["data_connection_blocked"] * 3
    assert [leg for leg in outcome["legs"] if leg["repeated"]] == [leg for leg in listens if leg["first_cause"]]
    fleet.agrees(listens[:1] + listens[-1:])


def test_no_server_takes_any_data_connection(encrypted: Fleet) -> None:
    """Nor from the client: each server is waited for once among the others and once alone, not once for each of its pairs."""
    encrypted.block(f"tcp dport {PASSIVE_PORTS}")
    outcome = encrypted.mesh()
    encrypted.blames(outcome["legs"])
    assert [leg[leg["server"]] for leg in outcome["legs"]] == [leg["source"] for leg in outcome["legs"]]
    assert all(leg["repeated"] for leg in outcome["legs"])
    # Of the 12 pairs, one per source is checked, and some more until all destinations are known; the others have no dialogue.
    assert 4 <= len([leg for leg in outcome["legs"] if leg["transcript"]]) <= 6
    encrypted.agrees(outcome["legs"][:1] + outcome["legs"][-2:])


def test_no_server_takes_data_connections_of_peers(fleet: Fleet) -> None:
    """What must fail costs one wait per leg, beside a few at the beginning."""
    fleet.block(f"ip saddr 127.0.1.0/24 tcp dport {PASSIVE_PORTS}")
    outcome = fleet.mesh()
    fleet.blames(outcome["legs"])
    assert len([leg for leg in outcome["legs"] if leg["repeated"]]) <= 2 * len(NAMES)
    fleet.agrees(outcome["legs"][:1] + outcome["legs"][-1:])
