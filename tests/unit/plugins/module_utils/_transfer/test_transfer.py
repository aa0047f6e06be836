# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pair and its transfer by themselves, as whoever moves files composes them; real servers are in the integration tests."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.file import File, Told
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.pair import Pair
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES, Role
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.transfer import Transfer
from ansible_collections.proftpd.fxp.tests.integration.scripted import CLOSE, POLITE, Answer, ScriptedServer
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import server_at

CONTENT = b"hello"
RIGHT = hashlib.sha256(CONTENT).hexdigest()
READY: dict[str, Answer] = {
    **POLITE,
    "FEAT": b"211-Features:\r\n HASH SHA-256*\r\n211 End\r\n",
    "PASV": b"227 Entering Passive Mode (127,0,0,1,200,1).\r\n",
    "PORT": b"200 PORT command successful\r\n",
    "RETR": b"150 Opening BINARY mode data connection\r\n226 Transfer complete\r\n",
    "STOR": b"150 Opening BINARY mode data connection\r\n226 Transfer complete\r\n",
    "SIZE": b"213 5\r\n",
    "HASH": f"213 SHA-256 0-5 {RIGHT} hello\r\n".encode(),
}


class Between(t.NamedTuple):
    """Two scripted servers as a pair."""

    pair: Pair
    servers: dict[Role, ScriptedServer]


@contextlib.contextmanager
def between(**answers: t.Mapping[str, Answer]) -> t.Iterator[Between]:
    """The answers that differ, by role."""
    with contextlib.ExitStack() as stack:
        servers = {role: stack.enter_context(ScriptedServer("127.0.0.1", {**READY, **answers.get(role, {})})) for role in ROLES}
        sessions: dict[Role, Session] = {}
        for role, server in servers.items():
            sessions[role] = Session(server_at("127.0.0.1", server.port), 2, Transcript(Masker(())).of(role))
            sessions[role].endpoint = (socket.AF_INET, ("127.0.0.1", server.port))
            stack.callback(sessions[role].drop)
        yield Between(Pair(sessions, private=False), servers)


def test_a_file_that_has_arrived() -> None:
    with between() as (pair, servers):
        file = File("hello", 5, {"SHA-256": Told(RIGHT, None)})
        evidence = pair.planned("source")
        transfer = Transfer(pair, file, "target", 2)
        transfer.run(evidence)
        assert (evidence.stage, evidence.verified_by, evidence.digest) == ("done", "HASH SHA-256", RIGHT)
        assert (evidence.expected_size, evidence.size, transfer.warnings) == (5, 5, [])
        assert "HASH hello" not in servers["source"].commands, "the client knows what it sent"
        # Afterwards the same connections move the next one, the other way round.
        again = pair.planned("destination")
        Transfer(pair, file, "another", 2).run(again)
        assert again.stage == "done"
        assert [server.connections for server in servers.values()] == [1, 1]
        assert pair.destination.holds_files


def test_a_digest_that_the_source_tells_is_asked_for_once() -> None:
    with between() as (pair, servers):
        file = File("hello", 5)
        for target in ("one", "two"):
            evidence = pair.planned("source")
            Transfer(pair, file, target, 2).run(evidence)
            assert (evidence.stage, evidence.expected_digest) == ("done", RIGHT)
        assert servers["source"].commands.count("HASH hello") == 1
        assert file.digests == {"SHA-256": Told(RIGHT, "HASH SHA-256")}


@pytest.mark.parametrize(("size", "stage"), [(b"213 4\r\n", "verify"), (b"550 no\r\n", "verify")])
def test_a_file_of_another_size(size: bytes, stage: str) -> None:
    with between(destination={"SIZE": size}) as (pair, _servers):
        evidence = pair.planned("source")
        Transfer(pair, File("hello", 5, {"SHA-256": Told(RIGHT, None)}), "target", 2).run(evidence)
        assert (evidence.stage, evidence.digest) == (stage, None)
        assert evidence.fault_server == ("destination" if size.startswith(b"550") else None)


def test_a_size_that_nothing_tells_proves_nothing() -> None:
    """SIZE is denied, and no listing shows the file: that it can be read back would not tell what is stored."""
    with between(destination={"SIZE": b"550 not told\r\n", "PASV": b"500 no\r\n"}) as (pair, servers):
        evidence = pair.planned("source")
        Transfer(pair, File("hello", 5, {"SHA-256": Told(RIGHT, None)}), "target", 2).run(evidence)
        assert (evidence.stage, evidence.fault_command, evidence.fault_detail) == ("verify", "SIZE", "550 not told")
        assert not [line for line in servers["destination"].commands if line.startswith("RETR")]


@pytest.mark.parametrize("role", ROLES)
def test_a_fault_is_of_the_server_that_it_happened_on(role: Role) -> None:
    """Both are said in nearly the same words, and only one of them loses its connection."""
    verb = "PASV" if role == "source" else "PORT"
    with between(**{role: {verb: CLOSE}}) as (pair, _servers):
        evidence = pair.planned("source")
        Transfer(pair, File("hello", 5), "target", 2).run(evidence)
        assert (evidence.fault_kind, evidence.fault_server) == ("lost", role)
        assert [one for one in ROLES if not pair.sessions[one].connected] == [role]


def test_a_refusal_costs_no_connection() -> None:
    with between() as (pair, _servers):
        assert all(session.control for session in pair.sessions.values())
        assert pair.lost(Fault("refused", pair.destination.spec, "550 no", "SIZE")) == "destination"
        assert pair.destination.connected
        assert pair.lost(Fault("silent", pair.destination.spec, "no reply", "SIZE")) == "destination"
        assert not pair.destination.connected


@pytest.mark.parametrize("at_once", [True, False])
def test_the_fault_of_the_source_counts_first(at_once: bool) -> None:
    with between(source={"USER": b"530 no\r\n"}, destination={"USER": b"530 neither\r\n"}) as (pair, _servers):
        both = Pair(pair.sessions, private=False, at_once=at_once)
        with pytest.raises(Fault, match=r"530 no$") as caught:
            both.meet([])
        assert caught.value.server is pair.source.spec
