# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That the course of a transfer hears what two connections bring, and that its steps are carried out; test_course has more."""

from __future__ import annotations

import selectors
from unittest import mock

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.course import MAX_SURPLUS
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.exchange import Exchange
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import Connect, Line

AT_ONCE = 0.1  # seconds, where nothing more comes
PATIENT = 20.0  # seconds, where everything is there already: a test that takes so long waits for the wrong thing


class Pair:
    """An exchange over two control connections, with the source active."""

    def __init__(self, connect: Connect, timeout: float, limit: float = 0.0, size: int = 1000) -> None:
        self.source: Line = connect("source", timeout)
        self.destination: Line = connect("destination", timeout)
        controls = {"source": self.source.control, "destination": self.destination.control}
        self.exchange = Exchange(controls, "target", size, timeout, limit)  # type: ignore[arg-type]  # the keys are roles

    def start(self, source: bytes = b"", destination: bytes | None = b"") -> None:
        """Both are commanded, have said 150 and whatever follows; none if the destination says nothing."""
        self.exchange.send("source", "RETR x")
        self.source.server.sendall(b"150 go\r\n" + source)
        assert self.exchange.first_answer("source")
        self.exchange.send("destination", "STOR target")
        if destination is not None:
            self.destination.server.sendall(b"150 go\r\n" + destination)


def test_both_finals(connect: Connect) -> None:
    pair = Pair(connect, PATIENT)
    pair.start()
    pair.source.server.sendall(b"226 sent\r\n")
    pair.destination.server.sendall(b"226 stored\r\n")
    pair.exchange.finish()
    sides = pair.exchange.sides
    assert (sides["source"].final, sides["destination"].final) == ("226 sent", "226 stored")
    assert pair.exchange.stopped is None
    assert pair.exchange.seconds is not None
    assert (pair.source.sent(), pair.destination.sent()) == (["RETR x"], ["STOR target"])


def test_finals_that_came_with_the_first_reply(connect: Connect) -> None:
    pair = Pair(connect, PATIENT)
    pair.start(b"226 sent\r\n", b"226 stored\r\n")
    pair.exchange.finish()
    assert all(side.done for side in pair.exchange.sides.values())


def test_what_came_together_with_an_earlier_reply(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in no socket any more, so nobody may wait for one."""
    pair = Pair(connect, PATIENT)
    pair.destination.server.sendall(b"200 PORT command successful\r\n150 go\r\n226 stored\r\n")
    assert pair.destination.control.command("PORT 127,0,0,1,200,1").positive
    pair.start(b"226 sent\r\n", None)
    monkeypatch.setattr(selectors.DefaultSelector, "select", mock.Mock(side_effect=AssertionError("it waits")))
    pair.exchange.finish()
    assert pair.exchange.stopped is None
    assert pair.exchange.sides["destination"].final == "226 stored"


def test_a_final_that_has_begun_has_time_to_end(connect: Connect) -> None:
    pair = Pair(connect, PATIENT)
    pair.start(b"226-sent\r\n", b"226 stored\r\n")
    pair.source.server.sendall(b"226 quickly\r\n")
    pair.exchange.finish()
    assert all(side.done for side in pair.exchange.sides.values())


@pytest.mark.parametrize(("data", "silent"), [(b"550 no such file\r\n", False), (b"", True)])
def test_no_preliminary(connect: Connect, data: bytes, silent: bool) -> None:
    pair = Pair(connect, AT_ONCE)
    pair.exchange.send("source", "RETR x")
    pair.source.server.sendall(data)
    assert not pair.exchange.first_answer("source")
    assert pair.exchange.sides["source"].silent is silent
    assert pair.exchange.seconds is None


@pytest.mark.parametrize("said", [b"553-\r\n553- Not here.\r\n150 go\r\n", b"15"])
def test_a_reply_that_does_not_end_is_no_silence(connect: Connect, said: bytes) -> None:
    pair = Pair(connect, AT_ONCE)
    pair.exchange.send("source", "RETR x")
    pair.source.server.sendall(said)
    with pytest.raises(Fault, match=r"does not end: '(553-.*Not here|15)") as caught:
        pair.exchange.first_answer("source")
    assert (caught.value.kind, caught.value.server.host) == ("malformed", "source")


def test_a_final_that_does_not_end_is_no_silence(connect: Connect) -> None:
    pair = Pair(connect, AT_ONCE)
    pair.start(b"226 sent\r\n", b"226-sto")
    with pytest.raises(Fault, match="does not end: '226-sto'") as caught:
        pair.exchange.finish()
    assert (caught.value.kind, caught.value.server.host) == ("malformed", "destination")


def test_the_destination_is_asked_for_the_size(connect: Connect) -> None:
    pair = Pair(connect, AT_ONCE, size=0)
    pair.start()
    pair.exchange.finish()
    assert (pair.exchange.stopped, pair.exchange.arrived) == ("stalled", None)
    assert pair.destination.sent() == ["STOR target", "SIZE target"], "once, as it has not answered that"
    assert pair.source.sent() == ["RETR x"]


def test_growth_that_is_seen_from_aside_is_patience(connect: Connect) -> None:
    """The destination does not answer SIZE while it stores; somebody else tells, until the file grows no more."""
    pair = Pair(connect, AT_ONCE, size=0)
    pair.start()
    sizes = iter((5, 7, 7))
    pair.exchange.finish(lambda: next(sizes))
    assert (pair.exchange.stopped, pair.exchange.arrived) == ("stalled", 7)
    assert next(sizes, None) is None


@pytest.mark.parametrize("destination", [None, b"226 stored\r\n"])
def test_nobody_looks_from_aside_unless_the_destination_stores(connect: Connect, destination: bytes | None) -> None:
    pair = Pair(connect, AT_ONCE)
    pair.start(destination=destination)
    pair.exchange.finish(mock.Mock(side_effect=AssertionError("it looks")))
    assert pair.exchange.stopped == "stalled"


def test_what_has_arrived_is_told(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair(connect, PATIENT / 100)
    send, asked = pair.destination.control.putline, []

    def answer(line: str) -> None:
        send(line)
        asked.append(line)
        pair.destination.server.sendall(b"213 %d\r\n" % (10 * len(asked)))
        if len(asked) == 2:
            pair.source.server.sendall(b"226 sent\r\n")
            pair.destination.server.sendall(b"226 stored\r\n")

    pair.start()
    monkeypatch.setattr(pair.destination.control, "putline", answer)
    pair.exchange.finish()
    assert asked == ["SIZE target"] * 2
    assert (pair.exchange.stopped, pair.exchange.arrived) == (None, 20)
    assert pair.exchange.sides["destination"].final == "226 stored"


def test_limit(connect: Connect) -> None:
    pair = Pair(connect, PATIENT, limit=AT_ONCE)
    pair.start()
    pair.exchange.finish()
    assert pair.exchange.stopped == "limit"


def test_what_is_here_when_the_time_is_over_counts(connect: Connect) -> None:
    pair = Pair(connect, 1e-9)
    pair.start(b"226 sent\r\n", b"226 stored\r\n")
    pair.exchange.finish()
    assert pair.exchange.stopped is None


def test_surplus_replies(connect: Connect) -> None:
    pair = Pair(connect, PATIENT)
    pair.start()
    pair.source.server.sendall(b"150 again\r\n" * (MAX_SURPLUS + 1))
    with pytest.raises(Fault, match="a reply to no command: '150 again'") as caught:
        pair.exchange.finish()
    assert (caught.value.kind, caught.value.server.host) == ("malformed", "source")


def test_lost_connection_and_last_words_of_the_other_one(connect: Connect) -> None:
    pair = Pair(connect, PATIENT)
    pair.start()
    pair.destination.server.close()
    with pytest.raises(Fault) as caught:
        pair.exchange.finish()
    assert (caught.value.kind, caught.value.server.host) == ("lost", "destination")
    pair.exchange.ended("destination", caught.value)
    pair.source.server.sendall(b"426 aborted\r\n")
    pair.exchange.last_words("source", PATIENT)
    sides = pair.exchange.sides
    assert (sides["destination"].gone, sides["source"].final) == (True, "426 aborted")


def test_last_words_that_do_not_come(connect: Connect) -> None:
    pair = Pair(connect, PATIENT)
    pair.start()
    pair.exchange.last_words("source", 0.01)
    pair.source.server.close()
    pair.exchange.last_words("source", PATIENT)
    assert (pair.exchange.sides["source"].final, pair.exchange.sides["source"].gone) == (None, True)
