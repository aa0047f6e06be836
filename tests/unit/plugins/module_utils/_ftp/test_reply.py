# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reply import (
    MAX_LINE,
    MAX_LINES,
    MAX_REPLY,
    MalformedReply,
    Reply,
    ReplyAssembler,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

# Bytes as real servers sent them, and the replies in them.
DIALOGUES = [
    (b"220 ready\r\n", [(220, 1)]),
    (b"220\r\n", [(220, 1)]),
    (b"200 one\n200 two\r\n", [(200, 1), (200, 1)]),
    (b"211-Features:\r\n EPSV\r\n SIZE\r\n211 End\r\n", [(211, 4)]),
    (b"220---------- Welcome\r\n220-You are user 1\r\n220 You will be disconnected\r\n", [(220, 3)]),
    (b"213-Computing SHA-1 digest\r\n213 SHA-1 0-6 f572 hello\r\n226 Transfer complete\r\n", [(213, 2), (226, 1)]),
    (b"230-one\r\n231 not the end\r\n2300 nor this\r\n230 end\r\n", [(230, 4)]),
    (b"150 Opening\r\n226 Done\r\n", [(150, 1), (226, 1)]),
]


def collect(pieces: list[bytes]) -> tuple[list[str], list[Reply]]:
    assembler = ReplyAssembler()
    lines = [line for piece in pieces for line in assembler.feed(piece)]
    replies = []
    reply = assembler.next_reply()
    while reply:
        replies.append(reply)
        reply = assembler.next_reply()
    assert assembler.idle
    return lines, replies


@pytest.mark.parametrize(("data", "expected"), DIALOGUES)
def test_replies(data: bytes, expected: list[tuple[int, int]]) -> None:
    lines, replies = collect([data])
    assert [(reply.code, len(reply.lines)) for reply in replies] == expected
    assert lines == [line for reply in replies for line in reply.lines]


@given(st.sampled_from([data for data, _expected in DIALOGUES]), st.lists(st.integers(0, 100), max_size=8))
def test_pieces_do_not_matter(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[begin:end] for begin, end in zip(places, places[1:])]
    assert collect(pieces) == collect([data])


@given(st.binary(max_size=2000))
def test_any_bytes_are_replies_or_malformed(data: bytes) -> None:
    assembler = ReplyAssembler()
    try:
        for line in assembler.feed(data):
            assert line == printable(line)
    except MalformedReply:
        return
    reply = assembler.next_reply()
    while reply:
        assert 100 <= reply.code < 600
        reply = assembler.next_reply()


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n",
        b"\r\n",
        b"22 x\r\n",
        b"600 x\r\n",
        b"220x\r\n",
        b"\xd9\xa2\xd9\xa2\xd9\xa0 digits that are not ASCII\r\n",
        b"220 " + b"x" * MAX_LINE,
        b"220 " + b"x" * MAX_LINE + b"\r\n",
        b"220-\r\n" * (MAX_LINES + 1),
        (b"220-" + b"x" * 1000 + b"\r\n") * (MAX_REPLY // 1000 + 1),
    ],
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(MalformedReply):
        list(ReplyAssembler().feed(data))


def test_offending_line_is_yielded_first() -> None:
    lines = ReplyAssembler().feed(b"220 fine\r\nSSH-2.0\r\n")
    assert [next(lines), next(lines)] == ["220 fine", "SSH-2.0"]
    with pytest.raises(MalformedReply, match="SSH"):
        next(lines)


@pytest.mark.parametrize("data", [b"220", b"220-more\r\n", b"220 unread\r\n"])
def test_not_idle_with_something_left(data: bytes) -> None:
    assembler = ReplyAssembler()
    list(assembler.feed(data))
    assert not assembler.idle


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain ünicode", "plain ünicode"),
        ("a\x00b\rc", "a\\x00b\\rc"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x85\u2028", "\\x85\\u2028"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
    ],
)
def test_printable(raw: str, shown: str) -> None:
    assert printable(raw) == shown


@pytest.mark.parametrize(
    ("code", "preliminary", "positive"), [(150, True, False), (226, False, True), (331, False, False), (550, False, False)]
)
def test_kinds_of_reply(code: int, preliminary: bool, positive: bool) -> None:
    reply = Reply(code, (f"{code} x",))
    assert (reply.preliminary, reply.positive) == (preliminary, positive)
