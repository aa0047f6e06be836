# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A real proftpd with its files in a directory, as a service.

Only systemd is a stand-in here, because there is none on a machine that runs unit tests: a script of that name starts, reloads
and stops the real proftpd. The Molecule scenario does the same with the real one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ftplib
import os
import pathlib
import signal
import socket
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import USUAL
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import removal, swap

SYSTEMCTL = r"""#!/bin/sh
cd {directory} || exit 9
# One thing after the other, as systemd does them, also when whoever asked for one is killed meanwhile.
exec 9>systemctl.lock
flock 9
alive() {{ [ -s pid ] && kill -0 "$(cat pid)" 2>/dev/null; }}
stop() {{
  alive || return 0
  kill "$(cat pid)"
  while alive; do sleep 0.02; done
  rm -f pid
}}
start() {{
  /usr/sbin/proftpd -c {directory}/proftpd.conf 9>&- || return 1
  for _ in $(seq 500); do alive && return 0; sleep 0.02; done
  return 1
}}
echo "$1" >>calls
case "$1" in
  is-active) alive ;;
  is-enabled) [ -e enabled ] ;;
  enable) touch enabled ;;
  disable) rm -f enabled ;;
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  reload) kill -HUP "$(cat pid)" ;;
  show) if alive; then echo "MainPID=$(cat pid)"; else echo MainPID=0; fi ;;
  reset-failed) ;;
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
    settle: float = 0
    timeout: float = 20  # as long as a busy machine may take; what has ended is not waited for

    def patient(self) -> Server:
        """
        The same for what does not serve: right after a reload the old configuration may still answer once.

        A daemon that could not bind its port at its first start lives on and is deaf, so here it is waited for.
        """
        return self._replace(settle=1, timeout=3)

    @property
    def target(self) -> swap.Target:
        own = self.directory / "packaged.conf"
        row = dataclasses.replace(USUAL, log_directory=str(self.directory))
        row = dataclasses.replace(row, packaged=str(own)) if own.exists() else row
        return swap.Target(str(self.directory / "proftpd.conf"), "proftpd", self.port, self.timeout, self.settle, row)

    def deaf(self, ident: str = "second") -> str:
        """What passes the checker and does not start, because it is to listen on an address (RFC 5737) that is not here."""
        return self.config(ident, more="DefaultAddress 192.0.2.1\nSocketBindTight on")

    def pid(self) -> int:
        return int((self.directory / "pid").read_text())

    def config(self, ident: str = "first", mark: str = swap.MARK, more: str = "", kind: str = "standalone") -> str:
        return CONFIG.format(mark=mark, ident=ident, directory=self.directory, port=self.port, more=more, kind=kind)

    def apply(self, content: str, take_over: bool = False, check_mode: bool = False) -> swap.Outcome:
        return swap.apply(self.target, content, take_over=take_over, check_mode=check_mode)

    def remove(self, check_mode: bool = False) -> removal.Outcome:
        return removal.remove(self.target, check_mode=check_mode)

    def write(self, text: str) -> None:
        (self.directory / "proftpd.conf").write_text(text)

    def text(self) -> str:
        return (self.directory / "proftpd.conf").read_text()

    def start(self, text: str) -> None:
        """Have the daemon run with ``text``, as an operator does."""
        self.write(text)
        Systemd().systemctl("enable", "proftpd")
        Systemd().systemctl("start", "proftpd")

    def answers(self) -> bool:
        try:
            return self.greeting().startswith("220")
        except OSError:
            return False

    def calls(self) -> list[str]:
        """What systemd was asked to do since the last call, questions left out."""
        path = self.directory / "calls"
        words = path.read_text().split() if path.exists() else []
        path.write_text("")
        return [word for word in words if not word.startswith(("is-", "show", "reset-"))]

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
