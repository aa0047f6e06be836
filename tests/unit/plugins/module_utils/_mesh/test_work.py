# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import threading

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.work import Work, run_apart


def test_everything_is_done_once_and_no_server_is_in_two_works() -> None:
    chance = random.Random(1)
    pairs = [tuple(chance.sample("abcdefgh", 2)) for _index in range(300)]
    busy: list[str] = []
    done: list[int] = []
    most = 0
    lock = threading.Lock()
    another = threading.Event()

    def do(index: int) -> None:
        nonlocal most
        with lock:
            assert not set(pairs[index]) & set(busy)
            busy.extend(pairs[index])
            most = max(most, len(busy))
        # The first work ends only beside another one.
        if index:
            another.set()
        assert another.wait(10)
        with lock:
            for name in pairs[index]:
                busy.remove(name)
            done.append(index)

    run_apart([Work(pair, lambda index=index: do(index)) for index, pair in enumerate(pairs)], 4)
    assert sorted(done) == list(range(300))
    assert 2 < most <= 8


def test_one_thread_keeps_the_order() -> None:
    done: list[int] = []
    run_apart([Work(("a",), lambda index=index: done.append(index)) for index in range(20)], 1)
    assert done == list(range(20))


def test_a_slow_server_holds_up_nobody_else() -> None:
    waiting = threading.Event()
    done: list[str] = []

    def slow() -> None:
        assert waiting.wait(10)
        done.append("slow")

    def last() -> None:
        done.append("last")
        waiting.set()

    others = [Work(("c", "d"), lambda: done.append("quick")) for _index in range(50)]
    run_apart([Work(("a", "b"), slow), Work(("a", "c"), lambda: done.append("behind")), *others, Work(("e",), last)], 2)
    assert done[:51] == ["quick"] * 50 + ["last"]
    assert sorted(done[51:]) == ["behind", "slow"]


def test_an_error_ends_the_run_and_is_raised() -> None:
    done: list[int] = []

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_apart([Work(("a",), fail), *(Work(("a",), lambda: done.append(1)) for _index in range(5))], 3)
    assert done == []


def test_nothing_to_do() -> None:
    run_apart([], 8)
