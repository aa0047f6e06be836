# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that are broken or hostile: every wait ends, nothing grows without bound, no password gets out."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp import session
from ansible_collections.proftpd.fxp.tests.integration.checking import Checked, check
from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD, Proftpd, server_options
from ansible_collections.proftpd.fxp.tests.integration.scripted import (
    CLOSE,
    SILENCE,
    Answer,
    ScriptedServer,
    Sink,
    drip,
    for_ever,
)

Pair = tuple[Proftpd, Proftpd]
HOSTILE = "127.0.1.5"


def against(server: ScriptedServer, peer: Proftpd, **options: t.Any) -> Checked:
    """A check from the scripted server to a real one, with a file that the scripted one claims to have."""
    source = server_options(server.address, server.port)
    return check(source, peer.options(), **{"path": "there", "passive": "source", "timeout": 1.0, **options})


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        pytest.param({"": CLOSE}, "server_busy", id="closed before the banner"),
        pytest.param({"": b"421 too many users\r\n"}, "server_busy", id="421 instead of a banner"),
        pytest.param({"": b"530 not you\r\n"}, "control_unreachable", id="another banner"),
        pytest.param({"": b"SSH-2.0-OpenSSH_9.2\r\n"}, "protocol_error", id="not an FTP server"),
        pytest.param({"": for_ever(b"220-and more\r\n")}, "protocol_error", id="endless lines"),
        pytest.param({"": for_ever(b"x" * 1000)}, "protocol_error", id="endless line"),
        pytest.param({"USER": b"530 " + b"x" * 10000 + b"\r\n"}, "protocol_error", id="long line"),
        pytest.param({"USER": CLOSE}, "control_lost", id="closed at USER"),
        pytest.param({"USER": b"550 SSL/TLS required on the control channel\r\n"}, "login_refused", id="USER refused"),
        pytest.param({"PASS": b"332 account\r\n"}, "login_refused", id="account demanded"),
        pytest.param({"PASS": b"530 maximum number of clients\r\n"}, "server_busy", id="too many clients"),
        pytest.param({"FEAT": b"211-half of a reply\r\n more"}, "control_lost", id="half a reply, then silence"),
        pytest.param({"FEAT": drip(b"211 " + b"slow" * 1000, 0.2)}, "control_lost", id="dripping reply"),
        pytest.param({"FEAT": CLOSE}, "control_lost", id="closed at FEAT"),
        pytest.param({"TYPE": b"500 no\r\n"}, "unknown", id="no binary mode"),
        pytest.param({"SIZE": b"213 many\r\n"}, "protocol_error", id="size without a number"),
        pytest.param({"PASV": SILENCE}, "control_lost", id="silence after PASV"),
        pytest.param({"PASV": b"227 (1,2,3,4,5,256)\r\n"}, "protocol_error", id="announcement with 256"),
        pytest.param({"PASV": b"227 (1,2,3,4,0,0)\r\n"}, "protocol_error", id="announcement of port 0"),
        pytest.param({"PASV": b"227 (127,0,1,5,0,25)\r\n"}, "privileged_port_refused", id="announcement of port 25"),
        pytest.param({"PASV": b"502 no\r\n"}, "unknown", id="no PASV"),
    ],
)
def test_ends_with_its_cause(pair: Pair, answers: dict[str, Answer], cause: str) -> None:
    """Whatever comes, the check ends soon, with the server at fault."""
    with ScriptedServer(HOSTILE, answers) as server:
        began = time.monotonic()
        checked = against(server, pair[1])
        assert time.monotonic() - began < 5
    assert checked.causes == [cause]
    assert checked.servers == [None if cause == "unknown" else "source"]
    assert len(checked.result["transcript"]) < 1200


def test_silent_greeting_is_tried_twice(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause before the greeting was seen on healthy servers: one more connection, and then it is a fault."""
    monkeypatch.setattr(session, "LOGIN_SECONDS", 0.3)
    with ScriptedServer(HOSTILE, {"": SILENCE}) as server:
        checked = against(server, pair[1], timeout=0.3)
        assert server.connections == 2
    assert (checked.causes, checked.servers) == (["control_unreachable"], ["source"])


def test_late_greeting_is_waited_for(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logging in has more time than the other steps."""
    monkeypatch.setattr(session, "LOGIN_SECONDS", 3)
    with ScriptedServer(HOSTILE, {"": drip(b"220\r\n", 0.2), "SIZE": b"550 no such file\r\n"}) as server:
        checked = against(server, pair[1], timeout=0.5)
        assert server.connections == 1
    assert checked.causes == ["file_refused"]


def test_password_is_masked_when_it_is_echoed(pair: Pair) -> None:
    """A server that repeats the password does not get it into the result (which ``check`` looks for)."""
    answers: dict[str, Answer] = {
        "PASS": lambda argument: [f"230-{argument}{argument}\r\n230 hello {argument}\r\n".encode()],
        "SIZE": lambda argument: [f"550 no {PASSWORD} here\r\n".encode()],
    }
    with ScriptedServer(HOSTILE, answers) as server:
        checked = against(server, pair[1])
        assert f"PASS {PASSWORD}" in server.commands
    assert checked.lines(direction="received", line="230 hello ****")
    assert "550 no **** here" in checked.message


def test_control_characters_are_shown_as_escapes(pair: Pair) -> None:
    """Nothing that a server says may steer the terminal of whoever reads it."""
    with ScriptedServer(HOSTILE, {"SIZE": b"550 a\x00b\rc\x1b[2Jd\x07\xff\r\n"}) as server:
        checked = against(server, pair[1])
    assert checked.lines(line="550 a\\x00b\\rc\\x1b[2Jd\\x07\\xff")
    assert checked.causes == ["file_refused"]


def test_client_never_follows_an_announced_address(pair: Pair) -> None:
    """The payload goes to the dialled address or nowhere: an announcement cannot make the client connect to others."""
    with Sink("127.0.1.6", [0]) as victim:
        high, low = divmod(victim.ports[0], 256)
        with ScriptedServer(HOSTILE, {"PASV": f"227 (127,0,1,6,{high},{low})\r\n".encode()}) as server:
            checked = against(server, pair[1], path=None)
        assert victim.connections() == 0
    assert (checked.causes, checked.servers) == (["data_connection_refused"], ["source"])
    assert "fxp_clients" in checked.result["remedy"]


def test_replies_that_nobody_asked_for(pair: Pair) -> None:
    """An active server that never stops saying 150."""
    with ScriptedServer(HOSTILE, {"RETR": for_ever(b"150 and again\r\n")}) as server:
        began = time.monotonic()
        checked = against(server, pair[1], passive="destination")
        assert time.monotonic() - began < 5
    assert checked.causes == ["protocol_error"]


def test_silent_refusal(pair: Pair) -> None:
    """Like pure-ftpd: the passive side closes the foreign connection and goes on waiting without a word."""
    with Sink(HOSTILE, [0]) as listener:
        high, low = divmod(listener.ports[0], 256)
        announced = f"227 ({HOSTILE.replace('.', ',')},{high},{low})\r\n".encode()
        with ScriptedServer(HOSTILE, {"PASV": announced, "RETR": SILENCE}) as server:
            checked = against(server, pair[1])
    leg = checked.legs[0]
    assert (leg["cause"], leg["server"]) == ("passive_refuses_foreign_address", "source")
    assert (leg["certain"], leg["also_possible"]) == (False, ["network"])
    assert not leg["evidence"]["released"]


def test_unsuccessful_clean_up_is_told(pair: Pair) -> None:
    """A file that cannot be deleted is named."""
    answers: dict[str, Answer] = {"DELE": b"550 no\r\n", "PASV": b"502 no\r\n", "STOR": b"550 no\r\n"}
    with ScriptedServer(HOSTILE, answers) as server:
        destination = server_options(server.address, server.port)
        checked = check(pair[0].options(), destination, passive="source", payload_size=10, timeout=1.0)
    assert checked.causes == ["file_refused"]
    assert len(checked.warnings) == 1
    assert checked.legs[0]["file"] in checked.warnings[0]
    assert "delete it" in checked.warnings[0]


def test_dead_connection_is_opened_again_for_the_clean_up(pair: Pair) -> None:
    """The destination hangs up after STOR; the file is deleted over another control connection."""
    with ScriptedServer(HOSTILE, {"STOR": CLOSE}) as server:
        destination = server_options(server.address, server.port)
        checked = check(pair[0].options(), destination, passive="source", payload_size=10, timeout=1.0)
        assert server.connections == 2
        assert f"DELE {checked.legs[0]['file']}" in server.commands
    assert (checked.causes, checked.servers) == (["control_lost"], ["destination"])
    assert checked.warnings == []
