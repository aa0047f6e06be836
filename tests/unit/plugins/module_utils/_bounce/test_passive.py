# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import socket
import ssl
import subprocess
import threading
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce import passive as bounce_passive
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.passive import Taken, connect_from, take, way_back
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import Connect, Line

STRANGER = "127.0.9.9"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounce_passive, "EARLY", 0.05)
    monkeypatch.setattr(bounce_passive, "HELD", 0.2)


def ask(
    line: Line,
    early: bytes = b"",
    after: bytes = b"",
    data: bytes = b"",
    *,
    close: bool = True,
    last: bytes = b"",
    seconds: float = 1.0,
) -> Taken:
    """``take`` with a server that says ``early`` at once, and after LIST ``after``, the data and, when it is closed, ``last``."""
    mine, its = socket.socketpair()

    def serve() -> None:
        line.server.settimeout(2)
        if line.server.recv(4096) != b"LIST .\r\n":
            return
        line.server.sendall(after)
        its.sendall(data)
        if close:
            its.shutdown(socket.SHUT_WR)
            if last:
                its.settimeout(2)
                assert its.recv(1) == b""
        line.server.sendall(last)

    line.server.sendall(early)
    thread = threading.Thread(target=serve)
    if not early:
        thread.start()
    with mine, its:
        taken = take(line.control, mine, seconds)
        if not early:
            thread.join()
    return taken


OPEN, DONE, NO = b"150 Opening\r\n", b"226 Done\r\n", b"425 Permission denied\r\n"


def test_data_is_proof(connect: Connect) -> None:
    assert ask(connect("source"), after=OPEN, data=b"x") == Taken("accepted", True, "150 Opening")
    assert ask(connect("source"), data=b"x").verdict == "accepted"


def test_success_is_proof_though_it_comes_late(connect: Connect) -> None:
    """ProFTPD waits until the other end has closed the connection, before it says that nothing had to be sent."""
    assert ask(connect("source"), after=OPEN, last=DONE) == Taken("accepted", True, "150 Opening\n226 Done")


def test_refusals(connect: Connect) -> None:
    assert ask(connect("source"), after=NO) == Taken("refused", False, "425 Permission denied")
    assert ask(connect("source"), after=NO, close=False).verdict == "refused"
    # pyftpdlib, before LIST.
    line = connect("source")
    assert ask(line, early=b"425 Rejected\r\n") == Taken("refused", False, "425 Rejected")
    assert line.sent() == []
    # pure-ftpd, without a word.
    assert ask(connect("source")) == Taken("refused", False, None)
    assert ask(connect("source"), after=OPEN, last=NO) == Taken("refused", False, "150 Opening\n425 Permission denied")


def test_what_proves_nothing(connect: Connect) -> None:
    assert ask(connect("source"), close=False) == Taken("unclear", False, None)
    assert ask(connect("source"), after=OPEN) == Taken("unclear", False, "150 Opening")
    assert ask(connect("source"), early=b"200 what\r\n").verdict == "unclear"


def test_a_stranger_that_is_kept_is_accepted(connect: Connect) -> None:
    assert ask(connect("source"), after=OPEN, close=False) == Taken("accepted", False, "150 Opening")


def test_a_lost_control_connection_is_a_fault(connect: Connect) -> None:
    line = connect("source")
    with pytest.raises(Fault) as caught:
        ask(line, after=b"421 bye\r\n")
    assert caught.value.kind == "closing"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server"]
    subprocess.run([*command, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True, timeout=30)
    path.write_text(path.read_text() + pathlib.Path(f"{path}.crt").read_text())
    return path


def encrypted(line: Line, certificate: pathlib.Path) -> Line:
    """The same line with TLS on it."""
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ours.check_hostname, ours.verify_mode = False, ssl.CERT_NONE
    wrapped: list[ssl.SSLSocket] = []
    thread = threading.Thread(target=lambda: wrapped.append(theirs.wrap_socket(line.server, server_side=True)))
    thread.start()
    line.control.sock = ours.wrap_socket(t.cast(socket.socket, line.control.sock))
    thread.join()
    return line._replace(server=wrapped[0])


def test_with_tls_a_server_that_waits_for_a_handshake_has_accepted(connect: Connect, certificate: pathlib.Path) -> None:
    line = encrypted(connect("source"), certificate)
    began = time.monotonic()
    assert ask(line, after=OPEN, close=False, seconds=20) == Taken("accepted", False, "150 Opening")
    assert time.monotonic() - began < 10  # the whole timeout is not waited for
    line.server.close()


def test_with_tls_a_refusal_is_one(connect: Connect, certificate: pathlib.Path) -> None:
    line = encrypted(connect("source"), certificate)
    assert ask(line, after=NO) == Taken("refused", False, "425 Permission denied")
    line.server.close()


def test_a_connection_from_a_stranger() -> None:
    with socket.create_server(("127.0.1.1", 0)) as listener:
        port = listener.getsockname()[1]
        sock = connect_from(STRANGER, "127.0.1.1", port, socket.AF_INET, 2)
        assert isinstance(sock, socket.socket)
        sock.close()
        assert listener.accept()[1][0] == STRANGER
    assert connect_from(STRANGER, "127.0.1.1", port, socket.AF_INET, 2) == "refused"
    assert connect_from("192.0.2.1", "127.0.1.1", port, socket.AF_INET, 2) == "unreachable"


def test_the_way_back(connect: Connect) -> None:
    control = connect("source").control
    with socket.create_server(("127.0.0.1", 0)) as listener:
        control.port = listener.getsockname()[1]
        assert way_back(STRANGER, control, 2)
    assert not way_back(STRANGER, control, 2)
