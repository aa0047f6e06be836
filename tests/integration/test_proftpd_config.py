# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The swap of configurations with a real daemon.

Only systemd is a stand-in here, because there is none on a machine that runs unit tests: a script of that name starts, reloads
and stops the real proftpd. The Molecule scenario does the same with the real one.
"""

from __future__ import annotations

import contextlib
import ftplib
import os
import pathlib
import signal
import socket
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import swap

SYSTEMCTL = r"""#!/bin/sh
cd {directory} || exit 9
alive() {{ [ -s pid ] && kill -0 "$(cat pid)" 2>/dev/null; }}
stop() {{
  alive || return 0
  kill "$(cat pid)"
  while alive; do sleep 0.02; done
  rm -f pid
}}
start() {{
  /usr/sbin/proftpd -c {directory}/proftpd.conf || return 1
  for _ in $(seq 100); do alive && return 0; sleep 0.02; done
  return 1
}}
echo "$1" >>calls
case "$1" in
  is-active) alive ;;
  is-enabled) [ -e enabled ] ;;
  enable) touch enabled ;;
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  reload) kill -HUP "$(cat pid)" ;;
  *) exit 2 ;;
esac
"""
CONFIG = """# {mark}
ServerType {kind}
Port {port}
ServerIdent on "{ident}"
DefaultServer on
User root
Group root
AuthOrder mod_auth_file.c
AuthUserFile {directory}/passwd
RequireValidShell off
WtmpLog off
PidFile {directory}/pid
ScoreboardFile {directory}/scoreboard
DelayTable none
MaxInstances 10
PassivePorts 50000 50099
AllowForeignAddress off
SystemLog {directory}/log
TransferLog none
{more}
"""


class Server(t.NamedTuple):
    """A directory with a daemon's files, and the port that it is to listen on."""

    directory: pathlib.Path
    port: int

    @property
    def target(self) -> swap.Target:
        return swap.Target(str(self.directory / "proftpd.conf"), "proftpd", self.port, 3)

    def config(self, ident: str = "first", mark: str = swap.MARK, more: str = "", kind: str = "standalone") -> str:
        return CONFIG.format(mark=mark, ident=ident, directory=self.directory, port=self.port, more=more, kind=kind)

    def apply(self, content: str, take_over: bool = False, check_mode: bool = False) -> swap.Outcome:
        return swap.apply(self.target, content, take_over=take_over, check_mode=check_mode)

    def calls(self) -> list[str]:
        """What systemd was asked to do since the last call, questions left out."""
        path = self.directory / "calls"
        words = path.read_text().split() if path.exists() else []
        path.write_text("")
        return [word for word in words if not word.startswith("is-")]

    def greeting(self) -> str:
        with ftplib.FTP() as ftp:
            return ftp.connect("127.0.0.1", self.port, timeout=5)

    def names(self) -> set[str]:
        return {name for name in os.listdir(self.directory) if name.startswith("proftpd.conf")}


@pytest.fixture
def server(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Server]:
    (tmp_path / "bin").mkdir()
    systemctl = tmp_path / "bin" / "systemctl"
    systemctl.write_text(SYSTEMCTL.format(directory=tmp_path))
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    (tmp_path / "passwd").touch(mode=0o600)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield Server(tmp_path, port)
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)


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
    assert server.calls() == ["start"]


def test_what_the_checker_refuses_never_reaches_the_service(server: Server) -> None:
    server.apply(server.config())
    server.calls()
    for check_mode in (True, False):
        with pytest.raises(swap.ConfigError, match="unknown configuration directive 'PasivePorts'"):
            server.apply(server.config("second", more="PasivePorts 50000 50099"), check_mode=check_mode)
    assert (server.directory / "proftpd.conf").read_text() == server.config()
    assert server.greeting() == "220 first"
    assert server.calls() == []
    assert server.names() == {"proftpd.conf"}


def test_what_passes_the_checker_but_does_not_serve_is_taken_back(server: Server) -> None:
    server.apply(server.config())
    with pytest.raises(swap.ConfigError, match=r"taken back because .*The old file is back and the old service runs"):
        server.apply(server.config("second", kind="inetd"))
    assert (server.directory / "proftpd.conf").read_text() == server.config()
    assert server.greeting() == "220 first"
    assert server.names() == {"proftpd.conf"}


def test_a_first_configuration_that_does_not_serve_leaves_nothing(server: Server) -> None:
    with pytest.raises(swap.ConfigError, match="the service is stopped as it was before"):
        server.apply(server.config(kind="inetd"))
    assert server.names() == set()


def test_a_configuration_made_by_hand_is_refused_and_kept_on_take_over(server: Server) -> None:
    by_hand = server.config("by hand", mark="mine", more="# SQLConnectInfo db user secret")
    path = server.directory / "proftpd.conf"
    path.write_text(by_hand)
    with pytest.raises(swap.ConfigError, match="fxp_take_over: true"):
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


@pytest.mark.parametrize(("text", "packaged", "drop_ins", "by_hand"), [
    (f"# {swap.MARK}\nPort 21\n", "packaged", [], False),
    (f"# {swap.MARK}\nPort 21\n", "packaged", ["site.conf"], False),
    ("packaged", "packaged", [], False),
    ("packaged", "packaged", ["site.conf"], True),
    ("packaged, edited", "packaged", [], True),
    ("anything", None, [], True),
])
def test_whose_work_a_file_is(text: str, packaged: str | None, drop_ins: list[str], by_hand: bool) -> None:
    assert swap.is_made_by_hand(text, packaged, drop_ins) is by_hand
