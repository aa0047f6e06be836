# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Broken and hostile servers that are asked for TLS: every check ends soon, with a cause, and without a secret in clear."""

from __future__ import annotations

import ssl
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp import session
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority
from ansible_collections.proftpd.fxp.tests.integration.checking import Checked, check
from ansible_collections.proftpd.fxp.tests.integration.daemons import server_options
from ansible_collections.proftpd.fxp.tests.integration.scripted import (
    CLOSE,
    SILENCE,
    Answer,
    ScriptedServer,
    Sink,
    drip,
    for_ever,
)

HOSTILE = "127.0.1.5"
OTHER = "127.0.1.6"
READY: dict[str, Answer] = {
    "AUTH": b"234 go ahead\r\n",
    "PBSZ": b"200 PBSZ=0\r\n",
    "PROT": b"200 private\r\n",
    "SSCN": b"200 SSCN:CLIENT METHOD\r\n",
    "PASV": b"227 (127,0,1,5,200,1)\r\n",
    "RETR": b"150 go\r\n226 done\r\n",
    "STOR": b"150 go\r\n226 done\r\n",
}


@pytest.fixture(scope="session")
def context(authority: Authority) -> ssl.SSLContext:
    """What both scripted servers encrypt with."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(authority.issue(HOSTILE, OTHER))
    return made


def checked_pair(
    authority: Authority,
    context: ssl.SSLContext | None,
    answers: t.Mapping[str, Answer],
    broken: str = "source",
    tls: str = "explicit",
    **options: t.Any,
) -> tuple[Checked, list[str]]:
    """A check between two scripted servers, one of which has some answers of its own; its commands, too."""
    of = {role: {**READY, **(answers if role == broken else {})} for role in ("source", "destination")}
    common = {"tls": tls, "ca_path": str(authority.path)}
    with ScriptedServer(HOSTILE, of["source"], context) as source, ScriptedServer(
        OTHER, of["destination"], context
    ) as destination:
        given = [{**server_options(server.address, server.port), **common} for server in (source, destination)]
        began = time.monotonic()
        checked = check(given[0], given[1], **{"path": "there", "passive": "source", "timeout": 0.3, **options})
        assert time.monotonic() - began < 8
        commands = source.commands if broken == "source" else destination.commands
    return checked, commands


def pause(text: bytes) -> t.Callable[[str], t.Iterable[bytes]]:
    """An answer after which nothing is heard for a while."""

    def answer(_argument: str) -> t.Iterable[bytes]:
        yield text
        time.sleep(1.5)

    return answer


@pytest.mark.parametrize(
    ("answer", "cause", "words"),
    [
        pytest.param(b"500 AUTH not understood\r\n", "tls_login_refused", "500 AUTH", id="unknown"),
        pytest.param(b"534 no\r\n", "tls_login_refused", "534 no", id="refused"),
        pytest.param(b"200 fine\r\n", "tls_login_refused", "200 fine", id="another success"),
        pytest.param(b"234 go\r\n230 you are logged in\r\n", "protocol_error", "more than the reply", id="injected reply"),
        pytest.param(b"234 go\r\n230", "protocol_error", "more than the reply", id="injected half of a reply"),
        pytest.param(b"234-go\r\n", "control_lost", "", id="half a reply"),
        pytest.param(lambda _: [b"234 go\r\n", b"220 and on in clear\r\n"], None, "", id="plain text afterwards"),
        pytest.param(pause(b"234 go\r\n"), "tls_login_refused", "in time", id="silence afterwards"),
        pytest.param(lambda _: [b"234 go\r\n", CLOSE], "tls_login_refused", "closed", id="hangs up afterwards"),
        pytest.param(b"421 no\r\n", "refused_at_connect", "", id="takes leave"),
        pytest.param(CLOSE, "control_lost", "", id="hangs up"),
        pytest.param(SILENCE, "control_lost", "", id="silence"),
        pytest.param(for_ever(b"234-go\r\n"), "protocol_error", "", id="endless reply"),
    ],
)
def test_auth(authority: Authority, monkeypatch: pytest.MonkeyPatch, answer: Answer, cause: str | None, words: str) -> None:
    """Whatever a server without TLS makes of AUTH, it never gets account or password."""
    monkeypatch.setattr(session, "LOGIN_SECONDS", 0.3)
    checked, commands = checked_pair(authority, None, {"AUTH": answer})
    # Text that comes at once is more than a reply; a moment later it is no handshake.
    assert checked.causes[0] in ([cause] if cause else ["protocol_error", "tls_login_refused"])
    assert checked.servers == ["source"]
    assert words in checked.message
    assert not [line for line in commands if line.startswith(("USER", "PASS"))]


@pytest.mark.parametrize(
    ("greeting", "cause"),
    [
        pytest.param(b"220 hello\r\n", "tls_login_refused", id="plain"),
        pytest.param(CLOSE, "refused_at_connect", id="hangs up"),
        pytest.param(pause(b"\x16"), "control_unreachable", id="silence"),
        pytest.param(for_ever(b"\x16\x03\x03\x00\x01\x02"), "tls_login_refused", id="endless garbage"),
    ],
)
def test_implicit(authority: Authority, monkeypatch: pytest.MonkeyPatch, greeting: Answer, cause: str) -> None:
    """A server that does not speak TLS from the first byte."""
    monkeypatch.setattr(session, "LOGIN_SECONDS", 0.3)
    checked, commands = checked_pair(authority, None, {"": greeting}, tls="implicit")
    assert (checked.causes, checked.servers) == ([cause], ["source"])
    assert not [line for line in commands if line.startswith(("USER", "PASS"))]


STEPS = ["PBSZ", "PROT", "USER", "PASS", "FEAT", "TYPE", "SIZE", "SSCN", "PASV", "PORT", "RETR", "STOR"]


@pytest.mark.parametrize("verb", STEPS)
@pytest.mark.parametrize(
    ("answer", "causes"),
    [
        pytest.param(CLOSE, {"control_lost", "tls_peer_certificate_unverified"}, id="hangs up"),
        pytest.param(lambda _: [b"421 Shutting down\r\n", CLOSE], {"control_lost", "refused_at_connect"}, id="takes leave"),
        pytest.param(b"\x16\x03\x01\x02\x00\r\n", {"protocol_error"}, id="garbage"),
        pytest.param(b"425 Operation not permitted\r\n", None, id="425 to everything"),
        # A data command that is answered by half a reply in time is not what the network would look like.
        pytest.param(
            drip(b"500 " + b"slow" * 100, 0.1),
            {"control_lost", "protocol_error"},
            id="drips",
        ),
    ],
)
def test_at_every_step(
    authority: Authority,
    context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    answer: Answer,
    causes: set[str] | None,
) -> None:
    """Each of these at each step after the handshake: bounded, and a cause that fits."""
    monkeypatch.setattr(session, "LOGIN_SECONDS", 0.3)
    broken = "destination" if verb in ("SSCN", "PORT", "STOR") else "source"
    checked, _commands = checked_pair(authority, context, {verb: answer}, broken)
    assert not checked.result["ok"]
    assert causes is None or set(checked.causes) <= causes


def test_own_data_connection_is_not_encrypted(authority: Authority, context: ssl.SSLContext) -> None:
    """The payload does not leave if the handshake for it is not answered."""
    with Sink(HOSTILE, [0]) as sink:
        high, low = divmod(sink.ports[0], 256)
        pasv = f"227 (127,0,1,5,{high},{low})\r\n".encode()
        checked, commands = checked_pair(authority, context, {"PASV": pasv, "STOR": b"150 go\r\n"}, path=None, payload_size=10)
        assert sink.connections() == 1
    assert (checked.causes, checked.servers) == (["tls_login_refused"], ["source"])
    assert "data connection" in checked.message
    assert "SSCN ON" not in commands


def test_password_is_masked_when_it_is_echoed(authority: Authority, context: ssl.SSLContext) -> None:
    """Encrypted or not, a secret is part of no result (every result is looked at for it)."""
    checked, commands = checked_pair(authority, context, {"PASS": lambda secret: [f"530 {secret} is wrong\r\n".encode()]})
    assert checked.causes == ["login_refused"]
    assert "**** is wrong" in checked.message
    assert any(line.startswith("PASS correct") for line in commands)
