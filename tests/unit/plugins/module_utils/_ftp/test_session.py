# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.tests.integration.scripted import CLOSE, SILENCE, Answer, ScriptedServer
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import server_at

FEATURES = b"211-Features:\r\n EPSV\r\n HASH SHA-1*;MD5\r\n size\r\n211 End\r\n"


class Opened(t.NamedTuple):
    """A session and the server that it belongs to."""

    session: Session
    server: ScriptedServer


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> t.Iterator[Opened]:
    """A session with a server that gives the answers that the test names as its parameter."""
    answers: dict[str, Answer] = {"FEAT": FEATURES, "CWD": b"250 there\r\n", **getattr(request, "param", {})}
    with ScriptedServer("127.0.0.1", answers) as server:
        spec = server_at("127.0.0.1", server.port, "in/side")
        session = Session(spec, 0.5, Transcript(Masker([])).of(spec.label))
        session.endpoint = (socket.AF_INET, ("127.0.0.1", server.port))
        yield Opened(session, server)
        session.drop()


LOGIN = ["USER fxp", "PASS correct horse", "FEAT", "TYPE I", "CWD in/side"]


def test_open(opened: Opened) -> None:
    session, server = opened
    assert not session.connected
    assert session.control is session.control
    assert server.commands == LOGIN
    assert session.features == {"EPSV": "", "HASH": "SHA-1*;MD5", "SIZE": ""}
    assert session.greeting == "220 ready"
    session.close()
    assert not session.connected
    assert server.commands == [*LOGIN, "QUIT"]


@pytest.mark.parametrize("opened", [{"FEAT": b"500 no\r\n"}, {"FEAT": b"211 none\r\n"}], indirect=True)
def test_no_features(opened: Opened) -> None:
    assert opened.session.control
    assert opened.session.features == {}


@pytest.mark.parametrize("opened", [{"USER": b"230 no password needed\r\n"}], indirect=True)
def test_no_password_needed(opened: Opened) -> None:
    assert opened.session.control
    assert opened.server.commands[:2] == ["USER fxp", "FEAT"]


@pytest.mark.parametrize(
    ("opened", "kind", "command"),
    [
        ({"PASS": b"530 no\r\n"}, "refused", "PASS"),
        ({"PASS": b"421 bye\r\n"}, "login_closing", ""),
        ({"PASS": CLOSE}, "lost", "PASS"),
        ({"CWD": b"550 no\r\n"}, "refused", "CWD"),
    ],
    indirect=["opened"],
)
def test_open_fails(opened: Opened, kind: str, command: str) -> None:
    with pytest.raises(Fault) as caught:
        assert opened.session.control
    assert (caught.value.kind, caught.value.command) == (kind, command)
    assert not opened.session.connected


@pytest.mark.parametrize(
    ("opened", "kept"),
    [
        ({}, True),
        ({"NOOP": b"226 a late reply\r\n"}, False),
        ({"NOOP": b"200 fine\r\n226 and more\r\n"}, False),
        ({"NOOP": CLOSE}, False),
        ({"NOOP": None}, False),
    ],
    indirect=["opened"],
)
def test_settle(opened: Opened, kept: bool) -> None:
    opened.session.settle()
    assert opened.server.commands == []
    assert opened.session.control
    opened.session.settle()
    assert opened.session.connected is kept


def test_files_are_removed_once(opened: Opened) -> None:
    session, server = opened
    session.created("one")
    session.created("two")
    session.remove_files()
    assert session.remove_for_good() == []
    assert server.commands == [*LOGIN, "DELE one", "DELE two"]


@pytest.mark.parametrize("opened", [{"DELE": b"550 no such file\r\n", "SIZE": b"550 no such file\r\n"}], indirect=True)
def test_file_that_never_was(opened: Opened) -> None:
    opened.session.created("one")
    assert opened.session.remove_for_good() == []


@pytest.mark.parametrize("opened", [{"DELE": CLOSE}, {"DELE": b"550 no\r\n"}], indirect=True)
def test_file_that_stays(opened: Opened) -> None:
    opened.session.created("one")
    complaint = f"127.0.0.1:{opened.server.port} still holds the file one in in/side, or is about to; delete it."
    opened.session.remove_files()
    assert opened.session.remove_for_good() == ["one"]
    assert opened.session.complaint("one") == complaint
    assert not opened.session.holds_files


def in_turn(answers: list[bytes]) -> t.Callable[[str], t.Iterable[bytes]]:
    """An answer that is another one each time."""
    return lambda _argument: [answers.pop(0)]


@pytest.mark.parametrize("opened", [{"DELE": in_turn([CLOSE, b"250 gone\r\n"])}], indirect=True)
def test_file_is_removed_over_a_new_connection(opened: Opened) -> None:
    session, server = opened
    assert session.control
    session.created("one")
    assert session.remove_for_good() == []
    assert server.connections == 2
    assert server.commands == [*LOGIN, "DELE one", *LOGIN, "DELE one"]


ABSENT = b"550 no such file\r\n"


@pytest.mark.parametrize("opened", [{"DELE": in_turn([ABSENT, ABSENT, b"250 gone\r\n"]), "SIZE": ABSENT}], indirect=True)
def test_a_file_that_comes_late_is_deleted(opened: Opened) -> None:
    """The server had not read the STOR yet when its connection was given up."""
    session, server = opened
    assert session.control
    session.created("one")
    session.drop()
    session.remove_files()
    assert session.holds_files
    assert session.remove_for_good() == []
    assert server.commands.count("DELE one") == 3


@pytest.mark.parametrize("opened", [{"DELE": ABSENT, "SIZE": ABSENT}], indirect=True)
@pytest.mark.parametrize("ended", [False, True])
def test_a_file_that_may_still_come_is_named(opened: Opened, ended: bool) -> None:
    assert opened.session.control
    opened.session.created("one")
    if ended:
        opened.session.ended("one")
    opened.session.drop()
    assert opened.session.remove_for_good() == ([] if ended else ["one"])


def busy(_argument: str) -> t.Iterator[bytes]:
    """It has not come to what was sent yet."""
    time.sleep(2)
    yield CLOSE


GONE: dict[str, Answer] = {"DELE": ABSENT, "SIZE": ABSENT}


@pytest.mark.parametrize(
    ("opened", "left"),
    [({**GONE, "STOR": SILENCE}, []), ({**GONE, "STOR": b"150 go on\r\n"}, []), ({**GONE, "STOR": busy}, ["one"])],
    indirect=["opened"],
)
def test_a_connection_that_was_cut_brings_no_file_once_its_server_is_through_with_it(opened: Opened, left: list[str]) -> None:
    session, server = opened
    control = session.control
    session.created("one")
    control.putcmd("STOR one")
    while server.commands[-1] != "STOR one":
        time.sleep(0.01)
    heir = session.heir()
    heir.inherit(time.monotonic() + 1)
    assert list(heir.noted()) == left


CUT = """
import threading
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import _LIVING, cut_all, wait_for

cut_all()
other = threading.Thread(target=_LIVING.pass_by, daemon=True)
other.start()
other.join(0.5)
print(other.is_alive(), flush=True)
{way_out}
print("went on")
"""


@pytest.mark.parametrize("way_out", ["_LIVING.pass_by()", "wait_for([other])"])
def test_once_all_sessions_are_cut_only_the_main_thread_goes_on_its_way_out(way_out: str) -> None:
    command = [sys.executable, "-c", CUT.format(way_out=way_out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "True\n", "")
