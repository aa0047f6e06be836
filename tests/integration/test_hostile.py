# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that are broken or hostile: every wait ends, nothing grows without bound, no password gets out."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp import session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError
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
        pytest.param({"": CLOSE}, "refused_at_connect", id="closed before the banner"),
        pytest.param({"": b"421 too many users\r\n"}, "server_busy", id="421 instead of a banner"),
        pytest.param({"": b"530 not you\r\n"}, "refused_at_connect", id="a refusal instead of a banner"),
        pytest.param({"": b"230 hello\r\n"}, "control_unreachable", id="another banner"),
        pytest.param({"": b"SSH-2.0-OpenSSH_9.2\r\n"}, "protocol_error", id="not an FTP server"),
        pytest.param({"": for_ever(b"220-and more\r\n")}, "protocol_error", id="endless lines"),
        pytest.param({"": for_ever(b"x" * 1000)}, "protocol_error", id="endless line"),
        pytest.param({"USER": b"530 " + b"x" * 10000 + b"\r\n"}, "protocol_error", id="long line"),
        pytest.param({"USER": CLOSE}, "control_lost", id="closed at USER"),
        pytest.param({"USER": b"550 not you\r\n"}, "login_refused", id="USER refused"),
        pytest.param({"USER": b"550 SSL/TLS required on the control channel\r\n"}, "tls_policy_mismatch", id="TLS demanded"),
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
        pytest.param({"PASV": b"502 no\r\n"}, "command_limited", id="no PASV"),
    ],
)
def test_ends_with_its_cause(pair: Pair, answers: dict[str, Answer], cause: str) -> None:
    """Whatever comes, the check ends soon, with the server at fault."""
    with ScriptedServer(HOSTILE, answers) as server:
        began = time.monotonic()
        checked = against(server, pair[1])
        assert time.monotonic() - began < 5
    assert checked.causes == [cause]
    assert checked.servers == ["source"]
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


STEPS = ["", "USER", "PASS", "FEAT", "TYPE", "CWD", "SIZE", "PASV", "PORT", "RETR", "STOR", "DELE", "QUIT"]
# The last two come after the verdict: they change nothing about it.
AFTERWARDS = ("DELE", "QUIT")


@pytest.mark.parametrize("verb", STEPS)
@pytest.mark.parametrize(
    ("answer", "causes"),
    [
        pytest.param(CLOSE, {"control_lost", "refused_at_connect"}, id="hangs up"),
        pytest.param(lambda _: [b"421 Shutting down\r\n", CLOSE], {"control_lost", "refused_at_connect"}, id="takes leave"),
        pytest.param(b"425 No data connection\r\n", None, id="425 to everything"),
        pytest.param(b"\x16\x03\x01\x02\x00\r\n", {"protocol_error"}, id="garbage"),
        pytest.param(b"226 done\r\n150 go\r\n", None, id="in the wrong order"),
        pytest.param(drip(b"500 " + b"slow" * 100, 0.1), {"control_lost", "control_unreachable", "protocol_error"}, id="drips"),
    ],
)
def test_at_every_step(monkeypatch: pytest.MonkeyPatch, verb: str, answer: Answer, causes: set[str] | None) -> None:
    """Each of these at each step of the dialogue, on the side that the step belongs to: bounded, and a cause that fits."""
    monkeypatch.setattr(session, "LOGIN_SECONDS", 0.15)
    ready: dict[str, Answer] = {"PASV": b"227 (127,0,1,5,200,1)\r\n", "CWD": b"250 here\r\n", "STOR": b"150 go\r\n226 done\r\n"}
    ready["RETR"] = b"150 go\r\n226 done\r\n"
    broken = "destination" if verb in ("PORT", "STOR", "DELE") else "source"
    answers = {role: {**ready, **({verb: answer} if role == broken else {})} for role in ("source", "destination")}
    with ScriptedServer(HOSTILE, answers["source"]) as source, ScriptedServer("127.0.1.6", answers["destination"]) as destination:
        options = [server_options(server.address, server.port) for server in (source, destination)]
        options[0]["directory"] = "there"
        began = time.monotonic()
        checked = check(options[0], options[1], path="there", passive="source", timeout=0.15)
        assert time.monotonic() - began < 6
    assert not checked.result["ok"]
    if causes and verb not in AFTERWARDS:
        assert set(checked.causes) <= causes, checked.message
        assert checked.servers == [broken]


def test_third_party_is_not_reached_through_a_server_either(pair: Pair) -> None:
    """With the planned address known, a server that announces somebody else's does not get its peer to connect there."""
    with Sink("127.0.1.6", [0]) as victim:
        high, low = divmod(victim.ports[0], 256)
        with ScriptedServer(HOSTILE, {"PASV": f"227 (127,0,1,6,{high},{low})\r\n".encode()}) as server:
            source = server_options(server.address, server.port)
            planned = check({**source, "expected_address": HOSTILE}, pair[1].options(), path="there", passive="source")
            assert victim.connections() == 0
            unplanned = check(source, pair[1].options(), path="there", passive="source", timeout=1.0)
    assert planned.causes == ["unexpected_address_advertised"]
    # Without a plan a server's word is taken, as by any client; it is the servers that must refuse strangers' addresses.
    assert unplanned.causes != [None]


def test_nothing_is_copied_through_the_client(pair: Pair) -> None:
    """A transfer that the servers refuse is not made up for: after the payload no file crosses the client's connections."""
    with ScriptedServer(HOSTILE, {"PORT": b"500 Illegal PORT command\r\n", "PASV": b"502 no\r\n"}) as server:
        destination = server_options(server.address, server.port)
        checked = check(pair[0].options(), destination, payload_size=1000, timeout=1.0)
        assert not any(command.startswith(("STOR", "APPE", "STOU")) for command in server.commands)
    assert not checked.result["ok"]
    assert not any(line.startswith("RETR") for line in checked.lines(direction="sent"))


@pytest.mark.parametrize("option", ["path", "directory", "user", "host", "password"])
@pytest.mark.parametrize("character", ["\r", "\n", "\0"])
def test_characters_that_end_a_command(option: str, character: str) -> None:
    """They are refused before anybody is contacted: they would begin a command of their own."""
    source, more = server_options(HOSTILE, 21), {}
    if option == "path":
        more["path"] = f"there{character}DELE other"
    else:
        source[option] = f"there{character}DELE other"
    with pytest.raises(RequestError, match=option):
        check(source, server_options("127.0.1.6", 21), **more)


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (b"500 You need to use a client supporting PRET (PRE Transfer)\r\n", "pret_required"),
        (b"450 PASV: data transfer in progress\r\n", "server_busy"),
        (lambda _argument: [b"421 Timeout\r\n", CLOSE], "control_lost"),
    ],
)
def test_passive_mode_refused(pair: Pair, reply: Answer, cause: str) -> None:
    """DrFTPD wants PRET, and a server may still be busy with an earlier transfer. Neither can be had here."""
    with ScriptedServer(HOSTILE, {"PASV": reply}) as server:
        checked = against(server, pair[1])
    assert (checked.causes, checked.servers) == ([cause], ["source"])


@pytest.mark.parametrize("said", [b"421 No transfer timeout (1 seconds): closing control connection\r\n", b"421 Timeout\r\n"])
def test_silent_refusal_that_ends_by_itself(pair: Pair, said: bytes) -> None:
    """ProFTPD up to 1.3.7c drops a foreign connection without a word and gives up later, as pure-ftpd does."""

    def late(_argument: str) -> t.Iterable[bytes]:
        time.sleep(0.5)
        yield said
        yield CLOSE

    with Sink(HOSTILE, [0]) as listener:
        high, low = divmod(listener.ports[0], 256)
        announced = f"227 ({HOSTILE.replace('.', ',')},{high},{low})\r\n".encode()
        with ScriptedServer(HOSTILE, {"PASV": announced, "RETR": late}) as server:
            checked = against(server, pair[1], timeout=3.0)
    leg = checked.legs[0]
    assert (leg["cause"], leg["server"], leg["certain"]) == ("passive_refuses_foreign_address", "source", False)


@pytest.mark.parametrize("own", [b"200 PORT command successful\r\n", b"421 no\r\n"])
def test_active_refusal_by_421_with_which_the_session_goes_on(pair: Pair, own: bytes) -> None:
    """FileZilla Server refuses addresses that are not its client's so, and keeps the session. A policy, if that is fine."""
    refusal = b"421 Rejected command, requested IP address does not match control connection IP.\r\n"

    def port(argument: str) -> t.Iterable[bytes]:
        yield own if argument.startswith("127,0,0,1,") else refusal

    with ScriptedServer(HOSTILE, {"PORT": port}) as server:
        checked = check(pair[0].options(), server_options(server.address, server.port), passive="source", payload_size=1000)
        assert server.connections == 1
    leg, policy = checked.legs[0], own.startswith(b"2")
    cause = "active_refuses_foreign_address" if policy else "active_mode_disabled"
    assert (leg["cause"], leg["server"], leg["certain"]) == (cause, "destination", policy)
    assert "TimeoutIdle" not in checked.message


@pytest.mark.parametrize(
    "refusal",
    [
        b"425 Rejected data connection, addresses do not match.\r\n",
        b"421 Verbindung abgelehnt\r\n",
        b"435 Can't build data connection\r\n",
        b"425-Not from there.\r\n You are not my client.\r\n425 no\r\n",
    ],
)
def test_passive_refusal_in_other_words(pair: Pair, refusal: bytes) -> None:
    """A connection was there and is not taken: whatever the words are, and so never certain."""
    with Sink(HOSTILE, [0]) as listener:
        high, low = divmod(listener.ports[0], 256)
        announced = f"227 ({HOSTILE.replace('.', ',')},{high},{low})\r\n".encode()
        with ScriptedServer(HOSTILE, {"PASV": announced, "RETR": refusal}) as server:
            checked = against(server, pair[1], timeout=3.0)
    leg = checked.legs[0]
    assert (leg["cause"], leg["server"], leg["certain"]) == ("passive_refuses_foreign_address", "source", False)
    assert leg["also_possible"] == ["network"]
    assert refusal.decode().splitlines()[0] in checked.message


def test_a_reply_that_ends_with_another_code_is_no_firewall(pair: Pair) -> None:
    """glftpd begins a reply of several lines with one code and ends it with another."""
    answer = b"553-\r\n553- Directory excluded (precheck).\r\n150 Opening BINARY mode data connection.\r\n"
    with ScriptedServer(HOSTILE, {"STOR": answer}) as server:
        checked = check(
            pair[0].options(),
            server_options(server.address, server.port),
            passive="source",
            payload_size=1000,
            timeout=1.0,
        )
    assert (checked.causes, checked.servers) == (["protocol_error"], ["destination"])
    assert "Directory excluded" in checked.message
