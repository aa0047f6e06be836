# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever two servers answer at whatever step: the check ends soon, with a cause, and connects to nobody else."""

from __future__ import annotations

import json
import time
import tracemalloc
import typing as t

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.causes import CAUSES
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp import session
from ansible_collections.proftpd.fxp.tests.integration.checking import check
from ansible_collections.proftpd.fxp.tests.integration.daemons import LONG, server_options
from ansible_collections.proftpd.fxp.tests.integration.scripted import (
    CLOSE,
    POLITE,
    SILENCE,
    Answer,
    ScriptedServer,
    Sink,
    drip,
    for_ever,
)

SOURCE, DESTINATION, VICTIM = "127.0.1.21", "127.0.1.22", "127.0.1.23"
CODES = {cause.code for cause in CAUSES}
VERBS = [*POLITE, "PASV", "RETR", "STOR", "CWD"]
REPLIES = [
    *[answer for answer in POLITE.values() if isinstance(answer, bytes)],
    b"150 Opening BINARY mode data connection\r\n",
    b"150 Opening ASCII mode data connection\r\n",
    b"226 Transfer complete\r\n",
    b"150 go\r\n226 Transfer complete\r\n",
    b"226 Transfer complete\r\n150 go\r\n",
    b"425 Unable to build data connection: Permission denied\r\n",
    b"425 Unable to build data connection: Connection refused\r\n",
    b"426 Transfer aborted. Data connection closed\r\n",
    b"421 No transfer timeout (20 seconds): closing control connection\r\n",
    b"450 STOR: data transfer in progress\r\n",
    b"451 Transfer aborted. Input/output error\r\n",
    b"500 Illegal PORT command\r\n",
    b"501 PASV: Operation not permitted\r\n",
    b"530 Login incorrect.\r\n",
    b"550 there: No such file or directory\r\n",
    b"211-Features:\r\n HASH SHA-256*\r\n SIZE\r\n211 End\r\n",
    b"213 SHA-256 0-5 " + b"0" * 64 + b" there\r\n",
    b"227 Entering Passive Mode (127,0,1,23,0,0).\r\n",
    b"227 Entering Passive Mode (11,195,160).\r\n",
]


def changed(reply: bytes, place: int, junk: bytes) -> bytes:
    """A reply with something else in its middle."""
    place %= len(reply)
    return reply[:place] + junk + reply[place + len(junk) :]


ONE_REPLY = st.sampled_from(REPLIES)
ANSWERS: st.SearchStrategy[Answer] = st.one_of(
    ONE_REPLY,
    ONE_REPLY,
    st.builds(changed, ONE_REPLY, st.integers(0, 200), st.binary(max_size=6)),
    st.lists(ONE_REPLY, min_size=2, max_size=12).map(b"".join),
    st.binary(max_size=300).map(lambda junk: junk + b"\r\n"),
    st.sampled_from([CLOSE, SILENCE]),
    st.builds(lambda reply: drip(reply[:20], 0.005), ONE_REPLY),
    ONE_REPLY.map(for_ever),
)


@pytest.fixture(scope="module")
def victim() -> t.Iterator[Sink]:
    """Somebody who has nothing to do with it."""
    with Sink(VICTIM, [0]) as sink:
        yield sink


@settings(
    max_examples=5000 if LONG else 120,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    answers=st.tuples(*[st.dictionaries(st.sampled_from(VERBS), ANSWERS, max_size=4)] * 2),
    passive=st.sampled_from(["source", "destination", "both"]),
    path=st.sampled_from(["there", None]),
    told=st.booleans(),
)
# A farewell without an end, each of which is waited for.
@example(answers=({}, {"FEAT": for_ever(b"421 No transfer timeout\r\n")}), passive="source", path="there", told=False)
@example(answers=({"RETR": for_ever(b"421 No transfer timeout\r\n")}, {}), passive="source", path="there", told=False)
def test_any_answers(
    victim: Sink,
    monkeypatch: pytest.MonkeyPatch,
    answers: tuple[dict[str, Answer], dict[str, Answer]],
    passive: str,
    path: str | None,
    told: bool,
) -> None:
    """Bounded in time and memory, and always a cause."""
    monkeypatch.setattr(session, "LOGIN_SECONDS", 0.1)
    high, low = divmod(victim.ports[0], 256)
    announced: dict[str, Answer] = {
        "PASV": f"227 Entering Passive Mode ({VICTIM.replace('.', ',')},{high},{low}).\r\n".encode(),
        "RETR": b"150 go\r\n226 done\r\n",
        "STOR": b"150 go\r\n226 done\r\n",
    }
    with ScriptedServer(SOURCE, {**announced, **answers[0]}) as source, ScriptedServer(
        DESTINATION, {**announced, **answers[1]}
    ) as destination:
        expected = {"expected_address": VICTIM} if told else {}
        options = [{**server_options(server.address, server.port), **expected} for server in (source, destination)]
        began = time.monotonic()
        checked = check(options[0], options[1], passive=passive, path=path, payload_size=1000, timeout=0.1)
        assert time.monotonic() - began < 8
    assert not checked.result["ok"]
    assert set(checked.causes) <= CODES | {None}
    assert all(leg["ok"] is (leg["cause"] is None) for leg in checked.legs)
    assert len(json.dumps(checked.result)) < 4_000_000
    assert victim.connections() == 0


@pytest.mark.parametrize("verb", ["", "USER", "FEAT", "SIZE", "PASV", "RETR"])
@pytest.mark.parametrize("piece", [b"220-more\r\n", b"x" * 4096, b"150 again\r\n", b"\x00\r\n", b"1"])
def test_memory_of_endless_answers(monkeypatch: pytest.MonkeyPatch, verb: str, piece: bytes) -> None:
    """Nothing is kept of what never ends."""
    monkeypatch.setattr(session, "LOGIN_SECONDS", 0.3)
    answers: dict[str, Answer] = {"PASV": b"227 (127,0,1,21,200,1)\r\n", verb: for_ever(piece)}
    with ScriptedServer(SOURCE, answers) as source, ScriptedServer(DESTINATION, {"STOR": b"150 go\r\n"}) as destination:
        options = [server_options(server.address, server.port) for server in (source, destination)]
        tracemalloc.start()
        try:
            began = time.monotonic()
            checked = check(options[0], options[1], passive="source", path="there", timeout=0.3)
            assert time.monotonic() - began < 8
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert checked.causes[0] in CODES
    assert peak < 4_000_000
