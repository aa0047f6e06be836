# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What puts a program in front of ProFTPD: the drop-in, when it comes and goes, and what is left where something fails."""

from __future__ import annotations

import os
import pathlib
import re
import stat
import subprocess
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import launch, uncork

UNIT = """\
# /lib/systemd/system/proftpd.service
[Unit]
Description=ProFTPD FTP Server

[Service]
ExecStartPre=/usr/sbin/proftpd --configtest -c $CONFIG_FILE $OPTIONS
ExecStart=/usr/sbin/proftpd -c $CONFIG_FILE $OPTIONS
"""
USUAL = "/usr/sbin/proftpd -c $CONFIG_FILE $OPTIONS"
OURS = "/etc/systemd/system/proftpd.service.d/proftpd-fxp-uncork.conf"
OPERATOR = "\n# /etc/systemd/system/proftpd.service.d/a.conf\n[Service]\nExecStart=\nExecStart = /opt/proftpd \\\n -c /x\n"


@pytest.mark.parametrize(
    ("units", "command"),
    [
        (UNIT, USUAL),
        ("", ""),
        (UNIT + OPERATOR, "/opt/proftpd   -c /x"),
        (UNIT + f"\n# {OURS}\n[Service]\nExecStart=\nExecStart=/bin/sh -c x\n", USUAL),
        (UNIT + f"\n# {OURS}\n[Service]\nExecStart=/bin/sh\n" + OPERATOR, "/opt/proftpd   -c /x"),
        (UNIT.replace("ExecStart=/", "#ExecStart=/"), ""),
    ],
)
def test_the_command_is_what_the_unit_says_without_us(units: str, command: str) -> None:
    assert uncork.said(units, OURS) == command


def exec_start(text: str) -> str:
    return re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)[-1]


def test_what_failing_means_to_systemd_stays() -> None:
    assert exec_start(uncork.drop_in_of(f"-{USUAL}", "/p")).startswith("-/bin/sh -c '")
    assert exec_start(uncork.drop_in_of(USUAL, "/p")).endswith(f"' {launch.UNCORK_MARK} {USUAL}")


@pytest.mark.parametrize("prefix", ["@", ":", "|", "-@"])
def test_a_prefix_that_changes_the_meaning_of_words_is_refused(prefix: str) -> None:
    with pytest.raises(HostError, match="fxp_tls_uncork cannot be put in front of"):
        uncork.drop_in_of(f"{prefix}{USUAL}", "/p")


@pytest.mark.parametrize("options", ["", "-d 3 -DTEST", "-c /other -D ONE"])
def test_how_the_daemon_is_started_is_read_as_without_it(options: str) -> None:
    environment = {"CONFIG_FILE": "/etc/proftpd/proftpd.conf", "OPTIONS": options}
    told = [
        f"{{ path=/x ; argv[]={command.replace(chr(39), '')} ; ignore_errors=no ; }}"
        for command in (USUAL, exec_start(uncork.drop_in_of(USUAL, "/p")))
    ]
    assert launch.launch(told[1], environment) == launch.launch(told[0], environment)
    assert [launch.is_uncorked(each) for each in told] == [False, True]


@pytest.mark.parametrize(
    ("python", "by", "errors"),
    [
        ('[ $# -eq 2 ] || { shift 2; echo by python; exec "$@"; }', "by python\n", ""),
        ("exit 1", "", "fxp_tls_uncork, as Python cannot run"),
        (None, "", "fxp_tls_uncork, as Python cannot run"),
    ],
)
def test_the_program_starts_with_its_own_words_whatever_python_does(
    tmp_path: pathlib.Path, python: str | None, by: str, errors: str
) -> None:
    if python is not None:
        (tmp_path / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (tmp_path / "python3").chmod(0o755)
    line = exec_start(uncork.drop_in_of("/bin/echo", "/p"))
    script = re.search("'(.*)'", line).group(1).replace("$$", "$").replace("/usr/bin/python3", str(tmp_path / "python3"))  # type: ignore[union-attr]
    words = ["two words", "$HOME", ""]
    command = ["/bin/sh", "-c", script, launch.UNCORK_MARK, "/usr/bin/printf", "%s\\n", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == by + "".join(f"{word}\n" for word in words)
    assert errors in done.stderr
    assert " ; " not in line


class Stand:
    """What is asked of systemd, the daemon and the proof; every change of the service is written down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: uncork.Place) -> None:
        self.place, self.done, self.stale, self.began, self.fails = place, [], "no", 0.0, False
        self.there: list[list[str]] = []
        monkeypatch.setattr(uncork, "Systemd", lambda: self)
        monkeypatch.setattr(uncork.daemon, "program", lambda: None)
        monkeypatch.setattr(uncork.processes, "began", lambda pid: self.began)
        monkeypatch.setattr(uncork.proof, "lasting", self.prove)

    def shown(self, unit: str, *names: str) -> dict[str, str]:
        return {"NeedDaemonReload": self.stale}

    def cat(self, unit: str) -> str:
        return UNIT

    def main_pid(self, service: str) -> int:
        return 417

    def reload(self) -> None:
        self.done.append("reload")

    def restart_afresh(self, service: str) -> None:
        self.done.append("restart")
        self.began = 4e9
        self.there.append([os.path.basename(path) for path in self.place.found()])

    def prove(self, *arguments: t.Any) -> str:
        if self.fails:
            raise HostError("the service proftpd has ended")
        return "220"

    def apply(self, wanted: bool, check_mode: bool = False) -> uncork.Outcome:
        self.done.clear()
        return uncork.apply(self.place, wanted, 21, 1, 0, check_mode=check_mode)


@pytest.fixture
def place(tmp_path: pathlib.Path) -> uncork.Place:
    return uncork.Place("proftpd", str(tmp_path))


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch, place: uncork.Place) -> Stand:
    return Stand(monkeypatch, place)


def test_where_it_is_not_wanted_and_never_was_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, place: uncork.Place) -> None:
    monkeypatch.setattr(uncork.Systemd, "_run", lambda *arguments: pytest.fail("systemd was asked"))
    assert uncork.apply(place, False, 21, 1, 0, check_mode=False) == uncork.Outcome()


def test_it_comes_once_and_goes_without_a_trace(stand: Stand, place: uncork.Place, tmp_path: pathlib.Path) -> None:
    previewed = stand.apply(True, check_mode=True)
    assert (previewed.changed, place.found(), stand.done) == (True, [], [])
    assert stand.apply(True) == previewed
    assert stand.done == ["reload", "restart"]
    assert {stat.S_IMODE(os.stat(path).st_mode) for path in (place.drop_in, place.program)} == {0o644}
    assert pathlib.Path(place.program).read_text() == pathlib.Path(uncork.uncork_program.__file__).read_text()
    assert stand.apply(True) == uncork.Outcome()
    assert stand.done == []
    assert stand.apply(False, check_mode=True) == stand.apply(False) == uncork.Outcome(True, previewed.after, "")
    # The program went last: what still runs with it is known by that.
    assert stand.there[-1] == ["uncork.py"]
    assert [path for path in tmp_path.rglob("*") if "fxp" in path.name or path.name.endswith(".d")] == []
    assert stand.apply(False) == uncork.Outcome()


def test_a_directory_of_others_stays(stand: Stand, place: uncork.Place) -> None:
    stand.apply(True)
    other = pathlib.Path(place.drop_in).with_name("operator.conf")
    other.touch()
    stand.apply(False)
    assert other.exists()


@pytest.mark.parametrize("state", ["begun before", "not read", "text", "program"])
def test_what_is_not_as_wanted_is_made_so(stand: Stand, place: uncork.Place, state: str) -> None:
    """A run was killed before it restarted the service, or somebody changed something."""
    stand.apply(True)
    if state == "begun before":
        stand.began = 1.0
    elif state == "not read":
        stand.stale = "yes"
    else:
        pathlib.Path(place.drop_in if state == "text" else place.program).write_text("x")
    assert stand.apply(True, check_mode=True).changed
    assert stand.done == []
    assert stand.apply(True).changed
    assert stand.done[-2:] == ["reload", "restart"]


def test_a_removal_that_was_killed_is_finished(stand: Stand, place: uncork.Place) -> None:
    stand.apply(True)
    os.unlink(place.drop_in)
    assert stand.apply(False).changed
    assert (stand.done, place.found()) == (["reload", "restart"], [])


@pytest.mark.parametrize("former", [None, "[Service]\n"])
def test_what_does_not_serve_is_taken_back(stand: Stand, place: uncork.Place, former: str | None) -> None:
    if former:
        os.makedirs(os.path.dirname(place.drop_in))
        pathlib.Path(place.drop_in).write_text(former)
    stand.fails = True
    with pytest.raises(HostError, match=r"^fxp_tls_uncork was taken back because the service proftpd has ended\.$"):
        stand.apply(True)
    assert stand.done[-1] == "restart"
    if former:
        assert pathlib.Path(place.drop_in).read_text() == former
    else:
        assert place.found() == []


def test_where_the_release_has_no_need_of_it_it_goes(stand: Stand, place: uncork.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.apply(True)
    monkeypatch.setattr(uncork.daemon, "program", lambda: "/usr/sbin/proftpd")
    monkeypatch.setattr(uncork.daemon, "version", lambda program: "ProFTPD Version 1.3.9")
    assert stand.apply(True) == uncork.Outcome()
    monkeypatch.setattr(uncork.releases, "CORKED_HANDSHAKE", (uncork.releases.Span("1.3.6rc1", "1.3.9"),))
    assert stand.apply(True).changed
    assert place.found() == []
