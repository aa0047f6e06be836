# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What a check says of real servers on real networks, held against the truth, which is what was done to them.

The answer is what a person gets from ``smoke_test``: the check, and where its place is open what both servers show when they are
asked. A long run tries the whole table, any other a sample of it.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import pathlib
import queue
import typing as t

from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority
from ansible_collections.proftpd.fxp.tests.integration.daemons import LONG
from ansible_collections.proftpd.fxp.tests.integration.network import DEAD
from ansible_collections.proftpd.fxp.tests.integration.room import ADDRESSES, Room, Told
from ansible_collections.proftpd.fxp.tests.integration.situations import FAULTS, Situation, sample, table

ROOMS = 6  # situations at once: they wait most of the time

RIGHT, HONEST = "right", "honestly uncertain"
# None of these may ever be.
NEVER = ("false pass", "false alarm", "wrong", "hang", "traceback", "file left")


def verdict(situation: Situation, told: Told) -> str:
    """
    How what is told stands to the truth.

    What is not certain and names no other place is certain of the place; only its reason is open.
    """
    leg = told.leg
    if leg is None:
        return told.message.split(":")[0]
    if leg["ok"]:
        return RIGHT if situation.at is None else "false pass"
    if situation.at is None:
        # Chance may lose a packet as often as TCP repeats it; then it is the network.
        lost = situation.way.loss and not leg["certain"] and "network" in leg["also_possible"]
        return HONEST if lost else "false alarm"
    certain = leg["certain"] or not leg["also_possible"]
    if certain:
        # Without a server it is both of them, or what is between.
        there = leg["server"] == situation.at or (leg["server"] is None and situation.at in ("network", "both"))
        return RIGHT if there and leg["cause"] in situation.fault.causes else "wrong"
    named = situation.at in (leg["server"], *leg["also_possible"]) or (situation.at == "both" and leg["server"] is None)
    return HONEST if named else "uncertain"


def line_of(situation: Situation, told: Told, judged: str) -> str:
    """One row: the situation, what was wanted, what was told."""
    wanted = f"{'|'.join(situation.fault.causes)}@{situation.at}" if situation.at else "ok"
    leg = told.leg
    if leg is None:
        said = told.message
    elif leg["ok"]:
        said = "ok"
    else:
        also = f" (or {', '.join(leg['also_possible'])})" if leg["also_possible"] else ""
        said = f"{leg['cause']}@{leg['server']}{also}{'' if leg['certain'] else ' not certain'}"
    return f"{judged:18} {told.seconds:5.1f} s | {situation.label} | {wanted} | {said}"


def judge_all(
    situations: t.Sequence[Situation], authority: Authority, locales: pathlib.Path
) -> list[tuple[Situation, Told, str]]:
    """All of them, several at once."""
    for names in (*((address,) for address in ADDRESSES.values()), (DEAD,)):
        authority.issue(*names)
    free: queue.Queue[Room] = queue.Queue()

    def one(situation: Situation) -> tuple[Situation, Told, str]:
        room = free.get()
        try:
            told = room.judge(situation)
        except Exception as error:
            raise AssertionError(f"{situation.label}: {error!r}") from error
        finally:
            free.put(room)
        judged = verdict(situation, told)
        return situation, told, judged

    with contextlib.ExitStack() as stack:
        for number in range(min(ROOMS, len(situations))):
            room = Room(number, authority, locales)
            stack.callback(room.remove)
            free.put(room)
        with concurrent.futures.ThreadPoolExecutor(ROOMS) as pool:
            return list(pool.map(one, situations))


def test_the_table() -> None:
    """It is large enough, every fault has its place in it, and the sample has every value of every dimension."""
    situations = table()
    assert len(situations) >= 200
    assert {situation.fault for situation in situations} >= set(FAULTS)
    chosen = sample(situations)
    assert set().union(*(situation.values for situation in situations)) == set().union(*(one.values for one in chosen))


def test_situations(authority: Authority, locales: pathlib.Path) -> None:
    """No false pass, no false alarm, no hang, never certain and wrong; and nearly always right."""
    situations = table() if LONG else sample(table())
    judged = judge_all(situations, authority, locales)
    count = collections.Counter(verdict for _situation, _told, verdict in judged)
    told = "\n".join(sorted(line_of(*row) for row in judged if row[2] != RIGHT))
    assert not [name for name in NEVER if count[name]], f"{dict(count)}\n{told}"
    assert count[RIGHT] + count[HONEST] >= 0.95 * len(judged), f"{dict(count)}\n{told}"
    assert not LONG or count[HONEST] <= 0.1 * len(judged), f"{dict(count)}\n{told}"
