# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A device changes PORT on its way, neither client nor server sees it, and the log of a real server shows it."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import threading
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.placing import connections_of, placed, probe_of
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.logged import addresses_before
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.probe import probe_connection
from ansible_collections.proftpd.fxp.tests.integration.checking import check
from ansible_collections.proftpd.fxp.tests.integration.conftest import DESTINATION, SOURCE, Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, Proftpd
from ansible_collections.proftpd.fxp.tests.integration.middlebox import pump

ELSEWHERE = "127.0.1.99"  # where nobody listens
TEMPLATE = pathlib.Path(__file__).parents[2] / "roles" / "server" / "templates" / "proftpd.conf.j2"


def logs(directory: pathlib.Path) -> str:
    """What the role has the server write, word by word."""
    lines = [line for line in TEMPLATE.read_text(encoding="utf-8").splitlines() if line.startswith(("LogFormat", "ExtendedLog"))]
    assert len(lines) == 2
    return "\n".join(lines).replace("@log_directory@", str(directory)) + "\n"


@contextlib.contextmanager
def device(server: Proftpd, changes: list[tuple[bytes, bytes]]) -> t.Iterator[int]:
    """A port in front of the control port of a server, where every command is changed like that."""
    with socket.create_server((server.address, 0)) as listener:

        def passes(one: socket.socket, other: socket.socket) -> None:
            with contextlib.suppress(OSError):  # either end may go at any time
                pump(one, other, changes)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client = listener.accept()[0]
                    there = socket.create_connection((server.address, server.port))
                    for pair in ((client, there), (there, client)):
                        threading.Thread(target=passes, args=pair, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def log(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "proftpd.log"


def asked(leg: dict[str, t.Any], log: pathlib.Path, egress: str) -> dict[str, t.Any]:
    """The leg after both were asked, as the smoke test does."""
    (one,) = connections_of([leg])
    connection = probe_connection(one["address"], one["port"], 1)
    logged = addresses_before(str(log), one["sent"]["transfer"]) if "sent" in one else None
    watch = {"arrivals": {"sources": None, "answered": None, "listening": True, "carried": None}}
    probe = {**one, "egress": [egress], "connect": {"connection": connection}, "watch": watch, "logged": logged}
    return t.cast("dict[str, t.Any]", placed([leg], [probe_of(probe)])[0])


@pytest.mark.parametrize("passive", ["source", "destination"])
def test_what_was_changed_on_its_way_is_proven_by_the_log_of_the_server_that_was_told(
    start: Starter, log: pathlib.Path, passive: str
) -> None:
    active = "destination" if passive == "source" else "source"
    quiet, told = start(SOURCE), start(DESTINATION, DIGEST + ALLOW + logs(log.parent))
    announced = quiet.address.replace(".", ",").encode()
    with device(told, [(b"PORT %s," % announced, b"PORT %s," % ELSEWHERE.replace(".", ",").encode())]) as port:
        ends = {passive: quiet.options(), active: told.options(port=port)}
        checked = check(ends["source"], ends["destination"], payload_size=1000, passive=passive)
    (leg,) = checked.legs
    assert (leg["cause"], leg["certain"]) == ("data_connection_refused", False)
    shown = asked({**leg, passive: "ftp1", active: "ftp2", "transcript": checked.result["transcript"]}, log, told.address)
    assert (shown["cause"], shown["certain"], shown["place"], shown["server"]) == (
        "port_address_rewritten",
        True,
        "network",
        None,
    )
    assert shown["seen"].startswith(f"ftp2 logged PORT {ELSEWHERE.replace('.', ',')},")
    assert f", and PORT {announced.decode()}," in shown["seen"]
    assert "fxp_tls" in shown["remedy"]


def test_what_came_as_it_was_sent_is_told(start: Starter, log: pathlib.Path) -> None:
    quiet = start(SOURCE, DIGEST + ALLOW + f"MasqueradeAddress {ELSEWHERE}\n")
    told = start(DESTINATION, DIGEST + ALLOW + logs(log.parent))
    checked = check(quiet.options(expected_address=ELSEWHERE), told.options(), payload_size=1000, passive="source")
    (leg,) = checked.legs
    assert leg["certain"] is False
    shown = asked({**leg, "source": "ftp1", "destination": "ftp2", "transcript": checked.result["transcript"]}, log, told.address)
    assert shown["cause"] == leg["cause"]
    assert f"; ftp2 received PORT {ELSEWHERE.replace('.', ',')}," in shown["seen"]
    assert shown["seen"].endswith(" as it was sent")


def test_a_log_that_is_not_there_or_does_not_have_it_says_nothing(tmp_path: pathlib.Path) -> None:
    assert addresses_before(str(tmp_path / "none"), "STOR x") is None
    (tmp_path / "log").write_text('2026-11-28 12:00:00,123 192.0.2.1:4711 mirror "PORT 192,0,2,9,4,5" 200\nnonsense\n')
    assert addresses_before(str(tmp_path / "log"), "STOR x") is None
