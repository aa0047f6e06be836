# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The swap of configurations with a real daemon."""

from __future__ import annotations

import contextlib
import ftplib
import os
import pathlib
import signal
import socket
import ssl
import time

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import lock
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import before, removal, swap
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority
from ansible_collections.proftpd.fxp.tests.integration.proftpd_service import Server, server

__all__ = ["server"]  # the fixture


def test_first_start_then_nothing_to_do(server: Server) -> None:
    assert server.apply(server.config(), check_mode=True).changed
    assert server.names() == set()
    first = server.apply(server.config())
    assert (first.changed, first.validated, first.greeting) == (True, True, "220 first")
    assert server.calls() == ["enable", "restart"]
    again = server.apply(server.config())
    assert (again.changed, again.greeting) == (False, "220 first")
    assert server.calls() == []
    assert server.names() == {"proftpd.conf"}


def test_a_change_is_reloaded_and_running_sessions_go_on(server: Server) -> None:
    server.apply(server.config())
    server.calls()
    with ftplib.FTP() as session:
        session.connect("127.0.0.1", server.port, timeout=5)
        assert server.apply(server.config("second")).greeting == "220 second"
        assert server.calls() == ["reload"]
        assert session.sendcmd("NOOP").startswith("200")


def with_log(server: Server, authority: Authority, log: str, ident: str, mark: str = swap.MARK) -> str:
    certificate = authority.issue("127.0.0.1")
    tls = f"TLSEngine on\nTLSECCertificateFile {certificate}\nTLSECCertificateKeyFile {certificate}"
    return server.config(ident, mark, f"LoadModule mod_tls.c\n{tls}\nTLSLog {server.directory}/{log}")


def encrypted(server: Server) -> None:
    with ftplib.FTP_TLS(context=ssl._create_unverified_context()) as session:
        session.connect("127.0.0.1", server.port, timeout=20)
        session.auth()


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("stood_before", ["nothing", "what the package brings", "somebody's work"])
def test_the_log_of_earlier_releases_goes_with_them(
    server: Server, authority: Authority, stood_before: str, removed: bool
) -> None:
    """Nobody rotates it. Where a configuration that somebody made may have written it too, it stays."""
    log = server.directory / "tls.log"
    if stood_before != "nothing":
        text = with_log(server, authority, "tls.log", "before", mark="another")
        if stood_before == "what the package brings":
            (server.directory / "packaged.conf").write_text(text)
        server.start(text)
    server.apply(with_log(server, authority, "tls.log", "0.2.2"), take_over=True)
    encrypted(server)
    assert "TLS/TLS-C" in log.read_text(), "the daemon wrote it"
    log.with_name("tls.log.1").touch()
    now = with_log(server, authority, "proftpd.log", "now")
    server.apply(now, check_mode=True)
    assert log.exists()
    with pytest.raises(HostError):
        server.patient().apply(now.replace("DefaultServer", "DefaultAddress 192.0.2.1\nSocketBindTight on\nDefaultServer"))
    assert log.exists(), "what wrote it is in force again"
    if removed:
        server.remove(check_mode=True)
        assert log.exists()
        server.remove()
    else:
        server.apply(now)
    assert log.exists() is (stood_before == "somebody's work")
    assert log.with_name("tls.log.1").exists(), "what an operator made of it is his"


def test_a_log_that_is_still_written_stays(server: Server, authority: Authority) -> None:
    server.apply(with_log(server, authority, "tls.log", "one"))
    server.apply(with_log(server, authority, "tls.log", "two"))
    assert (server.directory / "tls.log").exists()


def test_a_service_that_is_down_is_started(server: Server) -> None:
    server.apply(server.config())
    os.kill(int((server.directory / "pid").read_text()), signal.SIGTERM)
    deadline = time.monotonic() + 5
    with contextlib.suppress(OSError):
        while time.monotonic() < deadline:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            time.sleep(0.05)
    server.calls()
    assert server.apply(server.config(), check_mode=True).changed
    assert server.calls() == []
    assert server.apply(server.config()).changed
    assert server.calls() == ["restart"]


def test_what_the_checker_refuses_never_reaches_the_service(server: Server) -> None:
    server.apply(server.config())
    server.calls()
    for check_mode in (True, False):
        with pytest.raises(HostError, match="unknown configuration directive 'PasivePorts'"):
            server.apply(server.config("second", more="PasivePorts 50000 50099"), check_mode=check_mode)
    assert (server.directory / "proftpd.conf").read_text() == server.config()
    assert server.greeting() == "220 first"
    assert server.calls() == []
    assert server.names() == {"proftpd.conf"}


def test_what_only_the_release_decides_is_searched(server: Server) -> None:
    twice = "LoadModule mod_ifversion.c\n<IfVersion {} 1.3.4>\nAllowForeignAddress on\n</IfVersion>"
    with pytest.raises(HostError, match="AllowForeignAddress here has no effect"):
        server.apply(server.config(more=twice.format(">=")))
    assert server.names() == set()
    assert server.apply(server.config(more=twice.format("<"))).validated


def test_what_passes_the_checker_but_does_not_serve_is_taken_back(server: Server) -> None:
    server.apply(server.config())
    with pytest.raises(HostError, match=r"taken back because .*The old file is back and the old service runs"):
        server.patient().apply(server.config("second", kind="inetd"))
    assert (server.directory / "proftpd.conf").read_text() == server.config()
    assert server.greeting() == "220 first"
    assert server.names() == {"proftpd.conf"}


def test_a_first_configuration_that_does_not_serve_leaves_nothing(server: Server) -> None:
    with pytest.raises(HostError, match="the service is stopped as it was before"):
        server.apply(server.config(kind="inetd"))
    assert server.names() == set()


def test_a_configuration_made_by_hand_is_refused_and_kept_on_take_over(server: Server) -> None:
    by_hand = server.config("by hand", mark="mine", more="# SQLConnectInfo db user secret")
    path = server.directory / "proftpd.conf"
    path.write_text(by_hand)
    with pytest.raises(HostError, match="fxp_take_over: true"):
        server.apply(server.config())
    assert path.read_text() == by_hand
    outcome = server.apply(server.config(), take_over=True)
    assert outcome.kept == str(path) + ".before-fxp"
    assert pathlib.Path(outcome.kept).read_text() == by_hand
    assert "secret" not in outcome.before
    assert server.greeting() == "220 first"


def test_a_run_that_was_killed_after_its_swap_is_made_good(server: Server) -> None:
    server.apply(server.config())
    # What a killed run leaves: the new file in place, the old one kept, the service not yet told.
    (server.directory / "proftpd.conf.fxp-previous").write_text(server.config())
    (server.directory / "proftpd.conf").write_text(server.config("second"))
    server.calls()
    outcome = server.apply(server.config("second"))
    assert (outcome.changed, outcome.greeting) == (True, "220 second")
    assert server.calls() == ["reload"]
    assert server.names() == {"proftpd.conf"}


def test_check_mode_validates_before_the_password_file_is_there(server: Server) -> None:
    (server.directory / "passwd").unlink()
    outcome = server.apply(server.config(), check_mode=True)
    assert (outcome.changed, outcome.validated) == (True, True)
    assert not (server.directory / "passwd").exists()


@pytest.mark.parametrize(
    ("text", "packaged", "drop_ins", "by_hand"),
    [
        (f"# {swap.MARK}\nPort 21\n", "packaged", [], False),
        (f"# {swap.MARK}\nPort 21\n", "packaged", ["site.conf"], False),
        ("packaged", "packaged", [], False),
        ("packaged", "packaged", ["site.conf"], True),
        ("packaged, edited", "packaged", [], True),
        ("anything", None, [], True),
    ],
)
def test_whose_work_a_file_is(text: str, packaged: str | None, drop_ins: list[str], by_hand: bool) -> None:
    assert swap.is_made_by_hand(text, packaged, drop_ins) is by_hand


@pytest.fixture
def packaged(server: Server) -> str:
    """The text of the distribution's file, which is in place as its package leaves it."""
    text = server.config("packaged", mark="the distribution's")
    (server.directory / "packaged.conf").write_text(text)
    server.write(text)
    return text


def test_removal_where_nothing_ever_was(server: Server) -> None:
    for check_mode in (True, False):
        assert server.remove(check_mode) == removal.Outcome()
    assert not (server.directory / "calls").exists()
    assert server.names() == set()


@pytest.mark.parametrize("was_running", [True, False])
def test_the_distributions_file_is_back_and_nothing_listens(server: Server, packaged: str, was_running: bool) -> None:
    if was_running:
        server.start(packaged)
    server.apply(server.config())
    server.calls()
    before_removal = server.names()
    assert server.remove(check_mode=True).changed
    assert (server.calls(), server.names(), server.text()) == ([], before_removal, server.config())
    outcome = server.remove()
    assert (outcome.changed, outcome.running) == (True, False)
    assert (outcome.shown_before, outcome.shown_after) == (server.config(), packaged)
    assert server.calls() == ["stop", "disable"]
    assert not server.answers()
    assert server.text() == packaged
    assert server.names() == {"proftpd.conf"}
    for check_mode in (True, False):
        assert not server.remove(check_mode).changed
    assert server.calls() == []


def test_a_configuration_made_by_hand_serves_again_as_it_did(server: Server) -> None:
    by_hand = server.config("by hand", mark="mine", more="# SQLConnectInfo db user secret")
    server.start(by_hand)
    (server.directory / "proftpd.conf").chmod(0o640)
    server.apply(server.config(), take_over=True)
    server.apply(server.config("second"), take_over=True)
    server.calls()
    outcome = server.remove()
    assert outcome == removal.Outcome(True, server.target.before_us, True, server.config("second"), swap.NOT_SHOWN)
    assert server.calls() == ["stop", "restart"]
    assert server.greeting() == "220 by hand"
    assert (server.text(), (server.directory / "proftpd.conf").stat().st_mode & 0o777) == (by_hand, 0o640)
    assert server.names() == {"proftpd.conf"}
    assert not server.remove().changed
    assert server.calls() == []
    assert server.apply(server.config(), take_over=True).greeting == "220 first"


def test_a_configuration_made_by_hand_that_nobody_ran_is_not_started(server: Server) -> None:
    server.write(server.config("by hand", mark="mine"))
    server.apply(server.config(), take_over=True)
    assert not server.remove().running
    assert not server.answers()
    assert not (server.directory / "enabled").exists()


def test_what_cannot_serve_again_stops_the_removal_before_it_began(server: Server) -> None:
    server.start(server.config("by hand", mark="mine"))
    server.apply(server.config(), take_over=True)
    kept = pathlib.Path(server.target.before_us)
    kept.write_text(server.config("by hand", mark="mine", more="LoadModule mod_gone.c"))
    for check_mode in (True, False):
        with pytest.raises(HostError, match=r"Nothing was removed, .*before-fxp, cannot be served again: .*mod_gone"):
            server.remove(check_mode)
    assert server.greeting() == "220 first"
    assert server.text() == server.config()
    kept.unlink()
    assert not server.remove().running
    assert not server.answers()


def test_a_file_that_somebody_put_in_the_place_of_ours_stays(server: Server, packaged: str) -> None:
    server.apply(server.config())
    later = server.config("later", mark="mine")
    server.write(later)
    server.calls()
    assert server.remove().changed
    assert server.calls() == []
    assert server.answers()
    assert server.text() == later
    assert server.names() == {"proftpd.conf", "proftpd.conf.before-fxp"}
    assert not server.remove().changed
    # A second take-over keeps both: what stood there now, and what stood there first.
    server.apply(server.config(), take_over=True)
    assert server.names() == {"proftpd.conf", *(f"proftpd.conf.before-fxp{end}" for end in ("", ".1", ".json"))}
    server.remove()
    assert server.text() == later
    assert (server.directory / "proftpd.conf.before-fxp.1").read_text() == packaged


def test_a_removal_that_was_killed_is_finished_by_the_next(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand = server.config("by hand", mark="mine")
    server.start(by_hand)
    server.apply(server.config(), take_over=True)
    systemctl = Systemd().systemctl

    def killed(_systemd: Systemd, verb: str, service: str) -> None:
        if verb == "restart":
            raise KeyboardInterrupt
        systemctl(verb, service)

    with monkeypatch.context() as patch:
        patch.setattr(Systemd, "systemctl", killed)
        with pytest.raises(KeyboardInterrupt):
            server.remove()
    assert server.text() == by_hand
    assert not server.answers()
    assert server.remove(check_mode=True).changed
    assert server.remove() == removal.Outcome(True, None, True)
    assert server.greeting() == "220 by hand"
    assert not server.remove().changed


def test_a_service_that_does_not_stop_keeps_its_configuration(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.apply(server.config())

    def refuse(_systemd: Systemd, verb: str, service: str) -> None:
        raise HostError(f"'systemctl {verb}' failed")

    monkeypatch.setattr(Systemd, "systemctl", refuse)
    with pytest.raises(HostError, match="is left as it is because 'systemctl stop' failed"):
        server.remove()
    assert server.text() == server.config()


@pytest.mark.parametrize("record", [None, "", "[]", '{"made_by_hand": true}', "{"])
def test_without_a_record_nothing_is_started(server: Server, record: str | None) -> None:
    server.start(server.config("by hand", mark="mine"))
    server.apply(server.config(), take_over=True)
    before.forget(server.target.before_us)
    if record is not None:
        pathlib.Path(server.target.before_us + ".json").write_text(record)
    assert not server.remove().running
    assert not server.answers()
    assert server.text() == server.config("by hand", mark="mine")
    assert server.names() == {"proftpd.conf"}


def test_what_came_back_and_does_not_serve_is_told_and_tried_again(server: Server) -> None:
    server.start(server.config("by hand", mark="mine"))
    server.apply(server.config(), take_over=True)
    pathlib.Path(server.target.before_us).write_text(server.config("by hand", mark="mine", kind="inetd"))
    for _dummy in range(2):
        with pytest.raises(HostError, match="is again what stood there before, but it does not serve"):
            server.remove()
        assert not server.answers()
    server.write(server.config("mended", mark="mine"))
    assert server.remove().running
    assert server.greeting() == "220 mended"
    assert not server.remove().changed


def test_removal_waits_for_a_change_but_not_for_ever(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.apply(server.config())
    monkeypatch.setattr(lock, "TIMEOUT", 0.1)
    with lock.held(str(server.directory), 1, "busy"), pytest.raises(HostError, match=r"is left as it was .*; try again"):
        server.remove()
    assert server.answers()
