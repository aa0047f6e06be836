# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reply import Reply
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.exchange import MAX_SURPLUS, Exchange, parse_size
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import Connect, Line


class Pair:
    """An exchange over two control connections, with the source active."""

    def __init__(self, connect: Connect, size: int = 1000, timeout: float = 0.2, limit: float = 0.0) -> None:
        self.source: Line = connect("source", timeout)
        self.destination: Line = connect("destination", timeout)
        controls = {"source": self.source.control, "destination": self.destination.control}
        self.exchange = Exchange(controls, "target", size, timeout, limit)  # type: ignore[arg-type]  # the keys are roles

    def start(self) -> None:
        """Both are commanded and have said 150."""
        self.exchange.send("source", "RETR x")
        self.source.server.sendall(b"150 go\r\n")
        assert self.exchange.first_answer("source")
        self.exchange.send("destination", "STOR target")
        self.destination.server.sendall(b"150 go\r\n")


def test_both_finals(connect: Connect) -> None:
    pair = Pair(connect)
    pair.start()
    pair.source.server.sendall(b"226 sent\r\n")
    pair.destination.server.sendall(b"226 stored\r\n")
    pair.exchange.finish()
    sides = pair.exchange.sides
    assert (sides["source"].final, sides["destination"].final) == ("226 sent", "226 stored")
    assert pair.exchange.stopped is None
    assert 0 <= (pair.exchange.seconds or -1) < 1


@pytest.mark.parametrize("said", [b"553-\r\n553- Not here.\r\n150 go\r\n", b"15"])
def test_a_reply_that_does_not_end_is_no_silence(connect: Connect, said: bytes) -> None:
    pair = Pair(connect)
    pair.exchange.send("source", "RETR x")
    pair.source.server.sendall(said)
    with pytest.raises(Fault, match=r"does not end: '(553-.*Not here|15)") as caught:
        pair.exchange.first_answer("source")
    assert (caught.value.kind, caught.value.server.host) == ("malformed", "source")


def test_finals_that_came_with_the_first_reply(connect: Connect) -> None:
    pair = Pair(connect, timeout=20)
    pair.exchange.send("source", "RETR x")
    pair.source.server.sendall(b"150 go\r\n226 sent\r\n")
    assert pair.exchange.first_answer("source")
    pair.exchange.send("destination", "STOR target")
    pair.destination.server.sendall(b"150 go\r\n226 stored\r\n")
    began = time.monotonic()
    pair.exchange.finish()
    assert time.monotonic() - began < 10  # nothing is waited for
    assert pair.exchange.sides["source"].done


def test_a_final_that_has_begun_has_time_to_end(connect: Connect) -> None:
    pair = Pair(connect)
    pair.exchange.send("source", "RETR x")
    pair.source.server.sendall(b"150 go\r\n226-sent\r\n")
    assert pair.exchange.first_answer("source")
    pair.exchange.send("destination", "STOR target")
    pair.source.server.sendall(b"226 quickly\r\n")
    pair.destination.server.sendall(b"150 go\r\n226 stored\r\n")
    pair.exchange.finish()
    assert all(side.done for side in pair.exchange.sides.values())


@pytest.mark.parametrize(("data", "silent"), [(b"550 no such file\r\n", False), (b"", True)])
def test_no_preliminary(connect: Connect, data: bytes, silent: bool) -> None:
    pair = Pair(connect)
    pair.exchange.send("source", "RETR x")
    pair.source.server.sendall(data)
    assert not pair.exchange.first_answer("source")
    assert pair.exchange.sides["source"].silent is silent
    assert pair.exchange.seconds is None


def test_sizes_keep_a_slow_transfer_alive(connect: Connect) -> None:
    pair = Pair(connect, timeout=0.5)
    asked: list[bytes] = []

    def receiver() -> None:
        for size in (10, 20, 30, 40, 50, 60):
            asked.append(pair.destination.server.recv(100))
            time.sleep(0.05)
            pair.destination.server.sendall(b"213 %d\r\n" % size)
        pair.source.server.sendall(b"226 sent\r\n")
        # Whether it has been asked once more is a matter of the moment.
        pair.destination.server.sendall(b"226 stored\r\n213 1000\r\n")

    pair.start()
    assert pair.destination.sent() == ["STOR target"]
    thread = threading.Thread(target=receiver)
    thread.start()
    pair.exchange.finish()
    thread.join()
    assert pair.exchange.stopped is None
    assert pair.exchange.sides["destination"].final == "226 stored"
    assert asked == [b"SIZE target\r\n"] * 6


@pytest.mark.parametrize("sizes", [b"213 10\r\n" * 20, b"213 10\r\n"])
def test_standing_still(connect: Connect, sizes: bytes) -> None:
    # With a payload that would be given 8 seconds if the receiver had never answered.
    pair = Pair(connect, size=1048576)

    def receiver() -> None:
        for line in sizes.splitlines(keepends=True):
            if not pair.destination.server.recv(1000):
                return
            pair.destination.server.sendall(line)

    pair.start()
    pair.destination.server.recv(1000)
    thread = threading.Thread(target=receiver)
    thread.start()
    began = time.monotonic()
    pair.exchange.finish()
    assert time.monotonic() - began < 5
    pair.destination.control.close()
    thread.join()
    assert (pair.exchange.stopped, pair.exchange.arrived) == ("stalled", 10)


@pytest.mark.parametrize("refusal", [b"550 target: No such file\r\n", b"500 SIZE not understood\r\n", b"450 busy\r\n"])
def test_receiver_without_sizes_is_given_time(connect: Connect, refusal: bytes) -> None:
    pair = Pair(connect, size=131072)  # a second more than the timeout

    def receiver() -> None:
        assert pair.destination.server.recv(100) == b"SIZE target\r\n"
        pair.destination.server.sendall(refusal)
        time.sleep(0.5)
        pair.source.server.sendall(b"226 sent\r\n")
        pair.destination.server.sendall(b"226 stored\r\n")

    pair.start()
    assert pair.destination.sent() == ["STOR target"]
    thread = threading.Thread(target=receiver)
    thread.start()
    pair.exchange.finish()
    thread.join()
    assert pair.exchange.stopped is None
    assert pair.exchange.sides["destination"].final == "226 stored"
    assert pair.destination.sent() == []


def test_size_is_answered_after_the_final_reply(connect: Connect) -> None:
    pair = Pair(connect, size=131072)

    def receiver() -> None:
        time.sleep(0.4)
        pair.source.server.sendall(b"226 sent\r\n")
        pair.destination.server.sendall(b"226 stored\r\n")
        time.sleep(0.05)
        pair.destination.server.sendall(b"213 131072\r\n")

    pair.start()
    thread = threading.Thread(target=receiver)
    thread.start()
    pair.exchange.finish()
    thread.join()
    assert pair.exchange.stopped is None
    assert pair.destination.control.synchronised
    assert pair.exchange.sides["destination"].final == "226 stored"


def test_silent_passive_side(connect: Connect) -> None:
    pair = Pair(connect, size=10**9)
    pair.exchange.send("source", "RETR x")
    pair.source.server.sendall(b"150 go\r\n226 sent\r\n")
    assert pair.exchange.first_answer("source")
    pair.exchange.send("destination", "STOR target")
    pair.exchange.finish()
    assert pair.exchange.stopped == "stalled"
    assert pair.exchange.sides["destination"].silent


def test_limit(connect: Connect) -> None:
    pair = Pair(connect, timeout=30, limit=0.1)
    pair.start()
    began = time.monotonic()
    pair.exchange.finish()
    assert time.monotonic() - began < 10
    assert pair.exchange.stopped == "limit"


def test_surplus_replies(connect: Connect) -> None:
    pair = Pair(connect, timeout=5)
    pair.start()
    pair.source.server.sendall(b"150 again\r\n" * (MAX_SURPLUS + 1))
    with pytest.raises(Fault, match="a reply to no command") as caught:
        pair.exchange.finish()
    assert (caught.value.kind, caught.value.server.host) == ("malformed", "source")


def test_a_few_surplus_replies_do_not_matter(connect: Connect) -> None:
    pair = Pair(connect, timeout=5)
    pair.start()
    pair.source.server.sendall(b"150 again\r\n226 sent\r\n226 twice\r\n")
    pair.destination.server.sendall(b"226 stored\r\n")
    pair.exchange.finish()
    assert pair.exchange.sides["source"].final == "226 sent"


def test_lost_connection(connect: Connect) -> None:
    pair = Pair(connect, timeout=5)
    pair.start()
    pair.destination.server.close()
    with pytest.raises(Fault) as caught:
        pair.exchange.finish()
    assert (caught.value.kind, caught.value.server.host) == ("lost", "destination")


@pytest.mark.parametrize(
    ("lines", "size"),
    [
        (("213 1048576",), 1048576),
        (("213-Status", "213 5"), 5),
        (("213 many",), None),
        (("213 1 2",), None),
        (("213 -1",), None),
        (("213",), None),
        (("550 5",), None),
        (("200 5",), None),
    ],
)
def test_parse_size(lines: tuple[str, ...], size: int | None) -> None:
    assert parse_size(Reply(int(lines[-1][:3]), lines)) == size


def test_what_is_here_when_the_time_is_over_counts(connect: Connect) -> None:
    """This process may have been kept from looking until then."""
    pair = Pair(connect, timeout=0.0001)
    pair.exchange.send("source", "RETR x")
    pair.source.server.sendall(b"150 go\r\n")
    time.sleep(0.01)
    assert pair.exchange.first_answer("source")
    pair.exchange.send("destination", "STOR target")
    pair.source.server.sendall(b"226 sent\r\n")
    pair.destination.server.sendall(b"150 go\r\n226 stored\r\n")
    time.sleep(0.01)
    pair.exchange.finish()
    assert pair.exchange.stopped is None
