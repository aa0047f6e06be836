# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judgement of a transfer under way, told moment by moment: no clock, no socket, no thread."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import SLOWEST
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reply import Reply
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.course import (
    MAX_SURPLUS,
    AskSize,
    Course,
    Done,
    GiveUp,
    Unasked,
    Wait,
    parse_size,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES, Role

PATIENCE = 10.0


def reply(text: str) -> Reply:
    lines = text.splitlines()
    return Reply(int(lines[-1][:3]), tuple(lines))


def begun(size: int = 1000, **options: t.Any) -> Course:
    """The source was told to send at 0 seconds, the destination to store at 1, and both said at once that they do."""
    course = Course(size, PATIENCE, **options)
    for moment, role in enumerate(ROLES):
        course.sent(role, moment)
        course.replied(role, reply("150 go"), moment)
    return course


def says(course: Course, role: Role, text: str, now: float) -> None:
    course.replied(role, reply(text), now)


def test_nothing_is_waited_for_once_both_are_done() -> None:
    course = begun()
    says(course, "source", "226 sent", 2)
    assert course.both_finals(2) != Done()
    says(course, "destination", "226 stored", 2.5)
    assert course.both_finals(2.5) == Done()
    assert [course.sides[role].final for role in ROLES] == ["226 sent", "226 stored"]
    assert course.seconds == 2.5


def test_a_first_answer() -> None:
    course = Course(1000, PATIENCE)
    course.sent("source", 5)
    assert course.first_answer("source", 6) == Wait(15)
    says(course, "source", "150 go", 7)
    assert course.first_answer("source", 7) == Done()
    assert (course.sides["source"].seconds, course.sides["source"].preliminary) == (2, "150 go")
    assert course.seconds is None


def test_a_final_reply_is_a_first_answer_too() -> None:
    course = Course(1000, PATIENCE)
    course.sent("source", 0)
    says(course, "source", "550 no such file", 1)
    assert course.first_answer("source", 1) == Done()
    assert not course.sides["source"].silent


def test_nobody_is_given_up_before_what_has_come_was_looked_at() -> None:
    """The process may have slept through the deadline."""
    course = Course(1000, PATIENCE)
    course.sent("source", 0)
    assert course.first_answer("source", 60) == Wait(10)
    assert course.first_answer("source", 60) == GiveUp("stalled")
    late = Course(1000, PATIENCE)
    late.sent("source", 0)
    assert late.first_answer("source", 60) == Wait(10)
    says(late, "source", "150 go", 60)
    assert late.first_answer("source", 60) == Done()


def test_what_was_late_once_has_its_patience_again() -> None:
    course = begun(interval=100)
    assert course.both_finals(60) == Wait(11)
    says(course, "source", "226 sent", 60)
    assert course.both_finals(60) == Wait(70)
    assert course.both_finals(200) == Wait(70)
    assert course.both_finals(200) == GiveUp("stalled")


def test_sizes_keep_a_slow_transfer_alive() -> None:
    course = begun(interval=2)
    now = 1.0
    for size in range(100, 1000, 100):
        now += 2
        assert course.both_finals(now) == AskSize()
        course.asked(now)
        says(course, "destination", f"213 {size}", now)
        assert course.both_finals(now) == Wait(now + 2)
        assert course.arrived == size
    assert now > PATIENCE


def test_sizes_that_do_not_grow_are_standing_still() -> None:
    # With a payload that would be given much longer if the receiver had never answered.
    course = begun(size=100 * SLOWEST, interval=1)
    for now in range(2, 100):
        step = course.both_finals(now)
        if step == AskSize():
            course.asked(now)
            says(course, "destination", "213 10", now)
        elif isinstance(step, GiveUp):
            break
    assert (step, course.arrived, now) == (GiveUp("stalled"), 10, 13), "the time is over at 12, and then it is looked once more"


def test_who_falls_silent_between_two_sizes_stands_still() -> None:
    course = begun(size=100 * SLOWEST, interval=1)
    assert course.both_finals(2) == AskSize()
    course.asked(2)
    says(course, "destination", "213 10", 2)
    assert course.both_finals(3) == AskSize()
    course.asked(3)
    assert course.both_finals(11) == Wait(12)
    assert course.both_finals(12) == Wait(12)
    assert course.both_finals(12) == GiveUp("stalled")


@pytest.mark.parametrize("refusal", ["550 target: No such file", "500 SIZE not understood", "450 busy"])
def test_a_receiver_without_sizes_is_given_the_time_that_the_size_needs(refusal: str) -> None:
    course = begun(size=100 * SLOWEST, interval=2)
    assert course.both_finals(2) == AskSize()
    course.asked(2)
    says(course, "destination", refusal, 2)
    assert course.both_finals(50) == Wait(1 + PATIENCE + 100), "nobody asks once more"
    says(course, "source", "226 sent", 60)
    says(course, "destination", "226 stored", 60)
    assert course.both_finals(60) == Done()


def test_a_receiver_that_answers_size_at_its_end_is_waited_for() -> None:
    course = begun(size=100 * SLOWEST, interval=2)
    assert course.both_finals(2) == AskSize()
    course.asked(2)
    assert course.both_finals(30) == Wait(1 + PATIENCE + 100)
    says(course, "source", "226 sent", 40)
    says(course, "destination", "226 stored", 40)
    assert course.both_finals(40) == Wait(50), "the reply to SIZE is still due"
    says(course, "destination", "213 13107200", 41)
    assert course.both_finals(41) == Done()
    assert course.sides["destination"].final == "226 stored"


def test_a_passive_side_that_says_nothing_is_not_given_the_time_of_a_transfer() -> None:
    course = Course(100 * SLOWEST, PATIENCE)
    course.sent("source", 0)
    says(course, "source", "150 go", 0)
    says(course, "source", "226 sent", 0)
    course.sent("destination", 1)
    assert course.both_finals(5) == Wait(11)
    assert [course.both_finals(11), course.both_finals(11)] == [Wait(11), GiveUp("stalled")]
    assert course.sides["destination"].silent


def test_the_limit_ends_what_moves_too() -> None:
    course = begun(limit=5, interval=1)
    assert course.both_finals(4.5) == AskSize()
    course.asked(4.5)
    says(course, "destination", "213 10", 4.6)
    assert course.both_finals(4.7) == Wait(5)
    assert course.both_finals(5) == Wait(5)
    says(course, "destination", "213 20", 5)
    assert course.both_finals(5) == GiveUp("limit")


def test_who_ends_the_dialogue() -> None:
    course = begun()
    course.ended("destination", gone=True, now=3)
    assert (course.sides["destination"].gone, course.sides["destination"].ended) == (True, 2)
    assert course.last_words("source", until=5, now=3) == Wait(5)
    says(course, "source", "426 aborted", 4)
    assert course.last_words("source", until=5, now=4) == Done()
    course.ended("source", gone=True, now=9)
    assert (course.sides["source"].gone, course.sides["source"].ended) == (False, 4), "it had said everything"


def test_last_words_that_do_not_come() -> None:
    course = begun()
    assert course.last_words("source", until=5, now=5) == Wait(5)
    assert course.last_words("source", until=5, now=5) == GiveUp("stalled")


def test_surplus_replies() -> None:
    course = begun()
    for _count in range(MAX_SURPLUS):
        says(course, "source", "150 again", 2)
    assert course.both_finals(11) == Wait(11), "nothing has moved"
    with pytest.raises(Unasked, match="150 again") as caught:
        says(course, "source", "150 again", 2)
    assert caught.value.role == "source"


def test_a_few_surplus_replies_do_not_matter() -> None:
    course = begun()
    for text in ("150 again", "226 sent", "226 twice"):
        says(course, "source", text, 2)
    assert course.sides["source"].final == "226 sent"


def test_who_has_begun_a_reply_was_heard() -> None:
    course = begun()
    assert course.unfinished({"source": "", "destination": ""}) is None
    assert course.unfinished({"source": "", "destination": "226-sto"}) == ("destination", "226-sto")
    says(course, "destination", "226 stored", 2)
    assert course.unfinished({"source": "", "destination": "226-again"}) is None


@pytest.mark.parametrize("texts", [(["226 sent"], ["226 stored"]), (["426 aborted"], ["451 no"]), ([], ["226 stored"])])
def test_it_ends_whatever_the_order(texts: tuple[list[str], list[str]]) -> None:
    """In every interleaving of what both say, each step leads on: no step is asked for twice without the time passing."""
    for order in set(itertools.permutations([role for role, said in zip(ROLES, texts) for _text in said])):
        course, left, now = begun(interval=2), {role: list(said) for role, said in zip(ROLES, texts)}, 1.0
        for role in order:
            now += 1
            says(course, role, left[role].pop(0), now)
        for _step in range(20):
            step = course.both_finals(now)
            if isinstance(step, (Done, GiveUp)):
                break
            if step == AskSize():
                course.asked(now)
            else:
                now = max(now, t.cast(Wait, step).until)
        assert isinstance(step, Done if all(texts) else GiveUp)


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
